//! Compiled expressions: names are resolved, functions over time have become folds.

use std::cmp::Ordering;

use crate::scenario::expr::{Amount, Expr, Operator, Term, combine, compare};

/// A compiled expression.
#[derive(Clone, PartialEq, Debug)]
pub(super) enum Code {
    /// Known before the run.
    Constant(Amount),
    /// The leaf with this number.
    Leaf(usize),
    /// What the watch with this number came to; from this instant on, for those that have one.
    Watched(usize, Option<Box<Self>>),
    /// `not`
    Not(Box<Self>),
    /// `-`
    Negate(Box<Self>),
    /// An operator between two.
    Binary(Operator, Box<Self>, Box<Self>),
    /// The greatest (or least) of several.
    Extreme(bool, Vec<Self>),
}

/// What leaves and watches are worth.
pub(super) trait Values {
    /// The value of a leaf.
    fn leaf(&self, leaf: usize) -> Option<Amount>;
    /// What a watch came to.
    fn watched(&self, watch: usize, from: Option<Amount>) -> Option<Amount>;
}

impl Code {
    /// Its value; none when some leaf has none, or the value is not defined (division by zero).
    pub(super) fn value(&self, values: &dyn Values) -> Option<Amount> {
        match self {
            Self::Constant(amount) => Some(amount.clone()),
            Self::Leaf(leaf) => values.leaf(*leaf),
            Self::Watched(watch, None) => values.watched(*watch, None),
            Self::Watched(watch, Some(from)) => {
                let from = from.value(values)?;
                values.watched(*watch, Some(from))
            }
            Self::Not(inner) => match inner.value(values)? {
                Amount::Bool(truth) => Some(Amount::Bool(!truth)),
                Amount::Number(_)
                | Amount::Duration(_)
                | Amount::Quantity(_)
                | Amount::Rate(_)
                | Amount::Text(_) => None,
            },
            Self::Negate(inner) => match inner.value(values)? {
                Amount::Number(value) => Some(Amount::Number(-value)),
                Amount::Duration(value) => Some(Amount::Duration(-value)),
                Amount::Quantity(value) => Some(Amount::Quantity(-value)),
                Amount::Rate(value) => Some(Amount::Rate(-value)),
                Amount::Bool(_) | Amount::Text(_) => None,
            },
            Self::Binary(operator, left, right) => {
                let left = left.value(values);
                // One side may decide alone, also when the other has no value.
                let decided = matches!(operator, Operator::Or | Operator::And)
                    .then_some(Amount::Bool(*operator == Operator::Or));
                if decided.is_some() && left == decided {
                    return left;
                }
                let right = right.value(values);
                if decided.is_some() && right == decided {
                    return right;
                }
                combine(*operator, &left?, &right?).ok()
            }
            Self::Extreme(greatest, inner) => {
                let wanted = if *greatest {
                    Ordering::Greater
                } else {
                    Ordering::Less
                };
                let mut best: Option<Amount> = None;
                for code in inner {
                    let value = code.value(values)?;
                    let is_better = best
                        .as_ref()
                        .is_none_or(|best| compare(&value, best) == Some(wanted));
                    if is_better {
                        best = Some(value);
                    }
                }
                best
            }
        }
    }

    /// Calls `visit` with every leaf in it.
    pub(super) fn leaves(&self, visit: &mut dyn FnMut(usize)) {
        match self {
            Self::Constant(_) => {}
            Self::Leaf(leaf) => visit(*leaf),
            Self::Watched(_, from) => {
                if let Some(from) = from {
                    from.leaves(visit);
                }
            }
            Self::Not(inner) | Self::Negate(inner) => inner.leaves(visit),
            Self::Binary(_, left, right) => {
                left.leaves(visit);
                right.leaves(visit);
            }
            Self::Extreme(_, all) => {
                for inner in all {
                    inner.leaves(visit);
                }
            }
        }
    }

    /// The values that make a condition what it is, for people: `requests.lost was 12`.
    ///
    /// `expr` is what this was compiled from, `text` its text.
    pub(super) fn explain(&self, expr: &Expr, text: &str, values: &dyn Values) -> String {
        let said = |expr: &Expr, code: &Self| {
            let value = code.value(values);
            let shown = value.map_or_else(
                || "has no value".to_owned(),
                |value| format!("was {}", super::show::amount_text(&value)),
            );
            format!("{} {shown}", source(expr, text))
        };
        match (self, &expr.term) {
            (Self::Binary(operator, left, right), Term::Binary(_, left_expr, right_expr)) => {
                match operator {
                    Operator::And | Operator::Or => {
                        let (first, second) = (
                            left.explain(left_expr, text, values),
                            right.explain(right_expr, text, values),
                        );
                        match (operator, left.value(values)) {
                            (Operator::And, Some(Amount::Bool(true))) => second,
                            (Operator::And, _) => first,
                            _ => format!("{first}, {second}"),
                        }
                    }
                    Operator::Add | Operator::Subtract | Operator::Multiply | Operator::Divide => {
                        said(expr, self)
                    }
                    Operator::Equal
                    | Operator::NotEqual
                    | Operator::Less
                    | Operator::LessOrEqual
                    | Operator::Greater
                    | Operator::GreaterOrEqual => {
                        let first = said(left_expr, left);
                        if matches!(**right, Self::Constant(_)) {
                            return first;
                        }
                        format!("{first}, {}", said(right_expr, right))
                    }
                }
            }
            (Self::Not(inner), Term::Not(inner_expr)) => inner.explain(inner_expr, text, values),
            _ => said(expr, self),
        }
    }
}

/// The part of a text that an expression was read from.
pub(super) fn source(expr: &Expr, text: &str) -> String {
    let chars = text.chars().skip(expr.start as usize);
    chars.take(expr.length as usize).collect()
}
