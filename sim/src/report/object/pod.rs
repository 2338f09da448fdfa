//! Pods as the API shows them.

use serde_json::{Value, json};
use wavetank_core::id::{ObjId, PodId};
use wavetank_core::object::condition::{Condition, Truth};
use wavetank_core::object::pod::{ContainerState, ContainerStatus, Pod, PodConditionType};
use wavetank_core::object::resources::Resources;
use wavetank_core::object::template::{
    Container, PodSpec, PodTemplate, PullPolicy, QosClass, RestartPolicy,
};
use wavetank_core::text::known;

use super::{MetaParts, metadata, protocol, texts};
use crate::report::snapshot::Snapshot;

/// The conditions of a pod in the order in which the API shows them.
#[must_use]
pub const fn condition_order() -> [PodConditionType; 6] {
    [
        PodConditionType::DisruptionTarget,
        PodConditionType::PodReadyToStartContainers,
        PodConditionType::Initialized,
        PodConditionType::Ready,
        PodConditionType::ContainersReady,
        PodConditionType::PodScheduled,
    ]
}

pub(super) fn to_json(view: &Snapshot<'_>, id: PodId) -> Option<Value> {
    let object = ObjId::from(id);
    let pod = view.store().pods.newest(id.0)?;
    let identity = view.store().pod_identity(id);
    let template = view.definitions().get_template(pod.template);
    let mut spec = spec(template);
    if let Some(node) = pod.node {
        spec["nodeName"] = json!(view.name(node));
    }
    let parts = MetaParts {
        name: identity.name.text(&view.definitions().texts),
        namespace: view.text(identity.namespace),
        created: identity.created,
        labels: pod.labels,
        annotations: pod.annotations,
        finalizers: pod.finalizers,
        owner: pod.owner,
        generation: pod.generation,
        deletion: pod.deletion,
    };
    Some(json!({
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": metadata(view, object, &parts),
        "spec": spec,
        "status": status(view, id, pod, &template.spec),
    }))
}

/// `spec` of a template: as supplied when the manifest is there, otherwise what the model knows.
pub(super) fn spec(template: &PodTemplate) -> Value {
    let supplied: Option<Value> = serde_json::from_str(&template.manifest).ok();
    match supplied {
        Some(Value::Object(mut map)) if map.contains_key("spec") => {
            map.remove("spec").filter(Value::is_object)
        }
        Some(value) if value.get("containers").is_some() => Some(value),
        Some(_) | None => None,
    }
    .unwrap_or_else(|| typed_spec(&template.spec))
}

fn typed_spec(spec: &PodSpec) -> Value {
    let list = |containers: &[Container]| -> Vec<Value> {
        containers.iter().map(typed_container).collect()
    };
    let mut value = json!({
        "containers": list(&spec.containers),
        "restartPolicy": restart_policy(spec.restart_policy),
        "schedulerName": spec.scheduler_name,
        "serviceAccountName": spec.service_account,
        "terminationGracePeriodSeconds": spec.grace_seconds,
    });
    if !spec.init_containers.is_empty() {
        value["initContainers"] = json!(list(&spec.init_containers));
    }
    if !spec.node_selector.is_empty() {
        let pairs = spec.node_selector.iter();
        value["nodeSelector"] = texts(pairs.map(|(key, value)| (&**key, &**value)));
    }
    if let Some(class) = &spec.priority_class {
        value["priorityClassName"] = json!(class);
    }
    if spec.priority != 0 {
        value["priority"] = json!(spec.priority);
    }
    value
}

fn typed_container(container: &Container) -> Value {
    let mut value = json!({
        "image": container.image,
        "imagePullPolicy": match container.pull_policy {
            PullPolicy::Always => "Always",
            PullPolicy::IfNotPresent => "IfNotPresent",
            PullPolicy::Never => "Never",
        },
        "name": container.name,
    });
    if let Some(policy) = container.restart_policy {
        value["restartPolicy"] = json!(restart_policy(policy));
    }
    if !container.command.is_empty() {
        value["command"] = json!(container.command);
    }
    if !container.args.is_empty() {
        value["args"] = json!(container.args);
    }
    let ports = container.ports.iter().map(|port| {
        let mut value = json!({
            "containerPort": port.port,
            "protocol": protocol(port.protocol),
        });
        if !port.name.is_empty() {
            value["name"] = json!(port.name);
        }
        value
    });
    let ports: Vec<_> = ports.collect();
    if !ports.is_empty() {
        value["ports"] = json!(ports);
    }
    let mut resources = json!({});
    for (key, amounts) in [
        ("limits", &container.limits),
        ("requests", &container.requests),
    ] {
        let amounts = amounts_json(amounts);
        if amounts.as_object().is_some_and(|map| !map.is_empty()) {
            resources[key] = amounts;
        }
    }
    value["resources"] = resources;
    value
}

/// Amounts of resources; those that are zero are left out.
pub(super) fn amounts_json(amounts: &Resources) -> Value {
    let mut value = json!({});
    for (name, text) in super::node::amounts(amounts) {
        value[name] = json!(text);
    }
    value
}

