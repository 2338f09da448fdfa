//! Checking of a document against [`super::table`]: every mistake, each with its place.

use super::diagnostics;
use super::expr::{self, Names};
use super::kubectl;
use super::node::{Entry, Node, Value};
use super::table::{KeyRule, Kind, SCENARIO, Shape, VERBS};
use super::target;
use super::units::{self, Percent, UnitError};
use crate::diagnostic::{Diagnostic, Diagnostics, Place, Span};

/// Reports everything in a scenario document that the format does not allow.
pub fn check(root: &Node, names: &Names, diagnostics: &mut Diagnostics) {
    let mut checker = Checker {
        names,
        diagnostics,
        path: Vec::new(),
    };
    checker.object(root, &SCENARIO);
}

/// Reports everything in `node` that `kind` does not allow; `path` is where it stands.
pub fn check_at(
    node: &Node,
    kind: &'static Kind,
    path: &str,
    names: &Names,
    diagnostics: &mut Diagnostics,
) {
    let mut checker = Checker {
        names,
        diagnostics,
        path: vec![path.to_owned()],
    };
    checker.value(node, kind);
}

/// Whether expressions can use this name: `[a-z][A-Za-z0-9]*`.
#[must_use]
pub fn is_identifier(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.chars().all(|c| c.is_ascii_alphanumeric())
}

struct Checker<'a> {
    names: &'a Names,
    diagnostics: &'a mut Diagnostics,
    path: Vec<String>,
}

