//! Deletion: grace (C54, C55), finalizers (C57, C60), propagation (C61), eviction (C63–C65).

use wavetank_core::fact::object::{
    DeploymentChange, MetaChange, NodeChange, OtherChange, ReplicaSetChange, ServiceChange,
    SliceChange,
};
use wavetank_core::fact::pod::{PodChange, StatusChange};
use wavetank_core::fact::{Fact, Refusal};
use wavetank_core::id::{
    DeploymentId, Kind, NodeId, ObjId, OtherId, PodId, ReplicaSetId, Rev, ServiceId, SetId, SliceId,
};
use wavetank_core::object::condition::Truth;
use wavetank_core::object::definition::EMPTY_SET;
use wavetank_core::object::meta::Deletion;
use wavetank_core::object::pod::PodConditionType;
use wavetank_core::text::known;

use super::Desk;
use crate::message::call::{Answer, Propagation};

/// The finalizer of foreground deletion (C61).
pub const FOREGROUND: &str = "foregroundDeletion";
/// The finalizer of orphaning deletion (C61).
pub const ORPHAN: &str = "orphan";

impl Desk<'_, '_> {
    /// DELETE of a pod (C54, C55).
    pub(super) fn delete_pod(
        &mut self,
        id: PodId,
        grace: Option<u32>,
        expected: Option<Rev>,
    ) -> Answer {
        let store = &self.cluster.store;
        let Some(pod) = store.pods.newest(id.0).copied() else {
            return self.refuse(id.into(), Refusal::NotFound);
        };
        if expected.is_some_and(|expected| store.rev_of(id.into()) != Some(expected)) {
            return self.refuse(id.into(), Refusal::Conflict); // C56
        }
        let spec = &self.ctx.definitions().get_template(pod.template).spec;
        let mut grace = grace.unwrap_or(spec.grace_seconds);
        if pod.node.is_none() || pod.phase.is_terminal() {
            grace = 0; // C54
        }
        let now = self.ctx.stamp();
        match pod.deletion {
            None => {
                let deletion = Deletion {
                    at: now.plus(grace),
                    grace_seconds: grace,
                };
                self.commit(Fact::PodChanged(id, PodChange::Deleting(deletion)));
            }
            Some(stored) if stored.grace_seconds == 0 => {}
            Some(stored) if grace >= stored.grace_seconds => return self.unchanged(id.into()),
            Some(_) if grace == 0 => {
                let deletion = Deletion {
                    at: now,
                    grace_seconds: 0,
                };
                self.commit(Fact::PodChanged(id, PodChange::Deleting(deletion)));
            }
            Some(stored) => {
                // Shortened: counted from the first request, but not into the past (API-6).
                let moved = stored.at.0 - stored.grace_seconds + grace;
                let is_past = moved < now.0;
                let at = if is_past {
                    now
                } else {
                    wavetank_core::time::Stamp(moved)
                };
                let grace_seconds = if is_past { 1 } else { grace };
                let deletion = Deletion { at, grace_seconds };
                self.commit(Fact::PodChanged(id, PodChange::Deleting(deletion)));
                return self.written(id.into());
            }
        }
        if grace == 0 && pod.finalizers == EMPTY_SET {
            self.remove(id.into());
        }
        self.written(id.into())
    }

