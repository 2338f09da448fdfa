//! `apply`, `create`, `replace`, `run`, `expose`, `autoscale`.

use serde_json::json;
use wavetank_core::fact::Fact;
use wavetank_core::fact::object::{DeploymentChange, NewOther, NewService, ReplicaSetChange};
use wavetank_core::id::{DeploymentId, Kind, ObjId, PodId, ReplicaSetId, ServiceId, SetId};
use wavetank_core::label::{Operator, Selector};
use wavetank_core::object::definition::EMPTY_SET;
use wavetank_core::object::meta::Meta;
use wavetank_core::object::pod::PodIp;
use wavetank_core::object::spec::{ServicePort, ServiceSpec, ServiceType, Spec, SpecDefinition};
use wavetank_core::object::template::{PodSpec, PortRef, Protocol};
use wavetank_core::text::known;
use wavetank_core::time::Stamp;

use super::change::updates;
use super::hand::Hand;
use super::json::{same, spec_fact};
use super::mark::{annotations_fact, labels_fact};
use super::select::{kind_of, namespace_of, sets_of};
use super::sequence::Prepared;
use super::words::{quoted, reference};
use crate::message::call::Request;
use crate::plan::step::{Autoscale, Command, Expose, PlannedObject};

#[allow(clippy::wildcard_enum_match_arm)] // what is not named has no part in this
fn planned<'a>(number: usize, hand: &Hand<'a, '_>) -> &'a PlannedObject {
    match &hand.line.command {
        Command::Apply(objects) | Command::Create(objects) | Command::Replace(objects, _) => {
            &objects[number]
        }
        _ => unreachable!("a command that brings in objects"),
    }
}

/// Kind and name of an object that the command brings in.
pub(super) fn subject(number: usize, hand: &Hand<'_, '_>) -> (String, String) {
    let object = planned(number, hand);
    (object.kind.to_string(), object.name.to_string())
}

/// What has to be done about an object that the command brings in.
pub(super) fn prepare(number: usize, hand: &mut Hand<'_, '_>) -> Prepared {
    let object = planned(number, hand);
    let name = reference(&object.kind, &object.name);
    let Some(creation) = &object.creation else {
        return Prepared::Calls(Vec::new(), format!("{name} created")); // A kind without effect.
    };
    let line = hand.line;
    match (&line.command, existing(object, hand)) {
        (Command::Apply(_), None) | (Command::Create(_), _) => {
            Prepared::Calls(vec![creation.clone()], format!("{name} created"))
        }
        (Command::Apply(_), Some(existing)) => {
            let facts = differences(existing, object, creation, hand);
            let verb = if facts.is_empty() {
                "unchanged"
            } else {
                "configured"
            };
            updates(facts, format!("{name} {verb}"))
        }
        (Command::Replace(_, true), _) => {
            Prepared::Calls(vec![creation.clone()], format!("{name} replaced"))
        }
        (Command::Replace(_, false), Some(existing)) => {
            let facts = differences(existing, object, creation, hand);
            updates(facts, format!("{name} replaced"))
        }
        _ => {
            let object = quoted(&object.kind, &object.name);
            hand.fail(format!("Error from server (NotFound): {object} not found"));
            Prepared::Nothing
        }
    }
}

fn existing(object: &PlannedObject, hand: &Hand<'_, '_>) -> Option<ObjId> {
    let kind = Kind::from_name(&object.kind)?;
    let namespace = if kind.is_namespaced() {
        hand.view.definitions().texts.find(&object.namespace)?
    } else {
        known::EMPTY
    };
    let found = hand.view.find(kind, namespace, &object.name)?;
    hand.view.knows(found).then_some(found)
}

