//! Termination: hooks, signals, sandbox, the last status, the last call (K104–K111, K145–K147).

use wavetank_core::draw::Purpose;
use wavetank_core::fact::event::EventNote;
use wavetank_core::fact::runtime::{Hook, RuntimeFact, Signal};
use wavetank_core::object::condition::Truth;
use wavetank_core::object::pod::PodConditionType;
use wavetank_core::text::known;
use wavetank_core::time::{NANOS_PER_SECOND, SimDuration, SimTime};

use super::row::{Runtime, State, Step, Stop};
use super::{Desk, timer};
use crate::plan::image::OnTerm;

/// The shortest time from TERM to KILL (K107).
const TIMEOUT_MIN: u32 = 2;
/// How often the volumes of a terminated pod are looked at (K146).
const POLL: SimDuration = SimDuration::from_millis(300);

impl Desk<'_, '_> {
    /// A TERMINATING run (K145).
    pub(super) fn run_terminating(&mut self) {
        self.generate();
        self.publish();
        self.stop_main_probes();
        let grace = self.row.grace;
        self.kill_pod(grace);
    }

    /// Kills all containers of the pod, and then its sandbox (K108).
    pub(super) fn kill_pod(&mut self, grace: u32) {
        self.row.step = Step::KillPod;
        self.row.kill_began = self.now();
        if !self.row.is_running() {
            return self.tear_down();
        }
        let running: Vec<u8> = self
            .numbers()
            .filter(|container| self.row.containers[usize::from(*container)].is_running())
            .collect();
        for container in &running {
            self.event(EventNote::Killing(*container)); // K105
        }
        let mut waits = false;
        for container in running {
            if self.is_sidecar(container) {
                self.await_turn(container, grace);
                waits = true;
            } else {
                self.stop(container, grace);
            }
        }
        if waits {
            let at = self.now() + SimDuration::from_secs(u64::from(grace));
            let generation = self.row.runs;
            self.wake(at, timer::GRACE, 0, 0, generation);
            self.give_turns(grace);
        }
    }

    /// Begins the kill of a container (K104–K107): its hook, if it has one, and TERM after it.
    pub(super) fn stop(&mut self, container: u8, grace: u32) {
        let (lasts, hook) = self.begin_hook(container, grace);
        let passed = u32::try_from(lasts.nanos() / NANOS_PER_SECOND).unwrap_or(u32::MAX);
        let timeout = grace.saturating_sub(passed).max(TIMEOUT_MIN);
        self.stage(container, Stop::Hook { timeout, hook });
        let at = self.now() + self.term_latency(container) + lasts;
        self.wake_stop(container, at);
    }

    /// Runs a container's preStop hook: how long the kill waits for it, and whether it ends well
    /// (K106).
    fn begin_hook(&mut self, container: u8, grace: u32) -> (SimDuration, Option<bool>) {
        let Some(hook) = self.container(container).pre_stop.as_ref() else {
            return (SimDuration::ZERO, None);
        };
        if grace == 0 {
            return (SimDuration::ZERO, None);
        }
        self.fact(RuntimeFact::HookStarted(container, Hook::PreStop));
        let (takes, ends_well) = self.hook_duration(container, hook);
        let limit = SimDuration::from_secs(u64::from(grace));
        (takes.min(limit), Some(ends_well && takes < limit))
    }

    fn term_latency(&self, container: u8) -> SimDuration {
        let attempt = self.row.containers[usize::from(container)].attempts;
        let sampler = &self.latencies().term;
        self.sample(sampler, Purpose::TermReaction, 128 | container, attempt)
    }

    fn stage(&mut self, container: u8, stop: Stop) {
        self.row.containers[usize::from(container)].stop = stop;
    }

    fn wake_stop(&mut self, container: u8, at: SimTime) {
        let row = &mut self.row.containers[usize::from(container)];
        row.stop_generation += 1;
        let generation = row.stop_generation;
        self.wake(at, timer::STOP, container, 0, generation);
    }

