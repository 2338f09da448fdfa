//! The status of a pod, generated from what the kubelet knows at the start of a run (K112–K134).

use wavetank_core::fact::event::EventNote;
use wavetank_core::fact::pod::{ContainerChange, StatusChange};
use wavetank_core::fact::runtime::ProbeKind;
use wavetank_core::id::TextId;
use wavetank_core::object::condition::Truth;
use wavetank_core::object::pod::{
    ContainerState, ContainerStatus, Phase, PodCondition, PodConditionType,
};
use wavetank_core::text::known;
use wavetank_core::time::{SimDuration, SimTime};

use super::row::{Exit, Runtime, State};
use super::{Desk, timer};

/// The message of an active deadline that has passed (K171).
const EXPIRED: &str = "Pod was active on the node longer than the specified deadline";

/// What the containers' states say of the pod (K121).
#[derive(Clone, Copy, Debug, Default)]
struct Tally {
    failed_init: bool,
    pending_init: bool,
    pending_sidecar: bool,
    running: u32,
    waiting: u32,
    stopped: u32,
    succeeded: u32,
    restartable: u32,
    /// Whether any main container has a record.
    has_main: bool,
}

impl Desk<'_, '_> {
    /// Generates the status and accepts it; returns the phase that it has, which is not sent while
    /// anything may still run if it is terminal (K139).
    pub(super) fn generate(&mut self) -> Phase {
        for container in self.numbers() {
            let status = self.container_status(container);
            self.accept_container(container, status);
        }
        self.accept_fixed();
        let phase = self.phase();
        self.accept_phase(phase);
        self.accept_conditions(phase);
        self.poke_unready();
        phase
    }

    /// The state of one container (K112–K118).
    fn container_status(&mut self, container: u8) -> ContainerStatus {
        let row = self.row.containers[usize::from(container)];
        let mut status = row.status;
        let default = if self.spec.init_containers.is_empty() {
            known::CONTAINER_CREATING
        } else {
            known::POD_INITIALIZING
        };
        let waiting = |reason, message| ContainerState::Waiting { reason, message };
        let will_start = self.row.state == State::Sync && row.reason != known::EMPTY;
        match (row.runtime, row.seen_exit()) {
            (Runtime::Absent, _) if self.is_unknown(container) => {
                status.state = ContainerState::Terminated {
                    exit_code: 137,
                    reason: known::CONTAINER_STATUS_UNKNOWN,
                    message: self
                        .text("The container could not be located when the pod was terminated"),
                    started: wavetank_core::time::Stamp(0),
                    finished: wavetank_core::time::Stamp(0),
                };
            }
            (Runtime::Absent, _) if will_start => status.state = waiting(row.reason, row.message),
            (Runtime::Absent, _) => status.state = waiting(default, known::EMPTY),
            (_, Some(exit)) if will_start && self.restarts(container, exit) => {
                status.state = waiting(row.reason, row.message); // K114
                status.last = self.terminated(exit);
            }
            (_, Some(exit)) => {
                status.state = self.terminated(exit);
                status.last = row
                    .previous
                    .map_or(row.status.last, |exit| self.terminated(exit));
            }
            (Runtime::Running(_) | Runtime::Exited { .. }, None) => {
                let started = row.started().unwrap_or(self.now()).stamp(self.ctx.phase);
                status.state = ContainerState::Running { started };
                status.last = row
                    .previous
                    .map_or(row.status.last, |exit| self.terminated(exit));
            }
        }
        status.restarts = row.attempts.saturating_sub(1);
        status.attempt = row.attempts;
        status.started = Some(self.is_started(container));
        status.ready = self.is_ready(container, &status);
        status
    }

    fn terminated(&self, exit: Exit) -> ContainerState {
        ContainerState::Terminated {
            exit_code: exit.code,
            reason: exit.reason,
            message: known::EMPTY,
            started: exit.started.stamp(self.ctx.phase),
            finished: exit.at.stamp(self.ctx.phase),
        }
    }

    /// Whether a container counts as started (K116, K117).
    pub(super) fn is_started(&self, container: u8) -> bool {
        let row = &self.row.containers[usize::from(container)];
        if !row.seems_running() {
            return false;
        }
        match self.result(container, ProbeKind::Startup) {
            None => true,
            Some(Some(result)) => result,
            Some(None) => row.status.started == Some(true),
        }
    }

