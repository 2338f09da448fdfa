//! The answer of a search: the smallest (or largest) of the values that were tried which is good enough.

use serde_json::{Map, Value};

use super::over_runs::{Sample, Verdict, judge};
use super::run_rows::{Label, PointRow, RunRow, in_order};
use crate::scenario::expr::{Amount, Expr};

/// What is searched for.
#[derive(Clone, Copy, Debug)]
pub struct Question<'a> {
    /// The parameter.
    pub parameter: &'a str,
    /// Whether the smallest value is wanted rather than the largest.
    pub smallest: bool,
    /// What must hold over the runs of a point, and its text.
    pub such: &'a Expr,
    /// The text of `such`.
    pub text: &'a str,
    /// How surely, from 0 to 1.
    pub confidence: f64,
    /// What was measured for functions over runs: [`crate::measure::Compiled::inner`].
    pub inner: &'a [Expr],
    /// Parameters that are not varied.
    pub parameters: &'a [(String, Amount)],
}

/// What was found.
#[derive(Clone, PartialEq, Debug)]
pub struct Answer {
    /// `smallest preStop with share(requests.lost == 0) >= 0.98 at 95 %`
    pub question: String,
    /// One for each combination of the other axes, in the order of points.
    pub found: Vec<Found>,
}

/// The best value for one combination of the other axes.
#[derive(Clone, PartialEq, Debug)]
pub struct Found {
    /// The other axes.
    pub others: Vec<Label>,
    /// The value; none of those tried was good enough.
    pub value: Option<String>,
}

/// Looks through the values that were tried.
#[must_use]
pub fn answer(points: &[PointRow], rows: &[RunRow], question: &Question<'_>) -> Answer {
    let rows = in_order(rows);
    let mut found: Vec<(Found, Option<f64>)> = Vec::new();
    for group in rows.chunk_by(|one, other| one.point == other.point) {
        let Some(point) = points.get(group[0].point as usize) else {
            continue;
        };
        let Some(label) = point.label(question.parameter) else {
            continue;
        };
        let others = point.labels.iter();
        let others: Vec<Label> = others
            .filter(|other| other.name != question.parameter)
            .cloned()
            .collect();
        let place = match found.iter().position(|(known, _)| known.others == others) {
            Some(place) => place,
            None => {
                let value = None;
                found.push((Found { others, value }, None));
                found.len() - 1
            }
        };
        let sample = Sample {
            inner: question.inner,
            rows: group,
            parameters: question.parameters,
            confidence: question.confidence,
        };
        let best = &mut found[place];
        let is_better = match (label.order, best.1) {
            (Some(order), Some(known)) if question.smallest => order < known,
            (Some(order), Some(known)) => order > known,
            // Values without an order are taken as they come.
            (Some(_), None) | (None, _) => best.0.value.is_none(),
        };
        if is_better && judge(question.such, &sample) == Verdict::Holds {
            best.0.value = Some(label.value.clone());
            best.1 = label.order;
        }
    }
    let which = if question.smallest {
        "smallest"
    } else {
        "largest"
    };
    let percent = super::format::percent(question.confidence);
    Answer {
        question: format!(
            "{which} {} with {} at {percent}",
            question.parameter, question.text
        ),
        found: found.into_iter().map(|(found, _)| found).collect(),
    }
}

impl Answer {
    /// As a line: `smallest … at 95 %:  100ms → 500ms · 10s → none of those tried`.
    #[must_use]
    pub fn line(&self) -> String {
        let shown = self.found.iter().map(|found| {
            let value = found.value.as_deref().unwrap_or("none of those tried");
            let others: Vec<&str> = found.others.iter().map(|label| &*label.value).collect();
            match others.is_empty() {
                true => value.to_owned(),
                false => format!("{} → {value}", others.join(" ")),
            }
        });
        format!(
            "{}:  {}",
            self.question,
            shown.collect::<Vec<_>>().join(" · ")
        )
    }

    /// As JSON.
    #[must_use]
    pub fn json(&self) -> Value {
        let found = self.found.iter().map(|found| {
            let mut object = Map::new();
            let others = found.others.iter();
            let others = others.map(|label| (label.name.clone(), label.value.as_str().into()));
            object.insert("parameters".into(), Value::Object(others.collect()));
            object.insert("value".into(), found.value.as_deref().into());
            Value::Object(object)
        });
        let mut object = Map::new();
        object.insert("question".into(), self.question.as_str().into());
        object.insert("found".into(), Value::Array(found.collect()));
        object.into()
    }
}
