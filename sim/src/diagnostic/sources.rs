//! The files that were read, by name, kept for drawing their lines in messages.

use serde::{Deserialize, Serialize};

/// A file in [`Sources`]: its position there.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize,
)]
pub struct FileId(pub u32);

/// Names and texts of all files that were read, in the order of reading.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    files: Vec<Source>,
}

#[derive(Clone, Debug)]
struct Source {
    name: String,
    text: String,
    line_starts: Vec<usize>,
    /// Whether its text is no part of the scenario's digest.
    aside: bool,
}

impl Sources {
    /// No files.
    #[must_use]
    pub const fn new() -> Self {
        Self { files: Vec::new() }
    }

    /// Adds a file. The same name may be added twice; each addition is a file of its own.
    ///
    /// # Panics
    ///
    /// When more than 2^32 files are added.
    pub fn add(&mut self, name: impl Into<String>, text: impl Into<String>) -> FileId {
        let id = FileId(u32::try_from(self.files.len()).expect("more than 2^32 files"));
        let text = text.into();
        let newlines = text.match_indices('\n').map(|(at, _)| at + 1);
        let line_starts = std::iter::once(0).chain(newlines).collect();
        self.files.push(Source {
            name: name.into(),
            text,
            line_starts,
            aside: false,
        });
        id
    }

    /// Leaves a file out of [`Self::iter`]: it is a setting, and what is drawn does not depend on it.
    pub fn set_aside(&mut self, file: FileId) {
        if let Some(source) = self.files.get_mut(file.0 as usize) {
            source.aside = true;
        }
    }

    /// The name under which a file was added.
    #[must_use]
    pub fn name(&self, file: FileId) -> &str {
        self.file(file).map_or("?", |source| &source.name)
    }

    /// The whole text of a file.
    #[must_use]
    pub fn text(&self, file: FileId) -> &str {
        self.file(file).map_or("", |source| &source.text)
    }

    /// Line `line` (from 1) without its line break; empty when there is none.
    #[must_use]
    pub fn line(&self, file: FileId, line: u32) -> &str {
        let Some(start) = self.line_start(file, line) else {
            return "";
        };
        let rest = &self.text(file)[start..];
        let end = rest.find('\n').unwrap_or(rest.len());
        rest[..end].trim_end_matches('\r')
    }

    /// The byte at which line `line` (from 1) begins.
    #[must_use]
    pub fn line_start(&self, file: FileId, line: u32) -> Option<usize> {
        let index = (line as usize).checked_sub(1)?;
        self.file(file)?.line_starts.get(index).copied()
    }

    /// Names and texts of all files, in the order of reading; what a scenario digest covers.
    /// Without those that were set aside.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.files
            .iter()
            .filter(|source| !source.aside)
            .map(|source| (source.name.as_str(), source.text.as_str()))
    }

    /// How many files there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.files.len()
    }

    /// Whether no file was added.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.files.is_empty()
    }

    fn file(&self, file: FileId) -> Option<&Source> {
        self.files.get(file.0 as usize)
    }
}
