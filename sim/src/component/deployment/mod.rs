//! The Deployment controller: ReplicaSets, one for each template, and how pods move from the old ones
//! to the new one (C100–C117).

mod hash;
mod history;
mod recreate;
mod rolling;
mod rollout;
mod scale;
mod set;
mod status;

use rustc_hash::FxHashMap;
use wavetank_core::fact::event::EventNote;
use wavetank_core::fact::{Actor, Controller, Refusal};
use wavetank_core::id::{DeploymentId, ObjId, ReplicaSetId, TemplateId};
use wavetank_core::object::spec::{DeploymentSpec, Spec, Strategy};
use wavetank_core::object::workload::{Deployment, ReplicaSet};
use wavetank_core::state::table::Change;
use wavetank_core::state::view::View;

use crate::client::script::Script;
use crate::component::manager::{Note, PodEvent, Wakes};
use crate::engine::context::Context;
use crate::message::call::Answer;
use rollout::Rollout;

/// Who this is.
const SELF: Controller = Controller::Deployment;

/// The Deployment controller's memory: nothing that a restart would lose.
#[derive(Debug, Default)]
pub struct Deployments {
    /// Whether a template of a ReplicaSet equals one of a Deployment: they never change.
    equal: FxHashMap<(TemplateId, TemplateId), bool>,
}

/// What is fixed of a Deployment.
fn spec_of<'a>(view: View<'a>, deployment: &Deployment) -> &'a DeploymentSpec {
    let Spec::Deployment(spec) = &view.definitions().get_spec(deployment.spec).spec else {
        unreachable!("a Deployment has such a specification")
    };
    spec
}

impl Deployments {
    /// The process starts.
    pub(crate) fn restart(&mut self, view: View<'_>, wakes: &mut Wakes) {
        self.equal.clear();
        for (id, _) in view.deployments() {
            wakes.now(SELF, id);
        }
    }

    /// An event of a Deployment (C100).
    pub(crate) fn on_deployment(&mut self, change: &Change<'_, Deployment>, wakes: &mut Wakes) {
        wakes.now(SELF, DeploymentId(change.index));
    }

    /// An event of a ReplicaSet: its Deployment looks (C100).
    pub(crate) fn on_set(&mut self, change: &Change<'_, ReplicaSet>, wakes: &mut Wakes) {
        let owner = |set: Option<&ReplicaSet>| set?.meta.owner;
        let (before, after) = (owner(change.before), owner(change.after));
        if let Some(owner) = before.filter(|_| before != after)
            && DeploymentId::try_from(owner).is_ok()
        {
            wakes.now(SELF, owner);
        }
        if let Some(owner) = after
            && DeploymentId::try_from(owner).is_ok()
        {
            wakes.now(SELF, owner);
        }
    }

    /// An event of a pod: only the last one's removal concerns a Deployment, of strategy Recreate
    /// (C100).
    pub(crate) fn on_pod(&mut self, event: &PodEvent<'_>, view: View<'_>, wakes: &mut Wakes) {
        if !event.is_removal() {
            return;
        }
        let owner = event
            .pod()
            .owner
            .and_then(|it| ReplicaSetId::try_from(it).ok());
        let Some(set) = owner.and_then(|id| view.replica_set(id)) else {
            return;
        };
        let owner = set
            .meta
            .owner
            .and_then(|it| DeploymentId::try_from(it).ok());
        let Some((id, deployment)) = owner.and_then(|id| Some((id, view.deployment(id)?))) else {
            return;
        };
        let is_last = || {
            view.replica_sets_of(id.into())
                .all(|(set, _)| view.pods_of_owner(set.into()).next().is_none())
        };
        if spec_of(view, deployment).strategy == Strategy::Recreate && is_last() {
            wakes.now(SELF, id);
        }
    }

    /// One decision (C101).
    pub(crate) fn sync(&mut self, key: ObjId, view: View<'_>, ctx: &mut Context<'_>) -> Script {
        let id = DeploymentId(key.index);
        let Some(deployment) = view.deployment(id) else {
            return Script::gone();
        };
        let spec = spec_of(view, deployment);
        let sets = view
            .replica_sets_of(id.into())
            .map(|(id, set)| set::Set::seen(id, set, self.is_template(spec, set, view)))
            .collect();
        Rollout::new(id, deployment, spec, sets, view, ctx).play()
    }

    /// Whether a ReplicaSet has the template of a Deployment, less the label of the hash (C102).
    fn is_template(&mut self, spec: &DeploymentSpec, set: &ReplicaSet, view: View<'_>) -> bool {
        let other = crate::component::replicaset::spec_of(view, set).template;
        let pair = (spec.template, other);
        *self.equal.entry(pair).or_insert_with(|| {
            let definitions = view.definitions();
            let (wanted, found) = (
                definitions.get_template(pair.0),
                definitions.get_template(pair.1),
            );
            hash::are_equal(wanted, found, definitions)
        })
    }

    /// An answer to a write: Events. Returns the refusal that counts as an error.
    pub(crate) fn answered(
        key: ObjId,
        note: Note,
        answer: &Answer,
        ctx: &mut Context<'_>,
    ) -> Option<Refusal> {
        let (from, to) = match note {
            Note::CreateSet(to) => (0, to),
            Note::Scale { from, to } => (from, to),
            Note::CreatePod
            | Note::DeletePod(_)
            | Note::AdoptPod
            | Note::SetStatus
            | Note::Other => (0, 0),
        };
        if let Ok(written) = answer
            && from != to
        {
            let small = |size: u32| u16::try_from(size).unwrap_or(u16::MAX);
            let event = EventNote::Scaled {
                set: written.object.index,
                from: small(from),
                to: small(to),
            };
            ctx.event(Actor::Controller(SELF), key, event);
        }
        answer.err()
    }
}
