//! Preemption with the help of columns: verdicts are known, and dry runs change numbers, not copies of
//! nodes (S145–S149).

use std::cell::RefCell;

use wavetank_core::id::{NodeId, PodId};

use super::Columns;
use super::trial::Trial;
use crate::component::scheduler::decision::Request;
use crate::component::scheduler::decision::node::PlacedPod;
use crate::component::scheduler::decision::preemption::{Means, Stage, Try, dry_run};
use crate::component::scheduler::decision::snapshot::Snapshot;
use crate::component::scheduler::decision::verdict::Verdict;

/// What dry runs came to, by place in the list of nodes: kept until the node changes.
pub(in crate::component::scheduler::decision) type Tries = Vec<Option<Try>>;

/// Columns that are up to date, and the pod for which room is looked for.
pub(in crate::component::scheduler::decision) struct Shortcut<'a> {
    pub(in crate::component::scheduler::decision) columns: &'a Columns,
    pub(in crate::component::scheduler::decision) snapshot: &'a Snapshot,
    pub(in crate::component::scheduler::decision) request: &'a Request,
    /// The columns' own, taken out.
    pub(in crate::component::scheduler::decision) tries: RefCell<&'a mut Tries>,
}

impl Columns {
    /// Whether nothing changed since the columns were brought up to date.
    pub(in crate::component::scheduler::decision) fn is_current(
        &self,
        snapshot: &Snapshot,
    ) -> bool {
        !self.groups.is_overfull
            && self.epoch == snapshot.epoch()
            && self.cursor == snapshot.journal().end()
            && self.version == snapshot.around.version()
    }
}

impl Means for Shortcut<'_> {
    fn verdicts(&self) -> Vec<(NodeId, Verdict)> {
        let columns = self.columns;
        let by_group: Vec<Verdict> = (0..columns.groups.list.len())
            .map(|number| match columns.groups.list[number].members {
                0 => Verdict::FITS,
                _ => columns.group_verdict(u16::try_from(number).expect("fewer groups")),
            })
            .collect();
        let verdict = |(place, node): (usize, &NodeId)| {
            let group = by_group.get(usize::from(columns.groups.of[place]));
            let local = columns.kinds[usize::from(columns.local[place])].0;
            (*node, group.copied().unwrap_or(local))
        };
        let list = self.snapshot.list().iter().enumerate();
        let mut verdicts: Vec<_> = list.map(verdict).collect();
        for (place, verdict) in columns.verdicts_beside_nominated(self.snapshot, self.request) {
            verdicts[place].1 = verdict;
        }
        verdicts
    }

    fn try_node(&self, node: NodeId) -> Try {
        let pod = self.snapshot.shape(self.request.shape);
        let place = self.snapshot.place(node).expect("a node of the list");
        let run = || {
            dry_run(self.snapshot, pod, node, || OnTrial {
                trial: Trial::new(self.columns, self.snapshot, pod, place),
                pod: self.request.pod,
            })
        };
        // Nothing but the node itself has a say: not what runs elsewhere, nor budgets, nor who is
        // nominated to it.
        let is_kept = self.columns.tallies.tallies.is_empty()
            && !self.snapshot.around.has_budgets()
            && self.snapshot.around.nominated(node).is_empty();
        if !is_kept {
            return run();
        }
        let mut tries = self.tries.borrow_mut();
        if tries.len() <= place {
            tries.resize_with(self.snapshot.list().len(), || None);
        }
        tries[place].get_or_insert_with(run).clone()
    }

    fn has_no_victims(&self) -> bool {
        let priority = self.snapshot.shape(self.request.shape).priority();
        let lowest = self.snapshot.lowest_priority();
        lowest.is_none_or(|lowest| lowest >= priority)
    }
}

struct OnTrial<'a> {
    trial: Trial<'a>,
    pod: PodId,
}

impl Stage for OnTrial<'_> {
    fn change(&mut self, pod: PlacedPod, sign: i64) {
        self.trial.change(pod.shape, sign);
    }

    fn verdict(&self) -> Verdict {
        self.trial.verdict_beside_nominated(self.pod)
    }
}
