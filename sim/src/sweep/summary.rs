//! The runs of each point, in numbers.

use super::format::Style;
use super::run_rows::{PointRow, RunRow, in_order};
use super::statistics::{self, Mean, Quantile, Share};
use crate::measure::Column;
use crate::scenario::expr::{Amount, Unit};

/// A sweep in numbers.
#[derive(Clone, PartialEq, Debug)]
pub struct Summary {
    /// The columns.
    pub columns: Vec<Column>,
    /// How the numbers of each column are written; none: its values are no numbers.
    pub styles: Vec<Option<Style>>,
    /// The points that have runs, in order.
    pub points: Vec<PointSummary>,
    /// How sure the intervals are, from 0 to 1.
    pub confidence: f64,
    /// Whether there are expectations of single runs.
    pub has_expectations: bool,
}

/// The runs of one point.
#[derive(Clone, PartialEq, Debug)]
pub struct PointSummary {
    /// Its number.
    pub point: u32,
    /// How many runs.
    pub runs: u64,
    /// One a column.
    pub cells: Vec<Cell>,
    /// Runs that broke no expectation.
    pub ok: Share,
    /// Runs that broke an invariant.
    pub violated: u64,
    /// How it compares with its baseline, if there is one.
    pub against: Option<Against>,
}

/// One measure at one point.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Cell {
    /// Runs without a value.
    pub missing: u64,
    /// The mean.
    pub mean: Option<Mean>,
    /// The median.
    pub p50: Option<Quantile>,
    /// The 99th percentile.
    pub p99: Option<Quantile>,
    /// The least value.
    pub min: Option<f64>,
    /// The greatest value.
    pub max: Option<f64>,
    /// Of conditions: runs in which it held; of losses: runs with any.
    pub share: Option<Share>,
    /// Of texts: what all runs have; none when they differ.
    pub text: Option<String>,
}

/// A comparison under the same seeds.
#[derive(Clone, PartialEq, Debug)]
pub struct Against {
    /// The point that it is compared with.
    pub baseline: u32,
    /// One a column: the mean difference, this point less the baseline.
    pub differences: Vec<Option<Mean>>,
}

/// A value as a number: durations in nanoseconds, quantities in thousandths.
#[must_use]
#[allow(clippy::cast_precision_loss)]
pub fn number(amount: &Amount) -> Option<f64> {
    match amount {
        Amount::Number(value) | Amount::Rate(value) => Some(*value),
        Amount::Duration(value) | Amount::Quantity(value) => Some(*value as f64),
        Amount::Bool(_) | Amount::Text(_) => None,
    }
}

/// Summarises rows. `baseline` holds values by axis: every other point is compared with the point that
/// has them and is otherwise the same.
#[must_use]
pub fn summarize(
    points: &[PointRow],
    columns: &[Column],
    rows: &[RunRow],
    baseline: &[(String, String)],
    confidence: f64,
) -> Summary {
    let rows = in_order(rows);
    let groups: Vec<&[&RunRow]> = rows
        .chunk_by(|one, other| one.point == other.point)
        .collect();
    let styles = (0..columns.len()).map(|place| style(&columns[place], place, &rows));
    let styles: Vec<Option<Style>> = styles.collect();
    let summary = |group: &&[&RunRow]| {
        let point = group[0].point;
        let cells = columns.iter().enumerate();
        let ok = group.iter().filter(|row| row.is_ok()).count() as u64;
        PointSummary {
            point,
            runs: group.len() as u64,
            cells: cells
                .map(|(place, column)| cell(column, place, group, confidence))
                .collect(),
            ok: statistics::share(ok, group.len() as u64, confidence),
            violated: group
                .iter()
                .filter(|row| !row.violations.is_empty())
                .count() as u64,
            against: reference(points, point, baseline).and_then(|reference| {
                let mut all = groups.iter();
                let other = all.find(|group| group[0].point == reference)?;
                let places = 0..columns.len();
                Some(Against {
                    baseline: reference,
                    differences: places
                        .map(|place| statistics::paired(&pairs(group, other, place), confidence))
                        .collect(),
                })
            }),
        }
    };
    Summary {
        columns: columns.to_vec(),
        points: groups.iter().map(summary).collect(),
        styles,
        confidence,
        has_expectations: rows
            .iter()
            .any(|row| row.expectations.iter().any(Option::is_some)),
    }
}

