//! The language of wavetank: what a cluster is, and what happened to it.

pub mod delivery;
pub mod dist;
pub mod draw;
pub mod fact;
pub mod id;
pub mod label;
pub mod log;
pub mod object;
pub mod quantity;
pub mod state;
pub mod text;
pub mod time;
