//! The workload controllers (RS, D): what a sync decides is right for what it saw.

use wavetank_core::fact::object::ReplicaSetChange;
use wavetank_core::fact::pod::PodChange;
use wavetank_core::fact::{Controller, Fact};
use wavetank_core::id::{DeploymentId, ObjId, ReplicaSetId};
use wavetank_core::object::definition::Definitions;
use wavetank_core::object::spec::{DeploymentSpec, Spec, Strategy};
use wavetank_core::object::workload::{Deployment, ReplicaSet};
use wavetank_core::state::view::View;

use super::catalogue::{Invariant, Observes, Tag};
use super::endpoints::requests;
use super::finder::Finder;
use crate::client::script::Script;
use crate::message::call::Request;

const fn view(id: &'static str, statement: &'static str, source: &'static str) -> Invariant {
    Invariant {
        id,
        tag: Tag::View,
        statement,
        source,
        observes: Observes::Decisions,
    }
}

/// What this group checks.
pub const INVARIANTS: &[Invariant] = &[
    view(
        "RS-1",
        "A sync of a ReplicaSet creates no more pods than are missing, deletes no more than there are too many, and 500 at most",
        "replica_set.go; controller_utils",
    ),
    view(
        "RS-5",
        "A controller adopts only what its selector selects and nobody controls",
        "controller_ref_manager",
    ),
    view(
        "D-1",
        "Scaling up never takes the replicas of all ReplicaSets beyond the Deployment's replicas and maxSurge",
        "NewRSNewReplicas",
    ),
    view(
        "D-2",
        "A rolling update takes no more from old ReplicaSets than leaves the replicas less maxUnavailable available",
        "reconcileOldReplicaSets",
    ),
];

/// Creations or deletions of one sync (`BurstReplicas`).
const BURST: usize = 500;

/// Checks what a sync of `key` decided.
pub(super) fn decided(
    controller: Controller,
    key: ObjId,
    view: View<'_>,
    script: &Script,
    found: &mut Finder<'_>,
) {
    match controller {
        Controller::ReplicaSet => {
            if let Ok(set) = ReplicaSetId::try_from(key) {
                replicas(set, view, script, found);
                adoptions(set, view, script, found);
            }
        }
        Controller::Deployment => {
            if let Ok(deployment) = DeploymentId::try_from(key) {
                rollout(deployment, view, script, found);
            }
        }
        _ => {}
    }
}

/// RS-1.
fn replicas(id: ReplicaSetId, view: View<'_>, script: &Script, found: &mut Finder<'_>) {
    let (mut creates, mut deletes) = (0, 0);
    for request in requests(script) {
        match request {
            Request::CreatePod(_) => creates += 1,
            Request::DeletePod(..) => deletes += 1,
            _ => {}
        }
    }
    if creates == 0 && deletes == 0 {
        return;
    }
    let wanted = view.replica_set(id).map_or(0, |set| set.replicas as usize);
    let active = view
        .pods_of_owner(id.into())
        .filter(|(_, pod)| pod.is_active())
        .count();
    let missing = wanted.saturating_sub(active).min(BURST);
    let surplus = active.saturating_sub(wanted).min(BURST);
    if creates > missing || deletes > surplus {
        let message = format!(
            "ReplicaSet {} wants {wanted} pods and sees {active}: it creates {creates} and deletes {deletes}",
            set_name(id, view)
        );
        found.report("RS-1", message, &[]);
    }
}

/// RS-5.
fn adoptions(id: ReplicaSetId, view: View<'_>, script: &Script, found: &mut Finder<'_>) {
    for request in requests(script) {
        let Request::Update(Fact::PodChanged(pod, PodChange::Owner(Some(owner))), _) = request
        else {
            continue;
        };
        let Some((it, set)) = view.pod(*pod).zip(view.replica_set(id)) else {
            continue;
        };
        let Spec::ReplicaSet(spec) = &view.definitions().get_spec(set.spec).spec else {
            continue;
        };
        let labels = view.definitions().get_set(it.labels);
        let is_free = it.owner.is_none() && it.deletion.is_none();
        if *owner != id.into() || !is_free || !spec.selector.matches(labels) {
            let message = format!(
                "ReplicaSet {} adopts {}, which it must not",
                set_name(id, view),
                view.pod_name(*pod)
            );
            found.report("RS-5", message, &[]);
        }
    }
}

