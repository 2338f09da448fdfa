//! Faults at work: their edges are facts, and some of them change what the network does.

use wavetank_core::fact::{Actor, Edge, Fact};
use wavetank_core::id::FaultId;
use wavetank_core::time::SimTime;

use super::Engine;
use super::context::Context;
use super::route::context;
use crate::message::call::Call;
use crate::message::{Message, NO_CAUSE};
use crate::network::hold::{Hold, Holds};
use crate::network::{Lane, Process};
use crate::plan::fault::{Act, FaultStep};
use wavetank_core::state::view::View;

/// What of the schedule the network has to know before the run.
pub(super) fn holds(_faults: &[FaultStep]) -> Holds {
    Holds::default()
}

impl Engine {
    /// A fault begins or ends.
    pub(super) fn fault(&mut self, id: FaultId, begins: bool) {
        let step = self.faults[id.index()].clone();
        let edge = if begins { Edge::Began } else { Edge::Ended(0) };
        let cause = self.commit(Actor::Scenario, Fact::Fault(id, edge), NO_CAUSE);
        if begins && let Some(until) = step.until {
            let at = self.now + until.since(step.at);
            self.push(at, Lane::FAULT, Message::Fault(id, false), cause);
            self.hold(&step, at);
        }
        self.act(&step.act, begins, cause);
        self.drain(cause);
    }

    /// Lanes that the fault holds back deliver nothing until `until`.
    fn hold(&mut self, step: &FaultStep, until: SimTime) {
        let (first, last) = match step.act {
            Act::Hold { first, last } => (Lane(first), Lane(last)),
            Act::PauseApi => (Lane::API, Lane::API),
            Act::CrashNode(_)
            | Act::RestartKubelet(_)
            | Act::KillPod { .. }
            | Act::RestartScheduler
            | Act::RestartControllers
            | Act::Delay { .. }
            | Act::Loss { .. }
            | Act::StopProxy(_) => return,
        };
        let hold = Hold {
            first,
            last,
            from: self.now,
            to: until,
        };
        self.holds.0.push(hold);
        self.parts.proxies.hold(hold);
    }

    fn act(&mut self, act: &Act, begins: bool, cause: u32) {
        let view = View::latest(&self.cluster);
        let mut ctx = context!(self, cause);
        let parts = &mut self.parts;
        match act {
            Act::CrashNode(node) if begins => {
                parts.proxies.stop(*node, ctx.now);
                parts
                    .kubelets
                    .crash(*node, view, &mut parts.world, &mut parts.leases, &mut ctx);
            }
            Act::CrashNode(node) => {
                parts.proxies.start(*node, &mut ctx);
                parts
                    .kubelets
                    .boot(*node, view, &mut parts.world, &mut parts.leases, &mut ctx);
            }
            Act::RestartKubelet(node) if begins => {
                let world = &mut parts.world;
                parts
                    .kubelets
                    .restart(*node, view, world, &mut parts.leases, &mut ctx);
            }
            Act::KillPod {
                namespace,
                selector,
                which,
            } if begins => {
                let world = &mut parts.world;
                parts
                    .kubelets
                    .kill(namespace, selector, *which, view, world, &mut ctx);
            }
            Act::StopProxy(node) if begins => parts.proxies.stop(*node, ctx.now),
            Act::StopProxy(node) => parts.proxies.start(*node, &mut ctx),
            Act::RestartScheduler if begins => {
                self.streams
                    .relist(Process::Scheduler, self.cluster.store.rev);
                parts.scheduler.restart(view, &mut ctx);
            }
            Act::RestartControllers if begins => {
                self.streams
                    .relist(Process::Controllers, self.cluster.store.rev);
                parts.manager.restart(view, &parts.leases, &mut ctx);
            }
            Act::RestartKubelet(_)
            | Act::KillPod { .. }
            | Act::RestartScheduler
            | Act::RestartControllers
            | Act::PauseApi
            | Act::Hold { .. }
            | Act::Delay { .. }
            | Act::Loss { .. } => {}
        }
    }

    /// Whether a fault loses this call on its way.
    pub(super) fn is_lost(&self, _call: &Call, _at: SimTime) -> bool {
        false
    }

    /// A call was lost: its caller learns so by a timeout.
    pub(super) fn lose(&mut self, _call: Call, _cause: u32) {}
}
