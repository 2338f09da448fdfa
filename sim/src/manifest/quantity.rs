//! Quantities as manifests write them, exactly.

use std::collections::BTreeMap;

use k8s_openapi::apimachinery::pkg::api::resource::Quantity;

/// An exact quantity in thousand-millionths: the finest that Kubernetes keeps.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Amount(pub i128);

/// The unit in which the amount of a resource is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResourceUnit {
    /// Thousandths: `cpu`.
    Thousandths,
    /// Whole units: bytes, devices, pods.
    Whole,
}

/// Amounts by resource name: `cpu` in millicores, everything else in whole units.
pub type Amounts = BTreeMap<String, i64>;

impl ResourceUnit {
    /// The unit of a resource.
    #[must_use]
    pub fn of(resource: &str) -> Self {
        if resource == "cpu" {
            Self::Thousandths
        } else {
            Self::Whole
        }
    }
}

impl Amount {
    /// The amount in `unit`, rounded up, and no more than an `i64` holds.
    #[must_use]
    pub fn in_unit(self, unit: ResourceUnit) -> i64 {
        let size = match unit {
            ResourceUnit::Thousandths => 1_000_000,
            ResourceUnit::Whole => 1_000_000_000,
        };
        let rounded = self.0.div_euclid(size) + i128::from(self.0.rem_euclid(size) != 0);
        i64::try_from(rounded).unwrap_or(if rounded < 0 { i64::MIN } else { i64::MAX })
    }
}

/// Amounts of a list of resources. What is not a quantity counts as zero: it was reported.
#[must_use]
pub fn amounts(quantities: &BTreeMap<String, Quantity>) -> Amounts {
    let amount = |(name, quantity): (&String, &Quantity)| {
        let amount = parse_quantity(&quantity.0).unwrap_or_default();
        (name.clone(), amount.in_unit(ResourceUnit::of(name)))
    };
    quantities.iter().map(amount).collect()
}

/// Reads `500m`, `2Gi`, `1.5`, `1e3`. Amounts beyond 2^63 are capped there, finer ones than a
/// thousand-millionth are rounded away from zero, as Kubernetes does.
#[must_use]
pub fn parse_quantity(text: &str) -> Option<Amount> {
    let (negative, unsigned) = match text.as_bytes().first()? {
        b'-' => (true, &text[1..]),
        b'+' => (false, &text[1..]),
        _ => (false, text),
    };
    let digits_end = unsigned
        .find(|c: char| !c.is_ascii_digit() && c != '.')
        .unwrap_or(unsigned.len());
    let (number, suffix) = unsigned.split_at(digits_end);
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if (whole.is_empty() && fraction.is_empty()) || fraction.contains('.') {
        return None;
    }
    let (base, exponent) = scale(suffix)?;
    let digits = format!("{whole}{fraction}");
    let digits = digits.trim_start_matches('0');
    let point = i32::try_from(fraction.len()).ok()?;
    let magnitude = magnitude(
        digits,
        base,
        exponent.saturating_sub(point).saturating_add(9),
    );
    let magnitude = magnitude.min(i128::from(i64::MAX) * 1_000_000_000);
    Some(Amount(if negative { -magnitude } else { magnitude }))
}

/// `digits × base × 10^exponent`, rounded up, and capped.
fn magnitude(digits: &str, base: i128, exponent: i32) -> i128 {
    if digits.is_empty() {
        return 0;
    }
    // More digits than this are either beyond the cap or too fine to count, except for rounding.
    let (kept, dropped) = digits.split_at(digits.len().min(18));
    let dropped_count = i32::try_from(dropped.len()).unwrap_or(i32::MAX);
    let exponent = exponent.saturating_add(dropped_count);
    let mantissa = kept.parse::<i128>().unwrap_or(i128::MAX);
    let product = mantissa.saturating_mul(base);
    let inexact = dropped.contains(|c| c != '0');
    if exponent >= 0 {
        let factor = 10_i128
            .checked_pow(exponent.unsigned_abs())
            .unwrap_or(i128::MAX);
        return product.saturating_mul(factor);
    }
    let Some(divisor) = 10_i128.checked_pow(exponent.unsigned_abs()) else {
        return 1;
    };
    product / divisor + i128::from(product % divisor != 0 || inexact)
}

