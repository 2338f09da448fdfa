//! The API server and its store (API): revisions, identities, preconditions, deletion.

use wavetank_core::fact::object::{
    DeploymentChange, MetaChange, NodeChange, OtherChange, ReplicaSetChange, ServiceChange,
    SliceChange,
};
use wavetank_core::fact::pod::{PodChange, StatusChange};
use wavetank_core::fact::{Fact, Record};
use wavetank_core::id::{Kind, ObjId, PodId, Rev, SetId, TextId};
use wavetank_core::object::definition::EMPTY_SET;
use wavetank_core::object::meta::{Deletion, Meta};
use wavetank_core::object::name::ObjectName;
use wavetank_core::state::Cluster;
use wavetank_core::state::store::Store;
use wavetank_core::time::Stamp;

use super::catalogue::{Invariant, Observes};
use super::finder::{Finder, name};
use super::versions::{meta_changed, observed, pod_changed};
use crate::message::call::Written;

/// What this group checks.
pub const INVARIANTS: &[Invariant] = &[
    Invariant::always(
        "API-1",
        "Each write moves the revision by one, which becomes the object's; nothing else moves it; what is answered is what is committed",
        "etcd MVCC; GuaranteedUpdate",
        Observes::Facts,
    ),
    Invariant::always(
        "API-2",
        "No identity is used twice, and no two objects of one kind and namespace share a name at one time",
        "Anvil: etcd_objects_have_unique_uids",
        Observes::Facts,
    ),
    Invariant::always(
        "API-3",
        "A write that names the revision it read is granted only at that revision, and refused as a conflict otherwise",
        "API conventions",
        Observes::Calls,
    ),
    Invariant::always(
        "API-4",
        "A write reaches the incarnation that it names, or nothing; a deletion at a revision, only that revision",
        "BeforeDelete",
        Observes::Calls,
    ),
    Invariant::always(
        "API-5",
        "Name, namespace and creation time never change, and the generation never decreases",
        "ValidateObjectMetaAccessorUpdate",
        Observes::Facts,
    ),
    Invariant::always(
        "API-6",
        "A deletion is never taken back, nor put off but to now when it is overdue and without grace; its grace only shrinks, and not into the past",
        "BeforeDelete",
        Observes::Facts,
    ),
    Invariant::always(
        "API-7",
        "While an object is being deleted no update adds a finalizer, and it goes only when none is left",
        "ValidateNoNewFinalizers",
        Observes::Calls,
    ),
    Invariant::always(
        "API-8",
        "The grace of a pod that is not bound, or is done, is zero",
        "podStrategy.CheckGracefulDelete",
        Observes::Facts,
    ),
    Invariant::always(
        "API-9",
        "The first deletion raises the generation by one, and later ones do not",
        "BeforeDelete",
        Observes::Facts,
    ),
    Invariant::always(
        "API-10",
        "A write of the status leaves the specification and the metadata alone",
        "ValidatePodStatusUpdate",
        Observes::Facts,
    ),
    Invariant::always(
        "API-11",
        "An object has one controlling owner at most: it is released before another adopts it",
        "Anvil: each_object_in_etcd_has_at_most_one_controller_owner",
        Observes::Facts,
    ),
    Invariant::always(
        "API-12",
        "The observed generation is not beyond the generation",
        "KEP-5067",
        Observes::Facts,
    ),
];

/// What is remembered of the API server.
#[derive(Clone, Debug, Default)]
pub(super) struct ApiChecks {
    /// Where within a wall second the run began.
    pub(super) phase: Option<u32>,
    /// The revision before the record that is being looked at.
    rev: Rev,
    /// What the last answer promised, until it is committed.
    pub(super) promised: Option<Written>,
    /// Whether calls are seen at all.
    pub(super) sees_calls: bool,
    /// The object of which the last call removes the last finalizer.
    pub(super) finalized: Option<ObjId>,
}

