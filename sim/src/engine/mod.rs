//! The engine: what is due next, and who is told.

pub mod queue;
