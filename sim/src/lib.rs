//! The behaviour of wavetank: how a cluster behaves, and how many of them are run.

pub mod bench;
pub mod check;
#[cfg(feature = "cli")]
pub mod cli;
pub mod client;
pub mod component;
pub mod conform;
pub mod diagnostic;
pub mod dump;
pub mod engine;
pub mod fault;
pub mod fit;
pub mod manifest;
pub mod measure;
pub mod message;
pub mod network;
pub mod plan;
pub mod replay;
pub mod report;
pub mod run;
pub mod scenario;
pub mod sweep;
pub mod timeline;
pub mod traffic;
pub mod trial;
pub mod world;
