//! Everything about one decision by the letter of the rules: what people ask for afterwards.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use wavetank_core::id::NodeId;

use super::Request;
use super::choose::choose;
use super::cycle::Cycle;
use super::fit_error::FitError;
use super::framework::Framework;
use super::plain::{self, PluginScores};
use super::preemption::{PostFilter, post_filter};
use super::shape::PodShape;
use super::snapshot::Snapshot;
use super::verdict::Verdict;
use crate::component::scheduler::plugin::PluginId;

/// One decision, step by step.
#[derive(Clone, Debug, Default)]
pub struct Trace {
    /// Which plugin rejected the pod before any node was looked at, and why (S54).
    pub rejected: Option<(PluginId, Cow<'static, str>)>,
    /// The filters that had nothing to say about the pod (S53).
    pub skipped: Vec<PluginId>,
    /// What was said about every node that was looked at, in the order of the list of nodes; when the
    /// nominated node takes the pod, of that alone (S55).
    pub verdicts: Vec<(NodeId, Asked)>,
    /// The nodes that fit, in the order in which they were visited.
    pub feasible: Vec<NodeId>,
    /// What each plugin gave them; nothing when fewer than two fit (S57).
    pub scores: Vec<PluginScores>,
    /// The sums of those.
    pub totals: Vec<i64>,
    /// The node that is taken.
    pub chosen: Option<NodeId>,
    /// That no node fits, and what was tried then.
    pub failure: Option<(Box<FitError>, PostFilter)>,
    /// Where the next search begins (S62).
    pub next_start: u32,
}

/// What was said about a node.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Asked {
    /// The filters said this.
    Verdict(Verdict),
    /// The pod names the nodes that it can run on, and this is none of them (S56).
    Absent,
}

impl Asked {
    /// Who rejected a pod, and why; nobody when it fits.
    #[must_use]
    pub fn told(&self, framework: &Framework, pod: &PodShape) -> (String, Vec<String>) {
        match self {
            Self::Verdict(verdict) if verdict.fits() => (String::new(), Vec::new()),
            Self::Verdict(verdict) => (
                verdict.plugin.name().to_owned(),
                framework.reasons(pod, *verdict),
            ),
            Self::Absent => {
                let why = "node(s) didn't satisfy plugin(s) [NodeAffinity]"; // S56
                (PluginId::NodeAffinity.name().to_owned(), vec![why.into()])
            }
        }
    }
}

impl Trace {
    /// The nodes with the most, in order of their names.
    #[must_use]
    pub fn best(&self, snapshot: &Snapshot) -> Vec<NodeId> {
        let most = self.totals.iter().max();
        let scored = self.feasible.iter().zip(&self.totals);
        let best = scored.filter(|entry| Some(entry.1) == most);
        let mut best: Vec<NodeId> = best.map(|entry| *entry.0).collect();
        best.sort_by_key(|node| &snapshot.node(*node).name);
        best
    }

    /// The message of a pod that fits nowhere, before and after PostFilter.
    #[must_use]
    pub fn messages(
        &self,
        framework: &Framework,
        snapshot: &Snapshot,
        request: &Request,
    ) -> Option<(String, String)> {
        let (error, post) = self.failure.as_ref()?;
        let pod = snapshot.shape(request.shape);
        let before = error.text(framework, pod, "");
        Some((before, error.text(framework, pod, &post.text)))
    }
}

/// Decides as [`plain::decide`] does, and keeps everything. The snapshot must have been refreshed, and
/// have a node.
#[must_use]
pub fn trace(
    framework: &Framework,
    snapshot: &Snapshot,
    request: &Request,
    next_start: u32,
) -> Trace {
    let pod = snapshot.shape(request.shape);
    let mut cycle = Cycle::new(framework, snapshot, pod, request.pod);
    let mut trace = Trace {
        next_start,
        ..Trace::default()
    };
    let filters = match plain::pre_filter(&mut cycle) {
        Ok(filters) => filters,
        Err(error) => {
            let plugin = framework.filters.iter().map(|plugin| plugin.id());
            let plugin = plugin.into_iter().find(|id| error.rejectors.contains(*id));
            trace.rejected = plugin.zip(error.rejected.clone());
            let post = post_filter(framework, snapshot, request, &error, 0);
            trace.failure = Some((error, post));
            return trace;
        }
    };
    let ids = framework.filters.iter().map(|plugin| plugin.id());
    trace.skipped = ids.filter(|id| !filters.asks(*id)).collect();
    if plain::nominated_fits(&cycle, &filters, request) {
        let node = request.nominated.expect("it fits");
        trace.verdicts = vec![(node, Asked::Verdict(Verdict::FITS))];
        trace.feasible = vec![node];
        trace.chosen = Some(node);
        return trace;
    }
    let candidates = filters.candidates(snapshot);
    let search = plain::search(
        &cycle,
        &filters,
        &candidates,
        request.percentage,
        next_start,
    );
    trace.next_start = search.next_start;
    let fits = search.feasible.iter().map(|node| (*node, Verdict::FITS));
    let verdicts: BTreeMap<NodeId, Verdict> = search.rejected.iter().copied().chain(fits).collect();
    let asked: BTreeSet<NodeId> = candidates.iter().copied().collect();
    let said = |node: &NodeId| match verdicts.get(node) {
        Some(verdict) => Some((*node, Asked::Verdict(*verdict))),
        None => (!asked.contains(node)).then_some((*node, Asked::Absent)),
    };
    trace.verdicts = snapshot.list().iter().filter_map(said).collect();
    if search.feasible.is_empty() {
        let error = Box::new(plain::failed(&cycle, &filters, &candidates, &search));
        let post = post_filter(framework, snapshot, request, &error, 0);
        trace.failure = Some((error, post));
        return trace;
    }
    trace.feasible = search.feasible;
    trace.chosen = trace.feasible.first().copied();
    if trace.feasible.len() > 1 {
        trace.scores = plain::scores(&mut cycle, &trace.feasible);
        trace.totals = vec![0; trace.feasible.len()];
        for scored in &trace.scores {
            for (total, score) in trace.totals.iter_mut().zip(&scored.scores) {
                *total += score;
            }
        }
        trace.chosen = choose(&trace.totals).map(|place| trace.feasible[place]);
    }
    trace
}
