//! Mutants: a good little history, one planted mistake, and the invariant that has to find it, alone.

#![allow(clippy::too_many_lines, reason = "a history is one list")]

mod facts;
mod hooks;

use wavetank_core::fact::event::EventNote;
use wavetank_core::fact::object::{NewReplicaSet, NewService, NewSlice};
use wavetank_core::fact::pod::{NewPod, PodChange, StatusChange};
use wavetank_core::fact::runtime::{Hook, RuntimeFact, Signal};
use wavetank_core::fact::traffic::{Outcome, RequestEnd};
use wavetank_core::fact::{Actor, Controller, Decision, Fact, Record};
use wavetank_core::id::{
    ClientId, NodeId, PodId, ReplicaSetId, ServiceId, SliceId, TemplateId, TextId,
};
use wavetank_core::object::condition::Truth;
use wavetank_core::object::definition::EMPTY_SET;
use wavetank_core::object::meta::{Deletion, Meta};
use wavetank_core::object::pod::{Phase, PodConditionType, PodIp};
use wavetank_core::object::service::Endpoint;
use wavetank_core::object::spec::{ReplicaSetSpec, Spec, SpecDefinition};
use wavetank_core::object::template::{Container, Handler, PodSpec};
use wavetank_core::state::Cluster;
use wavetank_core::text::known;
use wavetank_core::time::{SimDuration, SimTime, Stamp};

use super::offline::{self, Known};
use super::{Checks, Violation};
use crate::message::call::Request;
use crate::plan::build::PlanBuilder;

const KUBELET: Actor = Actor::Kubelet(NodeId(0));
const POD: PodId = PodId(0);

/// A history that can be corrupted.
struct Mutant {
    start: Cluster,
    records: Vec<Record>,
    template: TemplateId,
    other_template: TemplateId,
    gated_template: TemplateId,
}

/// The specification of the pods: an init container, a main container with a hook, 10 s of grace.
fn edit(spec: &mut PodSpec) {
    spec.grace_seconds = 10;
    spec.init_containers = vec![Container {
        name: "init".into(),
        ..Container::default()
    }];
    spec.containers[0].pre_stop = Some(Handler::Sleep(2));
    spec.requests.cpu = 1_500;
}

fn condition(kind: PodConditionType, is_true: bool) -> StatusChange {
    StatusChange::Condition(kind, Truth::of(is_true), known::EMPTY, Stamp(0))
}

fn ready(is_true: bool) -> [StatusChange; 2] {
    [
        condition(PodConditionType::ContainersReady, is_true),
        condition(PodConditionType::Ready, is_true),
    ]
}

fn status(changes: &[StatusChange]) -> Fact {
    Fact::PodChanged(POD, PodChange::Status(changes.into()))
}

fn runtime(fact: RuntimeFact) -> Fact {
    Fact::Runtime(POD, fact)
}

fn endpoint(pod: PodId) -> Endpoint {
    Endpoint {
        pod,
        ip: PodIp(7),
        node: Some(NodeId(0)),
        ready: true,
        serving: true,
        terminating: false,
    }
}

impl Mutant {
    /// Two nodes, a Service, a ReplicaSet, and the life of one pod.
    fn new() -> Self {
        let mut builder = PlanBuilder::new("mutant")
            .nodes(2)
            .service("web")
            .pod("web", edit)
            .pod("other", |spec| {
                edit(spec);
                spec.containers[0].name = "renamed".into();
            })
            .pod("gated", |spec| {
                edit(spec);
                spec.scheduling_gates = vec!["gate".into()];
            });
        let plan = builder.plan();
        let templates: Vec<TemplateId> = plan
            .objects
            .iter()
            .filter_map(|request| match request {
                Request::CreatePod(new) => Some(new.template),
                _ => None,
            })
            .collect();
        let Some(Request::CreateService(service)) = plan.objects.first().cloned() else {
            panic!("the Service comes first");
        };
        let set = Spec::ReplicaSet(ReplicaSetSpec {
            selector: wavetank_core::label::Selector::everything(),
            template: templates[0],
            min_ready_seconds: 0,
        });
        let set = plan.definitions.spec(SpecDefinition {
            spec: set,
            manifest: "".into(),
        });
        let nodes = plan.nodes.clone();
        let mut it = Self {
            start: Cluster::new(plan.definitions.clone()),
            records: Vec::new(),
            template: templates[0],
            other_template: templates[1],
            gated_template: templates[2],
        };
        for (index, node) in nodes.into_iter().enumerate() {
            let fact = Fact::NodeCreated(NodeId::from_index(index), Box::new(node));
            it.push(0, Actor::Scenario, fact);
        }
        it.objects(*service, set);
        it.life();
        it
    }

