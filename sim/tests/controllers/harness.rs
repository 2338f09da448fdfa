//! Drives the controllers and the API server through an engine, with a scheduler and kubelets that do
//! as a test says.
#![allow(clippy::wildcard_enum_match_arm)] // a test shows what it is about, and passes over the rest

use std::collections::BTreeMap;
use std::sync::Arc;

use wavetank_core::dist::{Dist, Sampler};
use wavetank_core::fact::object::{DeploymentChange, ReplicaSetChange, SliceChange};
use wavetank_core::fact::pod::{PodChange, StatusChange};
use wavetank_core::fact::{Actor, Fact, Record};
use wavetank_core::id::{NodeId, PodId, ReplicaSetId, SpecId};
use wavetank_core::object::condition::{Condition, Truth};
use wavetank_core::object::pod::{Phase, PodConditionType, PodIp};
use wavetank_core::object::spec::{DeploymentSpec, Spec, SpecDefinition};
use wavetank_core::object::template::PodTemplate;
use wavetank_core::object::workload::DeploymentStatus;
use wavetank_core::state::Cluster;
use wavetank_core::text::known;
use wavetank_core::time::{SimDuration, SimTime};
use wavetank_sim::check::Checks;
use wavetank_sim::engine::record::Recorder;
use wavetank_sim::engine::{Absent, Engine};
use wavetank_sim::message::call::Request;
use wavetank_sim::network::DelayShape;
use wavetank_sim::network::profile::Network;
use wavetank_sim::plan::Plan;
use wavetank_sim::plan::build::PlanBuilder;
use wavetank_sim::plan::fault::FaultStep;

/// What the kubelets of a test do.
#[derive(Clone, Copy)]
pub(crate) struct Kubelets {
    /// How long after its creation a pod is bound and becomes Ready; none: it stays Pending.
    pub(crate) ready_after: Option<SimDuration>,
    /// How long after the beginning of its deletion a pod is terminal and gone.
    pub(crate) gone_after: SimDuration,
}

impl Kubelets {
    /// Pods stay Pending.
    pub(crate) const NONE: Self = Self {
        ready_after: None,
        gone_after: SimDuration::ZERO,
    };
}

/// A network in which a call takes `api` and every watch `watch`, and nothing else takes time.
pub(crate) fn constant(api: SimDuration, watch: SimDuration) -> Network {
    let fixed = |duration| Sampler::new(&Dist::Constant(duration));
    let shape = || DelayShape::new(fixed(watch));
    Network {
        api_write: fixed(api),
        api_reply: fixed(SimDuration::ZERO),
        watch: shape(),
        kubelet_watch: shape(),
        proxy_watch: shape(),
        handler: fixed(SimDuration::ZERO),
        sync: fixed(SimDuration::ZERO),
        ..Network::lab() // hops of other components
    }
}

/// A plan with the latencies of the test vectors: 10 ms a call, 7 ms a watch, no rate limit.
pub(crate) fn vector(builder: PlanBuilder) -> Plan {
    let mut plan = builder.build();
    plan.network = constant(SimDuration::from_millis(10), SimDuration::from_millis(7));
    plan.settings.controllers.api_qps = 0;
    plan.span.until = Some(SimDuration::from_secs(3_000));
    plan
}

/// A run of controllers.
pub(crate) struct Bench {
    pub(crate) engine: Engine,
    kubelets: Kubelets,
    /// Records that were looked at.
    seen: usize,
    /// What the kubelets will do, in order.
    due: BTreeMap<(SimTime, u32), (Actor, Request)>,
    number: u32,
    /// The first record that [`Self::trace`] shows.
    from: usize,
}

impl Bench {
    pub(crate) fn new(plan: Plan, kubelets: Kubelets) -> Self {
        Self::with_faults(plan, kubelets, Vec::new())
    }

    #[allow(clippy::needless_update)] // a recorder may have more fields
    pub(crate) fn with_faults(plan: Plan, kubelets: Kubelets, faults: Vec<FaultStep>) -> Self {
        let recorder = Recorder::memory();
        let mut engine = Engine::new(Arc::new(plan), 1, faults, recorder, Checks::none());
        engine.stand_in_for(Absent::Nodes);
        Self {
            engine,
            kubelets,
            seen: 0,
            due: BTreeMap::new(),
            number: 0,
            from: 0,
        }
    }

