//! What a kubelet remembers: a row for each node, pod, container, probe.

use wavetank_core::fact::pod::StatusChange;
use wavetank_core::fact::runtime::ProbeKind;
use wavetank_core::id::{NodeId, PodId, TemplateId, TextId};
use wavetank_core::object::pod::{ContainerStatus, Phase, PodCondition, PodIp};
use wavetank_core::text::known;
use wavetank_core::time::{SimTime, Stamp};

use super::clock::Clock;
use crate::world::catalog::ImageId;
use crate::world::network::Pool;
use crate::world::process::Kind;

/// A node as its kubelet keeps it.
#[derive(Clone, Debug, Default)]
pub(super) struct NodeRow {
    /// The clocks of the running process.
    pub(super) clock: Clock,
    /// Whether the machine runs.
    pub(super) is_up: bool,
    /// When the last pull that is under way ends (K87).
    pub(super) pulls_end: SimTime,
    /// The images that are there or will be, and from when; ascending.
    pub(super) images: Vec<(ImageId, SimTime)>,
    /// The addresses that are taken.
    pub(super) pool: Pool,
}

/// The state of a pod's worker (K18).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) enum State {
    /// The pod is to run.
    #[default]
    Sync,
    /// The pod is to stop.
    Terminating,
    /// Everything has stopped; what is left is to be cleaned up.
    Terminated,
    /// Nothing is left to be done.
    Finished,
}

/// What the run in progress waits for.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) enum Step {
    /// No run is in progress.
    #[default]
    Idle,
    /// Volumes and sandbox.
    Sandbox,
    /// The image of a container.
    Pull(u8),
    /// Create and start of a container.
    Start(u8),
    /// The postStart hook of a container.
    PostStart(u8),
    /// The death of containers that are to be restarted.
    Kill,
    /// The death of all containers.
    KillPod,
    /// The end of the sandbox.
    TearDown,
}

/// A pod as its kubelet keeps it.
#[derive(Clone, Debug, Default)]
pub(super) struct PodRow {
    pub(super) pod: PodId,
    pub(super) node: NodeId,
    pub(super) template: TemplateId,
    /// What its first container runs; the others follow.
    pub(super) kind: Kind,
    pub(super) state: State,
    pub(super) step: Step,
    /// The generation of the step's timer.
    pub(super) step_generation: u32,
    /// When the pull that the run waits for began.
    pub(super) step_began: SimTime,
    /// Whether the object is gone from the API.
    pub(super) is_gone: bool,
    /// `metadata.generation`
    pub(super) generation: u32,
    /// `metadata.deletionGracePeriodSeconds`, once it is being deleted.
    pub(super) deletion_grace: Option<u32>,
    /// The grace of the kill (K23); zero as long as there is none.
    pub(super) grace: u32,
    /// Readiness gates that are True.
    pub(super) gates: u8,
    /// Whether the sandbox is up.
    pub(super) has_sandbox: bool,
    /// How many sandboxes the pod has had.
    pub(super) sandboxes: u32,
    pub(super) ip: PodIp,
    /// When the kill of the whole pod began.
    pub(super) kill_began: SimTime,
    /// Whether this run has done something (K27).
    pub(super) acted: bool,
    /// Whether this run has failed, and when the earliest back-off expires (K25).
    pub(super) failed: Option<SimTime>,
    /// Containers that this run still has to kill or to start, as bits.
    pub(super) to_kill: u64,
    pub(super) to_start: u64,
    /// Containers that this run has killed.
    pub(super) killed: u64,
    /// Whether an update came during the run.
    pub(super) is_pending: bool,
    /// Whether nothing of it can run any more: the terminal phase may be written (K139).
    pub(super) is_dead: bool,
    /// How many runs there were.
    pub(super) runs: u32,
    /// How many runs acted or failed: the index of their draws. Runs that do nothing are not counted, so
    /// that it does not matter whether they are played.
    pub(super) draws: u32,
    /// When the last run ended (K24).
    pub(super) last_sync: SimTime,
    /// Whether the runtime view is newer than that already.
    pub(super) is_fresh: bool,
    /// When the next run begins, as far as is known, and the generation of its timer.
    pub(super) run_at: SimTime,
    pub(super) run_generation: u32,
    /// The status as last accepted (K135).
    pub(super) status: Shown,
    /// What of it has not been sent.
    pub(super) unsent: Vec<StatusChange>,
    /// Whether an answer to a status write is awaited.
    pub(super) is_writing: bool,
    /// Until when a status write is under way of which no answer is awaited.
    pub(super) writes_until: SimTime,
    /// Whether a timer waits for that.
    pub(super) waits_to_write: bool,
    /// Whether the call that removes the object is under way.
    pub(super) is_removing: bool,
    /// How many writes there were.
    pub(super) writes: u32,
    pub(super) containers: Vec<ContainerRow>,
    pub(super) probes: Vec<ProbeRow>,
}

/// The status of a pod less its containers, as the kubelet last accepted it.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Shown {
    pub(super) phase: Phase,
    pub(super) reason: TextId,
    pub(super) message: TextId,
    pub(super) ip: PodIp,
    pub(super) started: Option<Stamp>,
    pub(super) observed_generation: u32,
    /// PodScheduled, PodReadyToStartContainers, Initialized, ContainersReady, Ready.
    pub(super) conditions: [PodCondition; 5],
}

