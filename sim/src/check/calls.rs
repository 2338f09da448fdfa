//! What the API server answers (API-1, API-3, API-4, API-7).

use wavetank_core::fact::object::MetaChange;
use wavetank_core::fact::pod::PodChange;
use wavetank_core::fact::{Fact, Refusal};
use wavetank_core::id::{ObjId, PodId, Rev, SetId};
use wavetank_core::object::definition::EMPTY_SET;
use wavetank_core::object::meta::Deletion;
use wavetank_core::state::Cluster;
use wavetank_core::state::store::Store;

use super::api::{ApiChecks, meta_change};
use super::finder::{Finder, name};
use crate::message::call::{Call, Request, Written};

impl ApiChecks {
    /// API-1, API-3, API-4, API-7 of an answer; the store is without what the call commits.
    pub(super) fn answered(&mut self, call: &Call, cluster: &Cluster, found: &mut Finder<'_>) {
        self.sees_calls = true;
        self.unkept(found);
        self.finalized = None;
        let Some(answer) = &call.answer else {
            return;
        };
        if let Some((object, expected)) = target(&call.request) {
            let stored = cluster.store.rev_of(object);
            let exists = cluster.store.exists(object);
            let is_met = expected.is_none_or(|rev| stored == Some(rev));
            match answer {
                Ok(_) if !exists => {
                    let message = format!(
                        "a call about {} is granted, which is gone",
                        name(cluster, object)
                    );
                    found.report("API-4", message, &[]);
                }
                Ok(_) if !is_met => {
                    let id = if matches!(call.request, Request::DeletePod(..)) {
                        "API-4"
                    } else {
                        "API-3"
                    };
                    let message = format!(
                        "a call about {} that expects {expected:?} is granted at {stored:?}",
                        name(cluster, object)
                    );
                    found.report(id, message, &[]);
                }
                Err(Refusal::Conflict) if expected.is_some() && is_met && exists => {
                    let message = format!(
                        "a call about {} that expects its revision {stored:?} is refused as a conflict",
                        name(cluster, object)
                    );
                    found.report("API-3", message, &[]);
                }
                Ok(_) | Err(_) => {}
            }
        }
        if let Ok(written) = answer {
            self.granted(&call.request, *written, cluster, found);
        }
    }

    fn granted(
        &mut self,
        request: &Request,
        written: Written,
        cluster: &Cluster,
        found: &mut Finder<'_>,
    ) {
        let newest = cluster.store.rev;
        if written.changed {
            self.promised = Some(written);
            if written.rev <= newest {
                let message = format!(
                    "a write was answered with the old revision {:?}",
                    written.rev
                );
                found.report("API-1", message, &[]);
            }
        } else if cluster
            .store
            .rev_of(written.object)
            .is_some_and(|rev| rev != written.rev)
        {
            let message = format!(
                "a call that changed nothing was answered with {:?}, not with the revision of {}",
                written.rev,
                name(cluster, written.object)
            );
            found.report("API-1", message, &[]);
        }
        if let Request::Update(fact, _) = request
            && let Some((object, set)) = finalizers(fact)
        {
            if set == EMPTY_SET {
                self.finalized = Some(object);
            }
            let (deletion, before) = deletion_of(&cluster.store, object);
            if deletion.is_some()
                && set.index() < cluster.definitions.set_count()
                && let before = cluster.definitions.get_set(before)
                && let after = cluster.definitions.get_set(set)
                && after.iter().any(|(it, _)| before.get(it).is_none())
            {
                let message = format!(
                    "{} is being deleted and gets a finalizer",
                    name(cluster, object)
                );
                found.report("API-7", message, &[]);
            }
        }
    }

    /// API-1: what was answered last has not been committed.
    fn unkept(&mut self, found: &mut Finder<'_>) {
        if let Some(written) = self.promised.take() {
            let message = format!(
                "revision {} was answered, and never committed",
                written.rev.0
            );
            found.report("API-1", message, &[]);
        }
    }

    /// The run has ended.
    pub(super) fn finish(&mut self, found: &mut Finder<'_>) {
        self.unkept(found);
    }
}

/// The object and the finalizers that a write sets, if it sets them.
fn finalizers(fact: &Fact) -> Option<(ObjId, SetId)> {
    let set = match (fact, meta_change(fact)) {
        (Fact::PodChanged(_, PodChange::Finalizers(set)), _)
        | (_, Some(MetaChange::Finalizers(set))) => *set,
        _ => return None,
    };
    Some((fact.object()?, set))
}

fn deletion_of(store: &Store, object: ObjId) -> (Option<Deletion>, SetId) {
    if let Ok(pod) = PodId::try_from(object) {
        let pod = store.pods.newest(pod.0);
        return pod.map_or((None, EMPTY_SET), |pod| (pod.deletion, pod.finalizers));
    }
    store
        .meta(object)
        .map_or((None, EMPTY_SET), |meta| (meta.deletion, meta.finalizers))
}

/// The object that a call names, and the revision that it expects of it.
fn target(request: &Request) -> Option<(ObjId, Option<Rev>)> {
    match request {
        Request::Bind(pod, _) | Request::PodStatus(pod, _) | Request::Evict(pod, _) => {
            Some(((*pod).into(), None))
        }
        Request::DeletePod(pod, _, expected) => Some(((*pod).into(), *expected)),
        Request::Update(fact, expected) => Some((fact.object()?, *expected)),
        Request::Delete(object, _) => Some((*object, None)),
        Request::CreatePod(_)
        | Request::CreateNode(_)
        | Request::CreateReplicaSet(_)
        | Request::CreateDeployment(_)
        | Request::CreateService(_)
        | Request::CreateSlice(..)
        | Request::CreateOther(_) => None,
    }
}
