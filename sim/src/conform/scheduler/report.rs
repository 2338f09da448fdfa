//! What a comparison came to, for people and for programs.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use serde_json::{Value, json};

use super::compare::Comparison;
use super::field::{Count, Difference, Tally};

/// How wide one side of a difference is drawn.
const SIDE: usize = 46;

/// What a comparison came to.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Report {
    files: Vec<Outcome>,
    themes: BTreeMap<String, Passed>,
    tally: Tally,
    differences: Vec<Told>,
    /// How many differences are not kept.
    others: u64,
}

/// How many lines passed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
struct Passed {
    passed: u64,
    failed: u64,
}

/// One file.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Outcome {
    file: String,
    passed: Passed,
}

/// A difference and where it was found.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Told {
    file: usize,
    line: u64,
    case: String,
    theme: String,
    difference: Difference,
}

impl Report {
    /// Another file is looked at.
    pub fn begin(&mut self, path: &Path) {
        self.files.push(Outcome {
            file: path.display().to_string(),
            passed: Passed::default(),
        });
    }

    /// Adds a line of a file; at most `most` differences are kept, of all lines together.
    pub fn add(&mut self, file: usize, line: u64, comparison: Comparison, most: usize) {
        let passed = comparison.passed();
        let theme = self.themes.entry(comparison.theme.clone()).or_default();
        for passed_here in [theme, &mut self.files[file].passed] {
            match passed {
                true => passed_here.passed += 1,
                false => passed_here.failed += 1,
            }
        }
        for (field, count) in comparison.tally {
            let total: &mut Count = self.tally.entry(field).or_default();
            total.agree += count.agree;
            total.differ += count.differ;
        }
        for difference in comparison.differences {
            if self.differences.len() == most {
                self.others += 1;
                continue;
            }
            self.differences.push(Told {
                file,
                line,
                case: comparison.name.clone(),
                theme: comparison.theme.clone(),
                difference,
            });
        }
    }

    /// How many lines passed, and how many failed.
    #[must_use]
    pub fn totals(&self) -> (u64, u64) {
        let outcomes = self.files.iter().map(|outcome| outcome.passed);
        outcomes.fold((0, 0), |sum, it| (sum.0 + it.passed, sum.1 + it.failed))
    }

    /// For people: fields, then the first differences, then the closing line.
    #[must_use]
    pub fn to_text(&self) -> String {
        let mut text = self.fields();
        for told in &self.differences {
            let _ = writeln!(text);
            self.write(&mut text, told);
        }
        if self.others > 0 {
            let others = self.others;
            let _ = writeln!(
                text,
                "\nand {others} more of this kind (--differences N, -o json)"
            );
        }
        let failed = self.themes.iter().filter(|entry| entry.1.failed > 0);
        let failed: Vec<String> = failed
            .map(|(theme, it)| {
                let theme = if theme.is_empty() { "(none)" } else { theme };
                format!("{theme} {} of {}", it.failed, it.passed + it.failed)
            })
            .collect();
        if !failed.is_empty() {
            let _ = writeln!(text, "\nfailed by theme: {}", failed.join(", "));
        }
        let (passed, failed) = self.totals();
        let _ = writeln!(text, "\n{passed} passed, {failed} failed");
        text
    }

    fn fields(&self) -> String {
        let rows = self.tally.iter();
        let names: Vec<String> = rows.clone().map(|entry| entry.0.to_string()).collect();
        let width = names.iter().map(String::len).max().unwrap_or(0).max(5);
        let mut text = format!("{:<width$}  {:>9}  {:>7}\n", "FIELD", "AGREE", "DIFFER");
        for (name, (_, count)) in names.iter().zip(rows) {
            let Count { agree, differ } = count;
            let _ = writeln!(text, "{name:<width$}  {agree:>9}  {differ:>7}");
        }
        text
    }

    fn write(&self, text: &mut String, told: &Told) {
        let file = &self.files[told.file].file;
        let theme = match told.theme.as_str() {
            "" => String::new(),
            theme => format!(" ({theme})"),
        };
        let Difference { path, .. } = &told.difference;
        let _ = writeln!(text, "{file}:{} {}{theme}", told.line, told.case);
        let _ = writeln!(text, "  {path}");
        let sides = [
            ("recorded", &told.difference.recorded),
            ("wavetank", &told.difference.found),
        ]
        .map(|(title, side)| {
            let mut lines = wrapped(side);
            lines.insert(0, title.to_owned());
            lines
        });
        for row in 0..sides[0].len().max(sides[1].len()) {
            let [left, right] = sides
                .each_ref()
                .map(|side| side.get(row).map_or("", |it| it));
            let line = format!("    {left:<SIDE$} | {right}");
            let _ = writeln!(text, "{}", line.trim_end());
        }
    }

    /// For programs.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let (passed, failed) = self.totals();
        let files = self.files.iter().map(|it| {
            let Passed { passed, failed } = it.passed;
            json!({"file": it.file, "passed": passed, "failed": failed})
        });
        let themes = self
            .themes
            .iter()
            .map(|(theme, it)| json!({"theme": theme, "passed": it.passed, "failed": it.failed}));
        let fields = self.tally.iter().map(|(field, count)| {
            json!({"field": field.to_string(), "agree": count.agree, "differ": count.differ})
        });
        let differences = self.differences.iter().map(|told| {
            json!({
                "file": self.files[told.file].file,
                "line": told.line,
                "case": told.case,
                "theme": told.theme,
                "field": told.difference.field.to_string(),
                "path": told.difference.path,
                "recorded": told.difference.recorded,
                "found": told.difference.found,
            })
        });
        json!({
            "files": files.collect::<Vec<_>>(),
            "themes": themes.collect::<Vec<_>>(),
            "fields": fields.collect::<Vec<_>>(),
            "differences": differences.collect::<Vec<_>>(),
            "moreDifferences": self.others,
            "passed": passed,
            "failed": failed,
        })
    }
}

/// A text in lines of one side's width, broken at spaces where there are any.
fn wrapped(text: &str) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    for word in text.split(' ') {
        let mut word = word;
        loop {
            let used = line.chars().count();
            let wanted = used + usize::from(used > 0) + word.chars().count();
            if wanted <= SIDE {
                if used > 0 {
                    line.push(' ');
                }
                line.push_str(word);
                break;
            }
            if used > 0 {
                lines.push(std::mem::take(&mut line));
                continue;
            }
            let cut = word.char_indices().nth(SIDE).map_or(word.len(), |it| it.0);
            lines.push(word[..cut].to_owned());
            word = &word[cut..];
        }
    }
    lines.push(line);
    lines
}
