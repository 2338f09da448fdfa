//! Counting: each request is sent once and ends once (EP-10).

use wavetank_core::fact::traffic::Outcome;

use crate::engine::outcome::Requests;

/// What a source has seen.
#[derive(Clone, Debug, Default)]
pub(super) struct Counter {
    requests: Requests,
    /// Successes that no fact tells of yet.
    untold: u32,
}

impl Counter {
    /// So many requests were sent.
    pub(super) const fn sent(&mut self, count: u64) {
        self.requests.sent += count;
    }

    /// So many requests ended well.
    pub(super) fn succeeded(&mut self, count: u64) {
        self.requests.ended[Outcome::Ok as usize] += count;
        let more = u32::try_from(count).unwrap_or(u32::MAX);
        self.untold = self.untold.saturating_add(more);
    }

    /// A request was lost.
    pub(super) const fn lost(&mut self, outcome: Outcome) {
        self.requests.ended[outcome as usize] += 1;
    }

    /// The successes since the last call.
    pub(super) const fn take_untold(&mut self) -> u32 {
        std::mem::replace(&mut self.untold, 0)
    }

    /// Everything so far.
    pub(super) fn requests(&self) -> Requests {
        self.requests.clone()
    }
}
