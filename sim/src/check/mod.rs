//! Invariants, marks and expectations, checked while a run goes on.

use wavetank_core::fact::Record;
use wavetank_core::id::Rev;
use wavetank_core::state::Cluster;
use wavetank_core::time::SimTime;

use crate::message::call::Call;
use crate::network::Stream;

/// An invariant that did not hold.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Violation {
    /// The invariant's id: `P-1`.
    pub id: &'static str,
    /// When.
    pub at: SimTime,
    /// The fact that broke it.
    pub seq: u64,
    /// What was found.
    pub message: String,
    /// Earlier facts that bear witness.
    pub witnesses: Vec<u64>,
}

/// The invariants that a run is checked against.
#[derive(Debug, Default)]
pub struct Checks {
    /// What was found so far.
    pub violations: Vec<Violation>,
}

impl Checks {
    /// Nothing is checked.
    #[must_use]
    pub fn none() -> Self {
        Self::default()
    }

    /// A record is about to be applied.
    pub fn before(&mut self, _record: &Record, _cluster: &Cluster) {}

    /// A record was applied.
    pub fn after(&mut self, _record: &Record, _cluster: &Cluster) {}

    /// A watch delivered the revisions after `from` up to `upto`.
    pub fn delivered(&mut self, _stream: Stream, _from: Rev, _upto: Rev, _now: SimTime) {}

    /// The API server answered a call.
    pub fn answered(&mut self, _call: &Call, _now: SimTime) {}
}
