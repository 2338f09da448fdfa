//! The only code that changes the store: one committed write at a time.

use crate::fact::Fact;
use crate::fact::object::{
    DeploymentChange, EndpointChange, MetaChange, NodeChange, OtherChange, ReplicaSetChange,
    ServiceChange, SliceChange,
};
use crate::fact::pod::{ContainerChange, NewPod, PodChange, StatusChange};
use crate::id::{Kind, ObjId, PodId, Rev, TextId};
use crate::object::condition::Truth;
use crate::object::definition::Definitions;
use crate::object::meta::Meta;
use crate::object::name::ObjectName;
use crate::object::node::Node;
use crate::object::other::Other;
use crate::object::pod::{
    ContainerState, ContainerStatus, Pod, PodCondition, PodConditionType, PodIdentity,
};
use crate::object::service::{Endpoint, EndpointSlice, Service};
use crate::object::workload::{Deployment, DeploymentStatus, ReplicaSet, ReplicaSetStatus};
use crate::state::store::{PodRow, Store};
use crate::text::known;
use crate::time::{SimTime, Stamp};

/// Applies a write; the store's revision is the write's already.
#[allow(clippy::too_many_lines)] // one list, in the order in which it is read
pub(super) fn write(store: &mut Store, definitions: &Definitions, at: SimTime, fact: &Fact) {
    let rev = store.rev;
    match fact {
        Fact::PodCreated(id, new) => create_pod(store, definitions, at, *id, new),
        Fact::PodChanged(id, change) => change_pod(store, definitions, at, *id, change),
        Fact::NodeCreated(id, new) => {
            let mut node = Node::new(new.meta, new.spec);
            node.taints.clone_from(&new.taints);
            node.unschedulable = new.unschedulable;
            node.conditions = new.conditions;
            name(store, Kind::Node, &new.meta, id.0);
            expect_id(id.0, store.nodes.insert(rev, at, node));
        }
        Fact::NodeChanged(id, change) => change_node(store, at, id.0, change),
        Fact::ReplicaSetCreated(id, new) => {
            name(store, Kind::ReplicaSet, &new.meta, id.0);
            let set = ReplicaSet {
                meta: new.meta,
                spec: new.spec,
                replicas: new.replicas,
                revision: new.revision,
                desired: new.desired,
                maximum: new.maximum,
                status: ReplicaSetStatus::default(),
                version: 0,
            };
            expect_id(id.0, store.replica_sets.insert(rev, at, set));
        }
        Fact::ReplicaSetChanged(id, change) => change_replica_set(store, at, id.0, change),
        Fact::DeploymentCreated(id, new) => {
            name(store, Kind::Deployment, &new.meta, id.0);
            let deployment = Deployment {
                meta: new.meta,
                spec: new.spec,
                replicas: new.replicas,
                paused: new.paused,
                revision: 0,
                status: DeploymentStatus::default(),
                version: 0,
            };
            expect_id(id.0, store.deployments.insert(rev, at, deployment));
        }
        Fact::DeploymentChanged(id, change) => change_deployment(store, at, id.0, change),
        Fact::ServiceCreated(id, new) => {
            name(store, Kind::Service, &new.meta, id.0);
            let (meta, spec, cluster_ip) = (new.meta, new.spec, new.cluster_ip);
            let service = Service {
                meta,
                spec,
                cluster_ip,
                version: 0,
            };
            expect_id(id.0, store.services.insert(rev, at, service));
        }
        Fact::ServiceChanged(id, change) => change_service(store, at, id.0, change),
        Fact::SliceCreated(id, new) => {
            name(store, Kind::EndpointSlice, &new.meta, id.0);
            store.index.of_service(new.service).insert(id.0);
            let slice = EndpointSlice {
                meta: new.meta,
                service: new.service,
                ports: new.ports.clone().into(),
                endpoints: new.endpoints.clone().into(),
                version: 0,
            };
            expect_id(id.0, store.slices.insert(rev, at, slice));
        }
        Fact::SliceChanged(id, change) => change_slice(store, at, id.0, change),
        Fact::OtherCreated(id, new) => {
            name(store, new.kind, &new.meta, id.0);
            store.other_kinds.push(new.kind);
            let other = Other {
                meta: new.meta,
                spec: new.spec,
                version: 0,
            };
            expect_id(id.0, store.others.insert(rev, at, other));
        }
        Fact::OtherChanged(kind, id, change) => change_other(store, at, *kind, id.0, change),
        Fact::Runtime(..)
        | Fact::EventRecorded(..)
        | Fact::Decided(_)
        | Fact::RequestEnded(_)
        | Fact::RequestsSucceeded { .. }
        | Fact::Fault(..)
        | Fact::Step(..)
        | Fact::Mark(_)
        | Fact::Refused(..) => unreachable!("not a write"),
    }
}

