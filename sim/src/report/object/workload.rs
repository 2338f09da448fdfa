//! Deployments and ReplicaSets as the API shows them.

use serde_json::{Value, json};
use wavetank_core::id::{ObjId, SpecId, TemplateId};
use wavetank_core::label::{Operator, Selector};
use wavetank_core::object::condition::Condition;
use wavetank_core::object::spec::{IntOrPercent, Spec, Strategy};
use wavetank_core::object::workload::{Deployment, ReplicaSet};

use super::{condition, head, manifest, texts};
use crate::report::snapshot::Snapshot;

pub(super) fn deployment(view: &Snapshot<'_>, object: ObjId, deployment: &Deployment) -> Value {
    let mut value = base(view, deployment.spec);
    value["spec"]["replicas"] = json!(deployment.replicas);
    if deployment.paused {
        value["spec"]["paused"] = json!(true);
    }
    let now = &deployment.status;
    let mut status = counts(&[
        ("observedGeneration", now.observed_generation),
        ("replicas", now.replicas),
        ("updatedReplicas", now.updated),
        ("readyReplicas", now.ready),
        ("availableReplicas", now.available),
        ("unavailableReplicas", now.unavailable),
        ("terminatingReplicas", now.terminating),
        ("collisionCount", now.collisions),
    ]);
    let list = conditions(
        view,
        &[
            ("Available", now.availability),
            ("Progressing", now.progressing),
            ("ReplicaFailure", now.failure),
        ],
    );
    if !list.is_empty() {
        status["conditions"] = json!(list);
    }
    value["status"] = status;
    let mut value = head(view, object, &deployment.meta, value);
    annotate(
        &mut value,
        &[("deployment.kubernetes.io/revision", deployment.revision)],
    );
    value
}

pub(super) fn replica_set(view: &Snapshot<'_>, object: ObjId, set: &ReplicaSet) -> Value {
    let mut value = base(view, set.spec);
    value["spec"]["replicas"] = json!(set.replicas);
    let now = &set.status;
    let mut status = counts(&[
        ("observedGeneration", now.observed_generation),
        ("fullyLabeledReplicas", now.fully_labeled),
        ("readyReplicas", now.ready),
        ("availableReplicas", now.available),
        ("terminatingReplicas", now.terminating),
    ]);
    status["replicas"] = json!(now.replicas);
    let list = conditions(view, &[("ReplicaFailure", now.failure)]);
    if !list.is_empty() {
        status["conditions"] = json!(list);
    }
    value["status"] = status;
    let mut value = head(view, object, &set.meta, value);
    annotate(
        &mut value,
        &[
            ("deployment.kubernetes.io/desired-replicas", set.desired),
            ("deployment.kubernetes.io/max-replicas", set.maximum),
            ("deployment.kubernetes.io/revision", set.revision),
        ],
    );
    value
}

/// The manifest, or what the model knows of it.
fn base(view: &Snapshot<'_>, spec: SpecId) -> Value {
    let definition = view.definitions().get_spec(spec);
    let mut value = manifest(definition);
    if value.get("spec").is_some_and(Value::is_object) {
        return value;
    }
    let (selector, template) = match &definition.spec {
        Spec::ReplicaSet(spec) => (&spec.selector, spec.template),
        Spec::Deployment(spec) => (&spec.selector, spec.template),
        Spec::Node(_)
        | Spec::Service(_)
        | Spec::PodDisruptionBudget(_)
        | Spec::PriorityClass(_)
        | Spec::Data(_)
        | Spec::Opaque
        | Spec::PersistentVolume(_)
        | Spec::PersistentVolumeClaim(_)
        | Spec::StorageClass(_)
        | Spec::CsiNode(_) => {
            value["spec"] = json!({});
            return value;
        }
    };
    let mut spec = json!({
        "selector": selector_json(selector),
        "template": template_json(view, template),
    });
    if let Spec::Deployment(typed) = &definition.spec {
        spec["minReadySeconds"] = json!(typed.min_ready_seconds);
        spec["progressDeadlineSeconds"] = json!(typed.progress_deadline_seconds);
        spec["revisionHistoryLimit"] = json!(typed.revision_history_limit);
        spec["strategy"] = match typed.strategy {
            Strategy::Recreate => json!({ "type": "Recreate" }),
            Strategy::RollingUpdate {
                max_surge,
                max_unavailable,
            } => json!({
                "type": "RollingUpdate",
                "rollingUpdate": {
                    "maxSurge": int_or_percent(max_surge),
                    "maxUnavailable": int_or_percent(max_unavailable),
                },
            }),
        };
    }
    value["spec"] = spec;
    value
}

fn template_json(view: &Snapshot<'_>, id: TemplateId) -> Value {
    let template = view.definitions().get_template(id);
    json!({
        "metadata": { "labels": texts(view.set(template.labels).iter()) },
        "spec": super::pod::spec(template),
    })
}

fn selector_json(selector: &Selector) -> Value {
    let is_plain = |operator: Operator, values: usize| operator == Operator::In && values == 1;
    let mut labels = json!({});
    let mut expressions = Vec::new();
    for requirement in selector.requirements() {
        let (key, values) = (requirement.key(), requirement.values());
        if is_plain(requirement.operator(), values.len()) {
            labels[key] = json!(values[0]);
        } else {
            let operator = format!("{:?}", requirement.operator());
            let mut expression = json!({ "key": key, "operator": operator });
            if !values.is_empty() {
                expression["values"] = json!(values);
            }
            expressions.push(expression);
        }
    }
    let mut value = json!({});
    if labels.as_object().is_some_and(|map| !map.is_empty()) {
        value["matchLabels"] = labels;
    }
    if !expressions.is_empty() {
        value["matchExpressions"] = json!(expressions);
    }
    value
}

/// A number, or a percentage as a text.
fn int_or_percent(value: IntOrPercent) -> Value {
    match value {
        IntOrPercent::Int(number) => json!(number),
        IntOrPercent::Percent(percent) => json!(format!("{percent}%")),
    }
}

/// Counts of a status; those that are zero are left out.
fn counts(list: &[(&str, u32)]) -> Value {
    let mut value = json!({});
    for (key, count) in list {
        if *count != 0 {
            value[*key] = json!(count);
        }
    }
    value
}

fn conditions(view: &Snapshot<'_>, list: &[(&str, Condition)]) -> Vec<Value> {
    list.iter()
        .filter_map(|(kind, found)| {
            let mut value = condition(view, kind, found)?;
            if found.updated != wavetank_core::time::Stamp(0) {
                value["lastUpdateTime"] = json!(view.clock.wall(found.updated));
            }
            Some(value)
        })
        .collect()
}

/// Adds the annotations that the model keeps as numbers.
fn annotate(value: &mut Value, list: &[(&str, u32)]) {
    for (key, number) in list {
        if *number != 0 {
            value["metadata"]["annotations"][*key] = json!(number.to_string());
        }
    }
}
