//! One node as it would be with other pods: for nominations (S59) and dry runs of preemption (S148).

use wavetank_core::id::PodId;

use super::Columns;
use super::plan::Role;
use super::score::Domains;
use super::tally::{Tallies, Tally};
use crate::component::scheduler::decision::node::{Amounts, NodeRow, count};
use crate::component::scheduler::decision::shape::{PodShape, ShapeId};
use crate::component::scheduler::decision::snapshot::Snapshot;
use crate::component::scheduler::decision::verdict::Verdict;
use crate::component::scheduler::plugin::PluginId;
use crate::component::scheduler::plugin::node_ports::are_free;
use crate::component::scheduler::plugin::node_resources_fit::fit;

/// A node with other pods than it has. The node's object lets the pod pass.
#[derive(Clone)]
pub(super) struct Trial<'a> {
    columns: &'a Columns,
    snapshot: &'a Snapshot,
    pod: &'a PodShape,
    place: usize,
    amounts: Amounts,
    /// What matters of the row, when amounts do not say everything.
    row: Option<Box<NodeRow>>,
    /// By tally, what its count has more.
    changes: Vec<i64>,
    /// Whether InterPodAffinity is asked: it is not told of changes otherwise (S53).
    asks_about_pods: bool,
}

impl<'a> Trial<'a> {
    /// The node as it is.
    pub(super) fn new(
        columns: &'a Columns,
        snapshot: &'a Snapshot,
        pod: &'a PodShape,
        place: usize,
    ) -> Self {
        let node = snapshot.list()[place];
        let needs_row = !pod.ports.is_empty() || !pod.requests().extended.is_empty();
        let row = || {
            let row = snapshot.node(node);
            Box::new(NodeRow {
                allocatable: row.allocatable.clone(),
                extended: row.extended.clone(),
                ports: row.ports.clone(),
                ..NodeRow::default()
            })
        };
        Self {
            columns,
            snapshot,
            pod,
            place,
            amounts: *snapshot.amounts(node),
            row: needs_row.then(row),
            changes: vec![0; columns.tallies.tallies.len()],
            asks_about_pods: columns.tallies.asks_about_pods(),
        }
    }

    /// Adds a pod, or with `sign` -1 takes it away.
    pub(super) fn change(&mut self, shape: ShapeId, sign: i64) {
        let other = self.snapshot.shape(shape);
        match &mut self.row {
            Some(row) => count(row, &mut self.amounts, other, sign),
            None => self.amounts.count(other, sign),
        }
        let tallies = &self.columns.tallies;
        if tallies.tallies.is_empty() {
            return;
        }
        for (place, tally) in tallies.hard().iter().enumerate() {
            // S111
            if tally.counts(self.place) && tallies.plan.changes(place, self.pod, other) {
                self.changes[place] += sign;
            }
        }
        if !self.asks_about_pods {
            return;
        }
        for (number, amount) in tallies.effect(shape) {
            let tally = &tallies.tallies[*number as usize];
            let is_pods = matches!(tally.role, Role::Affinity | Role::Anti | Role::Existing);
            if is_pods && tally.counts(self.place) {
                self.changes[*number as usize] += sign * i64::from(*amount);
            }
        }
    }

    /// What the filters say of the node as it is now (S58).
    pub(super) fn verdict(&self) -> Verdict {
        if let Some(row) = &self.row
            && !are_free(&self.pod.ports, &row.ports)
        {
            return Verdict::unschedulable(PluginId::NodePorts);
        }
        let verdict = fit(self.pod, &self.amounts, self.row.as_deref());
        if !verdict.fits() || self.columns.tallies.tallies.is_empty() {
            return verdict;
        }
        self.columns.tallies.verdict(self, self.asks_about_pods)
    }

    /// The same with the pods that are nominated to the node, unless that is the pod itself or one of
    /// lower priority: the pod must fit with them and without (S59).
    pub(super) fn verdict_beside_nominated(&self, id: PodId) -> Verdict {
        let node = self.snapshot.list()[self.place];
        let priority = |shape| self.snapshot.shape(shape).priority();
        let nominated = self.snapshot.around.nominated(node).iter();
        let mut nominated = nominated
            .filter(|other| other.pod != id && priority(other.shape) >= self.pod.priority())
            .peekable();
        if nominated.peek().is_some() {
            let mut with = self.clone();
            for other in nominated {
                with.change(other.shape, 1);
            }
            let verdict = with.verdict();
            if !verdict.fits() {
                return verdict;
            }
        }
        self.verdict()
    }

    fn change_of(&self, tally: &Tally) -> i64 {
        self.changes[tally.number]
    }
}

impl Domains for Trial<'_> {
    fn has(&self, tally: &Tally) -> bool {
        self.columns.tallies.has(tally, self.place)
    }

    fn count(&self, tally: &Tally) -> i64 {
        self.columns.tallies.at(tally, self.place) + self.change_of(tally)
    }

    fn least(&self, tally: &Tally) -> i64 {
        let change = self.change_of(tally);
        tally.least_with(&self.columns.tallies, self.place, change)
    }

    fn has_no_company(&self, tallies: &Tallies) -> bool {
        let mut counts = tallies.of_role(Role::Affinity);
        counts.all(|tally| tally.total + self.change_of(tally) == 0)
    }
}
