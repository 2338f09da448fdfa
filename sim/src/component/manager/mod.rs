//! kube-controller-manager: one process, whose controllers share one informer a kind (C34). It owns the
//! work queues, the rate limits and the scripts that are being played.
//!
//! ```text
//!  watch ─► event.rs: whom does it concern? ─► desk: work queue ─► a worker ─► controller.sync(view)
//!                                                  ▲                              │ Script
//!                                                  │ done, failed, again          ▼
//!                                              play.rs ◄──── answers ◄──── calls, as fast as allowed
//! ```

mod controllers;
mod desk;
mod event;
mod play;
mod select;

use wavetank_core::draw::{Key, Purpose, PurposeKey};
use wavetank_core::fact::Controller;
use wavetank_core::id::{ObjId, Rev};
use wavetank_core::state::view::View;
use wavetank_core::time::SimTime;

use crate::component::kubelet::lease::Leases;
use crate::engine::context::Context;
use crate::message::call::{Answer, Request};
use crate::message::{ControllerTimer, Message};
use crate::network::{Lane, Watched};
use crate::plan::Plan;
use controllers::Controllers;
use desk::{Desk, Desks, SEND_TIMER};

pub(crate) use desk::Note;
pub(crate) use event::{PodEvent, Wakes};
pub(crate) use select::Selected;

/// The controllers of a run.
#[derive(Debug)]
pub struct Manager {
    controllers: Controllers,
    desks: Desks,
    /// The number of the next write: tells answers to scripts of before a restart from those of after.
    next_number: u32,
    lag: PurposeKey,
    work: PurposeKey,
    /// Buffers, kept for their capacity.
    wakes: Wakes,
    requests: Vec<Request>,
    /// What was decided since somebody looked, when somebody looks.
    pub(crate) decided: Option<Vec<Decided>>,
}

/// What a sync decided.
pub(crate) type Decided = (Controller, ObjId, crate::client::script::Script);

/// What a draw for a key of a controller is addressed by.
fn identity(controller: Controller, key: ObjId) -> (u32, u32) {
    ((controller as u32) << 8 | key.kind as u32, key.index)
}

impl Manager {
    /// Controllers that have seen nothing yet.
    #[must_use]
    pub fn new(plan: &Plan, key: &Key) -> Self {
        Self {
            controllers: Controllers::new(plan, key),
            desks: Desks::new(&plan.settings.controllers),
            next_number: 0,
            lag: key.of(Purpose::HandlerLag),
            work: key.of(Purpose::SyncCpu),
            wakes: Wakes::default(),
            requests: Vec::new(),
            decided: None,
        }
    }

    /// The process starts: it lists what `view` has, and forgets what it knew (C41). Scripts that were
    /// being played are not played on.
    pub fn restart(&mut self, view: View<'_>, leases: &Leases, ctx: &mut Context<'_>) {
        self.desks.reset();
        self.controllers.restart(view, leases, ctx, &mut self.wakes);
        self.wake_all(ctx);
    }

    /// A watch delivered what came after `from`, up to the view's cursor.
    pub fn on_watch(&mut self, watched: Watched, from: Rev, view: View<'_>, ctx: &mut Context<'_>) {
        self.controllers
            .on_watch(watched, from, view, ctx, &mut self.wakes);
        self.wake_all(ctx);
    }

    /// A worker begins a sync. `key` is what woke it; the worker takes the queue's first key.
    pub fn sync(
        &mut self,
        controller: Controller,
        key: ObjId,
        view: View<'_>,
        _leases: &Leases,
        ctx: &mut Context<'_>,
    ) {
        if self.desk(controller).has_started(key, ctx.now) {
            self.work(controller, view, ctx);
        }
    }

    /// A delayed addition is due.
    pub fn queue_timer(
        &mut self,
        controller: Controller,
        key: ObjId,
        _view: View<'_>,
        ctx: &mut Context<'_>,
    ) {
        if self.desk(controller).queue.due(key, ctx.now) {
            // The queue's own timer: no informer is between it and the worker.
            self.add(controller, key, ctx.now, ctx);
        }
    }

    /// A timer went off.
    pub fn on_timer(
        &mut self,
        controller: Controller,
        timer: ControllerTimer,
        view: View<'_>,
        leases: &Leases,
        ctx: &mut Context<'_>,
    ) {
        if timer.kind == SEND_TIMER {
            return self.send_next(controller, timer.about, ctx);
        }
        self.controllers
            .on_timer(controller, timer, view, leases, ctx, &mut self.wakes);
        self.wake_all(ctx);
    }

    /// The API server answered write `number` of the script for `key`.
    pub fn on_reply(
        &mut self,
        controller: Controller,
        key: ObjId,
        number: u32,
        answer: &Answer,
        view: View<'_>,
        ctx: &mut Context<'_>,
    ) {
        if self.take_answer(controller, key, number, answer, view, ctx) {
            self.work(controller, view, ctx);
        }
    }

    fn desk(&mut self, controller: Controller) -> &mut Desk {
        self.desks.of(controller)
    }

    /// Adds the keys that handlers asked for, after the handlers' work.
    fn wake_all(&mut self, ctx: &mut Context<'_>) {
        let mut wakes = std::mem::take(&mut self.wakes);
        for (controller, key) in wakes.now.drain(..) {
            let taken = self.desk(controller).queue.taken(key);
            let draw = self.lag.draw(identity(controller, key), u64::from(taken));
            let at = ctx.now + ctx.network.handler.sample(draw);
            self.add(controller, key, at, ctx);
        }
        for (controller, key, at) in wakes.later.drain(..) {
            self.add_at(controller, key, at, ctx);
        }
        for (controller, timer, at) in wakes.timers.drain(..) {
            ctx.wake(
                at,
                Lane::CONTROLLERS,
                Message::Controller(controller, timer),
            );
        }
        self.wakes = wakes;
    }

    /// Adds a key; an idle worker takes it at `at`.
    fn add(&mut self, controller: Controller, key: ObjId, at: SimTime, ctx: &mut Context<'_>) {
        let desk = self.desk(controller);
        if desk.queue.add(key) {
            desk.starts(key, at);
            ctx.wake(at, Lane::CONTROLLERS, Message::Sync(controller, key));
        }
    }

    /// Adds a key at an instant (C37).
    fn add_at(&mut self, controller: Controller, key: ObjId, at: SimTime, ctx: &mut Context<'_>) {
        let at = at.max(ctx.now);
        if self.desk(controller).queue.add_at(key, at) {
            ctx.wake(at, Lane::CONTROLLERS, Message::QueueTimer(controller, key));
        }
    }
}
