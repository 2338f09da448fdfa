//! The run that is worth looking at, and how to make it again.

use std::cmp::Ordering;

use super::run_rows::{PointRow, RunRow, in_order};
use super::summary::number;
use crate::measure::Column;

/// The worst run: the greatest value of `measure`, or else of the first column that counts losses, if
/// that is more than zero; else the first that broke an invariant or an expectation. Of equals, the
/// one with the smallest point and seed.
#[must_use]
pub fn worst<'a>(
    columns: &[Column],
    rows: &'a [RunRow],
    measure: Option<&str>,
) -> Option<&'a RunRow> {
    let rows = in_order(rows);
    let by_name = measure.and_then(|name| columns.iter().position(|column| column.name == name));
    let place = by_name.or_else(|| columns.iter().position(|column| column.is_loss));
    let value = |row: &RunRow| place.and_then(|place| number(row.values.get(place)?.as_ref()?));
    let mut greatest: Option<(&RunRow, f64)> = None;
    for row in &rows {
        let Some(value) = value(row) else { continue };
        let is_worse =
            greatest.is_none_or(|(_, known)| value.total_cmp(&known) == Ordering::Greater);
        if is_worse {
            greatest = Some((*row, value));
        }
    }
    if let Some((row, value)) = greatest
        && (value > 0.0 || by_name.is_some())
    {
        return Some(row);
    }
    let mut all = rows.into_iter();
    all.find(|row| !row.violations.is_empty() || !row.is_ok())
}

/// The command that makes a run again: `wavetank run FILE --seed 117 --set preStop=0s`.
#[must_use]
pub fn replay(scenario: &str, point: &PointRow, seed: u64) -> String {
    let mut line = format!("wavetank run {} --seed {seed}", quoted(scenario));
    for label in &point.labels {
        let set = format!("{}={}", label.name, label.value);
        line.push_str(&format!(" --set {}", quoted(&set)));
    }
    line
}

/// A word as a shell reads it back.
pub(crate) fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./=:,+%@".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', "'\\''"))
}
