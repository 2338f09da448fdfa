//! Traffic: clients, their requests, and how each ends.

use wavetank_core::draw::Key;
use wavetank_core::id::ClientId;
use wavetank_core::state::view::View;
use wavetank_core::time::SimTime;

use crate::component::proxy::Proxies;
use crate::engine::context::{Context, Effect};
use crate::engine::outcome::Requests;
use crate::plan::Plan;
use crate::world::World;

/// The traffic of a run.
#[derive(Debug)]
pub struct Traffic {}

impl Traffic {
    /// Sources that have not begun.
    #[must_use]
    pub fn new(_plan: &Plan, _key: &Key) -> Self {
        Self {}
    }

    /// t = 0: the sources begin.
    pub fn begin(&mut self, _zero: SimTime, _now: SimTime, _effects: &mut Vec<Effect>) {}

    /// Whether the sources want the run to go on: a stage or a stop lies ahead of `at`.
    #[must_use]
    pub fn is_done(&self, _at: SimTime) -> bool {
        true
    }

    /// A timer of a source: a kind and a number that it chose.
    #[allow(clippy::too_many_arguments)] // a timer, and the three that a request meets
    pub fn on_timer(
        &mut self,
        _client: ClientId,
        _kind: u32,
        _number: u32,
        _proxies: &mut Proxies,
        _world: &mut World,
        _view: View<'_>,
        _ctx: &mut Context<'_>,
    ) {
    }

    /// What the sources saw, at the end of the run.
    #[must_use]
    pub fn finish(&self) -> Vec<Requests> {
        Vec::new()
    }
}
