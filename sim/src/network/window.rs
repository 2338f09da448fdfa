//! The API server's window of events: how long a watch may be away and still go on where it was (C23).

use std::collections::VecDeque;

use wavetank_core::time::{SimDuration, SimTime};

use super::Watched;

/// The fewest events that a window holds, and the most.
const CAPACITY: (usize, usize) = (100, 102_400);
/// A window grows rather than drop an event that is younger than this, and shrinks when its newest quarter
/// is enough for it.
const FRESH: SimDuration = SimDuration::from_secs(75);

/// The windows of all kinds.
#[derive(Clone, Debug, Default)]
pub struct Windows([EventWindow; 7]);

/// When the events of one kind were that a watch can still be sent.
#[derive(Clone, Debug)]
struct EventWindow {
    times: VecDeque<SimTime>,
    capacity: usize,
    /// When the newest of those was that cannot be sent any more.
    dropped: Option<SimTime>,
}

impl Default for EventWindow {
    fn default() -> Self {
        Self {
            times: VecDeque::new(),
            capacity: CAPACITY.0,
            dropped: None,
        }
    }
}

impl EventWindow {
    fn push(&mut self, at: SimTime) {
        if self.times.len() == self.capacity {
            self.resize(at);
        }
        while self.times.len() >= self.capacity {
            self.dropped = self.times.pop_front();
        }
        self.times.push_back(at);
    }

    /// A full window changes its size before it takes an event of `at`.
    fn resize(&mut self, at: SimTime) {
        let is_fresh = |index: usize| {
            self.times
                .get(index)
                .is_some_and(|it| at.since(*it) < FRESH)
        };
        if is_fresh(0) {
            self.capacity = (self.capacity * 2).min(CAPACITY.1);
        } else if !is_fresh(self.capacity - self.capacity / 4) {
            self.capacity = (self.capacity / 2).max(CAPACITY.0);
        }
    }
}

impl Windows {
    /// A write of this kind was committed.
    pub fn committed(&mut self, watched: Watched, at: SimTime) {
        self.0[watched as usize].push(at);
    }

    /// Whether a watch that has heard nothing since `since` gets 410 (Gone) when it wants to go on: an event of then
    /// or later is no longer there.
    #[must_use]
    pub fn is_gone(&self, watched: Watched, since: SimTime) -> bool {
        let dropped = self.0[watched as usize].dropped;
        dropped.is_some_and(|dropped| dropped >= since)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An event every `millis` milliseconds, `count` of them from t = 0: how large the window is then, and
    /// since when a watch may have been away.
    fn check(millis: u64, count: u64, capacity: usize, seconds: Option<u64>) {
        let mut windows = Windows::default();
        let at = |number: u64| SimTime::ZERO + SimDuration::from_millis(millis * number);
        for number in 0..count {
            windows.committed(Watched::Pods, at(number));
        }
        assert_eq!(windows.0[Watched::Pods as usize].capacity, capacity);
        let dropped = (0..count)
            .rev()
            .find(|it| windows.is_gone(Watched::Pods, at(*it)));
        assert_eq!(dropped.map(|it| at(it).nanos() / 1_000_000_000), seconds);
        assert!(!windows.is_gone(Watched::Nodes, SimTime::ZERO));
    }

    #[test]
    fn a_slow_kind_keeps_a_hundred_events() {
        check(1_000, 100, 100, None);
        check(1_000, 150, 100, Some(49));
    }

    #[test]
    fn a_busy_kind_keeps_what_is_fresh() {
        check(100, 500, 800, None);
        check(100, 2_000, 800, Some(119));
    }

    #[test]
    fn a_window_has_a_largest_size() {
        check(0, 200_000, 102_400, Some(0));
    }
}
