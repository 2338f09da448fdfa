//! Kubernetes quantities: `250m`, `1.5Gi`, `2e3`, as exact integers.
//!
//! A quantity is kept in billionths, which is as fine as Kubernetes goes: what is finer is rounded
//! away from zero, and what is greater than 2^63 − 1 becomes that, as its API server does it.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// Billionths in one.
const NANOS: i128 = 1_000_000_000;
/// The greatest magnitude: 2^63 − 1, in billionths.
const NANOS_MAX: u128 = 9_223_372_036_854_775_807 * 1_000_000_000;
/// How many digits a number may have between its first and last that are not zero. With a factor of
/// 2^60 they still fit in 128 bits.
const DIGITS_MAX: usize = 20;
/// The longest text that is looked at, in bytes.
const LENGTH_MAX: usize = 128;

/// An amount of a resource, with the notation in which it was written.
///
/// Quantities compare by [`Quantity::cmp_amount`]; `==` also compares the notation.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct Quantity {
    nanos: i128,
    notation: Notation,
}

/// How a quantity was written, and so how it is printed.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
pub enum Notation {
    /// Powers of 1,000: `n u m`, none, `k M G T P E`.
    #[default]
    Decimal,
    /// Powers of 1,024: `Ki Mi Gi Ti Pi Ei`.
    Binary,
    /// Powers of 10: `e3`, `E-6`.
    Exponent,
}

/// Why a text is not a quantity.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum QuantityError {
    /// Nothing was written.
    #[error("a quantity is empty: write a number with a unit, such as 500m or 2Gi")]
    Empty,
    /// The text does not begin with a number.
    #[error("`{text}` does not begin with a number: write one with a unit, such as 500m or 2Gi")]
    NoNumber {
        /// What was written.
        text: Box<str>,
    },
    /// What follows the number is not a unit.
    #[error(
        "`{suffix}` is not a unit of quantities: they are n u m k M G T P E, \
         Ki Mi Gi Ti Pi Ei, or an exponent such as e3"
    )]
    UnknownSuffix {
        /// What follows the number.
        suffix: Box<str>,
    },
    /// More digits than exact arithmetic here can carry.
    #[error("a quantity has {digits} significant digits; at most {limit} are allowed")]
    TooPrecise {
        /// How many there are.
        digits: usize,
        /// How many there may be.
        limit: usize,
    },
    /// A text that nobody wrote by hand.
    #[error("a quantity is {length} bytes long; at most {limit} are allowed")]
    TooLong {
        /// Its length in bytes.
        length: usize,
        /// The greatest length.
        limit: usize,
    },
}

/// Why an amount of bytes was probably meant otherwise; its text says what to write.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("`{number}m` is {number} thousandths of a byte; for mebibytes write `{number}Mi`")]
pub struct ThousandthsOfBytes {
    /// The number before the `m`.
    pub number: Box<str>,
}

impl Quantity {
    /// Nothing.
    pub const ZERO: Self = Self::from_whole(0, Notation::Decimal);

    /// So many whole units: bytes, pods, cores.
    #[must_use]
    pub const fn from_whole(amount: i64, notation: Notation) -> Self {
        Self {
            nanos: amount as i128 * NANOS,
            notation,
        }
    }

    /// So many thousandths: millicores.
    #[must_use]
    pub const fn from_millis(amount: i64) -> Self {
        Self {
            nanos: amount as i128 * (NANOS / 1_000),
            notation: Notation::Decimal,
        }
    }

    /// So many bytes, printed as `128Mi`.
    #[must_use]
    pub const fn from_bytes(amount: i64) -> Self {
        Self::from_whole(amount, Notation::Binary)
    }

    /// Whole units, rounded away from zero. What memory, storage and pods are counted in (S42).
    #[must_use]
    pub fn value(self) -> i64 {
        self.in_parts_of(NANOS)
    }

    /// Thousandths, rounded away from zero; at most `i64::MAX`. What CPU is counted in (S42).
    #[must_use]
    pub fn millis(self) -> i64 {
        self.in_parts_of(NANOS / 1_000)
    }

    /// Whether this is a whole number of units.
    #[must_use]
    pub const fn is_whole(self) -> bool {
        self.nanos % NANOS == 0
    }

    /// Whether this is less than nothing, which hardly any field allows.
    #[must_use]
    pub const fn is_negative(self) -> bool {
        self.nanos < 0
    }

    /// The notation in which it was written.
    #[must_use]
    pub const fn notation(self) -> Notation {
        self.notation
    }

    /// Compares the amounts, whatever their notations.
    #[must_use]
    pub fn cmp_amount(self, other: Self) -> std::cmp::Ordering {
        self.nanos.cmp(&other.nanos)
    }

