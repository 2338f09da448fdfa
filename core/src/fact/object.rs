//! API writes of the other kinds.

use serde::{Deserialize, Serialize};

use crate::id::{Kind, ObjId, PodId, ServiceId, SetId, SpecId};
use crate::object::condition::Condition;
use crate::object::meta::{Deletion, Meta};
use crate::object::node::NodeConditionType;
use crate::object::pod::PodIp;
use crate::object::scheduling::Taint;
use crate::object::service::{Endpoint, SlicePort};
use crate::object::workload::{DeploymentStatus, ReplicaSetStatus};

/// A write of an object's metadata.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum MetaChange {
    /// Labels were changed.
    Labels(SetId),
    /// Annotations were changed.
    Annotations(SetId),
    /// Finalizers were changed.
    Finalizers(SetId),
    /// The controlling owner was set or removed.
    Owner(Option<ObjId>),
    /// The object waits for its finalizers (generation + 1; C60).
    Deleting(Deletion),
    /// The object is gone.
    Removed,
}

/// A node as it was created.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct NewNode {
    /// `metadata`
    pub meta: Meta,
    /// What is fixed.
    pub spec: SpecId,
    /// `spec.taints`
    pub taints: Vec<Taint>,
    /// `spec.unschedulable`
    pub unschedulable: bool,
    /// `status.conditions`, in the order of [`NodeConditionType`].
    pub conditions: [Condition; 4],
}

/// A committed write of a node.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum NodeChange {
    /// Of its metadata.
    Meta(MetaChange),
    /// Of conditions.
    Conditions(Box<[(NodeConditionType, Condition)]>),
    /// Of `spec.taints`: the new list.
    Taints(Box<[Taint]>),
    /// Of `spec.unschedulable`.
    Unschedulable(bool),
    /// Of capacity, allocatable or images.
    Spec(SpecId),
}

/// A ReplicaSet as it was created.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct NewReplicaSet {
    /// `metadata`
    pub meta: Meta,
    /// What is fixed.
    pub spec: SpecId,
    /// `spec.replicas`
    pub replicas: u32,
    /// The revision annotation.
    pub revision: u32,
    /// The desired-replicas annotation.
    pub desired: u32,
    /// The max-replicas annotation.
    pub maximum: u32,
}

/// A committed write of a ReplicaSet.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum ReplicaSetChange {
    /// Of its metadata.
    Meta(MetaChange),
    /// Of `spec.replicas` (generation + 1 when it differs) and the Deployment's annotations.
    Scaled {
        /// `spec.replicas`
        replicas: u32,
        /// The desired-replicas annotation.
        desired: u32,
        /// The max-replicas annotation.
        maximum: u32,
    },
    /// Of the revision annotation.
    Revision(u32),
    /// Of the status.
    Status(Box<ReplicaSetStatus>),
    /// Of selector, template or minReadySeconds (generation + 1).
    Spec(SpecId),
}

/// A Deployment as it was created.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct NewDeployment {
    /// `metadata`
    pub meta: Meta,
    /// Template, selector, strategy.
    pub spec: SpecId,
    /// `spec.replicas`
    pub replicas: u32,
    /// `spec.paused`
    pub paused: bool,
}

/// A committed write of a Deployment.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum DeploymentChange {
    /// Of its metadata.
    Meta(MetaChange),
    /// Of `spec.replicas` (generation + 1).
    Scaled(u32),
    /// Of template, selector or strategy (generation + 1).
    Spec(SpecId),
    /// Of `spec.paused` (generation + 1).
    Paused(bool),
    /// Of the status, together with the revision annotation (C16).
    Status(Box<(u32, DeploymentStatus)>),
}

/// A Service as it was created.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct NewService {
    /// `metadata`
    pub meta: Meta,
    /// Selector, ports, policies.
    pub spec: SpecId,
    /// `spec.clusterIP`
    pub cluster_ip: PodIp,
}

/// A committed write of a Service.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum ServiceChange {
    /// Of its metadata.
    Meta(MetaChange),
    /// Of its specification.
    Spec(SpecId),
}

/// An EndpointSlice as it was created.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct NewSlice {
    /// `metadata`
    pub meta: Meta,
    /// The Service it belongs to.
    pub service: ServiceId,
    /// `ports`
    pub ports: Vec<SlicePort>,
    /// `endpoints`
    pub endpoints: Vec<Endpoint>,
}

/// A committed write of an EndpointSlice.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum SliceChange {
    /// Of its metadata.
    Meta(MetaChange),
    /// Of endpoints: those that are new or different, and those that are gone, in one write.
    Endpoints(Box<[EndpointChange]>),
    /// Of the ports, and of endpoints, in one write: a slice that was empty is used again (C202).
    Ports(Box<(Vec<SlicePort>, Vec<EndpointChange>)>),
}

/// One endpoint of a write.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum EndpointChange {
    /// It is new, or its conditions changed.
    Set(Endpoint),
    /// It is no longer listed.
    Removed(PodId),
}

/// An object of a kind without a table of its own, as it was created.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct NewOther {
    /// The kind.
    pub kind: Kind,
    /// `metadata`
    pub meta: Meta,
    /// Everything else.
    pub spec: SpecId,
}

/// A committed write of an object of a kind without a table of its own.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum OtherChange {
    /// Of its metadata.
    Meta(MetaChange),
    /// Of everything else (generation + 1).
    Spec(SpecId),
}
