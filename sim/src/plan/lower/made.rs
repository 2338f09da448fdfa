//! Objects that command lines bring in: from files, and from flags.

use serde_json::{Value, json};
use wavetank_core::label::Labels;

use super::command::selector;
use super::mapping::labels;
use super::object::creation;
use super::step::Lowering;
use crate::diagnostic::Place;
use crate::manifest::{Object, reread};
use crate::plan::step::PlannedObject;
use crate::scenario::kubectl::{Files, NewObject, RunPod};
use crate::scenario::target::{Namespaces, Operator, Requirement};
use wavetank_core::id::Kind;

/// The objects of files, as calls that create them.
pub(super) fn files(
    files: &Files,
    place: &Place,
    lowering: &mut Lowering<'_>,
) -> Option<Vec<PlannedObject>> {
    let selector = selector(&files.labels, place, lowering)?;
    let objects = match (lowering.read)(&files.paths, files.recursive, place) {
        Ok(objects) => objects,
        Err(problems) => {
            lowering.diagnostics.extend(problems);
            return None;
        }
    };
    let fits = |object: &Object| {
        let labels: Labels = labels(object.metadata().labels.as_ref());
        selector.matches(&labels)
    };
    let objects = objects.into_iter().filter(fits);
    let planned = objects.map(|object| planned(object, &files.namespaces, lowering));
    Some(planned.collect())
}

/// An object as a call that creates it.
fn planned(
    mut object: Object,
    namespaces: &Namespaces,
    lowering: &mut Lowering<'_>,
) -> PlannedObject {
    let is_namespaced = Kind::from_name(object.kind()).is_none_or(Kind::is_namespaced);
    let metadata = object.metadata_mut();
    // What says nothing was given the default when it was read.
    let says = metadata.namespace.as_deref().unwrap_or("default");
    if is_namespaced && says == "default" {
        let namespace = match namespaces {
            Namespaces::Named(name) => name.clone(),
            Namespaces::Default | Namespaces::All => "default".to_owned(),
        };
        metadata.namespace = Some(namespace);
    }
    let name = metadata.name.clone().unwrap_or_default();
    let namespace = metadata.namespace.clone().filter(|_| is_namespaced);
    let pod_node = if let Object::Pod(pod) = &object {
        let name = pod.spec.as_ref().and_then(|spec| spec.node_name.clone());
        name.and_then(|name| lowering.node_named(&name))
    } else {
        None
    };
    let creation = creation(
        &object,
        &object.to_json(),
        lowering.priorities,
        lowering.definitions,
        &|_: &str| pod_node,
    );
    PlannedObject {
        kind: object.kind().into(),
        name: name.into(),
        namespace: namespace.unwrap_or_default().into(),
        creation,
        has_replicas: object.replicas().is_some(),
    }
}

/// Objects made of flags: read as a manifest would be, so that they are defaulted and checked.
fn from_json(
    json: &[Value],
    namespaces: &Namespaces,
    place: &Place,
    lowering: &mut Lowering<'_>,
) -> Option<Vec<PlannedObject>> {
    let mut found = Vec::new();
    for value in json {
        match reread(value, place) {
            Ok(object) => found.push(planned(object, namespaces, lowering)),
            Err(error) => {
                lowering.diagnostics.extend(error.problems);
                return None;
            }
        }
    }
    Some(found)
}

