//! A cluster that was read back from an API server, as the scheduler knows it: the lowering of manifests,
//! without what admission adds.

mod resize;

use std::collections::BTreeMap;
use std::sync::Arc;

use k8s_openapi::api::apps::v1::{ReplicaSet, StatefulSet};
use k8s_openapi::api::core::v1::{
    Container, Namespace, Node, PersistentVolume, PersistentVolumeClaim, Pod, PodSpec, Service,
};
use k8s_openapi::api::policy::v1::PodDisruptionBudget;
use k8s_openapi::api::storage::v1::{CSINode, StorageClass};
use k8s_openapi::apimachinery::pkg::api::resource::Quantity;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use wavetank_core::id::{NodeId, PodId};

use crate::component::persistentvolume::SELECTED_NODE;
use crate::component::scheduler::decision::framework::Framework;
use crate::component::scheduler::decision::node::{NodeRow, PlacedPod};
use crate::component::scheduler::decision::shape::{OwnerKind, PodShape, ShapeId};
use crate::component::scheduler::decision::snapshot::Snapshot;
use crate::component::scheduler::decision::{self, cluster::Budget};
use crate::manifest::parse_quantity;
use crate::plan::lower::mapping::{labels, plain_selector, quantities, selector};
use crate::plan::lower::node::images;
use crate::plan::lower::pod::read_back;
use crate::plan::lower::scheduling::taints;
use crate::plan::lower::storage;
use resize::effective_spec;

/// Pods, by what they are called.
type PodIds = BTreeMap<(String, String), PodId>;

/// A cluster.
#[derive(Clone, Debug, Default)]
pub struct World {
    /// The plugins by which pods are placed.
    pub framework: Framework,
    /// What the scheduler knows of it.
    pub snapshot: Snapshot,
    /// Nodes by name.
    pub nodes: BTreeMap<String, NodeId>,
    /// `namespace/name` of the pods, by number.
    pub pods: Vec<String>,
}

/// Why objects make no cluster.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{0}")]
pub struct Contradiction(String);

/// The objects that the scheduler reads, less pods.
#[derive(Clone, Copy, Debug, Default)]
pub struct Objects<'a> {
    /// Namespaces, for their labels.
    pub namespaces: &'a [Namespace],
    /// Nodes, in the order in which they came.
    pub nodes: &'a [Node],
    /// Disruption budgets, with their statuses.
    pub pdbs: &'a [PodDisruptionBudget],
    /// Services, for their selectors.
    pub services: &'a [Service],
    /// ReplicaSets, for their selectors.
    pub replicasets: &'a [ReplicaSet],
    /// StatefulSets, for their selectors.
    pub stateful_sets: &'a [StatefulSet],
    /// Volumes.
    pub volumes: &'a [PersistentVolume],
    /// Claims of volumes.
    pub claims: &'a [PersistentVolumeClaim],
    /// Classes of volumes.
    pub classes: &'a [StorageClass],
    /// What can be attached to nodes.
    pub csi_nodes: &'a [CSINode],
}