impl Checker<'_> {
    fn place(&self, span: Span) -> Place {
        span.place(joined(&self.path))
    }

    fn push(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
    }

    /// Adds where the value came from, when a parameter put it there.
    fn push_about(&mut self, node: &Node, diagnostic: Diagnostic) {
        let Some(origin) = &node.origin else {
            return self.push(diagnostic);
        };
        if let Some(set_at) = &origin.set_at {
            let text = format!("`${}` is set here", origin.parameter);
            self.push(diagnostic.label(set_at.clone(), text));
        }
    }

    fn wrong_type(&mut self, node: &Node, wanted: &str) {
        let place = self.place(node.span);
        self.push_about(
            node,
            diagnostics::wrong_type(wanted, &node.describe(), place),
        );
    }

    fn value(&mut self, node: &Node, kind: &'static Kind) {
        match kind {
            Kind::Any => {}
            Kind::List(inner) => match &node.value {
                Value::Seq(items) => self.items(items, inner),
                Value::Null => {}
                Value::Map(_) if items_hint(inner) => self.wrong_type(node, "a list (`- …`)"),
                Value::Bool(_)
                | Value::Int(_)
                | Value::Float(_)
                | Value::String(_)
                | Value::Map(_) => self.wrong_type(node, "a list"),
            },
            Kind::OneOrList(inner) => match &node.value {
                Value::Seq(items) => self.items(items, inner),
                Value::Null
                | Value::Bool(_)
                | Value::Int(_)
                | Value::Float(_)
                | Value::String(_)
                | Value::Map(_) => self.value(node, inner),
            },
            Kind::Map(rule, inner) => match &node.value {
                Value::Map(entries) => self.map(entries, *rule, inner),
                Value::Null => {}
                Value::Bool(_)
                | Value::Int(_)
                | Value::Float(_)
                | Value::String(_)
                | Value::Seq(_) => self.wrong_type(node, "a map"),
            },
            Kind::Object(shape) => self.object(node, shape),
            Kind::Shaped { scalar, list, map } => {
                let chosen = match &node.value {
                    Value::Seq(_) => list,
                    Value::Map(_) => map,
                    Value::Null
                    | Value::Bool(_)
                    | Value::Int(_)
                    | Value::Float(_)
                    | Value::String(_) => scalar,
                };
                match chosen {
                    Some(kind) => self.value(node, kind),
                    None => self.wrong_type(node, &wanted(kind)),
                }
            }
            scalar @ (Kind::Bool
            | Kind::Int(..)
            | Kind::Text
            | Kind::Version
            | Kind::Format
            | Kind::Duration
            | Kind::Quantity(_)
            | Kind::Rate
            | Kind::Percent
            | Kind::IntOrPercent
            | Kind::Expr(_)
            | Kind::Target
            | Kind::Kubectl
            | Kind::Path
            | Kind::Window
            | Kind::After
            | Kind::Identifier
            | Kind::Words(_)
            | Kind::WordsOr(..)
            | Kind::DurationOr(_)) => match node.text() {
                Some(text) => self.scalar(node, text, scalar),
                None => self.wrong_type(node, &wanted(kind)),
            },
        }
    }

    fn items(&mut self, items: &[Node], inner: &'static Kind) {
        for (index, item) in items.iter().enumerate() {
            self.path.push(format!("[{index}]"));
            self.value(item, inner);
            self.path.pop();
        }
    }

    fn map(&mut self, entries: &[Entry], rule: KeyRule, inner: &'static Kind) {
        for entry in entries {
            self.path.push(entry.key.clone());
            if rule == KeyRule::Identifier && !is_identifier(&entry.key) {
                let place = self.place(entry.key_span);
                self.push(diagnostics::not_an_identifier(&entry.key, place));
            }
            self.value(&entry.value, inner);
            self.path.pop();
        }
    }

    fn object(&mut self, node: &Node, shape: &'static Shape) {
        let Value::Map(entries) = &node.value else {
            if node.value != Value::Null || shape.fields.iter().any(|field| field.required) {
                let call = node.text().and_then(|text| text.split_once('('));
                if let Some((name, _)) = call.filter(|_| shape.name == "a distribution") {
                    self.push(diagnostics::call_as_distribution(name, node.span));
                } else {
                    self.wrong_type(node, &format!("a map with fields of {}", shape.name));
                }
            }
            return;
        };
        for (index, entry) in entries.iter().enumerate() {
            self.path.push(entry.key.clone());
            match shape.field(&entry.key) {
                // What YAML cut off at a comma is reported once, at the piece that came loose.
                Some(_) if entries.get(index + 1).is_some_and(is_loose_end) => {}
                Some(field) => self.value(&entry.value, field.kind),
                None => self.unknown(entry, index.checked_sub(1).map(|i| &entries[i]), shape),
            }
            self.path.pop();
        }
        let place = self.place(node.span);
        for field in shape.fields.iter().filter(|field| field.required) {
            if node.get(field.name).is_none() {
                let message =
                    diagnostics::missing_field(field.name, place.clone(), shape.name, field.help);
                self.push(message);
            }
        }
        for rule in shape.one_of {
            let found: Vec<&str> = rule
                .names
                .iter()
                .filter(|name| node.get(name).is_some())
                .copied()
                .collect();
            if found.len() > 1 || (found.is_empty() && rule.required) {
                let message =
                    diagnostics::exactly_one(rule.names, &found, place.clone(), shape.name);
                self.push(message);
            }
        }
        if shape.field("kubectl").is_some() && shape.field("mayFail").is_some() {
            self.step(node, shape.field("name").is_some());
        }
    }

    fn unknown(&mut self, entry: &Entry, before: Option<&Entry>, shape: &'static Shape) {
        let top = self.path.len() == 1 && shape.name == SCENARIO.name;
        if top && entry.key.starts_with("x-") {
            return;
        }
        let place = entry
            .key_span
            .place(joined(&self.path[..self.path.len() - 1]));
        let known = shape.names();
        let message = if is_loose_end(entry) {
            let whole = before.and_then(|entry| entry.value.text());
            diagnostics::split_selector(&entry.key, place, whole)
        } else if top {
            diagnostics::unknown_section(&entry.key, place, &known)
        } else {
            diagnostics::unknown_field(&entry.key, place, shape.name, &known)
        };
        self.push(message);
    }

    /// S015 and S016: verbs and times of a step.
    fn step(&mut self, node: &Node, timeline: bool) {
        let verbs: Vec<(&str, Span)> = node
            .entries()
            .iter()
            .filter(|entry| VERBS.contains(&entry.key.as_str()))
            .map(|entry| (entry.key.as_str(), entry.key_span))
            .collect();
        if verbs.len() != 1 {
            let span = verbs.first().map_or(node.span, |(_, span)| *span);
            let place = self.place(span);
            self.push(diagnostics::verbs_of_step(&verbs, place, &VERBS));
        }
        for field in ["rate", "chance", "window"] {
            if let Some(entry) = node.entry(field).filter(|_| timeline) {
                let place = self.place(entry.key_span);
                self.push(diagnostics::random_time_in_timeline(field, place));
            }
        }
        let times: Vec<&str> = ["at", "after", "when", "rate", "chance"]
            .into_iter()
            .filter(|name| node.get(name).is_some())
            .collect();
        if times.len() > 1 {
            let place = self.place(node.span);
            let names = ["at", "after", "when", "rate", "chance"];
            self.push(diagnostics::exactly_one(
                &names,
                &times,
                place,
                "the time of a step",
            ));
        }
        for (field, needs) in [("within", "when"), ("times", "every")] {
            if let Some(entry) = node.entry(field).filter(|_| node.get(needs).is_none()) {
                let place = self.place(entry.key_span);
                let of = format!("`{field}`");
                self.push(diagnostics::missing_field(
                    needs,
                    place,
                    &of,
                    "belongs to it",
                ));
            }
        }
    }

    fn scalar(&mut self, node: &Node, text: &str, kind: &'static Kind) {
        let place = self.place(node.span);
        match kind {
            Kind::Bool => {
                if !matches!(node.value, Value::Bool(_)) {
                    self.wrong_type(node, "`true` or `false`");
                }
            }
            Kind::Int(min, max) => self.int(node, text, *min, *max),
            Kind::Text => {
                if node.value == Value::Null {
                    self.wrong_type(node, "a text");
                }
            }
            Kind::Version => {
                if !matches!(node.value, Value::String(_)) {
                    self.push_about(node, diagnostics::version_is_text(text, place));
                }
            }
            Kind::Format => {
                if text != "wavetank/v1" {
                    self.push(diagnostics::unknown_version(text, place));
                }
            }
            Kind::Duration
            | Kind::Quantity(_)
            | Kind::Rate
            | Kind::Percent
            | Kind::IntOrPercent
            | Kind::Window => self.number_with_unit(node, text, kind),
            Kind::Expr(scope) => self.expression(node, text, *scope),
            Kind::DurationOr(scope) => {
                if units::duration(text).is_err() {
                    self.expression(node, text, *scope);
                }
            }
            Kind::Target => self.target(node, text),
            Kind::Kubectl => self.kubectl(node, text),
            Kind::Path => self.relative_path(node, text),
            Kind::After => self.after(node, text),
            Kind::Identifier => {
                if !is_identifier(text) {
                    self.push(diagnostics::not_an_identifier(text, place));
                }
            }
            Kind::Words(words) => {
                if !words.contains(&text) {
                    self.push_about(node, diagnostics::unknown_word(text, place, words));
                }
            }
            Kind::WordsOr(words, other) => {
                if !words.contains(&text) {
                    self.value(node, other);
                }
            }
            Kind::Any
            | Kind::List(_)
            | Kind::OneOrList(_)
            | Kind::Map(..)
            | Kind::Object(_)
            | Kind::Shaped { .. } => {}
        }
    }

    fn number_with_unit(&mut self, node: &Node, text: &str, kind: &'static Kind) {
        match kind {
            Kind::Duration => {
                if let Err(error) = units::duration(text) {
                    self.push_about(node, not_a_duration(text, self.place(node.span), error));
                }
            }
            Kind::Quantity(memory) => self.quantity(node, text, *memory),
            Kind::Rate => self.measure(
                node,
                units::rate(text).is_ok(),
                "a rate",
                "200/s, 6/h, 20Mi/s",
            ),
            Kind::Percent => {
                let within = |percent: Percent| percent.millionths <= 1_000_000;
                let fits = units::percent(text).is_ok_and(within);
                self.measure(node, fits, "a percentage up to 100%", "20%");
            }
            Kind::IntOrPercent => {
                let fits = units::percent(text).is_ok()
                    || matches!(node.value, Value::Int(count) if count >= 0);
                self.measure(node, fits, "a number or a percentage", "1 or 50%");
            }
            Kind::Window => {
                let fits = text.split_once("..").is_some_and(|(from, to)| {
                    matches!((units::duration(from), units::duration(to)), (Ok(a), Ok(b)) if a <= b)
                });
                self.measure(node, fits, "a window", "0s..10m");
            }
            Kind::Bool
            | Kind::Int(..)
            | Kind::Text
            | Kind::Version
            | Kind::Format
            | Kind::Expr(_)
            | Kind::Target
            | Kind::Kubectl
            | Kind::Path
            | Kind::After
            | Kind::Identifier
            | Kind::Any
            | Kind::Words(_)
            | Kind::WordsOr(..)
            | Kind::DurationOr(_)
            | Kind::List(_)
            | Kind::OneOrList(_)
            | Kind::Map(..)
            | Kind::Object(_)
            | Kind::Shaped { .. } => {}
        }
    }

    fn int(&mut self, node: &Node, text: &str, min: i64, max: i64) {
        match node.value {
            Value::Int(number) if number >= min && number <= max => {}
            Value::Int(_) => {
                let limits = format!("from {min} to {max}");
                let place = self.place(node.span);
                self.push_about(node, diagnostics::out_of_range(text, &limits, place));
            }
            Value::Null
            | Value::Bool(_)
            | Value::Float(_)
            | Value::String(_)
            | Value::Seq(_)
            | Value::Map(_) => self.wrong_type(node, "a whole number"),
        }
    }

    fn measure(&mut self, node: &Node, fits: bool, wanted: &str, example: &str) {
        if fits {
            return;
        }
        let text = node.text().unwrap_or("");
        let place = self.place(node.span);
        self.push_about(
            node,
            diagnostics::not_a_measure(text, place, wanted, example),
        );
    }

    fn quantity(&mut self, node: &Node, text: &str, memory: bool) {
        match units::quantity(text) {
            Ok(amount) if memory && amount.milli % 1000 != 0 && text.ends_with('m') => {
                let place = self.place(node.span);
                self.push_about(node, diagnostics::millibytes(text, place));
            }
            found => {
                let fits = found.is_ok_and(|amount| amount.milli >= 0);
                self.measure(node, fits, "a quantity", "500m, 2, 64Mi, 2Gi");
            }
        }
    }

    fn expression(&mut self, node: &Node, text: &str, scope: expr::Scope) {
        let errors = match expr::parse(text) {
            Ok(parsed) => expr::check(&parsed, scope, self.names, text).1,
            Err(error) => vec![error],
        };
        for error in errors {
            let place = self.place(inside(node, error.start, error.length));
            let message = if error.units {
                diagnostics::unit_mismatch(error.message, place)
            } else {
                diagnostics::expression(&error.message, place, error.help)
            };
            self.push_about(node, message);
        }
    }

    fn target(&mut self, node: &Node, text: &str) {
        // The port of traffic's target is not part of what `kubectl get` takes.
        let service = text
            .strip_prefix("service/")
            .or_else(|| text.strip_prefix("svc/"));
        let text = match service.and_then(|name| name.split_once(':')) {
            Some((_, port)) => &text[..text.len() - port.len() - 1],
            None => text,
        };
        if let Err(error) = target::parse(text) {
            let place = self.place(inside(node, error.start, error.length));
            self.push_about(node, diagnostics::target(&error.message, place, error.help));
        }
    }

    fn kubectl(&mut self, node: &Node, text: &str) {
        match kubectl::parse(text) {
            Ok((_, ineffective)) => {
                for flag in ineffective {
                    let place = self.place(inside(node, flag.start, flag.length));
                    self.push(diagnostics::kubectl_no_effect(&flag.flag, place));
                }
            }
            Err(error) => {
                let place = self.place(inside(node, error.start, error.length));
                let message = if error.unsupported {
                    let help = error.help.unwrap_or_default();
                    diagnostics::kubectl_unsupported(error.message, place, help)
                } else {
                    diagnostics::kubectl_usage(error.message, place, error.help)
                };
                self.push_about(node, message);
            }
        }
    }

    fn relative_path(&mut self, node: &Node, text: &str) {
        if text.is_empty() || text.starts_with('/') {
            self.wrong_type(node, "a path relative to this file");
        }
    }

    fn after(&mut self, node: &Node, text: &str) {
        let (name, duration) = match text.rsplit_once('+') {
            Some((name, duration)) => (Some(name.trim()), duration.trim()),
            None => (None, text),
        };
        let known = name.is_none_or(|name| self.names.steps.iter().any(|step| step == name));
        if let Some(name) = name.filter(|_| !known) {
            let place = self.place(node.span);
            let steps: Vec<&str> = self.names.steps.iter().map(String::as_str).collect();
            self.push_about(node, diagnostics::unknown_word(name, place, &steps));
        }
        if let Err(error) = units::duration(duration) {
            let place = self.place(node.span);
            self.push_about(node, not_a_duration(duration, place, error));
        }
    }
}

