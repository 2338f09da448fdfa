//! What looks like a mistake when all objects are seen together. Each is a warning: S019.

mod fit;
mod references;

use std::collections::{BTreeMap, BTreeSet};

use k8s_openapi::api::core::v1::{Container, PodSpec, Service};
use k8s_openapi::api::policy::v1::PodDisruptionBudget;
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

use crate::diagnostic::{Diagnostic, nearest};

use self::fit::{Fitting, Misfit, shown};
use super::import::Imported;
use super::pod::{
    Requirement, effective_requests, is_sidecar, port_number, requirements, requirements_of,
    selects,
};
use super::quantity::{Amounts, amounts};
use super::typed::Object;

const CODE: &str = "S019";

/// What a node offers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NodeCapacity {
    /// The node or, where many are alike, one of them.
    pub name: String,
    /// Its labels.
    pub labels: BTreeMap<String, String>,
    /// What pods may use: `cpu` in millicores, everything else in whole units.
    pub allocatable: Amounts,
}

/// What the Nodes among the objects offer.
#[must_use]
pub fn capacities(objects: &[Imported]) -> Vec<NodeCapacity> {
    let capacity = |imported: &Imported| {
        let Object::Node(node) = &imported.object else {
            return None;
        };
        let allocatable = node
            .status
            .as_ref()
            .and_then(|status| status.allocatable.as_ref());
        Some(NodeCapacity {
            name: imported.name.clone(),
            labels: node.metadata.labels.clone().unwrap_or_default(),
            allocatable: allocatable.map(amounts).unwrap_or_default(),
        })
    };
    objects.iter().filter_map(capacity).collect()
}

/// Compares the objects with each other and with the nodes. Without nodes, nothing is said about
/// what fits on them.
///
/// `listens` tells of containers of which somebody said where they listen, whatever their `ports` are.
#[must_use]
pub fn hints(
    objects: &[Imported],
    nodes: &[NodeCapacity],
    listens: &dyn Fn(&Container) -> bool,
) -> Vec<Diagnostic> {
    let makers: Vec<Maker<'_>> = objects.iter().filter_map(Maker::of).collect();
    let mut by_namespace: BTreeMap<&str, Vec<&Maker<'_>>> = BTreeMap::new();
    for maker in &makers {
        by_namespace
            .entry(&maker.imported.namespace)
            .or_default()
            .push(maker);
    }
    let mut hints = Hints {
        found: Vec::new(),
        by_namespace,
        objects,
        listens,
    };
    for imported in objects {
        if let Object::Service(service) = &imported.object {
            hints.service(imported, service);
        }
        if let Object::PodDisruptionBudget(budget) = &imported.object {
            hints.disruption_budget(imported, budget);
        }
    }
    let mut fitting = Fitting {
        nodes,
        known: BTreeMap::new(),
    };
    for maker in &makers {
        hints.probe_ports(maker);
        hints.fit(maker, &mut fitting);
    }
    hints.references(&makers);
    hints.namespaces();
    hints.found
}

/// Namespaces that every cluster has.
const NAMESPACES: [&str; 4] = ["default", "kube-node-lease", "kube-public", "kube-system"];

/// An object that is a pod or makes pods.
struct Maker<'a> {
    imported: &'a Imported,
    labels: &'a BTreeMap<String, String>,
    spec: &'a PodSpec,
    /// The path of the pod's spec.
    path: String,
    /// How many pods it keeps; none where that is not a fixed number.
    replicas: Option<i64>,
}

/// Labels that controllers put on the pods they make.
const ADDED_LABELS: [&str; 8] = [
    "apps.kubernetes.io/pod-index",
    "batch.kubernetes.io/controller-uid",
    "batch.kubernetes.io/job-completion-index",
    "batch.kubernetes.io/job-name",
    "controller-revision-hash",
    "job-name",
    "pod-template-hash",
    "statefulset.kubernetes.io/pod-name",
];

static NO_LABELS: BTreeMap<String, String> = BTreeMap::new();

impl<'a> Maker<'a> {
    fn of(imported: &'a Imported) -> Option<Self> {
        if let Object::Pod(pod) = &imported.object {
            let labels = pod.metadata.labels.as_ref().unwrap_or(&NO_LABELS);
            let spec = pod.spec.as_ref()?;
            return Some(Self {
                imported,
                labels,
                spec,
                path: "spec".to_owned(),
                replicas: Some(1),
            });
        }
        let (template, path) = imported.object.template()?;
        let metadata = template.metadata.as_ref();
        let labels = metadata
            .and_then(|metadata| metadata.labels.as_ref())
            .unwrap_or(&NO_LABELS);
        Some(Self {
            imported,
            labels,
            spec: template.spec.as_ref()?,
            path: format!("{path}.spec"),
            replicas: imported.object.replicas().map(i64::from),
        })
    }

