//! The components of a cluster: state machines without input or output.
//!
//! Only the API server reads the store. Everyone else is given a [`wavetank_core::state::view::View`]: the
//! store as of its process's cursors. They reach each other through messages alone, and ask for
//! everything through [`crate::engine::context::Context`].

pub mod apiserver;
pub mod kubelet;
pub mod manager;
pub mod proxy;
pub mod scheduler;
