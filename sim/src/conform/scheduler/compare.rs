//! A recorded decision and the model's, field by field.

use std::collections::{BTreeMap, BTreeSet};

use super::case::{ByNode, Case, Decision, Preempted, Refusal};
use super::field::{Count, Difference, Field, Tally};
use crate::component::scheduler::decision::framework::Framework;

/// What comparing one line came to.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Comparison {
    /// The line's name.
    pub name: String,
    /// What its generator was after.
    pub theme: String,
    /// How often each field agreed.
    pub tally: Tally,
    /// Of each field the first difference.
    pub differences: Vec<Difference>,
}

impl Comparison {
    /// A comparison at its beginning.
    #[must_use]
    pub fn new(name: &str, theme: &str) -> Self {
        Self {
            name: name.to_owned(),
            theme: theme.to_owned(),
            ..Self::default()
        }
    }

    /// Whether everything agreed.
    #[must_use]
    pub fn passed(&self) -> bool {
        self.differences.is_empty()
    }

    /// Counts one value of a field; of each field the first difference is kept.
    pub fn check(&mut self, field: Field, path: impl FnOnce() -> String, texts: [String; 2]) {
        let count: &mut Count = self.tally.entry(field.clone()).or_default();
        let [recorded, found] = texts;
        if recorded == found {
            count.agree += 1;
            return;
        }
        count.differ += 1;
        if count.differ == 1 {
            self.differences.push(Difference {
                field,
                path: path(),
                recorded,
                found,
            });
        }
    }

    /// Counts a field that either side may lack; nothing when both do.
    pub fn check_either<T: ToString>(
        &mut self,
        field: Field,
        path: impl FnOnce() -> String,
        recorded: Option<&T>,
        found: Option<&T>,
    ) {
        if recorded.is_some() || found.is_some() {
            let text = |it: Option<&T>| it.map_or_else(|| NOTHING.to_owned(), T::to_string);
            self.check(field, path, [text(recorded), text(found)]);
        }
    }
}

/// What stands for a field that is not there.
const NOTHING: &str = "-";

/// Compares a decision with what was recorded.
#[must_use]
pub fn compare(case: &Case, found: &Decision, framework: &Framework) -> Comparison {
    let recorded = &case.result;
    let mut comparison = Comparison::new(&case.name, &case.theme);
    let gated = [&recorded.gated, &found.gated].map(|it| refusal(it.as_ref()));
    comparison.check(Field::Gated, || "gated".to_owned(), gated);
    let rejected = [&recorded.prefilter, &found.prefilter].map(|it| refusal(it.as_ref()));
    comparison.check(Field::PreFilter, || "prefilter".to_owned(), rejected);
    skipped(&mut comparison, recorded, found, framework);
    feasible(&mut comparison, recorded, found);
    plugins(
        &mut comparison,
        Field::Raw,
        "raw",
        [&recorded.raw, &found.raw],
    );
    let scores = [&recorded.scores, &found.scores];
    plugins(&mut comparison, Field::Score, "scores", scores);
    let totals = [&recorded.total, &found.total];
    by_node(&mut comparison, &Field::Total, "total", totals);
    let best = [&recorded.best, &found.best].map(|nodes| sorted(nodes));
    comparison.check(Field::Best, || "best".to_owned(), best);
    messages(&mut comparison, recorded, found);
    preemption(&mut comparison, recorded, found);
    comparison
}

fn skipped(
    comparison: &mut Comparison,
    recorded: &Decision,
    found: &Decision,
    framework: &Framework,
) {
    let (Some(recorded), Some(found)) = (&recorded.skipped, &found.skipped) else {
        return;
    };
    // Plugins that the model leaves out are skipped in every recording.
    let filters: BTreeSet<_> = framework.filters.iter().map(|it| it.id().name()).collect();
    let scores: BTreeSet<_> = framework.scores.iter().map(|it| it.0.id().name()).collect();
    let known = |names: &[String], plugins: &BTreeSet<&str>| {
        let known = names.iter().filter(|name| plugins.contains(name.as_str()));
        sorted(&known.cloned().collect::<Vec<_>>())
    };
    let both = [&recorded.filter, &found.filter].map(|names| known(names, &filters));
    comparison.check(Field::SkippedFilters, || "skipped.filter".to_owned(), both);
    let both = [&recorded.score, &found.score].map(|names| known(names, &scores));
    comparison.check(Field::SkippedScores, || "skipped.score".to_owned(), both);
}

fn feasible(comparison: &mut Comparison, recorded: &Decision, found: &Decision) {
    // Whoever was rejected before any node was looked at has no verdicts, or the same one everywhere.
    let rejected = found.prefilter.as_ref();
    let nodes: BTreeSet<&String> = recorded
        .feasible
        .keys()
        .chain(found.feasible.keys())
        .collect();
    for node in nodes {
        let of = |decision: &Decision| decision.feasible.get(node).cloned();
        let ours = of(found).or_else(|| rejected.map(|refusal| Some(refusal.clone())));
        let both = [of(recorded), ours];
        let verdicts = [&both[0], &both[1]].map(|asked| match asked {
            None => "not asked".to_owned(),
            Some(None) => "fits".to_owned(),
            Some(Some(refusal)) => verdict(refusal),
        });
        comparison.check(Field::Verdict, || format!("feasible.{node}"), verdicts);
        let reasons = both.map(|asked| asked.flatten().map(|refusal| sorted(&refusal.reasons)));
        let path = || format!("feasible.{node}.reasons");
        let [recorded, found] = reasons.each_ref();
        comparison.check_either(Field::Reasons, path, recorded.as_ref(), found.as_ref());
    }
}

