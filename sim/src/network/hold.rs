//! Holds and delays: what a fault does to lanes. A held lane delivers nothing until it is released, and
//! then everything in order; a delayed lane delivers later.

use wavetank_core::time::{SimDuration, SimTime};

use crate::network::Lane;

/// A time during which lanes deliver nothing.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Hold {
    /// The first lane concerned.
    pub first: Lane,
    /// The last lane concerned.
    pub last: Lane,
    /// When it begins.
    pub from: SimTime,
    /// When it ends.
    pub to: SimTime,
}

/// A time during which lanes deliver later.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Delay {
    /// The first lane concerned.
    pub first: Lane,
    /// The last lane concerned.
    pub last: Lane,
    /// When it begins.
    pub from: SimTime,
    /// When it ends.
    pub to: SimTime,
    /// How much later.
    pub by: SimDuration,
}

impl Delay {
    /// When the last thing that was delayed has arrived.
    #[must_use]
    pub const fn end(&self) -> SimTime {
        let nanos = self.to.nanos().saturating_add(self.by.nanos());
        SimTime::from_nanos(nanos)
    }
}

/// The holds and the delays that are in force. Each is added when its fault begins: what is under way
/// by then arrives as it was sent.
#[derive(Clone, Debug, Default)]
pub struct Holds(pub Vec<Hold>, pub Vec<Delay>);

impl Holds {
    /// When something that would arrive on `lane` at `arrival` does arrive.
    #[must_use]
    pub fn release(&self, lane: Lane, arrival: SimTime) -> SimTime {
        self.held(lane, self.late(lane, arrival))
    }

    /// When something that would arrive on `lane` at `arrival` arrives, delays left aside.
    #[must_use]
    pub fn held(&self, lane: Lane, mut arrival: SimTime) -> SimTime {
        // A release may fall into the next hold; each hold moves the arrival at most once.
        for _ in 0..=self.0.len() {
            let holding = self.0.iter().find(|hold| {
                hold.first <= lane && lane <= hold.last && hold.from <= arrival && arrival < hold.to
            });
            match holding {
                Some(hold) => arrival = hold.to,
                None => return arrival,
            }
        }
        arrival
    }

    /// When something that would arrive on `lane` at `arrival` arrives, holds left aside.
    ///
    /// What would arrive within a delay arrives later by its length, and what comes after the delay does
    /// not overtake it: arrivals stay in order, without state.
    #[must_use]
    pub fn late(&self, lane: Lane, arrival: SimTime) -> SimTime {
        let concerned = self
            .1
            .iter()
            .filter(|delay| delay.first <= lane && lane <= delay.last && delay.from <= arrival);
        let later = concerned.map(|delay| {
            if arrival < delay.to {
                arrival + delay.by
            } else {
                arrival.max(delay.end())
            }
        });
        later.max().unwrap_or(arrival)
    }

    /// Since when a lane was held that is free again at `now` and on which nothing arrived after `last`.
    #[must_use]
    pub fn silent_since(&self, lane: Lane, last: SimTime, now: SimTime) -> Option<SimTime> {
        let over = self.0.iter().filter(|hold| {
            hold.first <= lane && lane <= hold.last && last <= hold.from && hold.to <= now
        });
        over.map(|hold| hold.from).min()
    }

    /// Forgets what ended before `now`.
    pub fn prune(&mut self, now: SimTime) {
        self.0.retain(|hold| hold.to > now);
        self.1.retain(|delay| delay.end() > now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Arrivals at each second, in seconds, through one hold and one delay.
    fn arrivals(hold: Option<(u64, u64)>, delay: Option<(u64, u64, u64)>) -> Vec<u64> {
        let mut holds = Holds::default();
        let lane = Lane(7);
        let (first, last) = (lane, lane);
        if let Some((from, to)) = hold {
            let (from, to) = (SimTime::from_secs(from), SimTime::from_secs(to));
            holds.0.push(Hold {
                first,
                last,
                from,
                to,
            });
        }
        if let Some((from, to, by)) = delay {
            let (from, to) = (SimTime::from_secs(from), SimTime::from_secs(to));
            let by = SimDuration::from_secs(by);
            holds.1.push(Delay {
                first,
                last,
                from,
                to,
                by,
            });
        }
        let arrival = |second| holds.release(lane, SimTime::from_secs(second));
        (0..10)
            .map(|second| arrival(second).nanos() / 1_000_000_000)
            .collect()
    }

    #[test]
    fn a_held_lane_delivers_at_the_end() {
        assert_eq!(arrivals(Some((3, 6)), None), [0, 1, 2, 6, 6, 6, 6, 7, 8, 9]);
    }

    #[test]
    fn a_delayed_lane_stays_in_order() {
        assert_eq!(
            arrivals(None, Some((2, 5, 3))),
            [0, 1, 5, 6, 7, 8, 8, 8, 8, 9]
        );
    }

    #[test]
    fn a_delay_can_end_in_a_hold() {
        assert_eq!(
            arrivals(Some((6, 8)), Some((2, 4, 4))),
            [0, 1, 8, 8, 8, 8, 8, 8, 8, 9]
        );
    }

    #[test]
    fn other_lanes_are_left_alone() {
        let hold = Hold {
            first: Lane(1),
            last: Lane(2),
            from: SimTime::ZERO,
            to: SimTime::MAX,
        };
        let holds = Holds(vec![hold], Vec::new());
        assert_eq!(holds.release(Lane(3), SimTime::ZERO), SimTime::ZERO);
    }
}
