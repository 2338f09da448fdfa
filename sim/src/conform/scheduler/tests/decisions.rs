//! One decision: what is read of its objects, and what is compared.

use expect_test::expect;

use super::*;

/// Two nodes, one of them busier, and what the real scheduler says about them.
fn agreeing() -> Value {
    let nodes = vec![node("a", "4", &[]), node("b", "4", &[])];
    let mut line = case(
        nodes,
        vec![running("web-1", "1", "a", 0)],
        pod("web-2", "1"),
    );
    line["result"] = serde_json::to_value(decided(&line)).expect("JSON");
    line
}

#[test]
fn what_agrees_is_not_told() {
    check(&agreeing(), expect![""]);
}

#[test]
fn every_field_that_differs_is_told_once() {
    let mut line = agreeing();
    let result = &mut line["result"];
    result["gated"] = json!({"plugin": "SchedulingGates", "code": "x", "reasons": ["y"]});
    result["feasible"] = json!({
        "a": {"plugin": "NodePorts", "code": "Unschedulable", "reasons": ["z"]},
        "b": null,
        "c": null,
    });
    result["raw"]["NodeResourcesFit"] = json!({"a": 1, "b": 2});
    result["scores"]["NodeAffinity"] = json!({"a": 0, "b": 0});
    result["total"]["a"] = json!(7);
    result["best"] = json!(["a"]);
    result["fit_error"] = json!("nothing fits");
    check(
        &line,
        expect![[r#"
            gated: recorded SchedulingGates x: y, found -
            feasible.a: recorded NodePorts Unschedulable, found fits
            feasible.a.reasons: recorded z, found -
            raw.NodeResourcesFit.a: recorded 1, found 62
            scores.NodeAffinity: recorded scored, found skipped
            total.a: recorded 7, found 434
            best: recorded a, found b
            fit_error: recorded nothing fits, found -
        "#]],
    );
}

#[test]
fn reasons_have_no_order() {
    // S92: extended resources come in the order of a map.
    let mut line = case(vec![node("a", "1", &[])], vec![], pod("web-1", "4"));
    line["pod"]["spec"]["containers"][0]["resources"]["requests"]["example.com/gpu"] = json!("1");
    let mut result = serde_json::to_value(decided(&line)).expect("JSON");
    let reasons = json!(["Insufficient example.com/gpu", "Insufficient cpu"]);
    result["feasible"]["a"]["reasons"] = reasons;
    line["result"] = result;
    check(&line, expect![""]);
}

#[test]
fn a_gated_pod_is_not_looked_at() {
    let mut line = case(vec![node("a", "4", &[])], vec![], pod("web-1", "1"));
    line["pod"]["spec"]["schedulingGates"] = json!([{"name": "x.io/a"}, {"name": "x.io/b"}]);
    check(
        &line,
        expect![[r#"
            gated: recorded -, found SchedulingGates UnschedulableAndUnresolvable: waiting for scheduling gates: [x.io/a x.io/b]
        "#]],
    );
}

#[test]
fn a_rejection_by_prefilter_may_stand_at_every_node_or_nowhere() {
    let mut line = case(vec![node("a", "4", &[])], vec![], pod("web-1", "1"));
    let field = |name: &str| json!({"key": "metadata.name", "operator": "In", "values": [name]});
    let terms = json!([{"matchFields": [field("a"), field("b")]}]);
    line["pod"]["spec"]["affinity"] = json!({"nodeAffinity": {
        "requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": terms},
    }});
    let refusal = json!({
        "plugin": "NodeAffinity",
        "code": "UnschedulableAndUnresolvable",
        "reasons": ["pod affinity terms conflict"],
    });
    let text = "0/1 nodes are available: pod affinity terms conflict.";
    line["result"] = json!({
        "prefilter": refusal,
        "fit_error": text,
        "failure_message": format!("{text} not found"),
        "postfilter": {"reasons": ["not found"]},
    });
    check(&line, expect![""]);
    line["result"]["feasible"]["a"] = refusal;
    check(&line, expect![""]);
}

#[test]
fn preemption_is_told_in_full() {
    let mut line = case(
        vec![node("a", "2", &[]), node("b", "2", &[])],
        vec![running("web-1", "2", "a", 1), running("web-2", "2", "b", 2)],
        pod("db-1", "1"),
    );
    line["pod"]["spec"]["priority"] = json!(10);
    let found = decided(&line).preemption.expect("a preemption");
    expect![[r#"{"candidates":{"a":{"victims":["default/web-1"],"num_pdb_violations":0},"b":{"victims":["default/web-2"],"num_pdb_violations":0}},"equally_best":["b"],"nominated":"b","victims":["default/web-2"],"num_pdb_violations":0,"deciding_rule":"latest-start-time"}"#]]
    .assert_eq(&serde_json::to_string(&found).expect("JSON"));
    line["pdbs"] = json!([{
        "metadata": {"name": "web", "namespace": "default"},
        "spec": {"selector": {"matchLabels": {"app": "web"}}},
        "status": {
            "disruptionsAllowed": 0,
            "disruptedPods": {"web-1": "2026-01-01T00:00:00Z"},
            "currentHealthy": 0, "desiredHealthy": 0, "expectedPods": 0,
        },
    }]);
    let found = decided(&line).preemption.expect("a preemption");
    assert_eq!(
        (found.nominated.as_str(), found.deciding_rule.as_str()),
        ("a", "min-pdb-violations")
    );
}

#[test]
fn waiting_pods_keep_the_room_of_their_nominated_node() {
    let mut waiting = pod("db-1", "2");
    waiting["spec"]["priority"] = json!(10);
    waiting["status"] = json!({"nominatedNodeName": "a"});
    let nodes = vec![node("a", "2", &[])];
    let line = case(nodes, vec![waiting], pod("web-1", "1"));
    expect!["0/1 nodes are available: 1 Insufficient cpu."]
        .assert_eq(&decided(&line).fit_error.unwrap_or_default());
}

/// What a node has left, as the message about a pod that wants all of it.
fn is_full(placed: Value) -> bool {
    let line = case(vec![node("a", "2", &[])], vec![placed], pod("web-1", "1"));
    decided(&line).best.is_empty()
}

#[test]
fn a_resized_pod_counts_with_the_largest_of_its_requests() {
    let mut placed = running("web-0", "500m", "a", 0);
    assert!(!is_full(placed.clone()));
    placed["status"]["containerStatuses"] = json!([{
        "name": "c", "image": "", "imageID": "", "ready": true, "restartCount": 0,
        "allocatedResources": {"cpu": "1500m"},
        "resources": {"requests": {"cpu": "500m"}},
    }]);
    assert!(is_full(placed.clone())); // S91
    // What is asked for does not count while it cannot be had.
    placed["spec"]["containers"][0]["resources"]["requests"]["cpu"] = json!("1500m");
    placed["status"]["containerStatuses"][0]["allocatedResources"]["cpu"] = json!("500m");
    assert!(is_full(placed.clone()));
    let pending = json!([{"type": "PodResizePending", "status": "True", "reason": "Infeasible"}]);
    placed["status"]["conditions"] = pending;
    assert!(!is_full(placed));
}

#[test]
fn a_port_that_two_pods_have_is_free_when_one_goes() {
    // The host ports of a node are a set, and a dry run takes one pod away.
    let port = json!([{"containerPort": 80, "hostPort": 80, "protocol": "TCP"}]);
    let with_port = |mut pod: Value, priority: i32| {
        pod["spec"]["containers"][0]["ports"] = port.clone();
        pod["spec"]["priority"] = json!(priority);
        pod
    };
    let line = case(
        vec![node("a", "4", &[])],
        vec![
            with_port(running("web-1", "1", "a", 0), 0),
            with_port(running("web-2", "1", "a", 0), 100),
        ],
        with_port(pod("db-1", "1"), 10),
    );
    let found = decided(&line).preemption.expect("a preemption");
    assert_eq!(found.victims, ["default/web-1"]);
}

#[test]
fn the_pod_as_a_whole_does_not_count_for_the_score_of_its_fit() {
    // S97: the scorer looks at containers alone; S43: what is placed counts as a whole.
    let mut line = case(
        vec![node("a", "4", &[]), node("b", "4", &[])],
        vec![],
        pod("web-1", "1"),
    );
    line["pod"]["spec"]["resources"] = json!({"requests": {"cpu": "4"}});
    line["pod"]["spec"]["overhead"] = json!({"cpu": "1"});
    line["pod"]["spec"]["containers"][0]["resources"]["requests"]["cpu"] = json!("0");
    line["nodes"][0]["status"]["allocatable"]["cpu"] = json!("10");
    line["nodes"][1]["status"]["allocatable"]["cpu"] = json!("5");
    let raw = &decided(&line).raw["NodeResourcesFit"];
    assert_eq!((raw["a"], raw["b"]), ((90 + 87) / 2, (80 + 87) / 2));
}

#[test]
fn what_makes_no_cluster_is_damaged() {
    let twice = vec![node("a", "4", &[]), node("a", "4", &[])];
    let line = case(twice, vec![], pod("web-1", "1"));
    check(&line, expect!["damaged: two nodes are called a\n"]);
    let line = case(vec![node("a", "4x", &[])], vec![], pod("web-1", "1"));
    check(
        &line,
        expect!["damaged: allocatable of node a: cpu `4x` is no quantity\n"],
    );
    let line = case(vec![], vec![], pod("web-1", "1"));
    check(
        &line,
        expect![[r#"
            fit_error: recorded -, found no nodes available to schedule pods
            failure_message: recorded -, found no nodes available to schedule pods
        "#]],
    );
}
