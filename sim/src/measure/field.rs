//! Fields of objects by path, as far as the model has them.

use wavetank_core::id::{Kind, NodeId, PodId, SetId, TextId};
use wavetank_core::object::name::ObjectName;
use wavetank_core::object::node::Node;
use wavetank_core::object::pod::Pod;
use wavetank_core::object::workload::{Deployment, ReplicaSet};
use wavetank_core::state::Cluster;

use crate::scenario::expr::Amount;

/// A field of the objects of one kind.
#[derive(Clone, Debug)]
pub(super) struct Field {
    kind: Kind,
    what: What,
}

#[derive(Clone, Debug)]
enum What {
    Name,
    Namespace,
    Generation,
    Label(String),
    Pod(PodField),
    Node(NodeField),
    Deployment(DeploymentField),
    ReplicaSet(ReplicaSetField),
}

#[derive(Clone, Copy, Debug)]
enum PodField {
    Phase,
    Reason,
    Ip,
    Node,
    Nominated,
    ObservedGeneration,
}

#[derive(Clone, Copy, Debug)]
enum NodeField {
    Unschedulable,
}

#[derive(Clone, Copy, Debug)]
enum DeploymentField {
    Wanted,
    Paused,
    ObservedGeneration,
    Replicas,
    Updated,
    Ready,
    Available,
    Unavailable,
}

#[derive(Clone, Copy, Debug)]
enum ReplicaSetField {
    Wanted,
    ObservedGeneration,
    Replicas,
    Ready,
    Available,
}

const POD: &[(&str, PodField)] = &[
    ("status.phase", PodField::Phase),
    ("status.reason", PodField::Reason),
    ("status.podIP", PodField::Ip),
    ("spec.nodeName", PodField::Node),
    ("status.nominatedNodeName", PodField::Nominated),
    ("status.observedGeneration", PodField::ObservedGeneration),
];
const NODE: &[(&str, NodeField)] = &[("spec.unschedulable", NodeField::Unschedulable)];
const DEPLOYMENT: &[(&str, DeploymentField)] = &[
    ("spec.replicas", DeploymentField::Wanted),
    ("spec.paused", DeploymentField::Paused),
    (
        "status.observedGeneration",
        DeploymentField::ObservedGeneration,
    ),
    ("status.replicas", DeploymentField::Replicas),
    ("status.updatedReplicas", DeploymentField::Updated),
    ("status.readyReplicas", DeploymentField::Ready),
    ("status.availableReplicas", DeploymentField::Available),
    ("status.unavailableReplicas", DeploymentField::Unavailable),
];
const REPLICA_SET: &[(&str, ReplicaSetField)] = &[
    ("spec.replicas", ReplicaSetField::Wanted),
    (
        "status.observedGeneration",
        ReplicaSetField::ObservedGeneration,
    ),
    ("status.replicas", ReplicaSetField::Replicas),
    ("status.readyReplicas", ReplicaSetField::Ready),
    ("status.availableReplicas", ReplicaSetField::Available),
];

impl Field {
    /// The field with this path, without the dot in front.
    pub(super) fn named(kind: Kind, path: &str) -> Option<Self> {
        fn find<T: Copy>(list: &[(&str, T)], path: &str) -> Option<T> {
            let mut all = list.iter();
            all.find(|(known, _)| *known == path)
                .map(|(_, field)| *field)
        }
        let what = match path {
            "metadata.name" => What::Name,
            "metadata.namespace" => What::Namespace,
            "metadata.generation" => What::Generation,
            _ => match (path.strip_prefix("metadata.labels."), kind) {
                (Some(key), _) => What::Label(key.replace("\\.", ".")),
                (None, Kind::Pod) => What::Pod(find(POD, path)?),
                (None, Kind::Node) => What::Node(find(NODE, path)?),
                (None, Kind::Deployment) => What::Deployment(find(DEPLOYMENT, path)?),
                (None, Kind::ReplicaSet) => What::ReplicaSet(find(REPLICA_SET, path)?),
                (None, _) => return None,
            },
        };
        Some(Self { kind, what })
    }

