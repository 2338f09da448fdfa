//! Pods that are deleted.

use expect_test::expect;
use wavetank_core::object::template::{Handler, PullPolicy, RestartPolicy};
use wavetank_core::time::SimDuration;
use wavetank_sim::plan::image::{Image, OnTerm, Program};

use crate::support::*;

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
            0.970 -> 0 running, 0 ready true, 0 started true, 0 containerID, ip 10.244.0.2, phase Running, CR True, Rdy True
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
            0.970 -> 0 running, 0 ready true, 0 started true, 0 containerID, ip 10.244.0.2, phase Running, CR True, Rdy True
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
            0.970 -> 0 running, 0 ready true, 0 started true, 0 containerID, ip 10.244.0.2, phase Running, CR True, Rdy True
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
            0.970 -> 0 running, 0 ready true, 0 started true, 0 containerID, ip 10.244.0.2, phase Running, CR True, Rdy True
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

#[test]
fn tv23_sidecars_end_after_the_main_container() {
    let program = Program {
        on_term: OnTerm::Serve(SimDuration::from_millis(3_995)),
        ..server()
    };
    let mut plan = canonical(program, |spec| {
        for name in ["s1", "s2"] {
            init(spec, name);
            let sidecar = spec.init_containers.last_mut().expect("just added");
            sidecar.restart_policy = Some(RestartPolicy::Always);
        }
        spec.init_containers[0].pre_stop = Some(Handler::Sleep(2));
    });
    let image = Image {
        program: Program {
            on_term: OnTerm::Serve(SimDuration::from_millis(995)),
            ..server()
        },
        ..plan.images.default.clone()
    };
    plan.images.named.push(("init".into(), image));
    check_with(
        plan,
        60,
        &delete(None),
        &expect![[r#"
        0.250 (not the kubelet) ADDED
        0.250    Admitted
        0.260 -> 0 W PodInitializing, 0 started false, 1 W PodInitializing, 1 started false, 2 W PodInitializing, 2 started false, startTime, og 1, PodScheduled True, RTS False, Init False ContainersNotInitialized, (containers with incomplete status: [s1 s2]), CR False ContainersNotReady, (containers with unready status: [s1 s2 c]), Rdy False ContainersNotReady, (containers with unready status: [s1 s2 c])
        0.850    SandboxStarted(PodIp(183762946))
        0.850    event Present(0)
        0.850    Pulled(0, 0)
        0.860 -> RTS True
        0.950    event Created(0)
        0.950    event Started(0)
        0.950    Started(0)
        0.950    Listening(0, 8080)
        0.950    event Present(1)
        0.950    Pulled(1, 0)
        0.970 -> 0 running, 0 ready true, 0 started true, 0 containerID, ip 10.244.0.2, Init False ContainersNotInitialized, (containers with incomplete status: [s2]), CR False ContainersNotReady, (containers with unready status: [s2 c]), Rdy False ContainersNotReady, (containers with unready status: [s2 c])
        1.050    event Created(1)
        1.050    event Started(1)
        1.050    Started(1)
        1.050    Listening(1, 8080)
        1.050    event Present(2)
        1.050    Pulled(2, 0)
        1.070 -> 1 running, 1 ready true, 1 started true, 1 containerID, Init True, CR False ContainersNotReady, (containers with unready status: [c]), Rdy False ContainersNotReady, (containers with unready status: [c])
        1.150    event Created(2)
        1.150    event Started(2)
        1.150    Started(2)
        1.150    Listening(2, 8080)
        1.170 -> 2 running, 2 ready true, 2 started true, 2 containerID, phase Running, CR True, Rdy True
        10.000 (not the kubelet) -> Deleting(Deletion { at: Stamp(39), grace_seconds: 30 })
        10.000    event Killing(0)
        10.000    event Killing(1)
        10.000    event Killing(2)
        10.000    HookStarted(0, PreStop)
        10.000    Signalled(2, Term)
        10.010 -> og 2
        13.995    ListenStopped(2, 8080)
        14.000    Exited(2, 0, false)
        14.000    Signalled(1, Term)
        14.995    ListenStopped(1, 8080)
        15.000    Exited(1, 0, false)
        15.000    HookEnded(0, PreStop, true)
        15.000    Signalled(0, Term)
        15.995    ListenStopped(0, 8080)
        16.000    Exited(0, 0, false)
        16.000    SandboxStopped
        16.010 -> RTS False, 0 T 0 Completed, 0 ready false, 0 started false, 1 T 0 Completed, 1 ready false, 1 started false, 2 T 0 Completed, 2 ready false, 2 started false, phase Succeeded, Init True PodCompleted, CR False PodCompleted, Rdy False PodCompleted
        17.000    Finished
        17.000 -> Deleting(Deletion { at: Stamp(16), grace_seconds: 0 })
        17.000 -> Removed
    "#]],
    );
}

#[test]
fn a_pod_without_any_container_is_deleted() {
    let plan = canonical(server(), |spec| {
        spec.containers[0].image = "missing:1".into();
        spec.containers[0].pull_policy = PullPolicy::Never;
    });
    let mut plan = plan;
    let image = Image {
        present: false,
        ..plan.images.default.clone()
    };
    plan.images.named.push(("missing".into(), image));
    check_with(
        plan,
        60,
        &delete(None),
        &expect![[r#"
            0.250 (not the kubelet) ADDED
            0.250    Admitted
            0.260 -> 0 W ContainerCreating, 0 started false, startTime, og 1, PodScheduled True, RTS False, Init True, CR False ContainersNotReady, (containers with unready status: [c]), Rdy False ContainersNotReady, (containers with unready status: [c])
            0.850    SandboxStarted(PodIp(183762946))
            0.850    event Warning("ErrImageNeverPull", "Container image \"missing:1\" is not present with pull policy of Never")
            0.850    event Warning("Failed", "Error: ErrImageNeverPull")
            0.860 -> RTS True
            1.000    event Warning("ErrImageNeverPull", "Container image \"missing:1\" is not present with pull policy of Never")
            1.000    event Warning("Failed", "Error: ErrImageNeverPull")
            1.010 -> 0 W ErrImageNeverPull, (Container image "missing:1" is not present with pull policy of Never), ip 10.244.0.2
            10.000 (not the kubelet) -> Deleting(Deletion { at: Stamp(39), grace_seconds: 30 })
            10.000    SandboxStopped
            10.010 -> 0 W ContainerCreating, og 2
            10.020 -> RTS False
            11.000    Finished
            11.010 -> 0 T 137 ContainerStatusUnknown, (The container could not be located when the pod was terminated), phase Failed
            11.010 -> Deleting(Deletion { at: Stamp(10), grace_seconds: 0 })
            11.010 -> Removed
        "#]],
    );
}

#[test]
fn tv3_active_deadline() {
    let program = Program {
        on_term: OnTerm::Serve(SimDuration::from_millis(495)),
        ..server()
    };
    let plan = canonical(program, |spec| spec.active_deadline_seconds = Some(10));
    check(
        plan,
        60,
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
            10.500    event Normal("DeadlineExceeded", "Pod was active on the node longer than the specified deadline")
            10.510 -> CR False PodFailed, Rdy False PodFailed
            11.000    event Normal("DeadlineExceeded", "Pod was active on the node longer than the specified deadline")
            11.000    event Killing(0)
            11.000    Signalled(0, Term)
            11.495    ListenStopped(0, 8080)
            11.500    Exited(0, 0, false)
            11.500    SandboxStopped
            11.500    event Normal("DeadlineExceeded", "Pod was active on the node longer than the specified deadline")
            11.510 -> RTS False, 0 T 0 Completed, 0 ready false, 0 started false, phase Failed, Reason(TextId(32)), Message(TextId(80))
            12.000    Finished
        "#]],
    );
}
