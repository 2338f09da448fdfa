//! Rows of runs: the seam to files. Text here; columnar files are made of the same rows.

use serde_json::{Map, Number, Value};

use crate::measure::Column;
use crate::scenario::expr::{Amount, Unit};
use crate::scenario::node::Value as NodeValue;
use crate::scenario::parameters::{self, Parameters};
use crate::scenario::sweep::Assignment;

/// A point of a sweep.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct PointRow {
    /// The name of a case; none for points of the grid.
    pub case: Option<String>,
    /// What is varied, in the order of the axes.
    pub labels: Vec<Label>,
}

/// The value of one axis at a point.
#[derive(Clone, PartialEq, Debug)]
pub struct Label {
    /// The axis.
    pub name: String,
    /// The value, as it is written.
    pub value: String,
    /// Where it stands among others, if it is a number with or without a unit.
    pub order: Option<f64>,
}

/// What one run came to.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct RunRow {
    /// The number of its point.
    pub point: u32,
    /// Its seed.
    pub seed: u64,
    /// The measures, in the order of the columns.
    pub values: Vec<Option<Amount>>,
    /// What functions over runs need, in the order of [`crate::measure::Compiled::inner`].
    pub inner: Vec<Option<Amount>>,
    /// Whether each expectation held; none: it is judged over runs.
    pub expectations: Vec<Option<bool>>,
    /// The digest of the run's facts, in hexadecimal.
    pub digest: String,
    /// The ids of invariants that did not hold.
    pub violations: Vec<String>,
}

impl RunRow {
    /// Whether no expectation of the run was broken.
    #[must_use]
    pub fn is_ok(&self) -> bool {
        !self.expectations.contains(&Some(false))
    }
}

impl PointRow {
    /// The row of a point as a sweep lays it out.
    #[must_use]
    #[allow(clippy::cast_precision_loss)]
    pub fn of(point: &Assignment, declared: &Parameters) -> Self {
        let label = |set: &parameters::Override| {
            let value = match &set.node.value {
                NodeValue::Seq(_) | NodeValue::Map(_) => crate::scenario::print::flow(&set.node),
                NodeValue::Null
                | NodeValue::Bool(_)
                | NodeValue::Int(_)
                | NodeValue::Float(_)
                | NodeValue::String(_) => set.node.text().unwrap_or("").to_owned(),
            };
            let kind = declared.get(&set.key).map(|known| known.param_type);
            let kind = kind.or_else(|| parameters::infer(&set.node).ok());
            let amount = kind.and_then(|kind| parameters::amount_of(&set.node, kind).ok());
            let order = amount.and_then(|amount| match amount {
                Amount::Number(value) | Amount::Rate(value) => Some(value),
                Amount::Duration(value) | Amount::Quantity(value) => Some(value as f64),
                Amount::Bool(_) | Amount::Text(_) => None,
            });
            Label {
                name: set.key.clone(),
                value,
                order,
            }
        };
        Self {
            case: point.case.clone(),
            labels: point.values.iter().map(label).collect(),
        }
    }

    /// The value of an axis at this point.
    #[must_use]
    pub fn label(&self, name: &str) -> Option<&Label> {
        self.labels.iter().find(|label| label.name == name)
    }
}

/// The names of the axes of all points, in the order of first use.
#[must_use]
pub fn axes(points: &[PointRow]) -> Vec<&str> {
    let mut found: Vec<&str> = Vec::new();
    for label in points.iter().flat_map(|point| &point.labels) {
        if !found.contains(&label.name.as_str()) {
            found.push(&label.name);
        }
    }
    found
}

/// The rows in the order of points and seeds.
#[must_use]
pub fn in_order(rows: &[RunRow]) -> Vec<&RunRow> {
    let mut rows: Vec<&RunRow> = rows.iter().collect();
    rows.sort_by_key(|row| (row.point, row.seed));
    rows
}

/// The name of a column in files: durations are in seconds, and say so.
#[must_use]
pub fn field_name(column: &Column) -> String {
    match column.unit {
        Unit::Duration => format!("{}_seconds", column.name),
        Unit::Rate => format!("{}_per_second", column.name),
        Unit::Bool | Unit::Count | Unit::Number | Unit::Quantity | Unit::Text | Unit::Any => {
            column.name.clone()
        }
    }
}