    /// The next stage of a container's kill.
    pub(super) fn on_stop(&mut self, container: u8, generation: u32) {
        let Some(row) = self.row.containers.get(usize::from(container)) else {
            return;
        };
        if row.stop_generation != generation || !row.is_running() {
            return;
        }
        match row.stop {
            Stop::Hook { timeout, hook } => self.term(container, timeout, hook),
            Stop::Term { kill_at } if self.now() >= kill_at => {
                self.fact(RuntimeFact::Signalled(container, Signal::Kill));
                self.exit(container, 137, true);
            }
            Stop::Term { kill_at } => self.react(container, kill_at),
            Stop::None | Stop::Turn { .. } => {}
        }
    }

    /// TERM reaches the process (K107, C234).
    fn term(&mut self, container: u8, timeout: u32, hook: Option<bool>) {
        if let Some(ends_well) = hook {
            let ended = RuntimeFact::HookEnded(container, Hook::PreStop, ends_well);
            self.fact(ended);
            if !ends_well {
                let message = self.text("PreStopHook failed");
                self.event(EventNote::Warning(known::FAILED_PRE_STOP_HOOK, message)); // K106
            }
        }
        self.fact(RuntimeFact::Signalled(container, Signal::Term));
        let kill_at = self.now() + SimDuration::from_secs(u64::from(timeout));
        self.stage(container, Stop::Term { kill_at });
        let next = match self.on_term(container) {
            OnTerm::Exit => return self.exit(container, 143, true),
            OnTerm::Drain => {
                self.stop_listening(container);
                self.now() + self.drain_time(container)
            }
            OnTerm::Serve(lasts) => self.now() + lasts,
            OnTerm::Ignore => kill_at,
        };
        self.wake_stop(container, next.min(kill_at));
    }

    /// A process that does not end at once goes on with its end.
    fn react(&mut self, container: u8, kill_at: SimTime) {
        let listens = self
            .world
            .address(self.row.pod)
            .and_then(|address| address.process(container))
            .is_some_and(|process| process.stops > self.now());
        if !listens {
            return self.exit(container, 0, false);
        }
        self.stop_listening(container);
        let ends = self.now() + self.drain_time(container);
        self.wake_stop(container, ends.min(kill_at));
    }

    fn on_term(&self, container: u8) -> OnTerm {
        self.world.catalog.program(self.kind(container)).on_term
    }

    /// A sidecar's hook begins with the pod's end, its TERM waits for its turn (K109).
    fn await_turn(&mut self, container: u8, grace: u32) {
        let (lasts, hook) = self.begin_hook(container, grace);
        let hook_end = self.now() + lasts;
        let has_hook = hook.is_some();
        self.stage(container, Stop::Turn { hook_end, has_hook });
    }

    /// Gives TERM to the sidecars whose turn it is: those after which nothing runs any more (K109).
    fn give_turns(&mut self, grace: u32) {
        let last = self
            .numbers()
            .rev()
            .filter(|container| self.row.containers[usize::from(*container)].is_running());
        let mut order: Vec<u8> = last.collect();
        // Main containers come after all init containers, and so first here.
        order.truncate(1);
        for container in order {
            if let Stop::Turn { hook_end, has_hook } =
                self.row.containers[usize::from(container)].stop
            {
                let at = hook_end.max(self.now() + self.term_latency(container));
                let passed = at.since(self.row.kill_began).nanos() / NANOS_PER_SECOND;
                let passed = u32::try_from(passed).unwrap_or(u32::MAX);
                let timeout = grace.saturating_sub(passed).max(TIMEOUT_MIN);
                let hook = has_hook.then_some(true);
                self.stage(container, Stop::Hook { timeout, hook });
                self.wake_stop(container, at);
            }
        }
    }

    /// The grace of the whole pod is over: every sidecar that still waits gets TERM (K109).
    pub(super) fn on_grace(&mut self, run: u32) {
        if self.row.runs != run || self.row.step != Step::KillPod {
            return;
        }
        for container in self.numbers() {
            if let Stop::Turn { has_hook, .. } = self.row.containers[usize::from(container)].stop {
                let timeout = TIMEOUT_MIN;
                let hook = has_hook.then_some(true);
                self.stage(container, Stop::Hook { timeout, hook });
                let now = self.now();
                self.wake_stop(container, now);
            }
        }
    }

