//! Nodes as the API shows them, and amounts of resources.

use serde_json::{Value, json};
use wavetank_core::id::ObjId;
use wavetank_core::object::node::{Node, NodeConditionType};
use wavetank_core::object::resources::Resources;
use wavetank_core::object::scheduling::{Taint, TaintEffect};
use wavetank_core::object::spec::Spec;

use super::{condition, head, manifest};
use crate::report::snapshot::Snapshot;

/// The conditions of a node in the order in which the API shows them.
const ORDER: [NodeConditionType; 4] = [
    NodeConditionType::MemoryPressure,
    NodeConditionType::DiskPressure,
    NodeConditionType::PidPressure,
    NodeConditionType::Ready,
];

pub(super) fn to_json(view: &Snapshot<'_>, object: ObjId, node: &Node) -> Value {
    let definition = view.definitions().get_spec(node.spec);
    let mut value = manifest(definition);
    let mut spec = json!({});
    if !node.taints.is_empty() {
        let taints: Vec<_> = node.taints.iter().map(taint_json).collect();
        spec["taints"] = json!(taints);
    }
    if node.unschedulable {
        spec["unschedulable"] = json!(true);
    }
    value["spec"] = spec;
    let conditions: Vec<_> = ORDER
        .into_iter()
        .filter_map(|kind| condition(view, kind.text(), node.condition(kind)))
        .collect();
    let mut status = json!({ "conditions": conditions });
    if let Spec::Node(spec) = &definition.spec {
        status["capacity"] = super::pod::amounts_json(&spec.capacity);
        status["allocatable"] = super::pod::amounts_json(&spec.allocatable);
        let images: Vec<_> = spec
            .images
            .iter()
            .map(|(name, bytes)| json!({ "names": [name], "sizeBytes": bytes }))
            .collect();
        if !images.is_empty() {
            status["images"] = json!(images);
        }
    }
    value["status"] = status;
    head(view, object, &node.meta, value)
}

fn taint_json(taint: &Taint) -> Value {
    let mut value = json!({ "key": taint.key, "effect": effect(taint.effect) });
    if !taint.value.is_empty() {
        value["value"] = json!(taint.value);
    }
    value
}

/// `effect` of a taint.
#[must_use]
pub(in crate::report) const fn effect(effect: TaintEffect) -> &'static str {
    match effect {
        TaintEffect::NoSchedule => "NoSchedule",
        TaintEffect::PreferNoSchedule => "PreferNoSchedule",
        TaintEffect::NoExecute => "NoExecute",
    }
}

/// Names and amounts, as quantities; those that are zero are left out.
pub(in crate::report) fn amounts(amounts: &Resources) -> Vec<(&str, String)> {
    let mut list = Vec::new();
    if amounts.cpu != 0 {
        list.push(("cpu", cpu(amounts.cpu)));
    }
    if amounts.storage != 0 {
        list.push(("ephemeral-storage", bytes(amounts.storage)));
    }
    if amounts.memory != 0 {
        list.push(("memory", bytes(amounts.memory)));
    }
    if amounts.pods != 0 {
        list.push(("pods", amounts.pods.to_string()));
    }
    for (name, amount) in &amounts.extended {
        list.push((name, amount.to_string()));
    }
    list
}

/// Millicores as a quantity: `250m`, `4`.
pub(in crate::report) fn cpu(millicores: i64) -> String {
    if millicores % 1_000 == 0 {
        (millicores / 1_000).to_string()
    } else {
        format!("{millicores}m")
    }
}

/// Bytes as a quantity, in the largest binary unit that loses nothing: `128Mi`.
pub(in crate::report) fn bytes(bytes: i64) -> String {
    const UNITS: [&str; 6] = ["", "Ki", "Mi", "Gi", "Ti", "Pi"];
    let mut amount = bytes;
    let mut unit = 0;
    while amount != 0 && amount % 1_024 == 0 && unit + 1 < UNITS.len() {
        amount /= 1_024;
        unit += 1;
    }
    format!("{amount}{}", UNITS[unit])
}
