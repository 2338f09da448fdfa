//! Objects as calls to the API server.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use serde_json::Value;
use wavetank_core::fact::object::{NewDeployment, NewOther, NewReplicaSet, NewService};
use wavetank_core::id::{Kind, SpecId};
use wavetank_core::object::meta::Meta;
use wavetank_core::object::spec::{Spec, SpecDefinition};
use wavetank_core::text::known;
use wavetank_core::time::Stamp;

use super::interner::Interner;
use super::mapping::{count, finalizers, labels};
use super::pod::{self, Priorities};
use super::{node, storage, workload};
use crate::manifest::Object;
use crate::message::call::{CreatePod, NewName, Request};

/// The call that creates an object. None for what the model does not know by kind: it has no effect.
///
/// `node` finds the number of a node by its name, for pods that say where they run.
#[allow(clippy::wildcard_enum_match_arm)] // what is not named has no part in this
pub fn creation(
    object: &Object,
    manifest: &Value,
    priorities: &Priorities,
    interner: &mut impl Interner,
    node_named: &impl Fn(&str) -> Option<wavetank_core::id::NodeId>,
) -> Option<Request> {
    let kind = Kind::from_name(object.kind())?;
    let meta = meta(kind, object.metadata(), interner);
    let define = |spec: Spec, interner: &mut dyn FnMut(SpecDefinition) -> SpecId| {
        interner(SpecDefinition {
            spec,
            manifest: manifest.to_string().into(),
        })
    };
    Some(match object {
        Object::Pod(pod) => {
            let spec = pod.spec.as_ref()?;
            let template = pod::template(Some(&pod.metadata), spec, priorities, interner);
            let place = spec.node_name.as_deref().and_then(node_named);
            Request::CreatePod(Box::new(CreatePod {
                namespace: meta.namespace,
                name: NewName::Fixed(meta.name),
                template,
                owner: None,
                node: place,
            }))
        }
        Object::Deployment(deployment) => {
            let spec = deployment.spec.as_ref()?;
            let pod = spec.template.spec.as_ref()?;
            let template =
                pod::template(spec.template.metadata.as_ref(), pod, priorities, interner);
            let lowered = Spec::Deployment(workload::deployment(spec, template));
            Request::CreateDeployment(Box::new(NewDeployment {
                meta,
                spec: define(lowered, &mut |it| interner.spec(it)),
                replicas: spec.replicas.map_or(1, count),
                paused: spec.paused == Some(true),
            }))
        }
        Object::ReplicaSet(set) => {
            let spec = set.spec.as_ref()?;
            let given = spec.template.as_ref()?;
            let pod = given.spec.as_ref()?;
            let template = pod::template(given.metadata.as_ref(), pod, priorities, interner);
            let lowered = Spec::ReplicaSet(workload::replica_set(spec, template));
            Request::CreateReplicaSet(Box::new(NewReplicaSet {
                meta,
                spec: define(lowered, &mut |it| interner.spec(it)),
                replicas: spec.replicas.map_or(1, count),
                revision: 0,
                desired: 0,
                maximum: 0,
            }))
        }
        Object::Service(service) => {
            let spec = service.spec.as_ref()?;
            let lowered = Spec::Service(workload::service(spec));
            Request::CreateService(Box::new(NewService {
                meta,
                spec: define(lowered, &mut |it| interner.spec(it)),
                cluster_ip: workload::cluster_ip(spec),
            }))
        }
        Object::Node(given) => Request::CreateNode(Box::new(node::node(given, manifest, interner))),
        _ => {
            let spec = define(other_spec(object), &mut |it| interner.spec(it));
            Request::CreateOther(Box::new(NewOther { kind, meta, spec }))
        }
    })
}

/// What the model reads of kinds without a table of their own.
#[allow(clippy::wildcard_enum_match_arm)] // nothing is read of any other kind
fn other_spec(object: &Object) -> Spec {
    match object {
        Object::PodDisruptionBudget(budget) => Spec::PodDisruptionBudget(workload::budget(budget)),
        Object::PriorityClass(class) => Spec::PriorityClass(workload::priority_class(class)),
        Object::ConfigMap(map) => Spec::Data(
            map.data
                .iter()
                .flatten()
                .map(|(key, value)| (key.as_str().into(), value.as_str().into()))
                .collect(),
        ),
        Object::Secret(secret) => {
            let plain = secret.string_data.iter().flatten();
            let plain = plain.map(|(key, value)| (key.as_str().into(), value.as_str().into()));
            let coded = secret.data.iter().flatten();
            let coded = coded.map(|(key, value)| {
                (
                    key.as_str().into(),
                    String::from_utf8_lossy(&value.0).into(),
                )
            });
            Spec::Data(coded.chain(plain).collect())
        }
        Object::PersistentVolume(volume) => Spec::PersistentVolume(storage::volume(volume)),
        Object::PersistentVolumeClaim(claim) => Spec::PersistentVolumeClaim(storage::claim(claim)),
        Object::StorageClass(class) => Spec::StorageClass(storage::storage_class(class)),
        Object::CSINode(node) => Spec::CsiNode(storage::csi_node(node)),
        _ => Spec::Opaque,
    }
}

/// The metadata of an object that somebody creates.
pub fn meta(kind: Kind, given: &ObjectMeta, interner: &mut impl Interner) -> Meta {
    let namespace = if kind.is_namespaced() {
        interner.text(given.namespace.as_deref().unwrap_or("default"))
    } else {
        known::EMPTY
    };
    Meta {
        name: interner.name(given.name.as_deref().unwrap_or_default()),
        namespace,
        created: Stamp(0),
        labels: interner.set(labels(given.labels.as_ref())),
        annotations: interner.set(labels(given.annotations.as_ref())),
        finalizers: interner.set(finalizers(given.finalizers.as_ref())),
        owner: None,
        generation: 1,
        deletion: None,
    }
}
