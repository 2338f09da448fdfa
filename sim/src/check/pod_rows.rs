//! What is remembered of each pod: one row while it lives, four bytes afterwards.

use wavetank_core::id::{NodeId, PodId};

/// No row, or no node.
const NONE: u32 = u32::MAX;

/// What is remembered of a pod that lives. Containers are bits, by their number; those beyond the
/// thirty-second are not looked at.
#[derive(Clone, Copy, Debug)]
pub(super) struct Row {
    pub(super) pod: PodId,
    node: u32,
    /// The address of the sandbox, or zero.
    pub(super) ip: u32,
    /// The facts that bound it, deleted it, and ended its containers' last start.
    pub(super) bound: u64,
    pub(super) deleted: u64,
    pub(super) started: u64,
    /// Containers that have run in this sandbox.
    pub(super) begun: u32,
    /// Containers that run.
    pub(super) running: u32,
    /// Containers that ran when the node was lost: they may have ended or not.
    pub(super) unsure: u32,
    /// Containers whose last run ended with 0.
    pub(super) succeeded: u32,
    /// Containers whose startup probe has succeeded.
    pub(super) passed: u32,
    /// The kubelet wrote a terminal phase.
    pub(super) terminal: bool,
    /// The kubelet has finished with the pod.
    pub(super) finished: bool,
    /// The object is gone.
    pub(super) removed: bool,
    /// It was removed, or its node was lost, while its containers may have run.
    pub(super) forced: bool,
}

impl Row {
    fn new(pod: PodId) -> Self {
        Self {
            pod,
            node: NONE,
            ip: 0,
            bound: 0,
            deleted: 0,
            started: 0,
            begun: 0,
            running: 0,
            unsure: 0,
            succeeded: 0,
            passed: 0,
            terminal: false,
            finished: false,
            removed: false,
            forced: false,
        }
    }

    /// The node that the pod was bound to.
    pub(super) fn node(&self) -> Option<NodeId> {
        (self.node != NONE).then_some(NodeId(self.node))
    }

    pub(super) fn bind(&mut self, node: NodeId, seq: u64) {
        self.node = node.0;
        self.bound = seq;
    }
}

/// The rows of all pods.
#[derive(Clone, Debug, Default)]
pub(super) struct Rows {
    /// The place of each pod's row, by the pod's number.
    places: Vec<u32>,
    rows: Vec<Row>,
    free: Vec<u32>,
}

impl Rows {
    /// Adds a pod.
    pub(super) fn insert(&mut self, pod: PodId) -> &mut Row {
        if self.places.len() <= pod.index() {
            self.places.resize(pod.index() + 1, NONE);
        }
        let row = Row::new(pod);
        let place = match self.free.pop() {
            Some(place) => {
                self.rows[place as usize] = row;
                place
            }
            None => {
                self.rows.push(row);
                u32::try_from(self.rows.len() - 1).unwrap_or(NONE)
            }
        };
        self.places[pod.index()] = place;
        &mut self.rows[place as usize]
    }

    /// The row of a pod, while there is one.
    pub(super) fn get(&mut self, pod: PodId) -> Option<&mut Row> {
        let place = *self.places.get(pod.index())?;
        self.rows.get_mut(place as usize)
    }

    /// Forgets a pod of which nothing can happen any more.
    pub(super) fn release(&mut self, pod: PodId) {
        let Some(place) = self.places.get_mut(pod.index()) else {
            return;
        };
        let place = std::mem::replace(place, NONE);
        if let Some(row) = self.rows.get_mut(place as usize) {
            row.pod = PodId(NONE);
            self.free.push(place);
        }
    }

    /// The rows that are in use, in no particular order of pods.
    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Row> {
        self.rows.iter_mut().filter(|row| row.pod != PodId(NONE))
    }
}
