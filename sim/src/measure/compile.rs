//! Compiling the measures and expectations of a scenario.

use wavetank_core::time::SimDuration;

use super::code::{Code, source};
use super::fold::FoldKind;
use super::leaf::{Leaf, RequestCount};
use super::name::{self, Known, Missing};
use super::target::TargetLeaf;
use crate::diagnostic::{Diagnostic, Diagnostics, Place};
use crate::scenario::diagnostics::not_there_yet;
use crate::scenario::expr::{self, Expr, Function, Names, Scope, Term, Unit};
use crate::scenario::schema::{Expect, Expression, Instant, Scenario, Seeds};
use crate::scenario::units::duration_text;

/// The measures and expectations of a scenario at one point of a sweep, shared by its runs.
#[derive(Clone, Debug, Default)]
pub struct Compiled {
    /// The columns of every table, in order.
    pub columns: Vec<Column>,
    /// What functions over runs need of each run: the expressions in their parentheses.
    pub inner: Vec<Expr>,
    /// The faults, by name.
    pub faults: Vec<String>,
    pub(super) leaves: Vec<LeafUse>,
    pub(super) watches: Vec<Watch>,
    pub(super) values: Vec<Code>,
    pub(super) inner_values: Vec<Code>,
    pub(super) expected: Vec<Expected>,
}

/// One column of a table.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// The expression.
    pub text: String,
    /// The unit of its values.
    pub unit: Unit,
    /// Whether it counts lost requests, so that the share of runs with any is of interest.
    pub is_loss: bool,
}

/// A leaf, and when it is asked for.
#[derive(Clone, Debug)]
pub(super) struct LeafUse {
    pub(super) leaf: Leaf,
    /// Whether its value is asked for while the run goes on.
    pub(super) is_watched: bool,
    /// The watches that read it.
    pub(super) watches: Vec<usize>,
}

/// A value of which the past is kept.
#[derive(Clone, Debug)]
pub(super) struct Watch {
    pub(super) code: Code,
    pub(super) kind: FoldKind,
    /// What it was compiled from, and the text of that.
    pub(super) expr: Expr,
    pub(super) text: String,
}

/// An expectation, compiled.
#[derive(Clone, Debug)]
pub(super) struct Expected {
    pub(super) text: String,
    pub(super) judgement: Judgement,
}

/// How an expectation is judged.
#[derive(Clone, Debug)]
pub(super) enum Judgement {
    /// At the end.
    Holds(Code, Expr, String),
    /// By a watch that must never have met what it looks for.
    Unmet(usize),
    /// By a watch that must have met it in time.
    Eventually {
        watch: usize,
        within: Option<SimDuration>,
        since: Option<Code>,
    },
    /// By many runs.
    OverRuns,
    /// By an invariant that must break.
    Violates(String),
}

/// Compiles the measures and expectations of `scenario`. What cannot be measured yet is reported.
///
/// Without measures there are columns for what the scenario has: requests that were lost, the duration
/// of every named step, the duration of the run.
pub fn compile(scenario: &Scenario, diagnostics: &mut Diagnostics) -> Compiled {
    let known = Known {
        traffic: scenario.traffic.keys().cloned().collect(),
        steps: scenario
            .timeline
            .iter()
            .map(|step| step.name.as_ref().map(|name| name.value.clone()))
            .collect(),
        faults: scenario.faults.keys().cloned().collect(),
    };
    let mut compiler = Compiler {
        scenario,
        known,
        diagnostics,
        compiled: Compiled::default(),
        within: Vec::new(),
    };
    compiler.columns();
    for expect in &scenario.expect {
        if let Some(expected) = compiler.expect(expect) {
            compiler.compiled.expected.push(expected);
        }
    }
    compiler.over_runs();
    let mut compiled = compiler.compiled;
    compiled.faults = compiler.known.faults;
    for (number, watch) in compiled.watches.iter().enumerate() {
        watch.code.leaves(&mut |leaf| {
            let watches = &mut compiled.leaves[leaf].watches;
            if watches.last() != Some(&number) {
                watches.push(number);
            }
        });
    }
    compiled
}

/// What targets can be asked.
const TARGETS_HELP: &str =
    "pods, nodes, Deployments and ReplicaSets have counts, readiness, conditions and simple fields";

