//! Pods that arrive in order.

use expect_test::expect;

use super::*;

/// Pods that arrive at two nodes, and what was recorded.
fn sequence(pods: Vec<Value>, steps: Value) -> Value {
    let nodes = [node("a", "2", &[]), node("b", "2", &[])];
    json!({"case": "s", "mode": "basic", "nodes": nodes, "pods": pods, "result": steps})
}

/// What is said about a pod that nobody makes room for.
const HELPLESS: &str = "0/2 nodes are available: 2 Insufficient cpu. no new claims to deallocate, \
                        preemption: 0/2 nodes are available: \
                        2 No preemption victims found for incoming pod.";

#[test]
fn ties_go_to_the_smallest_name_and_placements_feed_the_next() {
    let pods = vec![pod("web-1", "1"), pod("web-2", "1"), pod("web-3", "2")];
    let steps = json!([
        {"pod": "default/web-1", "node": "a", "feasible": 2, "score": 430, "ties": 2},
        {"pod": "default/web-2", "node": "b", "feasible": 2, "score": 433, "ties": 1},
        {"pod": "default/web-3", "feasible": 0, "message": HELPLESS},
    ]);
    check(
        &sequence(pods, steps),
        expect![[r#"
            step 1 default/web-1: score: recorded 430, found 433
        "#]],
    );
}

#[test]
fn victims_are_gone_at_once() {
    let mut urgent = pod("db-1", "2");
    urgent["spec"]["priority"] = json!(10);
    let pods = vec![
        pod("web-1", "2"),
        pod("web-2", "2"),
        urgent,
        pod("web-3", "2"),
    ];
    let first = "0/2 nodes are available: 2 Insufficient cpu.";
    let steps = json!([
        {"pod": "default/web-1", "node": "a", "feasible": 2, "score": 396, "ties": 2},
        {"pod": "default/web-2", "node": "b", "feasible": 1},
        {"pod": "default/db-1", "node": "b", "feasible": 1, "nominated": "b",
         "victims": ["default/web-2"], "first_attempt_message": first},
        {"pod": "default/web-3", "feasible": 0, "message": HELPLESS},
    ]);
    check(&sequence(pods, steps), expect![""]);
}

#[test]
fn each_step_is_judged_on_the_recorded_past() {
    let pods = vec![pod("web-1", "2"), pod("web-2", "2")];
    let steps = json!([
        {"pod": "default/web-1", "node": "b", "feasible": 2, "score": 396, "ties": 2},
        {"pod": "default/web-2", "node": "a", "feasible": 1},
    ]);
    check(
        &sequence(pods, steps),
        expect![[r#"
        step 1 default/web-1: node: recorded b, found a
    "#]],
    );
}

#[test]
fn a_past_that_cannot_be_is_damaged() {
    let pods = vec![pod("web-1", "1")];
    check(
        &sequence(pods.clone(), json!([])),
        expect!["damaged: 0 results for 1 pods\n"],
    );
    check(
        &sequence(pods.clone(), json!([{"node": "c"}])),
        expect!["damaged: step 1: there is no node c\n"],
    );
    check(
        &sequence(pods, json!([{"node": "a", "victims": ["default/web-7"]}])),
        expect!["damaged: step 1: victim default/web-7 runs nowhere\n"],
    );
}
