//! kubectl command lines as a closed set of commands.
//!
//! What kubectl would refuse is refused with a place in the line (S012); what has no meaning in a
//! run is refused too (S013); flags that change nothing are accepted with a warning.

mod arguments;
mod flags;
mod lists;
mod parse;

pub use parse::parse;

use wavetank_core::time::SimDuration;

use super::target::{FieldRequirement, Namespaces, Requirement, TargetError};

/// One kubectl command.
#[derive(Clone, PartialEq, Debug)]
pub enum Kubectl {
    /// `apply -f`: create or change what files hold.
    Apply(Files),
    /// `create -f`: fails for what exists.
    Create(Files),
    /// `create service|deployment|…`, and `-n`.
    CreateObject(NewObject, Namespaces),
    /// `replace -f`.
    Replace {
        /// The files.
        files: Files,
        /// Delete and create instead of an update.
        force: bool,
    },
    /// `delete`.
    Delete(Delete),
    /// `scale --replicas=N`.
    Scale {
        /// What is scaled.
        what: Selection,
        /// To how many.
        replicas: u32,
        /// `--current-replicas`: only when it has that many.
        current_replicas: Option<u32>,
    },
    /// `set image KIND/NAME CONTAINER=IMAGE…`; `*` means all containers.
    SetImage {
        /// What is changed.
        what: Selection,
        /// Container and image.
        images: Vec<(String, String)>,
    },
    /// `set env KIND/NAME K=V… K-…`.
    SetEnv {
        /// What is changed.
        what: Selection,
        /// `-c`: only this container.
        container: Option<String>,
        /// Variables and values.
        set: Vec<(String, String)>,
        /// Variables that are removed.
        remove: Vec<String>,
    },
    /// `set resources KIND/NAME --limits=… --requests=…`.
    SetResources {
        /// What is changed.
        what: Selection,
        /// `-c`: only this container.
        container: Option<String>,
        /// Resource names and quantities.
        limits: Vec<(String, String)>,
        /// Resource names and quantities.
        requests: Vec<(String, String)>,
    },
    /// `rollout …`.
    Rollout {
        /// What is done.
        action: RolloutAction,
        /// To what.
        what: Selection,
        /// `status --timeout`: none waits forever.
        timeout: Option<SimDuration>,
    },
    /// `patch`.
    Patch {
        /// What is changed.
        what: Selection,
        /// How the body is applied.
        kind: PatchKind,
        /// YAML or JSON.
        body: String,
    },
    /// `label`.
    Label(Marks),
    /// `annotate`.
    Annotate(Marks),
    /// `taint nodes`.
    Taint {
        /// The nodes.
        what: Selection,
        /// Taints that are added.
        add: Vec<Taint>,
        /// Taints that are removed: key, and effect unless all effects are meant.
        remove: Vec<(String, Option<String>)>,
        /// `--overwrite`.
        overwrite: bool,
    },
    /// `cordon`.
    Cordon(Selection),
    /// `uncordon`.
    Uncordon(Selection),
    /// `drain`.
    Drain(Drain),
    /// `exec POD -- COMMAND`.
    Exec {
        /// The pod, or a workload of which the first pod is taken.
        what: Selection,
        /// `-c`.
        container: Option<String>,
        /// The command and its arguments.
        command: Vec<String>,
    },
    /// `run NAME --image=…`.
    Run(RunPod),
    /// `expose`.
    Expose {
        /// The workload or pod.
        what: Selection,
        /// `--name`.
        name: Option<String>,
        /// `--port`.
        port: Option<u16>,
        /// `--target-port`: a number or a name.
        target_port: Option<String>,
        /// `--type`.
        service_type: Option<String>,
        /// `--protocol`.
        protocol: Option<String>,
    },
    /// `wait --for=…`.
    Wait {
        /// What is watched.
        what: Selection,
        /// Until when.
        until: WaitFor,
        /// `--timeout`; 30 s when it is not given.
        timeout: SimDuration,
    },
    /// `autoscale`.
    Autoscale {
        /// The workload.
        what: Selection,
        /// `--min`.
        min: Option<u32>,
        /// `--max`.
        max: u32,
        /// `--cpu` or `--cpu-percent`.
        cpu_percent: Option<u32>,
        /// `--name`.
        name: Option<String>,
    },
    /// `get`.
    Get {
        /// What is shown.
        what: Selection,
        /// `-o`.
        output: Output,
        /// `--show-labels`.
        show_labels: bool,
        /// `--no-headers`.
        no_headers: bool,
        /// `-L`: labels that become columns.
        label_columns: Vec<String>,
        /// `--sort-by`.
        sort_by: Option<String>,
    },
    /// `describe`.
    Describe(Selection),
    /// `logs`.
    Logs(Logs),
    /// `top pods|nodes`.
    Top(Selection),
    /// `evict POD`: the eviction API, which kubectl itself reaches by `drain` only.
    Evict {
        /// The pods.
        what: Selection,
        /// `--grace-period`.
        grace_period: Option<u32>,
    },
}

