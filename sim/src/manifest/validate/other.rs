//! What the API server refuses in objects that make no pods.

use std::collections::BTreeSet;

use k8s_openapi::api::autoscaling::v2::HorizontalPodAutoscaler;
use k8s_openapi::api::core::v1::{PersistentVolumeClaim, Service, ServicePort};
use k8s_openapi::api::policy::v1::PodDisruptionBudget;
use k8s_openapi::api::scheduling::v1::PriorityClass;

use super::super::names;
use super::Checker;

/// The largest value of a priority class that users may make.
const PRIORITY_MAX: i32 = 1_000_000_000;

impl Checker {
    pub(super) fn service(&mut self, object: &Service) {
        let Some(spec) = &object.spec else {
            return self.required("spec", "a Service needs `ports`, and usually a `selector`");
        };
        let kinds = ["ClusterIP", "ExternalName", "LoadBalancer", "NodePort"];
        self.one_of(spec.type_.as_ref(), "spec.type", &kinds);
        self.one_of(
            spec.session_affinity.as_ref(),
            "spec.sessionAffinity",
            &["ClientIP", "None"],
        );
        let policies = ["Cluster", "Local"];
        self.one_of(
            spec.internal_traffic_policy.as_ref(),
            "spec.internalTrafficPolicy",
            &policies,
        );
        self.one_of(
            spec.external_traffic_policy.as_ref(),
            "spec.externalTrafficPolicy",
            &policies,
        );
        for (key, value) in spec.selector.iter().flatten() {
            self.label(key, value, "spec.selector");
        }
        let ports = spec.ports.as_deref().unwrap_or_default();
        let headless = spec.cluster_ip.as_deref() == Some("None");
        if spec.type_.as_deref() == Some("ExternalName") {
            if spec.external_name.as_deref().unwrap_or_default().is_empty() {
                self.required(
                    "spec.externalName",
                    "an ExternalName Service is an alias of a DNS name",
                );
            }
        } else if ports.is_empty() && !headless {
            self.required("spec.ports", "add `ports: [{port: 80}]`");
        }
        self.service_ports(ports);
    }

    fn service_ports(&mut self, ports: &[ServicePort]) {
        let mut seen = BTreeSet::new();
        let mut named = BTreeSet::new();
        for (index, port) in ports.iter().enumerate() {
            let at = format!("spec.ports[{index}]");
            self.port_range(port.port, format!("{at}.port"));
            self.one_of(
                port.protocol.as_ref(),
                format!("{at}.protocol"),
                &["SCTP", "TCP", "UDP"],
            );
            if let Some(target) = &port.target_port {
                self.port_or_name(target, format!("{at}.targetPort"));
            }
            match port.name.as_deref().filter(|name| !name.is_empty()) {
                None if ports.len() > 1 => self.required(
                    format!("{at}.name"),
                    "each port of a Service with several needs a name",
                ),
                None => (),
                Some(name) => {
                    if let Some(problem) = names::label(name) {
                        self.invalid(format!("{at}.name"), name, &problem, "");
                    }
                    if !named.insert(name) {
                        self.complain(
                            format!("{at}.name"),
                            format!("Duplicate value: {name:?}"),
                            "",
                        );
                    }
                }
            }
            if !seen.insert((port.port, port.protocol.clone())) {
                let protocol = port.protocol.as_deref().unwrap_or_default();
                self.complain(
                    format!("{at}.port"),
                    format!("Duplicate value: {}/{protocol}", port.port),
                    "",
                );
            }
        }
    }

    pub(super) fn disruption_budget(&mut self, object: &PodDisruptionBudget) {
        let Some(spec) = &object.spec else { return };
        if spec.min_available.is_some() && spec.max_unavailable.is_some() {
            self.complain(
                "spec.maxUnavailable",
                "Invalid value: minAvailable and maxUnavailable cannot be both set",
                "keep one of them",
            );
        }
        self.share(spec.min_available.as_ref(), "spec.minAvailable".to_owned());
        self.share(
            spec.max_unavailable.as_ref(),
            "spec.maxUnavailable".to_owned(),
        );
        if let Some(selector) = &spec.selector {
            self.selector(selector, "spec.selector");
        }
        let policies = ["AlwaysAllow", "IfHealthyBudget"];
        self.one_of(
            spec.unhealthy_pod_eviction_policy.as_ref(),
            "spec.unhealthyPodEvictionPolicy",
            &policies,
        );
    }

    pub(super) fn priority_class(&mut self, object: &PriorityClass) {
        let value = object.value.unwrap_or_default();
        let name = object.metadata.name.as_deref().unwrap_or_default();
        if name.starts_with("system-")
            && !matches!(name, "system-node-critical" | "system-cluster-critical")
        {
            self.complain("metadata.name", format!("Invalid value: {name:?}: priority class names with 'system-' prefix are reserved for system use only"), "choose another name");
        } else if value > PRIORITY_MAX && !name.starts_with("system-") {
            self.complain(
                "value",
                format!(
                    "Forbidden: maximum allowed value of a user defined priority is {PRIORITY_MAX}"
                ),
                "",
            );
        }
        let policies = ["Never", "PreemptLowerPriority"];
        self.one_of(
            object.preemption_policy.as_ref(),
            "preemptionPolicy",
            &policies,
        );
    }

    pub(super) fn autoscaler(&mut self, object: &HorizontalPodAutoscaler) {
        let spec = &object.spec;
        self.at_least(spec.min_replicas.map(i64::from), 1, "spec.minReplicas");
        self.at_least(Some(i64::from(spec.max_replicas)), 1, "spec.maxReplicas");
        if let Some(least) = spec.min_replicas.filter(|&least| least > spec.max_replicas) {
            let message = format!(
                "Invalid value: {}: must be greater than or equal to `minReplicas`",
                spec.max_replicas
            );
            self.complain(
                "spec.maxReplicas",
                message,
                format!("`minReplicas` is {least}"),
            );
        }
        if spec.scale_target_ref.kind.is_empty() || spec.scale_target_ref.name.is_empty() {
            self.required("spec.scaleTargetRef", "it needs `kind` and `name`");
        }
    }

    pub(super) fn claim(&mut self, object: &PersistentVolumeClaim) {
        let Some(spec) = &object.spec else {
            return self.required("spec", "add `accessModes` and `resources.requests.storage`");
        };
        if spec.access_modes.as_ref().is_none_or(Vec::is_empty) {
            self.required("spec.accessModes", "for example `[ReadWriteOnce]`");
        }
        let requests = spec
            .resources
            .as_ref()
            .and_then(|resources| resources.requests.as_ref());
        if requests.is_none_or(|requests| !requests.contains_key("storage")) {
            self.required(
                "spec.resources[storage]",
                "add `resources: {requests: {storage: 1Gi}}`",
            );
        }
        self.quantities(requests, "spec.resources.requests");
    }
}