/// `create deployment` and the like.
#[allow(clippy::too_many_lines)] // one list, in the order in which it is read
pub(super) fn object(
    new: &NewObject,
    namespaces: &Namespaces,
    place: &Place,
    lowering: &mut Lowering<'_>,
) -> Option<Vec<PlannedObject>> {
    let json = match new {
        NewObject::Deployment {
            name,
            images,
            replicas,
            port,
            command,
        } => {
            let container = |image: &String| container(image, *port, command);
            json!({
                "apiVersion": "apps/v1", "kind": "Deployment",
                "metadata": {"name": name, "labels": {"app": name}},
                "spec": {
                    "replicas": replicas,
                    "selector": {"matchLabels": {"app": name}},
                    "template": {
                        "metadata": {"labels": {"app": name}},
                        "spec": {"containers": images.iter().map(container).collect::<Vec<_>>()},
                    },
                },
            })
        }
        NewObject::Service {
            service_type,
            name,
            ports,
            headless,
        } => {
            let port = |(port, target): &(u16, String)| {
                let number = target.parse::<u16>();
                let target = number.map_or_else(|_| json!(target), |number| json!(number));
                let name = match target.as_str() {
                    Some(target) => format!("{port}-{target}"),
                    None => format!("{port}-{target}"),
                };
                json!({"name": name, "port": port, "targetPort": target, "protocol": "TCP"})
            };
            let mut json = json!({
                "apiVersion": "v1", "kind": "Service",
                "metadata": {"name": name, "labels": {"app": name}},
                "spec": {
                    "type": service_type,
                    "selector": {"app": name},
                    "ports": ports.iter().map(port).collect::<Vec<_>>(),
                },
            });
            if *headless {
                json["spec"]["clusterIP"] = json!("None");
            }
            json
        }
        NewObject::Namespace(name) => {
            json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
        }
        NewObject::Data {
            kind,
            name,
            literals,
        } => {
            let field = if *kind == "Secret" {
                "stringData"
            } else {
                "data"
            };
            let data: serde_json::Map<String, Value> = literals
                .iter()
                .map(|(key, value)| (key.clone(), json!(value)))
                .collect();
            json!({"apiVersion": "v1", "kind": kind, "metadata": {"name": name}, field: data})
        }
        NewObject::Job {
            name,
            image,
            command,
        } => json!({
            "apiVersion": "batch/v1", "kind": "Job",
            "metadata": {"name": name},
            "spec": {"template": {"spec": {
                "restartPolicy": "Never",
                "containers": [named(name, image, None, command)],
            }}},
        }),
        NewObject::PodDisruptionBudget {
            name,
            selector,
            min_available,
            max_unavailable,
        } => budget(
            name,
            selector,
            min_available.as_deref(),
            max_unavailable.as_deref(),
        ),
        NewObject::PriorityClass {
            name,
            value,
            never_preempts,
        } => {
            let policy = if *never_preempts {
                "Never"
            } else {
                "PreemptLowerPriority"
            };
            json!({
                "apiVersion": "scheduling.k8s.io/v1", "kind": "PriorityClass",
                "metadata": {"name": name}, "value": value, "preemptionPolicy": policy,
            })
        }
    };
    from_json(&[json], namespaces, place, lowering)
}

/// A container named after its image, as `create deployment` names it.
fn container(image: &str, port: Option<u16>, command: &[String]) -> Value {
    let last = image.rsplit('/').next().unwrap_or(image);
    let name = last.split([':', '@']).next().unwrap_or(last);
    named(&name.replace(['.', '_'], "-"), image, port, command)
}

fn named(name: &str, image: &str, port: Option<u16>, command: &[String]) -> Value {
    let mut json = json!({"name": name, "image": image});
    if let Some(port) = port {
        json["ports"] = json!([{"containerPort": port}]);
    }
    if !command.is_empty() {
        json["command"] = json!(command);
    }
    json
}

fn budget(
    name: &str,
    selector: &[Requirement],
    min_available: Option<&str>,
    max_unavailable: Option<&str>,
) -> Value {
    let expression = |it: &Requirement| {
        let operator = match it.operator {
            Operator::In => "In",
            Operator::NotIn => "NotIn",
            Operator::Exists => "Exists",
            Operator::DoesNotExist => "DoesNotExist",
        };
        let mut json = json!({"key": it.key, "operator": operator});
        if !it.values.is_empty() {
            json["values"] = json!(it.values);
        }
        json
    };
    let mut spec = json!({
        "selector": {"matchExpressions": selector.iter().map(expression).collect::<Vec<_>>()},
    });
    for (field, value) in [
        ("minAvailable", min_available),
        ("maxUnavailable", max_unavailable),
    ] {
        if let Some(value) = value {
            let number = value.parse::<u32>();
            spec[field] = number.map_or_else(|_| json!(value), |number| json!(number));
        }
    }
    json!({
        "apiVersion": "policy/v1", "kind": "PodDisruptionBudget",
        "metadata": {"name": name}, "spec": spec,
    })
}

/// `run`
pub(super) fn run(
    run: &RunPod,
    place: &Place,
    lowering: &mut Lowering<'_>,
) -> Option<Vec<PlannedObject>> {
    let mut container = named(&run.name, &run.image, run.port, &[]);
    if !run.arguments.is_empty() {
        let field = if run.command { "command" } else { "args" };
        container[field] = json!(run.arguments);
    }
    if !run.env.is_empty() {
        let variable = |(name, value): &(String, String)| json!({"name": name, "value": value});
        container["env"] = run.env.iter().map(variable).collect();
    }
    let mut labels = json!({});
    for (key, value) in &run.labels {
        labels[key] = json!(value);
    }
    if run.labels.is_empty() {
        labels["run"] = json!(run.name);
    }
    let mut objects = vec![json!({
        "apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": run.name, "labels": labels},
        "spec": {
            "containers": [container],
            "restartPolicy": run.restart.as_deref().unwrap_or("Always"),
        },
    })];
    if let (true, Some(port)) = (run.expose, run.port) {
        let service = json!({
            "apiVersion": "v1", "kind": "Service",
            "metadata": {"name": run.name},
            "spec": {"selector": labels, "ports": [{"port": port, "targetPort": port}]},
        });
        objects.insert(0, service);
    }
    from_json(&objects, &run.namespaces, place, lowering)
}
