//! Distributions of durations: each maps one draw of 64 bits to whole microseconds.
//!
//! A sample is a pure function of the distribution and the draw, so it can be computed when someone
//! asks for it. All but [`Dist::Mixture`] are quantile functions: a greater draw never gives a
//! shorter duration, so two variants of a scenario that differ in one parameter see the same weather.
//!
//! **The functions never change** (see the golden vectors): every recorded run depends on them.
//! Floating point is confined to this module and its transcendental functions come from `libm`,
//! which gives the same bits on every machine.

mod normal;
mod sampler;

pub use sampler::Sampler;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::time::SimDuration;
use normal::{Z99, inverse_normal};

/// The longest sample, in microseconds: 584 years.
const MICROS_MAX: u64 = u64::MAX / 1_000;

/// A distribution of durations. Samples are whole microseconds, rounded to the nearest.
///
/// Parameters may be finer than a microsecond. [`Dist::check`] tells whether they make sense; a
/// sample from parameters that do not is some duration, never a panic.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Dist {
    /// Always the same.
    Constant(SimDuration),
    /// Every microsecond from `min` to `max`, both included, as likely.
    Uniform {
        /// The shortest.
        min: SimDuration,
        /// The longest.
        max: SimDuration,
    },
    /// Memoryless: the time to the next of events that come at a constant rate.
    Exponential {
        /// The mean; the median is 0.69 of it, the 99th percentile 4.6 times.
        mean: SimDuration,
    },
    /// The bell curve; what would be negative is zero.
    Normal {
        /// The mean, before what is negative becomes zero.
        mean: SimDuration,
        /// The standard deviation.
        sd: SimDuration,
    },
    /// Durations whose logarithm is normal: most latencies.
    Lognormal {
        /// The median.
        p50: SimDuration,
        /// The 99th percentile.
        p99: SimDuration,
        /// What would be longer is this long.
        max: SimDuration,
    },
    /// A tail that falls by a power: most durations that wait for others.
    Pareto {
        /// The median.
        p50: SimDuration,
        /// The 99th percentile.
        p99: SimDuration,
        /// What would be longer is this long.
        max: SimDuration,
    },
    /// Measured durations in ascending order, evenly spaced quantiles from the least to the
    /// greatest, with straight lines between them.
    Empirical(Vec<SimDuration>),
    /// One of several, with a chance in proportion to its weight.
    Mixture(Vec<Part>),
}

/// One part of a mixture.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// The part's share of the sum of all weights.
    pub weight: u32,
    /// What is sampled when the part is chosen.
    pub dist: Dist,
}

/// Why parameters make no distribution.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum DistError {
    /// The bounds of a uniform distribution are the wrong way around.
    #[error("the least, {min:?}, is greater than the greatest, {max:?}")]
    Reversed {
        /// The least.
        min: SimDuration,
        /// The greatest.
        max: SimDuration,
    },
    /// The percentiles or the maximum of a tailed distribution are out of order.
    #[error("expected 0 < p50 ≤ p99 ≤ max, found p50 {p50:?}, p99 {p99:?}, max {max:?}")]
    Percentiles {
        /// The median.
        p50: SimDuration,
        /// The 99th percentile.
        p99: SimDuration,
        /// The maximum.
        max: SimDuration,
    },
    /// A table without entries.
    #[error("the table of measured durations is empty")]
    NoSamples,
    /// A table out of order.
    #[error("entry {index} of the measured durations is shorter than the one before it")]
    Unsorted {
        /// The first entry out of order, counted from 0.
        index: usize,
    },
    /// A mixture whose weights are all zero, or that has no parts.
    #[error("the weights of the mixture add up to zero")]
    NoWeight,
    /// Mixtures within mixtures, too deep.
    #[error("mixtures are nested more than {limit} deep")]
    TooDeep {
        /// The deepest nesting that is allowed.
        limit: u32,
    },
}

/// How deep mixtures may be nested.
const DEPTH_MAX: u32 = 8;

impl Dist {
    /// A distribution that is always zero.
    pub const ZERO: Self = Self::Constant(SimDuration::ZERO);

    /// Whether the parameters make a distribution.
    ///
    /// # Errors
    ///
    /// The first thing wrong with them.
    pub fn check(&self) -> Result<(), DistError> {
        self.check_at(0)
    }

    fn check_at(&self, depth: u32) -> Result<(), DistError> {
        match self {
            Self::Constant(_) | Self::Exponential { .. } | Self::Normal { .. } => Ok(()),
            &Self::Uniform { min, max } if min > max => Err(DistError::Reversed { min, max }),
            Self::Uniform { .. } => Ok(()),
            &Self::Lognormal { p50, p99, max } | &Self::Pareto { p50, p99, max } => {
                if p50 == SimDuration::ZERO || p50 > p99 || p99 > max {
                    return Err(DistError::Percentiles { p50, p99, max });
                }
                Ok(())
            }
            Self::Empirical(samples) => match samples.windows(2).position(|two| two[0] > two[1]) {
                Some(before) => Err(DistError::Unsorted { index: before + 1 }),
                None if samples.is_empty() => Err(DistError::NoSamples),
                None => Ok(()),
            },
            Self::Mixture(_) if depth == DEPTH_MAX => Err(DistError::TooDeep { limit: DEPTH_MAX }),
            Self::Mixture(parts) if parts.iter().all(|part| part.weight == 0) => {
                Err(DistError::NoWeight)
            }
            Self::Mixture(parts) => parts.iter().try_for_each(|p| p.dist.check_at(depth + 1)),
        }
    }

