//! kube-scheduler: one process that takes one pod after the other, and binds beside that.
//!
//! A cycle begins when a pod is popped and takes a drawn time; its decision is made at its end, on the
//! cache as of that instant, which then counts the pod as running where it was put. The binding is on its
//! way while the next cycle runs. A failure is written by the loop itself, which waits for the answer
//! (S157, S167).

pub mod custom;
pub mod decision;
pub mod event;
pub mod plugin;
mod preempt;
pub mod profile;
pub mod queue;
mod storage;
pub mod surroundings;
mod watch;

use std::collections::BTreeSet;

use rustc_hash::FxHashMap;
use wavetank_core::draw::{Key, Purpose};
use wavetank_core::fact::event::EventNote;
use wavetank_core::fact::pod::StatusChange;
use wavetank_core::fact::{Actor, Decision, Fact, Refusal};
use wavetank_core::id::{NodeId, OtherId, PodId, Rev, TextId};
use wavetank_core::object::condition::Truth;
use wavetank_core::object::pod::{Pod, PodConditionType};
use wavetank_core::state::view::View;
use wavetank_core::text::known;
use wavetank_core::time::SimTime;

use crate::client::limiter::TokenBucket;
use crate::engine::context::Context;
use crate::message::call::{Answer, Caller, Request};
use crate::message::{Message, SchedulerTimer};
use crate::network::{Lane, Watched};
use crate::plan::Plan;
use crate::plan::settings::SchedulerSettings;
use decision::Outcome;
use decision::fit_error::FitError;
use decision::node::PlacedPod;
use decision::preemption::Preemption;
use decision::shape::ShapeId;
use decision::snapshot::Snapshot;
use decision::verdict::Rejectors;
use preempt::Preemptions;
use profile::set::Profiles;
use queue::Queue;
use queue::clock::WallClock;
use storage::PreBind;
use surroundings::{Shapes, nomination, placed};

/// The longest note of an event, in bytes (S160).
const LONGEST_NOTE: usize = 1_024;

/// The scheduler of a run.
#[derive(Debug)]
pub struct Scheduler {
    settings: SchedulerSettings,
    /// How often the process started: answers to an earlier one are not for this one.
    incarnation: u32,
    queue: Queue,
    snapshot: Snapshot,
    profiles: Profiles,
    /// Where pods were put whose binding has not been seen yet (S46).
    assumed: FxHashMap<PodId, NodeId>,
    /// Pods that wait until their volumes are bound. Looked up, never iterated.
    pre_binding: FxHashMap<PodId, PreBind>,
    shapes: Shapes,
    /// Pods on nodes whose start was not seen yet.
    unstarted: BTreeSet<PodId>,
    preemptions: Preemptions,
    limiter: TokenBucket,
    work: Work,
    back_off_timer: Option<SimTime>,
    back_off_generation: u32,
    flush_timer: Option<SimTime>,
}

/// What the scheduling loop does.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Work {
    /// It waits for a pod.
    Idle,
    /// It is in the cycle of this pod, which ends at this instant.
    Cycle(PodId, SimTime),
    /// It waits for the answer to a write of this pod's condition.
    Patch(PodId),
}

/// What a call was about, in the lowest bits of its number.
const BINDING: u32 = 0;
const CONDITION: u32 = 1;
const VICTIM_STATUS: u32 = 2;
const VICTIM_DELETION: u32 = 3;
const CLEARED: u32 = 4;
const NOMINATED: u32 = 5;
const VOLUME: u32 = 6;
const WHAT_BITS: u32 = 3;

/// Why an attempt failed, and what is written about it.
#[derive(Clone, Copy, Debug)]
struct Failed<'a> {
    /// The plugins that rejected the pod; none after an error.
    rejectors: Rejectors,
    reason: TextId,
    text: &'a str,
    nomination: Nomination,
}

/// What becomes of a pod's nomination when an attempt failed (S157).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Nomination {
    Stays,
    Becomes(Option<NodeId>),
}

