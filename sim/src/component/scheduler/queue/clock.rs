//! The queue's clocks: whole seconds of the wall (S21–S23).

use wavetank_core::time::{NANOS_PER_SECOND, SimDuration, SimTime};

/// `podInitialBackoffSeconds`
const INITIAL: SimDuration = SimDuration::from_secs(1);
/// `podMaxBackoffSeconds`
const MAXIMUM: SimDuration = SimDuration::from_secs(10);

/// The wall clock of a run: simulated time plus where within a second the run began.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct WallClock {
    /// Nanoseconds below one second.
    pub phase: u32,
}

impl WallClock {
    /// The whole seconds that the wall shows.
    #[must_use]
    pub fn second(self, at: SimTime) -> u64 {
        (at.nanos() + u64::from(self.phase)) / NANOS_PER_SECOND
    }

    /// When the wall shows this second first; the beginning of the run if that was before it.
    #[must_use]
    pub fn instant(self, second: u64) -> SimTime {
        SimTime::from_nanos((second * NANOS_PER_SECOND).saturating_sub(u64::from(self.phase)))
    }

    /// The second until the end of which a pod backs off that failed at `failed` for the `count`th time
    /// (S22): it is free when the next one begins.
    #[must_use]
    pub fn expiry(self, failed: SimTime, count: u32) -> u64 {
        self.second(failed + back_off(count))
    }
}

/// How long a pod backs off after its `count`th failure (S21).
#[must_use]
pub fn back_off(count: u32) -> SimDuration {
    match count {
        0 => SimDuration::ZERO,
        1..=4 => INITIAL.times(1 << (count - 1)),
        _ => MAXIMUM,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn back_off_doubles_up_to_ten_seconds() {
        let seconds =
            [0, 1, 2, 3, 4, 5, 60].map(|count| back_off(count).nanos() / NANOS_PER_SECOND);
        assert_eq!(seconds, [0, 1, 2, 4, 8, 10, 10]); // S21
    }

    #[test]
    fn pods_are_free_at_whole_seconds() {
        // S22, TV22: the instant of a failure in milliseconds, its count, the second of the release.
        let wall = WallClock::default();
        let release = |millis: u64, count: u32| {
            wall.expiry(SimTime::ZERO + SimDuration::from_millis(millis), count) + 1
        };
        assert_eq!(
            [release(10_300, 1), release(10_000, 1), release(10_900, 2)],
            [12, 12, 13]
        );
        let mut at = 400;
        let mut releases = Vec::new();
        for count in 1..=5 {
            let free = release(at, count);
            releases.push(free);
            at = free * 1_000;
        }
        assert_eq!(releases, [2, 5, 10, 19, 30]);
    }
}
