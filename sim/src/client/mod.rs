//! What stands between a controller and the API server: a work queue, rate limits, and the playing of
//! scripts of writes.
//!
//! A sync is one decision, made at one instant from one view. It returns a [`script::Script`] of writes,
//! and the client plays it: the next write after the answer to the one before, so that a crash can fall
//! between any two.

pub mod limiter;
pub mod script;
pub mod work_queue;
