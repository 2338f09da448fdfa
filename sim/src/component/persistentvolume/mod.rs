//! Volumes are bound to claims, and made for them: the PersistentVolume controller, and in one with it the
//! provisioners that run beside a cluster (C89).
//!
//! A claim of a class that binds at once gets the smallest free volume that fits, or one that its class
//! makes; a claim that waits for its first consumer gets what the scheduler chose. Where a claim is
//! deleted, its volume is released, and deleted if it says so.

mod choose;
mod provision;
pub mod write;

use std::collections::{BTreeMap, BTreeSet};

use wavetank_core::fact::object::OtherChange;
use wavetank_core::fact::{Controller, Fact, Refusal};
use wavetank_core::id::{Kind, ObjId, OtherId};
use wavetank_core::object::other::Other;
use wavetank_core::object::spec::{
    ClaimPhase, ClaimSpec, PersistentVolumeSpec, Spec, SpecDefinition, StorageClassSpec,
    VolumePhase,
};
use wavetank_core::state::table::Change;
use wavetank_core::state::view::View;
use wavetank_core::text::known;
use wavetank_core::time::SimTime;

use crate::client::script::Script;
use crate::component::manager::Wakes;
use crate::engine::context::Context;
use crate::message::call::{Answer, Propagation, Request};

/// The annotation in which a scheduler says for which node a volume is to be made.
pub const SELECTED_NODE: &str = "volume.kubernetes.io/selected-node";
/// The annotation of the class that claims without one get.
const DEFAULT_CLASS: &str = "storageclass.kubernetes.io/is-default-class";
/// Who this is.
const SELF: Controller = Controller::PersistentVolume;

/// What the controller remembers.
#[derive(Debug, Default)]
pub struct PersistentVolumes {
    /// Volumes that were given to claims by writes that it has not seen yet.
    given: BTreeMap<OtherId, ObjId>,
    /// Claims whose binding was written and not seen yet.
    bound: BTreeSet<OtherId>,
    /// Claims whose volumes are being made, and when they are ready.
    making: BTreeMap<OtherId, SimTime>,
}

impl PersistentVolumes {
    /// The process starts: it looks at every volume and claim.
    pub(crate) fn restart(&mut self, view: View<'_>, wakes: &mut Wakes) {
        *self = Self::default();
        for (id, _) in view.others() {
            let kind = view.other_kind(id);
            if is_ours(kind) {
                wakes.now(SELF, object(kind, id));
            }
        }
    }

    /// An event of a volume, a claim or a class.
    pub(crate) fn on_other(
        &mut self,
        change: &Change<'_, Other>,
        view: View<'_>,
        wakes: &mut Wakes,
    ) {
        let id = OtherId(change.index);
        let kind = view.other_kind(id);
        if !is_ours(kind) && kind != Kind::StorageClass {
            return;
        }
        if is_ours(kind) && change.after.is_some() {
            wakes.now(SELF, object(kind, id));
        }
        let spec = |other: &Other| &view.definitions().get_spec(other.spec).spec;
        if let Some(Spec::PersistentVolumeClaim(claim)) = change.before.map(spec)
            && change.after.is_none()
        {
            self.forget(id);
            wake_volumes(change.before, claim, view, wakes);
        }
        let now = change.after.or(change.before).map(spec);
        if let Some(Spec::PersistentVolumeClaim(claim)) = now {
            if claim.phase != ClaimPhase::Pending {
                self.forget(id);
            }
            return; // nobody else waits for a claim
        }
        if let Some(Spec::PersistentVolume(volume)) = now {
            if change.after.is_none() || volume.claim.is_some() {
                self.given.remove(&id);
            }
            if let Some(owner) = owner(volume, view) {
                return wakes.now(SELF, owner);
            }
        }
        let is_waiting = |claim: &ClaimSpec| claim.phase == ClaimPhase::Pending;
        for (id, _, claim) in claims(view).filter(|it| is_waiting(it.2)) {
            let class = claim.class.as_deref();
            let is_of = |name: &str| class.is_none_or(|class| *class == *name);
            let is_meant = match now {
                Some(Spec::PersistentVolume(volume)) => is_of(&volume.class),
                _ => kind == Kind::StorageClass && change.after.is_some(),
            };
            if is_meant {
                wakes.now(SELF, object(Kind::PersistentVolumeClaim, id));
            }
        }
    }

    fn forget(&mut self, claim: OtherId) {
        self.bound.remove(&claim);
        self.making.remove(&claim);
    }

