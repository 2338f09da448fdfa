//! What is to be placed: pods, and the pods of workloads.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::{Pod, PodTemplateSpec};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelector;

use crate::component::scheduler::decision::shape::{OwnerKind, ShapeId};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::dump::World;
use crate::manifest::{Imported, Object};
use crate::plan::lower::mapping::selector;

/// Pods that look alike.
#[derive(Clone, Debug)]
pub struct Asked {
    /// `pod/web`, `deployment/api`
    pub name: String,
    /// How many.
    pub count: u32,
    /// One of them.
    pod: Pod,
    /// What owns them: kind, name, and its selector.
    owner: Option<(OwnerKind, String, LabelSelector)>,
}

impl Asked {
    /// Makes its owner known, and the shape of its pods.
    pub(super) fn shape(&self, world: &mut World) -> ShapeId {
        let namespace = self.pod.metadata.namespace.as_deref().unwrap_or("default");
        let mut shape = crate::dump::shape(&self.pod);
        if let Some((kind, name, chosen)) = &self.owner {
            let chosen = Some(selector(chosen));
            world
                .snapshot
                .around
                .set_controller(namespace, *kind, name, chosen);
            shape = shape.owned_by(*kind, name);
        }
        world.snapshot.add_shape(shape)
    }
}

/// What manifests ask for, in their order. `classes` are the values of priority classes by name.
/// What cannot be placed is told.
pub fn asked(
    objects: &[Imported],
    namespace: Option<&str>,
    classes: &BTreeMap<String, i32>,
    diagnostics: &mut Diagnostics,
) -> Vec<Asked> {
    let mut all = Vec::new();
    for imported in objects {
        let Some(mut asked) = one(imported, diagnostics) else {
            continue;
        };
        let metadata = &mut asked.pod.metadata;
        let given = imported.json.pointer("/metadata/namespace").is_some();
        metadata.namespace = Some(match namespace {
            Some(namespace) if !given => namespace.to_owned(),
            Some(_) | None => imported.namespace.clone(),
        });
        prioritise(&mut asked.pod, classes, imported, diagnostics);
        all.push(asked);
    }
    all
}

fn one(imported: &Imported, diagnostics: &mut Diagnostics) -> Option<Asked> {
    let name = imported.reference();
    let count = |replicas: Option<i32>| u32::try_from(replicas.unwrap_or(1)).unwrap_or_default();
    let of = |template: &PodTemplateSpec, count: u32, owner| Asked {
        name: name.clone(),
        count,
        pod: Pod {
            metadata: template.metadata.clone().unwrap_or_default(),
            spec: template.spec.clone(),
            status: None,
        },
        owner,
    };
    let own = |kind: OwnerKind, chosen: &LabelSelector| {
        Some((kind, imported.name.clone(), chosen.clone()))
    };
    let template = imported.object.template().map(|it| it.0);
    #[allow(clippy::wildcard_enum_match_arm)] // most kinds have no pods
    match &imported.object {
        Object::Pod(pod) => Some(Asked {
            name,
            count: 1,
            pod: (**pod).clone(),
            owner: None,
        }),
        Object::Deployment(it) => {
            let spec = it.spec.as_ref()?;
            let owner = own(OwnerKind::ReplicaSet, &spec.selector);
            Some(of(template?, count(spec.replicas), owner))
        }
        Object::ReplicaSet(it) => {
            let spec = it.spec.as_ref()?;
            let owner = own(OwnerKind::ReplicaSet, &spec.selector);
            Some(of(template?, count(spec.replicas), owner))
        }
        Object::StatefulSet(it) => {
            let spec = it.spec.as_ref()?;
            let owner = own(OwnerKind::StatefulSet, &spec.selector);
            Some(of(template?, count(spec.replicas), owner))
        }
        Object::Job(it) => Some(of(template?, count(it.spec.as_ref()?.parallelism), None)),
        Object::DaemonSet(_) | Object::CronJob(_) | Object::ReplicationController(_) => {
            let message = format!(
                "{name} is not placed: `fit` places pods, Deployments, ReplicaSets, StatefulSets and Jobs"
            );
            let place = imported.place.clone();
            let help = "give one of its pods as a Pod";
            diagnostics.push(Diagnostic::error("F001", message).at(place).help(help));
            None
        }
        _ => None,
    }
}

/// What admission makes of a class's name (C73).
fn prioritise(
    pod: &mut Pod,
    classes: &BTreeMap<String, i32>,
    imported: &Imported,
    diagnostics: &mut Diagnostics,
) {
    let Some(spec) = &mut pod.spec else {
        return;
    };
    let Some(class) = &spec.priority_class_name else {
        return;
    };
    match classes.get(class) {
        Some(value) => spec.priority = Some(*value),
        None if spec.priority.is_some() => {}
        None => {
            let message = format!("no PriorityClass is called `{class}`");
            let is_pod = matches!(imported.object, Object::Pod(_));
            let path = match is_pod {
                true => "spec.priorityClassName",
                false => "spec.template.spec.priorityClassName",
            };
            let help = "add it to the dump or the manifests: kubectl get priorityclasses -o json";
            let place = imported.place_of(path);
            diagnostics.push(Diagnostic::error("F002", message).at(place).help(help));
        }
    }
}
