//! The meter of one run.

use std::sync::Arc;

use wavetank_core::fact::{Fact, Record};
use wavetank_core::id::Kind;
use wavetank_core::state::Cluster;
use wavetank_core::time::SimTime;

use super::code::Values;
use super::compile::{Compiled, Expected, Judgement};
use super::fold::{Fold, FoldKind};
use super::leaf::{Counter, Leaf, RequestCount, StepField};
use super::show::duration_text;
use super::track::{Tracker, counts};
use super::{Expectation, Measured};
use crate::check::Violation;
use crate::engine::outcome::{Requests, StepOutcome};
use crate::scenario::expr::Amount;

/// What a run came to, for measures that are known at its end.
#[derive(Clone, Copy, Debug)]
pub struct Ending<'a> {
    /// When the run ended, since it began.
    pub ended: SimTime,
    /// Whether it ended in a steady state.
    pub steady: bool,
    /// What the sources of traffic saw, in the order of the plan.
    pub requests: &'a [Requests],
    /// What the steps did.
    pub steps: &'a [StepOutcome],
    /// Invariants that did not hold.
    pub violations: &'a [Violation],
    /// The cluster at the end.
    pub cluster: &'a Cluster,
}

/// Measures one run. It looks on: nothing in the run depends on it.
#[derive(Clone, Debug)]
pub struct Meter {
    compiled: Arc<Compiled>,
    /// When t = 0 was; none before.
    zero: Option<SimTime>,
    trackers: Vec<Tracker>,
    folds: Vec<Fold>,
    /// What decided a watch of [`FoldKind::Ever`].
    details: Vec<String>,
    interests: Interests,
    /// Watches whose leaves have changed, kept for its capacity.
    dirty: Vec<usize>,
}

/// Which leaves look at which facts.
#[derive(Clone, Debug, Default)]
struct Interests {
    /// Whether any record is of interest.
    any: bool,
    kinds: Vec<Vec<usize>>,
    writes: Vec<usize>,
    runtime: Vec<usize>,
    requests: Vec<usize>,
    steps: Vec<usize>,
    faults: Vec<usize>,
    refusals: Vec<usize>,
}

impl Meter {
    /// A meter for one run: nothing is measured before [`Self::begin`].
    #[must_use]
    pub fn new(compiled: Arc<Compiled>) -> Self {
        let interests = Interests::of(&compiled);
        let folds = compiled.watches.iter().map(|watch| Fold::new(watch.kind));
        Self {
            zero: None,
            trackers: vec![Tracker::Off; compiled.leaves.len()],
            folds: folds.collect(),
            details: vec![String::new(); compiled.watches.len()],
            interests,
            dirty: Vec::new(),
            compiled,
        }
    }

    /// What is measured.
    #[must_use]
    pub const fn compiled(&self) -> &Arc<Compiled> {
        &self.compiled
    }