    /// The field's value in the newest state; none where the object or the field is not there.
    pub(super) fn value(&self, index: u32, cluster: &Cluster) -> Option<Amount> {
        let store = &cluster.store;
        let meta = Metadata::of(self.kind, index, cluster)?;
        let texts = &cluster.definitions.texts;
        match &self.what {
            What::Name => Some(Amount::Text(meta.name.text(texts))),
            What::Namespace => text(meta.namespace, cluster),
            What::Generation => Some(count(meta.generation)),
            What::Label(key) => {
                let value = cluster.definitions.get_set(meta.labels).get(key)?;
                Some(Amount::Text(value.to_owned()))
            }
            What::Pod(field) => pod_field(*field, store.pods.newest(index)?, cluster),
            What::Node(field) => Some(node_field(*field, store.nodes.newest(index)?)),
            What::Deployment(field) => {
                Some(deployment_field(*field, store.deployments.newest(index)?))
            }
            What::ReplicaSet(field) => {
                Some(replica_set_field(*field, store.replica_sets.newest(index)?))
            }
        }
    }
}

/// What targets ask of an object of any kind.
#[derive(Clone, Copy, Debug)]
pub(super) struct Metadata {
    pub(super) name: ObjectName,
    pub(super) namespace: TextId,
    pub(super) labels: SetId,
    generation: u32,
}

impl Metadata {
    /// Of the object with this number, if it is there now.
    pub(super) fn of(kind: Kind, index: u32, cluster: &Cluster) -> Option<Self> {
        let store = &cluster.store;
        if kind == Kind::Pod {
            let pod = store.pods.newest(index)?;
            let identity = store.pod_identity(PodId(index));
            return Some(Self {
                name: identity.name,
                namespace: identity.namespace,
                labels: pod.labels,
                generation: pod.generation,
            });
        }
        let meta = store.meta(wavetank_core::id::ObjId { kind, index })?;
        Some(Self {
            name: meta.name,
            namespace: meta.namespace,
            labels: meta.labels,
            generation: meta.generation,
        })
    }
}

fn pod_field(field: PodField, pod: &Pod, cluster: &Cluster) -> Option<Amount> {
    let node_name = |node: NodeId| {
        let meta = Metadata::of(Kind::Node, node.0, cluster)?;
        Some(Amount::Text(meta.name.text(&cluster.definitions.texts)))
    };
    match field {
        PodField::Phase => Some(Amount::Text(pod.phase.text().to_owned())),
        PodField::Reason => text(pod.reason, cluster),
        PodField::Ip => pod.ip.is_some().then(|| Amount::Text(pod.ip.to_string())),
        PodField::Node => node_name(pod.node?),
        PodField::Nominated => node_name(pod.nominated?),
        PodField::ObservedGeneration => Some(count(pod.observed_generation)),
    }
}

fn node_field(field: NodeField, node: &Node) -> Amount {
    match field {
        NodeField::Unschedulable => Amount::Bool(node.unschedulable),
    }
}

fn deployment_field(field: DeploymentField, it: &Deployment) -> Amount {
    let status = &it.status;
    match field {
        DeploymentField::Wanted => count(it.replicas),
        DeploymentField::Paused => Amount::Bool(it.paused),
        DeploymentField::ObservedGeneration => count(status.observed_generation),
        DeploymentField::Replicas => count(status.replicas),
        DeploymentField::Updated => count(status.updated),
        DeploymentField::Ready => count(status.ready),
        DeploymentField::Available => count(status.available),
        DeploymentField::Unavailable => count(status.unavailable),
    }
}

fn replica_set_field(field: ReplicaSetField, it: &ReplicaSet) -> Amount {
    let status = &it.status;
    match field {
        ReplicaSetField::Wanted => count(it.replicas),
        ReplicaSetField::ObservedGeneration => count(status.observed_generation),
        ReplicaSetField::Replicas => count(status.replicas),
        ReplicaSetField::Ready => count(status.ready),
        ReplicaSetField::Available => count(status.available),
    }
}

fn count(value: u32) -> Amount {
    Amount::Number(f64::from(value))
}

fn text(id: TextId, cluster: &Cluster) -> Option<Amount> {
    let text = cluster.definitions.texts.get(id);
    (!text.is_empty()).then(|| Amount::Text(text.to_owned()))
}
