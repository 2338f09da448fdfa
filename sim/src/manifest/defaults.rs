//! The defaults of the API server: an object as it would be stored. // C47, C48, C52, C53
//!
//! What admission adds (service account, priority, tolerations for lost nodes, LimitRanges) is not
//! here: it depends on other objects.

mod pod;
mod workload;

use k8s_openapi::ByteString;
use k8s_openapi::api::autoscaling::v2::{
    HorizontalPodAutoscaler, MetricSpec, MetricTarget, ResourceMetricSource,
};
use k8s_openapi::api::core::v1::{
    LimitRange, Namespace, Node, PersistentVolume, PersistentVolumeClaim, Secret, Service,
    SessionAffinityConfig,
};
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

use super::typed::Object;
use super::versions::{self, Scope};

/// The namespace of objects that name none.
pub(super) const NAMESPACE: &str = "default";

/// Fills in what the API server would fill in at create. Applying it twice changes nothing more.
pub fn apply_defaults(object: &mut Object) {
    if versions::row(object.kind()).is_some_and(|row| row.scope == Scope::Namespaced) {
        let namespace = &mut object.metadata_mut().namespace;
        if namespace.as_deref().unwrap_or_default().is_empty() {
            *namespace = Some(NAMESPACE.to_owned());
        }
    }
    match object {
        Object::Pod(object) => {
            if let Some(spec) = &mut object.spec {
                pod::spec(spec);
            }
        }
        Object::Deployment(object) => workload::deployment(object),
        Object::ReplicaSet(object) => workload::replica_set(object),
        Object::StatefulSet(object) => workload::stateful_set(object),
        Object::DaemonSet(object) => workload::daemon_set(object),
        Object::ReplicationController(object) => workload::replication_controller(object),
        Object::Job(object) => workload::job(object),
        Object::CronJob(object) => workload::cron_job(object),
        Object::Service(object) => service(object),
        Object::EndpointSlice(object) => {
            for port in object.ports.iter_mut().flatten() {
                set(&mut port.name, String::new());
                set(&mut port.protocol, "TCP".to_owned());
            }
        }
        Object::Endpoints(object) => {
            let subsets = object.subsets.iter_mut().flatten();
            for port in subsets.flat_map(|subset| subset.ports.iter_mut().flatten()) {
                set(&mut port.protocol, "TCP".to_owned());
            }
        }
        Object::Node(object) => node(object),
        Object::Namespace(object) => namespace(object),
        Object::Secret(object) => secret(object),
        Object::PriorityClass(object) => {
            set(
                &mut object.preemption_policy,
                "PreemptLowerPriority".to_owned(),
            );
        }
        Object::HorizontalPodAutoscaler(object) => autoscaler(object),
        Object::PersistentVolume(object) => volume(object),
        Object::PersistentVolumeClaim(object) => claim(object),
        Object::StorageClass(object) => {
            set(&mut object.reclaim_policy, "Delete".to_owned());
            set(&mut object.volume_binding_mode, "Immediate".to_owned());
        }
        Object::LimitRange(object) => limit_range(object),
        Object::ConfigMap(_)
        | Object::CSINode(_)
        | Object::ServiceAccount(_)
        | Object::PodDisruptionBudget(_)
        | Object::ResourceQuota(_)
        | Object::Ingress(_)
        | Object::Other(_) => (),
    }
}

fn set<T>(field: &mut Option<T>, default: T) {
    if field.is_none() {
        *field = Some(default);
    }
}

/// Text that is absent or empty gets the default.
fn set_text(field: &mut Option<String>, default: &str) {
    if field.as_deref().unwrap_or_default().is_empty() {
        *field = Some(default.to_owned());
    }
}

