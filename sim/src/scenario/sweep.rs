//! The points of a sweep: which parameters have which values, in an order that never changes.

use super::diagnostics;
use super::expr::{self, Amount, Env};
use super::node::{Node, Value};
use super::parameters::{self, AxisText, Override, Parameters};
use super::schema::{Axis, Design, SweepPlan};
use crate::diagnostic::{Diagnostics, Place, Span};

/// Most points of one sweep.
pub const POINTS_MAX: usize = 1_000_000;

/// One point: values of the varied parameters, in the order of the axes.
#[derive(Clone, PartialEq, Debug)]
pub struct Assignment {
    /// The name of a case; none for points of the design.
    pub case: Option<String>,
    /// What is set.
    pub values: Vec<Override>,
}

/// All points of a sweep: the grid (the last axis changes fastest) or the zip, without those that
/// `where` leaves out, then the cases.
///
/// `given` are axes of the command line, which replace those of the file. Mistakes are reported at
/// `place` where they have no place of their own.
pub fn points(
    plan: &SweepPlan,
    given: &[(String, Span, AxisText)],
    declared: &Parameters,
    place: &Place,
    diagnostics: &mut Diagnostics,
) -> Vec<Assignment> {
    let mut axes: Vec<(String, Span, Vec<Node>)> = Vec::new();
    for (key, axis) in &plan.vary {
        if given.iter().any(|(name, ..)| name == key) {
            continue;
        }
        if let Some(values) = values_of(key, axis, declared, place, diagnostics) {
            let span = values.first().map_or(place.span(), |node| node.span);
            axes.push((key.clone(), span, values));
        }
    }
    for (key, span, axis) in given {
        let axis = match axis {
            AxisText::List(values) => Axis::List(values.clone()),
            AxisText::Range { from, to, step } => Axis::Range {
                from: from.clone(),
                to: to.clone(),
                step: step.clone(),
                points: None,
                logarithmic: false,
            },
        };
        if let Some(values) = values_of(key, &axis, declared, place, diagnostics) {
            axes.push((key.clone(), *span, values));
        }
    }
    for (key, span, _) in &axes {
        if !key.contains('.') && !declared.contains_key(key) {
            let names: Vec<(&str, u32)> = declared
                .iter()
                .map(|(name, parameter)| (name.as_str(), parameter.declared_at.line))
                .collect();
            diagnostics.push(diagnostics::unknown_override(key, (*span).into(), &names));
        }
    }
    let mut found = match plan.design {
        Design::Grid => grid(&axes, place, diagnostics),
        Design::Zip => zip(&axes, place, diagnostics),
        Design::Lhs { .. } | Design::Sobol { .. } | Design::Morris { .. } => {
            let help = "use `design: grid` or `zip`";
            diagnostics.push(diagnostics::not_there_yet(
                "this design",
                place.clone(),
                help,
            ));
            Vec::new()
        }
    };
    found.retain(|point| kept(plan, point, declared));
    for case in &plan.cases {
        let value = |(key, node): (&String, &Node)| Override {
            key: key.clone(),
            key_span: node.span,
            node: node.clone(),
        };
        found.push(Assignment {
            case: case.name.as_ref().map(|name| name.value.clone()),
            values: case.values.iter().map(value).collect(),
        });
    }
    found
}

fn values_of(
    key: &str,
    axis: &Axis,
    declared: &Parameters,
    place: &Place,
    diagnostics: &mut Diagnostics,
) -> Option<Vec<Node>> {
    match axis {
        Axis::List(values) if values.is_empty() => {
            let message = format!("the axis `{key}` has no values");
            diagnostics.push(diagnostics::sweep(message, place.clone(), ""));
            None
        }
        Axis::List(values) => Some(values.clone()),
        Axis::Random(_) => {
            let help = "give a list or a range";
            diagnostics.push(diagnostics::not_there_yet(
                "a random axis",
                place.clone(),
                help,
            ));
            None
        }
        Axis::Range {
            from,
            to,
            step,
            points,
            logarithmic,
        } => {
            let param_type = declared.get(key).map(|parameter| parameter.param_type);
            let read = |node: &Node| {
                let param_type = param_type.or_else(|| parameters::infer(node).ok())?;
                parameters::amount_of(node, param_type).ok()
            };
            let step_amount = step.as_ref().map(&read);
            let range = Range {
                from: read(from),
                to: read(to),
                step: step_amount,
                points: *points,
                logarithmic: *logarithmic,
            };
            match range.values() {
                Ok(amounts) => {
                    let node = |amount: &Amount| parameters::node_of(amount, from.span);
                    Some(amounts.iter().map(node).collect())
                }
                Err(problem) => {
                    let at = from.span.place(format!("sweep.vary.{key}"));
                    let help = "write {from: 0s, to: 5s, step: 500ms} or points: 11";
                    diagnostics.push(diagnostics::sweep(problem, at, help));
                    None
                }
            }
        }
    }
}

struct Range {
    from: Option<Amount>,
    to: Option<Amount>,
    step: Option<Option<Amount>>,
    points: Option<u32>,
    logarithmic: bool,
}

