//! Numbers with units: durations, rates, percentages, quantities. Exact: no floating point.

use std::fmt;

use wavetank_core::time::SimDuration;

/// Why a text is not the number with a unit that was asked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum UnitError {
    /// A bare number where a unit is needed.
    #[error("has no unit")]
    NoUnit,
    /// Not a number with a known unit.
    #[error("is not a number with a unit")]
    Malformed,
    /// More than 64 bits hold.
    #[error("is too large")]
    TooLarge,
}

/// How often something happens: `200/s`, `6/h`; or bytes per time: `20Mi/s`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Rate {
    /// Thousandths of what happens in each `per`.
    pub milli: u64,
    /// One second, minute or hour.
    pub per: SimDuration,
}

/// A share in parts per million: 100 % is 1,000,000.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Percent {
    /// Parts per million.
    pub millionths: u64,
}

/// An amount of cpu, memory or something else, in thousandths, as Kubernetes writes it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Quantity {
    /// Thousandths of a core, byte or piece; fractions are rounded up, as Kubernetes does.
    pub milli: i64,
}

impl Rate {
    /// Events a second, for estimates and statistics.
    #[must_use]
    #[allow(clippy::cast_precision_loss)]
    pub fn per_second(self) -> f64 {
        self.milli as f64 * 1e6 / self.per.nanos() as f64
    }
}

impl Quantity {
    /// Whole units, rounded up: bytes of memory.
    #[must_use]
    pub const fn units(self) -> i64 {
        self.milli.div_euclid(1000) + (self.milli.rem_euclid(1000) != 0) as i64
    }
}

impl fmt::Display for Percent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}%", decimal_text(u128::from(self.millionths), 4))
    }
}

const SPANS: [(&str, u64); 6] = [
    ("ns", 1),
    ("us", 1_000),
    ("ms", 1_000_000),
    ("s", 1_000_000_000),
    ("m", 60_000_000_000),
    ("h", 3_600_000_000_000),
];

/// A duration: `250us`, `20ms`, `90s`, `1.5s`, `10m`, `1h30m`; bare `0` alone needs no unit.
///
/// # Errors
///
/// Without a unit, with an unknown one, below a nanosecond, or beyond 584 years.
pub fn duration(text: &str) -> Result<SimDuration, UnitError> {
    if text == "0" {
        return Ok(SimDuration::ZERO);
    }
    let mut rest = text;
    let mut total: u64 = 0;
    let mut previous = u64::MAX;
    while !rest.is_empty() {
        let (number, after) = leading_number(rest)?;
        let end = after.find(|c: char| !c.is_ascii_alphabetic() && c != 'µ');
        let (unit, next) = after.split_at(end.unwrap_or(after.len()));
        if unit.is_empty() {
            return Err(UnitError::NoUnit);
        }
        let unit = if unit == "µs" { "us" } else { unit };
        let scale = SPANS.iter().find(|(name, _)| *name == unit);
        let &(_, scale) = scale.ok_or(UnitError::Malformed)?;
        // Larger units first, each once, as in 1h30m.
        if scale >= previous {
            return Err(UnitError::Malformed);
        }
        previous = scale;
        let nanos = number.times(u128::from(scale)).ok_or(UnitError::TooLarge)?;
        let nanos = nanos.exact().ok_or(UnitError::Malformed)?;
        let nanos = u64::try_from(nanos).map_err(|_| UnitError::TooLarge)?;
        total = total.checked_add(nanos).ok_or(UnitError::TooLarge)?;
        rest = next;
    }
    if text.is_empty() {
        return Err(UnitError::Malformed);
    }
    Ok(SimDuration::from_nanos(total))
}

/// The shortest text that [`duration`] reads back as this duration: `1m30s`, `1500ms`, `0s`.
#[must_use]
pub fn duration_text(duration: SimDuration) -> String {
    let nanos = duration.nanos();
    if nanos == 0 {
        return "0s".to_owned();
    }
    if !nanos.is_multiple_of(1_000_000_000) {
        let (name, scale) = SPANS[..3]
            .iter()
            .rev()
            .find(|(_, scale)| nanos.is_multiple_of(*scale))
            .expect("every number of nanoseconds is divisible by one");
        return format!("{}{name}", nanos / scale);
    }
    let mut text = String::new();
    let mut rest = nanos;
    for (name, scale) in SPANS[3..].iter().rev() {
        if rest / scale > 0 {
            text.push_str(&format!("{}{name}", rest / scale));
            rest %= scale;
        }
    }
    text
}

