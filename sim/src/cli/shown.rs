//! What the steps of a run's timeline showed: rendered from its log when the run has ended.

use std::io::Cursor;
use std::path::Path;

use wavetank_core::log::Reader;

use super::exit::Failure;
use super::source::open;
use crate::engine::Ended;
use crate::engine::outcome::Printed;
use crate::engine::record::Recorder;
use crate::plan::Plan;
use crate::plan::step::PlannedStep;
use crate::report::line::{Asked, answers};

/// The recorder of a run whose log nobody asked for: with a log in memory when a step wants to see
/// something.
#[must_use]
pub fn recorder(plan: &Plan) -> Recorder {
    if plan.steps.iter().any(PlannedStep::has_view) {
        Recorder::log_in_memory()
    } else {
        Recorder::digest()
    }
}

/// What each [`Printed::View`] of a run shows, in the order of the steps.
///
/// # Errors
///
/// When the log that was just written cannot be read.
pub fn shown(ended: &Ended, log: Option<&Path>) -> Result<Vec<String>, Failure> {
    let printed = ended.outcome.steps.iter().flat_map(|step| &step.printed);
    let asked: Vec<_> = printed
        .filter_map(|printed| match printed {
            Printed::View { seq, at, line } => Some(Asked {
                seq: *seq,
                at: *at,
                line,
            }),
            Printed::Text(_) => None,
        })
        .collect();
    if asked.is_empty() {
        return Ok(Vec::new());
    }
    let unreadable = |error: &dyn std::fmt::Display| {
        Failure::user(format!("the log of the run cannot be read: {error}"))
    };
    let texts = match (log, &ended.log) {
        (Some(path), _) => {
            let log = open(path, false).map_err(|error| unreadable(&error))?;
            answers(log, &asked)
        }
        (None, Some(bytes)) => {
            let log = Reader::open(Cursor::new(bytes)).map_err(|error| unreadable(&error))?;
            answers(log, &asked)
        }
        (None, None) => return Ok(Vec::new()),
    };
    texts.map_err(|error| unreadable(&error))
}
