//! Nodes.

use serde::{Deserialize, Serialize};

use crate::id::{SetId, SpecId};
use crate::object::condition::Condition;
use crate::object::meta::Meta;
use crate::object::resources::Resources;
use crate::object::scheduling::Taint;

/// What is fixed about a node, shared by nodes of one group.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct NodeSpec {
    /// `status.capacity`
    pub capacity: Resources,
    /// `status.allocatable`
    pub allocatable: Resources,
    /// `status.images`: names and sizes in bytes, present from the start.
    pub images: Vec<(Box<str>, u64)>,
}

/// The types of node conditions, in the order of storage.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[allow(missing_docs)] // Kubernetes' own words
pub enum NodeConditionType {
    Ready,
    MemoryPressure,
    DiskPressure,
    PidPressure,
}

impl NodeConditionType {
    /// Every type, in the order of storage.
    pub const ALL: [Self; 4] = [
        Self::Ready,
        Self::MemoryPressure,
        Self::DiskPressure,
        Self::PidPressure,
    ];

    /// As in the API.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::Ready => "Ready",
            Self::MemoryPressure => "MemoryPressure",
            Self::DiskPressure => "DiskPressure",
            Self::PidPressure => "PIDPressure",
        }
    }
}

/// What changes of a node: the value that the store versions. Leases and heartbeats are not in it:
/// they live outside the revision sequence.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Node {
    /// `metadata`
    pub meta: Meta,
    /// What is fixed.
    pub spec: SpecId,
    /// `spec.taints`, in their order.
    pub taints: Vec<Taint>,
    /// `spec.unschedulable`
    pub unschedulable: bool,
    /// `status.conditions`, indexed by [`NodeConditionType`].
    pub conditions: [Condition; 4],
    /// How many writes this object has seen.
    pub version: u32,
}

impl Node {
    /// A node of `spec` with these labels in `meta`.
    #[must_use]
    pub fn new(meta: Meta, spec: SpecId) -> Self {
        Self {
            meta,
            spec,
            taints: Vec::new(),
            unschedulable: false,
            conditions: [Condition::default(); 4],
            version: 0,
        }
    }

    /// The condition of this type.
    #[must_use]
    pub const fn condition(&self, condition: NodeConditionType) -> &Condition {
        &self.conditions[condition as usize]
    }

    /// `metadata.labels`
    #[must_use]
    pub const fn labels(&self) -> SetId {
        self.meta.labels
    }
}
