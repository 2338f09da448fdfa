//! Words: quotes, parameters, substitutions.

use std::sync::Arc;

use super::cursor::{Cursor, Parsed, is_meta};
use super::{List, Operation, Parameter, Part, Word};

/// What ends the text that is being read.
#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    /// A blank or a sign: an ordinary word.
    Word,
    /// The closing double quote.
    Quote,
    /// A brace that closes `${`, outside quotes or within them.
    Brace(bool),
    /// A slash or a brace: the pattern of `${x/…`.
    Slash(bool),
    /// The end of a here-document.
    Document,
    /// A blank outside parentheses: a regular expression.
    Regex,
    /// This sign at the outermost level of an arithmetic expression.
    Sign(&'static str),
}

impl End {
    /// Whether quotes and patterns are inactive.
    const fn is_quoted(self) -> bool {
        match self {
            Self::Quote | Self::Document | Self::Sign(_) => true,
            Self::Brace(quoted) | Self::Slash(quoted) => quoted,
            Self::Word | Self::Regex => false,
        }
    }
}

impl Word {
    /// A word that stands for itself.
    pub(crate) fn quoted(text: &str) -> Self {
        Self {
            parts: vec![Part::Quoted(text.to_owned())],
        }
    }

    /// The text of a word without any quotes and substitutions.
    pub(crate) fn literal(&self) -> Option<String> {
        match self.parts.as_slice() {
            [Part::Text(text)] => Some(text.clone()),
            _ => None,
        }
    }

    /// The text of the parts that are text.
    pub(crate) fn text(&self) -> String {
        let texts = self.parts.iter().filter_map(|part| match part {
            Part::Text(text) | Part::Quoted(text) => Some(text.as_str()),
            Part::Parameter(..) | Part::Command(..) | Part::Arithmetic(..) => None,
        });
        texts.collect()
    }

    fn push(&mut self, letter: char, quoted: bool) {
        match (self.parts.last_mut(), quoted) {
            (Some(Part::Text(text)), false) | (Some(Part::Quoted(text)), true) => text.push(letter),
            (_, false) => self.parts.push(Part::Text(letter.to_string())),
            (_, true) => self.parts.push(Part::Quoted(letter.to_string())),
        }
    }
}

impl Cursor {
    /// The word that stands here, if one does.
    pub(super) fn word(&mut self) -> Parsed<Option<Word>> {
        self.blanks();
        if self.looks_at("<(") || self.looks_at(">(") {
            return Err(self.unknown("process substitution"));
        }
        match self.peek() {
            Some(it) if !is_meta(it) && it != '\n' => self.text_until(End::Word).map(Some),
            Some(_) | None => Ok(None),
        }
    }

    pub(super) fn regex(&mut self) -> Parsed<Option<Word>> {
        self.text_until(End::Regex).map(Some)
    }

    pub(super) fn document(&mut self) -> Parsed<Word> {
        self.text_until(End::Document)
    }

    /// An arithmetic expression up to `))`, which is taken.
    pub(super) fn arithmetic(&mut self) -> Parsed<Word> {
        self.until_sign("))")
    }

    /// An arithmetic expression up to a sign, which is taken.
    pub(super) fn until_sign(&mut self, sign: &'static str) -> Parsed<Word> {
        let word = self.text_until(End::Sign(sign))?;
        if self.skip(sign) {
            Ok(word)
        } else {
            Err(self.unexpected())
        }
    }

    fn text_until(&mut self, end: End) -> Parsed<Word> {
        self.nested(|it| it.text_inner(end))
    }

    fn text_inner(&mut self, end: End) -> Parsed<Word> {
        let mut word = Word::default();
        let mut open = 0_u32;
        let quoted = end.is_quoted();
        while let Some(next) = self.peek() {
            self.spend()?;
            if self.is_at(end, open) {
                return Ok(word);
            }
            if matches!(end, End::Sign(_) | End::Regex) {
                match next {
                    '(' | '[' => open += 1,
                    ')' | ']' => open = open.saturating_sub(1),
                    _ => (),
                }
            }
            match next {
                '\\' => self.escape(&mut word, end),
                '$' => self.dollar(&mut word, quoted)?,
                '`' => self.backquotes(&mut word, quoted)?,
                '\'' if !quoted => self.single(&mut word)?,
                '"' if !matches!(end, End::Quote | End::Document) => self.double(&mut word, end)?,
                _ => {
                    self.next += 1;
                    word.push(next, quoted);
                }
            }
        }
        match end {
            End::Word | End::Document | End::Regex => Ok(word),
            End::Quote => Err(self.error("syntax error: unterminated quoted string")),
            End::Brace(_) | End::Slash(_) => Err(self.error("syntax error: missing '}'")),
            End::Sign(_) => Err(self.error("syntax error: missing '))'")),
        }
    }

