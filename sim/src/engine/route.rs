//! The wiring diagram: which message goes to whom, with which view.

use wavetank_core::state::view::{Cursors, View};

use super::Engine;
use super::context::Context;
use crate::message::call::{Call, CallId, Caller};
use crate::message::{Envelope, Message};
use crate::network::{Process, Stream};

impl Engine {
    /// Hands a message to its receiver.
    #[allow(clippy::too_many_lines)] // one list, in the order in which it is read
    pub(super) fn route(&mut self, envelope: Envelope) {
        if self.absent.receives(envelope.message) {
            return;
        }
        match envelope.message {
            Message::Call(id) => self.serve(id, envelope.cause),
            Message::Reply(id) => {
                let call = self.calls.remove(id);
                self.reply(&call, envelope.cause);
            }
            Message::Send(id) => {
                let call = self.calls.remove(id);
                self.send(call, wavetank_core::time::SimDuration::ZERO, envelope.cause);
            }
            Message::Watch(stream, upto) => {
                if let Some(from) = self.streams.deliver(stream, upto) {
                    let newest = self.cluster.store.rev;
                    self.checks.delivered(stream, from, upto, newest, self.now);
                    let last = self.streams.arrives(stream, self.now);
                    let silent = self.holds.silent_since(stream.lane(), last, self.now);
                    let is_gone =
                        silent.is_some_and(|since| self.windows.is_gone(stream.watched, since));
                    self.watch(stream, from, is_gone, envelope.cause);
                }
            }
            Message::KubeletWatch(node, upto) => {
                let mut pods = std::mem::take(&mut self.parts.kubelets.delivered);
                pods.clear();
                let newest = self.cluster.store.rev;
                self.checks.delivered_pods(node, upto, newest, self.now);
                self.streams.deliver_pods(node, upto, &mut pods);
                let view = View::new(&self.cluster, self.streams.kubelet_cursors(node));
                let mut ctx = context!(self, envelope.cause);
                let parts = &mut self.parts;
                parts
                    .kubelets
                    .on_pods(node, &pods, view, &mut parts.world, &mut ctx);
                self.parts.kubelets.delivered = pods;
            }
            Message::Sync(..) | Message::QueueTimer(..) | Message::Controller(..) => {
                self.manage(envelope);
            }
            Message::Scheduler(timer) => {
                let view = View::new(&self.cluster, self.streams.cursors(Process::Scheduler));
                let mut ctx = context!(self, envelope.cause);
                self.parts.scheduler.on_timer(timer, view, &mut ctx);
            }
            Message::Kubelet(node, timer) => {
                let view = View::new(&self.cluster, self.streams.kubelet_cursors(node));
                let mut ctx = context!(self, envelope.cause);
                let parts = &mut self.parts;
                let leases = &mut parts.leases;
                parts
                    .kubelets
                    .on_timer(node, timer, view, &mut parts.world, leases, &mut ctx);
            }
            Message::Proxy(node, timer) => {
                let mut ctx = context!(self, envelope.cause);
                self.parts.proxies.on_timer(node, timer, &mut ctx);
            }
            Message::Traffic(client, kind, number) => {
                let view = View::latest(&self.cluster);
                let mut ctx = context!(self, envelope.cause);
                let Self { parts, .. } = self;
                let (proxies, world) = (&mut parts.proxies, &parts.world);
                parts
                    .traffic
                    .on_timer(client, kind, number, proxies, world, view, &mut ctx);
                self.judge_routes(client);
            }
            Message::Step(step, number) => {
                let view = View::latest(&self.cluster);
                let mut ctx = context!(self, envelope.cause);
                let parts = &mut self.parts;
                parts.timeline.seq = self.cluster.next_seq;
                parts
                    .timeline
                    .on_timer(step, number, view, &mut parts.world, &mut ctx);
            }
            Message::Fault(fault, begins) => {
                self.faults_left -= 1;
                self.fault(fault, begins);
            }
        }
        self.judge_decisions();
    }

    #[allow(clippy::wildcard_enum_match_arm)] // what is not named has no part in this
    /// Has the checks judge what controllers decided during this message, on the views that they had.
    fn judge_decisions(&mut self) {
        let Some(decided) = &mut self.parts.manager.decided else {
            return;
        };
        if decided.is_empty() {
            return;
        }
        let decisions = std::mem::take(decided);
        let view = View::new(&self.cluster, self.streams.cursors(Process::Controllers));
        for (controller, key, script) in &decisions {
            self.checks
                .decided(*controller, *key, view, script, self.now);
        }
    }

