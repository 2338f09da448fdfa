//! Logs written by hand: a workload, a Service, a deletion, a crash.

use std::io::Cursor;

use wavetank_core::fact::event::EventNote;
use wavetank_core::fact::object::{
    EndpointChange, NewDeployment, NewNode, NewReplicaSet, NewService, NewSlice, SliceChange,
};
use wavetank_core::fact::pod::{ContainerChange, NewPod, PodChange, StatusChange};
use wavetank_core::fact::runtime::{RuntimeFact, Signal};
use wavetank_core::fact::traffic::{Outcome, RequestEnd};
use wavetank_core::fact::{Actor, Controller, Fact, Record};
use wavetank_core::id::{
    ClientId, DeploymentId, Kind, NodeId, ObjId, PodId, ReplicaSetId, ServiceId, SliceId, TextId,
};
use wavetank_core::label::{Labels, Selector};
use wavetank_core::log::{Digest, Header, LogWriter, Reader, RecordWriter, RecordingLevel};
use wavetank_core::object::condition::{Condition, Truth};
use wavetank_core::object::definition::{Definitions, EMPTY_SET, Named};
use wavetank_core::object::meta::{Deletion, Meta};
use wavetank_core::object::node::NodeSpec;
use wavetank_core::object::pod::{Phase, PodConditionType, PodIp};
use wavetank_core::object::resources::Resources;
use wavetank_core::object::service::{Endpoint, SlicePort};
use wavetank_core::object::spec::{
    DeploymentSpec, IntOrPercent, ReplicaSetSpec, ServicePort, ServiceSpec, ServiceType, Spec,
    SpecDefinition, Strategy,
};
use wavetank_core::object::template::{
    Container, ContainerPort, PodSpec, PodTemplate, PortRef, Protocol, RestartPolicy,
};
use wavetank_core::text::known;
use wavetank_core::time::{SimTime, Stamp};
use wavetank_sim::report::Loaded;

/// A log in the making.
pub(crate) struct Script {
    definitions: Definitions,
    pub(crate) records: Vec<Record>,
}

impl Script {
    pub(crate) fn text(&mut self, text: &str) -> TextId {
        self.definitions.text(text)
    }

    pub(crate) fn spec(&mut self, spec: Spec) -> wavetank_core::id::SpecId {
        self.definitions.spec(SpecDefinition {
            spec,
            manifest: "".into(),
        })
    }

    /// Appends a fact, not before the last one; returns its number.
    pub(crate) fn at(&mut self, millis: u64, by: Actor, cause: Option<u64>, fact: Fact) -> u64 {
        let seq = self.records.len() as u64;
        let at = SimTime::from_nanos(millis * 1_000_000);
        let last = self.records.last().map_or(at, |record| record.at);
        self.records.push(Record {
            seq,
            at: at.max(last),
            cause: cause.unwrap_or(seq),
            by,
            fact,
        });
        seq
    }

    /// Appends a write of a pod's status.
    pub(crate) fn status(&mut self, millis: u64, pod: u32, changes: &[StatusChange]) -> u64 {
        let change = PodChange::Status(changes.into());
        let by = Actor::Kubelet(NodeId(0));
        self.at(millis, by, None, Fact::PodChanged(PodId(pod), change))
    }

    pub(crate) fn meta(&mut self, name: &str, labels: &[(&str, &str)], created: u32) -> Meta {
        let labels: Labels = labels.iter().copied().collect();
        Meta {
            name: self.definitions.name(name),
            namespace: known::DEFAULT,
            created: Stamp(created),
            labels: self.definitions.set(labels),
            annotations: EMPTY_SET,
            finalizers: EMPTY_SET,
            owner: None,
            generation: 1,
            deletion: None,
        }
    }

    pub(crate) fn bytes(&self) -> Vec<u8> {
        let header = Header {
            model_version: "0.1.0".into(),
            scenario: Digest::of(b"views"),
            scenario_name: "views".into(),
            parameters: Vec::new(),
            seed: 1,
            level: RecordingLevel::Facts,
            clock_phase: 0,
            zero: SimTime::from_secs(10),
            epoch_seconds: 1_767_225_600,
        };
        let mut writer = RecordWriter::new(LogWriter::create(Vec::new(), &header).unwrap());
        writer
            .definitions(SimTime::ZERO, &self.definitions)
            .unwrap();
        for record in &self.records {
            writer.record(record).unwrap();
        }
        writer.finish().unwrap().0
    }

