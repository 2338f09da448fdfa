//! The value of an expression, given what its leaves are.

use std::cmp::Ordering;

use super::{Expr, ExprError, Function, Literal, Operator, TargetFunction, Term};
use crate::scenario::target::Target;

/// A value with its unit.
#[derive(Clone, PartialEq, Debug)]
pub enum Amount {
    /// A condition.
    Bool(bool),
    /// A count, a number, a share (20 % is 0.2).
    Number(f64),
    /// A time in nanoseconds; instants count from t = 0 and may be negative.
    Duration(i128),
    /// A quantity in thousandths.
    Quantity(i128),
    /// A rate in events a second.
    Rate(f64),
    /// A word.
    Text(String),
}

/// What the leaves of an expression are. Functions over time and over runs belong to it too, since
/// they need the inner expression at many instants or for many runs.
pub trait Env {
    /// The value of a name; none when it is not known (yet).
    fn name(&self, path: &[String]) -> Option<Amount>;

    /// The value of a function of a target.
    fn over_target(
        &self,
        _function: TargetFunction,
        _target: &Target,
        _argument: Option<&str>,
    ) -> Option<Amount> {
        None
    }

    /// The value of a function over time or over runs.
    fn call(&self, _function: Function, _arguments: &[Expr]) -> Option<Amount> {
        None
    }
}

/// Evaluates an expression.
///
/// # Errors
///
/// When a leaf has no value, when units do not fit, and on division by zero or overflow.
pub fn evaluate(expr: &Expr, env: &dyn Env) -> Result<Amount, ExprError> {
    let wrong = |message: &str| ExprError {
        message: message.to_owned(),
        start: expr.start,
        length: expr.length,
        help: None,
        units: false,
    };
    match &expr.term {
        Term::Literal(literal) => Ok(amount(literal)),
        Term::Name(path) => env
            .name(path)
            .ok_or_else(|| wrong(&format!("`{}` has no value here", path.join(".")))),
        Term::Not(inner) => match evaluate(inner, env)? {
            Amount::Bool(truth) => Ok(Amount::Bool(!truth)),
            Amount::Number(_)
            | Amount::Duration(_)
            | Amount::Quantity(_)
            | Amount::Rate(_)
            | Amount::Text(_) => Err(wrong("`not` needs a condition")),
        },
        Term::Negate(inner) => match evaluate(inner, env)? {
            Amount::Number(value) => Ok(Amount::Number(-value)),
            Amount::Duration(value) => Ok(Amount::Duration(-value)),
            Amount::Quantity(value) => Ok(Amount::Quantity(-value)),
            Amount::Rate(value) => Ok(Amount::Rate(-value)),
            Amount::Bool(_) | Amount::Text(_) => Err(wrong("`-` needs a number")),
        },
        Term::Binary(operator, left, right) => {
            let left = evaluate(left, env)?;
            // The right side is not looked at when the left one decides.
            match (operator, &left) {
                (Operator::Or, Amount::Bool(true)) => return Ok(Amount::Bool(true)),
                (Operator::And, Amount::Bool(false)) => return Ok(Amount::Bool(false)),
                _ => {}
            }
            let right = evaluate(right, env)?;
            combine(*operator, &left, &right).map_err(|message| wrong(&message))
        }
        Term::OverTarget {
            function,
            target,
            argument,
        } => env
            .over_target(*function, target, argument.as_deref())
            .ok_or_else(|| wrong("a target has no value here")),
        Term::Call(Function::Min | Function::Max, arguments) if arguments.len() > 1 => {
            let greatest = matches!(&expr.term, Term::Call(Function::Max, _));
            extreme(arguments, greatest, env, &wrong)
        }
        Term::Call(function, arguments) => env
            .call(*function, arguments)
            .ok_or_else(|| wrong(&format!("`{}` has no value here", function.name()))),
    }
}