fn expect_id(decided: u32, stored: u32) {
    assert_eq!(
        decided, stored,
        "objects are numbered in the order of creation"
    );
}

fn name(store: &mut Store, kind: Kind, meta: &Meta, index: u32) {
    store.index.name(kind, meta.namespace, meta.name, index);
    if let Some(owner) = meta.owner {
        store
            .index
            .owned
            .entry(owner)
            .or_default()
            .push(ObjId { kind, index });
    }
}

fn create_pod(store: &mut Store, definitions: &Definitions, at: SimTime, id: PodId, new: &NewPod) {
    let template = definitions.get_template(new.template);
    let mut pod = Pod::new(new.template, new.owner, template.labels);
    pod.annotations = template.annotations;
    pod.finalizers = template.finalizers;
    pod.node = new.node;
    if new.gated {
        set_condition(
            &mut pod,
            PodConditionType::PodScheduled,
            Truth::False,
            known::SCHEDULING_GATED,
            new.created,
        ); // C50
    }
    store.index.name(Kind::Pod, new.namespace, new.name, id.0);
    store
        .index
        .with_set(new.namespace, template.labels)
        .insert(id.0);
    if let Some(owner) = new.owner {
        store.index.by_owner.entry(owner).or_default().insert(id.0);
    }
    if let Some(node) = new.node {
        store.index.on_node(node).insert(id.0);
    }
    let count = template.spec.container_count();
    let first = take_containers(store, count);
    store.rows.push(PodRow {
        identity: PodIdentity {
            name: new.name,
            namespace: new.namespace,
            created: new.created,
        },
        first,
        count: u8::try_from(count).expect("validation limits a pod to 255 containers"),
    });
    expect_id(id.0, store.pods.insert(store.rev, at, pod));
}

/// A range of container states, all absent.
fn take_containers(store: &mut Store, count: usize) -> u32 {
    if let Some(first) = store.free.get_mut(count).and_then(Vec::pop) {
        store.containers[first as usize..][..count].fill(ContainerStatus::default());
        return first;
    }
    let first = u32::try_from(store.containers.len()).expect("more than four billion containers");
    store
        .containers
        .resize(store.containers.len() + count, ContainerStatus::default());
    first
}

