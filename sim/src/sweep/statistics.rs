//! Statistics of runs: means, quantiles, shares, each with how sure it is.
//!
//! Sums are taken in the order in which values are given; transcendental functions are `libm`'s. The
//! same values in the same order give the same bits.

use super::distribution::{binomial_probability, float, normal_quantile, t_quantile};

/// A mean and how sure it is.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Mean {
    /// The mean.
    pub mean: f64,
    /// Half the width of its confidence interval; none with fewer than two values.
    pub half_width: Option<f64>,
    /// How many values there were.
    pub count: u64,
}

/// A quantile and how sure it is.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Quantile {
    /// The value that this share of the runs does not exceed: always one that occurred.
    pub value: f64,
    /// The lower end of its interval; none: there are too few values to say.
    pub low: Option<f64>,
    /// The upper end.
    pub high: Option<f64>,
}

/// A share of runs and how sure it is.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Share {
    /// How many runs.
    pub hits: u64,
    /// Of so many.
    pub count: u64,
    /// The lower end of its interval, from 0 to 1.
    pub low: f64,
    /// The upper end.
    pub high: f64,
}

impl Share {
    /// The share itself, from 0 to 1; 0 of none.
    #[must_use]
    pub const fn share(&self) -> f64 {
        if self.count == 0 {
            0.0
        } else {
            float(self.hits) / float(self.count)
        }
    }
}

/// The mean of values that are independent of each other, with Student's interval. None of no values.
///
/// `confidence` is from 0 to 1: 0.95.
#[must_use]
pub fn mean(values: &[f64], confidence: f64) -> Option<Mean> {
    let count = values.len() as u64;
    if count == 0 {
        return None;
    }
    let mean = sum(values) / float(count);
    if count == 1 {
        return Some(Mean {
            mean,
            half_width: None,
            count,
        });
    }
    let error = libm::sqrt(variance(values, mean) / float(count));
    let half_width = if error == 0.0 {
        0.0
    } else {
        t_quantile(f64::midpoint(1.0, confidence), float(count - 1)) * error
    };
    Some(Mean {
        mean,
        half_width: Some(half_width),
        count,
    })
}

/// The mean of the differences of values that belong together pair by pair, first less second: runs
/// under one seed see the same weather.
#[must_use]
pub fn paired(pairs: &[(f64, f64)], confidence: f64) -> Option<Mean> {
    let differences: Vec<f64> = pairs.iter().map(|(one, other)| one - other).collect();
    mean(&differences, confidence)
}

/// By how much pairing has lessened the variance of the difference: 4 means that independent runs would
/// have had to be four times as many. None when there is no spread.
#[must_use]
pub fn variance_reduction(pairs: &[(f64, f64)]) -> Option<f64> {
    if pairs.len() < 2 {
        return None;
    }
    let of = |values: Vec<f64>| {
        let mean = sum(&values) / float(values.len() as u64);
        variance(&values, mean)
    };
    let first = of(pairs.iter().map(|pair| pair.0).collect());
    let second = of(pairs.iter().map(|pair| pair.1).collect());
    let together = of(pairs.iter().map(|pair| pair.0 - pair.1).collect());
    (together > 0.0).then(|| (first + second) / together)
}

/// The variance of a sample about its mean; at least two values.
fn variance(values: &[f64], mean: f64) -> f64 {
    let squares = values.iter().map(|value| (value - mean) * (value - mean));
    squares.fold(0.0, |sum, square| sum + square) / float(values.len() as u64 - 1)
}

/// The sum in the order given, with Neumaier's correction: equal values have exactly their mean.
fn sum(values: &[f64]) -> f64 {
    let (mut sum, mut rest) = (0.0_f64, 0.0_f64);
    for value in values {
        let next = sum + value;
        rest += if sum.abs() >= value.abs() {
            (sum - next) + value
        } else {
            (value - next) + sum
        };
        sum = next;
    }
    sum + rest
}