impl ApiChecks {
    /// Checks a record against the state before it. Returns whether it can be applied.
    pub(super) fn before(
        &mut self,
        record: &Record,
        cluster: &Cluster,
        found: &mut Finder<'_>,
    ) -> bool {
        self.rev = cluster.store.rev;
        match &record.fact {
            Fact::PodChanged(pod, change) => self.pod(*pod, change, record, cluster, found),
            Fact::PodCreated(pod, new) => {
                let next = cluster.store.pods.len();
                new.template.index() < cluster.definitions.template_count()
                    && created((*pod).into(), next, new.namespace, new.name, cluster, found)
            }
            fact if fact.is_write() => self.object(fact, record, cluster, found),
            _ => true,
        }
    }

    /// API-4, API-6, API-7, API-8, API-11 of a write of a pod.
    fn pod(
        &self,
        id: PodId,
        change: &PodChange,
        record: &Record,
        cluster: &Cluster,
        found: &mut Finder<'_>,
    ) -> bool {
        let Some(pod) = cluster.store.pods.newest(id.0) else {
            return absent(id.into(), cluster, found);
        };
        match change {
            PodChange::Deleting(deletion) => {
                if pod.deletion.is_none()
                    && deletion.grace_seconds != 0
                    && (pod.node.is_none() || pod.phase.is_terminal())
                {
                    let message = format!(
                        "{} is {}bound and {} and is given {} s",
                        name(cluster, id),
                        if pod.node.is_none() { "not " } else { "" },
                        pod.phase.text(),
                        deletion.grace_seconds
                    );
                    found.report("API-8", message, &[]);
                }
                self.deletion(id.into(), pod.deletion, *deletion, record, cluster, found);
            }
            PodChange::Removed => self.removed(id.into(), pod.finalizers, cluster, found),
            PodChange::Owner(owner) => owned(id.into(), pod.owner, *owner, cluster, found),
            PodChange::Template(template) => {
                return template.index() < cluster.definitions.template_count();
            }
            PodChange::Status(changes) => {
                let count = cluster.store.containers(id).len();
                let fits = changes.iter().all(|change| match change {
                    StatusChange::Container(number, _) => usize::from(*number) < count,
                    _ => true,
                });
                if !fits {
                    let message = format!("{} has {count} containers only", name(cluster, id));
                    found.report("LOG-2", message, &[]);
                }
                return fits;
            }
            PodChange::Bound(..)
            | PodChange::Labels(_)
            | PodChange::Annotations(_)
            | PodChange::Finalizers(_) => {}
        }
        true
    }

    /// The same of a write of any other object.
    fn object(
        &self,
        fact: &Fact,
        record: &Record,
        cluster: &Cluster,
        found: &mut Finder<'_>,
    ) -> bool {
        if let Some((object, next, meta)) = creation(fact, &cluster.store) {
            let namespace = meta.namespace;
            return created(object, next, namespace, meta.name, cluster, found);
        }
        let Some(object) = fact.object() else {
            return true;
        };
        let Some(meta) = cluster.store.meta(object) else {
            return absent(object, cluster, found);
        };
        match meta_change(fact) {
            Some(MetaChange::Deleting(deletion)) => {
                self.deletion(object, meta.deletion, *deletion, record, cluster, found);
            }
            Some(MetaChange::Removed) => self.removed(object, meta.finalizers, cluster, found),
            Some(MetaChange::Owner(owner)) => owned(object, meta.owner, *owner, cluster, found),
            Some(
                MetaChange::Labels(_) | MetaChange::Annotations(_) | MetaChange::Finalizers(_),
            )
            | None => {}
        }
        true
    }