    pub(crate) fn cluster(&self) -> &Cluster {
        self.engine.cluster()
    }

    pub(crate) fn records(&self) -> &[Record] {
        self.engine.recorder().kept.as_deref().unwrap_or(&[])
    }

    /// Plays until `until`.
    pub(crate) fn until(&mut self, until: SimTime) {
        loop {
            self.watch();
            let due = self.due.keys().next().map(|key| key.0);
            let next = match (due, self.engine.next_at()) {
                (Some(due), Some(at)) => due.min(at),
                (Some(at), None) | (None, Some(at)) => at,
                (None, None) => break,
            };
            if next > until {
                break;
            }
            if due == Some(next) {
                let (_, (by, request)) = self.due.pop_first().expect("just seen");
                self.engine.run_until(next);
                self.engine.request(by, request);
            } else if !self.engine.step() {
                break;
            }
        }
        self.engine.run_until(until);
        self.watch();
    }

    /// Plays for some seconds more.
    pub(crate) fn seconds(&mut self, seconds: u64) {
        self.until(self.engine.now() + SimDuration::from_secs(seconds));
    }

    /// A person asks the API server for something now.
    pub(crate) fn user(&mut self, request: Request) {
        self.engine.request(Actor::User, request);
    }

    /// A person changes an object now.
    pub(crate) fn change(&mut self, fact: Fact) {
        self.user(Request::Update(fact, None));
    }

    /// Sets what happens later.
    fn later(&mut self, after: SimDuration, by: Actor, request: Request) {
        let at = self.engine.now() + after;
        self.number += 1;
        self.due.insert((at, self.number), (by, request));
    }

    /// Looks at what happened: the scheduler and the kubelets.
    fn watch(&mut self) {
        while let Some(fact) = self.records().get(self.seen).map(|it| it.fact.clone()) {
            self.seen += 1;
            match fact {
                Fact::PodCreated(pod, _) => self.start(pod),
                Fact::PodChanged(pod, PodChange::Deleting(deletion))
                    if deletion.grace_seconds > 0 =>
                {
                    self.stop(pod);
                }
                _ => {}
            }
        }
    }

    fn start(&mut self, pod: PodId) {
        let Some(after) = self.kubelets.ready_after else {
            return;
        };
        let node = NodeId(pod.0 % self.cluster().store.nodes.len().max(1));
        self.later(
            SimDuration::ZERO,
            Actor::Scheduler,
            Request::Bind(pod, node),
        );
        let at = self.engine.now() + after;
        let changes = ready(pod, at);
        let request = Request::PodStatus(pod, changes);
        self.later(after, Actor::Kubelet(node), request);
    }

    fn stop(&mut self, pod: PodId) {
        let after = self.kubelets.gone_after;
        let node = NodeId(0);
        let stamp = (self.engine.now() + after).stamp(0);
        let changes = [
            StatusChange::Phase(Phase::Succeeded),
            StatusChange::Condition(
                PodConditionType::Ready,
                Truth::False,
                known::POD_COMPLETED,
                stamp,
            ),
        ];
        let request = Request::PodStatus(pod, Box::new(changes));
        self.later(after, Actor::Kubelet(node), request);
        let request = Request::DeletePod(pod, Some(0), None);
        let later = after + SimDuration::from_millis(500);
        self.later(later, Actor::Kubelet(node), request);
    }

    /// Has [`Self::trace`] begin here.
    pub(crate) fn mark(&mut self) {
        self.from = self.records().len();
    }

    /// What happened since the mark, one line a write or refusal: milliseconds since `zero`, and what.
    pub(crate) fn trace(&self, zero: SimTime) -> String {
        let mut lines = String::new();
        for record in &self.records()[self.from..] {
            if let Some(text) = self.line(record) {
                let at = record.at.since(zero).nanos() / 1_000_000;
                lines.push_str(&format!("{at:<6} {text}\n"));
            }
        }
        lines
    }

