//! Proxies that are played out, timer by timer: what the lazy ones are compared with.

use wavetank_core::id::{NodeId, Rev};
use wavetank_core::time::SimTime;

use super::advance::Hops;
use super::journal::Journal;
use crate::network::Lane;

/// A timer of a proxy: when, in which lane, and its number.
pub(super) type Timer = (SimTime, Lane, u32);

/// What a timer's number says in its two lowest bits; above them is an entry, or a generation.
const ARRIVAL: u32 = 0;
const START: u32 = 1;
const END: u32 = 2;

/// The proxy of a node, as a process with a watch and a loop (C217).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Played {
    /// How many entries of the journal it has received.
    received: u32,
    /// How many the rules are made from.
    applied: u32,
    /// The revision that the rules are made from.
    pub(super) rev: Rev,
    /// How many the sync under way has read.
    reading: u32,
    phase: Phase,
    /// The earliest start of the next sync.
    free: SimTime,
    /// Whether the next sync writes everything anew: the first after a start.
    forced: bool,
    /// Counts starts and stops of the process and timers: an old timer means nothing.
    generation: u32,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
enum Phase {
    /// Nothing to do.
    #[default]
    Idle,
    /// A sync is due.
    Waiting,
    /// A sync is under way.
    Syncing,
    /// The process does not run.
    Down,
}

/// The timer of an entry that was committed at `at`.
pub(super) fn arrival(node: NodeId, entry: u32, at: SimTime, hops: &Hops) -> Timer {
    let number = entry << 2 | ARRIVAL;
    (hops.arrival(node, at), Lane::proxy(node), number)
}

impl Played {
    /// A timer is due. Returns the next.
    pub(super) fn on_timer(
        &mut self,
        node: NodeId,
        number: u32,
        now: SimTime,
        journal: &Journal,
        hops: &Hops,
    ) -> Option<Timer> {
        let (kind, value) = (number & 3, number >> 2);
        if kind == ARRIVAL {
            // A hold or a delay may have begun since it was sent.
            let due = hops.arrival(node, journal.get(value).at);
            if due > now {
                return Some((due, Lane::proxy(node), number)).filter(|_| due < SimTime::MAX);
            }
            self.received = self.received.max(value + 1);
            return (self.phase == Phase::Idle).then(|| self.wait(node, now));
        }
        if value != self.generation {
            return None;
        }
        if kind == START {
            self.phase = Phase::Syncing;
            self.reading = self.received;
            let endpoints = if std::mem::take(&mut self.forced) {
                0
            } else {
                journal.endpoints(self.applied, self.reading)
            };
            let ends = now + hops.duration(node, now, endpoints);
            return Some((ends, Lane::proxy_timer(node), self.generation << 2 | END));
        }
        self.applied = self.reading;
        self.rev = journal.rev(self.applied);
        self.free = now + hops.spacing;
        self.phase = Phase::Idle;
        // Triggers during a sync are merged into one (C217).
        (self.received > self.applied).then(|| self.wait(node, now))
    }

    fn wait(&mut self, node: NodeId, now: SimTime) -> Timer {
        self.phase = Phase::Waiting;
        self.generation += 1;
        let at = self.free.max(now);
        (at, Lane::proxy_timer(node), self.generation << 2 | START)
    }

    /// The process ends.
    pub(super) const fn stop(&mut self) {
        self.generation += 1;
        self.phase = Phase::Down;
        self.forced = false;
    }

    /// The process starts.
    pub(super) fn start(&mut self, node: NodeId, at: SimTime, hops: &Hops) -> Option<Timer> {
        self.free = SimTime::ZERO;
        self.forced = true;
        let timer = self.wait(node, hops.arrival(node, at));
        Some(timer).filter(|(at, ..)| *at < SimTime::MAX)
    }
}