struct Compiler<'a> {
    scenario: &'a Scenario,
    known: Known,
    diagnostics: &'a mut Diagnostics,
    compiled: Compiled,
    /// The measures that are being compiled, so that none contains itself.
    within: Vec<String>,
}

/// Where an expression is compiled.
#[derive(Clone, Copy)]
struct At<'a> {
    text: &'a str,
    place: &'a Place,
    /// Whether its value is needed at every instant.
    live: bool,
}

impl Compiler<'_> {
    fn columns(&mut self) {
        let scenario = self.scenario;
        let mut names = Names {
            parameters: Vec::new(),
            measures: Vec::new(),
            steps: self.known.steps.iter().flatten().cloned().collect(),
            faults: self.known.faults.clone(),
            traffic: self.known.traffic.clone(),
        };
        for (name, parameter) in &scenario.parameters {
            let unit = unit_of(&parameter.amount);
            names.parameters.push((name.clone(), unit));
        }
        for (name, measure) in &scenario.measures {
            self.within.push(name.clone());
            let code = self.code(&measure.expr, At::end(measure));
            self.within.pop();
            let unit = expr::check(&measure.expr, Scope::Run, &names, &measure.text).0;
            names.measures.push((name.clone(), unit));
            if let Some(code) = code {
                self.column(name, &measure.text, unit, code);
            }
        }
        if scenario.measures.is_empty() {
            self.default_columns();
        }
    }

    /// Columns for what the scenario has.
    fn default_columns(&mut self) {
        let scenario = self.scenario;
        if !scenario.traffic.is_empty() {
            self.default_column("lost", &["requests", "lost"], Unit::Count);
        }
        for step in &scenario.timeline {
            if let Some(name) = &step.name {
                let path = ["steps", &*name.value, "duration"];
                self.default_column(&name.value, &path, Unit::Duration);
            }
        }
        self.default_column("duration", &["run", "duration"], Unit::Duration);
    }

    fn default_column(&mut self, name: &str, path: &[&str], unit: Unit) {
        let path: Vec<String> = path.iter().map(|part| (*part).to_owned()).collect();
        let text = path.join(".");
        let mut columns = self.compiled.columns.iter();
        let is_taken = columns.any(|column| column.name == name);
        if let Ok(leaf) = name::leaf(&path, &self.known) {
            let code = Code::Leaf(self.leaf(leaf, false));
            self.column(if is_taken { &text } else { name }, &text, unit, code);
        }
    }

    fn column(&mut self, name: &str, text: &str, unit: Unit, code: Code) {
        let is_loss = if let Code::Leaf(leaf) = &code {
            let leaf = &self.compiled.leaves[*leaf].leaf;
            let counts = [RequestCount::Lost, RequestCount::Killed];
            matches!(leaf, Leaf::Requests(_, RequestCount::Cause(_)))
                || matches!(leaf, Leaf::Requests(_, count) if counts.contains(count))
        } else {
            false
        };
        self.compiled.columns.push(Column {
            name: name.to_owned(),
            text: text.to_owned(),
            unit,
            is_loss,
        });
        self.compiled.values.push(code);
    }

    fn leaf(&mut self, leaf: Leaf, live: bool) -> usize {
        self.compiled.leaves.push(LeafUse {
            leaf,
            is_watched: live,
            watches: Vec::new(),
        });
        self.compiled.leaves.len() - 1
    }

    fn refuse<T>(&mut self, what: &str, help: &str, at: At<'_>) -> Option<T> {
        let message = not_there_yet(what, at.place.clone(), help);
        self.diagnostics.push(message);
        None
    }

    fn expect(&mut self, expect: &Expect) -> Option<Expected> {
        let (text, judgement) = match expect {
            Expect::Holds(condition) => {
                let code = self.code(&condition.expr, At::end(condition))?;
                let text = condition.text.clone();
                let judgement = Judgement::Holds(code, condition.expr.clone(), text.clone());
                (text, judgement)
            }
            Expect::Always(condition) => {
                let watch =
                    self.watch(&condition.expr, FoldKind::Ever(false), At::end(condition))?;
                let text = format!("always: {}", condition.text);
                (text, Judgement::Unmet(watch))
            }
            Expect::Never(condition) => {
                let watch =
                    self.watch(&condition.expr, FoldKind::Ever(true), At::end(condition))?;
                let text = format!("never: {}", condition.text);
                (text, Judgement::Unmet(watch))
            }
            Expect::Eventually {
                condition,
                within,
                since,
            } => {
                let watch = self.watch(&condition.expr, FoldKind::Delay, At::end(condition))?;
                let mut text = format!("eventually: {}", condition.text);
                if let Some(within) = within {
                    text.push_str(&format!(", within: {}", duration_text(within.value)));
                }
                let since = match since {
                    None => None,
                    Some(Instant::At(at)) => {
                        text.push_str(&format!(", since: {}", duration_text(at.value)));
                        let nanos = i128::from(at.value.nanos());
                        Some(Code::Constant(expr::Amount::Duration(nanos)))
                    }
                    Some(Instant::Of(since)) => {
                        text.push_str(&format!(", since: {}", since.text));
                        Some(self.code(&since.expr, At::end(since))?)
                    }
                };
                let within = within.as_ref().map(|within| within.value);
                let judgement = Judgement::Eventually {
                    watch,
                    within,
                    since,
                };
                (text, judgement)
            }
            Expect::OverRuns { condition, .. } => {
                let text = format!("overRuns: {}", condition.text);
                (text, Judgement::OverRuns)
            }
            Expect::Violates(id) => {
                let text = format!("violates: {}", id.value);
                (text, Judgement::Violates(id.value.clone()))
            }
        };
        Some(Expected { text, judgement })
    }

    /// Collects what functions over runs need of each run.
    fn over_runs(&mut self) {
        let scenario = self.scenario;
        let mut conditions: Vec<&Expression> = Vec::new();
        for expect in &scenario.expect {
            if let Expect::OverRuns { condition, .. } = expect {
                conditions.push(condition);
            }
        }
        if let Some(sweep) = &scenario.sweep {
            conditions.extend(sweep.find.as_ref().map(|find| &find.such));
            if let Seeds::Sequential { until, .. } = &sweep.seeds {
                conditions.push(until);
            }
        }
        for condition in conditions {
            let mut found = Vec::new();
            arguments(&condition.expr, &mut found);
            for inner in found {
                if self.compiled.inner.contains(inner) {
                    continue;
                }
                if let Some(code) = self.code(inner, At::end(condition)) {
                    self.compiled.inner.push(inner.clone());
                    self.compiled.inner_values.push(code);
                }
            }
        }
    }

    fn code(&mut self, expr: &Expr, at: At<'_>) -> Option<Code> {
        match &expr.term {
            Term::Literal(literal) => Some(Code::Constant(expr::amount(literal))),
            Term::Name(path) => self.name(path, at),
            Term::Not(inner) => Some(Code::Not(Box::new(self.code(inner, at)?))),
            Term::Negate(inner) => Some(Code::Negate(Box::new(self.code(inner, at)?))),
            Term::Binary(operator, left, right) => {
                let left = self.code(left, at);
                let right = self.code(right, at);
                Some(Code::Binary(*operator, Box::new(left?), Box::new(right?)))
            }
            Term::OverTarget {
                function,
                target,
                argument,
            } => match TargetLeaf::new(*function, target, argument.as_deref()) {
                Ok(leaf) => Some(Code::Leaf(self.leaf(Leaf::Target(leaf), at.live))),
                Err(what) => self.refuse(&what, TARGETS_HELP, at),
            },
            Term::Call(function, arguments) => self.call(expr, *function, arguments, at),
        }
    }

    fn call(
        &mut self,
        expr: &Expr,
        function: Function,
        arguments: &[Expr],
        at: At<'_>,
    ) -> Option<Code> {
        let kind = match function {
            Function::Min | Function::Max if arguments.len() > 1 => {
                let all = arguments.iter().map(|inner| self.code(inner, at));
                let all: Vec<Option<Code>> = all.collect();
                let all: Option<Vec<Code>> = all.into_iter().collect();
                return Some(Code::Extreme(function == Function::Max, all?));
            }
            Function::Last | Function::Sum => return self.code(&arguments[0], at),
            Function::Min => FoldKind::Extreme(false),
            Function::Max => FoldKind::Extreme(true),
            Function::Mean => FoldKind::Mean,
            Function::Integral => FoldKind::Integral,
            Function::Changes => FoldKind::Changes,
            Function::Duration => FoldKind::Held,
            Function::First => FoldKind::First,
            Function::Delay => FoldKind::Delay,
            Function::Recovery => FoldKind::Recovery,
            Function::Quantile(_) | Function::Share | Function::HalfWidth => {
                let what = format!("`{}` of one run", function.name());
                return self.refuse(&what, "it is a function over runs", at);
            }
        };
        if at.live {
            let what = format!("`{}` at every instant", source(expr, at.text));
            return self.refuse(&what, "functions over time have their value at the end", at);
        }
        let from = match arguments.get(1) {
            Some(from) => Some(Box::new(self.code(from, at)?)),
            None => None,
        };
        let watch = self.watch(&arguments[0], kind, at)?;
        Some(Code::Watched(watch, from))
    }

    fn watch(&mut self, expr: &Expr, kind: FoldKind, at: At<'_>) -> Option<usize> {
        let code = self.code(expr, At { live: true, ..at })?;
        self.compiled.watches.push(Watch {
            code,
            kind,
            expr: expr.clone(),
            text: at.text.to_owned(),
        });
        Some(self.compiled.watches.len() - 1)
    }

    fn name(&mut self, path: &[String], at: At<'_>) -> Option<Code> {
        let scenario = self.scenario;
        if let [name] = path {
            if let Some(parameter) = scenario.parameters.get(name) {
                return Some(Code::Constant(parameter.amount.clone()));
            }
            if let Some(measure) = scenario.measures.get(name) {
                if self.within.contains(name) {
                    let message = format!("the measure `{name}` contains itself");
                    let diagnostic = Diagnostic::error("S029", message).at(at.place.clone());
                    self.diagnostics.push(diagnostic.help("write it out"));
                    return None;
                }
                self.within.push(name.clone());
                let text = &*measure.text;
                let code = self.code(&measure.expr, At { text, ..at });
                self.within.pop();
                return code;
            }
        }
        let text = path.join(".");
        match name::leaf(path, &self.known) {
            Ok(leaf) if at.live && !leaf.is_live() => {
                let what = format!("`{text}` at every instant");
                self.refuse(&what, "its value is known at the end of a run", at)
            }
            Ok(leaf) => Some(Code::Leaf(self.leaf(leaf, at.live))),
            Err(Missing::NotThereYet) => {
                let help = "requests are counted: requests.sent, ok, lost, lost.CAUSE";
                self.refuse(&format!("`{text}`"), help, at)
            }
            // The format's check has reported names that nobody knows.
            Err(Missing::Unknown) if self.diagnostics.has_errors() => None,
            Err(Missing::Unknown) => self.refuse(&format!("`{text}`"), "use another measure", at),
        }
    }
}

