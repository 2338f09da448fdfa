//! Sequences: pods arrive one after the other, and each placement feeds the next.
//!
//! Every pod is tried once. Of the best nodes the one with the smallest name is taken; when no node fits
//! and preemption helps, the victims are gone at once and the pod is tried again. Each step is judged on
//! the recorded past: where the model differs, what follows is what was recorded, so that one difference
//! does not make a hundred.

use wavetank_core::id::{NodeId, PodId};

use super::case::{Damage, Decision, Sequence, Step};
use super::compare::Comparison;
use super::decide::decide;
use super::field::Field;
use super::load::{of_sequence, request};
use crate::dump::World;

/// When the first pod of a sequence starts: 2026-01-01T00:00:00Z, in nanoseconds. Each next one starts a
/// second later.
const BEGIN: i64 = 1_767_225_600 * SECOND;
const SECOND: i64 = 1_000_000_000;

/// Replays a sequence and compares each step.
///
/// # Errors
///
/// When its objects make no cluster, or its steps do not belong to its pods.
pub fn replay(sequence: &Sequence) -> Result<Comparison, Damage> {
    if sequence.result.len() != sequence.pods.len() {
        let (steps, pods) = (sequence.result.len(), sequence.pods.len());
        return Err(Damage::new(format!("{steps} results for {pods} pods")));
    }
    let mut world = of_sequence(sequence)?;
    let mut places: Vec<Option<NodeId>> = vec![None; sequence.pods.len()];
    let mut comparison = Comparison::new(&sequence.name, &sequence.mode);
    for (number, recorded) in sequence.result.iter().enumerate() {
        let found = attempt(&mut world, sequence, number, &places);
        compare(&mut comparison, number, recorded, &found);
        follow(&mut world, sequence, number, &mut places)?;
    }
    Ok(comparison)
}

/// What the model makes of a pod. The cluster is left as it was.
fn attempt(
    world: &mut World,
    sequence: &Sequence,
    number: usize,
    places: &[Option<NodeId>],
) -> Step {
    let id = PodId::from_index(number);
    let mut request = request(world, id, &sequence.pods[number]);
    world.snapshot.refresh();
    let first = decide(world, &request);
    let mut step = Step {
        pod: world.pods[number].clone(),
        ..Step::default()
    };
    let Some(preemption) = &first.preemption else {
        conclude(&mut step, &first);
        return step;
    };
    step.nominated = Some(preemption.nominated.clone());
    step.victims.clone_from(&preemption.victims);
    step.first_attempt_message
        .clone_from(&first.failure_message);
    request.nominated = world.nodes.get(&preemption.nominated).copied();
    let mut after = world.clone();
    for victim in &preemption.victims {
        remove(&mut after, victim, places);
    }
    after.snapshot.refresh();
    conclude(&mut step, &decide(&after, &request));
    step
}

/// What the last attempt came to.
fn conclude(step: &mut Step, last: &Decision) {
    step.feasible = last.feasible.values().filter(|it| it.is_none()).count();
    step.node = last.best.iter().min().cloned();
    let total = step.node.as_ref().and_then(|node| last.total.get(node));
    step.score = total.copied();
    step.ties = total.map(|_| last.best.len());
    if step.node.is_none() {
        let gate = last.gated.as_ref().map(|gated| gated.reasons.join(", "));
        step.message = last.failure_message.clone().or(gate);
    }
}

/// Takes a pod away, by its name.
fn remove(world: &mut World, name: &str, places: &[Option<NodeId>]) -> bool {
    let mut found = world.pods.iter().zip(places);
    let number = found.position(|(pod, place)| pod == name && place.is_some());
    let Some(number) = number else {
        return false;
    };
    if let Some(node) = places[number] {
        world.snapshot.remove_pod(node, PodId::from_index(number));
    }
    true
}

/// Does what was recorded.
fn follow(
    world: &mut World,
    sequence: &Sequence,
    number: usize,
    places: &mut [Option<NodeId>],
) -> Result<(), Damage> {
    let recorded = &sequence.result[number];
    for victim in &recorded.victims {
        if !remove(world, victim, places) {
            let step = number + 1;
            return Err(Damage::new(format!(
                "step {step}: victim {victim} runs nowhere"
            )));
        }
        let gone = world.pods.iter().zip(places.iter_mut());
        for (_, place) in gone.filter(|(pod, _)| *pod == victim) {
            *place = None;
        }
    }
    let Some(node) = &recorded.node else {
        return Ok(());
    };
    let Some(node) = world.nodes.get(node).copied() else {
        let step = number + 1;
        return Err(Damage::new(format!("step {step}: there is no node {node}")));
    };
    let started = BEGIN + i64::try_from(number).unwrap_or(0) * SECOND;
    world.place(
        node,
        PodId::from_index(number),
        &sequence.pods[number],
        Some(started),
    );
    places[number] = Some(node);
    Ok(())
}

fn compare(comparison: &mut Comparison, number: usize, recorded: &Step, found: &Step) {
    let path = |name: &str| format!("step {} {}: {name}", number + 1, found.pod);
    let numbers = |step: &Step| {
        [
            Some(step.feasible as i64),
            step.score,
            step.ties.map(|it| it as i64),
        ]
    };
    let fields = [
        (Field::StepFeasible, "feasible"),
        (Field::StepScore, "score"),
        (Field::StepTies, "ties"),
    ];
    for ((field, name), (recorded, found)) in fields
        .into_iter()
        .zip(numbers(recorded).into_iter().zip(numbers(found)))
    {
        comparison.check_either(field, || path(name), recorded.as_ref(), found.as_ref());
    }
    let victims = |step: &Step| (!step.victims.is_empty()).then(|| step.victims.join(", "));
    let texts = |step: &Step| {
        [
            step.node.clone(),
            step.message.clone(),
            step.nominated.clone(),
            victims(step),
            step.first_attempt_message.clone(),
        ]
    };
    let fields = [
        (Field::StepNode, "node"),
        (Field::StepMessage, "message"),
        (Field::StepNominated, "nominated"),
        (Field::StepVictims, "victims"),
        (Field::StepFirstMessage, "first_attempt_message"),
    ];
    for ((field, name), (recorded, found)) in fields
        .into_iter()
        .zip(texts(recorded).into_iter().zip(texts(found)))
    {
        comparison.check_either(field, || path(name), recorded.as_ref(), found.as_ref());
    }
}
