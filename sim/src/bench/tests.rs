use super::*;

/// Runs a workload on three nodes and tells what is left at its end.
fn check(workload: Workload, pods: u32, left: u32) {
    let size = Size {
        nodes: 3,
        pods,
        seed: 1,
        exact: false,
    };
    assert!(size.fits());
    let mut most = 0;
    let ended = run(
        workload,
        size,
        Recorder::nothing(),
        Checks::all(),
        &mut |done| most = done,
    );
    assert_eq!(ended.outcome.violations, []);
    assert_eq!(most, pods);
    assert_eq!(ended.cluster.store.pods.len(), pods);
    assert_eq!(
        ended.cluster.store.pods.live_indexes().count(),
        left as usize
    );
}

#[test]
fn plain_pods_come_and_go() {
    check(Workload::Plain, 300, 0);
}

#[test]
fn all_pods_are_bound() {
    check(Workload::Schedule, 330, 330);
}

#[test]
fn live_pods_stay() {
    check(Workload::Live, 250, 250);
}

#[test]
fn a_full_cluster_is_known() {
    let size = Size {
        nodes: 3,
        pods: 331,
        seed: 1,
        exact: false,
    };
    assert!(!size.fits());
}
