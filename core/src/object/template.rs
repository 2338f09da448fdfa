//! Pod templates: the part of a pod that is fixed at creation and shared by its siblings.

use serde::{Deserialize, Serialize};

use crate::id::SetId;
use crate::object::resources::Resources;
use crate::object::scheduling::{Affinity, SpreadConstraint, Toleration};

/// A pod template, defaulted (C47, C48) and admitted (C69–C75).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct PodTemplate {
    /// `metadata.labels` of the pods.
    pub labels: SetId,
    /// `metadata.annotations` of the pods.
    pub annotations: SetId,
    /// `metadata.finalizers` of the pods.
    pub finalizers: SetId,
    /// `spec`
    pub spec: PodSpec,
    /// The template as JSON, as supplied and defaulted: what `-o yaml` prints.
    pub manifest: Box<str>,
}

/// `spec` of a pod: what the model reads of it.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct PodSpec {
    /// `initContainers`, sidecars among them, in order.
    pub init_containers: Vec<Container>,
    /// `containers`, in order; at least one.
    pub containers: Vec<Container>,
    /// `volumes`: what the model needs of them.
    pub volumes: Vec<Volume>,
    /// `restartPolicy`
    pub restart_policy: RestartPolicy,
    /// `terminationGracePeriodSeconds`
    pub grace_seconds: u32,
    /// `activeDeadlineSeconds`
    pub active_deadline_seconds: Option<u32>,
    /// `hostNetwork`
    pub host_network: bool,
    /// `hostname`
    pub hostname: Option<Box<str>>,
    /// `subdomain`
    pub subdomain: Option<Box<str>>,
    /// `serviceAccountName`
    pub service_account: Box<str>,
    /// `readinessGates[].conditionType`
    pub readiness_gates: Vec<Box<str>>,
    /// `schedulingGates[].name`
    pub scheduling_gates: Vec<Box<str>>,
    /// `schedulerName`
    pub scheduler_name: Box<str>,
    /// `nodeName` given by whoever made the pod.
    pub node_name: Option<Box<str>>,
    /// `nodeSelector`, sorted by key.
    pub node_selector: Vec<(Box<str>, Box<str>)>,
    /// `affinity`
    pub affinity: Affinity,
    /// `tolerations`
    pub tolerations: Vec<Toleration>,
    /// `topologySpreadConstraints`
    pub spread: Vec<SpreadConstraint>,
    /// `priority`, resolved by admission (C73).
    pub priority: i32,
    /// `priorityClassName`
    pub priority_class: Option<Box<str>>,
    /// Whether `preemptionPolicy` is `Never`.
    pub never_preempts: bool,
    /// What the pod requests in all (S90): containers, init containers, sidecars, overhead.
    pub requests: Resources,
    /// CPU (millicores) and memory (bytes) with the scheduler's defaults for containers that request
    /// none (S43): what scoring counts.
    pub nonzero: (i64, i64),
    /// `resources.requests` at pod level was given (S97).
    pub has_pod_level_requests: bool,
    /// `status.qosClass`, computed (C50).
    pub qos: QosClass,
}

impl PodSpec {
    /// All containers in the order of their statuses: init containers, then main containers.
    pub fn all_containers(&self) -> impl Iterator<Item = &Container> {
        self.init_containers.iter().chain(&self.containers)
    }

    /// How many containers the pod has, init containers among them.
    #[must_use]
    pub fn container_count(&self) -> usize {
        self.init_containers.len() + self.containers.len()
    }
}

/// `restartPolicy` of a pod.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
#[allow(missing_docs)] // Kubernetes' own words
pub enum RestartPolicy {
    #[default]
    Always,
    OnFailure,
    Never,
}

/// `qosClass` of a pod.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
#[allow(missing_docs)] // Kubernetes' own words
pub enum QosClass {
    #[default]
    BestEffort,
    Burstable,
    Guaranteed,
}

/// `imagePullPolicy` of a container.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
#[allow(missing_docs)] // Kubernetes' own words
pub enum PullPolicy {
    Always,
    #[default]
    IfNotPresent,
    Never,
}

/// A container of a pod.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Container {
    /// `name`
    pub name: Box<str>,
    /// `image`, as written.
    pub image: Box<str>,
    /// `imagePullPolicy`
    pub pull_policy: PullPolicy,
    /// `command`
    pub command: Vec<Box<str>>,
    /// `args`
    pub args: Vec<Box<str>>,
    /// `workingDir`
    pub working_dir: Option<Box<str>>,
    /// `env`
    pub env: Vec<EnvVar>,
    /// `envFrom`
    pub env_from: Vec<EnvFrom>,
    /// `ports`
    pub ports: Vec<ContainerPort>,
    /// `resources.requests`, defaulted from limits.
    pub requests: Resources,
    /// `resources.limits`; zero means none.
    pub limits: Resources,
    /// `volumeMounts`
    pub mounts: Vec<VolumeMount>,
    /// `restartPolicy: Always` on an init container makes it a sidecar (K61).
    pub restart_policy: Option<RestartPolicy>,
    /// `restartPolicyRules` (KEP-5307): exit codes, whether `In`, and whether all containers restart.
    pub restart_rules: Vec<RestartRule>,
    /// `livenessProbe`
    pub liveness: Option<Probe>,
    /// `readinessProbe`
    pub readiness: Option<Probe>,
    /// `startupProbe`
    pub startup: Option<Probe>,
    /// `lifecycle.postStart`
    pub post_start: Option<Handler>,
    /// `lifecycle.preStop`
    pub pre_stop: Option<Handler>,
    /// `terminationMessagePolicy: FallbackToLogsOnError`
    pub message_from_logs: bool,
}

