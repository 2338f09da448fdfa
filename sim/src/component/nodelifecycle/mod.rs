//! The node lifecycle controller: nodes that fall silent, and the taints that say so (C178–C185).
//!
//! It looks at all nodes every five seconds. A look at healthy nodes finds nothing, so it is not played:
//! from the leases follows when the next node can be found silent, and the next look is then. Played out
//! ([`crate::plan::Plan::exact`]), the looks between find nothing either.

mod pass;
mod taints;
mod zones;

use std::collections::BTreeMap;

use wavetank_core::draw::{Key, Purpose};
use wavetank_core::fact::event::EventNote;
use wavetank_core::fact::object::NodeChange;
use wavetank_core::fact::pod::StatusChange;
use wavetank_core::fact::{Actor, Controller, Fact, Refusal};
use wavetank_core::id::{Kind, NodeId, ObjId, PodId};
use wavetank_core::object::condition::{Condition, Truth};
use wavetank_core::object::node::{Node, NodeConditionType};
use wavetank_core::object::pod::{Pod, PodConditionType};
use wavetank_core::state::table::Change;
use wavetank_core::state::view::View;
use wavetank_core::text::known;
use wavetank_core::time::{SimDuration, SimTime};

use crate::client::script::{Script, Step};
use crate::component::kubelet::lease::Leases;
use crate::component::manager::{PodEvent, Wakes};
use crate::engine::context::Context;
use crate::message::ControllerTimer;
use crate::message::call::{Answer, Request};
use crate::plan::Plan;
use crate::plan::settings::ControllerSettings;
use zones::Zones;

/// Who this is.
const SELF: Controller = Controller::NodeLifecycle;
/// The timer of a look at all nodes; about its number.
const PASS: u16 = 0;
/// The timer of a zone's eviction limiter; about the zone.
const EVICT: u16 = 1;
/// How long a look takes: the next one is that much later than its period (C179).
const RUN_TIME: SimDuration = SimDuration::from_millis(2);

/// The node lifecycle controller's memory.
#[derive(Debug)]
pub struct NodeLifecycle {
    settings: ControllerSettings,
    /// Whether looks that find nothing are played.
    exact: bool,
    /// Where in its period the first look falls.
    offset: SimDuration,
    /// When the first look was.
    origin: SimTime,
    /// The number of the next look.
    planned: u64,
    nodes: BTreeMap<NodeId, Health>,
    zones: Zones,
}

/// What is remembered of a node.
#[derive(Clone, Copy, Debug, Default)]
struct Health {
    /// Signs of life count as not older than this (C184).
    reset: SimTime,
    /// It was found silent, and is not Ready yet.
    silent: bool,
    /// It is to carry a NoExecute taint (C183).
    evicts: bool,
}

/// The key under which a node's health is written, beside the node's own key for its taints.
const fn health_key(node: NodeId) -> ObjId {
    ObjId {
        kind: Kind::Custom,
        index: node.0,
    }
}

/// `status` of the condition Ready.
const fn readiness(node: &Node) -> Truth {
    node.condition(NodeConditionType::Ready).status
}

impl NodeLifecycle {
    /// Nothing is known.
    #[must_use]
    pub fn new(plan: &Plan, key: &Key) -> Self {
        let settings = plan.settings.controllers.clone();
        let period = settings.node_monitor_period.nanos() / 1_000;
        let offset = key.below(Purpose::MonitorPhase, 0_u64, 0, period.max(1));
        Self {
            settings,
            exact: plan.exact,
            offset: SimDuration::from_micros(offset),
            origin: SimTime::ZERO,
            planned: 0,
            nodes: BTreeMap::new(),
            zones: Zones::default(),
        }
    }

    /// The process starts: it believes what nodes look like, and looks again soon.
    pub(crate) fn restart(
        &mut self,
        view: View<'_>,
        leases: &Leases,
        ctx: &mut Context<'_>,
        wakes: &mut Wakes,
    ) {
        self.origin = ctx.now + self.offset;
        self.nodes.clear();
        self.zones = Zones::default();
        for (id, node) in view.nodes() {
            self.nodes.insert(id, seen(node));
            if taints::differ(node, self.nodes[&id].evicts) {
                wakes.now(SELF, id);
            }
        }
        self.plan(0, view, &|node| leases.renewed(node, ctx.now), wakes);
    }

    /// An event of a node: its NoSchedule taints mirror its conditions (C182).
    pub(crate) fn on_node(
        &mut self,
        change: &Change<'_, Node>,
        ctx: &mut Context<'_>,
        wakes: &mut Wakes,
    ) {
        let id = NodeId(change.index);
        let Some(node) = change.after else {
            self.nodes.remove(&id);
            return;
        };
        let health = *self.nodes.entry(id).or_insert_with(|| seen(node));
        if taints::differ(node, health.evicts) {
            wakes.now(SELF, id);
        }
        let is_news = change
            .before
            .is_none_or(|it| readiness(it) != readiness(node));
        if is_news {
            // The looks go on until everything is well again.
            self.play_from(self.pass_after(ctx.now), wakes);
        }
    }

