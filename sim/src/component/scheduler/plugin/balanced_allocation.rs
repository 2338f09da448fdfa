//! NodeResourcesBalancedAllocation: how the pod changes the balance of CPU and memory (S99–S102).

use wavetank_core::id::NodeId;

use super::allocation::{Counting, Resource, Share, balance as balance_of};
use super::{Plugin, PluginId};
use crate::component::scheduler::decision::cycle::Cycle;
use crate::component::scheduler::decision::node::Amounts;
use crate::component::scheduler::decision::node::NodeInfo;
use crate::component::scheduler::decision::shape::PodShape;

/// Prefers nodes that the pod makes more balanced.
#[derive(Clone, Copy, Debug)]
pub struct BalancedAllocation;

impl Plugin for BalancedAllocation {
    fn id(&self) -> PluginId {
        PluginId::NodeResourcesBalancedAllocation
    }

    fn pre_score(&self, cycle: &mut Cycle<'_>, _feasible: &[NodeId]) -> bool {
        applies(cycle.pod)
    }

    fn score(&self, cycle: &Cycle<'_>, node: &NodeInfo<'_>) -> i64 {
        change_of_balance(cycle.pod, node.amounts)
    }
}

/// [`BalancedAllocation`] over other resources than CPU and memory.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BalancedOver {
    /// `resources`
    pub resources: Vec<Resource>,
}

impl Plugin for BalancedOver {
    fn id(&self) -> PluginId {
        PluginId::NodeResourcesBalancedAllocation
    }

    fn pre_score(&self, cycle: &mut Cycle<'_>, _feasible: &[NodeId]) -> bool {
        let mut resources = self.resources.iter();
        resources.any(|it| it.wanted(cycle.pod, Counting::AsRequested) != 0) // S99
    }

    fn score(&self, cycle: &Cycle<'_>, node: &NodeInfo<'_>) -> i64 {
        let resources = self.resources.iter();
        let shares: Vec<Share> = resources
            .filter_map(|it| it.share(cycle.pod, node, Counting::AsRequested))
            .collect();
        50 + (50 + balance_of(&shares, true) - balance_of(&shares, false)) / 2 // S101
    }
}

/// Whether the plugin scores at all (S99).
#[must_use]
pub fn applies(pod: &PodShape) -> bool {
    pod.requests().cpu != 0 || pod.requests().memory != 0
}

/// 75 when nothing changes, more when the node becomes more balanced (S101).
#[must_use]
pub fn change_of_balance(pod: &PodShape, amounts: &Amounts) -> i64 {
    let used = (amounts.requested.cpu, amounts.requested.memory);
    let wanted = pod.requests();
    let with = (
        used.0.wrapping_add(wanted.cpu),
        used.1.wrapping_add(wanted.memory),
    );
    let all = (amounts.allocatable.cpu, amounts.allocatable.memory);
    50 + (50 + balance(with, all) - balance(used, all)) / 2
}

/// 100 less the deviation of the two fractions (S100).
#[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation)] // doubles are the rule
fn balance(used: (i64, i64), all: (i64, i64)) -> i64 {
    let fraction = |used: i64, all: i64| (used as f64 / all as f64).min(1.0);
    let deviation = if all.0 == 0 || all.1 == 0 {
        0.0
    } else {
        ((fraction(used.0, all.0) - fraction(used.1, all.1)) / 2.0).abs()
    };
    ((1.0 - deviation) * 100.0) as i64
}
