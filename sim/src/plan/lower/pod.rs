//! Pods and their templates.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1 as k8s;
use k8s_openapi::apimachinery::pkg::api::resource::Quantity;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use wavetank_core::id::TemplateId;
use wavetank_core::object::definition::EMPTY_SET;
use wavetank_core::object::resources::Resources;
use wavetank_core::object::template::{
    Container, ContainerPort, PodSpec, PodTemplate, Protocol, PullPolicy, QosClass, RestartPolicy,
    RestartRule,
};

use super::interner::Interner;
use super::mapping::{count, finalizers, labels, port, quantities, resources, selector, text};
use super::probe::{hook, probe};
use super::scheduling::{affinity, spread, tolerations, written};
use super::volume::{env, env_from, mounts, volumes};
use crate::manifest::effective_requests;

/// The scheduler's default requests for scoring (S43).
const DEFAULTS: [(&str, &str); 2] = [("cpu", "100m"), ("memory", "200Mi")];

/// Priorities by class name, and the class that holds where none is named (C73).
#[derive(Clone, Debug, Default)]
pub struct Priorities {
    classes: BTreeMap<String, (i32, bool)>,
    default: Option<(i32, bool)>,
}

impl Priorities {
    /// The built-in classes.
    #[must_use]
    pub fn new() -> Self {
        let system = [
            ("system-cluster-critical", 2_000_000_000),
            ("system-node-critical", 2_000_001_000),
        ];
        let classes = system.map(|(name, value)| (name.to_owned(), (value, false)));
        Self {
            classes: classes.into(),
            default: None,
        }
    }

    /// Adds a class: value, whether it never preempts, whether it is the default.
    pub fn add(&mut self, name: &str, value: i32, never_preempts: bool, is_default: bool) {
        self.classes
            .insert(name.to_owned(), (value, never_preempts));
        if is_default && self.default.is_none_or(|(least, _)| value < least) {
            self.default = Some((value, never_preempts));
        }
    }

    /// The priority of a pod that names this class, and whether it never preempts.
    fn of(&self, class: Option<&str>) -> (i32, bool) {
        let named = class.and_then(|class| self.classes.get(class).copied());
        named
            .or(if class.is_none() { self.default } else { None })
            .unwrap_or((0, false))
    }
}

/// Lowers and interns a pod template.
pub fn template(
    metadata: Option<&ObjectMeta>,
    spec: &k8s::PodSpec,
    priorities: &Priorities,
    interner: &mut impl Interner,
) -> TemplateId {
    let empty = ObjectMeta::default();
    let metadata = metadata.unwrap_or(&empty);
    let template = PodTemplate {
        labels: interner.set(labels(metadata.labels.as_ref())),
        annotations: interner.set(labels(metadata.annotations.as_ref())),
        finalizers: interner.set(finalizers(metadata.finalizers.as_ref())),
        spec: pod_spec(spec, metadata, priorities),
        manifest: manifest(metadata, spec),
    };
    interner.template(template)
}

/// What of a pod a template keeps as JSON.
fn manifest(metadata: &ObjectMeta, spec: &k8s::PodSpec) -> Box<str> {
    let manifest = serde_json::json!({
        "metadata": {
            "labels": metadata.labels,
            "annotations": metadata.annotations,
        },
        "spec": spec,
    });
    manifest.to_string().into()
}

/// Lowers a pod that was read back from an API server, for the scheduler: admission has had its say, and
/// nothing is added (S5–S7).
pub(crate) fn read_back(metadata: &ObjectMeta, spec: &k8s::PodSpec) -> PodTemplate {
    // Of a pod without requests of its own nobody reads the manifest.
    let manifest = spec.resources.as_ref().map(|_| manifest(metadata, spec));
    PodTemplate {
        labels: EMPTY_SET,
        annotations: EMPTY_SET,
        finalizers: EMPTY_SET,
        spec: PodSpec {
            tolerations: written(spec.tolerations.as_ref()),
            ..pod_spec(spec, metadata, &Priorities::new())
        },
        manifest: manifest.unwrap_or_default(),
    }
}

