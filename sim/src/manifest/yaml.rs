//! YAML and JSON text to trees of values with places.

use std::collections::BTreeSet;

use rustc_hash::FxHashMap;
use serde_saphyr::granit_parser::{Event, Parser, ScalarStyle, ScanError, Span as Marks, options};

use super::node::{Extent, Key, Kind, Node};
use super::scalar;

/// Deepest nesting of a document.
pub(super) const DEPTH_MAX: usize = 200;
/// Most values that the aliases of one file may repeat.
const ALIASED_MAX: usize = 100_000;
/// Most mistakes of one file that are reported.
const MISTAKES_MAX: usize = 50;

/// What was read of one file: the documents that could be read, and what stopped the others.
#[derive(Debug, Default)]
pub(super) struct Parsed {
    /// The documents, empty ones included.
    pub(super) documents: Vec<Node>,
    /// Mistakes, in the order of the file.
    pub(super) mistakes: Vec<Mistake>,
}

/// Text that is not YAML.
#[derive(Debug, PartialEq)]
pub(super) struct Mistake {
    pub(super) extent: Extent,
    pub(super) message: String,
    /// An earlier place that explains the mistake.
    pub(super) earlier: Option<(Extent, &'static str)>,
    pub(super) help: Option<String>,
}

/// Reads all documents of a text. After a mistake, reading goes on at the next `---`.
pub(super) fn parse(text: &str) -> Parsed {
    let mut parsed = Parsed::default();
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if let Some(values) = json_values(text) {
        // Within JSON, tabs are blanks.
        let text = text.replace('\t', " ");
        let mut lines_before = 0;
        let mut from = 0;
        for (start, end) in values {
            lines_before += text[from..start].matches('\n').count();
            from = start;
            if let Err(error) = read(&text[start..end], lines_before, &mut parsed) {
                let mistake = explain(&error, &text[start..end], lines_before);
                parsed.mistakes.push(mistake);
            }
        }
        return parsed;
    }
    let (mut rest, mut lines_before) = (text, 0);
    while let Err(error) = read(rest, lines_before, &mut parsed) {
        let line = error.marker().line();
        parsed.mistakes.push(explain(&error, rest, lines_before));
        // The next document begins below the mistake, at a line of its own.
        let mut offset = 0;
        let next = rest
            .split_inclusive('\n')
            .enumerate()
            .find_map(|(index, content)| {
                let at = offset;
                offset += content.len();
                let marks_document = content == "---\n"
                    || content.trim_end() == "---"
                    || content.starts_with("--- ");
                (index >= line && marks_document).then_some((index, at))
            });
        let Some((index, at)) = next else { break };
        if parsed.mistakes.len() >= MISTAKES_MAX {
            break;
        }
        rest = &rest[at..];
        lines_before += index;
    }
    parsed
}

/// Where the values of a JSON text begin and end: as kubectl, several may follow each other. None when it
/// is not JSON; that it begins with `{` says nothing, YAML may too.
fn json_values(text: &str) -> Option<Vec<(usize, usize)>> {
    let skipped = text.len() - text.trim_start().len();
    if !text[skipped..].starts_with('{') {
        return None;
    }
    let mut values = serde_json::Deserializer::from_str(text).into_iter::<serde::de::IgnoredAny>();
    let mut found = Vec::new();
    let mut start = skipped;
    while let Some(value) = values.next() {
        value.ok()?;
        let end = values.byte_offset();
        found.push((start, end));
        start = end + text[end..].len() - text[end..].trim_start().len();
    }
    Some(found)
}

fn read(text: &str, lines_before: usize, parsed: &mut Parsed) -> Result<(), ScanError> {
    let options = options! { emit_comments: false, emit_unresolved_aliases: true };
    let mut builder = Builder::new(text, lines_before);
    for next in Parser::new_from_str_with_options(text, options) {
        let (event, marks) = match next {
            Ok(next) => next,
            Err(error) => {
                parsed.mistakes.append(&mut builder.mistakes);
                return Err(error);
            }
        };
        builder.take(event, marks);
        if let Some(document) = builder.finished.take() {
            // A document with a mistake of its own is not handed on half read.
            if builder.mistakes.is_empty() {
                parsed.documents.push(document);
            }
            parsed.mistakes.append(&mut builder.mistakes);
        }
    }
    Ok(())
}

fn explain(error: &ScanError, text: &str, lines_before: usize) -> Mistake {
    let marker = error.marker();
    let line_number = marker.line().max(1);
    let lines = || text.lines().skip(line_number.saturating_sub(2)).take(2);
    let indent = |line: &str| line[..line.len() - line.trim_start().len()].to_owned();
    let help = if let Some(offset) = lines().position(|line| indent(line).contains('\t')) {
        let tabbed = if line_number == 1 {
            1
        } else {
            line_number - 1 + offset
        };
        let line = text.lines().nth(tabbed - 1).unwrap_or_default();
        let column = line.chars().take_while(|&c| c != '\t').count() + 1;
        return Mistake {
            extent: extent_at(tabbed + lines_before, column),
            message: "a tab indents this line; YAML allows only spaces there".to_owned(),
            earlier: None,
            help: Some(
                "replace each tab at the start of a line with spaces (`expand -t 2 FILE`)"
                    .to_owned(),
            ),
        };
    } else if error.info().contains("unclosed") {
        Some("close it; the other documents of the file were read".to_owned())
    } else if text.contains("{{") && text.contains("}}") {
        Some("`{{ … }}` is a template, not YAML: render it first, for example with `helm template .`".to_owned())
    } else if lines().any(|line| line.matches(": ").count() > 1) {
        Some("if the value contains `: `, put it in quotes".to_owned())
    } else {
        Some("compare the indentation with the lines above; the other documents of the file were read".to_owned())
    };
    Mistake {
        extent: extent_at(line_number + lines_before, marker.col() + 1),
        message: format!("this is not YAML: {}", error.info()),
        earlier: None,
        help,
    }
}

fn extent_at(line: usize, column: usize) -> Extent {
    Extent {
        line: narrow(line),
        column: narrow(column),
        length: 1,
    }
}

fn narrow(value: usize) -> u32 {
    u32::try_from(value).unwrap_or(u32::MAX)
}

/// A collection that is still open.
struct Open {
    node: Node,
    anchor: usize,
    /// The key that waits for its value.
    key: Option<Key>,
    /// Depth of the deepest value inside, counted from here.
    height: usize,
    /// The keys so far.
    names: FxHashMap<String, Extent>,
}

struct Builder<'a> {
    text: &'a str,
    lines_before: usize,
    stack: Vec<Open>,
    anchors: FxHashMap<usize, (Node, usize, usize)>,
    aliased: usize,
    finished: Option<Node>,
    mistakes: Vec<Mistake>,
}

