//! Patches change what kubectl would change.

use expect_test::{Expect, expect};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::manifest::{Patch, apply_patch, json_merge, json_patch, reread, strategic_merge};

use super::read;

fn check(kind: &str, object: Value, patch: Patch, expected: Expect) {
    let result = apply_patch(kind, &object, &patch);
    expected.assert_eq(
        &result.map_or_else(|error| format!("error: {error}"), |value| value.to_string()),
    );
}

fn pod(spec: Value) -> Value {
    json!({"spec": spec})
}

#[test]
fn containers_merge_by_name() {
    check(
        "Pod",
        pod(
            json!({"containers": [{"name": "a", "image": "a:1", "env": [{"name": "X", "value": "1"}]}, {"name": "b"}]}),
        ),
        Patch::Strategic(pod(json!({"containers": [
            {"name": "c", "image": "c:1"},
            {"name": "a", "image": "a:2", "env": [{"name": "Y", "value": "2"}, {"name": "X", "$patch": "delete"}]},
        ]}))),
        expect![[
            r#"{"spec":{"containers":[{"name":"b"},{"name":"c","image":"c:1"},{"name":"a","image":"a:2","env":[{"name":"Y","value":"2"}]}]}}"#
        ]],
    );
}

#[test]
fn tolerations_are_replaced_and_nulls_remove() {
    check(
        "Pod",
        pod(json!({"tolerations": [{"key": "a"}, {"key": "b"}], "nodeName": "n", "hostname": "h"})),
        Patch::Strategic(pod(
            json!({"tolerations": [{"key": "c"}], "nodeName": null}),
        )),
        expect![[r#"{"spec":{"tolerations":[{"key":"c"}],"hostname":"h"}}"#]],
    );
}

#[test]
fn directives() {
    check(
        "Deployment",
        json!({"metadata": {"finalizers": ["a", "b"]}, "spec": {"strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1}}}}),
        Patch::Strategic(json!({
            "metadata": {"$deleteFromPrimitiveList/finalizers": ["a"], "finalizers": ["c"]},
            "spec": {"strategy": {"$retainKeys": ["type"], "type": "Recreate"}},
        })),
        expect![[
            r#"{"metadata":{"finalizers":["b","c"]},"spec":{"strategy":{"type":"Recreate"}}}"#
        ]],
    );
    check(
        "Pod",
        pod(json!({"containers": [{"name": "a"}, {"name": "b"}]})),
        Patch::Strategic(pod(
            json!({"containers": [{"$patch": "replace"}, {"name": "z"}]}),
        )),
        expect![[r#"{"spec":{"containers":[{"name":"z"}]}}"#]],
    );
    check(
        "Pod",
        pod(json!({"containers": [{"name": "a"}, {"name": "b"}]})),
        Patch::Strategic(pod(
            json!({"$setElementOrder/containers": [{"name": "b"}, {"name": "a"}]}),
        )),
        expect![[r#"{"spec":{"containers":[{"name":"b"},{"name":"a"}]}}"#]],
    );
}

#[test]
fn items_need_their_key() {
    check(
        "Deployment",
        json!({"spec": {"template": {"spec": {"containers": [{"name": "a"}]}}}}),
        Patch::Strategic(json!({"spec": {"template": {"spec": {"containers": [{"image": "b"}]}}}})),
        expect![
            "error: spec.template.spec.containers: each item needs `name`, by which the items are matched"
        ],
    );
}

#[test]
fn json_patches() {
    let object = json!({"spec": {"replicas": 1, "list": [1, 2], "a/b": 0}});
    for (operations, expected) in [
        (
            json!([{"op": "replace", "path": "/spec/replicas", "value": 3}, {"op": "add", "path": "/spec/list/-", "value": 3}]),
            expect![[r#"{"spec":{"replicas":3,"list":[1,2,3],"a/b":0}}"#]],
        ),
        (
            json!([{"op": "remove", "path": "/spec/a~1b"}, {"op": "move", "from": "/spec/list/0", "path": "/first"}]),
            expect![[r#"{"spec":{"replicas":1,"list":[2]},"first":1}"#]],
        ),
        (
            json!([{"op": "test", "path": "/spec/replicas", "value": 2}]),
            expect!["error: operation 0: `/spec/replicas` is 1, not 2"],
        ),
        (
            json!([{"op": "replace", "path": "/spec/nothing", "value": 2}]),
            expect!["error: operation 0: `/spec/nothing` leads nowhere: there is no `nothing`"],
        ),
        (
            json!([{"op": "add", "path": "/spec/list/7", "value": 2}]),
            expect![
                "error: operation 0: `/spec/list/7`: the list has 2 items, `7` is not a place in it"
            ],
        ),
        (
            json!([{"op": "swap", "path": "/spec"}]),
            expect![
                "error: operation 0: `swap` is no operation: add, remove, replace, move, copy or test"
            ],
        ),
        (
            json!({"op": "add"}),
            expect!["error: a JSON patch is a list of operations"],
        ),
    ] {
        check(
            "Deployment",
            object.clone(),
            Patch::Json(operations),
            expected,
        );
    }
}

#[test]
fn a_patched_object_is_read_again() {
    let import = read(
        "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {containers: [{name: a, image: a}]}\n",
    );
    let imported = &import.objects[0];
    let patch = |change: Value| strategic_merge("Pod", &imported.json, &pod(change)).unwrap();
    let object = reread(&patch(json!({"hostname": "b"})), &imported.place);
    assert_eq!(object.unwrap().kind(), "Pod");
    let mut text = String::new();
    for change in [
        json!({"hostnam": "b"}),
        json!({"containers": [{"name": "a", "image": null}], "nodeName": 3}),
    ] {
        for problem in reread(&patch(change), &imported.place)
            .unwrap_err()
            .problems
        {
            text.push_str(&format!(
                "{}: {}\n",
                problem.place.unwrap().path,
                problem.message
            ));
        }
    }
    expect![[r#"
        spec.hostnam: unknown field `spec.hostnam` in Pod
        spec.nodeName: spec.nodeName: expected text, found the number 3
    "#]]
    .assert_eq(&text);
}

fn json_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i32>().prop_map(Value::from),
        "[a-c]{0,2}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map(
                "(name|spec|containers|finalizers|metadata|env|\\$patch|[a-c])",
                inner,
                0..4
            )
            .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

fn without_nulls(value: &Value) -> Value {
    match value {
        Value::Object(map) => {
            let kept = map.iter().filter(|(_, value)| !value.is_null());
            Value::Object(
                kept.map(|(key, value)| (key.clone(), without_nulls(value)))
                    .collect(),
            )
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
            value.clone()
        }
    }
}

proptest! {
    #[test]
    fn merging_twice_is_merging_once(object in json_value(), patch in json_value()) {
        if let Ok(once) = json_merge(&object, &patch) {
            prop_assert_eq!(json_merge(&once, &patch).unwrap(), once);
        }
    }

    #[test]
    fn merging_into_nothing_gives_the_patch_without_nulls(patch in json_value()) {
        if let Ok(merged) = json_merge(&json!({}), &patch) {
            prop_assert_eq!(merged, without_nulls(&patch));
        }
    }

    #[test]
    fn an_empty_patch_changes_nothing(object in json_value()) {
        if object.is_object() {
            prop_assert_eq!(strategic_merge("Pod", &object, &json!({})).unwrap(), object.clone());
            prop_assert_eq!(json_patch(&object, &json!([])).unwrap(), object);
        }
    }

    #[test]
    fn strategic_merges_never_panic(object in json_value(), patch in json_value()) {
        let result = strategic_merge("Pod", &object, &patch);
        prop_assert!(result.is_err() || object.is_object());
    }

    #[test]
    fn what_was_added_can_be_removed(object in json_value(), value in json_value()) {
        if object.is_object() && object.get("zz").is_none() {
            let operations = json!([{"op": "add", "path": "/zz", "value": value}, {"op": "remove", "path": "/zz"}]);
            prop_assert_eq!(json_patch(&object, &operations).unwrap(), object);
        }
    }
}
