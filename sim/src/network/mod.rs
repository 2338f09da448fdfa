//! The network: when things arrive.
//!
//! The delay of a watch belongs to the stream's clock and not to the message: when something that was
//! committed at `t` arrives on a stream is a function of the stream and of `t`, monotone, and the same
//! whoever asks and however often. So what nobody reacts to need not be sent, and what is computed
//! lazily arrives when it would have arrived.

pub mod hold;
pub mod profile;
pub mod streams;
pub mod window;

use std::sync::Arc;

use wavetank_core::dist::Sampler;
use wavetank_core::draw::PurposeKey;
use wavetank_core::id::{Kind, Rev};
use wavetank_core::state::view::Cursors;
use wavetank_core::time::{SimDuration, SimTime};

/// An ordered stream or the owner of timers: what breaks ties in the queue, and what a delay is drawn
/// for. Ranks are fixed: they decide the order of what happens at one instant.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Lane(pub u32);

impl Lane {
    /// The manifests applied at the start.
    pub const SCENARIO: Self = Self(0);
    /// Faults.
    pub const FAULT: Self = Self(1);
    /// Steps of the timeline.
    pub const USER: Self = Self(2);
    /// Calls reaching the API server.
    pub const API: Self = Self(3);
    /// Timers of the scheduler and answers to it.
    pub const SCHEDULER: Self = Self(4);
    /// Timers of the controllers and answers to them.
    pub const CONTROLLERS: Self = Self(5);
    /// The first watch of a control-plane process; see [`Stream::lane`].
    const WATCHES: u32 = 16;
    /// The first traffic source.
    const CLIENTS: u32 = 256;
    /// The first node.
    const NODES: u32 = 4_096;

    /// A traffic source.
    ///
    /// # Panics
    ///
    /// When there are more than 3,840 of them.
    #[must_use]
    pub const fn client(client: wavetank_core::id::ClientId) -> Self {
        assert!(
            client.0 < Self::NODES - Self::CLIENTS,
            "too many traffic sources"
        );
        Self(Self::CLIENTS + client.0)
    }

    /// Timers of a node's kubelet and containers.
    #[must_use]
    pub const fn kubelet(node: wavetank_core::id::NodeId) -> Self {
        Self(Self::NODES + 4 * node.0)
    }

    /// The pod watch of a node's kubelet.
    #[must_use]
    pub const fn kubelet_watch(node: wavetank_core::id::NodeId) -> Self {
        Self(Self::NODES + 4 * node.0 + 1)
    }

    /// The watch of a node's proxy.
    #[must_use]
    pub const fn proxy(node: wavetank_core::id::NodeId) -> Self {
        Self(Self::NODES + 4 * node.0 + 2)
    }

    /// Timers of a node's proxy that is played out: after what its watch brings at the same instant.
    #[must_use]
    pub const fn proxy_timer(node: wavetank_core::id::NodeId) -> Self {
        Self(Self::NODES + 4 * node.0 + 3)
    }
}

/// A control-plane process that watches.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Process {
    /// kube-scheduler
    Scheduler,
    /// kube-controller-manager: its controllers share one informer a kind (C34).
    Controllers,
}

/// The tables that are watched: kinds without a table of their own share one.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[allow(missing_docs)] // named after the tables
pub enum Watched {
    Pods,
    Nodes,
    ReplicaSets,
    Deployments,
    Services,
    Slices,
    Others,
}

impl Watched {
    /// Every table.
    pub const ALL: [Self; 7] = [
        Self::Pods,
        Self::Nodes,
        Self::ReplicaSets,
        Self::Deployments,
        Self::Services,
        Self::Slices,
        Self::Others,
    ];

    /// How far this table has been read.
    pub const fn cursor(self, cursors: &mut Cursors) -> &mut Rev {
        match self {
            Self::Pods => &mut cursors.pods,
            Self::Nodes => &mut cursors.nodes,
            Self::ReplicaSets => &mut cursors.replica_sets,
            Self::Deployments => &mut cursors.deployments,
            Self::Services => &mut cursors.services,
            Self::Slices => &mut cursors.slices,
            Self::Others => &mut cursors.others,
        }
    }

    /// The table of a kind.
    #[must_use]
    #[allow(clippy::wildcard_enum_match_arm)] // what is not named has no part in this
    pub const fn of(kind: Kind) -> Self {
        match kind {
            Kind::Pod => Self::Pods,
            Kind::Node => Self::Nodes,
            Kind::ReplicaSet => Self::ReplicaSets,
            Kind::Deployment => Self::Deployments,
            Kind::Service => Self::Services,
            Kind::EndpointSlice => Self::Slices,
            _ => Self::Others,
        }
    }
}

/// One watch of a control-plane process.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Stream {
    /// Who watches.
    pub process: Process,
    /// What.
    pub watched: Watched,
}

impl Stream {
    /// The lane of this stream.
    #[must_use]
    pub const fn lane(self) -> Lane {
        Lane(Lane::WATCHES + 8 * self.process as u32 + self.watched as u32)
    }
}

/// How late the events of a watch arrive.
#[derive(Clone, Debug)]
pub struct DelayShape {
    /// The delay of a slot.
    sampler: Sampler,
    /// The length of a slot.
    slot: SimDuration,
    /// For each earlier slot that a delay can reach back to, the nearest first: the least draw with which
    /// it may. Most slots are long over, and what they sampled need not be known.
    least: Arc<[u64]>,
}

