//! Facts in words: one line each, for timelines, explanations and comparisons.

use wavetank_core::fact::object::{
    DeploymentChange, EndpointChange, MetaChange, NodeChange, OtherChange, ReplicaSetChange,
    ServiceChange, SliceChange,
};
use wavetank_core::fact::pod::{ContainerChange, PodChange, StatusChange};
use wavetank_core::fact::runtime::{Hook, ProbeKind, RuntimeFact, Signal};
use wavetank_core::fact::{Edge, Fact, Record, Refusal};
use wavetank_core::id::{ObjId, PodId, TextId};
use wavetank_core::object::condition::Truth;
use wavetank_core::object::definition::Named;
use wavetank_core::state::Cluster;
use wavetank_core::text::known;

use super::events::Events;
use super::names::{Names, client_name};

/// The words for facts, over the state that they led to.
#[derive(Clone, Copy, Debug)]
pub struct Phrases<'a> {
    /// The state after the fact.
    pub cluster: &'a Cluster,
    /// What objects were called.
    pub names: &'a Names,
}

impl Phrases<'_> {
    /// A record's fact in words: `pod/web-1 is bound to node-2`.
    #[must_use]
    pub fn fact(&self, record: &Record) -> String {
        let object = |id: ObjId| self.names.path(self.cluster, id);
        match &record.fact {
            Fact::PodCreated(id, new) => {
                let owner = new
                    .owner
                    .map_or_else(String::new, |owner| format!(" for {}", object(owner)));
                format!("{} is created{owner}", object((*id).into()))
            }
            Fact::PodChanged(id, change) => self.pod(*id, change),
            Fact::NodeCreated(id, _) => format!("{} is created", object((*id).into())),
            Fact::NodeChanged(id, change) => {
                format!("{}{}", object((*id).into()), self.node(change))
            }
            Fact::ReplicaSetCreated(id, new) => {
                let name = object((*id).into());
                format!("{name} is created with {} replicas", new.replicas)
            }
            Fact::ReplicaSetChanged(id, change) => {
                format!("{}{}", object((*id).into()), self.replica_set(change))
            }
            Fact::DeploymentCreated(id, new) => {
                let name = object((*id).into());
                format!("{name} is created with {} replicas", new.replicas)
            }
            Fact::DeploymentChanged(id, change) => {
                format!("{}{}", object((*id).into()), self.deployment(change))
            }
            Fact::ServiceCreated(id, _) => format!("{} is created", object((*id).into())),
            Fact::ServiceChanged(id, change) => {
                let words = match change {
                    ServiceChange::Meta(change) => self.meta(change),
                    ServiceChange::Spec(_) => ": spec is changed".to_owned(),
                };
                format!("{}{words}", object((*id).into()))
            }
            Fact::SliceCreated(id, new) => format!(
                "{} is created for {} with {} endpoints",
                object((*id).into()),
                object(new.service.into()),
                new.endpoints.len()
            ),
            Fact::SliceChanged(id, change) => {
                format!("{}{}", object((*id).into()), self.slice(change))
            }
            Fact::OtherCreated(..) | Fact::OtherChanged(..) => self.other(&record.fact),
            Fact::Runtime(id, fact) => {
                format!("{}: {}", object((*id).into()), self.runtime(*id, fact))
            }
            Fact::EventRecorded(..)
            | Fact::Decided(_)
            | Fact::RequestEnded(_)
            | Fact::RequestsSucceeded { .. }
            | Fact::Fault(..)
            | Fact::Step(..)
            | Fact::Mark(_)
            | Fact::Refused(..) => self.not_a_write(record),
        }
    }

    fn text(&self, id: TextId) -> &str {
        self.cluster.definitions.texts.get(id)
    }

    fn name(&self, object: impl Into<ObjId>) -> String {
        self.names.name(self.cluster, object.into())
    }

    fn other(&self, fact: &Fact) -> String {
        let object = fact.object();
        let name = object.map_or_else(String::new, |it| self.names.path(self.cluster, it));
        if let Fact::OtherChanged(_, _, change) = fact {
            return match change {
                OtherChange::Meta(change) => format!("{name}{}", self.meta(change)),
                OtherChange::Spec(_) => format!("{name}: spec is changed"),
            };
        }
        format!("{name} is created")
    }

    #[expect(clippy::too_many_lines, reason = "one arm a fact")]
    fn not_a_write(&self, record: &Record) -> String {
        let object = |id: ObjId| self.names.path(self.cluster, id);
        let scenario = |what, number: u32, word: &str| {
            let name = self.cluster.definitions.name_of(what, number);
            name.map_or_else(
                || format!("{word} {number}"),
                |name| format!("{word} {name}"),
            )
        };
        match &record.fact {
            Fact::EventRecorded(about, _) => {
                let mut events = Events::default();
                events.observe(self.cluster, record);
                format!("{}: {}", object(*about), self.event(&events, record))
            }
            Fact::Decided(decision) => match decision.node {
                Some(node) => format!(
                    "scheduler chooses {} for {} ({} feasible)",
                    self.name(node),
                    object(decision.pod.into()),
                    decision.feasible
                ),
                None => format!(
                    "scheduler finds no node for {}",
                    object(decision.pod.into())
                ),
            },
            Fact::RequestEnded(end) => {
                let place = end
                    .pod
                    .map_or_else(|| "no endpoint".to_owned(), |pod| object(pod.into()));
                format!(
                    "request {}/{} to {place}: {} after {}.{:03} ms",
                    client_name(self.cluster, end.client.0),
                    end.number,
                    end.outcome.name(),
                    end.took_micros / 1_000,
                    end.took_micros % 1_000
                )
            }
            Fact::RequestsSucceeded { client, ok } => {
                format!(
                    "{ok} requests of {} end well",
                    client_name(self.cluster, client.0)
                )
            }
            Fact::Fault(id, edge) => {
                format!(
                    "{} {}",
                    scenario(Named::Fault, id.0, "fault"),
                    edge_words(*edge)
                )
            }
            Fact::Step(id, edge) => {
                format!(
                    "{} {}",
                    scenario(Named::Step, id.0, "step"),
                    edge_words(*edge)
                )
            }
            Fact::Mark(text) => format!("mark {}", self.text(*text)),
            Fact::Refused(about, refusal) => {
                format!(
                    "a call about {} is refused: {}",
                    object(*about),
                    refusal_words(*refusal)
                )
            }
            Fact::PodCreated(..)
            | Fact::PodChanged(..)
            | Fact::NodeCreated(..)
            | Fact::NodeChanged(..)
            | Fact::ReplicaSetCreated(..)
            | Fact::ReplicaSetChanged(..)
            | Fact::DeploymentCreated(..)
            | Fact::DeploymentChanged(..)
            | Fact::ServiceCreated(..)
            | Fact::ServiceChanged(..)
            | Fact::SliceCreated(..)
            | Fact::SliceChanged(..)
            | Fact::OtherCreated(..)
            | Fact::OtherChanged(..)
            | Fact::Runtime(..) => unreachable!("a write has words of its own"),
        }
    }

    fn event(&self, events: &Events, record: &Record) -> String {
        let view = super::snapshot::Snapshot {
            cluster: self.cluster,
            names: self.names,
            events,
            clock: super::clock::Clock::default(),
            uid_key: 0,
            now: record.at,
        };
        let list = events.at(record.at);
        list.first().map_or_else(String::new, |event| {
            format!("event {}: {}", event.reason(&view), event.message(&view))
        })
    }

    /// The name of a container, from the pod's template.
    fn container(&self, pod: PodId, number: u8) -> String {
        let pods = &self.cluster.store.pods;
        let pod = pods.newest(pod.0);
        pod.and_then(|pod| {
            let template = self.cluster.definitions.get_template(pod.template);
            let container = template.spec.all_containers().nth(usize::from(number))?;
            Some(container.name.to_string())
        })
        .unwrap_or_else(|| format!("#{number}"))
    }

    fn pod(&self, id: PodId, change: &PodChange) -> String {
        let name = self.names.path(self.cluster, id.into());
        match change {
            PodChange::Bound(node, _) => format!("{name} is bound to {}", self.name(*node)),
            PodChange::Status(changes) => {
                let words: Vec<_> = changes.iter().map(|it| self.status(id, it)).collect();
                format!("{name} status: {}", words.join(", "))
            }
            PodChange::Deleting(deletion) => format!(
                "{name}: deletionTimestamp is written (grace {}s)",
                deletion.grace_seconds
            ),
            PodChange::Removed => format!("{name} is gone"),
            PodChange::Labels(_) => format!("{name}: labels are changed"),
            PodChange::Annotations(_) => format!("{name}: annotations are changed"),
            PodChange::Finalizers(_) => format!("{name}: finalizers are changed"),
            PodChange::Owner(Some(owner)) => {
                format!(
                    "{name} is adopted by {}",
                    self.names.path(self.cluster, *owner)
                )
            }
            PodChange::Owner(None) => format!("{name} is released"),
            PodChange::Template(_) => format!("{name}: spec is changed"),
        }
    }

    fn status(&self, pod: PodId, change: &StatusChange) -> String {
        match change {
            StatusChange::Phase(phase) => phase.text().to_owned(),
            StatusChange::Reason(text) => format!("reason={}", self.text(*text)),
            StatusChange::Message(_) => "message".to_owned(),
            StatusChange::Ip(ip) => format!("podIP={ip}"),
            StatusChange::Started(_) => "startTime".to_owned(),
            StatusChange::ObservedGeneration(number) => format!("observedGeneration={number}"),
            StatusChange::Nominated(Some(node)) => format!("nominated={}", self.name(*node)),
            StatusChange::Nominated(None) => "nominated=<none>".to_owned(),
            StatusChange::Condition(kind, status, reason, _) => {
                let mut words = format!("{}={}", kind.text(), status.text());
                if *reason != known::EMPTY {
                    words.push_str(&format!(" ({})", self.text(*reason)));
                }
                words
            }
            StatusChange::ConditionMessage(kind, _) => format!("{} message", kind.text()),
            StatusChange::Gate(number, is_true) => format!("gate {number}={is_true}"),
            StatusChange::Container(number, change) => format!(
                "{} {}",
                self.container(pod, *number),
                self.container_change(*change)
            ),
        }
    }

    fn container_change(&self, change: ContainerChange) -> String {
        match change {
            ContainerChange::Waiting(reason) => format!("waiting {}", self.text(reason)),
            ContainerChange::Running(_) => "running".to_owned(),
            ContainerChange::Terminated(code, reason, ..) => {
                format!("terminated {} ({code})", self.text(reason))
            }
            ContainerChange::Message(_) => "message".to_owned(),
            ContainerChange::LastState => "lastState".to_owned(),
            ContainerChange::LastTerminated(code, reason, ..) => {
                format!("last terminated {} ({code})", self.text(reason))
            }
            ContainerChange::Restarts(count) => format!("restarts={count}"),
            ContainerChange::Ready(ready) => format!("ready={ready}"),
            ContainerChange::Started(started) => match started {
                Some(started) => format!("started={started}"),
                None => "started=<none>".to_owned(),
            },
            ContainerChange::Attempt(attempt) => format!("attempt={attempt}"),
        }
    }

    fn runtime(&self, pod: PodId, fact: &RuntimeFact) -> String {
        let name = |number: &u8| self.container(pod, *number);
        match fact {
            RuntimeFact::Admitted => "the kubelet begins to work on it".to_owned(),
            RuntimeFact::SandboxStarted(ip) => format!("sandbox is up with address {ip}"),
            RuntimeFact::SandboxStopped => {
                "sandbox is gone: its address no longer answers".to_owned()
            }
            RuntimeFact::PullStarted(number) => format!("pull begins for {}", name(number)),
            RuntimeFact::Pulled(number, 0) => format!("image of {} is there", name(number)),
            RuntimeFact::Pulled(number, millis) => {
                format!("image of {} is pulled in {millis} ms", name(number))
            }
            RuntimeFact::PullFailed(number, text) => {
                format!("pull fails for {}: {}", name(number), self.text(*text))
            }
            RuntimeFact::Started(number) => format!("{} starts", name(number)),
            RuntimeFact::Listening(number, port) => {
                format!("{} listens on {port}", name(number))
            }
            RuntimeFact::ListenStopped(number, port) => {
                format!("{} closes its listener on {port}", name(number))
            }
            RuntimeFact::Exited(number, code, oom) => {
                let why = if *oom { ", out of memory" } else { "" };
                format!("{} exits with {code}{why}", name(number))
            }
            RuntimeFact::HookStarted(number, hook) => {
                format!("{} of {} begins", hook_words(*hook), name(number))
            }
            RuntimeFact::HookEnded(number, hook, ok) => {
                let how = if *ok { "ends" } else { "fails" };
                format!("{} of {} {how}", hook_words(*hook), name(number))
            }
            RuntimeFact::Signalled(number, signal) => match signal {
                Signal::Term => format!("TERM to {}", name(number)),
                Signal::Kill => format!("KILL to {}", name(number)),
            },
            RuntimeFact::Probed(number, kind, ok) => {
                let how = if *ok { "succeeds" } else { "fails" };
                format!("{} probe of {} {how}", probe_words(*kind), name(number))
            }
            RuntimeFact::Logged(number, text) => {
                format!("{} logs {:?}", name(number), self.text(*text))
            }
            RuntimeFact::Finished => "the kubelet has finished with it".to_owned(),
        }
    }

    fn node(&self, change: &NodeChange) -> String {
        match change {
            NodeChange::Meta(change) => self.meta(change),
            NodeChange::Conditions(list) => {
                let words: Vec<_> = list
                    .iter()
                    .filter(|(_, condition)| condition.status != Truth::Absent)
                    .map(|(kind, it)| format!("{}={}", kind.text(), it.status.text()))
                    .collect();
                format!(" conditions: {}", words.join(", "))
            }
            NodeChange::Taints(taints) => {
                let words: Vec<_> = taints
                    .iter()
                    .map(|it| format!("{}:{}", it.key, super::object::effect(it.effect)))
                    .collect();
                match words.len() {
                    0 => " has no taints".to_owned(),
                    _ => format!(" has taints {}", words.join(", ")),
                }
            }
            NodeChange::Unschedulable(true) => " is cordoned".to_owned(),
            NodeChange::Unschedulable(false) => " is uncordoned".to_owned(),
            NodeChange::Spec(_) => ": capacity or images are changed".to_owned(),
        }
    }

    fn replica_set(&self, change: &ReplicaSetChange) -> String {
        match change {
            ReplicaSetChange::Meta(change) => self.meta(change),
            ReplicaSetChange::Scaled { replicas, .. } => format!(" is scaled to {replicas}"),
            ReplicaSetChange::Revision(number) => format!(" has revision {number}"),
            ReplicaSetChange::Status(status) => format!(
                " status: {} replicas, {} ready, {} available",
                status.replicas, status.ready, status.available
            ),
            ReplicaSetChange::Spec(_) => ": spec is changed".to_owned(),
        }
    }

    fn deployment(&self, change: &DeploymentChange) -> String {
        match change {
            DeploymentChange::Meta(change) => self.meta(change),
            DeploymentChange::Scaled(replicas) => format!(" is scaled to {replicas}"),
            DeploymentChange::Spec(_) => ": spec is changed".to_owned(),
            DeploymentChange::Paused(true) => " is paused".to_owned(),
            DeploymentChange::Paused(false) => " is resumed".to_owned(),
            DeploymentChange::Status(write) => {
                let status = &write.1;
                format!(
                    " status: {} replicas, {} updated, {} ready, {} available",
                    status.replicas, status.updated, status.ready, status.available
                )
            }
        }
    }

    fn slice(&self, change: &SliceChange) -> String {
        let changes = match change {
            SliceChange::Meta(change) => return self.meta(change),
            SliceChange::Endpoints(changes) => changes,
        };
        let words: Vec<_> = changes
            .iter()
            .map(|change| match change {
                EndpointChange::Set(it) => format!(
                    "{} ready={} serving={} terminating={}",
                    it.ip, it.ready, it.serving, it.terminating
                ),
                EndpointChange::Removed(pod) => format!("{} removed", self.name(*pod)),
            })
            .collect();
        format!(": {}", words.join("; "))
    }

    fn meta(&self, change: &MetaChange) -> String {
        match change {
            MetaChange::Labels(_) => ": labels are changed".to_owned(),
            MetaChange::Annotations(_) => ": annotations are changed".to_owned(),
            MetaChange::Finalizers(_) => ": finalizers are changed".to_owned(),
            MetaChange::Owner(Some(owner)) => {
                format!(" is adopted by {}", self.names.path(self.cluster, *owner))
            }
            MetaChange::Owner(None) => " is released".to_owned(),
            MetaChange::Deleting(_) => ": deletionTimestamp is written".to_owned(),
            MetaChange::Removed => " is gone".to_owned(),
        }
    }
}

