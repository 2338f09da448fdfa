//! What the plugins are given during one cycle.

use wavetank_core::id::PodId;

use super::framework::Framework;
use super::shape::PodShape;
use super::snapshot::Snapshot;
use crate::component::scheduler::custom::OwnState;
use crate::component::scheduler::plugin::inter_pod_affinity::{PodRules, PodScores};
use crate::component::scheduler::plugin::pod_topology_spread::{HardSpread, SoftSpread};
use crate::component::scheduler::plugin::volume_zone::VolumePlace;

/// One scheduling cycle: the pod, the cluster, and what plugins computed before the nodes are visited.
/// A plugin that needs more than the node at hand keeps it in a field of the state.
#[derive(Clone, Debug)]
pub struct Cycle<'a> {
    /// The plugins of the pod's profile.
    pub framework: &'a Framework,
    /// The cluster.
    pub snapshot: &'a Snapshot,
    /// What the incoming pod looks like.
    pub pod: &'a PodShape,
    /// The incoming pod: its own nomination does not stand in its way (S59).
    pub id: PodId,
    /// What plugins computed.
    pub state: CycleState,
}

/// What plugins computed in a cycle: one field a plugin of Kubernetes, one place a type for those of
/// users.
#[derive(Clone, Debug, Default)]
pub struct CycleState {
    /// PodTopologySpread, for the filter.
    pub hard_spread: Option<HardSpread>,
    /// PodTopologySpread, for the score.
    pub soft_spread: Option<SoftSpread>,
    /// InterPodAffinity, for the filter.
    pub pod_rules: Option<PodRules>,
    /// InterPodAffinity, for the score.
    pub pod_scores: Option<PodScores>,
    /// The plugins of users, for both.
    pub own: OwnState,
    /// VolumeRestrictions: the claims of the pod that it alone may use.
    pub exclusive_claims: Vec<Box<str>>,
    /// VolumeRestrictions: how many of them other pods use.
    pub used_claims: i64,
    /// VolumeZone: where the volumes of the pod are.
    pub volume_places: Vec<VolumePlace>,
}

impl<'a> Cycle<'a> {
    /// A cycle at its beginning.
    #[must_use]
    pub fn new(
        framework: &'a Framework,
        snapshot: &'a Snapshot,
        pod: &'a PodShape,
        id: PodId,
    ) -> Self {
        Self {
            framework,
            snapshot,
            pod,
            id,
            state: CycleState::default(),
        }
    }
}