fn extreme(
    arguments: &[Expr],
    greatest: bool,
    env: &dyn Env,
    wrong: &dyn Fn(&str) -> ExprError,
) -> Result<Amount, ExprError> {
    let mut best: Option<Amount> = None;
    for argument in arguments {
        let value = evaluate(argument, env)?;
        let Some(current) = &best else {
            best = Some(value);
            continue;
        };
        let order = compare(&value, current).ok_or_else(|| wrong("these cannot be compared"))?;
        if (order == Ordering::Greater) == greatest && order != Ordering::Equal {
            best = Some(value);
        }
    }
    best.ok_or_else(|| wrong("there is nothing to compare"))
}

/// The value of what is written out.
#[must_use]
#[allow(clippy::cast_precision_loss)]
pub fn amount(literal: &Literal) -> Amount {
    match literal {
        Literal::Number(value) => Amount::Number(*value),
        Literal::Percent(value) => Amount::Number(value.millionths as f64 / 1e6),
        Literal::Duration(value) => Amount::Duration(i128::from(value.nanos())),
        Literal::Quantity(value) => Amount::Quantity(i128::from(value.milli)),
        Literal::Rate(value) => Amount::Rate(value.per_second()),
        Literal::Bool(value) => Amount::Bool(*value),
        Literal::Word(value) => Amount::Text(value.clone()),
    }
}

/// The order of two values; a bare zero compares with every unit. None when they do not compare.
#[must_use]
pub fn compare(left: &Amount, right: &Amount) -> Option<Ordering> {
    let zero = |amount: &Amount| matches!(amount, Amount::Number(value) if *value == 0.0);
    match (left, right) {
        (Amount::Bool(a), Amount::Bool(b)) => Some(a.cmp(b)),
        (Amount::Number(a), Amount::Number(b)) | (Amount::Rate(a), Amount::Rate(b)) => {
            a.partial_cmp(b)
        }
        (Amount::Duration(a), Amount::Duration(b)) | (Amount::Quantity(a), Amount::Quantity(b)) => {
            Some(a.cmp(b))
        }
        (Amount::Duration(a) | Amount::Quantity(a), other) if zero(other) => Some(a.cmp(&0)),
        (other, Amount::Duration(b) | Amount::Quantity(b)) if zero(other) => Some(0.cmp(b)),
        (Amount::Rate(a), other) if zero(other) => a.partial_cmp(&0.0),
        (other, Amount::Rate(b)) if zero(other) => 0.0.partial_cmp(b),
        (Amount::Text(a), Amount::Text(b)) => Some(a.cmp(b)),
        _ => None,
    }
}

/// The value of `left operator right`.
///
/// # Errors
///
/// When units do not fit, and on division by zero or overflow: why.
pub fn combine(operator: Operator, left: &Amount, right: &Amount) -> Result<Amount, String> {
    let order = || compare(left, right).ok_or_else(|| "these cannot be compared".to_owned());
    match operator {
        Operator::Or | Operator::And => match (left, right) {
            (Amount::Bool(a), Amount::Bool(b)) if operator == Operator::Or => {
                Ok(Amount::Bool(*a || *b))
            }
            (Amount::Bool(a), Amount::Bool(b)) => Ok(Amount::Bool(*a && *b)),
            _ => Err(format!("`{}` needs two conditions", operator.symbol())),
        },
        Operator::Equal => order().map(|found| Amount::Bool(found == Ordering::Equal)),
        Operator::NotEqual => order().map(|found| Amount::Bool(found != Ordering::Equal)),
        Operator::Less => order().map(|found| Amount::Bool(found == Ordering::Less)),
        Operator::LessOrEqual => order().map(|found| Amount::Bool(found != Ordering::Greater)),
        Operator::Greater => order().map(|found| Amount::Bool(found == Ordering::Greater)),
        Operator::GreaterOrEqual => order().map(|found| Amount::Bool(found != Ordering::Less)),
        Operator::Add => sum(left, right, 1),
        Operator::Subtract => sum(left, right, -1),
        Operator::Multiply => product(left, right),
        Operator::Divide => quotient(left, right),
    }
}

