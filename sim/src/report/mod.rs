//! Views of a log: everything that reads one, and shows it as `kubectl` would.
//!
//! Each view is a pure function over a [`Snapshot`]: the cluster at an instant, with what was folded
//! beside it (names, events). Nothing here decides anything about the run, or reads a clock.

pub mod clock;
pub mod describe;
pub mod diff;
pub mod events;
pub mod explain;
pub mod get;
pub mod line;
pub mod log;
pub mod logs;
pub mod names;
pub mod object;
pub mod phrase;
pub mod route;
pub mod scheduling;
mod scheduling_print;
pub mod select;
pub mod snapshot;
pub mod status;
pub mod table;

pub use snapshot::{Loaded, Snapshot};
