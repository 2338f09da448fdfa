//! Leaves: what an expression reads of a run.

use super::target::TargetLeaf;

/// What an expression reads of a run.
#[derive(Clone, Debug)]
pub(super) enum Leaf {
    /// Requests of a source of traffic (its place in the plan), or of all.
    Requests(Option<usize>, RequestCount),
    /// A named step: its place in the timeline.
    Step(usize, StepField),
    /// A fault: its place among [`super::Compiled::faults`].
    Fault(usize, FaultField),
    /// Something that is counted from t = 0 on.
    Counter(Counter),
    /// From a pod's creation until it was first ready.
    ToReady(Statistic),
    /// Nodes that run pods of something else than DaemonSets.
    NodesUsed,
    /// From t = 0 to the end.
    RunDuration,
    /// Whether the run ended at rest.
    Steady,
    /// A function of a target.
    Target(TargetLeaf),
}

/// Which requests are counted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum RequestCount {
    /// All that were sent.
    Sent,
    /// Those that were answered well.
    Ok,
    /// All others.
    Lost,
    /// Those that ended so, by the number of the outcome.
    Cause(usize),
    /// Those that were under way when their server went: reset and cut.
    Killed,
}

/// What is asked of a step.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum StepField {
    Start,
    End,
    Duration,
    Exit,
}

/// What is asked of a fault.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum FaultField {
    /// When it first began.
    Start,
    /// When it last ended.
    End,
    /// How often it began.
    Count,
}

/// What is counted from t = 0 on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Counter {
    /// Pods that were created.
    PodsCreated,
    /// Restarts of containers.
    PodsRestarted,
    /// Pods that were evicted: by the API, by a taint, by their kubelet.
    PodsEvicted,
    /// Pods that were preempted.
    PodsPreempted,
    /// Processes that ended because memory ran out.
    PodsOomKilled,
    /// Evictions that the API server refused because of a budget.
    EvictionsRefused,
    /// Committed writes.
    ApiWrites,
    /// Writes that were refused because the object had changed.
    ApiConflicts,
}

/// One number of many.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Statistic {
    /// The quantile in thousandths.
    Quantile(u16),
    Max,
    Mean,
}

impl Leaf {
    /// Whether the value is known while the run goes on, at the instants of facts.
    pub(super) const fn is_live(&self) -> bool {
        match self {
            Self::Requests(_, count) => !matches!(count, RequestCount::Sent | RequestCount::Ok),
            Self::Step(..)
            | Self::Fault(..)
            | Self::Counter(_)
            | Self::NodesUsed
            | Self::Target(_) => true,
            Self::ToReady(_) | Self::RunDuration | Self::Steady => false,
        }
    }

    /// Whether records must be seen even when the value is asked for at the end only.
    pub(super) const fn is_counted(&self) -> bool {
        matches!(self, Self::Counter(_) | Self::ToReady(_) | Self::Fault(..))
    }
}
