//! Deliveries: messages that reached their receivers, as a log of level `messages` keeps them.
//!
//! A delivery is never applied, hashed or numbered: it stands between the facts, and tells when
//! somebody came to know something.

use serde::{Deserialize, Serialize};

use crate::fact::runtime::ProbeKind;
use crate::fact::{Actor, Controller, Refusal};
use crate::id::{ClientId, FaultId, Kind, NodeId, ObjId, PodId, Rev, StepId};

/// A message that reached its receiver. Grows at the end only.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Delivery {
    /// The events of a watch, up to a revision, reached the owner of this lane.
    Watch {
        /// The lane of the stream: it ranks messages of one instant.
        lane: u32,
        /// The last revision that the receiver now knows.
        upto: Rev,
    },
    /// A call reached the API server.
    Call {
        /// Who called.
        by: Actor,
        /// What was asked for.
        call: Call,
        /// The object, if it exists already.
        about: Option<ObjId>,
    },
    /// The answer of a call reached its caller.
    Reply {
        /// Who had called.
        to: Actor,
        /// What had been asked for.
        call: Call,
        /// The object, if there is one.
        about: Option<ObjId>,
        /// Why the call was refused, if it was.
        refused: Option<Refusal>,
    },
    /// A probe of a container ended.
    Probe {
        /// The pod.
        pod: PodId,
        /// The container's number, init containers first.
        container: u8,
        /// Which probe.
        kind: ProbeKind,
        /// Whether it succeeded.
        ok: bool,
    },
    /// A timer went off.
    Timer {
        /// The lane of its owner.
        lane: u32,
        /// The owner's own number for this kind of timer.
        kind: u16,
        /// What it is about: a pod, a node, a generation.
        about: u32,
    },
    /// A worker of a controller began a sync.
    Sync(Controller, ObjId),
    /// A timer of a kubelet, about a pod, went off.
    Kubelet(NodeId, u8, PodId),
    /// A timer of a traffic source went off.
    Traffic(ClientId, u32),
    /// A step of the timeline was looked at.
    Step(StepId, u32),
    /// An edge of a fault: whether it begins.
    Fault(FaultId, bool),
    /// The proxy of a node sent a new connection on to a pod.
    Routed {
        /// The traffic source.
        client: ClientId,
        /// The request's number within the source, from 0.
        number: u32,
        /// The proxy's node.
        node: NodeId,
        /// The revision of Services and EndpointSlices that its rules were made from.
        rules: Rev,
    },
}

/// What is asked of the API server. Grows at the end only.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Call {
    /// POST of an object.
    Create(Kind),
    /// POST of a binding.
    Bind,
    /// PATCH of a status.
    Status,
    /// PUT or PATCH of an object.
    Update,
    /// DELETE of an object.
    Delete,
    /// POST of an eviction.
    Evict,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deliveries_stay_small() {
        assert!(
            size_of::<Delivery>() <= 28,
            "{} bytes",
            size_of::<Delivery>()
        );
    }
}
