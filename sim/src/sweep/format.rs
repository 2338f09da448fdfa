//! Numbers of tables: means with their spread, shares with their interval, lengths of time.

use super::statistics::{Mean, Share};

/// What stands where there is no value.
pub const NONE: &str = "—";

/// How the numbers of a column are written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Style {
    /// Plain numbers.
    Number,
    /// Shares from 0 to 1, in percent.
    Percent,
    /// Nanoseconds, as lengths of time.
    Duration,
    /// Events a second.
    Rate,
    /// Thousandths of a core or of a byte.
    Quantity,
}

/// A mean: `124.6 ±1.4`, `6.6s ±0.0`, `39.0` without any spread.
#[must_use]
pub fn mean(found: Option<Mean>, style: Style) -> String {
    let Some(found) = found else {
        return NONE.to_owned();
    };
    let text = value(found.mean, style);
    match found.half_width {
        Some(width) if width > 0.0 => format!("{text} ±{}", spread(width, found.mean, style)),
        Some(_) | None => text,
    }
}

/// A difference, with its sign: `−33.7 ±0.2`, `+2.9s ±0.1`.
#[must_use]
pub fn difference(found: Option<Mean>, style: Style) -> String {
    let Some(found) = found else {
        return NONE.to_owned();
    };
    let size = value(found.mean.abs(), style);
    let sign = if found.mean < 0.0 { "−" } else { "+" };
    match found.half_width {
        Some(width) if width > 0.0 => {
            format!("{sign}{size} ±{}", spread(width, found.mean, style))
        }
        Some(_) if found.mean == 0.0 => "±0".to_owned(),
        Some(_) | None => format!("{sign}{size}"),
    }
}

/// One value, as means are written: one digit after the point.
#[must_use]
pub fn value(value: f64, style: Style) -> String {
    match style {
        Style::Number => fixed(value, 1),
        Style::Percent => format!("{} %", fixed(100.0 * value, 1)),
        Style::Duration => duration(value),
        Style::Rate => format!("{}/s", fixed(value, 1)),
        Style::Quantity => fixed(value / 1e3, 1),
    }
}

/// One value that occurred: counts without a point.
#[must_use]
pub fn occurred(number: f64, style: Style) -> String {
    match style {
        Style::Number if is_whole(number) => fixed(number, 0),
        Style::Number | Style::Percent | Style::Duration | Style::Rate | Style::Quantity => {
            value(number, style)
        }
    }
}

/// Half of an interval's width, in the unit in which the mean beside it is written.
fn spread(width: f64, mean: f64, style: Style) -> String {
    match style {
        Style::Number | Style::Rate => fixed(width, 1),
        Style::Percent => fixed(100.0 * width, 1),
        Style::Quantity => fixed(width / 1e3, 1),
        Style::Duration if mean.abs() < 1e9 => fixed(width / 1e6, 1),
        Style::Duration if mean.abs() < 60e9 => fixed(width / 1e9, 1),
        Style::Duration => duration(width),
    }
}

/// A length of time in nanoseconds: `612ms`, `6.6s`, `9m12s`, `1h02m`.
#[must_use]
pub fn duration(nanos: f64) -> String {
    let size = nanos.abs();
    let sign = if nanos < 0.0 { "−" } else { "" };
    let whole = (size / 1e9).round();
    if size == 0.0 {
        return "0s".to_owned();
    }
    if size < 1e6 {
        return format!("{sign}{}us", fixed(size / 1e3, 0));
    }
    if size < 999.5e6 {
        return format!("{sign}{}ms", fixed(size / 1e6, 0));
    }
    if size < 59.95e9 {
        return format!("{sign}{}s", fixed(size / 1e9, 1));
    }
    if whole < 3_600.0 {
        let minutes = (whole / 60.0).floor();
        return format!("{sign}{minutes:.0}m{:02.0}s", whole - 60.0 * minutes);
    }
    let minutes = (whole / 60.0).round();
    let hours = (minutes / 60.0).floor();
    format!("{sign}{hours:.0}h{:02.0}m", minutes - 60.0 * hours)
}

