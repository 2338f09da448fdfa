//! The pod worker: which run comes when (K18–K28).

use wavetank_core::draw::Purpose;
use wavetank_core::fact::runtime::RuntimeFact;
use wavetank_core::id::{NodeId, PodId};
use wavetank_core::state::view::View;
use wavetank_core::time::{SimDuration, SimTime};

use super::row::{State, Step};
use super::{Desk, Kubelets, timer};
use crate::engine::context::Context;
use crate::world::World;

/// After a run that failed (K25).
const RETRY: SimDuration = SimDuration::from_secs(10);
/// The longest wait for a back-off to expire (K25).
const EXPIRY_MAX: SimDuration = SimDuration::from_secs(60);

impl Kubelets {
    /// The kubelet learns of a pod's newest version (K3–K9).
    pub(super) fn learn(
        &mut self,
        node: NodeId,
        pod: PodId,
        view: View<'_>,
        world: &mut World,
        ctx: &mut Context<'_>,
    ) {
        let Some(object) = view.pod(pod) else {
            return self.remove(pod, view, world, ctx);
        };
        let is_new = !self.knows(pod);
        if is_new {
            if object.phase.is_terminal() && object.deletion.is_none() {
                return; // K31: nothing is left to be done.
            }
            self.admit(pod, node, view, world);
        }
        let Some(mut desk) = self.desk(pod, view, world, ctx) else {
            return;
        };
        if is_new {
            desk.fact(RuntimeFact::Admitted);
            desk.adopt_status(object);
        }
        let latency = desk.sample(
            &desk.ctx.network.node.worker,
            Purpose::KubeletWorker,
            0,
            object.version,
        );
        let at = desk.now() + latency;
        let mut wants_run = is_new;
        wants_run |= desk.row.template != object.template;
        desk.row.template = object.template;
        desk.row.generation = object.generation;
        if desk.row.gates != object.gates {
            desk.row.gates = object.gates;
            wants_run = true; // K9
        }
        if let Some(deletion) = object.deletion {
            let is_first = desk.row.deletion_grace.is_none();
            desk.row.deletion_grace = Some(deletion.grace_seconds);
            wants_run |= is_first;
            desk.terminate(None);
        }
        desk.row.is_dead |= object.phase.is_terminal();
        desk.look_for_differences(object);
        if wants_run {
            desk.request(at);
        }
    }

    /// The object is gone from the API: what runs is killed (K8, K110).
    fn remove(&mut self, pod: PodId, view: View<'_>, world: &mut World, ctx: &mut Context<'_>) {
        let Some(desk) = self.desk(pod, view, world, ctx) else {
            return;
        };
        desk.row.is_gone = true;
        desk.row.unsent.clear();
        if desk.row.state == State::Finished {
            return self.forget(pod, world);
        }
        let mut desk = desk;
        if desk.row.deletion_grace.is_none() {
            // A forced deletion: both of its events came at once (K144).
            desk.row.deletion_grace = Some(0);
        }
        let is_new = desk.row.state == State::Sync;
        desk.terminate(None);
        if is_new {
            desk.request_now();
        }
    }
}

impl Desk<'_, '_> {
    /// The worker becomes terminating, or its grace gets shorter (K20, K23).
    pub(super) fn terminate(&mut self, grace: Option<u32>) {
        let row = &mut *self.row;
        if row.state == State::Sync {
            row.state = State::Terminating;
        }
        for wish in [row.deletion_grace, grace].into_iter().flatten() {
            if row.grace == 0 || wish < row.grace {
                row.grace = wish.max(1);
            }
        }
        if row.grace == 0 {
            row.grace = self.spec.grace_seconds.max(1);
        }
    }

    /// Something asks for a run at once.
    pub(super) fn request_now(&mut self) {
        let now = self.now() + self.lag;
        self.request(now);
    }

    /// Something asks for a run, not before `at`: at most one is pending (K19).
    pub(super) fn request(&mut self, at: SimTime) {
        if self.row.state == State::Finished {
            return;
        }
        if self.row.step != Step::Idle {
            self.row.is_pending = true;
            return;
        }
        let at = self.gate(at);
        self.arm(at);
    }

    /// When a run that is asked for at `at` finds a view newer than the last run's end (K24).
    fn gate(&mut self, at: SimTime) -> SimTime {
        let at = at.max(self.now());
        if self.row.runs == 0 {
            return at;
        }
        if self.row.is_fresh {
            return at.max(self.row.last_sync);
        }
        at.max(self.relist_after(self.row.last_sync).end)
    }

