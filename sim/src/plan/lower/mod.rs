//! Lowering: from Kubernetes objects and a scenario to the Plan.
//!
//! Everything here was checked before: what is missing has its default, and what is wrong was reported.

mod cluster;
mod config;
mod images;
pub mod interner;
mod manifests;
mod command;
pub mod dist;
pub mod fault;
pub mod interner;
mod made;
mod mapping;
mod network;
pub mod node;
pub mod object;
mod patches;
pub mod pod;
mod probe;
pub mod scenario;
mod scheduling;
mod traffic;
pub mod step;
mod volume;
pub mod workload;
