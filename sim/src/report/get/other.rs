//! The tables of nodes, and of kinds of which the model reads little.

use wavetank_core::id::{Kind, ObjId, SpecId};
use wavetank_core::object::condition::Truth;
use wavetank_core::object::node::{Node, NodeConditionType};
use wavetank_core::object::other::Other;
use wavetank_core::object::spec::{IntOrPercent, Spec};

use crate::report::snapshot::Snapshot;
use crate::report::table::Table;

/// The version that nodes report.
const KUBELET_VERSION: &str = "v1.36.2";
/// The label whose keys name roles.
const ROLE_PREFIX: &str = "node-role.kubernetes.io/";

/// STATUS of a node: `Ready,SchedulingDisabled`.
#[must_use]
pub fn node_status(node: &Node) -> String {
    let mut status = match node.condition(NodeConditionType::Ready).status {
        Truth::True => "Ready",
        Truth::False | Truth::Unknown => "NotReady",
        Truth::Absent => "Unknown",
    }
    .to_owned();
    if node.unschedulable {
        status.push_str(",SchedulingDisabled");
    }
    status
}

/// ROLES of a node.
#[must_use]
pub fn node_roles(view: &Snapshot<'_>, node: &Node) -> String {
    let labels = view.set(node.meta.labels);
    let roles: Vec<_> = labels
        .iter()
        .filter_map(|(key, _)| key.strip_prefix(ROLE_PREFIX))
        .collect();
    if roles.is_empty() {
        "<none>".to_owned()
    } else {
        roles.join(",")
    }
}

pub(super) fn nodes(view: &Snapshot<'_>, objects: &[ObjId], wide: bool) -> Table {
    let mut headings = vec!["NAME", "STATUS", "ROLES", "AGE", "VERSION"];
    if wide {
        headings.extend(["INTERNAL-IP", "EXTERNAL-IP", "OS-IMAGE"]);
        headings.extend(["KERNEL-VERSION", "CONTAINER-RUNTIME"]);
    }
    let mut table = Table::new(&headings);
    for object in objects {
        let Some(node) = view.store().nodes.newest(object.index) else {
            continue;
        };
        let mut row = vec![
            view.name(*object),
            node_status(node),
            node_roles(view, node),
            view.age(node.meta.created),
            KUBELET_VERSION.to_owned(),
        ];
        if wide {
            let unknown = ["<none>", "<none>", "<unknown>", "<unknown>", "<unknown>"];
            row.extend(unknown.map(str::to_owned));
        }
        table.rows.push(row);
    }
    table
}

/// The objects that are there, of the table of the others.
pub(super) fn others<'a>(
    view: &Snapshot<'a>,
    objects: &[ObjId],
) -> impl Iterator<Item = (ObjId, &'a Other, &'a Spec)> {
    objects.iter().filter_map(move |object| {
        let other = view.store().others.newest(object.index)?;
        let spec: SpecId = other.spec;
        Some((*object, other, &view.definitions().get_spec(spec).spec))
    })
}

pub(super) fn plain(view: &Snapshot<'_>, objects: &[ObjId]) -> Table {
    let mut table = Table::new(&["NAME", "AGE"]);
    for (object, other, _) in others(view, objects) {
        table
            .rows
            .push(vec![view.name(object), view.age(other.meta.created)]);
    }
    table
}

pub(super) fn namespaces(view: &Snapshot<'_>, objects: &[ObjId]) -> Table {
    let mut table = Table::new(&["NAME", "STATUS", "AGE"]);
    for (object, other, _) in others(view, objects) {
        let phase = other.meta.deletion.map_or("Active", |_| "Terminating");
        let age = view.age(other.meta.created);
        table
            .rows
            .push(vec![view.name(object), phase.to_owned(), age]);
    }
    table
}

pub(super) fn data(view: &Snapshot<'_>, objects: &[ObjId], kind: Kind) -> Table {
    let is_secret = kind == Kind::Secret;
    let headings: &[&str] = if is_secret {
        &["NAME", "TYPE", "DATA", "AGE"]
    } else {
        &["NAME", "DATA", "AGE"]
    };
    let mut table = Table::new(headings);
    for (object, other, spec) in others(view, objects) {
        let mut row = vec![view.name(object)];
        if is_secret {
            let manifest = crate::report::object::to_json(view, object);
            let kind = manifest.as_ref().and_then(|it| it.get("type")?.as_str());
            row.push(kind.unwrap_or("Opaque").to_owned());
        }
        row.push(match spec {
            Spec::Data(pairs) => pairs.len().to_string(),
            Spec::Node(_)
            | Spec::ReplicaSet(_)
            | Spec::Deployment(_)
            | Spec::Service(_)
            | Spec::PodDisruptionBudget(_)
            | Spec::PriorityClass(_)
            | Spec::Opaque
            | Spec::PersistentVolume(_)
            | Spec::PersistentVolumeClaim(_)
            | Spec::StorageClass(_)
            | Spec::CsiNode(_) => "0".to_owned(),
        });
        row.push(view.age(other.meta.created));
        table.rows.push(row);
    }
    table
}

pub(super) fn budgets(view: &Snapshot<'_>, objects: &[ObjId]) -> Table {
    let headings = [
        "NAME",
        "MIN AVAILABLE",
        "MAX UNAVAILABLE",
        "ALLOWED DISRUPTIONS",
        "AGE",
    ];
    let amount = |value: Option<IntOrPercent>| match value {
        None => "N/A".to_owned(),
        Some(IntOrPercent::Int(number)) => number.to_string(),
        Some(IntOrPercent::Percent(percent)) => format!("{percent}%"),
    };
    let mut table = Table::new(&headings);
    for (object, other, spec) in others(view, objects) {
        let Spec::PodDisruptionBudget(budget) = spec else {
            continue;
        };
        let namespace = other.meta.namespace;
        let latest = wavetank_core::state::view::View::latest(view.cluster);
        let (allowed, ..) = crate::component::apiserver::allowance(latest, namespace, budget);
        table.rows.push(vec![
            view.name(object),
            amount(budget.min_available),
            amount(budget.max_unavailable),
            allowed.to_string(),
            view.age(other.meta.created),
        ]);
    }
    table
}

pub(super) fn priority_classes(view: &Snapshot<'_>, objects: &[ObjId]) -> Table {
    let headings = ["NAME", "VALUE", "GLOBAL-DEFAULT", "AGE", "PREEMPTIONPOLICY"];
    let mut table = Table::new(&headings);
    for (object, other, spec) in others(view, objects) {
        let Spec::PriorityClass(class) = spec else {
            continue;
        };
        let policy = if class.never_preempts {
            "Never"
        } else {
            "PreemptLowerPriority"
        };
        table.rows.push(vec![
            view.name(object),
            class.value.to_string(),
            class.global_default.to_string(),
            view.age(other.meta.created),
            policy.to_owned(),
        ]);
    }
    table
}
