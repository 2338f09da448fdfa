//! The language of wavetank: what a cluster is, and what happened to it.

pub mod dist;
pub mod draw;
pub mod label;
pub mod log;
pub mod quantity;
pub mod time;
