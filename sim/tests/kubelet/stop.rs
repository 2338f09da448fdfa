//! Pods that are deleted.

use expect_test::expect;
use wavetank_core::time::SimDuration;
use wavetank_sim::plan::image::OnTerm;
use wavetank_sim::plan::image::Program;

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