    fn in_parts_of(self, part: i128) -> i64 {
        let rounded = self.nanos.unsigned_abs().div_ceil(part.unsigned_abs());
        let magnitude = i64::try_from(rounded).unwrap_or(i64::MAX);
        if self.nanos < 0 {
            -magnitude
        } else {
            magnitude
        }
    }
}

/// Whether a text for an amount of bytes uses `m`, thousandths, as if it were mebibytes.
///
/// Kubernetes accepts it (with a warning), so whether it is a mistake is for the caller to say.
#[must_use]
pub fn thousandths_of_bytes(text: &str) -> Option<ThousandthsOfBytes> {
    let number = text.trim().strip_suffix('m')?;
    number.parse::<u64>().ok()?;
    Some(ThousandthsOfBytes {
        number: number.into(),
    })
}

impl FromStr for Quantity {
    type Err = QuantityError;

    fn from_str(text: &str) -> Result<Self, QuantityError> {
        if text.is_empty() {
            return Err(QuantityError::Empty);
        }
        if text.len() > LENGTH_MAX {
            return Err(QuantityError::TooLong {
                length: text.len(),
                limit: LENGTH_MAX,
            });
        }
        let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
        let end = unsigned
            .find(|c: char| !c.is_ascii_digit() && c != '.')
            .unwrap_or(unsigned.len());
        let (number, suffix) = unsigned.split_at(end);
        let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
        if whole.len() + fraction.len() == 0 || fraction.contains('.') {
            return Err(QuantityError::NoNumber { text: text.into() });
        }
        let unit = Unit::parse(suffix)?;
        let magnitude = unit.nanos(whole, fraction)?.min(NANOS_MAX);
        let nanos = i128::try_from(magnitude).expect("the limit is below 2^127");
        Ok(Self {
            nanos: if text.starts_with('-') { -nanos } else { nanos },
            notation: unit.notation,
        })
    }
}

/// What a suffix multiplies by: `10^tens · 2^twos`.
struct Unit {
    tens: i32,
    twos: u32,
    notation: Notation,
}

impl Unit {
    fn parse(suffix: &str) -> Result<Self, QuantityError> {
        let (tens, twos, notation) = match suffix {
            "n" => (-9, 0, Notation::Decimal),
            "u" => (-6, 0, Notation::Decimal),
            "m" => (-3, 0, Notation::Decimal),
            "" => (0, 0, Notation::Decimal),
            "k" => (3, 0, Notation::Decimal),
            "M" => (6, 0, Notation::Decimal),
            "G" => (9, 0, Notation::Decimal),
            "T" => (12, 0, Notation::Decimal),
            "P" => (15, 0, Notation::Decimal),
            "E" => (18, 0, Notation::Decimal),
            "Ki" => (0, 10, Notation::Binary),
            "Mi" => (0, 20, Notation::Binary),
            "Gi" => (0, 30, Notation::Binary),
            "Ti" => (0, 40, Notation::Binary),
            "Pi" => (0, 50, Notation::Binary),
            "Ei" => (0, 60, Notation::Binary),
            _ => {
                let exponent = suffix.strip_prefix(['e', 'E']).and_then(|n| n.parse().ok());
                let tens = exponent.ok_or_else(|| QuantityError::UnknownSuffix {
                    suffix: suffix.into(),
                })?;
                (tens, 0, Notation::Exponent)
            }
        };
        Ok(Self {
            tens,
            twos,
            notation,
        })
    }

    /// Billionths of `whole.fraction` of this unit, rounded up; `u128::MAX` when they are too many.
    fn nanos(&self, whole: &str, fraction: &str) -> Result<u128, QuantityError> {
        let digits = format!("{whole}{fraction}");
        let significant = digits.trim_start_matches('0').trim_end_matches('0');
        if significant.len() > DIGITS_MAX {
            return Err(QuantityError::TooPrecise {
                digits: significant.len(),
                limit: DIGITS_MAX,
            });
        }
        if significant.is_empty() {
            return Ok(0);
        }
        let number: u128 = significant.parse().expect("at most 20 digits");
        let trailing = digits.len() - digits.trim_end_matches('0').len();
        // At most 128 digits, so the sum is far from overflowing but for the exponent's own extent.
        let scale = i64::from(self.tens) + 9 + trailing as i64 - fraction.len() as i64;
        let scaled = number << self.twos;
        let power = u32::try_from(scale.unsigned_abs())
            .ok()
            .and_then(|power| 10u128.checked_pow(power));
        Ok(match power {
            Some(power) if scale >= 0 => scaled.saturating_mul(power),
            Some(power) => scaled.div_ceil(power),
            None if scale >= 0 => u128::MAX,
            // Less than a billionth of a billionth, but not nothing.
            None => 1,
        })
    }
}

