//! The behaviour of wavetank: how a cluster behaves, and how many of them are run.

pub mod diagnostic;
pub mod engine;
pub mod manifest;
pub mod scenario;
