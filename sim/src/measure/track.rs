//! Trackers: the value of a leaf as a run goes on, kept up to date fact by fact.

use std::collections::{BTreeMap, BTreeSet};

use wavetank_core::fact::object::{
    DeploymentChange, NodeChange, OtherChange, ReplicaSetChange, ServiceChange, SliceChange,
};
use wavetank_core::fact::pod::{ContainerChange, PodChange, StatusChange};
use wavetank_core::fact::runtime::RuntimeFact;
use wavetank_core::fact::traffic::Outcome;
use wavetank_core::fact::{Edge, Fact, Record, Refusal};
use wavetank_core::id::{Kind, PodId};
use wavetank_core::object::pod::PodConditionType;
use wavetank_core::state::Cluster;
use wavetank_core::text::known;
use wavetank_core::time::SimTime;

use super::gather::TargetTracker;
use super::leaf::{Counter, FaultField, Leaf, RequestCount, Statistic, StepField};
use crate::scenario::expr::Amount;

/// The value of a leaf as a run goes on.
#[derive(Clone, Debug)]
pub(super) enum Tracker {
    /// Nothing is kept: the value is known at the end.
    Off,
    /// A function of a target.
    Target(Box<TargetTracker>),
    /// Something that is counted.
    Counter(Counter, Count),
    /// Requests that were lost.
    Requests(Option<usize>, RequestCount, u64),
    /// A step.
    Step(usize, StepField, Times),
    /// A fault; whether a step of the schedule belongs to it, by the schedule's numbers.
    Fault(FaultField, Times, Vec<bool>),
    /// Pods by the time they took to become ready.
    ToReady(Waits),
    /// Nodes that run pods.
    NodesUsed(Used),
}

/// A count, and what keeps it from counting twice.
#[derive(Clone, Debug, Default)]
pub(super) struct Count {
    pub(super) value: u64,
    pods: BTreeSet<u32>,
    restarts: BTreeMap<(u32, u8), u32>,
}

/// When something first began and last ended, counted from t = 0.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Times {
    began: Option<i128>,
    ended: Option<i128>,
    exit: i32,
    count: u32,
}

/// Pods that wait to be ready, and those that were.
#[derive(Clone, Debug, Default)]
pub(super) struct Waits {
    created: BTreeMap<u32, SimTime>,
    nanos: Vec<u64>,
}

/// How many pods each node runs.
#[derive(Clone, Debug, Default)]
pub(super) struct Used {
    /// The node of each pod that counts, plus 1.
    node_of: Vec<u32>,
    pods_of: Vec<u32>,
    used: u32,
}

impl Tracker {
    /// A tracker of `leaf` from now on. `schedule` names the steps of the fault schedule.
    pub(super) fn begin(
        leaf: &Leaf,
        fault_name: impl Fn(usize) -> String,
        schedule: &[&str],
        cluster: &Cluster,
    ) -> Self {
        match leaf {
            Leaf::Requests(source, count) => Self::Requests(*source, *count, 0),
            Leaf::Step(step, field) => Self::Step(*step, *field, Times::default()),
            Leaf::Fault(fault, field) => {
                let name = fault_name(*fault);
                let belongs = schedule.iter().map(|step| *step == name).collect();
                Self::Fault(*field, Times::default(), belongs)
            }
            Leaf::Counter(counter) => Self::Counter(*counter, Count::begin(*counter, cluster)),
            Leaf::ToReady(_) => Self::ToReady(Waits::default()),
            Leaf::NodesUsed => Self::NodesUsed(Used::begin(cluster)),
            Leaf::RunDuration | Leaf::Steady => Self::Off,
            Leaf::Target(target) => {
                Self::Target(Box::new(TargetTracker::new(target.clone(), cluster)))
            }
        }
    }

    /// A record was applied: whether the value may have changed.
    pub(super) fn observe(&mut self, record: &Record, zero: SimTime, cluster: &Cluster) -> bool {
        match self {
            Self::Off => false,
            Self::Target(tracker) => tracker.observe(&record.fact, cluster),
            Self::Counter(counter, count) => count.observe(*counter, record, cluster),
            Self::Requests(source, which, count) => {
                let Fact::RequestEnded(end) = &record.fact else {
                    return false;
                };
                let is_ours = source.is_none_or(|source| source == end.client.index());
                let counts = is_ours && counts(*which, end.outcome);
                *count += u64::from(counts);
                counts
            }
            Self::Step(step, _, times) => {
                let Fact::Step(id, edge) = &record.fact else {
                    return false;
                };
                id.index() == *step && times.observe(*edge, record.at, zero)
            }
            Self::Fault(_, times, belongs) => {
                let Fact::Fault(id, edge) = &record.fact else {
                    return false;
                };
                belongs.get(id.index()) == Some(&true) && times.observe(*edge, record.at, zero)
            }
            Self::ToReady(waits) => {
                waits.observe(record);
                false
            }
            Self::NodesUsed(used) => {
                let (Fact::PodCreated(pod, _) | Fact::PodChanged(pod, _)) = &record.fact else {
                    return false;
                };
                used.update(*pod, cluster)
            }
        }
    }

