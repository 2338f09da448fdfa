//! Nodes that crash, kubelets that restart, processes that are killed; and the times of the lab.

use expect_test::expect;
use wavetank_core::fact::Fact;
use wavetank_core::fact::pod::{PodChange, StatusChange};
use wavetank_core::fact::runtime::{RuntimeFact, Signal};
use wavetank_core::id::{NodeId, PodId};
use wavetank_core::object::pod::Phase;
use wavetank_core::time::SimTime;
use wavetank_sim::message::call::Request;
use wavetank_sim::plan::build::PlanBuilder;
use wavetank_sim::plan::fault::{Act, FaultStep};

use crate::support::*;

#[test]
fn the_lab_takes_its_time() {
    let mut times: [Vec<u64>; 6] = Default::default();
    let mut messages = 0;
    for seed in 0..200 {
        let mut builder = PlanBuilder::new("lab").nodes(1).pod("p", |_| ());
        builder.plan().images.default.present = true;
        builder.plan().images.default.program = server();
        let deletion = [(20_000, Request::DeletePod(PodId(0), None, None))];
        let (records, engine) = play(bound(builder), 40, seed, &deletion);
        messages = messages.max(engine.messages());
        let when = |matches: &dyn Fn(&Fact) -> bool| {
            let found = records.iter().find(|record| matches(&record.fact));
            found.map_or(SimTime::ZERO, |record| record.at)
        };
        let runtime = |wanted: RuntimeFact| {
            when(&move |fact| matches!(fact, Fact::Runtime(_, known) if *known == wanted))
        };
        let phase = |wanted: &dyn Fn(Phase) -> bool| {
            when(&|fact| match fact {
                Fact::PodChanged(_, PodChange::Status(changes)) => changes
                    .iter()
                    .any(|change| matches!(change, StatusChange::Phase(phase) if wanted(*phase))),
                _ => false,
            })
        };
        let created = when(&|fact| matches!(fact, Fact::PodCreated(..)));
        let deleting = when(&|fact| matches!(fact, Fact::PodChanged(_, PodChange::Deleting(_))));
        let removed = when(&|fact| matches!(fact, Fact::PodChanged(_, PodChange::Removed)));
        let term = runtime(RuntimeFact::Signalled(0, Signal::Term));
        let exited = runtime(RuntimeFact::Exited(0, 143, false));
        let spans = [
            (created, runtime(RuntimeFact::Started(0))),
            (created, phase(&|phase| phase == Phase::Running)),
            (deleting, term),
            (exited, runtime(RuntimeFact::SandboxStopped)),
            (exited, phase(&Phase::is_terminal)),
            (exited, removed),
        ];
        for (span, (from, to)) in times.iter_mut().zip(spans) {
            span.push(to.since(from).nanos() / 1_000_000);
        }
    }
    let names = [
        "created -> process started",
        "created -> Running written",
        "deletion -> TERM",
        "exit -> network dark",
        "exit -> terminal phase written",
        "exit -> object deleted",
    ];
    let mut out = String::new();
    for (name, span) in names.into_iter().zip(&mut times) {
        span.sort_unstable();
        let at = |percent: usize| span[span.len() * percent / 100];
        out += &format!("{name}: {} ms, 90 % {} ms\n", at(50), at(90));
    }
    out += &format!("{messages} messages at most");
    expect![[r#"
        created -> process started: 508 ms, 90 % 561 ms
        created -> Running written: 522 ms, 90 % 573 ms
        deletion -> TERM: 11 ms, 90 % 18 ms
        exit -> network dark: 153 ms, 90 % 268 ms
        exit -> terminal phase written: 161 ms, 90 % 278 ms
        exit -> object deleted: 690 ms, 90 % 1088 ms
        34 messages at most"#]]
    .assert_eq(&out);
}

/// A fault at 10 s of the vectors' time, which ends after so many seconds if it does.
fn fault(act: Act, lasts: Option<u64>) -> Vec<FaultStep> {
    let at = |millis: u64| SimTime::from_nanos((millis - ADDED) * 1_000_000);
    vec![FaultStep {
        name: "fault".into(),
        at: at(10_000),
        until: lasts.map(|seconds| at(10_000 + 1_000 * seconds)),
        act,
    }]
}

#[test]
fn a_node_crashes_and_comes_back() {
    let faults = fault(Act::CrashNode(NodeId(0)), Some(20));
    check_faults(
        canonical(server(), |_| ()),
        60,
        faults,
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
            0.970 -> 0 running, 0 ready true, 0 started true, 0 containerID, ip 10.244.0.2, phase Running, CR True, Rdy True
            10.000    SandboxStopped
            30.750    event Normal("SandboxChanged", "Pod sandbox changed, it will be killed and re-created.")
            30.760 -> 0 T 255 Unknown, 0 ready false, 0 started false, RTS False, CR False ContainersNotReady, (containers with unready status: [c]), Rdy False ContainersNotReady, (containers with unready status: [c])
            31.350    SandboxStarted(PodIp(183762947))
            31.350    event Present(0)
            31.350    Pulled(0, 0)
            31.360 -> RTS True
            31.450    event Created(0)
            31.450    event Started(0)
            31.450    Started(0)
            31.450    Listening(0, 8080)
            31.470 -> 0 LS 255 Unknown, 0 running, 0 rc1, 0 ready true, 0 started true, 0 containerID, ip 10.244.0.3, CR True, Rdy True
        "#]],
    );
}

#[test]
fn a_kubelet_restarts() {
    let faults = fault(Act::RestartKubelet(NodeId(0)), None);
    let plan = canonical(server(), |spec| {
        spec.containers[0].readiness = Some(wavetank_sim::plan::build::http_probe(5));
    });
    check_faults(
        plan,
        60,
        faults,
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
            0.970 -> 0 running, 0 started true, 0 containerID, ip 10.244.0.2, phase Running
            0.980 -> 0 ready true, CR True, Rdy True
        "#]],
    );
}

#[test]
fn a_process_is_killed() {
    let act = Act::KillPod {
        namespace: "default".into(),
        selector: "app=p".into(),
        which: 3,
    };
    check_faults(
        canonical(server(), |_| ()),
        60,
        fault(act, None),
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
            0.970 -> 0 running, 0 ready true, 0 started true, 0 containerID, ip 10.244.0.2, phase Running, CR True, Rdy True
            10.000    Signalled(0, Kill)
            10.000    Exited(0, 137, false)
            11.000    event Present(0)
            11.000    Pulled(0, 0)
            11.010 -> 0 T 137 Error, 0 ready false, 0 started false, CR False ContainersNotReady, (containers with unready status: [c]), Rdy False ContainersNotReady, (containers with unready status: [c])
            11.100    event Created(0)
            11.100    event Started(0)
            11.100    Started(0)
            11.100    Listening(0, 8080)
            11.120 -> 0 LS 137 Error, 0 running, 0 rc1, 0 ready true, 0 started true, 0 containerID, CR True, Rdy True
        "#]],
    );
}
