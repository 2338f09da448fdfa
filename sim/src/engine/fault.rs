//! Faults at work: their edges are facts, and some of them change what the network does.

use wavetank_core::draw::{Chance, Identity, Key, Purpose};
use wavetank_core::fact::{Actor, Edge, Fact, Refusal};
use wavetank_core::id::FaultId;
use wavetank_core::label::Selector;
use wavetank_core::object::pod::Phase;
use wavetank_core::state::view::View;
use wavetank_core::time::{SimDuration, SimTime};

use super::Engine;
use super::commit::caller_lane;
use super::context::Context;
use super::route::context;
use crate::message::call::{Call, Caller};
use crate::message::{Envelope, Message, NO_CAUSE};
use crate::network::hold::{Delay, Hold};
use crate::network::{Lane, Process};
use crate::plan::fault::{Act, FaultStep};

/// How long a caller waits for an answer that never comes: the time-out that people give to clients of
/// the API server, and between the connection's own limits (health checks of HTTP/2 after 30 s of silence).
pub(super) const CALL_TIMEOUT: SimDuration = SimDuration::from_secs(30);

/// The losses that go on.
#[derive(Clone, Debug, Default)]
pub(super) struct Losses(Vec<Loss>);

/// A share of calls that is lost.
#[derive(Clone, Copy, Debug)]
struct Loss {
    fault: FaultId,
    first: Lane,
    last: Lane,
    share: Chance,
}

impl Engine {
    /// A fault begins or ends.
    pub(super) fn fault(&mut self, id: FaultId, begins: bool) {
        let step = self.faults[id.index()].clone();
        let edge = if begins { Edge::Began } else { Edge::Ended(0) };
        let cause = self.commit(Actor::Scenario, Fact::Fault(id, edge), NO_CAUSE);
        self.checks.faulted(&step, begins);
        let until = step.until.map(|until| self.now + until.since(step.at));
        if begins && let Some(at) = until {
            self.push(at, Lane::FAULT, Message::Fault(id, false), cause);
            self.faults_left += 1;
        }
        if begins {
            self.disturb(id, &step, until.unwrap_or(SimTime::MAX));
        } else {
            self.losses.0.retain(|loss| loss.fault != id);
        }
        self.act(&step.act, id, begins, cause);
        self.drain(cause);
        // What it leads to takes its time: it was quiet before, and that says nothing.
        self.steady.restart(self.now);
    }

    /// What a fault does to the network until `to`.
    fn disturb(&mut self, fault: FaultId, step: &FaultStep, to: SimTime) {
        let from = self.now;
        self.holds.prune(from);
        let hold = |first, last| Hold {
            first,
            last,
            from,
            to,
        };
        match step.act {
            Act::Hold { first, last } => {
                let hold = hold(Lane(first), Lane(last));
                self.holds.0.push(hold);
                self.parts.proxies.hold(hold);
            }
            Act::PauseApi => self.holds.0.push(hold(Lane::API, Lane::API)),
            Act::Delay { first, last, by } => {
                let delay = Delay {
                    first: Lane(first),
                    last: Lane(last),
                    from,
                    to,
                    by,
                };
                self.holds.1.push(delay);
                self.parts.proxies.delay(delay);
            }
            Act::Loss { first, last, share } => self.losses.0.push(Loss {
                fault,
                first: Lane(first),
                last: Lane(last),
                share: Chance::ppm(share),
            }),
            Act::CrashNode(_)
            | Act::RestartKubelet(_)
            | Act::KillPod { .. }
            | Act::RestartScheduler
            | Act::RestartControllers
            | Act::StopProxy(_)
            | Act::KillPods { .. } => {}
        }
    }

    /// Whether a message's receiver stands still: the API server is paused, or the scheduler or the
    /// controllers are down. The message is put back to the end of that.
    pub(super) fn stands_still(&mut self, lane: u32, envelope: Envelope) -> bool {
        let lane = Lane(lane);
        if self.holds.0.is_empty() || lane < Lane::API || lane > Lane::CONTROLLERS {
            return false;
        }
        let at = self.holds.held(lane, self.now);
        let is_held = at > self.now;
        if is_held && at < SimTime::MAX {
            self.push(at, lane, envelope.message, envelope.cause);
        }
        is_held
    }

