//! Reading a typed object from a tree of values, strictly, with the place of each mistake.
//!
//! The types of `k8s-openapi` skip unknown fields silently and their errors carry no place. This
//! deserializer notices both, and it reads on after a mistake: the wrong value is left out and
//! the object is read again, until all mistakes of the object are known.

use std::fmt::{self, Display};

use serde::de::value::StrDeserializer;
use serde::de::{
    self, Deserialize, DeserializeSeed, Deserializer, IntoDeserializer, MapAccess, SeqAccess,
    Visitor,
};
use serde::forward_to_deserialize_any;

use super::node::{Extent, Key, Kind, Node, Step};

/// Most wrong values of one object that are reported.
const WRONG_MAX: usize = 20;

/// An object, or why there is none, and the fields that nobody knows.
#[derive(Debug)]
pub(super) struct Decoded<T> {
    /// The object, when all its values have the right type.
    pub(super) object: Option<T>,
    /// Values of a wrong type.
    pub(super) wrong: Vec<Wrong>,
    /// Fields that the type does not have.
    pub(super) unknown: Vec<Unknown>,
}

/// A value of a wrong type.
#[derive(Debug)]
pub(super) struct Wrong {
    pub(super) path: Vec<Step>,
    pub(super) extent: Extent,
    /// What stands there: `the text "two"`.
    pub(super) found: String,
    /// What should: `a whole number`.
    pub(super) expected: String,
    /// Whether quotation marks, or their absence, would cure it.
    pub(super) quotes: Quotes,
}

/// What a wrong value lacks or has too much.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Quotes {
    /// A text is needed, and this is text once it is quoted.
    Missing,
    /// No text is needed, and this fits once the quotes are gone.
    Superfluous,
    /// Neither.
    Unrelated,
}

/// A field that the type does not have.
#[derive(Debug)]
pub(super) struct Unknown {
    pub(super) path: Vec<Step>,
    pub(super) extent: Extent,
    /// The fields that the type has.
    pub(super) known: &'static [&'static str],
}

/// Reads an object as the version and kind that its type has, whatever the document says.
pub(super) fn decode<'a, T: Deserialize<'a>>(
    node: &'a Node,
    api_version: &'a str,
    kind: &'a str,
) -> Decoded<T> {
    let mut context = Context {
        identity: [("apiVersion", api_version), ("kind", kind)],
        path: Vec::new(),
        left_out: Vec::new(),
        unknown: Vec::new(),
        failure: None,
    };
    let mut wrong: Vec<Wrong> = Vec::new();
    loop {
        context.unknown.clear();
        let result = T::deserialize(At {
            node,
            context: &mut context,
        });
        match result {
            Ok(object) => {
                let object = wrong.is_empty().then_some(object);
                return Decoded {
                    object,
                    wrong,
                    unknown: context.unknown,
                };
            }
            Err(error) => {
                let (path, at) = context.failure.take().unwrap_or((Vec::new(), node));
                let again = path.is_empty() || context.left_out.contains(&path);
                if !again || wrong.is_empty() {
                    wrong.push(describe(path.clone(), at, &error));
                }
                if again || wrong.len() >= WRONG_MAX {
                    return Decoded {
                        object: None,
                        wrong,
                        unknown: context.unknown,
                    };
                }
                context.path.clear();
                context.left_out.push(path);
            }
        }
    }
}

fn describe(path: Vec<Step>, node: &Node, error: &Refusal) -> Wrong {
    let expected = spoken(&error.expected);
    let scalar = matches!(node.kind, Kind::Bool(_) | Kind::Int(_) | Kind::Float(_));
    let fits = |text: &str| match expected.as_str() {
        "a whole number" => text.parse::<i64>().is_ok(),
        "true or false" => text == "true" || text == "false",
        _ => false,
    };
    let quotes = if scalar && expected == "text" {
        Quotes::Missing
    } else if node.as_text().is_some_and(fits) {
        Quotes::Superfluous
    } else {
        Quotes::Unrelated
    };
    Wrong {
        path,
        extent: node.extent,
        found: node.describe(),
        expected,
        quotes,
    }
}

/// The words of serde and of `k8s-openapi` in the words of people.
fn spoken(expected: &str) -> String {
    match expected {
        "i32" | "i64" | "u16" | "u32" | "u64" => "a whole number".to_owned(),
        "f32" | "f64" => "a number".to_owned(),
        "a boolean" => "true or false".to_owned(),
        "a string" | "a borrowed string" => "text".to_owned(),
        "a sequence" => "a list".to_owned(),
        "IntOrString" => "a whole number or text".to_owned(),
        "Quantity" => "a quantity such as `500m` or `2Gi`".to_owned(),
        "a base64-encoded string" => {
            "base64 text (plain text belongs under `stringData`)".to_owned()
        }
        other => {
            let name = other.strip_prefix("struct ").unwrap_or(other);
            let is_type = name.starts_with(|c: char| c.is_ascii_uppercase())
                && name.bytes().all(|byte| byte.is_ascii_alphanumeric());
            if is_type {
                format!("a map ({name})")
            } else {
                other.to_owned()
            }
        }
    }
}

