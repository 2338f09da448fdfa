//! The language of wavetank: what a cluster is, and what happened to it.

pub mod time;
pub mod id;
pub mod text;
pub mod quantity;
pub mod label;
pub mod draw;
pub mod dist;
pub mod object;
pub mod fact;
pub mod state;
pub mod log;
