//! The columns of `kubectl get pods` that are computed: READY, STATUS, RESTARTS (K195–K197).

use wavetank_core::id::PodId;
use wavetank_core::object::pod::{ContainerState, ContainerStatus, Pod, PodConditionType};
use wavetank_core::object::template::{Container, RestartPolicy};
use wavetank_core::text::{Texts, known};
use wavetank_core::time::Stamp;

use super::snapshot::Snapshot;

/// The computed columns of a pod.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct PodColumns {
    /// Containers that are ready.
    pub ready: usize,
    /// Main containers and sidecars.
    pub total: usize,
    /// STATUS
    pub status: String,
    /// RESTARTS, as a number.
    pub restarts: u32,
    /// When the last container that was restarted had ended.
    pub last_restart: Option<Stamp>,
}

/// What the columns are computed from.
#[derive(Clone, Copy, Debug)]
pub struct PodParts<'a> {
    /// The pod.
    pub pod: &'a Pod,
    /// `spec.initContainers`, in order.
    pub init: &'a [Container],
    /// `spec.containers`, in order.
    pub mains: &'a [Container],
    /// The states, init containers first.
    pub states: &'a [ContainerStatus],
    /// The texts.
    pub texts: &'a Texts,
}

/// The computed columns of a pod that is there.
#[must_use]
pub fn of_pod(view: &Snapshot<'_>, id: PodId) -> Option<PodColumns> {
    let pod = view.store().pods.newest(id.0)?;
    let spec = &view.definitions().get_template(pod.template).spec;
    Some(columns(&PodParts {
        pod,
        init: &spec.init_containers,
        mains: &spec.containers,
        states: view.store().containers(id),
        texts: &view.definitions().texts,
    }))
}

/// RESTARTS as `kubectl` writes it: `3 (10s ago)` (K196).
#[must_use]
pub fn restarts(view: &Snapshot<'_>, columns: &PodColumns) -> String {
    match columns.last_restart {
        Some(at) if columns.restarts > 0 => {
            format!("{} ({} ago)", columns.restarts, view.age(at))
        }
        Some(_) | None => columns.restarts.to_string(),
    }
}

/// The computed columns (K195).
#[must_use]
pub fn columns(parts: &PodParts<'_>) -> PodColumns {
    let PodParts { pod, init, .. } = *parts;
    let mut found = PodColumns {
        total: parts.mains.len() + init.iter().filter(|it| is_sidecar(it)).count(),
        status: if pod.reason == known::EMPTY {
            pod.phase.text().to_owned()
        } else {
            parts.texts.get(pod.reason).to_owned()
        },
        ..PodColumns::default()
    };
    // Step 1
    if pod.condition(PodConditionType::PodScheduled).reason == known::SCHEDULING_GATED {
        found.status = parts.texts.get(known::SCHEDULING_GATED).to_owned();
    }
    let initializing = add_init(&mut found, parts);
    if !initializing
        || pod
            .condition(PodConditionType::Initialized)
            .status
            .is_true()
    {
        add_mains(&mut found, parts);
    }
    // Step 6
    if pod.deletion.is_some() {
        if parts.texts.get(pod.reason) == "NodeLost" {
            found.status = "Unknown".to_owned();
        } else if !pod.phase.is_terminal() {
            found.status = "Terminating".to_owned();
        }
    }
    found
}

fn is_sidecar(container: &Container) -> bool {
    container.restart_policy == Some(RestartPolicy::Always)
}

/// Step 3: init containers. Returns whether the pod is still initializing.
fn add_init(found: &mut PodColumns, parts: &PodParts<'_>) -> bool {
    for (number, (container, state)) in parts.init.iter().zip(parts.states).enumerate() {
        if state.state == ContainerState::Absent {
            continue;
        }
        found.restarts = found.restarts.saturating_add(state.restarts);
        found.last_restart = found.last_restart.max(ended(state));
        let is_running_sidecar = is_sidecar(container) && state.started == Some(true);
        match state.state {
            ContainerState::Terminated { exit_code: 0, .. } => continue,
            ContainerState::Absent
            | ContainerState::Waiting { .. }
            | ContainerState::Running { .. }
            | ContainerState::Terminated { .. }
                if is_running_sidecar =>
            {
                found.ready += usize::from(state.ready);
                continue;
            }
            ContainerState::Terminated {
                exit_code, reason, ..
            } => {
                found.status = match parts.texts.get(reason) {
                    "" => format!("Init:ExitCode:{exit_code}"),
                    reason => format!("Init:{reason}"),
                };
            }
            ContainerState::Waiting { reason, .. }
                if reason != known::EMPTY && reason != known::POD_INITIALIZING =>
            {
                found.status = format!("Init:{}", parts.texts.get(reason));
            }
            ContainerState::Absent
            | ContainerState::Waiting { .. }
            | ContainerState::Running { .. } => {
                found.status = format!("Init:{number}/{}", parts.init.len());
            }
        }
        return true;
    }
    false
}

/// Steps 4 and 5: main containers, from the last name to the first.
fn add_mains(found: &mut PodColumns, parts: &PodParts<'_>) {
    let sidecars = || {
        let init = parts.init.iter().zip(parts.states);
        init.filter(|(container, _)| is_sidecar(container))
            .map(|(_, state)| state)
    };
    found.restarts = sidecars().fold(0, |sum, state| state.restarts.saturating_add(sum));
    found.last_restart = sidecars().filter_map(ended).max();
    let states = parts.states.get(parts.init.len()..).unwrap_or_default();
    let mut mains: Vec<_> = parts.mains.iter().zip(states).collect();
    mains.sort_by(|one, other| other.0.name.cmp(&one.0.name));
    let (mut has_running, mut error) = (false, None);
    for (_, state) in mains {
        found.restarts = found.restarts.saturating_add(state.restarts);
        found.last_restart = found.last_restart.max(ended(state));
        match state.state {
            ContainerState::Waiting { reason, .. } if reason != known::EMPTY => {
                found.status = parts.texts.get(reason).to_owned();
            }
            ContainerState::Terminated {
                exit_code, reason, ..
            } => {
                found.status = match parts.texts.get(reason) {
                    "" => format!("ExitCode:{exit_code}"),
                    reason => reason.to_owned(),
                };
                if exit_code != 0 {
                    error = Some(found.status.clone());
                }
            }
            ContainerState::Running { .. } if state.ready => {
                has_running = true;
                found.ready += 1;
            }
            ContainerState::Absent
            | ContainerState::Waiting { .. }
            | ContainerState::Running { .. } => {}
        }
    }
    if found.status == "Completed" {
        if has_running && parts.pod.is_ready() {
            found.status = "Running".to_owned();
        } else if let Some(error) = error {
            found.status = error;
        } else if has_running {
            found.status = "NotReady".to_owned();
        }
    }
}

/// When the container's last incarnation ended, if that is known.
fn ended(state: &ContainerStatus) -> Option<Stamp> {
    match state.last {
        ContainerState::Terminated { finished, .. } if finished != Stamp(0) => Some(finished),
        ContainerState::Absent
        | ContainerState::Waiting { .. }
        | ContainerState::Running { .. }
        | ContainerState::Terminated { .. } => None,
    }
}
