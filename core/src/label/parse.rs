//! The selector syntax of `kubectl get -l`.

use super::{Operator, Requirement, Selector, SelectorError};

/// The longest text that is looked at, in bytes: far above any command line.
const LENGTH_MAX: usize = 64 * 1024;

pub(super) fn selector(text: &str) -> Result<Selector, SelectorError> {
    if text.len() > LENGTH_MAX {
        return Err(SelectorError::TooLong {
            length: text.len(),
            limit: LENGTH_MAX,
        });
    }
    let mut parser = Parser { text, place: 0 };
    let mut requirements = Vec::new();
    if parser.peek() == Token::End {
        return Ok(Selector::everything());
    }
    loop {
        requirements.push(parser.requirement()?);
        match parser.peek() {
            Token::End => return Ok(Selector::new(requirements)),
            Token::Symbol(",") => parser.take(),
            Token::Symbol(_) | Token::Word(_) => return parser.expected("`,` or the end"),
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Token<'a> {
    Symbol(&'a str),
    Word(&'a str),
    End,
}

struct Parser<'a> {
    text: &'a str,
    /// How many bytes were taken.
    place: usize,
}

impl<'a> Parser<'a> {
    fn requirement(&mut self) -> Result<Requirement, SelectorError> {
        if self.peek() == Token::Symbol("!") {
            self.take();
            let key = self.key()?;
            return Requirement::new(key, Operator::DoesNotExist, []);
        }
        let key = self.key()?;
        let operator = match self.peek() {
            Token::End | Token::Symbol(",") => {
                return Requirement::new(key, Operator::Exists, []);
            }
            Token::Symbol("=" | "==") => Operator::In,
            Token::Symbol("!=") => Operator::NotIn,
            Token::Symbol(">") => Operator::Gt,
            Token::Symbol("<") => Operator::Lt,
            Token::Word("in") => {
                self.take();
                return Requirement::new(key, Operator::In, self.values()?);
            }
            Token::Word("notin") => {
                self.take();
                return Requirement::new(key, Operator::NotIn, self.values()?);
            }
            Token::Symbol(_) | Token::Word(_) => {
                return self.expected("`=`, `==`, `!=`, `>`, `<`, `in`, `notin`, `,` or the end");
            }
        };
        self.take();
        let value = self.value("a value")?;
        Requirement::new(key, operator, [value])
    }

    fn key(&mut self) -> Result<&'a str, SelectorError> {
        match self.peek() {
            Token::Word(word) if word != "in" && word != "notin" => {
                self.take();
                Ok(word)
            }
            Token::Word(_) | Token::Symbol(_) | Token::End => self.expected("a label's key"),
        }
    }

    /// A word, or nothing before a comma, a parenthesis or the end: the empty value.
    fn value(&mut self, expected: &'static str) -> Result<&'a str, SelectorError> {
        match self.peek() {
            Token::Word(word) => {
                self.take();
                Ok(word)
            }
            Token::End | Token::Symbol("," | ")") => Ok(""),
            Token::Symbol(_) => self.expected(expected),
        }
    }

    fn values(&mut self) -> Result<Vec<&'a str>, SelectorError> {
        if self.peek() != Token::Symbol("(") {
            return self.expected("`(`");
        }
        self.take();
        if self.peek() == Token::Symbol(")") {
            self.take();
            return Ok(Vec::new());
        }
        let mut values = Vec::new();
        loop {
            values.push(self.value("a value, `,` or `)`")?);
            let token = self.peek();
            if token == Token::Symbol(",") {
                self.take();
            } else if token == Token::Symbol(")") {
                self.take();
                return Ok(values);
            } else {
                return self.expected("`,` or `)`");
            }
        }
    }

    /// The next token, and the place after it.
    fn next(&self) -> (Token<'a>, usize) {
        let rest = &self.text[self.place..];
        let trimmed = rest.trim_start_matches([' ', '\t', '\r', '\n']);
        let start = self.text.len() - trimmed.len();
        if trimmed.is_empty() {
            return (Token::End, start);
        }
        let token = |length: usize| (&trimmed[..length], start + length);
        let symbols = ["==", "!=", "=", "!", ">", "<", "(", ")", ","];
        if let Some(symbol) = symbols
            .into_iter()
            .find(|symbol| trimmed.starts_with(symbol))
        {
            let (symbol, end) = token(symbol.len());
            return (Token::Symbol(symbol), end);
        }
        let ends =
            |c: char| matches!(c, '=' | '!' | '>' | '<' | '(' | ')' | ',') || c.is_whitespace();
        let length = trimmed.find(ends).unwrap_or(trimmed.len());
        // A space that is not of those above is a word of its own, and then no label's key.
        let first = trimmed.chars().next().map_or(0, char::len_utf8);
        let (word, end) = token(length.max(first));
        (Token::Word(word), end)
    }

    fn peek(&self) -> Token<'a> {
        self.next().0
    }

    fn take(&mut self) {
        self.place = self.next().1;
    }

    fn expected<T>(&self, expected: &'static str) -> Result<T, SelectorError> {
        let (token, end) = self.next();
        let (found, length) = match token {
            Token::End => ("the end".into(), 0),
            Token::Symbol(text) | Token::Word(text) => {
                let shown: String = text.chars().take(80).collect();
                (format!("`{shown}`").into(), text.len())
            }
        };
        Err(SelectorError::Syntax {
            expected,
            found,
            position: self.text[..end - length].chars().count() + 1,
        })
    }
}