    fn objects(&mut self, service: NewService, spec: wavetank_core::id::SpecId) {
        let meta = service.meta;
        self.push(
            0,
            Actor::Scenario,
            Fact::ServiceCreated(ServiceId(0), Box::new(service)),
        );
        let set = NewReplicaSet {
            meta: Meta {
                labels: EMPTY_SET,
                ..meta
            },
            spec,
            replicas: 1,
            revision: 1,
            desired: 1,
            maximum: 1,
        };
        self.push(
            0,
            Actor::Scenario,
            Fact::ReplicaSetCreated(ReplicaSetId(0), Box::new(set)),
        );
        let slice = NewSlice {
            meta,
            service: ServiceId(0),
            ports: Vec::new(),
            endpoints: vec![endpoint(POD)],
        };
        let controller = Actor::Controller(Controller::EndpointSlice);
        self.push(
            0,
            Actor::Controller(Controller::ReplicaSet),
            self.pod(POD, "web", self.template),
        );
        self.push(
            1,
            controller,
            Fact::SliceCreated(SliceId(0), Box::new(slice)),
        );
    }

    /// A pod of this name and template is created.
    fn pod(&self, id: PodId, name: &str, template: TemplateId) -> Fact {
        let name =
            wavetank_core::object::name::ObjectName::find(name, &self.start.definitions.texts);
        Fact::PodCreated(
            id,
            Box::new(NewPod {
                name: name.expect("a name of the plan"),
                namespace: known::DEFAULT,
                template,
                owner: Some(ReplicaSetId(0).into()),
                created: Stamp(0),
                node: None,
                gated: false,
            }),
        )
    }

    fn life(&mut self) {
        let decision = Decision {
            pod: POD,
            node: Some(NodeId(0)),
            feasible: 2,
            next_start: 0,
        };
        self.push(1, Actor::Scheduler, Fact::Decided(decision));
        self.push(
            1,
            Actor::Scheduler,
            Fact::PodChanged(POD, PodChange::Bound(NodeId(0), Stamp(1))),
        );
        let up = [
            RuntimeFact::Admitted,
            RuntimeFact::SandboxStarted(PodIp(7)),
            RuntimeFact::Started(0),
            RuntimeFact::Exited(0, 0, false),
            RuntimeFact::Started(1),
        ];
        for fact in up {
            self.push(2, KUBELET, runtime(fact));
        }
        let initialized = condition(PodConditionType::Initialized, true);
        let [containers, is_ready] = ready(true);
        let running = StatusChange::Phase(Phase::Running);
        self.push(
            3,
            KUBELET,
            status(&[running, initialized, containers, is_ready]),
        );
        let end = |number, outcome, pod| {
            Fact::RequestEnded(RequestEnd {
                client: ClientId(0),
                number,
                pod,
                took_micros: 5_000,
                outcome,
            })
        };
        let client = Actor::Client(ClientId(0));
        self.push(4, client, end(3, Outcome::Reset, Some(POD)));
        self.push(4, client, end(4, Outcome::NoEndpoint, None));
        let deletion = Deletion {
            at: Stamp(15),
            grace_seconds: 10,
        };
        self.push(
            5,
            Actor::User,
            Fact::PodChanged(POD, PodChange::Deleting(deletion)),
        );
        self.push(
            5,
            KUBELET,
            Fact::EventRecorded(POD.into(), EventNote::Killing(1)),
        );
        self.push(
            5,
            KUBELET,
            runtime(RuntimeFact::HookStarted(1, Hook::PreStop)),
        );
        self.push(
            7,
            KUBELET,
            runtime(RuntimeFact::HookEnded(1, Hook::PreStop, true)),
        );
        self.push(7, KUBELET, runtime(RuntimeFact::Signalled(1, Signal::Term)));
        self.push(
            16,
            KUBELET,
            runtime(RuntimeFact::Signalled(1, Signal::Kill)),
        );
        self.push(16, KUBELET, runtime(RuntimeFact::Exited(1, 137, false)));
        self.push(16, KUBELET, runtime(RuntimeFact::SandboxStopped));
        let [containers, is_ready] = ready(false);
        let failed = StatusChange::Phase(Phase::Failed);
        self.push(16, KUBELET, status(&[failed, containers, is_ready]));
        self.push(16, KUBELET, runtime(RuntimeFact::Finished));
        let last = Deletion {
            at: Stamp(15),
            grace_seconds: 0,
        };
        self.push(
            16,
            KUBELET,
            Fact::PodChanged(POD, PodChange::Deleting(last)),
        );
        self.push(16, KUBELET, Fact::PodChanged(POD, PodChange::Removed));
    }