/// What a suffix multiplies by: a power of two and a power of ten.
fn scale(suffix: &str) -> Option<(i128, i32)> {
    Some(match suffix {
        "" => (1, 0),
        "n" => (1, -9),
        "u" => (1, -6),
        "m" => (1, -3),
        "k" => (1, 3),
        "M" => (1, 6),
        "G" => (1, 9),
        "T" => (1, 12),
        "P" => (1, 15),
        "E" => (1, 18),
        "Ki" => (1 << 10, 0),
        "Mi" => (1 << 20, 0),
        "Gi" => (1 << 30, 0),
        "Ti" => (1 << 40, 0),
        "Pi" => (1 << 50, 0),
        "Ei" => (1 << 60, 0),
        other => {
            let exponent = other.strip_prefix(['e', 'E'])?;
            let plain = exponent.strip_prefix('+').unwrap_or(exponent);
            let signless = plain.strip_prefix('-').unwrap_or(plain);
            if signless.is_empty() || !signless.bytes().all(|byte| byte.is_ascii_digit()) {
                return None;
            }
            (
                1,
                plain
                    .parse()
                    .ok()
                    .filter(|exponent: &i32| exponent.abs() < 1_000)?,
            )
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantities_are_exact() {
        let mut text = String::new();
        for quantity in [
            "500m",
            "0.5",
            "1",
            "2Gi",
            "1.5Gi",
            "1e3",
            "1E",
            "1Ei",
            "9E",
            "100E",
            "0.1m",
            ".5",
            "5.",
            "-1",
            "12000m",
            "0.0000000001",
            "1k",
            "1K",
            "1ki",
            "",
            "abc",
            "1.2.3",
            "1e",
            "1e+2",
            "1e-3",
            "0",
            "123456789012345678901234567890",
        ] {
            let shown = parse_quantity(quantity).map_or("refused".to_owned(), |amount| {
                let milli = amount.in_unit(ResourceUnit::Thousandths);
                format!(
                    "{milli} thousandths, {} units",
                    amount.in_unit(ResourceUnit::Whole)
                )
            });
            text.push_str(&format!("{quantity}: {shown}\n"));
        }
        expect_test::expect![[r#"
            500m: 500 thousandths, 1 units
            0.5: 500 thousandths, 1 units
            1: 1000 thousandths, 1 units
            2Gi: 2147483648000 thousandths, 2147483648 units
            1.5Gi: 1610612736000 thousandths, 1610612736 units
            1e3: 1000000 thousandths, 1000 units
            1E: 9223372036854775807 thousandths, 1000000000000000000 units
            1Ei: 9223372036854775807 thousandths, 1152921504606846976 units
            9E: 9223372036854775807 thousandths, 9000000000000000000 units
            100E: 9223372036854775807 thousandths, 9223372036854775807 units
            0.1m: 1 thousandths, 1 units
            .5: 500 thousandths, 1 units
            5.: 5000 thousandths, 5 units
            -1: -1000 thousandths, -1 units
            12000m: 12000 thousandths, 12 units
            0.0000000001: 1 thousandths, 1 units
            1k: 1000000 thousandths, 1000 units
            1K: refused
            1ki: refused
            : refused
            abc: refused
            1.2.3: refused
            1e: refused
            1e+2: 100000 thousandths, 100 units
            1e-3: 1 thousandths, 1 units
            0: 0 thousandths, 0 units
            123456789012345678901234567890: 9223372036854775807 thousandths, 9223372036854775807 units
        "#]].assert_eq(&text);
    }
}