fn change_pod(
    store: &mut Store,
    definitions: &Definitions,
    at: SimTime,
    id: PodId,
    change: &PodChange,
) {
    let rev = store.rev;
    let row = store.rows[id.index()];
    let identity = row.identity;
    match change {
        PodChange::Removed => {
            store
                .index
                .unname(Kind::Pod, identity.namespace, identity.name);
            store.pods.remove(id.0, rev, at);
            return;
        }
        PodChange::Bound(node, _) => store.index.on_node(*node).insert(id.0),
        PodChange::Labels(set) => {
            store.index.with_set(identity.namespace, *set).insert(id.0);
        }
        PodChange::Owner(Some(owner)) => {
            store.index.by_owner.entry(*owner).or_default().insert(id.0);
        }
        PodChange::Status(_)
        | PodChange::Deleting(_)
        | PodChange::Annotations(_)
        | PodChange::Finalizers(_)
        | PodChange::Owner(None)
        | PodChange::Template(_) => {}
    }
    let Store {
        pods, containers, ..
    } = store;
    let containers = &mut containers[row.first as usize..][..usize::from(row.count)];
    pods.update(id.0, rev, at, |pod| {
        pod.version += 1;
        match change {
            PodChange::Bound(node, stamp) => {
                pod.node = Some(*node);
                pod.nominated = None; // C68
                let scheduled = PodConditionType::PodScheduled;
                set_condition(pod, scheduled, Truth::True, known::EMPTY, *stamp);
            }
            PodChange::Status(changes) => change_status(pod, containers, definitions, changes),
            PodChange::Deleting(deletion) => {
                if pod.deletion.is_none() {
                    pod.generation += 1; // C15, API-9
                }
                pod.deletion = Some(*deletion);
            }
            PodChange::Labels(set) => pod.labels = *set,
            PodChange::Annotations(set) => pod.annotations = *set,
            PodChange::Finalizers(set) => pod.finalizers = *set,
            PodChange::Owner(owner) => pod.owner = *owner,
            PodChange::Template(template) => {
                pod.template = *template;
                pod.generation += 1; // C15
            }
            PodChange::Removed => unreachable!("handled above"),
        }
    });
}

fn set_condition(pod: &mut Pod, kind: PodConditionType, status: Truth, reason: TextId, at: Stamp) {
    pod.conditions[kind as usize] = PodCondition {
        status,
        reason,
        message: known::EMPTY,
        changed: at,
    };
}

fn change_status(
    pod: &mut Pod,
    containers: &mut [ContainerStatus],
    definitions: &Definitions,
    changes: &[StatusChange],
) {
    let mut restarts_changed = false;
    for change in changes {
        match *change {
            StatusChange::Phase(phase) => pod.phase = phase,
            StatusChange::Reason(reason) => pod.reason = reason,
            StatusChange::Message(message) => pod.message = message,
            StatusChange::Ip(ip) => pod.ip = ip,
            StatusChange::Started(stamp) => pod.started = Some(stamp),
            StatusChange::ObservedGeneration(generation) => pod.observed_generation = generation,
            StatusChange::Nominated(node) => pod.nominated = node,
            StatusChange::Condition(kind, status, reason, stamp) => {
                set_condition(pod, kind, status, reason, stamp);
            }
            StatusChange::ConditionMessage(kind, message) => {
                pod.conditions[kind as usize].message = message;
            }
            StatusChange::Gate(gate, is_true) => {
                let bit = 1_u8.checked_shl(u32::from(gate)).unwrap_or(0);
                pod.gates = if is_true {
                    pod.gates | bit
                } else {
                    pod.gates & !bit
                };
            }
            StatusChange::Container(number, change) => {
                restarts_changed |= matches!(change, ContainerChange::Restarts(_));
                change_container(&mut containers[usize::from(number)], change);
            }
        }
    }
    if restarts_changed {
        let init = definitions
            .get_template(pod.template)
            .spec
            .init_containers
            .len();
        pod.restarts = containers[init..]
            .iter()
            .map(|status| status.restarts)
            .max()
            .unwrap_or(0);
    }
}

fn change_container(status: &mut ContainerStatus, change: ContainerChange) {
    match change {
        ContainerChange::Waiting(reason) => {
            status.state = ContainerState::Waiting {
                reason,
                message: known::EMPTY,
            };
        }
        ContainerChange::Running(started) => status.state = ContainerState::Running { started },
        ContainerChange::Terminated(exit_code, reason, started, finished) => {
            let message = known::EMPTY;
            status.state = ContainerState::Terminated {
                exit_code,
                reason,
                message,
                started,
                finished,
            };
        }
        ContainerChange::Message(text) => match &mut status.state {
            ContainerState::Waiting { message, .. }
            | ContainerState::Terminated { message, .. } => {
                *message = text;
            }
            ContainerState::Absent | ContainerState::Running { .. } => {}
        },
        ContainerChange::LastState => status.last = status.state,
        ContainerChange::LastTerminated(exit_code, reason, started, finished) => {
            let message = known::EMPTY;
            status.last = ContainerState::Terminated {
                exit_code,
                reason,
                message,
                started,
                finished,
            };
        }
        ContainerChange::Restarts(restarts) => status.restarts = restarts,
        ContainerChange::Ready(ready) => status.ready = ready,
        ContainerChange::Started(started) => status.started = started,
        ContainerChange::Attempt(attempt) => status.attempt = attempt,
    }
}

