//! Expressions: measures, expectations, conditions. Pure: no assignments, no user functions.
//!
//! Text becomes an [`Expr`] tree ([`parse`]), whose units are checked ([`check`]) and which is
//! evaluated against an [`Env`] that knows the leaves ([`evaluate`]).

mod check;
mod evaluate;
mod function;
mod lexer;
mod parser;

pub use check::{Names, Scope, Unit, check};
pub use evaluate::{Amount, Env, amount, combine, compare, evaluate};
pub use function::{Function, TargetFunction};
pub use parser::parse;

use super::target::Target;
use super::units::{Percent, Quantity, Rate};
use wavetank_core::time::SimDuration;

/// A node of an expression, with its place in the text in characters.
#[derive(Clone, PartialEq, Debug)]
pub struct Expr {
    /// What it is.
    pub term: Term,
    /// Its first character, from 0.
    pub start: u32,
    /// How many characters it takes.
    pub length: u32,
}

/// The forms of an expression.
#[derive(Clone, PartialEq, Debug)]
pub enum Term {
    /// A number, a duration, a word.
    Literal(Literal),
    /// `preStop`, `requests.users.lost`.
    Name(Vec<String>),
    /// `not E`.
    Not(Box<Expr>),
    /// `-E`.
    Negate(Box<Expr>),
    /// `E + E`.
    Binary(Operator, Box<Expr>, Box<Expr>),
    /// `ready(deployment/web)`: the target stands raw in the parentheses.
    OverTarget {
        /// The function.
        function: TargetFunction,
        /// What it is about.
        target: Target,
        /// The condition's type or the field's path, for the functions that take one.
        argument: Option<String>,
    },
    /// `max(E)`.
    Call(Function, Vec<Expr>),
}

/// Values that are written out.
#[derive(Clone, PartialEq, Debug)]
pub enum Literal {
    /// A number without a unit.
    Number(f64),
    /// `20%`.
    Percent(Percent),
    /// `20ms`; a bare `0` is a number that fits every unit.
    Duration(SimDuration),
    /// `2Gi`.
    Quantity(Quantity),
    /// `200/s`.
    Rate(Rate),
    /// `true`.
    Bool(bool),
    /// `Running`, or a text in quotes.
    Word(String),
}

/// Operators between two expressions.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Operator {
    /// `or`
    Or,
    /// `and`
    And,
    /// `==`
    Equal,
    /// `!=`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
    /// `+`
    Add,
    /// `-`
    Subtract,
    /// `*`
    Multiply,
    /// `/`
    Divide,
}

impl Operator {
    /// How it is written.
    #[must_use]
    pub const fn symbol(self) -> &'static str {
        match self {
            Self::Or => "or",
            Self::And => "and",
            Self::Equal => "==",
            Self::NotEqual => "!=",
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
            Self::Add => "+",
            Self::Subtract => "-",
            Self::Multiply => "*",
            Self::Divide => "/",
        }
    }
}

/// What is wrong with an expression, where in its text (characters), and what to do.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{message}")]
pub struct ExprError {
    /// What is wrong.
    pub message: String,
    /// First character that is wrong.
    pub start: u32,
    /// How many characters are wrong.
    pub length: u32,
    /// What to do.
    pub help: Option<String>,
    /// Whether units do not fit (S022) rather than the text being unreadable (S029).
    pub units: bool,
}

impl Expr {
    /// Calls `visit` with this node and all below it.
    pub fn walk<'a>(&'a self, visit: &mut dyn FnMut(&'a Self)) {
        visit(self);
        match &self.term {
            Term::Literal(_) | Term::Name(_) | Term::OverTarget { .. } => {}
            Term::Not(inner) | Term::Negate(inner) => inner.walk(visit),
            Term::Binary(_, left, right) => {
                left.walk(visit);
                right.walk(visit);
            }
            Term::Call(_, arguments) => {
                for argument in arguments {
                    argument.walk(visit);
                }
            }
        }
    }

    /// The first segments of all names in it, in the order of the text.
    #[must_use]
    pub fn names(&self) -> Vec<&str> {
        let mut found = Vec::new();
        self.walk(&mut |node| {
            if let Term::Name(path) = &node.term {
                found.push(path[0].as_str());
            }
        });
        found
    }
}

#[cfg(test)]
mod tests;
