//! The inverse of the normal distribution function.

use std::f64::consts::{FRAC_1_SQRT_2, PI};

/// The 99th percentile of the standard normal distribution.
pub(super) const Z99: f64 = 2.326_347_874_040_841;

/// How many deviations from the mean the quantile `unit` lies. Exact to about 1e-15.
///
/// `unit` is above 0 and below 1.
pub(super) fn inverse_normal(unit: f64) -> f64 {
    // Work in the lower tail, where `erfc` keeps its relative precision.
    if unit > 0.5 {
        return -lower_tail(1.0 - unit);
    }
    lower_tail(unit)
}

/// The quantile `p`, not above one half: a guess, and two of Halley's steps, each of which cubes
/// the error.
fn lower_tail(p: f64) -> f64 {
    let mut z = guess(p);
    for _ in 0..2 {
        let error = 0.5 * libm::erfc(-z * FRAC_1_SQRT_2) - p;
        let newton = error * libm::sqrt(2.0 * PI) * libm::exp(0.5 * z * z);
        z -= newton / (1.0 + 0.5 * z * newton);
    }
    z
}

/// Right to 5e-4 of a deviation: the rational approximation 26.2.23 of Abramowitz and Stegun.
fn guess(p: f64) -> f64 {
    let t = libm::sqrt(-2.0 * libm::log(p));
    let above = 2.515_517 + t * (0.802_853 + t * 0.010_328);
    let below = 1.0 + t * (1.432_788 + t * (0.189_269 + t * 0.001_308));
    above / below - t
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_undoes_the_distribution_function() {
        for exponent in 1..=52 {
            let p = 1.0 / (1u64 << exponent) as f64;
            let back = 0.5 * libm::erfc(-inverse_normal(p) * FRAC_1_SQRT_2);
            assert!(
                (back / p - 1.0).abs() < 1e-13,
                "2^-{exponent}: {back} for {p}"
            );
            assert!((inverse_normal(1.0 - p) + inverse_normal(p)).abs() < 1e-12);
        }
        assert!((inverse_normal(0.99) - Z99).abs() < 1e-14);
        assert!(inverse_normal(0.5).abs() < 1e-15);
    }
}
