//! A look at all nodes: who fell silent, who came back, and in which state the zones are (C179–C184).

use wavetank_core::id::NodeId;
use wavetank_core::object::condition::Truth;
use wavetank_core::object::node::Node;
use wavetank_core::state::view::View;
use wavetank_core::time::SimTime;

use super::zones::Disruption;
use super::{NodeLifecycle, SELF, health_key, readiness};
use crate::component::manager::Wakes;

/// When a node's lease was last renewed.
type Renewed<'a> = dyn Fn(NodeId) -> Option<SimTime> + 'a;

impl NodeLifecycle {
    /// The planned look, now.
    pub(super) fn pass(
        &mut self,
        view: View<'_>,
        now: SimTime,
        renewed: &Renewed<'_>,
        wakes: &mut Wakes,
    ) {
        let number = self.planned;
        self.zones.begin();
        for (id, node) in view.nodes() {
            self.look(id, node, now, renewed(id), view, wakes);
        }
        self.disruption(view, now, wakes);
        self.queue_timers(now, wakes);
        self.plan(number + 1, view, renewed, wakes);
    }

    /// One node (C179, C183).
    fn look(
        &mut self,
        id: NodeId,
        node: &Node,
        now: SimTime,
        renewed: Option<SimTime>,
        view: View<'_>,
        wakes: &mut Wakes,
    ) {
        let due = self.silent_at(id, renewed);
        let zone = self.zones.of(id, node, view);
        let health = self.nodes.entry(id).or_default();
        let mut ready = readiness(node);
        if due.is_some_and(|due| due <= now) && ready != Truth::Unknown {
            health.silent = true;
            ready = Truth::Unknown;
            wakes.now(SELF, health_key(id));
        }
        self.zones.count(zone, ready.is_true());
        if ready.is_true() {
            health.silent = false;
            self.zones.forget(zone, id);
            if std::mem::take(&mut health.evicts) {
                wakes.now(SELF, id);
            }
        } else if !health.evicts {
            self.zones.queue(zone, id);
        }
    }

    /// At which look a node is found silent, if its lease is not renewed again (C179). None for a node
    /// whose kubelet has never run.
    fn silent_at(&self, id: NodeId, renewed: Option<SimTime>) -> Option<SimTime> {
        let seen = self.pass_at(self.pass_from(renewed?));
        let reset = self.nodes.get(&id).map_or(SimTime::ZERO, |it| it.reset);
        let limit = seen.max(reset) + self.settings.node_monitor_grace_period;
        Some(self.pass_at(self.pass_after(limit)))
    }

    /// What the states of all zones together mean (C184).
    fn disruption(&mut self, view: View<'_>, now: SimTime, wakes: &mut Wakes) {
        match self.zones.end(&self.settings, now) {
            Disruption::None => {}
            Disruption::Total => {
                // Nobody can be seen: it is rather the controller that is cut off. Evictions end.
                for (id, health) in &mut self.nodes {
                    if std::mem::take(&mut health.evicts) && view.node(*id).is_some() {
                        wakes.now(SELF, *id);
                    }
                }
            }
            Disruption::Over => {
                for health in self.nodes.values_mut() {
                    health.reset = now;
                }
            }
        }
    }

    /// Plans the next look, `first` at the earliest: while all nodes are well, the first that can find one
    /// silent.
    pub(super) fn plan(
        &mut self,
        first: u64,
        view: View<'_>,
        renewed: &Renewed<'_>,
        wakes: &mut Wakes,
    ) {
        let is_well = |(id, node): (NodeId, &Node)| {
            let health = self.nodes.get(&id).copied().unwrap_or_default();
            readiness(node).is_true() && !health.silent && !health.evicts
        };
        let next = if self.exact || !view.nodes().all(is_well) {
            Some(first)
        } else {
            let silent = view
                .nodes()
                .filter_map(|(id, _)| self.silent_at(id, renewed(id)));
            silent.min().map(|at| self.pass_from(at).max(first))
        };
        self.planned = u64::MAX;
        if let Some(next) = next {
            self.play_from(next, wakes);
        }
    }
}