impl Scheduler {
    /// A scheduler that has seen nothing yet.
    #[must_use]
    pub fn new(plan: &Plan, _key: &Key) -> Self {
        let settings = plan.settings.scheduler.clone();
        Self {
            incarnation: 0,
            queue: Queue::default(),
            snapshot: Snapshot::default(),
            profiles: Profiles::new(&settings.profiles),
            assumed: FxHashMap::default(),
            pre_binding: FxHashMap::default(),
            unstarted: BTreeSet::new(),
            preemptions: Preemptions::default(),
            shapes: Shapes::default(),
            limiter: TokenBucket::new(settings.api_qps, settings.api_burst),
            work: Work::Idle,
            back_off_timer: None,
            back_off_generation: 0,
            flush_timer: None,
            settings,
        }
    }

    /// The process starts: it lists what `view` has, and forgets what it knew.
    pub fn restart(&mut self, view: View<'_>, ctx: &mut Context<'_>) {
        self.incarnation += 1;
        let wall = WallClock {
            phase: ctx.phase,
            back_off: self.settings.back_off,
        };
        self.queue = Queue::new(wall, ctx.now);
        self.snapshot = Snapshot::default();
        self.profiles = Profiles::new(&self.settings.profiles);
        self.assumed.clear();
        self.pre_binding.clear();
        self.unstarted.clear();
        self.preemptions = Preemptions::default();
        self.shapes = Shapes::default();
        self.limiter = TokenBucket::new(self.settings.api_qps, self.settings.api_burst);
        self.work = Work::Idle;
        self.back_off_timer = None;
        self.flush_timer = None;
        self.snapshot.around.list(view);
        for (id, node) in view.nodes() {
            self.node_changed(id, Some(node), view, ctx);
        }
        for (id, pod) in view.pods() {
            self.pod_changed(id, None, Some(pod), view, ctx);
        }
        self.go_on(view, ctx);
    }

    /// A watch delivered what came after `from`, up to the view's cursor.
    pub fn on_watch(&mut self, watched: Watched, from: Rev, view: View<'_>, ctx: &mut Context<'_>) {
        match watched {
            Watched::Pods => {
                for change in view.pod_changes(from) {
                    let id = PodId(change.index);
                    self.pod_changed(id, change.before, change.after, view, ctx);
                }
            }
            Watched::Nodes => {
                for change in view.node_changes(from) {
                    self.node_changed(NodeId(change.index), change.after, view, ctx);
                }
            }
            Watched::ReplicaSets => {
                for change in view.replica_set_changes(from) {
                    self.snapshot
                        .around
                        .set_changed(change.before, change.after, view);
                }
            }
            Watched::Services => {
                for change in view.service_changes(from) {
                    self.snapshot
                        .around
                        .service_changed(change.before, change.after, view);
                }
            }
            Watched::Others => {
                for change in view.other_changes(from) {
                    let id = OtherId(change.index);
                    self.other_changed(id, change.before, change.after, view, ctx.now);
                }
            }
            Watched::Deployments | Watched::Slices => {}
        }
        self.go_on(view, ctx);
    }

    /// A timer went off.
    pub fn on_timer(&mut self, timer: SchedulerTimer, view: View<'_>, ctx: &mut Context<'_>) {
        match timer {
            SchedulerTimer::Decide(pod) => {
                if self.work == Work::Cycle(pod, ctx.now) {
                    self.work = Work::Idle;
                    self.decide(pod, view, ctx);
                }
            }
            SchedulerTimer::BackOff(generation) => {
                if generation == self.back_off_generation {
                    self.back_off_timer = None;
                    self.queue.release(ctx.now);
                }
            }
            SchedulerTimer::Flush => {
                if self.flush_timer == Some(ctx.now) {
                    self.flush_timer = None;
                    self.queue.flush(ctx.now);
                }
            }
            SchedulerTimer::CheckVolumes(pod) => self.check_volumes(pod, view, ctx),
            SchedulerTimer::Cycle => {}
        }
        self.go_on(view, ctx);
    }