/// Applies a change of metadata. Returns whether the object is gone.
fn change_meta(meta: &mut Meta, change: &MetaChange) -> bool {
    match change {
        MetaChange::Labels(set) => meta.labels = *set,
        MetaChange::Annotations(set) => meta.annotations = *set,
        MetaChange::Finalizers(set) => meta.finalizers = *set,
        MetaChange::Owner(owner) => meta.owner = *owner,
        MetaChange::Deleting(deletion) => {
            if meta.deletion.is_none() {
                meta.generation += 1; // C60
            }
            meta.deletion = Some(*deletion);
        }
        MetaChange::Removed => return true,
    }
    false
}

fn unname(store: &mut Store, kind: Kind, place: Option<(TextId, ObjectName)>) {
    let (namespace, name) = place.expect("an object was removed twice");
    store.index.unname(kind, namespace, name);
}

fn adopt(store: &mut Store, object: ObjId, change: &MetaChange) {
    if let MetaChange::Owner(Some(owner)) = change {
        let owned = store.index.owned.entry(*owner).or_default();
        if !owned.contains(&object) {
            owned.push(object);
        }
    }
}

macro_rules! removal {
    ($store:ident, $table:ident, $kind:expr, $index:expr, $rev:expr, $at:expr) => {{
        let place = $store
            .$table
            .newest($index)
            .map(|object| (object.meta.namespace, object.meta.name));
        unname($store, $kind, place);
        $store.$table.remove($index, $rev, $at);
    }};
}

fn change_node(store: &mut Store, at: SimTime, index: u32, change: &NodeChange) {
    let rev = store.rev;
    if let NodeChange::Meta(MetaChange::Removed) = change {
        return removal!(store, nodes, Kind::Node, index, rev, at);
    }
    store.nodes.update(index, rev, at, |node| {
        node.version += 1;
        match change {
            NodeChange::Meta(meta) => {
                change_meta(&mut node.meta, meta);
            }
            NodeChange::Conditions(conditions) => {
                for (kind, condition) in conditions {
                    node.conditions[*kind as usize] = *condition;
                }
            }
            NodeChange::Taints(taints) => node.taints = taints.to_vec(),
            NodeChange::Unschedulable(unschedulable) => node.unschedulable = *unschedulable,
            NodeChange::Spec(spec) => node.spec = *spec,
        }
    });
}

fn change_replica_set(store: &mut Store, at: SimTime, index: u32, change: &ReplicaSetChange) {
    let rev = store.rev;
    if let ReplicaSetChange::Meta(meta) = change {
        if *meta == MetaChange::Removed {
            return removal!(store, replica_sets, Kind::ReplicaSet, index, rev, at);
        }
        adopt(
            store,
            ObjId {
                kind: Kind::ReplicaSet,
                index,
            },
            meta,
        );
    }
    store.replica_sets.update(index, rev, at, |set| {
        set.version += 1;
        match change {
            ReplicaSetChange::Meta(meta) => {
                change_meta(&mut set.meta, meta);
            }
            ReplicaSetChange::Scaled {
                replicas,
                desired,
                maximum,
            } => {
                if set.replicas != *replicas {
                    set.meta.generation += 1; // C15
                }
                set.replicas = *replicas;
                set.desired = *desired;
                set.maximum = *maximum;
            }
            ReplicaSetChange::Revision(revision) => set.revision = *revision,
            ReplicaSetChange::Status(status) => set.status = **status,
            ReplicaSetChange::Spec(spec) => {
                set.spec = *spec;
                set.meta.generation += 1;
            }
        }
    });
}

