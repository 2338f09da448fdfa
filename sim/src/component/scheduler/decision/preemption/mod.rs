//! PostFilter: what is tried when no node fits (S140–S153).
//!
//! DynamicResources answers first, then DefaultPreemption, which looks for a node on which the pod fits
//! when pods of lower priority are gone. Nothing is carried out here.

mod dry_run;
mod pick;

use std::collections::BTreeMap;

use wavetank_core::id::{NodeId, PodId};

pub use pick::DecidingRule;

use super::Request;
use super::cycle::Cycle;
use super::fit_error::{FitError, histogram_text};
use super::framework::{Framework, PreemptionArgs};
use super::plain::{self, Filters, filter};
use super::shape::PodShape;
use super::snapshot::Snapshot;
use super::verdict::Verdict;
use dry_run::Scene;
pub(super) use dry_run::{Stage, Try, dry_run};

/// Why a dry run fails at once (S148).
const NO_VICTIMS: &str = "No preemption victims found for incoming pod";

/// What PostFilter came to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PostFilter {
    /// What it adds to the message; nothing when preemption helps (S142).
    pub text: String,
    /// The preemption that helps.
    pub preemption: Option<Preemption>,
    /// Whether an earlier nomination of the pod stays (S141, S144).
    pub keeps_nomination: bool,
}

/// A preemption that makes room.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Preemption {
    /// Every node on which it would, in the order in which they were tried.
    pub candidates: Vec<Candidate>,
    /// Those between which no rule decides, as places in `candidates`. The first is taken.
    pub equally_best: Vec<usize>,
    /// The rule that decided.
    pub rule: DecidingRule,
}

/// A node, and who would have to go.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Candidate {
    /// The node.
    pub node: NodeId,
    /// The victims, the most important first (S148).
    pub victims: Vec<PodId>,
    /// How many of them a budget protects (S149).
    pub violations: u32,
}

impl Preemption {
    /// The candidate that is taken: of equals, the first (S177).
    ///
    /// # Panics
    ///
    /// When there is none.
    #[must_use]
    pub fn chosen(&self) -> &Candidate {
        &self.candidates[self.equally_best[0]]
    }
}

/// What tells about nodes.
pub(super) trait Means {
    /// What the filters say about the nodes in question, in the order of the list.
    fn verdicts(&self) -> Vec<(NodeId, Verdict)>;
    /// Who would have to go from a node.
    fn try_node(&self, node: NodeId) -> Try;
    /// Whether it is known that no pod on any node could go.
    fn has_no_victims(&self) -> bool {
        false
    }
}

/// The letter of the rules.
struct Plain<'a> {
    cycle: Cycle<'a>,
    filters: Filters,
}

impl Means for Plain<'_> {
    fn verdicts(&self) -> Vec<(NodeId, Verdict)> {
        let snapshot = self.cycle.snapshot;
        let found = self.filters.candidates(snapshot).into_iter();
        found
            .map(|node| {
                let info = snapshot.info(node);
                (node, filter(&self.cycle, &self.filters, &info))
            })
            .collect()
    }

    fn try_node(&self, node: NodeId) -> Try {
        dry_run(self.cycle.snapshot, self.cycle.pod, node, || {
            Scene::new(&self.cycle, &self.filters, node)
        })
    }
}

/// What is tried for a pod that fits nowhere. `offset` is the place among the nodes in question at which
/// the search begins: random in the original (S147), and without meaning below 100 of them.
#[must_use]
pub fn post_filter(
    framework: &Framework,
    snapshot: &Snapshot,
    request: &Request,
    error: &FitError,
    offset: u64,
) -> PostFilter {
    let means = || {
        let pod = snapshot.shape(request.shape);
        let mut cycle = Cycle::new(framework, snapshot, pod, request.pod);
        let filters = plain::pre_filter(&mut cycle).ok()?;
        Some(Plain { cycle, filters })
    };
    post_filter_by(framework, snapshot, request, error, offset, means)
}

