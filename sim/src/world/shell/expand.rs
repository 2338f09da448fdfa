//! Expansion of words (POSIX XCU 2.6), as a pure function of the shell and of what substitutions printed.
//!
//! A word may hold `$(…)`, and that takes simulated time. Instead of stopping in the middle, an expansion that meets a
//! substitution whose output it was not given says which commands it needs ([`Stop::Needs`]), and is done again from
//! the beginning when they have run. What it assigns on the way (`${x:=y}`, `$((x++))`) is kept aside until it
//! comes to its end.

mod fields;
mod glob;
mod parameter;

use std::sync::Arc;

use super::interpreter::{Ready, Shell, Value};
use super::machine::Ctx;
use super::syntax::{Assign, Assigned, List, Part, Redirect, Target, Word};
use super::text::arithmetic;
use fields::{Builder, Field};

/// How many characters one command may be expanded to.
const SIZE: usize = 1 << 20;
/// How many words.
const WORDS: usize = 100_000;

/// Why an expansion did not come to its end.
pub(crate) enum Stop {
    /// The output of these commands is needed.
    Needs(Arc<List>),
    /// It is wrong: what the shell says, and it ends.
    Failed(String),
}

pub(crate) type Expanded<T> = Result<T, Stop>;

/// An expansion under way.
pub(crate) struct Expander<'a, 'b> {
    pub(crate) shell: &'a Shell,
    pub(crate) ctx: &'a mut Ctx<'b>,
    results: &'a [String],
    used: usize,
    /// Assignments that nobody has seen yet, in order.
    pub(crate) assigned: Vec<(String, Option<i64>, Value)>,
    size: usize,
    random: u64,
}

/// What an expansion leaves behind.
pub(crate) struct Effects {
    pub(crate) assigned: Vec<(String, Option<i64>, Value)>,
    pub(crate) random: u64,
}

impl<'a, 'b> Expander<'a, 'b> {
    pub(crate) fn new(shell: &'a Shell, ctx: &'a mut Ctx<'b>, results: &'a [String]) -> Self {
        Self {
            shell,
            ctx,
            results,
            used: 0,
            assigned: Vec::new(),
            size: 0,
            random: shell.random,
        }
    }

    pub(crate) fn finish(self) -> Effects {
        Effects {
            assigned: self.assigned,
            random: self.random,
        }
    }

    /// Words become fields: split, with file names in the place of patterns, without quotes.
    pub(crate) fn words(&mut self, words: &[Word]) -> Expanded<Vec<String>> {
        let mut all = Vec::new();
        for word in words {
            if self.shell.bash {
                for word in fields::braces(word) {
                    self.word_fields(&word, &mut all)?;
                }
            } else {
                self.word_fields(word, &mut all)?;
            }
        }
        Ok(all)
    }

    fn word_fields(&mut self, word: &Word, all: &mut Vec<String>) -> Expanded<()> {
        let mut builder = Builder::new(self.separators());
        self.parts(word, true, &mut builder)?;
        for field in builder.finish() {
            self.files(field, all);
            if all.len() > WORDS {
                return Err(Stop::Failed("too many words".to_owned()));
            }
        }
        Ok(())
    }

    /// A word that stays one: an assignment's value, a redirection's target.
    pub(crate) fn text(&mut self, word: &Word) -> Expanded<String> {
        Ok(self.field(word)?.text)
    }

    /// A word as a pattern: what is quoted in it is meant literally.
    pub(crate) fn pattern(&mut self, word: &Word) -> Expanded<String> {
        Ok(self.field(word)?.pattern)
    }

    /// A word as a regular expression: what is quoted in it is meant literally.
    pub(crate) fn regex(&mut self, word: &Word) -> Expanded<String> {
        let mut text = String::new();
        for part in &word.parts {
            let one = Word {
                parts: vec![part.clone()],
            };
            let expanded = self.text(&one)?;
            match part {
                Part::Quoted(_) => {
                    for letter in expanded.chars() {
                        if "\\.[]*^$+?(){}|".contains(letter) {
                            text.push('\\');
                        }
                        text.push(letter);
                    }
                }
                Part::Text(_) | Part::Parameter(..) | Part::Command(..) | Part::Arithmetic(..) => {
                    text.push_str(&expanded);
                }
            }
        }
        Ok(text)
    }

    fn field(&mut self, word: &Word) -> Expanded<Field> {
        let mut builder = Builder::whole();
        self.parts(word, true, &mut builder)?;
        Ok(builder.joined())
    }

