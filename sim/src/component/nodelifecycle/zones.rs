//! Zones: how fast their silent nodes are evicted (C183, C184).

use std::collections::{BTreeMap, VecDeque};

use wavetank_core::id::{NodeId, TextId};
use wavetank_core::object::node::Node;
use wavetank_core::state::view::View;
use wavetank_core::time::{SimDuration, SimTime};

use super::{EVICT, NodeLifecycle, SELF, readiness};
use crate::component::manager::Wakes;
use crate::message::ControllerTimer;
use crate::plan::settings::ControllerSettings;

/// How often the limiters are asked for the next node.
const TICK: SimDuration = SimDuration::from_millis(100);

/// All zones, in the order in which they were seen.
#[derive(Clone, Debug, Default)]
pub(super) struct Zones {
    names: BTreeMap<String, usize>,
    zones: Vec<Zone>,
    of_node: BTreeMap<NodeId, usize>,
    was_total: bool,
}

/// A zone.
#[derive(Clone, Debug)]
struct Zone {
    ready: u32,
    not_ready: u32,
    /// Silent nodes that wait to be tainted, in the order in which they fell silent.
    waiting: VecDeque<NodeId>,
    /// Nodes a 1,000 seconds; zero means stopped.
    rate_milli: u64,
    /// When the next token is there.
    token: SimTime,
    /// When the limiter's timer is set for.
    timer: Option<SimTime>,
}

/// What changed about the zones together.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Disruption {
    /// Nothing.
    None,
    /// No zone has a ready node any more.
    Total,
    /// Some zone has one again.
    Over,
}

impl Zones {
    /// A look begins.
    pub(super) fn begin(&mut self) {
        for zone in &mut self.zones {
            (zone.ready, zone.not_ready) = (0, 0);
        }
    }

    /// The zone of a node: region and zone labels.
    pub(super) fn of(&mut self, id: NodeId, node: &Node, view: View<'_>) -> usize {
        if let Some(zone) = self.of_node.get(&id) {
            return *zone;
        }
        let labels = view.definitions().get_set(node.labels());
        let text = |known: TextId| labels.get(view.text(known)).unwrap_or("");
        let region = text(wavetank_core::text::known::LABEL_REGION);
        let name = format!("{region}:{}", text(wavetank_core::text::known::LABEL_ZONE));
        let next = self.zones.len();
        let zone = *self.names.entry(name).or_insert(next);
        if zone == next {
            self.zones.push(Zone {
                ready: 0,
                not_ready: 0,
                waiting: VecDeque::new(),
                rate_milli: 0,
                token: SimTime::ZERO,
                timer: None,
            });
        }
        self.of_node.insert(id, zone);
        zone
    }

    /// Counts a node of a zone.
    pub(super) fn count(&mut self, zone: usize, is_ready: bool) {
        let zone = &mut self.zones[zone];
        if is_ready {
            zone.ready += 1;
        } else {
            zone.not_ready += 1;
        }
    }

    /// A node is to be tainted when the zone's rate allows.
    pub(super) fn queue(&mut self, zone: usize, node: NodeId) {
        let waiting = &mut self.zones[zone].waiting;
        if !waiting.contains(&node) {
            waiting.push_back(node);
        }
    }

    /// A node is well again.
    pub(super) fn forget(&mut self, zone: usize, node: NodeId) {
        self.zones[zone].waiting.retain(|it| *it != node);
    }

    /// A look ends: sets the rates by the states of C184, and says what that means.
    pub(super) fn end(&mut self, settings: &ControllerSettings, _now: SimTime) -> Disruption {
        let is_full = |zone: &Zone| zone.ready == 0 && zone.not_ready > 0;
        let exist = |zone: &&Zone| zone.ready + zone.not_ready > 0;
        let mut zones = self.zones.iter().filter(exist).peekable();
        let is_total = zones.peek().is_some() && zones.all(is_full);
        for zone in &mut self.zones {
            let total = zone.ready + zone.not_ready;
            let percent = 100 * zone.not_ready;
            let is_partial = zone.ready > 0
                && zone.not_ready > 2
                && percent >= settings.unhealthy_zone_percent * total;
            zone.rate_milli = if is_total {
                0
            } else if !is_partial {
                settings.eviction_rate_milli
            } else if total > settings.large_zone {
                settings.secondary_eviction_rate_milli
            } else {
                0
            };
            if is_total {
                zone.waiting.clear();
            }
        }
        match (std::mem::replace(&mut self.was_total, is_total), is_total) {
            (false, true) => Disruption::Total,
            (true, false) => Disruption::Over,
            (true, true) | (false, false) => Disruption::None,
        }
    }
}

impl NodeLifecycle {
    /// Sets the timers of the zones in which nodes wait.
    pub(super) fn queue_timers(&mut self, now: SimTime, wakes: &mut Wakes) {
        for (number, zone) in self.zones.zones.iter_mut().enumerate() {
            if zone.waiting.is_empty() || zone.rate_milli == 0 {
                continue;
            }
            // The loop looks every 100 ms, counted from the start of the controller.
            let ready = zone.token.max(now + SimDuration::from_micros(1));
            let ticks = ready.since(self.origin).nanos().div_ceil(TICK.nanos());
            let at = self.origin + TICK.times(ticks);
            if zone.timer.is_some_and(|timer| timer <= at) {
                continue;
            }
            zone.timer = Some(at);
            let timer = ControllerTimer {
                kind: EVICT,
                about: u32::try_from(number).expect("fewer zones than nodes"),
            };
            wakes.timer(SELF, timer, at);
        }
    }

    /// A zone's limiter lets the next node be tainted.
    pub(super) fn evict_next(
        &mut self,
        number: u32,
        view: View<'_>,
        now: SimTime,
        wakes: &mut Wakes,
    ) {
        let Some(zone) = self.zones.zones.get_mut(number as usize) else {
            return;
        };
        if zone.timer != Some(now) {
            return; // overtaken, or of before a restart
        }
        zone.timer = None;
        if zone.rate_milli == 0 || zone.token > now {
            return self.queue_timers(now, wakes);
        }
        while let Some(id) = zone.waiting.pop_front() {
            // A node whose marking is under way counts as silent.
            let health = self.nodes.entry(id).or_default();
            let is_ill = view
                .node(id)
                .is_some_and(|node| !readiness(node).is_true() || health.silent);
            if is_ill {
                health.evicts = true;
                wakes.now(SELF, id);
                let gap = 1_000_000_000_000 / zone.rate_milli;
                zone.token = now + SimDuration::from_nanos(gap);
                break;
            }
        }
        self.queue_timers(now, wakes);
    }
}
