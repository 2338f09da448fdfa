//! Reading of files into trees of [`Node`]: the only file here that names the YAML parser.
//!
//! YAML is read as 1.2 with the core schema, plus the merge key `<<`. Nesting, aliases and size are
//! bounded, so that a hostile file costs a message and not the machine.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde_saphyr::granit_parser::{
    Event, Parser, ScalarStyle, ScanError, Span as Scanned, StrInput, Tag,
};

use super::diagnostics;
use super::node::{Entry, Node, Value, resolve_plain};
use crate::diagnostic::{Diagnostics, FileId, Sources, Span};

/// Deepest nesting of collections.
pub const NESTING_MAX: usize = 64;
/// Most nodes that aliases may add to one file.
pub const ALIAS_NODES_MAX: usize = 10_000;
/// Largest file: dumps of large clusters are some 100 MiB.
pub const FILE_BYTES_MAX: u64 = 1 << 30;

/// One document of a file.
#[derive(Clone, Debug, PartialEq)]
pub struct Document {
    /// Its tree.
    pub node: Node,
    /// The line of the file, from 1, on which `text` begins.
    pub start_line: u32,
    /// Its text, without the line `---`.
    pub text: String,
}

/// Reads a file and adds it to `sources`. A mistake is reported at `from`, the place that named the
/// file, if there is one.
pub fn read_file(
    path: &Path,
    name: &str,
    from: Option<&crate::diagnostic::Place>,
    sources: &mut Sources,
    diagnostics: &mut Diagnostics,
) -> Option<FileId> {
    let refuse = |diagnostics: &mut Diagnostics, reason: String, help: &str| {
        diagnostics.push(diagnostics::unreadable_file(name, &reason, help, from));
        None
    };
    let size = match fs::metadata(path) {
        Ok(found) if found.is_dir() => {
            let help = "name a file; the manifests of a directory are listed below `manifests`";
            return refuse(diagnostics, "it is a directory".to_owned(), help);
        }
        Ok(found) => found.len(),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            let help = "paths in a scenario are relative to the file that names them";
            let help = if from.is_some() { help } else { "" };
            return refuse(diagnostics, "there is no such file".to_owned(), help);
        }
        Err(error) => return refuse(diagnostics, error.to_string(), ""),
    };
    if size > FILE_BYTES_MAX {
        let reason = format!("it has {size} bytes, and {FILE_BYTES_MAX} are the most");
        return refuse(diagnostics, reason, "");
    }
    let bytes = match fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) => return refuse(diagnostics, error.to_string(), ""),
    };
    let text = match String::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => {
            let (reason, help) = not_utf8(error.as_bytes(), error.utf8_error().valid_up_to());
            return refuse(diagnostics, reason, help);
        }
    };
    let text = text
        .strip_prefix('\u{feff}')
        .map_or(text.clone(), str::to_owned);
    if let Some(at) = text.find(|c: char| c.is_control() && !matches!(c, '\n' | '\r' | '\t')) {
        let byte = text.as_bytes()[at];
        let reason = format!("it is not text: byte {at} is {byte:#04x}");
        return refuse(diagnostics, reason, "is it compressed, or a log?");
    }
    Some(sources.add(name, text))
}

/// What bytes are that are not UTF-8 from byte `at` on, and what to do.
pub(crate) fn not_utf8(bytes: &[u8], at: usize) -> (String, &'static str) {
    match bytes {
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => (
            "it is UTF-16, and not UTF-8".to_owned(),
            "save it as UTF-8; in PowerShell: `… | Out-File -Encoding utf8 FILE`",
        ),
        [0x1f, 0x8b, ..] => (
            "it is compressed with gzip".to_owned(),
            "unpack it first: `gunzip FILE`",
        ),
        bytes if bytes.starts_with(b"WAVETANK") => (
            "it is the log of a run".to_owned(),
            "logs are read by get, describe, events, explain, log: `wavetank get pods --log FILE`",
        ),
        _ => (
            format!("it is not UTF-8 text: byte {at} begins no character"),
            "is it compressed, or another kind of file?",
        ),
    }
}

