//! The garbage collector: what is left when its owner is gone (C170–C175).

use wavetank_core::fact::object::MetaChange;
use wavetank_core::fact::pod::PodChange;
use wavetank_core::fact::{Controller, Fact};
use wavetank_core::id::{DeploymentId, Kind, ObjId, OtherId, PodId, ReplicaSetId, ServiceId};
use wavetank_core::object::meta::Meta;
use wavetank_core::object::other::Other;
use wavetank_core::object::service::Service;
use wavetank_core::object::workload::{Deployment, ReplicaSet};
use wavetank_core::state::table::Change;
use wavetank_core::state::view::View;

use crate::client::script::{Script, Step};
use crate::component::apiserver::delete::{FOREGROUND, ORPHAN, finalizers_fact, meta_fact};
use crate::component::manager::{PodEvent, Wakes};
use crate::engine::context::Context;
use crate::message::call::{Propagation, Request};

/// Who this is.
const SELF: Controller = Controller::GarbageCollector;

/// The garbage collector. The store's indexes are its graph: it remembers nothing.
#[derive(Debug)]
pub struct GarbageCollector;

/// The objects that an object owns and controls.
fn dependents(owner: ObjId, view: View<'_>) -> impl Iterator<Item = ObjId> {
    let pods = view.pods_of_owner(owner).map(|(pod, _)| pod.into());
    pods.chain(view.owned(owner))
}

impl GarbageCollector {
    /// The process starts: whatever has an owner that is gone, or waits for its dependents.
    pub(crate) fn restart(&mut self, view: View<'_>, wakes: &mut Wakes) {
        for (id, pod) in view.pods() {
            if pod.owner.is_some_and(|owner| !view.knows(owner)) {
                wakes.now(SELF, id);
            }
        }
        let sets = view.replica_sets().map(|(id, set)| (id.into(), &set.meta));
        let deployments = view.deployments().map(|(id, it)| (id.into(), &it.meta));
        let services = view.services().map(|(id, it)| (id.into(), &it.meta));
        let others = view.others().map(|(id, it)| (other(id, view), &it.meta));
        for (id, meta) in sets.chain(deployments).chain(services).chain(others) {
            let is_orphan = meta.owner.is_some_and(|owner| !view.knows(owner));
            if is_orphan || meta.deletion.is_some() {
                wakes.now(SELF, id);
            }
        }
    }

    /// An event of a pod: a new one may have lost its owner, and the owner of one that went may wait.
    pub(crate) fn on_pod(&mut self, event: &PodEvent<'_>, view: View<'_>, wakes: &mut Wakes) {
        let Some(owner) = event.pod().owner else {
            return;
        };
        if event.is_removal() {
            wait_for(owner, view, wakes);
        } else if event.is_creation() && !view.knows(owner) {
            wakes.now(SELF, event.id); // C175
        }
    }

    /// An event of a ReplicaSet.
    pub(crate) fn on_set(
        &mut self,
        change: &Change<'_, ReplicaSet>,
        view: View<'_>,
        wakes: &mut Wakes,
    ) {
        let meta = |set: Option<&ReplicaSet>| set.map(|it| it.meta);
        let id = ReplicaSetId(change.index).into();
        on_object(id, meta(change.before), meta(change.after), view, wakes);
    }

    /// An event of a Deployment.
    pub(crate) fn on_deployment(
        &mut self,
        change: &Change<'_, Deployment>,
        view: View<'_>,
        wakes: &mut Wakes,
    ) {
        let meta = |it: Option<&Deployment>| it.map(|it| it.meta);
        let id = DeploymentId(change.index).into();
        on_object(id, meta(change.before), meta(change.after), view, wakes);
    }

    /// An event of a Service.
    pub(crate) fn on_service(
        &mut self,
        change: &Change<'_, Service>,
        view: View<'_>,
        wakes: &mut Wakes,
    ) {
        let meta = |it: Option<&Service>| it.map(|it| it.meta);
        let id = ServiceId(change.index).into();
        on_object(id, meta(change.before), meta(change.after), view, wakes);
    }

    /// An event of an object of another kind.
    pub(crate) fn on_other(
        &mut self,
        change: &Change<'_, Other>,
        view: View<'_>,
        wakes: &mut Wakes,
    ) {
        let meta = |it: Option<&Other>| it.map(|it| it.meta);
        let id = other(OtherId(change.index), view);
        if id.kind != Kind::Namespace {
            on_object(id, meta(change.before), meta(change.after), view, wakes);
        }
    }