/// Why a value was refused.
#[derive(Debug)]
struct Refusal {
    expected: String,
}

impl Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.expected)
    }
}

impl std::error::Error for Refusal {}

impl de::Error for Refusal {
    fn custom<T: Display>(message: T) -> Self {
        Self {
            expected: message.to_string(),
        }
    }

    fn invalid_type(_: de::Unexpected<'_>, expected: &dyn de::Expected) -> Self {
        Self {
            expected: expected.to_string(),
        }
    }

    fn invalid_value(_: de::Unexpected<'_>, expected: &dyn de::Expected) -> Self {
        Self {
            expected: expected.to_string(),
        }
    }
}

/// A step of the path, borrowed while reading.
#[derive(Clone, Copy)]
enum Crumb<'a> {
    Key(&'a str),
    Index(usize),
}

impl Crumb<'_> {
    fn matches(self, step: &Step) -> bool {
        match (self, step) {
            (Self::Key(key), Step::Key(name)) => key == name,
            (Self::Index(index), Step::Index(at)) => index == *at,
            (Self::Key(_), Step::Index(_)) | (Self::Index(_), Step::Key(_)) => false,
        }
    }
}

struct Context<'a> {
    identity: [(&'static str, &'a str); 2],
    path: Vec<Crumb<'a>>,
    left_out: Vec<Vec<Step>>,
    unknown: Vec<Unknown>,
    failure: Option<(Vec<Step>, &'a Node)>,
}

impl<'a> Context<'a> {
    fn steps(&self) -> Vec<Step> {
        let step = |crumb: &Crumb<'_>| match *crumb {
            Crumb::Key(key) => Step::Key(key.to_owned()),
            Crumb::Index(index) => Step::Index(index),
        };
        self.path.iter().map(step).collect()
    }

    fn is_left_out(&self, last: Crumb<'_>) -> bool {
        self.left_out.iter().any(|path| {
            path.len() == self.path.len() + 1
                && self
                    .path
                    .iter()
                    .chain([&last])
                    .zip(path)
                    .all(|(crumb, step)| crumb.matches(step))
        })
    }

    /// Reads the value one step further, and remembers where it failed first.
    fn enter<S: DeserializeSeed<'a>>(
        &mut self,
        crumb: Crumb<'a>,
        node: &'a Node,
        field: Option<(&'a Key, &'static [&'static str])>,
        seed: S,
    ) -> Result<S::Value, Refusal> {
        self.path.push(crumb);
        let unknown_before = self.unknown.len();
        let depth = self.path.len();
        let result = seed.deserialize(At {
            node,
            context: self,
        });
        if result.is_err() && self.failure.is_none() {
            self.failure = Some((self.steps(), node));
        }
        // The value itself was skipped: its key is to blame, and these would have been known.
        if let (Some((key, known)), Some(last)) = (field, self.unknown[unknown_before..].last_mut())
            && last.path.len() == depth
        {
            last.extent = key.extent;
            last.known = known;
        }
        self.path.pop();
        result
    }
}

/// A value of the tree, about to be read.
struct At<'a, 'c> {
    node: &'a Node,
    context: &'c mut Context<'a>,
}

impl<'a> At<'a, '_> {
    fn map<V: Visitor<'a>>(
        self,
        known: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Refusal> {
        let entries: &[(Key, Node)] = match &self.node.kind {
            Kind::Map(entries) => entries,
            // As in Go, null is the empty value.
            Kind::Null => &[],
            Kind::Bool(_) | Kind::Int(_) | Kind::Float(_) | Kind::Text(_) | Kind::List(_) => {
                return Err(refuse(&visitor));
            }
        };
        let identity = if self.context.path.is_empty() { 0 } else { 2 };
        visitor.visit_map(Entries {
            rest: entries.iter(),
            next: None,
            identity,
            known,
            context: self.context,
        })
    }
}

/// The error of a visitor that got something else than it expects.
fn refuse<'a, V: Visitor<'a>>(visitor: &V) -> Refusal {
    de::Error::invalid_type(de::Unexpected::Unit, visitor)
}

impl<'a> Deserializer<'a> for At<'a, '_> {
    type Error = Refusal;