    /// t = 0: what happened before is not measured. `schedule` names the steps of the run's fault
    /// schedule. A second call does nothing.
    ///
    /// Without a warm-up, call it before the first record.
    pub fn begin<'a>(
        &mut self,
        zero: SimTime,
        schedule: impl IntoIterator<Item = &'a str>,
        cluster: &Cluster,
    ) {
        if self.zero.is_some() {
            return;
        }
        self.zero = Some(zero);
        let schedule: Vec<&str> = schedule.into_iter().collect();
        let compiled = Arc::clone(&self.compiled);
        for (place, used) in compiled.leaves.iter().enumerate() {
            if used.is_watched || used.leaf.is_counted() {
                let name = |fault: usize| compiled.faults[fault].clone();
                self.trackers[place] = Tracker::begin(&used.leaf, name, &schedule, cluster);
            }
        }
        for watch in 0..self.folds.len() {
            self.evaluate(watch, zero);
        }
    }

    /// A record was applied to `cluster`.
    #[inline]
    pub fn observe(&mut self, record: &Record, cluster: &Cluster) {
        if self.interests.any && self.zero.is_some() {
            self.look(record, cluster);
        }
    }

    fn look(&mut self, record: &Record, cluster: &Cluster) {
        let Some(zero) = self.zero else { return };
        let (list, writes) = self.interests.in_fact(&record.fact);
        let leaves = &self.compiled.leaves;
        for place in list.iter().chain(writes) {
            if self.trackers[*place].observe(record, zero, cluster) {
                for watch in &leaves[*place].watches {
                    if !self.dirty.contains(watch) {
                        self.dirty.push(*watch);
                    }
                }
            }
        }
        let mut dirty = std::mem::take(&mut self.dirty);
        for watch in dirty.drain(..) {
            self.evaluate(watch, record.at);
        }
        self.dirty = dirty;
    }

    /// Takes the value of a watch anew.
    fn evaluate(&mut self, number: usize, at: SimTime) {
        if self.folds[number].is_decided() {
            return;
        }
        let watch = &self.compiled.watches[number];
        let live = Live {
            compiled: &self.compiled,
            trackers: &self.trackers,
        };
        let value = watch.code.value(&live);
        self.folds[number].set(at, value);
        let is_met = matches!(watch.kind, FoldKind::Ever(_)) && self.folds[number].met.is_some();
        if is_met {
            self.details[number] = watch.code.explain(&watch.expr, &watch.text, &live);
        }
    }

    /// The run has ended.
    #[must_use]
    pub fn finish(mut self, ending: &Ending<'_>) -> Measured {
        for fold in &mut self.folds {
            fold.end(ending.ended);
        }
        let compiled = Arc::clone(&self.compiled);
        let leaves = compiled.leaves.iter().zip(&self.trackers);
        let leaves: Vec<Option<Amount>> = leaves
            .map(|(used, tracker)| self.final_value(&used.leaf, tracker, ending))
            .collect();
        let end = End {
            leaves,
            folds: &self.folds,
            zero: self.zero.unwrap_or(ending.ended),
        };
        let columns = compiled.columns.iter().zip(&compiled.values);
        let values = columns.map(|(column, code)| (column.name.clone(), code.value(&end)));
        let expectations = compiled.expected.iter();
        Measured {
            values: values.collect(),
            inner: compiled
                .inner_values
                .iter()
                .map(|code| code.value(&end))
                .collect(),
            expectations: expectations
                .map(|expected| self.judge(expected, &end, ending))
                .collect(),
        }
    }

    /// The value of a leaf at the end.
    #[allow(clippy::cast_precision_loss)]
    fn final_value(&self, leaf: &Leaf, tracker: &Tracker, ending: &Ending<'_>) -> Option<Amount> {
        let zero = self.zero?;
        let since_zero = |at: SimTime| i128::from(at.nanos()) - i128::from(zero.nanos());
        match leaf {
            Leaf::Requests(source, which) => {
                let sources = ending.requests.iter().enumerate();
                let ours =
                    sources.filter(|(place, _)| source.is_none_or(|source| source == *place));
                let total: u64 = ours.map(|(_, requests)| count(requests, *which)).sum();
                Some(Amount::Number(total as f64))
            }
            Leaf::Step(step, field) => {
                let outcome = ending.steps.get(*step)?;
                let began = since_zero(outcome.began?);
                let duration = outcome.duration.map(|it| i128::from(it.nanos()));
                match field {
                    StepField::Start => Some(Amount::Duration(began)),
                    StepField::End => Some(Amount::Duration(began + duration?)),
                    StepField::Duration => duration.map(Amount::Duration),
                    StepField::Exit => duration.map(|_| Amount::Number(f64::from(outcome.exit))),
                }
            }
            Leaf::RunDuration => Some(Amount::Duration(since_zero(ending.ended))),
            Leaf::Steady => Some(Amount::Bool(ending.steady)),
            Leaf::Fault(..) | Leaf::Counter(_) | Leaf::ToReady(_) => tracker.value(leaf),
            Leaf::NodesUsed | Leaf::Target(_) if matches!(tracker, Tracker::Off) => {
                now(leaf, ending.cluster)
            }
            Leaf::NodesUsed | Leaf::Target(_) => tracker.value(leaf),
        }
    }

    fn judge(&self, expected: &Expected, end: &End<'_>, ending: &Ending<'_>) -> Expectation {
        let verdict = |holds: bool, detail: String, at: Option<SimTime>| Expectation {
            text: expected.text.clone(),
            holds: Some(holds),
            detail,
            at,
        };
        let Some(zero) = self.zero else {
            let detail = "the warm-up did not end".to_owned();
            return verdict(false, detail, None);
        };
        match &expected.judgement {
            Judgement::Holds(code, expr, text) => {
                let holds = code.value(end) == Some(Amount::Bool(true));
                verdict(holds, code.explain(expr, text, end), Some(ending.ended))
            }
            Judgement::Unmet(watch) => {
                let met = self.folds[*watch].met;
                verdict(met.is_none(), self.details[*watch].clone(), met)
            }
            Judgement::Eventually {
                watch,
                within,
                since,
            } => {
                let since = match since {
                    None => Some(0),
                    Some(code) => match code.value(end) {
                        Some(Amount::Duration(since)) => Some(since),
                        Some(Amount::Number(0.0)) => Some(0),
                        _ => None,
                    },
                };
                let Some(since) = since else {
                    let detail = "what it counts from did not happen".to_owned();
                    return verdict(false, detail, None);
                };
                let found = self.folds[*watch].first_from(zero, since);
                let Some(found) = found else {
                    return verdict(false, "it never held".to_owned(), Some(ending.ended));
                };
                let took = found - since;
                let is_soon = within.is_none_or(|within| took <= i128::from(within.nanos()));
                let at = u64::try_from(found + i128::from(zero.nanos()));
                let at = at.ok().map(SimTime::from_nanos);
                verdict(
                    is_soon,
                    format!("it held after {}", duration_text(took)),
                    at,
                )
            }
            Judgement::OverRuns => Expectation {
                text: expected.text.clone(),
                holds: None,
                detail: String::new(),
                at: None,
            },
            Judgement::Violates(id) => {
                let mut all = ending.violations.iter();
                match all.find(|violation| violation.id == id) {
                    Some(violation) => verdict(true, violation.message.clone(), Some(violation.at)),
                    None => verdict(false, format!("{id} was not violated"), Some(ending.ended)),
                }
            }
        }
    }
}

