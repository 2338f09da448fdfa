//! Many replicas: the work per pod does not grow with their number.

use wavetank_core::time::{SimDuration, SimTime};
use wavetank_sim::plan::build::PlanBuilder;

use crate::harness::{Bench, Kubelets, summary, vector};

/// Two thousand pods behind a Service, in slices of a hundred.
#[test]
fn a_large_deployment_is_created() {
    let builder = PlanBuilder::new("large")
        .nodes(10)
        .service("web")
        .deployment("web", 2_000, |_| ());
    let kubelets = Kubelets {
        ready_after: Some(SimDuration::from_secs(1)),
        gone_after: SimDuration::from_secs(1),
    };
    let mut bench = Bench::new(vector(builder), kubelets);
    bench.until(SimTime::from_secs(60));
    expect_test::expect![[r#"
        deployment 2000: DeploymentStatus { observed_generation: 1, replicas: 2000, updated: 2000, ready: 2000, available: 2000, unavailable: 0, terminating: 0, collisions: 0, progressing: Condition { status: Absent, reason: TextId(0), message: TextId(0), changed: Stamp(0), updated: Stamp(0) }, availability: Condition { status: Absent, reason: TextId(0), message: TextId(0), changed: Stamp(0), updated: Stamp(0) }, failure: Condition { status: Absent, reason: TextId(0), message: TextId(0), changed: Stamp(0), updated: Stamp(0) } }
        replica set of revision 1: replicas 2000, desired 2000, max 2500, 2000 pods, ready 2000, available 2000, terminating 0
        slice: 94 endpoints, 94 ready
        slice: 100 endpoints, 100 ready
        slice: 92 endpoints, 92 ready
        slice: 100 endpoints, 100 ready
        slice: 100 endpoints, 100 ready
        slice: 77 endpoints, 77 ready
        slice: 96 endpoints, 96 ready
        slice: 100 endpoints, 100 ready
        slice: 100 endpoints, 100 ready
        slice: 100 endpoints, 100 ready
        slice: 73 endpoints, 73 ready
        slice: 96 endpoints, 96 ready
        slice: 100 endpoints, 100 ready
        slice: 100 endpoints, 100 ready
        slice: 100 endpoints, 100 ready
        slice: 73 endpoints, 73 ready
        slice: 31 endpoints, 31 ready
        slice: 96 endpoints, 96 ready
        slice: 100 endpoints, 100 ready
        slice: 100 endpoints, 100 ready
        slice: 100 endpoints, 100 ready
        slice: 72 endpoints, 72 ready
    "#]].assert_eq(&summary(bench.cluster()));
}
