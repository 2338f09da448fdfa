//! Driving an engine by hand: programs that are not a scenario, and tests.

use wavetank_core::fact::Actor;
use wavetank_core::time::{SimDuration, SimTime};

use super::{Ended, Engine};
use crate::message::call::{Call, Caller, Request};
use crate::message::{Message, NO_CAUSE};
use crate::network::Process;

/// Who stands still, because whoever drives the engine plays them or does without.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Absent {
    /// Nobody.
    #[default]
    Nobody,
    /// The kubelets.
    Kubelets,
    /// The scheduler and the kubelets.
    Nodes,
}

impl Absent {
    /// Whether a message is for somebody who stands still.
    pub(super) const fn receives(self, message: Message) -> bool {
        let (kubelets, scheduler) = match self {
            Self::Nobody => (false, false),
            Self::Kubelets => (true, false),
            Self::Nodes => (true, true),
        };
        match message {
            Message::KubeletWatch(..) | Message::Kubelet(..) => kubelets,
            Message::Scheduler(_) => scheduler,
            Message::Watch(stream, _) => scheduler && matches!(stream.process, Process::Scheduler),
            Message::Call(_)
            | Message::Reply(_)
            | Message::Sync(..)
            | Message::QueueTimer(..)
            | Message::Send(_)
            | Message::Controller(..)
            | Message::Proxy(..)
            | Message::Traffic(..)
            | Message::Step(..)
            | Message::Fault(..) => false,
        }
    }
}

impl Engine {
    /// From now on some components stand still.
    pub const fn stand_in_for(&mut self, absent: Absent) {
        self.absent = absent;
    }

    /// The run ends now, though there may be more to come.
    #[must_use]
    pub fn stop(mut self) -> Ended {
        if !self.closed {
            self.close();
        }
        self.finish()
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
