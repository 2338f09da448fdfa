//! Calls to the API server, and their answers.

use wavetank_core::fact::object::{
    NewDeployment, NewNode, NewOther, NewReplicaSet, NewService, NewSlice,
};
use wavetank_core::fact::pod::StatusChange;
use wavetank_core::fact::{Controller, Fact, Refusal};
use wavetank_core::id::{NodeId, ObjId, PodId, Rev, StepId, TemplateId, TextId};
use wavetank_core::object::name::ObjectName;

/// The number of a call that is on its way. Reused after its answer was handled.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct CallId(pub u32);

/// A call on its way to the API server, or its answer on the way back.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Call {
    /// Who called, and so who gets the answer.
    pub from: Caller,
    /// What is asked for.
    pub request: Request,
    /// The answer, once there is one.
    pub answer: Option<Answer>,
}

/// Who calls.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Caller {
    /// A script of a controller for a key; the number of the write within the script.
    Controller(Controller, ObjId, u32),
    /// The scheduler, for a pod; a number that it chose.
    Scheduler(PodId, u32),
    /// A kubelet, for a pod; a number that it chose.
    Kubelet(NodeId, PodId, u32),
    /// A step of the timeline; a number that its runner chose.
    User(StepId, u32),
    /// The manifests applied at the start; the number of the manifest.
    Scenario(u32),
    /// Somebody who does not wait for the answer.
    Nobody(wavetank_core::fact::Actor),
}

/// The answer of the API server.
pub type Answer = Result<Written, Refusal>;

/// A call that was granted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Written {
    /// The object.
    pub object: ObjId,
    /// Its revision: that of this write, or the old one when nothing changed (C14).
    pub rev: Rev,
    /// Whether anything was written.
    pub changed: bool,
}

/// What is asked of the API server. An id stands for one incarnation, so every request that names one
/// carries a uid precondition already (C56).
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Request {
    /// POST of a pod.
    CreatePod(Box<CreatePod>),
    /// POST of a node.
    CreateNode(Box<NewNode>),
    /// POST of a ReplicaSet. The creation time is filled in by the server.
    CreateReplicaSet(Box<NewReplicaSet>),
    /// POST of a Deployment.
    CreateDeployment(Box<NewDeployment>),
    /// POST of a Service; a zero cluster address asks for one, unless the Service is headless.
    CreateService(Box<NewService>),
    /// POST of an EndpointSlice, with `generateName`.
    CreateSlice(Box<NewSlice>, TextId),
    /// POST of an object of another kind.
    CreateOther(Box<NewOther>),
    /// POST of a binding (C68).
    Bind(PodId, NodeId),
    /// PATCH of a pod's status: never a conflict (C13).
    PodStatus(PodId, Box<[StatusChange]>),
    /// PUT or PATCH of an object: the change that it makes, as one of the `…Changed` facts, and the
    /// revision that the caller read, when the write is to fail if there is a newer one (C12).
    Update(Fact, Option<Rev>),
    /// DELETE of a pod: grace in seconds if given (C54), and the revision precondition if given.
    DeletePod(PodId, Option<u32>, Option<Rev>),
    /// DELETE of an object of another kind.
    Delete(ObjId, Propagation),
    /// POST of an eviction: grace in seconds if given (C63).
    Evict(PodId, Option<u32>),
}

/// `propagationPolicy` of a deletion (C61).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[allow(missing_docs)] // Kubernetes' own words
pub enum Propagation {
    #[default]
    Background,
    Foreground,
    Orphan,
}

/// A pod to be created.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct CreatePod {
    /// The namespace.
    pub namespace: TextId,
    /// The name.
    pub name: NewName,
    /// The template.
    pub template: TemplateId,
    /// The owner with `controller: true`.
    pub owner: Option<ObjId>,
    /// `spec.nodeName`, when the creator chooses the node itself.
    pub node: Option<NodeId>,
}

/// The name of a new object.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum NewName {
    /// `name`
    Fixed(ObjectName),
    /// `generateName`, with its dash (C10).
    Generate(TextId),
}
