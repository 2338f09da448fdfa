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
            5044   (Forbidden: Pod2, by Controller(ReplicaSet))
            5088   (Conflict: Deployment0, by Controller(Deployment))
            5108   (Conflict: Deployment0, by Controller(Deployment))
            7037   pod0 status: Succeeded Ready False
            7047   pod1 status: Succeeded Ready False
            7088   (Conflict: Deployment0, by Controller(Deployment))
            7108   (Conflict: Deployment0, by Controller(Deployment))
            7537   pod0 deleting, grace 0
            7537   pod0 removed
            7547   pod1 deleting, grace 0
            7547   pod1 removed
            10027  deployment Meta(Removed)
            10037  rs0 Meta(Removed)
            10044  (NotFound: ReplicaSet0, by Controller(GarbageCollector))
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
