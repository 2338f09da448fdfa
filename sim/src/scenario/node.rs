//! A YAML document as a tree in which every value knows where it stands.

use std::sync::Arc;

use crate::diagnostic::{Place, Span};

/// A value with its place in the file.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// What stands there.
    pub value: Value,
    /// Where it stands; collections: their first character.
    pub span: Span,
    /// Whether a scalar was written without quotes and not as a block.
    pub plain: bool,
    /// A tag other than the core schema's: `!custom`.
    pub tag: Option<String>,
    /// Which parameter put it here, if one did.
    pub origin: Option<Arc<Origin>>,
    /// The scalar as it was written, when `value` is not a string: `1.30`, `0x10`, `~`.
    pub written: Box<str>,
}

/// What a node can be: YAML 1.2 core schema.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// `null`, `~` or nothing.
    Null,
    /// `true`, `false`.
    Bool(bool),
    /// An integer of 64 bits; larger ones are floats.
    Int(i64),
    /// A number with a fraction or an exponent.
    Float(f64),
    /// Text.
    String(String),
    /// A list.
    Seq(Vec<Node>),
    /// A map, in the order of the file, without duplicates.
    Map(Vec<Entry>),
}

/// A key and its value.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// The key's text.
    pub key: String,
    /// Where the key stands.
    pub key_span: Span,
    /// Whether the key is a string by the core schema (`1: x` and `true: x` are not).
    pub key_is_text: bool,
    /// The value.
    pub value: Node,
}

/// Which parameter filled a place, and where its value was set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// The parameter.
    pub parameter: String,
    /// Where its value stands: a declaration, a sweep, `--set`; none when it has no usable value,
    /// which is reported elsewhere, so that nothing more is said about this place.
    pub set_at: Option<Place>,
}

impl Node {
    /// A node with the given value, written at `span`.
    #[must_use]
    pub fn new(value: Value, span: Span) -> Self {
        Self {
            value,
            span,
            plain: true,
            tag: None,
            origin: None,
            written: Box::from(""),
        }
    }

    /// An empty map at `span`.
    #[must_use]
    pub fn empty_map(span: Span) -> Self {
        Self::new(Value::Map(Vec::new()), span)
    }

    /// The text of a scalar as it was written; nothing for collections.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        match &self.value {
            Value::String(text) => Some(text),
            Value::Null | Value::Bool(_) | Value::Int(_) | Value::Float(_) => Some(&self.written),
            Value::Seq(_) | Value::Map(_) => None,
        }
    }

    /// The value below `key`, when this is a map that has it.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Self> {
        self.entry(key).map(|entry| &entry.value)
    }

    /// The entry of `key`, when this is a map that has it.
    #[must_use]
    pub fn entry(&self, key: &str) -> Option<&Entry> {
        self.entries().iter().find(|entry| entry.key == key)
    }

    /// The entries of a map; nothing for anything else.
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        match &self.value {
            Value::Map(entries) => entries,
            Value::Null
            | Value::Bool(_)
            | Value::Int(_)
            | Value::Float(_)
            | Value::String(_)
            | Value::Seq(_) => &[],
        }
    }

    /// The elements of a list; nothing for anything else.
    #[must_use]
    pub fn items(&self) -> &[Self] {
        match &self.value {
            Value::Seq(items) => items,
            Value::Null
            | Value::Bool(_)
            | Value::Int(_)
            | Value::Float(_)
            | Value::String(_)
            | Value::Map(_) => &[],
        }
    }

    /// Whether this is neither a list nor a map.
    #[must_use]
    pub const fn is_scalar(&self) -> bool {
        !matches!(self.value, Value::Seq(_) | Value::Map(_))
    }

    /// What it is, as messages say it: `a map`, `the number 5`.
    #[must_use]
    pub fn describe(&self) -> String {
        match &self.value {
            Value::Null => "nothing".to_owned(),
            Value::Bool(truth) => format!("`{truth}`"),
            Value::Int(_) | Value::Float(_) => format!("the number `{}`", self.written),
            Value::String(text) => format!("the text `{}`", shortened(text)),
            Value::Seq(_) => "a list".to_owned(),
            Value::Map(_) => "a map".to_owned(),
        }
    }

    /// How many nodes there are, this one and the keys included.
    #[must_use]
    pub fn count(&self) -> usize {
        match &self.value {
            Value::Null | Value::Bool(_) | Value::Int(_) | Value::Float(_) | Value::String(_) => 1,
            Value::Seq(items) => 1 + items.iter().map(Self::count).sum::<usize>(),
            Value::Map(entries) => 1 + entries.iter().map(|e| 1 + e.value.count()).sum::<usize>(),
        }
    }

    /// How many levels of collections there are.
    #[must_use]
    pub fn depth(&self) -> usize {
        match &self.value {
            Value::Null | Value::Bool(_) | Value::Int(_) | Value::Float(_) | Value::String(_) => 0,
            Value::Seq(items) => 1 + items.iter().map(Self::depth).max().unwrap_or(0),
            Value::Map(entries) => 1 + entries.iter().map(|e| e.value.depth()).max().unwrap_or(0),
        }
    }
}

