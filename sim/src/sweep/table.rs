//! The table of a sweep: a row a point, as text and as JSON.

use serde_json::{Map, Number, Value};

use super::format::{self, NONE, Style, thousands};
use super::run_rows::{PointRow, axes, field_name};
use super::statistics::{Mean, Quantile, Share};
use super::summary::{Cell, PointSummary, Summary};
use crate::scenario::expr::Unit;

/// Rows that are shown unless all are asked for.
pub const ROWS_SHOWN: usize = 20;

/// A table of texts: columns in groups.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Table {
    groups: Vec<Group>,
    rows: usize,
}

#[derive(Clone, PartialEq, Eq, Debug, Default)]
struct Group {
    columns: Vec<Text>,
}

/// One column of texts.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Text {
    heading: String,
    cells: Vec<String>,
    left: bool,
}

/// The heading line: the question, and how many runs there were.
#[must_use]
pub fn heading(question: &str, summary: &Summary) -> String {
    let runs: u64 = summary.points.iter().map(|point| point.runs).sum();
    let points = summary.points.len() as u64;
    let each = summary.points.first().map_or(0, |point| point.runs);
    let many = |count: u64, what: &str| {
        let end = if count == 1 { "" } else { "s" };
        format!("{} {what}{end}", thousands(count))
    };
    let counts = if summary.points.iter().all(|point| point.runs == each) {
        let seeds = many(each, "seed");
        format!(
            "{} × {seeds} = {}",
            many(points, "point"),
            many(runs, "run")
        )
    } else {
        format!("{}, {}", many(points, "point"), many(runs, "run"))
    };
    match question.is_empty() {
        true => counts,
        false => format!("{question}    {counts}"),
    }
}

/// Lays the table out.
#[must_use]
pub fn table(points: &[PointRow], summary: &Summary) -> Table {
    let mut table = Table {
        groups: Vec::new(),
        rows: summary.points.len(),
    };
    let rows = &summary.points;
    let point = |row: &PointSummary| points.get(row.point as usize);
    let mut labels = Group::default();
    if rows
        .iter()
        .any(|row| point(row).is_some_and(|point| point.case.is_some()))
    {
        labels.add("case", true, rows, |row| {
            point(row)
                .and_then(|point| point.case.clone())
                .unwrap_or_default()
        });
    }
    for axis in axes(points) {
        labels.add(axis, true, rows, |row| {
            let label = point(row).and_then(|point| point.label(axis));
            label.map(|label| label.value.clone()).unwrap_or_default()
        });
    }
    if !labels.columns.is_empty() {
        table.groups.push(labels);
    }
    for place in 0..summary.columns.len() {
        table.groups.push(measure(summary, place));
    }
    if summary.has_expectations {
        let mut group = Group::default();
        group.add("expect ok", false, rows, |row| {
            format::percent(row.ok.share())
        });
        table.groups.push(group);
    }
    if rows.iter().any(|row| row.against.is_some()) {
        let percent = format::percent(summary.confidence);
        let mut group = Group::default();
        group.add(
            &format!("against the baseline (paired, {percent})"),
            true,
            rows,
            |row| against(summary, row),
        );
        table.groups.push(group);
    }
    table
}

/// The columns of one measure.
fn measure(summary: &Summary, place: usize) -> Group {
    let column = &summary.columns[place];
    let rows = &summary.points;
    let name = &column.name;
    let mut group = Group::default();
    let Some(style) = summary.styles[place] else {
        group.add(name, true, rows, |row| words(&row.cells[place]));
        return group;
    };
    group.add(&format!("{name}: mean"), false, rows, |row| {
        format::mean(row.cells[place].mean, style)
    });
    if column.unit == Unit::Count {
        group.add("p99", false, rows, |row| {
            let value = row.cells[place]
                .p99
                .map(|p99| format::occurred(p99.value, style));
            value.unwrap_or_else(|| NONE.to_owned())
        });
    }
    if column.is_loss {
        let share = |row: &PointSummary| row.cells[place].share;
        group.add("runs with loss", false, rows, |row| {
            share(row).map_or(NONE.to_owned(), |share| format::percent(share.share()))
        });
        let percent = format::percent(summary.confidence);
        group.add(&format!("({percent})"), true, rows, |row| {
            share(row).map(format::interval).unwrap_or_default()
        });
    }
    if rows.iter().any(|row| row.cells[place].missing > 0) {
        group.add("without", false, rows, |row| {
            row.cells[place].missing.to_string()
        });
    }
    group
}

/// A cell of a column of conditions or texts.
fn words(cell: &Cell) -> String {
    match (&cell.text, cell.share) {
        (Some(text), _) => text.clone(),
        (None, Some(share)) => format::percent(share.share()),
        (None, None) => NONE.to_owned(),
    }
}

/// `after −2m18s ±9s,  restarts +301 ±2`
fn against(summary: &Summary, row: &PointSummary) -> String {
    let Some(against) = &row.against else {
        return "baseline".to_owned();
    };
    let columns = summary
        .columns
        .iter()
        .zip(&summary.styles)
        .zip(&against.differences);
    let shown = columns.filter_map(|((column, style), found)| {
        let text = format::difference(Some((*found)?), (*style)?);
        Some(format!("{} {text}", column.name))
    });
    shown.collect::<Vec<_>>().join(",  ")
}

impl Group {
    fn add(
        &mut self,
        heading: &str,
        left: bool,
        rows: &[PointSummary],
        text: impl Fn(&PointSummary) -> String,
    ) {
        self.columns.push(Text {
            heading: heading.to_owned(),
            cells: rows.iter().map(text).collect(),
            left,
        });
    }
}

