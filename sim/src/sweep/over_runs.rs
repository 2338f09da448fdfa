//! Expressions over runs: judged by the end of the interval that speaks against them.

use super::run_rows::RunRow;
use super::statistics;
use super::summary::number;
use crate::scenario::expr::{Amount, Expr, Function, Operator, Term, amount};

/// The runs of one point, and what is known of each.
#[derive(Clone, Copy, Debug)]
pub struct Sample<'a> {
    /// What was measured for functions over runs: [`crate::measure::Compiled::inner`].
    pub inner: &'a [Expr],
    /// The runs, in the order of seeds.
    pub rows: &'a [&'a RunRow],
    /// Parameters and their values at this point.
    pub parameters: &'a [(String, Amount)],
    /// How sure an answer must be, from 0 to 1.
    pub confidence: f64,
}

/// Whether a condition over runs holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Verdict {
    /// It does, as surely as was asked.
    Holds,
    /// It does not, as surely as was asked.
    Fails,
    /// The runs cannot tell: more are needed.
    Open,
}

/// An estimate and its interval, in the unit's smallest parts.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Estimate {
    /// The lower end.
    pub low: f64,
    /// The estimate.
    pub value: f64,
    /// The upper end.
    pub high: f64,
}

enum Found {
    Number(Estimate),
    Truth(Verdict),
}

/// Judges a condition over runs. What has no value leaves it open.
#[must_use]
pub fn judge(condition: &Expr, sample: &Sample<'_>) -> Verdict {
    match found(condition, sample) {
        Some(Found::Truth(verdict)) => verdict,
        Some(Found::Number(_)) | None => Verdict::Open,
    }
}

/// The value of an expression over runs, with its interval.
#[must_use]
pub fn estimate(expr: &Expr, sample: &Sample<'_>) -> Option<Estimate> {
    match found(expr, sample)? {
        Found::Number(estimate) => Some(estimate),
        Found::Truth(_) => None,
    }
}

fn found(expr: &Expr, sample: &Sample<'_>) -> Option<Found> {
    match &expr.term {
        Term::Literal(literal) => exact(&amount(literal)),
        Term::Name(path) => {
            let [name] = path.as_slice() else { return None };
            let mut all = sample.parameters.iter();
            exact(&all.find(|(known, _)| known == name)?.1)
        }
        Term::Not(inner) => match found(inner, sample)? {
            Found::Truth(verdict) => Some(Found::Truth(not(verdict))),
            Found::Number(_) => None,
        },
        Term::Negate(inner) => match found(inner, sample)? {
            Found::Number(it) => Some(Found::Number(Estimate {
                low: -it.high,
                value: -it.value,
                high: -it.low,
            })),
            Found::Truth(_) => None,
        },
        Term::Binary(operator, left, right) => {
            binary(*operator, found(left, sample)?, found(right, sample)?)
        }
        Term::OverTarget { .. } => None,
        Term::Call(function, arguments) => match arguments.as_slice() {
            [inner] => over(*function, inner, sample).map(Found::Number),
            several => extreme(*function == Function::Max, several, sample),
        },
    }
}

fn exact(amount: &Amount) -> Option<Found> {
    if let Amount::Bool(truth) = amount {
        return Some(Found::Truth(verdict(*truth)));
    }
    let value = number(amount)?;
    Some(Found::Number(Estimate {
        low: value,
        value,
        high: value,
    }))
}

const fn verdict(truth: bool) -> Verdict {
    if truth {
        Verdict::Holds
    } else {
        Verdict::Fails
    }
}

const fn not(verdict: Verdict) -> Verdict {
    match verdict {
        Verdict::Holds => Verdict::Fails,
        Verdict::Fails => Verdict::Holds,
        Verdict::Open => Verdict::Open,
    }
}

