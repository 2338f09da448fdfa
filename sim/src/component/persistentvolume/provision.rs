//! Volumes made for claims, as the provisioner of a class makes them.

use serde_json::{Value, json};
use wavetank_core::fact::object::NewOther;
use wavetank_core::id::{Kind, NodeId, ObjId, OtherId};
use wavetank_core::object::definition::EMPTY_SET;
use wavetank_core::object::meta::Meta;
use wavetank_core::object::scheduling::{NodeOperator, NodeRequirement, NodeTerm};
use wavetank_core::object::spec::{
    ClaimPhase, ClaimSpec, PersistentVolumeSpec, Spec, SpecDefinition, StorageClassSpec,
    VolumePhase,
};
use wavetank_core::state::view::View;
use wavetank_core::text::known;
use wavetank_core::time::{SimDuration, Stamp};

use super::{PersistentVolumes, change, names, write};
use crate::client::script::Script;
use crate::engine::context::Context;
use crate::message::call::Request;

/// How long it takes to make a volume. Nothing in Kubernetes says; drivers of clouds take seconds.
const TAKES: SimDuration = SimDuration::from_secs(2);
/// The label of a node's zone.
const ZONE: &str = "topology.kubernetes.io/zone";

impl PersistentVolumes {
    /// Makes a volume for a claim: it is ready some time after the first look, and bound as it is made.
    pub(super) fn provision(
        &mut self,
        key: ObjId,
        (definition, claim): (&SpecDefinition, &ClaimSpec),
        (class, node): (&StorageClassSpec, Option<&str>),
        view: View<'_>,
        ctx: &mut Context<'_>,
    ) -> Script {
        let mut script = Script::default();
        let ready = *self
            .making
            .entry(OtherId(key.index))
            .or_insert(ctx.now + TAKES);
        if ctx.now < ready {
            script.again(ready);
            return script;
        }
        let Some((namespace, claim_name)) = names(key, view) else {
            return script;
        };
        let owner = write::claim_ref(key, &namespace, &claim_name, ctx);
        let name = format!("pvc-{}", owner.uid);
        let place = match node {
            Some(node) => place_of(node, &class.provisioner, view),
            None => some_place(&claim_name, class, view),
        };
        let spec = PersistentVolumeSpec {
            capacity: claim.request,
            class: claim.class.clone().unwrap_or_default(),
            modes: claim.modes,
            is_block: claim.is_block,
            claim: None,
            affinity: (!place.is_empty()).then(|| vec![term(&place)]),
            driver: class.provisioner.clone(),
            handle: name.as_str().into(),
            is_deleted_with_claim: class.is_deleted_with_claim,
            phase: VolumePhase::Pending,
        };
        let request =
            write::manifest(definition)["spec"]["resources"]["requests"]["storage"].clone();
        let made = SpecDefinition {
            manifest: manifest(&name, &spec, &request, definition)
                .to_string()
                .into(),
            spec: Spec::PersistentVolume(spec),
        };
        let made = write::claimed(&made, Some(owner), Some(VolumePhase::Bound));
        let bound = write::in_phase(definition, ClaimPhase::Bound, Some((&name, &request)));
        if let (Some(made), Some(bound)) = (made, bound) {
            self.bound.insert(OtherId(key.index));
            let meta = meta(&name, ctx);
            let (kind, spec) = (Kind::PersistentVolume, ctx.spec(made));
            script.write(Request::CreateOther(Box::new(NewOther {
                kind,
                meta,
                spec,
            })));
            script.write(change(key, bound, ctx));
        }
        script
    }
}

fn meta(name: &str, ctx: &mut Context<'_>) -> Meta {
    Meta {
        name: ctx.name(name),
        namespace: known::EMPTY,
        created: Stamp(0),
        labels: EMPTY_SET,
        annotations: EMPTY_SET,
        finalizers: EMPTY_SET,
        owner: None,
        generation: 1,
        deletion: None,
    }
}

fn term(place: &[(String, String)]) -> NodeTerm {
    let requirement = |(key, value): &(String, String)| NodeRequirement {
        key: key.as_str().into(),
        operator: NodeOperator::In,
        values: vec![value.as_str().into()],
    };
    NodeTerm {
        expressions: place.iter().map(requirement).collect(),
        fields: Vec::new(),
    }
}

