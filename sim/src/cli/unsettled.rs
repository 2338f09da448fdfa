//! What is not as it should be at the end of a run, and why.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use wavetank_core::id::{Kind, ObjId, PodId};
use wavetank_core::object::pod::{ContainerState, Pod, PodConditionType};
use wavetank_core::text::known;

use crate::report::snapshot::Snapshot;
use crate::report::status;

/// Most lines that are written; the others are counted.
const LINES_MAX: usize = 10;

/// Pods that wait for the same.
struct Waiting {
    first: PodId,
    count: usize,
}

/// Writes a line for each group of pods of one owner that wait for the same, and for each Deployment that
/// lacks pods.
pub(super) fn write(view: &Snapshot<'_>, text: &mut String) {
    let store = view.store();
    let mut groups: BTreeMap<(Option<ObjId>, String), Waiting> = BTreeMap::new();
    let mut lines = Vec::new();
    for index in store.pods.live_indexes() {
        let Some(pod) = store.pods.newest(index) else {
            continue;
        };
        if pod.phase.is_terminal() || (pod.is_ready() && pod.deletion.is_none()) {
            continue;
        }
        let id = PodId(index);
        // Pods without an owner stand for themselves.
        let owner = pod.owner.unwrap_or(ObjId::from(id));
        let group = groups
            .entry((Some(owner), reason(view, id, pod)))
            .or_insert(Waiting {
                first: id,
                count: 0,
            });
        group.count += 1;
    }
    for ((_, reason), waiting) in &groups {
        let name = view.names.path(view.cluster, waiting.first.into());
        let more = match waiting.count - 1 {
            0 => String::new(),
            1 => " and 1 more".to_owned(),
            more => format!(" and {more} more"),
        };
        lines.push(format!("waiting  {name}{more}: {reason}"));
    }
    if groups.is_empty() {
        lines.extend(short_deployments(view));
    }
    for line in lines.iter().take(LINES_MAX) {
        let _ = writeln!(text, "{line}");
    }
    if lines.len() > LINES_MAX {
        let _ = writeln!(text, "waiting  … and {} more", lines.len() - LINES_MAX);
    }
    if !lines.is_empty() {
        text.push('\n');
    }
}

/// What a pod waits for, in the words of its conditions and containers.
fn reason(view: &Snapshot<'_>, id: PodId, pod: &Pod) -> String {
    let columns = status::of_pod(view, id).unwrap_or_default();
    let status = columns.status;
    let scheduled = pod.condition(PodConditionType::PodScheduled);
    if scheduled.message != known::EMPTY {
        return format!("{status}: {}", view.text(scheduled.message));
    }
    if pod.deletion.is_some() {
        return format!("{status}: its containers have not ended");
    }
    let spec = &view.definitions().get_template(pod.template).spec;
    let containers = spec.init_containers.iter().chain(&spec.containers);
    for (container, state) in containers.zip(view.store().containers(id)) {
        let name = &container.name;
        match state.state {
            ContainerState::Waiting { message, .. } if message != known::EMPTY => {
                return format!("{status}: container {name}: {}", view.text(message));
            }
            ContainerState::Running { .. } if state.started == Some(false) => {
                return format!(
                    "{status}: the startup probe of container {name} has not succeeded"
                );
            }
            ContainerState::Running { .. } if !state.ready && container.readiness.is_some() => {
                return format!("{status}: the readiness probe of container {name} fails");
            }
            ContainerState::Absent
            | ContainerState::Waiting { .. }
            | ContainerState::Running { .. }
            | ContainerState::Terminated { .. } => {}
        }
    }
    status
}

/// Deployments that have fewer available pods than they ask for, though no pod waits.
fn short_deployments(view: &Snapshot<'_>) -> Vec<String> {
    let deployments = &view.store().deployments;
    let short = deployments.live_indexes().filter_map(|index| {
        let deployment = deployments.newest(index)?;
        let (asked, available) = (deployment.replicas, deployment.status.available);
        if deployment.paused || available >= asked {
            return None;
        }
        let object = ObjId {
            kind: Kind::Deployment,
            index,
        };
        let name = view.names.path(view.cluster, object);
        Some(format!(
            "waiting  {name}: {available} of {asked} pods are available"
        ))
    });
    short.collect()
}
