//! Which units an expression has, and whether they fit together.

use std::fmt;

use super::function::quantile;
use super::{Expr, ExprError, Function, Literal, Operator, TargetFunction, Term};
use crate::diagnostic::nearest;

/// What kind of value an expression has.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Unit {
    /// True or false.
    Bool,
    /// How many.
    Count,
    /// A number without a unit: shares, ratios, percentages.
    Number,
    /// A length of time, and an instant as the time since t = 0.
    Duration,
    /// Bytes or cores.
    Quantity,
    /// How often.
    Rate,
    /// A word: a phase, a version.
    Text,
    /// Not known before the run: any field of an object.
    Any,
}

impl fmt::Display for Unit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Bool => "a condition",
            Self::Count => "a count",
            Self::Number => "a number",
            Self::Duration => "a duration",
            Self::Quantity => "a quantity",
            Self::Rate => "a rate",
            Self::Text => "a text",
            Self::Any => "anything",
        })
    }
}

/// Where an expression stands, and so what it may ask.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Scope {
    /// Before the run: parameters only (`if`, `expr`, `where`).
    Parameters,
    /// At an instant of the run: targets and counters (`when`, `always`).
    Now,
    /// At the end of a run: all of it (`measures`, expectations).
    Run,
    /// After many runs: functions over runs stand around expressions over one.
    Runs,
}

/// The names that expressions may use besides the built-in ones.
#[derive(Clone, Debug, Default)]
pub struct Names {
    /// Parameters and their units.
    pub parameters: Vec<(String, Unit)>,
    /// Measures and their units, [`Unit::Any`] while not known.
    pub measures: Vec<(String, Unit)>,
    /// Names of steps.
    pub steps: Vec<String>,
    /// Names of faults.
    pub faults: Vec<String>,
    /// Names of traffic.
    pub traffic: Vec<String>,
}

/// Finds the unit of an expression and everything in it that does not fit.
#[must_use]
pub fn check(expr: &Expr, scope: Scope, names: &Names, text: &str) -> (Unit, Vec<ExprError>) {
    let mut checker = Checker {
        names,
        text: text.chars().collect(),
        errors: Vec::new(),
    };
    let unit = checker.unit(expr, scope);
    (unit, checker.errors)
}

struct Checker<'a> {
    names: &'a Names,
    text: Vec<char>,
    errors: Vec<ExprError>,
}