    /// Whether a selector means these pods. What controllers add to their labels counts as met.
    fn is_selected(&self, requirements: &[Requirement]) -> bool {
        let made = !matches!(self.imported.object, Object::Pod(_));
        requirements.iter().all(|one| {
            (made && ADDED_LABELS.contains(&one.key.as_str()))
                || selects(std::slice::from_ref(one), self.labels)
        })
    }

    /// The containers that listen while the pod is ready.
    fn listeners(&self) -> impl Iterator<Item = &'a Container> {
        let inits = self.spec.init_containers.iter().flatten();
        self.spec
            .containers
            .iter()
            .chain(inits.filter(|container| is_sidecar(container)))
    }
}

struct Hints<'a> {
    found: Vec<Diagnostic>,
    by_namespace: BTreeMap<&'a str, Vec<&'a Maker<'a>>>,
    objects: &'a [Imported],
    listens: &'a dyn Fn(&Container) -> bool,
}

impl<'a> Hints<'a> {
    fn warn(&mut self, imported: &Imported, path: &str, message: String, note: &str, help: String) {
        let diagnostic = Diagnostic::warning(CODE, message)
            .at(imported.place_of(path))
            .note(note);
        self.found.push(if help.is_empty() {
            diagnostic
        } else {
            diagnostic.help(help)
        });
    }

    /// Says which namespaces are there although no file makes them.
    fn namespaces(&mut self) {
        let is_namespace = |it: &&Imported| matches!(it.object, Object::Namespace(_));
        let made = self.objects.iter().filter(is_namespace);
        let mut known: BTreeSet<&str> = made.map(|it| it.name.as_str()).collect();
        known.extend(NAMESPACES);
        for imported in self.objects {
            let namespace = imported.namespace.as_str();
            if namespace.is_empty() || !known.insert(namespace) {
                continue;
            }
            let message = format!("no file makes the namespace `{namespace}`");
            let help = "here it is there from the start; `kubectl apply` would ask for it first";
            let place = imported.place_of("metadata.namespace");
            self.found
                .push(Diagnostic::hint(CODE, message).at(place).help(help));
        }
    }

    fn makers(&self, namespace: &str) -> &[&'a Maker<'a>] {
        self.by_namespace.get(namespace).map_or(&[], Vec::as_slice)
    }

    fn selected(&self, namespace: &str, requirements: &[Requirement]) -> Vec<&'a Maker<'a>> {
        let makers = self.makers(namespace).iter();
        makers
            .filter(|maker| maker.is_selected(requirements))
            .copied()
            .collect()
    }

    fn service(&mut self, imported: &Imported, service: &Service) {
        let Some(spec) = &service.spec else { return };
        let Some(selector) = spec
            .selector
            .as_ref()
            .filter(|selector| !selector.is_empty())
        else {
            return;
        };
        let requirements = requirements_of(selector);
        let selected = self.selected(&imported.namespace, &requirements);
        if selected.is_empty() {
            let help = self.why_nothing(&imported.namespace, &requirements);
            let message = format!("the selector of Service `{}` matches no pod", imported.name);
            self.warn(
                imported,
                "spec.selector",
                message,
                "no pod has these labels",
                help,
            );
            return;
        }
        for (index, port) in spec.ports.iter().flatten().enumerate() {
            let Some(target @ IntOrString::String(name)) = &port.target_port else {
                continue;
            };
            let protocol = port.protocol.as_deref();
            let found = selected
                .iter()
                .any(|maker| port_number(maker.listeners(), target, protocol).is_some());
            if !found {
                let message = format!(
                    "Service `{}` sends to port `{name}`, which no container of its pods names",
                    imported.name
                );
                let help = ports_help(selected.iter().flat_map(|maker| maker.listeners()), name);
                let path = format!("spec.ports[{index}].targetPort");
                self.warn(imported, &path, message, "no port of this name", help);
            }
        }
    }