    pub(crate) fn log(&self) -> Reader<Cursor<Vec<u8>>> {
        Reader::open(Cursor::new(self.bytes())).unwrap()
    }

    pub(crate) fn load(&self, seconds: u64) -> Loaded {
        Loaded::load(self.log(), Some(SimTime::from_secs(seconds))).unwrap()
    }
}

pub(crate) const KUBELET: Actor = Actor::Kubelet(NodeId(0));
pub(crate) const SET: ObjId = ObjId {
    kind: Kind::ReplicaSet,
    index: 0,
};

pub(crate) fn condition(status: Truth, reason: TextId) -> Condition {
    Condition {
        status,
        reason,
        changed: Stamp(1),
        ..Condition::default()
    }
}

/// Everything is created within the first two seconds: a node, a Deployment with its ReplicaSet and
/// two pods, a Service with its slice.
pub(crate) fn web() -> Script {
    let mut script = Script {
        definitions: Definitions::default(),
        records: Vec::new(),
    };
    script.definitions.named(Named::Client, "users");
    add_node(&mut script);
    add_workload(&mut script);
    add_service(&mut script);
    script
}

pub(crate) fn add_node(script: &mut Script) {
    let capacity = Resources {
        cpu: 4_000,
        memory: 16 << 30,
        pods: 110,
        ..Resources::default()
    };
    let spec = script.spec(Spec::Node(NodeSpec {
        capacity: capacity.clone(),
        allocatable: capacity,
        images: vec![("web:1".into(), 50_000_000)],
    }));
    let labels = [("node-role.kubernetes.io/control-plane", "")];
    let mut meta = script.meta("node-1", &labels, 0);
    meta.namespace = known::EMPTY;
    let fine = condition(Truth::False, known::NODE_HAS_SUFFICIENT_MEMORY);
    let node = NewNode {
        meta,
        spec,
        taints: Vec::new(),
        unschedulable: false,
        conditions: [
            condition(Truth::True, known::KUBELET_READY),
            fine,
            fine,
            fine,
        ],
    };
    script.at(
        0,
        Actor::Scenario,
        None,
        Fact::NodeCreated(NodeId(0), Box::new(node)),
    );
}

pub(crate) fn template(script: &mut Script) -> wavetank_core::id::TemplateId {
    let requests = Resources {
        cpu: 100,
        memory: 128 << 20,
        ..Resources::default()
    };
    let web = Container {
        name: "web".into(),
        image: "web:1".into(),
        ports: vec![ContainerPort {
            port: 8_080,
            ..ContainerPort::default()
        }],
        requests: requests.clone(),
        ..Container::default()
    };
    let proxy = Container {
        name: "proxy".into(),
        image: "proxy:1".into(),
        restart_policy: Some(RestartPolicy::Always),
        ..Container::default()
    };
    let spec = PodSpec {
        init_containers: vec![proxy],
        containers: vec![web],
        grace_seconds: 30,
        service_account: "default".into(),
        scheduler_name: "default-scheduler".into(),
        requests,
        ..PodSpec::default()
    };
    let labels: Labels = [("app", "web")].into_iter().collect();
    let labels = script.definitions.set(labels);
    script.definitions.template(PodTemplate {
        labels,
        annotations: EMPTY_SET,
        finalizers: EMPTY_SET,
        spec,
        manifest: "".into(),
    })
}

