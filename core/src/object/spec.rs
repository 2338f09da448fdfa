//! Specifications of objects other than pods: fixed parts, interned.

use serde::{Deserialize, Serialize};

use crate::id::TemplateId;
use crate::label::Selector;
use crate::object::node::NodeSpec;
use crate::object::scheduling::NodeTerm;
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
    PersistentVolume(PersistentVolumeSpec),
    PersistentVolumeClaim(ClaimSpec),
    StorageClass(StorageClassSpec),
    CsiNode(CsiNodeSpec),
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

/// A PersistentVolume: `spec`, and of `status` the phase.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct PersistentVolumeSpec {
    /// `capacity.storage`, in bytes.
    pub capacity: i64,
    /// `storageClassName`, empty when it has none.
    pub class: Box<str>,
    /// `accessModes`
    pub modes: AccessModes,
    /// Whether `volumeMode` is `Block`.
    pub is_block: bool,
    /// `claimRef`
    pub claim: Option<ClaimRef>,
    /// `nodeAffinity.required`: any term must match; none means no requirement.
    pub affinity: Option<Vec<NodeTerm>>,
    /// `csi.driver`, empty for volumes of another kind.
    pub driver: Box<str>,
    /// `csi.volumeHandle`
    pub handle: Box<str>,
    /// Whether `persistentVolumeReclaimPolicy` is `Delete`.
    pub is_deleted_with_claim: bool,
    /// `status.phase`
    pub phase: VolumePhase,
}

/// `claimRef` of a volume.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ClaimRef {
    /// `namespace`
    pub namespace: Box<str>,
    /// `name`
    pub name: Box<str>,
    /// `uid`, empty when people reserved the volume for a claim of this name.
    pub uid: Box<str>,
}

/// `status.phase` of a volume.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
#[allow(missing_docs)] // Kubernetes' own words
pub enum VolumePhase {
    #[default]
    Pending,
    Available,
    Bound,
    Released,
    Failed,
}

/// A PersistentVolumeClaim: `spec`, and of `status` the phase.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ClaimSpec {
    /// `storageClassName`: none asks for the default class, an empty one for no class.
    pub class: Option<Box<str>>,
    /// `resources.requests.storage`, in bytes.
    pub request: i64,
    /// `accessModes`
    pub modes: AccessModes,
    /// Whether `volumeMode` is `Block`.
    pub is_block: bool,
    /// `selector`
    pub selector: Option<Selector>,
    /// `volumeName`, empty when it has no volume.
    pub volume: Box<str>,
    /// `status.phase`
    pub phase: ClaimPhase,
}

/// `status.phase` of a claim.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
#[allow(missing_docs)] // Kubernetes' own words
pub enum ClaimPhase {
    #[default]
    Pending,
    Bound,
    Lost,
}

/// A set of access modes.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
pub struct AccessModes(pub u8);

impl AccessModes {
    /// The modes: name in manifests, short name, bit.
    pub const ALL: [(&'static str, &'static str, u8); 4] = [
        ("ReadWriteOnce", "RWO", 1),
        ("ReadOnlyMany", "ROX", 2),
        ("ReadWriteMany", "RWX", 4),
        ("ReadWriteOncePod", "RWOP", 8),
    ];

    /// The modes of these names; what is none is left out.
    pub fn named<'a>(names: impl IntoIterator<Item = &'a str>) -> Self {
        let bit = |name: &str| Self::ALL.iter().find(|mode| mode.0 == name).map(|it| it.2);
        Self(
            names
                .into_iter()
                .filter_map(bit)
                .fold(0, |all, bit| all | bit),
        )
    }

    /// Whether every mode of `others` is among these.
    #[must_use]
    pub const fn contain(self, others: Self) -> bool {
        self.0 & others.0 == others.0
    }

    /// Whether one pod alone may use what has these modes.
    #[must_use]
    pub const fn is_for_one_pod(self) -> bool {
        self.0 & 8 != 0
    }
}

/// A term of `allowedTopologies`: labels, each with its values.
pub type TopologyTerm = Vec<(Box<str>, Vec<Box<str>>)>;

/// A StorageClass.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct StorageClassSpec {
    /// `provisioner`
    pub provisioner: Box<str>,
    /// Whether `volumeBindingMode` is `WaitForFirstConsumer`.
    pub waits: bool,
    /// `allowedTopologies`: any term must match, and of a term every label, with any of its values.
    pub topologies: Vec<TopologyTerm>,
    /// Whether `reclaimPolicy` is `Delete`.
    pub is_deleted_with_claim: bool,
}

impl StorageClassSpec {
    /// Whether somebody makes volumes of this class.
    #[must_use]
    pub fn provisions(&self) -> bool {
        !self.provisioner.is_empty() && &*self.provisioner != "kubernetes.io/no-provisioner"
    }
}

/// A CSINode: what the drivers on a node say.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct CsiNodeSpec {
    /// `spec.drivers`
    pub drivers: Vec<CsiDriver>,
}

/// A driver on a node.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct CsiDriver {
    /// `name`
    pub name: Box<str>,
    /// `allocatable.count`: how many volumes can be attached; none means as many as one likes.
    pub limit: Option<u32>,
    /// `topologyKeys`: the labels that say from where a volume of the driver can be reached.
    pub topology_keys: Vec<Box<str>>,
}