/// A container as its kubelet keeps it.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct ContainerRow {
    /// The newest instance.
    pub(super) runtime: Runtime,
    /// The end of the one before it.
    pub(super) previous: Option<Exit>,
    /// How many instances there were.
    pub(super) attempts: u32,
    /// Why the last attempt to start it failed (K114); empty when it did not.
    pub(super) reason: TextId,
    pub(super) message: TextId,
    /// The crash back-off: its delay in seconds, zero as long as there is none, and when the last
    /// restart was granted (K70).
    pub(super) delay_seconds: u32,
    pub(super) granted: SimTime,
    /// The kill that is under way.
    pub(super) stop: Stop,
    /// The generation of the kill's timer.
    pub(super) stop_generation: u32,
    /// As last accepted.
    pub(super) status: ContainerStatus,
}

/// The newest instance of a container.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) enum Runtime {
    /// There was none.
    #[default]
    Absent,
    /// It runs since.
    Running(SimTime),
    /// It ended. The kubelet may not have seen that yet.
    Exited {
        /// How it ended.
        exit: Exit,
        /// Whether a relist has found it.
        seen: bool,
    },
}

/// How an instance of a container ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Exit {
    pub(super) code: i32,
    pub(super) reason: TextId,
    pub(super) started: SimTime,
    pub(super) at: SimTime,
}

/// How far the kill of a container is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) enum Stop {
    /// It is not being killed.
    #[default]
    None,
    /// The preStop hook runs, or TERM is on its way; the timeout that TERM will have, in seconds.
    Hook {
        /// From TERM to KILL.
        timeout: u32,
        /// Whether a hook runs, and whether it ends well.
        hook: Option<bool>,
    },
    /// A sidecar waits for its turn (K109), which comes no earlier than its hook ends.
    Turn {
        /// When its hook ends.
        hook_end: SimTime,
        /// Whether it has one.
        has_hook: bool,
    },
    /// TERM was sent; when KILL follows.
    Term {
        /// When KILL follows.
        kill_at: SimTime,
    },
}

/// A probe worker (K150).
#[derive(Clone, Copy, Debug)]
pub(super) struct ProbeRow {
    pub(super) container: u8,
    pub(super) kind: ProbeKind,
    /// The published result; none is Unknown.
    pub(super) result: Option<bool>,
    /// The last attempt's result, and how many like it in a row.
    pub(super) last: bool,
    pub(super) count: u32,
    /// Whether it waits for a new instance (K157).
    pub(super) holds: bool,
    /// Whether the initial result of the instance has not been published yet (K153).
    pub(super) is_new: bool,
    /// Whether nothing is tried at the ticks for the time being.
    pub(super) is_idle: bool,
    /// The instance that it knows: its attempt number, from 1.
    pub(super) instance: u32,
    /// The next tick that is not accounted for; later ones follow period by period.
    pub(super) next: SimTime,
    /// The generation of the timer.
    pub(super) generation: u32,
}

impl ContainerRow {
    /// Whether it runs, as far as the kubelet knows.
    pub(super) fn seems_running(&self) -> bool {
        match self.runtime {
            Runtime::Running(_) => true,
            Runtime::Exited { seen, .. } => !seen,
            Runtime::Absent => false,
        }
    }

    /// How its newest instance ended, as far as the kubelet knows.
    pub(super) const fn seen_exit(&self) -> Option<Exit> {
        match self.runtime {
            Runtime::Exited { exit, seen: true } => Some(exit),
            Runtime::Exited { seen: false, .. } | Runtime::Running(_) | Runtime::Absent => None,
        }
    }

    /// Whether it runs.
    pub(super) const fn is_running(&self) -> bool {
        matches!(self.runtime, Runtime::Running(_))
    }

    /// When its newest instance began, if there is one.
    pub(super) const fn started(&self) -> Option<SimTime> {
        match self.runtime {
            Runtime::Running(started) => Some(started),
            Runtime::Exited { exit, .. } => Some(exit.started),
            Runtime::Absent => None,
        }
    }
}

impl PodRow {
    /// Makes the row that of a new pod, keeping capacity.
    pub(super) fn begin(&mut self, pod: PodId, node: NodeId, template: TemplateId, count: usize) {
        let mut containers = std::mem::take(&mut self.containers);
        let mut probes = std::mem::take(&mut self.probes);
        let mut unsent = std::mem::take(&mut self.unsent);
        containers.clear();
        probes.clear();
        unsent.clear();
        let blank = ContainerRow {
            reason: known::EMPTY,
            ..ContainerRow::default()
        };
        containers.resize(count, blank);
        // Timers of the row's last pod must not be taken for those of this one.
        *self = Self {
            pod,
            node,
            template,
            containers,
            probes,
            unsent,
            run_at: SimTime::MAX,
            ..Self::default()
        };
    }

    /// Whether any container runs.
    pub(super) fn is_running(&self) -> bool {
        self.containers.iter().any(ContainerRow::is_running)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A hundred thousand pods are kept at once: what each costs is a promise.
    #[test]
    fn rows_stay_small() {
        assert!(size_of::<PodRow>() <= 480, "{} bytes", size_of::<PodRow>());
        let container = size_of::<ContainerRow>();
        assert!(container <= 216, "{container} bytes");
        assert!(
            size_of::<ProbeRow>() <= 40,
            "{} bytes",
            size_of::<ProbeRow>()
        );
    }
}