    /// The API server answered a call about `pod`; `number` is the caller's own.
    pub fn on_reply(
        &mut self,
        pod: PodId,
        number: u32,
        answer: &Answer,
        view: View<'_>,
        ctx: &mut Context<'_>,
    ) {
        if number >> WHAT_BITS != self.incarnation {
            return;
        }
        match number & ((1 << WHAT_BITS) - 1) {
            CONDITION => {
                if answer.is_err() {
                    self.queue.tell(pod, None);
                }
                if self.work == Work::Patch(pod) {
                    self.work = Work::Idle;
                }
            }
            BINDING => self.bound(pod, answer, view, ctx),
            VOLUME => self.volume_answered(pod, answer, view, ctx),
            what @ (VICTIM_STATUS | VICTIM_DELETION) => {
                self.victim_answered(pod, what, answer, ctx);
            }
            _ => {} // a nomination was cleared, or its pod is gone
        }
        self.go_on(view, ctx);
    }

    /// Begins the next cycle if the loop is free, and sets the timers that are needed.
    fn go_on(&mut self, view: View<'_>, ctx: &mut Context<'_>) {
        while self.work == Work::Idle {
            let Some(pod) = self.queue.pop() else {
                break;
            };
            if view.pod(pod).is_none_or(|pod| pod.deletion.is_some()) {
                self.skip(pod, view, ctx);
                continue;
            }
            let attempt = self.queue.get(pod).map_or(0, |entry| entry.attempts);
            let draw = ctx
                .key
                .draw(Purpose::SchedulerCycle, pod.0, u64::from(attempt));
            let at = ctx.now + ctx.network.scheduling.sample(draw);
            self.work = Work::Cycle(pod, at);
            let message = Message::Scheduler(SchedulerTimer::Decide(pod));
            ctx.wake(at, Lane::SCHEDULER, message);
        }
        self.set_timers(ctx);
    }

    fn set_timers(&mut self, ctx: &mut Context<'_>) {
        if let Some(at) = self.queue.next_release()
            && self.back_off_timer.is_none_or(|set| at < set)
        {
            let at = at.max(ctx.now);
            self.back_off_generation += 1;
            self.back_off_timer = Some(at);
            let timer = SchedulerTimer::BackOff(self.back_off_generation);
            ctx.wake(at, Lane::SCHEDULER, Message::Scheduler(timer));
        }
        if self.flush_timer.is_none()
            && let Some(at) = self.queue.next_flush()
        {
            let at = at.max(ctx.now);
            self.flush_timer = Some(at);
            ctx.wake(
                at,
                Lane::SCHEDULER,
                Message::Scheduler(SchedulerTimer::Flush),
            );
        }
    }

    /// A pod that is being deleted is not scheduled (S51).
    fn skip(&mut self, pod: PodId, view: View<'_>, ctx: &mut Context<'_>) {
        if view.pod(pod).is_some() {
            let identity = view.pod_identity(pod);
            let namespace = view.text(identity.namespace);
            let name = identity.name.text(&view.definitions().texts);
            let note = ctx.text(&format!("skip schedule deleting pod: {namespace}/{name}"));
            ctx.event(
                Actor::Scheduler,
                pod.into(),
                EventNote::FailedScheduling(note),
            );
        }
        self.queue.remove(pod);
    }

    /// The cycle of a pod ends: where does it go?
    fn decide(&mut self, id: PodId, view: View<'_>, ctx: &mut Context<'_>) {
        let Some(entry) = self.queue.get(id) else {
            return; // it went away, or somebody else bound it
        };
        let shape = entry.shape;
        let nominated = nomination(id, view);
        let outcome = self
            .profiles
            .decide(&mut self.snapshot, id, shape, nominated);
        let (node, feasible) = match outcome {
            Outcome::Chosen { node, feasible } => (Some(node), feasible),
            Outcome::Unfit(_) | Outcome::NoNodes => (None, 0),
        };
        let decision = Decision {
            pod: id,
            node,
            feasible,
            next_start: self.profiles.next_start(),
        };
        ctx.fact(Actor::Scheduler, Fact::Decided(decision));
        match outcome {
            Outcome::Chosen { node, .. } => self.assume(id, node, shape, view, ctx),
            Outcome::Unfit(error) => self.unfit(id, shape, &error, view, ctx),
            Outcome::NoNodes => {
                // S52: without rejectors, so it is tried again as after an error
                let failed = Failed {
                    rejectors: Rejectors::NONE,
                    reason: known::UNSCHEDULABLE,
                    text: "no nodes available to schedule pods",
                    nomination: Nomination::Becomes(None),
                };
                self.fail(id, failed, view, ctx);
            }
        }
    }

