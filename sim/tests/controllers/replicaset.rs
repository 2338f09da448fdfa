//! ReplicaSets: replacement, scaling, victims (C283, C284, TV3, TV4).

use expect_test::{Expect, expect};
use wavetank_core::draw::{Key, Purpose};
use wavetank_core::fact::object::DeploymentChange;
use wavetank_core::fact::pod::{PodChange, StatusChange};
use wavetank_core::fact::{Actor, Fact};
use wavetank_core::id::{DeploymentId, NodeId, PodId, SetId};
use wavetank_core::label::Labels;
use wavetank_core::object::meta::{uid, uid_text};
use wavetank_core::object::pod::Phase;
use wavetank_core::time::{SimDuration, SimTime};
use wavetank_sim::message::call::Request;
use wavetank_sim::plan::build::PlanBuilder;

use crate::harness::{Bench, Kubelets, ready, vector};

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
    check(
        &bench,
        &expect![[r#"
            10     pod0 deleting, grace 30
            27     pod2 created
            37     rs0 status: og 1, replicas 1, ready 1, available 1, terminating 1
            37     pod2 bound to node0
            54     rs0 status: og 1, replicas 2, ready 1, available 1, terminating 1
            54     deployment status: og 1, replicas 1, updated 1, ready 1, available 1, unavailable 1, terminating 1, revision 1, Progressing True NewReplicaSetAvailable, Available False MinimumReplicasUnavailable
            71     (Conflict: Deployment0, by Controller(Deployment))
            81     deployment status: og 1, replicas 2, updated 2, ready 1, available 1, unavailable 1, terminating 1, revision 1, Progressing True NewReplicaSetAvailable, Available False MinimumReplicasUnavailable
            91     (Conflict: Deployment0, by Controller(Deployment))
            1020   pod0 status: Succeeded Ready False
            1037   rs0 status: og 1, replicas 2, ready 1, available 1, terminating 0
            1054   deployment status: og 1, replicas 2, updated 2, ready 1, available 1, unavailable 1, terminating 0, revision 1, Progressing True NewReplicaSetAvailable, Available False MinimumReplicasUnavailable
            1520   pod0 deleting, grace 0
            1520   pod0 removed
            2037   pod2 status: Running ContainersReady True Ready True
            2054   rs0 status: og 1, replicas 2, ready 2, available 2, terminating 0
            2071   deployment status: og 1, replicas 2, updated 2, ready 2, available 2, unavailable 0, terminating 0, revision 1, Progressing True NewReplicaSetAvailable, Available True MinimumReplicasAvailable
        "#]],
    );
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
    check(
        &bench,
        &expect![[r#"
            10     deployment Scaled(1)
            27     rs0 scaled: replicas 1, desired 1, max 2
            37     deployment status: og 2, replicas 3, updated 3, ready 3, available 3, unavailable 0, terminating 0, revision 1, Progressing True NewReplicaSetAvailable, Available True MinimumReplicasAvailable
            44     pod0 deleting, grace 30
            44     pod2 deleting, grace 30
            47     (Conflict: Deployment0, by Controller(Deployment))
            54     rs0 status: og 2, replicas 3, ready 3, available 3, terminating 0
            71     rs0 status: og 2, replicas 1, ready 1, available 1, terminating 2
            88     deployment status: og 2, replicas 1, updated 1, ready 1, available 1, unavailable 0, terminating 2, revision 1, Progressing True NewReplicaSetAvailable, Available True MinimumReplicasAvailable
            1054   pod0 status: Succeeded Ready False
            1054   pod2 status: Succeeded Ready False
            1071   rs0 status: og 2, replicas 1, ready 1, available 1, terminating 1
            1088   rs0 status: og 2, replicas 1, ready 1, available 1, terminating 0
            1088   deployment status: og 2, replicas 1, updated 1, ready 1, available 1, unavailable 0, terminating 1, revision 1, Progressing True NewReplicaSetAvailable, Available True MinimumReplicasAvailable
            1105   (Conflict: Deployment0, by Controller(Deployment))
            1115   deployment status: og 2, replicas 1, updated 1, ready 1, available 1, unavailable 0, terminating 0, revision 1, Progressing True NewReplicaSetAvailable, Available True MinimumReplicasAvailable
            1125   (Conflict: Deployment0, by Controller(Deployment))
            1554   pod0 deleting, grace 0
            1554   pod0 removed
            1554   pod2 deleting, grace 0
            1554   pod2 removed
            10010  deployment Scaled(2)
            10027  rs0 scaled: replicas 2, desired 2, max 3
            10037  deployment status: og 3, replicas 1, updated 1, ready 1, available 1, unavailable 0, terminating 0, revision 1, Progressing True NewReplicaSetAvailable, Available False MinimumReplicasUnavailable
            10044  pod3 created
            10047  (Conflict: Deployment0, by Controller(Deployment))
            10054  rs0 status: og 3, replicas 1, ready 1, available 1, terminating 0
            10054  pod3 bound to node1
            10057  deployment status: og 3, replicas 1, updated 1, ready 1, available 1, unavailable 1, terminating 0, revision 1, Progressing True NewReplicaSetAvailable, Available False MinimumReplicasUnavailable
            10067  (Conflict: Deployment0, by Controller(Deployment))
            10071  rs0 status: og 3, replicas 2, ready 1, available 1, terminating 0
            10088  deployment status: og 3, replicas 2, updated 2, ready 1, available 1, unavailable 1, terminating 0, revision 1, Progressing True NewReplicaSetAvailable, Available False MinimumReplicasUnavailable
            12054  pod3 status: Running ContainersReady True Ready True
            12071  rs0 status: og 3, replicas 2, ready 2, available 2, terminating 0
            12088  deployment status: og 3, replicas 2, updated 2, ready 2, available 2, unavailable 0, terminating 0, revision 1, Progressing True NewReplicaSetAvailable, Available True MinimumReplicasAvailable
        "#]],
    );
}

/// A Deployment whose pods do only what a test says, and a set of annotations that makes a pod cheap.
fn by_hand(replicas: u32) -> (Bench, SetId, u64) {
    let builder = PlanBuilder::new("victims")
        .nodes(3)
        .deployment("web", replicas, |_| ());
    let mut plan = vector(builder);
    let cheap: Labels = [("controller.kubernetes.io/pod-deletion-cost", "-5")]
        .into_iter()
        .collect();
    let cheap = plan.definitions.set(cheap);
    let uids = Key::new(1, &plan.digest).draw(Purpose::Uid, 0_u64, 0);
    let mut bench = Bench::new(plan, Kubelets::NONE);
    bench.until(SimTime::from_secs(1));
    (bench, cheap, uids)
}

impl Bench {
    fn bind(&mut self, pod: u32, node: u32) {
        let request = Request::Bind(PodId(pod), NodeId(node));
        self.engine.request(Actor::Scheduler, request);
        self.until(self.engine.now() + SimDuration::from_millis(20));
    }

    fn ready(&mut self, pod: u32) {
        let now = self.engine.now();
        let request = Request::PodStatus(PodId(pod), ready(PodId(pod), now));
        self.engine.request(Actor::Kubelet(NodeId(0)), request);
        self.until(now + SimDuration::from_millis(20));
    }

    fn scale(&mut self, replicas: u32) {
        let change = DeploymentChange::Scaled(replicas);
        self.change(Fact::DeploymentChanged(DeploymentId(0), change));
        self.seconds(1);
    }
}

/// TV3: unassigned, not Ready, cheap, younger.
#[test]
fn victims_are_ranked() {
    let (mut bench, cheap, _) = by_hand(5);
    let (a, b, c, d, e) = (0, 1, 2, 3, 4);
    for (pod, node) in [(a, 1), (b, 1), (d, 0), (e, 2)] {
        bench.bind(pod, node);
    }
    bench.change(Fact::PodChanged(PodId(b), PodChange::Annotations(cheap)));
    bench.ready(a);
    bench.ready(b);
    let running = Box::new([StatusChange::Phase(Phase::Running)]);
    bench.user(Request::PodStatus(PodId(d), running));
    bench.until(SimTime::from_secs(92));
    bench.ready(e);
    bench.until(SimTime::from_secs(101));
    bench.mark();
    for replicas in [3, 2, 1] {
        bench.scale(replicas);
    }
    let zero = SimTime::from_secs(101);
    assert_eq!((a, c), (0, 2), "a stays; c is the one without a node");
    expect![[r#"
        27     rs0 scaled: replicas 3, desired 3, max 4
        44     pod2 deleting, grace 0
        44     pod2 removed
        44     pod3 deleting, grace 30
        54     pod3 status: Succeeded Ready False
        554    pod3 deleting, grace 0
        554    pod3 removed
        1027   rs0 scaled: replicas 2, desired 2, max 3
        1044   pod1 deleting, grace 30
        1054   pod1 status: Succeeded Ready False
        1554   pod1 deleting, grace 0
        1554   pod1 removed
        2027   rs0 scaled: replicas 1, desired 1, max 2
        2044   pod4 deleting, grace 30
        2054   pod4 status: Succeeded Ready False
        2554   pod4 deleting, grace 0
        2554   pod4 removed
    "#]]
    .assert_eq(&bench.trace_of(zero, &["pod", "rs0 scaled"]));
}

/// TV4: of pods whose ages fall into one power of two the one with the smaller uid dies, even if it is
/// the older one.
#[test]
fn ages_count_by_powers_of_two() {
    let (mut bench, _, uids) = by_hand(3);
    let mut pods = [0, 1, 2];
    pods.sort_by_key(|pod| uid_text(uid(uids, PodId(*pod).into())));
    let [u1, u2, u3] = pods;
    for (node, pod) in pods.into_iter().enumerate() {
        bench.bind(pod, u32::try_from(node).expect("three nodes"));
    }
    for (pod, age) in [(u1, 110), (u2, 100), (u3, 40)] {
        bench.until(SimTime::from_secs(120 - age));
        bench.ready(pod);
    }
    bench.until(SimTime::from_secs(120));
    bench.scale(1);
    let stays = |pod: u32| {
        let pods = &bench.cluster().store.pods;
        pods.newest(pod).is_some_and(|pod| pod.deletion.is_none())
    };
    assert_eq!(
        (stays(u1), stays(u2), stays(u3)),
        (false, true, false),
        "u1, u2, u3"
    );
}
