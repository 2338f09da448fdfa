//! A place in the text of a script, and the tokens around it.

use std::sync::{Arc, OnceLock};

use super::{At, DEPTH, LENGTH, List, SyntaxError, Word};

/// Where the parser is.
pub(super) struct Cursor {
    text: Vec<char>,
    pub(super) next: usize,
    depth: u32,
    /// How much was looked at, some of it more than once.
    work: u32,
    /// Where lines begin.
    lines: Vec<usize>,
    /// Here-documents that begin after this line.
    pub(super) waiting: Vec<Waiting>,
}

/// A here-document whose text was not reached yet.
pub(super) struct Waiting {
    pub(super) end: String,
    pub(super) is_literal: bool,
    pub(super) strips_tabs: bool,
    pub(super) body: Arc<OnceLock<Word>>,
}

/// How much is looked at besides four times the length of a script, in characters and commands.
const WORK: u32 = 50_000;

pub(super) type Parsed<T> = Result<T, SyntaxError>;

impl Cursor {
    pub(super) fn new(text: &str) -> Parsed<Self> {
        let mut cursor = Self {
            text: text.chars().take(LENGTH).collect(),
            next: 0,
            depth: 0,
            work: 0,
            lines: Vec::new(),
            waiting: Vec::new(),
        };
        if text.len() > LENGTH {
            return Err(cursor.error("script too long"));
        }
        let ends = cursor
            .text
            .iter()
            .enumerate()
            .filter(|(_, it)| **it == '\n');
        cursor.lines = ends.map(|(place, _)| place + 1).collect();
        Ok(cursor)
    }

    /// A part of the text on its own, such as the inside of backquotes.
    pub(super) fn inner(&self, text: &str) -> Parsed<Self> {
        let mut inner = Self::new(text)?;
        inner.depth = self.depth + 1;
        inner.work = self.work;
        if inner.depth > DEPTH {
            return Err(self.error("nested too deeply"));
        }
        Ok(inner)
    }

    /// The whole script was read, or something is left that does not belong there.
    pub(super) fn finish(mut self, list: Arc<List>) -> Parsed<Arc<List>> {
        if self.peek().is_some() {
            return Err(self.unexpected());
        }
        self.documents();
        Ok(list)
    }

    pub(super) fn peek(&self) -> Option<char> {
        self.text.get(self.next).copied()
    }

    pub(super) fn peek_at(&self, offset: usize) -> Option<char> {
        self.text.get(self.next + offset).copied()
    }

    pub(super) fn take(&mut self) -> Option<char> {
        let next = self.peek()?;
        self.next += 1;
        Some(next)
    }

    pub(super) fn looks_at(&self, token: &str) -> bool {
        token
            .chars()
            .enumerate()
            .all(|(offset, it)| self.peek_at(offset) == Some(it))
    }

    pub(super) fn skip(&mut self, token: &str) -> bool {
        let is_there = self.looks_at(token);
        if is_there {
            self.next += token.chars().count();
        }
        is_there
    }

    pub(super) fn at(&self) -> At {
        let line = self.lines.partition_point(|begin| *begin <= self.next);
        let begin = line.checked_sub(1).map_or(0, |before| self.lines[before]);
        At {
            line: u32::try_from(line + 1).unwrap_or(u32::MAX),
            column: u32::try_from(self.next - begin + 1).unwrap_or(u32::MAX),
        }
    }

    pub(super) fn error(&self, text: impl Into<String>) -> SyntaxError {
        SyntaxError {
            at: self.at(),
            text: text.into(),
            is_unknown: false,
        }
    }

    /// Good shell, but not ours.
    pub(super) fn unknown(&self, what: &str) -> SyntaxError {
        SyntaxError {
            at: self.at(),
            text: format!("syntax error: {what} is not known here"),
            is_unknown: true,
        }
    }

    /// What stands here was not expected: busybox's text.
    pub(super) fn unexpected(&self) -> SyntaxError {
        let token: String = match self.peek() {
            None => return self.error("syntax error: unexpected end of file"),
            Some('\n') => return self.error("syntax error: unexpected newline"),
            Some(first) if is_meta(first) => {
                let mut token = first.to_string();
                if self.peek_at(1) == Some(first) && !matches!(first, '(' | ')') {
                    token.push(first);
                }
                token
            }
            Some(_) => {
                let rest = self.text[self.next..].iter();
                rest.take_while(|it| !is_meta(**it) && !it.is_whitespace())
                    .take(60)
                    .collect()
            }
        };
        self.error(format!("syntax error: unexpected \"{token}\""))
    }