    /// Expands the parts of a word into fields. A tilde counts where a word begins.
    fn parts(&mut self, word: &Word, tilde: bool, into: &mut Builder) -> Expanded<()> {
        for (number, part) in word.parts.iter().enumerate() {
            match part {
                Part::Text(text) => {
                    let text = if tilde && number == 0 {
                        self.tilde(text)
                    } else {
                        text.clone()
                    };
                    self.count(text.len())?;
                    into.literal(&text);
                }
                Part::Quoted(text) => {
                    self.count(text.len())?;
                    into.quoted(text);
                }
                Part::Parameter(parameter, quoted) => {
                    self.parameter(parameter, *quoted, into)?;
                }
                Part::Command(list, quoted) => {
                    let text = self.substituted(list)?;
                    self.count(text.len())?;
                    into.value(&text, *quoted);
                }
                Part::Arithmetic(word, quoted) => {
                    let value = self.arithmetic(word)?;
                    into.value(&value.to_string(), *quoted);
                }
            }
        }
        Ok(())
    }

    fn count(&mut self, size: usize) -> Expanded<()> {
        self.size = self.size.saturating_add(size);
        if self.size > SIZE {
            return Err(Stop::Failed("out of memory".to_owned()));
        }
        Ok(())
    }

    fn tilde(&mut self, text: &str) -> String {
        let Some(rest) = text
            .strip_prefix('~')
            .filter(|it| it.is_empty() || it.starts_with('/'))
        else {
            return text.to_owned();
        };
        let home = self.variable("HOME").unwrap_or_else(|| "/root".to_owned());
        format!("{home}{rest}")
    }

    /// What commands print, without the newlines at its end.
    fn substituted(&mut self, list: &Arc<List>) -> Expanded<String> {
        let Some(result) = self.results.get(self.used) else {
            return Err(Stop::Needs(Arc::clone(list)));
        };
        self.used += 1;
        Ok(result.clone())
    }

    pub(crate) fn arithmetic(&mut self, word: &Word) -> Expanded<i64> {
        let text = self.text(word)?;
        arithmetic::evaluate(&text, self).map_err(Stop::Failed)
    }

    /// Assignments, each seeing those before it.
    pub(crate) fn assigns(
        &mut self,
        assigns: &[Assign],
    ) -> Expanded<Vec<(String, Option<i64>, Value)>> {
        let mut done = Vec::new();
        for assign in assigns {
            let index = match &assign.index {
                Some(word) => Some(self.index(word)?),
                None => None,
            };
            let value = match &assign.value {
                Assigned::Text(word) => {
                    let mut text = self.assigned_text(word)?;
                    if assign.appends {
                        let before = self.element(&assign.name, index).unwrap_or_default();
                        self.count(before.len())?;
                        text.insert_str(0, &before);
                    }
                    Value::Text(text.into())
                }
                Assigned::List(words) => {
                    let fields = self.words(words)?;
                    let mut list = if assign.appends {
                        self.list(&assign.name)
                    } else {
                        Default::default()
                    };
                    let first = list.last_key_value().map_or(0, |(last, _)| *last + 1);
                    list.extend((first..).zip(fields));
                    Value::List(Arc::new(list))
                }
            };
            self.assigned
                .push((assign.name.clone(), index, value.clone()));
            done.push((assign.name.clone(), index, value));
        }
        Ok(done)
    }

    /// In an assignment a tilde counts after a colon, too; here only at the beginning.
    fn assigned_text(&mut self, word: &Word) -> Expanded<String> {
        self.text(word)
    }

    /// Where redirections lead.
    pub(crate) fn redirects(&mut self, redirects: &[Redirect]) -> Expanded<Vec<(u32, Ready)>> {
        let mut ready = Vec::new();
        for redirect in redirects {
            let to = match &redirect.to {
                Target::Read(word) => Ready::Read(self.text(word)?),
                Target::Write(word) => Ready::Write(self.text(word)?),
                Target::Append(word) => Ready::Append(self.text(word)?),
                Target::ReadWrite(word) => Ready::ReadWrite(self.text(word)?),
                Target::Copy(word) => {
                    let text = self.text(word)?;
                    match text.parse() {
                        Ok(fd) => Ready::Copy(fd),
                        Err(_) if text == "-" => Ready::Close,
                        Err(_) => {
                            return Err(Stop::Failed("syntax error: bad fd number".to_owned()));
                        }
                    }
                }
                Target::Here(body) => {
                    let text = match body.get() {
                        Some(word) => self.text(word)?,
                        None => String::new(),
                    };
                    Ready::Text(text)
                }
                Target::Text(word) => Ready::Text(self.text(word)? + "\n"),
            };
            ready.push((redirect.from, to));
            if redirect.with_errors {
                ready.push((2, Ready::Copy(1)));
            }
        }
        Ok(ready)
    }

    /// IFS.
    fn separators(&mut self) -> String {
        self.variable("IFS").unwrap_or_else(|| " \t\n".to_owned())
    }
}

impl arithmetic::Names for Expander<'_, '_> {
    fn get(&mut self, name: &str, index: Option<i64>) -> Option<String> {
        match name {
            "RANDOM" | "SECONDS" => self.variable(name),
            _ => self.element(name, index),
        }
    }

    fn set(&mut self, name: &str, index: Option<i64>, value: i64) {
        let value = Value::Text(value.to_string().into());
        self.assigned.push((name.to_owned(), index, value));
    }
}
