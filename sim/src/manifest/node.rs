//! A tree of values that remember where they were written.

use serde_json::{Map, Number, Value};

use crate::diagnostic::{FileId, Span};

/// A stretch of one line of a file: a [`Span`] without its file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Extent {
    /// The line, from 1.
    pub line: u32,
    /// The column in characters, from 1.
    pub column: u32,
    /// How many characters; 1 for what spans several lines.
    pub length: u32,
}

impl Extent {
    /// This stretch of `file`.
    #[must_use]
    pub const fn of(self, file: FileId) -> Span {
        Span {
            file,
            line: self.line,
            column: self.column,
            length: self.length,
        }
    }
}

impl From<Span> for Extent {
    fn from(span: Span) -> Self {
        Self {
            line: span.line,
            column: span.column,
            length: span.length,
        }
    }
}

/// A value of a manifest and where it was written.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// Where the value stands, without its key.
    pub extent: Extent,
    /// The value.
    pub kind: Kind,
}

/// What a [`Node`] holds. Scalars are resolved as `kubectl` resolves them.
#[derive(Clone, Debug, PartialEq)]
pub enum Kind {
    /// `null`, `~` or nothing.
    Null,
    /// `true`, and also an unquoted `yes` or `on`.
    Bool(bool),
    /// A whole number.
    Int(i128),
    /// A number that is not whole.
    Float(f64),
    /// Text.
    Text(String),
    /// A sequence.
    List(Vec<Node>),
    /// A mapping, in the order of the file.
    Map(Vec<(Key, Node)>),
}

/// The key of a mapping's entry.
#[derive(Clone, Debug, PartialEq)]
pub struct Key {
    /// Where the key stands.
    pub extent: Extent,
    /// The key; numbers and booleans as their JSON text.
    pub text: String,
}

/// One step from a value to a value inside it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// Into a mapping, by key.
    Key(String),
    /// Into a sequence, by index from zero.
    Index(usize),
}

