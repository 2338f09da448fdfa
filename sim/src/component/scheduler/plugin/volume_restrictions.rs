//! VolumeRestrictions: claims that one pod alone may use (S134). Conflicts of disks that pods name
//! themselves, without a claim, are not modelled.

use std::borrow::Cow;

use super::{Plugin, PluginId, PreFilter};
use crate::component::scheduler::decision::cycle::Cycle;
use crate::component::scheduler::decision::node::NodeInfo;
use crate::component::scheduler::decision::shape::PodShape;
use crate::component::scheduler::decision::snapshot::Snapshot;
use crate::component::scheduler::decision::verdict::Verdict;
use crate::component::scheduler::event::{ClusterEvent, StorageEvent};

/// Rejects pods whose claim another pod uses.
#[derive(Clone, Copy, Debug)]
pub struct VolumeRestrictions;

impl Plugin for VolumeRestrictions {
    fn id(&self) -> PluginId {
        PluginId::VolumeRestrictions
    }

    fn pre_filter(&self, cycle: &mut Cycle<'_>) -> PreFilter {
        let (pod, snapshot) = (cycle.pod, cycle.snapshot);
        let mut exclusive = Vec::new();
        for name in &pod.claims {
            let Some(claim) = snapshot.around.volumes.claim(&pod.namespace, name) else {
                return PreFilter::Rejected(not_found(name));
            };
            if claim.spec.modes.is_for_one_pod() {
                exclusive.push(name.clone());
            }
        }
        let used = exclusive.iter().filter(|name| is_used(snapshot, pod, name));
        let used = i64::try_from(used.count()).expect("few claims");
        if used == 0 {
            return PreFilter::Skip;
        }
        cycle.state.exclusive_claims = exclusive;
        cycle.state.used_claims = used;
        PreFilter::Run
    }

    fn change_pods(
        &self,
        cycle: &mut Cycle<'_>,
        pod: &PodShape,
        _node: &NodeInfo<'_>,
        change: i64,
    ) {
        if pod.namespace == cycle.pod.namespace {
            let exclusive = &cycle.state.exclusive_claims;
            let shared = pod.claims.iter().filter(|name| exclusive.contains(name));
            cycle.state.used_claims += change * i64::try_from(shared.count()).expect("few claims");
        }
    }

    fn filter(&self, cycle: &Cycle<'_>, _node: &NodeInfo<'_>) -> Verdict {
        if cycle.state.used_claims > 0 {
            Verdict::unschedulable(self.id())
        } else {
            Verdict::FITS
        }
    }

    fn reason(&self, _pod: &PodShape, _bit: u32) -> Cow<'static, str> {
        "node(s) unavailable due to PersistentVolumeClaim with ReadWriteOncePod access mode already \
         in-use by another pod"
            .into()
    }

    fn is_worth_requeuing(
        &self,
        event: &ClusterEvent<'_>,
        pod: &PodShape,
        _snapshot: &Snapshot,
    ) -> bool {
        match event {
            ClusterEvent::PodGone(gone) => {
                gone.namespace == pod.namespace
                    && gone.claims.iter().any(|name| pod.claims.contains(name))
            }
            ClusterEvent::NodeAdded(_) => true,
            ClusterEvent::NodeChanged { .. } => event.is_taint_update(), // S36
            ClusterEvent::Storage(StorageEvent::ClaimAdded(namespace, name)) => {
                pod.has_claim(namespace, name)
            }
            ClusterEvent::Storage(_)
            | ClusterEvent::PodAssigned(_)
            | ClusterEvent::PodLabels { .. }
            | ClusterEvent::NodeRemoved(_)
            | ClusterEvent::OwnLabels
            | ClusterEvent::OwnScaleDown
            | ClusterEvent::OwnTolerations => false,
        }
    }
}

/// Whether a pod on a node uses a claim of this pod.
fn is_used(snapshot: &Snapshot, pod: &PodShape, claim: &str) -> bool {
    let nodes = snapshot.list().iter();
    let mut pods = nodes.flat_map(|node| &snapshot.node(*node).pods);
    pods.any(|placed| {
        snapshot
            .shape(placed.shape)
            .has_claim(&pod.namespace, claim)
    })
}

/// That a claim is not there.
pub(super) fn not_found(claim: &str) -> Cow<'static, str> {
    format!("persistentvolumeclaim \"{claim}\" not found").into()
}