    /// The duration that belongs to a draw: whole microseconds.
    #[must_use]
    pub fn sample(&self, draw: u64) -> SimDuration {
        SimDuration::from_micros(self.micros(draw))
    }

    /// The longest duration that any draw gives.
    #[must_use]
    pub fn longest(&self) -> SimDuration {
        match self {
            Self::Constant(_)
            | Self::Uniform { .. }
            | Self::Exponential { .. }
            | Self::Normal { .. }
            | Self::Lognormal { .. }
            | Self::Pareto { .. }
            | Self::Empirical(_) => self.sample(u64::MAX),
            Self::Mixture(parts) => parts
                .iter()
                .filter(|part| part.weight > 0)
                .map(|part| part.dist.longest())
                .max()
                .unwrap_or(SimDuration::ZERO),
        }
    }

    /// The sample as a number of microseconds, at most [`MICROS_MAX`].
    fn micros(&self, draw: u64) -> u64 {
        match self {
            Self::Constant(length) => whole_micros(*length),
            Self::Uniform { min, max } => {
                let (min, max) = (whole_micros(*min), whole_micros(*max));
                min + scaled(draw, max.saturating_sub(min) + 1)
            }
            Self::Exponential { mean } => round(-float(*mean) * libm::log1p(-unit(draw))),
            Self::Normal { mean, sd } => {
                round(float(*mean) + float(*sd) * inverse_normal(unit(draw)))
            }
            Self::Lognormal { p50, p99, max } => {
                let sigma = libm::log(float(*p99) / float(*p50)) / Z99;
                let micros = float(*p50) * libm::exp(sigma * inverse_normal(unit(draw)));
                round(micros).min(whole_micros(*max))
            }
            Self::Pareto { p50, p99, max } => {
                // x = m · (1 − u)^(−s), so p99 / p50 = 50^s and m = p50 / 2^s.
                let slope = libm::log(float(*p99) / float(*p50)) / libm::log(50.0);
                let micros = float(*p50) * libm::pow(2.0 * (1.0 - unit(draw)), -slope);
                round(micros).min(whole_micros(*max))
            }
            Self::Empirical(samples) => interpolated(samples, draw),
            Self::Mixture(parts) => mixed(parts, draw),
        }
    }
}

/// The middle of the draw's 2^-52 of the unit interval: never 0, never 1.
#[expect(clippy::cast_precision_loss, reason = "52 bits and a half are exact")]
pub(crate) const fn unit(draw: u64) -> f64 {
    ((draw >> 12) as f64 + 0.5) / (1u64 << 52) as f64
}

/// A length in microseconds with its fraction.
#[expect(
    clippy::cast_precision_loss,
    reason = "exact up to 104 days, and then to one part in 2^53"
)]
fn float(length: SimDuration) -> f64 {
    length.nanos() as f64 / 1_000.0
}

/// To the nearest whole microsecond; what is negative or not a number is zero.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the cast saturates"
)]
fn round(micros: f64) -> u64 {
    (libm::round(micros) as u64).min(MICROS_MAX)
}

/// To the nearest whole microsecond.
const fn whole_micros(length: SimDuration) -> u64 {
    let nanos = length.nanos();
    let up = (nanos % 1_000 >= 500) as u64;
    let micros = nanos / 1_000 + up;
    if micros > MICROS_MAX {
        MICROS_MAX
    } else {
        micros
    }
}

/// The draw's place among `count` equal parts of all draws.
fn scaled(draw: u64, count: u64) -> u64 {
    ((u128::from(draw) * u128::from(count)) >> 64) as u64
}

fn interpolated(samples: &[SimDuration], draw: u64) -> u64 {
    let Some(last) = samples.len().checked_sub(1) else {
        return 0;
    };
    let place = u128::from(draw) * last as u128;
    let index = usize::try_from(place >> 64).expect("below the length");
    let low = whole_micros(samples[index]);
    let high = samples
        .get(index + 1)
        .map_or(low, |&next| whole_micros(next));
    #[expect(clippy::cast_possible_truncation, reason = "the product's lower half")]
    let fraction = place as u64;
    low + scaled(fraction, high.saturating_sub(low) + 1)
}

/// Chooses a part by the draw and gives it what is left of the draw, stretched to all 64 bits.
fn mixed(parts: &[Part], draw: u64) -> u64 {
    let total: u64 = parts.iter().map(|part| u64::from(part.weight)).sum();
    let place = u128::from(draw) * u128::from(total);
    let mut before = 0u128;
    for part in parts {
        let weight = u128::from(part.weight);
        if place < (before + weight) << 64 {
            let rest = (place - (before << 64)) / weight;
            return part
                .dist
                .micros(u64::try_from(rest).expect("below the part's width"));
        }
        before += weight;
    }
    0
}

#[cfg(test)]
mod tests;