/// A rate: `200/s`, `0.5/m`, `6/h`, `20Mi/s`.
///
/// # Errors
///
/// Without `/s`, `/m` or `/h`, or when it does not fit.
pub fn rate(text: &str) -> Result<Rate, UnitError> {
    let (amount, per) = text.split_once('/').ok_or(UnitError::NoUnit)?;
    let per = match per {
        "s" => SimDuration::from_secs(1),
        "m" => SimDuration::from_secs(60),
        "h" => SimDuration::from_secs(3600),
        _ => return Err(UnitError::Malformed),
    };
    let amount = quantity(amount)?;
    let milli = u64::try_from(amount.milli).map_err(|_| UnitError::Malformed)?;
    Ok(Rate { milli, per })
}

/// A percentage: `20%`, `0.1%`.
///
/// # Errors
///
/// Without `%`, or finer than a ten-thousandth of a percent.
pub fn percent(text: &str) -> Result<Percent, UnitError> {
    let number = text.strip_suffix('%').ok_or(UnitError::NoUnit)?;
    let (number, rest) = leading_number(number)?;
    if !rest.is_empty() {
        return Err(UnitError::Malformed);
    }
    let millionths = number.times(10_000).ok_or(UnitError::TooLarge)?;
    let millionths = millionths.exact().ok_or(UnitError::Malformed)?;
    let millionths = u64::try_from(millionths).map_err(|_| UnitError::TooLarge)?;
    Ok(Percent { millionths })
}

/// A quantity as Kubernetes writes it: `500m`, `2`, `1.5`, `2Gi`, `1e3`.
///
/// A thin check of the spelling: this is the one place to change when the core's quantities are to
/// be used instead.
///
/// # Errors
///
/// With an unknown suffix, or when the thousandths do not fit into 63 bits.
pub fn quantity(text: &str) -> Result<Quantity, UnitError> {
    let (negative, rest) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let (number, suffix) = leading_number(rest)?;
    let power = |base: u128, exponent: u32| base.checked_pow(exponent);
    let scale = match suffix {
        "" => Some(1_000),
        "m" => Some(1),
        "k" => Some(1_000_000),
        "M" => power(1000, 3),
        "G" => power(1000, 4),
        "T" => power(1000, 5),
        "P" => power(1000, 6),
        "Ki" => Some(1024 * 1000),
        "Mi" => power(1024, 2).map(|n| n * 1000),
        "Gi" => power(1024, 3).map(|n| n * 1000),
        "Ti" => power(1024, 4).map(|n| n * 1000),
        "Pi" => power(1024, 5).map(|n| n * 1000),
        _ => exponent(suffix).ok_or(UnitError::Malformed)?,
    };
    let scaled = scale.and_then(|scale| number.times(scale));
    let milli = scaled.ok_or(UnitError::TooLarge)?.rounded_up();
    let milli = i64::try_from(milli).map_err(|_| UnitError::TooLarge)?;
    let milli = if negative { -milli } else { milli };
    Ok(Quantity { milli })
}

/// `e3` or `E3`: the scale in thousandths.
fn exponent(suffix: &str) -> Option<Option<u128>> {
    let digits = suffix.strip_prefix(['e', 'E'])?;
    let digits = digits.strip_prefix('+').unwrap_or(digits);
    let exponent: u32 = digits.parse().ok()?;
    let scale = 10_u128.checked_pow(exponent);
    Some(scale.and_then(|scale| scale.checked_mul(1000)))
}

/// A decimal number without sign: `digits / 10^scale`.
#[derive(Clone, Copy)]
struct Decimal {
    digits: u128,
    scale: u32,
}

impl Decimal {
    fn times(self, factor: u128) -> Option<Self> {
        let digits = self.digits.checked_mul(factor)?;
        Some(Self { digits, ..self })
    }

