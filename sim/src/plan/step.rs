//! Steps of the timeline, as a run plays them: times, command lines with their objects found and lowered.

use wavetank_core::dist::Dist;
use wavetank_core::id::{Kind, StepId};
use wavetank_core::label::Selector;
use wavetank_core::object::scheduling::Taint;
use wavetank_core::time::SimDuration;

use crate::manifest::Patch;
use crate::message::call::{Propagation, Request};

/// A step of the timeline. Its [`StepId`] is its place in [`super::Plan::steps`].
#[derive(Clone, PartialEq, Debug)]
pub struct PlannedStep {
    /// Its name in the scenario, if it has one.
    pub name: Option<Box<str>>,
    /// When it begins.
    pub when: StepTime,
    /// Whether it comes again.
    pub repeat: Option<Repeat>,
    /// Whether a line that fails does not fail the run, nor keeps the lines after it from running.
    pub may_fail: bool,
    /// What it does.
    pub action: StepAction,
}

impl PlannedStep {
    /// What people call it: its name, or else what it does first.
    #[must_use]
    pub fn title(&self) -> &str {
        match (&self.name, &self.action) {
            (Some(name), _) => name,
            (None, StepAction::Kubectl(lines)) => {
                lines.first().map_or("nothing", |line| &line.text)
            }
            (None, StepAction::Stop(_)) => "stop",
            (None, StepAction::Mark) => "mark",
        }
    }

    /// Whether a line of it only shows something.
    #[must_use]
    pub fn has_view(&self) -> bool {
        match &self.action {
            StepAction::Kubectl(lines) => lines.iter().any(|line| line.command == Command::View),
            StepAction::Stop(_) | StepAction::Mark => false,
        }
    }
}

/// When a step begins.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum StepTime {
    /// At this time after t = 0.
    At(Dist),
    /// So long after the end of a step; with none, of the one before it in the list, and the first after
    /// t = 0.
    After(Option<StepId>, SimDuration),
}

/// That a step comes again. An occurrence that is due while the one before it still runs begins when that
/// has ended.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Repeat {
    /// From when one occurrence is due to when the next is.
    pub every: Dist,
    /// How often the step comes in all; none: to the end of the run, which does not wait for it.
    pub times: Option<u32>,
}

/// What a step does.
#[derive(Clone, PartialEq, Debug)]
pub enum StepAction {
    /// Command lines, one after the other.
    Kubectl(Vec<PlannedLine>),
    /// The run ends, with this reason.
    Stop(Box<str>),
    /// Nothing: what it stands for happens elsewhere (a fault of the same name).
    Mark,
}

/// One command line.
#[derive(Clone, PartialEq, Debug)]
pub struct PlannedLine {
    /// As it is written.
    pub text: Box<str>,
    /// What it does.
    pub command: Command,
}

/// The objects that a command is about, as a run finds them.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct What {
    /// Kinds, each with a name or without, and the namespace of this one where a file said it.
    pub resources: Vec<Wanted>,
    /// `-l`
    pub selector: Selector,
    /// `--field-selector`: field, whether it must equal, value.
    pub fields: Vec<(Field, bool, Box<str>)>,
    /// The namespace; none: all.
    pub namespace: Option<Box<str>>,
}

/// A kind, perhaps one object of it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Wanted {
    /// The kind.
    pub kind: Kind,
    /// The object's name; none: all that the selectors leave.
    pub name: Option<Box<str>>,
    /// Where it is, when not in the namespace of the command.
    pub namespace: Option<Box<str>>,
}

/// A field that `--field-selector` can name.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[allow(missing_docs)] // Kubernetes' own words
pub enum Field {
    Name,
    Namespace,
    Phase,
    NodeName,
    Unschedulable,
}

/// An object that a command brings in.
#[derive(Clone, PartialEq, Debug)]
pub struct PlannedObject {
    /// The kind as the manifest spells it.
    pub kind: Box<str>,
    /// Its name.
    pub name: Box<str>,
    /// Its namespace; empty for kinds without one.
    pub namespace: Box<str>,
    /// The call that creates it; none for kinds without effect.
    pub creation: Option<Request>,
    /// Whether it says how many replicas there are: `apply` leaves them alone otherwise.
    pub has_replicas: bool,
}

/// Containers and what becomes of them.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ContainerEdit {
    /// `-c`: only this container.
    pub container: Option<Box<str>>,
    /// Variables and their values, or resource limits.
    pub set: Vec<(Box<str>, Box<str>)>,
    /// Resource requests.
    pub requests: Vec<(Box<str>, Box<str>)>,
    /// Variables that are removed.
    pub remove: Vec<Box<str>>,
}