    /// An event of a pod: one that came to a silent node is not Ready there (C181).
    pub(crate) fn on_pod(&mut self, event: &PodEvent<'_>, _view: View<'_>, wakes: &mut Wakes) {
        let node = |pod: Option<&Pod>| pod.and_then(|pod| pod.node);
        let Some(id) = node(event.after).filter(|_| node(event.before) != node(event.after)) else {
            return;
        };
        if self.nodes.get(&id).is_some_and(|health| health.silent) {
            wakes.now(SELF, health_key(id));
        }
    }

    /// A timer: a look, or a zone's limiter.
    pub(crate) fn on_timer(
        &mut self,
        timer: ControllerTimer,
        view: View<'_>,
        leases: &Leases,
        ctx: &mut Context<'_>,
        wakes: &mut Wakes,
    ) {
        let (now, about) = (ctx.now, timer.about);
        match timer.kind {
            PASS if u64::from(about) == self.planned && self.pass_at(self.planned) == now => {
                self.pass(view, now, &|node| leases.renewed(node, now), wakes);
            }
            EVICT => self.evict_next(about, view, now, wakes),
            _ => {} // of before a restart, or overtaken by an earlier one
        }
    }

    /// When a look is.
    fn pass_at(&self, number: u64) -> SimTime {
        let period = self.settings.node_monitor_period + RUN_TIME;
        self.origin + period.times(number)
    }

    /// The first look at or after `at`.
    fn pass_from(&self, at: SimTime) -> u64 {
        let period = self.settings.node_monitor_period + RUN_TIME;
        at.since(self.origin).nanos().div_ceil(period.nanos())
    }

    /// The first look after `at`.
    fn pass_after(&self, at: SimTime) -> u64 {
        let number = self.pass_from(at);
        number + u64::from(self.pass_at(number) <= at)
    }

    /// Has looks played from this number on, if that is earlier than planned.
    fn play_from(&mut self, number: u64, wakes: &mut Wakes) {
        if number < self.planned {
            self.planned = number;
            let timer = ControllerTimer {
                kind: PASS,
                about: u32::try_from(number).expect("680 years of looks"),
            };
            wakes.timer(SELF, timer, self.pass_at(number));
        }
    }

    /// One decision: a node's taints, or its health.
    pub(crate) fn sync(&mut self, key: ObjId, view: View<'_>, ctx: &mut Context<'_>) -> Script {
        let id = NodeId(key.index);
        let Some(node) = view.node(id) else {
            return Script::gone();
        };
        let health = self.nodes.get(&id).copied().unwrap_or_default();
        if key.kind == Kind::Node {
            let mut script = Script::default();
            if let Some(taints) = taints::wanted(node, health.evicts) {
                let fact = Fact::NodeChanged(id, NodeChange::Taints(taints.into()));
                script.write(Request::Update(fact, Some(view.node_rev(id))));
            }
            return script;
        }
        if health.silent {
            mark(id, node, view, ctx)
        } else {
            Script::nothing()
        }
    }

    /// An answer to a write.
    pub(crate) fn answered(&mut self, _key: ObjId, answer: &Answer) -> Option<Refusal> {
        answer.err().filter(|refusal| *refusal != Refusal::NotFound)
    }
}

/// What is believed of a node that is seen for the first time.
fn seen(node: &Node) -> Health {
    Health {
        reset: SimTime::ZERO,
        silent: readiness(node) == Truth::Unknown,
        evicts: taints::evicts(node),
    }
}

/// The writes for a silent node: its conditions, then its pods one after the other (C180, C181).
fn mark(id: NodeId, node: &Node, view: View<'_>, ctx: &mut Context<'_>) -> Script {
    let mut script = Script::default();
    if readiness(node) != Truth::Unknown {
        let message = ctx.text("Kubelet stopped posting node status.");
        let stamp = ctx.stamp();
        let conditions = NodeConditionType::ALL.map(|kind| {
            let before = node.condition(kind);
            let unknown = Condition {
                status: Truth::Unknown,
                reason: known::NODE_STATUS_UNKNOWN,
                message,
                changed: stamp,
                updated: before.updated,
            };
            (kind, unknown)
        });
        let change = NodeChange::Conditions(Box::new(conditions));
        let request = Request::Update(Fact::NodeChanged(id, change), Some(view.node_rev(id)));
        script.steps.push(Step::Insist(request));
        let name = node.meta.name.text(&view.definitions().texts);
        let text = ctx.text(&format!("Node {name} status is now: NodeNotReady"));
        let event = EventNote::Normal(known::NODE_NOT_READY, text);
        ctx.event(Actor::Controller(SELF), id.into(), event);
    }
    for (pod_id, pod) in view.pods_of_node(id) {
        if pod.is_ready() {
            script.steps.push(not_ready(pod_id, pod, ctx));
        }
    }
    script
}

/// A pod of a silent node is not Ready: only the status of the condition changes (C181).
fn not_ready(id: PodId, pod: &Pod, ctx: &mut Context<'_>) -> Step {
    let reason = pod.condition(PodConditionType::Ready).reason;
    let condition =
        StatusChange::Condition(PodConditionType::Ready, Truth::False, reason, ctx.stamp());
    let text = ctx.text("Node is not ready");
    let event = EventNote::Warning(known::NODE_NOT_READY, text);
    ctx.event(Actor::Controller(SELF), id.into(), event);
    Step::Try(Request::PodStatus(id, Box::new([condition])))
}

#[cfg(test)]
mod tests;