    /// The lines of [`Self::trace`] that begin with one of these words.
    pub(crate) fn trace_of(&self, zero: SimTime, words: &[&str]) -> String {
        let begins = |line: &&str| {
            let text = line
                .trim_start()
                .split_once(' ')
                .map_or("", |it| it.1.trim_start());
            words.iter().any(|word| text.starts_with(word))
        };
        let trace = self.trace(zero);
        let lines = trace.lines().filter(begins);
        lines.map(|line| format!("{line}\n")).collect()
    }

    fn line(&self, record: &Record) -> Option<String> {
        let text = match &record.fact {
            Fact::DeploymentCreated(..) => "deployment created".into(),
            Fact::DeploymentChanged(_, change) => self.deployment(change),
            Fact::ReplicaSetCreated(id, new) => format!(
                "rs{} created: replicas {}, revision {}, desired {}, max {}",
                id.0, new.replicas, new.revision, new.desired, new.maximum
            ),
            Fact::ReplicaSetChanged(id, change) => format!("rs{} {}", id.0, set(change)),
            Fact::PodCreated(id, _) => format!("pod{} created", id.0),
            Fact::PodChanged(id, change) => format!("pod{} {}", id.0, pod(change)),
            Fact::SliceCreated(id, new) => {
                format!("slice{} created: {:?}", id.0, endpoints(&new.endpoints))
            }
            Fact::SliceChanged(id, change) => format!("slice{} {}", id.0, slice(change)),
            Fact::Refused(object, refusal) => {
                let short = format!("{}{}", object.kind, object.index);
                format!("({refusal:?}: {short}, by {:?})", record.by)
            }
            Fact::NodeChanged(id, change) => format!("node{} {change:?}", id.0),
            _ => return None,
        };
        Some(text)
    }

    fn deployment(&self, change: &DeploymentChange) -> String {
        match change {
            DeploymentChange::Status(status) => {
                let (revision, status) = &**status;
                let texts = &self.cluster().definitions.texts;
                let condition = |condition: &Condition| {
                    format!(
                        "{} {}",
                        condition.status.text(),
                        texts.get(condition.reason)
                    )
                };
                let mut text = format!(
                    "deployment status: og {}, replicas {}, updated {}, ready {}, available {}, \
                     unavailable {}, terminating {}, revision {revision}, Progressing {}",
                    status.observed_generation,
                    status.replicas,
                    status.updated,
                    status.ready,
                    status.available,
                    status.unavailable,
                    status.terminating,
                    condition(&status.progressing),
                );
                if status.availability.status != Truth::Absent {
                    text += &format!(", Available {}", condition(&status.availability));
                }
                if status.failure.status != Truth::Absent {
                    text += &format!(", ReplicaFailure {}", condition(&status.failure));
                }
                text
            }
            other => format!("deployment {other:?}"),
        }
    }
}

fn set(change: &ReplicaSetChange) -> String {
    match change {
        ReplicaSetChange::Status(status) => format!(
            "status: og {}, replicas {}, ready {}, available {}, terminating {}{}",
            status.observed_generation,
            status.replicas,
            status.ready,
            status.available,
            status.terminating,
            if status.failure.status.is_true() {
                ", ReplicaFailure"
            } else {
                ""
            }
        ),
        ReplicaSetChange::Scaled {
            replicas,
            desired,
            maximum,
        } => format!("scaled: replicas {replicas}, desired {desired}, max {maximum}"),
        other => format!("{other:?}"),
    }
}

fn pod(change: &PodChange) -> String {
    match change {
        PodChange::Bound(node, _) => format!("bound to node{}", node.0),
        PodChange::Status(changes) => {
            let mut text = String::from("status:");
            for change in changes {
                match change {
                    StatusChange::Phase(phase) => text += &format!(" {}", phase.text()),
                    StatusChange::Condition(kind, truth, ..) => {
                        text += &format!(" {} {}", kind.text(), truth.text());
                    }
                    _ => {}
                }
            }
            text
        }
        PodChange::Deleting(deletion) => format!("deleting, grace {}", deletion.grace_seconds),
        PodChange::Removed => "removed".into(),
        PodChange::Owner(owner) => format!("owner {owner:?}"),
        other => format!("{other:?}"),
    }
}

fn endpoints(endpoints: &[wavetank_core::object::service::Endpoint]) -> Vec<String> {
    endpoints.iter().map(endpoint).collect()
}

