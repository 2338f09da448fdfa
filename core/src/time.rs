//! Simulated time: integers of nanoseconds, and the whole seconds that Kubernetes stores.
//!
//! Nothing here reads a clock. A run begins at [`SimTime::ZERO`]; what a person calls *t = 0* (the
//! end of a warm-up) is a presentation matter and lives in the log's header.

use std::fmt;
use std::ops::{Add, AddAssign, Sub};

use serde::{Deserialize, Serialize};

/// Nanoseconds in a second.
pub const NANOS_PER_SECOND: u64 = 1_000_000_000;

/// An instant of simulated time, in nanoseconds since the run began.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
pub struct SimTime(u64);

/// A length of simulated time, in nanoseconds. Never negative.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
pub struct SimDuration(u64);

/// Whole seconds since the run's epoch, as Kubernetes stores times in objects (C3): truncated.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Debug, Serialize, Deserialize,
)]
pub struct Stamp(pub u32);

impl SimTime {
    /// The beginning of the run.
    pub const ZERO: Self = Self(0);
    /// Later than everything: 584 years.
    pub const MAX: Self = Self(u64::MAX);

    /// The instant `nanos` nanoseconds after the beginning.
    #[must_use]
    pub const fn from_nanos(nanos: u64) -> Self {
        Self(nanos)
    }

    /// The instant `seconds` seconds after the beginning.
    ///
    /// # Panics
    ///
    /// When the instant passes 584 years.
    #[must_use]
    pub const fn from_secs(seconds: u64) -> Self {
        Self(seconds * NANOS_PER_SECOND)
    }

    /// Nanoseconds since the beginning.
    #[must_use]
    pub const fn nanos(self) -> u64 {
        self.0
    }

    /// The time from `earlier` to this instant, or zero when `earlier` is later.
    #[must_use]
    pub const fn since(self, earlier: Self) -> SimDuration {
        SimDuration(self.0.saturating_sub(earlier.0))
    }

    /// The instant `duration` before this one, not before the beginning.
    #[must_use]
    pub const fn back(self, duration: SimDuration) -> Self {
        Self(self.0.saturating_sub(duration.0))
    }

    /// What a writer's clock stores for this instant: whole seconds, truncated (C3).
    ///
    /// `phase` is where within a wall second the run began, in nanoseconds below one second.
    ///
    /// # Panics
    ///
    /// When the instant passes 136 years.
    #[must_use]
    pub fn stamp(self, phase: u32) -> Stamp {
        let seconds = (self.0 + u64::from(phase)) / NANOS_PER_SECOND;
        Stamp(u32::try_from(seconds).expect("a stored time passed 136 years"))
    }
}

impl Stamp {
    /// The earliest instant at which a clock shows this stamp, given the run's `phase`.
    #[must_use]
    pub const fn instant(self, phase: u32) -> SimTime {
        SimTime((self.0 as u64 * NANOS_PER_SECOND).saturating_sub(phase as u64))
    }

    /// The stamp `seconds` later.
    #[must_use]
    pub const fn plus(self, seconds: u32) -> Self {
        Self(self.0.saturating_add(seconds))
    }
}

impl SimDuration {
    /// No time at all.
    pub const ZERO: Self = Self(0);
    /// Longer than everything: 584 years.
    pub const MAX: Self = Self(u64::MAX);

    /// A length in nanoseconds.
    #[must_use]
    pub const fn from_nanos(nanos: u64) -> Self {
        Self(nanos)
    }

    /// A length in microseconds.
    ///
    /// # Panics
    ///
    /// When the length passes 584 years.
    #[must_use]
    pub const fn from_micros(micros: u64) -> Self {
        Self(micros * 1_000)
    }

    /// A length in milliseconds.
    ///
    /// # Panics
    ///
    /// When the length passes 584 years.
    #[must_use]
    pub const fn from_millis(millis: u64) -> Self {
        Self(millis * 1_000_000)
    }

    /// A length in seconds.
    ///
    /// # Panics
    ///
    /// When the length passes 584 years.
    #[must_use]
    pub const fn from_secs(seconds: u64) -> Self {
        Self(seconds * NANOS_PER_SECOND)
    }

    /// Nanoseconds.
    #[must_use]
    pub const fn nanos(self) -> u64 {
        self.0
    }

    /// This length times `factor`, at most the longest.
    #[must_use]
    pub const fn times(self, factor: u64) -> Self {
        Self(self.0.saturating_mul(factor))
    }

    /// The part `numerator / denominator` of this length, rounded down.
    ///
    /// # Panics
    ///
    /// When `denominator` is zero, or the result passes 584 years.
    #[must_use]
    pub fn ratio(self, numerator: u64, denominator: u64) -> Self {
        let wide = u128::from(self.0) * u128::from(numerator) / u128::from(denominator);
        Self(u64::try_from(wide).expect("a length of time overflowed"))
    }
}

impl Add<SimDuration> for SimTime {
    type Output = Self;

    /// # Panics
    ///
    /// When the sum passes 584 years: a run that long is a modelling mistake.
    fn add(self, duration: SimDuration) -> Self {
        Self(
            self.0
                .checked_add(duration.0)
                .expect("simulated time overflowed"),
        )
    }
}

impl AddAssign<SimDuration> for SimTime {
    fn add_assign(&mut self, duration: SimDuration) {
        *self = *self + duration;
    }
}

impl Sub<Self> for SimTime {
    type Output = SimDuration;

    /// # Panics
    ///
    /// When `earlier` is later: time never runs backwards here.
    fn sub(self, earlier: Self) -> SimDuration {
        SimDuration(
            self.0
                .checked_sub(earlier.0)
                .expect("simulated time ran backwards"),
        )
    }
}

impl Add for SimDuration {
    type Output = Self;

    /// # Panics
    ///
    /// When the sum passes 584 years.
    fn add(self, other: Self) -> Self {
        Self(
            self.0
                .checked_add(other.0)
                .expect("a length of time overflowed"),
        )
    }
}

impl fmt::Debug for SimTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}.{:09}s",
            self.0 / NANOS_PER_SECOND,
            self.0 % NANOS_PER_SECOND
        )
    }
}

impl fmt::Debug for SimDuration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}.{:09}s",
            self.0 / NANOS_PER_SECOND,
            self.0 % NANOS_PER_SECOND
        )
    }
}

/// Milliseconds, as timelines print them: `12.034s`.
impl fmt::Display for SimTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}.{:03}s",
            self.0 / NANOS_PER_SECOND,
            self.0 % NANOS_PER_SECOND / 1_000_000
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stamps_truncate_by_the_writers_clock() {
        let at = SimTime::from_nanos(1_900_000_000);
        assert_eq!(at.stamp(0), Stamp(1));
        assert_eq!(at.stamp(200_000_000), Stamp(2));
        assert_eq!(
            Stamp(2).instant(200_000_000),
            SimTime::from_nanos(1_800_000_000)
        );
    }

    #[test]
    fn times_print_as_people_read_them() {
        assert_eq!(
            format!("{}", SimTime::from_nanos(12_034_999_999)),
            "12.034s"
        );
        assert_eq!(format!("{:?}", SimDuration::from_micros(1)), "0.000001000s");
    }
}