/// All rows as comma-separated values with a heading (RFC 4180, lines end in LF): what has no value is
/// empty.
#[must_use]
pub fn csv(points: &[PointRow], columns: &[Column], rows: &[RunRow]) -> String {
    let axes = axes(points);
    let mut text = String::new();
    let mut heading = vec!["point".to_owned(), "case".to_owned()];
    heading.extend(axes.iter().map(|axis| (*axis).to_owned()));
    heading.push("seed".to_owned());
    heading.extend(columns.iter().map(field_name));
    heading.extend(["ok", "violations", "digest"].map(str::to_owned));
    line(&mut text, &heading);
    for row in in_order(rows) {
        let point = points.get(row.point as usize);
        let mut cells = vec![row.point.to_string()];
        cells.push(
            point
                .and_then(|point| point.case.clone())
                .unwrap_or_default(),
        );
        for axis in &axes {
            let label = point.and_then(|point| point.label(axis));
            cells.push(label.map(|label| label.value.clone()).unwrap_or_default());
        }
        cells.push(row.seed.to_string());
        for place in 0..columns.len() {
            let value = row.values.get(place).and_then(Option::as_ref);
            cells.push(value.map(plain).unwrap_or_default());
        }
        cells.push(row.is_ok().to_string());
        cells.push(row.violations.join(" "));
        cells.push(row.digest.clone());
        line(&mut text, &cells);
    }
    text
}

fn line(text: &mut String, cells: &[String]) {
    for (place, cell) in cells.iter().enumerate() {
        if place > 0 {
            text.push(',');
        }
        if cell.contains([',', '"', '\n', '\r']) {
            text.push('"');
            text.push_str(&cell.replace('"', "\"\""));
            text.push('"');
        } else {
            text.push_str(cell);
        }
    }
    text.push('\n');
}

/// All rows as one JSON object a line.
#[must_use]
pub fn json_lines(points: &[PointRow], columns: &[Column], rows: &[RunRow]) -> String {
    let mut text = String::new();
    for row in in_order(rows) {
        text.push_str(&json(points, columns, row).to_string());
        text.push('\n');
    }
    text
}

/// One row as JSON.
#[must_use]
pub fn json(points: &[PointRow], columns: &[Column], row: &RunRow) -> Value {
    let mut object = Map::new();
    object.insert("point".into(), row.point.into());
    object.insert("seed".into(), row.seed.into());
    let mut labels = Map::new();
    if let Some(point) = points.get(row.point as usize) {
        if let Some(case) = &point.case {
            object.insert("case".into(), case.as_str().into());
        }
        for label in &point.labels {
            labels.insert(label.name.clone(), label.value.as_str().into());
        }
    }
    object.insert("parameters".into(), labels.into());
    let mut values = Map::new();
    for (column, value) in columns.iter().zip(&row.values) {
        let value = value.as_ref().map_or(Value::Null, json_value);
        values.insert(field_name(column), value);
    }
    object.insert("measures".into(), values.into());
    let expectations = row.expectations.iter().map(|held| (*held).into());
    object.insert("expectations".into(), Value::Array(expectations.collect()));
    let violations = row.violations.iter().map(|id| id.as_str().into());
    object.insert("violations".into(), Value::Array(violations.collect()));
    object.insert("digest".into(), row.digest.as_str().into());
    object.into()
}

/// A value without its unit: durations in seconds, quantities in cores or bytes, exact.
#[must_use]
pub fn plain(amount: &Amount) -> String {
    match amount {
        Amount::Bool(value) => value.to_string(),
        Amount::Number(value) | Amount::Rate(value) => value.to_string(),
        Amount::Duration(nanos) => decimal(*nanos, 9),
        Amount::Quantity(milli) => decimal(*milli, 3),
        Amount::Text(text) => text.clone(),
    }
}

/// A value without its unit, as JSON.
#[must_use]
pub fn json_value(amount: &Amount) -> Value {
    match amount {
        Amount::Bool(value) => (*value).into(),
        Amount::Text(text) => text.as_str().into(),
        Amount::Number(_) | Amount::Rate(_) | Amount::Duration(_) | Amount::Quantity(_) => {
            number(&plain(amount))
        }
    }
}

/// The JSON number of a decimal text; whole numbers stay whole.
fn number(text: &str) -> Value {
    if let Ok(whole) = text.parse::<i64>() {
        return whole.into();
    }
    let float = text.parse().ok().and_then(Number::from_f64);
    float.map_or(Value::Null, Value::Number)
}

/// A whole number of 10^-`digits`, without zeros at the end.
fn decimal(value: i128, digits: u32) -> String {
    let scale = 10_u128.pow(digits);
    let (whole, rest) = (value.unsigned_abs() / scale, value.unsigned_abs() % scale);
    let sign = if value < 0 { "-" } else { "" };
    if rest == 0 {
        return format!("{sign}{whole}");
    }
    let rest = format!("{rest:0width$}", width = digits as usize);
    format!("{sign}{whole}.{}", rest.trim_end_matches('0'))
}
