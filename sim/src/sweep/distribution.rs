//! Distributions that intervals are made of. Transcendental functions come from `libm`, so that every
//! machine computes the same bits.

/// Steps of a continued fraction; convergence takes far fewer for the arguments of sweeps.
const FRACTION_STEPS: u32 = 10_000;
/// Halvings of an interval of doubles: after these nothing is left of it.
const HALVINGS: u32 = 200;

/// The regularised incomplete beta function I_x(a, b), for a, b > 0 and x from 0 to 1.
///
/// By the continued fraction of Abramowitz and Stegun 26.5.8, evaluated from the front.
#[must_use]
pub fn incomplete_beta(a: f64, b: f64, x: f64) -> f64 {
    if x <= 0.0 {
        return 0.0;
    }
    if x >= 1.0 {
        return 1.0;
    }
    // The fraction converges quickly on this side of the mean only.
    if x > (a + 1.0) / (a + b + 2.0) {
        return 1.0 - incomplete_beta(b, a, 1.0 - x);
    }
    let scale = libm::lgamma(a + b) - libm::lgamma(a) - libm::lgamma(b);
    let front = libm::exp(scale + a * libm::log(x) + b * libm::log1p(-x)) / a;
    front * fraction(a, b, x)
}

/// The continued fraction of the incomplete beta function.
fn fraction(a: f64, b: f64, x: f64) -> f64 {
    let nonzero = |value: f64| if value.abs() < 1e-300 { 1e-300 } else { value };
    let mut c = 1.0;
    let mut d = 1.0 / nonzero(1.0 - (a + b) * x / (a + 1.0));
    let mut result = d;
    for step in 1..FRACTION_STEPS {
        let m = f64::from(step);
        let even = m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m));
        d = 1.0 / nonzero(1.0 + even * d);
        c = nonzero(1.0 + even / c);
        result *= d * c;
        let odd = -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0));
        d = 1.0 / nonzero(1.0 + odd * d);
        c = nonzero(1.0 + odd / c);
        let factor = d * c;
        result *= factor;
        if (factor - 1.0).abs() < 1e-15 {
            break;
        }
    }
    result
}

/// The probability that Student's t with `freedom` degrees of freedom is at most `t`.
#[must_use]
pub fn t_probability(t: f64, freedom: f64) -> f64 {
    let tail = 0.5 * incomplete_beta(freedom / 2.0, 0.5, freedom / (freedom + t * t));
    if t > 0.0 { 1.0 - tail } else { tail }
}

/// The quantile of Student's t: the value that it does not exceed with probability `p`, 0 < p < 1.
#[must_use]
pub fn t_quantile(p: f64, freedom: f64) -> f64 {
    // By symmetry the upper tail, where the probability is small and so exact.
    if p < 0.5 {
        return -t_quantile(1.0 - p, freedom);
    }
    let beyond = 1.0 - p;
    let tail = |t: f64| 0.5 * incomplete_beta(freedom / 2.0, 0.5, freedom / (freedom + t * t));
    falls_to(&tail, beyond)
}

/// The quantile of the standard normal distribution, 0 < p < 1.
#[must_use]
pub fn normal_quantile(p: f64) -> f64 {
    if p < 0.5 {
        return -normal_quantile(1.0 - p);
    }
    let beyond = 1.0 - p;
    falls_to(&|z| 0.5 * libm::erfc(z / core::f64::consts::SQRT_2), beyond)
}

/// Where a falling function of a number from zero on reaches `level`, by halving.
fn falls_to(function: &dyn Fn(f64) -> f64, level: f64) -> f64 {
    let mut high = 1.0;
    while function(high) > level && high < 1e300 {
        high *= 2.0;
    }
    let mut low = 0.0;
    for _ in 0..HALVINGS {
        let middle = low + (high - low) / 2.0;
        if middle <= low || middle >= high {
            break;
        }
        if function(middle) > level {
            low = middle;
        } else {
            high = middle;
        }
    }
    high
}

/// The probability of at most `k` successes in `n` trials that succeed with probability `p` each.
#[must_use]
pub fn binomial_probability(k: u64, n: u64, p: f64) -> f64 {
    if k >= n {
        return 1.0;
    }
    incomplete_beta(float(n - k), float(k) + 1.0, 1.0 - p)
}

/// A count as a float; counts of runs are far below 2^53.
#[must_use]
#[allow(clippy::cast_precision_loss)]
pub(super) const fn float(count: u64) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;

    fn check(values: &[f64], expected: &Expect) {
        let shown: Vec<String> = values.iter().map(|value| format!("{value:.4}")).collect();
        expected.assert_eq(&shown.join(" "));
    }

    /// The upper 2.5 % and 0.5 % points, as tables have them.
    #[test]
    fn students_t_is_that_of_the_tables() {
        let freedoms = [1.0, 2.0, 4.0, 9.0, 29.0, 120.0, 100_000.0];
        check(
            &freedoms.map(|freedom| t_quantile(0.975, freedom)),
            &expect!["12.7062 4.3027 2.7764 2.2622 2.0452 1.9799 1.9600"],
        );
        check(
            &freedoms.map(|freedom| t_quantile(0.995, freedom)),
            &expect!["63.6567 9.9248 4.6041 3.2498 2.7564 2.6174 2.5759"],
        );
        check(
            &[t_quantile(0.5, 3.0), t_quantile(0.025, 4.0)],
            &expect!["0.0000 -2.7764"],
        );
        check(
            &[t_probability(2.0, 5.0), t_probability(-2.0, 5.0)],
            &expect!["0.9490 0.0510"],
        );
    }

    #[test]
    fn the_normal_distribution_is_that_of_the_tables() {
        check(
            &[0.9, 0.95, 0.975, 0.995, 0.025].map(normal_quantile),
            &expect!["1.2816 1.6449 1.9600 2.5758 -1.9600"],
        );
    }

    #[test]
    fn binomial_sums_are_exact() {
        // 10 throws of a coin: 1, 11, 56 of 1024.
        check(
            &[0, 1, 2, 9, 10].map(|k| 1024.0 * binomial_probability(k, 10, 0.5)),
            &expect!["1.0000 11.0000 56.0000 1023.0000 1024.0000"],
        );
        check(&[binomial_probability(2, 20, 0.3)], &expect!["0.0355"]);
    }
}