    /// API-6.
    fn deletion(
        &self,
        object: ObjId,
        before: Option<Deletion>,
        after: Deletion,
        record: &Record,
        cluster: &Cluster,
        found: &mut Finder<'_>,
    ) {
        let wrong = match before {
            Some(before) if after.at > before.at && !self.is_overdue(after, record) => {
                Some("is put off")
            }
            Some(before) if after.grace_seconds > before.grace_seconds => Some("gets more grace"),
            Some(before) => self
                .phase
                .map(|phase| record.at.stamp(phase))
                .and_then(|now| shortened(before, after, now)),
            None => self
                .phase
                .map(|phase| record.at.stamp(phase).plus(after.grace_seconds))
                .filter(|expected| *expected != after.at)
                .map(|_| "does not end when its grace does"),
        };
        if let Some(wrong) = wrong {
            let object = name(cluster, object);
            let message = format!("the deletion of {object} {wrong}: {before:?}, then {after:?}");
            found.report("API-6", message, &[]);
        }
    }

    /// Whether a deletion is one of now, without grace: what removes a pod later than was announced, since
    /// its node was away, is stamped with the time at which it comes (K141).
    fn is_overdue(&self, after: Deletion, record: &Record) -> bool {
        // Without the phase of the clock the second is one of two.
        let is_now = match self.phase {
            Some(phase) => after.at == record.at.stamp(phase),
            None => after.at == record.at.stamp(0) || after.at == record.at.stamp(0).plus(1),
        };
        after.grace_seconds == 0 && is_now
    }

    /// API-7: gone with finalizers left, unless the call itself takes the last one away.
    fn removed(&self, object: ObjId, finalizers: SetId, cluster: &Cluster, found: &mut Finder<'_>) {
        if self.sees_calls && finalizers != EMPTY_SET && self.finalized != Some(object) {
            let set = cluster.definitions.get_set(finalizers);
            let message = format!(
                "{} is removed although {} finalizers are left",
                name(cluster, object),
                set.len()
            );
            found.report("API-7", message, &[]);
        }
    }

    /// Checks a record against the state after it.
    pub(super) fn after(&mut self, record: &Record, cluster: &Cluster, found: &mut Finder<'_>) {
        let store = &cluster.store;
        if !record.fact.is_write() {
            if store.rev != self.rev {
                let message = format!(
                    "a fact that is no write moved the revision to {:?}",
                    store.rev
                );
                found.report("API-1", message, &[]);
            }
            return;
        }
        let Some(object) = record.fact.object() else {
            return;
        };
        let is_one = store.rev.0 == self.rev.0.wrapping_add(1);
        if !is_one || store.rev_of(object).is_some_and(|rev| rev != store.rev) {
            let message = format!(
                "the write of {} moved the revision from {} to {}, and its own to {:?}",
                name(cluster, object),
                self.rev.0,
                store.rev.0,
                store.rev_of(object)
            );
            found.report("API-1", message, &[]);
            return;
        }
        if self.promised.is_some_and(|it| it.rev <= store.rev) {
            self.promised = None;
        }
        if let Fact::PodChanged(id, change) = &record.fact {
            let prior = store.pods.at(id.0, self.rev);
            if let (Some(prior), Some(now)) = (prior, store.pods.newest(id.0)) {
                pod_changed(*id, prior, now, change, cluster, found);
            }
        } else if let (Some(prior), Some(now)) =
            (meta_at(store, object, self.rev), store.meta(object))
        {
            meta_changed(
                object,
                prior,
                now,
                meta_change(&record.fact),
                cluster,
                found,
            );
            observed(object, cluster, found);
        }
    }
}

/// What is wrong with a shortened deletion.
fn shortened(before: Deletion, after: Deletion, now: Stamp) -> Option<&'static str> {
    if after.grace_seconds == 0 {
        return (after.at > now).then_some("has no grace left and time left");
    }
    let moved = before
        .at
        .0
        .saturating_sub(before.grace_seconds)
        .saturating_add(after.grace_seconds);
    if after.at == Stamp(moved) && moved >= now.0 {
        return None;
    }
    let is_expired = after.at == now && after.grace_seconds == 1;
    (!is_expired).then_some("is shortened to another time than its grace says")
}