    /// Notes where new connections of a source went, and has the checks judge it.
    fn judge_routes(&mut self, client: wavetank_core::id::ClientId) {
        if !self.checks.is_on() && !self.keeps_deliveries {
            return;
        }
        let mut routed = Vec::new();
        self.parts.traffic.routed(client, &mut routed);
        let newest = self.cluster.store.rev;
        for connection in &routed {
            if self.keeps_deliveries {
                self.record_route(connection);
            }
            let rules = View::new(&self.cluster, Cursors::all(connection.rev));
            self.checks.routed(connection, rules, newest, self.now);
        }
    }

    fn manage(&mut self, envelope: Envelope) {
        let view = View::new(&self.cluster, self.streams.cursors(Process::Controllers));
        let mut ctx = context!(self, envelope.cause);
        let parts = &mut self.parts;
        match envelope.message {
            Message::Sync(controller, key) => {
                parts
                    .manager
                    .sync(controller, key, view, &parts.leases, &mut ctx);
            }
            Message::QueueTimer(controller, key) => {
                parts.manager.queue_timer(controller, key, view, &mut ctx);
            }
            Message::Controller(controller, timer) => {
                parts
                    .manager
                    .on_timer(controller, timer, view, &parts.leases, &mut ctx);
            }
            Message::Call(_)
            | Message::Reply(_)
            | Message::Watch(..)
            | Message::KubeletWatch(..)
            | Message::Send(_)
            | Message::Scheduler(_)
            | Message::Kubelet(..)
            | Message::Proxy(..)
            | Message::Traffic(..)
            | Message::Step(..)
            | Message::Fault(..) => unreachable!("only messages of controllers come here"),
        }
    }

    /// Delivers the events of a control-plane process's watch: its cursor has moved already (C34). A watch
    /// that was away for too long got 410, and the process listed anew (C23, C32).
    fn watch(&mut self, stream: Stream, from: wavetank_core::id::Rev, is_gone: bool, cause: u32) {
        let mut view = View::new(&self.cluster, self.streams.cursors(stream.process));
        if is_gone {
            self.relists += 1;
            view = view.relisted();
        }
        let mut ctx = context!(self, cause);
        match stream.process {
            Process::Scheduler => {
                self.parts
                    .scheduler
                    .on_watch(stream.watched, from, view, &mut ctx);
            }
            Process::Controllers => {
                self.parts
                    .manager
                    .on_watch(stream.watched, from, view, &mut ctx);
            }
        }
    }

    /// The API server decides a call.
    fn serve(&mut self, id: CallId, cause: u32) {
        let mut ctx = context!(self, cause);
        let call = self.calls.get_mut(id);
        let answer = self.parts.api.handle(call, &self.cluster, &mut ctx);
        call.answer = Some(answer);
        self.checks.answered(call, &self.cluster, self.now);
        self.answer(id, cause);
    }

    /// Hands an answer to the caller.
    fn reply(&mut self, call: &Call, cause: u32) {
        let answer = call.answer.as_ref().expect("an answered call");
        match call.from {
            Caller::Nobody(_) => {}
            Caller::Controller(controller, key, number) => {
                let view = View::new(&self.cluster, self.streams.cursors(Process::Controllers));
                let mut ctx = context!(self, cause);
                let manager = &mut self.parts.manager;
                manager.on_reply(controller, key, number, answer, view, &mut ctx);
            }
            Caller::Scheduler(pod, number) => {
                let view = View::new(&self.cluster, self.streams.cursors(Process::Scheduler));
                let mut ctx = context!(self, cause);
                self.parts
                    .scheduler
                    .on_reply(pod, number, answer, view, &mut ctx);
            }
            Caller::Kubelet(node, pod, number) => {
                let view = View::new(&self.cluster, self.streams.kubelet_cursors(node));
                let mut ctx = context!(self, cause);
                let parts = &mut self.parts;
                let world = &mut parts.world;
                parts
                    .kubelets
                    .on_reply(node, pod, number, call, view, world, &mut ctx);
            }
            Caller::User(step, number) => {
                let view = View::latest(&self.cluster);
                let mut ctx = context!(self, cause);
                let parts = &mut self.parts;
                parts.timeline.seq = self.cluster.next_seq;
                let world = &mut parts.world;
                parts
                    .timeline
                    .on_reply(step, number, answer, view, world, &mut ctx);
            }
            Caller::Scenario(number) => self.applied(number, answer.is_ok()),
        }
    }
}

/// The context of one message, borrowing single fields of the engine.
macro_rules! context {
    ($engine:ident, $cause:expr) => {
        Context::new(
            $engine.now,
            $engine.phase,
            &$engine.key,
            &$engine.plan.network,
            $cause,
            &$engine.cluster.definitions,
            &mut $engine.outbox,
        )
    };
}
pub(super) use context;
