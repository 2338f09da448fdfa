//! Faults: expanding what a scenario says into an explicit schedule, before the run.
//!
//! Every draw is addressed by the fault's name and by which of its occurrences it is for, so a fault that
//! is added, removed or never happens leaves the others where they were; one that cannot happen draws
//! nothing and has no step (RNG-1).
//!
//! What a fault does to what:
//!
//! | fault | nodes | kubelets | proxies | pods | scheduler, controllers | API server |
//! |---|---|---|---|---|---|---|
//! | crash | lose power until the end | restart | stand still until the end | containers killed | do nothing until the end, then start anew | pauses |
//! | restart | lose power; 30 s if it is not said | restart | stand still | containers killed | start anew | pauses |
//! | hold of watches | kubelet and proxy | kubelet | proxy | – | all their watches | everybody's |
//! | delay | calls and watches of kubelet, watch of proxy | calls, watch | watch | – | calls, watches | everybody's |
//! | loss | calls of kubelet | calls | – | – | calls | everybody's but the manifests' |

pub mod choice;
pub mod show;
pub mod swarm;
mod targets;

use wavetank_core::dist::Dist;
use wavetank_core::draw::{Chance, Identity, Key, Purpose, PurposeKey};
use wavetank_core::time::{SimDuration, SimTime};

use crate::plan::Plan;
use crate::plan::fault::{Act, FaultStep, PlannedFault, What, When};

/// The most occurrences of one fault: a rate that asks for more is a mistake, and stops there.
const OCCURRENCES_MAX: u64 = 10_000;
/// The time in which rates are counted: 1,000 hours.
const RATE_SPAN: SimDuration = SimDuration::from_secs(3_600_000);

/// Which of an occurrence's draws it is: the index of its address. Never renumbered.
mod draws {
    pub(super) const HAPPENS: u64 = 0;
    pub(super) const WHEN: u64 = 1;
    pub(super) const LASTS: u64 = 2;
    pub(super) const WHICH: u64 = 3;
    pub(super) const FIRST_PICK: u64 = 16;
}

/// One occurrence of a fault: where its draws come from.
#[derive(Clone, Copy)]
struct Occurrence {
    key: PurposeKey,
    identity: Identity,
}

impl Occurrence {
    fn new(key: &Key, fault: &PlannedFault, number: u64) -> Self {
        Self {
            key: key.of(Purpose::FaultSchedule),
            identity: Identity::from((name_number(&fault.name), number)),
        }
    }

    fn draw(self, index: u64) -> u64 {
        self.key.draw(self.identity, index)
    }

    fn below(self, index: u64, bound: u64) -> u64 {
        self.key.below(self.identity, index, bound)
    }

    fn chance(self, index: u64, chance: Chance) -> bool {
        self.key.chance(self.identity, index, chance)
    }
}

/// The explicit schedule of a plan's faults under a run's key, by time. Times count from t = 0.
#[must_use]
pub fn expand(plan: &Plan, key: &Key) -> Vec<FaultStep> {
    schedule(&plan.faults, key)
}

/// The explicit schedule of these faults.
fn schedule(faults: &[PlannedFault], key: &Key) -> Vec<FaultStep> {
    let mut steps = Vec::new();
    for fault in faults {
        match fault.when {
            When::At(ref at) => {
                let occurrence = Occurrence::new(key, fault, 0);
                let at = SimTime::ZERO + at.sample(occurrence.draw(draws::WHEN));
                happen(fault, occurrence, at, &mut steps);
            }
            When::Rate(rate, from, to) => arrivals(fault, rate, from, to, key, &mut steps),
            When::Chance(ppm, from, to) => {
                let occurrence = Occurrence::new(key, fault, 0);
                if occurrence.chance(draws::HAPPENS, Chance::ppm(ppm)) {
                    let (min, max) = (from, to.max(from));
                    let at = Dist::Uniform { min, max }.sample(occurrence.draw(draws::WHEN));
                    happen(fault, occurrence, SimTime::ZERO + at, &mut steps);
                }
            }
        }
    }
    // The sort keeps the order of the scenario at one instant.
    steps.sort_by_key(|step| step.at);
    without_overlaps(steps)
}

/// A Poisson process within a window.
fn arrivals(
    fault: &PlannedFault,
    rate: u64,
    from: SimDuration,
    to: SimDuration,
    key: &Key,
    steps: &mut Vec<FaultStep>,
) {
    if rate == 0 {
        return;
    }
    let gap = Dist::Exponential {
        mean: RATE_SPAN.ratio(1, rate),
    };
    let mut at = SimTime::ZERO + from;
    for number in 0..OCCURRENCES_MAX {
        let occurrence = Occurrence::new(key, fault, number);
        at += gap.sample(occurrence.draw(draws::WHEN));
        if at > SimTime::ZERO + to {
            return;
        }
        happen(fault, occurrence, at, steps);
    }
}

/// One occurrence of a fault, as steps.
fn happen(fault: &PlannedFault, occurrence: Occurrence, at: SimTime, steps: &mut Vec<FaultStep>) {
    if matches!(
        fault.what,
        What::Loss(_, 0) | What::Delay(_, SimDuration::ZERO)
    ) {
        return;
    }
    let lasts = fault
        .lasts
        .as_ref()
        .map(|lasts| lasts.sample(occurrence.draw(draws::LASTS)));
    let acts = targets::acts(fault, occurrence, lasts);
    steps.extend(acts.into_iter().map(|placed| FaultStep {
        name: fault.name.clone(),
        at: at + placed.after,
        until: placed.lasts.map(|lasts| at + placed.after + lasts),
        act: placed.act,
    }));
}

/// Drops steps that would begin what is going on already: a node that is down cannot crash.
fn without_overlaps(steps: Vec<FaultStep>) -> Vec<FaultStep> {
    let mut kept: Vec<FaultStep> = Vec::with_capacity(steps.len());
    // Where the first step lies that may still go on.
    let mut first = 0;
    for step in steps {
        while kept
            .get(first)
            .is_some_and(|it| it.until.is_some_and(|until| until <= step.at))
        {
            first += 1;
        }
        let is_state = matches!(
            step.act,
            Act::CrashNode(_) | Act::PauseApi | Act::StopProxy(_)
        );
        let goes_on =
            |it: &FaultStep| it.act == step.act && it.until.is_none_or(|until| until > step.at);
        if !(is_state && kept[first..].iter().any(goes_on)) {
            kept.push(step);
        }
    }
    kept
}

/// A number for a fault's name: FNV-1a, which never changes.
fn name_number(name: &str) -> u64 {
    name.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests;