    /// Whether a container counts as ready (K118).
    pub(super) fn is_ready(&self, container: u8, status: &ContainerStatus) -> bool {
        if self.is_regular_init(container) {
            return matches!(
                status.state,
                ContainerState::Terminated { exit_code: 0, .. }
            );
        }
        let runs = matches!(status.state, ContainerState::Running { .. });
        runs && status.started == Some(true)
            && self
                .result(container, ProbeKind::Readiness)
                .is_none_or(|result| result == Some(true))
    }

    /// Accepts a container's status, and notes what of it is new.
    pub(super) fn accept_container(&mut self, container: u8, new: ContainerStatus) {
        let old = self.row.containers[usize::from(container)].status;
        if old == new {
            return;
        }
        self.row.containers[usize::from(container)].status = new;
        let mut note = |change| self.note(StatusChange::Container(container, change));
        if old.last != new.last
            && let ContainerState::Terminated {
                exit_code,
                reason,
                started,
                finished,
                ..
            } = new.last
        {
            note(ContainerChange::LastTerminated(
                exit_code, reason, started, finished,
            ));
        }
        if old.state != new.state {
            match new.state {
                ContainerState::Absent => {}
                ContainerState::Waiting { reason, message } => {
                    note(ContainerChange::Waiting(reason));
                    if message != known::EMPTY {
                        note(ContainerChange::Message(message));
                    }
                }
                ContainerState::Running { started } => note(ContainerChange::Running(started)),
                ContainerState::Terminated {
                    exit_code,
                    reason,
                    message,
                    started,
                    finished,
                } => {
                    note(ContainerChange::Terminated(
                        exit_code, reason, started, finished,
                    ));
                    if message != known::EMPTY {
                        note(ContainerChange::Message(message));
                    }
                }
            }
        }
        if old.restarts != new.restarts {
            note(ContainerChange::Restarts(new.restarts));
        }
        if old.ready != new.ready {
            note(ContainerChange::Ready(new.ready));
        }
        if old.started != new.started {
            note(ContainerChange::Started(new.started));
        }
        if old.attempt != new.attempt {
            note(ContainerChange::Attempt(new.attempt));
        }
    }

    /// The phase (K121–K123).
    fn phase(&self) -> Phase {
        let tally = self.tally();
        let all_well = tally.stopped == tally.succeeded;
        let ended = if all_well {
            Phase::Succeeded
        } else {
            Phase::Failed
        };
        let known = self.row.status.phase;
        let phase = if tally.failed_init {
            Phase::Failed
        } else if tally.pending_init
            || (tally.pending_sidecar && !tally.has_main)
            || tally.waiting > 0
        {
            Phase::Pending
        } else if tally.running > 0 {
            Phase::Running
        } else if tally.stopped > 0 && self.row.is_dead {
            ended
        } else if tally.restartable > 0 {
            Phase::Running
        } else if tally.stopped > 0 {
            ended
        } else {
            Phase::Pending
        };
        if known.is_terminal() {
            known // K124
        } else if self.has_expired() || (self.row.state == State::Finished && !phase.is_terminal())
        {
            Phase::Failed // K171, K146
        } else {
            phase
        }
    }

    fn tally(&self) -> Tally {
        let mut tally = Tally::default();
        for container in self.numbers() {
            let row = &self.row.containers[usize::from(container)];
            let status = &row.status;
            let (last_code, exit_code) = (code(&status.last), code(&status.state));
            let is_waiting = matches!(status.state, ContainerState::Waiting { .. });
            if self.is_regular_init(container) {
                let failed = match (exit_code, last_code) {
                    (Some(code), _) => code != 0,
                    (None, Some(code)) => is_waiting && code != 0,
                    (None, None) => false,
                };
                let exit = row.seen_exit();
                let again = match exit {
                    // A deletion forbids the restart, but does not fail the pod (K146).
                    Some(exit) => self.would_restart(container, exit),
                    None => true,
                };
                tally.failed_init |= failed && !again;
                let is_open = exit_code.is_none() && (last_code.is_none() || !is_waiting);
                tally.pending_init |= is_open;
                continue;
            }
            let is_main = !self.is_sidecar(container);
            tally.has_main |= is_main && row.runtime != Runtime::Absent;
            match status.state {
                ContainerState::Running { .. } => {
                    tally.running += 1;
                    tally.pending_sidecar |= !is_main && status.started != Some(true);
                }
                ContainerState::Absent => tally.waiting += 1,
                ContainerState::Waiting { .. } if last_code.is_none() => {
                    tally.waiting += 1;
                    tally.pending_sidecar |= !is_main;
                }
                ContainerState::Waiting { .. } | ContainerState::Terminated { .. } if is_main => {
                    tally.stopped += 1;
                    tally.succeeded += u32::from(exit_code == Some(0));
                    let again = row
                        .seen_exit()
                        .is_some_and(|exit| self.would_restart(container, exit));
                    tally.restartable += u32::from(again);
                }
                ContainerState::Waiting { .. } | ContainerState::Terminated { .. } => {}
            }
        }
        tally
    }

