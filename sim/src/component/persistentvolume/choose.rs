//! Which volume a claim gets.

use wavetank_core::id::{Kind, ObjId, OtherId};
use wavetank_core::object::other::Other;
use wavetank_core::object::spec::{ClaimSpec, PersistentVolumeSpec, Spec, VolumePhase};
use wavetank_core::state::view::View;

use super::{PersistentVolumes, names, write};
use crate::engine::context::Context;

impl PersistentVolumes {
    /// The volume that a claim names, or that was reserved for it; else, unless it waits for its first
    /// consumer, the smallest free one that fits, of equals the first by name.
    pub(super) fn choose(
        &self,
        key: ObjId,
        wanted: &ClaimSpec,
        waits: bool,
        view: View<'_>,
        ctx: &Context<'_>,
    ) -> Option<OtherId> {
        let (namespace, name) = names(key, view)?;
        let uid = write::claim_uid(key, ctx);
        let is_own = |volume: &PersistentVolumeSpec| {
            let is_over = matches!(volume.phase, VolumePhase::Released | VolumePhase::Failed);
            let owner = volume.claim.as_ref().filter(|_| !is_over);
            owner.is_some_and(|owner| {
                *owner.namespace == *namespace
                    && *owner.name == *name
                    && (owner.uid.is_empty() || *owner.uid == *uid)
            })
        };
        let mut best: Option<(i64, String, OtherId)> = None;
        for (id, other, volume) in volumes(view) {
            if self.given.get(&id).is_some_and(|given| *given != key) {
                continue;
            }
            let name = other.meta.name.text(&view.definitions().texts);
            if !wanted.volume.is_empty() {
                if *name == *wanted.volume && (is_own(volume) || volume.claim.is_none()) {
                    return Some(id);
                }
                continue;
            }
            let does = volume.capacity >= wanted.request && volume.is_block == wanted.is_block;
            if is_own(volume) && does {
                return Some(id);
            }
            let is_free = volume.claim.is_none()
                && volume.phase == VolumePhase::Available
                && other.meta.deletion.is_none();
            let labels = view.definitions().get_set(other.meta.labels);
            let selector = wanted.selector.as_ref();
            let fits = does
                && volume.modes.contain(wanted.modes)
                && *volume.class == *wanted.class.as_deref().unwrap_or_default()
                && selector.is_none_or(|selector| selector.matches(labels));
            let candidate = (volume.capacity, name, id);
            if is_free && fits && !waits && best.as_ref().is_none_or(|best| candidate < *best) {
                best = Some(candidate);
            }
        }
        best.map(|best| best.2)
    }
}

/// The volumes that are there.
#[allow(clippy::wildcard_enum_match_arm)] // what is not named has no part in this
fn volumes(view: View<'_>) -> impl Iterator<Item = (OtherId, &Other, &PersistentVolumeSpec)> {
    let others = view.others();
    let others = others.filter(move |(id, _)| view.other_kind(*id) == Kind::PersistentVolume);
    others.filter_map(move |(id, other)| {
        if let Spec::PersistentVolume(volume) = &view.definitions().get_spec(other.spec).spec {
            Some((id, other, volume))
        } else {
            None
        }
    })
}
