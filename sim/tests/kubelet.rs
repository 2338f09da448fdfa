//! The kubelet, driven by the whole engine: what a pod on a node writes, and when.

use std::fmt::Write as _;
use std::sync::Arc;

use expect_test::{Expect, expect};
use wavetank_core::dist::Dist;
use wavetank_core::fact::pod::{ContainerChange, PodChange, StatusChange};
use wavetank_core::fact::{Actor, Fact, Record};
use wavetank_core::id::{NodeId, PodId};
use wavetank_core::object::pod::PodConditionType;
use wavetank_core::object::template::PodSpec;
use wavetank_core::time::{SimDuration, SimTime};
use wavetank_sim::check::Checks;
use wavetank_sim::engine::Engine;
use wavetank_sim::engine::record::Recorder;
use wavetank_sim::message::call::Request;
use wavetank_sim::network::profile::Network;
use wavetank_sim::plan::Plan;
use wavetank_sim::plan::build::PlanBuilder;
use wavetank_sim::plan::image::{OnTerm, Program};

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

/// Runs a plan until `seconds`.
fn play(plan: Plan, seconds: u64, seed: u64) -> (Vec<Record>, Engine) {
    play_with(plan, seconds, seed, &[])
}

/// Runs a plan until `seconds`, with calls of the user at some milliseconds of the test vectors' time.
fn play_with(
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
    let (records, engine) = play_with(plan, seconds, 1, calls);
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
         13.000    Admitted
         13.010 Refused(ObjId { kind: Pod, index: 0 }, NotFound)
         14.000    Finished
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
