//! One scheduling decision: a pure function of the cache, the pod, and where the last search ended.
//!
//! [`Profile::decide`] is the way that the scheduler takes; [`plain::decide`] follows the rules word by
//! word, and is what the other is tested against.

pub mod choose;
pub mod cycle;
pub mod fit_error;
pub mod order;
pub mod plain;
pub mod post_filter;
pub mod sample;
pub mod shape;
pub mod snapshot;
pub mod verdict;

use wavetank_core::id::NodeId;

use fit_error::FitError;
use shape::ShapeId;
use snapshot::Snapshot;

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

/// A scheduling profile at work: its settings, and where its next search begins.
#[derive(Clone, Debug, Default)]
pub struct Profile {
    /// `percentageOfNodesToScore`; 0 is adaptive (S60).
    pub percentage: u32,
    /// Where the next search begins (S62).
    pub next_start: u32,
}

impl Profile {
    /// A profile whose first search begins at the first node.
    #[must_use]
    pub const fn new(percentage: u32) -> Self {
        Self {
            percentage,
            next_start: 0,
        }
    }

    /// Chooses a node for a pod of this shape.
    pub fn decide(&mut self, snapshot: &mut Snapshot, shape: ShapeId) -> Outcome {
        snapshot.refresh();
        plain::decide(self, snapshot, shape)
    }
}
