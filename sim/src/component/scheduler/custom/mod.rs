//! Users' own scheduling: plugins beside those of Kubernetes, and whole schedulers.
//!
//! A plugin is a value that implements [`Filter`], [`Score`] or both; a scheduler is one that implements
//! [`Placement`]. A [`SchedulerRegistry`] gives them names. A profile enables a plugin by its name, as a
//! `KubeSchedulerConfiguration` enables those of Kubernetes; a scheduler has the pods that name it in
//! `schedulerName`.
//!
//! ```text
//!  SchedulerRegistry ─┐
//!  configuration ─────┴► SchedulerSettings ─► Plan ─► each run: one Scheduler, one Profile a name
//! ```
//!
//! # Determinism
//!
//! The same seed gives the same run, to the byte, and a sweep runs one Plan in several threads. What is
//! registered must keep that up:
//!
//! - an answer depends on the arguments alone: no clock, no environment, no file, no random number that is
//!   not drawn from them, no iteration over a `HashMap`;
//! - a plugin has no state that changes (`&self`); what it computes once a cycle goes into
//!   [`OwnState`], which is empty at the beginning of every cycle;
//! - a [`Placement`] may have state: each run is given a fresh one, and so is a restarted scheduler;
//! - doubles are the same everywhere for `+ - * /` and `sqrt`; for the rest there is the crate `libm`.
//!
//! Nothing checks this while it runs. Two runs of one seed with different digests show when it is broken.

mod adapter;
mod placement;
mod registry;
mod state;

#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::fmt::Debug;

use wavetank_core::id::NodeId;

pub use adapter::UserPlugin;
pub use placement::{MakePlacement, Placed, Placement, feasible};
pub(crate) use registry::MadePlugin;
pub use registry::{PluginArguments, SchedulerRegistry};
pub use state::OwnState;

pub use super::decision::Request;
pub use super::decision::cycle::Cycle;
pub use super::decision::fit_error::FitError;
pub use super::decision::framework::Framework;
pub use super::decision::node::{Amounts, NodeInfo, NodeRow};
pub use super::decision::shape::PodShape;
pub use super::decision::snapshot::Snapshot;
pub use super::event::ClusterEvent;
pub use super::plugin::{PreFilter, normalize_by_maximum};

/// The extension points PreFilter and Filter: on which nodes a pod may run.
pub trait Filter: Debug + Send + Sync {
    /// Once a cycle, before the nodes are visited. What is computed here goes into `cycle.state.own`.
    fn pre_filter(&self, _cycle: &mut Cycle<'_>) -> PreFilter {
        PreFilter::Run
    }

    /// May the pod run on this node? The node may be one as it would be with other pods on it: pods that
    /// are nominated to it, or those that are left when a preemption is tried.
    fn filter(&self, cycle: &Cycle<'_>, node: &NodeInfo<'_>) -> Answer;

    /// The text of a reason, by the number that [`Self::filter`] gave. It follows the number of nodes:
    /// `node(s) had no window seat`.
    fn reason(&self, pod: &PodShape, number: u8) -> Cow<'static, str>;

    /// What PreFilter computed, with `change` pods like this one more on the node, -1 for one less (S59,
    /// S148). Only needed when [`Self::pre_filter`] counts pods.
    fn change_pods(
        &self,
        _cycle: &mut Cycle<'_>,
        _pod: &PodShape,
        _node: &NodeInfo<'_>,
        _change: i64,
    ) {
    }

    /// Whether this event may let a pod run that was rejected here. By default every event may, as it is
    /// for plugins of Kubernetes without a queueing hint.
    fn is_worth_requeuing(
        &self,
        _event: &ClusterEvent<'_>,
        _pod: &PodShape,
        _snapshot: &Snapshot,
    ) -> bool {
        true
    }
}

/// What a filter says of a node. A reason is a number below 32 of the plugin's own.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Answer {
    /// The pod may run there.
    Fits,
    /// It may not, but might if other pods went: Unschedulable.
    No(u8),
    /// It may not, whoever goes: UnschedulableAndUnresolvable. No preemption is tried there.
    Never(u8),
}

/// The extension points PreScore, Score and NormalizeScore: which of the nodes is best.
pub trait Score: Debug + Send + Sync {
    /// Once a cycle, with the nodes that passed the filters. False takes the plugin out of the scoring of
    /// this pod.
    fn pre_score(&self, _cycle: &mut Cycle<'_>, _feasible: &[NodeId]) -> bool {
        true
    }

    /// How good is this node? In any measure, if [`Self::normalize`] brings it to 0..=100.
    fn score(&self, cycle: &Cycle<'_>, node: &NodeInfo<'_>) -> i64;

    /// Brings the scores of the feasible nodes to 0..=100, in place; [`normalize_by_maximum`] does what
    /// most plugins want. The weight comes afterwards.
    fn normalize(&self, _cycle: &Cycle<'_>, _feasible: &[NodeId], _scores: &mut [i64]) {}
}
