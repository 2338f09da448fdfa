//! `--set name=value`, `--set path.to.field=value`, `--params FILE`, and axes for sweeps.

use std::path::Path;

use crate::diagnostic::{Diagnostics, Sources, Span};
use crate::scenario::node::{Entry, Node, Value};
use crate::scenario::{diagnostics, load};

/// A value set from outside the scenario.
#[derive(Clone, Debug, PartialEq)]
pub struct Override {
    /// A parameter's name, or a path with dots.
    pub key: String,
    /// Where the key stands: the text of `--set` is kept as a file of its own.
    pub key_span: Span,
    /// The value.
    pub node: Node,
}

/// The values of one axis as they are written in `--set` of a sweep.
#[derive(Clone, Debug, PartialEq)]
// Made once a scenario: its size does not matter.
#[allow(clippy::large_enum_variant)]
pub enum AxisText {
    /// `a,b,c`; one value is a list of one.
    List(Vec<Node>),
    /// `0s..5s/500ms`: both ends included.
    Range {
        /// The first value.
        from: Node,
        /// The last value.
        to: Node,
        /// The distance; none: it must be given by the file.
        step: Option<Node>,
    },
}

impl Override {
    /// Whether this is a path into the document rather than a parameter.
    #[must_use]
    pub fn is_path(&self) -> bool {
        self.key.contains('.')
    }
}

/// Reads `name=value` as one value. `text` is added to `sources` as the file `--set`.
pub fn set(text: &str, sources: &mut Sources, diagnostics: &mut Diagnostics) -> Option<Override> {
    let (key, key_span, offset) = key(text, sources, diagnostics)?;
    let node = load::inline(key_span.file, offset, sources, diagnostics);
    Some(Override {
        key,
        key_span,
        node,
    })
}

/// Reads `name=a,b,c`, `name=0s..5s/500ms`, `name=[a,b]` (one value with a comma), `name=value`.
pub fn axis(
    text: &str,
    sources: &mut Sources,
    diagnostics: &mut Diagnostics,
) -> Option<(String, Span, AxisText)> {
    let (key, key_span, offset) = key(text, sources, diagnostics)?;
    let value: String = text.chars().skip(offset as usize).collect();
    let file = key_span.file;
    if value.starts_with(['[', '{', '"', '\'']) {
        let node = load::inline(file, offset, sources, diagnostics);
        return Some((key, key_span, AxisText::List(vec![node])));
    }
    let part = |text: &str, byte: usize| {
        let before = u32::try_from(value[..byte].chars().count()).unwrap_or(u32::MAX);
        load::plain(text, key_span.part(offset + before, characters(text)))
    };
    let found = match value.split_once("..") {
        Some((from, rest)) => {
            let after = from.len() + 2;
            let (to, step) = match rest.split_once('/') {
                Some((to, step)) => (to, Some(part(step, after + to.len() + 1))),
                None => (rest, None),
            };
            let (from, to) = (part(from, 0), part(to, after));
            AxisText::Range { from, to, step }
        }
        None => {
            let mut byte = 0;
            let mut values = Vec::new();
            for text in value.split(',') {
                values.push(part(text, byte));
                byte += text.len() + 1;
            }
            AxisText::List(values)
        }
    };
    Some((key, key_span, found))
}

/// Reads a file of values: a map of names or paths.
pub fn params_file(
    path: &Path,
    name: &str,
    sources: &mut Sources,
    diagnostics: &mut Diagnostics,
) -> Vec<Override> {
    let Some(file) = load::read_file(path, name, None, sources, diagnostics) else {
        return Vec::new();
    };
    let documents = load::documents(file, sources, diagnostics);
    let Some(document) = documents.into_iter().next() else {
        return Vec::new();
    };
    let Value::Map(entries) = document.node.value else {
        let place = document.node.span.place("");
        let message = "a file of parameters is a map of names and values".to_owned();
        diagnostics.push(diagnostics::bad_override(message, place, "preStop: 2s"));
        return Vec::new();
    };
    let made = |entry: Entry| Override {
        key: entry.key,
        key_span: entry.key_span,
        node: entry.value,
    };
    entries.into_iter().map(made).collect()
}

/// Sets the fields that paths name, creating maps on the way. Elements of lists have no paths, but
/// steps with a name: `timeline.NAME.at`.
pub fn apply_paths(root: &mut Node, given: &[Override], diagnostics: &mut Diagnostics) {
    for set in given.iter().filter(|set| set.is_path()) {
        let parts: Vec<&str> = set.key.split('.').collect();
        if let Err((message, help)) = put(root, &parts, set) {
            let place = set.key_span.place("");
            diagnostics.push(diagnostics::bad_override(message, place, help));
        }
    }
}

fn put(node: &mut Node, parts: &[&str], set: &Override) -> Result<(), (String, &'static str)> {
    let Some((first, rest)) = parts.split_first() else {
        *node = set.node.clone();
        return Ok(());
    };
    if first.is_empty() {
        return Err((format!("`{}` has an empty part", set.key), ""));
    }
    if let Value::Seq(items) = &mut node.value {
        let named = |item: &&mut Node| item.get("name").and_then(Node::text) == Some(first);
        return match items.iter_mut().find(named) {
            Some(item) => put(item, rest, set),
            None => {
                let help = "of lists, only steps of the timeline have paths, by their `name`";
                Err((
                    format!("`{}`: no element is named `{first}`", set.key),
                    help,
                ))
            }
        };
    }
    if !matches!(node.value, Value::Map(_)) {
        node.value = Value::Map(Vec::new());
        node.span = set.key_span;
    }
    let Value::Map(entries) = &mut node.value else {
        return Ok(());
    };
    let index = entries.iter().position(|entry| entry.key == *first);
    let index = index.unwrap_or_else(|| {
        entries.push(Entry {
            key: (*first).to_owned(),
            key_span: set.key_span,
            key_is_text: true,
            value: Node::new(Value::Null, set.key_span),
        });
        entries.len() - 1
    });
    put(&mut entries[index].value, rest, set)
}

/// The key of `key=value`, its place, and where the value begins.
fn key(
    text: &str,
    sources: &mut Sources,
    diagnostics: &mut Diagnostics,
) -> Option<(String, Span, u32)> {
    let file = sources.add("--set", text);
    let start = Span::start_of(file);
    match text.split_once('=') {
        Some((key, _)) if !key.is_empty() => {
            let length = characters(key);
            Some((key.to_owned(), start.part(0, length), length + 1))
        }
        _ => {
            let place = start.part(0, characters(text)).place("");
            let message = format!("`--set {text}` is not NAME=VALUE");
            diagnostics.push(diagnostics::bad_override(
                message,
                place,
                "--set preStop=2s",
            ));
            None
        }
    }
}

fn characters(text: &str) -> u32 {
    u32::try_from(text.chars().count()).unwrap_or(u32::MAX)
}
