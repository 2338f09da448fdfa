//! When the requests of an open loop are sent: whatever became of those before them.

use wavetank_core::draw::PurposeKey;
use wavetank_core::time::{SimDuration, SimTime};

use crate::plan::traffic::Source;

/// Nanoseconds in the 1,000 seconds that rates are given for.
const NANOS_PER_RATE: u128 = 1_000_000_000_000;
/// Poisson arrivals are drawn for slots of this many on average.
const SLOT_MEAN: u32 = 32;
/// More than these do not come in one slot: the chance is below one in 2^64.
const SLOT_MAX: usize = 127;

/// The arrivals of one source that have not been taken yet. Arrival `k` does not depend on how the ones
/// before it were taken, one by one or many at once.
#[derive(Clone, Debug)]
pub(super) struct Arrivals {
    key: PurposeKey,
    client: u32,
    /// Requests in 1,000 seconds.
    rate: u64,
    /// When the source begins, and until when it goes on.
    begin: SimTime,
    stop: SimTime,
    /// The number of the next arrival.
    next: u32,
    shape: Shape,
}

#[derive(Clone, Debug)]
enum Shape {
    /// One after the other at equal distances, the first after this time.
    Even(SimDuration),
    Poisson(Slots),
}

/// A Poisson process, drawn slot by slot: how many there are, and then where.
#[derive(Clone, Debug)]
struct Slots {
    /// The length of a slot.
    width: SimDuration,
    /// The chance of at most so many in a slot, in parts of 2^64.
    at_most: Box<[u64]>,
    /// The slot that the next arrival is in.
    slot: u64,
    /// The arrivals of that slot, in nanoseconds after its start; empty before it is looked at.
    offsets: Vec<u64>,
    /// How many of them have been taken.
    taken: usize,
}

impl Arrivals {
    /// The arrivals of a source, before it begins.
    pub(super) fn new(source: &Source, client: u32, key: PurposeKey) -> Self {
        let rate = source.rate_milli.max(1);
        let gap = u64::try_from(NANOS_PER_RATE / u128::from(rate)).expect("at most 1,000 seconds");
        let shape = if source.poisson {
            Shape::Poisson(Slots {
                width: SimDuration::from_nanos(gap.max(1)).times(u64::from(SLOT_MEAN)),
                at_most: poisson(SLOT_MEAN),
                slot: 0,
                offsets: Vec::new(),
                taken: 0,
            })
        } else {
            let phase = key.below(client, 0, gap.max(1));
            Shape::Even(SimDuration::from_nanos(phase))
        };
        Self {
            key,
            client,
            rate: source.rate_milli,
            begin: SimTime::MAX,
            stop: SimTime::MAX,
            next: 0,
            shape,
        }
    }

    /// The source begins at `begin`, and sends nothing after `stop`.
    pub(super) fn begin(&mut self, begin: SimTime, stop: SimTime) {
        (self.begin, self.stop) = (begin, stop);
        if let Shape::Poisson(slots) = &mut self.shape {
            slots.open(self.client, self.key);
        }
    }

    /// The next arrival: its number and instant. None after the last.
    pub(super) fn peek(&mut self) -> Option<(u32, SimTime)> {
        if self.rate == 0 || self.begin == SimTime::MAX {
            return None;
        }
        let after = match &mut self.shape {
            Shape::Even(phase) => {
                let nanos = u128::from(self.next) * NANOS_PER_RATE / u128::from(self.rate);
                phase.nanos() + u64::try_from(nanos).expect("within 584 years")
            }
            Shape::Poisson(slots) => slots.peek(self.client, self.key),
        };
        let at = self.begin + SimDuration::from_nanos(after);
        (at <= self.stop).then_some((self.next, at))
    }

    /// Takes the next arrival.
    pub(super) const fn pop(&mut self) {
        self.next += 1;
        if let Shape::Poisson(slots) = &mut self.shape {
            slots.taken += 1;
        }
    }

