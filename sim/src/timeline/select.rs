//! Finding objects: by name, by labels, by fields.

use wavetank_core::id::{Kind, NodeId, ObjId, PodId, SetId, TextId};
use wavetank_core::label::Labels;
use wavetank_core::object::pod::Pod;
use wavetank_core::state::view::View;
use wavetank_core::text::known;

use super::words::refused;
use crate::plan::step::{Field, Wanted, What};
use wavetank_core::fact::Refusal;

/// The objects that are meant, in the order of names given and of creation, and what is to be said about
/// names of which there is nothing.
pub(super) fn find(what: &What, view: View<'_>) -> (Vec<ObjId>, Vec<String>) {
    let mut found = Vec::new();
    let mut missing = Vec::new();
    for wanted in &what.resources {
        match &wanted.name {
            Some(name) => match named(what, wanted, name, view) {
                Some(object) => found.push(object),
                None => missing.push(refused(wanted.kind.name(), name, Refusal::NotFound)),
            },
            None => found.extend(selected(what, wanted.kind, view)),
        }
    }
    (found, missing)
}

fn named(what: &What, wanted: &Wanted, name: &str, view: View<'_>) -> Option<ObjId> {
    let namespace = wanted.namespace.as_deref().or(what.namespace.as_deref());
    let namespace = if wanted.kind.is_namespaced() {
        view.definitions().texts.find(namespace?)?
    } else {
        known::EMPTY
    };
    let object = view.find(wanted.kind, namespace, name)?;
    view.knows(object).then_some(object)
}

#[allow(clippy::wildcard_enum_match_arm)] // what is not named has no part in this
fn selected(what: &What, kind: Kind, view: View<'_>) -> Vec<ObjId> {
    let namespace = match what.namespace.as_deref() {
        Some(name) if kind.is_namespaced() => match view.definitions().texts.find(name) {
            Some(namespace) => Some(namespace),
            None => return Vec::new(),
        },
        Some(_) | None => None,
    };
    let objects: Vec<ObjId> = match kind {
        Kind::Pod => view.pods().map(|(id, _)| id.into()).collect(),
        Kind::Node => view.nodes().map(|(id, _)| id.into()).collect(),
        Kind::Deployment => view.deployments().map(|(id, _)| id.into()).collect(),
        Kind::ReplicaSet => view.replica_sets().map(|(id, _)| id.into()).collect(),
        Kind::Service => view.services().map(|(id, _)| id.into()).collect(),
        Kind::EndpointSlice => view
            .services()
            .flat_map(|(service, _)| view.slices_of(service))
            .map(|(id, _)| id.into())
            .collect(),
        _ => view
            .others()
            .filter(|(id, _)| view.other_kind(*id) == kind)
            .map(|(id, _)| ObjId { kind, index: id.0 })
            .collect(),
    };
    let fits = |object: &ObjId| {
        namespace.is_none_or(|namespace| namespace_id(view, *object) == namespace)
            && what.selector.matches(labels_of(view, *object))
            && what
                .fields
                .iter()
                .all(|(field, equal, value)| has(view, *object, *field, value) == *equal)
    };
    objects.into_iter().filter(fits).collect()
}

/// Whether a field of an object has this value.
fn has(view: View<'_>, object: ObjId, field: Field, value: &str) -> bool {
    match field {
        Field::Name => name_of(view, object) == value,
        Field::Namespace => namespace_of(view, object) == value,
        Field::Phase => pod_of(view, object).is_some_and(|pod| pod.phase.text() == value),
        Field::NodeName => pod_of(view, object).is_some_and(|pod| match pod.node {
            Some(node) => node_name(view, node) == value,
            None => value.is_empty(),
        }),
        Field::Unschedulable => NodeId::try_from(object)
            .ok()
            .and_then(|node| view.node(node))
            .is_some_and(|node| node.unschedulable.to_string() == value),
    }
}

/// The pod behind an object.
pub(super) fn pod_of(view: View<'_>, object: ObjId) -> Option<&Pod> {
    PodId::try_from(object).ok().and_then(|pod| view.pod(pod))
}

/// A node's name; empty when it is gone.
pub(super) fn node_name(view: View<'_>, node: NodeId) -> String {
    name_of(view, node.into())
}

/// An object's name; empty when it is gone and was no pod.
pub(super) fn name_of(view: View<'_>, object: ObjId) -> String {
    if let Ok(pod) = PodId::try_from(object) {
        return view.pod_name(pod);
    }
    let texts = &view.definitions().texts;
    view.meta(object)
        .map_or_else(String::new, |meta| meta.name.text(texts))
}

fn namespace_id(view: View<'_>, object: ObjId) -> TextId {
    if let Ok(pod) = PodId::try_from(object) {
        return view.pod_identity(pod).namespace;
    }
    view.meta(object)
        .map_or(known::EMPTY, |meta| meta.namespace)
}

/// An object's namespace; empty for kinds without one.
pub(super) fn namespace_of(view: View<'_>, object: ObjId) -> &str {
    view.text(namespace_id(view, object))
}

/// An object's sets of labels and annotations.
pub(super) fn sets_of(view: View<'_>, object: ObjId) -> Option<(SetId, SetId)> {
    if let Some(pod) = pod_of(view, object) {
        return Some((pod.labels, pod.annotations));
    }
    view.meta(object)
        .map(|meta| (meta.labels, meta.annotations))
}

/// An object's labels; none when it is gone.
pub(super) fn labels_of(view: View<'_>, object: ObjId) -> &Labels {
    let set = sets_of(view, object).map_or(wavetank_core::object::definition::EMPTY_SET, |it| it.0);
    view.definitions().get_set(set)
}

/// The uppercase kind name of an object, as manifests spell it.
pub(super) const fn kind_of(object: ObjId) -> &'static str {
    object.kind.name()
}
