//! Recorded decisions of kube-scheduler: lines of JSON, each a cluster with a pod (or many, in order) and
//! what the real program decided.
//!
//! ```text
//! file ─read─► line ─case─► objects + recorded decision
//!                              │ load            │
//!                              ▼                 │
//!                      Snapshot + Request        │
//!                              │ decide          │
//!                              ▼                 ▼
//!                        our decision ─compare─► Tally + differences ─report─► text, JSON
//! ```
//!
//! Lines are read a batch at a time, so that memory is bounded however long a file is.

pub mod case;
pub mod compare;
pub mod decide;
pub mod field;
pub mod load;
pub mod read;
pub mod report;
pub mod sequence;

use std::path::Path;

use rayon::prelude::*;

use case::{Line, parse};
use compare::{Comparison, compare};
use decide::decide;
use load::of_case;
use read::{Batches, Mistake};
use report::Report;

/// What is to be looked at.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Options {
    /// How many differences are kept.
    pub differences: usize,
    /// One line of so many is compared, beginning with the first; 1 compares all.
    pub one_of: u64,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            differences: 5,
            one_of: 1,
        }
    }
}

/// Compares all lines of all files; `progress` is told how many bytes of them were read so far.
///
/// # Errors
///
/// With every file that cannot be read and every line that is damaged.
pub fn run(
    files: &[&Path],
    options: Options,
    progress: &dyn Fn(u64),
) -> Result<Report, Vec<Mistake>> {
    let mut report = Report::default();
    let mut mistakes = Vec::new();
    let mut done = 0;
    for (number, path) in files.iter().enumerate() {
        report.begin(path);
        match Batches::open(path) {
            Ok(batches) => {
                let told = |bytes: u64| progress(done + bytes);
                run_file(number, batches, options, &mut report, &mut mistakes, &told);
            }
            Err(mistake) => mistakes.push(mistake),
        }
        done += read::size(path);
    }
    if mistakes.is_empty() {
        Ok(report)
    } else {
        Err(mistakes)
    }
}

fn run_file(
    number: usize,
    mut batches: Batches,
    options: Options,
    report: &mut Report,
    mistakes: &mut Vec<Mistake>,
    progress: &dyn Fn(u64),
) {
    let mut cases = 0;
    loop {
        let batch = match batches.next(options.one_of) {
            Ok(batch) => batch,
            Err(mistake) => {
                mistakes.push(mistake);
                return;
            }
        };
        if batch.is_empty() {
            break;
        }
        let results: Vec<_> = batch.par_iter().map(|line| safely(&line.text)).collect();
        for (line, result) in batch.iter().zip(results) {
            cases += 1;
            match result {
                Ok(comparison) => report.add(number, line.number, comparison, options.differences),
                Err(damage) => mistakes.push(batches.mistake(line, damage)),
            }
        }
        if mistakes.len() >= read::MISTAKES_MAX {
            mistakes.push(batches.too_many());
            return;
        }
        progress(batches.bytes());
    }
    if cases == 0 {
        mistakes.push(batches.nothing());
    }
}

/// Decides a line anew and compares. Lines come from anywhere: one that breaks the model is told like a
/// damaged one, and the others are compared.
fn safely(text: &str) -> Result<Comparison, case::Damage> {
    std::panic::catch_unwind(|| judge(text))
        .unwrap_or_else(|_| Err(case::Damage::new("the model failed at this line")))
}

/// Decides a line anew and compares.
fn judge(text: &str) -> Result<Comparison, case::Damage> {
    match parse(text)? {
        Line::Case(case) => {
            let (world, request) = of_case(&case)?;
            let found = decide(&world, &request);
            Ok(compare(&case, &found, &world.framework))
        }
        Line::Sequence(sequence) => sequence::replay(&sequence),
    }
}

#[cfg(test)]
mod tests;
