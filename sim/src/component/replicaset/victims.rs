//! Which pods a ReplicaSet deletes first (C95, C96).

use std::cmp::Ordering;

use rustc_hash::FxHashMap;
use wavetank_core::id::{NodeId, PodId, ReplicaSetId};
use wavetank_core::object::meta::{uid, uid_text};
use wavetank_core::object::pod::{Phase, Pod, PodConditionType};
use wavetank_core::object::template::RestartPolicy;
use wavetank_core::object::workload::ReplicaSet;
use wavetank_core::state::view::View;
use wavetank_core::time::{SimTime, Stamp};

use crate::engine::context::Context;

/// The annotation that makes a pod cheaper or dearer to delete.
const COST: &str = "controller.kubernetes.io/pod-deletion-cost";

/// An active pod and what it is ranked by.
struct Candidate {
    id: PodId,
    assigned: bool,
    phase: u8,
    ready: bool,
    cost: i32,
    /// Active pods on the same node of any ReplicaSet with the same controlling owner.
    crowd: u32,
    ready_since: Option<Stamp>,
    restarts: (u32, u32),
    created: Stamp,
}

/// The `count` active pods that are deleted first.
pub(super) fn choose(
    id: ReplicaSetId,
    set: &ReplicaSet,
    count: usize,
    view: View<'_>,
    uid_key: u64,
    ctx: &Context<'_>,
) -> Vec<PodId> {
    let active = || {
        view.pods_of_owner(id.into())
            .filter(|(_, pod)| pod.is_active())
    };
    let total = active().count();
    if count >= total {
        return active().map(|(pod, _)| pod).collect(); // C94: no ranking
    }
    let crowds = crowds(id, set, view);
    let mut candidates: Vec<_> = active()
        .map(|(pod_id, pod)| candidate(pod_id, pod, &crowds, view))
        .collect();
    let order = Order {
        uid_key,
        now: ctx.now,
        phase: ctx.phase,
    };
    candidates.sort_by(|a, b| order.compare(a, b));
    candidates.truncate(count);
    candidates.into_iter().map(|it| it.id).collect()
}

/// How many active pods of the set and its siblings are on each node.
fn crowds(id: ReplicaSetId, set: &ReplicaSet, view: View<'_>) -> FxHashMap<NodeId, u32> {
    let mut crowds = FxHashMap::default();
    let mut add = |set: ReplicaSetId| {
        for (_, pod) in view.pods_of_owner(set.into()) {
            if let Some(node) = pod.node.filter(|_| pod.is_active()) {
                *crowds.entry(node).or_insert(0) += 1;
            }
        }
    };
    match set.meta.owner {
        Some(owner) => view.replica_sets_of(owner).for_each(|(it, _)| add(it)),
        None => add(id),
    }
    crowds
}

fn candidate(id: PodId, pod: &Pod, crowds: &FxHashMap<NodeId, u32>, view: View<'_>) -> Candidate {
    let annotations = view.definitions().get_set(pod.annotations);
    let cost = annotations.get(COST).and_then(|text| text.parse().ok());
    let ready = pod.is_ready();
    let since = pod.condition(PodConditionType::Ready).changed;
    let node = pod.node;
    Candidate {
        id,
        assigned: node.is_some(),
        phase: match pod.phase {
            Phase::Pending => 0,
            Phase::Running | Phase::Succeeded | Phase::Failed => 2,
        },
        ready,
        cost: cost.unwrap_or(0),
        crowd: node
            .and_then(|node| crowds.get(&node).copied())
            .unwrap_or(0),
        ready_since: ready.then_some(since),
        restarts: (pod.restarts, sidecar_restarts(id, pod, view)),
        created: view.pod_identity(id).created,
    }
}

/// The largest restart count among the restartable init containers.
fn sidecar_restarts(id: PodId, pod: &Pod, view: View<'_>) -> u32 {
    let init = &view.pod_spec(pod).init_containers;
    let statuses = view.containers(id).iter();
    init.iter()
        .zip(statuses)
        .filter(|(container, _)| container.restart_policy == Some(RestartPolicy::Always))
        .map(|(_, status)| status.restarts)
        .max()
        .unwrap_or(0)
}

/// The order of C95.
struct Order {
    uid_key: u64,
    now: SimTime,
    phase: u32,
}

impl Order {
    /// Less means: dies first.
    fn compare(&self, a: &Candidate, b: &Candidate) -> Ordering {
        a.assigned
            .cmp(&b.assigned)
            .then(a.phase.cmp(&b.phase))
            .then(a.ready.cmp(&b.ready))
            .then(a.cost.cmp(&b.cost))
            .then(b.crowd.cmp(&a.crowd))
            .then_with(|| self.by_readiness(a, b))
            .then(b.restarts.0.cmp(&a.restarts.0))
            .then(b.restarts.1.cmp(&a.restarts.1))
            .then_with(|| self.by_age(a, b, a.created, b.created))
            .then(a.id.cmp(&b.id))
    }

    fn by_readiness(&self, a: &Candidate, b: &Candidate) -> Ordering {
        if !(a.ready && b.ready) || a.ready_since == b.ready_since {
            return Ordering::Equal;
        }
        match (a.ready_since, b.ready_since) {
            (Some(first), Some(second)) => self.by_age(a, b, first, second),
            (None, _) => Ordering::Less, // a missing time dies first
            (_, None) => Ordering::Greater,
        }
    }

    /// By the power of two below the age in nanoseconds; in one bucket the smaller uid dies (C96).
    fn by_age(&self, a: &Candidate, b: &Candidate, first: Stamp, second: Stamp) -> Ordering {
        if first == second {
            return Ordering::Equal;
        }
        let buckets = self.bucket(first).cmp(&self.bucket(second));
        buckets.then_with(|| self.uid(a.id).cmp(&self.uid(b.id)))
    }

    fn bucket(&self, stamp: Stamp) -> i64 {
        let age = self.now.since(stamp.instant(self.phase)).nanos();
        age.checked_ilog2().map_or(-1, i64::from)
    }

    fn uid(&self, pod: PodId) -> String {
        uid_text(uid(self.uid_key, pod.into()))
    }
}
