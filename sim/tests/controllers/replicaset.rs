//! ReplicaSets: replacement, scaling, victims (C283, C284, TV3, TV4).

use expect_test::{Expect, expect};
use wavetank_core::fact::object::DeploymentChange;
use wavetank_core::fact::Fact;
use wavetank_core::id::{DeploymentId, PodId};
use wavetank_core::time::{SimDuration, SimTime};
use wavetank_sim::message::call::Request;
use wavetank_sim::plan::build::PlanBuilder;

use crate::harness::{Bench, Kubelets, vector};

fn bench(replicas: u32) -> Bench {
    let builder = PlanBuilder::new("replicas")
        .nodes(2)
        .deployment("web", replicas, |_| ());
    let kubelets = Kubelets {
        ready_after: Some(SimDuration::from_secs(2)),
        gone_after: SimDuration::from_secs(1),
    };
    let mut bench = Bench::new(vector(builder), kubelets);
    bench.until(SimTime::from_secs(10));
    bench.mark();
    bench
}

fn check(bench: &Bench, expected: &Expect) {
    expected.assert_eq(&bench.trace(SimTime::from_secs(10)));
}

/// C283: the order of writes when a pod is deleted.
#[test]
fn a_deleted_pod_is_replaced() {
    let mut bench = bench(2);
    bench.user(Request::DeletePod(PodId(0), None, None));
    bench.seconds(10);
    check(&bench, &expect![[r#"
            10 pod0 deleting, grace 30
            27 pod2 created
            37 rs0 status: og 1, replicas 1, ready 1, available 1, terminating 1
            37 pod2 bound to node0
            54 rs0 status: og 1, replicas 2, ready 1, available 1, terminating 1
            54 deployment status: og 1, replicas 1, updated 1, ready 1, available 1, unavailable 1, terminating 1, revision 1, Progressing True NewReplicaSetAvailable, Available False MinimumReplicasUnavailable
            71 (Conflict: Deployment0, by Controller(Deployment))
            81 deployment status: og 1, replicas 2, updated 2, ready 1, available 1, unavailable 1, terminating 1, revision 1, Progressing True NewReplicaSetAvailable, Available False MinimumReplicasUnavailable
            91 (Conflict: Deployment0, by Controller(Deployment))
          1020 pod0 status: Succeeded Ready False
          1037 rs0 status: og 1, replicas 2, ready 1, available 1, terminating 0
          1054 deployment status: og 1, replicas 2, updated 2, ready 1, available 1, unavailable 1, terminating 0, revision 1, Progressing True NewReplicaSetAvailable, Available False MinimumReplicasUnavailable
          1520 pod0 deleting, grace 0
          1520 pod0 removed
          2037 pod2 status: Running ContainersReady True Ready True
          2054 rs0 status: og 1, replicas 2, ready 2, available 2, terminating 0
          2071 deployment status: og 1, replicas 2, updated 2, ready 2, available 2, unavailable 0, terminating 0, revision 1, Progressing True NewReplicaSetAvailable, Available True MinimumReplicasAvailable
    "#]]);
}

/// C284: the order of writes when a Deployment is scaled down and up.
#[test]
fn a_deployment_is_scaled() {
    let mut bench = bench(3);
    let web = DeploymentId(0);
    bench.change(Fact::DeploymentChanged(web, DeploymentChange::Scaled(1)));
    bench.seconds(10);
    bench.change(Fact::DeploymentChanged(web, DeploymentChange::Scaled(2)));
    bench.seconds(10);
    check(&bench, &expect![[r#"
            10 deployment Scaled(1)
            27 rs0 scaled: replicas 1, desired 1, max 2
            37 deployment status: og 2, replicas 3, updated 3, ready 3, available 3, unavailable 0, terminating 0, revision 1, Progressing True NewReplicaSetAvailable, Available True MinimumReplicasAvailable
            44 pod0 deleting, grace 30
            44 pod2 deleting, grace 30
            47 (Conflict: Deployment0, by Controller(Deployment))
            54 rs0 status: og 2, replicas 3, ready 3, available 3, terminating 0
            71 rs0 status: og 2, replicas 1, ready 1, available 1, terminating 2
            88 deployment status: og 2, replicas 1, updated 1, ready 1, available 1, unavailable 0, terminating 2, revision 1, Progressing True NewReplicaSetAvailable, Available True MinimumReplicasAvailable
          1054 pod0 status: Succeeded Ready False
          1054 pod2 status: Succeeded Ready False
          1071 rs0 status: og 2, replicas 1, ready 1, available 1, terminating 1
          1088 rs0 status: og 2, replicas 1, ready 1, available 1, terminating 0
          1088 deployment status: og 2, replicas 1, updated 1, ready 1, available 1, unavailable 0, terminating 1, revision 1, Progressing True NewReplicaSetAvailable, Available True MinimumReplicasAvailable
          1105 (Conflict: Deployment0, by Controller(Deployment))
          1115 deployment status: og 2, replicas 1, updated 1, ready 1, available 1, unavailable 0, terminating 0, revision 1, Progressing True NewReplicaSetAvailable, Available True MinimumReplicasAvailable
          1125 (Conflict: Deployment0, by Controller(Deployment))
          1554 pod0 deleting, grace 0
          1554 pod0 removed
          1554 pod2 deleting, grace 0
          1554 pod2 removed
         10010 deployment Scaled(2)
         10027 rs0 scaled: replicas 2, desired 2, max 3
         10037 deployment status: og 3, replicas 1, updated 1, ready 1, available 1, unavailable 0, terminating 0, revision 1, Progressing True NewReplicaSetAvailable, Available False MinimumReplicasUnavailable
         10044 pod3 created
         10047 (Conflict: Deployment0, by Controller(Deployment))
         10054 rs0 status: og 3, replicas 1, ready 1, available 1, terminating 0
         10054 pod3 bound to node1
         10057 deployment status: og 3, replicas 1, updated 1, ready 1, available 1, unavailable 1, terminating 0, revision 1, Progressing True NewReplicaSetAvailable, Available False MinimumReplicasUnavailable
         10067 (Conflict: Deployment0, by Controller(Deployment))
         10071 rs0 status: og 3, replicas 2, ready 1, available 1, terminating 0
         10088 deployment status: og 3, replicas 2, updated 2, ready 1, available 1, unavailable 1, terminating 0, revision 1, Progressing True NewReplicaSetAvailable, Available False MinimumReplicasUnavailable
         12054 pod3 status: Running ContainersReady True Ready True
         12071 rs0 status: og 3, replicas 2, ready 2, available 2, terminating 0
         12088 deployment status: og 3, replicas 2, updated 2, ready 2, available 2, unavailable 0, terminating 0, revision 1, Progressing True NewReplicaSetAvailable, Available True MinimumReplicasAvailable
    "#]]);
}
