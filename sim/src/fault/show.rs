//! Schedules in words.

use std::ops::RangeInclusive;

use wavetank_core::id::NodeId;

use crate::measure::duration_text;
use crate::network::{Lane, Process, Stream, Watched};
use crate::plan::Plan;
use crate::plan::fault::{Act, FaultStep};

/// How many lanes a node has: see [`Lane`].
const LANES_OF_NODE: u32 = Lane::kubelet(NodeId(1)).0 - Lane::kubelet(NodeId(0)).0;

/// A step as people read it: `t=12.5s for 3s  node worker-2 loses power (power)`.
#[must_use]
pub fn line(step: &FaultStep, plan: &Plan) -> String {
    let at = duration_text(i128::from(step.at.nanos()));
    let lasts = step.until.map_or_else(String::new, |until| {
        let lasts = duration_text(i128::from(until.since(step.at).nanos()));
        format!(" for {lasts}")
    });
    format!("t={at}{lasts}  {} ({})", what(&step.act, plan), step.name)
}

/// What happens to what.
#[must_use]
pub fn what(act: &Act, plan: &Plan) -> String {
    let node = |id: &NodeId| node_name(*id, plan);
    let pods = |namespace: &str, selector: &str| {
        let selected = match selector {
            "" => String::new(),
            selector => format!(" -l {selector}"),
        };
        format!("pods -n {namespace}{selected}")
    };
    match act {
        Act::CrashNode(id) => format!("node {} loses power", node(id)),
        Act::RestartKubelet(id) => format!("the kubelet of {} is restarted", node(id)),
        Act::KillPod {
            namespace,
            selector,
            which,
        } => format!(
            "containers of one of {} are killed (draw {which})",
            pods(namespace, selector)
        ),
        Act::KillPods {
            namespace,
            selector,
            percent,
        } => format!(
            "containers of {percent} % of {} are killed",
            pods(namespace, selector)
        ),
        Act::RestartScheduler => "kube-scheduler starts anew".to_owned(),
        Act::RestartControllers => "kube-controller-manager starts anew".to_owned(),
        Act::PauseApi => "kube-apiserver answers nothing".to_owned(),
        Act::Hold { first, last } => {
            format!("nothing reaches {}", lanes(*first..=*last, plan))
        }
        Act::Delay { first, last, by } => {
            let by = duration_text(i128::from(by.nanos()));
            format!("{by} later: all for {}", lanes(*first..=*last, plan))
        }
        Act::Loss { first, last, share } => {
            let share = format!("{}.{:04}", share / 10_000, share % 10_000);
            let share = share.trim_end_matches('0').trim_end_matches('.');
            format!(
                "{share} % of the calls are lost of {}",
                lanes(*first..=*last, plan)
            )
        }
        Act::StopProxy(id) => format!("the kube-proxy of {} stands still", node(id)),
    }
}

fn node_name(id: NodeId, plan: &Plan) -> String {
    let node = plan.nodes.get(id.index());
    node.map_or_else(
        || format!("node number {}", id.0),
        |node| node.meta.name.text(&plan.definitions.texts),
    )
}

/// Whom lanes stand for.
fn lanes(range: RangeInclusive<u32>, plan: &Plan) -> String {
    let (first, last) = (*range.start(), *range.end());
    let watches = |process| {
        let lane = |watched| Stream { process, watched }.lane().0;
        lane(Watched::Pods)..=lane(Watched::Others)
    };
    if last == u32::MAX {
        return "everybody".to_owned();
    }
    if range == watches(Process::Scheduler) {
        return "the watches of kube-scheduler".to_owned();
    }
    if range == watches(Process::Controllers) {
        return "the watches of kube-controller-manager".to_owned();
    }
    match Lane(first) {
        Lane::SCHEDULER => return "kube-scheduler".to_owned(),
        Lane::CONTROLLERS => return "kube-controller-manager".to_owned(),
        Lane::USER => return "kubectl".to_owned(),
        _ => {}
    }
    let nodes = Lane::kubelet(NodeId(0)).0;
    let Some(place) = first.checked_sub(nodes) else {
        return format!("lanes {first} to {last}");
    };
    let node = node_name(NodeId(place / LANES_OF_NODE), plan);
    match (place % LANES_OF_NODE, last - first) {
        (0, 0) => format!("the kubelet of {node}"),
        (1, 0) => format!("the watch of the kubelet of {node}"),
        (2, 0) => format!("the watch of the kube-proxy of {node}"),
        _ => format!("the watches of {node}"),
    }
}
