//! The behaviour of wavetank: how a cluster behaves, and how many of them are run.

pub mod diagnostic;
pub mod scenario;
pub mod manifest;
pub mod plan;
pub mod engine;
pub mod message;
pub mod network;
pub mod client;
pub mod component;
pub mod world;
pub mod traffic;
pub mod timeline;
pub mod fault;
pub mod check;