    /// Takes all arrivals before `before` at once, at the cost of one. Returns how many there were.
    pub(super) fn skip(&mut self, before: SimTime) -> u64 {
        let first = self.next;
        let last = SimTime::from_nanos(self.stop.nanos().saturating_add(1));
        let end = before.min(last);
        let Some((_, at)) = self.peek() else {
            return 0;
        };
        if at >= end {
            return 0;
        }
        match &mut self.shape {
            Shape::Even(phase) => {
                let after = u128::from(end.since(self.begin).nanos() - phase.nanos());
                let count = (after * u128::from(self.rate)).div_ceil(NANOS_PER_RATE);
                self.next = u32::try_from(count).expect("fewer than four billion requests");
            }
            Shape::Poisson(slots) => {
                let last = end.since(self.begin).nanos() / slots.width.nanos();
                while slots.slot < last {
                    let all = slots.count(self.client, self.key);
                    self.next += u32::try_from(all - slots.taken).expect("at most 127");
                    slots.slot += 1;
                    slots.taken = 0;
                    slots.offsets.clear();
                }
                slots.open(self.client, self.key);
                while self.peek().is_some_and(|(_, at)| at < end) {
                    self.pop();
                }
            }
        }
        u64::from(self.next - first)
    }
}

impl Slots {
    /// How many arrivals the slot has.
    fn count(&self, client: u32, key: PurposeKey) -> usize {
        let draw = key.draw(client, self.slot << 8);
        self.at_most.partition_point(|chance| *chance <= draw)
    }

    /// Draws the arrivals of the slot.
    fn open(&mut self, client: u32, key: PurposeKey) {
        if !self.offsets.is_empty() {
            return;
        }
        let count = self.count(client, key) as u64;
        let place = |n| key.below(client, self.slot << 8 | n, self.width.nanos());
        self.offsets.extend((1..=count).map(place));
        self.offsets.sort_unstable();
    }

    fn peek(&mut self, client: u32, key: PurposeKey) -> u64 {
        while self.taken >= self.offsets.len() {
            self.slot += 1;
            self.taken = 0;
            self.offsets.clear();
            self.open(client, key);
        }
        self.slot * self.width.nanos() + self.offsets[self.taken]
    }
}

/// The chances of at most 0, 1, 2, … events where `mean` are expected, in parts of 2^64.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "parts of 2^64, to 52 bits; the cast saturates"
)]
fn poisson(mean: u32) -> Box<[u64]> {
    let mut chance = libm::exp(-f64::from(mean));
    let mut sum = 0.0;
    (1..=SLOT_MAX)
        .map(|n| {
            sum += chance;
            chance *= f64::from(mean) / n as f64;
            (sum * 2.0 * (1_u64 << 63) as f64) as u64
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use wavetank_core::draw::{Key, Purpose};

    fn arrivals(rate_milli: u64, poisson: bool, seed: u64) -> Arrivals {
        let source = Source {
            name: "".into(),
            namespace: "".into(),
            service: "".into(),
            port: None,
            path: "".into(),
            on_nodes: true,
            rate_milli,
            poisson,
            start: SimDuration::ZERO,
            stop: None,
            timeout: SimDuration::ZERO,
        };
        let key = Key::new(seed, &[0; 32]);
        let mut arrivals = Arrivals::new(&source, 0, key.of(Purpose::TrafficArrival));
        arrivals.begin(SimTime::from_secs(10), SimTime::from_secs(100));
        arrivals
    }

    proptest! {
        #[test]
        fn skipping_is_taking_one_by_one(
            rate in 1_u64..50_000,
            is_poisson: bool,
            seed: u64,
            to in prop::collection::vec(0_u64..110_000, 1..6),
        ) {
            let (mut one, mut many) = (arrivals(rate, is_poisson, seed), arrivals(rate, is_poisson, seed));
            let mut to = to;
            to.sort_unstable();
            for millis in to {
                let before = SimTime::ZERO + SimDuration::from_millis(millis);
                let mut count = 0;
                while one.peek().is_some_and(|(_, at)| at < before) {
                    one.pop();
                    count += 1;
                }
                prop_assert_eq!(many.skip(before), count);
                prop_assert_eq!(one.peek(), many.peek());
            }
        }
    }

    #[test]
    fn as_many_come_as_the_rate_says() {
        assert_eq!(arrivals(200_000, false, 1).skip(SimTime::MAX), 18_000);
        let poisson = arrivals(200_000, true, 1).skip(SimTime::MAX);
        assert!(poisson.abs_diff(18_000) < 500, "{poisson}");
    }
}