impl World {
    /// The cluster of these objects, and the names of these pods, which are added one by one.
    ///
    /// # Errors
    ///
    /// When two nodes have one name, or an amount is none.
    pub fn new<'a>(
        framework: Framework,
        objects: &Objects<'_>,
        pods: impl Iterator<Item = &'a Pod>,
    ) -> Result<Self, Contradiction> {
        let mut world = Self {
            framework,
            ..Self::default()
        };
        let mut ids = PodIds::new();
        for (number, pod) in pods.enumerate() {
            check_pod(pod)?;
            let (namespace, name) = (namespace(&pod.metadata), name(&pod.metadata));
            world.pods.push(format!("{namespace}/{name}"));
            let key = (namespace.to_owned(), name.to_owned());
            ids.insert(key, PodId::from_index(number));
        }
        for node in objects.nodes {
            world.add_node(node)?;
        }
        world.surround(objects, &ids);
        world.store(objects);
        Ok(world)
    }

    /// The cluster of these objects with these pods, less those that have ended (S10).
    ///
    /// # Errors
    ///
    /// When two nodes have one name, or an amount is none.
    pub fn running(
        framework: Framework,
        objects: &Objects<'_>,
        pods: &[Pod],
    ) -> Result<Self, Contradiction> {
        let phase = |pod: &Pod| pod.status.as_ref().and_then(|status| status.phase.clone());
        let has_ended = |pod: &&Pod| matches!(phase(pod).as_deref(), Some("Succeeded" | "Failed"));
        let pods: Vec<&Pod> = pods.iter().filter(|pod| !has_ended(pod)).collect();
        let mut world = Self::new(framework, objects, pods.iter().copied())?;
        for (number, pod) in pods.into_iter().enumerate() {
            world.add(PodId::from_index(number), pod);
        }
        world.snapshot.refresh();
        Ok(world)
    }

    fn add_node(&mut self, node: &Node) -> Result<(), Contradiction> {
        let name = name(&node.metadata);
        let status = node.status.as_ref();
        let allocatable = status.and_then(|status| status.allocatable.as_ref());
        check_quantities(&format!("allocatable of node {name}"), allocatable)?;
        let spec = node.spec.as_ref();
        let row = NodeRow {
            name: name.into(),
            labels: labels(node.metadata.labels.as_ref()),
            taints: taints(spec.and_then(|spec| spec.taints.as_ref())),
            unschedulable: spec.is_some_and(|spec| spec.unschedulable == Some(true)),
            allocatable: quantities(allocatable),
            images: images(status),
            ..NodeRow::default()
        };
        let id = NodeId::from_index(self.nodes.len());
        if self.nodes.insert(name.to_owned(), id).is_some() {
            return Err(Contradiction(format!("two nodes are called {name}")));
        }
        self.snapshot.set_node(id, row);
        Ok(())
    }

    /// Adds what is not on nodes.
    fn surround(&mut self, objects: &Objects<'_>, ids: &PodIds) {
        let around = &mut self.snapshot.around;
        for it in objects.namespaces {
            let labels = labels(it.metadata.labels.as_ref());
            around.set_namespace(name(&it.metadata), Some(labels));
        }
        for it in objects.services {
            let spec = it.spec.as_ref();
            let selector = spec.and_then(|spec| spec.selector.as_ref());
            let selector = selector.map(plain_selector);
            around.set_service(namespace(&it.metadata), name(&it.metadata), selector);
        }
        for it in objects.replicasets {
            let chosen = it.spec.as_ref().map(|spec| selector(&spec.selector));
            let (namespace, name) = (namespace(&it.metadata), name(&it.metadata));
            around.set_controller(namespace, OwnerKind::ReplicaSet, name, chosen);
        }
        for it in objects.stateful_sets {
            let chosen = it.spec.as_ref().map(|spec| selector(&spec.selector));
            let (namespace, name) = (namespace(&it.metadata), name(&it.metadata));
            around.set_controller(namespace, OwnerKind::StatefulSet, name, chosen);
        }
        for it in objects.pdbs {
            let own = namespace(&it.metadata);
            let status = it.status.as_ref();
            let disrupted = status.and_then(|status| status.disrupted_pods.as_ref());
            let disrupted = disrupted.into_iter().flatten().map(|entry| entry.0.clone());
            let disrupted = disrupted.filter_map(|name| ids.get(&(own.to_owned(), name)));
            let spec = it.spec.as_ref();
            let chosen = spec.and_then(|spec| spec.selector.as_ref());
            let budget = Budget {
                selector: chosen.map(selector),
                allowed: status.and_then(|it| it.disruptions_allowed).unwrap_or(0),
                disrupted: disrupted.copied().collect(),
            };
            around.set_budget(own, name(&it.metadata), Some(budget));
        }
    }

    /// Adds volumes, claims, classes, and what can be attached to nodes.
    fn store(&mut self, objects: &Objects<'_>) {
        let known = &mut self.snapshot.around.volumes;
        for it in objects.volumes {
            let meta = &it.metadata;
            let is_going = meta.deletion_timestamp.is_some();
            let labels = labels(meta.labels.as_ref());
            let volume =
                decision::volumes::PersistentVolume::new(storage::volume(it), labels, is_going);
            known.set_volume(name(meta), Some(volume));
        }
        for it in objects.claims {
            let meta = &it.metadata;
            let annotations = meta.annotations.as_ref();
            let selected = annotations.and_then(|all| all.get(SELECTED_NODE));
            let claim = decision::volumes::Claim {
                spec: storage::claim(it),
                selected_node: selected.map(|node| node.as_str().into()),
                is_going: meta.deletion_timestamp.is_some(),
            };
            known.set_claim(namespace(meta), name(meta), Some(claim));
        }
        for it in objects.classes {
            known.set_class(name(&it.metadata), Some(storage::storage_class(it)));
        }
        for it in objects.csi_nodes {
            known.set_drivers(name(&it.metadata), Some(storage::csi_node(it)));
        }
    }

    /// Adds a pod that runs, or waits with a nominated node. Those of unknown nodes count nowhere (S47).
    pub fn add(&mut self, id: PodId, pod: &Pod) {
        let spec = pod.spec.as_ref();
        match spec.and_then(|spec| spec.node_name.as_deref()) {
            Some(node) => {
                if let Some(node) = self.nodes.get(node).copied() {
                    let status = pod.status.as_ref();
                    let started = status.and_then(|status| status.start_time.as_ref());
                    let started = started.map(|time| nanoseconds(time.0));
                    self.place(node, id, pod, started);
                }
            }
            None => {
                if let Some(node) = self.nominated(pod) {
                    let shape = shape_of(pod, &effective_spec(pod));
                    let shape = self.snapshot.add_shape(shape);
                    self.snapshot.around.nominate(id, shape, Some(node));
                }
            }
        }
    }

    /// Puts a pod on a node.
    pub fn place(&mut self, node: NodeId, id: PodId, pod: &Pod, started: Option<i64>) {
        let shape = shape_of(pod, &effective_spec(pod));
        let placed = PlacedPod {
            started,
            terminating: pod.metadata.deletion_timestamp.is_some(),
            preempted: was_preempted(pod),
            ..PlacedPod::new(id, self.snapshot.add_shape(shape))
        };
        self.snapshot.add_pod(node, placed);
    }

    /// What a pod that comes looks like: what it requests, not what it may have been resized to.
    /// Its claims are not looked at: volumes are not among the objects.
    pub fn incoming(&mut self, pod: &Pod) -> ShapeId {
        let mut shape = shape(pod);
        shape.claims.clear();
        self.snapshot.add_shape(shape)
    }

    /// The node that a pod is nominated to.
    #[must_use]
    pub fn nominated(&self, pod: &Pod) -> Option<NodeId> {
        let status = pod.status.as_ref()?;
        let node = status.nominated_node_name.as_ref()?;
        self.nodes.get(node).copied()
    }

    /// Puts a pod of a shape on a node, as if it had just been bound.
    pub fn put(&mut self, node: NodeId, pod: PodId, shape: ShapeId) {
        self.snapshot.add_pod(node, PlacedPod::new(pod, shape));
    }

    /// A shape that was added.
    #[must_use]
    pub fn shape(&self, id: ShapeId) -> &PodShape {
        self.snapshot.shape(id)
    }

    /// The name of a node.
    #[must_use]
    pub fn node_name(&self, id: NodeId) -> &str {
        &self.snapshot.node(id).name
    }
}

