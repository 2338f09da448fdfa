//! The clocks of a kubelet process: relists and sync ticks, as functions of time.

use wavetank_core::draw::{Identity, Key, Purpose};
use wavetank_core::id::NodeId;
use wavetank_core::time::{SimDuration, SimTime};

use crate::network::profile::NodeLatencies;

/// How many relists share one duration.
const EPOCH: u64 = 64;
/// From the end of a relist to the start of the next one, and between sync ticks.
const SECOND: SimDuration = SimDuration::from_secs(1);

/// The relists and ticks of one process of a kubelet.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Clock {
    /// How many processes this node's kubelet had before this one.
    pub(super) incarnation: u32,
    /// When the process began.
    pub(super) start: SimTime,
    /// Where in a second the ticks fall.
    tick: SimDuration,
    /// The first relist.
    first: SimTime,
    /// An epoch of relists, and when its first one begins: what the last question was about.
    epoch: u64,
    base: SimTime,
}

/// One relist.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Relist {
    /// When it looks.
    pub(super) start: SimTime,
    /// When what it saw is known.
    pub(super) end: SimTime,
}

impl Clock {
    /// The clock of a process that begins at `start`.
    pub(super) fn new(
        node: NodeId,
        incarnation: u32,
        start: SimTime,
        key: &Key,
        latencies: &NodeLatencies,
    ) -> Self {
        let identity = Identity::from((node.0, incarnation));
        let phase = latencies
            .relist_phase
            .sample(key.draw(Purpose::RelistPhase, identity, 0));
        let tick = latencies
            .tick_phase
            .sample(key.draw(Purpose::SyncTickPhase, identity, 0));
        let first = start + phase;
        Self {
            incarnation,
            start,
            tick,
            first,
            epoch: 0,
            base: first,
        }
    }

    /// The first relist that begins after `after` (K24): computed, never played.
    pub(super) fn relist_after(
        &mut self,
        node: NodeId,
        after: SimTime,
        key: &Key,
        latencies: &NodeLatencies,
    ) -> Relist {
        let identity = Identity::from((node.0, self.incarnation));
        let duration = |epoch| {
            let draw = key.draw(Purpose::RelistPeriod, identity, epoch);
            latencies.relist.sample(draw)
        };
        if after < self.base {
            (self.epoch, self.base) = (0, self.first);
        }
        loop {
            let lasts = duration(self.epoch);
            let period = (SECOND + lasts).nanos();
            let next = self.base + SimDuration::from_nanos(period * EPOCH);
            if after >= next {
                self.epoch += 1;
                self.base = next;
                continue;
            }
            let start = if after < self.base {
                self.base
            } else {
                let passed = after.since(self.base).nanos() / period;
                self.base + SimDuration::from_nanos((passed + 1) * period)
            };
            // The first relist of the next epoch may be the one.
            let lasts = if start >= next {
                duration(self.epoch + 1)
            } else {
                lasts
            };
            return Relist {
                start,
                end: start + lasts,
            };
        }
    }

    /// The first sync tick that finds work due at `due`: strictly after it (K14, K221).
    pub(super) fn tick_after(&self, due: SimTime) -> SimTime {
        let first = self.start + self.tick;
        if due < first {
            return first;
        }
        let passed = due.since(first).nanos() / SECOND.nanos();
        first + SECOND.times(passed + 1)
    }
}
