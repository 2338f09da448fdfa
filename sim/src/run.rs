//! One run of a scenario at one point: what `run` does once and `sweep` ten thousand times.

use std::sync::Arc;

use wavetank_core::draw::Key;

use crate::check::Checks;
use crate::engine::record::Recorder;
use crate::engine::{Ended, Engine};
use crate::fault::choice::Choice;
use crate::measure::{Compiled, Meter};
use crate::plan::Plan;
use crate::plan::fault::FaultStep;

/// A scenario at one point, ready to be run under any seed.
#[derive(Clone, Debug)]
pub struct Job {
    /// The Plan.
    pub plan: Arc<Plan>,
    /// What is measured and expected.
    pub compiled: Arc<Compiled>,
}

impl Job {
    /// The engine of a run under `seed`, before its first message. The faults are expanded here: what
    /// happens when is known before the run begins.
    #[must_use]
    pub fn engine(&self, seed: u64, recorder: Recorder, checks: Checks) -> Engine {
        let faults = self.schedule(seed, &Choice::default());
        self.engine_under(faults, seed, recorder, checks)
    }

    /// What goes wrong under `seed`, and when: times count from t = 0.
    #[must_use]
    pub fn schedule(&self, seed: u64, choice: &Choice) -> Vec<FaultStep> {
        choice.schedule(&self.plan, &Key::new(seed, &self.plan.digest))
    }

    /// As [`Self::engine`], under an explicit schedule of faults.
    #[must_use]
    pub fn engine_under(
        &self,
        faults: Vec<FaultStep>,
        seed: u64,
        recorder: Recorder,
        checks: Checks,
    ) -> Engine {
        let meter = Some(Meter::new(Arc::clone(&self.compiled)));
        Engine::measured(
            Arc::clone(&self.plan),
            seed,
            faults,
            recorder,
            checks,
            meter,
        )
    }

    /// Runs to the end under `seed`.
    ///
    /// # Panics
    ///
    /// On a mistake of the model; the message names scenario, seed and record.
    #[must_use]
    pub fn run(&self, seed: u64, recorder: Recorder, checks: Checks) -> Ended {
        self.engine(seed, recorder, checks).end()
    }
}
