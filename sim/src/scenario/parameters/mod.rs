//! Parameters: declared in the file, set from outside, put where `$name` stands.

mod overrides;
mod substitute;

pub use overrides::{AxisText, Override, apply_paths, axis, params_file, set};
pub use substitute::substitute;

use indexmap::IndexMap;
use wavetank_core::time::SimDuration;

use super::diagnostics;
use super::expr::{self, Amount, Env, Names, Scope, Unit};
use super::node::{Node, Value};
use super::units::{self, UnitError};
use crate::diagnostic::{Diagnostics, Place, Span};

/// The type of a parameter.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum ParamType {
    /// `true`, `false`.
    Bool,
    /// A whole number.
    Int,
    /// A number.
    Number,
    /// `20ms`.
    Duration,
    /// `2Gi`.
    Quantity,
    /// `200/s`.
    Rate,
    /// `20%`.
    Percent,
    /// `3` or `25%`.
    IntOrPercent,
    /// Any text.
    String,
    /// One of `values`.
    Enum,
    /// A path.
    File,
}

/// A parameter with its value.
#[derive(Clone, Debug, PartialEq)]
pub struct Parameter {
    /// Its type.
    pub param_type: ParamType,
    /// The value as it is put into the document.
    pub node: Node,
    /// The value as expressions see it.
    pub amount: Amount,
    /// Where the value stands.
    pub set_at: Place,
    /// Where the parameter is declared.
    pub declared_at: Place,
    /// What it is for.
    pub help: String,
}

/// All parameters of a scenario, in the order of declaration.
pub type Parameters = IndexMap<String, Parameter, rustc_hash::FxBuildHasher>;

impl ParamType {
    /// The type of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Some(match name {
            "bool" => Self::Bool,
            "int" => Self::Int,
            "number" => Self::Number,
            "duration" => Self::Duration,
            "quantity" => Self::Quantity,
            "rate" => Self::Rate,
            "percent" => Self::Percent,
            "intOrPercent" => Self::IntOrPercent,
            "string" => Self::String,
            "enum" => Self::Enum,
            "file" => Self::File,
            _ => return None,
        })
    }

    /// The unit of such a parameter in expressions.
    #[must_use]
    pub const fn unit(self) -> Unit {
        match self {
            Self::Bool => Unit::Bool,
            Self::Int => Unit::Count,
            Self::Number | Self::Percent | Self::IntOrPercent => Unit::Number,
            Self::Duration => Unit::Duration,
            Self::Quantity => Unit::Quantity,
            Self::Rate => Unit::Rate,
            Self::String | Self::Enum | Self::File => Unit::Text,
        }
    }

    const fn described(self) -> &'static str {
        match self {
            Self::Bool => "true or false",
            Self::Int => "a whole number",
            Self::Number => "a number",
            Self::Duration => "a duration",
            Self::Quantity => "a quantity",
            Self::Rate => "a rate",
            Self::Percent => "a percentage",
            Self::IntOrPercent => "a whole number or a percentage",
            Self::String | Self::Enum => "a text",
            Self::File => "a path",
        }
    }
}

/// Values for expressions over parameters alone.
pub struct ParameterEnv<'a>(pub &'a Parameters);

impl Env for ParameterEnv<'_> {
    fn name(&self, path: &[String]) -> Option<Amount> {
        let [name] = path else { return None };
        self.0.get(name).map(|parameter| parameter.amount.clone())
    }
}

