//! Token buckets: the rate limits of clients and queues, in integers.

use wavetank_core::time::{NANOS_PER_SECOND, SimDuration, SimTime};

/// A token bucket: `rate` tokens a second after a burst.
///
/// Kept as the instant at which the bucket would be full again, which is exact and needs no update
/// while nobody asks.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TokenBucket {
    /// The time one token takes; zero means no limit.
    gap: SimDuration,
    burst: u64,
    /// When the tokens handed out so far will have been earned.
    earned: SimTime,
}

impl TokenBucket {
    /// A full bucket of `burst` tokens, refilled at `rate` a second. A rate of 0 means no limit.
    #[must_use]
    pub const fn new(rate: u64, burst: u64) -> Self {
        let gap = match NANOS_PER_SECOND.checked_div(rate) {
            Some(gap) => gap,
            None => 0,
        };
        Self {
            gap: SimDuration::from_nanos(gap),
            burst,
            earned: SimTime::ZERO,
        }
    }

    /// Takes a token, now or later. Returns when it may be used.
    pub fn take(&mut self, now: SimTime) -> SimTime {
        if self.gap == SimDuration::ZERO {
            return now;
        }
        self.earned = self.earned.max(now) + self.gap;
        let ahead = self.gap.times(self.burst);
        self.earned.back(ahead).max(now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_is_free_and_the_rest_comes_at_the_rate() {
        let mut bucket = TokenBucket::new(20, 3);
        let now = SimTime::from_secs(1);
        let waits: Vec<_> = (0..6)
            .map(|_| bucket.take(now).since(now).nanos() / 1_000_000)
            .collect();
        assert_eq!(waits, [0, 0, 0, 50, 100, 150]);
        let later = SimTime::from_secs(60);
        assert_eq!(bucket.take(later), later);
    }
}
