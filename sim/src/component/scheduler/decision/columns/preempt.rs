//! Preemption with the help of columns: verdicts are known, and dry runs change numbers, not copies of
//! nodes (S145–S149).

use wavetank_core::id::{NodeId, PodId};

use super::Columns;
use super::trial::Trial;
use crate::component::scheduler::decision::Request;
use crate::component::scheduler::decision::node::PlacedPod;
use crate::component::scheduler::decision::preemption::{Means, Stage, Try, dry_run};
use crate::component::scheduler::decision::snapshot::Snapshot;
use crate::component::scheduler::decision::verdict::Verdict;

/// Columns that are up to date, and the pod for which room is looked for.
pub(in crate::component::scheduler::decision) struct Shortcut<'a> {
    pub(in crate::component::scheduler::decision) columns: &'a Columns,
    pub(in crate::component::scheduler::decision) snapshot: &'a Snapshot,
    pub(in crate::component::scheduler::decision) request: &'a Request,
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
        dry_run(self.snapshot, pod, node, || OnTrial {
            trial: Trial::new(self.columns, self.snapshot, pod, place),
            pod: self.request.pod,
        })
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
