//! Looks at nodes that fall silent and come back.

use std::fmt::Write as _;

use expect_test::{Expect, expect};
use wavetank_core::draw::Key;
use wavetank_core::fact::{Actor, Fact, Record};
use wavetank_core::id::NodeId;
use wavetank_core::state::Cluster;
use wavetank_core::state::view::View;
use wavetank_core::time::{SimDuration, SimTime};

use super::*;
use crate::engine::context::Outbox;
use crate::plan::build::PlanBuilder;

/// The controller, nodes in three zones, and when each was last heard of.
struct Bench {
    plan: Plan,
    key: Key,
    cluster: Cluster,
    controller: NodeLifecycle,
    wakes: Wakes,
    lines: String,
}

fn renewed(dead: u32, died: SimTime, node: NodeId, now: SimTime) -> SimTime {
    // Healthy kubelets renew every ten seconds, at 3, 13, 23 …
    let until = if node.0 < dead { died.min(now) } else { now };
    let period = SimDuration::from_secs(10);
    let renewals = until.since(SimTime::from_secs(3)).nanos() / period.nanos();
    SimTime::from_secs(3) + period.times(renewals)
}

impl Bench {
    fn new(nodes: usize, exact: bool) -> Self {
        let mut plan = PlanBuilder::new("nodes").nodes(nodes).build();
        plan.exact = exact;
        let key = Key::new(1, &plan.digest);
        let mut cluster = Cluster::new(plan.definitions.clone());
        for (index, node) in plan.nodes.iter().enumerate() {
            let fact = Fact::NodeCreated(NodeId::from_index(index), Box::new(node.clone()));
            apply(&mut cluster, SimTime::ZERO, fact);
        }
        let mut controller = NodeLifecycle::new(&plan, &key);
        controller.offset = SimDuration::from_secs(4);
        Self {
            controller,
            plan,
            key,
            cluster,
            wakes: Wakes::default(),
            lines: String::new(),
        }
    }

    /// Plays the controller's timers until `until`. The first `dead` nodes die at `died` and come back at
    /// `back`: then their kubelets say that they are Ready.
    fn play(&mut self, dead: u32, died: SimTime, back: Option<SimTime>, until: SimTime) {
        let mut timers = Vec::new();
        let (mut back, mut is_back) = (back, false);
        let origin = SimTime::ZERO + self.controller.offset;
        self.controller.origin = origin;
        for (id, node) in View::latest(&self.cluster).nodes() {
            self.controller.nodes.insert(id, seen(node));
        }
        let view = View::latest(&self.cluster);
        let renewal = |node| Some(renewed(dead, died, node, origin));
        self.controller.plan(0, view, &renewal, &mut self.wakes);
        loop {
            timers.extend(self.wakes.take_timers());
            timers.sort_by_key(|(timer, at): &(ControllerTimer, SimTime)| (*at, timer.kind));
            let next = timers
                .first()
                .map_or(SimTime::from_nanos(u64::MAX), |it| it.1);
            let now = back.map_or(next, |back| back.min(next));
            if now > until {
                return;
            }
            if back == Some(now) {
                (back, is_back) = (None, true);
                self.recover(dead, now);
                continue;
            }
            let (timer, now) = timers.remove(0);
            let last = if is_back { now } else { died };
            let renewal = |node| Some(renewed(dead, last, node, now));
            let view = View::latest(&self.cluster);
            match timer.kind {
                PASS if u64::from(timer.about) == self.controller.planned => {
                    self.controller.pass(view, now, &renewal, &mut self.wakes);
                }
                PASS => continue,
                _ => self
                    .controller
                    .evict_next(timer.about, view, now, &mut self.wakes),
            }
            self.settle(now);
        }
    }

    /// The kubelets of the dead nodes are back.
    fn recover(&mut self, dead: u32, now: SimTime) {
        for index in 0..dead {
            let ready = self.plan.nodes[index as usize].conditions;
            let conditions = NodeConditionType::ALL.map(|kind| (kind, ready[kind as usize]));
            let change = NodeChange::Conditions(Box::new(conditions));
            self.write(now, Fact::NodeChanged(NodeId(index), change));
        }
        self.settle(now);
    }

    /// Plays the scripts of the keys that were added, at once.
    fn settle(&mut self, now: SimTime) {
        loop {
            let keys = self.wakes.take_keys();
            if keys.is_empty() {
                return;
            }
            for key in keys {
                let mut outbox = Outbox::default();
                let definitions = self.cluster.definitions.clone();
                let network = &self.plan.network;
                let mut ctx =
                    Context::new(now, 0, &self.key, network, 0, &definitions, &mut outbox);
                let script = self
                    .controller
                    .sync(key, View::latest(&self.cluster), &mut ctx);
                for draft in outbox.drafts.drain(..) {
                    assert!(self.cluster.definitions.define(draft));
                }
                for step in script.steps {
                    if let Step::Write(Request::Update(fact, _))
                    | Step::Insist(Request::Update(fact, _)) = step
                    {
                        self.write(now, fact);
                    }
                }
            }
        }
    }