/// What `apply` changes of an object that is there. Labels and annotations that others have set stay, and
/// so do replicas that the manifest does not mention; the rest becomes what the manifest says.
fn differences(
    existing: ObjId,
    object: &PlannedObject,
    creation: &Request,
    hand: &mut Hand<'_, '_>,
) -> Vec<Fact> {
    let view = hand.view;
    let mut facts = Vec::new();
    let (labels, annotations) = sets_of(view, existing).unwrap_or((EMPTY_SET, EMPTY_SET));
    let (new_labels, new_annotations) = sets_in(creation, hand);
    let new_labels = merged(labels, new_labels, hand);
    if new_labels != labels {
        facts.push(labels_fact(existing, new_labels));
    }
    let new_annotations = merged(annotations, new_annotations, hand);
    if new_annotations != annotations {
        facts.push(annotations_fact(existing, new_annotations));
    }
    if !is_same_spec(existing, creation, hand) {
        facts.extend(spec_fact(existing, creation));
    }
    facts.extend(scaled(existing, object, creation, hand));
    facts
}

/// Labels and annotations of an object that would be created.
fn sets_in(creation: &Request, hand: &Hand<'_, '_>) -> (SetId, SetId) {
    let of = |meta: &Meta| (meta.labels, meta.annotations);
    match creation {
        Request::CreatePod(new) => {
            let template = hand.view.definitions().get_template(new.template);
            (template.labels, template.annotations)
        }
        Request::CreateNode(new) => of(&new.meta),
        Request::CreateReplicaSet(new) => of(&new.meta),
        Request::CreateDeployment(new) => of(&new.meta),
        Request::CreateService(new) => of(&new.meta),
        Request::CreateSlice(new, _) => of(&new.meta),
        Request::CreateOther(new) => of(&new.meta),
        Request::Bind(..)
        | Request::PodStatus(..)
        | Request::Update(..)
        | Request::DeletePod(..)
        | Request::Delete(..)
        | Request::Evict(..) => (EMPTY_SET, EMPTY_SET),
    }
}

fn merged(old: SetId, new: SetId, hand: &mut Hand<'_, '_>) -> SetId {
    let definitions = hand.view.definitions();
    let (old, new) = (definitions.get_set(old), definitions.get_set(new));
    let both = old.iter().chain(new.iter()).collect();
    hand.ctx.set(both)
}

fn is_same_spec(existing: ObjId, creation: &Request, hand: &Hand<'_, '_>) -> bool {
    let view = hand.view;
    let specs = match creation {
        Request::CreatePod(new) => {
            let pod = PodId::try_from(existing).ok().and_then(|id| view.pod(id));
            return pod.is_none_or(|pod| pod.template == new.template);
        }
        Request::CreateDeployment(new) => {
            let id = DeploymentId::try_from(existing).ok();
            id.and_then(|id| view.deployment(id))
                .map(|it| (it.spec, new.spec))
        }
        Request::CreateReplicaSet(new) => {
            let id = ReplicaSetId::try_from(existing).ok();
            id.and_then(|id| view.replica_set(id))
                .map(|it| (it.spec, new.spec))
        }
        Request::CreateService(new) => {
            let id = ServiceId::try_from(existing).ok();
            id.and_then(|id| view.service(id))
                .map(|it| (it.spec, new.spec))
        }
        Request::CreateOther(new) => view
            .other(wavetank_core::id::OtherId(existing.index))
            .map(|it| (it.spec, new.spec)),
        Request::CreateNode(_)
        | Request::CreateSlice(..)
        | Request::Bind(..)
        | Request::PodStatus(..)
        | Request::Update(..)
        | Request::DeletePod(..)
        | Request::Delete(..)
        | Request::Evict(..) => None,
    };
    specs.is_none_or(|(old, new)| same(view, old, new))
}

fn scaled(
    existing: ObjId,
    object: &PlannedObject,
    creation: &Request,
    hand: &Hand<'_, '_>,
) -> Option<Fact> {
    let view = hand.view;
    if !object.has_replicas {
        return None;
    }
    if let (Ok(id), Request::CreateDeployment(new)) = (DeploymentId::try_from(existing), creation) {
        let is_other = view.deployment(id)?.replicas != new.replicas;
        let change = DeploymentChange::Scaled(new.replicas);
        return is_other.then_some(Fact::DeploymentChanged(id, change));
    }
    if let (Ok(id), Request::CreateReplicaSet(new)) = (ReplicaSetId::try_from(existing), creation) {
        let set = view.replica_set(id)?;
        let change = ReplicaSetChange::Scaled {
            replicas: new.replicas,
            desired: set.desired,
            maximum: set.maximum,
        };
        return (set.replicas != new.replicas).then_some(Fact::ReplicaSetChanged(id, change));
    }
    None
}

