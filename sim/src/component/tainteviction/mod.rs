//! The taint eviction controller: deletes pods that do not tolerate the NoExecute taints of their node
//! (C187–C190).

use std::collections::hash_map::Entry;

use rustc_hash::FxHashMap;
use wavetank_core::fact::event::EventNote;
use wavetank_core::fact::pod::StatusChange;
use wavetank_core::fact::{Actor, Controller};
use wavetank_core::id::{NodeId, ObjId, PodId};
use wavetank_core::object::condition::Truth;
use wavetank_core::object::node::Node;
use wavetank_core::object::pod::{Pod, PodConditionType};
use wavetank_core::object::scheduling::{Taint, TaintEffect};
use wavetank_core::state::table::Change;
use wavetank_core::state::view::View;
use wavetank_core::text::known;
use wavetank_core::time::{SimDuration, SimTime};

use crate::client::script::Script;
use crate::component::manager::{PodEvent, Wakes};
use crate::engine::context::Context;
use crate::message::call::Request;

/// Who this is.
const SELF: Controller = Controller::TaintEviction;

/// The taint eviction controller's memory.
#[derive(Debug, Default)]
pub struct TaintEviction {
    /// When pods are to be evicted.
    timers: FxHashMap<PodId, SimTime>,
}

/// What taints mean for a pod (C187).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Verdict {
    /// It stays.
    Stays,
    /// It goes now.
    Goes,
    /// It goes after so long.
    GoesAfter(SimDuration),
}

fn judge(taints: &[Taint], pod: &Pod, view: View<'_>) -> Verdict {
    let tolerations = &view.pod_spec(pod).tolerations;
    let mut longest: Option<u64> = None;
    for taint in taints {
        if taint.effect != TaintEffect::NoExecute {
            continue;
        }
        let mut matching = tolerations
            .iter()
            .filter(|it| it.tolerates(taint))
            .peekable();
        if matching.peek().is_none() {
            return Verdict::Goes;
        }
        // The smallest of those that have seconds; none of them has any: for ever.
        let seconds = matching.filter_map(|it| it.seconds);
        if let Some(least) = seconds.min() {
            let least = u64::try_from(least).unwrap_or(0);
            longest = Some(longest.map_or(least, |known| known.min(least)));
        }
    }
    match longest {
        None => Verdict::Stays,
        Some(0) => Verdict::Goes,
        Some(seconds) => Verdict::GoesAfter(SimDuration::from_secs(seconds)),
    }
}

fn has_no_execute(node: &Node) -> bool {
    node.taints
        .iter()
        .any(|taint| taint.effect == TaintEffect::NoExecute)
}

impl TaintEviction {
    /// The process starts: timers begin anew (C41).
    pub(crate) fn restart(&mut self, view: View<'_>, ctx: &mut Context<'_>, wakes: &mut Wakes) {
        self.timers.clear();
        for (id, node) in view.nodes() {
            if has_no_execute(node) {
                self.look_at_node(id, node, view, ctx, wakes);
            }
        }
    }

    /// An event of a node: its NoExecute taints may have changed.
    pub(crate) fn on_node(
        &mut self,
        change: &Change<'_, Node>,
        view: View<'_>,
        ctx: &mut Context<'_>,
        wakes: &mut Wakes,
    ) {
        let Some(after) = change.after else {
            return;
        };
        let before = change.before.map_or(&[][..], |node| &node.taints);
        let counts = |taints: &[Taint]| -> Vec<Taint> {
            let no_execute = taints
                .iter()
                .filter(|taint| taint.effect == TaintEffect::NoExecute);
            no_execute.cloned().collect()
        };
        if counts(before) != counts(&after.taints) {
            self.look_at_node(NodeId(change.index), after, view, ctx, wakes);
        }
    }

    fn look_at_node(
        &mut self,
        id: NodeId,
        node: &Node,
        view: View<'_>,
        ctx: &mut Context<'_>,
        wakes: &mut Wakes,
    ) {
        for (pod_id, pod) in view.pods_of_node(id) {
            self.look_at_pod(pod_id, pod, node, view, ctx, wakes);
        }
    }

    /// An event of a pod: it came to a node, or is gone.
    pub(crate) fn on_pod(
        &mut self,
        event: &PodEvent<'_>,
        view: View<'_>,
        ctx: &mut Context<'_>,
        wakes: &mut Wakes,
    ) {
        let Some(pod) = event.after.filter(|pod| pod.deletion.is_none()) else {
            self.timers.remove(&event.id);
            return;
        };
        let was = event.before.map(|before| (before.node, before.template));
        if was == Some((pod.node, pod.template)) {
            return;
        }
        if let Some(node) = pod.node.and_then(|node| view.node(node))
            && has_no_execute(node)
        {
            self.look_at_pod(event.id, pod, node, view, ctx, wakes);
        }
    }

    fn look_at_pod(
        &mut self,
        id: PodId,
        pod: &Pod,
        node: &Node,
        view: View<'_>,
        ctx: &mut Context<'_>,
        wakes: &mut Wakes,
    ) {
        if pod.deletion.is_some() {
            return;
        }
        match judge(&node.taints, pod, view) {
            Verdict::Stays => {
                if self.timers.remove(&id).is_some() {
                    self.note(id, "Cancelling deletion of Pod", view, ctx); // C290
                }
            }
            Verdict::Goes => {
                self.timers.insert(id, ctx.now);
                wakes.now(SELF, id);
            }
            Verdict::GoesAfter(duration) => {
                // A timer that runs is kept (C188).
                let at = ctx.now + duration;
                if let Entry::Vacant(entry) = self.timers.entry(id) {
                    entry.insert(at);
                    wakes.at(SELF, id, at);
                }
            }
        }
    }

    fn note(&self, id: PodId, what: &str, view: View<'_>, ctx: &mut Context<'_>) {
        let namespace = view.text(view.pod_identity(id).namespace);
        let message = ctx.text(&format!("{what} {namespace}/{}", view.pod_name(id)));
        let event = EventNote::Normal(known::TAINT_MANAGER_EVICTION, message);
        ctx.event(Actor::Controller(SELF), id.into(), event);
    }

    /// The eviction (C189).
    pub(crate) fn sync(&mut self, key: ObjId, view: View<'_>, ctx: &mut Context<'_>) -> Script {
        let id = PodId(key.index);
        let Some(pod) = view.pod(id) else {
            self.timers.remove(&id);
            return Script::gone();
        };
        let is_due = self.timers.get(&id).is_some_and(|at| *at <= ctx.now);
        if !is_due || pod.deletion.is_some() {
            return Script::nothing();
        }
        self.note(id, "Marking for deletion Pod", view, ctx);
        let condition = PodConditionType::DisruptionTarget;
        let reason = known::DELETION_BY_TAINT_MANAGER;
        let message = ctx.text("Taint manager: deleting due to NoExecute taint");
        let changes = [
            StatusChange::Condition(condition, Truth::True, reason, ctx.stamp()),
            StatusChange::ConditionMessage(condition, message),
        ];
        let mut script = Script::default();
        script.write(Request::PodStatus(id, Box::new(changes)));
        script.write(Request::DeletePod(id, None, None));
        script
    }
}