/// Numbers without a unit that all lie between 0 and 1 are shares.
fn style(column: &Column, place: usize, rows: &[&RunRow]) -> Option<Style> {
    let values = rows
        .iter()
        .filter_map(|row| row.values.get(place)?.as_ref());
    let mut numbers = values.filter_map(|value| match value {
        Amount::Duration(_) => Some((Style::Duration, 0.0)),
        Amount::Rate(value) => Some((Style::Rate, *value)),
        Amount::Number(value) => Some((Style::Number, *value)),
        Amount::Quantity(_) => Some((Style::Quantity, 0.0)),
        Amount::Bool(_) | Amount::Text(_) => None,
    });
    let (first, value) = numbers.next()?;
    let is_share = |value: f64| (0.0..=1.0).contains(&value);
    let may_be_share = column.unit == Unit::Number && first == Style::Number && is_share(value);
    if may_be_share && numbers.all(|(_, value)| is_share(value)) {
        return Some(Style::Percent);
    }
    Some(first)
}

fn cell(column: &Column, place: usize, group: &[&RunRow], confidence: f64) -> Cell {
    let values = group.iter().map(|row| row.values.get(place)?.as_ref());
    let found: Vec<&Amount> = values.flatten().collect();
    let numbers: Vec<f64> = found.iter().filter_map(|value| number(value)).collect();
    let sorted = statistics::sorted(&numbers);
    let truths: Vec<bool> = found
        .iter()
        .filter(|value| matches!(value, Amount::Bool(_)))
        .map(|value| **value == Amount::Bool(true))
        .collect();
    let counted = |hits: usize, count: usize| {
        (count > 0).then(|| statistics::share(hits as u64, count as u64, confidence))
    };
    let share = if column.is_loss {
        counted(
            sorted.iter().filter(|lost| **lost > 0.0).count(),
            sorted.len(),
        )
    } else {
        counted(truths.iter().filter(|truth| **truth).count(), truths.len())
    };
    let text = match found.split_first() {
        Some((Amount::Text(first), rest)) => rest
            .iter()
            .all(|value| **value == Amount::Text(first.clone()))
            .then(|| first.clone()),
        _ => None,
    };
    Cell {
        missing: (group.len() - found.len()) as u64,
        mean: statistics::mean(&numbers, confidence),
        p50: statistics::quantile(&sorted, 500, confidence),
        p99: statistics::quantile(&sorted, 990, confidence),
        min: sorted.first().copied(),
        max: sorted.last().copied(),
        share,
        text,
    }
}

/// The point that a point is compared with; none for baselines themselves.
fn reference(points: &[PointRow], point: u32, baseline: &[(String, String)]) -> Option<u32> {
    if baseline.is_empty() {
        return None;
    }
    let own = points.get(point as usize)?;
    let wanted = |label: &super::Label| {
        let mut all = baseline.iter();
        let set = all.find(|(name, _)| *name == label.name);
        set.map_or(label.value.as_str(), |(_, value)| value)
            .to_owned()
    };
    let is_reference = |other: &PointRow| {
        other.labels.len() == own.labels.len()
            && own.labels.iter().all(|label| {
                let there = other.label(&label.name);
                there.is_some_and(|there| there.value == wanted(label))
            })
    };
    let found = points.iter().position(is_reference)?;
    let found = u32::try_from(found).ok()?;
    (found != point).then_some(found)
}

/// The values of two points under the seeds that both have.
fn pairs(group: &[&RunRow], other: &[&RunRow], place: usize) -> Vec<(f64, f64)> {
    let value = |row: &RunRow| number(row.values.get(place)?.as_ref()?);
    let mut others = other.iter().peekable();
    let mut found = Vec::new();
    // Both are in the order of seeds.
    for row in group {
        while others.next_if(|other| other.seed < row.seed).is_some() {}
        if let Some(other) = others.next_if(|other| other.seed == row.seed)
            && let (Some(one), Some(two)) = (value(row), value(other))
        {
            found.push((one, two));
        }
    }
    found
}
