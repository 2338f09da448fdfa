//! The plugins of Kubernetes, one file each, and what the framework asks of them (S1, S2).

pub mod added_affinity;
pub mod allocation;
pub mod balanced_allocation;
pub mod configured_fit;
pub mod dynamic_resources;
pub mod image_locality;
pub mod inter_pod_affinity;
pub mod node_affinity;
pub mod node_name;
pub mod node_ports;
pub mod node_resources_fit;
pub mod node_unschedulable;
pub mod node_volume_limits;
pub mod pod_topology_spread;
pub mod taint_toleration;
pub mod volume_binding;
pub mod volume_restrictions;
pub mod volume_zone;

use std::borrow::Cow;

use wavetank_core::id::NodeId;

use super::decision::cycle::Cycle;
use super::decision::node::NodeInfo;
use super::decision::shape::PodShape;
use super::decision::snapshot::Snapshot;
use super::decision::verdict::Verdict;
use super::event::ClusterEvent;

/// How many plugins of users there can be: their numbers share a set of 32 bits with Kubernetes' own.
pub const USER_PLUGINS_MAX: u8 = 16;

/// The plugins in the order of the default profile (S1), then those of users.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[allow(missing_docs)] // Kubernetes' own names
pub enum PluginId {
    SchedulingGates,
    NodeUnschedulable,
    NodeName,
    TaintToleration,
    NodeAffinity,
    NodePorts,
    NodeResourcesFit,
    VolumeRestrictions,
    NodeVolumeLimits,
    VolumeBinding,
    VolumeZone,
    PodTopologySpread,
    InterPodAffinity,
    DynamicResources,
    DefaultPreemption,
    NodeResourcesBalancedAllocation,
    ImageLocality,
    DefaultBinder,
    /// One of a user, by its number in the [registry](super::custom::SchedulerRegistry), below
    /// [`USER_PLUGINS_MAX`].
    User(u8),
}

impl PluginId {
    /// Its place in a set of plugins, below 64.
    #[must_use]
    pub const fn index(self) -> u32 {
        match self {
            Self::SchedulingGates => 0,
            Self::NodeUnschedulable => 1,
            Self::NodeName => 2,
            Self::TaintToleration => 3,
            Self::NodeAffinity => 4,
            Self::NodePorts => 5,
            Self::NodeResourcesFit => 6,
            Self::PodTopologySpread => 7,
            Self::InterPodAffinity => 8,
            Self::DynamicResources => 9,
            Self::DefaultPreemption => 10,
            Self::NodeResourcesBalancedAllocation => 11,
            Self::ImageLocality => 12,
            Self::DefaultBinder => 13,
            Self::User(number) => 32 - USER_PLUGINS_MAX as u32 + number as u32,
            Self::VolumeRestrictions => 32,
            Self::NodeVolumeLimits => 33,
            Self::VolumeBinding => 34,
            Self::VolumeZone => 35,
        }
    }

    /// As in the API; the name of a user's plugin is known to the
    /// [framework](super::decision::framework::Framework::name).
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::SchedulingGates => "SchedulingGates",
            Self::NodeUnschedulable => "NodeUnschedulable",
            Self::NodeName => "NodeName",
            Self::TaintToleration => "TaintToleration",
            Self::NodeAffinity => "NodeAffinity",
            Self::NodePorts => "NodePorts",
            Self::NodeResourcesFit => "NodeResourcesFit",
            Self::VolumeRestrictions => "VolumeRestrictions",
            Self::NodeVolumeLimits => "NodeVolumeLimits",
            Self::VolumeBinding => "VolumeBinding",
            Self::VolumeZone => "VolumeZone",
            Self::PodTopologySpread => "PodTopologySpread",
            Self::InterPodAffinity => "InterPodAffinity",
            Self::DynamicResources => "DynamicResources",
            Self::DefaultPreemption => "DefaultPreemption",
            Self::NodeResourcesBalancedAllocation => "NodeResourcesBalancedAllocation",
            Self::ImageLocality => "ImageLocality",
            Self::DefaultBinder => "DefaultBinder",
            Self::User(_) => "UserPlugin",
        }
    }
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
    Rejected(Cow<'static, str>),
}

/// A plugin of the scheduling framework: the extension points between which a cycle moves.
///
/// A plugin keeps no state of its own: what it computes once a cycle goes into the [`Cycle`].
pub trait Plugin: std::fmt::Debug + Send + Sync {
    /// Who it is.
    fn id(&self) -> PluginId;

    /// What it is called in a configuration.
    fn name(&self) -> &str {
        self.id().name()
    }

    /// Whether verdict and raw score depend on the pod's shape and on the one node alone, so that they
    /// stay true until that node changes.
    fn is_local(&self) -> bool {
        true
    }

    /// PreFilter: once a cycle, before the nodes are visited.
    fn pre_filter(&self, _cycle: &mut Cycle<'_>) -> PreFilter {
        PreFilter::Run
    }

    /// AddPod and RemovePod: what PreFilter computed, with `change` pods like this one on the node more,
    /// -1 for one less. Not asked when PreFilter skipped the plugin (S53).
    fn change_pods(
        &self,
        _cycle: &mut Cycle<'_>,
        _pod: &PodShape,
        _node: &NodeInfo<'_>,
        _change: i64,
    ) {
    }

    /// Filter: may the pod run on this node?
    fn filter(&self, _cycle: &Cycle<'_>, _node: &NodeInfo<'_>) -> Verdict {
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
    fn score(&self, _cycle: &Cycle<'_>, _node: &NodeInfo<'_>) -> i64 {
        0
    }

    /// Normalize: brings the raw scores of the feasible nodes to 0..=100 (S65).
    fn normalize(&self, _cycle: &Cycle<'_>, _feasible: &[NodeId], _scores: &mut [i64]) {}

    /// The queueing hint: whether this event may make a pod schedulable that the plugin rejected (S37).
    fn is_worth_requeuing(
        &self,
        _event: &ClusterEvent<'_>,
        _pod: &PodShape,
        _snapshot: &Snapshot,
    ) -> bool {
        false
    }
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
