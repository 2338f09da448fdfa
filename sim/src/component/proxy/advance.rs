//! One proxy, caught up when somebody asks: a step a sync, from what is committed alone.
//!
//! What a proxy does is a pure function of the journal, of the arrivals on its watch and of the draws
//! addressed by the time of a sync. So it makes no difference when it is computed, or how often.

use wavetank_core::dist::Sampler;
use wavetank_core::draw::PurposeKey;
use wavetank_core::id::{NodeId, Rev};
use wavetank_core::time::{SimDuration, SimTime};

use super::journal::Journal;
use crate::network::hold::Holds;
use crate::network::{DelayShape, Lane};

/// What a changed endpoint adds to a sync (C219).
const PER_ENDPOINT: SimDuration = SimDuration::from_micros(100);
/// What all changed endpoints add, at most.
pub(super) const ENDPOINTS_MAX: SimDuration = SimDuration::from_millis(250);

/// What all proxies share besides the journal.
#[derive(Clone, Debug)]
pub(super) struct Hops {
    /// From a commit to a proxy.
    pub(super) watch: DelayShape,
    pub(super) watch_key: PurposeKey,
    /// What the faults hold back, as far as they have begun.
    pub(super) holds: Holds,
    /// From the start of a sync to new rules.
    pub(super) sync: Sampler,
    pub(super) sync_key: PurposeKey,
    /// The least time from the end of a sync to the next start (C217).
    pub(super) spacing: SimDuration,
}

/// Where the proxy of a node stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Proxy {
    /// The rules are made from so many entries of the journal.
    applied: u32,
    /// The revision that the rules are made from.
    pub(super) rev: Rev,
    /// The sync under way read so many.
    reading: u32,
    /// When it ends; [`SimTime::MAX`] when there is none.
    ends: SimTime,
    /// Since when the rules are what they are.
    changed: SimTime,
    /// The earliest start of the next sync.
    free: SimTime,
    /// Up to when this has been computed.
    asked: SimTime,
    /// Since when the process runs; [`SimTime::MAX`] when it does not.
    up: SimTime,
    /// Whether the next sync needs no change: the first after a start.
    forced: bool,
}

impl Default for Proxy {
    /// At rest since before the run.
    fn default() -> Self {
        Self {
            applied: 0,
            rev: Rev::ZERO,
            reading: 0,
            ends: SimTime::MAX,
            changed: SimTime::ZERO,
            free: SimTime::ZERO,
            asked: SimTime::ZERO,
            up: SimTime::ZERO,
            forced: false,
        }
    }
}

impl Hops {
    /// When what was committed at `at` arrives at the proxy of `node`: later than `at`, monotone.
    pub(super) fn arrival(&self, node: NodeId, at: SimTime) -> SimTime {
        let lane = Lane::proxy(node);
        let arrival = self.watch.arrival(lane, at, self.watch_key);
        // Never at the very instant: then a sync that starts now is decided by what is known before.
        let arrival = arrival.max(at + SimDuration::from_nanos(1));
        self.holds.release(lane, arrival)
    }

    /// How long a sync takes that starts at `start` and changes so many endpoints (C219).
    ///
    /// Drawn for the node and the time of the start, in units of the spacing: two syncs of a node never
    /// fall into one, a shift by a little draws the same, and nothing has to be counted.
    pub(super) fn duration(&self, node: NodeId, start: SimTime, endpoints: u32) -> SimDuration {
        let unit = self.spacing.nanos().max(1_000_000);
        let draw = self.sync_key.draw(node.0, start.nanos() / unit);
        let extra = PER_ENDPOINT.times(u64::from(endpoints)).min(ENDPOINTS_MAX);
        // Two syncs of one instant would be one.
        (self.sync.sample(draw) + extra).max(SimDuration::from_micros(1))
    }
}

impl Proxy {
    /// Whether the process runs.
    pub(super) const fn is_up(&self) -> bool {
        self.up.nanos() != SimTime::MAX.nanos()
    }

    /// Up to when this has been computed.
    pub(super) const fn asked(&self) -> SimTime {
        self.asked
    }