/// What a value of a given type is in expressions.
///
/// # Errors
///
/// With what is wrong, when the value is not of the type.
pub fn amount_of(node: &Node, param_type: ParamType) -> Result<Amount, String> {
    let wrong = || format!("{} is not {}", node.describe(), param_type.described());
    let text = node.text().ok_or_else(wrong)?;
    let with_unit = |error: UnitError| format!("`{text}` {error}");
    let wide = |milli: i64| Amount::Quantity(i128::from(milli));
    match (param_type, &node.value) {
        (ParamType::Bool, Value::Bool(value)) => Ok(Amount::Bool(*value)),
        (ParamType::Int | ParamType::Number | ParamType::IntOrPercent, Value::Int(value)) => {
            text_number(*value)
        }
        (ParamType::Number, Value::Float(value)) if value.is_finite() => Ok(Amount::Number(*value)),
        (ParamType::Duration, _) => {
            let length = units::duration(text).map_err(with_unit)?;
            Ok(Amount::Duration(i128::from(length.nanos())))
        }
        (ParamType::Quantity, _) => units::quantity(text)
            .map(|quantity| wide(quantity.milli))
            .map_err(with_unit),
        (ParamType::Rate, _) => units::rate(text)
            .map(|rate| Amount::Rate(rate.per_second()))
            .map_err(with_unit),
        (ParamType::Percent | ParamType::IntOrPercent, Value::String(_)) => units::percent(text)
            .map(|share| Amount::Number(thousandths(share.millionths) / 1000.0))
            .map_err(with_unit),
        (ParamType::String | ParamType::Enum | ParamType::File, value) if *value != Value::Null => {
            Ok(Amount::Text(text.to_owned()))
        }
        _ => Err(wrong()),
    }
}

#[allow(clippy::cast_precision_loss)]
fn text_number(value: i64) -> Result<Amount, String> {
    Ok(Amount::Number(value as f64))
}

#[allow(clippy::cast_precision_loss)]
fn thousandths(millionths: u64) -> f64 {
    millionths as f64 / 1000.0
}

/// The node that a computed value becomes.
#[must_use]
#[allow(clippy::cast_possible_truncation)]
pub fn node_of(amount: &Amount, span: Span) -> Node {
    let value = match amount {
        Amount::Bool(value) => Value::Bool(*value),
        Amount::Number(value) if value.fract() == 0.0 && value.abs() < 9e15 => {
            Value::Int(*value as i64)
        }
        Amount::Number(value) => Value::Float(*value),
        Amount::Duration(nanos) => {
            let nanos = u64::try_from(*nanos).unwrap_or(0);
            Value::String(units::duration_text(SimDuration::from_nanos(nanos)))
        }
        Amount::Quantity(milli) if milli % 1000 == 0 => Value::String((milli / 1000).to_string()),
        Amount::Quantity(milli) => Value::String(format!("{milli}m")),
        Amount::Rate(value) => Value::String(format!("{value}/s")),
        Amount::Text(value) => Value::String(value.clone()),
    };
    let mut node = Node::new(value, span);
    node.written = match &node.value {
        Value::Bool(value) => value.to_string().into(),
        Value::Int(value) => value.to_string().into(),
        Value::Float(value) => value.to_string().into(),
        Value::Null | Value::String(_) | Value::Seq(_) | Value::Map(_) => Box::from(""),
    };
    node
}

/// Names, units and values of all parameters, from the section `parameters` and what was set from
/// outside; the last value set wins. All mistakes are reported; parameters without a usable value
/// are left out.
pub fn resolve(root: &Node, given: &[Override], diagnostics: &mut Diagnostics) -> Parameters {
    let mut resolver = Resolver {
        found: Parameters::default(),
        computed: Vec::new(),
        diagnostics,
    };
    let section = root.get("parameters");
    let entries = section.map_or(&[][..], Node::entries);
    for entry in entries {
        let set = given.iter().rev().find(|set| set.key == entry.key);
        resolver.declare(&entry.key, entry.key_span, &entry.value, set);
    }
    let declared = declared(root);
    for set in given.iter().filter(|set| !set.is_path()) {
        if !entries.iter().any(|entry| entry.key == set.key) {
            let place = set.key_span.place("");
            let message = diagnostics::unknown_override(&set.key, place, &declared);
            resolver.diagnostics.push(message);
        }
    }
    resolver.compute();
    // Computed values were added last; the order of declaration is what people know.
    let mut found = resolver.found;
    let position = |name: &String| entries.iter().position(|entry| entry.key == *name);
    found.sort_by(|a, _, b, _| position(a).cmp(&position(b)));
    found
}

/// Names of declared parameters and the lines of their declarations.
#[must_use]
pub fn declared(root: &Node) -> Vec<(&str, u32)> {
    let section = root.get("parameters");
    let entries = section.map_or(&[][..], Node::entries);
    entries
        .iter()
        .map(|entry| (entry.key.as_str(), entry.key_span.line))
        .collect()
}

struct Resolver<'a> {
    found: Parameters,
    /// Names with their expressions, still to be computed.
    computed: Vec<(String, Node, ParameterHead)>,
    diagnostics: &'a mut Diagnostics,
}