    fn deserialize_any<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Refusal> {
        match &self.node.kind {
            Kind::Null => visitor.visit_unit(),
            Kind::Bool(value) => visitor.visit_bool(*value),
            Kind::Int(value) => match (i64::try_from(*value), u64::try_from(*value)) {
                (Ok(value), _) => visitor.visit_i64(value),
                (Err(_), Ok(value)) => visitor.visit_u64(value),
                (Err(_), Err(_)) => Err(refuse(&visitor)),
            },
            Kind::Float(value) => visitor.visit_f64(*value),
            Kind::Text(text) => visitor.visit_borrowed_str(text),
            Kind::List(_) => self.deserialize_seq(visitor),
            Kind::Map(_) => self.map(&[], visitor),
        }
    }

    fn deserialize_str<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Refusal> {
        match &self.node.kind {
            Kind::Text(text) => visitor.visit_borrowed_str(text),
            Kind::Null => visitor.visit_borrowed_str(""),
            Kind::Bool(_) | Kind::Int(_) | Kind::Float(_) | Kind::List(_) | Kind::Map(_) => {
                Err(refuse(&visitor))
            }
        }
    }

    fn deserialize_string<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Refusal> {
        self.deserialize_str(visitor)
    }

    fn deserialize_option<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Refusal> {
        if self.node.kind == Kind::Null {
            visitor.visit_none()
        } else {
            visitor.visit_some(self)
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'a>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Refusal> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Refusal> {
        let items: &[Node] = match &self.node.kind {
            Kind::List(items) => items,
            Kind::Null => &[],
            Kind::Bool(_) | Kind::Int(_) | Kind::Float(_) | Kind::Text(_) | Kind::Map(_) => {
                return Err(refuse(&visitor));
            }
        };
        visitor.visit_seq(Items {
            rest: items.iter().enumerate(),
            context: self.context,
        })
    }

    fn deserialize_map<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Refusal> {
        self.map(&[], visitor)
    }

    fn deserialize_struct<V: Visitor<'a>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Refusal> {
        self.map(fields, visitor)
    }

    fn deserialize_ignored_any<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Refusal> {
        let path = self.context.steps();
        self.context.unknown.push(Unknown {
            path,
            extent: self.node.extent,
            known: &[],
        });
        visitor.visit_unit()
    }

    forward_to_deserialize_any! {
        <V: Visitor<'a>>
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char bytes byte_buf unit unit_struct
        tuple tuple_struct enum identifier
    }
}

struct Items<'a, 'c> {
    rest: std::iter::Enumerate<std::slice::Iter<'a, Node>>,
    context: &'c mut Context<'a>,
}

impl<'a> SeqAccess<'a> for Items<'a, '_> {
    type Error = Refusal;

    fn next_element_seed<S: DeserializeSeed<'a>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, Refusal> {
        for (index, node) in self.rest.by_ref() {
            if !self.context.is_left_out(Crumb::Index(index)) {
                return self
                    .context
                    .enter(Crumb::Index(index), node, None, seed)
                    .map(Some);
            }
        }
        Ok(None)
    }
}

struct Entries<'a, 'c> {
    rest: std::slice::Iter<'a, (Key, Node)>,
    next: Option<&'a (Key, Node)>,
    /// How many entries of the identity are read; they stand first in the outermost map.
    identity: usize,
    known: &'static [&'static str],
    context: &'c mut Context<'a>,
}

impl<'a> MapAccess<'a> for Entries<'a, '_> {
    type Error = Refusal;

    fn next_key_seed<S: DeserializeSeed<'a>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, Refusal> {
        if let Some((name, _)) = self.context.identity.get(self.identity) {
            let name: StrDeserializer<'_, Refusal> = (*name).into_deserializer();
            return seed.deserialize(name).map(Some);
        }
        let outermost = self.context.path.is_empty();
        for entry in self.rest.by_ref() {
            let name = entry.0.text.as_str();
            let skipped = outermost && matches!(name, "apiVersion" | "kind");
            if !skipped && !self.context.is_left_out(Crumb::Key(name)) {
                self.next = Some(entry);
                let name: StrDeserializer<'_, Refusal> = name.into_deserializer();
                return seed.deserialize(name).map(Some);
            }
        }
        Ok(None)
    }

    fn next_value_seed<S: DeserializeSeed<'a>>(&mut self, seed: S) -> Result<S::Value, Refusal> {
        if let Some((_, text)) = self.context.identity.get(self.identity) {
            self.identity += 1;
            let text: StrDeserializer<'_, Refusal> = (*text).into_deserializer();
            return seed.deserialize(text);
        }
        let (key, node) = self
            .next
            .take()
            .expect("serde asks for a key before its value");
        self.context
            .enter(Crumb::Key(&key.text), node, Some((key, self.known)), seed)
    }
}
