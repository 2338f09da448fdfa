//! Times for people: ages, wall times, and instants counted from t = 0.

use thiserror::Error;
use wavetank_core::log::Header;
use wavetank_core::time::{NANOS_PER_SECOND, SimDuration, SimTime, Stamp};

/// The clocks of a run, from its header.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Clock {
    /// The wall clock's whole seconds since 1970 at the beginning of the run.
    pub epoch_seconds: u64,
    /// Where within a wall second the run began, in nanoseconds.
    pub phase: u32,
    /// The instant that people call t = 0.
    pub zero: SimTime,
}

/// Why a text is not an instant of a run.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
pub enum TimeError {
    /// It does not have the form of a time.
    #[error(
        "`{text}` is not a time: write it as 3m17.2s, 90s, 1h2m or 250ms, counted from t = 0, and \
         with a minus for the warm-up"
    )]
    Form {
        /// What was written.
        text: String,
    },
    /// It is before the run began.
    #[error("{text} is before the run, which began at t={begin}")]
    BeforeRun {
        /// What was written.
        text: String,
        /// The run's beginning.
        begin: String,
    },
}

impl Clock {
    /// The clocks of the run with this header.
    #[must_use]
    pub const fn of(header: &Header) -> Self {
        Self {
            epoch_seconds: header.epoch_seconds,
            phase: header.clock_phase,
            zero: header.zero,
        }
    }

    /// An instant counted from t = 0, in milliseconds: `3.085s`, `-0.250s`.
    #[must_use]
    pub fn since_zero(&self, at: SimTime) -> String {
        if at >= self.zero {
            format!("{}", SimTime::from_nanos((at - self.zero).nanos()))
        } else {
            format!("-{}", SimTime::from_nanos((self.zero - at).nanos()))
        }
    }

    /// The instant that `text` names, counted from t = 0: `3m17.2s`, `-5s`.
    ///
    /// # Errors
    ///
    /// When it has another form, or lies before the run.
    pub fn parse(&self, text: &str) -> Result<SimTime, TimeError> {
        let form = || TimeError::Form {
            text: text.to_owned(),
        };
        let trimmed = text.trim().trim_start_matches("t=");
        let (is_before, digits) = match trimmed.strip_prefix('-') {
            Some(digits) => (true, digits),
            None => (false, trimmed.strip_prefix('+').unwrap_or(trimmed)),
        };
        let nanos = parse_duration(digits).ok_or_else(form)?.nanos();
        let zero = self.zero.nanos();
        let at = if is_before {
            zero.checked_sub(nanos)
                .ok_or_else(|| TimeError::BeforeRun {
                    text: text.to_owned(),
                    begin: self.since_zero(SimTime::ZERO),
                })?
        } else {
            zero.checked_add(nanos).ok_or_else(form)?
        };
        Ok(SimTime::from_nanos(at))
    }

    /// A stored time as the API writes it: `2026-01-01T00:00:05Z`.
    #[must_use]
    pub fn wall(&self, stamp: Stamp) -> String {
        rfc3339(self.epoch_seconds.saturating_add(u64::from(stamp.0)), None)
    }

    /// A stored time as `kubectl describe` writes it: `Thu, 01 Jan 2026 00:00:05 +0000`.
    #[must_use]
    pub fn wall_long(&self, stamp: Stamp) -> String {
        let seconds = self.epoch_seconds.saturating_add(u64::from(stamp.0));
        timestamp(seconds).map_or_else(
            || "<invalid>".to_owned(),
            |time| time.strftime("%a, %d %b %Y %H:%M:%S +0000").to_string(),
        )
    }

    /// An instant with its microseconds, as the API writes some times:
    /// `2026-01-01T00:00:05.250000Z`.
    #[must_use]
    pub fn wall_precise(&self, at: SimTime) -> String {
        let nanos = at.nanos().saturating_add(u64::from(self.phase));
        let seconds = self.epoch_seconds.saturating_add(nanos / NANOS_PER_SECOND);
        rfc3339(seconds, Some(nanos % NANOS_PER_SECOND / 1_000))
    }

