//! What components say to each other: calls to the API server and their answers, deliveries of watches,
//! timers. A message is one entry of the event queue.

pub mod call;

use wavetank_core::fact::Controller;
use wavetank_core::id::{ClientId, FaultId, NodeId, ObjId, PodId, Rev, StepId};

use crate::network::Stream;
use call::CallId;

/// A message on its way to its receiver. Small and `Copy`: bodies are behind ids.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Message {
    /// A call reaches the API server, which decides and commits at this instant.
    Call(CallId),
    /// The answer of a call reaches its caller.
    Reply(CallId),
    /// The events of a control-plane process's watch, up to this revision, reach it.
    Watch(Stream, Rev),
    /// The pod events of a kubelet's watch, up to this revision, reach it.
    KubeletWatch(NodeId, Rev),
    /// A worker of a controller begins a sync of a key.
    Sync(Controller, ObjId),
    /// A delayed addition to a controller's work queue is due.
    QueueTimer(Controller, ObjId),
    /// A call that waited for its client's rate limit is sent.
    Send(CallId),
    /// A timer of a controller.
    Controller(Controller, ControllerTimer),
    /// A timer of the scheduler.
    Scheduler(SchedulerTimer),
    /// A timer of a kubelet or of the containers beside it.
    Kubelet(NodeId, KubeletTimer),
    /// A timer of a proxy that is played out.
    Proxy(NodeId, u32),
    /// A timer of a traffic source.
    Traffic(ClientId, u32, u32),
    /// A step of the timeline: a number that its runner knows.
    Step(StepId, u32),
    /// An edge of a fault: whether it begins.
    Fault(FaultId, bool),
}

/// A timer of a controller: a number that it knows, and what it is about.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ControllerTimer {
    /// What kind of timer.
    pub kind: u16,
    /// What it is about: a node, a pod, a generation.
    pub about: u32,
}

/// A timer of the scheduler.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SchedulerTimer {
    /// The scheduler looks at its queue: a cycle may begin.
    Cycle,
    /// A cycle's decision is made: assume, and send the binding.
    Decide(PodId),
    /// The back-off queue is looked at (S23), with the generation of the timer.
    BackOff(u32),
    /// The unschedulable pods are flushed (S26).
    Flush,
    /// Somebody looks whether the volumes of a pod are bound.
    CheckVolumes(PodId),
}

/// A timer of a kubelet. The generation is the owner's: an entry with an old one is dropped.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct KubeletTimer {
    /// What kind of timer; the kubelet's own numbering.
    pub kind: u8,
    /// The container, where one is meant.
    pub container: u8,
    /// Kind-specific small number.
    pub detail: u16,
    /// The pod, where one is meant.
    pub pod: PodId,
    /// The generation of the timer.
    pub generation: u32,
}

impl KubeletTimer {
    /// The kind of the timers of probes.
    pub(crate) const PROBE: u8 = 6;

    /// The place of a probe's timer among those of its node at the same instant, after all others: by pod
    /// and probe. When it was set says nothing, since attempts that change nothing may be left out.
    #[must_use]
    pub(crate) const fn rank(self) -> Option<u32> {
        if self.kind != Self::PROBE {
            return None;
        }
        Some(1 << 31 | (self.pod.0 << 7) & 0x7fff_ff80 | self.container as u32 & 0x7f)
    }
}

/// A message in the queue, with the number of the fact that led to it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Envelope {
    /// The message.
    pub message: Message,
    /// The fact that led to it; [`NO_CAUSE`] when nothing in the run did.
    pub cause: u32,
}

/// The cause of what nothing in the run led to.
pub const NO_CAUSE: u32 = u32::MAX;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_stay_small() {
        assert!(size_of::<Message>() <= 20, "{} bytes", size_of::<Message>());
        assert!(
            size_of::<Envelope>() <= 24,
            "{} bytes",
            size_of::<Envelope>()
        );
    }
}
