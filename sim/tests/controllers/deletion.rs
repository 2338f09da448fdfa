//! Deletions that lead to others: owners, namespaces, taints (C172–C174, C187–C190, C289, C291, TV9).

use expect_test::{Expect, expect};
use wavetank_core::fact::Fact;
use wavetank_core::fact::object::NodeChange;
use wavetank_core::id::{DeploymentId, Kind, NodeId, ObjId};
use wavetank_core::object::scheduling::{Taint, TaintEffect};
use wavetank_core::time::{SimDuration, SimTime};
use wavetank_sim::message::call::{Propagation, Request};
use wavetank_sim::plan::build::PlanBuilder;

use crate::harness::{Bench, Kubelets, vector};

/// Two ready pods of a Deployment, after ten seconds; then something is asked for.
fn check(requests: impl IntoIterator<Item = Request>, words: &[&str], expected: &Expect) {
    let builder = PlanBuilder::new("deletion")
        .nodes(1)
        .other(Kind::Namespace, "default")
        .deployment("web", 2, |_| ());
    let kubelets = Kubelets {
        ready_after: Some(SimDuration::from_secs(1)),
        gone_after: SimDuration::from_secs(2),
    };
    let mut bench = Bench::new(vector(builder), kubelets);
    bench.until(SimTime::from_secs(10));
    bench.mark();
    for request in requests {
        bench.user(request);
        bench.seconds(1);
    }
    bench.seconds(30);
    expected.assert_eq(&bench.trace_of(SimTime::from_secs(10), words));
}

fn delete(propagation: Propagation) -> [Request; 1] {
    [Request::Delete(DeploymentId(0).into(), propagation)]
}

const OBJECTS: [&str; 6] = [
    "deployment Meta",
    "rs0 Meta",
    "pod0 del",
    "pod0 rem",
    "pod0 own",
    "pod2",
];

