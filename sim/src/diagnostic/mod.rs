//! What is told to the person who wrote a file: every mistake, its place, and what to do.
//!
//! Mistakes are collected, never thrown: a reader goes on after the first and reports them all.
//! Nothing here knows scenarios or manifests; their messages are made by functions that live
//! beside their readers.

mod collector;
mod nearest;
mod render;
mod sources;

pub use collector::Diagnostics;
pub use nearest::{edit_distance, nearest};
pub use render::{Style, render};
pub use sources::{FileId, Sources};

/// How bad a mistake is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Severity {
    /// Nothing is run.
    Error,
    /// It is run, but probably not what was meant.
    Warning,
    /// It is as written, and there is something to know.
    Hint,
}

/// A stretch of one line of a file. Lines and columns count from 1, columns and length in characters.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Span {
    /// The file.
    pub file: FileId,
    /// The line, from 1.
    pub line: u32,
    /// The column in characters, from 1.
    pub column: u32,
    /// How many characters are meant, at least 1 when drawn; what spans lines is cut at the first.
    pub length: u32,
}

impl Span {
    /// The first character of a file.
    #[must_use]
    pub const fn start_of(file: FileId) -> Self {
        Self {
            file,
            line: 1,
            column: 1,
            length: 1,
        }
    }

    /// The part that begins `offset` characters into this span and is `length` characters long.
    #[must_use]
    pub const fn part(self, offset: u32, length: u32) -> Self {
        Self {
            column: self.column.saturating_add(offset),
            length,
            ..self
        }
    }

    /// This place, described by the path of the field that stands there.
    #[must_use]
    pub fn place(self, path: impl Into<String>) -> Place {
        Place {
            file: self.file,
            line: self.line,
            column: self.column,
            length: self.length,
            path: path.into(),
        }
    }
}

/// A span and the path of the field that stands there.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Place {
    /// The file.
    pub file: FileId,
    /// The line, from 1.
    pub line: u32,
    /// The column in characters, from 1.
    pub column: u32,
    /// How many characters are meant.
    pub length: u32,
    /// Where in the document: `cluster.nodes.worker.count`, or empty.
    pub path: String,
}

impl Place {
    /// The place without its path.
    #[must_use]
    pub const fn span(&self) -> Span {
        Span {
            file: self.file,
            line: self.line,
            column: self.column,
            length: self.length,
        }
    }
}

impl From<Span> for Place {
    fn from(span: Span) -> Self {
        span.place("")
    }
}

/// A further place that explains a diagnostic.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Label {
    /// Where.
    pub place: Place,
    /// What is to be seen there.
    pub text: String,
}

/// One message to the person who wrote the file.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Diagnostic {
    /// How bad it is.
    pub severity: Severity,
    /// The stable number of its kind: `S014`.
    pub code: &'static str,
    /// What is wrong, in one sentence without a full stop.
    pub message: String,
    /// Where it is wrong; none when no file is to blame.
    pub place: Option<Place>,
    /// What stands beside the caret: "did you mean …?"; may be empty.
    pub note: String,
    /// Further places.
    pub labels: Vec<Label>,
    /// What to do about it, one entry a line.
    pub help: Vec<String>,
}

impl Diagnostic {
    /// A message without a place.
    #[must_use]
    pub fn new(severity: Severity, code: &'static str, message: impl Into<String>) -> Self {
        Self {
            severity,
            code,
            message: message.into(),
            place: None,
            note: String::new(),
            labels: Vec::new(),
            help: Vec::new(),
        }
    }

    /// An error without a place.
    #[must_use]
    pub fn error(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(Severity::Error, code, message)
    }

    /// A warning without a place.
    #[must_use]
    pub fn warning(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(Severity::Warning, code, message)
    }

    /// A hint without a place.
    #[must_use]
    pub fn hint(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(Severity::Hint, code, message)
    }

    /// Puts the caret at `place`.
    #[must_use]
    pub fn at(mut self, place: impl Into<Place>) -> Self {
        self.place = Some(place.into());
        self
    }

    /// Writes `note` beside the caret.
    #[must_use]
    pub fn note(mut self, note: impl Into<String>) -> Self {
        self.note = note.into();
        self
    }

    /// Asks "did you mean …?" beside the caret, if there is a suggestion.
    #[must_use]
    pub fn did_you_mean(mut self, suggestion: Option<&str>) -> Self {
        if let Some(suggestion) = suggestion {
            self.note = format!("did you mean `{suggestion}`?");
        }
        self
    }

    /// Points at a further place.
    #[must_use]
    pub fn label(mut self, place: impl Into<Place>, text: impl Into<String>) -> Self {
        self.labels.push(Label {
            place: place.into(),
            text: text.into(),
        });
        self
    }

    /// Says what to do; may be called more than once.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help.push(help.into());
        self
    }
}