    pub(super) fn nested<T>(&mut self, inner: impl FnOnce(&mut Self) -> Parsed<T>) -> Parsed<T> {
        self.spend()?;
        if self.depth >= DEPTH {
            return Err(self.error("nested too deeply"));
        }
        self.depth += 1;
        let result = inner(self);
        self.depth -= 1;
        result
    }

    /// Ambiguous text is read again, and again within itself: not for ever.
    pub(super) fn spend(&mut self) -> Parsed<()> {
        self.work += 1;
        let length = u32::try_from(self.text.len()).unwrap_or(u32::MAX);
        if self.work > length.saturating_mul(4).saturating_add(WORK) {
            Err(self.error("script too complex"))
        } else {
            Ok(())
        }
    }

    /// What another cursor over a part of this text has looked at.
    pub(super) const fn spent(&mut self, inner: &Self) {
        self.work = inner.work;
    }

    /// Blanks, continued lines and a comment.
    pub(super) fn blanks(&mut self) {
        loop {
            match self.peek() {
                Some(' ' | '\t' | '\r') => self.next += 1,
                Some('\\') if self.peek_at(1) == Some('\n') => self.next += 2,
                Some('#') => {
                    while self.peek().is_some_and(|it| it != '\n') {
                        self.next += 1;
                    }
                }
                Some(_) | None => return,
            }
        }
    }

    /// One newline, with the here-documents that begin after it.
    pub(super) fn newline(&mut self) -> bool {
        self.blanks();
        if !self.skip("\n") {
            return false;
        }
        self.documents();
        true
    }

    pub(super) fn newlines(&mut self) {
        while self.newline() {}
    }

    /// Reads the here-documents that wait for their text.
    pub(super) fn documents(&mut self) {
        for waiting in std::mem::take(&mut self.waiting) {
            let mut body = String::new();
            while self.peek().is_some() {
                let mut line = String::new();
                while let Some(next) = self.take() {
                    line.push(next);
                    if next == '\n' {
                        break;
                    }
                }
                if waiting.strips_tabs {
                    line = line.trim_start_matches('\t').to_owned();
                }
                if line.trim_end_matches('\n') == waiting.end {
                    break;
                }
                body.push_str(&line);
            }
            let word = if waiting.is_literal {
                Ok(Word::quoted(&body))
            } else {
                self.inner(&body).and_then(|mut inner| inner.document())
            };
            // Text that does not parse is taken as it stands.
            let word = word.unwrap_or_else(|_| Word::quoted(&body));
            drop(waiting.body.set(word));
        }
    }

    /// The reserved word or name that stands here, without taking it.
    pub(super) fn plain_word(&mut self) -> Option<String> {
        self.blanks();
        let rest = self.text.get(self.next..)?;
        let word: String = rest
            .iter()
            .take_while(|it| !is_meta(**it) && !it.is_whitespace())
            .take(80)
            .collect();
        let is_plain = !word.is_empty() && !word.contains(['\'', '"', '\\', '$', '`', '=']);
        is_plain.then_some(word)
    }

    /// Takes a reserved word if it stands here.
    pub(super) fn reserved(&mut self, word: &str) -> bool {
        let is_there = self.plain_word().is_some_and(|it| it == word);
        if is_there {
            self.next += word.len();
        }
        is_there
    }

    pub(super) fn expect(&mut self, word: &str) -> Parsed<()> {
        self.newlines();
        if self.reserved(word) {
            return Ok(());
        }
        let mut error = self.unexpected();
        if self.peek().is_none() {
            error.text = format!("{} (expecting \"{word}\")", error.text);
        }
        Err(error)
    }
}

/// Whether a character ends a word.
pub(super) const fn is_meta(it: char) -> bool {
    matches!(it, '&' | '|' | ';' | '<' | '>' | '(' | ')')
}

/// Whether a text may name a variable or a function.
pub(crate) fn is_name(text: &str) -> bool {
    let mut letters = text.chars();
    letters
        .next()
        .is_some_and(|it| it == '_' || it.is_ascii_alphabetic())
        && letters.all(|it| it == '_' || it.is_ascii_alphanumeric())
}