    /// Whether [`Self::rev`] is what the rules at `at` are made from.
    pub(super) fn knows(&self, at: SimTime) -> bool {
        self.changed < at && at <= self.asked
    }

    /// Computes everything before `now`. Rules change just after the end of a sync, and what starts at `now` or
    /// later is left open: it may still read what is committed by then.
    pub(super) fn advance(&mut self, node: NodeId, now: SimTime, journal: &Journal, hops: &Hops) {
        self.asked = now;
        if !self.is_up() {
            return;
        }
        self.skip_rest(now, journal);
        loop {
            if self.ends != SimTime::MAX {
                if self.ends >= now {
                    return;
                }
                self.applied = self.reading;
                self.rev = journal.rev(self.applied);
                self.changed = self.ends;
                self.free = self.ends + hops.spacing;
                self.ends = SimTime::MAX;
            }
            match self.next(node, journal, hops) {
                Some((start, reading, ends)) if start < now => {
                    self.forced = false;
                    self.reading = reading;
                    self.ends = ends;
                }
                Some(_) | None => return,
            }
        }
    }

    /// The next sync as far as the journal determines it: its start, what it reads, its end (C217, C218).
    fn next(
        &self,
        node: NodeId,
        journal: &Journal,
        hops: &Hops,
    ) -> Option<(SimTime, u32, SimTime)> {
        let start = if self.forced {
            self.free
        } else if self.applied < journal.end() {
            let first = journal.get(self.applied).at;
            hops.arrival(node, first).max(self.free)
        } else {
            return None;
        };
        if start == SimTime::MAX {
            return None; // held back for ever
        }
        let reading = arrived_by(node, self.applied, start, journal, hops);
        let endpoints = if self.forced {
            0 // everything is written anew, which the sampler knows
        } else {
            journal.endpoints(self.applied, reading)
        };
        let ends = start + hops.duration(node, start, endpoints);
        Some((start, reading, ends))
    }

    /// When the rules change next, as far as the journal determines it. Only after [`Self::advance`].
    pub(super) fn next_change(
        &self,
        node: NodeId,
        journal: &Journal,
        hops: &Hops,
    ) -> Option<SimTime> {
        if !self.is_up() {
            return None;
        }
        if self.ends != SimTime::MAX {
            return Some(self.ends);
        }
        self.next(node, journal, hops).map(|(_, _, ends)| ends)
    }

    /// Jumps over history after which every proxy was at rest.
    fn skip_rest(&mut self, now: SimTime, journal: &Journal) {
        let Some(rest) = journal.rest_by(now) else {
            return;
        };
        let read = if self.ends == SimTime::MAX {
            self.applied
        } else {
            self.reading
        };
        let at = journal.get(rest).at;
        // After a start, the rest counts from there.
        if rest <= read || (self.up > SimTime::ZERO && at <= self.up + journal.settle()) {
            return;
        }
        *self = Self {
            applied: rest,
            rev: journal.rev(rest),
            changed: at,
            asked: self.asked,
            up: self.up,
            ..Self::default()
        };
    }

    /// The process ends: rules stay as they are, a sync under way comes to nothing.
    pub(super) fn stop(&mut self, node: NodeId, at: SimTime, journal: &Journal, hops: &Hops) {
        self.advance(node, at, journal, hops);
        self.ends = SimTime::MAX;
        self.forced = false;
        self.up = SimTime::MAX;
    }

    /// The process starts: it lists, and its first sync begins when the list is there (C217).
    pub(super) fn start(&mut self, node: NodeId, at: SimTime, hops: &Hops) {
        self.asked = at;
        self.up = at;
        self.forced = true;
        self.free = hops.arrival(node, at);
    }
}

/// How many entries have arrived at `start`, that instant included, knowing that `from` have been read.
fn arrived_by(node: NodeId, from: u32, start: SimTime, journal: &Journal, hops: &Hops) -> u32 {
    let (mut arrived, mut not) = (
        from.max(journal.first()),
        journal.committed_by(start).max(from),
    );
    while arrived < not {
        let middle = not - (not - arrived).div_ceil(2);
        if hops.arrival(node, journal.get(middle).at) <= start {
            arrived = middle + 1;
        } else {
            not = middle;
        }
    }
    arrived
}
