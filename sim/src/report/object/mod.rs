//! Objects as the API shows them: JSON and YAML, made of the manifest as supplied and the typed parts.

pub mod jsonpath;
mod node;
mod pod;
mod workload;
pub mod yaml;

use serde_json::{Map, Value, json};
use wavetank_core::id::{Kind, ObjId, PodId, SetId};
use wavetank_core::object::condition::{Condition, Truth};
use wavetank_core::object::meta::{Deletion, Meta};
use wavetank_core::object::service::{EndpointSlice, Service};
use wavetank_core::object::spec::{Spec, SpecDefinition};
use wavetank_core::object::template::Protocol;
use wavetank_core::time::Stamp;

use super::snapshot::Snapshot;

pub(in crate::report) use node::{amounts, bytes, cpu, effect};
pub use pod::condition_order;

/// `apiVersion` of a kind.
#[must_use]
pub const fn api_version(kind: Kind) -> &'static str {
    match kind {
        Kind::ReplicaSet | Kind::Deployment | Kind::StatefulSet | Kind::DaemonSet => "apps/v1",
        Kind::EndpointSlice => "discovery.k8s.io/v1",
        Kind::PodDisruptionBudget => "policy/v1",
        Kind::PriorityClass => "scheduling.k8s.io/v1",
        Kind::Job | Kind::CronJob => "batch/v1",
        Kind::HorizontalPodAutoscaler => "autoscaling/v2",
        Kind::StorageClass | Kind::CsiNode => "storage.k8s.io/v1",
        Kind::Ingress => "networking.k8s.io/v1",
        Kind::Pod
        | Kind::Node
        | Kind::Service
        | Kind::Namespace
        | Kind::ConfigMap
        | Kind::Secret
        | Kind::ServiceAccount
        | Kind::ReplicationController
        | Kind::PersistentVolume
        | Kind::PersistentVolumeClaim
        | Kind::ResourceQuota
        | Kind::LimitRange
        | Kind::Endpoints
        | Kind::Custom => "v1",
    }
}

/// Whether objects of this kind show `metadata.generation`.
const fn has_generation(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::Pod
            | Kind::ReplicaSet
            | Kind::Deployment
            | Kind::EndpointSlice
            | Kind::PodDisruptionBudget
            | Kind::StatefulSet
            | Kind::DaemonSet
            | Kind::Job
            | Kind::CronJob
            | Kind::PriorityClass
            | Kind::ReplicationController
            | Kind::Ingress
    )
}

/// An object that is there, as the API shows it; keys are in order.
#[must_use]
pub fn to_json(view: &Snapshot<'_>, object: ObjId) -> Option<Value> {
    let store = view.store();
    let index = object.index;
    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "every other kind is in the table of the others"
    )]
    let mut value = match object.kind {
        Kind::Pod => pod::to_json(view, PodId(index))?,
        Kind::Node => node::to_json(view, object, store.nodes.newest(index)?),
        Kind::ReplicaSet => workload::replica_set(view, object, store.replica_sets.newest(index)?),
        Kind::Deployment => workload::deployment(view, object, store.deployments.newest(index)?),
        Kind::Service => service(view, object, store.services.newest(index)?),
        Kind::EndpointSlice => slice(view, object, store.slices.newest(index)?),
        _ => {
            let other = store.others.newest(index)?;
            let spec = view.definitions().get_spec(other.spec);
            let mut value = manifest(spec);
            if let Spec::Data(pairs) = &spec.spec
                && value.get("data").is_none()
            {
                value["data"] = texts(pairs.iter().map(|(key, text)| (&**key, &**text)));
            }
            if object.kind == Kind::Namespace {
                let phase = other.meta.deletion.map_or("Active", |_| "Terminating");
                value["status"] = json!({ "phase": phase });
            }
            if let Some(phase) = storage_phase(&spec.spec) {
                value["status"]["phase"] = json!(phase);
            }
            head(view, object, &other.meta, value)
        }
    };
    sort(&mut value);
    Some(value)
}