/// What a declaration says besides the value.
#[derive(Clone)]
struct ParameterHead {
    param_type: Option<ParamType>,
    declared_at: Place,
    declaration: Node,
}

impl Resolver<'_> {
    fn declare(&mut self, name: &str, key_span: Span, node: &Node, set: Option<&Override>) {
        let path = format!("parameters.{name}");
        let head = ParameterHead {
            param_type: node
                .get("type")
                .and_then(Node::text)
                .and_then(ParamType::named),
            declared_at: key_span.place(path.clone()),
            declaration: node.clone(),
        };
        if let Some(set) = set {
            let place = set.node.span.place("");
            let inferred = head.param_type.or_else(|| {
                let default = node.get("default")?;
                infer(default).ok()
            });
            let inferred = inferred.or_else(|| infer(&set.node).ok());
            self.give(
                name,
                &set.node,
                inferred.unwrap_or(ParamType::String),
                &head,
                place,
            );
            return;
        }
        if let Some(expr) = node.get("expr") {
            self.computed.push((name.to_owned(), expr.clone(), head));
            return;
        }
        let Some(default) = node.get("default") else {
            let message = diagnostics::parameter_without_value(name, head.declared_at);
            self.diagnostics.push(message);
            return;
        };
        let place = default.span.place(format!("{path}.default"));
        let param_type = match head.param_type {
            Some(known) => known,
            None => match infer(default) {
                Ok(inferred) => inferred,
                Err(text) => {
                    let message = diagnostics::ambiguous_default(&text, place);
                    self.diagnostics.push(message);
                    return;
                }
            },
        };
        self.give(name, default, param_type, &head, place);
    }

    fn give(
        &mut self,
        name: &str,
        node: &Node,
        param_type: ParamType,
        head: &ParameterHead,
        place: Place,
    ) {
        let amount = match amount_of(node, param_type) {
            Ok(amount) => amount,
            Err(problem) => {
                let number = matches!(node.value, Value::Int(_));
                let message = if param_type == ParamType::Duration && number {
                    let text = node.text().unwrap_or("");
                    diagnostics::not_a_duration(text, place, "", true)
                } else {
                    let declared = head.declared_at.clone();
                    diagnostics::parameter_value(name, &problem, place, declared)
                };
                self.diagnostics.push(message);
                return;
            }
        };
        if let Some(problem) = beyond_limits(&amount, param_type, &head.declaration, node) {
            let declared = head.declared_at.clone();
            let message = diagnostics::parameter_value(name, &problem, place.clone(), declared);
            self.diagnostics.push(message);
        }
        let mut node = node.clone();
        let as_text = matches!(
            param_type,
            ParamType::String | ParamType::Enum | ParamType::File | ParamType::Duration
        );
        if let Some(text) = node.text().filter(|_| as_text).map(str::to_owned) {
            node.value = Value::String(text);
            node.written = Box::from("");
        }
        let help = head.declaration.get("help").and_then(Node::text);
        let parameter = Parameter {
            param_type,
            node,
            amount,
            set_at: place,
            declared_at: head.declared_at.clone(),
            help: help.unwrap_or("").to_owned(),
        };
        self.found.insert(name.to_owned(), parameter);
    }

    /// Evaluates `expr` parameters, in whatever order their dependencies need.
    fn compute(&mut self) {
        let mut waiting = std::mem::take(&mut self.computed);
        loop {
            let names: Vec<String> = waiting.iter().map(|(name, ..)| name.clone()).collect();
            let before = waiting.len();
            let mut later = Vec::new();
            for (name, node, head) in waiting {
                let parsed = node.text().and_then(|text| expr::parse(text).ok());
                // What cannot be read is reported where all expressions are checked.
                let Some(parsed) = parsed else { continue };
                if parsed
                    .names()
                    .iter()
                    .any(|used| names.iter().any(|n| n == used))
                {
                    later.push((name, node, head));
                    continue;
                }
                self.evaluate(&name, &parsed, &node, &head);
            }
            if later.is_empty() {
                return;
            }
            if later.len() == before {
                let names: Vec<&str> = later.iter().map(|(name, ..)| name.as_str()).collect();
                let place = later[0]
                    .1
                    .span
                    .place(format!("parameters.{}.expr", names[0]));
                self.diagnostics
                    .push(diagnostics::parameter_cycle(&names, place));
                return;
            }
            waiting = later;
        }
    }

    fn evaluate(&mut self, name: &str, parsed: &expr::Expr, node: &Node, head: &ParameterHead) {
        let place = node.span.place(format!("parameters.{name}.expr"));
        let text = node.text().unwrap_or("");
        let (unit, errors) = expr::check(parsed, Scope::Parameters, &names(&self.found), text);
        if !errors.is_empty() {
            return;
        }
        match expr::evaluate(parsed, &ParameterEnv(&self.found)) {
            Ok(Amount::Duration(nanos)) if nanos < 0 => {
                let problem = "the computed duration is negative";
                let declared = head.declared_at.clone();
                let message = diagnostics::parameter_value(name, problem, place, declared);
                self.diagnostics.push(message);
            }
            Ok(amount) => {
                let value = node_of(&amount, node.span);
                let param_type = head.param_type.unwrap_or(type_of(unit, &amount));
                self.give(name, &value, param_type, head, place);
            }
            Err(error) => {
                let message = diagnostics::expression(&error.message, place, error.help);
                self.diagnostics.push(message);
            }
        }
    }
}

