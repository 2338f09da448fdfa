//! NodeVolumeLimits: how many volumes a driver can attach to a node (S135).

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use super::{Plugin, PluginId, PreFilter};
use crate::component::scheduler::decision::cycle::Cycle;
use crate::component::scheduler::decision::node::NodeInfo;
use crate::component::scheduler::decision::shape::PodShape;
use crate::component::scheduler::decision::snapshot::Snapshot;
use crate::component::scheduler::decision::verdict::Verdict;
use crate::component::scheduler::event::{ClusterEvent, StorageEvent};

/// Rejects nodes to which no more volumes can be attached.
#[derive(Clone, Copy, Debug)]
pub struct NodeVolumeLimits;

impl Plugin for NodeVolumeLimits {
    fn id(&self) -> PluginId {
        PluginId::NodeVolumeLimits
    }

    fn is_local(&self) -> bool {
        false
    }

    fn pre_filter(&self, cycle: &mut Cycle<'_>) -> PreFilter {
        if cycle.pod.claims.is_empty() {
            return PreFilter::Skip;
        }
        PreFilter::Run
    }

    fn filter(&self, cycle: &Cycle<'_>, node: &NodeInfo<'_>) -> Verdict {
        let snapshot = cycle.snapshot;
        let volumes = &snapshot.around.volumes;
        let drivers = volumes.drivers(&node.row.name);
        if drivers.is_empty() {
            return Verdict::FITS;
        }
        let of = |pod: &PodShape| {
            let claims = pod.claims.iter();
            let found = claims.filter_map(|name| volumes.attachment(&pod.namespace, name));
            found.collect::<Vec<_>>()
        };
        let pods = node.row.pods.iter();
        let attached: BTreeSet<_> = pods
            .flat_map(|placed| of(snapshot.shape(placed.shape)))
            .collect();
        let wanted: BTreeSet<_> = of(cycle.pod).into_iter().collect();
        let mut new: BTreeMap<&str, usize> = BTreeMap::new();
        for (driver, _) in wanted.difference(&attached) {
            *new.entry(driver).or_default() += 1;
        }
        let exceeds = |(driver, count): (&str, usize)| {
            let limit = drivers.iter().find(|it| *it.name == *driver);
            let limit = limit.and_then(|driver| driver.limit);
            let present = attached.iter().filter(|it| *it.0 == *driver).count();
            limit.is_some_and(|limit| present + count > limit as usize)
        };
        if new.into_iter().any(exceeds) {
            Verdict::unschedulable(self.id())
        } else {
            Verdict::FITS
        }
    }

    fn reason(&self, _pod: &PodShape, _bit: u32) -> Cow<'static, str> {
        "node(s) exceed max volume count".into()
    }

    fn is_worth_requeuing(
        &self,
        event: &ClusterEvent<'_>,
        pod: &PodShape,
        _snapshot: &Snapshot,
    ) -> bool {
        match event {
            ClusterEvent::PodGone(gone) => !gone.claims.is_empty(),
            ClusterEvent::Storage(event) => match event {
                StorageEvent::DriversAdded | StorageEvent::DriversChanged { is_raised: true } => {
                    true
                }
                StorageEvent::ClaimAdded(namespace, name) => pod.has_claim(namespace, name),
                StorageEvent::ClaimChanged(..)
                | StorageEvent::VolumeAdded
                | StorageEvent::VolumeChanged { .. }
                | StorageEvent::ClassAdded { .. }
                | StorageEvent::ClassChanged { .. }
                | StorageEvent::DriversChanged { is_raised: false } => false,
            },
            ClusterEvent::NodeAdded(_)
            | ClusterEvent::NodeChanged { .. }
            | ClusterEvent::PodAssigned(_)
            | ClusterEvent::PodLabels { .. }
            | ClusterEvent::NodeRemoved(_)
            | ClusterEvent::OwnLabels
            | ClusterEvent::OwnScaleDown
            | ClusterEvent::OwnTolerations => false,
        }
    }
}