const fn restart_policy(policy: RestartPolicy) -> &'static str {
    match policy {
        RestartPolicy::Always => "Always",
        RestartPolicy::OnFailure => "OnFailure",
        RestartPolicy::Never => "Never",
    }
}

fn status(view: &Snapshot<'_>, id: PodId, pod: &Pod, spec: &PodSpec) -> Value {
    let mut status = json!({
        "phase": pod.phase.text(),
        "qosClass": match spec.qos {
            QosClass::BestEffort => "BestEffort",
            QosClass::Burstable => "Burstable",
            QosClass::Guaranteed => "Guaranteed",
        },
    });
    let conditions = conditions(view, pod, spec);
    if !conditions.is_empty() {
        status["conditions"] = json!(conditions);
    }
    for (key, text) in [("reason", pod.reason), ("message", pod.message)] {
        if text != known::EMPTY {
            status[key] = json!(view.text(text));
        }
    }
    if pod.ip.is_some() {
        status["podIP"] = json!(pod.ip.to_string());
        status["podIPs"] = json!([{ "ip": pod.ip.to_string() }]);
    }
    if let Some(started) = pod.started {
        status["startTime"] = json!(view.clock.wall(started));
    }
    if pod.observed_generation > 0 {
        status["observedGeneration"] = json!(pod.observed_generation);
    }
    if let Some(node) = pod.nominated {
        status["nominatedNodeName"] = json!(view.name(node));
    }
    let states = view.store().containers(id);
    let init = spec.init_containers.len();
    let inits: Vec<_> = spec.init_containers.iter().zip(states).collect();
    let mut mains: Vec<_> = spec
        .containers
        .iter()
        .zip(states.get(init..).unwrap_or_default())
        .collect();
    mains.sort_by(|one, other| one.0.name.cmp(&other.0.name));
    for (key, list) in [
        ("initContainerStatuses", inits),
        ("containerStatuses", mains),
    ] {
        let list: Vec<_> = list
            .into_iter()
            .filter(|(_, state)| state.state != ContainerState::Absent)
            .map(|(container, state)| container_status(view, id, container, state))
            .collect();
        if !list.is_empty() {
            status[key] = json!(list);
        }
    }
    status
}

fn conditions(view: &Snapshot<'_>, pod: &Pod, spec: &PodSpec) -> Vec<Value> {
    let mut conditions = Vec::new();
    for kind in condition_order() {
        let condition = Condition::from(*pod.condition(kind));
        if let Some(mut value) = super::condition(view, kind.text(), &condition) {
            value["lastProbeTime"] = Value::Null;
            conditions.push(value);
        }
    }
    for (number, gate) in spec.readiness_gates.iter().take(8).enumerate() {
        let condition = Condition {
            status: Truth::True,
            ..Condition::default()
        };
        if pod.gates >> number & 1 == 1
            && let Some(value) = super::condition(view, gate, &condition)
        {
            conditions.push(value);
        }
    }
    conditions
}

fn container_status(
    view: &Snapshot<'_>,
    pod: PodId,
    container: &Container,
    status: &ContainerStatus,
) -> Value {
    let id = container_id(view, pod, container, status.attempt);
    let last_id = container_id(view, pod, container, status.attempt.saturating_sub(1));
    let is_made = status.attempt > 0 || matches!(status.state, ContainerState::Running { .. });
    let mut value = json!({
        "name": container.name,
        "image": container.image,
        "imageID": if is_made { image_id(&container.image) } else { String::new() },
        "ready": status.ready,
        "restartCount": status.restarts,
        "state": state(view, &status.state, &id),
        "lastState": state(view, &status.last, &last_id),
    });
    if is_made {
        value["containerID"] = json!(id);
    }
    if let Some(started) = status.started {
        value["started"] = json!(started);
    }
    value
}

/// `containerID`: derived of the uid, the name and the attempt.
fn container_id(view: &Snapshot<'_>, pod: PodId, container: &Container, attempt: u32) -> String {
    let text = format!("{}/{}/{attempt}", view.uid(pod.into()), container.name);
    format!("containerd://{}", blake3::hash(text.as_bytes()).to_hex())
}

/// `imageID`: derived of the image's name.
fn image_id(image: &str) -> String {
    format!("sha256:{}", blake3::hash(image.as_bytes()).to_hex())
}

fn state(view: &Snapshot<'_>, state: &ContainerState, id: &str) -> Value {
    let with_texts = |mut value: Value, reason, message| {
        for (key, text) in [("reason", reason), ("message", message)] {
            if text != known::EMPTY {
                value[key] = json!(view.text(text));
            }
        }
        value
    };
    match *state {
        ContainerState::Absent => json!({}),
        ContainerState::Waiting { reason, message } => {
            json!({ "waiting": with_texts(json!({}), reason, message) })
        }
        ContainerState::Running { started } => {
            json!({ "running": { "startedAt": view.clock.wall(started) } })
        }
        ContainerState::Terminated {
            exit_code,
            reason,
            message,
            started,
            finished,
        } => {
            let value = json!({
                "containerID": id,
                "exitCode": exit_code,
                "startedAt": view.clock.wall(started),
                "finishedAt": view.clock.wall(finished),
            });
            json!({ "terminated": with_texts(value, reason, message) })
        }
    }
}
