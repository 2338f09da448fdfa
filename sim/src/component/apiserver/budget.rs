//! Disruption budgets, as the eviction call judges them (C65–C67, C191, C192).
//!
//! The disruption controller's status is computed here from the stored pods: with no writes of its own
//! between, its answer is what the controller would have written.

use wavetank_core::id::{Kind, OtherId, PodId};
use wavetank_core::label::selects;
use wavetank_core::object::spec::{BudgetSpec, Spec};
use wavetank_core::state::Cluster;
use wavetank_core::state::view::View;

/// What budgets say to an eviction.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Verdict {
    /// No budget, or one that allows it.
    Allowed,
    /// The budget allows none now (429).
    Exhausted,
    /// More than one budget selects the pod (500).
    Several,
}

/// Judges the eviction of a running pod.
#[allow(clippy::wildcard_enum_match_arm)] // what is not named has no part in this
pub(super) fn judge(cluster: &Cluster, id: PodId) -> Verdict {
    let store = &cluster.store;
    let Some(pod) = store.pods.newest(id.0) else {
        return Verdict::Allowed;
    };
    let namespace = store.pod_identity(id).namespace;
    let labels = cluster.definitions.get_set(pod.labels);
    let budgets: Vec<&BudgetSpec> = store
        .others
        .live_indexes()
        .filter(|index| store.other_kind(OtherId(*index)) == Kind::PodDisruptionBudget)
        .filter_map(|index| store.others.newest(index))
        .filter(|other| other.meta.namespace == namespace)
        .filter_map(
            |other| match &cluster.definitions.get_spec(other.spec).spec {
                Spec::PodDisruptionBudget(budget) => Some(budget),
                _ => None,
            },
        )
        .filter(|budget| selects(budget.selector.as_ref(), labels))
        .collect();
    let [budget] = budgets[..] else {
        return if budgets.is_empty() {
            Verdict::Allowed
        } else {
            Verdict::Several
        };
    };
    let (allowed, healthy, desired) = allowance(View::latest(cluster), namespace, budget);
    if !pod.is_ready() && (budget.always_allow_unhealthy || (healthy >= desired && desired > 0)) {
        return Verdict::Allowed; // C66
    }
    if allowed == 0 {
        Verdict::Exhausted
    } else {
        Verdict::Allowed
    }
}

/// How many evictions a budget allows now, how many of its pods are healthy, and how many must be.
pub(crate) fn allowance(
    view: View<'_>,
    namespace: wavetank_core::id::TextId,
    budget: &BudgetSpec,
) -> (u32, u32, u32) {
    let Some(selector) = &budget.selector else {
        return (0, 0, 0);
    };
    let mut matching = 0;
    let mut healthy = 0;
    let mut owners = std::collections::BTreeSet::new();
    for (_, pod) in view.pods_selected(namespace, selector) {
        matching += 1;
        owners.extend(pod.owner);
        if pod.is_ready() && pod.deletion.is_none() {
            healthy += 1; // C192
        }
    }
    let scale: u32 = owners
        .iter()
        .filter_map(|owner| wavetank_core::id::ReplicaSetId::try_from(*owner).ok())
        .filter_map(|set| view.replica_set(set))
        .map(|set| set.replicas)
        .sum();
    let expected = |by_scale: bool| {
        if by_scale && !owners.is_empty() {
            scale
        } else {
            matching
        }
    };
    let desired = match (budget.min_available, budget.max_unavailable) {
        (_, Some(unavailable)) => {
            let expected = expected(true);
            expected.saturating_sub(unavailable.of_rounded_up(expected))
        }
        (Some(available), None) => {
            let percent = matches!(
                available,
                wavetank_core::object::spec::IntOrPercent::Percent(_)
            );
            available.of_rounded_up(expected(percent))
        }
        (None, None) => 1,
    };
    (u32::saturating_sub(healthy, desired), healthy, desired)
}
