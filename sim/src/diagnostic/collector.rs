//! All messages of all files, in the order of finding, each once.

use std::collections::BTreeMap;

use indexmap::IndexSet;

use super::{Diagnostic, Severity, Sources, Style, render};

/// How many messages of one code are drawn; the others are counted.
const DRAWN_MAX: usize = 100;

/// Messages in the order of finding, without repetitions.
#[derive(Clone, Debug, Default)]
pub struct Diagnostics {
    found: IndexSet<Diagnostic, rustc_hash::FxBuildHasher>,
}

impl Diagnostics {
    /// No messages.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a message, unless the same one is there already.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        self.found.insert(diagnostic);
    }

    /// Adds all messages of another collection.
    pub fn extend(&mut self, others: impl IntoIterator<Item = Diagnostic>) {
        self.found.extend(others);
    }

    /// Whether something makes a run impossible.
    #[must_use]
    pub fn has_errors(&self) -> bool {
        self.errors() > 0
    }

    /// How many errors there are.
    #[must_use]
    pub fn errors(&self) -> usize {
        self.count(Severity::Error)
    }

    /// How many warnings there are.
    #[must_use]
    pub fn warnings(&self) -> usize {
        self.count(Severity::Warning)
    }

    /// Whether there is nothing to say.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    /// How many messages there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.found.len()
    }

    /// The messages in the order of finding.
    pub fn iter(&self) -> impl Iterator<Item = &Diagnostic> {
        self.found.iter()
    }

    /// The text for a terminal: each message with its lines of source, ordered by file and line
    /// within a severity-blind stable order, at most a hundred of a code, then one line that counts them.
    #[must_use]
    pub fn render(&self, sources: &Sources, style: Style) -> String {
        let mut ordered: Vec<&Diagnostic> = self.found.iter().collect();
        ordered.sort_by_key(|diagnostic| {
            let place = diagnostic.place.as_ref();
            place.map(|place| (place.file, place.line, place.column))
        });
        let mut text = String::new();
        let mut seen: BTreeMap<(&str, bool), usize> = BTreeMap::new();
        for diagnostic in ordered {
            let is_error = diagnostic.severity == Severity::Error;
            let count = seen.entry((diagnostic.code, is_error)).or_default();
            *count += 1;
            if *count <= DRAWN_MAX {
                text.push_str(&render(diagnostic, sources, style));
                text.push('\n');
            }
        }
        for ((code, is_error), count) in seen {
            if count > DRAWN_MAX {
                let what = if is_error { "error" } else { "warning" };
                text.push_str(&format!(
                    "{what}[{code}]: and {} more of this kind\n",
                    count - DRAWN_MAX
                ));
            }
        }
        if !self.is_empty() {
            text.push_str(&self.closing_line());
            text.push('\n');
        }
        text
    }

    /// `2 errors, 0 warnings; nothing was run`.
    #[must_use]
    pub fn closing_line(&self) -> String {
        let count = |n: usize, what: &str| format!("{n} {what}{}", if n == 1 { "" } else { "s" });
        let errors = count(self.errors(), "error");
        let warnings = count(self.warnings(), "warning");
        let end = if self.has_errors() {
            "; nothing was run"
        } else {
            ""
        };
        format!("{errors}, {warnings}{end}")
    }

    fn count(&self, severity: Severity) -> usize {
        let same = |diagnostic: &&Diagnostic| diagnostic.severity == severity;
        self.found.iter().filter(same).count()
    }
}

impl IntoIterator for Diagnostics {
    type Item = Diagnostic;
    type IntoIter = indexmap::set::IntoIter<Diagnostic>;

    fn into_iter(self) -> Self::IntoIter {
        self.found.into_iter()
    }
}
