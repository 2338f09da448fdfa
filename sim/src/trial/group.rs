//! What broke in a trial, grouped: the same thing under many seeds is one thing.

use std::collections::BTreeMap;

use super::{Broken, Finding, Row};
use crate::check::catalogue;

/// One thing that broke, and where.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Group {
    /// Under how many seeds.
    pub seeds: usize,
    /// The first of them.
    pub first: u64,
    /// What was found there.
    pub finding: Finding,
}

/// What broke in these rows: the model first, then invariants by id, expectations and steps.
#[must_use]
pub fn groups(rows: &[Row]) -> Vec<Group> {
    let mut groups: BTreeMap<&Broken, Group> = BTreeMap::new();
    for row in rows {
        for finding in &row.findings {
            let group = groups.entry(&finding.broken).or_insert_with(|| Group {
                seeds: 0,
                first: row.seed,
                finding: finding.clone(),
            });
            group.seeds += 1;
            if row.seed < group.first {
                group.first = row.seed;
                group.finding = finding.clone();
            }
        }
    }
    groups.into_values().collect()
}

/// A digest over the digests of all rows, in their order: equal trials have equal ones, whatever the
/// number of threads.
#[must_use]
pub fn digest(rows: &[Row]) -> String {
    let mut hasher = blake3::Hasher::new();
    for row in rows {
        hasher.update(&row.seed.to_le_bytes());
        hasher.update(&row.digest.map_or([0; 32], |digest| digest.0));
    }
    hasher.finalize().to_hex().to_string()
}

impl Broken {
    /// What kind of thing it is, for programs.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Model => "model",
            Self::Invariant(_) => "invariant",
            Self::Expectation(_) => "expectation",
            Self::Step(_) => "step",
        }
    }

    /// Its id, or its text.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Model => "panic",
            Self::Invariant(id) => id,
            Self::Expectation(text) | Self::Step(text) => text,
        }
    }

    /// What an invariant says.
    #[must_use]
    pub fn statement(&self) -> Option<&'static str> {
        let Self::Invariant(id) = self else {
            return None;
        };
        let found = catalogue().find(|invariant| invariant.id == *id);
        found.map(|invariant| invariant.statement)
    }
}
