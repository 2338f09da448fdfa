//! NodeResourcesFit, with the LeastAllocated strategy (S92–S98).

use std::borrow::Cow;

use super::{Plugin, PluginId};
use crate::component::scheduler::decision::cycle::Cycle;
use crate::component::scheduler::decision::node::NodeInfo;
use crate::component::scheduler::decision::node::{Amounts, NodeRow};
use crate::component::scheduler::decision::shape::PodShape;
use crate::component::scheduler::decision::snapshot::Snapshot;
use crate::component::scheduler::decision::verdict::Verdict;
use crate::component::scheduler::event::ClusterEvent;

/// Rejects nodes without room, and prefers those with the most of it.
#[derive(Clone, Copy, Debug)]
pub struct NodeResourcesFit;

/// Bits of the reasons; those of extended resources follow, in the order of the pod's requests.
const PODS: u32 = 0;
const CPU: u32 = 1;
const MEMORY: u32 = 2;
const STORAGE: u32 = 3;
const EXTENDED: u32 = 4;

impl Plugin for NodeResourcesFit {
    fn id(&self) -> PluginId {
        PluginId::NodeResourcesFit
    }

    fn filter(&self, cycle: &Cycle<'_>, node: &NodeInfo<'_>) -> Verdict {
        let extended = match cycle.pod.requests().extended.is_empty() {
            true => None,
            false => Some(node.row),
        };
        fit(cycle.pod, node.amounts, extended)
    }

    fn reason(&self, pod: &PodShape, bit: u32) -> Cow<'static, str> {
        match bit {
            PODS => "Too many pods".into(),
            CPU => "Insufficient cpu".into(),
            MEMORY => "Insufficient memory".into(),
            STORAGE => "Insufficient ephemeral-storage".into(),
            other => {
                let requested = &pod.requests().extended[(other - EXTENDED) as usize];
                format!("Insufficient {}", requested.0).into()
            }
        }
    }

    fn score(&self, cycle: &Cycle<'_>, node: &NodeInfo<'_>) -> i64 {
        least_allocated(cycle.pod, node.amounts)
    }

    fn is_worth_requeuing(
        &self,
        event: &ClusterEvent<'_>,
        pod: &PodShape,
        _snapshot: &Snapshot,
    ) -> bool {
        may_make_room(event, pod, &|_| false)
    }
}

/// The queueing hint, without the extended resources that are ignored (S37).
#[must_use]
pub fn may_make_room(
    event: &ClusterEvent<'_>,
    pod: &PodShape,
    is_ignored: &dyn Fn(&str) -> bool,
) -> bool {
    match event {
        ClusterEvent::PodGone(_) | ClusterEvent::OwnScaleDown => true,
        ClusterEvent::NodeAdded(node) => fits_empty(pod, node, is_ignored),
        ClusterEvent::NodeChanged { before, after, .. } => {
            event.is_taint_update() // S36
                || (before.allocatable != after.allocatable
                    && fits_empty(pod, after, is_ignored)
                    && has_grown(pod, before, after))
        }
        ClusterEvent::PodAssigned(_)
        | ClusterEvent::PodLabels { .. }
        | ClusterEvent::NodeRemoved(_)
        | ClusterEvent::Storage(_)
        | ClusterEvent::OwnLabels
        | ClusterEvent::OwnTolerations => false,
    }
}

/// Whether the pod has room beside `amounts.requested` (S92, S94). `row` is asked for extended
/// resources, and may be missing when the pod wants none.
#[must_use]
pub fn fit(pod: &PodShape, amounts: &Amounts, row: Option<&NodeRow>) -> Verdict {
    fit_but(pod, amounts, row, |_| false)
}

/// As [`fit`], without the extended resources that are ignored.
#[must_use]
pub fn fit_but(
    pod: &PodShape,
    amounts: &Amounts,
    row: Option<&NodeRow>,
    is_ignored: impl Fn(&str) -> bool,
) -> Verdict {
    let wanted = pod.requests();
    let mut reasons = 0_u32;
    let mut exceeds = false;
    if i64::from(amounts.pods) + 1 > amounts.allocatable_pods {
        reasons |= 1 << PODS;
    }
    let mut check = |bit: u32, wanted: i64, allocatable: i64, requested: i64| {
        if wanted > 0 && wanted > allocatable.wrapping_sub(requested) {
            reasons |= 1 << bit;
            exceeds |= wanted > allocatable; // S94
        }
    };
    let (all, used) = (&amounts.allocatable, &amounts.requested);
    check(CPU, wanted.cpu, all.cpu, used.cpu);
    check(MEMORY, wanted.memory, all.memory, used.memory);
    check(STORAGE, wanted.storage, all.storage, used.storage);
    if let Some(row) = row {
        for (place, (name, amount)) in wanted.extended.iter().enumerate() {
            if is_ignored(name) {
                continue;
            }
            let bit = EXTENDED + u32::try_from(place).unwrap_or(u32::MAX).min(27);
            let allocatable = row.allocatable.extended(name);
            check(bit, *amount, allocatable, row.extended.extended(name));
        }
    }
    if reasons == 0 {
        return Verdict::FITS;
    }
    Verdict {
        reasons,
        plugin: PluginId::NodeResourcesFit,
        unresolvable: exceeds,
    }
}

/// The free share of CPU and memory, averaged (S95, S96).
#[must_use]
pub fn least_allocated(pod: &PodShape, amounts: &Amounts) -> i64 {
    // Products wrap as they do in the original: amounts beyond 80 petabytes.
    let free = |allocatable: i64, used: i64, wanted: i64| {
        let requested = used.wrapping_add(wanted);
        if requested > allocatable {
            0
        } else {
            (allocatable - requested).wrapping_mul(100) / allocatable
        }
    };
    let (all, used) = (&amounts.allocatable, &amounts.nonzero);
    match (all.cpu, all.memory) {
        (0, 0) => 0,
        (cpu, 0) => free(cpu, used.0, pod.scored.0),
        (0, memory) => free(memory, used.1, pod.scored.1),
        (cpu, memory) => (free(cpu, used.0, pod.scored.0) + free(memory, used.1, pod.scored.1)) / 2,
    }
}

/// Whether the pod fits the node when nothing else runs there.
fn fits_empty(pod: &PodShape, node: &NodeRow, is_ignored: &dyn Fn(&str) -> bool) -> bool {
    let amounts = Amounts::of(&node.allocatable);
    let extended_fits = pod
        .requests()
        .extended
        .iter()
        .all(|(name, amount)| is_ignored(name) || *amount <= node.allocatable.extended(name));
    extended_fits && fit(pod, &amounts, None).fits()
}

/// Whether the node has more room than before for something that the pod wants (S37).
fn has_grown(pod: &PodShape, before: &NodeRow, after: &NodeRow) -> bool {
    let (wanted, old, new) = (pod.requests(), &before.allocatable, &after.allocatable);
    new.pods > old.pods
        || (wanted.cpu > 0 && new.cpu > old.cpu)
        || (wanted.memory > 0 && new.memory > old.memory)
        || (wanted.storage > 0 && new.storage > old.storage)
        || wanted
            .extended
            .iter()
            .any(|(name, amount)| *amount > 0 && new.extended(name) > old.extended(name))
}