impl Checker<'_> {
    fn unit(&mut self, expr: &Expr, scope: Scope) -> Unit {
        match &expr.term {
            Term::Literal(literal) => unit_of(literal),
            Term::Name(path) => self.name(expr, path, scope),
            Term::Not(inner) => {
                self.wants(inner, Unit::Bool, scope, "`not`");
                Unit::Bool
            }
            Term::Negate(inner) => self.unit(inner, scope),
            Term::Binary(operator, left, right) => self.binary(*operator, left, right, scope),
            Term::OverTarget {
                function, target, ..
            } => {
                if scope == Scope::Parameters {
                    self.error(
                        expr,
                        "only parameters are known before the run".to_owned(),
                        None,
                    );
                }
                if matches!(target, crate::scenario::target::Target::Component(_)) {
                    let message = "a component has no objects to ask".to_owned();
                    self.error(expr, message, None);
                }
                over_target(*function)
            }
            Term::Call(function, arguments) => self.call(expr, *function, arguments, scope),
        }
    }

    fn wants(&mut self, expr: &Expr, wanted: Unit, scope: Scope, what: &str) {
        let found = self.unit(expr, scope);
        if fits(found, wanted) || is_zero(expr) {
            return;
        }
        let shown = self.source(expr);
        let message = format!("{what} needs {wanted}, and `{shown}` is {found}");
        self.units_error(expr, message);
    }

    fn binary(&mut self, operator: Operator, left: &Expr, right: &Expr, scope: Scope) -> Unit {
        match operator {
            Operator::Or | Operator::And => {
                let what = format!("`{}`", operator.symbol());
                self.wants(left, Unit::Bool, scope, &what);
                self.wants(right, Unit::Bool, scope, &what);
                Unit::Bool
            }
            Operator::Equal
            | Operator::NotEqual
            | Operator::Less
            | Operator::LessOrEqual
            | Operator::Greater
            | Operator::GreaterOrEqual => {
                self.same(left, right, scope);
                Unit::Bool
            }
            Operator::Add | Operator::Subtract => self.same(left, right, scope),
            Operator::Multiply | Operator::Divide => {
                let a = self.unit(left, scope);
                let b = self.unit(right, scope);
                let found = if operator == Operator::Multiply {
                    product(a, b)
                } else {
                    quotient(a, b)
                };
                found.unwrap_or_else(|| {
                    let message = format!(
                        "`{}` is {a}, `{}` {b}: they cannot be {}",
                        self.source(left),
                        self.source(right),
                        if operator == Operator::Multiply {
                            "multiplied"
                        } else {
                            "divided"
                        }
                    );
                    self.units_error(right, message);
                    Unit::Any
                })
            }
        }
    }

    /// Both sides must have the same unit, which is returned.
    fn same(&mut self, left: &Expr, right: &Expr, scope: Scope) -> Unit {
        let a = self.unit(left, scope);
        let b = self.unit(right, scope);
        if is_zero(left) {
            return b;
        }
        if is_zero(right) || fits(a, b) {
            return if a == Unit::Any { b } else { a };
        }
        let message = format!(
            "`{}` is {a}, `{}` {b}",
            self.source(left),
            self.source(right)
        );
        self.units_error(right, message);
        Unit::Any
    }

    fn call(&mut self, expr: &Expr, function: Function, arguments: &[Expr], scope: Scope) -> Unit {
        let name = function.name();
        let what = format!("`{name}`");
        let over_runs_only = matches!(
            function,
            Function::Quantile(_) | Function::Share | Function::HalfWidth
        );
        let plain = matches!(function, Function::Min | Function::Max) && arguments.len() > 1;
        if over_runs_only && scope != Scope::Runs {
            let message = format!("{what} is a function over runs");
            let help = "use it in sweep.find, sweep.seeds.until or overRuns";
            self.error(expr, message, Some(help));
        }
        if !plain && scope == Scope::Parameters {
            let message = format!("{what} needs a run, and only parameters are known before it");
            self.error(expr, message, None);
        }
        let inner = if scope == Scope::Runs {
            Scope::Run
        } else {
            scope
        };
        match function {
            Function::Min | Function::Max if plain => {
                let (first, rest) = arguments
                    .split_first()
                    .expect("the parser counts arguments");
                rest.iter()
                    .fold(Unit::Any, |_, other| self.same(first, other, inner))
            }
            Function::Min
            | Function::Max
            | Function::Mean
            | Function::Last
            | Function::Sum
            | Function::Quantile(_)
            | Function::HalfWidth => self.unit(&arguments[0], inner),
            Function::Integral => {
                let unit = self.unit(&arguments[0], inner);
                product(unit, Unit::Duration).unwrap_or(Unit::Number)
            }
            Function::Changes => {
                self.unit(&arguments[0], inner);
                Unit::Count
            }
            Function::Share => {
                self.wants(&arguments[0], Unit::Bool, inner, &what);
                Unit::Number
            }
            Function::Duration | Function::First => {
                self.wants(&arguments[0], Unit::Bool, inner, &what);
                Unit::Duration
            }
            Function::Delay | Function::Recovery => {
                self.wants(&arguments[0], Unit::Bool, inner, &what);
                self.wants(&arguments[1], Unit::Duration, inner, &what);
                Unit::Duration
            }
        }
    }

    fn name(&mut self, expr: &Expr, path: &[String], scope: Scope) -> Unit {
        let known = |list: &[(String, Unit)]| {
            let mut all = list.iter();
            all.find(|(name, _)| *name == path[0])
                .map(|(_, unit)| *unit)
        };
        if path.len() == 1 {
            if let Some(unit) = known(&self.names.parameters) {
                return unit;
            }
            if let Some(unit) = known(&self.names.measures).filter(|_| scope != Scope::Parameters) {
                return unit;
            }
        }
        if scope == Scope::Parameters {
            let names = self.names.parameters.iter().map(|(name, _)| name.as_str());
            let near = nearest(&path[0], names).map(|near| format!("did you mean `{near}`?"));
            let message = format!("`{}` is not a parameter", path.join("."));
            self.error(expr, message, near.as_deref());
            return Unit::Any;
        }
        match self.built_in(path) {
            Ok(unit) => unit,
            Err((index, candidates)) => {
                let shown = path[..=index].join(".");
                let names = candidates.iter().map(String::as_str);
                let near = nearest(&path[index], names);
                let help = match near {
                    Some(near) => {
                        let mut better = path.to_vec();
                        near.clone_into(&mut better[index]);
                        format!("did you mean `{}`?", better.join("."))
                    }
                    None => format!("there are {}", candidates.join(", ")),
                };
                self.error(expr, format!("nothing is called `{shown}`"), Some(&help));
                Unit::Any
            }
        }
    }

    /// The unit of a built-in measure; else the segment that is wrong and what could stand there.
    fn built_in(&self, path: &[String]) -> Result<Unit, (usize, Vec<String>)> {
        let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        let segment = |index: usize| path.get(index).map_or("", String::as_str);
        let end = |index: usize, unit: Unit| match path.len() == index + 1 {
            true => Ok(unit),
            false => Err((index + 1, Vec::new())),
        };
        let wrong = |index: usize, names: Vec<String>| {
            Err((index.min(path.len().saturating_sub(1)), names))
        };
        match segment(0) {
            "steady" => end(0, Unit::Bool),
            "requests" => {
                let named = self.names.traffic.iter().any(|name| name == segment(1));
                request(path, 1 + usize::from(named), &self.names.traffic)
            }
            "steps" => span_of(
                path,
                &self.names.steps,
                &["start", "end", "duration", "exit"],
            ),
            "faults" => span_of(path, &self.names.faults, &["start", "end", "count"]),
            "pods" => match segment(1) {
                "created" | "restarted" | "evicted" | "preempted" | "oomKilled" => {
                    end(1, Unit::Count)
                }
                "toReady" => latency(path, 2),
                _ => wrong(
                    1,
                    owned(&[
                        "created",
                        "restarted",
                        "evicted",
                        "preempted",
                        "oomKilled",
                        "toReady",
                    ]),
                ),
            },
            "nodes" => match segment(1) {
                "used" | "notReady" => end(1, Unit::Count),
                _ => wrong(1, owned(&["used", "notReady"])),
            },
            "evictions" if segment(1) == "refused" => end(1, Unit::Count),
            "evictions" => wrong(1, owned(&["refused"])),
            "kills" if segment(1) == "inFlight" => end(1, Unit::Count),
            "kills" => wrong(1, owned(&["inFlight"])),
            "api" if matches!(segment(1), "writes" | "conflicts") => end(1, Unit::Count),
            "api" => wrong(1, owned(&["writes", "conflicts"])),
            "run" if segment(1) == "duration" => end(1, Unit::Duration),
            "run" => wrong(1, owned(&["duration"])),
            _ => {
                let mut names: Vec<String> = owned(&[
                    "requests",
                    "steps",
                    "faults",
                    "pods",
                    "nodes",
                    "evictions",
                    "kills",
                    "api",
                    "run",
                    "steady",
                ]);
                let declared = self.names.parameters.iter().chain(&self.names.measures);
                names.extend(declared.map(|(name, _)| name.clone()));
                Err((0, names))
            }
        }
    }

    fn source(&self, expr: &Expr) -> String {
        let from = (expr.start as usize).min(self.text.len());
        let to = (from + expr.length as usize).min(self.text.len());
        self.text[from..to].iter().collect()
    }

    fn error(&mut self, expr: &Expr, message: String, help: Option<&str>) {
        self.errors.push(ExprError {
            message,
            start: expr.start,
            length: expr.length,
            help: help.map(str::to_owned),
            units: false,
        });
    }

    fn units_error(&mut self, expr: &Expr, message: String) {
        self.error(expr, message, None);
        if let Some(last) = self.errors.last_mut() {
            last.units = true;
        }
    }
}

