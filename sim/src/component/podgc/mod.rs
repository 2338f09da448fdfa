//! The pod garbage collector: pods whose node is gone (C176, C177).

use wavetank_core::fact::Controller;
use wavetank_core::fact::pod::StatusChange;
use wavetank_core::id::{NodeId, ObjId, PodId};
use wavetank_core::object::condition::Truth;
use wavetank_core::object::node::Node;
use wavetank_core::object::pod::{Phase, Pod, PodConditionType};
use wavetank_core::state::table::Change;
use wavetank_core::state::view::View;
use wavetank_core::text::known;
use wavetank_core::time::{SimDuration, SimTime};

use crate::client::script::{Script, Step};
use crate::component::manager::Wakes;
use crate::engine::context::Context;
use crate::message::call::Request;

/// Who this is.
const SELF: Controller = Controller::PodGarbageCollector;
/// How often it looks (C176).
const PERIOD: SimDuration = SimDuration::from_secs(20);
/// How long the name of a node that is gone is quarantined.
const QUARANTINE: SimDuration = SimDuration::from_secs(40);

/// The pod garbage collector's memory: since when it looks. Its looks are a grid, and those that would
/// find nothing are not played.
#[derive(Debug, Default)]
pub struct PodGarbageCollector {
    origin: SimTime,
}

impl PodGarbageCollector {
    /// The process starts: it looks for pods of nodes that it does not know.
    pub(crate) fn restart(&mut self, view: View<'_>, ctx: &Context<'_>, wakes: &mut Wakes) {
        self.origin = ctx.now;
        let mut gone: Vec<NodeId> = view.pods().filter_map(|(_, pod)| pod.node).collect();
        gone.sort_unstable();
        gone.dedup();
        for node in gone {
            if view.node(node).is_none() {
                self.quarantine(node, ctx, wakes);
            }
        }
    }

    /// A node is gone: its pods are collected at the first look after the quarantine that begins with
    /// the next look (C177).
    pub(crate) fn on_node(
        &mut self,
        change: &Change<'_, Node>,
        ctx: &Context<'_>,
        wakes: &mut Wakes,
    ) {
        if change.after.is_none() {
            self.quarantine(NodeId(change.index), ctx, wakes);
        }
    }

    fn quarantine(&self, node: NodeId, ctx: &Context<'_>, wakes: &mut Wakes) {
        let found = self.look(ctx.now);
        wakes.at(SELF, node, self.look(found + QUARANTINE));
    }

    /// The first look at or after `at`.
    fn look(&self, at: SimTime) -> SimTime {
        let looks = at.since(self.origin).nanos().div_ceil(PERIOD.nanos());
        self.origin + PERIOD.times(looks)
    }

    /// Collects the pods of a node that is gone.
    pub(crate) fn sync(&mut self, key: ObjId, view: View<'_>, ctx: &mut Context<'_>) -> Script {
        if view.is_stored(key) {
            return Script::nothing();
        }
        let mut script = Script::gone();
        let node = NodeId(key.index);
        for (id, pod) in view.pods_of_node(node) {
            collect(id, pod, ctx, &mut script);
        }
        script
    }
}

/// The two writes for one pod (C177).
fn collect(id: PodId, pod: &Pod, ctx: &mut Context<'_>, script: &mut Script) {
    if !pod.phase.is_terminal() {
        let condition = PodConditionType::DisruptionTarget;
        let message = ctx.text("PodGC: node no longer exists");
        let changes = [
            StatusChange::Phase(Phase::Failed),
            StatusChange::Condition(
                condition,
                Truth::True,
                known::DELETION_BY_POD_GC,
                ctx.stamp(),
            ),
            StatusChange::ConditionMessage(condition, message),
        ];
        let request = Request::PodStatus(id, Box::new(changes));
        script.steps.push(Step::Try(request));
    }
    let request = Request::DeletePod(id, Some(0), None);
    script.steps.push(Step::Try(request));
}
