//! Conditions, in the small form in which they are stored.

use serde::{Deserialize, Serialize};

use crate::id::TextId;
use crate::text::known;
use crate::time::Stamp;

/// `status` of a condition.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize,
)]
pub enum Truth {
    /// The condition is not in the object.
    #[default]
    Absent,
    /// `"False"`
    False,
    /// `"True"`
    True,
    /// `"Unknown"`
    Unknown,
}

impl Truth {
    /// True or false.
    #[must_use]
    pub const fn of(value: bool) -> Self {
        if value { Self::True } else { Self::False }
    }

    /// Whether the status is `"True"`.
    #[must_use]
    pub const fn is_true(self) -> bool {
        matches!(self, Self::True)
    }

    /// As in the API; the empty text when absent.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::Absent => "",
            Self::False => "False",
            Self::True => "True",
            Self::Unknown => "Unknown",
        }
    }
}

/// A condition of an object.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Condition {
    /// `status`; [`Truth::Absent`] when the object has no such condition.
    pub status: Truth,
    /// `reason`.
    pub reason: TextId,
    /// `message`.
    pub message: TextId,
    /// `lastTransitionTime`, by the writer's clock (C3).
    pub changed: Stamp,
    /// `lastUpdateTime` (Deployments) or `lastHeartbeatTime` (nodes); zero elsewhere.
    pub updated: Stamp,
}

impl Default for Condition {
    fn default() -> Self {
        Self {
            status: Truth::Absent,
            reason: known::EMPTY,
            message: known::EMPTY,
            changed: Stamp(0),
            updated: Stamp(0),
        }
    }
}
