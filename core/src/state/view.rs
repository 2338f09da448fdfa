//! Views: the store as one process has come to know it, a revision for each kind.

use crate::id::{
    DeploymentId, Kind, NodeId, ObjId, OtherId, PodId, ReplicaSetId, Rev, ServiceId, SetId,
    SliceId, TextId,
};
use crate::label::Selector;
use crate::object::definition::Definitions;
use crate::object::meta::Meta;
use crate::object::node::Node;
use crate::object::other::Other;
use crate::object::pod::{Pod, PodIdentity};
use crate::object::service::{EndpointSlice, Service};
use crate::object::workload::{Deployment, ReplicaSet};
use crate::state::Cluster;
use crate::state::store::Store;
use crate::state::table::{Change, Table};

/// How far a process has read each kind: its informers' cursors.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[allow(missing_docs)] // one cursor a kind
pub struct Cursors {
    pub pods: Rev,
    pub nodes: Rev,
    pub replica_sets: Rev,
    pub deployments: Rev,
    pub services: Rev,
    pub slices: Rev,
    pub others: Rev,
}

impl Cursors {
    /// Sees everything.
    pub const LATEST: Self = Self::all(Rev::LATEST);

    /// Every kind at one revision.
    #[must_use]
    pub const fn all(rev: Rev) -> Self {
        Self {
            pods: rev,
            nodes: rev,
            replica_sets: rev,
            deployments: rev,
            services: rev,
            slices: rev,
            others: rev,
        }
    }

    /// The oldest revision that any of them needs.
    #[must_use]
    pub fn oldest(&self) -> Rev {
        self.pods
            .min(self.nodes)
            .min(self.replica_sets)
            .min(self.deployments)
            .min(self.services)
            .min(self.slices)
            .min(self.others)
    }
}

/// The store as of a process's cursors, less what a fault hides from it.
///
/// A view is a few words and is made anew for each message. What is fixed (definitions, identities)
/// is read through it as well.
#[derive(Clone, Copy, Debug)]
pub struct View<'a> {
    store: &'a Store,
    definitions: &'a Definitions,
    upto: Cursors,
    /// Objects of which the process still sees the version of an older revision.
    hidden: &'a [(ObjId, Rev)],
    /// Whether changes are those that a list shows, and not those of a watch.
    relisted: bool,
}

impl<'a> View<'a> {
    /// The cluster as of these cursors.
    #[must_use]
    pub const fn new(cluster: &'a Cluster, upto: Cursors) -> Self {
        Self {
            store: &cluster.store,
            definitions: &cluster.definitions,
            upto,
            hidden: &[],
            relisted: false,
        }
    }

    /// The newest state.
    #[must_use]
    pub const fn latest(cluster: &'a Cluster) -> Self {
        Self::new(cluster, Cursors::LATEST)
    }

    /// The same store as of other cursors.
    #[must_use]
    pub const fn as_of(mut self, upto: Cursors) -> Self {
        self.upto = upto;
        self
    }

    /// The same view with some objects held back.
    #[must_use]
    pub const fn hiding(mut self, hidden: &'a [(ObjId, Rev)]) -> Self {
        self.hidden = hidden;
        self
    }

    /// The same view after a list: its changes are the differences between what was known and what is there
    /// now (C30, C32).
    #[must_use]
    pub const fn relisted(mut self) -> Self {
        self.relisted = true;
        self
    }