/// As `kubectl` prints it: no fraction, and the greatest unit that leaves none.
impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.nanos < 0 { "-" } else { "" };
        let mut number = self.nanos.unsigned_abs();
        // Small or broken amounts are decimal whatever their notation: `512`, `1500m`.
        let small = number < 1_024 * NANOS.unsigned_abs();
        if self.notation == Notation::Binary && !small && self.is_whole() {
            number /= NANOS.unsigned_abs();
            let mut suffixes = ["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"].into_iter();
            let mut suffix = suffixes.next().unwrap_or_default();
            while number.is_multiple_of(1_024)
                && let Some(next) = suffixes.next()
            {
                number /= 1_024;
                suffix = next;
            }
            return write!(f, "{sign}{number}{suffix}");
        }
        if number == 0 {
            return f.write_str("0");
        }
        let mut power = 0u8;
        while number.is_multiple_of(1_000) && power < 9 {
            number /= 1_000;
            power += 1;
        }
        match self.notation {
            Notation::Exponent if power == 3 => write!(f, "{sign}{number}"),
            Notation::Exponent => write!(f, "{sign}{number}e{}", 3 * i32::from(power) - 9),
            Notation::Decimal | Notation::Binary => {
                let suffix = ["n", "u", "m", "", "k", "M", "G", "T", "P", "E"][usize::from(power)];
                write!(f, "{sign}{number}{suffix}")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};
    use proptest::prelude::*;

    use super::*;

    fn check(texts: &[&str], expected: Expect) {
        let lines = texts.iter().map(|text| match text.parse::<Quantity>() {
            Ok(q) => format!("{text}: {q}, value {}, millis {}\n", q.value(), q.millis()),
            Err(error) => format!("{text}: {error}\n"),
        });
        expected.assert_eq(&lines.collect::<String>());
    }

    #[test]
    fn every_form_is_read_and_printed_as_kubectl_does() {
        check(
            &[
                "0", "1", "100m", "0.5", ".5", "5.", "1.5Gi", "0.5Mi", "2e3", "1E3", "1e-3",
                "12Ki", "1n", "100u", "3P", "1E", "1Ei", "-2", "+250m", "1500", "1024", "1024Ki",
                "1000Ki", "512Ki", "0.5Ki", "0.1Ki", "1000m", "64m", "128Mi", "00012", "1.000Gi",
                "1000000",
            ],
            expect![[r#"
                0: 0, value 0, millis 0
                1: 1, value 1, millis 1000
                100m: 100m, value 1, millis 100
                0.5: 500m, value 1, millis 500
                .5: 500m, value 1, millis 500
                5.: 5, value 5, millis 5000
                1.5Gi: 1536Mi, value 1610612736, millis 1610612736000
                0.5Mi: 512Ki, value 524288, millis 524288000
                2e3: 2e3, value 2000, millis 2000000
                1E3: 1e3, value 1000, millis 1000000
                1e-3: 1e-3, value 1, millis 1
                12Ki: 12Ki, value 12288, millis 12288000
                1n: 1n, value 1, millis 1
                100u: 100u, value 1, millis 1
                3P: 3P, value 3000000000000000, millis 3000000000000000000
                1E: 1E, value 1000000000000000000, millis 9223372036854775807
                1Ei: 1Ei, value 1152921504606846976, millis 9223372036854775807
                -2: -2, value -2, millis -2000
                +250m: 250m, value 1, millis 250
                1500: 1500, value 1500, millis 1500000
                1024: 1024, value 1024, millis 1024000
                1024Ki: 1Mi, value 1048576, millis 1048576000
                1000Ki: 1000Ki, value 1024000, millis 1024000000
                512Ki: 512Ki, value 524288, millis 524288000
                0.5Ki: 512, value 512, millis 512000
                0.1Ki: 102400m, value 103, millis 102400
                1000m: 1, value 1, millis 1000
                64m: 64m, value 1, millis 64
                128Mi: 128Mi, value 134217728, millis 134217728000
                00012: 12, value 12, millis 12000
                1.000Gi: 1Gi, value 1073741824, millis 1073741824000
                1000000: 1M, value 1000000, millis 1000000000
            "#]],
        );
    }

    #[test]
    fn amounts_round_away_from_zero_and_stop_at_the_limit() {
        check(
            &[
                "0.1m",
                "1.0001",
                "-1.5",
                "-0.0001",
                "0.1n",
                "1e-30",
                "1e-2000000000",
                "9223372036854775807",
                "9223372036854775808",
                "10Ei",
                "-10Ei",
                "1e2000000000",
                "9223372036854775807m",
                "0e99",
            ],
            expect![[r#"
                0.1m: 100u, value 1, millis 1
                1.0001: 1000100u, value 2, millis 1001
                -1.5: -1500m, value -2, millis -1500
                -0.0001: -100u, value -1, millis -1
                0.1n: 1n, value 1, millis 1
                1e-30: 1e-9, value 1, millis 1
                1e-2000000000: 1e-9, value 1, millis 1
                9223372036854775807: 9223372036854775807, value 9223372036854775807, millis 9223372036854775807
                9223372036854775808: 9223372036854775807, value 9223372036854775807, millis 9223372036854775807
                10Ei: 9223372036854775807, value 9223372036854775807, millis 9223372036854775807
                -10Ei: -9223372036854775807, value -9223372036854775807, millis -9223372036854775807
                1e2000000000: 9223372036854775807, value 9223372036854775807, millis 9223372036854775807
                9223372036854775807m: 9223372036854775807m, value 9223372036854776, millis 9223372036854775807
                0e99: 0, value 0, millis 0
            "#]],
        );
    }

    #[test]
    fn what_is_no_quantity_is_explained() {
        let long = "1".repeat(129);
        check(
            &[
                "",
                "m",
                "-",
                ".",
                "1.2.3",
                "abc",
                "1 Gi",
                "1GB",
                "1K",
                "1mi",
                "5e",
                "1e3k",
                "1e99999999999",
                "0.123456789012345678901",
                "١",
                &long,
            ],
            expect![[r#"
                : a quantity is empty: write a number with a unit, such as 500m or 2Gi
                m: `m` does not begin with a number: write one with a unit, such as 500m or 2Gi
                -: `-` does not begin with a number: write one with a unit, such as 500m or 2Gi
                .: `.` does not begin with a number: write one with a unit, such as 500m or 2Gi
                1.2.3: `1.2.3` does not begin with a number: write one with a unit, such as 500m or 2Gi
                abc: `abc` does not begin with a number: write one with a unit, such as 500m or 2Gi
                1 Gi: ` Gi` is not a unit of quantities: they are n u m k M G T P E, Ki Mi Gi Ti Pi Ei, or an exponent such as e3
                1GB: `GB` is not a unit of quantities: they are n u m k M G T P E, Ki Mi Gi Ti Pi Ei, or an exponent such as e3
                1K: `K` is not a unit of quantities: they are n u m k M G T P E, Ki Mi Gi Ti Pi Ei, or an exponent such as e3
                1mi: `mi` is not a unit of quantities: they are n u m k M G T P E, Ki Mi Gi Ti Pi Ei, or an exponent such as e3
                5e: `e` is not a unit of quantities: they are n u m k M G T P E, Ki Mi Gi Ti Pi Ei, or an exponent such as e3
                1e3k: `e3k` is not a unit of quantities: they are n u m k M G T P E, Ki Mi Gi Ti Pi Ei, or an exponent such as e3
                1e99999999999: `e99999999999` is not a unit of quantities: they are n u m k M G T P E, Ki Mi Gi Ti Pi Ei, or an exponent such as e3
                0.123456789012345678901: a quantity has 21 significant digits; at most 20 are allowed
                ١: `١` does not begin with a number: write one with a unit, such as 500m or 2Gi
                111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111: a quantity is 129 bytes long; at most 128 are allowed
            "#]],
        );
    }

    #[test]
    fn thousandths_of_bytes_are_noticed() {
        expect!["`64m` is 64 thousandths of a byte; for mebibytes write `64Mi`"]
            .assert_eq(&thousandths_of_bytes("64m").unwrap().to_string());
        for text in ["64Mi", "64M", "m", "0.5m", "64"] {
            assert_eq!(thousandths_of_bytes(text), None);
        }
    }

    #[test]
    fn amounts_are_printed_as_kubectl_does() {
        assert_eq!(Quantity::from_millis(250).to_string(), "250m");
        assert_eq!(Quantity::from_millis(2_000).to_string(), "2");
        assert_eq!(Quantity::from_bytes(128 << 20).to_string(), "128Mi");
        assert_eq!(Quantity::from_bytes(1_000).to_string(), "1k");
        assert_eq!(Quantity::ZERO.to_string(), "0");
    }

    proptest! {
        #[test]
        fn what_is_printed_reads_as_the_same_amount(millis in any::<i32>(), bytes in any::<i64>()) {
            for quantity in [Quantity::from_millis(i64::from(millis)), Quantity::from_bytes(bytes)] {
                let again: Quantity = quantity.to_string().parse().unwrap();
                let capped = quantity.nanos.max(-i128::from(i64::MAX) * NANOS);
                prop_assert_eq!(again.nanos, capped);
                prop_assert_eq!(again.to_string().parse::<Quantity>().unwrap(), again);
            }
        }

        #[test]
        fn no_text_panics(text in "[+-]?[0-9.]{0,25}[a-zA-Z]{0,3}[+-]?[0-9]{0,12}") {
            if let Ok(quantity) = text.parse::<Quantity>() {
                prop_assert_eq!(quantity.to_string().parse::<Quantity>().unwrap().nanos, quantity.nanos);
            }
        }
    }
}
