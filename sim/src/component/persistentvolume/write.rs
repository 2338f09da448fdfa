//! What is written into volumes and claims: the typed specification and the manifest beside it, which
//! have to say the same.

use serde_json::{Value, json};
use wavetank_core::draw::Purpose;
use wavetank_core::id::ObjId;
use wavetank_core::object::meta::{uid, uid_text};
use wavetank_core::object::spec::{ClaimPhase, ClaimRef, Spec, SpecDefinition, VolumePhase};

use crate::engine::context::Context;

/// A reference to a claim.
pub fn claim_ref(claim: ObjId, namespace: &str, name: &str, ctx: &Context<'_>) -> ClaimRef {
    ClaimRef {
        namespace: namespace.into(),
        name: name.into(),
        uid: claim_uid(claim, ctx).into(),
    }
}

/// The uid of a claim.
pub(super) fn claim_uid(claim: ObjId, ctx: &Context<'_>) -> String {
    uid_text(uid(ctx.key.draw(Purpose::Uid, 0_u32, 0), claim))
}

/// A volume that belongs to a claim, or as before, in a phase, or as before.
#[must_use]
pub fn claimed(
    volume: &SpecDefinition,
    claim: Option<ClaimRef>,
    phase: Option<VolumePhase>,
) -> Option<SpecDefinition> {
    let Spec::PersistentVolume(spec) = &volume.spec else {
        return None;
    };
    let mut spec = spec.clone();
    let mut manifest = manifest(volume);
    if let Some(claim) = claim {
        manifest["spec"]["claimRef"] = json!({
            "apiVersion": "v1",
            "kind": "PersistentVolumeClaim",
            "namespace": &*claim.namespace,
            "name": &*claim.name,
            "uid": &*claim.uid,
        });
        spec.claim = Some(claim);
    }
    if let Some(phase) = phase {
        manifest["status"] = json!({ "phase": format!("{phase:?}") });
        spec.phase = phase;
    }
    Some(SpecDefinition {
        spec: Spec::PersistentVolume(spec),
        manifest: manifest.to_string().into(),
    })
}

/// A claim in a phase; when it is bound, with this volume, of this capacity.
pub(super) fn in_phase(
    claim: &SpecDefinition,
    phase: ClaimPhase,
    volume: Option<(&str, &Value)>,
) -> Option<SpecDefinition> {
    let Spec::PersistentVolumeClaim(spec) = &claim.spec else {
        return None;
    };
    let mut spec = spec.clone();
    let mut manifest = manifest(claim);
    manifest["status"]["phase"] = json!(format!("{phase:?}"));
    spec.phase = phase;
    if let Some((name, capacity)) = volume {
        spec.volume = name.into();
        manifest["spec"]["volumeName"] = json!(name);
        manifest["status"]["accessModes"] = manifest["spec"]["accessModes"].clone();
        manifest["status"]["capacity"] = json!({ "storage": capacity });
    }
    Some(SpecDefinition {
        spec: Spec::PersistentVolumeClaim(spec),
        manifest: manifest.to_string().into(),
    })
}

/// A claim that asks for a class.
pub(super) fn with_class(claim: &SpecDefinition, class: &str) -> Option<SpecDefinition> {
    let Spec::PersistentVolumeClaim(spec) = &claim.spec else {
        return None;
    };
    let mut spec = spec.clone();
    let mut manifest = manifest(claim);
    manifest["spec"]["storageClassName"] = json!(class);
    spec.class = Some(class.into());
    Some(SpecDefinition {
        spec: Spec::PersistentVolumeClaim(spec),
        manifest: manifest.to_string().into(),
    })
}

/// The manifest; empty when there is none.
pub(super) fn manifest(definition: &SpecDefinition) -> Value {
    let value = serde_json::from_str(&definition.manifest).ok();
    value.filter(Value::is_object).unwrap_or_else(|| json!({}))
}
