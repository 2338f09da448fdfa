//! Expressions from text: precedence climbing over [`super::lexer`]'s tokens.

use super::function::{FUNCTIONS, Function, TARGET_FUNCTIONS, TargetFunction};
use super::lexer::{Token, TokenKind, error, token};
use super::{Expr, ExprError, Operator, Term};
use crate::diagnostic::nearest;
use crate::scenario::target::{self, split_outside_parentheses};

/// Deepest nesting of parentheses and signs.
const NESTING_MAX: usize = 64;
/// Longest expression in characters.
const LENGTH_MAX: usize = 10_000;

/// Reads an expression.
///
/// # Errors
///
/// With the first mistake and its place in the text.
pub fn parse(text: &str) -> Result<Expr, ExprError> {
    let text: Vec<char> = text.chars().collect();
    if text.len() > LENGTH_MAX {
        let message = format!("an expression has at most {LENGTH_MAX} characters");
        return Err(error(&message, 0, 1, None));
    }
    let first = token(&text, 0)?;
    let mut parser = Parser {
        text: &text,
        token: first,
        depth: 0,
    };
    let expr = parser.binary(0)?;
    match &parser.token.kind {
        TokenKind::End => Ok(expr),
        TokenKind::Literal(_) | TokenKind::Name(_) | TokenKind::Symbol(_) => {
            Err(parser.unexpected("an operator"))
        }
    }
}

struct Parser<'a> {
    text: &'a [char],
    token: Token,
    depth: usize,
}

/// Levels of binding, weakest first.
const LEVELS: [&[(&str, Operator)]; 5] = [
    &[("or", Operator::Or)],
    &[("and", Operator::And)],
    &[
        ("==", Operator::Equal),
        ("!=", Operator::NotEqual),
        ("<=", Operator::LessOrEqual),
        (">=", Operator::GreaterOrEqual),
        ("<", Operator::Less),
        (">", Operator::Greater),
    ],
    &[("+", Operator::Add), ("-", Operator::Subtract)],
    &[("*", Operator::Multiply), ("/", Operator::Divide)],
];
const COMPARISON: usize = 2;

