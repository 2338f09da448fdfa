//! The table of all invariants: for scenarios that skip one, for reports, and for the page of the documentation that is
//! made from it.

use std::fmt::Write as _;

use super::{api, cross, endpoints, log, pod, scheduler, watch, workload};

/// An invariant.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Invariant {
    /// Its id: `P-1`. Stable: reports and scenarios name it.
    pub id: &'static str,
    /// When it is claimed to hold.
    pub tag: Tag,
    /// What it says, in one line.
    pub statement: &'static str,
    /// Where the claim comes from.
    pub source: &'static str,
    /// What it observes.
    pub observes: Observes,
}

impl Invariant {
    /// An invariant that holds always.
    pub(super) const fn always(
        id: &'static str,
        statement: &'static str,
        source: &'static str,
        observes: Observes,
    ) -> Self {
        Self {
            id,
            tag: Tag::Always,
            statement,
            source,
            observes,
        }
    }

    /// An invariant that holds always, and is seen in the facts alone.
    pub(super) const fn of_facts(
        id: &'static str,
        statement: &'static str,
        source: &'static str,
    ) -> Self {
        Self::always(id, statement, source, Observes::Facts)
    }
}

/// When an invariant is claimed to hold.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Tag {
    /// Always.
    Always,
    /// Unless something is removed by force: suspended for what it touches.
    Unforced,
    /// Unless reads are stale by a fault.
    Fresh,
    /// Of what the actor itself saw when it decided.
    View,
    /// Within a bound, once nothing stands in its way.
    Eventually,
}

impl Tag {
    /// As tables print it.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::Always => "always",
            Self::Unforced => "unless forced",
            Self::Fresh => "with fresh reads",
            Self::View => "in the actor's view",
            Self::Eventually => "eventually",
        }
    }
}

/// What an invariant observes: which of the hooks of [`super::Checks`] it needs.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Observes {
    /// Facts: it can be judged from a stored log.
    Facts,
    /// Calls and their answers.
    Calls,
    /// Deliveries of watches.
    Watches,
    /// What controllers saw and chose.
    Decisions,
    /// New connections.
    Connections,
    /// Two runs, or a run and its log: judged by tests.
    Runs,
}

impl Observes {
    /// As tables print it.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::Facts => "facts",
            Self::Calls => "calls",
            Self::Watches => "watches",
            Self::Decisions => "decisions",
            Self::Connections => "connections",
            Self::Runs => "pairs of runs",
        }
    }
}

/// A group of invariants and its heading.
type Group = (&'static str, &'static [Invariant]);

const GROUPS: [Group; 8] = [
    ("API server", api::INVARIANTS),
    ("Watches", watch::INVARIANTS),
    ("Pods", pod::INVARIANTS),
    ("Scheduler", scheduler::INVARIANTS),
    ("Endpoints and traffic", endpoints::INVARIANTS),
    ("Workload controllers", workload::INVARIANTS),
    ("Across components", cross::INVARIANTS),
    ("Log and randomness", log::INVARIANTS),
];

/// All invariants, by group.
pub fn catalogue() -> impl Iterator<Item = &'static Invariant> {
    GROUPS.iter().flat_map(|(_, group)| group.iter())
}

/// The page `docs/src/invariants.md`.
#[must_use]
pub fn page() -> String {
    let mut page = String::from(
        "# Invariants\n\n\
         Every run is checked against these while it goes on, unless `--no-check` says otherwise, or\n\
         `invariants: {skip: {ID: why}}` in the scenario. A violation ends with exit code 1, the fact that broke the\n\
         invariant, earlier facts that bear witness, and the command that replays the run.\n\n\
         This page is made from the tables in `sim/src/check`: `UPDATE_EXPECT=1 cargo test -p wavetank-sim catalogue`.\n\n\
         **Holds**: *always*; *unless forced* (suspended for what a force deletion or a lost node touches); *with fresh\n\
         reads*; *in the actor's view* (judged against what the actor saw when it decided, not against the newest state);\n\
         *eventually* (within a bound made from the configuration, and only while no fault has happened).\n\
         **Observes**: what *facts* alone show can also be judged from a stored log.\n",
    );
    for (heading, group) in GROUPS {
        let _ = write!(
            page,
            "\n## {heading}\n\n| id | holds | observes | invariant | source |\n|---|---|---|---|---|\n"
        );
        for it in group {
            let (id, tag, observes) = (it.id, it.tag.text(), it.observes.text());
            let (statement, source) = (it.statement, it.source);
            let _ = writeln!(
                page,
                "| {id} | {tag} | {observes} | {statement} | {source} |"
            );
        }
    }
    page
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_catalogue_is_the_page() {
        expect_test::expect_file![concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../docs/src/invariants.md"
        )]
        .assert_eq(&page());
    }

    #[test]
    fn ids_are_unique() {
        let mut ids: Vec<_> = catalogue().map(|it| it.id).collect();
        let count = ids.len();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), count);
    }
}