fn change_deployment(store: &mut Store, at: SimTime, index: u32, change: &DeploymentChange) {
    let rev = store.rev;
    if let DeploymentChange::Meta(MetaChange::Removed) = change {
        return removal!(store, deployments, Kind::Deployment, index, rev, at);
    }
    store.deployments.update(index, rev, at, |deployment| {
        deployment.version += 1;
        match change {
            DeploymentChange::Meta(meta) => {
                if matches!(meta, MetaChange::Annotations(_)) {
                    deployment.meta.generation += 1; // C15: annotation changes, too
                }
                change_meta(&mut deployment.meta, meta);
            }
            DeploymentChange::Scaled(replicas) => {
                deployment.replicas = *replicas;
                deployment.meta.generation += 1;
            }
            DeploymentChange::Spec(spec) => {
                deployment.spec = *spec;
                deployment.meta.generation += 1;
            }
            DeploymentChange::Paused(paused) => {
                deployment.paused = *paused;
                deployment.meta.generation += 1;
            }
            DeploymentChange::Status(write) => {
                deployment.revision = write.0; // C16
                deployment.status = write.1;
            }
        }
    });
}

fn change_service(store: &mut Store, at: SimTime, index: u32, change: &ServiceChange) {
    let rev = store.rev;
    if let ServiceChange::Meta(MetaChange::Removed) = change {
        return removal!(store, services, Kind::Service, index, rev, at);
    }
    store.services.update(index, rev, at, |service| {
        service.version += 1;
        match change {
            ServiceChange::Meta(meta) => {
                change_meta(&mut service.meta, meta);
            }
            ServiceChange::Spec(spec) => service.spec = *spec,
        }
    });
}

fn change_slice(store: &mut Store, at: SimTime, index: u32, change: &SliceChange) {
    let rev = store.rev;
    if let SliceChange::Meta(MetaChange::Removed) = change {
        return removal!(store, slices, Kind::EndpointSlice, index, rev, at);
    }
    store.slices.update(index, rev, at, |slice| {
        slice.version += 1;
        match change {
            SliceChange::Meta(meta) => {
                change_meta(&mut slice.meta, meta);
            }
            SliceChange::Endpoints(changes) => change_endpoints(slice, rev, changes),
            SliceChange::Ports(change) => {
                slice.ports = change.0.clone().into();
                change_endpoints(slice, rev, &change.1);
            }
        }
    });
}

fn change_endpoints(slice: &mut EndpointSlice, _: Rev, changes: &[EndpointChange]) {
    let mut endpoints: Vec<Endpoint> = slice.endpoints.to_vec();
    for change in changes {
        match change {
            EndpointChange::Set(endpoint) => {
                match endpoints.iter_mut().find(|known| known.pod == endpoint.pod) {
                    Some(known) => *known = *endpoint,
                    None => endpoints.push(*endpoint),
                }
            }
            EndpointChange::Removed(pod) => endpoints.retain(|known| known.pod != *pod),
        }
    }
    slice.endpoints = endpoints.into();
    slice.meta.generation += 1; // C197: the controller remembers it
}

fn change_other(store: &mut Store, at: SimTime, kind: Kind, index: u32, change: &OtherChange) {
    let rev = store.rev;
    if let OtherChange::Meta(meta) = change {
        if *meta == MetaChange::Removed {
            return removal!(store, others, kind, index, rev, at);
        }
        adopt(store, ObjId { kind, index }, meta);
    }
    store.others.update(index, rev, at, |other| {
        other.version += 1;
        match change {
            OtherChange::Meta(meta) => {
                change_meta(&mut other.meta, meta);
            }
            OtherChange::Spec(spec) => {
                other.spec = *spec;
                other.meta.generation += 1;
            }
        }
    });
}
