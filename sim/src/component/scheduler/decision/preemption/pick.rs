//! Which of several nodes is freed (S150).

use super::Candidate;
use crate::component::scheduler::decision::node::PlacedPod;
use crate::component::scheduler::decision::snapshot::Snapshot;

/// Added to each priority before they are summed, so that more victims never sum to less.
const OFFSET: i64 = 1 << 31;

/// The rule that left one candidate.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum DecidingRule {
    /// There was but one.
    OnlyCandidate,
    /// The fewest victims that a budget protects.
    MinPdbViolations,
    /// The lowest priority of the most important victim.
    MinHighestPriority,
    /// The smallest sum of priorities.
    MinSumPriorities,
    /// The fewest victims.
    MinNumPods,
    /// The most important victims started latest.
    LatestStartTime,
    /// None did.
    Tie,
}

impl DecidingRule {
    /// As a word.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::OnlyCandidate => "only-candidate",
            Self::MinPdbViolations => "min-pdb-violations",
            Self::MinHighestPriority => "min-highest-priority",
            Self::MinSumPriorities => "min-sum-priorities",
            Self::MinNumPods => "min-num-pods",
            Self::LatestStartTime => "latest-start-time",
            Self::Tie => "tie",
        }
    }
}

/// The places of the best candidates, and the rule that made them so.
pub(super) fn pick(snapshot: &Snapshot, candidates: &[Candidate]) -> (Vec<usize>, DecidingRule) {
    let mut left: Vec<usize> = (0..candidates.len()).collect();
    if left.len() == 1 {
        return (left, DecidingRule::OnlyCandidate);
    }
    let rules = [
        DecidingRule::MinPdbViolations,
        DecidingRule::MinHighestPriority,
        DecidingRule::MinSumPriorities,
        DecidingRule::MinNumPods,
        DecidingRule::LatestStartTime,
    ];
    for rule in rules {
        let cost = |place: &usize| cost(rule, &candidates[*place], snapshot);
        let least = left.iter().map(cost).min();
        left.retain(|place| Some(cost(place)) == least);
        if left.len() == 1 {
            return (left, rule);
        }
    }
    (left, DecidingRule::Tie)
}

/// What a rule has against a candidate: the least is best.
fn cost(rule: DecidingRule, candidate: &Candidate, snapshot: &Snapshot) -> i64 {
    let placed = |pod| {
        let pods = &snapshot.node(candidate.node).pods;
        let found: Option<&PlacedPod> = pods.iter().find(|placed| placed.pod == pod);
        found.expect("a victim of this node")
    };
    let priority = |pod| i64::from(snapshot.shape(placed(pod).shape).priority());
    let victims = candidate.victims.iter().copied();
    let highest = victims.clone().map(priority).max().unwrap_or(i64::MIN);
    match rule {
        DecidingRule::MinPdbViolations => i64::from(candidate.violations),
        DecidingRule::MinHighestPriority => highest,
        DecidingRule::MinSumPriorities => victims.map(|pod| priority(pod) + OFFSET).sum(),
        DecidingRule::MinNumPods => i64::try_from(candidate.victims.len()).expect("fewer pods"),
        DecidingRule::LatestStartTime => {
            let most = victims.filter(|pod| priority(*pod) == highest);
            let started = most.map(|pod| placed(pod).started.unwrap_or(i64::MAX));
            -started.min().unwrap_or(i64::MAX)
        }
        DecidingRule::OnlyCandidate | DecidingRule::Tie => 0,
    }
}