/// Why a request failed, as measures name it.
pub(super) const CAUSES: [&str; 7] = [
    "noEndpoint",
    "refused",
    "connectTimeout",
    "reset",
    "cut",
    "responseTimeout",
    "http5xx",
];

/// `steps.NAME.duration`, `faults.NAME.count`.
fn span_of(
    path: &[String],
    known: &[String],
    fields: &[&str],
) -> Result<Unit, (usize, Vec<String>)> {
    let segment = |index: usize| path.get(index).map_or("", String::as_str);
    let last = path.len() - 1;
    if !known.iter().any(|name| name == segment(1)) {
        return Err((last.min(1), known.to_vec()));
    }
    if !fields.contains(&segment(2)) || last > 2 {
        let names = fields.iter().map(|name| (*name).to_owned()).collect();
        return Err((last.min(2), names));
    }
    Ok(match segment(2) {
        "exit" => Unit::Number,
        "count" => Unit::Count,
        _ => Unit::Duration,
    })
}

fn request(path: &[String], at: usize, traffic: &[String]) -> Result<Unit, (usize, Vec<String>)> {
    let segment = |index: usize| path.get(index).map_or("", String::as_str);
    let known =
        |names: &[&str]| -> Vec<String> { names.iter().map(|name| (*name).to_owned()).collect() };
    match (segment(at), path.len() - at.min(path.len())) {
        ("sent" | "ok" | "lost", 1) => Ok(Unit::Count),
        ("lost", 2) if CAUSES.contains(&segment(at + 1)) => Ok(Unit::Count),
        ("lost", 2) => Err((at + 1, known(&CAUSES))),
        ("latency", _) => latency(path, at + 1),
        _ => {
            let mut names = known(&["sent", "ok", "lost", "latency"]);
            if at == 1 {
                names.extend(traffic.iter().cloned());
            }
            Err((at.min(path.len() - 1), names))
        }
    }
}

