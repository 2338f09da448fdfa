//! Specifications of workloads, Services and budgets.

use k8s_openapi::api::apps::v1 as apps;
use k8s_openapi::api::core::v1 as k8s;
use k8s_openapi::api::policy::v1::PodDisruptionBudget;
use k8s_openapi::api::scheduling::v1::PriorityClass;
use wavetank_core::id::TemplateId;
use wavetank_core::object::pod::PodIp;
use wavetank_core::object::spec::{
    BudgetSpec, DeploymentSpec, IntOrPercent, PriorityClassSpec, ReplicaSetSpec, ServicePort,
    ServiceSpec, ServiceType, Strategy,
};

use super::mapping::{count, int_or_percent, plain_selector, port, port_ref, selector, text};
use super::pod::protocol;

/// A quarter, rounded up or down: the default of a rolling update (C52).
const QUARTER: IntOrPercent = IntOrPercent::Percent(25);

/// The fixed part of a Deployment.
#[must_use]
pub fn deployment(spec: &apps::DeploymentSpec, template: TemplateId) -> DeploymentSpec {
    let strategy = match &spec.strategy {
        Some(strategy) if strategy.type_.as_deref() == Some("Recreate") => Strategy::Recreate,
        strategy => {
            let rolling = strategy
                .as_ref()
                .and_then(|strategy| strategy.rolling_update.as_ref());
            let surge = rolling.and_then(|rolling| rolling.max_surge.as_ref());
            let unavailable = rolling.and_then(|rolling| rolling.max_unavailable.as_ref());
            Strategy::RollingUpdate {
                max_surge: surge.map_or(QUARTER, int_or_percent),
                max_unavailable: unavailable.map_or(QUARTER, int_or_percent),
            }
        }
    };
    DeploymentSpec {
        selector: selector(&spec.selector),
        template,
        strategy,
        min_ready_seconds: spec.min_ready_seconds.map_or(0, count),
        progress_deadline_seconds: spec.progress_deadline_seconds.map_or(600, count),
        revision_history_limit: spec.revision_history_limit.map_or(10, count),
    }
}

/// The fixed part of a ReplicaSet.
#[must_use]
pub fn replica_set(spec: &apps::ReplicaSetSpec, template: TemplateId) -> ReplicaSetSpec {
    ReplicaSetSpec {
        selector: selector(&spec.selector),
        template,
        min_ready_seconds: spec.min_ready_seconds.map_or(0, count),
    }
}

/// A Service's specification.
#[must_use]
pub fn service(spec: &k8s::ServiceSpec) -> ServiceSpec {
    let ports = spec.ports.iter().flatten().map(|it| ServicePort {
        name: text(it.name.as_ref()),
        port: port(it.port),
        target: it
            .target_port
            .as_ref()
            .map_or_else(|| super::mapping::port_ref(&it.port.into_port()), port_ref),
        protocol: protocol(it.protocol.as_deref()),
        node_port: it.node_port.map_or(0, port),
    });
    let affinity = spec.session_affinity.as_deref() == Some("ClientIP");
    let timeout = spec
        .session_affinity_config
        .as_ref()
        .and_then(|config| config.client_ip.as_ref())
        .and_then(|client| client.timeout_seconds);
    ServiceSpec {
        kind: match spec.type_.as_deref() {
            Some("NodePort") => ServiceType::NodePort,
            Some("LoadBalancer") => ServiceType::LoadBalancer,
            Some("ExternalName") => ServiceType::ExternalName,
            _ => ServiceType::ClusterIp,
        },
        headless: spec.cluster_ip.as_deref() == Some("None")
            || spec.type_.as_deref() == Some("ExternalName"),
        selector: spec
            .selector
            .as_ref()
            .filter(|map| !map.is_empty())
            .map(plain_selector),
        ports: ports.collect(),
        publish_not_ready: spec.publish_not_ready_addresses == Some(true),
        affinity_seconds: affinity.then(|| timeout.map_or(10_800, count)), // C53
        internal_local: spec.internal_traffic_policy.as_deref() == Some("Local"),
        external_local: spec.external_traffic_policy.as_deref() == Some("Local"),
    }
}

/// A port as the target of itself: the default (C53).
trait IntoPort {
    fn into_port(self) -> k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;
}

impl IntoPort for i32 {
    fn into_port(self) -> k8s_openapi::apimachinery::pkg::util::intstr::IntOrString {
        k8s_openapi::apimachinery::pkg::util::intstr::IntOrString::Int(self)
    }
}

/// The cluster address that a Service asks for; none when it asks for any.
#[must_use]
pub fn cluster_ip(spec: &k8s::ServiceSpec) -> PodIp {
    let address = spec
        .cluster_ip
        .as_deref()
        .and_then(|text| text.parse().ok());
    address.map_or(PodIp::NONE, |address: std::net::Ipv4Addr| {
        PodIp(address.into())
    })
}

/// A disruption budget's specification.
#[must_use]
pub fn budget(budget: &PodDisruptionBudget) -> BudgetSpec {
    let spec = budget.spec.as_ref();
    BudgetSpec {
        selector: spec.and_then(|spec| spec.selector.as_ref()).map(selector),
        min_available: spec
            .and_then(|spec| spec.min_available.as_ref())
            .map(int_or_percent),
        max_unavailable: spec
            .and_then(|spec| spec.max_unavailable.as_ref())
            .map(int_or_percent),
        always_allow_unhealthy: spec.and_then(|it| it.unhealthy_pod_eviction_policy.as_deref())
            == Some("AlwaysAllow"),
    }
}

/// A priority class.
#[must_use]
pub fn priority_class(class: &PriorityClass) -> PriorityClassSpec {
    PriorityClassSpec {
        value: class.value.unwrap_or(0),
        global_default: class.global_default == Some(true),
        never_preempts: class.preemption_policy.as_deref() == Some("Never"),
    }
}