    #[allow(clippy::wildcard_enum_match_arm)] // the controller writes nothing else
    fn write(&mut self, now: SimTime, fact: Fact) {
        let (id, text) = match &fact {
            Fact::NodeChanged(id, NodeChange::Taints(taints)) => {
                let taints = taints
                    .iter()
                    .map(|it| format!("{}:{:?}", it.key, it.effect));
                (*id, format!("{:?}", taints.collect::<Vec<_>>()))
            }
            Fact::NodeChanged(id, NodeChange::Conditions(conditions)) => {
                (*id, format!("Ready {}", conditions[0].1.status.text()))
            }
            other => unreachable!("{other:?}"),
        };
        let milliseconds = now.nanos() / 1_000_000;
        writeln!(self.lines, "{milliseconds} node{} {text}", id.0).expect("into a text");
        let before = View::latest(&self.cluster).node(id).expect("there").clone();
        apply(&mut self.cluster, now, fact);
        let definitions = self.cluster.definitions.clone();
        let mut outbox = Outbox::default();
        let network = &self.plan.network;
        let mut ctx = Context::new(now, 0, &self.key, network, 0, &definitions, &mut outbox);
        let change = Change {
            rev: self.cluster.store.rev,
            index: id.0,
            before: Some(&before),
            after: View::latest(&self.cluster).node(id),
        };
        self.controller.on_node(&change, &mut ctx, &mut self.wakes);
    }
}

fn apply(cluster: &mut Cluster, at: SimTime, fact: Fact) {
    let seq = cluster.next_seq;
    let by = Actor::Controller(SELF);
    cluster.apply(&Record {
        seq,
        at,
        cause: seq,
        by,
        fact,
    });
}

/// Of so many nodes in three zones the first ones die at 10 s, and perhaps come back.
fn check(nodes: usize, dead: u32, back: Option<u64>, expected: &Expect) {
    let mut texts = Vec::new();
    for exact in [false, true] {
        let mut bench = Bench::new(nodes, exact);
        let died = SimTime::from_secs(10);
        let until = SimTime::from_secs(120);
        bench.play(dead, died, back.map(SimTime::from_secs), until);
        texts.push(bench.lines);
    }
    assert_eq!(texts[0], texts[1], "lazily as played out");
    expected.assert_eq(&texts[0]);
}

/// Renewed at 3 s, seen by the look at 4 s: found silent by the tenth look after that (C179, TV18).
#[test]
fn a_silent_node_is_tainted_and_recovers() {
    check(
        30,
        1,
        Some(100),
        &expect![[r#"
            54020 node0 Ready Unknown
            54020 node0 ["node.kubernetes.io/unreachable:NoSchedule"]
            54100 node0 ["node.kubernetes.io/unreachable:NoSchedule", "node.kubernetes.io/unreachable:NoExecute"]
            100000 node0 Ready True
            100000 node0 ["node.kubernetes.io/unreachable:NoExecute"]
            104040 node0 []
        "#]],
    );
}

/// A second node of the zone follows ten seconds later (C183).
#[test]
fn nodes_of_a_zone_are_evicted_one_after_the_other() {
    check(
        30,
        4,
        None,
        &expect![[r#"
             54020 node0 Ready Unknown
             54020 node1 Ready Unknown
             54020 node2 Ready Unknown
             54020 node3 Ready Unknown
             54020 node0 ["node.kubernetes.io/unreachable:NoSchedule"]
             54020 node1 ["node.kubernetes.io/unreachable:NoSchedule"]
             54020 node2 ["node.kubernetes.io/unreachable:NoSchedule"]
             54020 node3 ["node.kubernetes.io/unreachable:NoSchedule"]
             54100 node0 ["node.kubernetes.io/unreachable:NoSchedule", "node.kubernetes.io/unreachable:NoExecute"]
             54100 node1 ["node.kubernetes.io/unreachable:NoSchedule", "node.kubernetes.io/unreachable:NoExecute"]
             54100 node2 ["node.kubernetes.io/unreachable:NoSchedule", "node.kubernetes.io/unreachable:NoExecute"]
             64100 node3 ["node.kubernetes.io/unreachable:NoSchedule", "node.kubernetes.io/unreachable:NoExecute"]
        "#]],
    );
}

/// When nobody is heard of, nothing is evicted (C184).
#[test]
fn nothing_is_evicted_when_all_nodes_are_silent() {
    check(
        3,
        3,
        Some(90),
        &expect![[r#"
             54020 node0 Ready Unknown
             54020 node1 Ready Unknown
             54020 node2 Ready Unknown
             54020 node0 ["node.kubernetes.io/unreachable:NoSchedule"]
             54020 node1 ["node.kubernetes.io/unreachable:NoSchedule"]
             54020 node2 ["node.kubernetes.io/unreachable:NoSchedule"]
             90000 node0 Ready True
             90000 node1 Ready True
             90000 node2 Ready True
             90000 node0 []
             90000 node1 []
             90000 node2 []
        "#]],
    );
}