    /// Which labels there are instead of the ones that a selector asks for.
    fn why_nothing(&self, namespace: &str, requirements: &[Requirement]) -> String {
        let makers = self.makers(namespace);
        let fulfilled = |maker: &&&Maker<'_>| {
            requirements
                .iter()
                .filter(|one| selects(std::slice::from_ref(*one), maker.labels))
                .count()
        };
        let elsewhere = self.by_namespace.iter().find(|(other, makers)| {
            **other != namespace
                && makers
                    .iter()
                    .any(|maker| selects(requirements, maker.labels))
        });
        if let Some((other, _)) = elsewhere {
            return format!(
                "such pods are in namespace `{other}`, and a selector sees only its own: `{namespace}`"
            );
        }
        let Some(closest) = makers.iter().max_by_key(fulfilled) else {
            return format!("no file makes pods in namespace `{namespace}`");
        };
        let labels = closest
            .labels
            .iter()
            .map(|(key, value)| format!("{key}={value}"));
        let labels = labels.collect::<Vec<_>>().join(",");
        let closest = closest.imported.reference();
        if labels.is_empty() {
            return format!("the pods of {closest} have no labels");
        }
        format!("the pods of {closest} have the labels {labels}")
    }

    fn disruption_budget(&mut self, imported: &Imported, budget: &PodDisruptionBudget) {
        let Some(spec) = &budget.spec else { return };
        let Some(selector) = &spec.selector else {
            return;
        };
        let requirements = requirements(selector);
        let selected = self.selected(&imported.namespace, &requirements);
        if selected.is_empty() {
            let help = self.why_nothing(&imported.namespace, &requirements);
            let message = format!("PodDisruptionBudget `{}` protects no pod", imported.name);
            self.warn(
                imported,
                "spec.selector",
                message,
                "no pod has these labels",
                help,
            );
            return;
        }
        let total = self.total(&selected);
        let of = total.map_or_else(String::new, |total| format!(" of {total}"));
        let refusal = match (&spec.max_unavailable, &spec.min_available) {
            (Some(most), _) if is_share(most, 0) => Some((
                "spec.maxUnavailable",
                format!("no pod{of} may ever be unavailable"),
            )),
            (_, Some(least)) => {
                let needed = match (least, total) {
                    (IntOrString::Int(number), _) => Some(i64::from(*number)),
                    (IntOrString::String(text), Some(total)) => percent_rounded_up(text, total),
                    (IntOrString::String(_), None) => None,
                };
                let all = is_share(least, 100) || total.is_some_and(|total| needed >= Some(total));
                all.then(|| {
                    (
                        "spec.minAvailable",
                        format!("all pods{of} must be available"),
                    )
                })
            }
            _ => None,
        };
        if let Some((path, note)) = refusal {
            let message = format!(
                "PodDisruptionBudget `{}` can never allow an eviction",
                imported.name
            );
            let help =
                "a drain would wait for ever: set `maxUnavailable: 1`, or have more replicas";
            self.warn(imported, path, message, &note, help.to_owned());
        }
    }

    /// How many pods there will be at most, if that is known.
    fn total(&self, makers: &[&Maker<'_>]) -> Option<i64> {
        let scaled = |maker: &Maker<'_>| {
            self.objects.iter().find_map(|imported| {
                let Object::HorizontalPodAutoscaler(object) = &imported.object else {
                    return None;
                };
                let target = &object.spec.scale_target_ref;
                let same = imported.namespace == maker.imported.namespace
                    && target.name == maker.imported.name
                    && target.kind == maker.imported.object.kind();
                same.then(|| i64::from(object.spec.max_replicas))
            })
        };
        makers
            .iter()
            .map(|maker| scaled(maker).or(maker.replicas))
            .sum()
    }

    fn probe_ports(&mut self, maker: &Maker<'_>) {
        let containers = [
            ("containers", Some(&maker.spec.containers)),
            ("initContainers", maker.spec.init_containers.as_ref()),
        ];
        for (list, containers) in containers {
            for (index, container) in containers.into_iter().flatten().enumerate() {
                for (probe, port, field) in probe_ports(container) {
                    let name = match port {
                        IntOrString::String(name) => name,
                        IntOrString::Int(number) => {
                            let path =
                                format!("{}.{list}[{index}].{probe}.{field}.port", maker.path);
                            self.undeclared_port(maker, container, (probe, *number), &path);
                            continue;
                        }
                    };
                    if port_number([container], port, None).is_some() {
                        continue;
                    }
                    let message = format!(
                        "the {probe} of container `{}` asks port `{name}`, which the container does not name",
                        container.name
                    );
                    let path = format!("{}.{list}[{index}].{probe}.{field}.port", maker.path);
                    let help = ports_help([container], name);
                    self.warn(maker.imported, &path, message, "no port of this name", help);
                }
            }
        }
    }

    /// A probe on a port that no container lists: real programs may listen there all the same, the
    /// default program does not.
    fn undeclared_port(
        &mut self,
        maker: &Maker<'_>,
        container: &Container,
        (probe, number): (&str, i32),
        path: &str,
    ) {
        let inits = maker.spec.init_containers.iter().flatten();
        let mut ports = maker.spec.containers.iter().chain(inits);
        let listed = |it: &Container| {
            it.ports
                .iter()
                .flatten()
                .any(|port| port.container_port == number)
        };
        // One that lists no ports at all is taken to listen where it is asked.
        let lists_none = container.ports.iter().flatten().next().is_none();
        if lists_none || ports.any(listed) || (self.listens)(container) {
            return;
        }
        let message = format!(
            "the {probe} of container `{}` asks port {number}, which no container lists",
            container.name
        );
        let help = format!(
            "the default program listens on the `ports` of its container: add `- containerPort: \
             {number}`, or say below `images` of a scenario where `{}` listens",
            container.image.as_deref().unwrap_or_default()
        );
        self.warn(maker.imported, path, message, "not among `ports`", help);
    }

    fn fit(&mut self, maker: &Maker<'_>, fitting: &mut Fitting<'_>) {
        if fitting.nodes.is_empty() {
            return;
        }
        let requests = effective_requests(maker.spec);
        let selector = maker.spec.node_selector.clone().unwrap_or_default();
        let Some(problem) = fitting.problem(requests, selector) else {
            return;
        };
        let what = maker.imported.reference();
        let (path, message) = match &problem {
            Misfit::NoSuchNode => (
                format!("{}.nodeSelector", maker.path),
                format!("the nodeSelector of {what} matches no node"),
            ),
            Misfit::TooMuch { .. } => (
                format!("{}.containers[0].resources.requests", maker.path),
                format!("the requests of {what} fit no node"),
            ),
        };
        let (note, help) = match problem {
            Misfit::NoSuchNode => {
                let labels = maker.spec.node_selector.iter().flatten();
                let labels: Vec<_> = labels
                    .map(|(key, value)| format!("{key}={value}"))
                    .collect();
                (
                    format!("no node has {}", labels.join(" and ")),
                    "the pods stay Pending: give a node these labels, in a Node manifest or below \
                     `cluster.nodes` of a scenario"
                        .to_owned(),
                )
            }
            Misfit::TooMuch {
                resource,
                asked,
                most,
                node,
            } => {
                let (asked, most) = (shown(&resource, asked), shown(&resource, most));
                (
                    format!("{resource}: {asked}"),
                    format!(
                        "the largest node, {node}, has {most} of {resource}: ask for less, or add larger nodes"
                    ),
                )
            }
        };
        self.warn(maker.imported, &path, message, &note, help);
    }
}

