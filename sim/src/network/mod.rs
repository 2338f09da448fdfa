//! The network: when things arrive.
//!
//! The delay of a watch belongs to the stream's clock and not to the message: when something that was
//! committed at `t` arrives on a stream is a function of the stream and of `t`, monotone, and the same
//! whoever asks and however often. So what nobody reacts to need not be sent, and what is computed
//! lazily arrives when it would have arrived.

pub mod hold;
pub mod profile;
pub mod streams;

use wavetank_core::dist::Sampler;
use wavetank_core::draw::PurposeKey;
use wavetank_core::id::Kind;
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
    pub sampler: Sampler,
    /// The length of a slot.
    pub slot: SimDuration,
    /// How many slots back a delay can reach: no delay is longer than so many slots.
    pub look_back: u32,
}

impl DelayShape {
    /// No delay is longer than this.
    #[must_use]
    pub const fn longest(&self) -> SimDuration {
        self.slot.times(self.look_back as u64)
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
        let limit = width * u64::from(self.look_back);
        let delay = |slot: u64| {
            self.sampler
                .sample(key.draw(u64::from(lane.0), slot))
                .nanos()
                .min(limit)
        };
        let number = at.nanos() / width;
        let first = number.saturating_sub(u64::from(self.look_back));
        let earlier = (first..number)
            .map(|slot| (slot + 1) * width - 1 + delay(slot))
            .max();
        SlotDelays {
            number,
            own: delay(number),
            earlier: earlier.unwrap_or(0),
        }
    }
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