fn pod_spec(spec: &k8s::PodSpec, metadata: &ObjectMeta, priorities: &Priorities) -> PodSpec {
    let labels = metadata.labels.clone().unwrap_or_default();
    let (priority, never_preempts) = priorities.of(spec.priority_class_name.as_deref());
    let names = |list: Vec<&String>| list.into_iter().map(|name| name.as_str().into()).collect();
    let gates = spec
        .readiness_gates
        .iter()
        .flatten()
        .map(|gate| &gate.condition_type)
        .collect();
    let holds = spec
        .scheduling_gates
        .iter()
        .flatten()
        .map(|gate| &gate.name)
        .collect();
    PodSpec {
        init_containers: spec
            .init_containers
            .iter()
            .flatten()
            .map(container)
            .collect(),
        containers: spec.containers.iter().map(container).collect(),
        volumes: volumes(spec.volumes.as_ref()),
        restart_policy: restart_policy(spec.restart_policy.as_deref()).unwrap_or_default(),
        grace_seconds: spec.termination_grace_period_seconds.map_or(30, count),
        active_deadline_seconds: spec.active_deadline_seconds.map(count),
        host_network: spec.host_network == Some(true),
        hostname: spec.hostname.as_deref().map(Into::into),
        subdomain: spec.subdomain.as_deref().map(Into::into),
        service_account: spec
            .service_account_name
            .as_deref()
            .unwrap_or("default")
            .into(),
        readiness_gates: names(gates),
        scheduling_gates: names(holds),
        scheduler_name: spec
            .scheduler_name
            .as_deref()
            .unwrap_or("default-scheduler")
            .into(),
        node_name: spec
            .node_name
            .as_deref()
            .filter(|name| !name.is_empty())
            .map(Into::into),
        node_selector: spec
            .node_selector
            .iter()
            .flatten()
            .map(|(key, value)| (key.as_str().into(), value.as_str().into()))
            .collect(),
        affinity: affinity(spec.affinity.as_ref(), &labels),
        tolerations: tolerations(spec.tolerations.as_ref()),
        spread: spread(spec.topology_spread_constraints.as_ref(), &labels, selector),
        priority: spec.priority.unwrap_or(priority),
        priority_class: spec.priority_class_name.as_deref().map(Into::into),
        never_preempts: never_preempts || spec.preemption_policy.as_deref() == Some("Never"),
        requests: resources(&effective_requests(spec)),
        nonzero: nonzero(spec),
        has_pod_level_requests: spec
            .resources
            .as_ref()
            .is_some_and(|it| it.requests.is_some()),
        qos: qos(spec),
    }
}

fn restart_policy(policy: Option<&str>) -> Option<RestartPolicy> {
    match policy? {
        "Always" => Some(RestartPolicy::Always),
        "OnFailure" => Some(RestartPolicy::OnFailure),
        "Never" => Some(RestartPolicy::Never),
        _ => None,
    }
}

fn container(container: &k8s::Container) -> Container {
    let needs = container.resources.as_ref();
    let lifecycle = container.lifecycle.as_ref();
    let words = |list: &Option<Vec<String>>| -> Vec<Box<str>> {
        list.iter()
            .flatten()
            .map(|word| word.as_str().into())
            .collect()
    };
    Container {
        name: container.name.as_str().into(),
        image: text(container.image.as_ref()),
        pull_policy: match container.image_pull_policy.as_deref() {
            Some("Always") => PullPolicy::Always,
            Some("Never") => PullPolicy::Never,
            _ => PullPolicy::IfNotPresent,
        },
        command: words(&container.command),
        args: words(&container.args),
        working_dir: container.working_dir.as_deref().map(Into::into),
        env: env(container.env.as_ref()),
        env_from: env_from(container.env_from.as_ref()),
        ports: container
            .ports
            .iter()
            .flatten()
            .map(container_port)
            .collect(),
        requests: quantities(needs.and_then(|needs| needs.requests.as_ref())),
        limits: quantities(needs.and_then(|needs| needs.limits.as_ref())),
        mounts: mounts(container.volume_mounts.as_ref()),
        restart_policy: restart_policy(container.restart_policy.as_deref()),
        restart_rules: container
            .restart_policy_rules
            .iter()
            .flatten()
            .filter_map(restart_rule)
            .collect(),
        liveness: container.liveness_probe.as_ref().and_then(probe),
        readiness: container.readiness_probe.as_ref().and_then(probe),
        startup: container.startup_probe.as_ref().and_then(probe),
        post_start: lifecycle
            .and_then(|it| it.post_start.as_ref())
            .and_then(hook),
        pre_stop: lifecycle.and_then(|it| it.pre_stop.as_ref()).and_then(hook),
        message_from_logs: container.termination_message_policy.as_deref()
            == Some("FallbackToLogsOnError"),
    }
}

