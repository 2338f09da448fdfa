//! VolumeBinding: the volumes of a pod's claims, bound or to be bound, can be had on the node (S136).
//!
//! It has a Score in the API's list of plugins, which is switched off like the storage capacities that it
//! would score: no pod is scored by it.

use std::borrow::Cow;

use wavetank_core::id::NodeId;
use wavetank_core::object::spec::ClaimPhase;

use super::volume_restrictions::not_found;
use super::{Plugin, PluginId, PreFilter};
use crate::component::scheduler::decision::cycle::Cycle;
use crate::component::scheduler::decision::node::NodeInfo;
use crate::component::scheduler::decision::shape::PodShape;
use crate::component::scheduler::decision::snapshot::Snapshot;
use crate::component::scheduler::decision::verdict::Verdict;
use crate::component::scheduler::decision::volumes::Volumes;
use crate::component::scheduler::event::{ClusterEvent, StorageEvent};

/// Rejects nodes on which the volumes of a pod cannot be had.
#[derive(Clone, Copy, Debug)]
pub struct VolumeBinding;

impl Plugin for VolumeBinding {
    fn id(&self) -> PluginId {
        PluginId::VolumeBinding
    }

    fn is_local(&self) -> bool {
        false
    }

    fn pre_filter(&self, cycle: &mut Cycle<'_>) -> PreFilter {
        let pod = cycle.pod;
        if pod.claims.is_empty() {
            return PreFilter::Skip;
        }
        let volumes = &cycle.snapshot.around.volumes;
        let mut is_immediate = false;
        for name in &pod.claims {
            let Some(claim) = volumes.claim(&pod.namespace, name) else {
                return PreFilter::Rejected(not_found(name));
            };
            if claim.spec.phase == ClaimPhase::Lost {
                let volume = &claim.spec.volume;
                let text = format!(
                    "persistentvolumeclaim \"{name}\" bound to non-existent persistentvolume \
                     \"{volume}\""
                );
                return PreFilter::Rejected(text.into());
            }
            if claim.is_going {
                let text = format!("persistentvolumeclaim \"{name}\" is being deleted");
                return PreFilter::Rejected(text.into());
            }
            is_immediate |= !Volumes::is_bound(claim) && !volumes.waits(claim);
        }
        if is_immediate {
            let text = "pod has unbound immediate PersistentVolumeClaims";
            return PreFilter::Rejected(text.into());
        }
        PreFilter::Run
    }

    fn filter(&self, cycle: &Cycle<'_>, node: &NodeInfo<'_>) -> Verdict {
        match cycle.snapshot.around.volumes.plan(cycle.pod, node.row) {
            Ok(_) => Verdict::FITS,
            Err(reasons) => Verdict {
                reasons,
                ..Verdict::unresolvable(self.id())
            },
        }
    }

    fn reason(&self, _pod: &PodShape, bit: u32) -> Cow<'static, str> {
        match bit {
            0 => "node(s) didn't match PersistentVolume's node affinity",
            1 => "node(s) didn't find available persistent volumes to bind",
            2 => "node(s) did not have enough free storage",
            _ => "node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s)",
        }
        .into()
    }

    fn pre_score(&self, _cycle: &mut Cycle<'_>, _feasible: &[NodeId]) -> bool {
        false
    }

    fn is_worth_requeuing(
        &self,
        event: &ClusterEvent<'_>,
        pod: &PodShape,
        _snapshot: &Snapshot,
    ) -> bool {
        match event {
            ClusterEvent::NodeAdded(_) => true,
            ClusterEvent::NodeChanged { before, after } => {
                before.labels != after.labels || event.is_taint_update() // S36
            }
            ClusterEvent::Storage(event) => match event {
                StorageEvent::ClaimAdded(namespace, name)
                | StorageEvent::ClaimChanged(namespace, name) => pod.has_claim(namespace, name),
                StorageEvent::VolumeAdded
                | StorageEvent::VolumeChanged { .. }
                | StorageEvent::ClassAdded { .. }
                | StorageEvent::ClassChanged { is_moved: true }
                | StorageEvent::DriversAdded => true,
                StorageEvent::ClassChanged { is_moved: false }
                | StorageEvent::DriversChanged { .. } => false,
            },
            ClusterEvent::PodGone(_)
            | ClusterEvent::PodAssigned(_)
            | ClusterEvent::PodLabels { .. }
            | ClusterEvent::NodeRemoved(_)
            | ClusterEvent::OwnLabels
            | ClusterEvent::OwnScaleDown
            | ClusterEvent::OwnTolerations => false,
        }
    }
}