/// From where a volume made for a node can be reached: the labels that the driver names on it, or its
/// zone.
#[allow(clippy::wildcard_enum_match_arm)] // what is not named has no part in this
fn place_of(node: &str, driver: &str, view: View<'_>) -> Vec<(String, String)> {
    let found = view.find(Kind::Node, known::EMPTY, node);
    let labels = found.and_then(|it| view.node(NodeId(it.index)));
    let Some(labels) = labels.map(|node| view.definitions().get_set(node.labels())) else {
        return Vec::new();
    };
    let drivers = view.find(Kind::CsiNode, known::EMPTY, node);
    let drivers = drivers.and_then(|it| view.other(OtherId(it.index)));
    let keys = drivers.and_then(|it| {
        let Spec::CsiNode(spec) = &view.definitions().get_spec(it.spec).spec else {
            return None;
        };
        spec.drivers.iter().find(|it| *it.name == *driver)
    });
    let keys = keys.map_or_else(
        || vec![ZONE],
        |it| it.topology_keys.iter().map(|key| &**key).collect(),
    );
    let value = |key: &str| Some((key.to_owned(), labels.get(key)?.to_owned()));
    keys.into_iter().filter_map(value).collect()
}

/// Where a volume is made that is for no node yet: where its class allows it first, or in one of the
/// zones, by the claim's name.
fn some_place(claim: &str, class: &StorageClassSpec, view: View<'_>) -> Vec<(String, String)> {
    if let Some(term) = class.topologies.first() {
        let first = |(key, values): &(Box<str>, Vec<Box<str>>)| {
            Some((key.to_string(), values.first()?.to_string()))
        };
        return term.iter().filter_map(first).collect();
    }
    let labels = view
        .nodes()
        .map(|(_, node)| view.definitions().get_set(node.labels()));
    let mut zones: Vec<&str> = labels.filter_map(|labels| labels.get(ZONE)).collect();
    zones.sort_unstable();
    zones.dedup();
    if zones.is_empty() {
        return Vec::new();
    }
    let index = spread_of(claim) as usize % zones.len();
    vec![(ZONE.to_owned(), zones[index].to_owned())]
}

/// The FNV-1a hash of a claim's name; claims of a StatefulSet that differ by a number alone follow one
/// another.
fn spread_of(claim: &str) -> u32 {
    let (name, number) = match claim.rsplit_once('-') {
        Some((name, number)) => (name, number.parse::<u32>().ok()),
        None => (claim, None),
    };
    let name = if number.is_some() { name } else { claim };
    let hash = name.bytes().fold(0x811c_9dc5_u32, |hash, byte| {
        (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)
    });
    hash.wrapping_add(number.unwrap_or_default())
}

fn manifest(
    name: &str,
    spec: &PersistentVolumeSpec,
    capacity: &Value,
    claim: &SpecDefinition,
) -> Value {
    let policy = if spec.is_deleted_with_claim {
        "Delete"
    } else {
        "Retain"
    };
    let mut value = json!({
        "apiVersion": "v1",
        "kind": "PersistentVolume",
        "metadata": { "name": name },
        "spec": {
            "accessModes": write::manifest(claim)["spec"]["accessModes"],
            "capacity": { "storage": capacity },
            "csi": { "driver": &*spec.driver, "volumeHandle": &*spec.handle },
            "persistentVolumeReclaimPolicy": policy,
            "storageClassName": &*spec.class,
            "volumeMode": if spec.is_block { "Block" } else { "Filesystem" },
        },
    });
    if let Some(terms) = &spec.affinity {
        let expressions = terms.iter().flat_map(|term| &term.expressions).map(|it| {
            let values: Vec<&str> = it.values.iter().map(|value| &**value).collect();
            json!({ "key": &*it.key, "operator": "In", "values": values })
        });
        let expressions: Vec<Value> = expressions.collect();
        value["spec"]["nodeAffinity"] =
            json!({ "required": { "nodeSelectorTerms": [{ "matchExpressions": expressions }] } });
    }
    value
}