fn sum(left: &Amount, right: &Amount, sign: i8) -> Result<Amount, String> {
    let whole = |a: i128, b: i128| a.checked_add(b * i128::from(sign)).ok_or_else(overflow);
    match (left, right) {
        (Amount::Number(a), Amount::Number(b)) => Ok(Amount::Number(a + b * f64::from(sign))),
        (Amount::Rate(a), Amount::Rate(b)) => Ok(Amount::Rate(a + b * f64::from(sign))),
        (Amount::Duration(a), Amount::Duration(b)) => whole(*a, *b).map(Amount::Duration),
        (Amount::Quantity(a), Amount::Quantity(b)) => whole(*a, *b).map(Amount::Quantity),
        (other, Amount::Number(zero)) if *zero == 0.0 => Ok(other.clone()),
        (Amount::Number(zero), other) if *zero == 0.0 && sign > 0 => Ok(other.clone()),
        _ => Err("these cannot be added".to_owned()),
    }
}

#[allow(clippy::cast_precision_loss)]
fn product(left: &Amount, right: &Amount) -> Result<Amount, String> {
    match (left, right) {
        (Amount::Number(a), Amount::Number(b)) => Ok(Amount::Number(a * b)),
        (Amount::Number(n), Amount::Duration(d)) | (Amount::Duration(d), Amount::Number(n)) => {
            rounded(*d as f64 * n).map(Amount::Duration)
        }
        (Amount::Number(n), Amount::Quantity(q)) | (Amount::Quantity(q), Amount::Number(n)) => {
            rounded(*q as f64 * n).map(Amount::Quantity)
        }
        (Amount::Number(n), Amount::Rate(r)) | (Amount::Rate(r), Amount::Number(n)) => {
            Ok(Amount::Rate(r * n))
        }
        (Amount::Rate(r), Amount::Duration(d)) | (Amount::Duration(d), Amount::Rate(r)) => {
            Ok(Amount::Number(r * (*d as f64) / 1e9))
        }
        _ => Err("these cannot be multiplied".to_owned()),
    }
}

#[allow(clippy::cast_precision_loss)]
fn quotient(left: &Amount, right: &Amount) -> Result<Amount, String> {
    let zero = match right {
        Amount::Number(value) | Amount::Rate(value) => *value == 0.0,
        Amount::Duration(value) | Amount::Quantity(value) => *value == 0,
        Amount::Bool(_) | Amount::Text(_) => false,
    };
    if zero {
        return Err("division by zero".to_owned());
    }
    match (left, right) {
        (Amount::Number(a), Amount::Number(b)) | (Amount::Rate(a), Amount::Rate(b)) => {
            Ok(Amount::Number(a / b))
        }
        (Amount::Duration(a), Amount::Number(b)) => rounded(*a as f64 / b).map(Amount::Duration),
        (Amount::Quantity(a), Amount::Number(b)) => rounded(*a as f64 / b).map(Amount::Quantity),
        (Amount::Rate(a), Amount::Number(b)) => Ok(Amount::Rate(a / b)),
        (Amount::Duration(a), Amount::Duration(b)) | (Amount::Quantity(a), Amount::Quantity(b)) => {
            Ok(Amount::Number(*a as f64 / *b as f64))
        }
        (Amount::Number(a), Amount::Duration(b)) => Ok(Amount::Rate(a * 1e9 / *b as f64)),
        (Amount::Number(a), Amount::Rate(b)) => rounded(a * 1e9 / b).map(Amount::Duration),
        _ => Err("these cannot be divided".to_owned()),
    }
}

#[allow(clippy::cast_possible_truncation)]
fn rounded(value: f64) -> Result<i128, String> {
    if value.is_finite() && value.abs() < 1e30 {
        Ok(value.round() as i128)
    } else {
        Err(overflow())
    }
}

fn overflow() -> String {
    "the value is too large".to_owned()
}
