//! Objects as JSON, and back: what patches and other free changes work on.

use serde_json::{Map, Value, json};
use wavetank_core::fact::Fact;
use wavetank_core::fact::object::{
    DeploymentChange, NodeChange, OtherChange, ReplicaSetChange, ServiceChange,
};
use wavetank_core::fact::pod::PodChange;
use wavetank_core::id::{
    DeploymentId, Kind, NodeId, ObjId, OtherId, PodId, ReplicaSetId, ServiceId, SpecId,
};
use wavetank_core::label::Labels;
use wavetank_core::object::definition::EMPTY_SET;
use wavetank_core::object::scheduling::{Taint, TaintEffect};
use wavetank_core::object::spec::Spec;
use wavetank_core::object::template::{Container, PodSpec, PodTemplate};
use wavetank_core::state::view::View;

use super::change::Draft;
use super::hand::Hand;
use super::mark::{annotations_fact, labels_fact};
use super::select::{kind_of, name_of, namespace_of, sets_of};
use crate::diagnostic::{FileId, Span};
use crate::manifest::reread;
use crate::message::call::Request;
use crate::plan::lower::object::creation;
use crate::plan::lower::pod::Priorities;

/// Where the pod specification stands in the JSON of a kind.
pub(super) fn pods_path(kind: &str) -> &'static str {
    match kind {
        "Pod" => "/spec",
        "CronJob" => "/spec/jobTemplate/spec/template/spec",
        _ => "/spec/template/spec",
    }
}

/// An object as JSON: its manifest, with what has changed since it was written. None when it was not made
/// from a manifest.
pub(super) fn current(view: View<'_>, object: ObjId) -> Option<Value> {
    let mut json = manifest(view, object)?;
    let (labels, annotations) = sets_of(view, object)?;
    let definitions = view.definitions();
    for (field, set) in [("labels", labels), ("annotations", annotations)] {
        let set: Map<String, Value> = definitions
            .get_set(set)
            .iter()
            .map(|(key, value)| (key.to_owned(), json!(value)))
            .collect();
        if !set.is_empty() || json["metadata"][field].is_object() {
            json["metadata"][field] = Value::Object(set);
        }
    }
    if let Ok(id) = DeploymentId::try_from(object) {
        let deployment = view.deployment(id)?;
        json["spec"]["replicas"] = json!(deployment.replicas);
        if deployment.paused || json["spec"]["paused"].is_boolean() {
            json["spec"]["paused"] = json!(deployment.paused);
        }
    }
    if let Ok(id) = ReplicaSetId::try_from(object) {
        json["spec"]["replicas"] = json!(view.replica_set(id)?.replicas);
    }
    if let Ok(id) = NodeId::try_from(object) {
        let node = view.node(id)?;
        let taints = node.taints.iter().map(|taint| {
            json!({
                "key": &*taint.key,
                "value": &*taint.value,
                "effect": format!("{:?}", taint.effect),
            })
        });
        json["spec"] = json!({
            "taints": taints.collect::<Vec<_>>(),
            "unschedulable": node.unschedulable,
        });
    }
    Some(json)
}

#[allow(clippy::wildcard_enum_match_arm)] // what is not named has no part in this
fn manifest(view: View<'_>, object: ObjId) -> Option<Value> {
    let definitions = view.definitions();
    let spec = match object.kind {
        Kind::Pod => {
            let pod = view.pod(PodId(object.index))?;
            let template = definitions.get_template(pod.template);
            let mut json: Value = serde_json::from_str(&template.manifest).ok()?;
            json["apiVersion"] = json!("v1");
            json["kind"] = json!("Pod");
            json["metadata"] = json!({
                "name": name_of(view, object),
                "namespace": namespace_of(view, object),
            });
            return Some(json);
        }
        Kind::Node => {
            let name = name_of(view, object);
            return Some(
                json!({"apiVersion": "v1", "kind": "Node", "metadata": {"name": name}, "spec": {}}),
            );
        }
        Kind::EndpointSlice => return None,
        Kind::Deployment => view.deployment(DeploymentId(object.index))?.spec,
        Kind::ReplicaSet => view.replica_set(ReplicaSetId(object.index))?.spec,
        Kind::Service => view.service(ServiceId(object.index))?.spec,
        _ => view.other(OtherId(object.index))?.spec,
    };
    serde_json::from_str(&definitions.get_spec(spec).manifest).ok()
}