impl Parser<'_> {
    fn advance(&mut self) -> Result<Token, ExprError> {
        let next = token(self.text, self.token.end)?;
        Ok(std::mem::replace(&mut self.token, next))
    }

    fn at(&self, wanted: &str) -> bool {
        match &self.token.kind {
            TokenKind::Name(name) => name == wanted,
            TokenKind::Symbol(symbol) => *symbol == wanted,
            TokenKind::Literal(_) | TokenKind::End => false,
        }
    }

    fn binary(&mut self, level: usize) -> Result<Expr, ExprError> {
        if level == COMPARISON && self.at("not") {
            let start = self.advance()?.start;
            let inner = self.nested(|parser| parser.binary(COMPARISON))?;
            return Ok(self.made(Term::Not(Box::new(inner)), start));
        }
        let Some(operators) = LEVELS.get(level) else {
            return self.unary();
        };
        let mut left = self.binary(level + 1)?;
        loop {
            if level == COMPARISON && self.at("=") {
                let (start, end) = (self.token.start, self.token.end);
                return Err(error(
                    "`=` compares nothing",
                    start,
                    end,
                    Some("write `==`"),
                ));
            }
            let found = operators.iter().find(|(symbol, _)| self.at(symbol));
            let Some(&(_, operator)) = found else {
                return Ok(left);
            };
            self.advance()?;
            let right = self.binary(level + 1)?;
            let start = left.start as usize;
            left = self.made(
                Term::Binary(operator, Box::new(left), Box::new(right)),
                start,
            );
            if level == COMPARISON {
                if operators.iter().any(|(symbol, _)| self.at(symbol)) {
                    let help = "write: a < b and b < c";
                    let (start, end) = (self.token.start, self.token.end);
                    return Err(error(
                        "comparisons cannot be chained",
                        start,
                        end,
                        Some(help),
                    ));
                }
                return Ok(left);
            }
        }
    }

    fn unary(&mut self) -> Result<Expr, ExprError> {
        if self.at("-") {
            let start = self.advance()?.start;
            let inner = self.nested(Self::unary)?;
            return Ok(self.made(Term::Negate(Box::new(inner)), start));
        }
        if self.at("(") {
            self.advance()?;
            let inner = self.nested(|parser| parser.binary(0))?;
            self.close()?;
            return Ok(inner);
        }
        match self.token.kind.clone() {
            TokenKind::Literal(literal) => {
                let start = self.advance()?.start;
                Ok(self.made(Term::Literal(literal), start))
            }
            TokenKind::Name(name) if !matches!(name.as_str(), "and" | "or" | "not") => {
                self.name(&name)
            }
            TokenKind::Name(_) | TokenKind::Symbol(_) | TokenKind::End => {
                Err(self.unexpected("a value"))
            }
        }
    }

    fn name(&mut self, name: &str) -> Result<Expr, ExprError> {
        let (start, end) = (self.token.start, self.token.end);
        if self.text.get(end) != Some(&'(') {
            self.advance()?;
            let path = name.split('.').map(str::to_owned).collect();
            return Ok(self.made(Term::Name(path), start));
        }
        if let Some(function) = TargetFunction::named(name) {
            return self.over_target(function, name, start, end + 1);
        }
        let Some(function) = Function::named(name) else {
            let known = FUNCTIONS.iter().map(|(name, _)| *name);
            let near = nearest(
                name,
                known.chain(TARGET_FUNCTIONS.iter().map(|(name, _)| *name)),
            );
            let help = near.map(|near| format!("did you mean `{near}`?"));
            let message = format!("there is no function `{name}`");
            return Err(error(&message, start, end, help.as_deref()));
        };
        self.advance()?;
        self.advance()?;
        let mut arguments = Vec::new();
        while !self.at(")") {
            arguments.push(self.nested(|parser| parser.binary(0))?);
            if !self.at(",") {
                break;
            }
            self.advance()?;
        }
        self.close()?;
        let (fewest, most) = function.arity();
        if arguments.len() < fewest || arguments.len() > most {
            let wanted = match (fewest, most) {
                (1, 1) => "one argument",
                (2, 2) => "two arguments",
                _ => "one argument or more",
            };
            let message = format!("`{name}` takes {wanted}");
            return Err(error(&message, start, end, None));
        }
        Ok(self.made(Term::Call(function, arguments), start))
    }

    /// The raw text up to the matching parenthesis is a target, then perhaps `, argument`.
    fn over_target(
        &mut self,
        function: TargetFunction,
        name: &str,
        start: usize,
        open: usize,
    ) -> Result<Expr, ExprError> {
        let mut depth = 1;
        let mut close = open;
        while depth > 0 {
            match self.text.get(close) {
                Some('(') => depth += 1,
                Some(')') => depth -= 1,
                Some(_) => {}
                None => return Err(error("a parenthesis is not closed", open - 1, open, None)),
            }
            close += 1;
        }
        let raw: String = self.text[open..close - 1].iter().collect();
        let mut target_text = raw.as_str();
        let mut argument = None;
        if function.takes_argument() {
            let parts = split_outside_parentheses(&raw);
            let last = parts.last().filter(|_| parts.len() > 1);
            let Some(&(last, _)) = last.filter(|(last, _)| !last.trim().is_empty()) else {
                let message = format!("`{name}` takes a target and what to look for");
                let help = "condition(deployment/web, Available), field(pod/a, .status.podIP)";
                return Err(error(&message, start, open - 1, Some(help)));
            };
            target_text = &raw[..raw.len() - last.len() - 1];
            argument = Some(last.trim().to_owned());
        }
        let target = target::parse(target_text).map_err(|wrong| {
            let from = open + wrong.start as usize;
            let to = from + wrong.length as usize;
            error(&wrong.message, from, to, wrong.help.as_deref())
        })?;
        self.token = token(self.text, close)?;
        let term = Term::OverTarget {
            function,
            target,
            argument,
        };
        let length = u32::try_from(close - start).unwrap_or(u32::MAX);
        Ok(Expr {
            term,
            start: u32::try_from(start).unwrap_or(u32::MAX),
            length,
        })
    }

    fn close(&mut self) -> Result<(), ExprError> {
        if self.at(")") {
            return self.advance().map(drop);
        }
        Err(self.unexpected("`)`"))
    }

    fn nested<T>(
        &mut self,
        read: impl FnOnce(&mut Self) -> Result<T, ExprError>,
    ) -> Result<T, ExprError> {
        self.depth += 1;
        if self.depth > NESTING_MAX {
            let (start, end) = (self.token.start, self.token.end);
            let message = format!("more than {NESTING_MAX} levels of nesting");
            return Err(error(&message, start, end, None));
        }
        let found = read(self);
        self.depth -= 1;
        found
    }

    /// An expression from `start` to the end of the last token that was taken.
    fn made(&self, term: Term, start: usize) -> Expr {
        let mut end = self.token.start.min(self.text.len());
        while end > start && self.text[end - 1].is_whitespace() {
            end -= 1;
        }
        let small = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        Expr {
            term,
            start: small(start),
            length: small((end - start).max(1)),
        }
    }

    fn unexpected(&self, wanted: &str) -> ExprError {
        let (start, end) = (self.token.start, self.token.end);
        let found = match &self.token.kind {
            TokenKind::End => "the expression ends".to_owned(),
            TokenKind::Literal(_) | TokenKind::Name(_) | TokenKind::Symbol(_) => {
                let text: String = self.text[start..end].iter().collect();
                format!("there is `{text}`")
            }
        };
        error(
            &format!("{wanted} is wanted here, but {found}"),
            start,
            end,
            None,
        )
    }
}
