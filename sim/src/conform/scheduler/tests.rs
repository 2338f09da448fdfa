//! Lines in, reports out.

mod decisions;
mod files;
mod sequences;

use expect_test::Expect;
use serde_json::{Value, json};

use super::*;

/// A node with these labels, and room for ten pods.
fn node(name: &str, cpu: &str, labels: &[(&str, &str)]) -> Value {
    let labels: serde_json::Map<_, _> = labels
        .iter()
        .map(|(key, value)| ((*key).to_owned(), json!(value)))
        .collect();
    json!({
        "metadata": {"name": name, "labels": labels},
        "status": {"allocatable": {"cpu": cpu, "memory": "8Gi", "pods": "10"}},
    })
}

/// A pod that requests some CPU and a gibibyte, labelled `app` with the first part of its name.
fn pod(name: &str, cpu: &str) -> Value {
    let app = name.split('-').next().unwrap_or(name);
    let requests = json!({"cpu": cpu, "memory": "1Gi"});
    json!({
        "metadata": {"name": name, "namespace": "default", "labels": {"app": app}},
        "spec": {"containers": [{"name": "c", "image": "app:1", "resources": {"requests": requests}}]},
    })
}

/// A pod that runs on a node since this minute.
fn running(name: &str, cpu: &str, node: &str, minute: u32) -> Value {
    let mut pod = pod(name, cpu);
    pod["spec"]["nodeName"] = json!(node);
    pod["status"] = json!({"startTime": format!("2026-01-01T00:{minute:02}:00Z")});
    pod
}

/// A decision that nobody recorded: every field that the model fills differs.
fn case(nodes: Vec<Value>, pods: Vec<Value>, pod: Value) -> Value {
    json!({"case": "c", "nodes": nodes, "pods": pods, "pod": pod, "result": {}})
}

/// What the model decides about a line.
fn decided(line: &Value) -> case::Decision {
    let Ok(Line::Case(case)) = parse(&line.to_string()) else {
        panic!("not a decision: {line}");
    };
    let (world, request) = of_case(&case).expect("a cluster");
    decide(&world, &request)
}

/// What differs in a line, one line a field.
fn check(line: &Value, expected: Expect) {
    let text = match judge(&line.to_string()) {
        Err(damage) => format!("damaged: {}\n", damage.message),
        Ok(comparison) => {
            let told = comparison.differences.iter().map(|it| {
                let (path, recorded, found) = (&it.path, &it.recorded, &it.found);
                format!("{path}: recorded {recorded}, found {found}\n")
            });
            told.collect()
        }
    };
    expected.assert_eq(&text);
}