    fn is_at(&self, end: End, open: u32) -> bool {
        let Some(next) = self.peek() else { return true };
        match end {
            End::Word => is_meta(next) || matches!(next, ' ' | '\t' | '\n' | '\r'),
            End::Quote => next == '"',
            End::Brace(_) => next == '}',
            End::Slash(_) => next == '}' || next == '/',
            End::Document => false,
            End::Regex => open == 0 && next.is_whitespace(),
            End::Sign(sign) => open == 0 && self.looks_at(sign),
        }
    }

    /// POSIX XCU 2.2.1 and 2.2.3: within double quotes only `$`, backquote, `"`, `\` and a newline are escaped.
    fn escape(&mut self, word: &mut Word, end: End) {
        self.next += 1;
        let Some(next) = self.take() else {
            word.push('\\', true);
            return;
        };
        let escapes = match end {
            End::Word | End::Regex => true,
            End::Brace(quoted) | End::Slash(quoted) => {
                !quoted || matches!(next, '$' | '`' | '"' | '\\' | '}' | '\n')
            }
            End::Quote => matches!(next, '$' | '`' | '"' | '\\' | '\n'),
            End::Document | End::Sign(_) => matches!(next, '$' | '`' | '\\' | '\n'),
        };
        match (next, escapes) {
            ('\n', true) => (),
            // A regular expression keeps its escapes.
            (_, true) if end == End::Regex => {
                word.push('\\', false);
                word.push(next, false);
            }
            (_, true) => word.push(next, true),
            (_, false) => {
                word.push('\\', true);
                word.push(next, true);
            }
        }
    }

    fn single(&mut self, word: &mut Word) -> Parsed<()> {
        self.next += 1;
        let mut text = String::new();
        loop {
            match self.take() {
                None => return Err(self.error("syntax error: unterminated quoted string")),
                Some('\'') => break,
                Some(other) => text.push(other),
            }
        }
        word.parts.push(Part::Quoted(text));
        Ok(())
    }

    fn double(&mut self, word: &mut Word, end: End) -> Parsed<()> {
        self.next += 1;
        if matches!(end, End::Sign(_)) {
            // Quotes mean nothing in an arithmetic expression.
            return Ok(());
        }
        let inner = self.text_until(End::Quote)?;
        self.next += 1;
        // `""` is an empty word, not none.
        word.parts.push(Part::Quoted(String::new()));
        word.parts.extend(inner.parts);
        Ok(())
    }

    fn dollar(&mut self, word: &mut Word, quoted: bool) -> Parsed<()> {
        self.next += 1;
        if self.looks_at("((") {
            let before = self.next;
            self.next += 2;
            if let Ok(inner) = self.arithmetic() {
                word.parts.push(Part::Arithmetic(Arc::new(inner), quoted));
                return Ok(());
            }
            self.next = before;
        }
        match self.peek() {
            Some('(') => {
                self.next += 1;
                let list = self.substitution()?;
                word.parts.push(Part::Command(list, quoted));
            }
            Some('{') => {
                self.next += 1;
                let parameter = self.braces(quoted)?;
                word.parts
                    .push(Part::Parameter(Arc::new(parameter), quoted));
            }
            Some('\'') if !quoted => self.ansi(word)?,
            Some('"') if !quoted => self.double(word, End::Word)?,
            Some(sign @ ('@' | '*' | '#' | '?' | '-' | '$' | '!' | '0'..='9')) => {
                self.next += 1;
                let parameter = plain(sign.to_string());
                word.parts
                    .push(Part::Parameter(Arc::new(parameter), quoted));
            }
            Some(letter) if letter == '_' || letter.is_ascii_alphabetic() => {
                let parameter = plain(self.name());
                word.parts
                    .push(Part::Parameter(Arc::new(parameter), quoted));
            }
            Some(_) | None => word.push('$', quoted),
        }
        Ok(())
    }

    /// `$'…'`.
    fn ansi(&mut self, word: &mut Word) -> Parsed<()> {
        self.next += 1;
        let mut text = String::new();
        loop {
            match self.take() {
                None => return Err(self.error("syntax error: unterminated quoted string")),
                Some('\'') => break,
                Some('\\') => {
                    text.push('\\');
                    text.extend(self.take());
                }
                Some(other) => text.push(other),
            }
        }
        let bytes = crate::world::shell::text::escapes(&text).0;
        word.parts
            .push(Part::Quoted(String::from_utf8_lossy(&bytes).into_owned()));
        Ok(())
    }

    fn name(&mut self) -> String {
        let mut name = String::new();
        while let Some(it) = self
            .peek()
            .filter(|it| *it == '_' || it.is_ascii_alphanumeric())
        {
            name.push(it);
            self.next += 1;
        }
        name
    }

