//! A decision by the letter of the rules: every plugin is asked about every node, each time.

use wavetank_core::id::NodeId;

use super::choose::choose;
use super::cycle::Cycle;
use super::fit_error::FitError;
use super::sample::target_count;
use super::shape::ShapeId;
use super::snapshot::Snapshot;
use super::verdict::{Histogram, Verdict};
use super::{Outcome, Profile};
use crate::component::scheduler::plugin::{FILTERS, Plugin, PluginId, PreFilter, SCORES};

/// Chooses a node for a pod of this shape (S52–S57).
pub fn decide(profile: &mut Profile, snapshot: &Snapshot, shape: ShapeId) -> Outcome {
    if snapshot.list().is_empty() {
        return Outcome::NoNodes; // S52
    }
    let mut cycle = Cycle::new(snapshot, snapshot.shape(shape));
    let filters = match pre_filter(&mut cycle) {
        Ok(filters) => filters,
        Err(error) => return Outcome::Unfit(error),
    };
    let candidates = filters.candidates(snapshot);
    let search = search(profile, &cycle, &filters, &candidates);
    profile.next_start = search.next_start;
    match search.feasible[..] {
        [] => Outcome::Unfit(Box::new(failed(&cycle, &filters, &candidates, &search))),
        [node] => Outcome::Chosen { node, feasible: 1 }, // S57: not scored
        _ => {
            let totals = totals(&mut cycle, &search.feasible);
            let best = choose(&totals).expect("there are some");
            Outcome::Chosen {
                node: search.feasible[best],
                feasible: u32::try_from(search.feasible.len()).expect("fewer nodes"),
            }
        }
    }
}

/// The filters that have something to say about a pod, and the nodes that it names.
pub(super) struct Filters {
    asked: Vec<&'static dyn Plugin>,
    subset: Option<Vec<Box<str>>>,
}

impl Filters {
    /// The nodes that come into question, in the order of the list (S56, S177).
    fn candidates(&self, snapshot: &Snapshot) -> Vec<NodeId> {
        let list = snapshot.list().iter().copied();
        match &self.subset {
            None => list.collect(),
            Some(names) => list
                .filter(|node| names.contains(&snapshot.node(*node).name))
                .collect(),
        }
    }
}

/// Asks all plugins before the nodes are visited (S53, S54).
pub(super) fn pre_filter(cycle: &mut Cycle<'_>) -> Result<Filters, Box<FitError>> {
    let mut filters = Filters {
        asked: Vec::new(),
        subset: None,
    };
    for plugin in FILTERS {
        match plugin.pre_filter(cycle) {
            PreFilter::Run => filters.asked.push(*plugin),
            PreFilter::Skip => {}
            PreFilter::Subset(names) => {
                filters.asked.push(*plugin);
                filters.subset = Some(names);
            }
            PreFilter::Rejected(reason) => {
                let mut error = FitError {
                    nodes: cycle.snapshot.node_count(),
                    rejected: Some(reason),
                    ..FitError::default()
                };
                error.rejectors.insert(plugin.id());
                return Err(Box::new(error));
            }
        }
    }
    Ok(filters)
}

/// What the filters say about every node, in the order of the list; nothing about nodes that the pod
/// does not name when it names some (S56). Empty when PreFilter rejects the pod.
#[must_use]
pub fn verdicts(cycle: &mut Cycle<'_>) -> Vec<(NodeId, Option<Verdict>)> {
    let Ok(filters) = pre_filter(cycle) else {
        return Vec::new();
    };
    let candidates = filters.candidates(cycle.snapshot);
    let verdict = |node: &NodeId| {
        let asked = candidates.contains(node);
        (*node, asked.then(|| filter(cycle, &filters, *node)))
    };
    cycle.snapshot.list().iter().map(verdict).collect()
}

/// What a search found.
struct Search {
    feasible: Vec<NodeId>,
    verdicts: Histogram,
    next_start: u32,
}

/// Visits the candidates from where the last search ended, until enough fit (S60–S62).
fn search(
    profile: &Profile,
    cycle: &Cycle<'_>,
    filters: &Filters,
    candidates: &[NodeId],
) -> Search {
    let count = candidates.len();
    let target = target_count(
        u32::try_from(count).expect("fewer nodes"),
        profile.percentage,
    );
    let mut search = Search {
        feasible: Vec::new(),
        verdicts: Histogram::default(),
        next_start: profile.next_start,
    };
    let mut failures = 0;
    for step in 0..count {
        let node = candidates[(profile.next_start as usize + step) % count];
        let verdict = filter(cycle, filters, node);
        if !verdict.fits() {
            search.verdicts.add(verdict);
            failures += 1;
        } else if search.feasible.len() == target as usize {
            break; // the node too many is not kept (S61)
        } else {
            search.feasible.push(node);
        }
    }
    let looked_at = search.feasible.len() + failures;
    let all = u64::from(cycle.snapshot.node_count());
    let next = (u64::from(profile.next_start) + looked_at as u64) % all;
    search.next_start = u32::try_from(next).expect("below the number of nodes"); // S62
    search
}

/// Asks the filters about one node: the first that rejects it decides (S58).
fn filter(cycle: &Cycle<'_>, filters: &Filters, node: NodeId) -> Verdict {
    filters
        .asked
        .iter()
        .map(|plugin| plugin.filter(cycle, node))
        .find(|verdict| !verdict.fits())
        .unwrap_or(Verdict::FITS)
}

fn failed(
    cycle: &Cycle<'_>,
    filters: &Filters,
    candidates: &[NodeId],
    search: &Search,
) -> FitError {
    let nodes = cycle.snapshot.node_count();
    let visited = u32::try_from(candidates.len()).expect("fewer nodes");
    let mut error = FitError {
        nodes,
        verdicts: search.verdicts.clone(),
        absent: nodes - visited,
        ..FitError::default()
    };
    for (verdict, _) in error.verdicts.iter() {
        error.rejectors.insert(verdict.plugin);
    }
    if filters.subset.is_some() {
        error.rejectors.insert(PluginId::NodeAffinity); // S56
    }
    error
}

/// The totals of the feasible nodes (S64, S65).
fn totals(cycle: &mut Cycle<'_>, feasible: &[NodeId]) -> Vec<i64> {
    let mut totals = vec![0; feasible.len()];
    for (_, scores) in scores(cycle, feasible) {
        for (total, score) in totals.iter_mut().zip(scores) {
            *total += score;
        }
    }
    totals
}

/// The weighted scores of each plugin that scores, in order (S64, S65).
pub fn scores(cycle: &mut Cycle<'_>, feasible: &[NodeId]) -> Vec<(PluginId, Vec<i64>)> {
    let asked: Vec<_> = SCORES
        .iter()
        .filter(|(plugin, _)| plugin.pre_score(cycle, feasible))
        .collect();
    let cycle = &*cycle;
    let score = |plugin: &dyn Plugin, weight: i64| {
        let raw = feasible.iter().map(|node| plugin.score(cycle, *node));
        let mut scores: Vec<i64> = raw.collect();
        plugin.normalize(cycle, feasible, &mut scores);
        scores.iter_mut().for_each(|score| *score *= weight);
        scores
    };
    asked
        .into_iter()
        .map(|(plugin, weight)| (plugin.id(), score(*plugin, *weight)))
        .collect()
}