    /// An answer to a write: what was refused is decided again.
    pub(crate) fn answered(&mut self, key: ObjId, answer: &Answer) -> Option<Refusal> {
        let refusal = answer.err()?;
        self.forget(OtherId(key.index));
        self.given.retain(|_, claim| *claim != key);
        (refusal != Refusal::NotFound).then_some(refusal)
    }

    /// One look at a volume or a claim.
    pub(crate) fn sync(&mut self, key: ObjId, view: View<'_>, ctx: &mut Context<'_>) -> Script {
        let id = OtherId(key.index);
        let Some(other) = view.other(id) else {
            return Script::gone();
        };
        if other.meta.deletion.is_some() {
            return Script::nothing();
        }
        let definition = view.definitions().get_spec(other.spec);
        if let Spec::PersistentVolume(volume) = &definition.spec {
            return self.sync_volume(key, definition, volume, view, ctx);
        }
        if let Spec::PersistentVolumeClaim(claim) = &definition.spec {
            return self.sync_claim(id, other, definition, claim, view, ctx);
        }
        Script::nothing()
    }

    /// A volume is available while nobody has it, bound while its claim is there, and then released.
    fn sync_volume(
        &mut self,
        key: ObjId,
        definition: &SpecDefinition,
        volume: &PersistentVolumeSpec,
        view: View<'_>,
        ctx: &mut Context<'_>,
    ) -> Script {
        let mut script = Script::default();
        let phase = match &volume.claim {
            None => VolumePhase::Available,
            Some(claim) if claim.uid.is_empty() => match volume.phase {
                VolumePhase::Pending => VolumePhase::Available, // reserved by somebody
                VolumePhase::Available
                | VolumePhase::Bound
                | VolumePhase::Released
                | VolumePhase::Failed => volume.phase,
            },
            Some(claim) => {
                let owner = owner(volume, view).filter(|it| view.meta(*it).is_some());
                match owner.filter(|owner| write::claim_uid(*owner, ctx) == *claim.uid) {
                    Some(_) => return script, // its claim is looked at itself
                    None => VolumePhase::Released,
                }
            }
        };
        if phase == VolumePhase::Released && volume.is_deleted_with_claim {
            script.write(Request::Delete(key, Propagation::Background));
        } else if phase != volume.phase
            && let Some(changed) = write::claimed(definition, None, Some(phase))
        {
            script.write(change(key, changed, ctx));
        }
        script
    }

    /// A claim gets its class, and then its volume.
    fn sync_claim(
        &mut self,
        id: OtherId,
        other: &Other,
        definition: &SpecDefinition,
        claim: &ClaimSpec,
        view: View<'_>,
        ctx: &mut Context<'_>,
    ) -> Script {
        let mut script = Script::default();
        let key = object(Kind::PersistentVolumeClaim, id);
        if claim.phase != ClaimPhase::Pending {
            let volume = view.find(Kind::PersistentVolume, known::EMPTY, &claim.volume);
            let is_there = volume.is_some_and(|volume| view.meta(volume).is_some());
            if !is_there
                && claim.phase == ClaimPhase::Bound
                && let Some(lost) = write::in_phase(definition, ClaimPhase::Lost, None)
            {
                script.write(change(key, lost, ctx));
            }
            return script;
        }
        if self.bound.contains(&id) {
            return script;
        }
        if claim.class.is_none()
            && let Some(class) = default_class(view)
            && let Some(changed) = write::with_class(definition, &class)
        {
            script.write(change(key, changed, ctx));
            return script; // what it gets is decided when that is seen
        }
        let class = claim.class.as_deref().and_then(|name| class(name, view));
        let annotations = view.definitions().get_set(other.meta.annotations);
        let node = annotations.get(SELECTED_NODE);
        let waits = class.is_some_and(|class| class.waits);
        if let Some(volume) = self.choose(key, claim, waits, view, ctx) {
            return self.bind(key, definition, volume, view, ctx);
        }
        let is_made = class.is_some_and(StorageClassSpec::provisions) && claim.volume.is_empty();
        if let Some(class) = class
            && is_made
            && (!waits || node.is_some())
        {
            return self.provision(key, (definition, claim), (class, node), view, ctx);
        }
        script
    }

