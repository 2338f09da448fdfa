//! Driving an engine by hand: programs that are not a scenario, and tests.

use wavetank_core::fact::Actor;
use wavetank_core::time::{SimDuration, SimTime};

use super::Engine;
use crate::message::NO_CAUSE;
use crate::message::call::{Call, Caller, Request};

impl Engine {
    /// From now on scheduler and kubelets stand still: whoever drives the engine plays them.
    pub const fn stand_in_for_nodes(&mut self) {
        self.is_headless = true;
    }

    /// When the next message is due; none when there is none.
    #[must_use]
    pub fn next_at(&mut self) -> Option<SimTime> {
        self.queue.peek_at()
    }

    /// Handles every message up to and including `until`. Returns false when the run has ended.
    pub fn run_until(&mut self, until: SimTime) -> bool {
        while self.next_at().is_some_and(|at| at <= until) {
            if !self.step() {
                return false;
            }
        }
        self.now = self.now.max(until);
        true
    }

    /// Sends a call to the API server now, on behalf of somebody who does not wait for the answer.
    pub fn request(&mut self, by: Actor, request: Request) {
        let call = Call {
            from: Caller::Nobody(by),
            request,
            answer: None,
        };
        self.send(call, SimDuration::ZERO, NO_CAUSE);
    }
}
