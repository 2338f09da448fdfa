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

#[cfg(test)]
mod tests {
    use wavetank_core::id::{SetId, TemplateId, TextId};
    use wavetank_core::object::condition::Truth;
    use wavetank_core::object::meta::Deletion;
    use wavetank_core::object::pod::Phase;

    use super::*;

    /// A pod of init containers and main containers, each as a letter and a state.
    ///
    /// Init containers begin with `i`, sidecars with `s`, main containers with anything else; after
    /// the colon comes the state: `-` no status, `W` or `WReason` waiting, `R` running, `r` running and
    /// ready, `T0` or `T1Error` terminated, and perhaps `*` for each restart.
    fn check(pod: &str, edit: impl FnOnce(&mut Pod, &mut Texts), expected: &str) {
        let mut texts = Texts::default();
        let (mut init, mut mains) = (Vec::new(), Vec::new());
        let (mut init_states, mut main_states) = (Vec::new(), Vec::new());
        for part in pod.split_whitespace() {
            let (name, state) = part.split_once(':').unwrap();
            let container = Container {
                name: name.into(),
                restart_policy: name.starts_with('s').then_some(RestartPolicy::Always),
                ..Container::default()
            };
            let state = parse(state, &mut texts);
            if name.starts_with(['i', 's']) {
                init.push(container);
                init_states.push(state);
            } else {
                mains.push(container);
                main_states.push(state);
            }
        }
        init_states.extend(main_states);
        let mut pod = Pod::new(TemplateId(0), None, SetId(0));
        edit(&mut pod, &mut texts);
        let found = columns(&PodParts {
            pod: &pod,
            init: &init,
            mains: &mains,
            states: &init_states,
            texts: &texts,
        });
        let restarts = match found.last_restart {
            Some(at) => format!("{} ({})", found.restarts, at.0),
            None => found.restarts.to_string(),
        };
        let found = format!(
            "{}/{} {} {restarts}",
            found.ready, found.total, found.status
        );
        assert_eq!(found, expected);
    }

    fn parse(text: &str, texts: &mut Texts) -> ContainerStatus {
        let restarts = text.matches('*').count();
        let text = text.trim_end_matches('*');
        let mut status = ContainerStatus {
            restarts: u32::try_from(restarts).unwrap(),
            ..ContainerStatus::default()
        };
        if restarts > 0 {
            status.last = ended_with(1, known::ERROR);
        }
        let (kind, rest) = text.split_at(1);
        match kind {
            "-" => {}
            "W" => {
                status.state = ContainerState::Waiting {
                    reason: texts.intern(rest),
                    message: known::EMPTY,
                };
            }
            "R" | "r" => {
                status.state = ContainerState::Running { started: Stamp(1) };
                status.started = Some(true);
                status.ready = kind == "r";
            }
            _ => {
                let digits = rest.chars().take_while(char::is_ascii_digit).count();
                let code = rest[..digits].parse().unwrap();
                status.state = ended_with(code, texts.intern(&rest[digits..]));
            }
        }
        status
    }

    fn ended_with(exit_code: i32, reason: TextId) -> ContainerState {
        ContainerState::Terminated {
            exit_code,
            reason,
            message: known::EMPTY,
            started: Stamp(1),
            finished: Stamp(7),
        }
    }

    fn plain(_: &mut Pod, _: &mut Texts) {}

    fn running(pod: &mut Pod, _: &mut Texts) {
        pod.phase = Phase::Running;
        for kind in [PodConditionType::Initialized, PodConditionType::Ready] {
            pod.conditions[kind as usize].status = Truth::True;
        }
    }

    fn not_ready(pod: &mut Pod, texts: &mut Texts) {
        running(pod, texts);
        pod.conditions[PodConditionType::Ready as usize].status = Truth::False;
    }

    fn deleted(pod: &mut Pod, texts: &mut Texts) {
        running(pod, texts);
        pod.deletion = Some(Deletion {
            at: Stamp(40),
            grace_seconds: 30,
        });
    }