    fn exact(self) -> Option<u128> {
        let divisor = 10_u128.pow(self.scale);
        self.digits
            .is_multiple_of(divisor)
            .then(|| self.digits / divisor)
    }

    fn rounded_up(self) -> u128 {
        self.digits.div_ceil(10_u128.pow(self.scale))
    }
}

/// The number at the start of a text, of at most 20 digits, and what follows it.
fn leading_number(text: &str) -> Result<(Decimal, &str), UnitError> {
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.');
    let (number, rest) = text.split_at(end.unwrap_or(text.len()));
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if number.ends_with('.') || fraction.contains('.') || (whole.is_empty() && fraction.is_empty())
    {
        return Err(UnitError::Malformed);
    }
    if whole.len() + fraction.len() > 20 {
        return Err(UnitError::TooLarge);
    }
    let digits = format!("0{whole}{fraction}");
    let digits = digits.parse().map_err(|_| UnitError::Malformed)?;
    let scale = u32::try_from(fraction.len()).map_err(|_| UnitError::TooLarge)?;
    Ok((Decimal { digits, scale }, rest))
}

/// `digits / 10^scale` as a decimal number without trailing zeros.
fn decimal_text(digits: u128, scale: u32) -> String {
    let divisor = 10_u128.pow(scale);
    let (whole, fraction) = (digits / divisor, digits % divisor);
    if fraction == 0 {
        return whole.to_string();
    }
    let fraction = format!("{fraction:0width$}", width = scale as usize);
    format!("{whole}.{}", fraction.trim_end_matches('0'))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn nanos(text: &str) -> Result<u64, UnitError> {
        duration(text).map(SimDuration::nanos)
    }

    #[test]
    fn durations_are_exact() {
        assert_eq!(nanos("250us"), Ok(250_000));
        assert_eq!(nanos("1h30m"), Ok(5_400_000_000_000));
        assert_eq!(nanos("1.5s"), Ok(1_500_000_000));
        assert_eq!(nanos("0"), Ok(0));
        assert_eq!(nanos("5"), Err(UnitError::NoUnit));
        assert_eq!(nanos("1m1h"), Err(UnitError::Malformed));
        assert_eq!(nanos("5 s"), Err(UnitError::NoUnit));
        assert_eq!(nanos("-5s"), Err(UnitError::Malformed));
        assert_eq!(nanos(""), Err(UnitError::Malformed));
        assert_eq!(nanos("999999999999999999h"), Err(UnitError::TooLarge));
    }

    #[test]
    fn rates_percentages_and_quantities() {
        assert_eq!(rate("200/s").map(|r| r.milli), Ok(200_000));
        assert_eq!(
            rate("20Mi/s").map(|r| r.milli),
            Ok(20 << 20).map(|n: u64| n * 1000)
        );
        assert_eq!(rate("200"), Err(UnitError::NoUnit));
        assert_eq!(percent("0.1%"), Ok(Percent { millionths: 1_000 }));
        assert_eq!(percent("0.1%").unwrap().to_string(), "0.1%");
        assert_eq!(percent("20"), Err(UnitError::NoUnit));
        assert_eq!(quantity("500m"), Ok(Quantity { milli: 500 }));
        assert_eq!(
            quantity("2Gi"),
            Ok(Quantity {
                milli: 2_147_483_648_000
            })
        );
        assert_eq!(quantity("1e3"), Ok(Quantity { milli: 1_000_000 }));
        assert_eq!(quantity("64mb"), Err(UnitError::Malformed));
        assert_eq!(quantity("64m").unwrap().units(), 1);
    }

    proptest! {
        #[test]
        fn durations_survive_printing(nanos in any::<u64>()) {
            let length = SimDuration::from_nanos(nanos);
            prop_assert_eq!(duration(&duration_text(length)), Ok(length));
        }

        #[test]
        fn any_text_is_read_or_refused(text in "\\PC{0,24}") {
            let _ = duration(&text).is_ok();
            let _ = rate(&text).is_ok();
            let _ = percent(&text).is_ok();
            let _ = quantity(&text).is_ok();
        }
    }
}
