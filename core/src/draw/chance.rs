//! Probabilities as integers.

use serde::{Deserialize, Serialize};

use super::upper_half;

/// A probability, in parts of 2^32.
///
/// Probabilities that are not zero but smaller than one part are one part.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize,
)]
pub struct Chance(u64);

impl Chance {
    /// Never.
    pub const ZERO: Self = Self(0);
    /// Always.
    pub const CERTAIN: Self = Self(1 << 32);

    /// The chance `numerator` in `denominator`, rounded down to parts of 2^32, at most certain.
    ///
    /// # Panics
    ///
    /// When `denominator` is zero.
    #[must_use]
    pub const fn ratio(numerator: u32, denominator: u32) -> Self {
        let parts = ((numerator as u64) << 32) / denominator as u64;
        if parts == 0 && numerator > 0 {
            return Self(1);
        }
        if parts > Self::CERTAIN.0 {
            return Self::CERTAIN;
        }
        Self(parts)
    }

    /// A chance in parts per million, at most certain.
    #[must_use]
    pub const fn ppm(parts: u32) -> Self {
        Self::ratio(parts, 1_000_000)
    }

    /// Whether this never happens.
    #[must_use]
    pub const fn is_zero(self) -> bool {
        self.0 == 0
    }

    /// Whether this always happens.
    #[must_use]
    pub const fn is_certain(self) -> bool {
        self.0 >= Self::CERTAIN.0
    }

    /// Whether it happens under this draw. Under one draw, what happens at a chance happens at every
    /// greater chance.
    #[must_use]
    #[inline]
    pub const fn hits(self, draw: u64) -> bool {
        (upper_half(draw) as u64) < self.0
    }

    /// How many times in a row it does *not* happen before it does: geometric, from one draw.
    ///
    /// `None` when it never happens. One draw thus stands for as many trials as are uneventful.
    #[must_use]
    pub fn gap(self, draw: u64) -> Option<u64> {
        if self.is_zero() {
            return None;
        }
        if self.is_certain() {
            return Some(0);
        }
        #[expect(clippy::cast_precision_loss, reason = "2^32 and below are exact")]
        let chance = self.0 as f64 / Self::CERTAIN.0 as f64;
        let trials = libm::log(crate::dist::unit(draw)) / libm::log1p(-chance);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "both logarithms are negative, and 2^38 trials are the most"
        )]
        Some(libm::floor(trials) as u64)
    }
}
