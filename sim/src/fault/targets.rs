//! From what a fault hits to explicit acts.

use wavetank_core::id::NodeId;
use wavetank_core::time::SimDuration;

use super::{Occurrence, draws};
use crate::network::{Lane, Process, Stream, Watched};
use crate::plan::fault::{Act, Pick, PlannedFault, Targets, What};

/// How long a node takes to come back from a restart when the fault does not say.
const NODE_RESTART: SimDuration = SimDuration::from_secs(30);
/// How long a pause or a standstill takes when it is a restart.
const PROCESS_RESTART: SimDuration = SimDuration::from_secs(1);

/// An act within an occurrence.
pub(super) struct Placed {
    /// How long after the occurrence it begins.
    pub(super) after: SimDuration,
    /// How long it lasts; none: to the end of the run, or no time at all.
    pub(super) lasts: Option<SimDuration>,
    pub(super) act: Act,
}

/// An act that lasts from the beginning of the occurrence.
fn now(act: Act, lasts: Option<SimDuration>) -> Placed {
    Placed {
        after: SimDuration::ZERO,
        lasts,
        act,
    }
}

/// What one occurrence of a fault does.
pub(super) fn acts(
    fault: &PlannedFault,
    occurrence: Occurrence,
    lasts: Option<SimDuration>,
) -> Vec<Placed> {
    let pick = fault.pick;
    match &fault.what {
        What::PauseApi => vec![now(Act::PauseApi, lasts)],
        What::Crash(targets) => stop(targets, pick, occurrence, lasts, true),
        What::Restart(targets) => stop(targets, pick, occurrence, lasts, false),
        What::HoldWatch(targets) => {
            let lanes = watch_lanes(targets, pick, occurrence);
            let hold = |(first, last)| now(Act::Hold { first, last }, lasts);
            lanes.into_iter().map(hold).collect()
        }
        What::Delay(targets, by) => {
            let mut lanes = call_lanes(targets, pick, occurrence);
            lanes.extend(watch_lanes(targets, pick, occurrence));
            let by = *by;
            let delay = |(first, last)| now(Act::Delay { first, last, by }, lasts);
            lanes.into_iter().map(delay).collect()
        }
        What::Loss(targets, share) => {
            let share = *share;
            let lose = |(first, last)| now(Act::Loss { first, last, share }, lasts);
            let lanes = call_lanes(targets, pick, occurrence);
            lanes.into_iter().map(lose).collect()
        }
    }
}

/// A crash, or a restart.
fn stop(
    targets: &Targets,
    pick: Option<Pick>,
    occurrence: Occurrence,
    lasts: Option<SimDuration>,
    is_crash: bool,
) -> Vec<Placed> {
    let brief = |length| {
        if is_crash {
            lasts
        } else {
            lasts.or(Some(length))
        }
    };
    let each = |nodes: &[NodeId], act: fn(NodeId) -> Act, lasts: Option<SimDuration>| {
        let picked = picked(nodes, pick, occurrence).into_iter();
        picked.map(|node| now(act(node), lasts)).collect::<Vec<_>>()
    };
    match targets {
        Targets::Nodes(nodes) => each(nodes, Act::CrashNode, brief(NODE_RESTART)),
        Targets::Kubelets(nodes) => each(nodes, Act::RestartKubelet, None),
        Targets::Proxies(nodes) => each(nodes, Act::StopProxy, brief(PROCESS_RESTART)),
        Targets::Pods(namespace, selector) => kill(namespace, selector, pick, occurrence),
        Targets::ApiServer => vec![now(Act::PauseApi, brief(PROCESS_RESTART))],
        Targets::Scheduler => down(Process::Scheduler, lasts),
        Targets::Controllers => down(Process::Controllers, lasts),
    }
}

/// A process of the control plane stands still, then starts anew: it forgets what it knew.
fn down(process: Process, lasts: Option<SimDuration>) -> Vec<Placed> {
    let (lane, act) = match process {
        Process::Scheduler => (Lane::SCHEDULER.0, Act::RestartScheduler),
        Process::Controllers => (Lane::CONTROLLERS.0, Act::RestartControllers),
    };
    let Some(length) = lasts.filter(|length| *length > SimDuration::ZERO) else {
        return vec![now(act, None)];
    };
    let (first, last) = watches(process);
    let hold = |first, last| now(Act::Hold { first, last }, Some(length));
    vec![
        hold(lane, lane),
        hold(first, last),
        Placed {
            after: length,
            lasts: None,
            act,
        },
    ]
}

