//! Facts of a node: sandboxes, images, containers, probes, signals. Decided by the kubelet and the
//! world it talks to; none of them is an API write.

use serde::{Deserialize, Serialize};

use crate::id::TextId;
use crate::object::pod::PodIp;

/// Something that happened to a pod on its node. Containers are numbered as in the pod's status: init
/// containers first. Grows at the end only.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum RuntimeFact {
    /// The kubelet saw the pod and began to work on it.
    Admitted,
    /// The sandbox is up, with its network address.
    SandboxStarted(PodIp),
    /// The sandbox is gone: its address no longer answers.
    SandboxStopped,
    /// The pull of a container's image began.
    PullStarted(u8),
    /// The image is on the node: how many milliseconds the pull took; 0 when it was there already.
    Pulled(u8, u32),
    /// The pull failed.
    PullFailed(u8, TextId),
    /// The container's process began.
    Started(u8),
    /// A port of the container answers from now on.
    Listening(u8, u16),
    /// A port of the container no longer accepts connections.
    ListenStopped(u8, u16),
    /// The container's process ended, with this exit code; whether memory ran out.
    Exited(u8, i32, bool),
    /// A hook began.
    HookStarted(u8, Hook),
    /// A hook ended: whether well.
    HookEnded(u8, Hook, bool),
    /// A signal was sent to the container's process 1.
    Signalled(u8, Signal),
    /// A probe's result changed.
    Probed(u8, ProbeKind, bool),
    /// A line was written to the container's log.
    Logged(u8, TextId),
    /// The kubelet has finished with the pod: containers gone, volumes unmounted.
    Finished,
}

/// A lifecycle hook.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[allow(missing_docs)] // Kubernetes' own words
pub enum Hook {
    PostStart,
    PreStop,
}

/// A signal to a container.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[allow(missing_docs)] // signals
pub enum Signal {
    Term,
    Kill,
}

/// A kind of probe.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[allow(missing_docs)] // Kubernetes' own words
pub enum ProbeKind {
    Startup,
    Liveness,
    Readiness,
}
