use expect_test::expect;
use wavetank_core::id::NodeId;

use super::{PlanBuilder, check_in};
use crate::message::call::Request;

/// A pod that is on the first node already, and that nobody watches over.
fn bound() -> PlanBuilder {
    let mut plan = PlanBuilder::new("drain")
        .nodes(2)
        .pod("a", |_| ())
        .pod("b", |_| ());
    for request in &mut plan.plan().objects {
        if let Request::CreatePod(pod) = request {
            pod.node = Some(NodeId(0));
        }
    }
    plan
}

#[test]
fn pods_without_an_owner_forbid_it() {
    check_in(
        bound(),
        &["drain node-1"],
        &expect![[r#"
        $ drain node-1
        node/node-1 cordoned
        error: unable to drain node "node-1" due to error: cannot delete cannot delete Pods that declare no controller (use --force to override): default/a, default/b, continuing command...
        There are pending nodes to be drained:
         node-1
        cannot delete cannot delete Pods that declare no controller (use --force to override): default/a, default/b
        [exit 1]
        Node(NodeId(0), Unschedulable(true))
    "#]],
    );
}

#[test]
fn an_empty_node_is_drained_at_once() {
    check_in(
        bound(),
        &["drain node-2", "drain node-2", "uncordon node-2"],
        &expect![[r#"
            $ drain node-2
            node/node-2 cordoned
            node/node-2 drained
            $ drain node-2
            node/node-2 already cordoned
            node/node-2 drained
            $ uncordon node-2
            node/node-2 uncordoned
            Node(NodeId(1), Unschedulable(true))
            Node(NodeId(1), Unschedulable(false))
        "#]],
    );
}

#[test]
fn it_gives_up_when_the_time_is_up() {
    check_in(
        bound(),
        &[
            "drain node-1 --force --timeout=5s",
            "evict b",
            "evict nobody",
        ],
        &expect![[r#"
            $ drain node-1 --force --timeout=5s
            node/node-1 cordoned
            Warning: deleting Pods that declare no controller: default/a, default/b
            evicting pod default/a
            evicting pod default/b
            pod/b evicted
            There are pending pods in node "node-1" when an error occurred: error when waiting for pod "a" in namespace "default" to terminate: global timeout reached: 5s
            pod/a
            error: unable to drain node "node-1" due to error: error when waiting for pod "a" in namespace "default" to terminate: global timeout reached: 5s, continuing command...
            There are pending nodes to be drained:
             node-1
            error when waiting for pod "a" in namespace "default" to terminate: global timeout reached: 5s
            [exit 1]
            $ evict b
            Error from server (NotFound): pods "b" not found
            [exit 1]
            $ evict nobody
            Error from server (NotFound): pods "nobody" not found
            [exit 1]
            Node(NodeId(0), Unschedulable(true))
            Pod(PodId(1), Status([Condition(DisruptionTarget, True, TextId(27), Stamp), ConditionMessage(DisruptionTarget, TextId(83))]))
            Pod(PodId(1), Deleting(Deletion { at: Stamp, grace_seconds: 30 }))
            Pod(PodId(0), Status([Condition(DisruptionTarget, True, TextId(27), Stamp), ConditionMessage(DisruptionTarget, TextId(83))]))
            Pod(PodId(0), Deleting(Deletion { at: Stamp, grace_seconds: 30 }))
        "#]],
    );
}

#[test]
fn budgets_are_asked_again_every_five_seconds() {
    check_in(
        bound(),
        &["drain node-1 --force --timeout=7s --disable-eviction --grace-period=0"],
        &expect![[r#"
            $ drain node-1 --force --timeout=7s --disable-eviction --grace-period=0
            node/node-1 cordoned
            Warning: deleting Pods that declare no controller: default/a, default/b
            pod/b deleted
            pod/a deleted
            node/node-1 drained
            Node(NodeId(0), Unschedulable(true))
            Pod(PodId(1), Deleting(Deletion { at: Stamp, grace_seconds: 0 }))
            Pod(PodId(1), Removed)
            Pod(PodId(0), Deleting(Deletion { at: Stamp, grace_seconds: 0 }))
            Pod(PodId(0), Removed)
        "#]],
    );
}
