//! Deployments and ReplicaSets: what changes of them.

use serde::{Deserialize, Serialize};

use crate::id::SpecId;
use crate::object::condition::Condition;
use crate::object::meta::Meta;

/// What changes of a ReplicaSet: the value that the store versions.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ReplicaSet {
    /// `metadata`
    pub meta: Meta,
    /// What is fixed: [`crate::object::spec::ReplicaSetSpec`].
    pub spec: SpecId,
    /// `spec.replicas`
    pub replicas: u32,
    /// Annotation `deployment.kubernetes.io/revision`; 0 when absent.
    pub revision: u32,
    /// Annotation `deployment.kubernetes.io/desired-replicas`; 0 when absent.
    pub desired: u32,
    /// Annotation `deployment.kubernetes.io/max-replicas`; 0 when absent.
    pub maximum: u32,
    /// `status`
    pub status: ReplicaSetStatus,
    /// How many writes this object has seen.
    pub version: u32,
}

/// `status` of a ReplicaSet (C97).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct ReplicaSetStatus {
    /// `observedGeneration`
    pub observed_generation: u32,
    /// `replicas`
    pub replicas: u32,
    /// `fullyLabeledReplicas`
    pub fully_labeled: u32,
    /// `readyReplicas`
    pub ready: u32,
    /// `availableReplicas`
    pub available: u32,
    /// `terminatingReplicas`
    pub terminating: u32,
    /// Condition `ReplicaFailure`.
    pub failure: Condition,
}

/// What changes of a Deployment: the value that the store versions.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Deployment {
    /// `metadata`
    pub meta: Meta,
    /// Template, selector, strategy: [`crate::object::spec::DeploymentSpec`].
    pub spec: SpecId,
    /// `spec.replicas`
    pub replicas: u32,
    /// `spec.paused`
    pub paused: bool,
    /// Annotation `deployment.kubernetes.io/revision`; 0 when absent.
    pub revision: u32,
    /// `status`
    pub status: DeploymentStatus,
    /// How many writes this object has seen.
    pub version: u32,
}

/// `status` of a Deployment (C112–C114).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct DeploymentStatus {
    /// `observedGeneration`
    pub observed_generation: u32,
    /// `replicas`
    pub replicas: u32,
    /// `updatedReplicas`
    pub updated: u32,
    /// `readyReplicas`
    pub ready: u32,
    /// `availableReplicas`
    pub available: u32,
    /// `unavailableReplicas`
    pub unavailable: u32,
    /// `terminatingReplicas`
    pub terminating: u32,
    /// `collisionCount`
    pub collisions: u32,
    /// Condition `Progressing`.
    pub progressing: Condition,
    /// Condition `Available`.
    pub availability: Condition,
    /// Condition `ReplicaFailure`.
    pub failure: Condition,
}
