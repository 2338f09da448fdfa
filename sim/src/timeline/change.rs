//! Changes of what a workload is: replicas, images, variables, resources, patches.

use serde_json::{Value, json};
use wavetank_core::fact::Fact;
use wavetank_core::fact::object::{DeploymentChange, ReplicaSetChange};
use wavetank_core::fact::pod::PodChange;
use wavetank_core::id::{DeploymentId, ObjId, PodId, ReplicaSetId, SpecId, TemplateId};
use wavetank_core::object::spec::{Spec, SpecDefinition};
use wavetank_core::object::template::PodTemplate;
use wavetank_core::state::view::View;

use super::hand::Hand;
use super::json;
use super::select::kind_of;
use super::sequence::Prepared;
use super::words::reference;
use crate::manifest::{Patch, apply_patch};
use crate::message::call::Request;
use crate::plan::step::ContainerEdit;

/// Facts as updates, one after the other.
pub(super) fn updates(facts: Vec<Fact>, said: String) -> Prepared {
    let update = |fact| Request::Update(fact, None);
    Prepared::Calls(facts.into_iter().map(update).collect(), said)
}

/// What a change of an object comes to; nothing is printed of one that changes nothing.
fn outcome(
    object: ObjId,
    facts: Result<Vec<Fact>, String>,
    verb: &str,
    hand: &mut Hand<'_, '_>,
) -> Prepared {
    match facts {
        Ok(facts) if facts.is_empty() => Prepared::Nothing,
        Ok(facts) => {
            let name = reference(kind_of(object), &hand.name_of(object));
            updates(facts, format!("{name} {verb}"))
        }
        Err(text) => {
            hand.fail(text);
            Prepared::Nothing
        }
    }
}

/// `scale`: the scale subresource (C88).
pub(super) fn scale(
    object: ObjId,
    replicas: u32,
    current: Option<u32>,
    hand: &mut Hand<'_, '_>,
) -> Prepared {
    let view = hand.view;
    let said = format!(
        "{} scaled",
        reference(kind_of(object), &hand.name_of(object))
    );
    let before = if let Some(deployment) = deployment_of(view, object) {
        Some(deployment.replicas)
    } else if let Some(set) = replica_set_of(view, object) {
        Some(set.replicas)
    } else {
        json::current(view, object)
            .as_ref()
            .and_then(|json| json.pointer("/spec/replicas"))
            .and_then(Value::as_u64)
            .and_then(|number| u32::try_from(number).ok())
    };
    if let (Some(expected), Some(before)) = (current, before)
        && expected != before
    {
        hand.fail(format!(
            "error: Expected replicas to be {expected}, was {before}"
        ));
        return Prepared::Nothing;
    }
    if let Ok(id) = DeploymentId::try_from(object) {
        let fact = Fact::DeploymentChanged(id, DeploymentChange::Scaled(replicas));
        return updates(vec![fact], said);
    }
    if let (Ok(id), Some(set)) = (ReplicaSetId::try_from(object), replica_set_of(view, object)) {
        let change = ReplicaSetChange::Scaled {
            replicas,
            desired: set.desired,
            maximum: set.maximum,
        };
        return updates(vec![Fact::ReplicaSetChanged(id, change)], said);
    }
    let facts = json::edit(object, hand, |json| {
        match json.pointer_mut("/spec/replicas") {
            Some(number) => *number = json!(replicas),
            None => {
                return Err(
                    "Error from server (NotFound): the server could not find the requested resource"
                        .to_owned(),
                );
            }
        }
        Ok(())
    });
    match facts {
        Ok(facts) => updates(facts, said),
        Err(text) => {
            hand.fail(text);
            Prepared::Nothing
        }
    }
}

fn deployment_of(
    view: View<'_>,
    object: ObjId,
) -> Option<&wavetank_core::object::workload::Deployment> {
    view.deployment(DeploymentId::try_from(object).ok()?)
}

fn replica_set_of(
    view: View<'_>,
    object: ObjId,
) -> Option<&wavetank_core::object::workload::ReplicaSet> {
    view.replica_set(ReplicaSetId::try_from(object).ok()?)
}

/// `set image`: containers by name, `*` for all.
pub(super) fn images(
    object: ObjId,
    images: &[(Box<str>, Box<str>)],
    hand: &mut Hand<'_, '_>,
) -> Prepared {
    let mut unknown = Vec::new();
    let facts = edit_template(object, hand, |draft| {
        for (container, image) in images {
            if !draft.image(container, image) {
                unknown.push(container.clone());
            }
        }
    });
    if !unknown.is_empty() {
        for container in unknown {
            hand.fail(format!(
                "error: unable to find container named \"{container}\""
            ));
        }
        return Prepared::Nothing;
    }
    outcome(object, facts, "image updated", hand)
}