    /// The value now.
    #[allow(clippy::cast_precision_loss)]
    pub(super) fn value(&self, leaf: &Leaf) -> Option<Amount> {
        let count = |count: u64| Some(Amount::Number(count as f64));
        match self {
            Self::Off => None,
            Self::Target(tracker) => tracker.value(),
            Self::Counter(_, counted) => count(counted.value),
            Self::Requests(_, _, lost) => count(*lost),
            Self::Step(_, field, times) => match field {
                StepField::Start => times.began.map(Amount::Duration),
                StepField::End => times.ended.map(Amount::Duration),
                StepField::Duration => Some(Amount::Duration(times.ended? - times.began?)),
                StepField::Exit => times.ended.map(|_| Amount::Number(f64::from(times.exit))),
            },
            Self::Fault(field, times, _) => match field {
                FaultField::Start => times.began.map(Amount::Duration),
                FaultField::End => times.ended.map(Amount::Duration),
                FaultField::Count => count(u64::from(times.count)),
            },
            Self::ToReady(waits) => {
                let Leaf::ToReady(statistic) = leaf else {
                    return None;
                };
                waits.statistic(*statistic)
            }
            Self::NodesUsed(used) => count(u64::from(used.used)),
        }
    }
}

/// Whether a request that ended so is one of those counted.
pub(super) fn counts(which: RequestCount, outcome: Outcome) -> bool {
    match which {
        RequestCount::Sent => true,
        RequestCount::Ok => !outcome.is_lost(),
        RequestCount::Lost => outcome.is_lost(),
        RequestCount::Cause(number) => outcome as usize == number,
        RequestCount::Killed => matches!(outcome, Outcome::Reset | Outcome::Cut),
    }
}

impl Times {
    fn observe(&mut self, edge: Edge, at: SimTime, zero: SimTime) -> bool {
        let at = i128::from(at.nanos()) - i128::from(zero.nanos());
        match edge {
            Edge::Began => {
                self.began = self.began.or(Some(at));
                self.count += 1;
            }
            Edge::Ended(exit) => {
                self.ended = Some(at);
                self.exit = exit;
            }
        }
        true
    }
}

impl Count {
    fn begin(counter: Counter, cluster: &Cluster) -> Self {
        let mut count = Self::default();
        if counter == Counter::PodsRestarted {
            for index in cluster.store.pods.live_indexes() {
                for (number, container) in (0..).zip(cluster.store.containers(PodId(index))) {
                    if container.restarts > 0 {
                        count.restarts.insert((index, number), container.restarts);
                    }
                }
            }
        }
        count
    }

    fn observe(&mut self, counter: Counter, record: &Record, cluster: &Cluster) -> bool {
        let before = self.value;
        match counter {
            Counter::PodsCreated => {
                self.value += u64::from(matches!(record.fact, Fact::PodCreated(..)));
            }
            Counter::PodsRestarted => self.restarted(&record.fact),
            Counter::PodsEvicted => self.disrupted(&record.fact, false, cluster),
            Counter::PodsPreempted => self.disrupted(&record.fact, true, cluster),
            Counter::PodsOomKilled => {
                let is_one = matches!(
                    record.fact,
                    Fact::Runtime(_, RuntimeFact::Exited(_, _, true))
                );
                self.value += u64::from(is_one);
            }
            Counter::EvictionsRefused => {
                let is_one = matches!(
                    record.fact,
                    Fact::Refused(object, Refusal::TooManyRequests) if object.kind == Kind::Pod
                );
                self.value += u64::from(is_one);
            }
            Counter::ApiWrites => self.value += u64::from(record.fact.is_write()),
            Counter::ApiConflicts => {
                let is_one = matches!(record.fact, Fact::Refused(_, Refusal::Conflict));
                self.value += u64::from(is_one);
            }
        }
        self.value != before
    }

    /// Counts by how much `restartCount` grew: one write may tell of several restarts.
    fn restarted(&mut self, fact: &Fact) {
        let Fact::PodChanged(pod, PodChange::Status(changes)) = fact else {
            return;
        };
        for change in changes {
            if let StatusChange::Container(number, ContainerChange::Restarts(now)) = change {
                let before = self.restarts.insert((pod.0, *number), *now).unwrap_or(0);
                self.value += u64::from(now.saturating_sub(before));
            }
        }
    }

    /// Counts pods whose DisruptionTarget became True, or that their kubelet evicted: each once.
    fn disrupted(&mut self, fact: &Fact, preempted: bool, cluster: &Cluster) {
        let Fact::PodChanged(pod, PodChange::Status(changes)) = fact else {
            return;
        };
        let is_over = || {
            let pod = cluster.store.pods.newest(pod.0);
            pod.is_some_and(|pod| pod.phase.is_terminal())
        };
        let is_one = changes.iter().any(|change| {
            if let StatusChange::Condition(kind, truth, reason, _) = change {
                // A pod that the garbage collector fails was not evicted: its node is gone.
                *kind == PodConditionType::DisruptionTarget
                    && truth.is_true()
                    && *reason != known::DELETION_BY_POD_GC
                    && (*reason == known::PREEMPTION_BY_SCHEDULER) == preempted
            } else {
                !preempted && *change == StatusChange::Reason(known::EVICTED) && is_over()
            }
        });
        if is_one && self.pods.insert(pod.0) {
            self.value += 1;
        }
    }
}

