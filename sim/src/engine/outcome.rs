//! How a run ended.

use wavetank_core::log::Digest;
use wavetank_core::time::{SimDuration, SimTime};

use crate::check::Violation;
use crate::plan::Plan;

/// How a run ended: everything that a sweep's row and the end of `run` need.
#[derive(Clone, PartialEq, Debug)]
pub struct Outcome {
    /// The seed.
    pub seed: u64,
    /// The digest of header, definitions and facts.
    pub digest: Digest,
    /// How many facts there were.
    pub facts: u64,
    /// How many messages the engine handled.
    pub messages: u64,
    /// When t = 0 was.
    pub zero: SimTime,
    /// When the run ended.
    pub ended: SimTime,
    /// Whether it ended in a steady state.
    pub steady: bool,
    /// What the sources of traffic saw, in the order of the plan.
    pub requests: Vec<Requests>,
    /// What the steps of the timeline did, in the order of the plan.
    pub steps: Vec<StepOutcome>,
    /// Why the log could not be written, if it could not.
    pub log_failure: Option<String>,
    /// Invariants that did not hold.
    pub violations: Vec<Violation>,
}

impl Outcome {
    /// The steps that failed and may not.
    pub fn failed_steps<'a>(&'a self, plan: &'a Plan) -> impl Iterator<Item = &'a StepOutcome> {
        let steps = plan.steps.iter().zip(&self.steps);
        steps
            .filter(|(planned, step)| step.exit != 0 && !planned.may_fail)
            .map(|(_, step)| step)
    }
}

/// What one source of traffic saw.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Requests {
    /// Requests sent.
    pub sent: u64,
    /// How they ended, by [`wavetank_core::fact::traffic::Outcome`].
    pub ended: [u64; 8],
}

impl Requests {
    /// Requests that were not answered well.
    #[must_use]
    pub fn lost(&self) -> u64 {
        self.ended[1..].iter().sum()
    }
}

/// What one step of the timeline did.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StepOutcome {
    /// Its name in the scenario, if it has one.
    pub name: Option<Box<str>>,
    /// When it began, after the beginning of the run.
    pub began: Option<SimTime>,
    /// How long it took.
    pub duration: Option<SimDuration>,
    /// Its exit code.
    pub exit: i32,
    /// What it printed: to the run's output.
    pub printed: Vec<Printed>,
}

/// What a step printed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Printed {
    /// A line of text.
    Text(String),
    /// What `get`, `describe`, `logs` or `top` shows: rendered from the log after the run.
    View {
        /// The cluster as it was before the fact with this number.
        seq: u64,
        /// When that was.
        at: SimTime,
        /// The line, as it is written in the scenario.
        line: Box<str>,
    },
}
