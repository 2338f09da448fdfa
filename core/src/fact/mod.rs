//! Facts: what happened, in the past tense, each decided by exactly one component.
//!
//! Facts are the log. Applying one decides nothing and cannot fail. A fact that is a committed API
//! write moves the store's revision by one (C8); the others leave it. Every enum here grows at its
//! end only: the discriminants are in every log, and golden bytes in the tests hold them.

pub mod event;
pub mod object;
pub mod pod;
pub mod runtime;
pub mod traffic;

use serde::{Deserialize, Serialize};

use crate::id::{
    DeploymentId, FaultId, Kind, NodeId, ObjId, OtherId, PodId, ReplicaSetId, ServiceId, SliceId,
    StepId, TextId,
};
use crate::object::meta::Meta;
use crate::time::SimTime;

use event::EventNote;
use object::{
    DeploymentChange, NewDeployment, NewNode, NewOther, NewReplicaSet, NewService, NewSlice,
    NodeChange, OtherChange, ReplicaSetChange, ServiceChange, SliceChange,
};
use pod::{NewPod, PodChange};
use runtime::RuntimeFact;
use traffic::RequestEnd;

/// A fact with its place in the run.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Record {
    /// Its number: gapless from 0.
    pub seq: u64,
    /// When it happened. Never earlier than the record before it.
    pub at: SimTime,
    /// The number of the earlier fact that led to this one; its own number when nothing in the run did
    /// (the scenario, a fault).
    pub cause: u64,
    /// Who decided it.
    pub by: Actor,
    /// What happened.
    pub fact: Fact,
}

/// Who decides facts and sends messages.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub enum Actor {
    /// The scenario: manifests applied at the start, the expanded faults.
    Scenario,
    /// A person at a terminal: a step of the timeline.
    User,
    /// kube-apiserver
    ApiServer,
    /// kube-scheduler
    Scheduler,
    /// A controller of kube-controller-manager.
    Controller(Controller),
    /// The kubelet of a node, and what runs beside it there.
    Kubelet(NodeId),
    /// kube-proxy of a node.
    Proxy(NodeId),
    /// A source of traffic.
    Client(crate::id::ClientId),
}

/// The controllers of kube-controller-manager. Grows at the end only.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[repr(u8)]
#[allow(missing_docs)] // named after what they control
pub enum Controller {
    Deployment,
    ReplicaSet,
    EndpointSlice,
    NodeLifecycle,
    TaintEviction,
    GarbageCollector,
    PodGarbageCollector,
    Namespace,
    Disruption,
    StatefulSet,
    DaemonSet,
    Job,
    CronJob,
    HorizontalPodAutoscaler,
    TtlAfterFinished,
    ResourceQuota,
    Endpoints,
    ReplicationController,
    PersistentVolume,
}

/// What happened.
///
/// At most 32 bytes: a test holds it, since facts pass through every hot loop. (24 would take one more
/// indirection for the lists of changes, which are the most frequent facts.)
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[allow(missing_docs)] // the payload types say it
pub enum Fact {
    // Committed API writes: each is one revision.
    PodCreated(PodId, Box<NewPod>),
    PodChanged(PodId, PodChange),
    NodeCreated(NodeId, Box<NewNode>),
    NodeChanged(NodeId, NodeChange),
    ReplicaSetCreated(ReplicaSetId, Box<NewReplicaSet>),
    ReplicaSetChanged(ReplicaSetId, ReplicaSetChange),
    DeploymentCreated(DeploymentId, Box<NewDeployment>),
    DeploymentChanged(DeploymentId, DeploymentChange),
    ServiceCreated(ServiceId, Box<NewService>),
    ServiceChanged(ServiceId, ServiceChange),
    SliceCreated(SliceId, Box<NewSlice>),
    SliceChanged(SliceId, SliceChange),
    OtherCreated(OtherId, Box<NewOther>),
    OtherChanged(Kind, OtherId, OtherChange),
    // Not revisions.
    /// Something on a node: containers, sandboxes, images, probes, signals.
    Runtime(PodId, RuntimeFact),
    /// A Kubernetes Event, about an object.
    EventRecorded(ObjId, EventNote),
    /// The scheduler chose (or found no) node.
    Decided(Decision),
    /// A request ended.
    RequestEnded(RequestEnd),
    /// `ok` requests of a client ended well since its last fact, up to now.
    RequestsSucceeded {
        client: crate::id::ClientId,
        ok: u32,
    },
    /// A fault began or ended.
    Fault(FaultId, Edge),
    /// A step of the timeline began or ended.
    Step(StepId, Edge),
    /// A mark that a `sometimes` check watches for.
    Mark(TextId),
    /// A call to the API server was refused. Not a write, but an explanation needs it.
    Refused(ObjId, Refusal),
}

