//! Updates: conflicts (C12, C13), no-op suppression (C14), the binding (C68), finalizers (C57).

use wavetank_core::fact::object::{
    DeploymentChange, EndpointChange, MetaChange, NodeChange, OtherChange, ReplicaSetChange,
    ServiceChange, SliceChange,
};
use wavetank_core::fact::pod::{ContainerChange, PodChange, StatusChange};
use wavetank_core::fact::{Fact, Refusal};
use wavetank_core::id::{NodeId, ObjId, PodId, Rev, SetId};
use wavetank_core::object::definition::EMPTY_SET;
use wavetank_core::object::meta::Meta;
use wavetank_core::object::pod::{ContainerState, ContainerStatus, Pod};
use wavetank_core::object::service::EndpointSlice;

use super::Desk;
use crate::message::call::Answer;

impl Desk<'_, '_> {
    /// POST of a binding (C68, P-2, P-3).
    pub(super) fn bind(&mut self, id: PodId, node: NodeId) -> Answer {
        let Some(pod) = self.cluster.store.pods.newest(id.0) else {
            return self.refuse(id.into(), Refusal::NotFound);
        };
        let gates = &self
            .ctx
            .definitions()
            .get_template(pod.template)
            .spec
            .scheduling_gates;
        if pod.deletion.is_some() || pod.node.is_some() || !gates.is_empty() {
            return self.refuse(id.into(), Refusal::Conflict);
        }
        let stamp = self.ctx.stamp();
        self.commit(Fact::PodChanged(id, PodChange::Bound(node, stamp)));
        self.written(id.into())
    }

    /// PATCH of a pod's status: applied to whatever is stored (C13), less what changes nothing (C14).
    pub(super) fn pod_status(&mut self, id: PodId, changes: &[StatusChange]) -> Answer {
        let store = &self.cluster.store;
        let Some(pod) = store.pods.newest(id.0) else {
            return self.refuse(id.into(), Refusal::NotFound);
        };
        let containers = store.containers(id);
        let is_change = |change: &StatusChange| changes_status(pod, containers, change);
        if !changes.iter().any(is_change) {
            return self.unchanged(id.into());
        }
        self.commit(Fact::PodChanged(id, PodChange::Status(changes.into())));
        self.written(id.into())
    }

    /// PUT or PATCH of an object.
    pub(super) fn update(&mut self, fact: &Fact, expected: Option<Rev>) -> Answer {
        let object = fact.object().expect("an update is about an object");
        if !self.cluster.store.exists(object) {
            return self.refuse(object, Refusal::NotFound);
        }
        if let Some(expected) = expected
            && self.cluster.store.rev_of(object) != Some(expected)
        {
            return self.refuse(object, Refusal::Conflict); // C12, API-3
        }
        if !self.changes(fact) {
            return self.unchanged(object);
        }
        if let Some(finalizers) = finalizers_of(fact) {
            return self.finalize(object, fact, finalizers);
        }
        self.commit(fact.clone());
        self.written(object)
    }

    /// A change of finalizers: while an object is being deleted none may be added, and the write that
    /// removes the last one removes the object instead (C57, API-7).
    fn finalize(&mut self, object: ObjId, fact: &Fact, finalizers: SetId) -> Answer {
        let (deletion, before) = match PodId::try_from(object) {
            Ok(pod) => {
                let pod = self.cluster.store.pods.newest(pod.0).expect("it exists");
                (pod.deletion, pod.finalizers)
            }
            Err(object) => {
                let meta = self.cluster.store.meta(object).expect("it exists");
                (meta.deletion, meta.finalizers)
            }
        };
        let Some(deletion) = deletion else {
            self.commit(fact.clone());
            return self.written(object);
        };
        let definitions = self.ctx.definitions();
        let old = definitions.get_set(before);
        let is_new = |set: &wavetank_core::label::Labels| {
            set.iter().any(|(name, _)| old.get(name).is_none())
        };
        if finalizers.index() >= definitions.set_count() || is_new(definitions.get_set(finalizers))
        {
            return self.refuse(object, Refusal::Invalid);
        }
        if finalizers == EMPTY_SET && deletion.grace_seconds == 0 {
            self.remove(object);
        } else {
            self.commit(fact.clone());
        }
        self.written(object)
    }