    /// What a clock shows at `at`, in whole seconds; the last possible second at the end of time.
    #[must_use]
    pub fn stamp(&self, at: SimTime) -> Stamp {
        let seconds = at.nanos().saturating_add(u64::from(self.phase)) / NANOS_PER_SECOND;
        Stamp(u32::try_from(seconds).unwrap_or(u32::MAX))
    }

    /// How long `stamp` is ago, as `kubectl` writes it (K198).
    #[must_use]
    pub fn age(&self, stamp: Stamp, now: SimTime) -> String {
        let now = i128::from(now.nanos()) + i128::from(self.phase);
        age(now - i128::from(stamp.0) * i128::from(NANOS_PER_SECOND))
    }

    /// How long `at` is ago, as `kubectl` writes it (K198).
    #[must_use]
    pub fn age_of(&self, at: SimTime, now: SimTime) -> String {
        age(i128::from(now.nanos()) - i128::from(at.nanos()))
    }
}

fn timestamp(seconds: u64) -> Option<jiff::Timestamp> {
    jiff::Timestamp::from_second(i64::try_from(seconds).ok()?).ok()
}

fn rfc3339(seconds: u64, micros: Option<u64>) -> String {
    let Some(time) = timestamp(seconds) else {
        return "<invalid>".to_owned();
    };
    let text = time.to_string();
    match micros {
        None => text,
        Some(micros) => format!("{}.{micros:06}Z", text.trim_end_matches('Z')),
    }
}

/// A length of time as `kubectl` writes ages (K198).
fn age(nanos: i128) -> String {
    let seconds = i64::try_from(nanos / i128::from(NANOS_PER_SECOND)).unwrap_or(i64::MAX);
    if seconds < -1 {
        return "<invalid>".to_owned();
    }
    if seconds < 0 || nanos < 0 {
        return "0s".to_owned();
    }
    let (minutes, hours) = (seconds / 60, seconds / 3_600);
    let (days, years) = (hours / 24, hours / 24 / 365);
    let with = |large: i64, unit: &str, small: i64, part: &str| match small {
        0 => format!("{large}{unit}"),
        _ => format!("{large}{unit}{small}{part}"),
    };
    match seconds {
        0..120 => format!("{seconds}s"),
        120..600 => with(minutes, "m", seconds % 60, "s"),
        600..10_800 => format!("{minutes}m"),
        10_800..28_800 => with(hours, "h", minutes % 60, "m"),
        28_800..172_800 => format!("{hours}h"),
        172_800..691_200 => with(days, "d", hours % 24, "h"),
        691_200..63_072_000 => format!("{days}d"),
        63_072_000..252_288_000 => with(years, "y", days % 365, "d"),
        _ => format!("{years}y"),
    }
}

/// A length of time in the form of Go: `3m17.2s`, `250ms`; a bare number is seconds.
#[must_use]
pub fn parse_duration(text: &str) -> Option<SimDuration> {
    if text.is_empty() {
        return None;
    }
    let mut rest = text;
    let mut total = 0_u64;
    while !rest.is_empty() {
        let end = rest
            .find(|symbol: char| !symbol.is_ascii_digit() && symbol != '.')
            .unwrap_or(rest.len());
        let (number, after) = rest.split_at(end);
        let end = after
            .find(|symbol: char| symbol.is_ascii_digit() || symbol == '.')
            .unwrap_or(after.len());
        let (unit, after) = after.split_at(end);
        let unit = match unit {
            "ns" => 1,
            "us" | "µs" => 1_000,
            "ms" => 1_000_000,
            "s" => NANOS_PER_SECOND,
            "" if after.is_empty() && rest.len() == text.len() => NANOS_PER_SECOND,
            "m" => 60 * NANOS_PER_SECOND,
            "h" => 3_600 * NANOS_PER_SECOND,
            _ => return None,
        };
        total = total.checked_add(scaled(number, unit)?)?;
        rest = after;
    }
    Some(SimDuration::from_nanos(total))
}

