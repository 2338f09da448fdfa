//! `explain POD --scheduling`: why this node, or why none.
//!
//! The scheduler's cache is made again as of a decision in the log: what its watches had brought by
//! then, and the pods whose bindings were on their way. The decision is then made again by the letter
//! of the rules, and compared with the one in the log.

use std::collections::BTreeMap;
use std::io::{Read, Seek};

use wavetank_core::delivery::Delivery;
use wavetank_core::fact::{Decision, Fact, Record};
use wavetank_core::id::{NodeId, ObjId, PodId};
use wavetank_core::log::{Entry, Reader, RecordError, Replay, Until};
use wavetank_core::state::Cluster;
use wavetank_core::state::view::{Cursors, View};
use wavetank_core::time::SimTime;

use super::clock::Clock;
use super::explain::ExplainError;
use super::names::Names;
use crate::component::scheduler::decision::Request;
use crate::component::scheduler::decision::framework::Framework;
use crate::component::scheduler::decision::snapshot::Snapshot;
use crate::component::scheduler::decision::trace::{Asked, Trace, trace};
use crate::component::scheduler::surroundings::cache;
use crate::network::{Process, Stream, Watched};
use crate::plan::settings::SchedulerSettings;

/// Why a pod was put where it was.
#[derive(Clone, Debug)]
pub struct Scheduling {
    /// `pod/web-1`
    pub pod: String,
    /// Every decision about the pod, in order.
    pub attempts: Vec<Attempt>,
    /// The one that is explained: the last of them.
    pub chosen: Attempt,
    /// The nodes, those with the most first, then those that do not fit.
    pub nodes: Vec<NodeLine>,
    /// The plugins that scored, with their weights.
    pub plugins: Vec<(&'static str, i64)>,
    /// The nodes with the most points, by name.
    pub best: Vec<String>,
    /// The node that the rules choose, and the one in the log, when they are not the same.
    pub differs: Option<(Option<String>, Option<String>)>,
    /// The message, when no node fits.
    pub message: Option<String>,
    /// The preemption that was found.
    pub preemption: Option<PreemptionLines>,
    /// Whether the log says what the scheduler knew: level `messages`.
    pub knows_deliveries: bool,
    /// The run's clocks.
    pub clock: Clock,
}

/// A decision about a pod.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Attempt {
    /// The record's number.
    pub seq: u64,
    /// When.
    pub at: SimTime,
    /// The node, if one was found.
    pub node: Option<String>,
    /// How many nodes fitted.
    pub feasible: u32,
}

/// What was said about a node.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NodeLine {
    /// Its name.
    pub name: String,
    /// Who rejected it and why; none when it fits.
    pub rejected: Option<(String, Vec<String>)>,
    /// By plugin: its own measure, and the points.
    pub scores: Vec<(i64, i64)>,
    /// The sum of the points.
    pub total: i64,
}

/// The nodes that could have been freed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PreemptionLines {
    /// By node: the victims, and how many of them budgets protect.
    pub candidates: Vec<(String, Vec<String>, u32)>,
    /// The node that is freed.
    pub nominated: String,
    /// The rule that decided.
    pub rule: &'static str,
}

/// Explains the last decision about a pod up to `at`, by the profile that the run had: a log does not
/// have it. Reads the log twice.
///
/// # Errors
///
/// When the log cannot be read, or has no decision about such a pod.
pub fn scheduling<S: Read + Seek>(
    mut open: impl FnMut() -> Result<Reader<S>, RecordError>,
    namespace: Option<&str>,
    name: &str,
    at: Option<SimTime>,
    settings: &SchedulerSettings,
) -> Result<Scheduling, ExplainError> {
    let mut replay = Replay::new(open()?);
    let clock = Clock::of(replay.header());
    let (mut names, mut decisions) = (Names::default(), Vec::new());
    replay.each(at.map_or(Until::End, Until::At), |_, record| {
        names.observe(record);
        if let Fact::Decided(decision) = record.fact {
            decisions.push((record.seq, record.at, decision));
        }
    })?;
    let last = replay.cluster();
    let is_asked = |pod: PodId| {
        let found = names.find(last, pod.into());
        found.is_some_and(|(its, space)| {
            its == name && namespace.is_none_or(|it| it == last.definitions.texts.get(space))
        })
    };
    let decided = decisions.iter().rev().find(|entry| is_asked(entry.2.pod));
    let Some((seq, _, decision)) = decided.copied() else {
        let what = format!("a decision of the scheduler about pod/{name}");
        return Err(ExplainError::NotFound(what));
    };
    let node_name = |node: NodeId| names.name(last, node.into());
    let attempts: Vec<Attempt> = decisions
        .iter()
        .filter(|entry| entry.2.pod == decision.pod)
        .map(|(seq, at, decision)| Attempt {
            seq: *seq,
            at: *at,
            node: decision.node.map(node_name),
            feasible: decision.feasible,
        })
        .collect();
    let mut replay = Replay::new(open()?);
    let known = Known::before(seq, &mut replay)?;
    let cluster = replay.cluster();
    let view = View::new(cluster, known.cursors());
    let profile = view
        .pod(decision.pod)
        .map_or("", |pod| &view.pod_spec(pod).scheduler_name);
    let profile = settings.profile(profile);
    let framework = &profile.framework;
    let cache = cache(view, &known.assumed(view), decision.pod, profile.percentage);
    let Some((snapshot, request)) = cache else {
        let what = "what the scheduler knew of the pod then".to_owned();
        return Err(ExplainError::NotFound(what));
    };
    let trace = trace(framework, &snapshot, &request, known.next_start);
    let path = |object: ObjId| names.path(last, object);
    let mut found = Scheduling {
        pod: path(decision.pod.into()),
        chosen: attempts.last().expect("the decision itself").clone(),
        attempts,
        nodes: Vec::new(),
        plugins: Vec::new(),
        best: Vec::new(),
        differs: None,
        message: None,
        preemption: None,
        knows_deliveries: known.has_deliveries,
        clock,
    };
    let texts = Texts {
        framework,
        snapshot: &snapshot,
        request: &request,
    };
    texts.fill(&mut found, &trace, &decision, &path);
    Ok(found)
}

