//! `$name`, `${name}`, `${name.seconds}` and `$$` in the scalars of a document.

use std::sync::Arc;

use super::{ParamType, Parameter, Parameters};
use crate::diagnostic::{Diagnostic, Diagnostics, Span};
use crate::scenario::diagnostics;
use crate::scenario::expr::Amount;
use crate::scenario::node::{Node, Origin, Value};

/// Puts the values of parameters where references stand, everywhere but in `parameters`. Each value
/// remembers which parameter it came from. All mistakes are reported.
pub fn substitute(
    root: &mut Node,
    parameters: &Parameters,
    declared: &[(&str, u32)],
    diagnostics: &mut Diagnostics,
) {
    let mut work = Substitution {
        parameters,
        declared,
        diagnostics,
        path: Vec::new(),
    };
    let Value::Map(entries) = &mut root.value else {
        return;
    };
    for entry in entries.iter_mut().filter(|entry| entry.key != "parameters") {
        work.path.push(entry.key.clone());
        work.node(&mut entry.value);
        work.path.pop();
    }
}

struct Substitution<'a> {
    parameters: &'a Parameters,
    declared: &'a [(&'a str, u32)],
    diagnostics: &'a mut Diagnostics,
    path: Vec<String>,
}

/// A reference within a text.
struct Reference<'a> {
    name: &'a str,
    accessor: Option<&'a str>,
    /// As it is written, `$` included.
    written: &'a str,
    /// Its first byte in the text.
    at: usize,
}

impl Substitution<'_> {
    fn node(&mut self, node: &mut Node) {
        match &mut node.value {
            Value::Seq(items) => {
                for (index, item) in items.iter_mut().enumerate() {
                    self.path.push(format!("[{index}]"));
                    self.node(item);
                    self.path.pop();
                }
            }
            Value::Map(entries) => {
                for entry in entries {
                    self.path.push(entry.key.clone());
                    self.node(&mut entry.value);
                    self.path.pop();
                }
            }
            Value::String(text) if text.contains('$') => {
                let text = text.clone();
                self.text(node, &text);
            }
            Value::Null | Value::Bool(_) | Value::Int(_) | Value::Float(_) | Value::String(_) => {}
        }
    }

    fn text(&mut self, node: &mut Node, text: &str) {
        if let Some(reference) = whole(text) {
            match self.find(node, text, &reference).cloned() {
                Some(parameter) => self.whole(node, &reference, &parameter),
                None => node.origin = Some(unusable(reference.name)),
            }
            return;
        }
        let mut result = String::new();
        let mut rest = 0;
        while let Some(offset) = text[rest..].find('$') {
            let at = rest + offset;
            result.push_str(&text[rest..at]);
            let after = &text[at + 1..];
            if after.starts_with('$') {
                result.push('$');
                rest = at + 2;
                continue;
            }
            let inner = after
                .strip_prefix('{')
                .and_then(|rest| rest.split_once('}'));
            let Some((inner, _)) = inner else {
                self.unbraced(node, text, at);
                result.push('$');
                rest = at + 1;
                continue;
            };
            rest = at + inner.len() + 3;
            let written = &text[at..rest];
            let reference = reference(inner, written, at);
            let Some(parameter) = self.find(node, text, &reference) else {
                result.push_str(written);
                node.origin = Some(unusable(reference.name));
                continue;
            };
            match accessed(parameter, reference.accessor) {
                Some(value) => {
                    result.push_str(&value);
                    node.origin = Some(origin(reference.name, parameter));
                }
                None => {
                    let message = no_accessor(&reference, parameter, span(node, text, &reference));
                    self.diagnostics.push(message);
                }
            }
        }
        result.push_str(&text[rest..]);
        node.value = Value::String(result);
    }

    /// Warns of `$name` within a longer text, where only `${name}` is replaced.
    fn unbraced(&mut self, node: &Node, text: &str, at: usize) {
        let after = &text[at + 1..];
        let end = after.find(|c: char| !c.is_ascii_alphanumeric());
        let name = &after[..end.unwrap_or(after.len())];
        if !self.declared.iter().any(|(declared, _)| *declared == name) {
            return;
        }
        let reference = Reference {
            name,
            accessor: None,
            written: &text[at..=at + name.len()],
            at,
        };
        let place = span(node, text, &reference).place(self.shown_path());
        let message = format!("`${name}` within a longer text stays as it is");
        let help = format!("write `${{{name}}}`; a dollar sign before a name is written `$$`");
        self.diagnostics
            .push(Diagnostic::warning("S021", message).at(place).help(help));
    }

    /// The parameter that a reference names, or a message.
    fn find(&mut self, node: &Node, text: &str, reference: &Reference<'_>) -> Option<&Parameter> {
        let known = self
            .declared
            .iter()
            .any(|(name, _)| *name == reference.name);
        if !known {
            let place = span(node, text, reference).place(self.shown_path());
            let message = diagnostics::unknown_parameter(
                reference.name,
                reference.written,
                place,
                self.declared,
            );
            self.diagnostics.push(message);
        }
        self.parameters.get(reference.name)
    }

    /// A reference that is the whole scalar keeps the parameter's type.
    fn whole(&mut self, node: &mut Node, reference: &Reference<'_>, parameter: &Parameter) {
        if reference.accessor.is_some() {
            match accessed(parameter, reference.accessor) {
                Some(text) => node.value = Value::String(text),
                None => {
                    let span = node.span;
                    self.diagnostics
                        .push(no_accessor(reference, parameter, span));
                }
            }
        } else if parameter.param_type == ParamType::Duration && self.wants_seconds() {
            self.seconds(node, reference.name, parameter);
        } else {
            node.value = parameter.node.value.clone();
            node.written.clone_from(&parameter.node.written);
        }
        node.origin = Some(origin(reference.name, parameter));
    }

    /// Whether this place belongs to Kubernetes and counts whole seconds.
    fn wants_seconds(&self) -> bool {
        let part = |index: usize| self.path.get(index).map_or("", String::as_str);
        let foreign = match part(0) {
            "patches" => matches!(part(2), "merge" | "json"),
            "cluster" => part(1) == "config" || (part(1) == "nodes" && part(3) == "config"),
            _ => false,
        };
        let last = self.path.last().map_or("", String::as_str);
        foreign && (last == "seconds" || last.ends_with("Seconds"))
    }

    fn seconds(&mut self, node: &mut Node, name: &str, parameter: &Parameter) {
        let Amount::Duration(nanos) = parameter.amount else {
            return;
        };
        let whole = i64::try_from(nanos / 1_000_000_000).unwrap_or(i64::MAX);
        if nanos % 1_000_000_000 != 0 {
            let value = parameter.node.text().unwrap_or("");
            let place = node.span.place(self.shown_path());
            let field = self.path.last().map_or("", String::as_str);
            let accessor = format!("${{{name}.seconds}}");
            let message =
                diagnostics::not_whole_seconds(value, &accessor, field, place, &parameter.set_at);
            self.diagnostics.push(message);
        }
        node.value = Value::Int(whole);
        node.written = whole.to_string().into();
    }

    fn shown_path(&self) -> String {
        let mut text = String::new();
        for part in &self.path {
            if !text.is_empty() && !part.starts_with('[') {
                text.push('.');
            }
            text.push_str(part);
        }
        text
    }
}