    /// No node fits: PostFilter may find one that can be freed (S57, S141–S148).
    fn unfit(
        &mut self,
        id: PodId,
        shape: ShapeId,
        error: &FitError,
        view: View<'_>,
        ctx: &mut Context<'_>,
    ) {
        let priority = self.snapshot.shape(shape).priority();
        let may_preempt = self
            .snapshot
            .lowest_priority()
            .is_some_and(|it| it < priority);
        if may_preempt {
            self.see_starts(view);
            self.snapshot.around.list_budgets(view);
        }
        let nominated = nomination(id, view);
        let attempt = self.queue.get(id).map_or(0, |entry| entry.attempts);
        let offset = ctx.key.draw(Purpose::TieBreak, id.0, u64::from(attempt)); // S147
        let post = self
            .profiles
            .post_filter(&self.snapshot, id, shape, nominated, error, offset);
        self.snapshot.around.clear_budgets();
        let pod = self.snapshot.shape(shape);
        let text = error.text(self.profiles.framework(pod), pod, &post.text);
        let candidate = post.preemption.as_ref().map(Preemption::chosen);
        let nomination = match candidate {
            Some(candidate) => Nomination::Becomes(Some(candidate.node)),
            None if post.keeps_nomination => Nomination::Stays,
            None => Nomination::Becomes(None),
        };
        let failed = Failed {
            rejectors: error.rejectors,
            reason: known::UNSCHEDULABLE,
            text: &text,
            nomination,
        };
        self.fail(id, failed, view, ctx);
        if let Some(candidate) = candidate {
            self.preempt(id, candidate, view, ctx);
        }
    }

    /// Reads the starts of pods that had not started when they were seen last.
    fn see_starts(&mut self, view: View<'_>) {
        let mut unstarted = std::mem::take(&mut self.unstarted);
        unstarted.retain(|id| {
            let Some(pod) = view.pod(*id) else {
                return false;
            };
            if let Some(node) = pod.node
                && pod.started.is_some()
            {
                self.snapshot.change_pod(node, placed(*id, pod, ShapeId(0)));
                return false;
            }
            true
        });
        self.unstarted = unstarted;
    }

    /// The pod counts on its node from now on, and its binding is sent (S46, S155).
    fn assume(
        &mut self,
        pod: PodId,
        node: NodeId,
        shape: ShapeId,
        view: View<'_>,
        ctx: &mut Context<'_>,
    ) {
        self.snapshot.around.nominate(pod, shape, None); // S155
        self.snapshot.add_pod(node, PlacedPod::new(pod, shape));
        self.unstarted.insert(pod);
        self.assumed.insert(pod, node);
        let volumes = self.volumes_needed(shape, node);
        if volumes.is_empty() {
            self.call(pod, BINDING, Request::Bind(pod, node), ctx);
        } else {
            self.pre_bind(pod, node, volumes, view, ctx);
        }
    }

    fn call(&mut self, pod: PodId, what: u32, request: Request, ctx: &mut Context<'_>) {
        let delay = self.limiter.take(ctx.now).since(ctx.now);
        let number = self.incarnation << WHAT_BITS | what;
        ctx.call_after(Caller::Scheduler(pod, number), request, delay);
    }

    /// The binding was answered.
    fn bound(&mut self, id: PodId, answer: &Answer, view: View<'_>, ctx: &mut Context<'_>) {
        match answer {
            Ok(_) => {
                let pod = view.pod(id).and_then(|pod| pod.node);
                if let Some(node) = self.assumed.get(&id).copied().or(pod) {
                    ctx.event(Actor::Scheduler, id.into(), EventNote::Scheduled(node));
                }
            }
            Err(refusal) => {
                let Some(shape) = self.forget(id) else {
                    return; // it was bound or deleted meanwhile
                };
                self.pod_gone(shape, ctx.now); // S156
                let error = refusal_text(*refusal);
                let text = format!("running Bind plugin \"DefaultBinder\": {error}");
                let failed = Failed {
                    rejectors: Rejectors::NONE,
                    reason: known::SCHEDULER_ERROR,
                    text: &text,
                    nomination: Nomination::Becomes(None),
                };
                self.fail(id, failed, view, ctx);
            }
        }
    }

