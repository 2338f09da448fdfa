//! `[[ … ]]`.

use crate::world::shell::applet;
use crate::world::shell::expand::{Expanded, Expander, Stop};
use crate::world::shell::syntax::{Condition, Word};
use crate::world::shell::text::arithmetic;
use crate::world::shell::text::pattern::Pattern;
use crate::world::shell::text::regex::Regex;

/// Whether a condition holds, and what the last `=~` matched.
pub(super) fn holds(
    condition: &Condition,
    expander: &mut Expander<'_, '_>,
) -> Expanded<(bool, Option<Vec<String>>)> {
    Ok(match condition {
        Condition::Not(inner) => {
            let (result, matched) = holds(inner, expander)?;
            (!result, matched)
        }
        Condition::And(left, right) => {
            let (result, matched) = holds(left, expander)?;
            if !result {
                return Ok((false, matched));
            }
            let (result, later) = holds(right, expander)?;
            (result, later.or(matched))
        }
        Condition::Or(left, right) => {
            let (result, matched) = holds(left, expander)?;
            if result {
                return Ok((true, matched));
            }
            let (result, later) = holds(right, expander)?;
            (result, later.or(matched))
        }
        Condition::Word(word) => (!expander.text(word)?.is_empty(), None),
        Condition::Unary(operator, word) => {
            let text = expander.text(word)?;
            if operator == "-v" {
                return Ok((expander.variable(&text).is_some(), None));
            }
            let words = [operator.clone(), text];
            (applet::test(&words, expander.ctx) == Ok(true), None)
        }
        Condition::Binary(left, operator, right) => binary(left, operator, right, expander)?,
    })
}

fn binary(
    left: &Word,
    operator: &str,
    right: &Word,
    expander: &mut Expander<'_, '_>,
) -> Expanded<(bool, Option<Vec<String>>)> {
    let text = expander.text(left)?;
    let result = match operator {
        "=" | "==" | "!=" => {
            let pattern = expander.pattern(right)?;
            Pattern::new(&pattern).matches(&text) == (operator != "!=")
        }
        "=~" => {
            let regex = expander.regex(right)?;
            let regex = Regex::new(&regex, true, false).map_err(Stop::Failed)?;
            let letters: Vec<char> = text.chars().collect();
            let found = regex.find(&letters, 0);
            let matched = found.iter().flatten().map(|place| {
                place.map_or_else(String::new, |(from, to)| letters[from..to].iter().collect())
            });
            return Ok((found.is_some(), Some(matched.collect())));
        }
        "<" => text < expander.text(right)?,
        ">" => text > expander.text(right)?,
        "-nt" | "-ot" | "-ef" => {
            let words = [text, operator.to_owned(), expander.text(right)?];
            applet::test(&words, expander.ctx) == Ok(true)
        }
        _ => {
            // Both sides are arithmetic expressions.
            let right = expander.text(right)?;
            let left = arithmetic::evaluate(&text, expander).map_err(Stop::Failed)?;
            let right = arithmetic::evaluate(&right, expander).map_err(Stop::Failed)?;
            match operator {
                "-eq" => left == right,
                "-ne" => left != right,
                "-lt" => left < right,
                "-le" => left <= right,
                "-gt" => left > right,
                _ => left >= right,
            }
        }
    };
    Ok((result, None))
}
