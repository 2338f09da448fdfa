//! Shrinking: the fewest faults under which the same thing still breaks.

use super::{Broken, Trial};
use crate::fault::choice::Choice;

/// The most runs that one shrinking takes.
const RUNS_MAX: u32 = 2_000;

/// The numbers of the steps of the schedule that are needed to break this under `seed`; none when it does
/// not break at all. What is left out is left out one part at a time, large parts first, as long as the
/// same thing breaks; so each step that stays is needed when the others are there.
#[must_use]
pub fn shrink(trial: &Trial, seed: u64, broken: &Broken) -> Option<Vec<usize>> {
    let choice = Choice {
        only: None,
        ..trial.choice.clone()
    };
    let whole = trial.job.schedule(seed, &choice);
    let all = 0..whole.len();
    let start = trial.choice.only.clone();
    let start = start.unwrap_or_else(|| all.collect());
    let mut runs = 0;
    let mut breaks = |only: &[usize]| {
        runs += 1;
        let chosen = Choice {
            only: Some(only.to_vec()),
            ..choice.clone()
        };
        let row = trial.run_under(seed, chosen.chosen(whole.clone()));
        runs <= RUNS_MAX && row.findings.iter().any(|it| it.broken == *broken)
    };
    if !breaks(&start) {
        return None;
    }
    Some(minimal(start, breaks))
}

/// A smallest part of `items` that still `breaks`: nothing can be taken out of it. `items` breaks.
fn minimal(items: Vec<usize>, mut breaks: impl FnMut(&[usize]) -> bool) -> Vec<usize> {
    let mut kept = items;
    let mut size = kept.len();
    while size > 0 && !kept.is_empty() {
        let mut place = 0;
        let mut is_smaller = false;
        while place < kept.len() {
            let end = kept.len().min(place + size);
            let without = [&kept[..place], &kept[end..]].concat();
            if breaks(&without) {
                kept = without;
                is_smaller = true;
            } else {
                place = end;
            }
        }
        // Once more at the same size: what was needed before may not be any more.
        if size > 1 || !is_smaller {
            size /= 2;
        }
        size = size.min(kept.len());
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(count: usize, breaks: impl FnMut(&[usize]) -> bool, expected: &[usize]) {
        assert_eq!(minimal((0..count).collect(), breaks), expected);
    }

    #[test]
    fn what_is_not_needed_is_left_out() {
        check(9, |_| true, &[]);
        check(9, |it| it.contains(&4), &[4]);
        check(20, |it| it.contains(&0) && it.contains(&19), &[0, 19]);
        // Two of these are enough, whichever.
        check(5, |it| it.len() >= 2, &[2, 3]);
        // 3 is only needed as long as 7 is there.
        let either = |it: &[usize]| it.contains(&1) && (!it.contains(&7) || it.contains(&3));
        check(8, either, &[1]);
        check(0, |_| true, &[]);
    }
}
