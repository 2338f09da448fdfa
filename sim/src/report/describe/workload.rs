//! Deployments and ReplicaSets, described.

use wavetank_core::id::{Kind, ObjId, PodId};
use wavetank_core::object::condition::{Condition, Truth};
use wavetank_core::object::meta::Meta;
use wavetank_core::object::pod::Phase;
use wavetank_core::object::spec::{IntOrPercent, Spec, Strategy};
use wavetank_core::object::workload::{Deployment, ReplicaSet};

use super::{listed, pairs, pod::controlled_by, template::pod_template};
use crate::report::get::selector_and_template;
use crate::report::snapshot::Snapshot;

pub(super) fn deployment(view: &Snapshot<'_>, object: ObjId) -> Option<String> {
    let deployment = view.store().deployments.newest(object.index)?;
    let (selector, template) = selector_and_template(view, deployment.spec)?;
    let mut text = head(view, object, &deployment.meta);
    text.push_str(&format!(
        "CreationTimestamp:\t{}\n",
        view.clock.wall_long(deployment.meta.created)
    ));
    text.push_str(&pairs("Labels", view, deployment.meta.labels));
    let numbers = [("deployment.kubernetes.io/revision", deployment.revision)];
    text.push_str(&annotations(view, &deployment.meta, &numbers));
    text.push_str(&format!("Selector:\t{selector}\n"));
    let now = &deployment.status;
    text.push_str(&format!(
        "Replicas:\t{} desired | {} updated | {} total | {} available | {} unavailable\n",
        deployment.replicas, now.updated, now.replicas, now.available, now.unavailable
    ));
    if let Spec::Deployment(spec) = &view.definitions().get_spec(deployment.spec).spec {
        text.push_str(&strategy(spec.strategy, spec.min_ready_seconds));
    }
    let template = view.definitions().get_template(template);
    text.push_str(&pod_template(view, template));
    let conditions = [
        ("Available", now.availability),
        ("Progressing", now.progressing),
        ("ReplicaFailure", now.failure),
    ];
    text.push_str(&condition_table(view, &conditions));
    text.push_str(&replica_sets(view, object, deployment));
    Some(text)
}

fn strategy(strategy: Strategy, min_ready_seconds: u32) -> String {
    let amount = |value: IntOrPercent| match value {
        IntOrPercent::Int(number) => number.to_string(),
        IntOrPercent::Percent(percent) => format!("{percent}%"),
    };
    match strategy {
        Strategy::Recreate => {
            format!("StrategyType:\tRecreate\nMinReadySeconds:\t{min_ready_seconds}\n")
        }
        Strategy::RollingUpdate {
            max_surge,
            max_unavailable,
        } => format!(
            "StrategyType:\tRollingUpdate\nMinReadySeconds:\t{min_ready_seconds}\n\
             RollingUpdateStrategy:\t{} max unavailable, {} max surge\n",
            amount(max_unavailable),
            amount(max_surge)
        ),
    }
}

/// The old and the new ReplicaSets of a Deployment.
fn replica_sets(view: &Snapshot<'_>, object: ObjId, deployment: &Deployment) -> String {
    let store = view.store();
    let mut sets: Vec<(ObjId, &ReplicaSet)> = store
        .index
        .owned(object)
        .iter()
        .filter(|owned| owned.kind == Kind::ReplicaSet)
        .filter_map(|owned| Some((*owned, store.replica_sets.newest(owned.index)?)))
        .filter(|(_, set)| set.meta.owner == Some(object))
        .collect();
    sets.sort_by_key(|(_, set)| set.revision);
    let (new, old): (Vec<_>, Vec<_>) = sets
        .into_iter()
        .partition(|(_, set)| set.revision == deployment.revision && set.revision > 0);
    let list = |sets: &[(ObjId, &ReplicaSet)]| -> String {
        let texts: Vec<_> = sets
            .iter()
            .map(|(object, set)| {
                format!(
                    "{} ({}/{} replicas created)",
                    view.name(*object),
                    set.status.replicas,
                    set.replicas
                )
            })
            .collect();
        match texts.len() {
            0 => "<none>".to_owned(),
            _ => texts.join(", "),
        }
    };
    format!(
        "OldReplicaSets:\t{}\nNewReplicaSet:\t{}\n",
        list(&old),
        list(&new)
    )
}

pub(super) fn replica_set(view: &Snapshot<'_>, object: ObjId) -> Option<String> {
    let set = view.store().replica_sets.newest(object.index)?;
    let (selector, template) = selector_and_template(view, set.spec)?;
    let mut text = head(view, object, &set.meta);
    text.push_str(&format!("Selector:\t{selector}\n"));
    text.push_str(&pairs("Labels", view, set.meta.labels));
    let numbers = [
        ("deployment.kubernetes.io/desired-replicas", set.desired),
        ("deployment.kubernetes.io/max-replicas", set.maximum),
        ("deployment.kubernetes.io/revision", set.revision),
    ];
    text.push_str(&annotations(view, &set.meta, &numbers));
    if let Some(owner) = set.meta.owner {
        text.push_str(&controlled_by(view, owner));
    }
    text.push_str(&format!(
        "Replicas:\t{} current / {} desired\n",
        set.status.replicas, set.replicas
    ));
    let mut phases = [0_u32; 4];
    for index in view.store().index.pods_of_owner(object) {
        if let Some(pod) = view.store().pods.newest(PodId(*index).0)
            && pod.owner == Some(object)
        {
            phases[match pod.phase {
                Phase::Running => 0,
                Phase::Pending => 1,
                Phase::Succeeded => 2,
                Phase::Failed => 3,
            }] += 1;
        }
    }
    let [running, waiting, succeeded, failed] = phases;
    text.push_str(&format!(
        "Pods Status:\t{running} Running / {waiting} Waiting / {succeeded} Succeeded / \
         {failed} Failed\n"
    ));
    text.push_str(&pod_template(
        view,
        view.definitions().get_template(template),
    ));
    let conditions = [("ReplicaFailure", set.status.failure)];
    text.push_str(&condition_table(view, &conditions));
    Some(text)
}

fn head(view: &Snapshot<'_>, object: ObjId, meta: &Meta) -> String {
    format!(
        "Name:\t{}\nNamespace:\t{}\n",
        view.name(object),
        view.text(meta.namespace)
    )
}

/// Annotations, with those that the model keeps as numbers.
fn annotations(view: &Snapshot<'_>, meta: &Meta, numbers: &[(&str, u32)]) -> String {
    let mut lines: Vec<_> = view
        .set(meta.annotations)
        .iter()
        .map(|(key, value)| format!("{key}: {value}"))
        .collect();
    for (key, number) in numbers {
        if *number > 0 {
            lines.push(format!("{key}: {number}"));
        }
    }
    lines.sort();
    listed("Annotations", lines)
}

fn condition_table(view: &Snapshot<'_>, list: &[(&str, Condition)]) -> String {
    let mut text = String::new();
    for (kind, condition) in list {
        if condition.status != Truth::Absent {
            let status = condition.status.text();
            let reason = view.text(condition.reason);
            text.push_str(&format!("  {kind}\t{status}\t{reason}\n"));
        }
    }
    if text.is_empty() {
        return text;
    }
    format!("Conditions:\n  Type\tStatus\tReason\n  ----\t------\t------\n{text}")
}
