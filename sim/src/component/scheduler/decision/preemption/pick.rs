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
pub(super) fn pick(candidates: &[Candidate], prices: &[Price]) -> (Vec<usize>, DecidingRule) {
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
        let cost = |place: &usize| cost(rule, &candidates[*place], &prices[*place]);
        let least = left.iter().map(cost).min();
        left.retain(|place| Some(cost(place)) == least);
        if left.len() == 1 {
            return (left, rule);
        }
    }
    (left, DecidingRule::Tie)
}

/// What the victims of a candidate are worth.
#[derive(Clone, Copy, Debug)]
pub(in crate::component::scheduler::decision) struct Price {
    /// The highest priority.
    highest: i64,
    /// The sum of priorities, each with [`OFFSET`].
    sum: i64,
    /// When the first of those with the highest priority started; never is late.
    started: i64,
}

impl Price {
    pub(super) fn new(victims: &[PlacedPod], snapshot: &Snapshot) -> Self {
        let mut price = Self {
            highest: i64::MIN,
            sum: 0,
            started: i64::MAX,
        };
        for placed in victims {
            let priority = i64::from(snapshot.shape(placed.shape).priority());
            let started = placed.started.unwrap_or(i64::MAX);
            price.sum += priority + OFFSET;
            if priority > price.highest {
                price.highest = priority;
                price.started = started;
            } else if priority == price.highest {
                price.started = price.started.min(started);
            }
        }
        price
    }
}

/// What a rule has against a candidate: the least is best.
fn cost(rule: DecidingRule, candidate: &Candidate, price: &Price) -> i64 {
    match rule {
        DecidingRule::MinPdbViolations => i64::from(candidate.violations),
        DecidingRule::MinHighestPriority => price.highest,
        DecidingRule::MinSumPriorities => price.sum,
        DecidingRule::MinNumPods => i64::try_from(candidate.victims.len()).expect("fewer pods"),
        DecidingRule::LatestStartTime => -price.started,
        DecidingRule::OnlyCandidate | DecidingRule::Tie => 0,
    }
}