    /// One decision about an object.
    pub(crate) fn sync(&mut self, key: ObjId, view: View<'_>, ctx: &mut Context<'_>) -> Script {
        if let Ok(pod) = PodId::try_from(key) {
            return collect_pod(pod, view);
        }
        let Some(meta) = view.meta(key) else {
            return Script::gone();
        };
        let finalizers = view.definitions().get_set(meta.finalizers);
        if meta.deletion.is_some() && finalizers.get(ORPHAN).is_some() {
            return orphan(key, meta, view, ctx);
        }
        if meta.deletion.is_some() && finalizers.get(FOREGROUND).is_some() {
            return foreground(key, meta, view, ctx);
        }
        let mut script = Script::default();
        if meta.deletion.is_none() && meta.owner.is_some_and(|owner| !view.is_stored(owner)) {
            script.write(Request::Delete(key, Propagation::Background));
        }
        script
    }
}

fn other(id: OtherId, view: View<'_>) -> ObjId {
    ObjId {
        kind: view.other_kind(id),
        index: id.0,
    }
}

/// An owner that waits for its dependents looks again when one of them is gone (C173).
fn wait_for(owner: ObjId, view: View<'_>, wakes: &mut Wakes) {
    if view.meta(owner).is_some_and(|meta| meta.deletion.is_some()) {
        wakes.now(SELF, owner);
    }
}

/// An event of an object other than a pod.
fn on_object(
    id: ObjId,
    before: Option<Meta>,
    after: Option<Meta>,
    view: View<'_>,
    wakes: &mut Wakes,
) {
    let Some(after) = after else {
        for dependent in dependents(id, view) {
            wakes.now(SELF, dependent); // C172
        }
        if let Some(owner) = before.and_then(|meta| meta.owner) {
            wait_for(owner, view, wakes);
        }
        return;
    };
    let deletion_began = after.deletion.is_some() && before.is_none_or(|it| it.deletion.is_none());
    let owner_is_gone = || after.owner.is_some_and(|owner| !view.knows(owner));
    if deletion_began || (before.is_none() && owner_is_gone()) {
        wakes.now(SELF, id);
    }
}

/// Deletes a pod whose owner is gone (C171). The look at the live owner is part of it.
fn collect_pod(id: PodId, view: View<'_>) -> Script {
    let Some(pod) = view.pod(id) else {
        return Script::gone();
    };
    let mut script = Script::default();
    let is_orphan = pod.owner.is_some_and(|owner| !view.is_stored(owner));
    if is_orphan && pod.deletion.is_none() {
        script.write(Request::DeletePod(id, None, None));
    }
    script
}

/// Deletes the dependents, those with dependents of their own in the foreground too; when there are none
/// left, lets the owner go (C173, C291).
fn foreground(key: ObjId, meta: &Meta, view: View<'_>, ctx: &mut Context<'_>) -> Script {
    let mut script = Script::default();
    let mut deletions = Vec::new();
    let mut blocked = false;
    for dependent in dependents(key, view) {
        blocked = true;
        match PodId::try_from(dependent) {
            Ok(id) => {
                if view.pod(id).is_some_and(|pod| pod.deletion.is_none()) {
                    deletions.push(Request::DeletePod(id, None, None));
                }
            }
            Err(object) => {
                let is_deleting = view.meta(object).is_none_or(|it| it.deletion.is_some());
                if !is_deleting {
                    let has_own = dependents(object, view).next().is_some();
                    let propagation = if has_own {
                        Propagation::Foreground
                    } else {
                        Propagation::Background
                    };
                    deletions.push(Request::Delete(object, propagation));
                }
            }
        }
    }
    if !deletions.is_empty() {
        script.steps.push(Step::Parallel(deletions));
    }
    if !blocked {
        script.write(release(key, meta, FOREGROUND, view, ctx));
    }
    script
}

/// Removes the owner from its dependents, then lets it go (C174).
fn orphan(key: ObjId, meta: &Meta, view: View<'_>, ctx: &mut Context<'_>) -> Script {
    let patch = |dependent: ObjId| {
        let fact = match PodId::try_from(dependent) {
            Ok(pod) => Fact::PodChanged(pod, PodChange::Owner(None)),
            Err(object) => meta_fact(object, MetaChange::Owner(None)),
        };
        Request::Update(fact, None)
    };
    let mut script = Script::default();
    let patches: Vec<_> = dependents(key, view).map(patch).collect();
    script.steps.push(Step::Parallel(patches));
    script.write(release(key, meta, ORPHAN, view, ctx));
    script
}

fn release(
    key: ObjId,
    meta: &Meta,
    finalizer: &str,
    view: View<'_>,
    ctx: &mut Context<'_>,
) -> Request {
    let finalizers = view.definitions().get_set(meta.finalizers);
    let set = ctx.set(finalizers.without(finalizer));
    Request::Update(finalizers_fact(key, set), None)
}