/// The documents of a file, each with its tree and text; JSON is YAML too. Empty documents are left
/// out. After a syntax error, which is reported, the documents before it are returned.
pub fn documents(file: FileId, sources: &Sources, diagnostics: &mut Diagnostics) -> Vec<Document> {
    let text = sources.text(file);
    let json = sources.name(file).ends_with(".json");
    let spaced = json.then(|| text.replace('\t', " "));
    Builder::new(file, sources, diagnostics).read(spaced.as_deref().unwrap_or(text))
}

/// A value written on the command line, `offset` characters into its "file": a scalar, or a flow
/// collection.
pub fn inline(file: FileId, offset: u32, sources: &Sources, diagnostics: &mut Diagnostics) -> Node {
    let text = sources.text(file);
    let value: String = text.chars().skip(offset as usize).collect();
    let span = Span {
        file,
        line: 1,
        column: offset + 1,
        length: small(value.chars().count()),
    };
    if value.starts_with(['[', '{', '"', '\'']) {
        let padded = format!("{}{value}", " ".repeat(offset as usize));
        let mut found = Builder::new(file, sources, diagnostics).read(&padded);
        if let Some(document) = found.pop() {
            return document.node;
        }
    }
    plain(&value, span)
}

/// A plain scalar that stands at `span`.
#[must_use]
pub fn plain(text: &str, span: Span) -> Node {
    let mut node = Node::new(resolve_plain(text), span);
    if !matches!(node.value, Value::String(_)) {
        node.written = Box::from(text);
    }
    node
}

/// A collection that is being read.
struct Open {
    node: Node,
    anchor: usize,
    key: Option<Entry>,
}

struct Builder<'a> {
    file: FileId,
    sources: &'a Sources,
    diagnostics: &'a mut Diagnostics,
    stack: Vec<Open>,
    anchors: BTreeMap<usize, Node>,
    alias_nodes: usize,
    nested: usize,
    overflow: bool,
    root: Option<Node>,
}

impl<'a> Builder<'a> {
    fn new(file: FileId, sources: &'a Sources, diagnostics: &'a mut Diagnostics) -> Self {
        Self {
            file,
            sources,
            diagnostics,
            stack: Vec::new(),
            anchors: BTreeMap::new(),
            alias_nodes: 0,
            nested: 0,
            overflow: false,
            root: None,
        }
    }