fn is_share(value: &IntOrString, percent: i64) -> bool {
    match value {
        IntOrString::Int(number) => percent == 0 && *number == 0,
        IntOrString::String(text) => {
            text.strip_suffix('%')
                .and_then(|digits| digits.parse::<i64>().ok())
                == Some(percent)
        }
    }
}

fn percent_rounded_up(text: &str, total: i64) -> Option<i64> {
    let percent = text.strip_suffix('%')?.parse::<i64>().ok()?;
    percent
        .checked_mul(total)?
        .checked_add(99)
        .map(|hundredths| hundredths / 100)
}

/// The ports that a container's probes ask, with the names of the probe and of its action.
fn probe_ports(container: &Container) -> Vec<(&'static str, &IntOrString, &'static str)> {
    let probes = [
        ("livenessProbe", &container.liveness_probe),
        ("readinessProbe", &container.readiness_probe),
        ("startupProbe", &container.startup_probe),
    ];
    let mut ports = Vec::new();
    for (name, probe) in probes {
        let Some(probe) = probe else { continue };
        ports.extend(
            probe
                .http_get
                .as_ref()
                .map(|action| (name, &action.port, "httpGet")),
        );
        ports.extend(
            probe
                .tcp_socket
                .as_ref()
                .map(|action| (name, &action.port, "tcpSocket")),
        );
    }
    ports
}

/// Which port names there are.
fn ports_help<'a>(containers: impl IntoIterator<Item = &'a Container>, wanted: &str) -> String {
    let ports = containers
        .into_iter()
        .flat_map(|container| container.ports.iter().flatten());
    let names: BTreeSet<&str> = ports.filter_map(|port| port.name.as_deref()).collect();
    if let Some(near) = nearest(wanted, names.iter().copied()) {
        return format!("did you mean `{near}`?");
    }
    if names.is_empty() {
        return format!("no port has a name; add `name: {wanted}` to one, or use its number");
    }
    let names = names.into_iter().collect::<Vec<_>>().join("`, `");
    format!("there is `{names}`; a name is needed under the container's `ports`")
}
