//! kube-controller-manager: one process, whose controllers share one informer a kind (C34). It owns the
//! work queues, the rate limits and the scripts that are being played.

use wavetank_core::draw::Key;
use wavetank_core::fact::Controller;
use wavetank_core::id::{ObjId, Rev};
use wavetank_core::state::view::View;

use crate::component::kubelet::lease::Leases;
use crate::engine::context::Context;
use crate::message::ControllerTimer;
use crate::message::call::Answer;
use crate::network::Watched;
use crate::plan::Plan;

/// The controllers of a run.
#[derive(Debug)]
pub struct Manager {}

impl Manager {
    /// Controllers that have seen nothing yet.
    #[must_use]
    pub fn new(_plan: &Plan, _key: &Key) -> Self {
        Self {}
    }

    /// The process starts: it lists what `view` has, and forgets what it knew (C41).
    pub fn restart(&mut self, _view: View<'_>, _leases: &Leases, _ctx: &mut Context<'_>) {}

    /// A watch delivered what came after `from`, up to the view's cursor.
    pub fn on_watch(
        &mut self,
        _watched: Watched,
        _from: Rev,
        _view: View<'_>,
        _ctx: &mut Context<'_>,
    ) {
    }

    /// A worker begins a sync. `key` is what woke it; the worker takes the queue's first key.
    pub fn sync(
        &mut self,
        _controller: Controller,
        _key: ObjId,
        _view: View<'_>,
        _leases: &Leases,
        _ctx: &mut Context<'_>,
    ) {
    }

    /// A delayed addition is due.
    pub fn queue_timer(
        &mut self,
        _controller: Controller,
        _key: ObjId,
        _view: View<'_>,
        _ctx: &mut Context<'_>,
    ) {
    }

    /// A timer went off.
    pub fn on_timer(
        &mut self,
        _controller: Controller,
        _timer: ControllerTimer,
        _view: View<'_>,
        _leases: &Leases,
        _ctx: &mut Context<'_>,
    ) {
    }

    /// The API server answered write `number` of the script for `key`.
    pub fn on_reply(
        &mut self,
        _controller: Controller,
        _key: ObjId,
        _number: u32,
        _answer: &Answer,
        _view: View<'_>,
        _ctx: &mut Context<'_>,
    ) {
    }
}
