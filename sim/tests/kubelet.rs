//! The kubelet, driven by the whole engine: what a pod on a node writes, and when.

use std::fmt::Write as _;
use std::sync::Arc;

use expect_test::{Expect, expect};
use wavetank_core::dist::Dist;
use wavetank_core::fact::pod::{ContainerChange, PodChange, StatusChange};
use wavetank_core::fact::{Actor, Fact, Record};
use wavetank_core::id::{NodeId, PodId};
use wavetank_core::object::pod::PodConditionType;
use wavetank_core::object::template::{Handler, PodSpec, Probe, RestartPolicy};
use wavetank_core::time::{SimDuration, SimTime};
use wavetank_sim::check::Checks;
use wavetank_sim::engine::Engine;
use wavetank_sim::engine::record::Recorder;
use wavetank_sim::message::call::Request;
use wavetank_sim::network::profile::Network;
use wavetank_sim::plan::Plan;
use wavetank_sim::plan::build::{PlanBuilder, http_probe};
use wavetank_sim::plan::image::{Image, OnTerm, Program};

/// When a pod of the test vectors is added, in milliseconds (K217): the engine begins there.
const ADDED: u64 = 250;

/// A plan of one node, and one pod on it, with the canonical profile.
fn canonical(program: Program, edit: impl FnOnce(&mut PodSpec)) -> Plan {
    let mut plan = bound(PlanBuilder::new("kubelet").nodes(1).pod("p", |spec| {
        spec.containers[0].name = "c".into();
        edit(spec);
    }));
    plan.network = Network::canonical(SimDuration::from_millis(1_000 - ADDED));
    plan.images.default.present = true;
    plan.images.default.program = program;
    plan
}

/// The plan with all its pods bound to the first node.
fn bound(builder: PlanBuilder) -> Plan {
    let mut plan = builder.build();
    for request in &mut plan.objects {
        if let Request::CreatePod(pod) = request {
            pod.node = Some(NodeId(0));
        }
    }
    plan
}

/// Runs a plan until `seconds`, with calls of the user at some milliseconds of the test vectors' time.
fn play(
    mut plan: Plan,
    seconds: u64,
    seed: u64,
    calls: &[(u64, Request)],
) -> (Vec<Record>, Engine) {
    plan.span.until = Some(SimDuration::from_secs(seconds));
    let recorder = Recorder {
        kept: Some(Vec::new()),
    };
    let mut engine = Engine::new(Arc::new(plan), seed, Vec::new(), recorder, Checks::none());
    for (millis, request) in calls {
        let at = SimTime::ZERO + SimDuration::from_millis(millis - ADDED);
        engine.call_at(at, request.clone());
    }
    while engine.step() {}
    let records = engine.recorder().kept.clone().expect("they are kept");
    (records, engine)
}

/// The facts of a pod, one line each, in the time of the test vectors.
fn lines(records: &[Record], engine: &Engine, pod: PodId) -> String {
    let texts = &engine.cluster().definitions.texts;
    let mut out = String::new();
    for record in records {
        if record.fact.object() != Some(pod.into()) {
            continue;
        }
        let millis = record.at.nanos() / 1_000_000 + ADDED;
        let what = match &record.fact {
            Fact::PodCreated(..) => "ADDED".to_owned(),
            Fact::PodChanged(_, PodChange::Status(changes)) => {
                let text = |id| texts.get(id).to_owned();
                let all: Vec<String> = changes.iter().map(|change| show(change, text)).collect();
                format!("-> {}", all.join(", "))
            }
            Fact::PodChanged(_, change) => format!("-> {change:?}"),
            Fact::Runtime(_, fact) => format!("   {fact:?}"),
            Fact::EventRecorded(_, note) => {
                format!("   event {}", resolve(&format!("{note:?}"), texts))
            }
            other => format!("{other:?}"),
        };
        let by = match record.by {
            Actor::Kubelet(_) => "",
            _ => "(not the kubelet) ",
        };
        writeln!(out, "{:3}.{:03} {by}{what}", millis / 1_000, millis % 1_000).expect("a string");
    }
    out
}

/// A note with its texts in the place of their numbers.
fn resolve(note: &str, texts: &wavetank_core::text::Texts) -> String {
    let mut parts = note.split("TextId(");
    let mut out = parts.next().unwrap_or("").to_owned();
    for part in parts {
        let (number, rest) = part.split_once(')').expect("a number");
        let id = wavetank_core::id::TextId(number.parse().expect("digits"));
        write!(out, "{:?}{rest}", texts.get(id)).expect("a string");
    }
    out
}