impl Waits {
    fn observe(&mut self, record: &Record) {
        if let Fact::PodCreated(pod, _) = &record.fact {
            self.created.insert(pod.0, record.at);
        }
        let Fact::PodChanged(pod, change) = &record.fact else {
            return;
        };
        if *change == PodChange::Removed {
            self.created.remove(&pod.0);
        }
        let PodChange::Status(changes) = change else {
            return;
        };
        let is_ready = changes.iter().any(|change| {
            matches!(change, StatusChange::Condition(PodConditionType::Ready, truth, ..)
                if truth.is_true())
        });
        if is_ready && let Some(created) = self.created.remove(&pod.0) {
            self.nanos.push(record.at.since(created).nanos());
        }
    }

    /// A statistic of the pods that became ready; none when none did.
    fn statistic(&self, statistic: Statistic) -> Option<Amount> {
        let mut sorted = self.nanos.clone();
        sorted.sort_unstable();
        let nanos = match statistic {
            Statistic::Max => i128::from(*sorted.last()?),
            Statistic::Mean => {
                let sum: i128 = sorted.iter().map(|nanos| i128::from(*nanos)).sum();
                sum / i128::try_from(sorted.len())
                    .ok()
                    .filter(|count| *count > 0)?
            }
            Statistic::Quantile(thousandths) => {
                // The smallest value that this share of the pods does not exceed.
                let rank = (sorted.len() * usize::from(thousandths))
                    .div_ceil(1_000)
                    .max(1);
                i128::from(*sorted.get(rank - 1)?)
            }
        };
        Some(Amount::Duration(nanos))
    }
}

impl Used {
    fn begin(cluster: &Cluster) -> Self {
        let mut used = Self::default();
        for index in cluster.store.pods.live_indexes() {
            used.update(PodId(index), cluster);
        }
        used
    }

    fn update(&mut self, pod: PodId, cluster: &Cluster) -> bool {
        let before = self.used;
        let counted = cluster.store.pods.newest(pod.0).filter(|pod| {
            let is_daemon = pod.owner.is_some_and(|owner| owner.kind == Kind::DaemonSet);
            !pod.phase.is_terminal() && !is_daemon
        });
        let now = counted
            .and_then(|pod| pod.node)
            .map_or(0, |node| node.0 + 1);
        if self.node_of.len() <= pod.index() {
            self.node_of.resize(pod.index() + 1, 0);
        }
        let earlier = std::mem::replace(&mut self.node_of[pod.index()], now);
        if earlier != now {
            self.change(earlier, false);
            self.change(now, true);
        }
        self.used != before
    }

    fn change(&mut self, node_plus_one: u32, add: bool) {
        let Some(node) = node_plus_one.checked_sub(1) else {
            return;
        };
        let node = node as usize;
        if self.pods_of.len() <= node {
            self.pods_of.resize(node + 1, 0);
        }
        let pods = &mut self.pods_of[node];
        if add {
            self.used += u32::from(*pods == 0);
            *pods += 1;
        } else {
            *pods -= 1;
            self.used -= u32::from(*pods == 0);
        }
    }
}

/// Whether a write changes metadata, or creates: owners and labels decide who belongs to whom.
pub(super) fn is_structural(fact: &Fact) -> bool {
    match fact {
        Fact::NodeChanged(_, change) => matches!(change, NodeChange::Meta(_)),
        Fact::ReplicaSetChanged(_, change) => matches!(change, ReplicaSetChange::Meta(_)),
        Fact::DeploymentChanged(_, change) => matches!(change, DeploymentChange::Meta(_)),
        Fact::ServiceChanged(_, change) => matches!(change, ServiceChange::Meta(_)),
        Fact::SliceChanged(_, change) => matches!(change, SliceChange::Meta(_)),
        Fact::OtherChanged(_, _, change) => matches!(change, OtherChange::Meta(_)),
        Fact::NodeCreated(..)
        | Fact::ReplicaSetCreated(..)
        | Fact::DeploymentCreated(..)
        | Fact::ServiceCreated(..)
        | Fact::SliceCreated(..)
        | Fact::OtherCreated(..) => true,
        Fact::PodCreated(..)
        | Fact::PodChanged(..)
        | Fact::Runtime(..)
        | Fact::EventRecorded(..)
        | Fact::Decided(_)
        | Fact::RequestEnded(_)
        | Fact::RequestsSucceeded { .. }
        | Fact::Fault(..)
        | Fact::Step(..)
        | Fact::Mark(_)
        | Fact::Refused(..) => false,
    }
}
