//! What a run decides to do (K56–K67), and whether a container may start again (K68–K79, K96–K98).

use wavetank_core::fact::event::EventNote;
use wavetank_core::id::PodId;
use wavetank_core::object::meta::{uid, uid_text};
use wavetank_core::object::template::RestartPolicy;
use wavetank_core::text::known;
use wavetank_core::time::{SimDuration, SimTime};

use super::Desk;
use super::row::{Exit, Runtime, Step};

/// The first delay of the crash back-off (K71).
const BACK_OFF: u32 = 10;
/// A container that ran longer than this starts a new series (K70).
const RESET: SimDuration = SimDuration::from_secs(600);

impl Desk<'_, '_> {
    /// Decides what this run does, and begins it (K56).
    pub(super) fn act(&mut self) {
        let initialized = self.plan_init();
        if initialized {
            self.plan_mains();
            let mains = self.mains();
            let keeps = mains.clone().any(|container| {
                let row = &self.row.containers[usize::from(container)];
                row.seems_running() && self.row.to_kill >> container & 1 == 0
            });
            let starts = self.row.to_start >> mains.start != 0;
            if !keeps && !starts {
                self.row.to_start = 0;
                return self.stop_rest();
            }
        }
        self.kill_next();
    }

    /// The numbers of the main containers.
    pub(super) fn mains(&self) -> std::ops::Range<u8> {
        let inits = u8::try_from(self.spec.init_containers.len()).expect("at most 255");
        inits..self.numbers().end
    }

    /// Init containers (K62–K65): what is to start or to be killed; whether the pod is initialized.
    fn plan_init(&mut self) -> bool {
        let inits = 0..self.mains().start;
        if inits.is_empty() {
            return true;
        }
        let has_mains = self
            .mains()
            .any(|container| self.row.containers[usize::from(container)].seems_running());
        let Some(decides) = inits
            .clone()
            .rev()
            .find(|container| self.has_record(*container))
        else {
            // Nothing has a record: start the first one, and sidecars of an initialized pod.
            if !has_mains {
                self.row.to_start |= 1;
            }
            return has_mains;
        };
        let mut initialized = has_mains;
        if !has_mains {
            initialized = self.plan_deciding_init(decides, inits.end);
        }
        // Earlier sidecars are kept alive (K64); all of them once the pod is initialized.
        for container in inits {
            let is_over = container < decides || initialized;
            if is_over && self.is_sidecar(container) && self.seen_dead(container) {
                self.row.to_start |= 1 << container;
            }
            if is_over && self.is_sidecar(container) {
                self.plan_probe_kill(container);
            }
        }
        initialized
    }

    /// The last init container with a record decides progress (K63).
    fn plan_deciding_init(&mut self, decides: u8, end: u8) -> bool {
        let row = self.row.containers[usize::from(decides)];
        let next = decides + 1;
        let is_done = if self.is_sidecar(decides) {
            if self.seen_dead(decides) {
                self.row.to_start |= 1 << decides;
            }
            row.seems_running() && self.has_started_up(decides)
        } else {
            match row.seen_exit() {
                Some(exit) if exit.code == 0 && exit.reason != known::OOM_KILLED => true,
                Some(exit) if self.restarts(decides, exit) => {
                    self.row.to_start |= 1 << decides;
                    false
                }
                Some(_) | None => false,
            }
        };
        if is_done && next < end {
            self.row.to_start |= 1 << next;
        }
        is_done && next == end
    }

    /// Main containers (K57).
    fn plan_mains(&mut self) {
        for container in self.mains() {
            let row = self.row.containers[usize::from(container)];
            let starts = match (row.runtime, row.seen_exit()) {
                (Runtime::Absent, _) => true,
                (_, Some(exit)) => self.restarts(container, exit),
                (Runtime::Running(_) | Runtime::Exited { .. }, None) => false,
            };
            if starts {
                self.row.to_start |= 1 << container;
            }
            self.plan_probe_kill(container);
        }
    }

    /// A container whose liveness or startup probe has failed is killed, and restarted unless the policy
    /// is Never (K57, K58).
    fn plan_probe_kill(&mut self, container: u8) {
        if !self.row.containers[usize::from(container)].is_running()
            || self.failed_probe(container).is_none()
        {
            return;
        }
        self.row.to_kill |= 1 << container;
        if self.policy(container) != RestartPolicy::Never {
            self.row.to_start |= 1 << container;
        }
    }