    fn push(&mut self, second: u64, by: Actor, fact: Fact) {
        let at = SimTime::from_secs(second) + SimDuration::from_millis(500);
        let seq = self.records.len() as u64;
        let is_external = matches!(by, Actor::Scenario | Actor::User | Actor::Client(_));
        let cause = if is_external { seq } else { seq - 1 };
        self.records.push(Record {
            seq,
            at,
            cause,
            by,
            fact,
        });
    }

    /// The place of the first fact that is like this.
    fn place(&self, is_it: impl Fn(&Fact) -> bool) -> usize {
        let place = self.records.iter().position(|record| is_it(&record.fact));
        place.expect("a fact of the history")
    }

    /// Puts a fact at a place, at the time of what was there.
    fn insert(&mut self, place: usize, by: Actor, fact: Fact) {
        let at = self.records[place.min(self.records.len() - 1)].at;
        for record in &mut self.records[place..] {
            record.seq += 1;
            record.cause = record.seq - u64::from(!is_external(record.by));
        }
        let seq = place as u64;
        let cause = if is_external(by) { seq } else { seq - 1 };
        self.records.insert(
            place,
            Record {
                seq,
                at,
                cause,
                by,
                fact,
            },
        );
    }

    /// Takes a fact out.
    fn remove(&mut self, place: usize) {
        self.records.remove(place);
        for record in &mut self.records[place..] {
            record.seq -= 1;
            record.cause = record.seq - u64::from(!is_external(record.by));
        }
    }

    /// What the checks find.
    fn violations(self) -> Vec<Violation> {
        let known = Known {
            phase: Some(0),
            faults: Some(&[]),
        };
        offline::check(self.start, &self.records, known, Checks::all())
    }

    /// The state after all facts.
    fn cluster(self) -> Cluster {
        let mut cluster = self.start;
        for record in &self.records {
            cluster.apply(record);
        }
        cluster
    }
}

const fn is_external(by: Actor) -> bool {
    matches!(by, Actor::Scenario | Actor::User | Actor::Client(_))
}

/// Plants a mistake, and expects that one invariant finds it, and no other.
fn check(id: &str, plant: impl FnOnce(&mut Mutant)) {
    let mut mutant = Mutant::new();
    plant(&mut mutant);
    let found: Vec<_> = mutant.violations();
    let ids: Vec<_> = found.iter().map(|it| it.id).collect();
    assert_eq!(ids, [id], "{found:#?}");
}

#[test]
fn the_good_history_passes() {
    assert_eq!(Mutant::new().violations(), []);
}

#[test]
fn what_is_skipped_is_not_reported() {
    let mut mutant = Mutant::new();
    mutant.records[3].at = SimTime::from_secs(1);
    let known = Known::default();
    let checks = Checks::except(&["LOG-1", "no such id"]);
    assert_eq!(
        offline::check(mutant.start, &mutant.records, known, checks),
        []
    );
}

#[test]
fn violations_name_what_they_are_about() {
    let mut mutant = Mutant::new();
    let place = mutant.place(|fact| matches!(fact, Fact::PodChanged(_, PodChange::Status(_))));
    mutant.insert(
        place + 1,
        KUBELET,
        status(&[StatusChange::Phase(Phase::Pending)]),
    );
    let found = mutant.violations();
    expect_test::expect![[r#"
        [
            Violation {
                id: "P-1",
                at: 4.500000000s,
                seq: 14,
                message: "Pod default/web goes from Running to Pending",
                witnesses: [],
            },
        ]
    "#]]
    .assert_debug_eq(&found);
}

const fn text(number: u32) -> TextId {
    TextId(number)
}
