//! TaintToleration (S78–S82).

use std::borrow::Cow;

use wavetank_core::id::NodeId;
use wavetank_core::object::scheduling::{Taint, TaintEffect};

use super::{Plugin, PluginId, normalize_by_maximum};
use crate::component::scheduler::decision::cycle::Cycle;
use crate::component::scheduler::decision::node::NodeInfo;
use crate::component::scheduler::decision::shape::PodShape;
use crate::component::scheduler::decision::snapshot::Snapshot;
use crate::component::scheduler::decision::verdict::Verdict;
use crate::component::scheduler::event::ClusterEvent;

/// Rejects nodes with taints that the pod does not tolerate, and prefers those with fewer soft ones.
#[derive(Clone, Copy, Debug)]
pub struct TaintToleration;

impl Plugin for TaintToleration {
    fn id(&self) -> PluginId {
        PluginId::TaintToleration
    }

    fn filter(&self, cycle: &Cycle<'_>, node: &NodeInfo<'_>) -> Verdict {
        if is_tolerated(cycle.pod, &node.row.taints) {
            Verdict::FITS
        } else {
            Verdict::unresolvable(self.id())
        }
    }

    fn reason(&self, _pod: &PodShape, _bit: u32) -> Cow<'static, str> {
        "node(s) had untolerated taint(s)".into() // S81
    }

    /// The number of soft taints that the pod does not tolerate (S82).
    fn score(&self, cycle: &Cycle<'_>, node: &NodeInfo<'_>) -> i64 {
        let soft = |effect: &Option<TaintEffect>| {
            effect.is_none_or(|effect| effect == TaintEffect::PreferNoSchedule)
        };
        let tolerations = &cycle.pod.spec().tolerations;
        let is_tolerated = |taint: &Taint| {
            let mut soft = tolerations.iter().filter(|it| soft(&it.effect));
            soft.any(|it| it.tolerates(taint))
        };
        let taints = node.row.taints.iter();
        let untolerated = taints
            .filter(|taint| taint.effect == TaintEffect::PreferNoSchedule && !is_tolerated(taint));
        i64::try_from(untolerated.count()).expect("a number of taints")
    }

    fn normalize(&self, _cycle: &Cycle<'_>, _feasible: &[NodeId], scores: &mut [i64]) {
        normalize_by_maximum(scores, true);
    }

    fn is_worth_requeuing(
        &self,
        event: &ClusterEvent<'_>,
        pod: &PodShape,
        _snapshot: &Snapshot,
    ) -> bool {
        match event {
            ClusterEvent::NodeAdded(node) => is_tolerated(pod, &node.taints),
            ClusterEvent::NodeChanged { before, after, .. } => {
                !is_tolerated(pod, &before.taints) && is_tolerated(pod, &after.taints)
            }
            ClusterEvent::OwnTolerations => true,
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

/// Whether the pod tolerates every taint that keeps pods away (S80).
#[must_use]
pub fn is_tolerated(pod: &PodShape, taints: &[Taint]) -> bool {
    let tolerations = &pod.spec().tolerations;
    taints.iter().all(|taint| {
        taint.effect == TaintEffect::PreferNoSchedule
            || tolerations.iter().any(|it| it.tolerates(taint))
    })
}