/// Containers are killed. Pods are counted when it happens, so that only a number of them can be explicit.
fn kill(
    namespace: &str,
    selector: &str,
    pick: Option<Pick>,
    occurrence: Occurrence,
) -> Vec<Placed> {
    let percent = match pick {
        None => 100,
        Some(Pick::Percent(percent)) => percent.min(100),
        Some(Pick::Count(count)) => {
            // Neighbours in the list of pods, from a drawn one on: different pods while there are as many.
            let first = u32::try_from(occurrence.below(draws::WHICH, 1 << 31)).unwrap_or(0);
            let kill = |offset: u32| Act::KillPod {
                namespace: namespace.into(),
                selector: selector.into(),
                which: first.wrapping_add(offset),
            };
            return (0..count).map(|offset| now(kill(offset), None)).collect();
        }
    };
    let act = Act::KillPods {
        namespace: namespace.into(),
        selector: selector.into(),
        percent,
    };
    if percent == 0 {
        Vec::new()
    } else {
        vec![now(act, None)]
    }
}

/// Those of the nodes that are hit, in their order. A share is rounded up: one percent of three is one.
fn picked(nodes: &[NodeId], pick: Option<Pick>, occurrence: Occurrence) -> Vec<NodeId> {
    let count = match pick {
        None => nodes.len(),
        Some(Pick::Count(count)) => count as usize,
        Some(Pick::Percent(percent)) => (nodes.len() * percent.min(100) as usize).div_ceil(100),
    };
    let count = count.min(nodes.len());
    let mut places: Vec<usize> = (0..nodes.len()).collect();
    if count < nodes.len() {
        // The first steps of a shuffle; under one seed, more targets include the fewer.
        for place in 0..count {
            let index = draws::FIRST_PICK + place as u64;
            let left = (nodes.len() - place) as u64;
            let other = usize::try_from(occurrence.below(index, left)).unwrap_or(0);
            places.swap(place, place + other);
        }
        places.truncate(count);
        places.sort_unstable();
    }
    places.into_iter().map(|place| nodes[place]).collect()
}

/// The lanes of a process's watches.
const fn watches(process: Process) -> (u32, u32) {
    let first = Stream {
        process,
        watched: Watched::Pods,
    };
    let last = Stream {
        process,
        watched: Watched::Others,
    };
    (first.lane().0, last.lane().0)
}

/// The lanes of the watches of these.
fn watch_lanes(targets: &Targets, pick: Option<Pick>, occurrence: Occurrence) -> Vec<(u32, u32)> {
    let each = |nodes: &[NodeId], lanes: fn(NodeId) -> (u32, u32)| {
        let picked = picked(nodes, pick, occurrence).into_iter();
        picked.map(lanes).collect::<Vec<_>>()
    };
    match targets {
        Targets::Nodes(nodes) => each(nodes, |node| {
            (Lane::kubelet_watch(node).0, Lane::proxy(node).0)
        }),
        Targets::Kubelets(nodes) => each(nodes, |node| {
            (Lane::kubelet_watch(node).0, Lane::kubelet_watch(node).0)
        }),
        Targets::Proxies(nodes) => each(nodes, |node| (Lane::proxy(node).0, Lane::proxy(node).0)),
        Targets::Pods(..) => Vec::new(),
        Targets::Scheduler => vec![watches(Process::Scheduler)],
        Targets::Controllers => vec![watches(Process::Controllers)],
        Targets::ApiServer => vec![(watches(Process::Scheduler).0, u32::MAX)],
    }
}

/// The lanes that stand for the calls of these.
fn call_lanes(targets: &Targets, pick: Option<Pick>, occurrence: Occurrence) -> Vec<(u32, u32)> {
    let one = |lane: Lane| (lane.0, lane.0);
    match targets {
        Targets::Nodes(nodes) | Targets::Kubelets(nodes) => picked(nodes, pick, occurrence)
            .into_iter()
            .map(|node| one(Lane::kubelet(node)))
            .collect(),
        Targets::Proxies(_) | Targets::Pods(..) => Vec::new(),
        Targets::Scheduler => vec![one(Lane::SCHEDULER)],
        Targets::Controllers => vec![one(Lane::CONTROLLERS)],
        Targets::ApiServer => vec![one(Lane::USER), (Lane::SCHEDULER.0, u32::MAX)],
    }
}