    /// Sets the timer of the next run, unless there is an earlier one.
    pub(super) fn arm(&mut self, at: SimTime) {
        if at >= self.row.run_at {
            return;
        }
        self.row.run_at = at;
        self.row.run_generation += 1;
        let generation = self.row.run_generation;
        self.wake(at, timer::RUN, 0, 0, generation);
    }

    /// A run begins.
    pub(super) fn on_run(&mut self, generation: u32) {
        if generation == self.row.run_generation && self.row.run_at <= self.now() {
            self.run();
        }
    }

    /// Plays the next run up to its first step that takes time.
    pub(super) fn run(&mut self) {
        debug_assert!(
            self.row.step == Step::Idle,
            "runs of one pod follow each other"
        );
        let row = &mut *self.row;
        row.run_at = SimTime::MAX;
        row.run_generation += 1;
        row.runs += 1;
        row.is_fresh = false;
        row.is_pending = false;
        row.acted = false;
        row.failed = None;
        (row.to_kill, row.to_start, row.killed) = (0, 0, 0);
        match row.state {
            State::Sync => self.run_sync(),
            State::Terminating => self.run_terminating(),
            State::Terminated => self.run_terminated(),
            State::Finished => {}
        }
    }

    /// A SYNC run (K46–K48).
    fn run_sync(&mut self) {
        let phase = self.generate();
        self.publish();
        if phase.is_terminal() {
            self.terminate(None); // K47
            self.row.last_sync = self.now() + self.lag;
            return self.request_now();
        }
        if self.row.has_sandbox {
            self.act();
        } else {
            self.start_sandbox();
        }
    }

    /// A SYNC run ends (K25, K27).
    pub(super) fn end_run(&mut self) {
        self.row.step = Step::Idle;
        self.row.last_sync = self.now() + self.lag;
        if let Some(expiry) = self.row.failed {
            let wait = self.retry_wait(expiry);
            let due = self.node.clock.tick_after(self.now() + wait);
            self.arm(due);
            if self.row.acted {
                // Nobody asks for a relist of this pod, so the next one finds what was started (K89).
                let now = self.now();
                let found = self.relist_after(now).end;
                self.arm(found);
            }
        }
        let (acted, pending) = (self.row.acted, self.row.is_pending);
        if self.row.failed.is_none() && acted {
            // An immediate relist of this pod, and the run that follows it, at once (K27, K201).
            let sampler = &self.latencies().pod_relist;
            self.row.draws += 1;
            self.lag = self.sample(sampler, Purpose::KubeletWorker, 1, self.row.draws);
            self.see_everything();
            self.run();
        } else if pending || self.row.state != State::Sync {
            self.request_now();
        }
    }

    /// How long until a failed run is tried again (K25).
    fn retry_wait(&mut self, expiry: SimTime) -> SimDuration {
        let jitter = self.jitter().nanos();
        let wait = if expiry == SimTime::MAX {
            RETRY
        } else {
            expiry.since(self.now()).min(EXPIRY_MAX)
        };
        // Jitter of one half (K1).
        wait + wait.ratio(jitter, 2_000_000_000)
    }

    /// The uniform variate of a jitter: one second stands for one.
    fn jitter(&mut self) -> SimDuration {
        let sampler = &self.latencies().jitter;
        self.row.draws += 1;
        let index = self.row.draws;
        self.sample(sampler, Purpose::BackoffJitter, 0, index)
    }

    /// What has died is known from now on: the pod was relisted.
    pub(super) fn see_everything(&mut self) {
        use super::row::Runtime;

        for container in &mut self.row.containers {
            if let Runtime::Exited { seen, .. } = &mut container.runtime {
                *seen = true;
            }
        }
    }

    /// Sets the timer of the step that the run is in now.
    pub(super) fn step(&mut self, step: Step, at: SimTime) {
        self.row.step = step;
        self.row.step_generation += 1;
        let generation = self.row.step_generation;
        self.wake(at, timer::STEP, 0, 0, generation);
    }

    /// The step that the run was in has ended.
    pub(super) fn on_step(&mut self, generation: u32) {
        if generation != self.row.step_generation {
            return;
        }
        match self.row.step {
            Step::Sandbox => self.on_sandbox(),
            Step::Pull(container) => self.on_pulled(container),
            Step::Start(container) => self.on_started(container),
            Step::PostStart(container) => self.on_post_start(container),
            Step::TearDown => self.on_torn_down(),
            Step::Idle | Step::Kill | Step::KillPod => {
                unreachable!("these steps have no timer of their own")
            }
        }
    }
}