/// Units of the parameters found so far.
#[must_use]
pub fn names(found: &Parameters) -> Names {
    let unit =
        |(name, parameter): (&String, &Parameter)| (name.clone(), parameter.param_type.unit());
    Names {
        parameters: found.iter().map(unit).collect(),
        ..Names::default()
    }
}

fn type_of(unit: Unit, amount: &Amount) -> ParamType {
    match (unit, amount) {
        (Unit::Count, Amount::Number(value)) if value.fract() == 0.0 => ParamType::Int,
        (_, Amount::Number(_)) => ParamType::Number,
        (_, Amount::Bool(_)) => ParamType::Bool,
        (_, Amount::Duration(_)) => ParamType::Duration,
        (_, Amount::Quantity(_)) => ParamType::Quantity,
        (_, Amount::Rate(_)) => ParamType::Rate,
        (_, Amount::Text(_)) => ParamType::String,
    }
}

/// The type that a default shows; an error with its text when it shows two.
pub(crate) fn infer(node: &Node) -> Result<ParamType, String> {
    let text = match &node.value {
        Value::Bool(_) => return Ok(ParamType::Bool),
        Value::Int(_) => return Ok(ParamType::Int),
        Value::Float(_) => return Ok(ParamType::Number),
        Value::Null | Value::Seq(_) | Value::Map(_) => return Ok(ParamType::String),
        Value::String(text) => text,
    };
    let quantity = units::quantity(text).is_ok();
    match units::duration(text) {
        Ok(_) if quantity => Err(text.clone()),
        Ok(_) => Ok(ParamType::Duration),
        Err(_) if quantity => Ok(ParamType::Quantity),
        Err(_) if units::percent(text).is_ok() => Ok(ParamType::Percent),
        Err(_) if units::rate(text).is_ok() => Ok(ParamType::Rate),
        Err(_) => Ok(ParamType::String),
    }
}

fn beyond_limits(
    amount: &Amount,
    param_type: ParamType,
    declaration: &Node,
    node: &Node,
) -> Option<String> {
    let text = node.text().unwrap_or("");
    let limit = |name: &str| {
        let limit = declaration.get(name)?;
        let value = amount_of(limit, param_type).ok()?;
        Some((limit.text()?.to_owned(), value))
    };
    let order = |limit: &Amount| expr::compare(amount, limit);
    if let Some((least, value)) = limit("min")
        && order(&value) == Some(std::cmp::Ordering::Less)
    {
        return Some(format!("{text} is less than {least}, the minimum"));
    }
    if let Some((most, value)) = limit("max")
        && order(&value) == Some(std::cmp::Ordering::Greater)
    {
        return Some(format!("{text} is more than {most}, the maximum"));
    }
    let values = declaration.get("values")?.items();
    let one_of = |value: &Node| amount_of(value, param_type).is_ok_and(|value| value == *amount);
    if values.iter().any(one_of) {
        return None;
    }
    let names: Vec<&str> = values.iter().filter_map(Node::text).collect();
    Some(format!("{text} is none of {}", diagnostics::listed(&names)))
}
