//! NodeUnschedulable (S74).

use std::borrow::Cow;

use wavetank_core::object::scheduling::{Taint, TaintEffect};
use wavetank_core::text::known;

use super::{Plugin, PluginId};
use crate::component::scheduler::decision::cycle::Cycle;
use crate::component::scheduler::decision::node::NodeInfo;
use crate::component::scheduler::decision::shape::PodShape;
use crate::component::scheduler::decision::snapshot::Snapshot;
use crate::component::scheduler::decision::verdict::Verdict;
use crate::component::scheduler::event::ClusterEvent;

/// Rejects cordoned nodes.
#[derive(Clone, Copy, Debug)]
pub struct NodeUnschedulable;

impl Plugin for NodeUnschedulable {
    fn id(&self) -> PluginId {
        PluginId::NodeUnschedulable
    }

    fn filter(&self, cycle: &Cycle<'_>, node: &NodeInfo<'_>) -> Verdict {
        // S74
        if node.row.unschedulable && !tolerates(cycle.pod) {
            return Verdict::unresolvable(self.id());
        }
        Verdict::FITS
    }

    fn reason(&self, _pod: &PodShape, _bit: u32) -> Cow<'static, str> {
        "node(s) were unschedulable".into()
    }

    fn is_worth_requeuing(
        &self,
        event: &ClusterEvent<'_>,
        pod: &PodShape,
        _snapshot: &Snapshot,
    ) -> bool {
        match event {
            ClusterEvent::NodeAdded(node) => !node.unschedulable,
            ClusterEvent::NodeChanged { before, after, .. } => {
                before.unschedulable && !after.unschedulable
            }
            ClusterEvent::OwnTolerations => tolerates(pod),
            ClusterEvent::PodAssigned(_)
            | ClusterEvent::PodLabels { .. }
            | ClusterEvent::PodGone(_)
            | ClusterEvent::NodeRemoved(_)
            | ClusterEvent::Storage(_)
            | ClusterEvent::OwnLabels
            | ClusterEvent::OwnScaleDown => false,
        }
    }
}

fn tolerates(pod: &PodShape) -> bool {
    let taint = Taint {
        key: known::ALL[known::TAINT_UNSCHEDULABLE.index()].into(),
        value: "".into(),
        effect: TaintEffect::NoSchedule,
    };
    let tolerations = &pod.spec().tolerations;
    tolerations.iter().any(|it| it.tolerates(&taint))
}
