//! Distributions of a scenario.

use wavetank_core::dist::{Dist, Part};
use wavetank_core::time::SimDuration;

use crate::diagnostic::{Diagnostic, Place};
use crate::scenario::diagnostics::not_there_yet;
use crate::scenario::schema;

/// A distribution of durations.
///
/// # Errors
///
/// When its parameters make none, or when its values stand in a file: that is read elsewhere.
#[allow(clippy::result_large_err)] // a message to a user, made once
pub fn dist(given: &schema::Dist, place: &Place) -> Result<Dist, Diagnostic> {
    let lowered = lower(given, place)?;
    lowered
        .check()
        .map_err(|error| Diagnostic::error("S030", error.to_string()).at(place.clone()))?;
    Ok(lowered)
}

#[allow(clippy::result_large_err)] // a message to a user, made once
fn lower(given: &schema::Dist, place: &Place) -> Result<Dist, Diagnostic> {
    Ok(match *given {
        schema::Dist::Constant(duration) => Dist::Constant(duration),
        schema::Dist::Uniform { min, max } => Dist::Uniform { min, max },
        schema::Dist::Normal { mean, sd } => Dist::Normal { mean, sd },
        schema::Dist::Exponential { mean } => Dist::Exponential { mean },
        schema::Dist::Lognormal { p50, p99, max } => Dist::Lognormal {
            p50,
            p99,
            max: max.unwrap_or(SimDuration::MAX),
        },
        schema::Dist::Pareto { p50, p99, max } => Dist::Pareto {
            p50,
            p99,
            max: max.unwrap_or(SimDuration::MAX),
        },
        schema::Dist::Empirical { .. } => {
            let help = "write a distribution with p50 and p99";
            return Err(not_there_yet(
                "a file of durations here",
                place.clone(),
                help,
            ));
        }
        schema::Dist::Mixture(ref parts) => {
            let part = |(share, dist): &(crate::scenario::units::Percent, schema::Dist)| {
                Ok(Part {
                    weight: u32::try_from(share.millionths).unwrap_or(u32::MAX),
                    dist: lower(dist, place)?,
                })
            };
            Dist::Mixture(parts.iter().map(part).collect::<Result<_, Diagnostic>>()?)
        }
    })
}