fn restart_rule(rule: &k8s::ContainerRestartRule) -> Option<RestartRule> {
    let codes = rule.exit_codes.as_ref()?;
    Some(RestartRule {
        all_containers: rule.action == "RestartAllContainers",
        is_in: codes.operator == "In",
        codes: codes.values.clone().unwrap_or_default(),
    })
}

/// The protocol of a port.
pub(super) fn protocol(protocol: Option<&str>) -> Protocol {
    match protocol {
        Some("UDP") => Protocol::Udp,
        Some("SCTP") => Protocol::Sctp,
        _ => Protocol::Tcp,
    }
}

fn container_port(given: &k8s::ContainerPort) -> ContainerPort {
    ContainerPort {
        name: text(given.name.as_ref()),
        port: port(given.container_port),
        host_port: given.host_port.map_or(0, port),
        host_ip: text(given.host_ip.as_ref()),
        protocol: protocol(given.protocol.as_deref()),
    }
}

/// CPU and memory that a placed pod counts with for scoring: containers that request none count with
/// the defaults; beside requests of the pod as a whole only where nobody requests the resource (S43).
fn nonzero(spec: &k8s::PodSpec) -> (i64, i64) {
    let mut given = spec.clone();
    let requested = effective_requests(spec);
    let has_pod_level = spec
        .resources
        .as_ref()
        .is_some_and(|it| it.requests.is_some());
    for (name, default) in DEFAULTS {
        if !has_pod_level || !requested.contains_key(name) {
            request_at_least(&mut given, name, default);
        }
    }
    cpu_and_memory(&given)
}

/// CPU and memory that an incoming pod counts with for scoring: those of its containers, with the
/// defaults, whatever the pod as a whole requests (S97).
pub(crate) fn scored(spec: &k8s::PodSpec) -> (i64, i64) {
    let mut given = spec.clone();
    given.resources = None;
    for (name, default) in DEFAULTS {
        request_at_least(&mut given, name, default);
    }
    cpu_and_memory(&given)
}

/// Gives every container that does not request a resource this request of it.
fn request_at_least(spec: &mut k8s::PodSpec, name: &str, amount: &str) {
    let init_containers = spec.init_containers.iter_mut().flatten();
    for container in spec.containers.iter_mut().chain(init_containers) {
        let needs = container.resources.get_or_insert_default();
        let requests = needs.requests.get_or_insert_default();
        requests
            .entry(name.to_owned())
            .or_insert_with(|| Quantity(amount.to_owned()));
    }
}

fn cpu_and_memory(spec: &k8s::PodSpec) -> (i64, i64) {
    let requests = effective_requests(spec);
    let of = |name: &str| requests.get(name).copied().unwrap_or_default();
    (of("cpu"), of("memory"))
}

/// The class of a pod by its requests and limits of CPU and memory (C50).
fn qos(spec: &k8s::PodSpec) -> QosClass {
    let mut any = false;
    let mut guaranteed = true;
    for container in spec
        .containers
        .iter()
        .chain(spec.init_containers.iter().flatten())
    {
        let needs = container.resources.as_ref();
        let requests: Resources = quantities(needs.and_then(|needs| needs.requests.as_ref()));
        let limits: Resources = quantities(needs.and_then(|needs| needs.limits.as_ref()));
        any |= requests.cpu > 0 || requests.memory > 0 || limits.cpu > 0 || limits.memory > 0;
        guaranteed &= limits.cpu > 0
            && limits.memory > 0
            && requests.cpu == limits.cpu
            && requests.memory == limits.memory;
    }
    match (any, guaranteed) {
        (false, _) => QosClass::BestEffort,
        (true, true) => QosClass::Guaranteed,
        (true, false) => QosClass::Burstable,
    }
}