#[test]
fn a_deployment_is_deleted_in_the_background() {
    check(
        delete(Propagation::Background),
        &OBJECTS,
        &expect![[r#"
        10     deployment Meta(Removed)
        27     rs0 Meta(Removed)
        44     pod0 deleting, grace 30
        2554   pod0 deleting, grace 0
        2554   pod0 removed
    "#]],
    );
}

#[test]
fn a_deployment_is_deleted_in_the_foreground() {
    check(
        delete(Propagation::Foreground),
        &OBJECTS,
        &expect![[r#"
        10     deployment Meta(Finalizers(SetId(4)))
        10     deployment Meta(Deleting(Deletion { at: Stamp(10), grace_seconds: 0 }))
        27     rs0 Meta(Finalizers(SetId(4)))
        27     rs0 Meta(Deleting(Deletion { at: Stamp(10), grace_seconds: 0 }))
        44     pod0 deleting, grace 30
        2554   pod0 deleting, grace 0
        2554   pod0 removed
        2571   rs0 Meta(Removed)
        2588   deployment Meta(Removed)
    "#]],
    );
}

#[test]
fn a_deployment_leaves_orphans() {
    check(
        delete(Propagation::Orphan),
        &OBJECTS,
        &expect![[r#"
        10     deployment Meta(Finalizers(SetId(4)))
        10     deployment Meta(Deleting(Deletion { at: Stamp(10), grace_seconds: 0 }))
        27     rs0 Meta(Owner(None))
        37     deployment Meta(Removed)
    "#]],
    );
}

/// TV9: pods first, refused replacements, then the rest.
#[test]
fn a_namespace_is_deleted() {
    let namespace = ObjId {
        kind: Kind::Namespace,
        index: 0,
    };
    let words = ["deployment Meta", "rs0 Meta", "pod", "("];
    let request = Request::Delete(namespace, Propagation::Background);
    check(
        [request],
        &words,
        &expect![[r#"
        5027   pod0 deleting, grace 30
        5037   pod1 deleting, grace 30
        5044   pod2 created
        5054   pod2 bound to node0
        5071   pod3 created
        5081   pod3 bound to node0
        5115   (Conflict: Deployment0, by Controller(Deployment))
        5135   (Conflict: Deployment0, by Controller(Deployment))
        6054   pod2 status: Running ContainersReady True Ready True
        6081   pod3 status: Running ContainersReady True Ready True
        7037   pod0 status: Succeeded Ready False
        7047   pod1 status: Succeeded Ready False
        7088   (Conflict: Deployment0, by Controller(Deployment))
        7108   (Conflict: Deployment0, by Controller(Deployment))
        7537   pod0 deleting, grace 0
        7537   pod0 removed
        7547   pod1 deleting, grace 0
        7547   pod1 removed
        10027  pod2 deleting, grace 30
        10037  pod3 deleting, grace 30
        10044  pod4 created
        10054  pod4 bound to node0
        10071  pod5 created
        10081  pod5 bound to node0
        10115  (Conflict: Deployment0, by Controller(Deployment))
        10135  (Conflict: Deployment0, by Controller(Deployment))
        11054  pod4 status: Running ContainersReady True Ready True
        11081  pod5 status: Running ContainersReady True Ready True
        12037  pod2 status: Succeeded Ready False
        12047  pod3 status: Succeeded Ready False
        12088  (Conflict: Deployment0, by Controller(Deployment))
        12108  (Conflict: Deployment0, by Controller(Deployment))
        12537  pod2 deleting, grace 0
        12537  pod2 removed
        12547  pod3 deleting, grace 0
        12547  pod3 removed
        15027  pod4 deleting, grace 30
        15037  pod5 deleting, grace 30
        15044  pod6 created
        15054  pod6 bound to node0
        15071  pod7 created
        15081  pod7 bound to node0
        15115  (Conflict: Deployment0, by Controller(Deployment))
        15135  (Conflict: Deployment0, by Controller(Deployment))
        16054  pod6 status: Running ContainersReady True Ready True
        16081  pod7 status: Running ContainersReady True Ready True
        17037  pod4 status: Succeeded Ready False
        17047  pod5 status: Succeeded Ready False
        17088  (Conflict: Deployment0, by Controller(Deployment))
        17108  (Conflict: Deployment0, by Controller(Deployment))
        17537  pod4 deleting, grace 0
        17537  pod4 removed
        17547  pod5 deleting, grace 0
        17547  pod5 removed
        20027  pod6 deleting, grace 30
        20037  pod7 deleting, grace 30
        20044  pod8 created
        20054  pod8 bound to node0
        20071  pod9 created
        20081  pod9 bound to node0
        20115  (Conflict: Deployment0, by Controller(Deployment))
        20135  (Conflict: Deployment0, by Controller(Deployment))
        21054  pod8 status: Running ContainersReady True Ready True
        21081  pod9 status: Running ContainersReady True Ready True
        22037  pod6 status: Succeeded Ready False
        22047  pod7 status: Succeeded Ready False
        22088  (Conflict: Deployment0, by Controller(Deployment))
        22108  (Conflict: Deployment0, by Controller(Deployment))
        22537  pod6 deleting, grace 0
        22537  pod6 removed
        22547  pod7 deleting, grace 0
        22547  pod7 removed
        25027  pod8 deleting, grace 30
        25037  pod9 deleting, grace 30
        25044  pod10 created
        25054  pod10 bound to node0
        25071  pod11 created
        25081  pod11 bound to node0
        25115  (Conflict: Deployment0, by Controller(Deployment))
        25135  (Conflict: Deployment0, by Controller(Deployment))
        26054  pod10 status: Running ContainersReady True Ready True
        26081  pod11 status: Running ContainersReady True Ready True
        27037  pod8 status: Succeeded Ready False
        27047  pod9 status: Succeeded Ready False
        27088  (Conflict: Deployment0, by Controller(Deployment))
        27108  (Conflict: Deployment0, by Controller(Deployment))
        27537  pod8 deleting, grace 0
        27537  pod8 removed
        27547  pod9 deleting, grace 0
        27547  pod9 removed
        30027  pod10 deleting, grace 30
        30037  pod11 deleting, grace 30
        30044  pod12 created
        30054  pod12 bound to node0
        30071  pod13 created
        30081  pod13 bound to node0
        30115  (Conflict: Deployment0, by Controller(Deployment))
        30135  (Conflict: Deployment0, by Controller(Deployment))
    "#]],
    );
}

/// A cordon is two writes; a NoExecute taint evicts.
#[test]
fn a_node_is_cordoned_and_tainted() {
    let node = |change| Request::Update(Fact::NodeChanged(NodeId(0), change), None);
    let evict = Taint {
        key: "maintenance".into(),
        value: "".into(),
        effect: TaintEffect::NoExecute,
    };
    let taints = NodeChange::Taints(Box::new([evict]));
    let requests = [node(NodeChange::Unschedulable(true)), node(taints)];
    check(
        requests,
        &["node", "pod0", "pod1 del"],
        &expect![[r#"
        10     node0 Unschedulable(true)
        27     node0 Taints([Taint { key: "node.kubernetes.io/unschedulable", value: "", effect: NoSchedule }])
        1010   node0 Taints([Taint { key: "maintenance", value: "", effect: NoExecute }])
        1027   node0 Taints([Taint { key: "maintenance", value: "", effect: NoExecute }, Taint { key: "node.kubernetes.io/unschedulable", value: "", effect: NoSchedule }])
        1027   pod0 status: DisruptionTarget True
        1037   pod0 deleting, grace 30
        1037   pod1 deleting, grace 30
        3047   pod0 status: Succeeded Ready False
        3547   pod0 deleting, grace 0
        3547   pod0 removed
        3547   pod1 deleting, grace 0
    "#]],
    );
}