/// Changes an object by its JSON: the facts that this takes, none if nothing is different.
///
/// What the API server would refuse is refused here, with its message.
pub(super) fn edit(
    object: ObjId,
    hand: &mut Hand<'_, '_>,
    change: impl FnOnce(&mut Value) -> Result<(), String>,
) -> Result<Vec<Fact>, String> {
    let Some(before) = current(hand.view, object) else {
        let name = hand.name_of(object);
        let kind = kind_of(object);
        return Err(format!(
            "error: {kind} {name} was not made from a manifest: it cannot be changed by its fields"
        ));
    };
    let mut after = before.clone();
    change(&mut after)?;
    if before == after {
        return Ok(Vec::new());
    }
    for field in ["/metadata/name", "/metadata/namespace", "/kind"] {
        if before.pointer(field) != after.pointer(field) {
            let field = field.trim_start_matches('/').replace('/', ".");
            return Err(format!(
                "Error from server (Invalid): {field}: field is immutable"
            ));
        }
    }
    let mut facts = metadata(object, &after, hand);
    facts.extend(counts(object, &before, &after, hand.view));
    if rest(&before) == rest(&after) {
        return Ok(facts);
    }
    if let Ok(id) = NodeId::try_from(object) {
        facts.extend(node(id, &after, hand));
        return Ok(facts);
    }
    facts.extend(specification(object, &after, hand)?);
    Ok(facts)
}

/// The JSON less what has facts of its own.
fn rest(json: &Value) -> Value {
    let mut json = json.clone();
    if let Some(fields) = json.as_object_mut() {
        fields.shift_remove("metadata");
        fields.shift_remove("status");
    }
    // Of other kinds the replicas are a part of the specification.
    let is_counted = json["kind"] == "Deployment" || json["kind"] == "ReplicaSet";
    if let Some(spec) = json.get_mut("spec").and_then(Value::as_object_mut)
        && is_counted
    {
        spec.shift_remove("replicas");
        spec.shift_remove("paused");
    }
    json
}

fn metadata(object: ObjId, after: &Value, hand: &mut Hand<'_, '_>) -> Vec<Fact> {
    let Some((labels, annotations)) = sets_of(hand.view, object) else {
        return Vec::new();
    };
    let set = |field: &str| -> Labels {
        let pairs = after["metadata"][field].as_object();
        pairs
            .into_iter()
            .flatten()
            .filter_map(|(key, value)| Some((key.as_str(), value.as_str()?)))
            .collect()
    };
    let (new_labels, new_annotations) = (set("labels"), set("annotations"));
    let (new_labels, new_annotations) = (hand.ctx.set(new_labels), hand.ctx.set(new_annotations));
    let mut facts = Vec::new();
    if new_labels != labels {
        facts.push(labels_fact(object, new_labels));
    }
    if new_annotations != annotations {
        facts.push(annotations_fact(object, new_annotations));
    }
    facts
}

/// Replicas and `paused`, where they are facts of their own.
fn counts(object: ObjId, before: &Value, after: &Value, view: View<'_>) -> Vec<Fact> {
    let mut facts = Vec::new();
    let replicas = |json: &Value| json["spec"]["replicas"].as_u64().unwrap_or(1);
    let new = (replicas(before) != replicas(after))
        .then(|| u32::try_from(replicas(after)).unwrap_or(u32::MAX));
    if let (Ok(id), Some(replicas)) = (ReplicaSetId::try_from(object), new)
        && let Some(set) = view.replica_set(id)
    {
        let change = ReplicaSetChange::Scaled {
            replicas,
            desired: set.desired,
            maximum: set.maximum,
        };
        facts.push(Fact::ReplicaSetChanged(id, change));
    }
    let Ok(id) = DeploymentId::try_from(object) else {
        return facts;
    };
    if let Some(replicas) = new {
        facts.push(Fact::DeploymentChanged(
            id,
            DeploymentChange::Scaled(replicas),
        ));
    }
    let paused = |json: &Value| json["spec"]["paused"] == json!(true);
    if paused(before) != paused(after) {
        facts.push(Fact::DeploymentChanged(
            id,
            DeploymentChange::Paused(paused(after)),
        ));
    }
    facts
}

fn node(id: NodeId, after: &Value, hand: &Hand<'_, '_>) -> Vec<Fact> {
    let Some(node) = hand.view.node(id) else {
        return Vec::new();
    };
    let taints = after["spec"]["taints"].as_array();
    let taint = |json: &Value| {
        Some(Taint {
            key: json["key"].as_str()?.into(),
            value: json["value"].as_str().unwrap_or_default().into(),
            effect: match json["effect"].as_str()? {
                "NoSchedule" => TaintEffect::NoSchedule,
                "PreferNoSchedule" => TaintEffect::PreferNoSchedule,
                "NoExecute" => TaintEffect::NoExecute,
                _ => return None,
            },
        })
    };
    let taints: Vec<Taint> = taints.into_iter().flatten().filter_map(taint).collect();
    let mut facts = Vec::new();
    if taints != node.taints {
        facts.push(Fact::NodeChanged(id, NodeChange::Taints(taints.into())));
    }
    let unschedulable = after["spec"]["unschedulable"] == json!(true);
    if unschedulable != node.unschedulable {
        facts.push(Fact::NodeChanged(
            id,
            NodeChange::Unschedulable(unschedulable),
        ));
    }
    facts
}

