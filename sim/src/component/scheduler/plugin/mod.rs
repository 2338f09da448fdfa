//! The plugins of the default profile, one file each, and what the framework asks of them (S1, S2).

pub mod balanced_allocation;
pub mod image_locality;
pub mod node_affinity;
pub mod node_name;
pub mod node_ports;
pub mod node_resources_fit;
pub mod node_unschedulable;
pub mod taint_toleration;

use std::borrow::Cow;

use wavetank_core::id::NodeId;

use super::decision::cycle::Cycle;
use super::decision::shape::PodShape;
use super::decision::verdict::Verdict;
use super::event::ClusterEvent;

/// The plugins in the order of the default profile (S1).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[repr(u8)]
#[allow(missing_docs)] // Kubernetes' own names
pub enum PluginId {
    SchedulingGates,
    NodeUnschedulable,
    NodeName,
    TaintToleration,
    NodeAffinity,
    NodePorts,
    NodeResourcesFit,
    PodTopologySpread,
    InterPodAffinity,
    DynamicResources,
    DefaultPreemption,
    NodeResourcesBalancedAllocation,
    ImageLocality,
    DefaultBinder,
}

/// What a plugin's PreFilter says of a pod (S53).
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum PreFilter {
    /// The plugin's filter is asked about every node.
    Run,
    /// The plugin's filter is not asked.
    Skip,
    /// Only these nodes, by name, come into question.
    Subset(Vec<Box<str>>),
    /// No node can take the pod; nothing else is asked.
    Rejected(&'static str),
}

/// A plugin of the scheduling framework: the extension points between which a cycle moves.
///
/// A plugin keeps no state of its own: what it computes once a cycle goes into the [`Cycle`].
pub trait Plugin: Sync {
    /// Who it is.
    fn id(&self) -> PluginId;

    /// Whether verdict and raw score depend on the pod's shape and on the one node alone, so that they
    /// stay true until that node changes.
    fn is_local(&self) -> bool {
        true
    }

    /// PreFilter: once a cycle, before the nodes are visited.
    fn pre_filter(&self, _cycle: &mut Cycle<'_>) -> PreFilter {
        PreFilter::Run
    }

    /// Filter: may the pod run on this node?
    fn filter(&self, _cycle: &Cycle<'_>, _node: NodeId) -> Verdict {
        Verdict::FITS
    }

    /// The text of one of its reasons, by its bit in [`Verdict::reasons`].
    fn reason(&self, _pod: &PodShape, _bit: u32) -> Cow<'static, str> {
        Cow::Borrowed("")
    }

    /// PreScore: once a cycle, with the feasible nodes. False takes the plugin out of the scoring (S64).
    fn pre_score(&self, _cycle: &mut Cycle<'_>, _feasible: &[NodeId]) -> bool {
        true
    }

    /// Score: how good is this node, in the plugin's own measure?
    fn score(&self, _cycle: &Cycle<'_>, _node: NodeId) -> i64 {
        0
    }

    /// Normalize: brings the raw scores of the feasible nodes to 0..=100 (S65).
    fn normalize(&self, _cycle: &Cycle<'_>, _feasible: &[NodeId], _scores: &mut [i64]) {}

    /// The queueing hint: whether this event may make a pod schedulable that the plugin rejected (S37).
    fn is_worth_requeuing(&self, _event: &ClusterEvent<'_>, _pod: &PodShape) -> bool {
        false
    }
}

/// The plugins with a Filter, in the order in which they are asked (S2).
pub const FILTERS: &[&dyn Plugin] = &[
    &node_unschedulable::NodeUnschedulable,
    &node_name::NodeName,
    &taint_toleration::TaintToleration,
    &node_affinity::NodeAffinity,
    &node_ports::NodePorts,
    &node_resources_fit::NodeResourcesFit,
];

/// The plugins with a Score and their weights, in the order in which they are asked (S1, S2).
pub const SCORES: &[(&dyn Plugin, i64)] = &[
    (&taint_toleration::TaintToleration, 3),
    (&node_affinity::NodeAffinity, 2),
    (&node_resources_fit::NodeResourcesFit, 1),
    (&balanced_allocation::BalancedAllocation, 1),
    (&image_locality::ImageLocality, 1),
];

/// The plugin with a filter that has this number.
///
/// # Panics
///
/// When that plugin has no filter.
#[must_use]
pub fn filter_of(id: PluginId) -> &'static dyn Plugin {
    *FILTERS
        .iter()
        .find(|plugin| plugin.id() == id)
        .expect("a plugin with a filter")
}

/// The framework's usual normalisation: the largest becomes 100 (S66).
pub fn normalize_by_maximum(scores: &mut [i64], reversed: bool) {
    let most = scores.iter().copied().max().unwrap_or(0).max(0);
    for score in scores {
        *score = normalized(*score, most, reversed);
    }
}

/// One score, normalised by the maximum (S66).
#[must_use]
pub const fn normalized(score: i64, most: i64, reversed: bool) -> i64 {
    let scaled = if most == 0 { 0 } else { 100 * score / most };
    if reversed { 100 - scaled } else { scaled }
}