    /// DELETE of an object other than a pod (C60, C61).
    pub(super) fn delete(&mut self, object: ObjId, propagation: Propagation) -> Answer {
        if let Ok(pod) = PodId::try_from(object) {
            return self.delete_pod(pod, None, None);
        }
        let Some(meta) = self.cluster.store.meta(object).copied() else {
            return self.refuse(object, Refusal::NotFound);
        };
        let mut finalizers = self.cluster.definitions.get_set(meta.finalizers).clone();
        match propagation {
            Propagation::Background => {}
            Propagation::Foreground => finalizers = finalizers.with(FOREGROUND, ""),
            Propagation::Orphan => finalizers = finalizers.with(ORPHAN, ""),
        }
        // A namespace goes through its own finalizer (C78).
        let waits = !finalizers.is_empty() || object.kind == Kind::Namespace;
        if !waits || (meta.deletion.is_some() && finalizers.is_empty()) {
            self.remove(object);
            return self.written(object);
        }
        let set = self.ctx.set(finalizers);
        if set != meta.finalizers {
            self.commit(meta_fact(object, MetaChange::Finalizers(set)));
        }
        if meta.deletion.is_none() {
            let deletion = Deletion {
                at: self.ctx.stamp(),
                grace_seconds: 0,
            };
            self.commit(meta_fact(object, MetaChange::Deleting(deletion)));
        }
        self.written(object)
    }

    /// POST of an eviction (C63–C65). Budgets are judged by their matching pods as they are stored.
    pub(super) fn evict(&mut self, id: PodId, grace: Option<u32>) -> Answer {
        let store = &self.cluster.store;
        let Some(pod) = store.pods.newest(id.0).copied() else {
            return self.refuse(id.into(), Refusal::NotFound);
        };
        let is_judged = pod.deletion.is_none()
            && !pod.phase.is_terminal()
            && pod.phase != wavetank_core::object::pod::Phase::Pending; // C64
        if is_judged {
            match super::budget::judge(self.cluster, id) {
                super::budget::Verdict::Allowed => {}
                super::budget::Verdict::Exhausted => {
                    return self.refuse(id.into(), Refusal::TooManyRequests); // C67
                }
                super::budget::Verdict::Several => {
                    return self.refuse(id.into(), Refusal::Internal); // C65
                }
            }
        }
        let stamp = self.ctx.stamp();
        let message = self.ctx.text("Eviction API: evicting"); // C290
        let kind = PodConditionType::DisruptionTarget;
        let changes = [
            StatusChange::Condition(kind, Truth::True, known::EVICTION_BY_EVICTION_API, stamp),
            StatusChange::ConditionMessage(kind, message),
        ];
        self.commit(Fact::PodChanged(id, PodChange::Status(Box::new(changes))));
        self.delete_pod(id, grace, None)
    }

    /// The object is gone.
    pub(super) fn remove(&mut self, object: ObjId) {
        let fact = match PodId::try_from(object) {
            Ok(pod) => Fact::PodChanged(pod, PodChange::Removed),
            Err(object) => meta_fact(object, MetaChange::Removed),
        };
        self.commit(fact);
    }
}

/// A change of the metadata of an object other than a pod, as a fact.
///
/// # Panics
///
/// For a pod.
#[must_use]
#[allow(clippy::wildcard_enum_match_arm)] // what is not named has no part in this
pub fn meta_fact(object: ObjId, change: MetaChange) -> Fact {
    let index = object.index;
    match object.kind {
        Kind::Pod => unreachable!("pods have changes of their own"),
        Kind::Node => Fact::NodeChanged(NodeId(index), NodeChange::Meta(change)),
        Kind::ReplicaSet => {
            Fact::ReplicaSetChanged(ReplicaSetId(index), ReplicaSetChange::Meta(change))
        }
        Kind::Deployment => {
            Fact::DeploymentChanged(DeploymentId(index), DeploymentChange::Meta(change))
        }
        Kind::Service => Fact::ServiceChanged(ServiceId(index), ServiceChange::Meta(change)),
        Kind::EndpointSlice => Fact::SliceChanged(SliceId(index), SliceChange::Meta(change)),
        kind => Fact::OtherChanged(kind, OtherId(index), OtherChange::Meta(change)),
    }
}

/// A change of finalizers, as a fact.
#[must_use]
pub fn finalizers_fact(object: ObjId, set: SetId) -> Fact {
    match PodId::try_from(object) {
        Ok(pod) => Fact::PodChanged(pod, PodChange::Finalizers(set)),
        Err(object) => meta_fact(object, MetaChange::Finalizers(set)),
    }
}