    /// Whether a write would change anything (C14).
    #[allow(clippy::wildcard_enum_match_arm)] // what is not named has no part in this
    #[allow(clippy::too_many_lines)] // one list, in the order in which it is read
    fn changes(&self, fact: &Fact) -> bool {
        let store = &self.cluster.store;
        match fact {
            Fact::PodChanged(id, change) => store
                .pods
                .newest(id.0)
                .is_some_and(|pod| changes_pod(pod, change)),
            Fact::NodeChanged(id, change) => {
                store.nodes.newest(id.0).is_some_and(|node| match change {
                    NodeChange::Meta(meta) => changes_meta(&node.meta, meta),
                    NodeChange::Conditions(conditions) => conditions
                        .iter()
                        .any(|(kind, condition)| node.condition(*kind) != condition),
                    NodeChange::Taints(taints) => node.taints[..] != taints[..],
                    NodeChange::Unschedulable(value) => node.unschedulable != *value,
                    NodeChange::Spec(spec) => node.spec != *spec,
                })
            }
            Fact::ReplicaSetChanged(id, change) => {
                store
                    .replica_sets
                    .newest(id.0)
                    .is_some_and(|set| match change {
                        ReplicaSetChange::Meta(meta) => changes_meta(&set.meta, meta),
                        ReplicaSetChange::Scaled {
                            replicas,
                            desired,
                            maximum,
                        } => {
                            (set.replicas, set.desired, set.maximum)
                                != (*replicas, *desired, *maximum)
                        }
                        ReplicaSetChange::Revision(revision) => set.revision != *revision,
                        ReplicaSetChange::Status(status) => set.status != **status,
                        ReplicaSetChange::Spec(spec) => set.spec != *spec,
                    })
            }
            Fact::DeploymentChanged(id, change) => {
                store
                    .deployments
                    .newest(id.0)
                    .is_some_and(|it| match change {
                        DeploymentChange::Meta(meta) => changes_meta(&it.meta, meta),
                        DeploymentChange::Scaled(replicas) => it.replicas != *replicas,
                        DeploymentChange::Spec(spec) => it.spec != *spec,
                        DeploymentChange::Paused(paused) => it.paused != *paused,
                        DeploymentChange::Status(write) => (it.revision, it.status) != **write,
                    })
            }
            Fact::ServiceChanged(id, change) => {
                store
                    .services
                    .newest(id.0)
                    .is_some_and(|service| match change {
                        ServiceChange::Meta(meta) => changes_meta(&service.meta, meta),
                        ServiceChange::Spec(spec) => service.spec != *spec,
                    })
            }
            Fact::SliceChanged(id, change) => {
                store.slices.newest(id.0).is_some_and(|slice| match change {
                    SliceChange::Meta(meta) => changes_meta(&slice.meta, meta),
                    SliceChange::Endpoints(changes) => changes_endpoints(slice, changes),
                    SliceChange::Ports(change) => {
                        slice.ports[..] != change.0[..] || changes_endpoints(slice, &change.1)
                    }
                })
            }
            Fact::OtherChanged(_, id, change) => {
                store.others.newest(id.0).is_some_and(|other| match change {
                    OtherChange::Meta(meta) => changes_meta(&other.meta, meta),
                    OtherChange::Spec(spec) => other.spec != *spec,
                })
            }
            _ => unreachable!("an update is a change of an object"),
        }
    }
}