fn edge_words(edge: Edge) -> String {
    match edge {
        Edge::Began => "begins".to_owned(),
        Edge::Ended(0) => "ends".to_owned(),
        Edge::Ended(code) => format!("ends with exit code {code}"),
    }
}

/// Why a call was refused, as the API says it.
#[must_use]
pub const fn refusal_words(refusal: Refusal) -> &'static str {
    match refusal {
        Refusal::Conflict => "409 Conflict",
        Refusal::AlreadyExists => "409 AlreadyExists",
        Refusal::NotFound => "404 NotFound",
        Refusal::Forbidden => "403 Forbidden",
        Refusal::Invalid => "422 Invalid",
        Refusal::TooManyRequests => "429 TooManyRequests",
        Refusal::Gone => "410 Gone",
        Refusal::Internal => "500 InternalError",
        Refusal::Timeout => "no answer in time",
    }
}

const fn hook_words(hook: Hook) -> &'static str {
    match hook {
        Hook::PostStart => "postStart",
        Hook::PreStop => "preStop",
    }
}

const fn probe_words(kind: ProbeKind) -> &'static str {
    match kind {
        ProbeKind::Startup => "startup",
        ProbeKind::Liveness => "liveness",
        ProbeKind::Readiness => "readiness",
    }
}

/// The kind of a fact, as totals name it: `PodChanged.Status`.
#[must_use]
pub fn fact_kind(fact: &Fact) -> &'static str {
    match fact {
        Fact::PodCreated(..) => "PodCreated",
        Fact::PodChanged(_, change) => match change {
            PodChange::Bound(..) => "PodChanged.Bound",
            PodChange::Status(_) => "PodChanged.Status",
            PodChange::Deleting(_) => "PodChanged.Deleting",
            PodChange::Removed => "PodChanged.Removed",
            PodChange::Labels(_)
            | PodChange::Annotations(_)
            | PodChange::Finalizers(_)
            | PodChange::Owner(_) => "PodChanged.Meta",
            PodChange::Template(_) => "PodChanged.Template",
        },
        Fact::NodeCreated(..) => "NodeCreated",
        Fact::NodeChanged(..) => "NodeChanged",
        Fact::ReplicaSetCreated(..) => "ReplicaSetCreated",
        Fact::ReplicaSetChanged(_, change) => match change {
            ReplicaSetChange::Status(_) => "ReplicaSetChanged.Status",
            ReplicaSetChange::Meta(_)
            | ReplicaSetChange::Scaled { .. }
            | ReplicaSetChange::Revision(_)
            | ReplicaSetChange::Spec(_) => "ReplicaSetChanged",
        },
        Fact::DeploymentCreated(..) => "DeploymentCreated",
        Fact::DeploymentChanged(_, change) => match change {
            DeploymentChange::Status(_) => "DeploymentChanged.Status",
            DeploymentChange::Meta(_)
            | DeploymentChange::Scaled(_)
            | DeploymentChange::Spec(_)
            | DeploymentChange::Paused(_) => "DeploymentChanged",
        },
        Fact::ServiceCreated(..) => "ServiceCreated",
        Fact::ServiceChanged(..) => "ServiceChanged",
        Fact::SliceCreated(..) => "SliceCreated",
        Fact::SliceChanged(..) => "SliceChanged",
        Fact::OtherCreated(..) => "OtherCreated",
        Fact::OtherChanged(..) => "OtherChanged",
        Fact::Runtime(_, fact) => match fact {
            RuntimeFact::Logged(..) => "Runtime.Logged",
            RuntimeFact::Probed(..) => "Runtime.Probed",
            RuntimeFact::Admitted
            | RuntimeFact::SandboxStarted(_)
            | RuntimeFact::SandboxStopped
            | RuntimeFact::PullStarted(_)
            | RuntimeFact::Pulled(..)
            | RuntimeFact::PullFailed(..)
            | RuntimeFact::Started(_)
            | RuntimeFact::Listening(..)
            | RuntimeFact::ListenStopped(..)
            | RuntimeFact::Exited(..)
            | RuntimeFact::HookStarted(..)
            | RuntimeFact::HookEnded(..)
            | RuntimeFact::Signalled(..)
            | RuntimeFact::Finished => "Runtime",
        },
        Fact::EventRecorded(..) => "EventRecorded",
        Fact::Decided(_) => "Decided",
        Fact::RequestEnded(_) => "RequestEnded",
        Fact::RequestsSucceeded { .. } => "RequestsSucceeded",
        Fact::Fault(..) => "Fault",
        Fact::Step(..) => "Step",
        Fact::Mark(_) => "Mark",
        Fact::Refused(..) => "Refused",
    }
}
