//! One scheduling decision: a pure function of the cache, the pod, and where the last search ended.
//!
//! [`Profile::decide`] is the way that the scheduler takes; [`plain::decide`] follows the rules word by
//! word, and is what the other is tested against.

pub mod choose;
pub mod cluster;
pub mod columns;
pub mod cycle;
pub mod fit_error;
pub mod framework;
pub mod gate;
pub mod node;
pub mod order;
pub mod plain;
pub mod preemption;
pub mod sample;
pub mod shape;
pub mod snapshot;
pub mod trace;
pub mod verdict;
pub mod volumes;

use std::cell::RefCell;

use wavetank_core::id::{NodeId, PodId};

use columns::{Columns, Shortcut};
use fit_error::FitError;
use framework::Framework;
use preemption::{PostFilter, post_filter, post_filter_by};
use shape::ShapeId;
use snapshot::Snapshot;

/// A pod that is to be placed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Request {
    /// The pod.
    pub pod: PodId,
    /// What it looks like.
    pub shape: ShapeId,
    /// The node in its `status.nominatedNodeName` (S55).
    pub nominated: Option<NodeId>,
    /// `percentageOfNodesToScore`; 0 is adaptive (S60).
    pub percentage: u32,
}

/// What a cycle decided.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Outcome {
    /// A node was chosen.
    Chosen {
        /// The node.
        node: NodeId,
        /// How many nodes passed the filters, as far as was looked.
        feasible: u32,
    },
    /// No node fits.
    Unfit(Box<FitError>),
    /// There is no node at all (S52).
    NoNodes,
}

/// How many nodes all columns together may have: about 8 bytes each.
const MOST_ROWS: usize = 16 << 20;

/// A scheduling profile at work: its settings, where its next search begins, and what it remembers of
/// each pod shape.
#[derive(Clone, Debug, Default)]
pub struct Profile {
    /// The plugins.
    pub framework: Framework,
    /// `percentageOfNodesToScore`; 0 is adaptive (S60).
    pub percentage: u32,
    /// Where the next search begins (S62).
    pub next_start: u32,
    /// By shape.
    memory: Vec<Memory>,
    /// How many of them have columns.
    remembered: usize,
    decisions: u64,
}

/// What is remembered of a pod shape.
#[derive(Clone, Debug, Default)]
struct Memory {
    /// The number of the last decision about it, from 1 on.
    last: u64,
    columns: Option<Box<Columns>>,
}

impl Profile {
    /// A profile whose first search begins at the first node.
    #[must_use]
    pub fn new(percentage: u32) -> Self {
        Self {
            percentage,
            ..Self::default()
        }
    }

    /// Chooses a node for a pod.
    ///
    /// Every shape is given columns: to make them costs less than one decision without.
    pub fn decide(
        &mut self,
        snapshot: &mut Snapshot,
        pod: PodId,
        shape: ShapeId,
        nominated: Option<NodeId>,
    ) -> Outcome {
        snapshot.refresh();
        if snapshot.list().is_empty() {
            return Outcome::NoNodes; // S52
        }
        self.decisions += 1;
        if self.memory.len() <= shape.index() {
            self.memory.resize_with(shape.index() + 1, Memory::default);
        }
        self.memory[shape.index()].last = self.decisions;
        let request = self.request(pod, shape, nominated);
        if !Columns::can_serve(&self.framework, snapshot, shape) {
            return plain::decide(&self.framework, snapshot, &request, &mut self.next_start);
        }
        let mut columns = match self.memory[shape.index()].columns.take() {
            Some(columns) => columns,
            None => {
                self.make_room(snapshot.list().len());
                self.remembered += 1;
                Box::default()
            }
        };
        let outcome = if columns.catch_up(&self.framework, snapshot, shape) {
            columns.decide(snapshot, &request, &mut self.next_start)
        } else {
            plain::decide(&self.framework, snapshot, &request, &mut self.next_start)
        };
        self.memory[shape.index()].columns = Some(columns);
        outcome
    }

    /// What is tried when no node fits: see [`post_filter`].
    #[must_use]
    pub fn post_filter(
        &mut self,
        snapshot: &Snapshot,
        pod: PodId,
        shape: ShapeId,
        nominated: Option<NodeId>,
        error: &FitError,
        offset: u64,
    ) -> PostFilter {
        let request = self.request(pod, shape, nominated);
        let framework = &self.framework;
        let memory = self.memory.get_mut(shape.index());
        let columns = memory.and_then(|memory| memory.columns.as_mut());
        let columns = columns.filter(|columns| {
            columns.is_current(snapshot) && Columns::can_serve(framework, snapshot, shape)
        });
        let Some(columns) = columns else {
            return post_filter(framework, snapshot, &request, error, offset);
        };
        let mut tries = std::mem::take(&mut columns.tries);
        let shortcut = Shortcut {
            columns: &*columns,
            snapshot,
            request: &request,
            tries: RefCell::new(&mut tries),
        };
        let means = || Some(shortcut);
        let found = post_filter_by(framework, snapshot, &request, error, offset, means);
        columns.tries = tries;
        found
    }

    const fn request(&self, pod: PodId, shape: ShapeId, nominated: Option<NodeId>) -> Request {
        Request {
            pod,
            shape,
            nominated,
            percentage: self.percentage,
        }
    }

    /// Forgets the columns that were not used for the longest time, when there are too many.
    fn make_room(&mut self, nodes: usize) {
        while self.remembered > 0 && (self.remembered + 1) * nodes > MOST_ROWS {
            let with_columns = self.memory.iter_mut().filter(|it| it.columns.is_some());
            let Some(oldest) = with_columns.min_by_key(|it| it.last) else {
                return;
            };
            oldest.columns = None;
            self.remembered -= 1;
        }
    }
}

#[cfg(test)]
mod tests;