    /// The restart policy of a container (K96).
    pub(super) fn policy(&self, container: u8) -> RestartPolicy {
        self.container(container)
            .restart_policy
            .unwrap_or(self.spec.restart_policy)
    }

    /// Whether a container that ended like this is started again (K96–K98).
    pub(super) fn restarts(&self, container: u8, exit: Exit) -> bool {
        // K98
        self.row.deletion_grace.is_none() && self.would_restart(container, exit)
    }

    /// Whether the policy starts a container again that ended like this (K96).
    pub(super) fn would_restart(&self, container: u8, exit: Exit) -> bool {
        let rules = &self.container(container).restart_rules;
        let matches = rules
            .iter()
            .any(|rule| rule.codes.contains(&exit.code) == rule.is_in);
        if matches {
            return true;
        }
        match self.policy(container) {
            RestartPolicy::Always => true,
            RestartPolicy::OnFailure => exit.code != 0,
            RestartPolicy::Never => false,
        }
    }

    fn has_record(&self, container: u8) -> bool {
        self.row.containers[usize::from(container)].runtime != Runtime::Absent
    }

    fn seen_dead(&self, container: u8) -> bool {
        self.row.containers[usize::from(container)]
            .seen_exit()
            .is_some()
    }

    /// Nothing is kept and nothing will start: what still runs is stopped (K56).
    fn stop_rest(&mut self) {
        if !self.row.is_running() {
            return self.end_run();
        }
        self.row.acted = true;
        self.row.step = Step::KillPod;
        let grace = self.spec.grace_seconds;
        self.kill_pod(grace);
    }

    /// Whether the crash back-off lets a container start now; notes the refusal otherwise (K69–K75).
    pub(super) fn grant(&mut self, container: u8) -> bool {
        let max = self.settings.kubelet.crash_back_off_max.nanos() / 1_000_000_000;
        let max = u32::try_from(max).unwrap_or(u32::MAX);
        let now = self.now();
        let killed = self.row.killed >> container & 1 == 1;
        let row = &mut self.row.containers[usize::from(container)];
        // A run that killed the container still sees the instance before it as the last dead one (K77).
        let dead = match row.runtime {
            Runtime::Exited { .. } if killed => row.previous,
            Runtime::Exited { exit, .. } => Some(exit),
            Runtime::Running(_) | Runtime::Absent => None,
        };
        let Some(dead) = dead else {
            return true; // K69
        };
        // Housekeeping forgets entries that nobody has used for so long (K73).
        if row.delay_seconds > 0 && now.since(row.granted) > RESET {
            row.delay_seconds = 0;
        }
        let is_stale = row.delay_seconds == 0 || dead.at.since(row.granted) > RESET;
        let delay = SimDuration::from_secs(u64::from(row.delay_seconds));
        if !is_stale && now.since(dead.at) < delay {
            let expiry = dead.at + delay;
            let seconds = row.delay_seconds;
            self.refuse(container, seconds, expiry);
            return false;
        }
        row.delay_seconds = if is_stale {
            BACK_OFF.min(max)
        } else {
            (2 * row.delay_seconds).min(max)
        };
        row.granted = now;
        true
    }

    /// A restart is refused (K74).
    fn refuse(&mut self, container: u8, seconds: u32, expiry: SimTime) {
        let pod = self.pod_text(container);
        let event = self.text(&format!("Back-off restarting failed container {pod}"));
        self.event(EventNote::Warning(known::BACK_OFF, event));
        let delay = go_duration(seconds);
        let pod = pod.replacen(" in pod ", " pod=", 1);
        let message = format!("back-off {delay} restarting failed container={pod}");
        let message = self.text(&message);
        self.fail_start(container, known::CRASH_LOOP_BACK_OFF, message);
        self.fail_run(expiry);
    }

    /// `CONTAINER in pod POD_NAMESPACE(UID)`
    fn pod_text(&self, container: u8) -> String {
        let pod: PodId = self.row.pod;
        let identity = self.view.pod_identity(pod);
        let key = self
            .ctx
            .key
            .draw(wavetank_core::draw::Purpose::Uid, 0_u32, 0);
        format!(
            "{} in pod {}_{}({})",
            self.container(container).name,
            self.view.pod_name(pod),
            self.view.text(identity.namespace),
            uid_text(uid(key, pod.into()))
        )
    }
}

/// A duration as Go prints it: `10s`, `1m20s`, `5m0s`.
fn go_duration(seconds: u32) -> String {
    if seconds < 60 {
        format!("{seconds}s")
    } else {
        format!("{}m{}s", seconds / 60, seconds % 60)
    }
}
