//! What others want to know of a pod's spec: its requests, ports, images and selectors.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::{Container, PodSpec};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelector;
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

use super::quantity::{Amounts, amounts};

/// What the scheduler counts for a pod: `cpu` in millicores, everything else in whole units. // S90
///
/// Containers add up. An init container needs its own amount beside the sidecars that were started
/// before it; the larger of both counts, resource by resource. Requests of the pod as a whole
/// replace the result for `cpu`, `memory` and huge pages; the overhead comes on top. Limits do not
/// stand in for requests here: defaulting has done that.
#[must_use]
pub fn effective_requests(spec: &PodSpec) -> Amounts {
    let mut sum = Amounts::new();
    for container in &spec.containers {
        add(&mut sum, &requests(container));
    }
    let mut sidecars = Amounts::new();
    let mut largest_start = Amounts::new();
    for container in spec.init_containers.iter().flatten() {
        let mut used = requests(container);
        if is_sidecar(container) {
            add(&mut sum, &used);
            add(&mut sidecars, &used);
            used.clone_from(&sidecars);
        } else {
            add(&mut used, &sidecars);
        }
        raise(&mut largest_start, &used);
    }
    raise(&mut sum, &largest_start);
    let pod_level = spec
        .resources
        .as_ref()
        .and_then(|resources| resources.requests.as_ref());
    for (resource, amount) in pod_level.map(amounts).unwrap_or_default() {
        if matches!(resource.as_str(), "cpu" | "memory") || resource.starts_with("hugepages-") {
            sum.insert(resource, amount);
        }
    }
    if let Some(overhead) = &spec.overhead {
        add(&mut sum, &amounts(overhead));
    }
    sum
}

/// Whether an init container keeps running beside the others.
pub(super) fn is_sidecar(container: &Container) -> bool {
    container.restart_policy.as_deref() == Some("Always")
}

fn requests(container: &Container) -> Amounts {
    let resources = container.resources.as_ref();
    resources
        .and_then(|resources| resources.requests.as_ref())
        .map(amounts)
        .unwrap_or_default()
}

fn add(total: &mut Amounts, more: &Amounts) {
    for (resource, amount) in more {
        let entry = total.entry(resource.clone()).or_default();
        *entry = entry.saturating_add(*amount);
    }
}

fn raise(total: &mut Amounts, other: &Amounts) {
    for (resource, amount) in other {
        let entry = total.entry(resource.clone()).or_default();
        *entry = (*entry).max(*amount);
    }
}

/// A port of a container.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Port<'a> {
    /// The container that has it.
    pub container: &'a str,
    /// Its number, 1 to 65,535 in a valid pod.
    pub number: i32,
}

/// The port that a probe of `container` or a Service's `targetPort` means: a number is itself, a
/// name is looked up among the ports of the containers and sidecars, for `protocol` if given.
#[must_use]
pub fn port_number<'a>(
    containers: impl IntoIterator<Item = &'a Container>,
    port: &IntOrString,
    protocol: Option<&str>,
) -> Option<Port<'a>> {
    let name = match port {
        IntOrString::Int(number) => {
            return Some(Port {
                container: "",
                number: *number,
            });
        }
        IntOrString::String(name) => name,
    };
    containers.into_iter().find_map(|container| {
        let named = container.ports.iter().flatten().find(|port| {
            let has = port.protocol.as_deref().unwrap_or("TCP");
            port.name.as_ref() == Some(name) && protocol.is_none_or(|wanted| wanted == has)
        })?;
        Some(Port {
            container: &container.name,
            number: named.container_port,
        })
    })
}

/// The parts of an image's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ImageName<'a> {
    /// Registry and path without tag and digest: `ghcr.io/acme/web`.
    pub repository: &'a str,
    /// The last part of the path: `web`.
    pub short: &'a str,
    /// The tag, if one is written.
    pub tag: Option<&'a str>,
    /// The digest, if one is written: `sha256:…`.
    pub digest: Option<&'a str>,
}

/// Splits an image's name: a colon after the last slash begins the tag.
#[must_use]
pub fn image_name(image: &str) -> ImageName<'_> {
    let (name, digest) = match image.split_once('@') {
        Some((name, digest)) => (name, Some(digest)),
        None => (image, None),
    };
    let path_start = name.rfind('/').map_or(0, |slash| slash + 1);
    let (repository, tag) = match name[path_start..].find(':') {
        Some(colon) => (
            &name[..path_start + colon],
            Some(&name[path_start + colon + 1..]),
        ),
        None => (name, None),
    };
    ImageName {
        repository,
        short: &repository[path_start..],
        tag,
        digest,
    }
}

/// One requirement of a selector.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Requirement {
    /// The label's key.
    pub key: String,
    /// How the label compares.
    pub operator: Operator,
    /// The values to compare with; empty for the two that ask for presence.
    pub values: Vec<String>,
}

/// How a requirement compares a label.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Operator {
    /// The label has one of the values.
    In,
    /// The label has none of the values, or is absent.
    NotIn,
    /// The label is there.
    Exists,
    /// The label is absent.
    DoesNotExist,
}

/// The requirements of a selector, `matchLabels` first. An empty list selects everything; what
/// an absent selector means is for the caller to say. Unknown operators were reported; they are
/// left out here.
#[must_use]
pub fn requirements(selector: &LabelSelector) -> Vec<Requirement> {
    let mut all = selector
        .match_labels
        .as_ref()
        .map(requirements_of)
        .unwrap_or_default();
    for expression in selector.match_expressions.iter().flatten() {
        let operator = match expression.operator.as_str() {
            "In" => Operator::In,
            "NotIn" => Operator::NotIn,
            "Exists" => Operator::Exists,
            "DoesNotExist" => Operator::DoesNotExist,
            _ => continue,
        };
        all.push(Requirement {
            key: expression.key.clone(),
            operator,
            values: expression.values.clone().unwrap_or_default(),
        });
    }
    all
}

/// The requirements of a plain map of labels, as Services have it.
#[must_use]
pub fn requirements_of(labels: &BTreeMap<String, String>) -> Vec<Requirement> {
    labels
        .iter()
        .map(|(key, value)| Requirement {
            key: key.clone(),
            operator: Operator::In,
            values: vec![value.clone()],
        })
        .collect()
}

/// Whether labels meet all requirements.
#[must_use]
pub fn selects(requirements: &[Requirement], labels: &BTreeMap<String, String>) -> bool {
    requirements.iter().all(|requirement| {
        let value = labels.get(&requirement.key);
        let listed = value.is_some_and(|value| requirement.values.contains(value));
        match requirement.operator {
            Operator::In => listed,
            Operator::NotIn => !listed,
            Operator::Exists => value.is_some(),
            Operator::DoesNotExist => value.is_none(),
        }
    })
}