// C53
fn service(object: &mut Service) {
    let Some(spec) = &mut object.spec else { return };
    set_text(&mut spec.type_, "ClusterIP");
    set_text(&mut spec.session_affinity, "None");
    if spec.session_affinity.as_deref() == Some("ClientIP") {
        let config = spec
            .session_affinity_config
            .get_or_insert_with(SessionAffinityConfig::default);
        set(
            &mut config.client_ip.get_or_insert_default().timeout_seconds,
            10_800,
        );
    }
    for port in spec.ports.iter_mut().flatten() {
        set_text(&mut port.protocol, "TCP");
        let unset = match &port.target_port {
            None | Some(IntOrString::Int(0)) => true,
            Some(IntOrString::Int(_)) => false,
            Some(IntOrString::String(name)) => name.is_empty(),
        };
        if unset {
            port.target_port = Some(IntOrString::Int(port.port));
        }
    }
    let kind = spec.type_.clone().unwrap_or_default();
    if kind == "ExternalName" {
        return;
    }
    set_text(&mut spec.internal_traffic_policy, "Cluster");
    if kind == "LoadBalancer" || kind == "NodePort" || spec.external_ips.is_some() {
        set_text(&mut spec.external_traffic_policy, "Cluster");
    }
    if kind == "LoadBalancer" {
        set(&mut spec.allocate_load_balancer_node_ports, true);
    }
}

/// What a node does not say about its allocatable resources is its capacity.
fn node(object: &mut Node) {
    if let Some(status) = &mut object.status
        && status.allocatable.is_none()
    {
        status.allocatable.clone_from(&status.capacity);
    }
}

fn namespace(object: &mut Namespace) {
    let Some(name) = object.metadata.name.clone() else {
        return;
    };
    let labels = object.metadata.labels.get_or_insert_default();
    labels
        .entry("kubernetes.io/metadata.name".to_owned())
        .or_insert(name);
}

/// `stringData` is written into `data` and not kept.
fn secret(object: &mut Secret) {
    set_text(&mut object.type_, "Opaque");
    if let Some(plain) = object.string_data.take() {
        let data = object.data.get_or_insert_default();
        data.extend(
            plain
                .into_iter()
                .map(|(key, text)| (key, ByteString(text.into_bytes()))),
        );
    }
}

fn autoscaler(object: &mut HorizontalPodAutoscaler) {
    let spec = &mut object.spec;
    set(&mut spec.min_replicas, 1);
    if spec.metrics.as_ref().is_none_or(Vec::is_empty) {
        let target = MetricTarget {
            type_: "Utilization".to_owned(),
            average_utilization: Some(80),
            ..MetricTarget::default()
        };
        spec.metrics = Some(vec![MetricSpec {
            type_: "Resource".to_owned(),
            resource: Some(ResourceMetricSource {
                name: "cpu".to_owned(),
                target,
            }),
            ..MetricSpec::default()
        }]);
    }
}

fn volume(object: &mut PersistentVolume) {
    let Some(spec) = &mut object.spec else { return };
    set_text(&mut spec.persistent_volume_reclaim_policy, "Retain");
    set_text(&mut spec.volume_mode, "Filesystem");
}

fn claim(object: &mut PersistentVolumeClaim) {
    if let Some(spec) = &mut object.spec {
        set_text(&mut spec.volume_mode, "Filesystem");
    }
}

// C71: only the defaults of the LimitRange itself; what it does to pods is admission.
fn limit_range(object: &mut LimitRange) {
    let Some(spec) = &mut object.spec else { return };
    for item in spec
        .limits
        .iter_mut()
        .filter(|item| item.type_ == "Container")
    {
        let mut default = item.default.take().unwrap_or_default();
        for (name, amount) in item.max.iter().flatten() {
            default
                .entry(name.clone())
                .or_insert_with(|| amount.clone());
        }
        let mut request = item.default_request.take().unwrap_or_default();
        for (name, amount) in default.iter().chain(item.min.iter().flatten()) {
            request
                .entry(name.clone())
                .or_insert_with(|| amount.clone());
        }
        item.default = Some(default);
        item.default_request = Some(request);
    }
}
