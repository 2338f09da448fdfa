//! Leases: functions of time, outside the revision sequence.
//!
//! A healthy kubelet renews its lease every 10 s (K-1). Nobody is sent those renewals: whoever wants to
//! know asks when the last one was.

use wavetank_core::draw::Key;
use wavetank_core::id::NodeId;
use wavetank_core::time::SimTime;

use crate::plan::Plan;

/// The leases of all nodes.
#[derive(Clone, Debug)]
pub struct Leases {}

impl Leases {
    /// No kubelet has started.
    #[must_use]
    pub fn new(_plan: &Plan, _key: &Key) -> Self {
        Self {}
    }

    /// When a node's lease was last renewed, as the API server knows it at `at`. None before the first
    /// time.
    #[must_use]
    pub fn renewed(&self, _node: NodeId, _at: SimTime) -> Option<SimTime> {
        None
    }

    /// The earliest instant after `at` at which the node's lease will be renewed, if its kubelet runs.
    #[must_use]
    pub fn next_renewal(&self, _node: NodeId, _at: SimTime) -> Option<SimTime> {
        None
    }
}