impl<'a> Builder<'a> {
    fn new(text: &'a str, lines_before: usize) -> Self {
        Self {
            text,
            lines_before,
            stack: Vec::new(),
            anchors: FxHashMap::default(),
            aliased: 0,
            finished: None,
            mistakes: Vec::new(),
        }
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "events that carry no value")]
    fn take(&mut self, event: Event<'_>, marks: Marks) {
        let extent = self.extent(marks);
        match event {
            Event::DocumentStart(..) => {
                self.anchors.clear();
                self.finished = None;
            }
            Event::Scalar(text, style, anchor, tag) => {
                let as_text = style != ScalarStyle::Plain
                    || tag
                        .as_ref()
                        .is_some_and(|tag| matches!(tag.core_suffix(), Some("str")));
                let kind = if as_text {
                    Kind::Text(text.into_owned())
                } else {
                    scalar::resolve(&text)
                };
                self.place(Node { extent, kind }, anchor, 1);
            }
            Event::SequenceStart(_, anchor, _) => self.open(extent, Kind::List(Vec::new()), anchor),
            Event::MappingStart(_, anchor, _) => self.open(extent, Kind::Map(Vec::new()), anchor),
            Event::SequenceEnd | Event::MappingEnd => self.close(marks),
            Event::Alias(anchor) => self.alias(anchor, extent),
            Event::UnresolvedAlias(name) => {
                let message = format!("no anchor `&{name}` stands before `*{name}`");
                let help = "text that begins with `*` must be quoted".to_owned();
                self.mistake(extent, message, Some(help));
                self.place(
                    Node {
                        extent,
                        kind: Kind::Null,
                    },
                    0,
                    1,
                );
            }
            // Structure of the stream; comments and anchors' names are not asked for.
            _ => (),
        }
    }

    fn extent(&self, marks: Marks) -> Extent {
        let same_line = marks.start.line() == marks.end.line();
        let length = if same_line {
            marks.end.col().saturating_sub(marks.start.col()).max(1)
        } else {
            1
        };
        Extent {
            line: narrow(marks.start.line() + self.lines_before),
            column: narrow(marks.start.col() + 1),
            length: narrow(length),
        }
    }

    fn mistake(&mut self, extent: Extent, message: String, help: Option<String>) {
        if self.mistakes.len() < MISTAKES_MAX {
            self.mistakes.push(Mistake {
                extent,
                message,
                earlier: None,
                help,
            });
        }
    }

    fn open(&mut self, extent: Extent, kind: Kind, anchor: usize) {
        self.stack.push(Open {
            node: Node { extent, kind },
            anchor,
            key: None,
            height: 1,
            names: FxHashMap::default(),
        });
    }

    fn close(&mut self, marks: Marks) {
        let Some(mut open) = self.stack.pop() else {
            return;
        };
        let end = self.extent(marks);
        let extent = &mut open.node.extent;
        // A collection in one line is meant as a whole, others by their first character.
        extent.length = if end.line == extent.line {
            (end.column + end.length)
                .saturating_sub(extent.column)
                .max(1)
        } else {
            1
        };
        if let Kind::Map(entries) = &mut open.node.kind {
            merge(entries);
        }
        self.place(open.node, open.anchor, open.height);
    }

    fn alias(&mut self, anchor: usize, extent: Extent) {
        let Some((node, height, size)) = self.anchors.get(&anchor) else {
            self.mistake(
                extent,
                "an alias may not stand inside its own anchor".to_owned(),
                None,
            );
            self.place(
                Node {
                    extent,
                    kind: Kind::Null,
                },
                0,
                1,
            );
            return;
        };
        self.aliased = self.aliased.saturating_add(*size);
        if self.aliased > ALIASED_MAX {
            if self.mistakes.is_empty() {
                let message =
                    format!("the aliases of this file repeat more than {ALIASED_MAX} values");
                self.mistake(extent, message, Some("write the values out".to_owned()));
            }
            self.place(
                Node {
                    extent,
                    kind: Kind::Null,
                },
                0,
                1,
            );
            return;
        }
        let (node, height) = (node.clone(), *height);
        self.place(node, 0, height);
    }

    /// Puts a finished value where it belongs: the waiting key, the list, or the document.
    fn place(&mut self, mut node: Node, anchor: usize, height: usize) {
        if self.stack.len() + height > DEPTH_MAX {
            if self.mistakes.is_empty() {
                let message = format!("values are nested more than {DEPTH_MAX} deep");
                self.mistake(node.extent, message, None);
            }
            node.kind = Kind::Null;
        }
        if anchor != 0 {
            self.anchors
                .insert(anchor, (node.clone(), height, size(&node)));
        }
        let Some(open) = self.stack.last_mut() else {
            self.finished = Some(node);
            return;
        };
        open.height = open.height.max(height + 1);
        match &mut open.node.kind {
            Kind::List(items) => items.push(node),
            Kind::Map(entries) => match open.key.take() {
                Some(key) => entries.push((key, node)),
                None => self.key(node),
            },
            Kind::Null | Kind::Bool(_) | Kind::Int(_) | Kind::Float(_) | Kind::Text(_) => (),
        }
    }

    fn key(&mut self, node: Node) {
        let extent = node.extent;
        let text = match node.kind {
            Kind::Text(text) => text,
            Kind::Bool(value) => value.to_string(),
            Kind::Int(value) => value.to_string(),
            Kind::Float(value) => value.to_string(),
            Kind::Null => "null".to_owned(),
            Kind::List(_) | Kind::Map(_) => {
                let template = self.line(extent).contains("{{");
                let help = if template {
                    "`{{ … }}` is a template, not YAML: render it first, for example with `helm template .`"
                } else {
                    "quote it if it is meant as text"
                };
                let message = "a list or a map cannot be the key of a map".to_owned();
                self.mistake(extent, message, Some(help.to_owned()));
                String::new()
            }
        };
        let Some(open) = self.stack.last_mut() else {
            return;
        };
        let earlier = open.names.insert(text.clone(), extent);
        open.key = Some(Key {
            extent,
            text: text.clone(),
        });
        if let Some(earlier) =
            earlier.filter(|_| text != "<<" && self.mistakes.len() < MISTAKES_MAX)
        {
            self.mistakes.push(Mistake {
                extent,
                message: format!("the key `{text}` is given twice"),
                earlier: Some((earlier, "first given here")),
                help: Some("remove one of them; Kubernetes would use only the last".to_owned()),
            });
        }
    }

    fn line(&self, extent: Extent) -> &'a str {
        let index = (extent.line as usize).saturating_sub(self.lines_before + 1);
        self.text.lines().nth(index).unwrap_or_default()
    }
}