    fn accept_phase(&mut self, phase: Phase) {
        let has_expired = self.has_expired();
        if has_expired {
            let message = self.text(EXPIRED);
            self.event(EventNote::Normal(known::DEADLINE_EXCEEDED, message)); // K232
        }
        let is_withheld = phase.is_terminal() && !self.row.is_dead; // K139
        if is_withheld || self.row.status.phase == phase {
            return;
        }
        self.row.status.phase = phase;
        self.note(StatusChange::Phase(phase));
        if has_expired {
            let message = self.text(EXPIRED);
            self.row.status.reason = known::DEADLINE_EXCEEDED;
            self.row.status.message = message;
            self.note(StatusChange::Reason(known::DEADLINE_EXCEEDED));
            self.note(StatusChange::Message(message));
        }
    }

    /// When the pod's active deadline passes: counted from its start time, which has whole seconds
    /// (K171).
    fn deadline(&self) -> Option<SimTime> {
        let seconds = self.spec.active_deadline_seconds?;
        let started = self.row.status.started?;
        let lasts = SimDuration::from_secs(u64::from(seconds));
        Some(started.instant(self.ctx.phase) + lasts)
    }

    /// Whether the active deadline has passed for a pod that has not ended.
    fn has_expired(&self) -> bool {
        let has_ended = self.row.status.phase.is_terminal();
        !has_ended
            && self
                .deadline()
                .is_some_and(|deadline| deadline <= self.now())
    }

    /// Sets the timer of the active deadline: the first sync tick that finds it passed (K14).
    pub(super) fn await_deadline(&mut self) {
        if let Some(deadline) = self.deadline() {
            let at = self.node.clock.tick_after(deadline.max(self.now()));
            self.wake(at, timer::DEADLINE, 0, 0, 0);
        }
    }

    /// Start time, address, generation (K55, K223, K224).
    fn accept_fixed(&mut self) {
        if self.row.status.started.is_none() {
            let stamp = self.ctx.stamp();
            self.row.status.started = Some(stamp);
            self.note(StatusChange::Started(stamp));
            self.await_deadline();
        }
        if self.row.status.observed_generation != self.row.generation {
            let generation = self.row.generation;
            self.row.status.observed_generation = generation;
            self.note(StatusChange::ObservedGeneration(generation));
        }
        // The first run knows no address yet, unless it is the node's.
        let ip = if self.spec.host_network {
            crate::world::network::node_ip(self.row.node)
        } else {
            self.row.ip
        };
        if ip.is_some() && self.row.status.ip != ip {
            self.row.status.ip = ip;
            self.note(StatusChange::Ip(ip));
        }
    }

    /// The conditions (K127–K132).
    pub(super) fn accept_conditions(&mut self, phase: Phase) {
        let empty = known::EMPTY;
        let sandbox = Truth::of(self.row.has_sandbox);
        if self.row.status.conditions[PodConditionType::PodScheduled as usize].status
            == Truth::Absent
        {
            self.set_condition(PodConditionType::PodScheduled, Truth::True, empty, empty);
        }
        self.set_condition(
            PodConditionType::PodReadyToStartContainers,
            sandbox,
            empty,
            empty,
        );
        let (truth, reason, message) = self.initialized(phase);
        self.set_condition(PodConditionType::Initialized, truth, reason, message);
        self.accept_readiness(phase);
    }

