//! The command line: one file a command.

pub mod exit;
pub mod input;
pub mod terminal;
