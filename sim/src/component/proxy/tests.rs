use std::collections::BTreeMap;
use std::sync::LazyLock;

use expect_test::{Expect, expect};
use proptest::prelude::*;
use wavetank_core::dist::{Dist, Sampler};
use wavetank_core::draw::Key;
use wavetank_core::id::{NodeId, Rev};
use wavetank_core::time::{SimDuration, SimTime};

use super::Proxies;
use crate::message::Message;
use crate::network::hold::{Delay, Hold};
use crate::network::{DelayShape, Lane};
use crate::plan::Plan;
use crate::plan::build::PlanBuilder;

/// Something that happens to proxies from outside.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Event {
    /// A write that changes so many endpoints.
    Commit(u32),
    Hold(u32, SimDuration),
    /// For so long, by so much.
    Delay(u32, SimDuration, SimDuration),
    Stop(u32),
    Start(u32),
    /// What are the rules of this node?
    Ask(u32),
    /// What were they so long ago?
    AskBack(u32, SimDuration),
}

const NODES: u32 = 3;

fn millis(millis: u64) -> SimDuration {
    SimDuration::from_millis(millis)
}

fn plan(exact: bool, edit: &dyn Fn(&mut Plan)) -> Plan {
    // Samplers take a while to prepare.
    static EMPTY: LazyLock<PlanBuilder> =
        LazyLock::new(|| PlanBuilder::new("proxies").nodes(NODES as usize));
    let mut builder = EMPTY.clone();
    builder.plan().exact = exact;
    edit(builder.plan());
    builder.build()
}

/// The answers to the questions in a history, in order; the events of one instant in the order of their lanes.
#[allow(clippy::too_many_lines)] // one list, in the order in which it is read
fn answers(plan: &Plan, seed: u64, history: &[(SimTime, Event)]) -> Vec<(SimTime, u32, Rev)> {
    let mut proxies = Proxies::new(plan, &Key::new(seed, &[0; 32]));
    // Questions come from clients, which are before nodes; questions about the past are asked of lazy
    // proxies alone, and answered by looking at what was said then.
    let mut queue: BTreeMap<(SimTime, u32, u32), Option<Event>> = BTreeMap::new();
    let mut timers: BTreeMap<(SimTime, u32, u32), Message> = BTreeMap::new();
    for (n, (at, event)) in (0..).zip(history) {
        let (at, lane) = match event {
            Event::Hold(..) | Event::Delay(..) | Event::Stop(_) | Event::Start(_) => {
                (*at, Lane::FAULT)
            }
            Event::Commit(_) => (*at, Lane::API),
            Event::Ask(_) => (*at, Lane(256)),
            Event::AskBack(_, back) if plan.exact => (at.back(*back), Lane(256)),
            Event::AskBack(..) => (*at, Lane(256)),
        };
        queue.insert((at, lane.0, n), Some(*event));
    }
    let (mut rev, mut n, mut said) = (0, 1_000_000, BTreeMap::new());
    let mut sent: Vec<(SimTime, Lane, Message)> = Vec::new();
    loop {
        for (at, lane, message) in sent.drain(..) {
            n += 1;
            timers.insert((at, lane.0, n), message);
        }
        let key = match (queue.keys().next(), timers.keys().next()) {
            (None, _) => break,
            (Some(event), Some(timer)) => (*event).min(*timer),
            (Some(event), None) => *event,
        };
        let now = key.0;
        let Some(event) = queue.remove(&key) else {
            let Some(Message::Proxy(node, number)) = timers.remove(&key) else {
                panic!("only timers of proxies")
            };
            sent.extend(proxies.play(node, number, now));
            continue;
        };
        match event.expect("an event") {
            Event::Commit(endpoints) => {
                rev += 1;
                sent.extend(proxies.committed(Rev(rev), now, endpoints));
            }
            Event::Hold(node, length) => {
                let lane = Lane::proxy(NodeId(node));
                let (first, last, to) = (lane, lane, now + length);
                let from = now;
                proxies.hold(Hold {
                    first,
                    last,
                    from,
                    to,
                });
            }
            Event::Delay(node, length, by) => {
                let lane = Lane::proxy(NodeId(node));
                let (first, last, to) = (lane, lane, now + length);
                let from = now;
                proxies.delay(Delay {
                    first,
                    last,
                    from,
                    to,
                    by,
                });
            }
            Event::Stop(node) => proxies.stop(NodeId(node), now),
            Event::Start(node) => sent.extend(proxies.start_at(NodeId(node), now)),
            Event::Ask(node) => {
                let rules = proxies.rules(NodeId(node), now);
                assert!(
                    rules == Rev(rev) || proxies.oldest(now) <= rules,
                    "{rules:?} is kept"
                );
                assert!(
                    proxies.in_use(now).revs.contains(&rules),
                    "{rules:?} at {now}"
                );
                said.insert(key.2, (now, node, rules));
            }
            Event::AskBack(node, back) => {
                let at = if plan.exact { now } else { now.back(back) };
                let rules = proxies.rules(NodeId(node), at);
                assert!(
                    rules == Rev(rev) || proxies.oldest(now) <= rules,
                    "{rules:?} is kept"
                );
                said.insert(key.2, (at, node, rules));
            }
        }
    }
    said.into_values().collect()
}