/// Scores by plugin. A plugin that one side skipped is one difference.
fn plugins(
    comparison: &mut Comparison,
    field: fn(String) -> Field,
    path: &str,
    [recorded, found]: [&BTreeMap<String, ByNode>; 2],
) {
    let names: BTreeSet<&String> = recorded.keys().chain(found.keys()).collect();
    for name in names {
        let (field, path) = (field(name.clone()), format!("{path}.{name}"));
        match (recorded.get(name), found.get(name)) {
            (Some(recorded), Some(found)) => {
                by_node(comparison, &field, &path, [recorded, found]);
            }
            (recorded, _) => {
                let texts = match recorded {
                    Some(_) => ["scored", "skipped"],
                    None => ["skipped", "scored"],
                };
                comparison.check(field, || path, texts.map(str::to_owned));
            }
        }
    }
}

fn by_node(
    comparison: &mut Comparison,
    field: &Field,
    path: &str,
    [recorded, found]: [&ByNode; 2],
) {
    let nodes: BTreeSet<&String> = recorded.keys().chain(found.keys()).collect();
    for node in nodes {
        let path = || format!("{path}.{node}");
        comparison.check_either(field.clone(), path, recorded.get(node), found.get(node));
    }
}

fn messages(comparison: &mut Comparison, recorded: &Decision, found: &Decision) {
    let texts = [
        (
            Field::FitError,
            "fit_error",
            &recorded.fit_error,
            &found.fit_error,
        ),
        (
            Field::FailureMessage,
            "failure_message",
            &recorded.failure_message,
            &found.failure_message,
        ),
    ];
    for (field, path, recorded, found) in texts {
        let path = || path.to_owned();
        comparison.check_either(field, path, recorded.as_ref(), found.as_ref());
    }
    // Who said it is not asked: the reasons of all plugins are in the text.
    let told = |it: &Option<Refusal>| it.as_ref().map(|refusal| refusal.reasons.join(", "));
    let (recorded, found) = (told(&recorded.postfilter), told(&found.postfilter));
    let path = || "postfilter.reasons".to_owned();
    comparison.check_either(Field::PostFilter, path, recorded.as_ref(), found.as_ref());
}

fn preemption(comparison: &mut Comparison, recorded: &Decision, found: &Decision) {
    if recorded.preemption.is_none() && found.preemption.is_none() {
        return;
    }
    let nothing = Preempted::default();
    let of = |decision: &'_ Decision| decision.preemption.clone();
    let both = [of(recorded), of(found)].map(|it| it.unwrap_or_else(|| nothing.clone()));
    let [recorded, found] = &both;
    candidates(comparison, recorded, found);
    let mut check = |field: Field, name: &str, of: fn(&Preempted) -> String| {
        comparison.check(
            field,
            || format!("preemption.{name}"),
            both.each_ref().map(of),
        );
    };
    check(Field::EquallyBest, "equally_best", |it| {
        sorted(&it.equally_best)
    });
    check(Field::Nominated, "nominated", |it| it.nominated.clone());
    check(Field::Victims, "victims", |it| it.victims.join(", "));
    check(Field::Violations, "num_pdb_violations", |it| {
        it.num_pdb_violations.to_string()
    });
    check(Field::DecidingRule, "deciding_rule", |it| {
        it.deciding_rule.clone()
    });
}

fn candidates(comparison: &mut Comparison, recorded: &Preempted, found: &Preempted) {
    let nodes = recorded.candidates.keys().chain(found.candidates.keys());
    for node in nodes.collect::<BTreeSet<_>>() {
        let both = [recorded, found].map(|it| it.candidates.get(node));
        let is_there = both.map(|it| {
            if it.is_some() {
                "helps"
            } else {
                "does not help"
            }
        });
        let path = || format!("preemption.candidates.{node}");
        comparison.check(Field::Candidates, path, is_there.map(str::to_owned));
        if let [Some(recorded), Some(found)] = both {
            let victims = [recorded, found].map(|it| it.victims.join(", "));
            let path = || format!("preemption.candidates.{node}.victims");
            comparison.check(Field::CandidateVictims, path, victims);
            let violations = [recorded, found].map(|it| it.num_pdb_violations.to_string());
            let path = || format!("preemption.candidates.{node}.num_pdb_violations");
            comparison.check(Field::CandidateViolations, path, violations);
        }
    }
}

/// A refusal in one line.
fn refusal(refusal: Option<&Refusal>) -> String {
    refusal.map_or_else(
        || NOTHING.to_owned(),
        |it| format!("{}: {}", verdict(it), sorted(&it.reasons)),
    )
}

/// Who refused, with which code.
fn verdict(refusal: &Refusal) -> String {
    match &refusal.plugin {
        Some(plugin) => format!("{plugin} {}", refusal.code),
        None => refusal.code.clone(),
    }
}

/// A list whose order means nothing: extended resources come in that of a map (S92), names in any.
fn sorted(texts: &[String]) -> String {
    let mut texts = texts.to_vec();
    texts.sort();
    texts.join(", ")
}
