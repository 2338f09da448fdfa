//! kube-scheduler.

use wavetank_core::draw::Key;
use wavetank_core::id::{PodId, Rev};
use wavetank_core::state::view::View;

use crate::engine::context::Context;
use crate::message::SchedulerTimer;
use crate::message::call::Answer;
use crate::network::Watched;
use crate::plan::Plan;

/// The scheduler of a run.
#[derive(Debug)]
pub struct Scheduler {}

impl Scheduler {
    /// A scheduler that has seen nothing yet.
    #[must_use]
    pub fn new(_plan: &Plan, _key: &Key) -> Self {
        Self {}
    }

    /// The process starts: it lists what `view` has, and forgets what it knew.
    pub fn restart(&mut self, _view: View<'_>, _ctx: &mut Context<'_>) {}

    /// A watch delivered what came after `from`, up to the view's cursor.
    pub fn on_watch(
        &mut self,
        _watched: Watched,
        _from: Rev,
        _view: View<'_>,
        _ctx: &mut Context<'_>,
    ) {
    }

    /// A timer went off.
    pub fn on_timer(&mut self, _timer: SchedulerTimer, _view: View<'_>, _ctx: &mut Context<'_>) {}

    /// The API server answered a call about `pod`; `number` is the caller's own.
    pub fn on_reply(
        &mut self,
        _pod: PodId,
        _number: u32,
        _answer: &Answer,
        _view: View<'_>,
        _ctx: &mut Context<'_>,
    ) {
    }
}