/// Files of manifests.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Files {
    /// `-f`: files, directories; relative to the scenario file that names them.
    pub paths: Vec<String>,
    /// `-R`.
    pub recursive: bool,
    /// `-n`: for objects without a namespace.
    pub namespaces: Namespaces,
    /// `-l`: only objects with these labels.
    pub labels: Vec<Requirement>,
    /// `--server-side`.
    pub server_side: bool,
}

/// Objects that a command is about.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Selection {
    /// Files whose objects are meant.
    pub files: Vec<String>,
    /// Kinds, each with a name or without.
    pub resources: Vec<Resource>,
    /// `-l`.
    pub labels: Vec<Requirement>,
    /// `--field-selector`.
    pub fields: Vec<FieldRequirement>,
    /// `-n`, `-A`.
    pub namespaces: Namespaces,
    /// `--all`.
    pub all: bool,
}

/// A kind, perhaps one object of it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Resource {
    /// As manifests spell it: `Deployment`.
    pub kind: &'static str,
    /// The object; none: all that selectors leave.
    pub name: Option<String>,
}

/// What `create` makes without a file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum NewObject {
    /// `create deployment NAME --image=… -- COMMAND`.
    Deployment {
        /// Its name.
        name: String,
        /// One container an image.
        images: Vec<String>,
        /// `--replicas`.
        replicas: u32,
        /// `--port`.
        port: Option<u16>,
        /// Command after `--`.
        command: Vec<String>,
    },
    /// `create service clusterip|nodeport|loadbalancer NAME --tcp=80:8080`.
    Service {
        /// `ClusterIP`, `NodePort`, `LoadBalancer`.
        service_type: &'static str,
        /// Its name; the selector is `app=NAME`.
        name: String,
        /// `--tcp`: port and target port (a number or a name).
        ports: Vec<(u16, String)>,
        /// `--clusterip=None`.
        headless: bool,
    },
    /// `create namespace NAME`.
    Namespace(String),
    /// `create configmap|secret generic NAME --from-literal=k=v`.
    Data {
        /// `ConfigMap` or `Secret`.
        kind: &'static str,
        /// Its name.
        name: String,
        /// Keys and values.
        literals: Vec<(String, String)>,
    },
    /// `create job NAME --image=… [-- COMMAND]`.
    Job {
        /// Its name.
        name: String,
        /// The image.
        image: String,
        /// Command after `--`.
        command: Vec<String>,
    },
    /// `create poddisruptionbudget NAME --selector=… --min-available=…`.
    PodDisruptionBudget {
        /// Its name.
        name: String,
        /// `--selector`.
        selector: Vec<Requirement>,
        /// `--min-available`.
        min_available: Option<String>,
        /// `--max-unavailable`.
        max_unavailable: Option<String>,
    },
    /// `create priorityclass NAME --value=…`.
    PriorityClass {
        /// Its name.
        name: String,
        /// `--value`.
        value: i32,
        /// `--preemption-policy=Never`.
        never_preempts: bool,
    },
}

/// `delete` and its flags.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Delete {
    /// What is deleted.
    pub what: Selection,
    /// `--grace-period` in seconds; none: each pod's own.
    pub grace_period: Option<u32>,
    /// `--force`: does not wait for the kubelet.
    pub force: bool,
    /// `--cascade`.
    pub cascade: Cascade,
    /// `--wait`: until it is gone.
    pub wait: bool,
    /// `--timeout` of waiting; none waits forever.
    pub timeout: Option<SimDuration>,
    /// `--ignore-not-found`.
    pub ignore_not_found: bool,
}

/// What happens to dependants.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Cascade {
    /// Later, by the garbage collector.
    Background,
    /// Before the owner goes.
    Foreground,
    /// They stay.
    Orphan,
}

