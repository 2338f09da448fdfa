//! Probes.

use expect_test::expect;
use wavetank_core::object::template::Probe;
use wavetank_core::time::SimDuration;
use wavetank_sim::plan::build::http_probe;
use wavetank_sim::plan::image::OnTerm;
use wavetank_sim::plan::image::Program;

use crate::support::*;

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
            0.970 -> 0 running, 0 started true, 0 containerID, ip 10.244.0.2, phase Running
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
            0.970 -> 0 running, 0 started true, 0 containerID, ip 10.244.0.2, phase Running
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
            0.970 -> 0 running, 0 containerID, ip 10.244.0.2, phase Running
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
            0.970 -> 0 running, 0 ready true, 0 started true, 0 containerID, ip 10.244.0.2, phase Running, CR True, Rdy True
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