/// The length of a slot, unless delays are so long that they would span more than [`SLOTS`] of them.
const SLOT: SimDuration = SimDuration::from_millis(5);
/// The most slots that a delay spans.
const SLOTS: u64 = 10;
/// Samples may fall by a microsecond where a table meets its formula: draws are judged with some room.
const ROOM: u64 = 100_000;

impl DelayShape {
    /// Delays as `sampler` has them, one for each slot.
    #[must_use]
    pub fn new(sampler: Sampler) -> Self {
        let longest = sampler.longest().nanos();
        let slot = SLOT.nanos().max(longest.div_ceil(SLOTS));
        let reach = longest.div_ceil(slot).max(1);
        let least = (0..reach)
            .map(|over| least_draw(&sampler, (over * slot).saturating_sub(ROOM)))
            .collect();
        Self {
            slot: SimDuration::from_nanos(slot),
            least,
            sampler,
        }
    }

    /// No delay is longer than this.
    #[must_use]
    pub fn longest(&self) -> SimDuration {
        self.slot.times(self.least.len() as u64)
    }

    /// When what was committed at `at` arrives on `lane`: monotone in `at`, and without state.
    ///
    /// One delay is drawn for each slot, and an event arrives no earlier than the end of each earlier
    /// slot plus that slot's delay: a stream stays in order, and one slow event holds up the next.
    #[must_use]
    pub fn arrival(&self, lane: Lane, at: SimTime, key: PurposeKey) -> SimTime {
        self.delays(lane, at, key).arrival(at)
    }

    /// The same, for somebody who keeps the delays of the last slot that was asked for.
    #[must_use]
    pub fn arrival_with(
        &self,
        kept: &mut Option<SlotDelays>,
        lane: Lane,
        at: SimTime,
        key: PurposeKey,
    ) -> SimTime {
        let number = at.nanos() / self.slot.nanos();
        let delays = match kept {
            Some(kept) if kept.number == number => *kept,
            _ => *kept.insert(self.delays(lane, at, key)),
        };
        delays.arrival(at)
    }

    /// The delays that matter to what is committed in the slot of `at`.
    fn delays(&self, lane: Lane, at: SimTime, key: PurposeKey) -> SlotDelays {
        let width = self.slot.nanos();
        let number = at.nanos() / width;
        let mut earlier = 0;
        for (slot, least) in (0..number).rev().zip(&*self.least) {
            let draw = key.draw(u64::from(lane.0), slot);
            if draw >= *least {
                let end = (slot + 1) * width - 1;
                earlier = earlier.max(end + self.sampler.sample(draw).nanos());
            }
        }
        let own = key.draw(u64::from(lane.0), number);
        SlotDelays {
            number,
            own: self.sampler.sample(own).nanos(),
            earlier,
        }
    }
}

/// A draw below which no sample is as long as `nanos`.
fn least_draw(sampler: &Sampler, nanos: u64) -> u64 {
    let (mut low, mut high) = (0, u64::MAX);
    while low < high {
        let middle = low + (high - low) / 2;
        if sampler.sample(middle).nanos() < nanos {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    low
}

/// The delays that matter to what is committed in one slot.
#[derive(Clone, Copy, Debug)]
pub struct SlotDelays {
    number: u64,
    /// The slot's own.
    own: u64,
    /// When what was committed in earlier slots has arrived.
    earlier: u64,
}

impl SlotDelays {
    fn arrival(self, at: SimTime) -> SimTime {
        SimTime::from_nanos((at.nanos() + self.own).max(self.earlier))
    }
}

#[cfg(test)]
mod tests {
    use wavetank_core::dist::Dist;
    use wavetank_core::draw::{Key, Purpose};

    use super::*;

    /// The definition, played out: every slot that a delay can reach back to is asked.
    fn played_out(shape: &DelayShape, lane: Lane, at: SimTime, key: PurposeKey) -> SimTime {
        let width = shape.slot.nanos();
        let delay = |slot: u64| {
            shape
                .sampler
                .sample(key.draw(u64::from(lane.0), slot))
                .nanos()
        };
        let number = at.nanos() / width;
        let first = number.saturating_sub(2 * SLOTS);
        let earlier = (first..number).map(|slot| (slot + 1) * width - 1 + delay(slot));
        let own = at.nanos() + delay(number);
        SimTime::from_nanos(earlier.fold(own, u64::max))
    }

    #[test]
    fn slots_that_are_over_are_left_out() {
        let key = Key::new(1, &[0; 32]).of(Purpose::WatchDelay);
        let micros = SimDuration::from_micros;
        let long = Dist::Lognormal {
            p50: micros(40_000),
            p99: micros(400_000),
            max: micros(900_000),
        };
        let even = Dist::Uniform {
            min: micros(0),
            max: micros(49_999),
        };
        let lab = profile::Network::lab().watch;
        let fixed = Dist::Constant(micros(200_000));
        let others = [long, even, fixed].map(|dist| DelayShape::new(Sampler::new(&dist)));
        for shape in others.iter().chain([&lab]) {
            let mut kept = None;
            let mut before = SimTime::ZERO;
            for step in 0..40_000 {
                let at = SimTime::ZERO + micros(step * 317);
                let arrival = shape.arrival_with(&mut kept, Lane::USER, at, key);
                assert_eq!(arrival, played_out(shape, Lane::USER, at, key));
                assert_eq!(arrival, shape.arrival(Lane::USER, at, key));
                assert!(before <= arrival && at <= arrival && arrival <= at + shape.longest());
                before = arrival;
            }
        }
    }
}
