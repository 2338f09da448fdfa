//! A ReplicaSet as one sync sees it, with what the sync has already decided about it.

use wavetank_core::id::{ReplicaSetId, Rev};
use wavetank_core::object::workload::{ReplicaSet, ReplicaSetStatus};

/// A ReplicaSet of a Deployment.
#[derive(Clone, Copy, Debug)]
pub(super) struct Set {
    /// Its number; none for one that this sync creates.
    pub(super) id: Option<ReplicaSetId>,
    /// `spec.replicas`, as decided so far.
    pub(super) replicas: u32,
    /// `spec.replicas` before this sync: what its status is computed from.
    pub(super) listed: u32,
    /// The annotations.
    pub(super) revision: u32,
    pub(super) desired: u32,
    pub(super) maximum: u32,
    /// `status`
    pub(super) status: ReplicaSetStatus,
    pub(super) generation: u32,
    pub(super) is_deleting: bool,
    /// Whether its template is the Deployment's (C102).
    pub(super) is_wanted: bool,
    /// Whether this sync has written it already.
    pub(super) is_written: bool,
}

impl Set {
    /// One that the view has.
    pub(super) fn seen(id: ReplicaSetId, set: &ReplicaSet, is_wanted: bool) -> Self {
        Self {
            id: Some(id),
            replicas: set.replicas,
            listed: set.replicas,
            revision: set.revision,
            desired: set.desired,
            maximum: set.maximum,
            status: set.status,
            generation: set.meta.generation,
            is_deleting: set.meta.deletion.is_some(),
            is_wanted,
            is_written: false,
        }
    }

    /// One that the sync creates.
    pub(super) fn created(replicas: u32, revision: u32) -> Self {
        Self {
            id: None,
            replicas,
            listed: replicas,
            revision,
            desired: 0,
            maximum: 0,
            status: ReplicaSetStatus::default(),
            generation: 1,
            is_deleting: false,
            is_wanted: true,
            is_written: true,
        }
    }

    /// The revision that a write of it is based on, given that of the view.
    pub(super) const fn base(&self, seen: Rev) -> Rev {
        // `LATEST` stands for what the sync's own write returned.
        if self.is_written { Rev::LATEST } else { seen }
    }
}
