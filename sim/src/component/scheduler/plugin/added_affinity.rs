//! NodeAffinity with `addedAffinity`: what a profile asks of the nodes of all its pods (S83–S88).

use std::borrow::Cow;

use wavetank_core::id::NodeId;
use wavetank_core::object::scheduling::Affinity;
use wavetank_core::object::template::PodSpec;

use super::node_affinity::{NodeAffinity, NodeChoice};
use super::{Plugin, PluginId, PreFilter, normalize_by_maximum};
use crate::component::scheduler::decision::cycle::Cycle;
use crate::component::scheduler::decision::node::{NodeInfo, NodeRow};
use crate::component::scheduler::decision::shape::PodShape;
use crate::component::scheduler::decision::snapshot::Snapshot;
use crate::component::scheduler::decision::verdict::Verdict;
use crate::component::scheduler::event::ClusterEvent;

/// The bit of the reason that is not the pod's own.
const ENFORCED: u32 = 1;

/// [`NodeAffinity`], with an affinity that is added to that of every pod.
#[derive(Clone, Debug)]
pub struct AddedAffinity {
    added: NodeChoice,
    /// Whether the added affinity has required terms.
    requires: bool,
}

impl AddedAffinity {
    /// The plugin with the node part of this affinity.
    #[must_use]
    pub fn new(affinity: &Affinity) -> Self {
        let spec = PodSpec {
            affinity: affinity.clone(),
            ..PodSpec::default()
        };
        Self {
            added: NodeChoice::new(&spec),
            requires: affinity.node_required.is_some(),
        }
    }

    fn requires(&self, pod: &PodShape, node: &NodeRow) -> bool {
        self.added.requires(node) && pod.nodes.requires(node)
    }
}

impl Plugin for AddedAffinity {
    fn id(&self) -> PluginId {
        PluginId::NodeAffinity
    }

    fn pre_filter(&self, cycle: &mut Cycle<'_>) -> PreFilter {
        let own = cycle.pod.nodes.pre_filter.clone();
        if self.requires && own == PreFilter::Skip {
            return PreFilter::Run;
        }
        own
    }

    fn filter(&self, cycle: &Cycle<'_>, node: &NodeInfo<'_>) -> Verdict {
        if self.added.requires(node.row) {
            return NodeAffinity.filter(cycle, node);
        }
        Verdict {
            reasons: 1 << ENFORCED,
            plugin: self.id(),
            unresolvable: true,
        }
    }

    fn reason(&self, pod: &PodShape, bit: u32) -> Cow<'static, str> {
        match bit {
            ENFORCED => "node(s) didn't match scheduler-enforced node affinity".into(), // S87
            own => NodeAffinity.reason(pod, own),
        }
    }

    fn pre_score(&self, cycle: &mut Cycle<'_>, _feasible: &[NodeId]) -> bool {
        self.added.has_preference() || cycle.pod.nodes.has_preference()
    }

    fn score(&self, cycle: &Cycle<'_>, node: &NodeInfo<'_>) -> i64 {
        self.added.preference(node.row) + cycle.pod.nodes.preference(node.row)
    }

    fn normalize(&self, _cycle: &Cycle<'_>, _feasible: &[NodeId], scores: &mut [i64]) {
        normalize_by_maximum(scores, false);
    }

    fn is_worth_requeuing(
        &self,
        event: &ClusterEvent<'_>,
        pod: &PodShape,
        _snapshot: &Snapshot,
    ) -> bool {
        match event {
            ClusterEvent::NodeAdded(node) => self.requires(pod, node),
            ClusterEvent::NodeChanged { before, after, .. } => {
                event.is_taint_update() // S36
                    || !self.requires(pod, before) && self.requires(pod, after)
            }
            ClusterEvent::PodAssigned(_)
            | ClusterEvent::PodLabels { .. }
            | ClusterEvent::PodGone(_)
            | ClusterEvent::NodeRemoved(_)
            | ClusterEvent::Storage(_)
            | ClusterEvent::OwnLabels
            | ClusterEvent::OwnScaleDown
            | ClusterEvent::OwnTolerations => false,
        }
    }
}
