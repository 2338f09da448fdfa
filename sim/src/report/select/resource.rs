//! What can be listed, and what it is called.

use wavetank_core::id::Kind;

use super::QueryError;

/// What can be listed.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Resource {
    /// Objects of a kind.
    Object(Kind),
    /// Events: not objects of the store, but a fold.
    Event,
    /// Endpoints, derived from EndpointSlices: one a Service.
    Endpoints,
}

/// Singular, plural, short names, API group of each kind.
const NAMES: [(Kind, &str, &str, &[&str], &str); 27] = [
    (Kind::Pod, "pod", "pods", &["po"], ""),
    (Kind::Node, "node", "nodes", &["no"], ""),
    (
        Kind::ReplicaSet,
        "replicaset",
        "replicasets",
        &["rs"],
        "apps",
    ),
    (
        Kind::Deployment,
        "deployment",
        "deployments",
        &["deploy"],
        "apps",
    ),
    (Kind::Service, "service", "services", &["svc"], ""),
    (
        Kind::EndpointSlice,
        "endpointslice",
        "endpointslices",
        &[],
        "discovery.k8s.io",
    ),
    (Kind::Namespace, "namespace", "namespaces", &["ns"], ""),
    (Kind::ConfigMap, "configmap", "configmaps", &["cm"], ""),
    (Kind::Secret, "secret", "secrets", &[], ""),
    (
        Kind::ServiceAccount,
        "serviceaccount",
        "serviceaccounts",
        &["sa"],
        "",
    ),
    (
        Kind::PodDisruptionBudget,
        "poddisruptionbudget",
        "poddisruptionbudgets",
        &["pdb"],
        "policy",
    ),
    (
        Kind::PriorityClass,
        "priorityclass",
        "priorityclasses",
        &["pc"],
        "scheduling.k8s.io",
    ),
    (
        Kind::StatefulSet,
        "statefulset",
        "statefulsets",
        &["sts"],
        "apps",
    ),
    (Kind::DaemonSet, "daemonset", "daemonsets", &["ds"], "apps"),
    (Kind::Job, "job", "jobs", &[], "batch"),
    (Kind::CronJob, "cronjob", "cronjobs", &["cj"], "batch"),
    (
        Kind::ReplicationController,
        "replicationcontroller",
        "replicationcontrollers",
        &["rc"],
        "",
    ),
    (
        Kind::HorizontalPodAutoscaler,
        "horizontalpodautoscaler",
        "horizontalpodautoscalers",
        &["hpa"],
        "autoscaling",
    ),
    (
        Kind::PersistentVolume,
        "persistentvolume",
        "persistentvolumes",
        &["pv"],
        "",
    ),
    (
        Kind::PersistentVolumeClaim,
        "persistentvolumeclaim",
        "persistentvolumeclaims",
        &["pvc"],
        "",
    ),
    (
        Kind::StorageClass,
        "storageclass",
        "storageclasses",
        &["sc"],
        "storage.k8s.io",
    ),
    (
        Kind::ResourceQuota,
        "resourcequota",
        "resourcequotas",
        &["quota"],
        "",
    ),
    (
        Kind::LimitRange,
        "limitrange",
        "limitranges",
        &["limits"],
        "",
    ),
    (Kind::Endpoints, "endpoints", "endpoints", &["ep"], ""),
    (
        Kind::Ingress,
        "ingress",
        "ingresses",
        &["ing"],
        "networking.k8s.io",
    ),
    (Kind::Custom, "custom", "customs", &[], ""),
    (Kind::CsiNode, "csinode", "csinodes", &[], "storage.k8s.io"),
];

/// What `kubectl get all` lists.
const ALL: [Kind; 9] = [
    Kind::Pod,
    Kind::ReplicationController,
    Kind::Service,
    Kind::DaemonSet,
    Kind::Deployment,
    Kind::ReplicaSet,
    Kind::StatefulSet,
    Kind::Job,
    Kind::CronJob,
];

impl Resource {
    /// The resource of this name: singular, plural, short or with its group; of any case.
    ///
    /// # Errors
    ///
    /// When there is none.
    pub fn parse(text: &str) -> Result<Self, QueryError> {
        let lower = text.to_lowercase();
        let word = lower.split('.').next().unwrap_or("");
        if ["event", "events", "ev"].contains(&word) {
            return Ok(Self::Event);
        }
        NAMES
            .iter()
            .find(|(_, singular, plural, short, _)| {
                *singular == word || *plural == word || short.contains(&word)
            })
            .map(|(kind, ..)| {
                if *kind == Kind::Endpoints {
                    Self::Endpoints
                } else {
                    Self::Object(*kind)
                }
            })
            .ok_or_else(|| QueryError::UnknownResource(text.to_owned()))
    }

    /// The resources of a list such as `po,svc`; `all` stands for several.
    ///
    /// # Errors
    ///
    /// When one of them is unknown.
    pub fn parse_list(text: &str) -> Result<Vec<Self>, QueryError> {
        let mut list = Vec::new();
        for part in text.split(',').filter(|part| !part.is_empty()) {
            if part == "all" {
                list.extend(ALL.map(Self::Object));
            } else {
                list.push(Self::parse(part)?);
            }
        }
        Ok(list)
    }

    /// The kind of the items.
    #[must_use]
    pub const fn kind_name(self) -> &'static str {
        match self {
            Self::Object(kind) => kind.name(),
            Self::Event => "Event",
            Self::Endpoints => "Endpoints",
        }
    }

    /// As `-o name` writes it before the slash: `deployment.apps`.
    #[must_use]
    pub fn prefix(self) -> String {
        self.with_group(|(_, singular, ..)| singular, "event")
    }

    /// As the API writes it in messages: `deployments.apps`.
    #[must_use]
    pub fn plural(self) -> String {
        self.with_group(|(_, _, plural, ..)| plural, "events")
    }

    fn with_group(
        self,
        word: impl Fn(&(Kind, &'static str, &'static str, &[&str], &str)) -> &'static str,
        event: &str,
    ) -> String {
        let kind = match self {
            Self::Event => return event.to_owned(),
            Self::Endpoints => Kind::Endpoints,
            Self::Object(kind) => kind,
        };
        let Some(row) = NAMES.iter().find(|row| row.0 == kind) else {
            return kind.name().to_lowercase();
        };
        match row.4 {
            "" => word(row).to_owned(),
            group => format!("{}.{group}", word(row)),
        }
    }

    /// Whether items live in a namespace.
    #[must_use]
    pub const fn is_namespaced(self) -> bool {
        match self {
            Self::Object(kind) => kind.is_namespaced(),
            Self::Event | Self::Endpoints => true,
        }
    }
}