/// The finalizers that a write sets, if it sets them.
#[allow(clippy::wildcard_enum_match_arm)] // what is not named has no part in this
fn finalizers_of(fact: &Fact) -> Option<SetId> {
    let meta = match fact {
        Fact::PodChanged(_, PodChange::Finalizers(set)) => return Some(*set),
        Fact::NodeChanged(_, NodeChange::Meta(meta))
        | Fact::ReplicaSetChanged(_, ReplicaSetChange::Meta(meta))
        | Fact::DeploymentChanged(_, DeploymentChange::Meta(meta))
        | Fact::ServiceChanged(_, ServiceChange::Meta(meta))
        | Fact::SliceChanged(_, SliceChange::Meta(meta))
        | Fact::OtherChanged(_, _, OtherChange::Meta(meta)) => meta,
        _ => return None,
    };
    match meta {
        MetaChange::Finalizers(set) => Some(*set),
        MetaChange::Labels(_)
        | MetaChange::Annotations(_)
        | MetaChange::Owner(_)
        | MetaChange::Deleting(_)
        | MetaChange::Removed => None,
    }
}

fn changes_endpoints(slice: &EndpointSlice, changes: &[EndpointChange]) -> bool {
    changes.iter().any(|change| match change {
        EndpointChange::Set(endpoint) => !slice.endpoints.contains(endpoint),
        EndpointChange::Removed(pod) => slice.endpoints.iter().any(|known| known.pod == *pod),
    })
}

fn changes_meta(meta: &Meta, change: &MetaChange) -> bool {
    match change {
        MetaChange::Labels(set) => meta.labels != *set,
        MetaChange::Annotations(set) => meta.annotations != *set,
        MetaChange::Finalizers(set) => meta.finalizers != *set,
        MetaChange::Owner(owner) => meta.owner != *owner,
        MetaChange::Deleting(deletion) => meta.deletion != Some(*deletion),
        MetaChange::Removed => true,
    }
}

fn changes_pod(pod: &Pod, change: &PodChange) -> bool {
    match change {
        PodChange::Labels(set) => pod.labels != *set,
        PodChange::Annotations(set) => pod.annotations != *set,
        PodChange::Finalizers(set) => pod.finalizers != *set,
        PodChange::Owner(owner) => pod.owner != *owner,
        PodChange::Template(template) => pod.template != *template,
        PodChange::Bound(..)
        | PodChange::Status(_)
        | PodChange::Deleting(_)
        | PodChange::Removed => unreachable!("these have calls of their own"),
    }
}

fn changes_status(pod: &Pod, containers: &[ContainerStatus], change: &StatusChange) -> bool {
    match *change {
        StatusChange::Phase(phase) => pod.phase != phase,
        StatusChange::Reason(reason) => pod.reason != reason,
        StatusChange::Message(message) => pod.message != message,
        StatusChange::Ip(ip) => pod.ip != ip,
        StatusChange::Started(stamp) => pod.started != Some(stamp),
        StatusChange::ObservedGeneration(generation) => pod.observed_generation != generation,
        StatusChange::Nominated(node) => pod.nominated != node,
        StatusChange::Condition(kind, status, reason, stamp) => {
            let known = pod.condition(kind);
            (known.status, known.reason, known.changed) != (status, reason, stamp)
        }
        StatusChange::ConditionMessage(kind, message) => pod.condition(kind).message != message,
        StatusChange::Gate(gate, is_true) => (pod.gates >> gate.min(7) & 1 == 1) != is_true,
        StatusChange::Container(number, change) => containers
            .get(usize::from(number))
            .is_some_and(|it| changes_container(it, change)),
    }
}

fn changes_container(status: &ContainerStatus, change: ContainerChange) -> bool {
    match change {
        ContainerChange::Waiting(reason) => {
            !matches!(status.state, ContainerState::Waiting { reason: known, .. } if known == reason)
        }
        ContainerChange::Running(since) => {
            status.state != ContainerState::Running { started: since }
        }
        ContainerChange::Terminated(..) | ContainerChange::LastTerminated(..) => true,
        ContainerChange::LastState => status.last != status.state,
        ContainerChange::Message(text) => match status.state {
            ContainerState::Waiting { message, .. }
            | ContainerState::Terminated { message, .. } => message != text,
            ContainerState::Absent | ContainerState::Running { .. } => false,
        },
        ContainerChange::Restarts(restarts) => status.restarts != restarts,
        ContainerChange::Ready(ready) => status.ready != ready,
        ContainerChange::Started(started) => status.started != started,
        ContainerChange::Attempt(attempt) => status.attempt != attempt,
    }
}