fn latency(path: &[String], at: usize) -> Result<Unit, (usize, Vec<String>)> {
    let known = ["p50", "p90", "p95", "p99", "p999", "max", "mean"];
    let fits = path
        .get(at)
        .is_some_and(|name| quantile(name).is_some() || matches!(name.as_str(), "max" | "mean"));
    if fits && path.len() == at + 1 {
        return Ok(Unit::Duration);
    }
    let names = known.iter().map(|name| (*name).to_owned()).collect();
    Err((at.min(path.len() - 1), names))
}

const fn unit_of(literal: &Literal) -> Unit {
    match literal {
        Literal::Number(_) | Literal::Percent(_) => Unit::Number,
        Literal::Duration(_) => Unit::Duration,
        Literal::Quantity(_) => Unit::Quantity,
        Literal::Rate(_) => Unit::Rate,
        Literal::Bool(_) => Unit::Bool,
        Literal::Word(_) => Unit::Text,
    }
}

const fn over_target(function: TargetFunction) -> Unit {
    match function {
        TargetFunction::Ready
        | TargetFunction::Available
        | TargetFunction::Updated
        | TargetFunction::Replicas
        | TargetFunction::Count
        | TargetFunction::Restarts => Unit::Count,
        TargetFunction::Phase => Unit::Text,
        TargetFunction::Exists | TargetFunction::Condition | TargetFunction::RolledOut => {
            Unit::Bool
        }
        TargetFunction::Field => Unit::Any,
    }
}

/// A bare zero has every unit.
fn is_zero(expr: &Expr) -> bool {
    matches!(expr.term, Term::Literal(Literal::Number(value)) if value == 0.0)
}

fn fits(a: Unit, b: Unit) -> bool {
    let numeric = |unit| matches!(unit, Unit::Count | Unit::Number);
    a == b || a == Unit::Any || b == Unit::Any || (numeric(a) && numeric(b))
}

fn product(a: Unit, b: Unit) -> Option<Unit> {
    match (a, b) {
        (Unit::Any, _) | (_, Unit::Any) => Some(Unit::Any),
        (Unit::Bool | Unit::Text, _) | (_, Unit::Bool | Unit::Text) => None,
        (Unit::Count, Unit::Count) => Some(Unit::Count),
        (Unit::Count | Unit::Number, Unit::Number) | (Unit::Number, Unit::Count) => {
            Some(Unit::Number)
        }
        (Unit::Count | Unit::Number, other) | (other, Unit::Count | Unit::Number) => Some(other),
        (Unit::Rate, Unit::Duration) | (Unit::Duration, Unit::Rate) => Some(Unit::Count),
        (Unit::Duration | Unit::Quantity | Unit::Rate, _) => None,
    }
}

fn quotient(a: Unit, b: Unit) -> Option<Unit> {
    match (a, b) {
        (Unit::Any, _) | (_, Unit::Any) => Some(Unit::Any),
        (Unit::Bool | Unit::Text, _) | (_, Unit::Bool | Unit::Text) => None,
        (left, Unit::Count | Unit::Number) => Some(if left == Unit::Count {
            Unit::Number
        } else {
            left
        }),
        (left, right) if left == right => Some(Unit::Number),
        (Unit::Count | Unit::Number, Unit::Duration) => Some(Unit::Rate),
        (Unit::Count | Unit::Number, Unit::Rate) => Some(Unit::Duration),
        (
            Unit::Count | Unit::Number | Unit::Duration | Unit::Quantity | Unit::Rate,
            Unit::Duration | Unit::Quantity | Unit::Rate,
        ) => None,
    }
}
