//! Views over logs that are written here, fact by fact.

#![allow(clippy::too_many_lines)] // expected texts are long

mod describe;
mod get;
mod script;
mod story;
