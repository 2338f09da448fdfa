//! VolumeZone: volumes with labels of zones and regions, as they were before volumes had a node affinity
//! (S137).

use std::borrow::Cow;

use wavetank_core::label::Labels;

use super::volume_restrictions::not_found;
use super::{Plugin, PluginId, PreFilter};
use crate::component::scheduler::decision::cycle::Cycle;
use crate::component::scheduler::decision::node::NodeInfo;
use crate::component::scheduler::decision::shape::PodShape;
use crate::component::scheduler::decision::snapshot::Snapshot;
use crate::component::scheduler::decision::verdict::Verdict;
use crate::component::scheduler::event::{ClusterEvent, StorageEvent};

/// The labels that count, and what newer nodes have instead.
const LABELS: [(&str, &str); 4] = [
    (
        "failure-domain.beta.kubernetes.io/zone",
        "topology.kubernetes.io/zone",
    ),
    (
        "failure-domain.beta.kubernetes.io/region",
        "topology.kubernetes.io/region",
    ),
    ("topology.kubernetes.io/zone", "topology.kubernetes.io/zone"),
    (
        "topology.kubernetes.io/region",
        "topology.kubernetes.io/region",
    ),
];

/// Where a volume is: a place in `LABELS`, and the values that a node may have.
pub type VolumePlace = (usize, Vec<Box<str>>);

/// Rejects nodes of other zones than the pod's volumes.
#[derive(Clone, Copy, Debug)]
pub struct VolumeZone;

/// Where a volume with these labels is; several zones are joined by `__`.
#[must_use]
pub fn places(labels: &Labels) -> Vec<VolumePlace> {
    let place = |(index, label): (usize, &(&str, &str))| {
        let values = labels.get(label.0)?.split("__");
        Some((index, values.map(|value| value.trim().into()).collect()))
    };
    LABELS.iter().enumerate().filter_map(place).collect()
}

impl Plugin for VolumeZone {
    fn id(&self) -> PluginId {
        PluginId::VolumeZone
    }

    fn is_local(&self) -> bool {
        false
    }

    fn pre_filter(&self, cycle: &mut Cycle<'_>) -> PreFilter {
        match volume_places(cycle) {
            Err(text) => PreFilter::Rejected(text),
            Ok(places) if places.is_empty() => PreFilter::Skip,
            Ok(places) => {
                cycle.state.volume_places = places;
                PreFilter::Run
            }
        }
    }

    fn filter(&self, cycle: &Cycle<'_>, node: &NodeInfo<'_>) -> Verdict {
        let labels = &node.row.labels;
        if LABELS.iter().all(|label| labels.get(label.0).is_none()) {
            return Verdict::FITS;
        }
        let is_there = |(index, values): &VolumePlace| {
            let (label, newer) = LABELS[*index];
            let value = labels.get(label).or_else(|| labels.get(newer));
            value.is_some_and(|value| values.iter().any(|it| **it == *value))
        };
        if cycle.state.volume_places.iter().all(is_there) {
            Verdict::FITS
        } else {
            Verdict::unresolvable(self.id())
        }
    }

    fn reason(&self, _pod: &PodShape, _bit: u32) -> Cow<'static, str> {
        "node(s) had no available volume zone".into()
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
                StorageEvent::ClassAdded { waits: true }
                | StorageEvent::VolumeAdded
                | StorageEvent::VolumeChanged { is_moved: true } => true,
                StorageEvent::ClassAdded { waits: false }
                | StorageEvent::VolumeChanged { is_moved: false }
                | StorageEvent::ClassChanged { .. }
                | StorageEvent::DriversAdded
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

/// Where the bound volumes of the incoming pod are, or why it cannot run anywhere.
fn volume_places(cycle: &Cycle<'_>) -> Result<Vec<VolumePlace>, Cow<'static, str>> {
    let volumes = &cycle.snapshot.around.volumes;
    let mut found = Vec::new();
    for name in &cycle.pod.claims {
        let claim = volumes.claim(&cycle.pod.namespace, name);
        let claim = &claim.ok_or_else(|| not_found(name))?.spec;
        if !claim.volume.is_empty() {
            let volume = volumes.volume(&claim.volume);
            let missing = || format!("persistentvolume \"{}\" not found", claim.volume);
            found.extend(places(&volume.ok_or_else(missing)?.labels));
            continue;
        }
        let class = claim.class.as_deref().filter(|class| !class.is_empty());
        let class = class.ok_or("PersistentVolumeClaim had no pv name and storageClass name")?;
        let missing = || format!("storageclass.storage.k8s.io \"{class}\" not found");
        if !volumes.class(class).ok_or_else(missing)?.waits {
            return Err("PersistentVolume had no name".into());
        }
    }
    Ok(found)
}