    fn changes<I, T: Clone>(
        self,
        table: &'a Table<I, T>,
        from: Rev,
        upto: Rev,
    ) -> impl Iterator<Item = Change<'a, T>> {
        let listed = self.relisted.then(|| table.difference(from, upto));
        let watched = (!self.relisted).then(|| table.changes(from, upto));
        let listed = listed.into_iter().flatten();
        listed.chain(watched.into_iter().flatten())
    }

    /// Everything interned.
    #[must_use]
    pub const fn definitions(&self) -> &'a Definitions {
        self.definitions
    }

    /// How far each kind has been read.
    #[must_use]
    pub const fn cursors(&self) -> &Cursors {
        &self.upto
    }

    /// The text of an id.
    #[must_use]
    pub fn text(&self, id: TextId) -> &'a str {
        self.definitions.texts.get(id)
    }

    fn limit(&self, object: ObjId, upto: Rev) -> Rev {
        if self.hidden.is_empty() {
            return upto;
        }
        self.hidden
            .iter()
            .find(|(hidden, _)| *hidden == object)
            .map_or(upto, |(_, rev)| upto.min(*rev))
    }

    /// A pod, if the process knows it.
    #[must_use]
    pub fn pod(&self, id: PodId) -> Option<&'a Pod> {
        self.store
            .pods
            .at(id.0, self.limit(id.into(), self.upto.pods))
    }

    /// What of a pod never changes.
    #[must_use]
    pub fn pod_identity(&self, id: PodId) -> &'a PodIdentity {
        self.store.pod_identity(id)
    }

    /// A pod's name, as text.
    #[must_use]
    pub fn pod_name(&self, id: PodId) -> String {
        self.store
            .pod_identity(id)
            .name
            .text(&self.definitions.texts)
    }

    /// A node, if the process knows it.
    #[must_use]
    pub fn node(&self, id: NodeId) -> Option<&'a Node> {
        self.store
            .nodes
            .at(id.0, self.limit(id.into(), self.upto.nodes))
    }

    /// A ReplicaSet, if the process knows it.
    #[must_use]
    pub fn replica_set(&self, id: ReplicaSetId) -> Option<&'a ReplicaSet> {
        self.store
            .replica_sets
            .at(id.0, self.limit(id.into(), self.upto.replica_sets))
    }

    /// The revision of a ReplicaSet in this view: `metadata.resourceVersion`.
    #[must_use]
    pub fn replica_set_rev(&self, id: ReplicaSetId) -> Rev {
        self.store
            .replica_sets
            .version(id.0, self.limit(id.into(), self.upto.replica_sets))
            .0
    }

    /// A Deployment, if the process knows it.
    #[must_use]
    pub fn deployment(&self, id: DeploymentId) -> Option<&'a Deployment> {
        self.store
            .deployments
            .at(id.0, self.limit(id.into(), self.upto.deployments))
    }

    /// The revision of a Deployment in this view: `metadata.resourceVersion`.
    #[must_use]
    pub fn deployment_rev(&self, id: DeploymentId) -> Rev {
        self.store
            .deployments
            .version(id.0, self.limit(id.into(), self.upto.deployments))
            .0
    }

    /// A Service, if the process knows it.
    #[must_use]
    pub fn service(&self, id: ServiceId) -> Option<&'a Service> {
        self.store
            .services
            .at(id.0, self.limit(id.into(), self.upto.services))
    }

    /// An EndpointSlice, if the process knows it.
    #[must_use]
    pub fn slice(&self, id: SliceId) -> Option<&'a EndpointSlice> {
        self.store
            .slices
            .at(id.0, self.limit(id.into(), self.upto.slices))
    }

    /// The revision of a slice in this view: `metadata.resourceVersion`.
    #[must_use]
    pub fn slice_rev(&self, id: SliceId) -> Rev {
        self.store
            .slices
            .version(id.0, self.limit(id.into(), self.upto.slices))
            .0
    }

    /// An object of a kind without a table of its own, if the process knows it.
    #[must_use]
    pub fn other(&self, id: OtherId) -> Option<&'a Other> {
        self.store.others.at(id.0, self.upto.others)
    }

    /// The revision of a node in this view: `metadata.resourceVersion`.
    #[must_use]
    pub fn node_rev(&self, id: NodeId) -> Rev {
        self.store
            .nodes
            .version(id.0, self.limit(id.into(), self.upto.nodes))
            .0
    }

    /// The metadata of an object other than a pod, if the process knows it.
    #[must_use]
    #[allow(clippy::wildcard_enum_match_arm)] // what is not named has no part in this
    pub fn meta(&self, object: ObjId) -> Option<&'a Meta> {
        match object.kind {
            Kind::Pod => None,
            Kind::Node => self.node(NodeId(object.index)).map(|it| &it.meta),
            Kind::ReplicaSet => self
                .replica_set(ReplicaSetId(object.index))
                .map(|it| &it.meta),
            Kind::Deployment => self
                .deployment(DeploymentId(object.index))
                .map(|it| &it.meta),
            Kind::Service => self.service(ServiceId(object.index)).map(|it| &it.meta),
            Kind::EndpointSlice => self.slice(SliceId(object.index)).map(|it| &it.meta),
            _ => self.other(OtherId(object.index)).map(|it| &it.meta),
        }
    }

    /// Whether the process knows an object.
    #[must_use]
    #[allow(clippy::wildcard_enum_match_arm)] // what is not named has no part in this
    pub fn knows(&self, object: ObjId) -> bool {
        match object.kind {
            Kind::Pod => self.pod(PodId(object.index)).is_some(),
            _ => self.meta(object).is_some(),
        }
    }

    /// The name of an object other than a pod, whatever the view; none when it is gone.
    #[must_use]
    pub fn stored_name(&self, object: ObjId) -> Option<String> {
        let meta = self.store.meta(object)?;
        Some(meta.name.text(&self.definitions.texts))
    }

    /// Whether an object is stored *now*: what a live GET would say.
    #[must_use]
    pub fn is_stored(&self, object: ObjId) -> bool {
        self.store.exists(object)
    }

    /// The objects other than pods that this object owns and controls, in the order of creation.
    pub fn owned(self, owner: ObjId) -> impl Iterator<Item = ObjId> {
        self.store
            .index
            .owned(owner)
            .iter()
            .copied()
            .filter(move |object| {
                self.meta(*object)
                    .is_some_and(|meta| meta.owner == Some(owner))
            })
    }

    /// The objects of a namespace other than pods that the process knows, by table and then ascending.
    pub fn objects_of_namespace(self, namespace: TextId) -> impl Iterator<Item = ObjId> {
        let sets = (0..self.store.replica_sets.len()).map(|index| ReplicaSetId(index).into());
        let deployments = (0..self.store.deployments.len()).map(|index| DeploymentId(index).into());
        let services = (0..self.store.services.len()).map(|index| ServiceId(index).into());
        let slices = (0..self.store.slices.len()).map(|index| SliceId(index).into());
        let others = (0..self.store.others.len()).map(move |index| ObjId {
            kind: self.other_kind(OtherId(index)),
            index,
        });
        deployments
            .chain(sets)
            .chain(services)
            .chain(slices)
            .chain(others)
            .filter(move |object| {
                self.meta(*object)
                    .is_some_and(|meta| meta.namespace == namespace)
            })
    }

    /// The ReplicaSets that the process knows, ascending.
    pub fn replica_sets(self) -> impl Iterator<Item = (ReplicaSetId, &'a ReplicaSet)> {
        (0..self.store.replica_sets.len()).filter_map(move |index| {
            let id = ReplicaSetId(index);
            Some((id, self.replica_set(id)?))
        })
    }

    /// The Deployments that the process knows, ascending.
    pub fn deployments(self) -> impl Iterator<Item = (DeploymentId, &'a Deployment)> {
        (0..self.store.deployments.len()).filter_map(move |index| {
            let id = DeploymentId(index);
            Some((id, self.deployment(id)?))
        })
    }

    /// The objects of kinds without a table of their own that the process knows, ascending.
    pub fn others(self) -> impl Iterator<Item = (OtherId, &'a Other)> {
        (0..self.store.others.len()).filter_map(move |index| {
            let id = OtherId(index);
            Some((id, self.other(id)?))
        })
    }

    /// The pods that the process knows, ascending.
    pub fn pods(self) -> impl Iterator<Item = (PodId, &'a Pod)> {
        (0..self.store.pods.len()).filter_map(move |index| {
            let id = PodId(index);
            Some((id, self.pod(id)?))
        })
    }

    /// The nodes that the process knows, ascending.
    pub fn nodes(self) -> impl Iterator<Item = (NodeId, &'a Node)> {
        (0..self.store.nodes.len()).filter_map(move |index| {
            let id = NodeId(index);
            Some((id, self.node(id)?))
        })
    }

    /// The Services that the process knows, ascending.
    pub fn services(self) -> impl Iterator<Item = (ServiceId, &'a Service)> {
        (0..self.store.services.len()).filter_map(move |index| {
            let id = ServiceId(index);
            Some((id, self.service(id)?))
        })
    }

    /// The pods that this object owns and controls, ascending.
    pub fn pods_of_owner(self, owner: ObjId) -> impl Iterator<Item = (PodId, &'a Pod)> {
        self.store
            .index
            .pods_of_owner(owner)
            .iter()
            .filter_map(move |index| {
                let id = PodId(*index);
                let pod = self.pod(id)?;
                (pod.owner == Some(owner)).then_some((id, pod))
            })
    }

    /// The pods bound to a node, ascending.
    pub fn pods_of_node(self, node: NodeId) -> impl Iterator<Item = (PodId, &'a Pod)> {
        self.store
            .index
            .pods_of_node(node)
            .iter()
            .filter_map(move |index| {
                let id = PodId(*index);
                let pod = self.pod(id)?;
                (pod.node == Some(node)).then_some((id, pod))
            })
    }

    /// The ReplicaSets that this object owns and controls, in the order of creation.
    pub fn replica_sets_of(
        self,
        owner: ObjId,
    ) -> impl Iterator<Item = (ReplicaSetId, &'a ReplicaSet)> {
        self.store
            .index
            .owned(owner)
            .iter()
            .filter_map(move |object| {
                let id = ReplicaSetId::try_from(*object).ok()?;
                let set = self.replica_set(id)?;
                (set.meta.owner == Some(owner)).then_some((id, set))
            })
    }

    /// The slices of a Service, ascending.
    pub fn slices_of(
        self,
        service: ServiceId,
    ) -> impl Iterator<Item = (SliceId, &'a EndpointSlice)> {
        self.store
            .index
            .slices_of(service)
            .iter()
            .filter_map(move |index| {
                let id = SliceId(*index);
                Some((id, self.slice(id)?))
            })
    }

    /// The label sets of pods of a namespace that `selector` selects. Sets are few where pods are many.
    pub fn sets_selected(
        self,
        namespace: TextId,
        selector: &'a Selector,
    ) -> impl Iterator<Item = SetId> {
        self.store
            .index
            .sets(namespace)
            .iter()
            .copied()
            .filter(move |set| selector.matches(self.definitions.get_set(*set)))
    }

    /// The pods of a namespace that `selector` selects, by label set and then ascending.
    pub fn pods_selected(
        self,
        namespace: TextId,
        selector: &'a Selector,
    ) -> impl Iterator<Item = (PodId, &'a Pod)> {
        self.sets_selected(namespace, selector)
            .flat_map(move |set| {
                self.store
                    .index
                    .pods_of_set(namespace, set)
                    .iter()
                    .filter_map(move |index| {
                        let id = PodId(*index);
                        let pod = self.pod(id)?;
                        (pod.labels == set).then_some((id, pod))
                    })
            })
    }

    /// The pod events after `from`, up to the cursor, in order.
    pub fn pod_changes(self, from: Rev) -> impl Iterator<Item = Change<'a, Pod>> {
        self.changes(&self.store.pods, from, self.upto.pods)
    }

    /// The node events after `from`, up to the cursor, in order.
    pub fn node_changes(self, from: Rev) -> impl Iterator<Item = Change<'a, Node>> {
        self.changes(&self.store.nodes, from, self.upto.nodes)
    }

    /// The ReplicaSet events after `from`, up to the cursor, in order.
    pub fn replica_set_changes(self, from: Rev) -> impl Iterator<Item = Change<'a, ReplicaSet>> {
        self.changes(&self.store.replica_sets, from, self.upto.replica_sets)
    }

    /// The Deployment events after `from`, up to the cursor, in order.
    pub fn deployment_changes(self, from: Rev) -> impl Iterator<Item = Change<'a, Deployment>> {
        self.changes(&self.store.deployments, from, self.upto.deployments)
    }

    /// The Service events after `from`, up to the cursor, in order.
    pub fn service_changes(self, from: Rev) -> impl Iterator<Item = Change<'a, Service>> {
        self.changes(&self.store.services, from, self.upto.services)
    }

    /// The slice events after `from`, up to the cursor, in order.
    pub fn slice_changes(self, from: Rev) -> impl Iterator<Item = Change<'a, EndpointSlice>> {
        self.changes(&self.store.slices, from, self.upto.slices)
    }

    /// The events of kinds without a table of their own after `from`, up to the cursor, in order.
    pub fn other_changes(self, from: Rev) -> impl Iterator<Item = Change<'a, Other>> {
        self.changes(&self.store.others, from, self.upto.others)
    }

    /// The kind of an object without a table of its own.
    #[must_use]
    pub fn other_kind(&self, id: OtherId) -> crate::id::Kind {
        self.store.other_kind(id)
    }

    /// The object of this kind, namespace and name that is there *now*; check it in the view.
    #[must_use]
    pub fn find(&self, kind: crate::id::Kind, namespace: TextId, name: &str) -> Option<ObjId> {
        let name = crate::object::name::ObjectName::find(name, &self.definitions.texts)?;
        self.store.find(kind, namespace, name)
    }

    /// The states of a pod's containers, init containers first: the newest, whatever the view.
    #[must_use]
    pub fn containers(&self, id: PodId) -> &'a [crate::object::pod::ContainerStatus] {
        self.store.containers(id)
    }

    /// The specification of a pod as of this view.
    ///
    /// # Panics
    ///
    /// Never for a template that a pod of this view has.
    #[must_use]
    pub fn pod_spec(&self, pod: &Pod) -> &'a crate::object::template::PodSpec {
        &self.definitions.get_template(pod.template).spec
    }
}
