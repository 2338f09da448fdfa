//! Splitting into fields (POSIX XCU 2.6.5), with what was quoted kept apart.

use crate::world::shell::syntax::{Part, Word};
use crate::world::shell::text::pattern;

/// How many words a brace expansion makes at most.
const BRACES: usize = 10_000;

/// A field: its text, and the same text as a pattern.
#[derive(Default)]
pub(super) struct Field {
    pub(super) text: String,
    pub(super) pattern: String,
    /// Something in it is an active `*`, `?` or `[`.
    pub(super) is_pattern: bool,
    /// It is a field even if it is empty.
    is_there: bool,
}

/// Makes fields from the parts of a word.
pub(super) struct Builder {
    done: Vec<Field>,
    current: Field,
    /// None: nothing is split.
    separators: Option<String>,
    /// `"$@"` with no arguments: no field, though it is quoted.
    is_void: bool,
}

impl Builder {
    pub(super) fn new(separators: String) -> Self {
        Self {
            done: Vec::new(),
            current: Field::default(),
            separators: Some(separators),
            is_void: false,
        }
    }

    /// One field whatever happens.
    pub(super) fn whole() -> Self {
        Self {
            separators: None,
            ..Self::new(String::new())
        }
    }

    pub(super) const fn splits(&self) -> bool {
        self.separators.is_some()
    }

    pub(super) fn literal(&mut self, text: &str) {
        self.current.is_there |= !text.is_empty();
        self.current.text.push_str(text);
        self.current.pattern.push_str(text);
        self.current.is_pattern |= text.contains(['*', '?', '[']);
    }

    pub(super) fn quoted(&mut self, text: &str) {
        self.current.is_there = true;
        self.current.text.push_str(text);
        self.current.pattern.push_str(&pattern::escape(text));
    }

    /// What an expansion gave: split unless it is quoted.
    pub(super) fn value(&mut self, text: &str, quoted: bool) {
        if quoted {
            self.quoted(text);
            return;
        }
        let Some(separators) = self.separators.clone() else {
            self.literal(text);
            return;
        };
        let is_blank = |it: char| it.is_whitespace() && separators.contains(it);
        let mut rest = text;
        let mut after_sign = false;
        while let Some(next) = rest.chars().next() {
            if is_blank(next) {
                // Blanks around another separator belong to it.
                if !after_sign {
                    self.end();
                }
                rest = rest.trim_start_matches(is_blank);
                if !after_sign
                    && let Some(sign) = rest.chars().next().filter(|it| separators.contains(*it))
                {
                    rest = &rest[sign.len_utf8()..];
                    after_sign = true;
                }
                continue;
            }
            if separators.contains(next) {
                self.current.is_there = true;
                self.end();
                rest = &rest[next.len_utf8()..];
                after_sign = true;
                continue;
            }
            let end = rest
                .find(|it| separators.contains(it))
                .unwrap_or(rest.len());
            self.literal(&rest[..end]);
            rest = &rest[end..];
            after_sign = false;
        }
    }

    /// The field ends, if there is one.
    pub(super) fn end(&mut self) {
        if self.current.is_there {
            self.done.push(std::mem::take(&mut self.current));
        }
    }

    /// `"$@"`: no field at all unless there is something beside it.
    pub(super) const fn void(&mut self) {
        self.is_void = true;
    }

    pub(super) fn finish(mut self) -> Vec<Field> {
        let is_empty = self.current.text.is_empty() && self.done.is_empty();
        if !(self.is_void && is_empty) {
            self.end();
        }
        self.done
    }

    /// All fields as one, with blanks between them.
    pub(super) fn joined(mut self) -> Field {
        self.end();
        let mut fields = self.done.into_iter();
        let mut all = fields.next().unwrap_or_default();
        for field in fields {
            all.text.push(' ');
            all.text.push_str(&field.text);
            all.pattern.push(' ');
            all.pattern.push_str(&field.pattern);
        }
        all
    }
}

/// Brace expansion of bash: `{a,b}` and `{1..5}` in a word whose braces are plain text. One pair is expanded.
pub(super) fn braces(word: &Word) -> Vec<Word> {
    let unchanged = || vec![word.clone()];
    let found = word
        .parts
        .iter()
        .enumerate()
        .find_map(|(number, part)| match part {
            Part::Text(text) => {
                let open = text.find('{')?;
                let close = open + text[open..].find('}')?;
                let choices = choices(&text[open + 1..close])?;
                Some((
                    number,
                    text[..open].to_owned(),
                    choices,
                    text[close + 1..].to_owned(),
                ))
            }
            Part::Quoted(_) | Part::Parameter(..) | Part::Command(..) | Part::Arithmetic(..) => {
                None
            }
        });
    let Some((number, before, choices, after)) = found else {
        return unchanged();
    };
    let words = choices.into_iter().map(|choice| {
        let mut parts = word.parts.clone();
        parts[number] = Part::Text(format!("{before}{choice}{after}"));
        Word { parts }
    });
    words.collect()
}

fn choices(inside: &str) -> Option<Vec<String>> {
    if inside.contains(',') {
        return Some(inside.split(',').map(str::to_owned).collect());
    }
    let mut parts = inside.split("..");
    let from: i64 = parts.next()?.parse().ok()?;
    let to: i64 = parts.next()?.parse().ok()?;
    let step: i64 = parts.next().map_or(Some(1), |it| it.parse().ok())?;
    let step = usize::try_from(step.unsigned_abs().max(1)).ok()?;
    let numbers: Vec<String> = if from <= to {
        (from..=to)
            .step_by(step)
            .take(BRACES)
            .map(|it| it.to_string())
            .collect()
    } else {
        (to..=from)
            .rev()
            .step_by(step)
            .take(BRACES)
            .map(|it| it.to_string())
            .collect()
    };
    Some(numbers)
}
