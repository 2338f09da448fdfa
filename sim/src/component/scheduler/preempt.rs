//! Preemption carried out, beside the scheduling loop (S152–S154).

use rustc_hash::FxHashMap;
use wavetank_core::draw::Purpose;
use wavetank_core::fact::Actor;
use wavetank_core::fact::event::EventNote;
use wavetank_core::fact::pod::StatusChange;
use wavetank_core::id::{NodeId, PodId};
use wavetank_core::object::condition::Truth;
use wavetank_core::object::meta::{uid, uid_text};
use wavetank_core::object::pod::PodConditionType;
use wavetank_core::state::view::View;
use wavetank_core::text::known;

use super::Scheduler;
use super::decision::preemption::Candidate;
use super::profile::DEFAULT_NAME;
use super::{CLEARED, VICTIM_DELETION, VICTIM_STATUS};
use crate::engine::context::Context;
use crate::message::call::{Answer, Request};

/// The preemptions under way.
#[derive(Clone, Debug, Default)]
pub(super) struct Preemptions {
    /// By preemptor. Looked up, never iterated.
    running: FxHashMap<PodId, Running>,
    /// For whom a victim has to go, and from where. Looked up, never iterated.
    victims: FxHashMap<PodId, (PodId, NodeId)>,
}

/// One preemption.
#[derive(Clone, Debug)]
struct Running {
    /// How many victims are on their way out before the last is told.
    waiting: usize,
    /// The last victim, told when the others were.
    last: PodId,
    /// Whether it was told.
    is_last_told: bool,
}

impl Preemptions {
    /// Whether a pod is kept out of the queue, since its preemption is not finished (S24).
    pub(super) fn blocks(&self, pod: PodId) -> bool {
        self.running.contains_key(&pod)
    }
}

impl Scheduler {
    /// Sends the victims away: all but the last beside one another, then the last.
    pub(super) fn preempt(
        &mut self,
        preemptor: PodId,
        candidate: &Candidate,
        view: View<'_>,
        ctx: &mut Context<'_>,
    ) {
        let node = candidate.node;
        self.clear_lower_nominations(preemptor, node, ctx);
        let is_going = |pod: &PodId| view.pod(*pod).is_none_or(|pod| pod.deletion.is_some());
        let victims = candidate.victims.iter().copied();
        let victims: Vec<PodId> = victims.filter(|pod| !is_going(pod)).collect();
        let Some((last, others)) = victims.split_last() else {
            return;
        };
        let running = Running {
            waiting: others.len(),
            last: *last,
            is_last_told: others.is_empty(),
        };
        self.preemptions.running.insert(preemptor, running);
        let first: &[PodId] = if others.is_empty() { &victims } else { others };
        for victim in &victims {
            self.preemptions.victims.insert(*victim, (preemptor, node));
        }
        for victim in first {
            self.disrupt(*victim, preemptor, ctx);
        }
    }

    /// Pods of lower priority lose their nomination to the node.
    fn clear_lower_nominations(&mut self, preemptor: PodId, node: NodeId, ctx: &mut Context<'_>) {
        let snapshot = &self.snapshot;
        let Some(entry) = self.queue.get(preemptor) else {
            return;
        };
        let priority = snapshot.shape(entry.shape).priority();
        let nominated = snapshot.around.nominated(node).iter();
        let lower: Vec<_> = nominated
            .filter(|other| snapshot.shape(other.shape).priority() < priority)
            .copied()
            .collect();
        for other in lower {
            self.snapshot.around.nominate(other.pod, other.shape, None);
            let changes = [StatusChange::Nominated(None)];
            let request = Request::PodStatus(other.pod, changes.into());
            self.call(other.pod, CLEARED, request, ctx);
        }
    }

    /// The first of two writes: why the victim goes.
    fn disrupt(&mut self, victim: PodId, preemptor: PodId, ctx: &mut Context<'_>) {
        let kind = PodConditionType::DisruptionTarget;
        let entry = self.queue.get(preemptor);
        let spec = entry.map(|entry| self.snapshot.shape(entry.shape).spec());
        let scheduler = spec.map_or("", |spec| &spec.scheduler_name);
        let scheduler = if scheduler.is_empty() {
            DEFAULT_NAME
        } else {
            scheduler
        };
        let message = ctx.text(&format!(
            "{scheduler}: preempting to accommodate a higher priority pod"
        ));
        let changes = [
            StatusChange::Condition(
                kind,
                Truth::True,
                known::PREEMPTION_BY_SCHEDULER,
                ctx.stamp(),
            ),
            StatusChange::ConditionMessage(kind, message),
        ];
        let request = Request::PodStatus(victim, changes.into());
        self.call(victim, VICTIM_STATUS, request, ctx);
    }

    /// A write to a victim was answered: the second follows the first, and then the event. A refusal
    /// ends the preemption, and its pod is tried again (S35).
    pub(super) fn victim_answered(
        &mut self,
        victim: PodId,
        what: u32,
        answer: &Answer,
        ctx: &mut Context<'_>,
    ) {
        let Some((preemptor, node)) = self.preemptions.victims.get(&victim).copied() else {
            return;
        };
        // A victim that is gone already is as good as deleted.
        let is_gone = matches!(answer, Err(wavetank_core::fact::Refusal::NotFound));
        if answer.is_err() && !is_gone {
            self.preemptions.victims.remove(&victim);
            self.preemptions.running.remove(&preemptor);
            self.queue.activate(preemptor);
            return;
        }
        if what == VICTIM_STATUS && !is_gone {
            let request = Request::DeletePod(victim, None, None);
            self.call(victim, VICTIM_DELETION, request, ctx);
            return;
        }
        self.preemptions.victims.remove(&victim);
        if !is_gone {
            self.tell_victim(victim, preemptor, node, ctx);
        }
        let Some(running) = self.preemptions.running.get_mut(&preemptor) else {
            return;
        };
        let last = running.last;
        if victim == last {
            self.preemptions.running.remove(&preemptor);
        } else {
            running.waiting -= 1;
            if running.waiting == 0 {
                running.is_last_told = true;
                self.disrupt(last, preemptor, ctx);
            }
        }
    }

    /// The event of a victim (S162).
    fn tell_victim(&self, victim: PodId, preemptor: PodId, node: NodeId, ctx: &mut Context<'_>) {
        let name = self.snapshot.node(node).name.clone();
        let key = ctx.key.draw(Purpose::Uid, 0_u32, 0);
        let uid = uid_text(uid(key, preemptor.into()));
        let message = ctx.text(&format!("Preempted by pod {uid} on node {name}"));
        let reason = ctx.text("Preempted");
        let note = EventNote::Normal(reason, message);
        ctx.event(Actor::Scheduler, victim.into(), note);
    }

    /// The last victim is seen to go, or to be gone: the preemptor is kept out no longer (S24).
    pub(super) fn victim_seen_going(&mut self, victim: PodId) {
        if let Some((preemptor, _)) = self.preemptions.victims.get(&victim)
            && let Some(running) = self.preemptions.running.get(preemptor)
            && running.last == victim
            && running.is_last_told
        {
            self.preemptions.running.remove(preemptor);
        }
    }
}
