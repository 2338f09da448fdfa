//! Views over logs that are written here, fact by fact.

#![allow(clippy::too_many_lines)] // expected texts are long

use std::io::Cursor;

use expect_test::{Expect, expect};
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
use wavetank_sim::report::describe::describe;
use wavetank_sim::report::diff::diff;
use wavetank_sim::report::explain::{Subject, explain};
use wavetank_sim::report::get::{Request, get};
use wavetank_sim::report::line::{Asked, answers};
use wavetank_sim::report::log::{CatOptions, cat, stat, verify};
use wavetank_sim::report::logs::{Lines, LogOptions};
use wavetank_sim::report::select::{Query, Resource, one, parse_fields, parse_words};

/// A log in the making.
struct Script {
    definitions: Definitions,
    records: Vec<Record>,
}

impl Script {
    fn text(&mut self, text: &str) -> TextId {
        self.definitions.text(text)
    }

    fn spec(&mut self, spec: Spec) -> wavetank_core::id::SpecId {
        self.definitions.spec(SpecDefinition {
            spec,
            manifest: "".into(),
        })
    }

    /// Appends a fact, not before the last one; returns its number.
    fn at(&mut self, millis: u64, by: Actor, cause: Option<u64>, fact: Fact) -> u64 {
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
    fn status(&mut self, millis: u64, pod: u32, changes: &[StatusChange]) -> u64 {
        let change = PodChange::Status(changes.into());
        let by = Actor::Kubelet(NodeId(0));
        self.at(millis, by, None, Fact::PodChanged(PodId(pod), change))
    }

    fn meta(&mut self, name: &str, labels: &[(&str, &str)], created: u32) -> Meta {
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

    fn bytes(&self) -> Vec<u8> {
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

    fn log(&self) -> Reader<Cursor<Vec<u8>>> {
        Reader::open(Cursor::new(self.bytes())).unwrap()
    }

    fn load(&self, seconds: u64) -> Loaded {
        Loaded::load(self.log(), Some(SimTime::from_secs(seconds))).unwrap()
    }
}

const KUBELET: Actor = Actor::Kubelet(NodeId(0));
const SET: ObjId = ObjId {
    kind: Kind::ReplicaSet,
    index: 0,
};

fn condition(status: Truth, reason: TextId) -> Condition {
    Condition {
        status,
        reason,
        changed: Stamp(1),
        ..Condition::default()
    }
}

/// Everything is created within the first two seconds: a node, a Deployment with its ReplicaSet and
/// two pods, a Service with its slice.
fn web() -> Script {
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

fn add_node(script: &mut Script) {
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

fn template(script: &mut Script) -> wavetank_core::id::TemplateId {
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

fn add_workload(script: &mut Script) {
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

fn run_pods(script: &mut Script) {
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

fn endpoint(pod: u32, ready: bool) -> Endpoint {
    Endpoint {
        pod: PodId(pod),
        ip: PodIp(0x0a_f4_01_07 + pod),
        node: Some(NodeId(0)),
        ready,
        serving: ready,
        terminating: !ready,
    }
}

fn add_service(script: &mut Script) {
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
fn deletion(script: &mut Script) {
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
fn crash(script: &mut Script) {
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

fn whole() -> Script {
    let mut script = web();
    deletion(&mut script);
    crash(&mut script);
    script
}

/// `get`, as on the command line, at so many seconds of the run.
fn check_get(seconds: u64, line: &str, expected: Expect) {
    let loaded = whole().load(seconds);
    let mut request = Request {
        query: Query {
            namespace: Some("default".into()),
            ..Query::default()
        },
        ..Request::default()
    };
    let mut words = Vec::new();
    let mut arguments = line.split_whitespace();
    while let Some(argument) = arguments.next() {
        let mut next = || arguments.next().unwrap_or_default();
        match argument {
            "-o" => request.output = next().parse().unwrap(),
            "-l" => request.query.labels = next().parse().unwrap(),
            "-L" => request.label_columns.push(next().into()),
            "-A" => request.query.namespace = None,
            "--show-labels" => request.show_labels = true,
            "--field-selector" => request.query.fields = parse_fields(next()).unwrap(),
            "--sort-by" => request.sort_by = Some(next().into()),
            word => words.push(word.to_owned()),
        }
    }
    let found = parse_words(&words)
        .map_err(|error| error.to_string())
        .and_then(|wanted| {
            request.query.wanted = wanted;
            get(&loaded.snapshot(), &request).map_err(|error| error.to_string())
        });
    let text = match found {
        Ok(answer) => {
            let missing: Vec<_> = answer.missing.iter().map(ToString::to_string).collect();
            answer.text + &answer.remark.unwrap_or_default() + &missing.join("\n")
        }
        Err(error) => error,
    };
    expected.assert_eq(&text);
}

#[test]
fn pods_are_listed_as_by_kubectl() {
    check_get(
        2,
        "pods",
        expect![[r#"
        NAME             READY   STATUS    RESTARTS   AGE
        web-6f8d-x2bqk   2/2     Running   0          1s
        web-6f8d-z4c7d   2/2     Running   0          1s
    "#]],
    );
    check_get(
        12,
        "pods -o wide",
        expect![[r#"
        NAME             READY   STATUS        RESTARTS   AGE   IP           NODE     NOMINATED NODE   READINESS GATES
        web-6f8d-x2bqk   2/2     Terminating   0          11s   10.244.1.7   node-1   <none>           <none>
        web-6f8d-z4c7d   2/2     Running       0          11s   10.244.1.8   node-1   <none>           <none>
    "#]],
    );
    check_get(
        15,
        "po",
        expect![[r#"
        NAME             READY   STATUS             RESTARTS   AGE
        web-6f8d-x2bqk   2/2     Terminating        0          14s
        web-6f8d-z4c7d   1/2     CrashLoopBackOff   0          14s
    "#]],
    );
    check_get(
        33,
        "pods -A -L app --show-labels",
        expect![[r#"
        NAMESPACE   NAME             READY   STATUS        RESTARTS      AGE   APP   LABELS
        default     web-6f8d-x2bqk   2/2     Terminating   0             32s   web   app=web
        default     web-6f8d-z4c7d   2/2     Running       1 (20s ago)   32s   web   app=web
    "#]],
    );
    check_get(
        33,
        "pods --field-selector status.podIP=10.244.1.8 -o name",
        expect![[r#"
            pod/web-6f8d-z4c7d
        "#]],
    );
    check_get(
        33,
        "pods --field-selector spec.magic=1",
        expect![
            "field label not supported for pods: spec.magic (supported: metadata.name, metadata.namespace, spec.nodeName, spec.restartPolicy, spec.schedulerName, spec.serviceAccountName, status.phase, status.podIP, status.nominatedNodeName)"
        ],
    );
    check_get(
        33,
        "pods -l app!=web",
        expect!["No resources found in default namespace."],
    );
    check_get(33, "pod nope", expect![[r#"pods "nope" not found"#]]);
    check_get(
        33,
        "pots",
        expect![[
            r#"the server doesn't have a resource type "pots": try pods, nodes, deployments, …"#
        ]],
    );
    check_get(
        1,
        "pods",
        expect!["No resources found in default namespace."],
    );
}

#[test]
fn other_kinds_are_listed_as_by_kubectl() {
    check_get(
        40,
        "all",
        expect![[r#"
        NAME                 READY   STATUS        RESTARTS      AGE
        pod/web-6f8d-x2bqk   2/2     Terminating   0             39s
        pod/web-6f8d-z4c7d   2/2     Running       1 (27s ago)   39s

        NAME          TYPE        CLUSTER-IP   EXTERNAL-IP   PORT(S)   AGE
        service/web   ClusterIP   10.96.0.5    <none>        80/TCP    38s

        NAME                  READY   UP-TO-DATE   AVAILABLE   AGE
        deployment.apps/web   0/2     0            0           39s

        NAME                       DESIRED   CURRENT   READY   AGE
        replicaset.apps/web-6f8d   2         0         0       39s
    "#]],
    );
    check_get(
        40,
        "nodes -o wide",
        expect![[r#"
        NAME     STATUS   ROLES           AGE   VERSION   INTERNAL-IP   EXTERNAL-IP   OS-IMAGE    KERNEL-VERSION   CONTAINER-RUNTIME
        node-1   Ready    control-plane   40s   v1.36.2   <none>        <none>        <unknown>   <unknown>        <unknown>
    "#]],
    );
    check_get(
        40,
        "endpointslices,endpoints",
        expect![[r#"
            NAME                                       ADDRESSTYPE   PORTS   ENDPOINTS               AGE
            endpointslice.discovery.k8s.io/web-abcde   IPv4          8080    10.244.1.7,10.244.1.8   38s

            NAME            ENDPOINTS         AGE
            endpoints/web   10.244.1.8:8080   38s
        "#]],
    );
    check_get(
        40,
        "deploy -o wide",
        expect![[r#"
        NAME   READY   UP-TO-DATE   AVAILABLE   AGE   CONTAINERS   IMAGES   SELECTOR
        web    0/2     0            0           39s   web          web:1    app=web
    "#]],
    );
    check_get(
        40,
        "events --sort-by .lastTimestamp",
        expect![[r#"
        LAST SEEN   TYPE     REASON              OBJECT                MESSAGE
        39s         Normal   ScalingReplicaSet   deployment/web        Scaled up replica set web-6f8d from 0 to 2
        39s         Normal   SuccessfulCreate    replicaset/web-6f8d   Created pod: web-6f8d-x2bqk
        39s         Normal   Scheduled           pod/web-6f8d-x2bqk    Successfully assigned default/web-6f8d-x2bqk to node-1
        39s         Normal   SuccessfulCreate    replicaset/web-6f8d   Created pod: web-6f8d-z4c7d
        39s         Normal   Scheduled           pod/web-6f8d-z4c7d    Successfully assigned default/web-6f8d-z4c7d to node-1
        39s         Normal   Pulled              pod/web-6f8d-x2bqk    Successfully pulled image "web:1" in 1.234s (1.234s including waiting). Image size: 50000000 bytes.
        39s         Normal   Started             pod/web-6f8d-x2bqk    Container started
        39s         Normal   Pulled              pod/web-6f8d-z4c7d    Successfully pulled image "web:1" in 1.234s (1.234s including waiting). Image size: 50000000 bytes.
        39s         Normal   Started             pod/web-6f8d-z4c7d    Container started
        29s         Normal   Killing             pod/web-6f8d-x2bqk    Stopping container web
    "#]],
    );
}

#[test]
fn objects_are_printed_as_by_the_api() {
    check_get(
        33,
        "pod web-6f8d-z4c7d -o yaml",
        expect![[r#"
            apiVersion: v1
            kind: Pod
            metadata:
              creationTimestamp: "2026-01-01T00:00:01Z"
              generation: 1
              labels:
                app: web
              name: web-6f8d-z4c7d
              namespace: default
              ownerReferences:
              - apiVersion: apps/v1
                blockOwnerDeletion: true
                controller: true
                kind: ReplicaSet
                name: web-6f8d
                uid: 8da7d27d-a4cd-49f7-a4b2-265de5b68f0d
              resourceVersion: "16"
              uid: 955d7cdb-c0c8-4cab-8609-904a6e8d9780
            spec:
              containers:
              - image: web:1
                imagePullPolicy: IfNotPresent
                name: web
                ports:
                - containerPort: 8080
                  protocol: TCP
                resources:
                  requests:
                    cpu: 100m
                    memory: 128Mi
              initContainers:
              - image: proxy:1
                imagePullPolicy: IfNotPresent
                name: proxy
                resources: {}
                restartPolicy: Always
              nodeName: node-1
              restartPolicy: Always
              schedulerName: default-scheduler
              serviceAccountName: default
              terminationGracePeriodSeconds: 30
            status:
              conditions:
              - lastProbeTime: null
                lastTransitionTime: "2026-01-01T00:00:01Z"
                status: "True"
                type: Initialized
              - lastProbeTime: null
                lastTransitionTime: "2026-01-01T00:00:01Z"
                status: "True"
                type: Ready
              - lastProbeTime: null
                lastTransitionTime: "2026-01-01T00:00:01Z"
                status: "True"
                type: PodScheduled
              containerStatuses:
              - containerID: containerd://0097acb2c0db4bbe6cabc19dcf0406b57c8c2dca0130ef3e4cfac94fb6faa841
                image: web:1
                imageID: sha256:3df68899e19c6a6ac6effaae5fec3e99e9eace1ff16ec758a3347af058710f63
                lastState:
                  terminated:
                    containerID: containerd://0097acb2c0db4bbe6cabc19dcf0406b57c8c2dca0130ef3e4cfac94fb6faa841
                    exitCode: 1
                    finishedAt: "2026-01-01T00:00:13Z"
                    reason: Error
                    startedAt: "2026-01-01T00:00:01Z"
                name: web
                ready: true
                restartCount: 1
                state:
                  running:
                    startedAt: "2026-01-01T00:00:23Z"
              initContainerStatuses:
              - containerID: containerd://bb094579c97549f47515b9d8a446ba3796835daf6a6c36a28496ca1f213e0d10
                image: proxy:1
                imageID: sha256:49460a5269299654e07b15f30aa59474bbbdc060929a416b3ecb158c45482ac4
                lastState: {}
                name: proxy
                ready: true
                restartCount: 0
                started: true
                state:
                  running:
                    startedAt: "2026-01-01T00:00:01Z"
              phase: Running
              podIP: 10.244.1.8
              podIPs:
              - ip: 10.244.1.8
              qosClass: BestEffort
              startTime: "2026-01-01T00:00:01Z"
        "#]],
    );
    check_get(
        33,
        "deploy web -o yaml",
        expect![[r#"
            apiVersion: apps/v1
            kind: Deployment
            metadata:
              creationTimestamp: "2026-01-01T00:00:01Z"
              generation: 1
              labels:
                app: web
              name: web
              namespace: default
              resourceVersion: "2"
              uid: 7da0ba20-a846-4d91-a88f-ad7e271aacd2
            spec:
              minReadySeconds: 0
              progressDeadlineSeconds: 600
              replicas: 2
              revisionHistoryLimit: 10
              selector:
                matchLabels:
                  app: web
              strategy:
                rollingUpdate:
                  maxSurge: 25%
                  maxUnavailable: 25%
                type: RollingUpdate
              template:
                metadata:
                  labels:
                    app: web
                spec:
                  containers:
                  - image: web:1
                    imagePullPolicy: IfNotPresent
                    name: web
                    ports:
                    - containerPort: 8080
                      protocol: TCP
                    resources:
                      requests:
                        cpu: 100m
                        memory: 128Mi
                  initContainers:
                  - image: proxy:1
                    imagePullPolicy: IfNotPresent
                    name: proxy
                    resources: {}
                    restartPolicy: Always
                  restartPolicy: Always
                  schedulerName: default-scheduler
                  serviceAccountName: default
                  terminationGracePeriodSeconds: 30
            status: {}
        "#]],
    );
    check_get(
        33,
        "pods -o jsonpath={.items[*].status.containerStatuses[0].restartCount}",
        expect![[r#"
            0 1
        "#]],
    );
}

fn check_describe(seconds: u64, resource: &str, name: &str, expected: Expect) {
    let loaded = whole().load(seconds);
    let view = loaded.snapshot();
    let resource = Resource::parse(resource).unwrap();
    let wavetank_sim::report::select::Item::Object(object) =
        one(&view, resource, "default", name).unwrap()
    else {
        panic!("not an object");
    };
    expected.assert_eq(&describe(&view, object).unwrap());
}

#[test]
fn objects_are_described_as_by_kubectl() {
    check_describe(
        33,
        "pod",
        "web-6f8d-x2bqk",
        expect![[r#"
        Name:                      web-6f8d-x2bqk
        Namespace:                 default
        Priority:                  0
        Service Account:           default
        Node:                      node-1
        Start Time:                Thu, 01 Jan 2026 00:00:01 +0000
        Labels:                    app=web
        Annotations:               <none>
        Status:                    Terminating (lasts 22s)
        Termination Grace Period:  30s
        IP:                        10.244.1.7
        IPs:
          IP:           10.244.1.7
        Controlled By:  ReplicaSet/web-6f8d
        Init Containers:
          proxy:
            Image:          proxy:1
            Port:           <none>
            Host Port:      <none>
            State:          Running
              Started:      Thu, 01 Jan 2026 00:00:01 +0000
            Ready:          True
            Restart Count:  0
            Environment:    <none>
            Mounts:         <none>
        Containers:
          web:
            Image:          web:1
            Port:           8080/TCP
            Host Port:      0/TCP
            State:          Running
              Started:      Thu, 01 Jan 2026 00:00:01 +0000
            Ready:          True
            Restart Count:  0
            Requests:
              cpu:        100m
              memory:     128Mi
            Environment:  <none>
            Mounts:       <none>
        Conditions:
          Type           Status
          Initialized    True
          Ready          True
          PodScheduled   True
        Volumes:         <none>
        QoS Class:       BestEffort
        Node-Selectors:  <none>
        Tolerations:     <none>
        Events:
          Type    Reason     Age   From               Message
          ----    ------     ----  ----               -------
          Normal  Scheduled  32s   default-scheduler  Successfully assigned default/web-6f8d-x2bqk to node-1
          Normal  Pulled     32s   kubelet            Successfully pulled image "web:1" in 1.234s (1.234s including waiting). Image size: 50000000 bytes.
          Normal  Started    32s   kubelet            Container started
          Normal  Killing    22s   kubelet            Stopping container web
    "#]],
    );
    check_describe(
        33,
        "node",
        "node-1",
        expect![[r#"
        Name:               node-1
        Roles:              control-plane
        Labels:             node-role.kubernetes.io/control-plane=
        Annotations:        <none>
        CreationTimestamp:  Thu, 01 Jan 2026 00:00:00 +0000
        Taints:             <none>
        Unschedulable:      false
        Conditions:
          Type            Status  LastTransitionTime               Reason                   Message
          ----            ------  ------------------               ------                   -------
          MemoryPressure  False   Thu, 01 Jan 2026 00:00:01 +0000  NodeHasSufficientMemory
          DiskPressure    False   Thu, 01 Jan 2026 00:00:01 +0000  NodeHasSufficientMemory
          PIDPressure     False   Thu, 01 Jan 2026 00:00:01 +0000  NodeHasSufficientMemory
          Ready           True    Thu, 01 Jan 2026 00:00:01 +0000  KubeletReady
        Capacity:
          cpu:     4
          memory:  16Gi
          pods:    110
        Allocatable:
          cpu:                4
          memory:             16Gi
          pods:               110
        Non-terminated Pods:  (2 in total)
          Namespace           Name            CPU Requests  CPU Limits  Memory Requests  Memory Limits
          ---------           ----            ------------  ----------  ---------------  -------------
          default             web-6f8d-x2bqk  100m (2%)     0 (0%)      128Mi (0%)       0 (0%)
          default             web-6f8d-z4c7d  100m (2%)     0 (0%)      128Mi (0%)       0 (0%)
        Allocated resources:
          Resource  Requests    Limits
          --------  --------    ------
          cpu       200m (5%)   0 (0%)
          memory    256Mi (1%)  0 (0%)
        Events:     <none>
    "#]],
    );
    check_describe(
        33,
        "deploy",
        "web",
        expect![[r#"
        Name:                   web
        Namespace:              default
        CreationTimestamp:      Thu, 01 Jan 2026 00:00:01 +0000
        Labels:                 app=web
        Annotations:            <none>
        Selector:               app=web
        Replicas:               2 desired | 0 updated | 0 total | 0 available | 0 unavailable
        StrategyType:           RollingUpdate
        MinReadySeconds:        0
        RollingUpdateStrategy:  25% max unavailable, 25% max surge
        Pod Template:
          Labels:  app=web
          Init Containers:
           proxy:
            Image:        proxy:1
            Port:         <none>
            Host Port:    <none>
            Environment:  <none>
            Mounts:       <none>
          Containers:
           web:
            Image:      web:1
            Port:       8080/TCP
            Host Port:  0/TCP
            Requests:
              cpu:         100m
              memory:      128Mi
            Environment:   <none>
            Mounts:        <none>
          Volumes:         <none>
          Node-Selectors:  <none>
          Tolerations:     <none>
        OldReplicaSets:    web-6f8d (0/2 replicas created)
        NewReplicaSet:     <none>
        Events:
          Type    Reason             Age   From                   Message
          ----    ------             ----  ----                   -------
          Normal  ScalingReplicaSet  32s   deployment-controller  Scaled up replica set web-6f8d from 0 to 2
    "#]],
    );
    check_describe(
        33,
        "rs",
        "web-6f8d",
        expect![[r#"
        Name:           web-6f8d
        Namespace:      default
        Selector:       app=web
        Labels:         app=web
        Annotations:    deployment.kubernetes.io/desired-replicas: 2
                        deployment.kubernetes.io/max-replicas: 3
                        deployment.kubernetes.io/revision: 1
        Controlled By:  Deployment/web
        Replicas:       0 current / 2 desired
        Pods Status:    2 Running / 0 Waiting / 0 Succeeded / 0 Failed
        Pod Template:
          Labels:  app=web
          Init Containers:
           proxy:
            Image:        proxy:1
            Port:         <none>
            Host Port:    <none>
            Environment:  <none>
            Mounts:       <none>
          Containers:
           web:
            Image:      web:1
            Port:       8080/TCP
            Host Port:  0/TCP
            Requests:
              cpu:         100m
              memory:      128Mi
            Environment:   <none>
            Mounts:        <none>
          Volumes:         <none>
          Node-Selectors:  <none>
          Tolerations:     <none>
        Events:
          Type    Reason            Age   From                   Message
          ----    ------            ----  ----                   -------
          Normal  SuccessfulCreate  32s   replicaset-controller  Created pod: web-6f8d-x2bqk
          Normal  SuccessfulCreate  32s   replicaset-controller  Created pod: web-6f8d-z4c7d
    "#]],
    );
    check_describe(
        33,
        "svc",
        "web",
        expect![[r#"
        Name:                     web
        Namespace:                default
        Labels:                   <none>
        Annotations:              <none>
        Selector:                 app=web
        Type:                     ClusterIP
        IP Family Policy:         SingleStack
        IP Families:              IPv4
        IP:                       10.96.0.5
        IPs:                      10.96.0.5
        Port:                     <unset>  80/TCP
        TargetPort:               8080/TCP
        Endpoints:                10.244.1.8:8080
        Session Affinity:         None
        Internal Traffic Policy:  Cluster
        Events:                   <none>
    "#]],
    );
}

#[test]
fn a_lost_request_is_explained() {
    let script = whole();
    let open = || Ok(script.log());
    let found = explain(open, &Subject::Request("users".into(), 417), None).unwrap();
    expect![[r#"
        request users/417   sent t=1.100s   LOST connectTimeout at t=2.100s
          1          t=1.000s   seq 24   rv 12   replicaset-controller       pod/web-6f8d-x2bqk: deletionTimestamp is written (grace 30s)
          2   <- 1   t=1.020s   seq 25           kubelet node-1              pod/web-6f8d-x2bqk: TERM to web
          3   <- 1   t=1.020s   seq 26           kubelet node-1              pod/web-6f8d-x2bqk: event Killing: Stopping container web
          4   <- 1   t=1.030s   seq 27   rv 13   endpoint-slice-controller   endpointslice/web-abcde: 10.244.1.7 ready=false serving=false terminating=true
          5          t=2.100s   seq 28           users                       request users/417 to pod/web-6f8d-x2bqk: connectTimeout after 1000.000 ms
    "#]].assert_eq(&found.print());
    let missing = explain(open, &Subject::Request("users".into(), 3), None).unwrap_err();
    expect!["request users/3 is not in the log by itself: requests that end well are only counted, and 1 of users did not: 417"].assert_eq(&missing.to_string());
}

#[test]
fn a_pods_life_is_explained() {
    let script = whole();
    let subject = Subject::Object(Kind::Pod, None, "web-6f8d-x2bqk".into());
    let found = explain(|| Ok(script.log()), &subject, None).unwrap();
    expect![[r#"
        pod/web-6f8d-x2bqk
          1           t=-9.000s   seq 1    rv 2    scenario                deployment/web is created with 2 replicas
          2   <- 1    t=-8.990s   seq 2    rv 3    deployment-controller   replicaset/web-6f8d is created with 2 replicas
          3   <- 2    t=-8.980s   seq 4    rv 4    replicaset-controller   pod/web-6f8d-x2bqk is created for replicaset/web-6f8d
          4   <- 3    t=-8.970s   seq 6    rv 5    default-scheduler       pod/web-6f8d-x2bqk is bound to node-1
          5   <- 4    t=-8.970s   seq 7            default-scheduler       pod/web-6f8d-x2bqk: event Scheduled: Successfully assigned default/web-6f8d-x2bqk to node-1
          6           t=-8.900s   seq 12           kubelet node-1          pod/web-6f8d-x2bqk: event Pulled: Successfully pulled image "web:1" in 1.234s (1.234s including waiting). Image size: 50000000 bytes.
          7           t=-8.900s   seq 13           kubelet node-1          pod/web-6f8d-x2bqk: event Started: Container started
          8           t=-8.800s   seq 14           kubelet node-1          pod/web-6f8d-x2bqk: web starts
          9           t=-8.750s   seq 15           kubelet node-1          pod/web-6f8d-x2bqk: web logs "ready to serve"
         10           t=-8.100s   seq 16   rv 8    kubelet node-1          pod/web-6f8d-x2bqk status: Running, podIP=10.244.1.7, startTime, proxy running, proxy started=true, proxy ready=true, web running, web ready=true, Initialized=True, Ready=True
         11           t=1.000s    seq 24   rv 12   replicaset-controller   pod/web-6f8d-x2bqk: deletionTimestamp is written (grace 30s)
         12   <- 11   t=1.020s    seq 25           kubelet node-1          pod/web-6f8d-x2bqk: TERM to web
         13   <- 11   t=1.020s    seq 26           kubelet node-1          pod/web-6f8d-x2bqk: event Killing: Stopping container web
    "#]].assert_eq(&found.print());
}

fn check_logs(options: &LogOptions, expected: Expect) {
    let script = whole();
    let mut lines = Lines::of(PodId(1));
    let loaded = Loaded::load_with(script.log(), None, |_, record| lines.observe(record)).unwrap();
    let names = ["proxy".to_owned(), "web".to_owned()];
    let text = lines.print(&loaded.snapshot(), (&names, 1), options);
    expected.assert_eq(&text.unwrap_or_else(|error| error.to_string()));
}

#[test]
fn lines_of_containers_are_printed() {
    check_logs(
        &LogOptions::default(),
        expect![[r#"
        again
    "#]],
    );
    let previous = LogOptions {
        previous: true,
        timestamps: true,
        ..LogOptions::default()
    };
    check_logs(
        &previous,
        expect![[r#"
        2026-01-01T00:00:01.900000Z ready to serve
    "#]],
    );
    let other = LogOptions {
        container: Some("nope".into()),
        ..LogOptions::default()
    };
    check_logs(
        &other,
        expect!["container nope is not valid for pod web-6f8d-z4c7d: it has proxy, web"],
    );
}

#[test]
fn logs_are_compared() {
    let (one, mut other) = (whole(), web());
    assert!(diff(one.log(), one.log()).unwrap().is_empty());
    crash(&mut other);
    expect![[r#"
        the first 24 facts are equal; they part at t=1.000s (facts in all: 34 and 29)
            t=-8.100s  kubelet node-1: pod/web-6f8d-z4c7d status: Running, podIP=10.244.1.8, startTime, proxy running, proxy started=true, proxy ready=true, web running, web ready=true, Initialized=True, Ready=True
            t=-8.000s  scenario: service/web is created
            t=-7.990s  endpoint-slice-controller: endpointslice/web-abcde is created for service/web with 2 endpoints
          - t=1.000s  replicaset-controller: pod/web-6f8d-x2bqk: deletionTimestamp is written (grace 30s)
          - t=1.020s  kubelet node-1: pod/web-6f8d-x2bqk: TERM to web
          - t=1.020s  kubelet node-1: pod/web-6f8d-x2bqk: event Killing: Stopping container web
          + t=3.000s  kubelet node-1: pod/web-6f8d-z4c7d status: web terminated Error (1), web ready=false
          + t=4.000s  kubelet node-1: pod/web-6f8d-z4c7d status: web lastState, web waiting CrashLoopBackOff
          + t=13.000s  kubelet node-1: pod/web-6f8d-z4c7d: web starts
        objects that differ at the end:
          endpointslice.discovery.k8s.io/web-abcde: .endpoints[0].conditions.ready false → true, .endpoints[0].conditions.serving false → true, .endpoints[0].conditions.terminating true → false, .metadata.generation 2 → 1
          pod/web-6f8d-x2bqk: .metadata.deletionGracePeriodSeconds 30 → null, .metadata.deletionTimestamp "2026-01-01T00:00:41Z" → null, .metadata.generation 2 → 1, .metadata.resourceVersion "12" → "8"
          pod/web-6f8d-z4c7d: .metadata.resourceVersion "16" → "14"
    "#]].assert_eq(&diff(one.log(), other.log()).unwrap().print());
}

#[test]
fn logs_are_counted_and_verified() {
    let script = whole();
    expect![[r#"
        scenario     views (83385ec3fcadbc1ad14c63b4c42ee40633beb75d836eec5d9589b446a994e63f)
        model        0.1.0
        seed         1
        recorded     facts, from t=-10.000s to t=13.000s
        ending       clean
        digest       c63f5a061ed088e309d5d1ea1e24ba60c1e7d2acea4722f1b4e56779ee952443
        size         1203 bytes in 1 blocks
        facts        34, 617 bytes, 18.1 each
        deliveries   0, 0 bytes, - each
        definitions  15, 422 bytes, 28.1 each
        checkpoints  0

        FACT                  COUNT   BYTES   EACH
        EventRecorded         10      76      7.6
        PodChanged.Status     5       142     28.4
        Runtime               4       25      6.2
        Runtime.Logged        3       21      7.0
        PodChanged.Bound      2       12      6.0
        PodCreated            2       36      18.0
        DeploymentCreated     1       16      16.0
        NodeCreated           1       36      36.0
        PodChanged.Deleting   1       7       7.0
        ReplicaSetCreated     1       21      21.0
        RequestEnded          1       15      15.0
        ServiceCreated        1       19      19.0
        SliceChanged          1       18      18.0
        SliceCreated          1       44      44.0
    "#]]
    .assert_eq(&stat(script.log()).unwrap().print());
    let found = verify(script.log()).unwrap();
    assert!(found.is_whole());
    assert_eq!(found.facts, script.records.len() as u64);
}

#[test]
fn records_are_printed_one_a_line() {
    let script = whole();
    let mut text = String::new();
    let options = CatOptions {
        from: Some(SimTime::from_secs(11)),
        ..CatOptions::default()
    };
    cat(script.log(), options, |line| {
        text.push_str(line);
        text.push('\n');
        true
    })
    .unwrap();
    expect![[r#"
        24                  1.000s  replicaset-controller: pod/web-6f8d-x2bqk: deletionTimestamp is written (grace 30s)
        25      <24         1.020s  kubelet node-1: pod/web-6f8d-x2bqk: TERM to web
        26      <24         1.020s  kubelet node-1: pod/web-6f8d-x2bqk: event Killing: Stopping container web
        27      <24         1.030s  endpoint-slice-controller: endpointslice/web-abcde: 10.244.1.7 ready=false serving=false terminating=true
        28                  2.100s  users: request users/417 to pod/web-6f8d-x2bqk: connectTimeout after 1000.000 ms
        29                  3.000s  kubelet node-1: pod/web-6f8d-z4c7d status: web terminated Error (1), web ready=false
        30                  4.000s  kubelet node-1: pod/web-6f8d-z4c7d status: web lastState, web waiting CrashLoopBackOff
        31                 13.000s  kubelet node-1: pod/web-6f8d-z4c7d: web starts
        32                 13.000s  kubelet node-1: pod/web-6f8d-z4c7d: web logs "again"
        33                 13.000s  kubelet node-1: pod/web-6f8d-z4c7d status: web running, web restarts=1, web ready=true
    "#]].assert_eq(&text);
}

/// What lines of a timeline show, each just before the record with its number.
fn check_lines(lines: &[(u64, &str)], expected: Expect) {
    let script = whole();
    let asked: Vec<_> = lines
        .iter()
        .map(|(seq, line)| Asked {
            seq: *seq,
            at: script.records[usize::try_from(*seq).unwrap() - 1].at,
            line,
        })
        .collect();
    let texts = answers(script.log(), &asked).unwrap();
    let mut text = String::new();
    for ((_, line), answer) in lines.iter().zip(texts) {
        text.push_str(&format!("$ {line}\n{answer}"));
    }
    expected.assert_eq(&text);
}

#[test]
fn lines_of_a_timeline_are_answered() {
    check_lines(
        &[
            (34, "get pods"),
            (24, "kubectl get pods"),
            (20, "logs web-6f8d-z4c7d"),
            (34, "logs web-6f8d-z4c7d --previous --timestamps --prefix"),
            (34, "logs deploy/web -c web --since 1m"),
            (34, "logs -l app=web --all-containers --tail 1"),
            (34, "logs web-6f8d-z4c7d -c nope"),
            (34, "logs nobody"),
            (34, "logs job/nobody"),
            (
                34,
                "get po -o custom-columns=NAME:.metadata.name,GONE:{.metadata.deletionTimestamp}",
            ),
            (34, "get pods,nodes -o name"),
            (34, "describe services nobody"),
            (34, "top pods"),
        ],
        expect![[r#"
            $ get pods
            NAME             READY   STATUS        RESTARTS      AGE
            web-6f8d-x2bqk   2/2     Terminating   0             22s
            web-6f8d-z4c7d   2/2     Running       1 (10s ago)   22s
            $ kubectl get pods
            NAME             READY   STATUS    RESTARTS   AGE
            web-6f8d-x2bqk   2/2     Running   0          1s
            web-6f8d-z4c7d   2/2     Running   0          1s
            $ logs web-6f8d-z4c7d
            $ logs web-6f8d-z4c7d --previous --timestamps --prefix
            [pod/web-6f8d-z4c7d/web] 2026-01-01T00:00:01.900000Z ready to serve
            $ logs deploy/web -c web --since 1m
            Found 2 pods, using pod/web-6f8d-x2bqk
            ready to serve
            $ logs -l app=web --all-containers --tail 1
            ready to serve
            again
            $ logs web-6f8d-z4c7d -c nope
            error: container nope is not valid for pod web-6f8d-z4c7d: it has proxy, web
            $ logs nobody
            Error from server (NotFound): pods "nobody" not found
            $ logs job/nobody
            Error from server (NotFound): jobs.batch "nobody" not found
            $ get po -o custom-columns=NAME:.metadata.name,GONE:{.metadata.deletionTimestamp}
            NAME             GONE
            web-6f8d-x2bqk   2026-01-01T00:00:41Z
            web-6f8d-z4c7d   <none>
            $ get pods,nodes -o name
            pod/web-6f8d-x2bqk
            pod/web-6f8d-z4c7d
            node/node-1
            $ describe services nobody
            Error from server (NotFound): services "nobody" not found
            $ top pods
            error: Metrics API not available
        "#]],
    );
}