/// The pods that an object is about: their selector and what they are.
#[allow(clippy::wildcard_enum_match_arm)] // what is not named has no part in this
fn pods_of<'a>(object: ObjId, hand: &Hand<'a, '_>) -> Option<(Selector, Option<&'a PodSpec>)> {
    let view = hand.view;
    let definitions = view.definitions();
    if let Ok(pod) = PodId::try_from(object) {
        let pod = view.pod(pod)?;
        let labels = definitions.get_set(pod.labels);
        let selector = Selector::from_parts(labels.iter(), []).ok()?;
        return Some((selector, Some(view.pod_spec(pod))));
    }
    let spec = if let Ok(id) = DeploymentId::try_from(object) {
        view.deployment(id)?.spec
    } else if let Ok(id) = ReplicaSetId::try_from(object) {
        view.replica_set(id)?.spec
    } else {
        view.service(ServiceId::try_from(object).ok()?)?.spec
    };
    let spec_of = |template| &definitions.get_template(template).spec;
    match &definitions.get_spec(spec).spec {
        Spec::Deployment(it) => Some((it.selector.clone(), Some(spec_of(it.template)))),
        Spec::ReplicaSet(it) => Some((it.selector.clone(), Some(spec_of(it.template)))),
        Spec::Service(it) => Some((it.selector.clone()?, None)),
        _ => None,
    }
}

/// `expose`: a Service for an object's pods.
#[allow(clippy::too_many_lines)] // one list, in the order in which it is read
pub(super) fn expose(object: ObjId, expose: &Expose, hand: &mut Hand<'_, '_>) -> Prepared {
    let own = hand.name_of(object);
    let Some((selector, pods)) = pods_of(object, hand) else {
        let kind = kind_of(object);
        hand.fail(format!("error: cannot expose a {kind}"));
        return Prepared::Nothing;
    };
    let ports: Vec<u16> = match (expose.port, pods) {
        (Some(port), _) => vec![port],
        (None, Some(pods)) => pods
            .containers
            .iter()
            .flat_map(|container| container.ports.iter().map(|port| port.port))
            .collect(),
        (None, None) => Vec::new(),
    };
    if ports.is_empty() {
        hand.fail(
            "error: couldn't find port via --port flag or introspection\nSee 'kubectl expose -h' \
             for help and examples",
        );
        return Prepared::Nothing;
    }
    let several = ports.len() > 1;
    let target = |port: u16| match &expose.target_port {
        Some(target) => target
            .parse()
            .map_or_else(|_| PortRef::Name(target.clone()), PortRef::Number),
        None => PortRef::Number(port),
    };
    let protocol = match expose.protocol.as_deref() {
        Some("UDP") => Protocol::Udp,
        Some("SCTP") => Protocol::Sctp,
        Some(_) | None => Protocol::Tcp,
    };
    let ports = ports.iter().enumerate().map(|(index, port)| ServicePort {
        name: if several {
            format!("port-{}", index + 1).into()
        } else {
            "".into()
        },
        port: *port,
        target: target(*port),
        protocol,
        node_port: 0,
    });
    let spec = ServiceSpec {
        kind: match expose.service_type.as_deref() {
            Some("NodePort") => ServiceType::NodePort,
            Some("LoadBalancer") => ServiceType::LoadBalancer,
            Some(_) | None => ServiceType::ClusterIp,
        },
        headless: false,
        selector: Some(selector),
        ports: ports.collect(),
        publish_not_ready: false,
        affinity_seconds: None,
        internal_local: false,
        external_local: false,
    };
    let name = expose.name.as_deref().unwrap_or(&own).to_owned();
    let labels = sets_of(hand.view, object).map_or(EMPTY_SET, |(labels, _)| labels);
    let manifest = service_json(&name, namespace_of(hand.view, object), &spec);
    let meta = meta(object, &name, labels, hand);
    let spec = hand.ctx.spec(SpecDefinition {
        spec: Spec::Service(spec),
        manifest: manifest.to_string().into(),
    });
    let new = NewService {
        meta,
        spec,
        cluster_ip: PodIp::NONE,
    };
    Prepared::Calls(
        vec![Request::CreateService(Box::new(new))],
        format!("service/{name} exposed"),
    )
}

