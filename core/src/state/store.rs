//! The API server's store: versioned tables, the states of containers, and secondary indexes.

use serde::Serialize;

use crate::id::{
    DeploymentId, Kind, NodeId, ObjId, OtherId, PodId, ReplicaSetId, Rev, ServiceId, SliceId,
    TextId,
};
use crate::object::meta::Meta;
use crate::object::name::ObjectName;
use crate::object::node::Node;
use crate::object::other::Other;
use crate::object::pod::{ContainerStatus, Pod, PodIdentity};
use crate::object::service::{EndpointSlice, Service};
use crate::object::workload::{Deployment, ReplicaSet};
use crate::state::index::Index;
use crate::state::table::Table;
use crate::text::known;

/// The store. Only [`crate::state::Cluster::apply`] writes it.
#[derive(Clone, Debug, Default)]
pub struct Store {
    /// The revision of the last committed write.
    pub rev: Rev,
    /// Pods.
    pub pods: Table<PodId, Pod>,
    /// Nodes.
    pub nodes: Table<NodeId, Node>,
    /// ReplicaSets.
    pub replica_sets: Table<ReplicaSetId, ReplicaSet>,
    /// Deployments.
    pub deployments: Table<DeploymentId, Deployment>,
    /// Services.
    pub services: Table<ServiceId, Service>,
    /// EndpointSlices.
    pub slices: Table<SliceId, EndpointSlice>,
    /// Objects of every other kind.
    pub others: Table<OtherId, Other>,
    /// The kinds of [`Self::others`].
    pub(crate) other_kinds: Vec<Kind>,
    /// Secondary indexes.
    pub index: Index,
    pub(crate) rows: Vec<PodRow>,
    pub(crate) containers: Vec<ContainerStatus>,
    /// Free ranges of `containers`, by length.
    pub(crate) free: Vec<Vec<u32>>,
}

/// What of a pod is not versioned, and where its containers are.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PodRow {
    pub(crate) identity: PodIdentity,
    pub(crate) first: u32,
    pub(crate) count: u8,
}

impl Store {
    /// What of a pod never changes. Stays readable after the pod's removal.
    ///
    /// # Panics
    ///
    /// When there has never been such a pod.
    #[must_use]
    pub fn pod_identity(&self, pod: PodId) -> &PodIdentity {
        &self.rows[pod.index()].identity
    }

    /// The states of a pod's containers, init containers first: the newest, whatever the view. Empty
    /// once the pod's removal is past.
    #[must_use]
    pub fn containers(&self, pod: PodId) -> &[ContainerStatus] {
        self.rows.get(pod.index()).map_or(&[], |row| {
            &self.containers[row.first as usize..][..usize::from(row.count)]
        })
    }

    /// The kind of an object without a table of its own.
    ///
    /// # Panics
    ///
    /// When there has never been such an object.
    #[must_use]
    pub fn other_kind(&self, other: OtherId) -> Kind {
        self.other_kinds[other.index()]
    }

    /// The newest metadata of an object other than a pod, if it is there.
    #[must_use]
    #[allow(clippy::wildcard_enum_match_arm)] // what is not named has no part in this
    pub fn meta(&self, object: ObjId) -> Option<&Meta> {
        match object.kind {
            Kind::Pod => None,
            Kind::Node => self.nodes.newest(object.index).map(|node| &node.meta),
            Kind::ReplicaSet => self.replica_sets.newest(object.index).map(|set| &set.meta),
            Kind::Deployment => self.deployments.newest(object.index).map(|it| &it.meta),
            Kind::Service => self
                .services
                .newest(object.index)
                .map(|service| &service.meta),
            Kind::EndpointSlice => self.slices.newest(object.index).map(|slice| &slice.meta),
            _ => self.others.newest(object.index).map(|other| &other.meta),
        }
    }

    /// Whether an object is there now.
    #[must_use]
    #[allow(clippy::wildcard_enum_match_arm)] // what is not named has no part in this
    pub fn exists(&self, object: ObjId) -> bool {
        match object.kind {
            Kind::Pod => self.pods.newest(object.index).is_some(),
            _ => self.meta(object).is_some(),
        }
    }

    /// The revision of an object's newest write, if it is still known.
    #[must_use]
    #[allow(clippy::wildcard_enum_match_arm)] // what is not named has no part in this
    pub fn rev_of(&self, object: ObjId) -> Option<Rev> {
        match object.kind {
            Kind::Pod => self.pods.rev(object.index),
            Kind::Node => self.nodes.rev(object.index),
            Kind::ReplicaSet => self.replica_sets.rev(object.index),
            Kind::Deployment => self.deployments.rev(object.index),
            Kind::Service => self.services.rev(object.index),
            Kind::EndpointSlice => self.slices.rev(object.index),
            _ => self.others.rev(object.index),
        }
    }