/// The quantile of `thousandths` (990 is p99) of ascending values, with the interval that order
/// statistics give. None of no values.
#[must_use]
pub fn quantile(sorted: &[f64], thousandths: u16, confidence: f64) -> Option<Quantile> {
    let count = sorted.len();
    let rank = (count * usize::from(thousandths)).div_ceil(1_000).max(1);
    let value = *sorted.get(rank - 1)?;
    let p = f64::from(thousandths) / 1e3;
    let beyond = (1.0 - confidence) / 2.0;
    let at_most = |k: usize| binomial_probability(k as u64, count as u64, p);
    // The quantile lies below the l-th smallest value with probability P(fewer than l are below it).
    let is_low = |l: usize| at_most(l - 1) <= beyond;
    let is_high = |u: usize| at_most(u - 1) >= 1.0 - beyond;
    let low = last_where(count, &is_low).map(|l| sorted[l - 1]);
    let first_high = last_where(count, &|u| !is_high(u)).unwrap_or(0) + 1;
    let high = sorted.get(first_high - 1).copied();
    Some(Quantile { value, low, high })
}

/// The last of 1 to `count` for which a condition holds that holds up to some number only.
fn last_where(count: usize, condition: &dyn Fn(usize) -> bool) -> Option<usize> {
    let (mut low, mut high) = (0, count + 1);
    while high - low > 1 {
        let middle = usize::midpoint(low, high);
        if condition(middle) {
            low = middle;
        } else {
            high = middle;
        }
    }
    (low > 0).then_some(low)
}

/// `hits` of `count`, with Wilson's interval.
#[must_use]
pub fn share(hits: u64, count: u64, confidence: f64) -> Share {
    if count == 0 {
        return Share {
            hits,
            count,
            low: 0.0,
            high: 1.0,
        };
    }
    let n = float(count);
    let p = float(hits) / n;
    let z = normal_quantile(f64::midpoint(1.0, confidence));
    let squared = z * z;
    let centre = (p + squared / (2.0 * n)) / (1.0 + squared / n);
    let spread = z * libm::sqrt(p * (1.0 - p) / n + squared / (4.0 * n * n)) / (1.0 + squared / n);
    Share {
        hits,
        count,
        low: if hits == 0 { 0.0 } else { centre - spread },
        high: if hits == count { 1.0 } else { centre + spread },
    }
}

/// The largest probability that is still credible of something that did not happen in `count` runs: the
/// rule of three, 3/n at 95 %.
#[must_use]
pub fn rule_of_three(count: u64, confidence: f64) -> f64 {
    if count == 0 {
        return 1.0;
    }
    (-libm::log1p(-confidence) / float(count)).min(1.0)
}