/// Replaces `<<: *base` by the entries of the base that the map does not give itself.
fn merge(entries: &mut Vec<(Key, Node)>) {
    if !entries.iter().any(|(key, _)| key.text == "<<") {
        return;
    }
    let mut merged: Vec<(Key, Node)> = Vec::new();
    let mut bases: Vec<Node> = Vec::new();
    for (key, node) in entries.drain(..) {
        match node.kind {
            Kind::List(items) if key.text == "<<" => bases.extend(items),
            Kind::Map(_) if key.text == "<<" => bases.push(node),
            Kind::Null
            | Kind::Bool(_)
            | Kind::Int(_)
            | Kind::Float(_)
            | Kind::Text(_)
            | Kind::List(_)
            | Kind::Map(_) => merged.push((key, node)),
        }
    }
    let mut known: BTreeSet<String> = merged.iter().map(|(key, _)| key.text.clone()).collect();
    for base in bases {
        if let Kind::Map(inherited) = base.kind {
            merged.extend(
                inherited
                    .into_iter()
                    .filter(|(key, _)| known.insert(key.text.clone())),
            );
        }
    }
    *entries = merged;
}

fn size(node: &Node) -> usize {
    match &node.kind {
        Kind::Null | Kind::Bool(_) | Kind::Int(_) | Kind::Float(_) | Kind::Text(_) => 1,
        Kind::List(items) => 1 + items.iter().map(size).sum::<usize>(),
        Kind::Map(entries) => 1 + entries.iter().map(|(_, value)| size(value)).sum::<usize>(),
    }
}