/// A part of a scalar's text, when the text stands in the file as it is; else the whole scalar.
fn inside(node: &Node, start: u32, length: u32) -> Span {
    let characters = node.text().map_or(0, |text| text.chars().count());
    let quoted = u32::from(!node.plain);
    let as_written = node.origin.is_none()
        && u32::try_from(characters).is_ok_and(|n| n + 2 * quoted == node.span.length);
    if as_written {
        node.span.part(start + quoted, length)
    } else {
        node.span
    }
}

fn not_a_duration(text: &str, place: Place, error: UnitError) -> Diagnostic {
    let number = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let missing = error == UnitError::NoUnit && number;
    diagnostics::not_a_duration(text, place, &error.to_string(), missing)
}

/// `b)` of `{crash: nodes -l env in (a,b)}`.
fn is_loose_end(entry: &Entry) -> bool {
    entry.key.contains(')') && entry.value.value == Value::Null
}

fn items_hint(inner: &Kind) -> bool {
    matches!(inner, Kind::Object(_))
}

/// What a kind is called in messages.
fn wanted(kind: &Kind) -> String {
    let text = match kind {
        Kind::Bool => "`true` or `false`",
        Kind::Int(..) => "a whole number",
        Kind::Text => "a text",
        Kind::Version | Kind::Format => "a version",
        Kind::Duration => "a duration",
        Kind::Quantity(_) => "a quantity",
        Kind::Rate => "a rate",
        Kind::Percent => "a percentage",
        Kind::IntOrPercent => "a number or a percentage",
        Kind::Expr(_) => "an expression",
        Kind::Target => "a target",
        Kind::Kubectl => "a kubectl line",
        Kind::Path => "a path",
        Kind::Window => "a window",
        Kind::After | Kind::DurationOr(_) => "a duration",
        Kind::Identifier => "a name",
        Kind::Any => "anything",
        Kind::Words(words) => return format!("one of {}", diagnostics::listed(words)),
        Kind::WordsOr(words, other) => {
            return format!("{}, or {}", words.join(", "), wanted(other));
        }
        Kind::List(_) => "a list",
        Kind::OneOrList(inner) => return format!("{} or a list of them", wanted(inner)),
        Kind::Map(..) => "a map",
        Kind::Object(shape) => return format!("a map with fields of {}", shape.name),
        Kind::Shaped { scalar, list, map } => {
            let kinds = [scalar, list, map].into_iter().flatten();
            let names: Vec<String> = kinds.map(|kind| wanted(kind)).collect();
            return names.join(" or ");
        }
    };
    text.to_owned()
}

fn joined(path: &[String]) -> String {
    let mut text = String::new();
    for part in path {
        if !text.is_empty() && !part.starts_with('[') {
            text.push('.');
        }
        text.push_str(part);
    }
    text
}