/// D-1, D-2.
fn rollout(id: DeploymentId, view: View<'_>, script: &Script, found: &mut Finder<'_>) {
    if !requests(script).any(scales) {
        return;
    }
    let Some(deployment) = view.deployment(id) else {
        return;
    };
    let Spec::Deployment(spec) = &view.definitions().get_spec(deployment.spec).spec else {
        return;
    };
    let sets: Vec<(ReplicaSetId, &ReplicaSet)> = view.replica_sets_of(id.into()).collect();
    let mut planned: Vec<u32> = sets.iter().map(|(_, set)| set.replicas).collect();
    let (surge, unavailable) = fenceposts(spec.strategy, deployment.replicas);
    let limit = u64::from(deployment.replicas) + u64::from(surge);
    let mut extra = 0;
    let name = || deployment.meta.name.text(&view.definitions().texts);
    for request in requests(script) {
        let is_up = match request {
            Request::CreateReplicaSet(new) => {
                extra += u64::from(new.replicas);
                new.replicas > 0
            }
            Request::Update(
                Fact::ReplicaSetChanged(set, ReplicaSetChange::Scaled { replicas, .. }),
                _,
            ) => {
                let Some(place) = sets.iter().position(|(id, _)| id == set) else {
                    continue;
                };
                std::mem::replace(&mut planned[place], *replicas) < *replicas
            }
            _ => false,
        };
        let total = extra + planned.iter().copied().map(u64::from).sum::<u64>();
        if is_up && total > limit {
            let message = format!(
                "Deployment {} is scaled up to {total} replicas: it wants {} and {surge} more at most",
                name(),
                deployment.replicas
            );
            found.report("D-1", message, &[]);
        }
    }
    let is_rolling = matches!(spec.strategy, Strategy::RollingUpdate { .. }) && !deployment.paused;
    if is_rolling
        && extra == 0
        && let Some((taken, most)) = taken(deployment, spec, &sets, &planned, unavailable, view)
        && taken > most
    {
        let message = format!(
            "Deployment {} takes {taken} replicas from its old ReplicaSets, where {most} may be taken",
            name()
        );
        found.report("D-2", message, &[]);
    }
}

const fn scales(request: &Request) -> bool {
    matches!(
        request,
        Request::CreateReplicaSet(_)
            | Request::Update(
                Fact::ReplicaSetChanged(_, ReplicaSetChange::Scaled { .. }),
                _
            )
    )
}

/// `maxSurge` and `maxUnavailable` as numbers (ResolveFenceposts).
fn fenceposts(strategy: Strategy, replicas: u32) -> (u32, u32) {
    match strategy {
        Strategy::Recreate => (0, replicas),
        Strategy::RollingUpdate {
            max_surge,
            max_unavailable,
        } => {
            let surge = max_surge.of_rounded_up(replicas);
            let unavailable = max_unavailable.of_rounded_down(replicas).min(replicas);
            if surge == 0 && unavailable == 0 {
                (0, 1)
            } else {
                (surge, unavailable)
            }
        }
    }
}

/// How many replicas a script takes from old ReplicaSets, and how many it may take. None when it is not
/// a rolling update that takes them.
fn taken(
    deployment: &Deployment,
    spec: &DeploymentSpec,
    sets: &[(ReplicaSetId, &ReplicaSet)],
    planned: &[u32],
    unavailable: u32,
    view: View<'_>,
) -> Option<(u64, u64)> {
    let is_scaling = |set: &ReplicaSet| set.replicas > 0 && set.desired != deployment.replicas;
    if sets.iter().any(|(_, set)| is_scaling(set)) {
        return None; // Proportional scaling (C118), not a rollout.
    }
    let definitions = view.definitions();
    let new = sets
        .iter()
        .position(|(_, set)| is_new(set, spec, definitions))?;
    let mut taken = 0;
    let (mut all, mut available) = (0, 0);
    for (place, (_, set)) in sets.iter().enumerate() {
        all += u64::from(set.replicas);
        available += u64::from(set.status.available);
        if place != new {
            taken += u64::from(set.replicas.saturating_sub(planned[place]));
        }
    }
    let least = u64::from(deployment.replicas.saturating_sub(unavailable));
    let new = sets[new].1;
    let waiting = u64::from(new.replicas.saturating_sub(new.status.available));
    let most = all.saturating_sub(least).saturating_sub(waiting);
    // Old replicas that are available beyond the least are scaled down by their own count.
    let most = if most == 0 {
        0
    } else {
        most.max(available.saturating_sub(least))
    };
    Some((taken, most))
}

/// Whether a ReplicaSet has the Deployment's template, the label of its hash left aside.
fn is_new(set: &ReplicaSet, spec: &DeploymentSpec, definitions: &Definitions) -> bool {
    let Spec::ReplicaSet(own) = &definitions.get_spec(set.spec).spec else {
        return false;
    };
    let (own, wanted) = (
        definitions.get_template(own.template),
        definitions.get_template(spec.template),
    );
    let labels = definitions.get_set(own.labels).without("pod-template-hash");
    own.spec == wanted.spec
        && own.annotations == wanted.annotations
        && labels
            == definitions
                .get_set(wanted.labels)
                .without("pod-template-hash")
}

fn set_name(id: ReplicaSetId, view: View<'_>) -> String {
    view.replica_set(id).map_or_else(
        || format!("{}", id.0),
        |set| set.meta.name.text(&view.definitions().texts),
    )
}
