//! A decision of the model, in the form of the recorded ones.

use std::collections::BTreeMap;

use wavetank_core::id::{NodeId, PodId};

use super::case::{ByNode, Decision, Preempted, Refusal, Skipped, Victims};
use crate::component::scheduler::decision::Request;
use crate::component::scheduler::decision::gate::waiting_for_gates;
use crate::component::scheduler::decision::preemption::{Candidate, Preemption};
use crate::component::scheduler::decision::trace::{Asked, Trace, trace};
use crate::component::scheduler::plugin::PluginId;
use crate::dump::World;

/// Preemption may help.
const UNSCHEDULABLE: &str = "Unschedulable";
/// Preemption cannot help.
const UNRESOLVABLE: &str = "UnschedulableAndUnresolvable";

/// Decides about a pod. The snapshot must have been refreshed.
#[must_use]
pub fn decide(world: &World, request: &Request) -> Decision {
    if let Some(reason) = waiting_for_gates(world.shape(request.shape)) {
        return Decision {
            gated: Some(refusal(PluginId::SchedulingGates, UNRESOLVABLE, reason)),
            ..Decision::default()
        };
    }
    if world.snapshot.list().is_empty() {
        let message = "no nodes available to schedule pods".to_owned(); // S52
        return Decision {
            fit_error: Some(message.clone()),
            failure_message: Some(message),
            ..Decision::default()
        };
    }
    let trace = trace(&world.framework, &world.snapshot, request, 0);
    told(world, request, &trace)
}

/// A trace as a recording has it.
fn told(world: &World, request: &Request, trace: &Trace) -> Decision {
    let name = |node: &NodeId| world.node_name(*node).to_owned();
    let by_node = |values: &[i64]| -> ByNode {
        let nodes = trace.feasible.iter().map(name);
        nodes.zip(values.iter().copied()).collect()
    };
    let mut found = Decision {
        total: by_node(&trace.totals),
        skipped: Some(skipped(world, trace)),
        ..Decision::default()
    };
    for (node, asked) in &trace.verdicts {
        let refusal = refused(world, request, asked);
        found.feasible.insert(name(node), refusal);
    }
    for scored in &trace.scores {
        let plugin = scored.plugin.name().to_owned();
        found.raw.insert(plugin.clone(), by_node(&scored.raw));
        found.scores.insert(plugin, by_node(&scored.scores));
    }
    found.best = best(&found.total, trace.feasible.iter().map(name));
    if let Some((plugin, reason)) = &trace.rejected {
        found.prefilter = Some(refusal(*plugin, UNRESOLVABLE, reason.to_string()));
    }
    if let Some((before, after)) = trace.messages(&world.framework, &world.snapshot, request) {
        found.fit_error = Some(before);
        found.failure_message = Some(after);
    }
    if let Some((_, post)) = &trace.failure {
        match &post.preemption {
            Some(preemption) => found.preemption = Some(preempted(world, preemption)),
            None => {
                found.postfilter = Some(Refusal {
                    reasons: vec![post.text.clone()],
                    ..Refusal::default()
                });
            }
        }
    }
    found
}

/// The nodes with the largest total, by name; all that fit where none was scored (S57).
fn best(totals: &ByNode, feasible: impl Iterator<Item = String>) -> Vec<String> {
    let Some(most) = totals.values().max() else {
        return feasible.collect();
    };
    let best = totals.iter().filter(|entry| entry.1 == most);
    best.map(|entry| entry.0.clone()).collect()
}

/// The plugins that had nothing to say: filters, and scores where any were asked.
fn skipped(world: &World, trace: &Trace) -> Skipped {
    let names = |plugins: &mut dyn Iterator<Item = PluginId>| -> Vec<String> {
        plugins.map(|plugin| plugin.name().to_owned()).collect()
    };
    let mut skipped = Skipped {
        filter: names(&mut trace.skipped.iter().copied()),
        score: Vec::new(),
    };
    if !trace.scores.is_empty() {
        let has_scored = |id| trace.scores.iter().any(|scored| scored.plugin == id);
        let ids = world.framework.scores.iter().map(|entry| entry.0.id());
        skipped.score = names(&mut ids.filter(|id| !has_scored(*id)));
    }
    skipped
}

/// What was said about a node; nothing when the pod fits.
fn refused(world: &World, request: &Request, asked: &Asked) -> Option<Refusal> {
    match asked {
        Asked::Absent => Some(Refusal {
            plugin: None,
            code: UNRESOLVABLE.to_owned(),
            reasons: vec!["node(s) didn't satisfy plugin(s) [NodeAffinity]".to_owned()], // S56
        }),
        Asked::Verdict(verdict) if verdict.fits() => None,
        Asked::Verdict(verdict) => {
            let code = if verdict.unresolvable {
                UNRESOLVABLE
            } else {
                UNSCHEDULABLE
            };
            let pod = world.shape(request.shape);
            Some(Refusal {
                plugin: Some(verdict.plugin.name().to_owned()),
                code: code.to_owned(),
                reasons: world.framework.reasons(pod, *verdict),
            })
        }
    }
}

fn refusal(plugin: PluginId, code: &str, reason: String) -> Refusal {
    Refusal {
        plugin: Some(plugin.name().to_owned()),
        code: code.to_owned(),
        reasons: vec![reason],
    }
}

fn preempted(world: &World, preemption: &Preemption) -> Preempted {
    let names = |pods: &[PodId]| -> Vec<String> {
        pods.iter()
            .map(|pod| world.pods[pod.index()].clone())
            .collect()
    };
    let entry = |candidate: &Candidate| {
        let victims = Victims {
            victims: names(&candidate.victims),
            num_pdb_violations: i64::from(candidate.violations),
        };
        (world.node_name(candidate.node).to_owned(), victims)
    };
    let candidates: BTreeMap<String, Victims> = preemption.candidates.iter().map(entry).collect();
    let equal = preemption.equally_best.iter();
    let mut equally_best: Vec<String> = equal
        .map(|place| {
            world
                .node_name(preemption.candidates[*place].node)
                .to_owned()
        })
        .collect();
    equally_best.sort();
    // Of equals, recordings take the first by name.
    let nominated = equally_best.first().cloned().unwrap_or_default();
    let chosen = candidates.get(&nominated).cloned().unwrap_or_default();
    Preempted {
        equally_best,
        victims: chosen.victims,
        num_pdb_violations: chosen.num_pdb_violations,
        deciding_rule: preemption.rule.name().to_owned(),
        nominated,
        candidates,
    }
}
