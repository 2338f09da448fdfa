//! Measures and expectations over one run: what a table's cells and the verdict of a run are made of.
//!
//! A scenario's expressions are compiled once a sweep point ([`Compiled`]); each run has a [`Meter`]
//! that sees every record after it was applied and keeps only what those expressions ask for: a
//! measure of requests costs nothing a write. Values are step functions of simulated time, which
//! change at the instants of facts.
//!
//! ```text
//!  Scenario ─► compile ─► Compiled ─┐
//!                                   ├─► Meter ◄─ observe(record, cluster)…  ─► finish ─► Measured
//!                             run ──┘
//! ```

mod code;
mod compile;
mod field;
mod fold;
mod gather;
mod leaf;
mod meter;
mod name;
mod show;
mod target;
mod track;

pub use compile::{Column, Compiled, compile};
pub use meter::{Ending, Meter};
pub use show::{amount_text, duration_text};

use wavetank_core::time::SimTime;

use crate::scenario::expr::Amount;

/// What a run came to.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Measured {
    /// Columns by name, in the order of [`Compiled::columns`]; none where there is no value: a step
    /// that never ended, a condition that never held.
    pub values: Vec<(String, Option<Amount>)>,
    /// What functions over runs need of this run, in the order of [`Compiled::inner`].
    pub inner: Vec<Option<Amount>>,
    /// The expectations, in the order of the file.
    pub expectations: Vec<Expectation>,
}

impl Measured {
    /// Whether no expectation of this run was broken; those over runs do not count here.
    #[must_use]
    pub fn is_ok(&self) -> bool {
        let mut all = self.expectations.iter();
        all.all(|expectation| expectation.holds != Some(false))
    }
}

/// What became of an expectation.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Expectation {
    /// As it is written.
    pub text: String,
    /// Whether it held; none: only many runs can tell.
    pub holds: Option<bool>,
    /// The values that decided it, for people; may be empty.
    pub detail: String,
    /// When it was decided, since the run began.
    pub at: Option<SimTime>,
}

#[cfg(test)]
mod tests;
