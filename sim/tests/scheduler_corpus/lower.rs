//! From the JSON of the recorded decisions to what the scheduler reads.

use std::sync::Arc;

use serde_json::Value;
use wavetank_core::label::Labels;
use wavetank_core::object::definition::EMPTY_SET;
use wavetank_core::object::resources::Resources;
use wavetank_core::object::scheduling::{
    NodeOperator, NodeRequirement, NodeTerm, Taint, TaintEffect, Toleration,
};
use wavetank_core::object::template::{
    Container, ContainerPort, PodSpec, PodTemplate, Protocol, RestartPolicy,
};
use wavetank_core::quantity::Quantity;
use wavetank_sim::component::scheduler::decision::shape::PodShape;
use wavetank_sim::component::scheduler::decision::snapshot::NodeRow;

/// The items of a list that may be missing.
pub(crate) fn items(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

/// A text that may be missing.
pub(crate) fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn labels(value: &Value) -> Labels {
    let pairs = value.as_object().into_iter().flatten();
    pairs.map(|(key, value)| (&**key, text(value))).collect()
}

fn resources(value: &Value) -> Resources {
    let mut resources = Resources::default();
    for (name, amount) in value.as_object().into_iter().flatten() {
        let amount: Quantity = text(amount).parse().expect("a quantity");
        match &**name {
            "cpu" => resources.cpu = amount.millis(),
            "memory" => resources.memory = amount.value(),
            "ephemeral-storage" => resources.storage = amount.value(),
            "pods" => resources.pods = amount.value(),
            other => resources.extended.push((other.into(), amount.value())),
        }
    }
    resources.extended.sort();
    resources
}

fn effect(value: &Value) -> Option<TaintEffect> {
    match text(value) {
        "NoSchedule" => Some(TaintEffect::NoSchedule),
        "PreferNoSchedule" => Some(TaintEffect::PreferNoSchedule),
        "NoExecute" => Some(TaintEffect::NoExecute),
        _ => None,
    }
}

pub(crate) fn node(value: &Value) -> NodeRow {
    let taint = |taint: &Value| Taint {
        key: text(&taint["key"]).into(),
        value: text(&taint["value"]).into(),
        effect: effect(&taint["effect"]).expect("an effect"),
    };
    let images = items(&value["status"]["images"]).flat_map(|image| {
        let size = image["sizeBytes"].as_u64().expect("a size");
        items(&image["names"]).map(move |name| (text(name).into(), size))
    });
    NodeRow {
        name: text(&value["metadata"]["name"]).into(),
        labels: labels(&value["metadata"]["labels"]),
        taints: items(&value["spec"]["taints"]).map(taint).collect(),
        unschedulable: value["spec"]["unschedulable"].as_bool() == Some(true),
        allocatable: resources(&value["status"]["allocatable"]),
        images: images.collect(),
        ..NodeRow::default()
    }
}

fn container(value: &Value) -> Container {
    let port = |port: &Value| ContainerPort {
        host_port: u16::try_from(port["hostPort"].as_u64().unwrap_or(0)).expect("a port"),
        host_ip: text(&port["hostIP"]).into(),
        protocol: match text(&port["protocol"]) {
            "UDP" => Protocol::Udp,
            "SCTP" => Protocol::Sctp,
            _ => Protocol::Tcp,
        },
        ..ContainerPort::default()
    };
    Container {
        image: text(&value["image"]).into(),
        ports: items(&value["ports"]).map(port).collect(),
        requests: resources(&value["resources"]["requests"]),
        restart_policy: (value["restartPolicy"] == "Always").then_some(RestartPolicy::Always),
        ..Container::default()
    }
}

/// The sum over containers and init containers (S90), `of` each of them.
fn total(spec: &Value, of: impl Fn(&Value) -> Resources) -> Resources {
    let mut sum = Resources::default();
    for container in items(&spec["containers"]) {
        sum.add(&of(container));
    }
    let (mut sidecars, mut most) = (Resources::default(), Resources::default());
    for container in items(&spec["initContainers"]) {
        let request = of(container);
        if container["restartPolicy"] == "Always" {
            sum.add(&request);
            sidecars.add(&request);
            most.raise(&sidecars);
        } else {
            let mut used = request;
            used.add(&sidecars);
            most.raise(&used);
        }
    }
    sum.raise(&most);
    sum
}

/// A container's requests, with the scheduler's defaults for these of cpu and memory (S43).
fn with_defaults(container: &Value, cpu: bool, memory: bool) -> Resources {
    let requests = &container["resources"]["requests"];
    let mut amounts = resources(requests);
    if cpu && requests.get("cpu").is_none() {
        amounts.cpu = 100;
    }
    if memory && requests.get("memory").is_none() {
        amounts.memory = 200 << 20;
    }
    amounts
}

/// Puts what is requested for the pod as a whole in place of the sum (S90).
fn replace(sum: &mut Resources, pod_level: &Value) {
    let level = resources(pod_level);
    if pod_level.get("cpu").is_some() {
        sum.cpu = level.cpu;
    }
    if pod_level.get("memory").is_some() {
        sum.memory = level.memory;
    }
    for (name, amount) in level.extended {
        sum.extended.retain(|it| it.0 != name);
        sum.extended.push((name, amount));
        sum.extended.sort();
    }
}

fn term(value: &Value) -> NodeTerm {
    let requirement = |it: &Value| NodeRequirement {
        key: text(&it["key"]).into(),
        operator: match text(&it["operator"]) {
            "In" => NodeOperator::In,
            "NotIn" => NodeOperator::NotIn,
            "Exists" => NodeOperator::Exists,
            "DoesNotExist" => NodeOperator::DoesNotExist,
            "Gt" => NodeOperator::Gt,
            "Lt" => NodeOperator::Lt,
            other => panic!("operator {other}"),
        },
        values: items(&it["values"])
            .map(|value| text(value).into())
            .collect(),
    };
    NodeTerm {
        expressions: items(&value["matchExpressions"]).map(requirement).collect(),
        fields: items(&value["matchFields"]).map(requirement).collect(),
    }
}

fn spec(value: &Value) -> PodSpec {
    let pod_level = &value["resources"]["requests"];
    let overhead = resources(&value["overhead"]);
    let mut requests = total(value, |it| with_defaults(it, false, false));
    // Where the pod as a whole requests something, defaults count only for what nobody requests.
    let is_requested = |name: &str| {
        let containers = items(&value["containers"]).chain(items(&value["initContainers"]));
        let mut containers = containers.map(|it| &it["resources"]["requests"]);
        containers.any(|it| it.get(name).is_some()) || pod_level.get(name).is_some()
    };
    let mut nonzero = total(value, |it| match pod_level.is_object() {
        true => with_defaults(it, !is_requested("cpu"), !is_requested("memory")),
        false => with_defaults(it, true, true),
    });
    if pod_level.is_object() {
        replace(&mut requests, pod_level);
        replace(&mut nonzero, pod_level);
    }
    requests.add(&overhead);
    nonzero.add(&overhead);
    let toleration = |it: &Value| Toleration {
        key: text(&it["key"]).into(),
        exists: it["operator"] == "Exists",
        value: text(&it["value"]).into(),
        effect: effect(&it["effect"]),
        seconds: None,
    };
    let mut spec = PodSpec {
        containers: items(&value["containers"]).map(container).collect(),
        init_containers: items(&value["initContainers"]).map(container).collect(),
        tolerations: items(&value["tolerations"]).map(toleration).collect(),
        node_selector: labels(&value["nodeSelector"])
            .iter()
            .map(|(key, value)| (key.into(), value.into()))
            .collect(),
        node_name: value["nodeName"].as_str().map(Into::into),
        never_preempts: value["preemptionPolicy"] == "Never",
        priority: i32::try_from(value["priority"].as_i64().unwrap_or(0)).expect("a priority"),
        nonzero: (nonzero.cpu, nonzero.memory),
        has_pod_level_requests: pod_level.is_object(),
        requests,
        ..PodSpec::default()
    };
    let affinity = &value["affinity"]["nodeAffinity"];
    let required = &affinity["requiredDuringSchedulingIgnoredDuringExecution"];
    spec.affinity.node_required = required
        .is_object()
        .then(|| items(&required["nodeSelectorTerms"]).map(term).collect());
    spec.affinity.node_preferred =
        items(&affinity["preferredDuringSchedulingIgnoredDuringExecution"])
            .map(|it| {
                let weight = it["weight"].as_i64().expect("a weight");
                (
                    i32::try_from(weight).expect("a weight"),
                    term(&it["preference"]),
                )
            })
            .collect();
    spec
}

pub(crate) fn pod(value: &Value) -> PodShape {
    let template = PodTemplate {
        labels: EMPTY_SET,
        annotations: EMPTY_SET,
        finalizers: EMPTY_SET,
        spec: spec(&value["spec"]),
        manifest: "".into(),
    };
    let namespace = text(&value["metadata"]["namespace"]);
    let labels = labels(&value["metadata"]["labels"]);
    let mut shape = PodShape::new(namespace, labels, Arc::new(template));
    // Exactly, from the containers alone, with the overhead (S97).
    let mut scored = total(&value["spec"], |it| with_defaults(it, true, true));
    scored.add(&resources(&value["spec"]["overhead"]));
    shape.scored = (scored.cpu, scored.memory);
    shape
}
