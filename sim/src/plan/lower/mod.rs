//! Lowering: from Kubernetes objects and a scenario to the Plan.
//!
//! Everything here was checked before: what is missing has its default, and what is wrong was reported.

mod cluster;
mod command;
mod config;
pub mod dist;
pub mod fault;
mod images;
pub mod interner;
mod invariants;
mod made;
mod manifests;
pub(crate) mod mapping;
mod network;
pub mod node;
pub mod object;
mod patches;
pub mod pod;
mod probe;
pub mod scenario;
mod scheduler;
pub(crate) mod scheduling;
pub mod step;
pub(crate) mod storage;
mod traffic;
mod unplayed;
mod volume;
pub mod workload;
