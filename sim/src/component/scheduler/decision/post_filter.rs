//! PostFilter: what is tried when no node fits (S140–S146).
//!
//! DynamicResources answers first, then DefaultPreemption. Preemption itself is not carried out: the
//! seam for it is [`post_filter`], which has the verdicts of all nodes and the cluster.

use super::fit_error::FitError;
use super::shape::PodShape;
use super::snapshot::Snapshot;

/// The text that PostFilter adds to the message.
#[must_use]
pub fn post_filter(error: &FitError, pod: &PodShape, _snapshot: &Snapshot) -> String {
    if error.rejected.is_some() {
        return "not found".to_owned(); // S141
    }
    let preemption = if pod.spec().never_preempts {
        "not eligible due to preemptionPolicy=Never.".to_owned() // S144
    } else {
        nobody_to_preempt(error)
    };
    format!("no new claims to deallocate, preemption: {preemption}") // S140, S143
}

/// No node has pods of lower priority: the nested text (S146, S148).
fn nobody_to_preempt(error: &FitError) -> String {
    let helpless = |unresolvable: bool| {
        let nodes = error.verdicts.iter();
        nodes
            .filter(|entry| entry.0.unresolvable == unresolvable)
            .map(|entry| entry.1)
            .sum::<u32>()
    };
    let mut reasons = [
        (
            helpless(false),
            "No preemption victims found for incoming pod",
        ),
        (
            helpless(true) + error.absent,
            "Preemption is not helpful for scheduling",
        ),
    ]
    .into_iter()
    .filter(|entry| entry.0 > 0)
    .map(|entry| format!("{} {}", entry.0, entry.1))
    .collect::<Vec<_>>();
    reasons.sort();
    let (nodes, reasons) = (error.nodes, reasons.join(", "));
    format!("0/{nodes} nodes are available: {reasons}.")
}