/// `status.phase` of a volume or a claim.
fn storage_phase(spec: &Spec) -> Option<String> {
    if let Spec::PersistentVolume(volume) = spec {
        return Some(format!("{:?}", volume.phase));
    }
    if let Spec::PersistentVolumeClaim(claim) = spec {
        return Some(format!("{:?}", claim.phase));
    }
    None
}

/// A list of objects, as `kubectl get -o json` shows it.
#[must_use]
pub fn list(items: Vec<Value>) -> Value {
    json!({
        "apiVersion": "v1",
        "items": items,
        "kind": "List",
        "metadata": { "resourceVersion": "" },
    })
}

/// The manifest of an object other than a pod, as supplied; empty when there is none.
fn manifest(spec: &SpecDefinition) -> Value {
    serde_json::from_str(&spec.manifest)
        .ok()
        .filter(Value::is_object)
        .unwrap_or_else(|| json!({}))
}

/// Puts apiVersion, kind and metadata over a manifest.
fn head(view: &Snapshot<'_>, object: ObjId, meta: &Meta, mut value: Value) -> Value {
    if value.get("apiVersion").is_none() {
        value["apiVersion"] = json!(api_version(object.kind));
    }
    if value.get("kind").is_none() {
        value["kind"] = json!(object.kind.name());
    }
    value["metadata"] = Value::Object(metadata(view, object, &MetaParts::of(view, meta)));
    value
}

/// What metadata is made of, of pods and of everything else.
struct MetaParts<'a> {
    name: String,
    namespace: &'a str,
    created: Stamp,
    labels: SetId,
    annotations: SetId,
    finalizers: SetId,
    owner: Option<ObjId>,
    generation: u32,
    deletion: Option<Deletion>,
}

impl<'a> MetaParts<'a> {
    fn of(view: &Snapshot<'a>, meta: &Meta) -> Self {
        Self {
            name: meta.name.text(&view.definitions().texts),
            namespace: view.text(meta.namespace),
            created: meta.created,
            labels: meta.labels,
            annotations: meta.annotations,
            finalizers: meta.finalizers,
            owner: meta.owner,
            generation: meta.generation,
            deletion: meta.deletion,
        }
    }
}

fn metadata(view: &Snapshot<'_>, object: ObjId, parts: &MetaParts<'_>) -> Map<String, Value> {
    let mut meta = Map::new();
    let mut put = |key: &str, value: Value| {
        meta.insert(key.to_owned(), value);
    };
    put("name", json!(parts.name));
    if !parts.namespace.is_empty() {
        put("namespace", json!(parts.namespace));
    }
    put("uid", json!(view.uid(object)));
    let rev = view.store().rev_of(object).unwrap_or_default();
    put("resourceVersion", json!(rev.0.to_string()));
    put("creationTimestamp", json!(view.clock.wall(parts.created)));
    if has_generation(object.kind) {
        put("generation", json!(parts.generation));
    }
    for (key, set) in [("labels", parts.labels), ("annotations", parts.annotations)] {
        let set = view.set(set);
        if !set.is_empty() {
            put(key, texts(set.iter()));
        }
    }
    let finalizers = view.set(parts.finalizers);
    if !finalizers.is_empty() {
        let names: Vec<_> = finalizers.iter().map(|(name, _)| name).collect();
        put("finalizers", json!(names));
    }
    if let Some(owner) = parts.owner {
        put(
            "ownerReferences",
            json!([{
                "apiVersion": api_version(owner.kind),
                "blockOwnerDeletion": true,
                "controller": true,
                "kind": owner.kind.name(),
                "name": view.name(owner),
                "uid": view.uid(owner),
            }]),
        );
    }
    if let Some(deletion) = parts.deletion {
        put("deletionTimestamp", json!(view.clock.wall(deletion.at)));
        put("deletionGracePeriodSeconds", json!(deletion.grace_seconds));
    }
    meta
}

/// A map of texts.
fn texts<'a>(pairs: impl Iterator<Item = (&'a str, &'a str)>) -> Value {
    pairs
        .map(|(key, value)| (key.to_owned(), json!(value)))
        .collect::<Map<_, _>>()
        .into()
}

