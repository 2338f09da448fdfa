//! Volumes, claims, storage classes, and what drivers say about nodes.

use k8s_openapi::api::core::v1 as k8s;
use k8s_openapi::api::storage::v1 as storage;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use wavetank_core::object::spec::{
    AccessModes, ClaimPhase, ClaimRef, ClaimSpec, CsiDriver, CsiNodeSpec, PersistentVolumeSpec,
    StorageClassSpec, VolumePhase,
};

use super::mapping::{count, selector, text};
use super::scheduling::node_term;
use crate::manifest::{Amounts, amounts};

/// The annotation that named the class before there was a field for it; it still comes first.
const CLASS: &str = "volume.beta.kubernetes.io/storage-class";

/// A volume.
///
/// The uid of its claim is left out: a uid of another cluster means nothing here.
pub(crate) fn volume(object: &k8s::PersistentVolume) -> PersistentVolumeSpec {
    let spec = object.spec.clone().unwrap_or_default();
    let csi = spec.csi.as_ref();
    let required = spec.node_affinity.and_then(|affinity| affinity.required);
    let phase = object.status.as_ref().and_then(|it| it.phase.as_deref());
    PersistentVolumeSpec {
        capacity: storage_of(spec.capacity.as_ref().map(amounts)),
        class: class(&object.metadata, spec.storage_class_name.as_deref()).unwrap_or_default(),
        modes: modes(spec.access_modes.as_ref()),
        is_block: spec.volume_mode.as_deref() == Some("Block"),
        claim: spec.claim_ref.map(|claim| ClaimRef {
            namespace: text(claim.namespace.as_ref()),
            name: text(claim.name.as_ref()),
            uid: "".into(),
        }),
        affinity: required
            .map(|selector| selector.node_selector_terms.iter().map(node_term).collect()),
        driver: csi.map_or("", |csi| csi.driver.as_str()).into(),
        handle: csi.map_or("", |csi| csi.volume_handle.as_str()).into(),
        is_deleted_with_claim: spec.persistent_volume_reclaim_policy.as_deref() == Some("Delete"),
        phase: match phase {
            Some("Available") => VolumePhase::Available,
            Some("Bound") => VolumePhase::Bound,
            Some("Released") => VolumePhase::Released,
            Some("Failed") => VolumePhase::Failed,
            Some(_) | None => VolumePhase::Pending,
        },
    }
}

/// A claim.
pub(crate) fn claim(object: &k8s::PersistentVolumeClaim) -> ClaimSpec {
    let spec = object.spec.clone().unwrap_or_default();
    let phase = object.status.as_ref().and_then(|it| it.phase.as_deref());
    let requests = spec.resources.and_then(|resources| resources.requests);
    ClaimSpec {
        class: class(&object.metadata, spec.storage_class_name.as_deref()),
        request: storage_of(requests.as_ref().map(amounts)),
        modes: modes(spec.access_modes.as_ref()),
        is_block: spec.volume_mode.as_deref() == Some("Block"),
        selector: spec.selector.as_ref().map(selector),
        volume: text(spec.volume_name.as_ref()),
        phase: match phase {
            Some("Bound") => ClaimPhase::Bound,
            Some("Lost") => ClaimPhase::Lost,
            Some(_) | None => ClaimPhase::Pending,
        },
    }
}

/// A class of volumes.
pub(crate) fn storage_class(object: &storage::StorageClass) -> StorageClassSpec {
    let term = |term: &k8s::TopologySelectorTerm| {
        let labels = term.match_label_expressions.iter().flatten();
        let label = |it: &k8s::TopologySelectorLabelRequirement| {
            let values = it.values.iter().map(|value| value.as_str().into());
            (it.key.as_str().into(), values.collect())
        };
        labels.map(label).collect()
    };
    StorageClassSpec {
        provisioner: object.provisioner.as_str().into(),
        waits: object.volume_binding_mode.as_deref() == Some("WaitForFirstConsumer"),
        topologies: object
            .allowed_topologies
            .iter()
            .flatten()
            .map(term)
            .collect(),
        is_deleted_with_claim: object.reclaim_policy.as_deref() != Some("Retain"),
    }
}

/// The drivers of a node.
pub(crate) fn csi_node(object: &storage::CSINode) -> CsiNodeSpec {
    let driver = |driver: &storage::CSINodeDriver| {
        let limit = driver.allocatable.as_ref().and_then(|it| it.count);
        let keys = driver.topology_keys.iter().flatten();
        CsiDriver {
            name: driver.name.as_str().into(),
            limit: limit.map(count),
            topology_keys: keys.map(|key| key.as_str().into()).collect(),
        }
    };
    CsiNodeSpec {
        drivers: object.spec.drivers.iter().map(driver).collect(),
    }
}

fn class(meta: &ObjectMeta, field: Option<&str>) -> Option<Box<str>> {
    let annotations = meta.annotations.as_ref();
    let annotation = annotations.and_then(|it| it.get(CLASS)).map(String::as_str);
    annotation.or(field).map(Into::into)
}

fn modes(names: Option<&Vec<String>>) -> AccessModes {
    AccessModes::named(names.into_iter().flatten().map(String::as_str))
}

/// Bytes of storage.
fn storage_of(amounts: Option<Amounts>) -> i64 {
    let amounts = amounts.unwrap_or_default();
    amounts.get("storage").copied().unwrap_or_default()
}