    /// The name and namespace of an object that is there now.
    #[must_use]
    pub fn name_of(&self, object: ObjId) -> Option<(ObjectName, TextId)> {
        if let Ok(pod) = PodId::try_from(object) {
            return self
                .rows
                .get(pod.index())
                .map(|row| (row.identity.name, row.identity.namespace));
        }
        self.meta(object).map(|meta| (meta.name, meta.namespace))
    }

    /// The object of this kind, namespace and name, if it is there now.
    #[must_use]
    pub fn find(&self, kind: Kind, namespace: TextId, name: ObjectName) -> Option<ObjId> {
        let namespace = if kind.is_namespaced() {
            namespace
        } else {
            known::EMPTY
        };
        self.index
            .named(kind, namespace, name)
            .map(|index| ObjId { kind, index })
    }

    /// Forgets the versions that no view at `keep` or later needs.
    pub fn trim(&mut self, keep: Rev) {
        let Self {
            pods,
            index,
            rows,
            free,
            nodes,
            replica_sets,
            deployments,
            ..
        } = self;
        let mut gone = Vec::new();
        pods.trim(keep, |pod, last| gone.push((pod, *last)));
        for (pod, last) in gone {
            let row = rows[pod as usize];
            let length = usize::from(row.count);
            if free.len() <= length {
                free.resize_with(length + 1, Vec::new);
            }
            free[length].push(row.first);
            rows[pod as usize].count = 0;
            let is_alive =
                |id: u32| pods.newest(id).is_some() || pods.rev(id).is_some_and(|rev| rev > keep);
            if let Some(node) = last.node {
                index.on_node(node).bury(is_alive);
            }
            if let Some(owner) = last.owner
                && let Some(list) = index.by_owner.get_mut(&owner)
            {
                list.bury(is_alive);
            }
            index
                .with_set(row.identity.namespace, last.labels)
                .bury(is_alive);
        }
        nodes.trim(keep, |_, _| ());
        replica_sets.trim(keep, |_, _| ());
        deployments.trim(keep, |_, _| ());
        self.services.trim(keep, |_, _| ());
        self.slices.trim(keep, |_, _| ());
        self.others.trim(keep, |_, _| ());
    }

    /// Feeds the newest version of everything to `sink`, in the order of ids.
    ///
    /// # Panics
    ///
    /// Never, unless memory runs out.
    pub(crate) fn encode(&self, buffer: &mut Vec<u8>, sink: &mut impl FnMut(&[u8])) {
        let mut put = |value: &dyn Encode| {
            buffer.clear();
            value.encode(buffer);
            sink(buffer);
        };
        put(&self.rev);
        for index in self.pods.live_indexes() {
            let pod = PodId(index);
            put(&(
                index,
                self.pods.newest(index),
                self.pods.rev(index),
                self.pod_identity(pod),
            ));
            put(&self.containers(pod));
        }
        for index in self.nodes.live_indexes() {
            put(&(index, self.nodes.newest(index), self.nodes.rev(index)));
        }
        for index in self.replica_sets.live_indexes() {
            put(&(
                index,
                self.replica_sets.newest(index),
                self.replica_sets.rev(index),
            ));
        }
        for index in self.deployments.live_indexes() {
            put(&(
                index,
                self.deployments.newest(index),
                self.deployments.rev(index),
            ));
        }
        for index in self.services.live_indexes() {
            put(&(index, self.services.newest(index), self.services.rev(index)));
        }
        for index in self.slices.live_indexes() {
            put(&(index, self.slices.newest(index), self.slices.rev(index)));
        }
        for index in self.others.live_indexes() {
            put(&(index, self.others.newest(index), self.others.rev(index)));
        }
    }

    pub(crate) fn reset(&mut self) {
        self.rev = Rev::ZERO;
        self.pods.reset();
        self.nodes.reset();
        self.replica_sets.reset();
        self.deployments.reset();
        self.services.reset();
        self.slices.reset();
        self.others.reset();
        self.other_kinds.clear();
        self.index.reset();
        self.rows.clear();
        self.containers.clear();
        self.free.clear();
    }
}

/// What can be fed to a digest.
trait Encode {
    fn encode(&self, buffer: &mut Vec<u8>);
}

impl<T: Serialize> Encode for T {
    fn encode(&self, buffer: &mut Vec<u8>) {
        crate::log::codec::encode(self, buffer).expect("a value of the state has a plain form");
    }
}