pub(crate) fn add_workload(script: &mut Script) {
    let template = template(script);
    let selector = Selector::from_parts([("app", "web")], []).unwrap();
    let spec = script.spec(Spec::Deployment(DeploymentSpec {
        selector: selector.clone(),
        template,
        strategy: Strategy::RollingUpdate {
            max_surge: IntOrPercent::Percent(25),
            max_unavailable: IntOrPercent::Percent(25),
        },
        min_ready_seconds: 0,
        progress_deadline_seconds: 600,
        revision_history_limit: 10,
    }));
    let meta = script.meta("web", &[("app", "web")], 1);
    let new = NewDeployment {
        meta,
        spec,
        replicas: 2,
        paused: false,
    };
    let fact = Fact::DeploymentCreated(DeploymentId(0), Box::new(new));
    let cause = script.at(1_000, Actor::Scenario, None, fact);
    let spec = script.spec(Spec::ReplicaSet(ReplicaSetSpec {
        selector,
        template,
        min_ready_seconds: 0,
    }));
    let mut meta = script.meta("web-6f8d", &[("app", "web")], 1);
    meta.owner = Some(DeploymentId(0).into());
    let new = NewReplicaSet {
        meta,
        spec,
        replicas: 2,
        revision: 1,
        desired: 2,
        maximum: 3,
    };
    let by = Actor::Controller(Controller::Deployment);
    let fact = Fact::ReplicaSetCreated(ReplicaSetId(0), Box::new(new));
    let cause = script.at(1_010, by, Some(cause), fact);
    let note = EventNote::Scaled {
        set: 0,
        from: 0,
        to: 2,
    };
    script.at(
        1_010,
        by,
        Some(cause),
        Fact::EventRecorded(DeploymentId(0).into(), note),
    );
    for pod in 0..2 {
        let name = ["web-6f8d-x2bqk", "web-6f8d-z4c7d"][pod as usize];
        let new = NewPod {
            name: script.definitions.name(name),
            namespace: known::DEFAULT,
            template,
            owner: Some(SET),
            created: Stamp(1),
            node: None,
            gated: false,
        };
        let by = Actor::Controller(Controller::ReplicaSet);
        let fact = Fact::PodCreated(PodId(pod), Box::new(new));
        let cause = script.at(1_020, by, Some(cause), fact);
        script.at(
            1_020,
            by,
            Some(cause),
            Fact::EventRecorded(SET, EventNote::SuccessfulCreate(pod)),
        );
        let bound = Fact::PodChanged(PodId(pod), PodChange::Bound(NodeId(0), Stamp(1)));
        let cause = script.at(1_030, Actor::Scheduler, Some(cause), bound);
        let note = EventNote::Scheduled(NodeId(0));
        let fact = Fact::EventRecorded(PodId(pod).into(), note);
        script.at(1_030, Actor::Scheduler, Some(cause), fact);
    }
    run_pods(script);
}

pub(crate) fn run_pods(script: &mut Script) {
    for pod in 0..2 {
        let ip = PodIp(0x0a_f4_01_07 + pod);
        let about = ObjId::from(PodId(pod));
        script.at(
            1_100,
            KUBELET,
            None,
            Fact::EventRecorded(about, EventNote::Pulled(1, 1_234)),
        );
        script.at(
            1_100,
            KUBELET,
            None,
            Fact::EventRecorded(about, EventNote::Started(1)),
        );
        script.at(
            1_200,
            KUBELET,
            None,
            Fact::Runtime(PodId(pod), RuntimeFact::Started(1)),
        );
        let text = script.text("ready to serve");
        let logged = Fact::Runtime(PodId(pod), RuntimeFact::Logged(1, text));
        script.at(1_250, KUBELET, None, logged);
        let ready = PodConditionType::Ready;
        script.status(
            1_900,
            pod,
            &[
                StatusChange::Phase(Phase::Running),
                StatusChange::Ip(ip),
                StatusChange::Started(Stamp(1)),
                StatusChange::Container(0, ContainerChange::Running(Stamp(1))),
                StatusChange::Container(0, ContainerChange::Started(Some(true))),
                StatusChange::Container(0, ContainerChange::Ready(true)),
                StatusChange::Container(1, ContainerChange::Running(Stamp(1))),
                StatusChange::Container(1, ContainerChange::Ready(true)),
                StatusChange::Condition(
                    PodConditionType::Initialized,
                    Truth::True,
                    known::EMPTY,
                    Stamp(1),
                ),
                StatusChange::Condition(ready, Truth::True, known::EMPTY, Stamp(1)),
            ],
        );
    }
}

pub(crate) fn endpoint(pod: u32, ready: bool) -> Endpoint {
    Endpoint {
        pod: PodId(pod),
        ip: PodIp(0x0a_f4_01_07 + pod),
        node: Some(NodeId(0)),
        ready,
        serving: ready,
        terminating: !ready,
    }
}