    /// The list of `$(…)`, with its parenthesis.
    fn substitution(&mut self) -> Parsed<Arc<List>> {
        let waiting = std::mem::take(&mut self.waiting);
        let list = self.script()?;
        self.documents();
        self.waiting = waiting;
        self.newlines();
        if self.skip(")") {
            Ok(list)
        } else {
            Err(self.unexpected())
        }
    }

    /// Backquotes: `\` escapes `$`, a backquote and itself, then the text is a script (XCU 2.6.3).
    fn backquotes(&mut self, word: &mut Word, quoted: bool) -> Parsed<()> {
        self.next += 1;
        let mut text = String::new();
        loop {
            match self.take() {
                None => return Err(self.error("syntax error: EOF in backquote substitution")),
                Some('`') => break,
                Some('\\') => match self.take() {
                    Some(next @ ('$' | '`' | '\\')) => text.push(next),
                    Some('"') if quoted => text.push('"'),
                    Some(next) => text.extend(['\\', next]),
                    None => (),
                },
                Some(other) => text.push(other),
            }
        }
        let mut inner = self.inner(&text)?;
        let list = inner.script()?;
        self.spent(&inner);
        let list = inner.finish(list)?;
        word.parts.push(Part::Command(list, quoted));
        Ok(())
    }

    fn braces(&mut self, quoted: bool) -> Parsed<Parameter> {
        let bad = "syntax error: bad substitution";
        let is_length = self.peek() == Some('#')
            && self
                .peek_at(1)
                .is_some_and(|it| !matches!(it, '}' | ':' | '%' | '#' | '-' | '='));
        let is_indirect = self.peek() == Some('!') && self.peek_at(1) != Some('}');
        if is_length || is_indirect {
            self.next += 1;
        }
        let name = match self.peek() {
            Some(sign @ ('@' | '*' | '#' | '?' | '-' | '$' | '!')) => {
                self.next += 1;
                sign.to_string()
            }
            Some(_) | None => self.name(),
        };
        if name.is_empty() {
            return Err(self.error(bad));
        }
        let index = if self.skip("[") {
            Some(self.until_sign("]")?)
        } else {
            None
        };
        let operation = if self.peek() == Some('}') {
            if is_length {
                Operation::Length
            } else {
                Operation::Plain
            }
        } else if is_length {
            return Err(self.error(bad));
        } else {
            self.operation(quoted)?
        };
        if self.skip("}") {
            Ok(Parameter {
                name,
                is_indirect,
                index,
                operation,
            })
        } else {
            Err(self.error(bad))
        }
    }

    fn operation(&mut self, quoted: bool) -> Parsed<Operation> {
        let colon = self.skip(":");
        let sign = self.take();
        let is_doubled = |it: &mut Self, sign: &str| it.skip(sign);
        Ok(match sign {
            Some(sign @ ('-' | '=' | '?' | '+')) => {
                Operation::Alternative(sign, colon, self.text_until(End::Brace(quoted))?)
            }
            Some(_) if colon => {
                self.next -= 1;
                let offset = self.text_until_either()?;
                let length = if self.skip(":") {
                    Some(self.text_until(End::Sign("}"))?)
                } else {
                    None
                };
                Operation::Slice(offset, length)
            }
            Some(sign @ ('#' | '%')) => {
                let longest = is_doubled(self, &sign.to_string());
                // Patterns are active even within double quotes (XCU 2.6.2).
                Operation::Remove(sign, longest, self.text_until(End::Brace(false))?)
            }
            Some('/') => {
                let how = self.peek().filter(|it| matches!(it, '/' | '#' | '%'));
                if how.is_some() {
                    self.next += 1;
                }
                let pattern = self.text_until(End::Slash(false))?;
                let with = if self.skip("/") {
                    self.text_until(End::Brace(false))?
                } else {
                    Word::default()
                };
                Operation::Replace(how.unwrap_or('1'), pattern, with)
            }
            Some(sign @ ('^' | ',')) => {
                Operation::Case(sign == '^', is_doubled(self, &sign.to_string()))
            }
            Some(_) | None => return Err(self.error("syntax error: bad substitution")),
        })
    }

    /// The offset of a slice, up to a colon or the brace.
    fn text_until_either(&mut self) -> Parsed<Word> {
        let before = self.next;
        let to_colon = self.text_until(End::Sign(":"));
        let after_colon = self.next;
        self.next = before;
        let to_brace = self.text_until(End::Sign("}"))?;
        match to_colon {
            Ok(word) if after_colon < self.next => {
                self.next = after_colon;
                Ok(word)
            }
            Ok(_) | Err(_) => Ok(to_brace),
        }
    }
}

const fn plain(name: String) -> Parameter {
    Parameter {
        name,
        is_indirect: false,
        index: None,
        operation: Operation::Plain,
    }
}