/// What the scheduler reads of a pod.
#[must_use]
pub fn shape(pod: &Pod) -> PodShape {
    let empty = PodSpec::default();
    shape_of(pod, pod.spec.as_ref().unwrap_or(&empty))
}

fn shape_of(pod: &Pod, spec: &PodSpec) -> PodShape {
    let metadata = &pod.metadata;
    let template = Arc::new(read_back(metadata, spec));
    let labels = labels(metadata.labels.as_ref());
    let shape = PodShape::new(namespace(metadata), labels, template);
    let mut owners = metadata.owner_references.iter().flatten();
    let Some(owner) = owners.find(|owner| owner.controller == Some(true)) else {
        return shape;
    };
    let kind = match owner.kind.as_str() {
        "ReplicaSet" => OwnerKind::ReplicaSet,
        "ReplicationController" => OwnerKind::ReplicationController,
        "StatefulSet" => OwnerKind::StatefulSet,
        _ => return shape,
    };
    shape.owned_by(kind, &owner.name)
}

/// Whether a condition says that the scheduler preempted the pod (S144).
fn was_preempted(pod: &Pod) -> bool {
    let status = pod.status.as_ref();
    let mut conditions = status
        .and_then(|it| it.conditions.as_ref())
        .into_iter()
        .flatten();
    conditions.any(|condition| {
        condition.type_ == "DisruptionTarget"
            && condition.status == "True"
            && condition.reason.as_deref() == Some("PreemptionByScheduler")
    })
}

/// An instant in nanoseconds, and no more than an `i64` holds.
fn nanoseconds(time: jiff::Timestamp) -> i64 {
    i64::try_from(time.as_nanosecond()).unwrap_or(i64::MAX)
}

fn name(metadata: &ObjectMeta) -> &str {
    metadata.name.as_deref().unwrap_or_default()
}

fn namespace(metadata: &ObjectMeta) -> &str {
    metadata.namespace.as_deref().unwrap_or("default")
}

/// Whether all amounts of a pod are quantities.
fn check_pod(pod: &Pod) -> Result<(), Contradiction> {
    let Some(spec) = &pod.spec else {
        return Ok(());
    };
    let what = format!("requests of pod {}", name(&pod.metadata));
    let of = |container: &Container| {
        let needs = container.resources.as_ref();
        check_quantities(&what, needs.and_then(|needs| needs.requests.as_ref()))
    };
    let containers = spec.containers.iter();
    containers
        .chain(spec.init_containers.iter().flatten())
        .try_for_each(of)?;
    let pod_level = spec.resources.as_ref();
    check_quantities(&what, pod_level.and_then(|needs| needs.requests.as_ref()))?;
    check_quantities(&what, spec.overhead.as_ref())
}

fn check_quantities(
    what: &str,
    amounts: Option<&BTreeMap<String, Quantity>>,
) -> Result<(), Contradiction> {
    let mut amounts = amounts.into_iter().flatten();
    match amounts.find(|entry| parse_quantity(&entry.1.0).is_none()) {
        None => Ok(()),
        Some((name, amount)) => {
            let text = &amount.0;
            Err(Contradiction(format!(
                "{what}: {name} `{text}` is no quantity"
            )))
        }
    }
}