/// API-2 of a creation. Returns whether it can be applied.
fn created(
    object: ObjId,
    next: u32,
    namespace: TextId,
    named: ObjectName,
    cluster: &Cluster,
    found: &mut Finder<'_>,
) -> bool {
    if object.index != next {
        let message = format!(
            "{} number {} is created, {next} was due",
            object.kind, object.index
        );
        found.report("API-2", message, &[]);
        return false;
    }
    let namespace = if object.kind.is_namespaced() {
        namespace
    } else {
        wavetank_core::text::known::EMPTY
    };
    if let Some(other) = cluster.store.find(object.kind, namespace, named) {
        let message = format!("{} is created while there is one", name(cluster, other));
        found.report("API-2", message, &[]);
        return false;
    }
    true
}

/// API-4: a write of something that is not there.
fn absent(object: ObjId, cluster: &Cluster, found: &mut Finder<'_>) -> bool {
    let message = format!("{} is written, which is not there", name(cluster, object));
    found.report("API-4", message, &[]);
    false
}

/// API-11.
fn owned(
    object: ObjId,
    before: Option<ObjId>,
    after: Option<ObjId>,
    cluster: &Cluster,
    found: &mut Finder<'_>,
) {
    if let (Some(before), Some(after)) = (before, after)
        && before != after
    {
        let message = format!(
            "{} is adopted by {} while {} controls it",
            name(cluster, object),
            name(cluster, after),
            name(cluster, before)
        );
        found.report("API-11", message, &[]);
    }
}

/// The object, the next free number and the metadata of a creation.
fn creation<'a>(fact: &'a Fact, store: &Store) -> Option<(ObjId, u32, &'a Meta)> {
    Some(match fact {
        Fact::NodeCreated(id, new) => ((*id).into(), store.nodes.len(), &new.meta),
        Fact::ReplicaSetCreated(id, new) => ((*id).into(), store.replica_sets.len(), &new.meta),
        Fact::DeploymentCreated(id, new) => ((*id).into(), store.deployments.len(), &new.meta),
        Fact::ServiceCreated(id, new) => ((*id).into(), store.services.len(), &new.meta),
        Fact::SliceCreated(id, new) => ((*id).into(), store.slices.len(), &new.meta),
        Fact::OtherCreated(_, new) => (fact.object()?, store.others.len(), &new.meta),
        _ => return None,
    })
}

/// The change of metadata of an object other than a pod, if the write is one.
pub(super) const fn meta_change(fact: &Fact) -> Option<&MetaChange> {
    match fact {
        Fact::NodeChanged(_, NodeChange::Meta(meta))
        | Fact::ReplicaSetChanged(_, ReplicaSetChange::Meta(meta))
        | Fact::DeploymentChanged(_, DeploymentChange::Meta(meta))
        | Fact::ServiceChanged(_, ServiceChange::Meta(meta))
        | Fact::SliceChanged(_, SliceChange::Meta(meta))
        | Fact::OtherChanged(_, _, OtherChange::Meta(meta)) => Some(meta),
        _ => None,
    }
}

/// The metadata of an object other than a pod as of a revision.
fn meta_at(store: &Store, object: ObjId, rev: Rev) -> Option<&Meta> {
    let index = object.index;
    match object.kind {
        Kind::Pod => None,
        Kind::Node => store.nodes.at(index, rev).map(|it| &it.meta),
        Kind::ReplicaSet => store.replica_sets.at(index, rev).map(|it| &it.meta),
        Kind::Deployment => store.deployments.at(index, rev).map(|it| &it.meta),
        Kind::Service => store.services.at(index, rev).map(|it| &it.meta),
        Kind::EndpointSlice => store.slices.at(index, rev).map(|it| &it.meta),
        _ => store.others.at(index, rev).map(|it| &it.meta),
    }
}