/// The value that a leaf has in a state, from that state alone.
fn now(leaf: &Leaf, cluster: &Cluster) -> Option<Amount> {
    Tracker::begin(leaf, |_| String::new(), &[], cluster).value(leaf)
}

fn count(requests: &Requests, which: RequestCount) -> u64 {
    use wavetank_core::fact::traffic::Outcome;
    if which == RequestCount::Sent {
        return requests.sent;
    }
    let ended = Outcome::ALL.iter().zip(requests.ended);
    let ours = ended.filter(|(outcome, _)| counts(which, **outcome));
    ours.map(|(_, count)| count).sum()
}

impl Interests {
    fn of(compiled: &Compiled) -> Self {
        let mut found = Self {
            kinds: vec![Vec::new(); Kind::ALL.len()],
            ..Self::default()
        };
        for (place, used) in compiled.leaves.iter().enumerate() {
            if !used.is_watched && !used.leaf.is_counted() {
                continue;
            }
            found.any = true;
            match &used.leaf {
                Leaf::Requests(..) => found.requests.push(place),
                Leaf::Step(..) => found.steps.push(place),
                Leaf::Fault(..) => found.faults.push(place),
                Leaf::Counter(Counter::PodsOomKilled) => found.runtime.push(place),
                Leaf::Counter(Counter::EvictionsRefused | Counter::ApiConflicts) => {
                    found.refusals.push(place);
                }
                Leaf::Counter(Counter::ApiWrites) => found.writes.push(place),
                Leaf::Counter(
                    Counter::PodsCreated
                    | Counter::PodsRestarted
                    | Counter::PodsEvicted
                    | Counter::PodsPreempted,
                )
                | Leaf::ToReady(_)
                | Leaf::NodesUsed => found.kinds[Kind::Pod as usize].push(place),
                Leaf::Target(target) => {
                    for kind in target.kinds() {
                        found.kinds[kind as usize].push(place);
                    }
                }
                Leaf::RunDuration | Leaf::Steady => {}
            }
        }
        found
    }

    /// The leaves that look at a fact.
    fn in_fact(&self, fact: &Fact) -> (&[usize], &[usize]) {
        match fact {
            Fact::Runtime(..) => (&self.runtime, &[]),
            Fact::RequestEnded(_) => (&self.requests, &[]),
            Fact::Step(..) => (&self.steps, &[]),
            Fact::Fault(..) => (&self.faults, &[]),
            Fact::Refused(..) => (&self.refusals, &[]),
            Fact::EventRecorded(..)
            | Fact::Decided(_)
            | Fact::RequestsSucceeded { .. }
            | Fact::Mark(_) => (&[], &[]),
            Fact::PodCreated(..)
            | Fact::PodChanged(..)
            | Fact::NodeCreated(..)
            | Fact::NodeChanged(..)
            | Fact::ReplicaSetCreated(..)
            | Fact::ReplicaSetChanged(..)
            | Fact::DeploymentCreated(..)
            | Fact::DeploymentChanged(..)
            | Fact::ServiceCreated(..)
            | Fact::ServiceChanged(..)
            | Fact::SliceCreated(..)
            | Fact::SliceChanged(..)
            | Fact::OtherCreated(..)
            | Fact::OtherChanged(..) => {
                let kind = fact.object().map_or(Kind::Custom, |object| object.kind);
                (&self.kinds[kind as usize], &self.writes)
            }
        }
    }
}

/// The values of leaves now.
struct Live<'a> {
    compiled: &'a Compiled,
    trackers: &'a [Tracker],
}

impl Values for Live<'_> {
    fn leaf(&self, leaf: usize) -> Option<Amount> {
        self.trackers[leaf].value(&self.compiled.leaves[leaf].leaf)
    }

    fn watched(&self, _watch: usize, _from: Option<Amount>) -> Option<Amount> {
        None
    }
}

/// The values of leaves and watches at the end.
struct End<'a> {
    leaves: Vec<Option<Amount>>,
    folds: &'a [Fold],
    zero: SimTime,
}

impl Values for End<'_> {
    fn leaf(&self, leaf: usize) -> Option<Amount> {
        self.leaves[leaf].clone()
    }

    fn watched(&self, watch: usize, from: Option<Amount>) -> Option<Amount> {
        self.folds[watch].answer(self.zero, from.as_ref())
    }
}

impl std::fmt::Display for Expectation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let word = match self.holds {
            Some(true) => "holds",
            Some(false) => "VIOLATED",
            None => "over runs",
        };
        write!(f, "{word}  {}", self.text)?;
        if self.detail.is_empty() {
            return Ok(());
        }
        write!(f, "  ({})", self.detail)
    }
}