impl Node {
    /// The entry of a mapping, if this is a mapping that has it.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Self> {
        self.entry(key).map(|(_, value)| value)
    }

    /// The key and value of a mapping's entry.
    #[must_use]
    pub fn entry(&self, key: &str) -> Option<(&Key, &Self)> {
        match &self.kind {
            Kind::Map(entries) => entries
                .iter()
                .find(|(name, _)| name.text == key)
                .map(|(name, value)| (name, value)),
            Kind::Null
            | Kind::Bool(_)
            | Kind::Int(_)
            | Kind::Float(_)
            | Kind::Text(_)
            | Kind::List(_) => None,
        }
    }

    /// The value of a mapping's entry, without the rest.
    #[must_use]
    pub fn into_entry(self, key: &str) -> Option<Self> {
        let Kind::Map(entries) = self.kind else {
            return None;
        };
        let mut entries = entries.into_iter();
        entries.find_map(|(name, value)| (name.text == key).then_some(value))
    }

    /// The text, if this is text.
    #[must_use]
    pub fn as_text(&self) -> Option<&str> {
        match &self.kind {
            Kind::Text(text) => Some(text),
            Kind::Null
            | Kind::Bool(_)
            | Kind::Int(_)
            | Kind::Float(_)
            | Kind::List(_)
            | Kind::Map(_) => None,
        }
    }

    /// The items, if this is a sequence.
    #[must_use]
    pub fn as_list(&self) -> Option<&[Self]> {
        match &self.kind {
            Kind::List(items) => Some(items),
            Kind::Null
            | Kind::Bool(_)
            | Kind::Int(_)
            | Kind::Float(_)
            | Kind::Text(_)
            | Kind::Map(_) => None,
        }
    }

    /// What stands here, in the words of a message: `a list`, `the number 3`.
    #[must_use]
    pub fn describe(&self) -> String {
        match &self.kind {
            Kind::Null => "nothing".to_owned(),
            Kind::Bool(value) => format!("the boolean {value}"),
            Kind::Int(value) => format!("the number {value}"),
            Kind::Float(value) => format!("the number {value}"),
            Kind::Text(text) if text.len() <= 40 => format!("the text {text:?}"),
            Kind::Text(_) => "text".to_owned(),
            Kind::List(_) => "a list".to_owned(),
            Kind::Map(_) => "a map".to_owned(),
        }
    }

    /// Where `path` leads, or, if it leads nowhere, where it last led: the place of the key where
    /// there is one, the value, and how many steps led there.
    #[must_use]
    pub fn nearest(&self, path: &[Step]) -> (Option<Extent>, &Self, usize) {
        let mut node = self;
        let mut key = None;
        for (depth, step) in path.iter().enumerate() {
            let next = match (step, &node.kind) {
                (Step::Key(name), Kind::Map(_)) => {
                    node.entry(name).map(|(k, v)| (Some(k.extent), v))
                }
                (Step::Index(index), Kind::List(items)) => {
                    items.get(*index).map(|item| (None, item))
                }
                (
                    Step::Key(_) | Step::Index(_),
                    Kind::Null
                    | Kind::Bool(_)
                    | Kind::Int(_)
                    | Kind::Float(_)
                    | Kind::Text(_)
                    | Kind::List(_)
                    | Kind::Map(_),
                ) => None,
            };
            let Some((next_key, next_node)) = next else {
                return (key, node, depth);
            };
            key = next_key;
            node = next_node;
        }
        (key, node, path.len())
    }

    /// The same value as JSON, keys in the order of the file. Numbers that JSON lacks become null.
    #[must_use]
    pub fn to_value(&self) -> Value {
        match &self.kind {
            Kind::Null => Value::Null,
            Kind::Bool(value) => Value::Bool(*value),
            Kind::Int(value) => integer(*value).map_or(Value::Null, Value::Number),
            Kind::Float(value) => Number::from_f64(*value).map_or(Value::Null, Value::Number),
            Kind::Text(text) => Value::String(text.clone()),
            Kind::List(items) => Value::Array(items.iter().map(Self::to_value).collect()),
            Kind::Map(entries) => {
                let mut map = Map::with_capacity(entries.len());
                for (key, value) in entries {
                    map.insert(key.text.clone(), value.to_value());
                }
                Value::Object(map)
            }
        }
    }

    /// A tree for a value that no file holds: every part of it stands at `extent`.
    #[must_use]
    pub fn from_value(value: &Value, extent: Extent) -> Self {
        let kind = match value {
            Value::Null => Kind::Null,
            Value::Bool(value) => Kind::Bool(*value),
            Value::Number(number) => from_number(number),
            Value::String(text) => Kind::Text(text.clone()),
            Value::Array(items) => Kind::List(
                items
                    .iter()
                    .map(|item| Self::from_value(item, extent))
                    .collect(),
            ),
            Value::Object(map) => Kind::Map(
                map.iter()
                    .map(|(key, value)| {
                        let key = Key {
                            extent,
                            text: key.clone(),
                        };
                        (key, Self::from_value(value, extent))
                    })
                    .collect(),
            ),
        };
        Self { extent, kind }
    }
}

/// Writes a path as people write it: `spec.containers[0].name`.
#[must_use]
pub fn path_text(path: &[Step]) -> String {
    let mut text = String::new();
    for step in path {
        match step {
            Step::Index(index) => text.push_str(&format!("[{index}]")),
            Step::Key(key) if key.contains(['.', '/', '[']) => text.push_str(&format!("[{key}]")),
            Step::Key(key) => {
                if !text.is_empty() {
                    text.push('.');
                }
                text.push_str(key);
            }
        }
    }
    text
}

/// Reads a path as [`path_text`] writes it.
#[must_use]
pub fn path_steps(text: &str) -> Vec<Step> {
    let mut steps = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        if let Some(inner) = rest.strip_prefix('[') {
            let (name, after) = inner.split_once(']').unwrap_or((inner, ""));
            steps.push(
                name.parse()
                    .map_or_else(|_| Step::Key(name.to_owned()), Step::Index),
            );
            rest = after.strip_prefix('.').unwrap_or(after);
        } else {
            let end = rest.find(['.', '[']).unwrap_or(rest.len());
            steps.push(Step::Key(rest[..end].to_owned()));
            rest = &rest[end..];
            rest = rest.strip_prefix('.').unwrap_or(rest);
        }
    }
    steps
}

fn integer(value: i128) -> Option<Number> {
    i64::try_from(value)
        .map(Number::from)
        .or_else(|_| u64::try_from(value).map(Number::from))
        .ok()
}

fn from_number(number: &Number) -> Kind {
    if let Some(value) = number.as_i64() {
        Kind::Int(i128::from(value))
    } else if let Some(value) = number.as_u64() {
        Kind::Int(i128::from(value))
    } else {
        Kind::Float(number.as_f64().unwrap_or(f64::NAN))
    }
}