    #[allow(clippy::wildcard_enum_match_arm)] // what is not named has no part in this
    fn act(&mut self, act: &Act, fault: FaultId, begins: bool, cause: u32) {
        let newest = self.cluster.store.rev;
        let restarted = match act {
            Act::RestartScheduler if begins => Some(Process::Scheduler),
            Act::RestartControllers if begins => Some(Process::Controllers),
            _ => None,
        };
        if let Some(process) = restarted {
            self.streams.relist(process, newest);
            self.checks.relisted(process, newest, self.now);
        }
        let view = View::latest(&self.cluster);
        let mut ctx = context!(self, cause);
        let parts = &mut self.parts;
        let (kubelets, world) = (&mut parts.kubelets, &mut parts.world);
        match act {
            Act::StopProxy(node) if begins => parts.proxies.stop(*node, ctx.now),
            Act::StopProxy(node) => parts.proxies.start(*node, &mut ctx),
            Act::CrashNode(node) if begins => {
                parts.proxies.stop(*node, ctx.now);
                kubelets.crash(*node, view, world, &mut parts.leases, &mut ctx);
            }
            Act::CrashNode(node) => {
                parts.proxies.start(*node, &mut ctx);
                kubelets.boot(*node, view, world, &mut parts.leases, &mut ctx);
            }
            Act::RestartKubelet(node) if begins => {
                kubelets.restart(*node, view, world, &mut parts.leases, &mut ctx);
            }
            Act::KillPod {
                namespace,
                selector,
                which,
            } if begins => kubelets.kill(namespace, selector, *which, view, world, &mut ctx),
            Act::KillPods {
                namespace,
                selector,
                percent,
            } if begins => {
                for which in hit(fault, view, namespace, selector, *percent, ctx.key) {
                    kubelets.kill(namespace, selector, which, view, world, &mut ctx);
                }
            }
            Act::RestartScheduler if begins => parts.scheduler.restart(view, &mut ctx),
            Act::RestartControllers if begins => {
                parts.manager.restart(view, &parts.leases, &mut ctx);
            }
            Act::RestartKubelet(_)
            | Act::KillPod { .. }
            | Act::KillPods { .. }
            | Act::RestartScheduler
            | Act::RestartControllers
            | Act::PauseApi
            | Act::Hold { .. }
            | Act::Delay { .. }
            | Act::Loss { .. } => {}
        }
    }

    /// Whether a fault loses this call, sent at `at`, on its way there (`leg` 0), or its answer (1).
    ///
    /// Drawn for the fault, the object, its version and the time: what is tried again is drawn again.
    pub(super) fn is_lost(&self, call: &Call, at: SimTime, leg: u64) -> bool {
        if self.losses.0.is_empty() || matches!(call.from, Caller::Scenario(_)) {
            return false;
        }
        let lane = caller_lane(call.from);
        let (object, version) = self.address(call);
        self.losses.0.iter().any(|loss| {
            let is_concerned = loss.first <= lane && lane <= loss.last;
            let draws = self.key.of(Purpose::FaultSchedule);
            let draw = || {
                let call = draws.draw(object, 2 * version + leg);
                let identity = Identity::from((call, u64::from(loss.fault.0)));
                draws.draw(identity, at.nanos())
            };
            is_concerned && !loss.share.is_zero() && loss.share.hits(draw())
        })
    }

    /// A call, sent at `at`, was lost: its caller learns so by a timeout, if it waits at all.
    pub(super) fn lose(&mut self, mut call: Call, at: SimTime, cause: u32) {
        if matches!(call.from, Caller::Nobody(_)) {
            return;
        }
        let lane = caller_lane(call.from);
        call.answer = Some(Err(Refusal::Timeout));
        let id = self.calls.insert(call);
        self.push(at + CALL_TIMEOUT, lane, Message::Reply(id), cause);
    }
}

/// Which of the running pods are hit: a share of them, drawn for the step.
fn hit(
    fault: FaultId,
    view: View<'_>,
    namespace: &str,
    selector: &str,
    percent: u32,
    key: &Key,
) -> Vec<u32> {
    let identity = Identity::from((u64::MAX, u64::from(fault.0)));
    let below = |index, left| key.below(Purpose::FaultSchedule, identity, index, left);
    share(running(view, namespace, selector), percent, below)
}

/// How many running pods of a namespace a selector selects.
fn running(view: View<'_>, namespace: &str, selector: &str) -> u32 {
    let namespace = view.definitions().texts.find(namespace);
    let (Some(namespace), Ok(selector)) = (namespace, selector.parse::<Selector>()) else {
        return 0;
    };
    let is_hit = |set| selector.matches(view.definitions().get_set(set));
    let pods = view.pods().filter(|(id, pod)| {
        pod.phase == Phase::Running
            && view.pod_identity(*id).namespace == namespace
            && is_hit(pod.labels)
    });
    u32::try_from(pods.count()).unwrap_or(u32::MAX)
}

/// A share of the numbers below `count`, in percent, rounded up, ascending.
fn share(count: u32, percent: u32, below: impl Fn(u64, u64) -> u64) -> Vec<u32> {
    let wanted = (u64::from(count) * u64::from(percent.min(100))).div_ceil(100);
    let mut numbers: Vec<u32> = (0..count).collect();
    let wanted = usize::try_from(wanted).unwrap_or(numbers.len());
    if wanted < numbers.len() {
        for place in 0..wanted {
            let left = (numbers.len() - place) as u64;
            let other = usize::try_from(below(place as u64, left)).unwrap_or(0);
            numbers.swap(place, place + other);
        }
        numbers.truncate(wanted);
        numbers.sort_unstable();
    }
    numbers
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_distinct_and_rounded_up() {
        let last = |_, left: u64| left - 1;
        assert_eq!(share(3, 100, last), [0, 1, 2]);
        assert_eq!(share(10, 25, last).len(), 3);
        assert_eq!(share(10, 25, last), [0, 1, 9]);
        assert_eq!(share(5, 0, last), [] as [u32; 0]);
        assert_eq!(share(0, 50, last), [] as [u32; 0]);
    }
}