/// The same, however nodes are asked.
pub(super) fn post_filter_by<M: Means>(
    framework: &Framework,
    snapshot: &Snapshot,
    request: &Request,
    error: &FitError,
    offset: u64,
    means: impl FnOnce() -> Option<M>,
) -> PostFilter {
    let told = |text: &str, keeps_nomination: bool| PostFilter {
        text: text.to_owned(),
        preemption: None,
        keeps_nomination,
    };
    if error.rejected.is_some() && framework.claims {
        return told("not found", true); // S141
    }
    let claims = match framework.claims {
        true => "no new claims to deallocate", // S140
        false => "",
    };
    let Some(args) = framework.preemption else {
        return told(claims, true);
    };
    let preemption = match framework.claims {
        true => format!("{claims}, preemption:"), // S143
        false => "preemption:".to_owned(),
    };
    let pod = snapshot.shape(request.shape);
    // S144
    let not_eligible = |why: &str| told(&format!("{preemption} not eligible due to {why}."), true);
    if pod.spec().never_preempts {
        return not_eligible("preemptionPolicy=Never");
    }
    let Some(means) = means() else {
        let text = nested_text(snapshot, BTreeMap::new(), 0); // S54: no node can be helped
        return told(&format!("{preemption} {text}"), false);
    };
    if means.has_no_victims() {
        let text = text_without_victims(snapshot, error);
        return told(&format!("{preemption} {text}"), false);
    }
    let verdicts = means.verdicts();
    if is_waiting_for_room(snapshot, request, &verdicts) {
        return not_eligible("a terminating pod on the nominated node");
    }
    let potential = verdicts.into_iter().filter(|entry| !entry.1.unresolvable);
    let potential: Vec<NodeId> = potential.map(|entry| entry.0).collect(); // S145
    let tries = tries(&means, &potential, args, offset);
    let (mut candidates, mut prices) = (Vec::new(), Vec::new());
    let mut failures = Vec::new();
    for tried in tries {
        match tried {
            Try::Works(candidate, price) => {
                candidates.push(candidate);
                prices.push(price);
            }
            Try::Fails(verdict) => failures.push(verdict),
        }
    }
    if candidates.is_empty() {
        let text = nested_text(
            snapshot,
            reasons(framework, pod, &failures),
            u32::try_from(failures.len()).expect("fewer nodes"),
        );
        return told(&format!("{preemption} {text}"), false);
    }
    let (equally_best, rule) = pick::pick(&candidates, &prices);
    PostFilter {
        text: String::new(),
        preemption: Some(Preemption {
            candidates,
            equally_best,
            rule,
        }),
        keeps_nomination: false,
    }
}

/// Whether victims of the pod's own earlier preemption are still going, on a node that can be helped
/// (S144).
fn is_waiting_for_room(
    snapshot: &Snapshot,
    request: &Request,
    verdicts: &[(NodeId, Verdict)],
) -> bool {
    let Some(node) = request.nominated else {
        return false;
    };
    let is_helpless = verdicts.iter().any(|it| it.0 == node && it.1.unresolvable);
    let priority = snapshot.shape(request.shape).priority();
    snapshot.place(node).is_some()
        && !is_helpless
        && snapshot.node(node).pods.iter().any(|placed| {
            placed.terminating
                && placed.preempted
                && snapshot.shape(placed.shape).priority() < priority
        })
}

/// Tries node after node, as many as the profile asks for (S147).
fn tries(means: &impl Means, potential: &[NodeId], args: PreemptionArgs, offset: u64) -> Vec<Try> {
    let count = potential.len();
    let share = u64::from(args.percentage) * count as u64 / 100;
    let wanted = share.max(u64::from(args.absolute)).min(count as u64);
    let mut tries = Vec::new();
    let (mut safe, mut violating) = (0, 0);
    for step in 0..count {
        let place = (offset % count as u64 + step as u64) % count as u64;
        let node = potential[usize::try_from(place).expect("a place")];
        let tried = means.try_node(node);
        if let Try::Works(candidate, _) = &tried {
            match candidate.violations {
                0 => safe += 1,
                _ => violating += 1,
            }
        }
        tries.push(tried);
        if safe > 0 && safe + violating >= wanted {
            break;
        }
    }
    tries
}

/// The text when nobody could go, from no node that could be helped (S145, S148).
fn text_without_victims(snapshot: &Snapshot, error: &FitError) -> String {
    let verdicts = error.verdicts.iter();
    let potential = verdicts.filter(|entry| !entry.0.unresolvable && !entry.0.fits());
    let failures: u32 = potential.map(|entry| entry.1).sum();
    let counts = BTreeMap::from([(NO_VICTIMS.to_owned(), failures)]);
    nested_text(snapshot, counts, failures)
}

/// How often dry runs failed for which reason.
fn reasons(
    framework: &Framework,
    pod: &PodShape,
    failures: &[Option<Verdict>],
) -> BTreeMap<String, u32> {
    let mut counts: BTreeMap<String, u32> = BTreeMap::new();
    for failure in failures {
        let reasons = match failure {
            Some(verdict) => framework.reasons(pod, *verdict),
            None => vec![NO_VICTIMS.to_owned()],
        };
        for reason in reasons {
            *counts.entry(reason).or_default() += 1;
        }
    }
    counts
}

/// Why no node can be freed: an error within the error (S146).
fn nested_text(snapshot: &Snapshot, mut counts: BTreeMap<String, u32>, tried: u32) -> String {
    let nodes = snapshot.node_count();
    if nodes > tried {
        let reason = "Preemption is not helpful for scheduling".to_owned();
        *counts.entry(reason).or_default() += nodes - tried;
    }
    counts.retain(|_, nodes| *nodes > 0);
    format!(
        "0/{nodes} nodes are available: {}.",
        histogram_text(&counts)
    )
}