impl Table {
    /// The table as text: a heading and a row a point, at most `most` of them.
    #[must_use]
    pub fn text(&self, most: usize) -> String {
        let shown = self.rows.min(most);
        let mut lines = vec![self.line(None, shown)];
        lines.extend((0..shown).map(|row| self.line(Some(row), shown)));
        if self.rows > shown {
            let more = self.rows - shown;
            let end = if more == 1 { "" } else { "s" };
            let more = thousands(more as u64);
            lines.push(format!(" … {more} more row{end}: --all"));
        }
        lines.push(String::new());
        lines.join("\n")
    }

    fn line(&self, row: Option<usize>, shown: usize) -> String {
        let groups = self.groups.iter().map(|group| {
            let cells = group.columns.iter().map(|column| column.cell(row, shown));
            cells.collect::<Vec<_>>().join("  ")
        });
        let line = groups.collect::<Vec<_>>().join(" │ ");
        format!(" {}", line.trim_end())
    }
}

impl Text {
    fn cell(&self, row: Option<usize>, shown: usize) -> String {
        let length = |text: &str| text.chars().count();
        let cells = self.cells[..shown].iter().map(|cell| length(cell));
        let width = cells.max().unwrap_or(0).max(length(&self.heading));
        let text = row.map_or(self.heading.as_str(), |row| &self.cells[row]);
        let space = " ".repeat(width - length(text));
        match self.left {
            true => format!("{text}{space}"),
            false => format!("{space}{text}"),
        }
    }
}

/// The summary as JSON: durations in seconds, shares from 0 to 1.
#[must_use]
pub fn json(points: &[PointRow], summary: &Summary) -> Value {
    let rows = summary.points.iter().map(|row| {
        let mut object = Map::new();
        object.insert("point".into(), row.point.into());
        if let Some(point) = points.get(row.point as usize) {
            if let Some(case) = &point.case {
                object.insert("case".into(), case.as_str().into());
            }
            let labels = point.labels.iter();
            let labels = labels.map(|label| (label.name.clone(), label.value.as_str().into()));
            object.insert("parameters".into(), Value::Object(labels.collect()));
        }
        object.insert("runs".into(), row.runs.into());
        let mut measures = Map::new();
        for (place, column) in summary.columns.iter().enumerate() {
            let cell = json_cell(&row.cells[place], summary.styles[place], column.is_loss);
            measures.insert(field_name(column), cell);
        }
        object.insert("measures".into(), measures.into());
        if summary.has_expectations {
            object.insert("expectOk".into(), json_share(row.ok));
        }
        object.insert("runsWithViolations".into(), row.violated.into());
        if let Some(against) = &row.against {
            let mut differences = Map::new();
            for (place, column) in summary.columns.iter().enumerate() {
                let scale = scale(summary.styles[place]);
                let mean = against.differences[place].map(|mean| json_mean(mean, scale));
                differences.insert(field_name(column), mean.unwrap_or(Value::Null));
            }
            let mut paired = Map::new();
            paired.insert("baseline".into(), against.baseline.into());
            paired.insert("differences".into(), differences.into());
            object.insert("paired".into(), paired.into());
        }
        Value::Object(object)
    });
    let mut object = Map::new();
    object.insert("confidence".into(), float(summary.confidence));
    object.insert("points".into(), Value::Array(rows.collect()));
    object.into()
}

fn scale(style: Option<Style>) -> f64 {
    match style {
        Some(Style::Duration) => 1e9,
        Some(Style::Quantity) => 1e3,
        Some(Style::Number | Style::Percent | Style::Rate) | None => 1.0,
    }
}

fn json_cell(cell: &Cell, style: Option<Style>, is_loss: bool) -> Value {
    let scale = scale(style);
    let mut object = match cell.mean.map(|mean| json_mean(mean, scale)) {
        Some(Value::Object(object)) => object,
        _ => Map::new(),
    };
    let mut put = |name: &str, value: Option<f64>| {
        if let Some(value) = value {
            object.insert(name.into(), float(value / scale));
        }
    };
    put("min", cell.min);
    let mut quantile = |name: &str, found: Option<Quantile>| {
        put(name, found.map(|found| found.value));
        put(&format!("{name}Low"), found.and_then(|found| found.low));
        put(&format!("{name}High"), found.and_then(|found| found.high));
    };
    quantile("p50", cell.p50);
    quantile("p99", cell.p99);
    put("max", cell.max);
    if let Some(share) = cell.share {
        let name = if is_loss { "runsWithLoss" } else { "share" };
        object.insert(name.into(), json_share(share));
    }
    if let Some(text) = &cell.text {
        object.insert("text".into(), text.as_str().into());
    }
    object.insert("missing".into(), cell.missing.into());
    object.into()
}

fn json_mean(mean: Mean, scale: f64) -> Value {
    let mut object = Map::new();
    object.insert("mean".into(), float(mean.mean / scale));
    let width = mean.half_width.map(|width| float(width / scale));
    object.insert("halfWidth".into(), width.unwrap_or(Value::Null));
    object.insert("runs".into(), mean.count.into());
    object.into()
}

fn json_share(share: Share) -> Value {
    let mut object = Map::new();
    object.insert("share".into(), float(share.share()));
    object.insert("low".into(), float(share.low));
    object.insert("high".into(), float(share.high));
    object.into()
}

fn float(value: f64) -> Value {
    Number::from_f64(value).map_or(Value::Null, Value::Number)
}