    /// A container that was being killed is down.
    pub(super) fn on_stopped(&mut self) {
        match self.row.step {
            Step::KillPod if !self.row.is_running() => self.tear_down(),
            Step::KillPod => {
                let grace = if self.row.state == State::Sync {
                    self.spec.grace_seconds
                } else {
                    self.row.grace
                };
                self.give_turns(grace);
            }
            Step::Kill => self.kill_next(),
            Step::Idle
            | Step::Sandbox
            | Step::Pull(_)
            | Step::Start(_)
            | Step::PostStart(_)
            | Step::TearDown => {}
        }
    }

    /// Kills the next container of the run's list, or goes on to what it starts (K59).
    pub(super) fn kill_next(&mut self) {
        if self.row.to_kill == 0 {
            return self.start_next();
        }
        let container = u8::try_from(self.row.to_kill.trailing_zeros()).expect("64 bits at most");
        self.row.to_kill &= self.row.to_kill - 1;
        if !self.row.containers[usize::from(container)].is_running() {
            return self.kill_next();
        }
        self.row.acted = true;
        self.row.killed |= 1 << container;
        self.row.step = Step::Kill;
        let (message, grace) = self.kill_cause(container);
        let message = self.text(&message);
        self.event(EventNote::KillingBecause(container, message));
        self.stop(container, grace);
    }

    /// Nothing runs any more: the sandbox is stopped (K108).
    fn tear_down(&mut self) {
        if !self.row.has_sandbox {
            return self.end_kill();
        }
        let sampler = &self.latencies().network_teardown;
        let takes = self.sample(sampler, Purpose::NetworkTeardown, 0, self.row.sandboxes);
        let at = self.now() + takes;
        self.step(Step::TearDown, at);
    }

    /// The sandbox is gone.
    pub(super) fn on_torn_down(&mut self) {
        self.lose_sandbox();
        self.end_kill();
    }

    /// The pod's address goes dark.
    pub(super) fn lose_sandbox(&mut self) {
        self.row.has_sandbox = false;
        self.world.address_mut(self.row.pod).set_up(false);
        let (node, ip) = (self.row.node, self.row.ip);
        if !self.spec.host_network {
            self.node.pool.release(node, ip);
        }
        self.fact(RuntimeFact::SandboxStopped);
        let kind = PodConditionType::PodReadyToStartContainers;
        self.set_condition(kind, Truth::False, known::EMPTY, known::EMPTY);
    }

    /// The kill of the pod has ended.
    fn end_kill(&mut self) {
        self.see_everything();
        if self.row.state == State::Sync {
            return self.end_run(); // Sidecars after the last main container (K56).
        }
        self.stop_all_probes();
        self.row.is_dead = true;
        self.generate();
        self.publish();
        let now = self.now();
        let row = &mut *self.row;
        row.state = State::Terminated;
        row.step = Step::Idle;
        row.last_sync = now;
        // The relist and the clean-up go on side by side (K147).
        let sampler = &self.latencies().cleanup;
        let clean = now + self.sample(sampler, Purpose::TeardownDelay, 0, 0);
        let mut at = self.relist_after(now).end;
        if at < clean {
            let polls = clean.since(at).nanos().div_ceil(POLL.nanos());
            at += POLL.times(polls);
        }
        self.arm(at);
    }

    /// The TERMINATED run (K146).
    pub(super) fn run_terminated(&mut self) {
        self.row.state = State::Finished;
        self.generate();
        self.fact(RuntimeFact::Finished);
        self.publish();
        self.finalize();
    }

    /// Whether a container without a record is said to have ended all the same (K146): main containers of
    /// a pod that was initialized.
    pub(super) fn is_unknown(&self, container: u8) -> bool {
        let inits = 0..self.mains().start;
        let is_done = |container: u8| {
            let row = &self.row.containers[usize::from(container)];
            let exit = row.seen_exit();
            exit.is_some_and(|exit| exit.code == 0 || self.is_sidecar(container))
        };
        self.row.state == State::Finished
            && !inits.contains(&container)
            && self.row.containers[usize::from(container)].runtime == Runtime::Absent
            && inits.clone().all(is_done)
    }
}