impl<'a> At<'a> {
    const fn end(expression: &'a Expression) -> Self {
        Self {
            text: expression.text.as_str(),
            place: &expression.place,
            live: false,
        }
    }
}

/// The expressions that stand in the parentheses of functions over runs.
fn arguments<'a>(expr: &'a Expr, found: &mut Vec<&'a Expr>) {
    match &expr.term {
        Term::Literal(_) | Term::Name(_) | Term::OverTarget { .. } => {}
        Term::Not(inner) | Term::Negate(inner) => arguments(inner, found),
        Term::Binary(_, left, right) => {
            arguments(left, found);
            arguments(right, found);
        }
        Term::Call(_, inner) if inner.len() == 1 => found.push(&inner[0]),
        Term::Call(_, several) => {
            for inner in several {
                arguments(inner, found);
            }
        }
    }
}

const fn unit_of(amount: &expr::Amount) -> Unit {
    match amount {
        expr::Amount::Bool(_) => Unit::Bool,
        expr::Amount::Number(_) => Unit::Number,
        expr::Amount::Duration(_) => Unit::Duration,
        expr::Amount::Quantity(_) => Unit::Quantity,
        expr::Amount::Rate(_) => Unit::Rate,
        expr::Amount::Text(_) => Unit::Text,
    }
}
