//! What a write may change of an object (API-5, API-6, API-9, API-10, API-12).

use wavetank_core::fact::object::MetaChange;
use wavetank_core::fact::pod::PodChange;
use wavetank_core::id::{Kind, ObjId, PodId};
use wavetank_core::object::meta::{Deletion, Meta};
use wavetank_core::object::pod::Pod;
use wavetank_core::state::Cluster;

use super::finder::{Finder, name};

/// API-5, API-6, API-9, API-10, API-12 of a pod's versions.
pub(super) fn pod_changed(
    id: PodId,
    prior: &Pod,
    now: &Pod,
    change: &PodChange,
    cluster: &Cluster,
    found: &mut Finder<'_>,
) {
    let before = (prior.generation, prior.deletion);
    let after = (now.generation, now.deletion);
    versions(
        id.into(),
        before,
        after,
        matches!(change, PodChange::Deleting(_)),
        cluster,
        found,
    );
    if now.observed_generation > now.generation {
        let message = format!(
            "{} observed generation {} of {}",
            name(cluster, id),
            now.observed_generation,
            now.generation
        );
        found.report("API-12", message, &[]);
    }
    let spec = |pod: &Pod| {
        (
            (pod.node, pod.template, pod.owner),
            (pod.labels, pod.annotations, pod.finalizers),
            (pod.generation, pod.deletion),
        )
    };
    let is_status = matches!(change, PodChange::Status(_));
    if (is_status && spec(prior) != spec(now))
        || (!is_status && (prior.phase, prior.ip) != (now.phase, now.ip))
    {
        let part = if is_status { "specification" } else { "status" };
        let message = format!("{} has another {part} after {change:?}", name(cluster, id));
        found.report("API-10", message, &[]);
    }
}

/// API-5, API-6, API-9 of the versions of an object other than a pod.
pub(super) fn meta_changed(
    object: ObjId,
    prior: &Meta,
    now: &Meta,
    change: Option<&MetaChange>,
    cluster: &Cluster,
    found: &mut Finder<'_>,
) {
    if (prior.name, prior.namespace, prior.created) != (now.name, now.namespace, now.created) {
        let message = format!(
            "{} has another name or creation time",
            name(cluster, object)
        );
        found.report("API-5", message, &[]);
    }
    let is_deletion = matches!(change, Some(MetaChange::Deleting(_)));
    let before = (prior.generation, prior.deletion);
    versions(
        object,
        before,
        (now.generation, now.deletion),
        is_deletion,
        cluster,
        found,
    );
}

fn versions(
    object: ObjId,
    before: (u32, Option<Deletion>),
    after: (u32, Option<Deletion>),
    is_deletion: bool,
    cluster: &Cluster,
    found: &mut Finder<'_>,
) {
    let raised = u32::from(before.1.is_none());
    if after.0 < before.0 {
        let message = format!(
            "the generation of {} falls from {} to {}",
            name(cluster, object),
            before.0,
            after.0
        );
        found.report("API-5", message, &[]);
    } else if is_deletion && after.0 != before.0 + raised {
        let message = format!(
            "the deletion of {} moves its generation from {} to {}",
            name(cluster, object),
            before.0,
            after.0
        );
        found.report("API-9", message, &[]);
    }
    if before.1.is_some() && after.1.is_none() {
        let message = format!("the deletion of {} is taken back", name(cluster, object));
        found.report("API-6", message, &[]);
    }
}

/// API-12 of workloads.
pub(super) fn observed(object: ObjId, cluster: &Cluster, found: &mut Finder<'_>) {
    let store = &cluster.store;
    let (observed, generation) = match object.kind {
        Kind::ReplicaSet => match store.replica_sets.newest(object.index) {
            Some(set) => (set.status.observed_generation, set.meta.generation),
            None => return,
        },
        Kind::Deployment => match store.deployments.newest(object.index) {
            Some(it) => (it.status.observed_generation, it.meta.generation),
            None => return,
        },
        _ => return,
    };
    if observed > generation {
        let message = format!(
            "{} observed generation {observed} of {generation}",
            name(cluster, object)
        );
        found.report("API-12", message, &[]);
    }
}