    /// K195, K197 (e)
    #[test]
    fn a_pod_starts() {
        check("web:-", plain, "0/1 Pending 0");
        check("web:WContainerCreating", plain, "0/1 ContainerCreating 0");
        check(
            "i1:WPodInitializing web:WPodInitializing",
            plain,
            "0/1 Init:0/1 0",
        );
        check(
            "i1:T0Completed i2:R web:WPodInitializing",
            plain,
            "0/1 Init:1/2 0",
        );
        check("web:r", running, "1/1 Running 0");
        check("web:R", not_ready, "0/1 Running 0");
        check(
            "web:WImagePullBackOff db:r",
            not_ready,
            "1/2 ImagePullBackOff 0",
        );
        let gated = |pod: &mut Pod, _: &mut Texts| {
            let place = PodConditionType::PodScheduled as usize;
            pod.conditions[place].reason = known::SCHEDULING_GATED;
        };
        check("web:-", gated, "0/1 SchedulingGated 0");
    }

    /// K195 step 3, K197 (a), (b)
    #[test]
    fn init_containers_fail_and_sidecars_crash() {
        check("i1:T1Error web:WPodInitializing", plain, "0/1 Init:Error 0");
        check("i1:T3 web:WPodInitializing", plain, "0/1 Init:ExitCode:3 0");
        check(
            "i1:WCrashLoopBackOff** web:WPodInitializing",
            plain,
            "0/1 Init:CrashLoopBackOff 2 (7)",
        );
        check("i1:T0Completed** web:r*", running, "1/1 Running 1 (7)");
        check("s1:r web:r", running, "2/2 Running 0");
        check("s1:r* web:r", running, "2/2 Running 1 (7)");
        check(
            "s1:WCrashLoopBackOff* web:r",
            running,
            "1/2 Init:CrashLoopBackOff 1 (7)",
        );
        check("s1:R web:WPodInitializing", plain, "0/2 PodInitializing 0");
    }

    /// K195 steps 4 and 5, K197 (c), (f), (g)
    #[test]
    fn main_containers_end() {
        check("web:T1Error", not_ready, "0/1 Error 0");
        check("web:T137OOMKilled*", not_ready, "0/1 OOMKilled 1 (7)");
        check("web:T2", not_ready, "0/1 ExitCode:2 0");
        check(
            "web:WCrashLoopBackOff***",
            not_ready,
            "0/1 CrashLoopBackOff 3 (7)",
        );
        check("web:r*", running, "1/1 Running 1 (7)");
        // The first by name that waits or has ended wins.
        check("b:T1Error a:WErrImagePull", not_ready, "0/2 ErrImagePull 0");
        check("a:T0Completed b:r", not_ready, "1/2 NotReady 0");
        check("a:T0Completed b:r", running, "1/2 Running 0");
        check("a:T0Completed b:T1Error", not_ready, "0/2 Error 0");
        check("a:T0Completed", not_ready, "0/1 Completed 0");
        let evicted = |pod: &mut Pod, _: &mut Texts| {
            pod.phase = Phase::Failed;
            pod.reason = known::EVICTED;
        };
        check("web:-", evicted, "0/1 Evicted 0");
        check("web:T137Error", evicted, "0/1 Error 0");
    }

    /// K195 step 6, K197 (d)
    #[test]
    fn a_pod_is_deleted() {
        check("web:r", deleted, "1/1 Terminating 0");
        let done = |pod: &mut Pod, texts: &mut Texts| {
            deleted(pod, texts);
            pod.phase = Phase::Succeeded;
        };
        check("web:T0Completed", done, "0/1 Completed 0");
        let lost = |pod: &mut Pod, texts: &mut Texts| {
            deleted(pod, texts);
            pod.reason = texts.intern("NodeLost");
        };
        check("web:r", lost, "1/1 Unknown 0");
    }
}