/// A pod template on the desk, with its JSON if it has one.
pub(super) struct Draft<'a> {
    pub(super) template: &'a mut PodTemplate,
    pub(super) json: Option<&'a mut Value>,
    pub(super) annotations: Vec<(String, String)>,
}

impl Draft<'_> {
    /// Gives containers an image. Returns false when there is no such container.
    fn image(&mut self, container: &str, image: &str) -> bool {
        let spec = &mut self.template.spec;
        let mut found = false;
        for known in spec.init_containers.iter_mut().chain(&mut spec.containers) {
            if *known.name == *container || container == "*" {
                known.image = image.into();
                found = true;
            }
        }
        for list in ["/spec/initContainers", "/spec/containers"] {
            let list = self.json.as_mut().and_then(|json| json.pointer_mut(list));
            for known in list.and_then(Value::as_array_mut).into_iter().flatten() {
                if known["name"] == *container || container == "*" {
                    known["image"] = json!(image);
                }
            }
        }
        found
    }

    /// Sets an annotation of the template.
    pub(super) fn annotate(&mut self, key: &str, value: &str) {
        self.annotations.push((key.to_owned(), value.to_owned()));
        if let Some(metadata) = self
            .json
            .as_mut()
            .and_then(|json| json.as_object_mut())
            .map(|json| json.entry("metadata").or_insert_with(|| json!({})))
        {
            if !metadata["annotations"].is_object() {
                metadata["annotations"] = json!({});
            }
            metadata["annotations"][key] = json!(value);
        }
    }
}

/// Changes the pod template of an object: the facts that this takes, none if nothing is different.
pub(super) fn edit_template(
    object: ObjId,
    hand: &mut Hand<'_, '_>,
    edit: impl FnOnce(&mut Draft<'_>),
) -> Result<Vec<Fact>, String> {
    let view = hand.view;
    let definitions = view.definitions();
    let Some(old) = template_of(view, object) else {
        return json::edit_as_template(object, hand, edit);
    };
    let mut template = (**definitions.get_template(old)).clone();
    let mut json: Option<Value> = serde_json::from_str(&template.manifest).ok();
    let mut draft = Draft {
        template: &mut template,
        json: json.as_mut(),
        annotations: Vec::new(),
    };
    edit(&mut draft);
    let annotations = draft.annotations;
    if !annotations.is_empty() {
        let before = definitions.get_set(template.annotations).clone();
        let after = annotations
            .iter()
            .fold(before, |set, (key, value)| set.with(key, value));
        template.annotations = hand.ctx.set(after);
    }
    template.manifest = match json {
        Some(json) => json.to_string(),
        None => format!("{:?} {annotations:?}", template.spec),
    }
    .into();
    if template.spec == definitions.get_template(old).spec
        && template.annotations == definitions.get_template(old).annotations
    {
        return Ok(Vec::new());
    }
    Ok(with_template(object, template, hand).into_iter().collect())
}

/// The template of an object that has one of its own in the model.
fn template_of(view: View<'_>, object: ObjId) -> Option<TemplateId> {
    if let Ok(pod) = PodId::try_from(object) {
        return view.pod(pod).map(|pod| pod.template);
    }
    let spec = deployment_of(view, object)
        .map(|it| it.spec)
        .or_else(|| replica_set_of(view, object).map(|it| it.spec))?;
    template_in(&view.definitions().get_spec(spec).spec)
}

#[allow(clippy::wildcard_enum_match_arm)] // no other kind has one
const fn template_in(spec: &Spec) -> Option<TemplateId> {
    match spec {
        Spec::Deployment(spec) => Some(spec.template),
        Spec::ReplicaSet(spec) => Some(spec.template),
        _ => None,
    }
}

/// Gives an object another template, as a fact; none when it has it already.
pub(super) fn with_template(
    object: ObjId,
    template: PodTemplate,
    hand: &mut Hand<'_, '_>,
) -> Option<Fact> {
    let view = hand.view;
    let manifest = template.manifest.clone();
    let template = hand.ctx.template(template);
    if template_of(view, object) == Some(template) {
        return None;
    }
    if let Ok(pod) = PodId::try_from(object) {
        return Some(Fact::PodChanged(pod, PodChange::Template(template)));
    }
    if let (Ok(id), Some(it)) = (DeploymentId::try_from(object), deployment_of(view, object)) {
        let spec = spec_with(it.spec, template, &manifest, hand);
        return Some(Fact::DeploymentChanged(id, DeploymentChange::Spec(spec)));
    }
    let id = ReplicaSetId::try_from(object).ok()?;
    let spec = spec_with(
        replica_set_of(view, object)?.spec,
        template,
        &manifest,
        hand,
    );
    Some(Fact::ReplicaSetChanged(id, ReplicaSetChange::Spec(spec)))
}

/// A specification with another template.
#[allow(clippy::wildcard_enum_match_arm)] // no other kind has one
fn spec_with(old: SpecId, template: TemplateId, manifest: &str, hand: &mut Hand<'_, '_>) -> SpecId {
    let old = hand.view.definitions().get_spec(old);
    let mut spec = old.spec.clone();
    match &mut spec {
        Spec::Deployment(spec) => spec.template = template,
        Spec::ReplicaSet(spec) => spec.template = template,
        _ => unreachable!("a specification with a template"),
    }
    let whole = serde_json::from_str::<Value>(&old.manifest);
    let manifest = match (whole, serde_json::from_str::<Value>(manifest)) {
        (Ok(mut whole), Ok(pods)) => {
            whole["spec"]["template"] = pods;
            whole.to_string().into()
        }
        (Ok(_) | Err(_), _) => old.manifest.clone(),
    };
    hand.ctx.spec(SpecDefinition { spec, manifest })
}

/// The containers of an object's pod template, in JSON.
fn containers<'a>(json: &'a mut Value, kind: &str) -> Vec<&'a mut Value> {
    let path = json::pods_path(kind);
    let Some(spec) = json.pointer_mut(path) else {
        return Vec::new();
    };
    let list = spec.get_mut("containers").and_then(Value::as_array_mut);
    list.into_iter().flatten().collect()
}

