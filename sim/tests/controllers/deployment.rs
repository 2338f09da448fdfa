//! Deployments (TV1, TV2).

use expect_test::expect;
use wavetank_core::fact::Fact;
use wavetank_core::fact::object::DeploymentChange;
use wavetank_core::id::{DeploymentId, PodId};
use wavetank_core::time::{SimDuration, SimTime};
use wavetank_sim::message::call::Request;
use wavetank_sim::plan::build::PlanBuilder;

use crate::harness::{Bench, Kubelets, next_version, vector};

/// TV1, line by line.
#[test]
fn a_deployment_is_created() {
    let plan = vector(PlanBuilder::new("tv1").deployment("web", 3, |_| ()));
    let mut bench = Bench::new(plan, Kubelets::NONE);
    bench.until(SimTime::from_secs(1));
    // The first write is t = 0 of the vector: it takes 10 ms like all others.
    expect![[r#"
        0      deployment created
        17     rs0 created: replicas 3, revision 1, desired 3, max 4
        27     deployment status: og 0, replicas 0, updated 0, ready 0, available 0, unavailable 0, terminating 0, revision 1, Progressing True NewReplicaSetCreated
        34     pod0 created
        37     (Conflict: Deployment0, by Controller(Deployment))
        44     pod1 created
        44     pod2 created
        47     deployment status: og 1, replicas 0, updated 0, ready 0, available 0, unavailable 3, terminating 0, revision 1, Progressing True NewReplicaSetCreated, Available False MinimumReplicasUnavailable
        54     rs0 status: og 1, replicas 0, ready 0, available 0, terminating 0
        57     (Conflict: Deployment0, by Controller(Deployment))
        71     rs0 status: og 1, replicas 3, ready 0, available 0, terminating 0
        88     deployment status: og 1, replicas 3, updated 3, ready 0, available 0, unavailable 3, terminating 0, revision 1, Progressing True ReplicaSetUpdated, Available False MinimumReplicasUnavailable
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
        27     slice0 created: []
        54     pod0 created
        64     pod1 created
        64     pod0 bound to node0
        74     pod1 bound to node1
        2064   pod0 status: Running ContainersReady True Ready True
        2074   pod1 status: Running ContainersReady True Ready True
        2081   slice0 ports 1, ["pod0 ready serving"]
        3091   slice0 ["pod1 ready serving"]
        10010  pod0 deleting, grace 30
        10027  pod2 created
        10027  slice0 ["pod0 serving terminating"]
        10037  pod2 bound to node0
        11020  pod0 status: Succeeded Ready False
        11037  slice0 ["-pod0"]
        11520  pod0 deleting, grace 0
        11520  pod0 removed
        12037  pod2 status: Running ContainersReady True Ready True
        12054  slice0 ["pod2 ready serving"]
    "#]]
    .assert_eq(&bench.trace_of(SimTime::ZERO, &["slice", "pod"]));
}

/// TV2: a rolling update of four replicas with the default strategy.
#[test]
#[allow(clippy::too_many_lines)] // the whole history is the expectation
fn a_deployment_rolls() {
    let builder = PlanBuilder::new("tv2")
        .nodes(3)
        .deployment("web", 4, |_| ());
    let mut plan = vector(builder);
    let next = next_version(&mut plan, |_| ());
    let kubelets = Kubelets {
        ready_after: Some(SimDuration::from_secs(5)),
        gone_after: SimDuration::from_secs(2),
    };
    let mut bench = Bench::new(plan, kubelets);
    bench.until(SimTime::from_secs(20));
    bench.mark();
    let change = DeploymentChange::Spec(next);
    bench.change(Fact::DeploymentChanged(DeploymentId(0), change));
    bench.seconds(30);
    expect![[r#"
        10     deployment Spec(SpecId(2))
        27     rs1 created: replicas 1, revision 2, desired 4, max 5
        37     deployment status: og 1, replicas 4, updated 4, ready 4, available 4, unavailable 0, terminating 0, revision 2, Progressing True NewReplicaSetCreated, Available True MinimumReplicasAvailable
        44     pod4 created
        47     rs0 scaled: replicas 3, desired 4, max 5
        54     rs1 status: og 1, replicas 0, ready 0, available 0, terminating 0
        54     pod4 bound to node1
        64     pod0 deleting, grace 30
        71     rs1 status: og 1, replicas 1, ready 0, available 0, terminating 0
        74     rs0 status: og 2, replicas 4, ready 4, available 4, terminating 0
        91     rs0 status: og 2, replicas 3, ready 3, available 3, terminating 1
        97     rs1 scaled: replicas 2, desired 4, max 5
        107    deployment status: og 2, replicas 5, updated 1, ready 4, available 4, unavailable 0, terminating 0, revision 2, Progressing True NewReplicaSetCreated, Available True MinimumReplicasAvailable
        114    pod5 created
        124    rs1 status: og 2, replicas 1, ready 0, available 0, terminating 0
        124    pod5 bound to node2
        127    deployment status: og 2, replicas 4, updated 1, ready 3, available 3, unavailable 2, terminating 1, revision 2, Progressing True ReplicaSetUpdated, Available True MinimumReplicasAvailable
        141    rs1 status: og 2, replicas 2, ready 0, available 0, terminating 0
        158    deployment status: og 2, replicas 5, updated 2, ready 3, available 3, unavailable 2, terminating 1, revision 2, Progressing True ReplicaSetUpdated, Available True MinimumReplicasAvailable
        2074   pod0 status: Succeeded Ready False
        2091   rs0 status: og 2, replicas 3, ready 3, available 3, terminating 0
        2108   deployment status: og 2, replicas 5, updated 2, ready 3, available 3, unavailable 2, terminating 0, revision 2, Progressing True ReplicaSetUpdated, Available True MinimumReplicasAvailable
        2574   pod0 deleting, grace 0
        2574   pod0 removed
        5054   pod4 status: Running ContainersReady True Ready True
        5071   rs1 status: og 2, replicas 2, ready 1, available 1, terminating 0
        5088   rs0 scaled: replicas 2, desired 4, max 5
        5098   deployment status: og 2, replicas 5, updated 2, ready 4, available 4, unavailable 1, terminating 0, revision 2, Progressing True ReplicaSetUpdated, Available True MinimumReplicasAvailable
        5105   pod1 deleting, grace 30
        5108   rs1 scaled: replicas 3, desired 4, max 5
        5115   rs0 status: og 3, replicas 3, ready 3, available 3, terminating 0
        5124   pod5 status: Running ContainersReady True Ready True
        5125   pod6 created
        5132   rs0 status: og 3, replicas 2, ready 2, available 2, terminating 1
        5135   rs1 status: og 3, replicas 2, ready 1, available 1, terminating 0
        5135   pod6 bound to node0
        5149   deployment status: og 2, replicas 4, updated 2, ready 3, available 3, unavailable 2, terminating 1, revision 2, Progressing True ReplicaSetUpdated, Available True MinimumReplicasAvailable
        5152   rs1 status: og 3, replicas 3, ready 2, available 2, terminating 0
        5169   rs0 scaled: replicas 1, desired 4, max 5
        5179   deployment status: og 2, replicas 5, updated 3, ready 4, available 4, unavailable 1, terminating 1, revision 2, Progressing True ReplicaSetUpdated, Available True MinimumReplicasAvailable
        5186   pod2 deleting, grace 30
        5189   rs1 scaled: replicas 4, desired 4, max 5
        5196   rs0 status: og 4, replicas 2, ready 2, available 2, terminating 1
        5206   pod7 created
        5213   rs0 status: og 4, replicas 1, ready 1, available 1, terminating 2
        5216   rs1 status: og 4, replicas 3, ready 2, available 2, terminating 0
        5216   pod7 bound to node1
        5230   deployment status: og 2, replicas 4, updated 3, ready 3, available 3, unavailable 2, terminating 2, revision 2, Progressing True ReplicaSetUpdated, Available True MinimumReplicasAvailable
        5233   rs1 status: og 4, replicas 4, ready 2, available 2, terminating 0
        5250   deployment status: og 2, replicas 5, updated 4, ready 3, available 3, unavailable 2, terminating 2, revision 2, Progressing True ReplicaSetUpdated, Available True MinimumReplicasAvailable
        7115   pod1 status: Succeeded Ready False
        7132   rs0 status: og 4, replicas 1, ready 1, available 1, terminating 1
        7149   deployment status: og 2, replicas 5, updated 4, ready 3, available 3, unavailable 2, terminating 1, revision 2, Progressing True ReplicaSetUpdated, Available True MinimumReplicasAvailable
        7196   pod2 status: Succeeded Ready False
        7213   rs0 status: og 4, replicas 1, ready 1, available 1, terminating 0
        7230   deployment status: og 2, replicas 5, updated 4, ready 3, available 3, unavailable 2, terminating 0, revision 2, Progressing True ReplicaSetUpdated, Available True MinimumReplicasAvailable
        7615   pod1 deleting, grace 0
        7615   pod1 removed
        7696   pod2 deleting, grace 0
        7696   pod2 removed
        10135  pod6 status: Running ContainersReady True Ready True
        10152  rs1 status: og 4, replicas 4, ready 3, available 3, terminating 0
        10169  rs0 scaled: replicas 0, desired 4, max 5
        10179  deployment status: og 2, replicas 5, updated 4, ready 4, available 4, unavailable 1, terminating 0, revision 2, Progressing True ReplicaSetUpdated, Available True MinimumReplicasAvailable
        10186  pod3 deleting, grace 30
        10196  rs0 status: og 5, replicas 1, ready 1, available 1, terminating 0
        10199  deployment status: og 2, replicas 5, updated 4, ready 4, available 4, unavailable 0, terminating 0, revision 2, Progressing True ReplicaSetUpdated, Available True MinimumReplicasAvailable
        10213  rs0 status: og 5, replicas 0, ready 0, available 0, terminating 1
        10216  pod7 status: Running ContainersReady True Ready True
        10230  deployment status: og 2, replicas 4, updated 4, ready 3, available 3, unavailable 1, terminating 1, revision 2, Progressing True ReplicaSetUpdated, Available True MinimumReplicasAvailable
        10233  rs1 status: og 4, replicas 4, ready 4, available 4, terminating 0
        10250  deployment status: og 2, replicas 4, updated 4, ready 4, available 4, unavailable 0, terminating 1, revision 2, Progressing True NewReplicaSetAvailable, Available True MinimumReplicasAvailable
        12196  pod3 status: Succeeded Ready False
        12213  rs0 status: og 5, replicas 0, ready 0, available 0, terminating 0
        12230  deployment status: og 2, replicas 4, updated 4, ready 4, available 4, unavailable 0, terminating 0, revision 2, Progressing True NewReplicaSetAvailable, Available True MinimumReplicasAvailable
        12696  pod3 deleting, grace 0
        12696  pod3 removed
    "#]].assert_eq(&bench.trace_of(SimTime::from_secs(20), &["rs", "pod", "deployment"]));
}
