//! The tables of volumes, claims, and their classes.

use serde_json::Value;
use wavetank_core::id::ObjId;
use wavetank_core::object::other::Other;
use wavetank_core::object::spec::{AccessModes, ClaimSpec, Spec};

use super::other::others;
use crate::report::object::to_json;
use crate::report::snapshot::Snapshot;
use crate::report::table::Table;

/// The annotation of the default class.
const DEFAULT: &str = "storageclass.kubernetes.io/is-default-class";

pub(super) fn volumes(view: &Snapshot<'_>, objects: &[ObjId], wide: bool) -> Table {
    let mut headings = vec![
        "NAME",
        "CAPACITY",
        "ACCESS MODES",
        "RECLAIM POLICY",
        "STATUS",
    ];
    headings.extend([
        "CLAIM",
        "STORAGECLASS",
        "VOLUMEATTRIBUTESCLASS",
        "REASON",
        "AGE",
    ]);
    if wide {
        headings.push("VOLUMEMODE");
    }
    let mut table = Table::new(&headings);
    for (object, other, spec) in others(view, objects) {
        let Spec::PersistentVolume(spec) = spec else {
            continue;
        };
        let claim = spec.claim.as_ref();
        let policy = if spec.is_deleted_with_claim {
            "Delete"
        } else {
            "Retain"
        };
        let mut row = vec![
            view.name(object),
            field(view, object, "/spec/capacity/storage"),
            short(spec.modes),
            policy.to_owned(),
            status(other, format!("{:?}", spec.phase)),
            claim.map_or_else(String::new, |it| format!("{}/{}", it.namespace, it.name)),
            spec.class.to_string(),
            "<unset>".to_owned(),
            String::new(),
            view.age(other.meta.created),
        ];
        if wide {
            row.push(mode(spec.is_block));
        }
        table.rows.push(row);
    }
    table
}

pub(super) fn claims(view: &Snapshot<'_>, objects: &[ObjId], wide: bool) -> Table {
    let mut headings = vec!["NAME", "STATUS", "VOLUME", "CAPACITY", "ACCESS MODES"];
    headings.extend(["STORAGECLASS", "VOLUMEATTRIBUTESCLASS", "AGE"]);
    if wide {
        headings.push("VOLUMEMODE");
    }
    let mut table = Table::new(&headings);
    for (object, other, spec) in others(view, objects) {
        let Spec::PersistentVolumeClaim(spec) = spec else {
            continue;
        };
        let mut row = vec![
            view.name(object),
            status(other, format!("{:?}", spec.phase)),
            spec.volume.to_string(),
        ];
        row.extend(granted(view, object, spec));
        row.extend([
            spec.class.as_deref().unwrap_or_default().to_owned(),
            "<unset>".to_owned(),
            view.age(other.meta.created),
        ]);
        if wide {
            row.push(mode(spec.is_block));
        }
        table.rows.push(row);
    }
    table
}

/// Capacity and access modes of a claim that has a volume.
fn granted(view: &Snapshot<'_>, object: ObjId, spec: &ClaimSpec) -> [String; 2] {
    if spec.volume.is_empty() {
        return [String::new(), String::new()];
    }
    let capacity = field(view, object, "/status/capacity/storage");
    [capacity, short(spec.modes)]
}

pub(super) fn classes(view: &Snapshot<'_>, objects: &[ObjId]) -> Table {
    let mut headings = vec!["NAME", "PROVISIONER", "RECLAIMPOLICY", "VOLUMEBINDINGMODE"];
    headings.extend(["ALLOWVOLUMEEXPANSION", "AGE"]);
    let mut table = Table::new(&headings);
    for (object, other, spec) in others(view, objects) {
        let Spec::StorageClass(spec) = spec else {
            continue;
        };
        let mut name = view.name(object);
        if view.set(other.meta.annotations).get(DEFAULT) == Some("true") {
            name.push_str(" (default)");
        }
        let policy = if spec.is_deleted_with_claim {
            "Delete"
        } else {
            "Retain"
        };
        let binding = if spec.waits {
            "WaitForFirstConsumer"
        } else {
            "Immediate"
        };
        let json = to_json(view, object).unwrap_or_default();
        let expands = json["allowVolumeExpansion"] == Value::Bool(true);
        table.rows.push(vec![
            name,
            spec.provisioner.to_string(),
            policy.to_owned(),
            binding.to_owned(),
            expands.to_string(),
            view.age(other.meta.created),
        ]);
    }
    table
}

pub(super) fn csi_nodes(view: &Snapshot<'_>, objects: &[ObjId]) -> Table {
    let mut table = Table::new(&["NAME", "DRIVERS", "AGE"]);
    for (object, other, spec) in others(view, objects) {
        let Spec::CsiNode(spec) = spec else {
            continue;
        };
        let drivers = spec.drivers.len().to_string();
        let age = view.age(other.meta.created);
        table.rows.push(vec![view.name(object), drivers, age]);
    }
    table
}

fn status(other: &Other, phase: String) -> String {
    match other.meta.deletion {
        Some(_) => "Terminating".to_owned(),
        None => phase,
    }
}

fn mode(is_block: bool) -> String {
    if is_block { "Block" } else { "Filesystem" }.to_owned()
}

/// `RWO,ROX`
fn short(modes: AccessModes) -> String {
    let modes = AccessModes::ALL.iter().filter(|mode| modes.0 & mode.2 != 0);
    let names: Vec<_> = modes.map(|mode| mode.1).collect();
    names.join(",")
}

/// A text of the manifest.
fn field(view: &Snapshot<'_>, object: ObjId, path: &str) -> String {
    let json = to_json(view, object).unwrap_or_default();
    let text = json.pointer(path).and_then(Value::as_str);
    text.unwrap_or_default().to_owned()
}