    fn read(&mut self, text: &str) -> Vec<Document> {
        let mut found = Vec::new();
        let mut starts: Vec<u32> = Vec::new();
        for event in Parser::<StrInput<'_>>::new_from_str(text) {
            match event {
                Ok((event, scanned)) => self.event(&event, scanned, &mut starts, &mut found),
                Err(error) => {
                    self.syntax_error(&error);
                    break;
                }
            }
            if self.overflow {
                break;
            }
        }
        self.with_texts(found, &starts)
    }

    fn event(
        &mut self,
        event: &Event<'_>,
        scanned: Scanned,
        starts: &mut Vec<u32>,
        found: &mut Vec<(usize, Node)>,
    ) {
        let span = self.span(scanned);
        match event {
            Event::DocumentStart(explicit, _) => {
                let first = if *explicit { span.line + 1 } else { 1 };
                starts.push(if starts.is_empty() && !explicit {
                    1
                } else {
                    first
                });
                self.root = None;
                self.anchors.clear();
            }
            Event::DocumentEnd => {
                let root = self.root.take();
                if let Some(root) = root.filter(|root| root.value != Value::Null) {
                    found.push((starts.len() - 1, root));
                }
            }
            Event::Alias(anchor) => self.alias(*anchor, span),
            Event::Scalar(text, style, anchor, tag) => {
                let node = scalar(text, *style, tag.as_deref(), span);
                self.anchored(*anchor, &node);
                self.add(node);
            }
            Event::SequenceStart(_, anchor, tag) => {
                self.open(Value::Seq(Vec::new()), *anchor, tag.as_deref(), span);
            }
            Event::MappingStart(_, anchor, tag) => {
                self.open(Value::Map(Vec::new()), *anchor, tag.as_deref(), span);
            }
            Event::SequenceEnd | Event::MappingEnd => self.close(),
            Event::StreamStart
            | Event::StreamEnd
            | Event::Anchor(..)
            | Event::UnresolvedAlias(_) => {}
            // Everything else is presentation and carries no value.
            #[allow(clippy::wildcard_enum_match_arm)]
            _ => {}
        }
    }

    fn open(&mut self, value: Value, anchor: usize, tag: Option<&Tag>, span: Span) {
        self.nested += 1;
        if self.nested > NESTING_MAX {
            self.overflow = true;
            self.diagnostics
                .push(diagnostics::too_deep(span, NESTING_MAX));
            return;
        }
        let mut node = Node::new(value, Span { length: 1, ..span });
        node.tag = custom(tag);
        self.stack.push(Open {
            node,
            anchor,
            key: None,
        });
    }

    fn close(&mut self) {
        self.nested = self.nested.saturating_sub(1);
        let Some(mut open) = self.stack.pop() else {
            return;
        };
        if let Value::Map(entries) = &mut open.node.value {
            *entries = self.merged(std::mem::take(entries));
        }
        self.anchored(open.anchor, &open.node);
        self.add(open.node);
    }

    fn anchored(&mut self, anchor: usize, node: &Node) {
        if anchor != 0 {
            self.anchors.insert(anchor, node.clone());
        }
    }

    fn alias(&mut self, anchor: usize, span: Span) {
        let Some(node) = self.anchors.get(&anchor) else {
            self.diagnostics.push(diagnostics::open_alias(span));
            self.add(Node::new(Value::Null, span));
            return;
        };
        self.alias_nodes += node.count();
        if self.alias_nodes > ALIAS_NODES_MAX {
            self.overflow = true;
            let message = diagnostics::too_many_aliases(span, ALIAS_NODES_MAX);
            self.diagnostics.push(message);
            return;
        }
        if self.nested + node.depth() > NESTING_MAX {
            self.overflow = true;
            self.diagnostics
                .push(diagnostics::too_deep(span, NESTING_MAX));
            return;
        }
        let node = node.clone();
        self.add(node);
    }

    /// Puts a finished node where it belongs: as key, value, element or root.
    fn add(&mut self, node: Node) {
        let Some(open) = self.stack.last_mut() else {
            self.root = Some(node);
            return;
        };
        match &mut open.node.value {
            Value::Seq(items) => items.push(node),
            Value::Map(entries) => match open.key.take() {
                None => open.key = Some(key(node, self.diagnostics)),
                Some(mut entry) => {
                    let earlier = entries.iter().find(|other| other.key == entry.key);
                    if let Some(earlier) = earlier {
                        let (key, first) = (&entry.key, earlier.key_span);
                        let message = diagnostics::duplicate_key(key, entry.key_span, first);
                        self.diagnostics.push(message);
                    } else {
                        entry.value = node;
                        entries.push(entry);
                    }
                }
            },
            Value::Null | Value::Bool(_) | Value::Int(_) | Value::Float(_) | Value::String(_) => {}
        }
    }

    /// Fills in what `<<` names; the map's own keys win, earlier sources win over later ones.
    fn merged(&mut self, entries: Vec<Entry>) -> Vec<Entry> {
        if !entries.iter().any(|entry| entry.key == "<<") {
            return entries;
        }
        let own: Vec<String> = entries.iter().map(|entry| entry.key.clone()).collect();
        let mut result: Vec<Entry> = Vec::new();
        for entry in entries {
            if entry.key != "<<" {
                result.push(entry);
                continue;
            }
            let sources = match &entry.value.value {
                Value::Map(_) => std::slice::from_ref(&entry.value),
                Value::Seq(items) if items.iter().all(|i| matches!(i.value, Value::Map(_))) => {
                    items.as_slice()
                }
                Value::Null
                | Value::Bool(_)
                | Value::Int(_)
                | Value::Float(_)
                | Value::String(_)
                | Value::Seq(_) => {
                    self.diagnostics
                        .push(diagnostics::merge_key_needs_map(entry.value.span));
                    &[]
                }
            };
            for other in sources.iter().flat_map(Node::entries) {
                if !own.contains(&other.key) && !result.iter().any(|had| had.key == other.key) {
                    result.push(other.clone());
                }
            }
        }
        result
    }

    fn syntax_error(&mut self, error: &ScanError) {
        let mark = error.marker();
        let place = Span {
            file: self.file,
            line: small(mark.line()).max(1),
            column: small(mark.col()) + 1,
            length: 1,
        };
        let line = self.sources.line(self.file, place.line);
        let before = self.sources.line(self.file, place.line.saturating_sub(1));
        let message = diagnostics::yaml_syntax(&error.info(), place, line, before);
        self.diagnostics.push(message);
    }

    fn span(&self, scanned: Scanned) -> Span {
        let line = small(scanned.start.line()).max(1);
        let column = small(scanned.start.col());
        let end = if scanned.end.line() == scanned.start.line() {
            small(scanned.end.col())
        } else {
            small(self.sources.line(self.file, line).chars().count())
        };
        Span {
            file: self.file,
            line,
            column: column + 1,
            length: end.saturating_sub(column).max(1),
        }
    }

    fn with_texts(&self, found: Vec<(usize, Node)>, starts: &[u32]) -> Vec<Document> {
        let text = self.sources.text(self.file);
        let byte_of = |line: u32| {
            self.sources
                .line_start(self.file, line)
                .unwrap_or(text.len())
        };
        let document = |(index, node): (usize, Node)| {
            let start_line = starts.get(index).copied().unwrap_or(1);
            let from = byte_of(start_line);
            let to = starts
                .get(index + 1)
                .map_or(text.len(), |&next| byte_of(next - 1));
            Document {
                node,
                start_line,
                text: text[from..to.max(from)].to_owned(),
            }
        };
        found.into_iter().map(document).collect()
    }
}