/// The whole object, read and lowered again.
fn specification(
    object: ObjId,
    after: &Value,
    hand: &mut Hand<'_, '_>,
) -> Result<Option<Fact>, String> {
    let place = Span::start_of(FileId(0)).place("");
    let read = reread(after, &place).map_err(|error| {
        let messages: Vec<String> = error.problems.into_iter().map(|it| it.message).collect();
        let name = name_of(hand.view, object);
        let kind = kind_of(object);
        format!("The {kind} \"{name}\" is invalid: {}", messages.join("; "))
    })?;
    let view = hand.view;
    let node_named = |name: &str| {
        let node = view.find(Kind::Node, wavetank_core::text::known::EMPTY, name)?;
        NodeId::try_from(node).ok()
    };
    let priorities = priorities(view);
    let request = creation(&read, &read.to_json(), &priorities, hand.ctx, &node_named);
    Ok(request.and_then(|request| spec_fact(object, &request)))
}

/// The priority classes that are there now.
fn priorities(view: View<'_>) -> Priorities {
    let mut priorities = Priorities::new();
    for (_, other) in view.others() {
        if let Spec::PriorityClass(class) = &view.definitions().get_spec(other.spec).spec {
            let name = other.meta.name.text(&view.definitions().texts);
            let (value, never) = (class.value, class.never_preempts);
            priorities.add(&name, value, never, class.global_default);
        }
    }
    priorities
}

/// The change of an object's specification to that of a call which would create it.
pub(super) fn spec_fact(object: ObjId, request: &Request) -> Option<Fact> {
    let index = object.index;
    Some(match request {
        Request::CreatePod(new) => {
            Fact::PodChanged(PodId(index), PodChange::Template(new.template))
        }
        Request::CreateDeployment(new) => {
            Fact::DeploymentChanged(DeploymentId(index), DeploymentChange::Spec(new.spec))
        }
        Request::CreateReplicaSet(new) => {
            Fact::ReplicaSetChanged(ReplicaSetId(index), ReplicaSetChange::Spec(new.spec))
        }
        Request::CreateService(new) => {
            Fact::ServiceChanged(ServiceId(index), ServiceChange::Spec(new.spec))
        }
        Request::CreateNode(new) => Fact::NodeChanged(NodeId(index), NodeChange::Spec(new.spec)),
        Request::CreateOther(new) => {
            Fact::OtherChanged(new.kind, OtherId(index), OtherChange::Spec(new.spec))
        }
        Request::CreateSlice(..)
        | Request::Bind(..)
        | Request::PodStatus(..)
        | Request::Update(..)
        | Request::DeletePod(..)
        | Request::Delete(..)
        | Request::Evict(..) => return None,
    })
}

/// Whether two specifications are the same to the model. One that was made just now is not.
pub(super) fn same(view: View<'_>, one: SpecId, other: SpecId) -> bool {
    let definitions = view.definitions();
    let is_known = |id: SpecId| id.index() < definitions.spec_count();
    if !is_known(one) || !is_known(other) {
        return false;
    }
    let (one, other) = (definitions.get_spec(one), definitions.get_spec(other));
    if one.spec == Spec::Opaque {
        return one.manifest == other.manifest;
    }
    one.spec == other.spec || is_same_storage(&one.spec, &other.spec)
}

/// Whether a volume or claim is the same but for what the cluster wrote into it: who has it, its phase,
/// and the default class.
fn is_same_storage(one: &Spec, other: &Spec) -> bool {
    if let (Spec::PersistentVolume(one), Spec::PersistentVolume(other)) = (one, other) {
        let mut given = other.clone();
        given.phase = one.phase;
        given.claim.clone_from(&one.claim);
        return *one == given;
    }
    if let (Spec::PersistentVolumeClaim(one), Spec::PersistentVolumeClaim(other)) = (one, other) {
        let mut given = other.clone();
        given.phase = one.phase;
        given.volume.clone_from(&one.volume);
        if given.class.is_none() {
            given.class.clone_from(&one.class);
        }
        return *one == given;
    }
    false
}

/// Changes the pod template of an object that the model keeps as JSON only.
pub(super) fn edit_as_template(
    object: ObjId,
    hand: &mut Hand<'_, '_>,
    change: impl FnOnce(&mut Draft<'_>),
) -> Result<Vec<Fact>, String> {
    let kind = kind_of(object);
    edit(object, hand, |json| {
        let path = pods_path(kind).trim_end_matches("/spec");
        let Some(pods) = json.pointer_mut(path).filter(|pods| pods.is_object()) else {
            return Err(format!("error: a {kind} has no pod template"));
        };
        let named = |list: &str| -> Vec<Container> {
            let list = pods["spec"][list].as_array();
            let names = list.into_iter().flatten();
            names
                .map(|it| Container {
                    name: it["name"].as_str().unwrap_or_default().into(),
                    ..Container::default()
                })
                .collect()
        };
        let mut template = PodTemplate {
            labels: EMPTY_SET,
            annotations: EMPTY_SET,
            finalizers: EMPTY_SET,
            spec: PodSpec {
                init_containers: named("initContainers"),
                containers: named("containers"),
                ..PodSpec::default()
            },
            manifest: "".into(),
        };
        change(&mut Draft {
            template: &mut template,
            json: Some(pods),
            annotations: Vec::new(),
        });
        Ok(())
    })
}
