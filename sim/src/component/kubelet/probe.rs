//! Probe workers (K150–K166), without ticks.
//!
//! What an attempt meets is a step function of time. So the next attempt that matters is computed: one
//! that publishes a result, or one that fails and leaves an Event. The attempts before it are counted
//! when somebody looks. In exact mode every attempt is played, with the same outcome. Attempts that go
//! on failing after the failure was published leave no Event.

use wavetank_core::draw::Purpose;
use wavetank_core::fact::runtime::{ProbeKind, RuntimeFact};
use wavetank_core::object::pod::ContainerState;
use wavetank_core::object::template::Probe;
use wavetank_core::time::{SimDuration, SimTime};

use super::row::{ProbeRow, State};
use super::{Desk, timer};
use crate::network::profile::NodeLatencies;

/// How many pokes in 100 come before the new status is stored (K161).
const LOST_PERCENT: u64 = 7;

impl<'c> Desk<'_, 'c> {
    pub(super) const fn latencies(&self) -> &'c NodeLatencies {
        let network = self.ctx.network;
        &network.node
    }

    /// Starts the probe workers: their ticks are counted from here (K150, K162).
    pub(super) fn start_probes(&mut self, at: SimTime) {
        self.row.probes.clear();
        // Timers of an earlier process are void.
        let generation = self.node.clock.incarnation.wrapping_shl(16);
        for container in self.numbers() {
            if self.is_regular_init(container) {
                continue;
            }
            let spec = self.container(container);
            let kinds = [
                (ProbeKind::Startup, &spec.startup),
                (ProbeKind::Liveness, &spec.liveness),
                (ProbeKind::Readiness, &spec.readiness),
            ];
            for (kind, probe) in kinds {
                if probe.is_some() {
                    self.row.probes.push(ProbeRow {
                        container,
                        kind,
                        result: None,
                        last: false,
                        count: 0,
                        holds: false,
                        is_new: false,
                        is_idle: true,
                        instance: 0,
                        next: at,
                        generation,
                    });
                }
            }
        }
    }

    /// The worker of a container's probe.
    pub(super) fn probe(&self, container: u8, kind: ProbeKind) -> Option<&ProbeRow> {
        self.row
            .probes
            .iter()
            .find(|probe| probe.container == container && probe.kind == kind)
    }

    /// The published result of a container's probe, if there is such a probe: none within it is Unknown.
    /// What was said of an earlier instance counts no more.
    pub(super) fn result(&self, container: u8, kind: ProbeKind) -> Option<Option<bool>> {
        let attempts = self.row.containers[usize::from(container)].attempts;
        let probe = self.probe(container, kind)?;
        Some(probe.result.filter(|_| probe.instance == attempts))
    }

    fn probe_spec(&self, probe: &ProbeRow) -> &'c Probe {
        let spec = self.container(probe.container);
        let probe = match probe.kind {
            ProbeKind::Startup => &spec.startup,
            ProbeKind::Liveness => &spec.liveness,
            ProbeKind::Readiness => &spec.readiness,
        };
        probe.as_ref().expect("a worker has a probe")
    }

    /// Whether a sidecar lets the next init container start (K63, K65).
    pub(super) fn has_started_up(&self, container: u8) -> bool {
        self.result(container, ProbeKind::Startup)
            .is_none_or(|result| result == Some(true))
    }

    /// The probe that asks for a container's restart (K57).
    pub(super) fn failed_probe(&self, container: u8) -> Option<ProbeKind> {
        [ProbeKind::Liveness, ProbeKind::Startup]
            .into_iter()
            .find(|kind| self.result(container, *kind) == Some(Some(false)))
    }

    /// The message and the grace of a kill that a probe asks for (K57, K104).
    pub(super) fn kill_cause(&self, container: u8) -> (String, u32) {
        let kind = self.failed_probe(container).unwrap_or(ProbeKind::Liveness);
        let (word, probe) = match kind {
            ProbeKind::Startup => ("startup", &self.container(container).startup),
            ProbeKind::Liveness | ProbeKind::Readiness => {
                ("liveness", &self.container(container).liveness)
            }
        };
        let name = &self.container(container).name;
        let (noun, is_init) = if self.is_sidecar(container) {
            ("Init container", true)
        } else {
            ("Container", false)
        };
        let suffix = if is_init || self.row.to_start >> container & 1 == 0 {
            ""
        } else {
            ", will be restarted"
        };
        let grace = probe
            .as_ref()
            .and_then(|probe| probe.grace_seconds)
            .unwrap_or(self.spec.grace_seconds);
        (format!("{noun} {name} failed {word} probe{suffix}"), grace)
    }

    /// A status was generated: workers learn of new instances (K152), and the readiness workers of what
    /// is started and not ready are poked (K160).
    pub(super) fn poke_unready(&mut self) {
        for index in 0..self.row.probes.len() {
            let probe = self.row.probes[index];
            let row = &self.row.containers[usize::from(probe.container)];
            let attempts = row.attempts;
            let is_running = matches!(row.status.state, ContainerState::Running { .. });
            let (started, ready) = (row.status.started == Some(true), row.status.ready);
            let is_new = is_running && probe.instance != attempts;
            if is_new {
                let probe = &mut self.row.probes[index];
                probe.instance = attempts;
                probe.is_idle = true;
                probe.result = match probe.kind {
                    ProbeKind::Startup => None,
                    ProbeKind::Liveness => Some(true),
                    ProbeKind::Readiness => Some(false),
                };
                (probe.last, probe.count) = (false, 0);
                (probe.holds, probe.is_new) = (false, probe.kind == ProbeKind::Readiness);
            }
            let pokes = probe.kind == ProbeKind::Readiness && is_running && started && !ready;
            if pokes {
                self.poke(index, is_new);
            } else if is_new {
                self.plan(index);
            }
        }
    }

    /// An attempt is made at once, and the ticks are counted from there (K160, K161).
    fn poke(&mut self, index: usize, is_new: bool) {
        let probe = self.row.probes[index];
        let identity = (self.row.pod.0, u32::from(probe.container));
        let key = self.ctx.key;
        let is_lost = is_new
            && key.below(Purpose::ProbeRace, identity, u64::from(probe.instance), 100)
                < LOST_PERCENT
            && !self.settings.wins_races;
        let mut at = self.now() + self.lag;
        if is_lost {
            at += self.period(&probe);
        }
        self.row.probes[index].next = at;
        self.plan(index);
    }

    pub(super) fn period(&self, probe: &ProbeRow) -> SimDuration {
        SimDuration::from_secs(u64::from(self.probe_spec(probe).period_seconds.max(1)))
    }

    /// Plans the next attempts of a container's probes: what they meet has changed.
    pub(super) fn plan_probes_of(&mut self, container: u8) {
        for index in 0..self.row.probes.len() {
            if self.row.probes[index].container == container {
                self.plan(index);
            }
        }
    }

    /// The liveness and startup workers of main containers end with the pod (K145).
    pub(super) fn stop_main_probes(&mut self) {
        let first = self.mains().start;
        for probe in &mut self.row.probes {
            if probe.container >= first && probe.kind != ProbeKind::Readiness {
                probe.holds = true;
                probe.generation += 1;
            }
        }
    }

    /// All workers end.
    pub(super) fn stop_all_probes(&mut self) {
        for probe in &mut self.row.probes {
            probe.holds = true;
            probe.generation += 1;
        }
    }

    /// Sets the timer of the next attempt that matters.
    pub(super) fn plan(&mut self, index: usize) {
        let mut probe = self.row.probes[index];
        probe.generation += 1;
        let was_idle = probe.is_idle;
        probe.is_idle = self.is_idle(&probe);
        if probe.is_idle {
            self.row.probes[index] = probe;
            return;
        }
        let now = self.now() + self.lag;
        if was_idle && probe.next < now {
            // Ticks went by, but nothing was tried.
            let period = self.period(&probe);
            let behind = now.since(probe.next).nanos().div_ceil(period.nanos());
            probe.next += period.times(behind);
        }
        // What has passed is counted under what was known of it then.
        let wakes = if self.count(&mut probe, now).is_none() {
            // Only that is kept: what comes may still turn out differently.
            let mut ahead = probe;
            self.count(&mut ahead, SimTime::MAX)
        } else {
            debug_assert!(
                probe.next >= self.now(),
                "an attempt that matters was left out"
            );
            Some(probe.next.max(self.now()))
        };
        self.row.probes[index] = probe;
        if let Some(at) = wakes {
            let number = u8::try_from(index).expect("at most 255 probes");
            self.wake(at, timer::PROBE, number, 0, probe.generation);
        }
    }

    /// Whether no attempt is made until something else happens (K152, K157, K159).
    fn is_idle(&self, probe: &ProbeRow) -> bool {
        let row = &self.row.containers[usize::from(probe.container)];
        if probe.holds || probe.instance == 0 || probe.instance != row.attempts {
            return true;
        }
        if !matches!(row.status.state, ContainerState::Running { .. }) {
            return true;
        }
        match probe.kind {
            ProbeKind::Startup => probe.result.is_some(),
            ProbeKind::Liveness | ProbeKind::Readiness => row.status.started != Some(true),
        }
    }

    /// Counts attempts up to the first one that matters and is before `end`: when that is.
    fn count(&self, probe: &mut ProbeRow, end: SimTime) -> Option<SimTime> {
        let period = self.period(probe);
        let spec = self.probe_spec(probe);
        if probe.is_new {
            return Some(probe.next).filter(|next| *next < end);
        }
        let from = self.effective(probe);
        if probe.next < from {
            let behind = from.since(probe.next).nanos().div_ceil(period.nanos());
            probe.next += period.times(behind);
        }
        while probe.next < end {
            let (well, until) = self.outcome(probe, spec, probe.next);
            let until = until.min(end);
            let streak = if probe.last == well { probe.count } else { 0 };
            let skips = if self.settings.exact {
                Some(0)
            } else if well && probe.result == Some(true) {
                None
            } else if well {
                Some(spec.success_threshold.saturating_sub(streak + 1))
            } else {
                (streak < event_limit(probe, spec)).then_some(0)
            };
            let rest = until.since(probe.next).nanos().div_ceil(period.nanos());
            let passed = skips.map_or(rest, |skips| u64::from(skips).min(rest));
            if until == SimTime::MAX && skips.is_none() {
                return None; // For ever.
            }
            probe.pass(well, passed);
            probe.next += period.times(passed);
            if passed < rest {
                return Some(probe.next);
            }
        }
        None
    }

    /// From when attempts are not skipped for `initialDelaySeconds` (K152).
    fn effective(&self, probe: &ProbeRow) -> SimTime {
        let row = &self.row.containers[usize::from(probe.container)];
        let ContainerState::Running { started } = row.status.state else {
            return SimTime::MAX;
        };
        let delay = self.probe_spec(probe).initial_delay_seconds;
        if delay == 0 {
            return SimTime::ZERO;
        }
        started.instant(self.ctx.phase) + SimDuration::from_secs(u64::from(delay))
    }

    /// An attempt is made.
    pub(super) fn on_probe(&mut self, number: u8, generation: u32) {
        let index = usize::from(number);
        let Some(mut probe) = self.row.probes.get(index).copied() else {
            return;
        };
        if probe.generation != generation || self.is_idle(&probe) {
            return;
        }
        let now = self.now();
        let left_out = self.count(&mut probe, now);
        debug_assert!(
            left_out.is_none() && probe.next == now,
            "an attempt at another time"
        );
        let spec = self.probe_spec(&probe);
        let identity = 64 * u32::from(probe.container) + 16 * probe.kind as u32;
        let identity = (self.row.pod.0, identity);
        let draw = (self.ctx.key).draw(Purpose::ProbeDuration, identity, now.nanos() / 1_000);
        self.lag = self.latencies().probe.sample(draw);
        let is_initial = std::mem::take(&mut probe.is_new);
        let is_skipped = now < self.effective(&probe);
        let (well, _) = self.outcome(&probe, spec, now);
        let before = probe.result;
        if !is_skipped {
            probe.pass(well, 1);
            probe.conclude(well, spec);
        }
        probe.next = now + self.period(&probe);
        self.row.probes[index] = probe;
        if !is_skipped && !well && probe.count <= event_limit(&probe, spec) {
            self.unhealthy(&probe, spec);
        }
        let is_published = probe.result != before;
        if is_published {
            if probe.kind != ProbeKind::Readiness {
                let probe = &mut self.row.probes[index];
                (probe.holds, probe.count) = (true, 0); // K157
            }
            self.publish_result(&probe);
        }
        self.plan(index);
        if is_initial || is_published {
            self.request_after_result(); // K153, K15
        }
    }

    /// A result was published: the status that is kept is edited in place (K142).
    fn publish_result(&mut self, probe: &ProbeRow) {
        let well = probe.result == Some(true);
        self.fact(RuntimeFact::Probed(probe.container, probe.kind, well));
        if probe.kind == ProbeKind::Liveness {
            return;
        }
        let mut status = self.row.containers[usize::from(probe.container)].status;
        status.started = Some(self.is_started(probe.container));
        status.ready = self.is_ready(probe.container, &status);
        self.accept_container(probe.container, status);
        let phase = self.row.status.phase;
        self.accept_readiness(phase);
        self.publish();
        if probe.kind == ProbeKind::Startup && well {
            self.plan_probes_of(probe.container);
        }
    }

    /// A result asks for a run (K15), which counts even if it finds nothing to do (K236).
    fn request_after_result(&mut self) {
        if self.row.state == State::Sync {
            self.request_now();
        }
    }
}

impl ProbeRow {
    /// Counts attempts of one outcome (K156).
    fn pass(&mut self, well: bool, attempts: u64) {
        if attempts == 0 {
            return;
        }
        let attempts = u32::try_from(attempts).unwrap_or(u32::MAX);
        let streak = if self.last == well { self.count } else { 0 };
        self.last = well;
        self.count = streak.saturating_add(attempts);
    }

    /// Takes over the outcome as the result if there were enough of it in a row (K156).
    fn conclude(&mut self, well: bool, spec: &Probe) {
        let threshold = if well {
            spec.success_threshold
        } else {
            spec.failure_threshold
        };
        if self.count >= threshold.max(1) && self.result != Some(well) {
            self.result = Some(well);
        }
    }
}

/// How many failed attempts in a row leave an Event: up to the one that publishes, and the one more that
/// a readiness failure brings about (K160).
fn event_limit(probe: &ProbeRow, spec: &Probe) -> u32 {
    spec.failure_threshold.max(1) + u32::from(probe.kind == ProbeKind::Readiness)
}