/// A decimal number times `unit`, rounded down.
fn scaled(number: &str, unit: u64) -> Option<u64> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if whole.is_empty() && fraction.is_empty() {
        return None;
    }
    let whole: u64 = if whole.is_empty() {
        0
    } else {
        whole.parse().ok()?
    };
    let mut total = whole.checked_mul(unit)?;
    let mut scale = unit;
    for digit in fraction.bytes() {
        if !digit.is_ascii_digit() {
            return None;
        }
        scale /= 10;
        total = total.checked_add(u64::from(digit - b'0') * scale)?;
    }
    Some(total)
}

/// A length of time in the form of Go, whole milliseconds: `1.234s`, `500ms`, `1m2.5s`.
#[must_use]
pub fn go_millis(millis: u32) -> String {
    if millis < 1_000 {
        return if millis == 0 {
            "0s".to_owned()
        } else {
            format!("{millis}ms")
        };
    }
    let (hours, minutes) = (millis / 3_600_000, millis / 60_000 % 60);
    let (seconds, rest) = (millis / 1_000 % 60, millis % 1_000);
    let mut text = String::new();
    if hours > 0 {
        text.push_str(&format!("{hours}h"));
    }
    if hours > 0 || minutes > 0 {
        text.push_str(&format!("{minutes}m"));
    }
    let fraction = format!("{rest:03}");
    match fraction.trim_end_matches('0') {
        "" => text.push_str(&format!("{seconds}s")),
        fraction => text.push_str(&format!("{seconds}.{fraction}s")),
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_age(seconds: i128, expected: &str) {
        assert_eq!(age(seconds * 1_000_000_000), expected, "{seconds}");
    }

    /// K198
    #[test]
    fn ages_are_written_as_kubectl_does() {
        check_age(-2, "<invalid>");
        check_age(-1, "0s");
        check_age(0, "0s");
        check_age(119, "119s");
        check_age(120, "2m");
        check_age(123, "2m3s");
        check_age(599, "9m59s");
        check_age(600, "10m");
        check_age(10_799, "179m");
        check_age(10_800, "3h");
        check_age(12_000, "3h20m");
        check_age(28_800, "8h");
        check_age(172_799, "47h");
        check_age(172_800, "2d");
        check_age(180_000, "2d2h");
        check_age(691_200, "8d");
        check_age(63_071_999, "729d");
        check_age(63_072_000, "2y");
        check_age(63_072_000 + 86_400, "2y1d");
        check_age(252_288_000, "8y");
        assert_eq!(age(1_999_999_999), "1s");
    }

    #[test]
    fn instants_are_counted_from_zero() {
        let clock = Clock {
            epoch_seconds: 1_767_225_600,
            phase: 250_000_000,
            zero: SimTime::from_secs(60),
        };
        let at = |text: &str| clock.parse(text).map(|at| clock.since_zero(at));
        assert_eq!(at("3m17.2s"), Ok("197.200s".to_owned()));
        assert_eq!(at("t=12.5"), Ok("12.500s".to_owned()));
        assert_eq!(at("-5s"), Ok("-5.000s".to_owned()));
        assert_eq!(at("1h2m3s4ms"), Ok("3723.004s".to_owned()));
        let wrong = |text: &str| clock.parse(text).map_err(|error| error.to_string());
        assert_eq!(
            wrong("-61s"),
            Err("-61s is before the run, which began at t=-60.000s".to_owned())
        );
        for text in ["", "s", "5x", "1.2.3s", "3m17", "99999999999h", "."] {
            assert!(clock.parse(text).is_err(), "{text}");
        }
        assert_eq!(clock.wall(Stamp(5)), "2026-01-01T00:00:05Z");
        assert_eq!(clock.wall_long(Stamp(5)), "Thu, 01 Jan 2026 00:00:05 +0000");
        assert_eq!(
            clock.wall_precise(SimTime::from_nanos(1_900_001_000)),
            "2026-01-01T00:00:02.150001Z"
        );
    }

    #[test]
    fn go_writes_durations_so() {
        let all = [0, 5, 999, 1_000, 1_230, 62_500, 3_600_000].map(go_millis);
        assert_eq!(
            all,
            ["0s", "5ms", "999ms", "1s", "1.23s", "1m2.5s", "1h0m0s"]
        );
    }
}
