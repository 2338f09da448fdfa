//! When a run ends: a set time, or a steady state.
//!
//! Steady means that nothing has been written for a while and nothing is under way that could lead to a
//! write: every pod is ready, done, or waits for something that only a person or a new node can bring.

use wavetank_core::fact::Record;
use wavetank_core::id::PodId;
use wavetank_core::object::node::{Node, NodeConditionType};
use wavetank_core::object::pod::{ContainerState, PodConditionType};
use wavetank_core::state::Cluster;
use wavetank_core::time::{SimDuration, SimTime};

use super::Engine;

/// How long nothing must have been written.
const QUIET: SimDuration = SimDuration::from_secs(10);
/// How long nothing must have been written when some pods are not what they should be.
const STUCK: SimDuration = SimDuration::from_secs(60);
/// The same while a node does not answer: its pods are evicted when they have tolerated that for as long
/// as they do by default, five minutes (C74, C190).
const NODE_LOST: SimDuration = SimDuration::from_secs(330);

/// What is known of a run's rest.
#[derive(Clone, Debug, Default)]
pub(super) struct Steadiness {
    /// When the last write was committed.
    last_write: SimTime,
    /// When it was last looked, so that it is not looked at every message.
    looked: SimTime,
    /// What the last look said.
    verdict: Option<Verdict>,
}

/// What a look at a quiet cluster says.
#[derive(Clone, Copy, Debug)]
enum Verdict {
    /// Everything is as it should be, from this instant on.
    Settled(SimTime),
    /// Something waits for what may never come; it is believed after so long.
    Stuck(SimDuration),
}

impl Steadiness {
    pub(super) fn observe(&mut self, record: &Record) {
        if record.fact.is_write() {
            self.last_write = record.at;
            self.verdict = None;
        }
    }

    pub(super) fn restart(&mut self, now: SimTime) {
        self.last_write = now;
        self.verdict = None;
    }

    /// Since when the run is at rest, if it is at `at`: because everything is as it should be, or because
    /// it is stuck.
    fn look(&mut self, at: SimTime, cluster: &Cluster, phase: u32) -> Option<SimTime> {
        if at.since(self.last_write) < QUIET {
            return None;
        }
        if self.looked <= self.last_write || self.verdict.is_none() {
            self.looked = at;
            self.verdict = Some(if is_settled(cluster) {
                Verdict::Settled(judged_by(cluster, phase))
            } else {
                Verdict::Stuck(patience(cluster))
            });
        }
        let since = match self.verdict? {
            Verdict::Settled(from) => from.max(self.last_write + QUIET),
            Verdict::Stuck(patience) => self.last_write + patience,
        };
        (at >= since).then_some(since)
    }
}

/// When the liveness probes of all running containers have had the time to fail for good: a container
/// that is about to be restarted is not at rest. Counted from the container's start, or from when the pod
/// became ready if that was later, as after a startup probe.
fn judged_by(cluster: &Cluster, phase: u32) -> SimTime {
    let store = &cluster.store;
    let mut judged = SimTime::ZERO;
    for index in store.pods.live_indexes() {
        let Some(pod) = store.pods.newest(index) else {
            continue;
        };
        let spec = &cluster.definitions.get_template(pod.template).spec;
        let containers = spec.init_containers.iter().chain(&spec.containers);
        for (container, status) in containers.zip(store.containers(PodId(index))) {
            let (Some(probe), ContainerState::Running { started }) =
                (&container.liveness, status.state)
            else {
                continue;
            };
            let ready = pod.condition(PodConditionType::Ready).changed;
            let seconds = u64::from(probe.initial_delay_seconds)
                + u64::from(probe.period_seconds) * (u64::from(probe.failure_threshold) + 1)
                + u64::from(probe.timeout_seconds);
            let from = started.max(ready).instant(phase);
            judged = judged.max(from + SimDuration::from_secs(seconds));
        }
    }
    judged
}

/// How long nothing must have been written when some pods are not what they should be.
fn patience(cluster: &Cluster) -> SimDuration {
    let nodes = &cluster.store.nodes;
    let is_lost = |node: &Node| !node.condition(NodeConditionType::Ready).status.is_true();
    let mut live = nodes.live_indexes();
    if live.any(|index| nodes.newest(index).is_some_and(is_lost)) {
        NODE_LOST
    } else {
        STUCK
    }
}

/// Whether every pod is ready or done, and every workload has what it asked for.
fn is_settled(cluster: &Cluster) -> bool {
    let store = &cluster.store;
    let pods = store.pods.live_indexes().all(|index| {
        store
            .pods
            .newest(index)
            .is_none_or(|pod| pod.phase.is_terminal() || (pod.is_ready() && pod.deletion.is_none()))
    });
    let deployments = store.deployments.live_indexes().all(|index| {
        store.deployments.newest(index).is_none_or(|deployment| {
            let status = &deployment.status;
            status.observed_generation >= deployment.meta.generation
                && (deployment.paused
                    || (status.updated == deployment.replicas
                        && status.replicas == deployment.replicas
                        && status.available == deployment.replicas))
        })
    });
    pods && deployments
}

impl Engine {
    /// Whether the run ends before a message at `at`; begins t = 0 when a warm-up is over.
    pub(super) fn has_ended(&mut self, at: SimTime) -> bool {
        let span = self.plan.span;
        let Some(zero) = self.zero else {
            let rest = self.steady.look(at, &self.cluster, self.phase);
            let applied = self.applied as usize == self.plan.objects.len();
            if applied && (rest.is_some() || at.since(SimTime::ZERO) > span.limit) {
                let since = rest.unwrap_or(self.steady.last_write + QUIET);
                self.now = self.now.max(since).min(at);
                self.begin();
            }
            return false;
        };
        if self.parts.timeline.has_stopped() {
            return true;
        }
        let end = zero + span.until.unwrap_or(span.limit).min(span.limit);
        // What is still to come by somebody's will: steps, stages, faults, answers.
        let is_over = span.until.is_none()
            && self.parts.timeline.is_done()
            && self.parts.traffic.is_done(at)
            && self.calls.len() == 0
            && self.faults_left == 0;
        if is_over && let Some(since) = self.steady.look(at, &self.cluster, self.phase) {
            // When that was, and not when somebody looked: messages that lead to nothing must not matter.
            let quiet = since.max(self.parts.traffic.done_at().unwrap_or(SimTime::ZERO));
            self.now = self.now.max(quiet.min(at)).min(end.max(self.now));
            return true;
        }
        if at > end {
            self.now = end.max(self.now);
            return true;
        }
        false
    }

    /// Whether the cluster is at rest now: everything as it should be.
    pub(super) fn is_steady(&self) -> bool {
        is_settled(&self.cluster)
    }
}
