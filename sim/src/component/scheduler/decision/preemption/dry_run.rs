//! Who would have to go from one node (S148, S149, S151).

use wavetank_core::id::NodeId;

use super::Candidate;
use super::pick::Price;
use crate::component::scheduler::decision::cycle::Cycle;
use crate::component::scheduler::decision::node::{Amounts, NodeInfo, NodeRow, PlacedPod, count};
use crate::component::scheduler::decision::plain::{Filters, filter};
use crate::component::scheduler::decision::shape::PodShape;
use crate::component::scheduler::decision::snapshot::Snapshot;
use crate::component::scheduler::decision::verdict::Verdict;

/// What trying one node came to.
#[derive(Clone, Debug)]
pub(in crate::component::scheduler::decision) enum Try {
    Works(Candidate, Price),
    /// Why not: nobody has a lower priority, or the verdict of the filters with all of those gone.
    Fails(Option<Verdict>),
}

/// A node on which pods are taken away and let back.
pub(in crate::component::scheduler::decision) trait Stage {
    /// Adds a pod, or with `sign` -1 takes it away.
    fn change(&mut self, pod: PlacedPod, sign: i64);
    /// What the filters say of the node as it is now.
    fn verdict(&self) -> Verdict;
}

/// A node with other pods than it has, by the letter of the rules.
pub(super) struct Scene<'a, 'b> {
    cycle: Cycle<'a>,
    filters: &'b Filters,
    id: NodeId,
    row: NodeRow,
    amounts: Amounts,
}

impl<'a, 'b> Scene<'a, 'b> {
    pub(super) fn new(cycle: &Cycle<'a>, filters: &'b Filters, node: NodeId) -> Self {
        Self {
            cycle: cycle.clone(),
            filters,
            id: node,
            row: cycle.snapshot.node(node).clone(),
            amounts: *cycle.snapshot.amounts(node),
        }
    }
}

impl Stage for Scene<'_, '_> {
    fn change(&mut self, pod: PlacedPod, sign: i64) {
        let shape = self.cycle.snapshot.shape(pod.shape);
        if sign > 0 {
            self.row.pods.push(pod);
        } else {
            self.row.pods.retain(|placed| placed.pod != pod.pod);
        }
        count(&mut self.row, &mut self.amounts, shape, sign);
        let node = NodeInfo {
            id: self.id,
            row: &self.row,
            amounts: &self.amounts,
        };
        for plugin in &self.filters.asked {
            plugin.change_pods(&mut self.cycle, shape, &node, sign);
        }
    }

    fn verdict(&self) -> Verdict {
        let node = NodeInfo {
            id: self.id,
            row: &self.row,
            amounts: &self.amounts,
        };
        filter(&self.cycle, self.filters, &node)
    }
}

/// Removes everybody of lower priority from a node, and lets back whoever does not stand in the way.
pub(in crate::component::scheduler::decision) fn dry_run<S: Stage>(
    snapshot: &Snapshot,
    pod: &PodShape,
    node: NodeId,
    stage: impl FnOnce() -> S,
) -> Try {
    let priority = |placed: &PlacedPod| snapshot.shape(placed.shape).priority();
    let pods = snapshot.node(node).pods.iter().copied();
    let lower = pods.filter(|placed| priority(placed) < pod.priority());
    let mut potential: Vec<PlacedPod> = lower.collect();
    if potential.is_empty() {
        return Try::Fails(None);
    }
    let mut scene = stage();
    for pod in &potential {
        scene.change(*pod, -1);
    }
    let verdict = scene.verdict();
    if !verdict.fits() {
        return Try::Fails(Some(verdict));
    }
    sort_by_importance(&mut potential, snapshot);
    let (violating, others) = split_by_budgets(&potential, snapshot);
    let mut victims = Vec::new();
    let mut violations = 0;
    for (pods, is_violating) in [(&violating, true), (&others, false)] {
        for pod in pods {
            scene.change(*pod, 1);
            if !scene.verdict().fits() {
                scene.change(*pod, -1);
                victims.push(*pod);
                violations += u32::from(is_violating);
            }
        }
    }
    if !violating.is_empty() && !others.is_empty() {
        sort_by_importance(&mut victims, snapshot);
    }
    let price = Price::new(&victims, snapshot);
    let candidate = Candidate {
        node,
        victims: victims.iter().map(|placed| placed.pod).collect(),
        violations,
    };
    Try::Works(candidate, price)
}

/// The most important first: by priority, then whoever started earlier (S148). Those without a start
/// count as starting now, and of two of them each comes before the other: up to twelve, which the
/// original sorts by insertion, such pods end in reverse order (S151); beyond that its order is that of
/// no rule, and here they keep theirs.
fn sort_by_importance(pods: &mut [PlacedPod], snapshot: &Snapshot) {
    let is_before = |a: &PlacedPod, b: &PlacedPod| {
        let priority = |placed: &PlacedPod| snapshot.shape(placed.shape).priority();
        match priority(b).cmp(&priority(a)) {
            std::cmp::Ordering::Less => true,
            std::cmp::Ordering::Greater => false,
            std::cmp::Ordering::Equal => match (a.started, b.started) {
                (Some(a), Some(b)) => a < b,
                (Some(_) | None, None) => true,
                (None, Some(_)) => false,
            },
        }
    };
    if pods.len() > 12 {
        pods.sort_by_cached_key(|placed| {
            let priority = snapshot.shape(placed.shape).priority();
            (
                std::cmp::Reverse(priority),
                placed.started.unwrap_or(i64::MAX),
            )
        });
        return;
    }
    for end in 1..pods.len() {
        let mut at = end;
        while at > 0 && is_before(&pods[at], &pods[at - 1]) {
            pods.swap(at, at - 1);
            at -= 1;
        }
    }
}

/// Those that a budget protects, and the others, both in order: each pod takes from every budget that
/// selects it, and those after the last are protected (S149).
fn split_by_budgets(pods: &[PlacedPod], snapshot: &Snapshot) -> (Vec<PlacedPod>, Vec<PlacedPod>) {
    if !snapshot.around.has_budgets() {
        return (Vec::new(), pods.to_vec());
    }
    let mut left: Vec<(Box<str>, Vec<i32>)> = Vec::new();
    pods.iter().copied().partition(|placed| {
        let shape = snapshot.shape(placed.shape);
        let budgets = snapshot.around.budgets(&shape.namespace);
        let place = left.iter().position(|entry| entry.0 == shape.namespace);
        let place = place.unwrap_or_else(|| {
            let allowed = snapshot.around.budgets(&shape.namespace);
            let allowed = allowed.map(|budget| budget.allowed).collect();
            left.push((shape.namespace.clone(), allowed));
            left.len() - 1
        });
        let mut is_protected = false;
        for (budget, left) in budgets.zip(&mut left[place].1) {
            let selector = budget.selector.as_ref().filter(|it| !it.is_empty());
            let selects = selector.is_some_and(|it| it.matches(&shape.labels));
            if selects && !shape.labels.is_empty() && !budget.disrupted.contains(&placed.pod) {
                *left -= 1;
                is_protected |= *left < 0;
            }
        }
        is_protected
    })
}
