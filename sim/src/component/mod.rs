//! The components of a cluster: state machines without input or output.
//!
//! Only the API server reads the store. Everyone else is given a [`wavetank_core::state::view::View`]: the
//! store as of its process's cursors. They reach each other through messages alone, and ask for
//! everything through [`crate::engine::context::Context`].

pub mod apiserver;
pub mod deployment;
pub mod endpointslice;
pub mod garbagecollector;
pub mod kubelet;
pub mod manager;
pub mod namespace;
pub mod nodelifecycle;
pub mod persistentvolume;
pub mod podgc;
pub mod proxy;
pub mod replicaset;
pub mod scheduler;
pub mod tainteviction;
