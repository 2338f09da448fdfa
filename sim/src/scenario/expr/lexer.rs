//! The characters of an expression as tokens.

use super::{ExprError, Literal};
use crate::scenario::units;

/// A token and where it stands, in characters.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Token {
    pub(super) kind: TokenKind,
    pub(super) start: usize,
    pub(super) end: usize,
}

#[derive(Clone, PartialEq, Debug)]
pub(super) enum TokenKind {
    /// A value that is written out.
    Literal(Literal),
    /// `requests.lost`, and the words `and`, `or`, `not`.
    Name(String),
    /// An operator, a parenthesis or a comma.
    Symbol(&'static str),
    /// The end of the text.
    End,
}

const SYMBOLS: [&str; 14] = [
    "==", "!=", "<=", ">=", "<", ">", "+", "-", "*", "/", "(", ")", ",", "=",
];

/// Reads the token at or after character `from`.
pub(super) fn token(text: &[char], from: usize) -> Result<Token, ExprError> {
    let mut start = from;
    while text.get(start).is_some_and(|c| c.is_whitespace()) {
        start += 1;
    }
    let made = |kind, end| Ok(Token { kind, start, end });
    let Some(&first) = text.get(start) else {
        return made(TokenKind::End, start);
    };
    let next = text.get(start + 1).copied().unwrap_or(' ');
    if first.is_ascii_digit() || (first == '.' && next.is_ascii_digit()) {
        let end = number_end(text, start);
        let written: String = text[start..end].iter().collect();
        let literal = number(&written).ok_or_else(|| bad_number(&written, start, end))?;
        return made(TokenKind::Literal(literal), end);
    }
    if first.is_ascii_alphabetic() || first == '_' {
        let mut end = start;
        let part = |c: &char| c.is_ascii_alphanumeric() || *c == '_';
        while text.get(end).is_some_and(part)
            || (text.get(end) == Some(&'.') && text.get(end + 1).is_some_and(part))
        {
            end += 1;
        }
        let name: String = text[start..end].iter().collect();
        let kind = match name.as_str() {
            "true" => TokenKind::Literal(Literal::Bool(true)),
            "false" => TokenKind::Literal(Literal::Bool(false)),
            _ if first.is_ascii_uppercase() => TokenKind::Literal(Literal::Word(name)),
            _ => TokenKind::Name(name),
        };
        return made(kind, end);
    }
    if first == '"' || first == '\'' {
        let close = text[start + 1..].iter().position(|c| *c == first);
        let Some(close) = close else {
            return Err(error("a quote is not closed", start, start + 1, None));
        };
        let end = start + 1 + close;
        let word = text[start + 1..end].iter().collect();
        return made(TokenKind::Literal(Literal::Word(word)), end + 1);
    }
    for symbol in SYMBOLS {
        if symbol
            .chars()
            .enumerate()
            .all(|(i, c)| text.get(start + i) == Some(&c))
        {
            return made(TokenKind::Symbol(symbol), start + symbol.len());
        }
    }
    let help = match first {
        '$' => Some("expressions name parameters bare: preStop, not $preStop"),
        '&' | '|' | '!' => Some("write and, or, not"),
        _ => None,
    };
    let message = format!("`{first}` cannot stand in an expression");
    Err(error(&message, start, start + 1, help))
}

pub(super) fn error(message: &str, start: usize, end: usize, help: Option<&str>) -> ExprError {
    let small = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    ExprError {
        message: message.to_owned(),
        start: small(start),
        length: small(end.saturating_sub(start).max(1)),
        help: help.map(str::to_owned),
        units: false,
    }
}

/// Where a number with its unit ends: digits, letters, `%`, and `/s`, `/m`, `/h` of a rate.
fn number_end(text: &[char], start: usize) -> usize {
    let mut end = start;
    while text
        .get(end)
        .is_some_and(|c| c.is_ascii_alphanumeric() || *c == '.' || *c == 'µ')
    {
        end += 1;
    }
    if text.get(end) == Some(&'%') {
        return end + 1;
    }
    let per = matches!(text.get(end + 1), Some('s' | 'm' | 'h'));
    let word_goes_on = text
        .get(end + 2)
        .is_some_and(|c| c.is_ascii_alphanumeric() || *c == '_' || *c == '.');
    if text.get(end) == Some(&'/') && per && !word_goes_on {
        return end + 2;
    }
    end
}

fn number(text: &str) -> Option<Literal> {
    if text.contains('/') {
        return units::rate(text).ok().map(Literal::Rate);
    }
    if text.ends_with('%') {
        return units::percent(text).ok().map(Literal::Percent);
    }
    if text.bytes().all(|b| b.is_ascii_digit() || b == b'.') {
        return text.parse().ok().map(Literal::Number);
    }
    if let Ok(duration) = units::duration(text) {
        return Some(Literal::Duration(duration));
    }
    units::quantity(text).ok().map(Literal::Quantity)
}

fn bad_number(text: &str, start: usize, end: usize) -> ExprError {
    let message = format!("`{text}` is not a number with a unit");
    let help = "numbers are written 5, 20ms, 1h30m, 20%, 200/s, 2Gi";
    error(&message, start, end, Some(help))
}
