//! The fields that `--field-selector` can ask for.

use super::*;

/// The fields by which items of a resource can be chosen.
pub(super) const fn supported(resource: Resource) -> &'static [&'static str] {
    match resource {
        Resource::Object(Kind::Pod) => &[
            "metadata.name",
            "metadata.namespace",
            "spec.nodeName",
            "spec.restartPolicy",
            "spec.schedulerName",
            "spec.serviceAccountName",
            "status.phase",
            "status.podIP",
            "status.nominatedNodeName",
        ],
        Resource::Object(Kind::Node) => &["metadata.name", "spec.unschedulable"],
        Resource::Object(Kind::ReplicaSet) => {
            &["metadata.name", "metadata.namespace", "status.replicas"]
        }
        Resource::Object(Kind::Namespace) => &["metadata.name", "status.phase"],
        Resource::Event => &[
            "metadata.name",
            "metadata.namespace",
            "involvedObject.kind",
            "involvedObject.name",
            "involvedObject.namespace",
            "involvedObject.uid",
            "involvedObject.fieldPath",
            "reason",
            "type",
            "source",
        ],
        Resource::Object(_) | Resource::Endpoints => &["metadata.name", "metadata.namespace"],
    }
}

/// The value of a field by which items can be chosen.
pub(super) fn field(view: &Snapshot<'_>, item: &Item, path: &str) -> Option<String> {
    let object = match item {
        Item::Object(object) => *object,
        Item::Endpoints(service) => (*service).into(),
        Item::Event(event) => return event_field(view, event, path),
    };
    match path {
        "metadata.name" => return Some(view.name(object)),
        "metadata.namespace" if object.kind.is_namespaced() => {
            return Some(view.namespace(object).to_owned());
        }
        _ => {}
    }
    let store = view.store();
    match (object.kind, path) {
        (Kind::Pod, _) => pod_field(view, PodId(object.index), path),
        (Kind::Node, "spec.unschedulable") => {
            Some(store.nodes.newest(object.index)?.unschedulable.to_string())
        }
        (Kind::ReplicaSet, "status.replicas") => Some(
            store
                .replica_sets
                .newest(object.index)?
                .status
                .replicas
                .to_string(),
        ),
        (Kind::Namespace, "status.phase") => Some(
            store
                .meta(object)?
                .deletion
                .map_or("Active", |_| "Terminating")
                .to_owned(),
        ),
        _ => None,
    }
}

fn pod_field(view: &Snapshot<'_>, id: PodId, path: &str) -> Option<String> {
    let pod = view.store().pods.newest(id.0)?;
    let spec = &view.definitions().get_template(pod.template).spec;
    let name = |node: Option<wavetank_core::id::NodeId>| {
        node.map_or_else(String::new, |node| view.name(node))
    };
    Some(match path {
        "spec.nodeName" => name(pod.node),
        "spec.restartPolicy" => match spec.restart_policy {
            RestartPolicy::Always => "Always",
            RestartPolicy::OnFailure => "OnFailure",
            RestartPolicy::Never => "Never",
        }
        .to_owned(),
        "spec.schedulerName" => spec.scheduler_name.to_string(),
        "spec.serviceAccountName" => spec.service_account.to_string(),
        "status.phase" => pod.phase.text().to_owned(),
        "status.podIP" if pod.ip.is_some() => pod.ip.to_string(),
        "status.podIP" => String::new(),
        "status.nominatedNodeName" => name(pod.nominated),
        _ => return None,
    })
}

fn event_field(view: &Snapshot<'_>, event: &Event, path: &str) -> Option<String> {
    let object = event.object;
    Some(match path {
        "metadata.name" => event.name(view),
        "metadata.namespace" | "involvedObject.namespace" => view.namespace(object).to_owned(),
        "involvedObject.kind" => object.kind.name().to_owned(),
        "involvedObject.name" => view.name(object),
        "involvedObject.uid" => view.uid(object),
        "involvedObject.fieldPath" => event.field_path(view).unwrap_or_default(),
        "reason" => event.reason(view).to_owned(),
        "type" => event.kind().to_owned(),
        "source" => component(event.by).to_owned(),
        _ => return None,
    })
}
