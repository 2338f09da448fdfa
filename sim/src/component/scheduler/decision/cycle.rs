//! What the plugins are given during one cycle.

use super::shape::PodShape;
use super::snapshot::Snapshot;

/// One scheduling cycle: the pod, the cluster, and what plugins computed before the nodes are visited.
/// A plugin that needs more than the node at hand keeps it here, in a field of its own.
#[derive(Debug)]
pub struct Cycle<'a> {
    /// The cluster.
    pub snapshot: &'a Snapshot,
    /// The incoming pod.
    pub pod: &'a PodShape,
}

impl<'a> Cycle<'a> {
    /// A cycle at its beginning.
    #[must_use]
    pub const fn new(snapshot: &'a Snapshot, pod: &'a PodShape) -> Self {
        Self { snapshot, pod }
    }
}
