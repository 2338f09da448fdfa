//! The queue's clocks: whole seconds of the wall (S21–S23).

use wavetank_core::time::{NANOS_PER_SECOND, SimDuration, SimTime};

/// How long pods back off: `podInitialBackoffSeconds` and `podMaxBackoffSeconds` (S3).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct BackOff {
    /// After the first failure.
    pub initial: SimDuration,
    /// The longest.
    pub maximum: SimDuration,
}

impl Default for BackOff {
    fn default() -> Self {
        Self {
            initial: SimDuration::from_secs(1),
            maximum: SimDuration::from_secs(10),
        }
    }
}

impl BackOff {
    /// How long a pod backs off after its `count`th failure (S21).
    #[must_use]
    pub fn after(self, count: u32) -> SimDuration {
        let Some(shift) = count.checked_sub(1) else {
            return SimDuration::ZERO;
        };
        let (initial, maximum) = (self.initial.nanos(), self.maximum.nanos());
        if initial > maximum.checked_shr(shift).unwrap_or_default() {
            self.maximum
        } else {
            SimDuration::from_nanos(initial << shift)
        }
    }
}

/// The wall clock of a run: simulated time plus where within a second the run began.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct WallClock {
    /// Nanoseconds below one second.
    pub phase: u32,
    /// How long pods back off.
    pub back_off: BackOff,
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
        self.second(failed + self.back_off.after(count))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn back_off_doubles_up_to_ten_seconds() {
        let seconds = |back_off: BackOff| {
            [0, 1, 2, 3, 4, 5, 70].map(|count| back_off.after(count).nanos() / NANOS_PER_SECOND)
        };
        assert_eq!(seconds(BackOff::default()), [0, 1, 2, 4, 8, 10, 10]); // S21
        let constant = BackOff {
            initial: SimDuration::from_secs(7),
            maximum: SimDuration::from_secs(7),
        };
        assert_eq!(seconds(constant), [0, 7, 7, 7, 7, 7, 7]);
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
