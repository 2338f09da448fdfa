//! A decision by the letter of the rules: every plugin is asked about every node, each time.

use std::borrow::Cow;
use std::sync::Arc;

use wavetank_core::id::NodeId;

use super::choose::choose;
use super::cycle::Cycle;
use super::fit_error::FitError;
use super::framework::Framework;
use super::node::{NodeInfo, PlacedPod, count};
use super::sample::target_count;
use super::snapshot::Snapshot;
use super::verdict::{Histogram, Verdict};
use super::{Outcome, Request};
use crate::component::scheduler::plugin::{Plugin, PluginId, PreFilter};

/// Chooses a node for a pod (S52–S57), and moves the next start (S62).
pub fn decide(
    framework: &Framework,
    snapshot: &Snapshot,
    request: &Request,
    next_start: &mut u32,
) -> Outcome {
    if snapshot.list().is_empty() {
        return Outcome::NoNodes; // S52
    }
    let pod = snapshot.shape(request.shape);
    let mut cycle = Cycle::new(framework, snapshot, pod, request.pod);
    let filters = match pre_filter(&mut cycle) {
        Ok(filters) => filters,
        Err(error) => return Outcome::Unfit(error),
    };
    if nominated_fits(&cycle, &filters, request) {
        let node = request.nominated.expect("it fits");
        return Outcome::Chosen { node, feasible: 1 };
    }
    let candidates = filters.candidates(snapshot);
    let search = search(
        &cycle,
        &filters,
        &candidates,
        request.percentage,
        *next_start,
    );
    *next_start = search.next_start;
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
#[derive(Clone, Debug, Default)]
pub struct Filters {
    pub(super) asked: Vec<Arc<dyn Plugin>>,
    /// The nodes that the pod names, all plugins together.
    subset: Option<Vec<Box<str>>>,
    /// Who said so.
    subset_by: Vec<PluginId>,
}

impl Filters {
    /// The nodes that come into question, in the order of the list (S56, S177).
    pub(super) fn candidates(&self, snapshot: &Snapshot) -> Vec<NodeId> {
        let list = snapshot.list().iter().copied();
        match &self.subset {
            None => list.collect(),
            Some(names) => list
                .filter(|node| names.contains(&snapshot.node(*node).name))
                .collect(),
        }
    }

    /// Whether a filter is asked, and not skipped.
    #[must_use]
    pub fn asks(&self, plugin: PluginId) -> bool {
        self.asked.iter().any(|asked| asked.id() == plugin)
    }
}

/// Asks all plugins before the nodes are visited (S53, S54).
pub(super) fn pre_filter(cycle: &mut Cycle<'_>) -> Result<Filters, Box<FitError>> {
    let mut filters = Filters::default();
    let framework = cycle.framework;
    for plugin in &framework.filters {
        match plugin.pre_filter(cycle) {
            PreFilter::Run => filters.asked.push(plugin.clone()),
            PreFilter::Skip => {}
            PreFilter::Subset(names) => {
                filters.asked.push(plugin.clone());
                filters.subset_by.push(plugin.id());
                let before = filters.subset.take();
                let mut names = names;
                if let Some(before) = before {
                    names.retain(|name| before.contains(name));
                }
                if names.is_empty() {
                    let reason = contradiction(framework, &filters.subset_by);
                    return Err(rejected(cycle, reason.into(), &filters.subset_by));
                }
                filters.subset = Some(names);
            }
            PreFilter::Rejected(reason) => return Err(rejected(cycle, reason, &[plugin.id()])),
        }
    }
    Ok(filters)
}

fn rejected(cycle: &Cycle<'_>, reason: Cow<'static, str>, by: &[PluginId]) -> Box<FitError> {
    let mut error = FitError {
        nodes: cycle.snapshot.node_count(),
        rejected: Some(reason),
        ..FitError::default()
    };
    by.iter().for_each(|plugin| error.rejectors.insert(*plugin));
    Box::new(error)
}

/// That the nodes which plugins name have none in common (S53).
fn contradiction(framework: &Framework, by: &[PluginId]) -> String {
    let names: Vec<&str> = by.iter().map(|plugin| framework.name(*plugin)).collect();
    match names[..] {
        [name] => format!("node(s) didn't satisfy plugin {name}"),
        _ => format!(
            "node(s) didn't satisfy plugin(s) [{}] simultaneously",
            names.join(" ")
        ),
    }
}

/// Whether the pod was nominated to a node that takes it: then no other is looked at (S55).
pub(super) fn nominated_fits(cycle: &Cycle<'_>, filters: &Filters, request: &Request) -> bool {
    let listed = |node: &NodeId| cycle.snapshot.place(*node).is_some();
    request
        .nominated
        .filter(listed)
        .is_some_and(|node| filter(cycle, filters, &cycle.snapshot.info(node)).fits())
}

/// Every node that fits, in the order of the list.
pub fn feasible(cycle: &mut Cycle<'_>) -> Result<Vec<NodeId>, Box<FitError>> {
    let filters = pre_filter(cycle)?;
    let candidates = filters.candidates(cycle.snapshot);
    let search = search(cycle, &filters, &candidates, 100, 0);
    if search.feasible.is_empty() {
        return Err(Box::new(failed(cycle, &filters, &candidates, &search)));
    }
    Ok(search.feasible)
}

/// What a search found.
pub(super) struct Search {
    pub(super) feasible: Vec<NodeId>,
    /// Those that were visited and rejected.
    pub(super) rejected: Vec<(NodeId, Verdict)>,
    pub(super) next_start: u32,
}

/// Visits the candidates from where the last search ended, until enough fit (S60–S62).
pub(super) fn search(
    cycle: &Cycle<'_>,
    filters: &Filters,
    candidates: &[NodeId],
    percentage: u32,
    next_start: u32,
) -> Search {
    let count = candidates.len();
    let target = target_count(u32::try_from(count).expect("fewer nodes"), percentage);
    let mut search = Search {
        feasible: Vec::new(),
        rejected: Vec::new(),
        next_start,
    };
    for step in 0..count {
        let node = candidates[(next_start as usize + step) % count];
        let verdict = filter(cycle, filters, &cycle.snapshot.info(node));
        if !verdict.fits() {
            search.rejected.push((node, verdict));
        } else if search.feasible.len() == target as usize {
            break; // the node too many is not kept (S61)
        } else {
            search.feasible.push(node);
        }
    }
    let looked_at = search.feasible.len() + search.rejected.len();
    let all = u64::from(cycle.snapshot.node_count());
    let next = (u64::from(next_start) + looked_at as u64) % all;
    search.next_start = u32::try_from(next).expect("below the number of nodes"); // S62
    search
}

/// Asks the filters about one node, with and without the pods that are nominated to it: both must let
/// the pod pass (S59).
pub(super) fn filter(cycle: &Cycle<'_>, filters: &Filters, node: &NodeInfo<'_>) -> Verdict {
    let snapshot = cycle.snapshot;
    let mut nominated = snapshot
        .around
        .nominated(node.id)
        .iter()
        .filter(|other| other.pod != cycle.id)
        .map(|other| (other.pod, other.shape, snapshot.shape(other.shape)))
        .filter(|other| other.2.priority() >= cycle.pod.priority())
        .peekable();
    if nominated.peek().is_some() {
        let (mut row, mut amounts) = (node.row.clone(), *node.amounts);
        let mut with = cycle.clone();
        for (pod, shape, other) in nominated {
            row.pods.push(PlacedPod::new(pod, shape));
            count(&mut row, &mut amounts, other, 1);
            let changed = NodeInfo {
                id: node.id,
                row: &row,
                amounts: &amounts,
            };
            for plugin in &filters.asked {
                plugin.change_pods(&mut with, other, &changed, 1);
            }
        }
        let changed = NodeInfo {
            id: node.id,
            row: &row,
            amounts: &amounts,
        };
        let verdict = filter_once(&with, filters, &changed);
        if !verdict.fits() {
            return verdict;
        }
    }
    filter_once(cycle, filters, node)
}

/// Asks the filters about one node: the first that rejects it decides (S58).
fn filter_once(cycle: &Cycle<'_>, filters: &Filters, node: &NodeInfo<'_>) -> Verdict {
    filters
        .asked
        .iter()
        .map(|plugin| plugin.filter(cycle, node))
        .find(|verdict| !verdict.fits())
        .unwrap_or(Verdict::FITS)
}

pub(super) fn failed(
    cycle: &Cycle<'_>,
    filters: &Filters,
    candidates: &[NodeId],
    search: &Search,
) -> FitError {
    let nodes = cycle.snapshot.node_count();
    let visited = u32::try_from(candidates.len()).expect("fewer nodes");
    let mut error = FitError {
        nodes,
        absent: nodes - visited,
        ..FitError::default()
    };
    let mut verdicts = Histogram::default();
    for (_, verdict) in &search.rejected {
        verdicts.add(*verdict);
        error.rejectors.insert(verdict.plugin);
    }
    error.verdicts = verdicts;
    for plugin in &filters.subset_by {
        error.rejectors.insert(*plugin); // S56
    }
    error.absent_by.clone_from(&filters.subset_by);
    error
}

/// The totals of the feasible nodes (S64, S65).
fn totals(cycle: &mut Cycle<'_>, feasible: &[NodeId]) -> Vec<i64> {
    let mut totals = vec![0; feasible.len()];
    for scored in scores(cycle, feasible) {
        for (total, score) in totals.iter_mut().zip(scored.scores) {
            *total += score;
        }
    }
    totals
}

/// What one plugin gave the feasible nodes, in their order.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PluginScores {
    /// The plugin.
    pub plugin: PluginId,
    /// Its weight.
    pub weight: i64,
    /// Its own measure.
    pub raw: Vec<i64>,
    /// Normalised to 0..=100 and weighed.
    pub scores: Vec<i64>,
}

/// The scores of each plugin that scores, in order (S64, S65).
pub fn scores(cycle: &mut Cycle<'_>, feasible: &[NodeId]) -> Vec<PluginScores> {
    let framework = cycle.framework;
    let asked: Vec<_> = framework
        .scores
        .iter()
        .filter(|(plugin, _)| plugin.pre_score(cycle, feasible))
        .collect();
    let cycle = &*cycle;
    let score = |(plugin, weight): &(Arc<dyn Plugin>, i64)| {
        let info = |node: &NodeId| cycle.snapshot.info(*node);
        let raw = feasible.iter().map(|node| plugin.score(cycle, &info(node)));
        let raw: Vec<i64> = raw.collect();
        let mut scores = raw.clone();
        plugin.normalize(cycle, feasible, &mut scores);
        scores.iter_mut().for_each(|score| *score *= *weight);
        PluginScores {
            plugin: plugin.id(),
            weight: *weight,
            raw,
            scores,
        }
    };
    asked.into_iter().map(score).collect()
}