/// A rule of `restartPolicyRules` (KEP-5307).
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct RestartRule {
    /// Whether the action is `RestartAllContainers`; otherwise `Restart`.
    pub all_containers: bool,
    /// Whether the operator is `In`; otherwise `NotIn`.
    pub is_in: bool,
    /// `exitCodes.values`
    pub codes: Vec<i32>,
}

/// A port of a container.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
pub struct ContainerPort {
    /// `name`, empty when not given.
    pub name: Box<str>,
    /// `containerPort`
    pub port: u16,
    /// `hostPort`, zero when not given.
    pub host_port: u16,
    /// `hostIP`, empty when not given.
    pub host_ip: Box<str>,
    /// `protocol`
    pub protocol: Protocol,
}

/// `protocol` of a port.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize,
)]
#[allow(missing_docs)] // protocols
pub enum Protocol {
    #[default]
    Tcp,
    Udp,
    Sctp,
}

/// A variable of the environment.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct EnvVar {
    /// `name`
    pub name: Box<str>,
    /// Where its value comes from.
    pub value: EnvValue,
}

/// The value of a variable.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub enum EnvValue {
    /// `value`
    Text(Box<str>),
    /// `valueFrom.configMapKeyRef`: name, key, optional.
    ConfigMap(Box<str>, Box<str>, bool),
    /// `valueFrom.secretKeyRef`: name, key, optional.
    Secret(Box<str>, Box<str>, bool),
    /// `valueFrom.fieldRef.fieldPath`
    Field(Box<str>),
    /// `valueFrom.resourceFieldRef.resource`
    Resource(Box<str>),
}

/// An item of `envFrom`.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct EnvFrom {
    /// Whether the source is a Secret; otherwise a ConfigMap.
    pub secret: bool,
    /// The source's name.
    pub name: Box<str>,
    /// `optional`
    pub optional: bool,
    /// `prefix`
    pub prefix: Box<str>,
}

/// A volume: what gates a start, and what a container can see of it.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct Volume {
    /// `name`
    pub name: Box<str>,
    /// Where it comes from.
    pub source: VolumeSource,
}

/// The source of a volume.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub enum VolumeSource {
    /// `emptyDir`
    EmptyDir,
    /// `configMap`: name, optional.
    ConfigMap(Box<str>, bool),
    /// `secret`: name, optional.
    Secret(Box<str>, bool),
    /// `persistentVolumeClaim.claimName`
    Claim(Box<str>),
    /// `hostPath.path`
    HostPath(Box<str>),
    /// `downwardAPI`
    DownwardApi,
    /// `projected`, with the ConfigMaps and Secrets that must exist: name, whether a Secret, optional.
    Projected(Vec<(Box<str>, bool, bool)>),
    /// Anything else: does not gate a start.
    Other,
}

/// A volume mount.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct VolumeMount {
    /// `name`
    pub volume: Box<str>,
    /// `mountPath`
    pub path: Box<str>,
    /// `subPath`, empty when not given.
    pub sub_path: Box<str>,
    /// `readOnly`
    pub read_only: bool,
}

/// A probe, defaulted (C48).
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct Probe {
    /// What is tried.
    pub handler: Handler,
    /// `initialDelaySeconds`
    pub initial_delay_seconds: u32,
    /// `periodSeconds`, at least 1.
    pub period_seconds: u32,
    /// `timeoutSeconds`, at least 1.
    pub timeout_seconds: u32,
    /// `successThreshold`, at least 1.
    pub success_threshold: u32,
    /// `failureThreshold`, at least 1.
    pub failure_threshold: u32,
    /// `terminationGracePeriodSeconds`
    pub grace_seconds: Option<u32>,
}

/// What a probe or a lifecycle hook does.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub enum Handler {
    /// `exec.command`
    Exec(Vec<Box<str>>),
    /// `httpGet`: path, port, host (empty: the pod's address), whether HTTPS, headers.
    HttpGet {
        /// `path`
        path: Box<str>,
        /// `port`
        port: PortRef,
        /// `host`, empty when not given.
        host: Box<str>,
        /// Whether `scheme` is `HTTPS`.
        https: bool,
        /// `httpHeaders`
        headers: Vec<(Box<str>, Box<str>)>,
    },
    /// `tcpSocket`: port, host (empty: the pod's address).
    TcpSocket(PortRef, Box<str>),
    /// `grpc`: port, service.
    Grpc(u16, Box<str>),
    /// `sleep.seconds`
    Sleep(u32),
}

/// A port by number or by name.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub enum PortRef {
    /// A number.
    Number(u16),
    /// The name of a container's port.
    Name(Box<str>),
}

impl PortRef {
    /// The number of this port in `container`, if it has one of that name.
    #[must_use]
    pub fn resolve(&self, container: &Container) -> Option<u16> {
        match self {
            Self::Number(port) => Some(*port),
            Self::Name(name) => container
                .ports
                .iter()
                .find(|port| port.name == *name)
                .map(|port| port.port),
        }
    }
}
