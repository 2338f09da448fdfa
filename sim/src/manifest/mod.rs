//! Kubernetes manifests as people write them: read, checked, defaulted, typed.
//!
//! [`import`] reads files, directories and globs and returns every object it could understand and
//! every mistake it found, each with its place. Objects come out as the API server would store
//! them (`defaults`), refused where it would refuse them (`validate`). [`hints`] then compares
//! the objects with each other. Nothing here knows the engine.

mod decode;
mod defaults;
mod document;
mod files;
mod hints;
mod import;
mod json_patch;
mod merge_keys;
mod messages;
mod names;
mod node;
mod patch;
mod pod;
mod quantity;
mod scalar;
mod typed;
mod validate;
mod versions;
mod yaml;

#[cfg(test)]
mod tests;

pub use defaults::apply_defaults;
pub use files::{Inputs, Wanted};
pub use hints::{NodeCapacity, capacities, hints};
pub use import::{Import, Imported, RereadError, import, import_inputs, import_text, reread};
pub use json_patch::json_patch;
pub use merge_keys::{ListStrategy, MERGE_KEYS, MergeKey};
pub use node::{Extent, Key, Kind, Node, Step, path_steps, path_text};
pub use patch::{Patch, PatchError, apply_patch, json_merge, strategic_merge};
pub use pod::{
    ImageName, Operator, Port, Requirement, effective_requests, image_name, port_number,
    requirements, requirements_of, selects,
};
pub use quantity::{Amount, Amounts, ResourceUnit, amounts, parse_quantity};
pub use typed::{Object, Other};
pub use validate::Complaint;
pub use versions::{Age, KINDS, Reads, Row, Scope, Verdict, group_of, judge, row};
