//! API writes of pods, as typed changes that the API server produces after it decided.

use serde::{Deserialize, Serialize};

use crate::id::{NodeId, ObjId, SetId, TemplateId, TextId};
use crate::object::condition::Truth;
use crate::object::meta::Deletion;
use crate::object::name::ObjectName;
use crate::object::pod::{Phase, PodConditionType, PodIp};
use crate::time::Stamp;

/// A pod as it was created.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct NewPod {
    /// `metadata.name`
    pub name: ObjectName,
    /// `metadata.namespace`
    pub namespace: TextId,
    /// The template; labels, annotations and finalizers come with it.
    pub template: TemplateId,
    /// The owner with `controller: true`.
    pub owner: Option<ObjId>,
    /// `metadata.creationTimestamp`
    pub created: Stamp,
    /// `spec.nodeName`, when the creator chose the node itself.
    pub node: Option<NodeId>,
    /// Whether the pod has scheduling gates, so that the condition says so (C50).
    pub gated: bool,
}

/// A committed write of a pod.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum PodChange {
    /// The binding: `spec.nodeName`, PodScheduled True, nomination cleared (C68).
    Bound(NodeId, Stamp),
    /// A write of the status.
    Status(Box<[StatusChange]>),
    /// The deletion began (generation + 1), or its grace was shortened (C55).
    Deleting(Deletion),
    /// The object is gone.
    Removed,
    /// Labels were changed.
    Labels(SetId),
    /// Annotations were changed.
    Annotations(SetId),
    /// Finalizers were changed.
    Finalizers(SetId),
    /// The controlling owner was set or removed.
    Owner(Option<ObjId>),
    /// The specification was changed (generation + 1).
    Template(TemplateId),
}

/// One change within a write of a pod's status.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum StatusChange {
    /// `phase`
    Phase(Phase),
    /// `reason`
    Reason(TextId),
    /// `message`
    Message(TextId),
    /// `podIP`
    Ip(PodIp),
    /// `startTime`
    Started(Stamp),
    /// `observedGeneration`
    ObservedGeneration(u32),
    /// `nominatedNodeName`
    Nominated(Option<NodeId>),
    /// A condition's status, reason and transition time. The message becomes empty.
    Condition(PodConditionType, Truth, TextId, Stamp),
    /// A condition's message.
    ConditionMessage(PodConditionType, TextId),
    /// An external readiness gate (its number in the template) became True or not.
    Gate(u8, bool),
    /// A container's status: its number (init containers first) and what changed.
    Container(u8, ContainerChange),
}

/// One change of a container's status.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum ContainerChange {
    /// `state` is waiting, with this reason and an empty message.
    Waiting(TextId),
    /// `state` is running since.
    Running(Stamp),
    /// `state` is terminated: exit code, reason, started, finished. The message is empty.
    Terminated(i32, TextId, Stamp, Stamp),
    /// The message of the waiting or terminated state.
    Message(TextId),
    /// `lastState` became what `state` was before this write.
    LastState,
    /// `lastState` is terminated: exit code, reason, started, finished. The message is empty.
    LastTerminated(i32, TextId, Stamp, Stamp),
    /// `restartCount`
    Restarts(u32),
    /// `ready`
    Ready(bool),
    /// `started`
    Started(Option<bool>),
    /// How often the container was created.
    Attempt(u32),
}