    /// ContainersReady and Ready (K130, K131).
    pub(super) fn accept_readiness(&mut self, phase: Phase) {
        let empty = known::EMPTY;
        let (mut truth, mut reason, mut message) = match phase {
            Phase::Succeeded => (Truth::False, known::POD_COMPLETED, empty),
            Phase::Failed => (Truth::False, known::POD_FAILED, empty),
            Phase::Pending | Phase::Running => self.containers_ready(),
        };
        let kind = PodConditionType::ContainersReady;
        let before = self.row.status.conditions[kind as usize];
        // A pod killed before it was ready keeps its reason (K139).
        if phase.is_terminal() && self.row.is_dead && before.status == Truth::False {
            (truth, reason, message) = (before.status, before.reason, before.message);
        }
        self.set_condition(kind, truth, reason, message);
        if truth == Truth::True {
            (truth, reason, message) = self.gates_ready();
        }
        self.set_condition(PodConditionType::Ready, truth, reason, message);
    }

    fn initialized(&mut self, phase: Phase) -> (Truth, TextId, TextId) {
        let empty = known::EMPTY;
        if phase == Phase::Succeeded {
            return (Truth::True, known::POD_COMPLETED, empty);
        }
        let has_main = self.mains().any(|container| {
            let status = &self.row.containers[usize::from(container)].status;
            matches!(
                status.state,
                ContainerState::Running { .. } | ContainerState::Terminated { .. }
            )
        });
        if has_main {
            return (Truth::True, empty, empty);
        }
        let is_incomplete = |desk: &Self, container: u8| {
            let status = &desk.row.containers[usize::from(container)].status;
            if desk.is_sidecar(container) {
                status.started != Some(true)
            } else {
                !status.ready
            }
        };
        let names = self.names(0..self.mains().start, is_incomplete);
        if names.is_empty() {
            return (Truth::True, empty, empty);
        }
        let message = self.text(&format!("containers with incomplete status: [{names}]"));
        (Truth::False, known::CONTAINERS_NOT_INITIALIZED, message)
    }

    fn containers_ready(&mut self) -> (Truth, TextId, TextId) {
        let is_unready = |desk: &Self, container: u8| {
            !desk.is_regular_init(container)
                && !desk.row.containers[usize::from(container)].status.ready
        };
        let names = self.names(self.numbers(), is_unready);
        if names.is_empty() {
            return (Truth::True, known::EMPTY, known::EMPTY);
        }
        let message = self.text(&format!("containers with unready status: [{names}]"));
        (Truth::False, known::CONTAINERS_NOT_READY, message)
    }

    fn gates_ready(&mut self) -> (Truth, TextId, TextId) {
        let spec = self.spec;
        let gates = spec.readiness_gates.iter().enumerate();
        for (number, gate) in gates {
            if self.row.gates >> number.min(7) & 1 == 0 {
                let message = self.text(&format!(
                    "corresponding condition of pod readiness gate \"{gate}\" does not exist."
                ));
                return (Truth::False, known::READINESS_GATES_NOT_READY, message);
            }
        }
        (Truth::True, known::EMPTY, known::EMPTY)
    }

    /// The names of the containers for which something holds, separated by spaces.
    fn names(&self, of: std::ops::Range<u8>, holds: impl Fn(&Self, u8) -> bool) -> String {
        let mut names = String::new();
        for container in of {
            if holds(self, container) {
                if !names.is_empty() {
                    names.push(' ');
                }
                names.push_str(&self.container(container).name);
            }
        }
        names
    }

    /// Accepts a condition, and notes it if it is new: its time moves with its status only (K132).
    pub(super) fn set_condition(
        &mut self,
        kind: PodConditionType,
        status: Truth,
        reason: TextId,
        message: TextId,
    ) {
        let old = self.row.status.conditions[kind as usize];
        if (old.status, old.reason, old.message) == (status, reason, message) {
            return;
        }
        let changed = if old.status == status {
            old.changed
        } else {
            self.ctx.stamp()
        };
        self.row.status.conditions[kind as usize] = PodCondition {
            status,
            reason,
            message,
            changed,
        };
        self.note(StatusChange::Condition(kind, status, reason, changed));
        let is_noted = |change: &StatusChange| matches!(change, StatusChange::ConditionMessage(known, _) if *known == kind);
        if message != known::EMPTY || self.row.unsent.iter().any(is_noted) {
            self.note(StatusChange::ConditionMessage(kind, message));
        }
    }
}

fn code(state: &ContainerState) -> Option<i32> {
    match state {
        ContainerState::Terminated { exit_code, .. } => Some(*exit_code),
        ContainerState::Absent
        | ContainerState::Waiting { .. }
        | ContainerState::Running { .. } => None,
    }
}
