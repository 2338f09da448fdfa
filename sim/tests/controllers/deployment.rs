//! Deployments (TV1, TV2).

use expect_test::expect;
use wavetank_core::id::PodId;
use wavetank_core::time::{SimDuration, SimTime};
use wavetank_sim::message::call::Request;
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
            47 deployment status: og 1, replicas 0, updated 0, ready 0, available 0, unavailable 3, terminating 0, revision 1, Progressing True NewReplicaSetCreated, Available False MinimumReplicasUnavailable
            54 rs0 status: og 1, replicas 0, ready 0, available 0, terminating 0
            57 (Conflict: Deployment0, by Controller(Deployment))
            71 rs0 status: og 1, replicas 3, ready 0, available 0, terminating 0
            88 deployment status: og 1, replicas 3, updated 3, ready 0, available 0, unavailable 3, terminating 0, revision 1, Progressing True ReplicaSetUpdated, Available False MinimumReplicasUnavailable
    "#]].assert_eq(&bench.trace(SimTime::from_nanos(10_000_000)));
}

/// A Service in front: endpoints appear, become ready, and go.
#[test]
fn a_service_follows_its_pods() {
    let builder = PlanBuilder::new("service")
        .nodes(2)
        .service("web")
        .deployment("web", 2, |_| ());
    let kubelets = Kubelets {
        ready_after: Some(SimDuration::from_secs(2)),
        gone_after: SimDuration::from_secs(1),
    };
    let mut bench = Bench::new(vector(builder), kubelets);
    bench.until(SimTime::from_secs(10));
    bench.user(Request::DeletePod(PodId(0), None, None));
    bench.seconds(5);
    expect![[r#"
            27 slice0 created: []
            54 pod0 created
            64 pod1 created
            64 pod0 bound to node0
            74 pod1 bound to node1
          2064 pod0 status: Running ContainersReady True Ready True
          2074 pod1 status: Running ContainersReady True Ready True
          2081 slice0 ports 1, ["pod0 ready serving"]
          3091 slice0 ["pod1 ready serving"]
         10010 pod0 deleting, grace 30
         10027 pod2 created
         10027 slice0 ["pod0 serving terminating"]
         10037 pod2 bound to node0
         11020 pod0 status: Succeeded Ready False
         11037 slice0 ["-pod0"]
         11520 pod0 deleting, grace 0
         11520 pod0 removed
         12037 pod2 status: Running ContainersReady True Ready True
         12054 slice0 ["pod2 ready serving"]
    "#]]
    .assert_eq(&bench.trace_of(SimTime::ZERO, &["slice", "pod"]));
}
