//! Kubernetes Events: typed, so that a thousand pods do not need four thousand texts.
//!
//! Events are facts and never objects of the store: `get events`, counts and the time to live are folds.

use serde::{Deserialize, Serialize};

use crate::id::{NodeId, TextId};

/// What an Event says about its object. Reason, type and reporter follow from the variant; texts are
/// rendered by the views. Grows at the end only.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub enum EventNote {
    /// Normal `Scheduled`: `Successfully assigned NS/POD to NODE`.
    Scheduled(NodeId),
    /// Warning `FailedScheduling`, with the message.
    FailedScheduling(TextId),
    /// Normal `Pulling`: `Pulling image "IMAGE"`, of this container.
    Pulling(u8),
    /// Normal `Pulled`, the image was there: `Container image "IMAGE" already present on machine`.
    Present(u8),
    /// Normal `Pulled`: `Successfully pulled image …`, after this many milliseconds.
    Pulled(u8, u32),
    /// Normal `Created`: `Container created`.
    Created(u8),
    /// Normal `Started`: `Container started`.
    Started(u8),
    /// Normal `Killing`: `Stopping container NAME`.
    Killing(u8),
    /// Normal `Killing`, with another message.
    KillingBecause(u8, TextId),
    /// Warning `Unhealthy`, with the message.
    Unhealthy(u8, TextId),
    /// Normal `SuccessfulCreate`: `Created pod: NAME`; the pod's number.
    SuccessfulCreate(u32),
    /// Normal `SuccessfulDelete`: `Deleted pod: NAME`; the pod's number.
    SuccessfulDelete(u32),
    /// Normal `ScalingReplicaSet`: `Scaled up|down replica set NAME from A to B`; set, from, to.
    Scaled {
        /// The ReplicaSet's number.
        set: u32,
        /// `spec.replicas` before.
        from: u16,
        /// `spec.replicas` after.
        to: u16,
    },
    /// Any other Normal event: reason and message.
    Normal(TextId, TextId),
    /// Any other Warning event: reason and message.
    Warning(TextId, TextId),
}