/// A condition; none when it is absent.
fn condition(view: &Snapshot<'_>, kind: &str, condition: &Condition) -> Option<Value> {
    if condition.status == Truth::Absent {
        return None;
    }
    let mut value = json!({
        "type": kind,
        "status": condition.status.text(),
        "lastTransitionTime": view.clock.wall(condition.changed),
    });
    for (key, text) in [("reason", condition.reason), ("message", condition.message)] {
        let text = view.text(text);
        if !text.is_empty() {
            value[key] = json!(text);
        }
    }
    Some(value)
}

fn service(view: &Snapshot<'_>, object: ObjId, service: &Service) -> Value {
    let definition = view.definitions().get_spec(service.spec);
    let mut value = manifest(definition);
    if let Spec::Service(spec) = &definition.spec {
        if value.get("spec").is_none() {
            let ports: Vec<_> = spec
                .ports
                .iter()
                .map(|port| {
                    let target = match &port.target {
                        wavetank_core::object::template::PortRef::Number(port) => json!(port),
                        wavetank_core::object::template::PortRef::Name(name) => json!(name),
                    };
                    let mut value = json!({
                        "port": port.port,
                        "targetPort": target,
                        "protocol": protocol(port.protocol),
                    });
                    if !port.name.is_empty() {
                        value["name"] = json!(port.name);
                    }
                    if port.node_port > 0 {
                        value["nodePort"] = json!(port.node_port);
                    }
                    value
                })
                .collect();
            value["spec"] = json!({ "ports": ports, "type": super::get::service_type(spec.kind) });
            if let Some(selector) = &spec.selector {
                value["spec"]["selector"] = texts(super::get::plain_pairs(selector).into_iter());
            }
        }
        if spec.headless {
            value["spec"]["clusterIP"] = json!("None");
            value["spec"]["clusterIPs"] = json!(["None"]);
        } else if service.cluster_ip.is_some() {
            let ip = service.cluster_ip.to_string();
            value["spec"]["clusterIP"] = json!(ip);
            value["spec"]["clusterIPs"] = json!([ip]);
        }
    }
    value["status"] = json!({ "loadBalancer": {} });
    head(view, object, &service.meta, value)
}

fn slice(view: &Snapshot<'_>, object: ObjId, slice: &EndpointSlice) -> Value {
    let endpoints: Vec<_> = slice
        .endpoints
        .iter()
        .map(|endpoint| {
            let pod = ObjId::from(endpoint.pod);
            let mut value = json!({
                "addresses": [endpoint.ip.to_string()],
                "conditions": {
                    "ready": endpoint.ready,
                    "serving": endpoint.serving,
                    "terminating": endpoint.terminating,
                },
                "targetRef": {
                    "kind": "Pod",
                    "name": view.name(pod),
                    "namespace": view.namespace(pod),
                    "uid": view.uid(pod),
                },
            });
            if let Some(node) = endpoint.node {
                value["nodeName"] = json!(view.name(node));
            }
            value
        })
        .collect();
    let ports: Vec<_> = slice
        .ports
        .iter()
        .map(|port| {
            json!({ "name": port.name, "port": port.port, "protocol": protocol(port.protocol) })
        })
        .collect();
    let value = json!({ "addressType": "IPv4", "endpoints": endpoints, "ports": ports });
    head(view, object, &slice.meta, value)
}

/// `protocol` of a port.
#[must_use]
pub const fn protocol(protocol: Protocol) -> &'static str {
    match protocol {
        Protocol::Tcp => "TCP",
        Protocol::Udp => "UDP",
        Protocol::Sctp => "SCTP",
    }
}

/// Puts the keys of all maps in order, as `kubectl` prints them.
fn sort(value: &mut Value) {
    match value {
        Value::Object(map) => {
            map.sort_keys();
            map.values_mut().for_each(sort);
        }
        Value::Array(items) => items.iter_mut().for_each(sort),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}
