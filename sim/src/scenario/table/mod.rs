//! What may stand where: the fields of the format with their kinds, defaults and help.
//!
//! The one source for checking, for editors (JSON Schema) and for the reference text. The typed
//! tree and its lowering live in [`super::schema`] and [`super::lower`].

mod cluster;
mod steps;
mod world;

pub use cluster::{PARAMETER, SCENARIO};
pub use steps::VERBS;

use super::expr::Scope;

/// What a value may be.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    /// `true` or `false`.
    Bool,
    /// An integer within limits.
    Int(i64, i64),
    /// Any text; numbers and booleans too, as they are written.
    Text,
    /// A text that must be quoted when it looks like a number: a version.
    Version,
    /// `wavetank/v1`.
    Format,
    /// `250us`, `1h30m`.
    Duration,
    /// `500m`, `2Gi`; `true`: memory, where thousandths make no sense.
    Quantity(bool),
    /// `200/s`.
    Rate,
    /// `20%`, at most 100 %.
    Percent,
    /// An integer or a percentage.
    IntOrPercent,
    /// An expression.
    Expr(Scope),
    /// A target.
    Target,
    /// A kubectl line.
    Kubectl,
    /// A relative path of a file.
    Path,
    /// `0s..10m`.
    Window,
    /// `10m` or `NAME + 10m`.
    After,
    /// A name that expressions can use.
    Identifier,
    /// A document that somebody else understands.
    Any,
    /// One of these words.
    Words(&'static [&'static str]),
    /// One of these words, or something else.
    WordsOr(&'static [&'static str], &'static Self),
    /// A duration, or an expression.
    DurationOr(Scope),
    /// A list.
    List(&'static Self),
    /// A list, or one element of it.
    OneOrList(&'static Self),
    /// A map of names that the user chooses.
    Map(KeyRule, &'static Self),
    /// A map with known fields.
    Object(&'static Shape),
    /// Decided by what is there: a scalar, a list or a map.
    Shaped {
        /// What a scalar means.
        scalar: Option<&'static Self>,
        /// What a list means.
        list: Option<&'static Self>,
        /// What a map means.
        map: Option<&'static Self>,
    },
}

/// What the keys of a map with chosen names must look like.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum KeyRule {
    /// Names that expressions can use.
    Identifier,
    /// Any text.
    Text,
}

/// A map with known fields.
#[derive(Debug)]
pub struct Shape {
    /// What it is, with its article: `a step`.
    pub name: &'static str,
    /// Its fields, in the order of the reference.
    pub fields: &'static [Field],
    /// Sets of fields of which exactly one (or, when not required, at most one) may stand.
    pub one_of: &'static [OneOf],
}

/// Fields that exclude each other.
#[derive(Debug)]
pub struct OneOf {
    /// The fields.
    pub names: &'static [&'static str],
    /// Whether one must stand.
    pub required: bool,
}

/// A field of a map.
#[derive(Clone, Copy, Debug)]
pub struct Field {
    /// Its key.
    pub name: &'static str,
    /// What its value may be.
    pub kind: &'static Kind,
    /// Whether it must stand.
    pub required: bool,
    /// What it is when it does not stand, for people; may be empty.
    pub default: &'static str,
    /// What it does.
    pub help: &'static str,
}

impl Shape {
    /// The field of that name.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<&'static Field> {
        self.fields.iter().find(|field| field.name == name)
    }

    /// The names of all fields.
    #[must_use]
    pub fn names(&self) -> Vec<&'static str> {
        self.fields.iter().map(|field| field.name).collect()
    }
}

const fn field(
    name: &'static str,
    kind: &'static Kind,
    default: &'static str,
    help: &'static str,
) -> Field {
    Field {
        name,
        kind,
        required: false,
        default,
        help,
    }
}

const fn required(name: &'static str, kind: &'static Kind, help: &'static str) -> Field {
    Field {
        name,
        kind,
        required: true,
        default: "",
        help,
    }
}

const fn exactly_one(names: &'static [&'static str]) -> OneOf {
    OneOf {
        names,
        required: true,
    }
}

/// A distribution of durations, or a constant.
pub static DIST: Kind = Kind::Shaped {
    scalar: Some(&Kind::Duration),
    list: None,
    map: Some(&Kind::Object(&DISTRIBUTION)),
};

const DURATION: &Kind = &Kind::Duration;
const COUNT: &Kind = &Kind::Int(0, 1_000_000_000);

static DISTRIBUTION: Shape = Shape {
    name: "a distribution",
    one_of: &[exactly_one(&[
        "uniform",
        "normal",
        "exponential",
        "lognormal",
        "pareto",
        "empirical",
        "mixture",
    ])],
    fields: &[
        field(
            "uniform",
            &Kind::Object(&UNIFORM),
            "",
            "equally likely between two limits",
        ),
        field(
            "normal",
            &Kind::Object(&NORMAL),
            "",
            "the bell curve, cut at zero",
        ),
        field(
            "exponential",
            &Kind::Object(&EXPONENTIAL),
            "",
            "waiting times without memory",
        ),
        field(
            "lognormal",
            &Kind::Object(&TAILED),
            "",
            "a long tail, by two quantiles",
        ),
        field(
            "pareto",
            &Kind::Object(&TAILED),
            "",
            "a heavy tail, by two quantiles",
        ),
        field(
            "empirical",
            &Kind::Object(&EMPIRICAL),
            "",
            "measured values from a file",
        ),
        field(
            "mixture",
            &Kind::List(&Kind::Object(&PART)),
            "",
            "one of several, by share",
        ),
    ],
};
static UNIFORM: Shape = Shape {
    name: "a uniform distribution",
    one_of: &[],
    fields: &[
        required("min", DURATION, "the shortest"),
        required("max", DURATION, "the longest"),
    ],
};
static NORMAL: Shape = Shape {
    name: "a normal distribution",
    one_of: &[],
    fields: &[
        required("mean", DURATION, "the mean"),
        required("sd", DURATION, "the standard deviation"),
    ],
};
static EXPONENTIAL: Shape = Shape {
    name: "an exponential distribution",
    one_of: &[],
    fields: &[required("mean", DURATION, "the mean")],
};
static TAILED: Shape = Shape {
    name: "a distribution with a tail",
    one_of: &[],
    fields: &[
        required("p50", DURATION, "the median"),
        required("p99", DURATION, "the 99th percentile"),
        field("max", DURATION, "", "longer values are drawn again"),
    ],
};
static EMPIRICAL: Shape = Shape {
    name: "an empirical distribution",
    one_of: &[],
    fields: &[required("file", &Kind::Path, "one duration a line")],
};
static PART: Shape = Shape {
    name: "a part of a mixture",
    one_of: &[],
    fields: &[
        required("share", &Kind::Percent, "how often"),
        required("of", &DIST, "from what"),
    ],
};
