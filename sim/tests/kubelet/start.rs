//! Pods that start, crash, complete.

use expect_test::expect;
use wavetank_core::dist::Dist;
use wavetank_core::id::PodId;
use wavetank_core::object::template::{Probe, RestartPolicy};
use wavetank_core::time::SimDuration;
use wavetank_sim::network::profile::Network;
use wavetank_sim::plan::build::{PlanBuilder, http_probe};
use wavetank_sim::plan::image::{Image, Program};

use crate::support::*;

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
            0.970 -> 0 running, 0 ready true, 0 started true, 0 containerID, ip 10.244.0.2, phase Running, CR True, Rdy True
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
            0.970 -> 0 running, 0 ready true, 0 started true, 0 containerID, ip 10.244.0.2, phase Running, CR True, Rdy True
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
            0.970 -> 0 running, 0 ready true, 0 started true, 0 containerID, ip 10.244.0.2, phase Running, CR True, Rdy True
            2.950    Exited(0, 3, false)
            3.010 -> 0 T 3 Error, 0 ready false, 0 started false, CR False PodFailed, Rdy False PodFailed
            4.000    SandboxStopped
            4.010 -> RTS False, phase Failed
            5.000    Finished
        "#]],
    );
}

#[test]
fn tv2_images_are_pulled_one_after_the_other_and_once() {
    let builder = PlanBuilder::new("pull").nodes(1);
    let builder = builder.pod("a", |_| ()).pod("b", |_| ()).pod("c", |spec| {
        spec.containers[0].image = "a:1".into();
    });
    let mut plan = bound(builder);
    plan.network = Network::canonical(SimDuration::from_millis(1_000 - ADDED));
    plan.images.default.program = server();
    plan.images.bytes_per_second = 100 << 20;
    plan.images.pull_latency = Dist::Constant(SimDuration::from_millis(500));
    let (records, engine) = play(plan, 30, 1, &[]);
    let mut out = String::new();
    for pod in 0..3 {
        for line in lines(&records, &engine, PodId(pod)).lines() {
            if line.contains("ull") {
                out += &format!("{pod} {line}\n");
            }
        }
    }
    expect![[r#"
        0 0.850    event Pulling(0)
        0 0.850    PullStarted(0)
        0 2.350    event Pulled(0, 1500)
        0 2.350    Pulled(0, 1500)
        1 0.850    event Pulling(0)
        1 0.850    PullStarted(0)
        1 3.850    event Pulled(0, 3000)
        1 3.850    Pulled(0, 3000)
        2 0.850    event Pulling(0)
        2 0.850    PullStarted(0)
        2 4.350    event Pulled(0, 3500)
        2 4.350    Pulled(0, 3500)
    "#]]
    .assert_eq(&out);
}

#[test]
fn tv21_a_sidecar_with_a_startup_probe() {
    let mut plan = canonical(server(), |spec| {
        init(spec, "s");
        spec.init_containers[0].restart_policy = Some(RestartPolicy::Always);
        let startup = Probe {
            failure_threshold: 10,
            ..http_probe(2)
        };
        spec.init_containers[0].startup = Some(startup);
    });
    let image = Image {
        program: listens_after(4),
        ..plan.images.default.clone()
    };
    plan.images.named.push(("init".into(), image));
    check(
        plan,
        60,
        &expect![[r#"
        0.250 (not the kubelet) ADDED
        0.250    Admitted
        0.260 -> 0 W PodInitializing, 0 started false, 1 W PodInitializing, 1 started false, startTime, og 1, PodScheduled True, RTS False, Init False ContainersNotInitialized, (containers with incomplete status: [s]), CR False ContainersNotReady, (containers with unready status: [s c]), Rdy False ContainersNotReady, (containers with unready status: [s c])
        0.850    SandboxStarted(PodIp(183762946))
        0.850    event Present(0)
        0.850    Pulled(0, 0)
        0.860 -> RTS True
        0.950    event Created(0)
        0.950    event Started(0)
        0.950    Started(0)
        0.970 -> 0 running, 0 containerID, ip 10.244.0.2
        2.550    event Unhealthy(0, "Startup probe failed: Get \"http://10.244.0.2:8080/\": dial tcp 10.244.0.2:8080: connect: connection refused")
        4.550    event Unhealthy(0, "Startup probe failed: Get \"http://10.244.0.2:8080/\": dial tcp 10.244.0.2:8080: connect: connection refused")
        4.950    Listening(0, 8080)
        6.550    Probed(0, Startup, true)
        6.550    event Present(1)
        6.550    Pulled(1, 0)
        6.560 -> 0 ready true, 0 started true, CR False ContainersNotReady, (containers with unready status: [c]), Rdy False ContainersNotReady, (containers with unready status: [c])
        6.570 -> Init True
        6.650    event Created(1)
        6.650    event Started(1)
        6.650    Started(1)
        6.650    Listening(1, 8080)
        6.670 -> 1 running, 1 ready true, 1 started true, 1 containerID, phase Running, CR True, Rdy True
    "#]],
    );
}