    /// The two writes that bind a volume to a claim.
    fn bind(
        &mut self,
        claim: ObjId,
        definition: &SpecDefinition,
        volume: OtherId,
        view: View<'_>,
        ctx: &mut Context<'_>,
    ) -> Script {
        let mut script = Script::default();
        let Some(other) = view.other(volume) else {
            return script;
        };
        self.given.insert(volume, claim);
        self.bound.insert(OtherId(claim.index));
        let name = other.meta.name.text(&view.definitions().texts);
        let given = view.definitions().get_spec(other.spec);
        let capacity = write::manifest(given)["spec"]["capacity"]["storage"].clone();
        let owner =
            names(claim, view).map(|(space, name)| write::claim_ref(claim, &space, &name, ctx));
        let taken = write::claimed(given, owner, Some(VolumePhase::Bound));
        let bound = write::in_phase(definition, ClaimPhase::Bound, Some((&name, &capacity)));
        if let (Some(taken), Some(bound)) = (taken, bound) {
            script.write(change(object(Kind::PersistentVolume, volume), taken, ctx));
            script.write(change(claim, bound, ctx));
        }
        script
    }
}

/// Wakes the volumes that name a claim which is gone.
fn wake_volumes(gone: Option<&Other>, claim: &ClaimSpec, view: View<'_>, wakes: &mut Wakes) {
    let Some(gone) = gone else { return };
    let texts = &view.definitions().texts;
    let (namespace, name) = (view.text(gone.meta.namespace), gone.meta.name.text(texts));
    for (id, other) in view.others() {
        let Spec::PersistentVolume(volume) = &view.definitions().get_spec(other.spec).spec else {
            continue;
        };
        let owner = volume.claim.as_ref();
        let is_meant =
            owner.is_some_and(|owner| *owner.namespace == *namespace && *owner.name == *name);
        if is_meant || other.meta.name.text(texts) == *claim.volume {
            wakes.now(SELF, object(Kind::PersistentVolume, id));
        }
    }
}

/// The write of a specification.
fn change(key: ObjId, spec: SpecDefinition, ctx: &mut Context<'_>) -> Request {
    let change = OtherChange::Spec(ctx.spec(spec));
    Request::Update(
        Fact::OtherChanged(key.kind, OtherId(key.index), change),
        None,
    )
}

const fn is_ours(kind: Kind) -> bool {
    matches!(kind, Kind::PersistentVolume | Kind::PersistentVolumeClaim)
}

const fn object(kind: Kind, id: OtherId) -> ObjId {
    ObjId { kind, index: id.0 }
}

/// Namespace and name of an object.
fn names(object: ObjId, view: View<'_>) -> Option<(String, String)> {
    let meta = view.meta(object)?;
    let name = meta.name.text(&view.definitions().texts);
    Some((view.text(meta.namespace).to_owned(), name))
}

/// The claim that a volume names, if there is one of that name.
fn owner(volume: &PersistentVolumeSpec, view: View<'_>) -> Option<ObjId> {
    let claim = volume.claim.as_ref()?;
    let namespace = view.definitions().texts.find(&claim.namespace)?;
    view.find(Kind::PersistentVolumeClaim, namespace, &claim.name)
}

/// The claims that are there.
#[allow(clippy::wildcard_enum_match_arm)] // what is not named has no part in this
fn claims(view: View<'_>) -> impl Iterator<Item = (OtherId, &Other, &ClaimSpec)> {
    view.others().filter_map(move |(id, other)| {
        if let Spec::PersistentVolumeClaim(claim) = &view.definitions().get_spec(other.spec).spec {
            Some((id, other, claim))
        } else {
            None
        }
    })
}

/// A class by its name.
#[allow(clippy::wildcard_enum_match_arm)] // what is not named has no part in this
fn class<'a>(name: &str, view: View<'a>) -> Option<&'a StorageClassSpec> {
    let object = view.find(Kind::StorageClass, known::EMPTY, name)?;
    let other = view.other(OtherId(object.index))?;
    if let Spec::StorageClass(class) = &view.definitions().get_spec(other.spec).spec {
        Some(class)
    } else {
        None
    }
}

/// The name of the class that claims without one get: of several, the newest.
fn default_class(view: View<'_>) -> Option<String> {
    let is_default = |id: OtherId, other: &Other| {
        let annotations = view.definitions().get_set(other.meta.annotations);
        view.other_kind(id) == Kind::StorageClass && annotations.get(DEFAULT_CLASS) == Some("true")
    };
    let classes = view.others().filter(|(id, other)| is_default(*id, other));
    let newest = classes.max_by_key(|(id, other)| (other.meta.created, *id))?;
    Some(newest.1.meta.name.text(&view.definitions().texts))
}
