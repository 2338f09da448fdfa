//! What changes of a pod: the versioned head, and the state of its containers.

use serde::{Deserialize, Serialize};

use crate::id::{NodeId, ObjId, SetId, TemplateId, TextId};
use crate::object::condition::{Condition, Truth};
use crate::object::meta::Deletion;
use crate::object::name::ObjectName;
use crate::text::known;
use crate::time::Stamp;

/// What of a pod never changes. Not versioned: there is one of it from creation to removal.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct PodIdentity {
    /// `metadata.name`
    pub name: ObjectName,
    /// `metadata.namespace`
    pub namespace: TextId,
    /// `metadata.creationTimestamp`
    pub created: Stamp,
}

/// `status.phase`
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize,
)]
#[allow(missing_docs)] // Kubernetes' own words
pub enum Phase {
    #[default]
    Pending,
    Running,
    Succeeded,
    Failed,
}

impl Phase {
    /// Whether the phase is Succeeded or Failed.
    #[must_use]
    pub const fn is_terminal(self) -> bool {
        matches!(self, Self::Succeeded | Self::Failed)
    }

    /// As in the API.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::Pending => "Pending",
            Self::Running => "Running",
            Self::Succeeded => "Succeeded",
            Self::Failed => "Failed",
        }
    }
}

/// The types of pod conditions that the model writes. The order is that of storage, not of the API.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[allow(missing_docs)] // Kubernetes' own words
pub enum PodConditionType {
    PodScheduled,
    PodReadyToStartContainers,
    Initialized,
    ContainersReady,
    Ready,
    DisruptionTarget,
}

impl PodConditionType {
    /// Every type, in the order of storage.
    pub const ALL: [Self; 6] = [
        Self::PodScheduled,
        Self::PodReadyToStartContainers,
        Self::Initialized,
        Self::ContainersReady,
        Self::Ready,
        Self::DisruptionTarget,
    ];

    /// As in the API.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::PodScheduled => "PodScheduled",
            Self::PodReadyToStartContainers => "PodReadyToStartContainers",
            Self::Initialized => "Initialized",
            Self::ContainersReady => "ContainersReady",
            Self::Ready => "Ready",
            Self::DisruptionTarget => "DisruptionTarget",
        }
    }
}

/// A condition of a pod, without the fields that pods do not use.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct PodCondition {
    /// `status`
    pub status: Truth,
    /// `reason`
    pub reason: TextId,
    /// `message`
    pub message: TextId,
    /// `lastTransitionTime`
    pub changed: Stamp,
}

impl From<PodCondition> for Condition {
    fn from(condition: PodCondition) -> Self {
        Self {
            status: condition.status,
            reason: condition.reason,
            message: condition.message,
            changed: condition.changed,
            updated: Stamp(0),
        }
    }
}

/// What changes of a pod, less its containers' states: the value that the store versions.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Pod {
    /// The template; replaced when the specification is edited.
    pub template: TemplateId,
    /// `spec.nodeName`
    pub node: Option<NodeId>,
    /// The owner with `controller: true`.
    pub owner: Option<ObjId>,
    /// `metadata.labels`
    pub labels: SetId,
    /// `metadata.annotations`
    pub annotations: SetId,
    /// `metadata.finalizers`
    pub finalizers: SetId,
    /// `metadata.generation`
    pub generation: u32,
    /// `status.observedGeneration`
    pub observed_generation: u32,
    /// `metadata.deletionTimestamp` and its grace, once set.
    pub deletion: Option<Deletion>,
    /// `status.phase`
    pub phase: Phase,
    /// `status.reason`
    pub reason: TextId,
    /// `status.message`
    pub message: TextId,
    /// `status.podIP` as a number; zero when there is none.
    pub ip: PodIp,
    /// `status.startTime`; zero when not set.
    pub started: Option<Stamp>,
    /// `status.nominatedNodeName`
    pub nominated: Option<NodeId>,
    /// `status.conditions`, indexed by [`PodConditionType`].
    pub conditions: [PodCondition; 6],
    /// External conditions that readiness gates name: bit i is gate i of the template being True.
    pub gates: u8,
    /// The largest restart count among the main containers (C95).
    pub restarts: u32,
    /// How many writes this object has seen: the index of its own draws.
    pub version: u32,
}

impl Pod {
    /// A pod as the API server stores it at creation (C50).
    #[must_use]
    pub fn new(template: TemplateId, owner: Option<ObjId>, labels: SetId) -> Self {
        Self {
            template,
            node: None,
            owner,
            labels,
            annotations: SetId(0),
            finalizers: SetId(0),
            generation: 1,
            observed_generation: 0,
            deletion: None,
            phase: Phase::Pending,
            reason: known::EMPTY,
            message: known::EMPTY,
            ip: PodIp::NONE,
            started: None,
            nominated: None,
            conditions: [PodCondition::default(); 6],
            gates: 0,
            restarts: 0,
            version: 0,
        }
    }

    /// The condition of this type.
    #[must_use]
    pub const fn condition(&self, condition: PodConditionType) -> &PodCondition {
        &self.conditions[condition as usize]
    }

    /// Whether the Ready condition is True (C81).
    #[must_use]
    pub const fn is_ready(&self) -> bool {
        self.condition(PodConditionType::Ready).status.is_true()
    }

    /// Whether the pod counts as active for its controller: not terminal and not being deleted (C82).
    #[must_use]
    pub const fn is_active(&self) -> bool {
        self.deletion.is_none() && !self.phase.is_terminal()
    }
}

/// An IPv4 address as a number; zero is none.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize,
)]
pub struct PodIp(pub u32);

impl PodIp {
    /// No address.
    pub const NONE: Self = Self(0);

    /// Whether this is an address.
    #[must_use]
    pub const fn is_some(self) -> bool {
        self.0 != 0
    }
}

impl std::fmt::Display for PodIp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", std::net::Ipv4Addr::from(self.0))
    }
}

/// The state of one container: `status.containerStatuses[i]` (or init). Not versioned: only the
/// kubelet that writes it, and views of the newest state, read it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct ContainerStatus {
    /// `state`
    pub state: ContainerState,
    /// `lastState`; [`ContainerState::Absent`] when empty.
    pub last: ContainerState,
    /// `restartCount`
    pub restarts: u32,
    /// `ready`
    pub ready: bool,
    /// `started`; none when the field is absent.
    pub started: Option<bool>,
    /// How often a container was created: with the uid and the name it gives `containerID`.
    pub attempt: u32,
}

/// `state` of a container.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub enum ContainerState {
    /// No status at all.
    #[default]
    Absent,
    /// `waiting`
    Waiting {
        /// `reason`
        reason: TextId,
        /// `message`
        message: TextId,
    },
    /// `running`
    Running {
        /// `startedAt`
        started: Stamp,
    },
    /// `terminated`
    Terminated {
        /// `exitCode`
        exit_code: i32,
        /// `reason`
        reason: TextId,
        /// `message`
        message: TextId,
        /// `startedAt`; zero when unknown.
        started: Stamp,
        /// `finishedAt`; zero when unknown.
        finished: Stamp,
    },
}
