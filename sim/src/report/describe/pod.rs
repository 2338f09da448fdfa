//! Pods, described.

use wavetank_core::id::{ObjId, PodId};
use wavetank_core::object::condition::Truth;
use wavetank_core::object::pod::{ContainerState, ContainerStatus, Pod};
use wavetank_core::object::template::{Container, PodSpec, QosClass};
use wavetank_core::text::known;

use super::{listed, pairs, template};
use crate::report::object::condition_order;
use crate::report::snapshot::Snapshot;

pub(super) fn describe(view: &Snapshot<'_>, id: PodId) -> Option<String> {
    let pod = view.store().pods.newest(id.0)?;
    let spec = &view.definitions().get_template(pod.template).spec;
    let mut text = head(view, id, pod, spec);
    let states = view.store().containers(id);
    let (init, mains) = states.split_at_checked(spec.init_containers.len())?;
    for (heading, containers, states) in [
        ("Init Containers", &spec.init_containers, init),
        ("Containers", &spec.containers, mains),
    ] {
        if containers.is_empty() {
            continue;
        }
        text.push_str(&format!("{heading}:\n"));
        for (container, state) in containers.iter().zip(states) {
            text.push_str(&container_text(view, container, state));
        }
    }
    text.push_str(&conditions(pod, spec));
    text.push_str(&template::volumes(spec));
    text.push_str(&format!(
        "QoS Class:\t{}\n",
        match spec.qos {
            QosClass::BestEffort => "BestEffort",
            QosClass::Burstable => "Burstable",
            QosClass::Guaranteed => "Guaranteed",
        }
    ));
    text.push_str(&template::placement(spec));
    Some(text)
}

fn head(view: &Snapshot<'_>, id: PodId, pod: &Pod, spec: &PodSpec) -> String {
    let identity = view.store().pod_identity(id);
    let mut text = format!(
        "Name:\t{}\nNamespace:\t{}\nPriority:\t{}\n",
        view.name(id),
        view.text(identity.namespace),
        spec.priority,
    );
    if let Some(class) = &spec.priority_class {
        text.push_str(&format!("Priority Class Name:\t{class}\n"));
    }
    text.push_str(&format!("Service Account:\t{}\n", spec.service_account));
    text.push_str(&format!("Node:\t{}\n", view.node_or_none(pod.node)));
    if let Some(started) = pod.started {
        text.push_str(&format!("Start Time:\t{}\n", view.clock.wall_long(started)));
    }
    text.push_str(&pairs("Labels", view, pod.labels));
    text.push_str(&pairs("Annotations", view, pod.annotations));
    match pod.deletion {
        Some(deletion) if !pod.phase.is_terminal() => text.push_str(&format!(
            "Status:\tTerminating (lasts {})\nTermination Grace Period:\t{}s\n",
            view.age(wavetank_core::time::Stamp(
                deletion.at.0.saturating_sub(deletion.grace_seconds)
            )),
            deletion.grace_seconds,
        )),
        Some(_) | None => text.push_str(&format!("Status:\t{}\n", pod.phase.text())),
    }
    for (heading, id) in [("Reason", pod.reason), ("Message", pod.message)] {
        if id != known::EMPTY {
            text.push_str(&format!("{heading}:\t{}\n", view.text(id)));
        }
    }
    if pod.ip.is_some() {
        text.push_str(&format!("IP:\t{0}\nIPs:\n  IP:\t{0}\n", pod.ip));
    } else {
        text.push_str("IP:\t\nIPs:\t<none>\n");
    }
    if let Some(owner) = pod.owner {
        text.push_str(&controlled_by(view, owner));
    }
    if let Some(node) = pod.nominated {
        text.push_str(&format!("NominatedNodeName:\t{}\n", view.name(node)));
    }
    text
}

pub(super) fn controlled_by(view: &Snapshot<'_>, owner: ObjId) -> String {
    format!(
        "Controlled By:\t{}/{}\n",
        owner.kind.name(),
        view.name(owner)
    )
}

fn container_text(view: &Snapshot<'_>, container: &Container, status: &ContainerStatus) -> String {
    let mut text = template::container_head(container);
    text.push_str(&state(view, "State", &status.state));
    if status.last != ContainerState::Absent {
        text.push_str(&state(view, "Last State", &status.last));
    }
    let ready = if status.ready { "True" } else { "False" };
    text.push_str(&format!(
        "    Ready:\t{ready}\n    Restart Count:\t{}\n",
        status.restarts
    ));
    text.push_str(&template::container_tail(container));
    text
}

fn state(view: &Snapshot<'_>, heading: &str, state: &ContainerState) -> String {
    let mut text = String::new();
    let mut line = |key: &str, value: &str| {
        if !value.is_empty() {
            text.push_str(&format!("      {key}:\t{value}\n"));
        }
    };
    let word = match *state {
        ContainerState::Absent => "Waiting",
        ContainerState::Waiting { reason, message } => {
            line("Reason", view.text(reason));
            line("Message", view.text(message));
            "Waiting"
        }
        ContainerState::Running { started } => {
            line("Started", &view.clock.wall_long(started));
            "Running"
        }
        ContainerState::Terminated {
            exit_code,
            reason,
            message,
            started,
            finished,
        } => {
            line("Reason", view.text(reason));
            line("Message", view.text(message));
            line("Exit Code", &exit_code.to_string());
            line("Started", &view.clock.wall_long(started));
            line("Finished", &view.clock.wall_long(finished));
            "Terminated"
        }
    };
    format!("    {heading}:\t{word}\n{text}")
}

fn conditions(pod: &Pod, spec: &PodSpec) -> String {
    let mut lines = String::new();
    for kind in condition_order() {
        let condition = pod.condition(kind);
        if condition.status != Truth::Absent {
            lines.push_str(&format!(
                "  {}\t{} \n",
                kind.text(),
                condition.status.text()
            ));
        }
    }
    let mut text = String::new();
    if !spec.readiness_gates.is_empty() {
        text.push_str("Readiness Gates:\n  Type\tStatus\n");
        for (number, gate) in spec.readiness_gates.iter().enumerate() {
            let is_true = number < 8 && pod.gates >> number & 1 == 1;
            let status = if is_true { "True" } else { "<none>" };
            text.push_str(&format!("  {gate}\t{status} \n"));
        }
    }
    if !lines.is_empty() {
        text.push_str("Conditions:\n  Type\tStatus\n");
        text.push_str(&lines);
    }
    text
}

/// A list of tolerations beside its heading.
pub(super) fn tolerations(spec: &PodSpec) -> String {
    let lines = spec.tolerations.iter().map(|it| {
        let mut line = it.key.to_string();
        if !it.value.is_empty() {
            line.push_str(&format!("={}", it.value));
        }
        if let Some(effect) = it.effect {
            line.push_str(&format!(":{}", crate::report::object::effect(effect)));
        }
        if it.exists {
            line.push_str(if line.is_empty() {
                "op=Exists"
            } else {
                " op=Exists"
            });
        }
        if let Some(seconds) = it.seconds {
            line.push_str(&format!(" for {seconds}s"));
        }
        line
    });
    listed("Tolerations", lines.collect())
}
