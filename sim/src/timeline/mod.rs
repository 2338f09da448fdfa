//! The timeline: what people do, as kubectl does it.

use wavetank_core::fact::Record;
use wavetank_core::id::StepId;
use wavetank_core::state::Cluster;
use wavetank_core::state::view::View;
use wavetank_core::time::SimTime;

use crate::engine::context::{Context, Effect};
use crate::engine::outcome::StepOutcome;
use crate::message::call::Answer;
use crate::plan::Plan;
use crate::world::World;

/// The timeline of a run.
#[derive(Debug)]
pub struct Timeline {}

impl Timeline {
    /// A timeline of which nothing has happened.
    #[must_use]
    pub fn new(_plan: &Plan) -> Self {
        Self {}
    }

    /// t = 0.
    pub fn begin(&mut self, _zero: SimTime, _now: SimTime, _effects: &mut Vec<Effect>) {}

    /// Whether all manifests have been applied.
    #[must_use]
    pub fn applied_all(&self, cluster: &Cluster, manifests: usize) -> bool {
        cluster.store.rev.0 as usize >= manifests
    }

    /// Whether every step has ended.
    #[must_use]
    pub fn is_done(&self) -> bool {
        true
    }

    /// A write was committed: a step that waits for a condition looks again.
    pub fn committed(&mut self, _record: &Record, _effects: &mut Vec<Effect>, _now: SimTime) {}

    /// A timer of a step: a number that the runner chose.
    pub fn on_timer(
        &mut self,
        _step: StepId,
        _number: u32,
        _view: View<'_>,
        _world: &mut World,
        _ctx: &mut Context<'_>,
    ) {
    }

    /// The API server answered a call of a step.
    #[allow(clippy::too_many_arguments)] // what a reply is, and what a handler gets
    pub fn on_reply(
        &mut self,
        _step: StepId,
        _number: u32,
        _answer: &Answer,
        _view: View<'_>,
        _world: &mut World,
        _ctx: &mut Context<'_>,
    ) {
    }

    /// What the steps did, at the end of the run.
    #[must_use]
    pub fn finish(&self) -> Vec<StepOutcome> {
        Vec::new()
    }
}