fn endpoint(it: &wavetank_core::object::service::Endpoint) -> String {
    let mark = |is: bool, name: &'static str| if is { name } else { "" };
    format!(
        "pod{}{}{}{}",
        it.pod.0,
        mark(it.ready, " ready"),
        mark(it.serving, " serving"),
        mark(it.terminating, " terminating")
    )
}

fn slice(change: &SliceChange) -> String {
    use wavetank_core::fact::object::EndpointChange;
    let list = |changes: &[EndpointChange]| -> Vec<String> {
        changes
            .iter()
            .map(|change| match change {
                EndpointChange::Set(it) => endpoint(it),
                EndpointChange::Removed(pod) => format!("-pod{}", pod.0),
            })
            .collect()
    };
    match change {
        SliceChange::Endpoints(changes) => format!("{:?}", list(changes)),
        SliceChange::Ports(change) => format!("ports {}, {:?}", change.0.len(), list(&change.1)),
        SliceChange::Meta(meta) => format!("{meta:?}"),
    }
}

/// What a kubelet writes when a pod is Ready.
pub(crate) fn ready(pod: PodId, at: SimTime) -> Box<[StatusChange]> {
    let stamp = at.stamp(0);
    let truth = |kind| StatusChange::Condition(kind, Truth::True, known::EMPTY, stamp);
    Box::new([
        StatusChange::Phase(Phase::Running),
        StatusChange::Ip(PodIp(0x0a00_0000 + pod.0)),
        truth(PodConditionType::ContainersReady),
        truth(PodConditionType::Ready),
    ])
}

/// Another version of the Deployment that a plan creates: its specification with another image, for
/// [`DeploymentChange::Spec`].
pub(crate) fn next_version(plan: &mut Plan, edit: impl FnOnce(&mut DeploymentSpec)) -> SpecId {
    let created = plan.objects.iter().find_map(|request| match request {
        Request::CreateDeployment(new) => Some(new.spec),
        _ => None,
    });
    let definitions = &mut plan.definitions;
    let spec = definitions.get_spec(created.expect("a Deployment")).clone();
    let Spec::Deployment(mut spec) = spec.spec.clone() else {
        unreachable!("a Deployment has such a specification")
    };
    let mut template = PodTemplate::clone(definitions.get_template(spec.template));
    template.spec.containers[0].image = "web:2".into();
    template.manifest = format!("{:?}", template.spec).into();
    spec.template = definitions.template(template);
    edit(&mut spec);
    definitions.spec(SpecDefinition {
        spec: Spec::Deployment(spec),
        manifest: "".into(),
    })
}

/// What a run ends with, without what depends on the order of things: numbers and names of pods.
pub(crate) fn summary(cluster: &Cluster) -> String {
    let store = &cluster.store;
    let mut lines = String::new();
    for index in store.deployments.live_indexes() {
        let it = store.deployments.newest(index).expect("it is live");
        let status = DeploymentStatus {
            progressing: Condition::default(),
            availability: Condition::default(),
            ..it.status
        };
        lines.push_str(&format!("deployment {}: {status:?}\n", it.replicas));
    }
    for index in store.replica_sets.live_indexes() {
        let it = store.replica_sets.newest(index).expect("it is live");
        let pods = store.pods.live_indexes().filter(|pod| {
            let owner = store.pods.newest(*pod).and_then(|pod| pod.owner);
            owner == Some(ReplicaSetId(index).into())
        });
        lines.push_str(&format!(
            "replica set of revision {}: replicas {}, desired {}, max {}, {} pods, ready {}, \
             available {}, terminating {}\n",
            it.revision,
            it.replicas,
            it.desired,
            it.maximum,
            pods.count(),
            it.status.ready,
            it.status.available,
            it.status.terminating,
        ));
    }
    for index in store.slices.live_indexes() {
        let it = store.slices.newest(index).expect("it is live");
        let ready = it.endpoints.iter().filter(|endpoint| endpoint.ready);
        let (all, ready) = (it.endpoints.len(), ready.count());
        lines.push_str(&format!("slice: {all} endpoints, {ready} ready\n"));
    }
    lines
}