fn show(change: &StatusChange, text: impl Fn(wavetank_core::id::TextId) -> String) -> String {
    match change {
        StatusChange::Phase(phase) => format!("phase {}", phase.text()),
        StatusChange::Ip(ip) => format!("ip {ip}"),
        StatusChange::Started(_) => "startTime".to_owned(),
        StatusChange::ObservedGeneration(generation) => format!("og {generation}"),
        StatusChange::Condition(kind, status, reason, _) => {
            let kind = match kind {
                PodConditionType::PodReadyToStartContainers => "RTS",
                PodConditionType::ContainersReady => "CR",
                PodConditionType::Ready => "Rdy",
                PodConditionType::Initialized => "Init",
                PodConditionType::PodScheduled | PodConditionType::DisruptionTarget => kind.text(),
            };
            format!("{kind} {} {}", status.text(), text(*reason))
                .trim_end()
                .to_owned()
        }
        StatusChange::ConditionMessage(_, message) => format!("({})", text(*message)),
        StatusChange::Container(number, change) => match change {
            ContainerChange::Waiting(reason) => format!("{number} W {}", text(*reason)),
            ContainerChange::Running(_) => format!("{number} running"),
            ContainerChange::Terminated(code, reason, ..) => {
                format!("{number} T {code} {}", text(*reason))
            }
            ContainerChange::LastTerminated(code, reason, ..) => {
                format!("{number} LS {code} {}", text(*reason))
            }
            ContainerChange::Message(message) => format!("({})", text(*message)),
            ContainerChange::Restarts(count) => format!("{number} rc{count}"),
            ContainerChange::Ready(ready) => format!("{number} ready {ready}"),
            ContainerChange::Started(started) => {
                format!("{number} started {}", started == &Some(true))
            }
            ContainerChange::Attempt(_) => format!("{number} containerID"),
            ContainerChange::LastState => format!("{number} LS"),
        },
        other => format!("{other:?}"),
    }
}

fn check(plan: Plan, seconds: u64, expected: &Expect) {
    check_with(plan, seconds, &[], expected);
}

/// As [`check`], with calls of the user.
fn check_with(plan: Plan, seconds: u64, calls: &[(u64, Request)], expected: &Expect) {
    let (records, engine) = play(plan, seconds, 1, calls);
    expected.assert_eq(&lines(&records, &engine, PodId(0)));
}

/// A program that listens at once and runs for ever.
fn server() -> Program {
    Program {
        listens_after: Dist::Constant(SimDuration::ZERO),
        ..Program::default()
    }
}

