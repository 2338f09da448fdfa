//! What happens to a cluster that may make a pod schedulable (S28–S38).

use super::decision::node::NodeRow;
use super::decision::shape::PodShape;

/// Something that happened, as the queueing hints of the plugins are told.
#[derive(Clone, Copy, Debug)]
pub enum ClusterEvent<'a> {
    /// A pod was bound.
    PodAssigned(&'a PodShape),
    /// A bound or assumed pod was deleted, or ended (S10).
    PodGone(&'a PodShape),
    /// The labels of a bound pod changed.
    PodLabels {
        /// What it looked like.
        before: &'a PodShape,
        /// What it looks like.
        after: &'a PodShape,
    },
    /// A node was added.
    NodeAdded(&'a NodeRow),
    /// A node changed (S29).
    NodeChanged {
        /// What it was.
        before: &'a NodeRow,
        /// What it is.
        after: &'a NodeRow,
    },
    /// A node was removed.
    NodeRemoved(&'a NodeRow),
    /// Something happened to volumes, or to what is said about them.
    Storage(StorageEvent<'a>),
    /// The pod's own labels changed.
    OwnLabels,
    /// The pod requests less than before.
    OwnScaleDown,
    /// The pod has another number of tolerations.
    OwnTolerations,
}

/// Something that happened to volumes, or to what is said about them (S37).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum StorageEvent<'a> {
    /// A claim was added: its namespace and name.
    ClaimAdded(&'a str, &'a str),
    /// A claim changed: its namespace and name.
    ClaimChanged(&'a str, &'a str),
    /// A volume was added.
    VolumeAdded,
    /// A volume changed.
    VolumeChanged {
        /// Whether its labels name another zone or region than before.
        is_moved: bool,
    },
    /// A StorageClass was added.
    ClassAdded {
        /// Whether its volumes are bound when a pod that uses them is placed.
        waits: bool,
    },
    /// A StorageClass changed.
    ClassChanged {
        /// Whether its volumes are allowed elsewhere than before.
        is_moved: bool,
    },
    /// The drivers of a node are known.
    DriversAdded,
    /// The drivers of a node changed.
    DriversChanged {
        /// Whether one of them can attach more volumes than before.
        is_raised: bool,
    },
}

impl ClusterEvent<'_> {
    /// Whether a node was added.
    #[must_use]
    pub const fn is_node_added(&self) -> bool {
        matches!(self, Self::NodeAdded(_))
    }

    /// Whether taints of a node changed, or it was uncordoned (S29, S36).
    #[must_use]
    pub fn is_taint_update(&self) -> bool {
        match self {
            Self::NodeChanged { before, after, .. } => {
                before.taints != after.taints || (before.unschedulable && !after.unschedulable)
            }
            Self::PodAssigned(_)
            | Self::PodGone(_)
            | Self::PodLabels { .. }
            | Self::NodeAdded(_)
            | Self::NodeRemoved(_)
            | Self::Storage(_)
            | Self::OwnLabels
            | Self::OwnScaleDown
            | Self::OwnTolerations => false,
        }
    }
}