/// A scheduler's decision: enough to compute `explain` again.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Decision {
    /// The pod.
    pub pod: PodId,
    /// The node, or none when no node fits.
    pub node: Option<NodeId>,
    /// How many nodes passed the filters.
    pub feasible: u32,
    /// Where the next round of sampling begins (S62).
    pub next_start: u32,
}

/// The beginning or the end of something.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Edge {
    /// It began.
    Began,
    /// It ended, with an exit code (0 for faults).
    Ended(i32),
}

/// Why the API server refused a call.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub enum Refusal {
    /// 409: the object has changed since it was read (API-3).
    Conflict,
    /// 409: an object of that name exists.
    AlreadyExists,
    /// 404: no such object, or not that incarnation.
    NotFound,
    /// 403: not admitted.
    Forbidden,
    /// 422: not valid.
    Invalid,
    /// 429: a budget allows no eviction, or the server is overloaded.
    TooManyRequests,
    /// 410: the revision is no longer kept.
    Gone,
    /// 500: a fault.
    Internal,
    /// No answer in time.
    Timeout,
}

impl Fact {
    /// The metadata of the object that it creates; none for pods, whose metadata follows from their
    /// template and owner.
    #[must_use]
    pub const fn new_meta(&self) -> Option<&Meta> {
        Some(match self {
            Self::NodeCreated(_, new) => &new.meta,
            Self::ReplicaSetCreated(_, new) => &new.meta,
            Self::DeploymentCreated(_, new) => &new.meta,
            Self::ServiceCreated(_, new) => &new.meta,
            Self::SliceCreated(_, new) => &new.meta,
            Self::OtherCreated(_, new) => &new.meta,
            Self::PodCreated(..)
            | Self::PodChanged(..)
            | Self::NodeChanged(..)
            | Self::ReplicaSetChanged(..)
            | Self::DeploymentChanged(..)
            | Self::ServiceChanged(..)
            | Self::SliceChanged(..)
            | Self::OtherChanged(..)
            | Self::Runtime(..)
            | Self::EventRecorded(..)
            | Self::Decided(_)
            | Self::RequestEnded(_)
            | Self::RequestsSucceeded { .. }
            | Self::Fault(..)
            | Self::Step(..)
            | Self::Mark(_)
            | Self::Refused(..) => return None,
        })
    }

    /// Whether this is a committed API write: one revision of the store.
    #[must_use]
    pub const fn is_write(&self) -> bool {
        match self {
            Self::PodCreated(..)
            | Self::PodChanged(..)
            | Self::NodeCreated(..)
            | Self::NodeChanged(..)
            | Self::ReplicaSetCreated(..)
            | Self::ReplicaSetChanged(..)
            | Self::DeploymentCreated(..)
            | Self::DeploymentChanged(..)
            | Self::ServiceCreated(..)
            | Self::ServiceChanged(..)
            | Self::SliceCreated(..)
            | Self::SliceChanged(..)
            | Self::OtherCreated(..)
            | Self::OtherChanged(..) => true,
            Self::Runtime(..)
            | Self::EventRecorded(..)
            | Self::Decided(_)
            | Self::RequestEnded(_)
            | Self::RequestsSucceeded { .. }
            | Self::Fault(..)
            | Self::Step(..)
            | Self::Mark(_)
            | Self::Refused(..) => false,
        }
    }

    /// The object that this fact is about, if it is about one.
    #[must_use]
    pub fn object(&self) -> Option<ObjId> {
        match self {
            Self::PodCreated(id, _) | Self::PodChanged(id, _) | Self::Runtime(id, _) => {
                Some((*id).into())
            }
            Self::NodeCreated(id, _) | Self::NodeChanged(id, _) => Some((*id).into()),
            Self::ReplicaSetCreated(id, _) | Self::ReplicaSetChanged(id, _) => Some((*id).into()),
            Self::DeploymentCreated(id, _) | Self::DeploymentChanged(id, _) => Some((*id).into()),
            Self::ServiceCreated(id, _) | Self::ServiceChanged(id, _) => Some((*id).into()),
            Self::SliceCreated(id, _) | Self::SliceChanged(id, _) => Some((*id).into()),
            Self::OtherCreated(id, new) => Some(ObjId {
                kind: new.kind,
                index: id.0,
            }),
            Self::OtherChanged(kind, id, _) => Some(ObjId {
                kind: *kind,
                index: id.0,
            }),
            Self::EventRecorded(object, _) | Self::Refused(object, _) => Some(*object),
            Self::Decided(decision) => Some(decision.pod.into()),
            Self::RequestEnded(_)
            | Self::RequestsSucceeded { .. }
            | Self::Fault(..)
            | Self::Step(..)
            | Self::Mark(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn facts_stay_small() {
        assert!(
            size_of::<Fact>() <= 32,
            "a fact has {} bytes",
            size_of::<Fact>()
        );
    }
}
