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
    check_in(bound(), &["drain node-1"], &expect![[""]]);
}

#[test]
fn an_empty_node_is_drained_at_once() {
    check_in(
        bound(),
        &["drain node-2", "drain node-2", "uncordon node-2"],
        &expect![[""]],
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
        &expect![[""]],
    );
}

#[test]
fn budgets_are_asked_again_every_five_seconds() {
    check_in(
        bound(),
        &["drain node-1 --force --timeout=7s --disable-eviction --grace-period=0"],
        &expect![[""]],
    );
}
