//! Specifications of objects other than pods: fixed parts, interned.

use serde::{Deserialize, Serialize};

use crate::id::TemplateId;
use crate::label::Selector;
use crate::object::node::NodeSpec;
use crate::object::template::Protocol;

/// An interned specification: what the model reads, and the manifest as people wrote it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct SpecDefinition {
    /// What the model reads.
    pub spec: Spec,
    /// The manifest as JSON, as supplied and defaulted: what `-o yaml` prints. May be empty.
    pub manifest: Box<str>,
}

/// What the model reads of a specification. Grows at the end only.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[allow(missing_docs)] // one variant a kind
pub enum Spec {
    Node(NodeSpec),
    ReplicaSet(ReplicaSetSpec),
    Deployment(DeploymentSpec),
    Service(ServiceSpec),
    PodDisruptionBudget(BudgetSpec),
    PriorityClass(PriorityClassSpec),
    /// Data of a ConfigMap or Secret: key and text.
    Data(Vec<(Box<str>, Box<str>)>),
    /// Kinds of which the model reads nothing but the metadata.
    Opaque,
}

/// `spec` of a ReplicaSet, less the number of replicas.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ReplicaSetSpec {
    /// `selector`
    pub selector: Selector,
    /// `template`
    pub template: TemplateId,
    /// `minReadySeconds`
    pub min_ready_seconds: u32,
}

/// `spec` of a Deployment, less the number of replicas and `paused`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct DeploymentSpec {
    /// `selector`
    pub selector: Selector,
    /// `template`
    pub template: TemplateId,
    /// `strategy`
    pub strategy: Strategy,
    /// `minReadySeconds`
    pub min_ready_seconds: u32,
    /// `progressDeadlineSeconds`
    pub progress_deadline_seconds: u32,
    /// `revisionHistoryLimit`
    pub revision_history_limit: u32,
}

/// `strategy` of a Deployment.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Strategy {
    /// `Recreate`
    Recreate,
    /// `RollingUpdate`
    RollingUpdate {
        /// `maxSurge`
        max_surge: IntOrPercent,
        /// `maxUnavailable`
        max_unavailable: IntOrPercent,
    },
}

/// A number, or a percentage of another number.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub enum IntOrPercent {
    /// A number.
    Int(u32),
    /// Percent.
    Percent(u32),
}

impl IntOrPercent {
    /// The number, percentages taken of `total` and rounded up.
    #[must_use]
    #[allow(clippy::cast_possible_truncation)] // a part of a 32-bit number
    pub const fn of_rounded_up(self, total: u32) -> u32 {
        match self {
            Self::Int(number) => number,
            Self::Percent(percent) => ((percent as u64 * total as u64).div_ceil(100)) as u32,
        }
    }

    /// The number, percentages taken of `total` and rounded down.
    #[must_use]
    #[allow(clippy::cast_possible_truncation)] // a part of a 32-bit number
    pub const fn of_rounded_down(self, total: u32) -> u32 {
        match self {
            Self::Int(number) => number,
            Self::Percent(percent) => (percent as u64 * total as u64 / 100) as u32,
        }
    }
}

/// `spec` of a Service.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ServiceSpec {
    /// `type`
    pub kind: ServiceType,
    /// Whether `clusterIP` is `None`.
    pub headless: bool,
    /// `selector`, none when the Service has none.
    pub selector: Option<Selector>,
    /// `ports`
    pub ports: Vec<ServicePort>,
    /// `publishNotReadyAddresses`
    pub publish_not_ready: bool,
    /// `sessionAffinity: ClientIP` with its timeout in seconds.
    pub affinity_seconds: Option<u32>,
    /// Whether `internalTrafficPolicy` is `Local`.
    pub internal_local: bool,
    /// Whether `externalTrafficPolicy` is `Local`.
    pub external_local: bool,
}

/// `type` of a Service.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[allow(missing_docs)] // Kubernetes' own words
pub enum ServiceType {
    ClusterIp,
    NodePort,
    LoadBalancer,
    ExternalName,
}

/// A port of a Service.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ServicePort {
    /// `name`, empty when not given.
    pub name: Box<str>,
    /// `port`
    pub port: u16,
    /// `targetPort`
    pub target: crate::object::template::PortRef,
    /// `protocol`
    pub protocol: Protocol,
    /// `nodePort`, zero when there is none.
    pub node_port: u16,
}

/// `spec` of a PodDisruptionBudget.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct BudgetSpec {
    /// `selector`
    pub selector: Option<Selector>,
    /// `minAvailable`
    pub min_available: Option<IntOrPercent>,
    /// `maxUnavailable`
    pub max_unavailable: Option<IntOrPercent>,
    /// Whether `unhealthyPodEvictionPolicy` is `AlwaysAllow`.
    pub always_allow_unhealthy: bool,
}

/// A PriorityClass.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct PriorityClassSpec {
    /// `value`
    pub value: i32,
    /// `globalDefault`
    pub global_default: bool,
    /// Whether `preemptionPolicy` is `Never`.
    pub never_preempts: bool,
}
