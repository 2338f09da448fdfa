//! Interned texts: names, reasons, messages. One table a run, in the order of first use.
//!
//! The texts that Kubernetes itself uses again and again have fixed numbers, so that code can name
//! them as constants and no run has to define them.

use indexmap::IndexSet;

use crate::id::TextId;

macro_rules! known_texts {
    ($($name:ident = $text:literal),+ $(,)?) => {
        /// Texts with fixed numbers. The list grows at the end only: the numbers are in every log.
        pub mod known {
            use crate::id::TextId;

            #[repr(u32)]
            #[allow(non_camel_case_types, clippy::upper_case_acronyms)]
            enum Number { $($name),+ }

            $(
                #[doc = concat!("`", $text, "`")]
                pub const $name: TextId = TextId(Number::$name as u32);
            )+

            /// All of them, in the order of their numbers.
            pub const ALL: &[&str] = &[$($text),+];
        }
    };
}

known_texts! {
    EMPTY = "",
    DEFAULT = "default",
    KUBE_SYSTEM = "kube-system",
    CONTAINER_CREATING = "ContainerCreating",
    POD_INITIALIZING = "PodInitializing",
    COMPLETED = "Completed",
    ERROR = "Error",
    OOM_KILLED = "OOMKilled",
    CRASH_LOOP_BACK_OFF = "CrashLoopBackOff",
    ERR_IMAGE_PULL = "ErrImagePull",
    IMAGE_PULL_BACK_OFF = "ImagePullBackOff",
    ERR_IMAGE_NEVER_PULL = "ErrImageNeverPull",
    INVALID_IMAGE_NAME = "InvalidImageName",
    CREATE_CONTAINER_CONFIG_ERROR = "CreateContainerConfigError",
    CREATE_CONTAINER_ERROR = "CreateContainerError",
    RUN_CONTAINER_ERROR = "RunContainerError",
    POST_START_HOOK_ERROR = "PostStartHookError",
    CONTAINER_STATUS_UNKNOWN = "ContainerStatusUnknown",
    CONTAINERS_NOT_READY = "ContainersNotReady",
    CONTAINERS_NOT_INITIALIZED = "ContainersNotInitialized",
    READINESS_GATES_NOT_READY = "ReadinessGatesNotReady",
    POD_COMPLETED = "PodCompleted",
    POD_FAILED = "PodFailed",
    UNSCHEDULABLE = "Unschedulable",
    SCHEDULING_GATED = "SchedulingGated",
    SCHEDULER_ERROR = "SchedulerError",
    DELETION_BY_TAINT_MANAGER = "DeletionByTaintManager",
    EVICTION_BY_EVICTION_API = "EvictionByEvictionAPI",
    PREEMPTION_BY_SCHEDULER = "PreemptionByScheduler",
    DELETION_BY_POD_GC = "DeletionByPodGC",
    TERMINATION_BY_KUBELET = "TerminationByKubelet",
    EVICTED = "Evicted",
    DEADLINE_EXCEEDED = "DeadlineExceeded",
    NODE_STATUS_UNKNOWN = "NodeStatusUnknown",
    KUBELET_READY = "KubeletReady",
    KUBELET_NOT_READY = "KubeletNotReady",
    NEW_REPLICA_SET_CREATED = "NewReplicaSetCreated",
    FOUND_NEW_REPLICA_SET = "FoundNewReplicaSet",
    REPLICA_SET_UPDATED = "ReplicaSetUpdated",
    NEW_REPLICA_SET_AVAILABLE = "NewReplicaSetAvailable",
    PROGRESS_DEADLINE_EXCEEDED = "ProgressDeadlineExceeded",
    DEPLOYMENT_PAUSED = "DeploymentPaused",
    DEPLOYMENT_RESUMED = "DeploymentResumed",
    MINIMUM_REPLICAS_AVAILABLE = "MinimumReplicasAvailable",
    MINIMUM_REPLICAS_UNAVAILABLE = "MinimumReplicasUnavailable",
    FAILED_CREATE = "FailedCreate",
    FAILED_DELETE = "FailedDelete",
    // Reasons of events.
    SCHEDULED = "Scheduled",
    FAILED_SCHEDULING = "FailedScheduling",
    PULLING = "Pulling",
    PULLED = "Pulled",
    CREATED = "Created",
    STARTED = "Started",
    KILLING = "Killing",
    BACK_OFF = "BackOff",
    FAILED = "Failed",
    UNHEALTHY = "Unhealthy",
    FAILED_POST_START_HOOK = "FailedPostStartHook",
    FAILED_PRE_STOP_HOOK = "FailedPreStopHook",
    SANDBOX_CHANGED = "SandboxChanged",
    FAILED_MOUNT = "FailedMount",
    SUCCESSFUL_CREATE = "SuccessfulCreate",
    SUCCESSFUL_DELETE = "SuccessfulDelete",
    SCALING_REPLICA_SET = "ScalingReplicaSet",
    NODE_NOT_READY = "NodeNotReady",
    NODE_READY = "NodeReady",
    TAINT_MANAGER_EVICTION = "TaintManagerEviction",
    NODE_HAS_SUFFICIENT_MEMORY = "NodeHasSufficientMemory",
    // Well-known keys.
    TAINT_NOT_READY = "node.kubernetes.io/not-ready",
    TAINT_UNREACHABLE = "node.kubernetes.io/unreachable",
    TAINT_UNSCHEDULABLE = "node.kubernetes.io/unschedulable",
    LABEL_HOSTNAME = "kubernetes.io/hostname",
    LABEL_ZONE = "topology.kubernetes.io/zone",
    LABEL_REGION = "topology.kubernetes.io/region",
    LABEL_TEMPLATE_HASH = "pod-template-hash",
    LABEL_SERVICE_NAME = "kubernetes.io/service-name",
    UNKNOWN = "Unknown",
}

/// The table of texts of one run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Texts {
    table: IndexSet<Box<str>, rustc_hash::FxBuildHasher>,
}

impl Default for Texts {
    fn default() -> Self {
        Self {
            table: known::ALL.iter().map(|text| Box::from(*text)).collect(),
        }
    }
}

impl Texts {
    /// The number of `text`, new if it was not there.
    pub fn intern(&mut self, text: &str) -> TextId {
        if let Some(index) = self.table.get_index_of(text) {
            return TextId::from_index(index);
        }
        TextId::from_index(self.table.insert_full(Box::from(text)).0)
    }

    /// The number of `text`, if it has one.
    #[must_use]
    pub fn find(&self, text: &str) -> Option<TextId> {
        self.table.get_index_of(text).map(TextId::from_index)
    }

    /// The text of a number; an unknown number reads as `?`.
    #[must_use]
    pub fn get(&self, id: TextId) -> &str {
        self.table.get_index(id.index()).map_or("?", |text| text)
    }

    /// How many texts there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.table.len()
    }

    /// Never: the known texts are always there.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.table.is_empty()
    }

    /// Forgets the texts beyond the first `len`, keeping capacity.
    pub fn truncate(&mut self, len: usize) {
        self.table.truncate(len);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_texts_have_fixed_numbers() {
        let mut texts = Texts::default();
        assert_eq!(texts.get(known::CRASH_LOOP_BACK_OFF), "CrashLoopBackOff");
        assert_eq!(texts.intern("default"), known::DEFAULT);
        let web = texts.intern("web");
        assert_eq!((web.index(), texts.get(web)), (known::ALL.len(), "web"));
        assert_eq!(
            known::ALL.len(),
            Texts::default().len(),
            "a known text is there twice"
        );
    }
}
