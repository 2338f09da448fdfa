//! What is compared: the fields of a decision, and of a step of a sequence.

use std::collections::BTreeMap;
use std::fmt;

/// A field, in the order of reports.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Field {
    /// PreEnqueue's refusal.
    Gated,
    /// PreFilter's rejection for all nodes.
    PreFilter,
    /// The filters that had nothing to say.
    SkippedFilters,
    /// The scores that had nothing to say.
    SkippedScores,
    /// By node: whether the pod fits, who rejected it first, with which code.
    Verdict,
    /// By node: why.
    Reasons,
    /// By plugin and node: the plugin's own measure.
    Raw(String),
    /// By plugin and node: normalised and weighed.
    Score(String),
    /// By node: the sum.
    Total,
    /// The nodes with the largest sum.
    Best,
    /// The message before PostFilter.
    FitError,
    /// The message after PostFilter.
    FailureMessage,
    /// What PostFilter said when no preemption helps.
    PostFilter,
    /// By node: whether preemption would help there.
    Candidates,
    /// By candidate: who would have to go, in order.
    CandidateVictims,
    /// By candidate: how many of those a budget protects.
    CandidateViolations,
    /// The candidates that no rule tells apart.
    EquallyBest,
    /// The candidate that is taken.
    Nominated,
    /// Its victims.
    Victims,
    /// How many of those a budget protects.
    Violations,
    /// The rule that decided between candidates.
    DecidingRule,
    /// Of a step: where the pod was placed.
    StepNode,
    /// Of a step: how many nodes fitted.
    StepFeasible,
    /// Of a step: the total of the chosen node.
    StepScore,
    /// Of a step: how many nodes share it.
    StepTies,
    /// Of a step: why the pod was not placed.
    StepMessage,
    /// Of a step: where preemption made room.
    StepNominated,
    /// Of a step: who had to go.
    StepVictims,
    /// Of a step: the message before preemption.
    StepFirstMessage,
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Gated => "gated",
            Self::PreFilter => "prefilter",
            Self::SkippedFilters => "skipped filters",
            Self::SkippedScores => "skipped scores",
            Self::Verdict => "verdict by node",
            Self::Reasons => "reasons by node",
            Self::Raw(plugin) => return write!(f, "raw score {plugin}"),
            Self::Score(plugin) => return write!(f, "score {plugin}"),
            Self::Total => "total by node",
            Self::Best => "best nodes",
            Self::FitError => "FitError",
            Self::FailureMessage => "failure message",
            Self::PostFilter => "postfilter",
            Self::Candidates => "preemption candidates",
            Self::CandidateVictims => "victims by candidate",
            Self::CandidateViolations => "violations by candidate",
            Self::EquallyBest => "equally best candidates",
            Self::Nominated => "nominated",
            Self::Victims => "victims",
            Self::Violations => "violations",
            Self::DecidingRule => "deciding rule",
            Self::StepNode => "step: node",
            Self::StepFeasible => "step: feasible nodes",
            Self::StepScore => "step: score",
            Self::StepTies => "step: ties",
            Self::StepMessage => "step: message",
            Self::StepNominated => "step: nominated",
            Self::StepVictims => "step: victims",
            Self::StepFirstMessage => "step: first message",
        })
    }
}

/// How often something agreed and differed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Count {
    /// How often it agreed.
    pub agree: u64,
    /// How often it differed.
    pub differ: u64,
}

/// How often each field agreed and differed.
pub type Tally = BTreeMap<Field, Count>;

/// Something that is not as it was recorded.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Difference {
    /// What.
    pub field: Field,
    /// Where in the decision: `feasible.node-3.reasons`, `step 17 default/web-2`.
    pub path: String,
    /// What the real scheduler said.
    pub recorded: String,
    /// What the model says.
    pub found: String,
}