fn service_json(name: &str, namespace: &str, spec: &ServiceSpec) -> serde_json::Value {
    let ports = spec.ports.iter().map(|port| {
        let target = match &port.target {
            PortRef::Number(number) => json!(number),
            PortRef::Name(name) => json!(&**name),
        };
        let mut json = json!({"port": port.port, "targetPort": target, "protocol": match port.protocol {
            Protocol::Tcp => "TCP",
            Protocol::Udp => "UDP",
            Protocol::Sctp => "SCTP",
        }});
        if !port.name.is_empty() {
            json["name"] = json!(&*port.name);
        }
        json
    });
    let equal = spec.selector.iter().flat_map(Selector::requirements);
    let equal = equal.filter(|it| it.operator() == Operator::In);
    let selector: serde_json::Map<String, serde_json::Value> = equal
        .filter_map(|it| Some((it.key().to_owned(), json!(&**it.values().first()?))))
        .collect();
    json!({
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {
            "type": match spec.kind {
                ServiceType::ClusterIp => "ClusterIP",
                ServiceType::NodePort => "NodePort",
                ServiceType::LoadBalancer => "LoadBalancer",
                ServiceType::ExternalName => "ExternalName",
            },
            "selector": selector,
            "ports": ports.collect::<Vec<_>>(),
        },
    })
}

/// Metadata of an object that is made beside another one.
fn meta(beside: ObjId, name: &str, labels: SetId, hand: &mut Hand<'_, '_>) -> Meta {
    let namespace = hand.namespace_of(beside);
    Meta {
        name: hand.ctx.name(name),
        namespace: hand.ctx.text(&namespace),
        created: Stamp(0),
        labels,
        annotations: EMPTY_SET,
        finalizers: EMPTY_SET,
        owner: None,
        generation: 1,
        deletion: None,
    }
}

/// `autoscale`: a HorizontalPodAutoscaler for a workload.
pub(super) fn autoscale(object: ObjId, autoscale: &Autoscale, hand: &mut Hand<'_, '_>) -> Prepared {
    let own = hand.name_of(object);
    let name = autoscale.name.as_deref().unwrap_or(&own).to_owned();
    let version = crate::manifest::row(kind_of(object)).map_or("apps/v1", |row| row.current);
    let metrics = autoscale.cpu_percent.map(|percent| {
        json!([{"type": "Resource", "resource": {
            "name": "cpu",
            "target": {"type": "Utilization", "averageUtilization": percent},
        }}])
    });
    let manifest = json!({
        "apiVersion": "autoscaling/v2",
        "kind": "HorizontalPodAutoscaler",
        "metadata": {"name": name, "namespace": namespace_of(hand.view, object)},
        "spec": {
            "scaleTargetRef": {"apiVersion": version, "kind": kind_of(object), "name": own},
            "minReplicas": autoscale.min.unwrap_or(1),
            "maxReplicas": autoscale.max,
            "metrics": metrics,
        },
    });
    let meta = meta(object, &name, EMPTY_SET, hand);
    let spec = hand.ctx.spec(SpecDefinition {
        spec: Spec::Opaque,
        manifest: manifest.to_string().into(),
    });
    let kind = Kind::HorizontalPodAutoscaler;
    Prepared::Calls(
        vec![Request::CreateOther(Box::new(NewOther {
            kind,
            meta,
            spec,
        }))],
        format!("{} autoscaled", reference(kind.name(), &name)),
    )
}
