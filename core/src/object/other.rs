//! Objects of kinds without a table of their own: they exist, have a name and labels, and can be
//! deleted, finalised and collected.

use serde::{Deserialize, Serialize};

use crate::id::SpecId;
use crate::object::meta::Meta;

/// An object of a kind without a table of its own: the value that the store versions.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Other {
    /// `metadata`
    pub meta: Meta,
    /// Everything else: [`crate::object::spec::Spec`] of its kind.
    pub spec: SpecId,
    /// How many writes this object has seen.
    pub version: u32,
}
