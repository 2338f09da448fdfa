//! Whole schedulers of users.

use std::fmt::Debug;
use std::sync::Arc;

use wavetank_core::id::NodeId;

use crate::component::scheduler::decision::Request;
use crate::component::scheduler::decision::cycle::Cycle;
use crate::component::scheduler::decision::fit_error::FitError;
use crate::component::scheduler::decision::framework::Framework;
use crate::component::scheduler::decision::plain;
use crate::component::scheduler::decision::shape::PodShape;
use crate::component::scheduler::decision::snapshot::Snapshot;
use crate::component::scheduler::event::ClusterEvent;

/// A scheduler's decision: which node takes a pod.
///
/// Queue, back-off, cache and binding are those of kube-scheduler, and shared with the other profiles; only
/// the decision is the user's. It gets one pod at a time, and its answer counts at once: the cache of the
/// next decision has the pod on its node.
pub trait Placement: Debug + Send {
    /// Where does the pod go? `framework` holds the plugins of the profile of this scheduler's name; it
    /// may be asked ([`feasible`]) or left alone. `cluster` has at least one node.
    ///
    /// Nothing holds the answer against the rules: the pod goes where it is sent, room or not.
    fn place(&mut self, cluster: &Snapshot, framework: &Framework, request: &Request) -> Placed;

    /// Whether this event may let a pod run that was [`Placed::Nowhere`]. By default every event may.
    fn is_worth_requeuing(
        &self,
        _event: &ClusterEvent<'_>,
        _pod: &PodShape,
        _cluster: &Snapshot,
    ) -> bool {
        true
    }
}

/// What a [`Placement`] decided.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Placed {
    /// The pod goes to this node.
    Node {
        /// The node.
        node: NodeId,
        /// Among how many it was chosen, for those who read the log.
        feasible: u32,
    },
    /// It goes nowhere, for this reason: `0/3 nodes are available: REASON.` It waits for an event that is
    /// worth another attempt.
    Nowhere(Box<str>),
    /// The filters of the profile left no node. The rest is as in Kubernetes: PostFilter may preempt, and
    /// the plugins that rejected the nodes know which events are worth another attempt.
    Unfit(Box<FitError>),
}

/// Makes a [`Placement`] for a run.
pub type MakePlacement = Arc<dyn Fn() -> Box<dyn Placement> + Send + Sync>;

/// The nodes that pass the filters of a profile, in the order in which the scheduler lists them, all of
/// them: there is no sampling.
///
/// # Errors
///
/// When there is none.
pub fn feasible(
    framework: &Framework,
    cluster: &Snapshot,
    request: &Request,
) -> Result<Vec<NodeId>, Box<FitError>> {
    let pod = cluster.shape(request.shape);
    let mut cycle = Cycle::new(framework, cluster, pod, request.pod);
    plain::feasible(&mut cycle)
}