/// The values in ascending order; those that are no numbers last.
#[must_use]
pub fn sorted(values: &[f64]) -> Vec<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};
    use proptest::prelude::*;

    use super::*;

    fn check_mean(values: &[f64], expected: &Expect) {
        let found = mean(values, 0.95);
        let shown = found.map_or("—".to_owned(), |found| {
            let width = found.half_width;
            let width = width.map_or("—".to_owned(), |width| format!("{width:.4}"));
            format!("{:.4} ±{width} of {}", found.mean, found.count)
        });
        expected.assert_eq(&shown);
    }

    #[test]
    fn means_have_students_interval() {
        // s = 1.5811, t(4) = 2.7764.
        check_mean(&[1.0, 2.0, 3.0, 4.0, 5.0], &expect!["3.0000 ±1.9632 of 5"]);
        check_mean(&[7.0, 7.0, 7.0], &expect!["7.0000 ±0.0000 of 3"]);
        check_mean(&[0.1; 10], &expect!["0.1000 ±0.0000 of 10"]);
        check_mean(&[2.5], &expect!["2.5000 ±— of 1"]);
        check_mean(&[], &expect!["—"]);
    }

    /// Student's own data: hours of sleep gained with two drugs, ten patients.
    #[test]
    fn pairs_are_compared_one_by_one() {
        let first = [0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0];
        let second = [1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4];
        let pairs: Vec<(f64, f64)> = first.into_iter().zip(second).collect();
        let found = paired(&pairs, 0.95).unwrap();
        let reduction = variance_reduction(&pairs).unwrap();
        let width = found.half_width.unwrap();
        expect!["-1.58 ±0.88, 4.8 times"].assert_eq(&format!(
            "{:.2} ±{width:.2}, {reduction:.1} times",
            found.mean
        ));
        assert_eq!(variance_reduction(&[(1.0, 2.0), (3.0, 4.0)]), None);
    }

    fn check_quantile(count: u32, thousandths: u16, expected: &Expect) {
        let values: Vec<f64> = (1..=count).map(f64::from).collect();
        let found = quantile(&values, thousandths, 0.95);
        let shown = found.map(|found| (found.value, found.low, found.high));
        expected.assert_eq(&format!("{shown:?}"));
    }

    /// The intervals of the median are those of the tables of the sign test.
    #[test]
    fn quantiles_are_values_that_occurred() {
        check_quantile(10, 500, &expect!["Some((5.0, Some(2.0), Some(9.0)))"]);
        check_quantile(20, 500, &expect!["Some((10.0, Some(6.0), Some(15.0)))"]);
        check_quantile(100, 500, &expect!["Some((50.0, Some(40.0), Some(61.0)))"]);
        check_quantile(5, 500, &expect!["Some((3.0, None, None))"]);
        check_quantile(200, 990, &expect![["Some((198.0, Some(195.0), None))"]]);
        check_quantile(1_000, 999, &expect!["Some((999.0, Some(997.0), None))"]);
        check_quantile(1, 990, &expect!["Some((1.0, Some(1.0), None))"]);
        check_quantile(0, 990, &expect!["None"]);
    }

    fn check_share(hits: u64, count: u64, expected: &Expect) {
        let found = share(hits, count, 0.95);
        expected.assert_eq(&format!("{:.4} – {:.4}", found.low, found.high));
    }

    #[test]
    fn shares_have_wilsons_interval() {
        check_share(0, 200, &expect!["0.0000 – 0.0188"]);
        check_share(200, 200, &expect!["0.9812 – 1.0000"]);
        check_share(104, 200, &expect!["0.4510 – 0.5882"]);
        // Newcombe 1998: 81 of 263, 15 of 148.
        check_share(81, 263, &expect!["0.2553 – 0.3662"]);
        check_share(15, 148, &expect!["0.0624 – 0.1605"]);
        check_share(0, 0, &expect!["0.0000 – 1.0000"]);
    }

    #[test]
    fn what_never_happened_may_still_happen() {
        let shown = [1, 3, 100, 200].map(|count| format!("{:.4}", rule_of_three(count, 0.95)));
        expect!["1.0000 0.9986 0.0300 0.0150"].assert_eq(&shown.join(" "));
    }

    proptest! {
        #[test]
        fn intervals_contain_what_they_are_about(
            values in proptest::collection::vec(-1e6_f64..1e6, 1..60),
            thousandths in 1_u16..1_000,
        ) {
            let sorted = sorted(&values);
            let found = quantile(&sorted, thousandths, 0.95).unwrap();
            prop_assert!(found.low.is_none_or(|low| low <= found.value));
            prop_assert!(found.high.is_none_or(|high| high >= found.value));
            let middle = mean(&values, 0.95).unwrap().mean;
            prop_assert!(sorted[0] - 1e-6 <= middle && middle <= sorted[sorted.len() - 1] + 1e-6);
            let hits = values.iter().filter(|value| **value > 0.0).count() as u64;
            let part = share(hits, values.len() as u64, 0.95);
            prop_assert!(part.low <= part.share() && part.share() <= part.high);
        }
    }
}