/// `$name` or `${name}` as the whole text.
fn whole(text: &str) -> Option<Reference<'_>> {
    let after = text.strip_prefix('$')?;
    if let Some(inner) = after
        .strip_prefix('{')
        .and_then(|rest| rest.strip_suffix('}'))
    {
        return (!inner.contains(['{', '}', '$'])).then(|| reference(inner, text, 0));
    }
    let name = after.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && after.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    name.then(|| reference(after, text, 0))
}

fn reference<'a>(inner: &'a str, written: &'a str, at: usize) -> Reference<'a> {
    let (name, accessor) = match inner.split_once('.') {
        Some((name, accessor)) => (name, Some(accessor)),
        None => (inner, None),
    };
    Reference {
        name,
        accessor,
        written,
        at,
    }
}

/// Where in the file a reference stands, when its text stands there as it is.
fn span(node: &Node, text: &str, reference: &Reference<'_>) -> Span {
    let quoted = u32::from(!node.plain);
    let small = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    let as_written = small(text.chars().count()) + 2 * quoted == node.span.length;
    if !as_written {
        return node.span;
    }
    let offset = text[..reference.at].chars().count();
    let length = reference.written.chars().count();
    node.span.part(small(offset) + quoted, small(length))
}

fn accessed(parameter: &Parameter, accessor: Option<&str>) -> Option<String> {
    let Some(accessor) = accessor else {
        return parameter.node.text().map(str::to_owned);
    };
    match (accessor, &parameter.amount) {
        ("seconds", Amount::Duration(nanos)) => Some(decimal(*nanos, 9)),
        ("millis", Amount::Duration(nanos)) => Some(decimal(*nanos, 6)),
        ("bytes", Amount::Quantity(milli)) => Some((milli + 999).div_euclid(1000).to_string()),
        ("millicores", Amount::Quantity(milli)) => Some(milli.to_string()),
        _ => None,
    }
}

/// `value / 10^scale` without trailing zeros.
fn decimal(value: i128, scale: u32) -> String {
    let divisor = 10_i128.pow(scale);
    let fraction = format!("{:0width$}", value % divisor, width = scale as usize);
    let fraction = fraction.trim_end_matches('0');
    if fraction.is_empty() {
        (value / divisor).to_string()
    } else {
        format!("{}.{fraction}", value / divisor)
    }
}

fn no_accessor(reference: &Reference<'_>, parameter: &Parameter, span: Span) -> Diagnostic {
    let accessor = reference.accessor.unwrap_or("");
    let of = parameter.param_type.described();
    diagnostics::unknown_accessor(reference.name, accessor, of, span.place(""))
}

fn origin(name: &str, parameter: &Parameter) -> Arc<Origin> {
    Arc::new(Origin {
        parameter: name.to_owned(),
        set_at: Some(parameter.set_at.clone()),
    })
}

/// Of a reference to what has no usable value.
fn unusable(name: &str) -> Arc<Origin> {
    Arc::new(Origin {
        parameter: name.to_owned(),
        set_at: None,
    })
}