pub(crate) fn add_service(script: &mut Script) {
    let spec = script.spec(Spec::Service(ServiceSpec {
        kind: ServiceType::ClusterIp,
        headless: false,
        selector: Some(Selector::from_parts([("app", "web")], []).unwrap()),
        ports: vec![ServicePort {
            name: "".into(),
            port: 80,
            target: PortRef::Number(8_080),
            protocol: Protocol::Tcp,
            node_port: 0,
        }],
        publish_not_ready: false,
        affinity_seconds: None,
        internal_local: false,
        external_local: false,
    }));
    let new = NewService {
        meta: script.meta("web", &[], 2),
        spec,
        cluster_ip: PodIp(0x0a_60_00_05),
    };
    let fact = Fact::ServiceCreated(ServiceId(0), Box::new(new));
    script.at(2_000, Actor::Scenario, None, fact);
    let new = NewSlice {
        meta: script.meta("web-abcde", &[], 2),
        service: ServiceId(0),
        ports: vec![SlicePort {
            name: "".into(),
            port: 8_080,
            protocol: Protocol::Tcp,
        }],
        endpoints: vec![endpoint(0, true), endpoint(1, true)],
    };
    let by = Actor::Controller(Controller::EndpointSlice);
    script.at(
        2_010,
        by,
        None,
        Fact::SliceCreated(SliceId(0), Box::new(new)),
    );
}

/// The first pod is deleted at t = 1 s, and a request to it is lost.
pub(crate) fn deletion(script: &mut Script) {
    let deletion = Deletion {
        at: Stamp(41),
        grace_seconds: 30,
    };
    let by = Actor::Controller(Controller::ReplicaSet);
    let fact = Fact::PodChanged(PodId(0), PodChange::Deleting(deletion));
    let cause = script.at(11_000, by, None, fact);
    let fact = Fact::Runtime(PodId(0), RuntimeFact::Signalled(1, Signal::Term));
    script.at(11_020, KUBELET, Some(cause), fact);
    let fact = Fact::EventRecorded(PodId(0).into(), EventNote::Killing(1));
    script.at(11_020, KUBELET, Some(cause), fact);
    let changes = [EndpointChange::Set(endpoint(0, false))];
    let fact = Fact::SliceChanged(SliceId(0), SliceChange::Endpoints(changes.into()));
    let by = Actor::Controller(Controller::EndpointSlice);
    script.at(11_030, by, Some(cause), fact);
    let end = RequestEnd {
        client: ClientId(0),
        number: 417,
        pod: Some(PodId(0)),
        took_micros: 1_000_000,
        outcome: Outcome::ConnectTimeout,
    };
    let by = Actor::Client(ClientId(0));
    script.at(12_100, by, None, Fact::RequestEnded(end));
}

/// The second pod's main container crashes at 13 s, waits, and runs again at 23 s.
pub(crate) fn crash(script: &mut Script) {
    let main = |change| StatusChange::Container(1, change);
    script.status(
        13_000,
        1,
        &[
            main(ContainerChange::Terminated(
                1,
                known::ERROR,
                Stamp(1),
                Stamp(13),
            )),
            main(ContainerChange::Ready(false)),
        ],
    );
    script.status(
        14_000,
        1,
        &[
            main(ContainerChange::LastState),
            main(ContainerChange::Waiting(known::CRASH_LOOP_BACK_OFF)),
        ],
    );
    script.at(
        23_000,
        KUBELET,
        None,
        Fact::Runtime(PodId(1), RuntimeFact::Started(1)),
    );
    let text = script.text("again");
    script.at(
        23_000,
        KUBELET,
        None,
        Fact::Runtime(PodId(1), RuntimeFact::Logged(1, text)),
    );
    script.status(
        23_000,
        1,
        &[
            main(ContainerChange::Running(Stamp(23))),
            main(ContainerChange::Restarts(1)),
            main(ContainerChange::Ready(true)),
        ],
    );
}

pub(crate) fn whole() -> Script {
    let mut script = web();
    deletion(&mut script);
    crash(&mut script);
    script
}