/// What the scheduler knew: a fold over a log.
#[derive(Clone, Debug, Default)]
struct Known {
    cursors: Cursors,
    has_deliveries: bool,
    /// The pods that it put on nodes, by now bound or not.
    decided: BTreeMap<PodId, NodeId>,
    next_start: u32,
}

impl Known {
    /// What it knew when it made this decision.
    fn before<S: Read + Seek>(seq: u64, replay: &mut Replay<S>) -> Result<Self, RecordError> {
        let mut known = Self::default();
        while let Some(entry) = replay.step(Until::Seq(seq))? {
            known.observe(&entry, replay.cluster());
        }
        Ok(known)
    }

    fn observe(&mut self, entry: &Entry, cluster: &Cluster) {
        match entry {
            Entry::Fact(Record { fact, at, .. }) => {
                if let Fact::Decided(decision) = fact {
                    self.next_start = decision.next_start;
                    match decision.node {
                        Some(node) => self.decided.insert(decision.pod, node),
                        None => self.decided.remove(&decision.pod),
                    };
                } else if *at == SimTime::ZERO && !self.has_deliveries {
                    // What is there at the beginning was listed.
                    self.cursors = Cursors::all(cluster.store.rev);
                }
            }
            Entry::Delivery { delivery, .. } => {
                self.has_deliveries = true;
                if let Delivery::Watch { lane, upto } = delivery
                    && let Some(watched) = watched_by_scheduler(*lane)
                {
                    *watched.cursor(&mut self.cursors) = *upto;
                }
            }
            Entry::Definition(_) | Entry::Checkpoint { .. } => {}
        }
    }

    const fn cursors(&self) -> Cursors {
        if self.has_deliveries {
            self.cursors
        } else {
            Cursors::LATEST
        }
    }

    /// Those of which no binding had been seen.
    fn assumed(&self, view: View<'_>) -> BTreeMap<PodId, NodeId> {
        let decided = self.decided.iter();
        let unbound = |pod: &PodId| view.pod(*pod).is_some_and(|pod| pod.node.is_none());
        decided
            .filter(|entry| unbound(entry.0))
            .map(|(pod, node)| (*pod, *node))
            .collect()
    }
}

/// The stream of the scheduler that has this lane.
fn watched_by_scheduler(lane: u32) -> Option<Watched> {
    let process = Process::Scheduler;
    let is_it = |watched: &Watched| {
        let watched = *watched;
        Stream { process, watched }.lane().0 == lane
    };
    Watched::ALL.into_iter().find(is_it)
}

/// Turns a trace into names and texts.
struct Texts<'a> {
    framework: &'a Framework,
    snapshot: &'a Snapshot,
    request: &'a Request,
}

impl Texts<'_> {
    fn name(&self, node: NodeId) -> String {
        self.snapshot.node(node).name.to_string()
    }

    fn fill(
        &self,
        found: &mut Scheduling,
        trace: &Trace,
        decision: &Decision,
        path: &dyn Fn(ObjId) -> String,
    ) {
        let plugins = trace.scores.iter();
        found.plugins = plugins.map(|it| (it.plugin.name(), it.weight)).collect();
        found.nodes = trace
            .verdicts
            .iter()
            .map(|it| self.line(it, trace))
            .collect();
        found.nodes.sort_by(|a, b| {
            let key = |line: &NodeLine| (line.rejected.is_some(), std::cmp::Reverse(line.total));
            key(a).cmp(&key(b)).then_with(|| a.name.cmp(&b.name))
        });
        let best = trace.best(self.snapshot);
        found.best = best.into_iter().map(|node| self.name(node)).collect();
        if trace.chosen != decision.node {
            let name = |node: Option<NodeId>| node.map(|node| self.name(node));
            found.differs = Some((name(trace.chosen), name(decision.node)));
        }
        let messages = trace.messages(self.framework, self.snapshot, self.request);
        found.message = messages.map(|it| it.1);
        let post = trace.failure.as_ref().map(|it| &it.1);
        found.preemption = post.and_then(|it| it.preemption.as_ref()).map(|it| {
            let victims = |pods: &[PodId]| pods.iter().map(|pod| path((*pod).into())).collect();
            let candidates = it.candidates.iter();
            PreemptionLines {
                candidates: candidates
                    .map(|it| (self.name(it.node), victims(&it.victims), it.violations))
                    .collect(),
                nominated: self.name(it.chosen().node),
                rule: it.rule.name(),
            }
        });
    }

    fn line(&self, (node, asked): &(NodeId, Asked), trace: &Trace) -> NodeLine {
        let pod = self.snapshot.shape(self.request.shape);
        let rejected = asked.told(self.framework, pod);
        let rejected = Some(rejected).filter(|it| !it.0.is_empty());
        let place = trace.feasible.iter().position(|other| other == node);
        let scores = match place {
            Some(place) => trace
                .scores
                .iter()
                .map(|it| (it.raw[place], it.scores[place]))
                .collect(),
            None => Vec::new(),
        };
        NodeLine {
            name: self.name(*node),
            rejected,
            scores,
            total: place
                .and_then(|place| trace.totals.get(place))
                .copied()
                .unwrap_or_default(),
        }
    }
}