/// At most 40 characters of a text, on one line.
#[must_use]
pub fn shortened(text: &str) -> String {
    let line = text.lines().next().unwrap_or("");
    let short: String = line.chars().take(40).collect();
    if short.len() < text.trim_end().len() {
        format!("{short}…")
    } else {
        short
    }
}

/// The value of a plain scalar by the YAML 1.2 core schema.
#[must_use]
pub fn resolve_plain(text: &str) -> Value {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Value::Null,
        "true" | "True" | "TRUE" => return Value::Bool(true),
        "false" | "False" | "FALSE" => return Value::Bool(false),
        ".nan" | ".NaN" | ".NAN" => return Value::Float(f64::NAN),
        _ => {}
    }
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let sign = if text.starts_with('-') { -1.0 } else { 1.0 };
    if matches!(unsigned, ".inf" | ".Inf" | ".INF") {
        return Value::Float(sign * f64::INFINITY);
    }
    if let Some(value) = radix(text) {
        return value;
    }
    if !unsigned.is_empty() && unsigned.bytes().all(|b| b.is_ascii_digit()) {
        let parsed = text.strip_prefix('+').unwrap_or(text).parse();
        return parsed.map_or_else(|_| float(text), Value::Int);
    }
    if is_float(unsigned) {
        return float(text);
    }
    Value::String(text.to_owned())
}

fn float(text: &str) -> Value {
    text.parse()
        .map_or_else(|_| Value::String(text.to_owned()), Value::Float)
}

fn radix(text: &str) -> Option<Value> {
    let (digits, base) = match text.as_bytes() {
        [b'0', b'o', ..] => (&text[2..], 8),
        [b'0', b'x', ..] => (&text[2..], 16),
        _ => return None,
    };
    let plain = !digits.is_empty() && digits.chars().all(|c| c.is_digit(base));
    let parsed = i64::from_str_radix(digits, base).ok()?;
    plain.then_some(Value::Int(parsed))
}

/// `[0-9]+(\.[0-9]*)?` or `\.[0-9]+`, then perhaps an exponent.
fn is_float(text: &str) -> bool {
    let (mantissa, exponent) = match text.find(['e', 'E']) {
        Some(at) => (&text[..at], Some(&text[at + 1..])),
        None => (text, None),
    };
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    let mantissa_fits = match mantissa.split_once('.') {
        Some(("", fraction)) => digits(fraction),
        Some((whole, fraction)) => digits(whole) && (fraction.is_empty() || digits(fraction)),
        None => digits(mantissa),
    };
    let exponent_fits =
        exponent.is_none_or(|part| digits(part.strip_prefix(['-', '+']).unwrap_or(part)));
    mantissa_fits && exponent_fits
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_scalars_follow_the_core_schema() {
        assert_eq!(resolve_plain("~"), Value::Null);
        assert_eq!(resolve_plain("yes"), Value::String("yes".into()));
        assert_eq!(resolve_plain("0o17"), Value::Int(15));
        assert_eq!(resolve_plain("-12"), Value::Int(-12));
        assert_eq!(resolve_plain("1.5e3"), Value::Float(1500.0));
        assert_eq!(resolve_plain("1.30"), Value::Float(1.3));
        assert_eq!(resolve_plain("1.2.3"), Value::String("1.2.3".into()));
        assert_eq!(resolve_plain("0x"), Value::String("0x".into()));
        assert_eq!(resolve_plain("-"), Value::String("-".into()));
        assert_eq!(resolve_plain("99999999999999999999"), Value::Float(1e20));
        assert_eq!(resolve_plain("12e03"), Value::Float(12000.0));
        assert_eq!(resolve_plain("5s"), Value::String("5s".into()));
    }
}