/// A kubectl command as a run plays it.
#[derive(Clone, PartialEq, Debug)]
pub enum Command {
    /// `apply -f`: creates, or changes what is different.
    Apply(Vec<PlannedObject>),
    /// `create`, `run`: fails for what exists.
    Create(Vec<PlannedObject>),
    /// `replace -f`: fails for what does not exist; whether it is deleted first.
    Replace(Vec<PlannedObject>, bool),
    /// `expose`.
    Expose(Expose),
    /// `autoscale`.
    Autoscale(Autoscale),
    /// `delete`.
    Delete(Delete),
    /// `scale`: how many, and of how many when that is demanded.
    Scale(What, u32, Option<u32>),
    /// `set image`: containers and images; `*` is all containers.
    SetImage(What, Vec<(Box<str>, Box<str>)>),
    /// `set env`.
    SetEnv(What, ContainerEdit),
    /// `set resources`.
    SetResources(What, ContainerEdit),
    /// `rollout restart`.
    Restart(What),
    /// `rollout undo`: to which revision; 0 is the one before.
    Undo(What, u64),
    /// `rollout pause` (true), `rollout resume` (false).
    Pause(What, bool),
    /// `rollout status`, with its timeout.
    Status(What, Option<SimDuration>),
    /// `patch`.
    Patch(What, Patch),
    /// `label`.
    Label(Marks),
    /// `annotate`.
    Annotate(Marks),
    /// `taint nodes`.
    Taint(TaintEdit),
    /// `cordon` (true), `uncordon` (false).
    Cordon(What, bool),
    /// `drain`.
    Drain(Drain),
    /// `exec`.
    Exec {
        /// The pod, or a workload of which the first pod is taken.
        what: What,
        /// `-c`
        container: Option<Box<str>>,
        /// The command and its arguments.
        command: Vec<Box<str>>,
    },
    /// `wait`, with its timeout.
    Wait(What, WaitFor, SimDuration),
    /// `evict`, with its grace period in seconds.
    Evict(What, Option<u32>),
    /// `get`, `describe`, `logs`, `top`: shown from the log, as of when the line ran.
    View,
}

/// `expose`: a Service for a workload's pods.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Expose {
    /// The workload, pod or Service.
    pub what: What,
    /// `--name`
    pub name: Option<Box<str>>,
    /// `--port`
    pub port: Option<u16>,
    /// `--target-port`
    pub target_port: Option<Box<str>>,
    /// `--type`
    pub service_type: Option<Box<str>>,
    /// `--protocol`
    pub protocol: Option<Box<str>>,
}

/// `autoscale`: a HorizontalPodAutoscaler for a workload.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Autoscale {
    /// The workload.
    pub what: What,
    /// `--name`
    pub name: Option<Box<str>>,
    /// `--min`
    pub min: Option<u32>,
    /// `--max`
    pub max: u32,
    /// `--cpu-percent`
    pub cpu_percent: Option<u32>,
}

/// `delete` and its flags.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Delete {
    /// What is deleted.
    pub what: What,
    /// Grace in seconds as it is sent; none: each pod's own.
    pub grace_seconds: Option<u32>,
    /// `--force`
    pub force: bool,
    /// `--cascade`
    pub propagation: Propagation,
    /// `--wait`
    pub wait: bool,
    /// `--timeout`; none waits forever.
    pub timeout: Option<SimDuration>,
    /// `--ignore-not-found`
    pub ignore_not_found: bool,
}

/// Labels or annotations that are set and removed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Marks {
    /// On what.
    pub what: What,
    /// Keys and values.
    pub set: Vec<(Box<str>, Box<str>)>,
    /// Keys.
    pub remove: Vec<Box<str>>,
    /// `--overwrite`
    pub overwrite: bool,
}

/// Taints that are added and removed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TaintEdit {
    /// The nodes.
    pub what: What,
    /// Taints that are added.
    pub add: Vec<Taint>,
    /// Taints that are removed: key, and effect unless all effects are meant.
    pub remove: Vec<(
        Box<str>,
        Option<wavetank_core::object::scheduling::TaintEffect>,
    )>,
    /// `--overwrite`
    pub overwrite: bool,
}

/// `drain` and its flags.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Drain {
    /// The nodes.
    pub what: What,
    /// `--ignore-daemonsets`
    pub ignore_daemonsets: bool,
    /// `--delete-emptydir-data`
    pub delete_emptydir_data: bool,
    /// `--force`
    pub force: bool,
    /// `--disable-eviction`
    pub disable_eviction: bool,
    /// `--grace-period` in seconds; none: each pod's own.
    pub grace_seconds: Option<u32>,
    /// `--timeout`; none waits forever.
    pub timeout: Option<SimDuration>,
    /// `--pod-selector`
    pub pods: Selector,
}

/// Until when `wait` waits.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum WaitFor {
    /// A condition's type has this status.
    Condition(Box<str>, Box<str>),
    /// The object is gone.
    Delete,
    /// The object is there.
    Create,
    /// A field has this value; none: any.
    Field(Box<str>, Option<Box<str>>),
}