fn key(node: Node, diagnostics: &mut Diagnostics) -> Entry {
    let text = node.text().map(str::to_owned).unwrap_or_else(|| {
        diagnostics.push(diagnostics::compound_key(node.span));
        String::new()
    });
    Entry {
        key: text,
        key_span: node.span,
        key_is_text: matches!(node.value, Value::String(_)),
        value: Node::new(Value::Null, node.span),
    }
}

fn scalar(text: &str, style: ScalarStyle, tag: Option<&Tag>, span: Span) -> Node {
    let plain = style == ScalarStyle::Plain;
    let as_text = tag.is_some_and(|tag| tag.is_yaml_core_schema_tag("str"));
    let value = if plain && !as_text {
        resolve_plain(text)
    } else {
        Value::String(text.to_owned())
    };
    let written = match value {
        Value::String(_) => Box::from(""),
        Value::Null
        | Value::Bool(_)
        | Value::Int(_)
        | Value::Float(_)
        | Value::Seq(_)
        | Value::Map(_) => Box::from(text),
    };
    let mut node = Node::new(value, span);
    node.plain = plain;
    node.tag = custom(tag);
    node.written = written;
    node
}

fn custom(tag: Option<&Tag>) -> Option<String> {
    tag.filter(|tag| !tag.is_yaml_core_schema())
        .map(ToString::to_string)
}

fn small(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX - 1)
}