/// The verbs of `rollout`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RolloutAction {
    /// A new revision with the same template.
    Restart,
    /// Back to an earlier revision: `--to-revision`, 0 for the previous one.
    Undo {
        /// The revision.
        to_revision: u64,
    },
    /// Stop.
    Pause,
    /// Go on.
    Resume,
    /// Wait until it has finished.
    Status,
}

/// How a patch is applied.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PatchKind {
    /// Strategic merge.
    Strategic,
    /// JSON merge patch.
    Merge,
    /// RFC 6902.
    Json,
}

/// Labels or annotations that are set and removed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Marks {
    /// On what.
    pub what: Selection,
    /// Keys and values.
    pub set: Vec<(String, String)>,
    /// Keys.
    pub remove: Vec<String>,
    /// `--overwrite`.
    pub overwrite: bool,
}

/// A taint.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Taint {
    /// Its key.
    pub key: String,
    /// Its value; may be empty.
    pub value: String,
    /// `NoSchedule`, `PreferNoSchedule` or `NoExecute`.
    pub effect: String,
}

/// `drain` and its flags.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Drain {
    /// The nodes.
    pub what: Selection,
    /// `--ignore-daemonsets`.
    pub ignore_daemonsets: bool,
    /// `--delete-emptydir-data`.
    pub delete_emptydir_data: bool,
    /// `--force`: also pods that nobody owns.
    pub force: bool,
    /// `--disable-eviction`: deletes instead.
    pub disable_eviction: bool,
    /// `--grace-period` in seconds; none: each pod's own.
    pub grace_period: Option<u32>,
    /// `--timeout`; none waits forever.
    pub timeout: Option<SimDuration>,
    /// `--pod-selector`.
    pub pod_selector: Vec<Requirement>,
}

/// `run` and its flags.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RunPod {
    /// The pod's name.
    pub name: String,
    /// The image.
    pub image: String,
    /// `--restart`.
    pub restart: Option<String>,
    /// `--port`.
    pub port: Option<u16>,
    /// `--labels`.
    pub labels: Vec<(String, String)>,
    /// `--env`.
    pub env: Vec<(String, String)>,
    /// Whether `arguments` replace the image's command (`--command`).
    pub command: bool,
    /// What stands after `--`.
    pub arguments: Vec<String>,
    /// `-n`.
    pub namespaces: Namespaces,
    /// `--expose`.
    pub expose: bool,
}

/// Until when `wait` waits.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum WaitFor {
    /// `--for=condition=Ready[=false]`.
    Condition {
        /// The condition's type.
        kind: String,
        /// Its status.
        status: String,
    },
    /// `--for=delete`.
    Delete,
    /// `--for=create`.
    Create,
    /// `--for=jsonpath='{.status.phase}'=Running`.
    JsonPath {
        /// The path.
        path: String,
        /// The value; none: any.
        value: Option<String>,
    },
}

/// `-o`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Output {
    /// Columns.
    Table,
    /// More columns.
    Wide,
    /// `kind/name`.
    Name,
    /// YAML.
    Yaml,
    /// JSON.
    Json,
    /// A JSONPath template.
    JsonPath(String),
    /// `custom-columns=…`.
    CustomColumns(String),
}

/// `logs` and its flags.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Logs {
    /// The pod, a workload, or pods by selector.
    pub what: Selection,
    /// `-c`.
    pub container: Option<String>,
    /// `--all-containers`.
    pub all_containers: bool,
    /// `-p`: of the instance before.
    pub previous: bool,
    /// `--tail`; none: all.
    pub tail: Option<u32>,
    /// `--since`.
    pub since: Option<SimDuration>,
    /// `--timestamps`.
    pub timestamps: bool,
    /// `--prefix`.
    pub prefix: bool,
}

/// Why a line is refused, where in it (characters), and what to do.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{message}")]
pub struct KubectlError {
    /// What is wrong.
    pub message: String,
    /// First character that is wrong.
    pub start: u32,
    /// How many characters are wrong.
    pub length: u32,
    /// What to do.
    pub help: Option<String>,
    /// Whether kubectl has it and a run does not (S013), rather than kubectl refusing it (S012).
    pub unsupported: bool,
}

/// A flag that changes nothing, and where it stands.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Ineffective {
    /// The flag.
    pub flag: String,
    /// Its first character.
    pub start: u32,
    /// How many characters it has.
    pub length: u32,
}

impl From<TargetError> for KubectlError {
    fn from(error: TargetError) -> Self {
        Self {
            message: error.message,
            start: error.start,
            length: error.length,
            help: error.help,
            unsupported: false,
        }
    }
}

#[cfg(test)]
mod tests;
