//! The types that a scenario file lowers to. Made by [`super::lower`] from a checked document.

mod sections;
mod steps;
mod world;

pub use sections::*;
pub use steps::*;
pub use world::*;

use indexmap::IndexMap;
use wavetank_core::time::SimDuration;

use super::expr::{Expr, Scope};
use super::node::Node;
use super::target::Target;
use super::units::Percent;
use crate::diagnostic::Place;

/// A value with its place in the file.
#[derive(Clone, PartialEq, Debug)]
pub struct Spanned<T> {
    /// The value.
    pub value: T,
    /// Where it stands.
    pub place: Place,
}

/// A map in the order of the file.
pub type Map<T> = IndexMap<String, T, rustc_hash::FxBuildHasher>;

/// A text with its place.
pub type Text = Spanned<String>;
/// A path, relative to the file in which it stands.
pub type RelPath = Spanned<String>;
/// A duration with its place.
pub type Duration = Spanned<SimDuration>;

/// An expression with its text, its place, and what it may ask.
#[derive(Clone, PartialEq, Debug)]
pub struct Expression {
    /// As it is written.
    pub text: String,
    /// As it was read.
    pub expr: Expr,
    /// What it may ask.
    pub scope: Scope,
    /// Where it stands.
    pub place: Place,
}

/// A target with its text and place.
#[derive(Clone, PartialEq, Debug)]
pub struct TargetAt {
    /// As it is written.
    pub text: String,
    /// As it was read.
    pub target: Target,
    /// The port after `service/NAME:`.
    pub port: Option<String>,
    /// Where it stands.
    pub place: Place,
}

/// A distribution of durations.
#[derive(Clone, PartialEq, Debug)]
pub enum Dist {
    /// Always the same.
    Constant(SimDuration),
    /// Equally likely from `min` to `max`.
    Uniform {
        /// The shortest.
        min: SimDuration,
        /// The longest.
        max: SimDuration,
    },
    /// The bell curve, cut at zero.
    Normal {
        /// The mean.
        mean: SimDuration,
        /// The standard deviation.
        sd: SimDuration,
    },
    /// Without memory.
    Exponential {
        /// The mean.
        mean: SimDuration,
    },
    /// A long tail.
    Lognormal {
        /// The median.
        p50: SimDuration,
        /// The 99th percentile.
        p99: SimDuration,
        /// Longer values are drawn again.
        max: Option<SimDuration>,
    },
    /// A heavy tail.
    Pareto {
        /// The median.
        p50: SimDuration,
        /// The 99th percentile.
        p99: SimDuration,
        /// Longer values are drawn again.
        max: Option<SimDuration>,
    },
    /// Measured values, one a line of a file.
    Empirical {
        /// The file.
        file: RelPath,
    },
    /// One of several, by share.
    Mixture(Vec<(Percent, Self)>),
}

/// A document that somebody else understands, or the file that holds it.
#[derive(Clone, PartialEq, Debug)]
pub enum ForeignDocument {
    /// In a file.
    File(RelPath),
    /// Here; places inside it are those of the scenario.
    Inline(Node),
}

/// How many: a number, or a share of all.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Pick {
    /// So many.
    Count(u32),
    /// So large a part.
    Share(Percent),
}
