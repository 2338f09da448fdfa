//! Lowering: from Kubernetes objects and a scenario to the Plan.
//!
//! Everything here was checked before: what is missing has its default, and what is wrong was reported.

pub mod interner;
mod mapping;
pub mod node;
pub mod object;
pub mod pod;
mod probe;
mod scheduling;
mod volume;
pub mod workload;
