//! From a checked document to [`Scenario`]: no mistakes are possible any more, so none are reported.
//!
//! What the check refused has no meaning here: lowering it yields defaults, never a panic.

mod read;
mod sections;
mod steps;
mod world;

use super::node::Node;
use super::parameters::Parameters;
use super::schema::Scenario;

/// The typed scenario of a document that [`super::check`] found right, parameters filled in.
#[must_use]
pub fn lower(root: &Node, parameters: &Parameters) -> Scenario {
    sections::scenario(&read::At::root(root), parameters)
}