#[test]
fn tv1_a_pod_starts_and_runs() {
    check(
        canonical(server(), |_| ()),
        100,
        &expect![[r#"
              0.250 (not the kubelet) ADDED
              0.250    Admitted
              0.260 -> 0 W ContainerCreating, 0 started false, startTime, og 1, PodScheduled True, RTS False, Init True, CR False ContainersNotReady, (containers with unready status: [c]), Rdy False ContainersNotReady, (containers with unready status: [c])
              0.850    SandboxStarted(PodIp(183762946))
              0.850    event Present(0)
              0.850    Pulled(0, 0)
              0.860 -> RTS True
              0.950    event Created(0)
              0.950    event Started(0)
              0.950    Started(0)
              0.950    Listening(0, 8080)
              0.970 -> 0 running, 0 ready true, 0 started true, 0 containerID, phase Running, ip 10.244.0.2, CR True, Rdy True
        "#]],
    );
}

/// DELETE of the pod at 10 s.
fn delete(grace: Option<u32>) -> [(u64, Request); 1] {
    [(10_000, Request::DeletePod(PodId(0), grace, None))]
}

#[test]
fn tv16_a_pod_is_deleted() {
    let program = Program {
        on_term: OnTerm::Serve(SimDuration::from_secs(2)),
        ..server()
    };
    check_with(
        canonical(program, |_| ()),
        100,
        &delete(None),
        &expect![[r#"
              0.250 (not the kubelet) ADDED
              0.250    Admitted
              0.260 -> 0 W ContainerCreating, 0 started false, startTime, og 1, PodScheduled True, RTS False, Init True, CR False ContainersNotReady, (containers with unready status: [c]), Rdy False ContainersNotReady, (containers with unready status: [c])
              0.850    SandboxStarted(PodIp(183762946))
              0.850    event Present(0)
              0.850    Pulled(0, 0)
              0.860 -> RTS True
              0.950    event Created(0)
              0.950    event Started(0)
              0.950    Started(0)
              0.950    Listening(0, 8080)
              0.970 -> 0 running, 0 ready true, 0 started true, 0 containerID, phase Running, ip 10.244.0.2, CR True, Rdy True
             10.000 (not the kubelet) -> Deleting(Deletion { at: Stamp(39), grace_seconds: 30 })
             10.000    event Killing(0)
             10.000    Signalled(0, Term)
             10.010 -> og 2
             12.000    ListenStopped(0, 8080)
             12.005    Exited(0, 0, false)
             12.005    SandboxStopped
             12.015 -> RTS False, 0 T 0 Completed, 0 ready false, 0 started false, phase Succeeded, Init True PodCompleted, CR False PodCompleted, Rdy False PodCompleted
             13.000    Finished
             13.000 -> Deleting(Deletion { at: Stamp(12), grace_seconds: 0 })
             13.000 -> Removed
        "#]],
    );
}

#[test]
fn tv6_a_crash_loop() {
    let program = Program {
        runs: Some(Dist::Constant(SimDuration::from_secs(1))),
        exit_code: 1,
        ..server()
    };
    check(
        canonical(program, |_| ()),
        162,
        &expect![[r#"
          0.250 (not the kubelet) ADDED
          0.250    Admitted
          0.260 -> 0 W ContainerCreating, 0 started false, startTime, og 1, PodScheduled True, RTS False, Init True, CR False ContainersNotReady, (containers with unready status: [c]), Rdy False ContainersNotReady, (containers with unready status: [c])
          0.850    SandboxStarted(PodIp(183762946))
          0.850    event Present(0)
          0.850    Pulled(0, 0)
          0.860 -> RTS True
          0.950    event Created(0)
          0.950    event Started(0)
          0.950    Started(0)
          0.950    Listening(0, 8080)
          0.970 -> 0 running, 0 ready true, 0 started true, 0 containerID, phase Running, ip 10.244.0.2, CR True, Rdy True
          1.950    Exited(0, 1, false)
          2.000    event Present(0)
          2.000    Pulled(0, 0)
          2.010 -> 0 T 1 Error, 0 ready false, 0 started false, CR False ContainersNotReady, (containers with unready status: [c]), Rdy False ContainersNotReady, (containers with unready status: [c])
          2.100    event Created(0)
          2.100    event Started(0)
          2.100    Started(0)
          2.100    Listening(0, 8080)
          2.120 -> 0 LS 1 Error, 0 running, 0 rc1, 0 ready true, 0 started true, 0 containerID, CR True, Rdy True
          3.100    Exited(0, 1, false)
          4.000    event Warning("BackOff", "Back-off restarting failed container c in pod p_default(5156a2b7-4827-4485-b2f9-5b4610cccdfc)")
          4.010 -> 0 T 1 Error, 0 ready false, 0 started false, CR False ContainersNotReady, (containers with unready status: [c]), Rdy False ContainersNotReady, (containers with unready status: [c])
         13.500    event Present(0)
         13.500    Pulled(0, 0)
         13.510 -> 0 LS 1 Error, 0 W CrashLoopBackOff, (back-off 10s restarting failed container=c pod=p_default(5156a2b7-4827-4485-b2f9-5b4610cccdfc))
         13.600    event Created(0)
         13.600    event Started(0)
         13.600    Started(0)
         13.600    Listening(0, 8080)
         13.620 -> 0 running, 0 rc2, 0 ready true, 0 started true, 0 containerID, CR True, Rdy True
         14.600    Exited(0, 1, false)
         15.000    event Warning("BackOff", "Back-off restarting failed container c in pod p_default(5156a2b7-4827-4485-b2f9-5b4610cccdfc)")
         15.010 -> 0 T 1 Error, 0 ready false, 0 started false, CR False ContainersNotReady, (containers with unready status: [c]), Rdy False ContainersNotReady, (containers with unready status: [c])
         35.500    event Present(0)
         35.500    Pulled(0, 0)
         35.510 -> 0 LS 1 Error, 0 W CrashLoopBackOff, (back-off 20s restarting failed container=c pod=p_default(5156a2b7-4827-4485-b2f9-5b4610cccdfc))
         35.600    event Created(0)
         35.600    event Started(0)
         35.600    Started(0)
         35.600    Listening(0, 8080)
         35.620 -> 0 running, 0 rc3, 0 ready true, 0 started true, 0 containerID, CR True, Rdy True
         36.600    Exited(0, 1, false)
         37.000    event Warning("BackOff", "Back-off restarting failed container c in pod p_default(5156a2b7-4827-4485-b2f9-5b4610cccdfc)")
         37.010 -> 0 T 1 Error, 0 ready false, 0 started false, CR False ContainersNotReady, (containers with unready status: [c]), Rdy False ContainersNotReady, (containers with unready status: [c])
         77.500    event Present(0)
         77.500    Pulled(0, 0)
         77.510 -> 0 LS 1 Error, 0 W CrashLoopBackOff, (back-off 40s restarting failed container=c pod=p_default(5156a2b7-4827-4485-b2f9-5b4610cccdfc))
         77.600    event Created(0)
         77.600    event Started(0)
         77.600    Started(0)
         77.600    Listening(0, 8080)
         77.620 -> 0 running, 0 rc4, 0 ready true, 0 started true, 0 containerID, CR True, Rdy True
         78.600    Exited(0, 1, false)
         79.000    event Warning("BackOff", "Back-off restarting failed container c in pod p_default(5156a2b7-4827-4485-b2f9-5b4610cccdfc)")
         79.010 -> 0 T 1 Error, 0 ready false, 0 started false, CR False ContainersNotReady, (containers with unready status: [c]), Rdy False ContainersNotReady, (containers with unready status: [c])
        139.500    event Warning("BackOff", "Back-off restarting failed container c in pod p_default(5156a2b7-4827-4485-b2f9-5b4610cccdfc)")
        139.510 -> 0 LS 1 Error, 0 W CrashLoopBackOff, (back-off 1m20s restarting failed container=c pod=p_default(5156a2b7-4827-4485-b2f9-5b4610cccdfc))
        159.500    event Present(0)
        159.500    Pulled(0, 0)
        159.600    event Created(0)
        159.600    event Started(0)
        159.600    Started(0)
        159.600    Listening(0, 8080)
        159.620 -> 0 running, 0 rc5, 0 ready true, 0 started true, 0 containerID, CR True, Rdy True
        160.600    Exited(0, 1, false)
        161.000    event Warning("BackOff", "Back-off restarting failed container c in pod p_default(5156a2b7-4827-4485-b2f9-5b4610cccdfc)")
        161.010 -> 0 T 1 Error, 0 ready false, 0 started false, CR False ContainersNotReady, (containers with unready status: [c]), Rdy False ContainersNotReady, (containers with unready status: [c])
    "#]],
    );
}

/// A program that listens so long after its start.
fn listens_after(seconds: u64) -> Program {
    Program {
        listens_after: Dist::Constant(SimDuration::from_secs(seconds)),
        ..server()
    }
}

#[test]
fn tv11_readiness_of_a_server_that_listens_at_once() {
    let plan = canonical(server(), |spec| {
        spec.containers[0].readiness = Some(http_probe(10));
    });
    check(
        plan,
        30,
        &expect![[r#"
              0.250 (not the kubelet) ADDED
              0.250    Admitted
              0.260 -> 0 W ContainerCreating, 0 started false, startTime, og 1, PodScheduled True, RTS False, Init True, CR False ContainersNotReady, (containers with unready status: [c]), Rdy False ContainersNotReady, (containers with unready status: [c])
              0.850    SandboxStarted(PodIp(183762946))
              0.850    event Present(0)
              0.850    Pulled(0, 0)
              0.860 -> RTS True
              0.950    event Created(0)
              0.950    event Started(0)
              0.950    Started(0)
              0.950    Listening(0, 8080)
              0.960    Probed(0, Readiness, true)
              0.970 -> 0 running, 0 started true, 0 containerID, phase Running, ip 10.244.0.2
              0.980 -> 0 ready true, CR True, Rdy True
        "#]],
    );
}

#[test]
fn tv11_readiness_of_a_server_that_listens_after_7_s() {
    let plan = canonical(listens_after(7), |spec| {
        spec.containers[0].readiness = Some(http_probe(5));
    });
    check(
        plan,
        30,
        &expect![[r#"
              0.250 (not the kubelet) ADDED
              0.250    Admitted
              0.260 -> 0 W ContainerCreating, 0 started false, startTime, og 1, PodScheduled True, RTS False, Init True, CR False ContainersNotReady, (containers with unready status: [c]), Rdy False ContainersNotReady, (containers with unready status: [c])
              0.850    SandboxStarted(PodIp(183762946))
              0.850    event Present(0)
              0.850    Pulled(0, 0)
              0.860 -> RTS True
              0.950    event Created(0)
              0.950    event Started(0)
              0.950    Started(0)
              0.960    event Unhealthy(0, "Readiness probe failed: Get \"http://10.244.0.2:8080/\": dial tcp 10.244.0.2:8080: connect: connection refused")
              0.970 -> 0 running, 0 started true, 0 containerID, phase Running, ip 10.244.0.2
              1.000    event Unhealthy(0, "Readiness probe failed: Get \"http://10.244.0.2:8080/\": dial tcp 10.244.0.2:8080: connect: connection refused")
              6.000    event Unhealthy(0, "Readiness probe failed: Get \"http://10.244.0.2:8080/\": dial tcp 10.244.0.2:8080: connect: connection refused")
              7.950    Listening(0, 8080)
             11.000    Probed(0, Readiness, true)
             11.010 -> 0 ready true, CR True, Rdy True
        "#]],
    );
}

#[test]
fn tv13_startup_probe() {
    let plan = canonical(listens_after(12), |spec| {
        let startup = Probe {
            failure_threshold: 10,
            ..http_probe(5)
        };
        spec.containers[0].startup = Some(startup);
        spec.containers[0].readiness = Some(http_probe(10));
        spec.containers[0].liveness = Some(http_probe(10));
    });
    check(
        plan,
        30,
        &expect![[r#"
              0.250 (not the kubelet) ADDED
              0.250    Admitted
              0.260 -> 0 W ContainerCreating, 0 started false, startTime, og 1, PodScheduled True, RTS False, Init True, CR False ContainersNotReady, (containers with unready status: [c]), Rdy False ContainersNotReady, (containers with unready status: [c])
              0.850    SandboxStarted(PodIp(183762946))
              0.850    event Present(0)
              0.850    Pulled(0, 0)
              0.860 -> RTS True
              0.950    event Created(0)
              0.950    event Started(0)
              0.950    Started(0)
              0.970 -> 0 running, 0 containerID, phase Running, ip 10.244.0.2
              5.550    event Unhealthy(0, "Startup probe failed: Get \"http://10.244.0.2:8080/\": dial tcp 10.244.0.2:8080: connect: connection refused")
             10.550    event Unhealthy(0, "Startup probe failed: Get \"http://10.244.0.2:8080/\": dial tcp 10.244.0.2:8080: connect: connection refused")
             12.950    Listening(0, 8080)
             15.550    Probed(0, Startup, true)
             15.550    Probed(0, Readiness, true)
             15.560 -> 0 started true
             15.570 -> 0 ready true, CR True, Rdy True
        "#]],
    );
}

#[test]
fn tv14_liveness() {
    let program = Program {
        on_term: OnTerm::Serve(SimDuration::from_millis(495)),
        ..listens_after(1_000)
    };
    let plan = canonical(program, |spec| {
        spec.containers[0].liveness = Some(http_probe(5));
    });
    check(
        plan,
        140,
        &expect![[r#"
              0.250 (not the kubelet) ADDED
              0.250    Admitted
              0.260 -> 0 W ContainerCreating, 0 started false, startTime, og 1, PodScheduled True, RTS False, Init True, CR False ContainersNotReady, (containers with unready status: [c]), Rdy False ContainersNotReady, (containers with unready status: [c])
              0.850    SandboxStarted(PodIp(183762946))
              0.850    event Present(0)
              0.850    Pulled(0, 0)
              0.860 -> RTS True
              0.950    event Created(0)
              0.950    event Started(0)
              0.950    Started(0)
              0.970 -> 0 running, 0 ready true, 0 started true, 0 containerID, phase Running, ip 10.244.0.2, CR True, Rdy True
              5.550    event Unhealthy(0, "Liveness probe failed: Get \"http://10.244.0.2:8080/\": dial tcp 10.244.0.2:8080: connect: connection refused")
             10.550    event Unhealthy(0, "Liveness probe failed: Get \"http://10.244.0.2:8080/\": dial tcp 10.244.0.2:8080: connect: connection refused")
             15.550    event Unhealthy(0, "Liveness probe failed: Get \"http://10.244.0.2:8080/\": dial tcp 10.244.0.2:8080: connect: connection refused")
             15.550    Probed(0, Liveness, false)
             15.550    event KillingBecause(0, "Container c failed liveness probe, will be restarted")
             15.550    Signalled(0, Term)
             16.050    Exited(0, 0, false)
             16.050    event Present(0)
             16.050    Pulled(0, 0)
             16.150    event Created(0)
             16.150    event Started(0)
             16.150    Started(0)
             16.170 -> 0 LS 0 Completed, 0 running, 0 rc1, 0 containerID
             20.550    event Unhealthy(0, "Liveness probe failed: Get \"http://10.244.0.2:8080/\": dial tcp 10.244.0.2:8080: connect: connection refused")
             25.550    event Unhealthy(0, "Liveness probe failed: Get \"http://10.244.0.2:8080/\": dial tcp 10.244.0.2:8080: connect: connection refused")
             30.550    event Unhealthy(0, "Liveness probe failed: Get \"http://10.244.0.2:8080/\": dial tcp 10.244.0.2:8080: connect: connection refused")
             30.550    Probed(0, Liveness, false)
             30.550    event KillingBecause(0, "Container c failed liveness probe, will be restarted")
             30.550    Signalled(0, Term)
             31.050    Exited(0, 0, false)
             31.050    event Present(0)
             31.050    Pulled(0, 0)
             31.150    event Created(0)
             31.150    event Started(0)
             31.150    Started(0)
             31.170 -> 0 LS 0 Completed, 0 running, 0 rc2, 0 containerID
             35.550    event Unhealthy(0, "Liveness probe failed: Get \"http://10.244.0.2:8080/\": dial tcp 10.244.0.2:8080: connect: connection refused")
             40.550    event Unhealthy(0, "Liveness probe failed: Get \"http://10.244.0.2:8080/\": dial tcp 10.244.0.2:8080: connect: connection refused")
             45.550    event Unhealthy(0, "Liveness probe failed: Get \"http://10.244.0.2:8080/\": dial tcp 10.244.0.2:8080: connect: connection refused")
             45.550    Probed(0, Liveness, false)
             45.550    event KillingBecause(0, "Container c failed liveness probe, will be restarted")
             45.550    Signalled(0, Term)
             46.050    Exited(0, 0, false)
             46.050    event Present(0)
             46.050    Pulled(0, 0)
             46.150    event Created(0)
             46.150    event Started(0)
             46.150    Started(0)
             46.170 -> 0 LS 0 Completed, 0 running, 0 rc3, 0 containerID
             50.550    event Unhealthy(0, "Liveness probe failed: Get \"http://10.244.0.2:8080/\": dial tcp 10.244.0.2:8080: connect: connection refused")
             55.550    event Unhealthy(0, "Liveness probe failed: Get \"http://10.244.0.2:8080/\": dial tcp 10.244.0.2:8080: connect: connection refused")
             60.550    event Unhealthy(0, "Liveness probe failed: Get \"http://10.244.0.2:8080/\": dial tcp 10.244.0.2:8080: connect: connection refused")
             60.550    Probed(0, Liveness, false)
             60.550    event KillingBecause(0, "Container c failed liveness probe, will be restarted")
             60.550    Signalled(0, Term)
             61.050    Exited(0, 0, false)
             61.050    event Warning("BackOff", "Back-off restarting failed container c in pod p_default(5156a2b7-4827-4485-b2f9-5b4610cccdfc)")
             62.000    event Warning("BackOff", "Back-off restarting failed container c in pod p_default(5156a2b7-4827-4485-b2f9-5b4610cccdfc)")
             62.010 -> 0 LS 0 Completed, 0 W CrashLoopBackOff, (back-off 20s restarting failed container=c pod=p_default(5156a2b7-4827-4485-b2f9-5b4610cccdfc)), 0 ready false, 0 started false, CR False ContainersNotReady, (containers with unready status: [c]), Rdy False ContainersNotReady, (containers with unready status: [c])
             81.500    event Present(0)
             81.500    Pulled(0, 0)
             81.600    event Created(0)
             81.600    event Started(0)
             81.600    Started(0)
             81.620 -> 0 running, 0 rc4, 0 ready true, 0 started true, 0 containerID, CR True, Rdy True
             85.550    event Unhealthy(0, "Liveness probe failed: Get \"http://10.244.0.2:8080/\": dial tcp 10.244.0.2:8080: connect: connection refused")
             90.550    event Unhealthy(0, "Liveness probe failed: Get \"http://10.244.0.2:8080/\": dial tcp 10.244.0.2:8080: connect: connection refused")
             95.550    event Unhealthy(0, "Liveness probe failed: Get \"http://10.244.0.2:8080/\": dial tcp 10.244.0.2:8080: connect: connection refused")
             95.550    Probed(0, Liveness, false)
             95.550    event KillingBecause(0, "Container c failed liveness probe, will be restarted")
             95.550    Signalled(0, Term)
             96.050    Exited(0, 0, false)
             96.050    event Warning("BackOff", "Back-off restarting failed container c in pod p_default(5156a2b7-4827-4485-b2f9-5b4610cccdfc)")
             97.000    event Warning("BackOff", "Back-off restarting failed container c in pod p_default(5156a2b7-4827-4485-b2f9-5b4610cccdfc)")
             97.010 -> 0 LS 0 Completed, 0 W CrashLoopBackOff, (back-off 40s restarting failed container=c pod=p_default(5156a2b7-4827-4485-b2f9-5b4610cccdfc)), 0 ready false, 0 started false, CR False ContainersNotReady, (containers with unready status: [c]), Rdy False ContainersNotReady, (containers with unready status: [c])
            136.500    event Present(0)
            136.500    Pulled(0, 0)
            136.600    event Created(0)
            136.600    event Started(0)
            136.600    Started(0)
            136.620 -> 0 running, 0 rc5, 0 ready true, 0 started true, 0 containerID, CR True, Rdy True
        "#]],
    );
}

/// preStop of so many seconds.
fn pre_stop(seconds: u32) -> impl FnOnce(&mut PodSpec) {
    move |spec| spec.containers[0].pre_stop = Some(Handler::Sleep(seconds))
}

#[test]
fn tv18_a_hook_within_the_grace() {
    let plan = canonical(server(), pre_stop(20));
    check_with(
        plan,
        60,
        &delete(None),
        &expect![[r#"
              0.250 (not the kubelet) ADDED
              0.250    Admitted
              0.260 -> 0 W ContainerCreating, 0 started false, startTime, og 1, PodScheduled True, RTS False, Init True, CR False ContainersNotReady, (containers with unready status: [c]), Rdy False ContainersNotReady, (containers with unready status: [c])
              0.850    SandboxStarted(PodIp(183762946))
              0.850    event Present(0)
              0.850    Pulled(0, 0)
              0.860 -> RTS True
              0.950    event Created(0)
              0.950    event Started(0)
              0.950    Started(0)
              0.950    Listening(0, 8080)
              0.970 -> 0 running, 0 ready true, 0 started true, 0 containerID, phase Running, ip 10.244.0.2, CR True, Rdy True
             10.000 (not the kubelet) -> Deleting(Deletion { at: Stamp(39), grace_seconds: 30 })
             10.000    event Killing(0)
             10.000    HookStarted(0, PreStop)
             10.010 -> og 2
             30.000    HookEnded(0, PreStop, true)
             30.000    Signalled(0, Term)
             30.000    Exited(0, 143, false)
             30.000    SandboxStopped
             30.010 -> RTS False, 0 T 143 Error, 0 ready false, 0 started false, phase Failed, CR False PodFailed, Rdy False PodFailed
             31.000    Finished
             31.000 -> Deleting(Deletion { at: Stamp(30), grace_seconds: 0 })
             31.000 -> Removed
        "#]],
    );
}

#[test]
fn tv18_a_hook_longer_than_the_grace() {
    let program = Program {
        on_term: OnTerm::Ignore,
        ..server()
    };
    let plan = canonical(program, pre_stop(40));
    check_with(
        plan,
        60,
        &delete(None),
        &expect![[r#"
              0.250 (not the kubelet) ADDED
              0.250    Admitted
              0.260 -> 0 W ContainerCreating, 0 started false, startTime, og 1, PodScheduled True, RTS False, Init True, CR False ContainersNotReady, (containers with unready status: [c]), Rdy False ContainersNotReady, (containers with unready status: [c])
              0.850    SandboxStarted(PodIp(183762946))
              0.850    event Present(0)
              0.850    Pulled(0, 0)
              0.860 -> RTS True
              0.950    event Created(0)
              0.950    event Started(0)
              0.950    Started(0)
              0.950    Listening(0, 8080)
              0.970 -> 0 running, 0 ready true, 0 started true, 0 containerID, phase Running, ip 10.244.0.2, CR True, Rdy True
             10.000 (not the kubelet) -> Deleting(Deletion { at: Stamp(39), grace_seconds: 30 })
             10.000    event Killing(0)
             10.000    HookStarted(0, PreStop)
             10.010 -> og 2
             40.000    HookEnded(0, PreStop, false)
             40.000    event Warning("FailedPreStopHook", "PreStopHook failed")
             40.000    Signalled(0, Term)
             42.000    Signalled(0, Kill)
             42.000    Exited(0, 137, false)
             42.000    SandboxStopped
             42.010 -> RTS False, 0 T 137 Error, 0 ready false, 0 started false, phase Failed, CR False PodFailed, Rdy False PodFailed
             43.000    Finished
             43.000 -> Deleting(Deletion { at: Stamp(42), grace_seconds: 0 })
             43.000 -> Removed
        "#]],
    );
}

/// The main container of [`canonical`], as an init container `name` of another image.
fn init(spec: &mut PodSpec, name: &str) {
    let mut container = spec.containers[0].clone();
    container.name = name.into();
    container.image = "init:1".into();
    spec.init_containers.push(container);
}

/// The plan with a program for the init containers.
fn with_init(mut plan: Plan, seconds: u64, exit_code: i32) -> Plan {
    let program = Program {
        runs: Some(Dist::Constant(SimDuration::from_secs(seconds))),
        exit_code,
        ..server()
    };
    let image = Image {
        program,
        ..plan.images.default.clone()
    };
    plan.images.named.push(("init".into(), image));
    plan
}

#[test]
fn tv20_init_containers() {
    let plan = canonical(server(), |spec| {
        init(spec, "i1");
        init(spec, "i2");
    });
    check(
        with_init(plan, 3, 0),
        30,
        &expect![[r#"
              0.250 (not the kubelet) ADDED
              0.250    Admitted
              0.260 -> 0 W PodInitializing, 0 started false, 1 W PodInitializing, 1 started false, 2 W PodInitializing, 2 started false, startTime, og 1, PodScheduled True, RTS False, Init False ContainersNotInitialized, (containers with incomplete status: [i1 i2]), CR False ContainersNotReady, (containers with unready status: [c]), Rdy False ContainersNotReady, (containers with unready status: [c])
              0.850    SandboxStarted(PodIp(183762946))
              0.850    event Present(0)
              0.850    Pulled(0, 0)
              0.860 -> RTS True
              0.950    event Created(0)
              0.950    event Started(0)
              0.950    Started(0)
              0.950    Listening(0, 8080)
              0.970 -> 0 running, 0 started true, 0 containerID, ip 10.244.0.2
              3.950    Exited(0, 0, false)
              4.000    event Present(1)
              4.000    Pulled(1, 0)
              4.010 -> 0 T 0 Completed, 0 ready true, 0 started false, Init False ContainersNotInitialized, (containers with incomplete status: [i2])
              4.100    event Created(1)
              4.100    event Started(1)
              4.100    Started(1)
              4.100    Listening(1, 8080)
              4.120 -> 1 running, 1 started true, 1 containerID
              7.100    Exited(1, 0, false)
              8.000    event Present(2)
              8.000    Pulled(2, 0)
              8.010 -> 1 T 0 Completed, 1 ready true, 1 started false, Init True
              8.100    event Created(2)
              8.100    event Started(2)
              8.100    Started(2)
              8.100    Listening(2, 8080)
              8.120 -> 2 running, 2 ready true, 2 started true, 2 containerID, phase Running, CR True, Rdy True
        "#]],
    );
}

#[test]
fn tv20_an_init_container_fails() {
    let plan = canonical(server(), |spec| {
        init(spec, "i1");
        spec.restart_policy = RestartPolicy::Never;
    });
    check(
        with_init(plan, 1, 1),
        30,
        &expect![[r#"
              0.250 (not the kubelet) ADDED
              0.250    Admitted
              0.260 -> 0 W PodInitializing, 0 started false, 1 W PodInitializing, 1 started false, startTime, og 1, PodScheduled True, RTS False, Init False ContainersNotInitialized, (containers with incomplete status: [i1]), CR False ContainersNotReady, (containers with unready status: [c]), Rdy False ContainersNotReady, (containers with unready status: [c])
              0.850    SandboxStarted(PodIp(183762946))
              0.850    event Present(0)
              0.850    Pulled(0, 0)
              0.860 -> RTS True
              0.950    event Created(0)
              0.950    event Started(0)
              0.950    Started(0)
              0.950    Listening(0, 8080)
              0.970 -> 0 running, 0 started true, 0 containerID, ip 10.244.0.2
              1.950    Exited(0, 1, false)
              2.010 -> 0 T 1 Error, 0 started false, CR False PodFailed, Rdy False PodFailed
              3.000    SandboxStopped
              3.010 -> RTS False, phase Failed
              4.000    Finished
        "#]],
    );
}

#[test]
fn tv9_run_to_completion() {
    let program = Program {
        runs: Some(Dist::Constant(SimDuration::from_secs(2))),
        exit_code: 3,
        ..server()
    };
    let plan = canonical(program, |spec| spec.restart_policy = RestartPolicy::Never);
    check(
        plan,
        30,
        &expect![[r#"
              0.250 (not the kubelet) ADDED
              0.250    Admitted
              0.260 -> 0 W ContainerCreating, 0 started false, startTime, og 1, PodScheduled True, RTS False, Init True, CR False ContainersNotReady, (containers with unready status: [c]), Rdy False ContainersNotReady, (containers with unready status: [c])
              0.850    SandboxStarted(PodIp(183762946))
              0.850    event Present(0)
              0.850    Pulled(0, 0)
              0.860 -> RTS True
              0.950    event Created(0)
              0.950    event Started(0)
              0.950    Started(0)
              0.950    Listening(0, 8080)
              0.970 -> 0 running, 0 ready true, 0 started true, 0 containerID, phase Running, ip 10.244.0.2, CR True, Rdy True
              2.950    Exited(0, 3, false)
              3.010 -> 0 T 3 Error, 0 ready false, 0 started false, CR False PodFailed, Rdy False PodFailed
              4.000    SandboxStopped
              4.010 -> RTS False, phase Failed
              5.000    Finished
        "#]],
    );
}

#[test]
fn tv19_forced_deletion() {
    let program = Program {
        on_term: OnTerm::Ignore,
        ..server()
    };
    check_with(
        canonical(program, |_| ()),
        60,
        &delete(Some(0)),
        &expect![[r#"
              0.250 (not the kubelet) ADDED
              0.250    Admitted
              0.260 -> 0 W ContainerCreating, 0 started false, startTime, og 1, PodScheduled True, RTS False, Init True, CR False ContainersNotReady, (containers with unready status: [c]), Rdy False ContainersNotReady, (containers with unready status: [c])
              0.850    SandboxStarted(PodIp(183762946))
              0.850    event Present(0)
              0.850    Pulled(0, 0)
              0.860 -> RTS True
              0.950    event Created(0)
              0.950    event Started(0)
              0.950    Started(0)
              0.950    Listening(0, 8080)
              0.970 -> 0 running, 0 ready true, 0 started true, 0 containerID, phase Running, ip 10.244.0.2, CR True, Rdy True
             10.000 (not the kubelet) -> Deleting(Deletion { at: Stamp(9), grace_seconds: 0 })
             10.000 (not the kubelet) -> Removed
             10.000    event Killing(0)
             10.000    Signalled(0, Term)
             12.000    Signalled(0, Kill)
             12.000    Exited(0, 137, false)
             12.000    SandboxStopped
             13.000    Finished
        "#]],
    );
}
