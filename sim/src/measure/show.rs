//! Values as people read them.

use crate::scenario::expr::Amount;

/// A value with its unit, as exact as is useful: `12`, `6.612s`, `true`.
#[must_use]
#[allow(clippy::cast_precision_loss)]
pub fn amount_text(amount: &Amount) -> String {
    match amount {
        Amount::Bool(value) => value.to_string(),
        Amount::Number(value) => number_text(*value),
        Amount::Duration(nanos) => duration_text(*nanos),
        Amount::Quantity(milli) => number_text(*milli as f64 / 1e3),
        Amount::Rate(value) => format!("{}/s", number_text(*value)),
        Amount::Text(text) => text.clone(),
    }
}

/// At most four digits after the point, none that are zero at the end.
fn number_text(value: f64) -> String {
    let text = format!("{value:.4}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "-0" { "0" } else { text }.to_owned()
}

/// A length of time in nanoseconds: `250us`, `12.5ms`, `6.612s`, `2m09s`, `1h02m03s`.
#[must_use]
pub fn duration_text(nanos: i128) -> String {
    let sign = if nanos < 0 { "-" } else { "" };
    let size = nanos.unsigned_abs();
    let scaled = |unit: u128, name: &str| {
        let thousandths = (size * 1_000 + unit / 2) / unit;
        let (whole, rest) = (thousandths / 1_000, thousandths % 1_000);
        let text = format!("{whole}.{rest:03}");
        let text = text.trim_end_matches('0').trim_end_matches('.');
        format!("{sign}{text}{name}")
    };
    let seconds = (size + 500_000_000) / 1_000_000_000;
    match size {
        0 => "0s".to_owned(),
        1..1_000 => format!("{sign}{size}ns"),
        1_000..1_000_000 => scaled(1_000, "us"),
        1_000_000..1_000_000_000 => scaled(1_000_000, "ms"),
        1_000_000_000..60_000_000_000 => scaled(1_000_000_000, "s"),
        _ if seconds < 3_600 => format!("{sign}{}m{:02}s", seconds / 60, seconds % 60),
        _ => {
            let (hours, rest) = (seconds / 3_600, seconds % 3_600);
            format!("{sign}{hours}h{:02}m{:02}s", rest / 60, rest % 60)
        }
    }
}