impl Range {
    /// Both ends included; with a step that does not fit, the last value is the last below the end.
    fn values(&self) -> Result<Vec<Amount>, String> {
        let (Some(from), Some(to)) = (&self.from, &self.to) else {
            return Err("the ends of a range must be values of the parameter's type".to_owned());
        };
        let (Some(first), Some(last)) = (number(from), number(to)) else {
            return Err("a range needs numbers".to_owned());
        };
        if std::mem::discriminant(from) != std::mem::discriminant(to) || last < first {
            return Err("a range goes from a smaller to a larger value of one unit".to_owned());
        }
        match (&self.step, self.points) {
            (Some(_), Some(_)) => Err("a range has `step` or `points`, not both".to_owned()),
            (Some(step), None) => {
                let step = step
                    .as_ref()
                    .filter(|s| std::mem::discriminant(*s) == std::mem::discriminant(from));
                let step = step.and_then(number).filter(|step| *step > 0.0);
                let step = step.ok_or("`step` must be more than zero, in the range's unit")?;
                let count = ((last - first) / step + 1e-9).floor();
                if count > 1e6 {
                    return Err("a range has at most a million values".to_owned());
                }
                Ok(spread(count, |index| amount(from, first + index * step)))
            }
            (None, Some(points)) => {
                let parts = f64::from(points.max(2) - 1);
                if self.logarithmic && first <= 0.0 {
                    return Err("a logarithmic range begins above zero".to_owned());
                }
                let value = |index: f64| {
                    let share = index / parts;
                    let value = if self.logarithmic {
                        first * libm::pow(last / first, share)
                    } else {
                        first + (last - first) * share
                    };
                    amount(from, value)
                };
                Ok(spread(parts, value))
            }
            (None, None) => Err("a range needs `step` or `points`".to_owned()),
        }
    }
}

/// Values at 0, 1, … up to and including `last`.
fn spread(last: f64, value: impl Fn(f64) -> Amount) -> Vec<Amount> {
    let mut found = Vec::new();
    let mut index = 0.0;
    while index <= last {
        found.push(value(index));
        index += 1.0;
    }
    found
}

#[allow(clippy::cast_precision_loss)]
fn number(amount: &Amount) -> Option<f64> {
    match amount {
        Amount::Number(value) | Amount::Rate(value) => Some(*value),
        Amount::Duration(value) | Amount::Quantity(value) => Some(*value as f64),
        Amount::Bool(_) | Amount::Text(_) => None,
    }
}

#[allow(clippy::cast_possible_truncation)]
fn amount(like: &Amount, value: f64) -> Amount {
    match like {
        Amount::Duration(_) => Amount::Duration(value.round() as i128),
        Amount::Quantity(_) => Amount::Quantity(value.round() as i128),
        Amount::Rate(_) => Amount::Rate(value),
        Amount::Number(_) | Amount::Bool(_) | Amount::Text(_) => Amount::Number(value),
    }
}

fn set(axis: &(String, Span, Vec<Node>), index: usize) -> Override {
    Override {
        key: axis.0.clone(),
        key_span: axis.1,
        node: axis.2[index].clone(),
    }
}

fn grid(
    axes: &[(String, Span, Vec<Node>)],
    place: &Place,
    diagnostics: &mut Diagnostics,
) -> Vec<Assignment> {
    let size = axes
        .iter()
        .try_fold(1_usize, |size, axis| size.checked_mul(axis.2.len()));
    let Some(size) = size.filter(|size| *size <= POINTS_MAX) else {
        let message = format!("the grid has more than {POINTS_MAX} points");
        let help = "vary fewer values, or leave points out";
        diagnostics.push(diagnostics::sweep(message, place.clone(), help));
        return Vec::new();
    };
    let point = |index: usize| {
        let mut rest = index;
        let mut values: Vec<Override> = Vec::new();
        for axis in axes.iter().rev() {
            values.push(set(axis, rest % axis.2.len()));
            rest /= axis.2.len();
        }
        values.reverse();
        Assignment { case: None, values }
    };
    (0..size).map(point).collect()
}

fn zip(
    axes: &[(String, Span, Vec<Node>)],
    place: &Place,
    diagnostics: &mut Diagnostics,
) -> Vec<Assignment> {
    let lengths: Vec<usize> = axes.iter().map(|axis| axis.2.len()).collect();
    let length = lengths.first().copied().unwrap_or(0);
    if lengths.iter().any(|other| *other != length) {
        let message = format!("axes of a zip need equally many values, and have {lengths:?}");
        diagnostics.push(diagnostics::sweep(message, place.clone(), ""));
        return Vec::new();
    }
    let point = |index: usize| Assignment {
        case: None,
        values: axes.iter().map(|axis| set(axis, index)).collect(),
    };
    (0..length).map(point).collect()
}

/// Whether `where` keeps a point.
fn kept(plan: &SweepPlan, point: &Assignment, declared: &Parameters) -> bool {
    let Some(condition) = &plan.keep else {
        return true;
    };
    let env = PointEnv { point, declared };
    expr::evaluate(&condition.expr, &env) != Ok(Amount::Bool(false))
}

struct PointEnv<'a> {
    point: &'a Assignment,
    declared: &'a Parameters,
}

impl Env for PointEnv<'_> {
    fn name(&self, path: &[String]) -> Option<Amount> {
        let [name] = path else { return None };
        let parameter = self.declared.get(name)?;
        let set = self.point.values.iter().find(|set| set.key == *name);
        match set {
            Some(set) => parameters::amount_of(&set.node, parameter.param_type).ok(),
            None => Some(parameter.amount.clone()),
        }
    }
}

/// What a point is called in tables and replay lines: `preStop=2s syncPeriod=1s`.
#[must_use]
pub fn label(point: &Assignment) -> String {
    let part = |set: &Override| {
        let value = match &set.node.value {
            Value::Seq(_) | Value::Map(_) => super::print::flow(&set.node),
            Value::Null | Value::Bool(_) | Value::Int(_) | Value::Float(_) | Value::String(_) => {
                set.node.text().unwrap_or("").to_owned()
            }
        };
        format!("{}={value}", set.key)
    };
    point.values.iter().map(part).collect::<Vec<_>>().join(" ")
}
