//! Many runs: their statistics, the table, the answer, the rows that are kept.
//!
//! Everything here is a pure function of rows, which are put into the order of points and seeds first:
//! the same rows give the same bytes, in whatever order they were made.

pub mod answer;
pub mod distribution;
pub mod execute;
pub mod format;
pub mod over_runs;
pub mod run_rows;
pub mod statistics;
pub mod summary;
pub mod table;
pub mod worst;

pub use run_rows::{Label, PointRow, RunRow};

#[cfg(test)]
mod tests;