/// A share: `100 %`, `52 %`, `0.4 %`.
#[must_use]
pub fn percent(share: f64) -> String {
    let percent = 100.0 * share;
    let digits = usize::from(percent > 0.0 && percent < 1.0 || percent > 99.0 && percent < 100.0);
    format!("{} %", fixed(percent, digits))
}

/// An interval of a share in percent: `(98.1 – 100)`.
#[must_use]
pub fn interval(share: Share) -> String {
    let end = |end: f64| {
        let percent = 100.0 * end;
        fixed(percent, usize::from(percent > 0.0 && percent < 100.0))
    };
    format!("({} – {})", end(share.low), end(share.high))
}

/// A whole number with commas between thousands: `3,600`.
#[must_use]
pub fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

fn is_whole(value: f64) -> bool {
    value.fract() == 0.0
}

/// So many digits after the point; never a negative zero.
fn fixed(value: f64, digits: usize) -> String {
    let text = format!("{value:.digits$}");
    match text.strip_prefix('-') {
        Some(rest) if rest.chars().all(|c| matches!(c, '0' | '.')) => rest.to_owned(),
        Some(rest) => format!("−{rest}"),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;
    use crate::sweep::statistics::share;

    fn check(found: f64, half_width: f64, style: Style, expected: &Expect) {
        let found = Some(Mean {
            mean: found,
            half_width: Some(half_width),
            count: 200,
        });
        expected.assert_eq(&format!(
            "{}  {}",
            mean(found, style),
            difference(found, style)
        ));
    }

    #[test]
    fn means_are_written_with_their_spread() {
        check(
            124.62,
            1.38,
            Style::Number,
            &expect!["124.6 ±1.4  +124.6 ±1.4"],
        );
        check(
            -33.7,
            0.2,
            Style::Number,
            &expect!["−33.7 ±0.2  −33.7 ±0.2"],
        );
        check(39.0, 0.0, Style::Number, &expect!["39.0  +39.0"]);
        check(0.0, 0.0, Style::Number, &expect!["0.0  ±0"]);
        check(-0.01, 0.2, Style::Number, &expect!["0.0 ±0.2  −0.0 ±0.2"]);
        check(0.004, 0.0, Style::Percent, &expect!["0.4 %  +0.4 %"]);
        check(
            6.612e9,
            12e6,
            Style::Duration,
            &expect!["6.6s ±0.0  +6.6s ±0.0"],
        );
        check(
            612e6,
            3.2e6,
            Style::Duration,
            &expect!["612ms ±3.2  +612ms ±3.2"],
        );
        check(
            -138e9,
            9e9,
            Style::Duration,
            &expect!["−2m18s ±9.0s  −2m18s ±9.0s"],
        );
        check(
            200.0,
            1.0,
            Style::Rate,
            &expect!["200.0/s ±1.0  +200.0/s ±1.0"],
        );
        expect!["— —"].assert_eq(&format!(
            "{} {}",
            mean(None, Style::Number),
            difference(None, Style::Number)
        ));
    }

    #[test]
    fn durations_and_counts() {
        let durations = [0.0, 800e3, 999.7e6, 59.97e9, 300e9, 3_599.9e9, 3_720e9];
        let shown = durations.map(duration).join(" ");
        expect!["0s 800us 1.0s 1m00s 5m00s 1h00m 1h02m"].assert_eq(&shown);
        expect!["148 0.5 3.4s"].assert_eq(&format!(
            "{} {} {}",
            occurred(148.0, Style::Number),
            occurred(0.5, Style::Number),
            occurred(3.4e9, Style::Duration)
        ));
        expect!["999 3,600 1,234,567"].assert_eq(&[999, 3_600, 1_234_567].map(thousands).join(" "));
    }

    #[test]
    fn shares_are_written_with_their_interval() {
        let shown =
            [(0, 200), (104, 200), (200, 200), (1, 200), (199, 200)].map(|(hits, count)| {
                let found = share(hits, count, 0.95);
                format!("{}  {}", percent(found.share()), interval(found))
            });
        expect![[r#"
            0 %  (0 – 1.9)
            52 %  (45.1 – 58.8)
            100 %  (98.1 – 100)
            0.5 %  (0.1 – 2.8)
            99.5 %  (97.2 – 99.9)"#]]
        .assert_eq(&shown.join("\n"));
    }
}
