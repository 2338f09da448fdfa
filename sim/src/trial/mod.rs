//! Trials: a scenario under many seeds, with every check on, to see whether anything ever goes wrong.
//!
//! ```text
//!  Job, Choice ─ seed ─► Row: digest, findings ─► group: what broke, how often, where first
//!                                                   └─► shrink: the fewest faults that still break it
//! ```

pub mod group;
pub mod shrink;

#[cfg(test)]
mod tests;

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

use wavetank_core::log::Digest;
use wavetank_core::state::Cluster;

use crate::check::Checks;
use crate::engine::Ended;
use crate::engine::record::Recorder;
use crate::fault::choice::Choice;
use crate::plan::fault::FaultStep;
use crate::run::Job;
use crate::scenario::schema::{Expect, Scenario};

/// After how many facts the state is compared with one that was folded from their bytes (LOG-2).
const FOLD_EVERY: u64 = 1_000;

/// A scenario that is tried.
#[derive(Clone, Debug)]
pub struct Trial {
    /// The scenario at one point.
    pub job: Job,
    /// Which faults its runs have.
    pub choice: Choice,
    /// What is judged.
    pub judges: Judges,
}

/// What of a run is judged.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Judges {
    /// Whether expectations, and steps that fail, count. Under a swarm they do not: nobody promised them
    /// for faults that nobody wrote down.
    pub expectations: bool,
    /// Invariants that are not judged.
    pub skip: Vec<String>,
    /// Invariants that the scenario expects to break.
    pub breaks: Vec<String>,
}

impl Judges {
    /// What a scenario wants judged; without one, everything.
    #[must_use]
    pub fn of(scenario: Option<&Scenario>, expectations: bool) -> Self {
        let skipped = scenario.iter().flat_map(|it| it.invariants.skip.keys());
        let expects = scenario.iter().flat_map(|it| &it.expect);
        let broken = expects.filter_map(|expect| match expect {
            Expect::Violates(id) => Some(id.value.clone()),
            Expect::Holds(_)
            | Expect::Always(_)
            | Expect::Never(_)
            | Expect::Eventually { .. }
            | Expect::OverRuns { .. } => None,
        });
        Self {
            expectations,
            skip: skipped.cloned().collect(),
            breaks: broken.collect(),
        }
    }

    /// The checks of one run.
    #[must_use]
    pub fn checks(&self) -> Checks {
        Checks::except(&self.skip.iter().map(String::as_str).collect::<Vec<_>>())
    }

    /// Whether an invariant must hold: nobody wrote that it is to break.
    #[must_use]
    pub fn demands(&self, invariant: &str) -> bool {
        self.breaks.iter().all(|broken| broken != invariant)
    }
}

/// What one run of a trial came to.
#[derive(Clone, PartialEq, Debug)]
pub struct Row {
    /// The seed.
    pub seed: u64,
    /// The digest of the run; none when the model failed.
    pub digest: Option<Digest>,
    /// How many facts there were.
    pub facts: u64,
    /// How many steps its schedule of faults had.
    pub faults: usize,
    /// What was not as it should be, each thing once.
    pub findings: Vec<Finding>,
}

/// What can be broken.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Broken {
    /// The model itself: a panic.
    Model,
    /// An invariant, by its id.
    Invariant(&'static str),
    /// An expectation, as it is written.
    Expectation(String),
    /// A step of the timeline, by its name.
    Step(String),
}

/// Something that was not as it should be, where it first was so.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Finding {
    /// What.
    pub broken: Broken,
    /// When, in nanoseconds after t = 0, and the number of the fact; none for what is judged at the end.
    pub place: Option<(i128, u64)>,
    /// What was found.
    pub text: String,
}

impl Trial {
    /// Runs one seed.
    #[must_use]
    pub fn run(&self, seed: u64) -> Row {
        self.run_under(seed, self.job.schedule(seed, &self.choice))
    }

    /// Runs one seed under an explicit schedule of faults. A panic of the model is a finding: the other
    /// seeds go on.
    #[must_use]
    pub fn run_under(&self, seed: u64, schedule: Vec<FaultStep>) -> Row {
        let faults = schedule.len();
        let start = Cluster::new(self.job.plan.definitions.clone());
        let checks = self.judges.checks().folding(start, FOLD_EVERY);
        // Whatever a panic left half done is dropped with the engine.
        let ended = catch_unwind(AssertUnwindSafe(|| {
            let recorder = Recorder::digest();
            self.job
                .engine_under(schedule, seed, recorder, checks)
                .end()
        }));
        match ended {
            Ok(ended) => Row {
                seed,
                digest: Some(ended.outcome.digest),
                facts: ended.outcome.facts,
                faults,
                findings: self.findings(&ended),
            },
            Err(panic) => Row {
                seed,
                digest: None,
                facts: 0,
                faults,
                findings: vec![Finding {
                    broken: Broken::Model,
                    place: None,
                    text: panic_text(&*panic),
                }],
            },
        }
    }

    fn findings(&self, ended: &Ended) -> Vec<Finding> {
        let outcome = &ended.outcome;
        let mut found: Vec<Finding> = Vec::new();
        for violation in &outcome.violations {
            let broken = Broken::Invariant(violation.id);
            if !self.judges.demands(violation.id) {
                continue;
            }
            if found.iter().any(|known| known.broken == broken) {
                continue;
            }
            let after = i128::from(violation.at.nanos()) - i128::from(outcome.zero.nanos());
            found.push(Finding {
                broken,
                place: Some((after, violation.seq)),
                text: violation.message.clone(),
            });
        }
        if !self.judges.expectations {
            return found;
        }
        let expectations = ended.measured.expectations.iter();
        for expectation in expectations.filter(|it| it.holds == Some(false)) {
            found.push(Finding {
                broken: Broken::Expectation(expectation.text.clone()),
                place: None,
                text: expectation.detail.clone(),
            });
        }
        for step in outcome.failed_steps(&self.job.plan) {
            let name = step.name.as_deref().unwrap_or("a step without name");
            found.push(Finding {
                broken: Broken::Step(name.to_owned()),
                place: None,
                text: format!("exit {}", step.exit),
            });
        }
        found
    }
}

/// What a panic said.
fn panic_text(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    let text = text.or_else(|| panic.downcast_ref::<&str>().copied());
    text.unwrap_or("the model failed without a message")
        .to_owned()
}
