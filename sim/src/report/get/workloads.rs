//! The tables of Deployments and ReplicaSets.

use wavetank_core::id::{ObjId, SpecId, TemplateId};
use wavetank_core::label::Selector;
use wavetank_core::object::spec::Spec;

use super::{containers_and_images, selector_text};
use crate::report::snapshot::Snapshot;
use crate::report::table::Table;

const WIDE: [&str; 3] = ["CONTAINERS", "IMAGES", "SELECTOR"];

pub(super) fn deployments(view: &Snapshot<'_>, objects: &[ObjId], wide: bool) -> Table {
    let mut headings = vec!["NAME", "READY", "UP-TO-DATE", "AVAILABLE", "AGE"];
    if wide {
        headings.extend(WIDE);
    }
    let mut table = Table::new(&headings);
    for object in objects {
        let Some(deployment) = view.store().deployments.newest(object.index) else {
            continue;
        };
        let status = &deployment.status;
        let mut row = vec![
            view.name(*object),
            format!("{}/{}", status.ready, deployment.replicas),
            status.updated.to_string(),
            status.available.to_string(),
            view.age(deployment.meta.created),
        ];
        if wide {
            row.extend(wide_columns(view, deployment.spec));
        }
        table.rows.push(row);
    }
    table
}

pub(super) fn replica_sets(view: &Snapshot<'_>, objects: &[ObjId], wide: bool) -> Table {
    let mut headings = vec!["NAME", "DESIRED", "CURRENT", "READY", "AGE"];
    if wide {
        headings.extend(WIDE);
    }
    let mut table = Table::new(&headings);
    for object in objects {
        let Some(set) = view.store().replica_sets.newest(object.index) else {
            continue;
        };
        let mut row = vec![
            view.name(*object),
            set.replicas.to_string(),
            set.status.replicas.to_string(),
            set.status.ready.to_string(),
            view.age(set.meta.created),
        ];
        if wide {
            row.extend(wide_columns(view, set.spec));
        }
        table.rows.push(row);
    }
    table
}

fn wide_columns(view: &Snapshot<'_>, spec: SpecId) -> Vec<String> {
    let Some((selector, template)) = selector_and_template(view, spec) else {
        return vec!["<none>".to_owned(); 3];
    };
    let spec = &view.definitions().get_template(template).spec;
    let mut columns = containers_and_images(spec).to_vec();
    columns.push(selector_text(Some(selector)));
    columns
}

/// Selector and template of a Deployment or ReplicaSet.
pub(in crate::report) fn selector_and_template<'a>(
    view: &Snapshot<'a>,
    spec: SpecId,
) -> Option<(&'a Selector, TemplateId)> {
    match &view.definitions().get_spec(spec).spec {
        Spec::ReplicaSet(spec) => Some((&spec.selector, spec.template)),
        Spec::Deployment(spec) => Some((&spec.selector, spec.template)),
        Spec::Node(_)
        | Spec::Service(_)
        | Spec::PodDisruptionBudget(_)
        | Spec::PriorityClass(_)
        | Spec::Data(_)
        | Spec::Opaque
        | Spec::PersistentVolume(_)
        | Spec::PersistentVolumeClaim(_)
        | Spec::StorageClass(_)
        | Spec::CsiNode(_) => None,
    }
}