/// An hour without anything now and then, otherwise gaps like those of a rollout.
fn gap() -> impl Strategy<Value = SimDuration> {
    prop_oneof![
        6 => (0_u64..50_000).prop_map(SimDuration::from_micros),
        4 => (0_u64..1_500).prop_map(millis),
        2 => (1_500_u64..6_000).prop_map(millis),
        1 => (3_000_u64..4_000).prop_map(SimDuration::from_secs),
    ]
}

fn event() -> impl Strategy<Value = Event> {
    let node = 0..NODES;
    prop_oneof![
        8 => (0_u32..40).prop_map(Event::Commit),
        1 => (node.clone(), 0_u64..5_000).prop_map(|(node, to)| Event::Hold(node, millis(to))),
        1 => (node.clone(), 0_u64..5_000, 0_u64..3_000)
            .prop_map(|(node, to, by)| Event::Delay(node, millis(to), millis(by))),
        1 => node.clone().prop_map(Event::Stop),
        1 => node.clone().prop_map(Event::Start),
        4 => node.clone().prop_map(Event::Ask),
        2 => (node, 0_u64..1_000).prop_map(|(node, back)| Event::AskBack(node, millis(back))),
    ]
}

fn history() -> impl Strategy<Value = Vec<(SimTime, Event)>> {
    prop::collection::vec((gap(), event()), 1..60).prop_map(|steps| {
        let mut at = SimTime::from_secs(1);
        steps
            .into_iter()
            .map(|(gap, event)| {
                at += gap;
                (at, event)
            })
            .collect()
    })
}

/// Latencies of whole milliseconds make many things happen at one instant.
fn coarse(plan: &mut Plan) {
    plan.network.proxy_watch = DelayShape::new(Sampler::new(&Dist::Constant(millis(2))));
    plan.network.proxy_sync = Sampler::new(&Dist::Constant(millis(30)));
}

fn with_traffic(plan: &mut Plan) {
    plan.traffic.push(crate::plan::traffic::Source {
        name: "load".into(),
        namespace: "default".into(),
        service: "web".into(),
        port: None,
        path: "/".into(),
        on_nodes: true,
        rate_milli: 1_000,
        poisson: false,
        start: SimDuration::ZERO,
        stop: None,
        timeout: SimDuration::from_secs(1),
    });
}

proptest! {
    /// Experiment 7: rules computed when they are asked for are those of proxies that are played out.
    #[test]
    fn lazy_proxies_are_exact(history in history(), seed: u64, is_coarse: bool, min_sync in 0_u64..2_000) {
        let edit = |plan: &mut Plan| {
            with_traffic(plan);
            plan.settings.proxy.min_sync_period = millis(min_sync);
            if is_coarse {
                coarse(plan);
            }
        };
        let lazy = answers(&plan(false, &edit), seed, &history);
        let exact = answers(&plan(true, &edit), seed, &history);
        prop_assert_eq!(lazy, exact);
    }
}

/// When the rules of node 0 change to which revision, after writes at these milliseconds.
fn check(writes: &[u64], expect: &Expect) {
    let plan = plan(false, &coarse);
    let mut proxies = Proxies::new(&plan, &Key::new(1, &[0; 32]));
    for (rev, at) in (1..).zip(writes) {
        drop(proxies.committed(Rev(rev), SimTime::ZERO + millis(*at), 0));
    }
    let (mut at, mut lines) = (SimTime::ZERO, String::new());
    while let Some(change) = proxies.next_change(NodeId(0), at) {
        at = change + SimDuration::from_nanos(1);
        let rules = proxies.rules(NodeId(0), at);
        lines += &format!("{change} {}\n", rules.0);
    }
    expect.assert_eq(&lines);
}

#[test]
fn a_lone_change_is_applied_at_once() {
    check(
        &[5_000],
        &expect![[r#"
        5.032s 1
    "#]],
    );
}

#[test]
fn changes_during_a_sync_wait_for_the_spacing() {
    check(
        &[5_000, 5_010, 5_500, 6_040, 7_062],
        &expect![[r#"
        5.032s 1
        6.062s 3
        7.092s 4
        8.122s 5
    "#]],
    );
}

#[test]
fn a_proxy_that_was_never_asked_knows_the_past() {
    let plan = plan(false, &coarse);
    let mut proxies = Proxies::new(&plan, &Key::new(1, &[0; 32]));
    for number in 0..10_000 {
        let at = SimTime::ZERO + millis(u64::from(number) * 700);
        drop(proxies.committed(Rev(number + 1), at, 1));
    }
    let rev = proxies.rules(NodeId(70_000), SimTime::from_secs(7_100));
    assert_eq!(rev, Rev(10_000));
}