    /// An assumed pod no longer counts on its node.
    fn forget(&mut self, pod: PodId) -> Option<ShapeId> {
        let node = self.assumed.remove(&pod)?;
        self.pre_binding.remove(&pod);
        self.snapshot.around.volumes.release(pod);
        self.snapshot.remove_pod(node, pod);
        self.queue.get(pod).map(|entry| entry.shape)
    }

    /// An attempt failed: back to the queue, an event, and the condition if it changes (S157).
    fn fail(&mut self, id: PodId, failed: Failed<'_>, view: View<'_>, ctx: &mut Context<'_>) {
        let Failed { reason, text, .. } = failed;
        self.queue.fail(id, failed.rejectors, ctx.now);
        let renominated = self.renominate(id, failed.nomination);
        let message = ctx.text(text);
        let note = match text.len() > LONGEST_NOTE {
            false => message,
            true => {
                let end = text.floor_char_boundary(LONGEST_NOTE - 4);
                ctx.text(&format!("{} ...", &text[..end])) // S160
            }
        };
        ctx.event(
            Actor::Scheduler,
            id.into(),
            EventNote::FailedScheduling(note),
        );
        let told = self.queue.get(id).and_then(|entry| entry.told);
        let told = told.or_else(|| view.pod(id).and_then(told_before));
        let is_told = told.is_some_and(|told| (told.0, told.1) == (reason, message));
        let mut changes: Vec<StatusChange> = renominated.into_iter().collect();
        if !is_told {
            let since = told.map_or_else(|| ctx.stamp(), |told| told.2);
            self.queue.tell(id, Some((reason, message, since)));
            let kind = PodConditionType::PodScheduled;
            changes.extend([
                StatusChange::Condition(kind, Truth::False, reason, since),
                StatusChange::ConditionMessage(kind, message),
            ]);
        }
        if changes.is_empty() {
            return;
        }
        if self.work == Work::Idle {
            self.work = Work::Patch(id);
        }
        self.call(id, CONDITION, Request::PodStatus(id, changes.into()), ctx);
    }

    /// Nominates a pod that failed, or takes its nomination back: what of that is to be written.
    fn renominate(&mut self, id: PodId, nomination: Nomination) -> Option<StatusChange> {
        let Nomination::Becomes(node) = nomination else {
            return None;
        };
        let entry = self.queue.get(id)?;
        let (shape, before) = (entry.shape, entry.nominated);
        self.snapshot.around.nominate(id, shape, node);
        if before == node {
            return None;
        }
        self.queue.tell_nomination(id, node);
        Some(StatusChange::Nominated(node))
    }

    /// The shape of a pod.
    fn shape(&mut self, id: PodId, pod: &Pod, view: View<'_>) -> ShapeId {
        self.shapes.of(id, pod, view, &mut self.snapshot)
    }
}

/// What the pod's condition says already.
fn told_before(pod: &Pod) -> Option<(TextId, TextId, wavetank_core::time::Stamp)> {
    let condition = pod.condition(PodConditionType::PodScheduled);
    (condition.status == Truth::False).then_some((
        condition.reason,
        condition.message,
        condition.changed,
    ))
}

/// The error of a refused binding, in short.
const fn refusal_text(refusal: Refusal) -> &'static str {
    match refusal {
        Refusal::Conflict => "Operation cannot be fulfilled on pods/binding",
        Refusal::AlreadyExists => "already exists",
        Refusal::NotFound => "pods not found",
        Refusal::Forbidden => "forbidden",
        Refusal::Invalid => "invalid",
        Refusal::TooManyRequests => "too many requests",
        Refusal::Gone => "gone",
        Refusal::Internal => "Internal error occurred",
        Refusal::Timeout => "context deadline exceeded",
    }
}
