//! Lowering: from Kubernetes objects and a scenario to the Plan.
//!
//! Everything here was checked before: what is missing has its default, and what is wrong was reported.

mod command;
pub mod dist;
pub mod fault;
pub mod interner;
mod made;
mod mapping;
pub mod node;
pub mod object;
pub mod pod;
mod probe;
mod scheduling;
pub mod step;
mod volume;
pub mod workload;