/// `set env`.
pub(super) fn env(object: ObjId, edit: &ContainerEdit, hand: &mut Hand<'_, '_>) -> Prepared {
    let facts = json::edit(object, hand, |json| {
        on_containers(json, kind_of(object), edit, |container| {
            if !container["env"].is_array() {
                container["env"] = json!([]);
            }
            let Some(env) = container["env"].as_array_mut() else {
                return;
            };
            env.retain(|it| !edit.remove.iter().any(|name| it["name"] == **name));
            for (name, value) in &edit.set {
                let new = json!({"name": &**name, "value": &**value});
                match env.iter_mut().find(|it| it["name"] == **name) {
                    Some(old) => *old = new,
                    None => env.push(new),
                }
            }
        })
    });
    outcome(object, facts, "env updated", hand)
}

/// `set resources`.
pub(super) fn resources(object: ObjId, edit: &ContainerEdit, hand: &mut Hand<'_, '_>) -> Prepared {
    let facts = json::edit(object, hand, |json| {
        on_containers(json, kind_of(object), edit, |container| {
            for (field, amounts) in [("limits", &edit.set), ("requests", &edit.requests)] {
                if amounts.is_empty() {
                    continue;
                }
                if !container["resources"].is_object() {
                    container["resources"] = json!({});
                }
                let list = &mut container["resources"][field];
                if !list.is_object() {
                    *list = json!({});
                }
                for (name, amount) in amounts {
                    list[&**name] = json!(&**amount);
                }
            }
        })
    });
    outcome(object, facts, "resource requirements updated", hand)
}

fn on_containers(
    json: &mut Value,
    kind: &str,
    edit: &ContainerEdit,
    mut act: impl FnMut(&mut Value),
) -> Result<(), String> {
    let mut found = false;
    for container in containers(json, kind) {
        let fits = |name: &str| name == "*" || container["name"] == *name;
        if edit.container.as_deref().is_none_or(fits) {
            found = true;
            act(container);
        }
    }
    if found {
        return Ok(());
    }
    let name = edit.container.as_deref().unwrap_or("*");
    Err(format!("error: unable to find container named \"{name}\""))
}

/// `patch`.
pub(super) fn patch(object: ObjId, patch: &Patch, hand: &mut Hand<'_, '_>) -> Prepared {
    let kind = kind_of(object);
    let name = reference(kind, &hand.name_of(object));
    let facts = json::edit(object, hand, |json| {
        *json = apply_patch(kind, json, patch).map_err(|error| format!("error: {error}"))?;
        Ok(())
    });
    match facts {
        Ok(facts) if facts.is_empty() => {
            Prepared::Calls(Vec::new(), format!("{name} patched (no change)"))
        }
        Ok(facts) => updates(facts, format!("{name} patched")),
        Err(text) => {
            hand.fail(text);
            Prepared::Nothing
        }
    }
}
