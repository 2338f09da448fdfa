//! Identities: dense numbers, never reused within a run.

use std::fmt;

use serde::{Deserialize, Serialize};

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(
            Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default,
            Serialize, Deserialize,
        )]
        pub struct $name(pub u32);

        impl $name {
            /// The number as an index.
            #[must_use]
            pub const fn index(self) -> usize {
                self.0 as usize
            }

            /// The id with this index.
            ///
            /// # Panics
            ///
            /// When `index` does not fit in 32 bits.
            #[must_use]
            pub fn from_index(index: usize) -> Self {
                Self(u32::try_from(index).expect("more than four billion of one thing"))
            }
        }
    )+};
}

ids! {
    /// A pod, in the order of creation.
    PodId,
    /// A node, in the order of creation.
    NodeId,
    /// A ReplicaSet, in the order of creation.
    ReplicaSetId,
    /// A Deployment, in the order of creation.
    DeploymentId,
    /// A Service, in the order of creation.
    ServiceId,
    /// An EndpointSlice, in the order of creation.
    SliceId,
    /// An object of a kind without a table of its own (ConfigMap, Secret, …).
    OtherId,
    /// An interned text: a name, a reason, a message.
    TextId,
    /// An interned set of labels, of annotations, or of finalizers.
    SetId,
    /// An interned pod template.
    TemplateId,
    /// An interned specification of an object other than a pod.
    SpecId,
    /// A traffic source of the scenario.
    ClientId,
    /// A step of the expanded fault schedule.
    FaultId,
    /// A step of the timeline.
    StepId,
}

/// A revision of the store: the number of committed API writes so far (C8).
///
/// 32 bits hold four billion writes; the store panics rather than wrap.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize,
)]
pub struct Rev(pub u32);

impl Rev {
    /// Before every write.
    pub const ZERO: Self = Self(0);
    /// After every write: the view of somebody who sees everything.
    pub const LATEST: Self = Self(u32::MAX);

    /// The revision after this one.
    ///
    /// # Panics
    ///
    /// After four billion writes.
    #[must_use]
    pub fn next(self) -> Self {
        Self(
            self.0
                .checked_add(1)
                .expect("more than four billion API writes"),
        )
    }
}

/// The kinds of Kubernetes objects that the model knows by name.
///
/// Grows at the end only: the discriminant is in every log.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[repr(u8)]
#[allow(missing_docs)] // the variants are Kubernetes' own kinds
pub enum Kind {
    Pod,
    Node,
    ReplicaSet,
    Deployment,
    Service,
    EndpointSlice,
    Namespace,
    ConfigMap,
    Secret,
    ServiceAccount,
    PodDisruptionBudget,
    PriorityClass,
    StatefulSet,
    DaemonSet,
    Job,
    CronJob,
    ReplicationController,
    HorizontalPodAutoscaler,
    PersistentVolume,
    PersistentVolumeClaim,
    StorageClass,
    ResourceQuota,
    LimitRange,
    Endpoints,
    Ingress,
    Custom,
    CsiNode,
}

impl Kind {
    /// Every kind, in the order of their discriminants.
    pub const ALL: [Self; 27] = [
        Self::Pod,
        Self::Node,
        Self::ReplicaSet,
        Self::Deployment,
        Self::Service,
        Self::EndpointSlice,
        Self::Namespace,
        Self::ConfigMap,
        Self::Secret,
        Self::ServiceAccount,
        Self::PodDisruptionBudget,
        Self::PriorityClass,
        Self::StatefulSet,
        Self::DaemonSet,
        Self::Job,
        Self::CronJob,
        Self::ReplicationController,
        Self::HorizontalPodAutoscaler,
        Self::PersistentVolume,
        Self::PersistentVolumeClaim,
        Self::StorageClass,
        Self::ResourceQuota,
        Self::LimitRange,
        Self::Endpoints,
        Self::Ingress,
        Self::Custom,
        Self::CsiNode,
    ];

    /// Whether objects of this kind live in a namespace.
    #[must_use]
    pub const fn is_namespaced(self) -> bool {
        !matches!(
            self,
            Self::Node
                | Self::Namespace
                | Self::PriorityClass
                | Self::PersistentVolume
                | Self::StorageClass
                | Self::CsiNode
        )
    }

    /// The kind's name in manifests: `ReplicaSet`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pod => "Pod",
            Self::Node => "Node",
            Self::ReplicaSet => "ReplicaSet",
            Self::Deployment => "Deployment",
            Self::Service => "Service",
            Self::EndpointSlice => "EndpointSlice",
            Self::Namespace => "Namespace",
            Self::ConfigMap => "ConfigMap",
            Self::Secret => "Secret",
            Self::ServiceAccount => "ServiceAccount",
            Self::PodDisruptionBudget => "PodDisruptionBudget",
            Self::PriorityClass => "PriorityClass",
            Self::StatefulSet => "StatefulSet",
            Self::DaemonSet => "DaemonSet",
            Self::Job => "Job",
            Self::CronJob => "CronJob",
            Self::ReplicationController => "ReplicationController",
            Self::HorizontalPodAutoscaler => "HorizontalPodAutoscaler",
            Self::PersistentVolume => "PersistentVolume",
            Self::PersistentVolumeClaim => "PersistentVolumeClaim",
            Self::StorageClass => "StorageClass",
            Self::ResourceQuota => "ResourceQuota",
            Self::LimitRange => "LimitRange",
            Self::Endpoints => "Endpoints",
            Self::Ingress => "Ingress",
            Self::Custom => "Custom",
            Self::CsiNode => "CSINode",
        }
    }

    /// The kind with this name in manifests, if the model knows it.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// An object of any kind: the kind, and its number within the kind's table.
///
/// Kinds without a table of their own share the numbers of [`OtherId`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct ObjId {
    /// The kind.
    pub kind: Kind,
    /// The number within the kind's table.
    pub index: u32,
}

macro_rules! object_ids {
    ($($id:ident => $kind:ident),+ $(,)?) => {$(
        impl From<$id> for ObjId {
            fn from(id: $id) -> Self {
                Self { kind: Kind::$kind, index: id.0 }
            }
        }

        impl TryFrom<ObjId> for $id {
            type Error = ObjId;

            fn try_from(object: ObjId) -> Result<Self, ObjId> {
                if object.kind == Kind::$kind { Ok(Self(object.index)) } else { Err(object) }
            }
        }
    )+};
}

object_ids! {
    PodId => Pod,
    NodeId => Node,
    ReplicaSetId => ReplicaSet,
    DeploymentId => Deployment,
    ServiceId => Service,
    SliceId => EndpointSlice,
}

/// A vector addressed by one kind of id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdVec<I, T> {
    items: Vec<T>,
    id: std::marker::PhantomData<I>,
}

impl<I, T> Default for IdVec<I, T> {
    fn default() -> Self {
        Self {
            items: Vec::new(),
            id: std::marker::PhantomData,
        }
    }
}

impl<I: Copy + Into<usize>, T> IdVec<I, T> {
    /// The item of `id`, if there is one.
    #[must_use]
    pub fn get(&self, id: I) -> Option<&T> {
        self.items.get(id.into())
    }

    /// The item of `id`, to change, if there is one.
    pub fn get_mut(&mut self, id: I) -> Option<&mut T> {
        self.items.get_mut(id.into())
    }

    /// Appends an item.
    pub fn push(&mut self, item: T) {
        self.items.push(item);
    }

    /// How many items there are.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.items.len()
    }

    /// Whether there is none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// The items in the order of their ids.
    pub fn iter(&self) -> std::slice::Iter<'_, T> {
        self.items.iter()
    }
}
