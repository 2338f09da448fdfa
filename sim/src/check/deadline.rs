//! What has to happen within a time: liveness, judged when the time is up.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use wavetank_core::id::PodId;
use wavetank_core::time::SimTime;

/// What must have happened to a pod when its time is up.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Claim {
    /// P-19: the object is gone.
    Gone,
}

/// Claims by the time at which they are judged.
#[derive(Clone, Debug, Default)]
pub(super) struct Deadlines(BinaryHeap<Reverse<(SimTime, PodId, Claim)>>);

impl Deadlines {
    /// Claims something of a pod from `at` on.
    pub(super) fn claim(&mut self, at: SimTime, pod: PodId, claim: Claim) {
        self.0.push(Reverse((at, pod, claim)));
    }

    /// The next claim whose time was up before `now`.
    pub(super) fn due(&mut self, now: SimTime) -> Option<(SimTime, PodId, Claim)> {
        let Reverse(first) = self.0.peek()?;
        if first.0 >= now {
            return None;
        }
        self.0.pop().map(|Reverse(claim)| claim)
    }

    /// Drops all claims: what was to happen no longer has to.
    pub(super) fn clear(&mut self) {
        self.0.clear();
    }
}
