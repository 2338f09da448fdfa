//! The built-in names: `requests.users.lost`, `steps.rollout.duration`.

use wavetank_core::fact::traffic::Outcome;

use super::leaf::{Counter, FaultField, Leaf, RequestCount, Statistic, StepField};
use super::target::TargetLeaf;
use crate::scenario::expr::Function;

/// The names that a scenario gives.
#[derive(Clone, Debug, Default)]
pub(super) struct Known {
    /// Sources of traffic, in the order of the plan.
    pub(super) traffic: Vec<String>,
    /// Steps of the timeline, in the order of the plan.
    pub(super) steps: Vec<Option<String>>,
    /// Faults.
    pub(super) faults: Vec<String>,
}

/// Why a name has no leaf.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Missing {
    /// It is known, and cannot be measured yet.
    NotThereYet,
    /// Nothing is called so.
    Unknown,
}

/// The leaf behind a name.
pub(super) fn leaf(path: &[String], known: &Known) -> Result<Leaf, Missing> {
    let path: Vec<&str> = path.iter().map(String::as_str).collect();
    match path.as_slice() {
        ["requests", rest @ ..] => requests(rest, known),
        ["steps", name, field] => {
            let steps = &known.steps;
            let place = steps.iter().position(|step| step.as_deref() == Some(*name));
            let field = match *field {
                "start" => StepField::Start,
                "end" => StepField::End,
                "duration" => StepField::Duration,
                "exit" => StepField::Exit,
                _ => return Err(Missing::Unknown),
            };
            let place = place.ok_or(Missing::Unknown)?;
            Ok(Leaf::Step(place, field))
        }
        ["faults", name, field] => {
            let place = known.faults.iter().position(|fault| fault == name);
            let field = match *field {
                "start" => FaultField::Start,
                "end" => FaultField::End,
                "count" => FaultField::Count,
                _ => return Err(Missing::Unknown),
            };
            Ok(Leaf::Fault(place.ok_or(Missing::Unknown)?, field))
        }
        ["pods", "toReady", which] => Ok(Leaf::ToReady(statistic(which)?)),
        ["pods", "created"] => Ok(Leaf::Counter(Counter::PodsCreated)),
        ["pods", "restarted"] => Ok(Leaf::Counter(Counter::PodsRestarted)),
        ["pods", "evicted"] => Ok(Leaf::Counter(Counter::PodsEvicted)),
        ["pods", "preempted"] => Ok(Leaf::Counter(Counter::PodsPreempted)),
        ["pods", "oomKilled"] => Ok(Leaf::Counter(Counter::PodsOomKilled)),
        ["nodes", "used"] => Ok(Leaf::NodesUsed),
        ["nodes", "notReady"] => Ok(Leaf::Target(TargetLeaf::nodes_not_ready())),
        ["evictions", "refused"] => Ok(Leaf::Counter(Counter::EvictionsRefused)),
        ["kills", "inFlight"] => Ok(Leaf::Requests(None, RequestCount::Killed)),
        ["api", "writes"] => Ok(Leaf::Counter(Counter::ApiWrites)),
        ["api", "conflicts"] => Ok(Leaf::Counter(Counter::ApiConflicts)),
        ["run", "duration"] => Ok(Leaf::RunDuration),
        ["steady"] => Ok(Leaf::Steady),
        _ => Err(Missing::Unknown),
    }
}

fn requests(rest: &[&str], known: &Known) -> Result<Leaf, Missing> {
    let source = rest
        .first()
        .and_then(|name| known.traffic.iter().position(|traffic| traffic == name));
    let rest = &rest[usize::from(source.is_some())..];
    let count = match rest {
        ["sent"] => RequestCount::Sent,
        ["ok"] => RequestCount::Ok,
        ["lost"] => RequestCount::Lost,
        ["lost", cause] => {
            let mut lost = Outcome::ALL[1..].iter();
            let place = lost.position(|outcome| outcome.name() == *cause);
            RequestCount::Cause(place.ok_or(Missing::Unknown)? + 1)
        }
        ["latency", ..] => return Err(Missing::NotThereYet),
        _ => return Err(Missing::Unknown),
    };
    Ok(Leaf::Requests(source, count))
}

fn statistic(name: &str) -> Result<Statistic, Missing> {
    match name {
        "max" => Ok(Statistic::Max),
        "mean" => Ok(Statistic::Mean),
        _ => match Function::named(name) {
            Some(Function::Quantile(thousandths)) => Ok(Statistic::Quantile(thousandths)),
            Some(_) | None => Err(Missing::Unknown),
        },
    }
}