/// A function over runs of what each of them came to.
fn over(function: Function, inner: &Expr, sample: &Sample<'_>) -> Option<Estimate> {
    let place = sample.inner.iter().position(|known| known == inner)?;
    let values = sample.rows.iter().map(|row| row.inner.get(place)?.as_ref());
    let point = |value: f64| Estimate {
        low: value,
        value,
        high: value,
    };
    if function == Function::Share {
        // A run in which the condition has no value is one in which it does not hold.
        let hits = values
            .clone()
            .filter(|value| *value == Some(&Amount::Bool(true)))
            .count() as u64;
        let share = statistics::share(hits, values.count() as u64, sample.confidence);
        return Some(Estimate {
            low: share.low,
            value: share.share(),
            high: share.high,
        });
    }
    let numbers: Vec<f64> = values.filter_map(|value| number(value?)).collect();
    let sorted = statistics::sorted(&numbers);
    match function {
        Function::Mean => {
            let mean = statistics::mean(&numbers, sample.confidence)?;
            let width = mean.half_width.unwrap_or(f64::INFINITY);
            Some(Estimate {
                low: mean.mean - width,
                value: mean.mean,
                high: mean.mean + width,
            })
        }
        Function::HalfWidth => {
            let mean = statistics::mean(&numbers, sample.confidence)?;
            mean.half_width.map(point)
        }
        Function::Quantile(thousandths) => {
            let found = statistics::quantile(&sorted, thousandths, sample.confidence)?;
            Some(Estimate {
                low: found.low.unwrap_or(f64::NEG_INFINITY),
                value: found.value,
                high: found.high.unwrap_or(f64::INFINITY),
            })
        }
        Function::Min => sorted.first().copied().map(point),
        Function::Max => sorted.last().copied().map(point),
        Function::Last
        | Function::Integral
        | Function::Changes
        | Function::Duration
        | Function::First
        | Function::Delay
        | Function::Recovery
        | Function::Sum
        | Function::Share => None,
    }
}

fn extreme(greatest: bool, several: &[Expr], sample: &Sample<'_>) -> Option<Found> {
    let choose = |a: f64, b: f64| if greatest { a.max(b) } else { a.min(b) };
    let mut best: Option<Estimate> = None;
    for expr in several {
        let next = estimate(expr, sample)?;
        best = Some(best.map_or(next, |best| Estimate {
            low: choose(best.low, next.low),
            value: choose(best.value, next.value),
            high: choose(best.high, next.high),
        }));
    }
    best.map(Found::Number)
}

fn binary(operator: Operator, left: Found, right: Found) -> Option<Found> {
    let (a, b) = match (left, right) {
        (Found::Truth(a), Found::Truth(b)) => return logic(operator, a, b).map(Found::Truth),
        (Found::Number(a), Found::Number(b)) => (a, b),
        (Found::Truth(_), Found::Number(_)) | (Found::Number(_), Found::Truth(_)) => return None,
    };
    let (low, high) = (a.low - b.high, a.high - b.low);
    let truth = |holds: bool, fails: bool| {
        Some(Found::Truth(match (holds, fails) {
            (true, _) => Verdict::Holds,
            (false, true) => Verdict::Fails,
            (false, false) => Verdict::Open,
        }))
    };
    let is_exact = |it: Estimate| it.low.total_cmp(&it.high).is_eq();
    let number =
        |low: f64, value: f64, high: f64| Some(Found::Number(Estimate { low, value, high }));
    match operator {
        Operator::GreaterOrEqual => truth(low >= 0.0, high < 0.0),
        Operator::Greater => truth(low > 0.0, high <= 0.0),
        Operator::LessOrEqual => truth(high <= 0.0, low > 0.0),
        Operator::Less => truth(high < 0.0, low >= 0.0),
        // Nothing is surely equal; the estimates are compared.
        Operator::Equal => Some(Found::Truth(verdict(is_zero(a.value - b.value)))),
        Operator::NotEqual => Some(Found::Truth(verdict(!is_zero(a.value - b.value)))),
        Operator::Add => number(a.low + b.low, a.value + b.value, a.high + b.high),
        Operator::Subtract => number(low, a.value - b.value, high),
        Operator::Multiply if is_exact(b) => Some(Found::Number(scaled(a, b.value))),
        Operator::Multiply if is_exact(a) => Some(Found::Number(scaled(b, a.value))),
        Operator::Divide if is_exact(b) && !is_zero(b.value) => {
            Some(Found::Number(scaled(a, 1.0 / b.value)))
        }
        Operator::Multiply | Operator::Divide | Operator::And | Operator::Or => None,
    }
}

fn is_zero(value: f64) -> bool {
    value.abs() < f64::MIN_POSITIVE
}

fn scaled(it: Estimate, factor: f64) -> Estimate {
    let (one, other) = (it.low * factor, it.high * factor);
    Estimate {
        low: one.min(other),
        value: it.value * factor,
        high: one.max(other),
    }
}

fn logic(operator: Operator, a: Verdict, b: Verdict) -> Option<Verdict> {
    use Verdict::{Fails, Holds, Open};
    match operator {
        Operator::And => Some(match (a, b) {
            (Fails, _) | (_, Fails) => Fails,
            (Holds, Holds) => Holds,
            (Open, _) | (_, Open) => Open,
        }),
        Operator::Or => Some(not(logic(Operator::And, not(a), not(b))?)),
        Operator::Equal
        | Operator::NotEqual
        | Operator::Less
        | Operator::LessOrEqual
        | Operator::Greater
        | Operator::GreaterOrEqual
        | Operator::Add
        | Operator::Subtract
        | Operator::Multiply
        | Operator::Divide => None,
    }
}
