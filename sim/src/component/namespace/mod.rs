//! The namespace controller: empties a namespace that is being deleted (C78–C80).

use wavetank_core::fact::Controller;
use wavetank_core::id::{Kind, ObjId, OtherId, TextId};
use wavetank_core::object::other::Other;
use wavetank_core::state::table::Change;
use wavetank_core::state::view::View;
use wavetank_core::time::SimDuration;

use crate::client::script::{Script, Step};
use crate::component::manager::Wakes;
use crate::engine::context::Context;
use crate::message::call::{Propagation, Request};

/// Who this is.
const SELF: Controller = Controller::Namespace;
/// How long after an event a namespace is looked at (C78).
const DELAY: SimDuration = SimDuration::from_secs(5);

/// The namespace controller: it remembers nothing.
#[derive(Debug)]
pub struct Namespaces;

impl Namespaces {
    /// The process starts: it looks at every namespace that is being deleted.
    pub(crate) fn restart(&mut self, view: View<'_>, ctx: &Context<'_>, wakes: &mut Wakes) {
        for (id, other) in view.others() {
            let key = ObjId {
                kind: view.other_kind(id),
                index: id.0,
            };
            if key.kind == Kind::Namespace && other.meta.deletion.is_some() {
                wakes.at(SELF, key, ctx.now + DELAY);
            }
        }
    }

    /// An event of a namespace.
    pub(crate) fn on_other(
        &mut self,
        change: &Change<'_, Other>,
        view: View<'_>,
        ctx: &Context<'_>,
        wakes: &mut Wakes,
    ) {
        let id = OtherId(change.index);
        let is_going = change.after.is_some_and(|it| it.meta.deletion.is_some());
        if is_going && view.other_kind(id) == Kind::Namespace {
            let kind = Kind::Namespace;
            let index = id.0;
            wakes.at(SELF, ObjId { kind, index }, ctx.now + DELAY);
        }
    }

    /// One pass: pods first, then everything else, then the namespace itself (C79, C80).
    pub(crate) fn sync(&mut self, key: ObjId, view: View<'_>, ctx: &mut Context<'_>) -> Script {
        let Some(other) = view.other(OtherId(key.index)) else {
            return Script::gone();
        };
        if other.meta.deletion.is_none() {
            return Script::nothing();
        }
        let name = other.meta.name.text(&view.definitions().texts);
        let namespace = ctx.text(&name);
        let mut script = Script::default();
        let deletions = pods(namespace, view, &mut script, ctx);
        if script.again_at.is_some() {
            script.steps.extend(deletions.into_iter().map(Step::Try));
            return script;
        }
        let deletions = view
            .objects_of_namespace(namespace)
            .map(|object| Step::Try(Request::Delete(object, Propagation::Background)));
        script.steps.extend(deletions);
        // The same call empties `spec.finalizers` and removes the object (C80).
        script.write(Request::Delete(key, Propagation::Background));
        script
    }
}

/// The deletions of the pods of a namespace; while there are any, the next pass is set.
fn pods(namespace: TextId, view: View<'_>, script: &mut Script, ctx: &Context<'_>) -> Vec<Request> {
    let mut deletions = Vec::new();
    for (id, pod) in view.pods() {
        if view.pod_identity(id).namespace != namespace {
            continue;
        }
        script.again(ctx.now + DELAY);
        if pod.deletion.is_none() {
            deletions.push(Request::DeletePod(id, None, None));
        }
    }
    deletions
}
