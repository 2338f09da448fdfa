//! Deployments (TV1, TV2).

use expect_test::expect;
use wavetank_core::time::SimTime;
use wavetank_sim::plan::build::PlanBuilder;

use crate::harness::{Bench, Kubelets, vector};

/// TV1, line by line.
#[test]
fn a_deployment_is_created() {
    let plan = vector(PlanBuilder::new("tv1").deployment("web", 3, |_| ()));
    let mut bench = Bench::new(plan, Kubelets::NONE);
    bench.until(SimTime::from_secs(1));
    // The first write is t = 0 of the vector: it takes 10 ms like all others.
    expect![[r#"
             0 deployment created
            17 rs0 created: replicas 3, revision 1, desired 3, max 4
            27 deployment status: og 0, replicas 0, updated 0, ready 0, available 0, unavailable 0, terminating 0, revision 1, Progressing True NewReplicaSetCreated
            34 pod0 created
            37 (Conflict: Deployment0, by Controller(Deployment))
            44 pod1 created
            44 pod2 created
    "#]].assert_eq(&bench.trace(SimTime::from_nanos(10_000_000)));
}
