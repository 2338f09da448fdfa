//! Schedules: what a seed makes of what a scenario says.

use std::fmt::Write as _;
use std::sync::LazyLock;

use expect_test::{Expect, expect};
use wavetank_core::id::NodeId;

use super::*;
use crate::plan::build::PlanBuilder;
use crate::plan::fault::{Pick, Targets};

fn fault(name: &str, when: When, what: What) -> PlannedFault {
    PlannedFault {
        name: name.into(),
        when,
        lasts: Some(Dist::Constant(SimDuration::from_secs(60))),
        what,
        pick: None,
    }
}

fn at(second: u64) -> When {
    When::At(Dist::Constant(SimDuration::from_secs(second)))
}

fn nodes(count: u32) -> Vec<NodeId> {
    (0..count).map(NodeId).collect()
}

fn schedule(faults: Vec<PlannedFault>, seed: u64) -> Vec<FaultStep> {
    // The samplers of a plan take longer to make than its schedule.
    static BASE: LazyLock<PlanBuilder> = LazyLock::new(|| PlanBuilder::new("faults"));
    let mut builder = BASE.clone();
    builder.plan().faults = faults;
    let plan = builder.build();
    expand(&plan, &Key::new(seed, &plan.digest))
}

/// A schedule, one line a step.
fn check(faults: Vec<PlannedFault>, expected: Expect) {
    let mut text = String::new();
    for step in schedule(faults, 1) {
        let until = step
            .until
            .map_or_else(String::new, |until| format!("–{until}"));
        let _ = writeln!(text, "{} {}{until} {:?}", step.name, step.at, step.act);
    }
    expected.assert_eq(&text);
}

#[test]
fn scripted_faults_are_as_they_are_written() {
    let zone = fault("zone", at(5), What::Crash(Targets::Nodes(nodes(2))));
    let api = fault("api", at(3), What::PauseApi);
    let mut kill = fault(
        "kill",
        at(9),
        What::Crash(Targets::Pods("default".into(), "app=web".into())),
    );
    kill.lasts = None;
    check(
        vec![zone, api, kill],
        expect![[r#"
            api 3.000s–63.000s PauseApi
            zone 5.000s–65.000s CrashNode(NodeId(0))
            zone 5.000s–65.000s CrashNode(NodeId(1))
            kill 9.000s KillPods { namespace: "default", selector: "app=web", percent: 100 }
        "#]],
    );
}

#[test]
fn processes_go_down_and_start_anew() {
    let scheduler = fault("down", at(5), What::Crash(Targets::Scheduler));
    let mut controllers = fault("restart", at(5), What::Restart(Targets::Controllers));
    controllers.lasts = None;
    let mut node = fault("reboot", at(6), What::Restart(Targets::Nodes(nodes(1))));
    node.lasts = None;
    check(
        vec![scheduler, controllers, node],
        expect![[r#"
            down 5.000s–65.000s Hold { first: 4, last: 4 }
            down 5.000s–65.000s Hold { first: 16, last: 22 }
            restart 5.000s RestartControllers
            reboot 6.000s–36.000s CrashNode(NodeId(0))
            down 65.000s RestartScheduler
        "#]],
    );
}

#[test]
fn networks_are_disturbed_by_lanes() {
    let targets = || Targets::Kubelets(nodes(1));
    let delay = What::Delay(targets(), SimDuration::from_secs(1));
    check(
        vec![
            fault("hold", at(1), What::HoldWatch(targets())),
            fault("late", at(2), delay),
            fault("lost", at(3), What::Loss(targets(), 500_000)),
            fault("stopped", at(4), What::Crash(Targets::Proxies(nodes(1)))),
        ],
        expect![[r#"
            hold 1.000s–61.000s Hold { first: 4097, last: 4097 }
            late 2.000s–62.000s Delay { first: 4096, last: 4096, by: 1.000000000s }
            late 2.000s–62.000s Delay { first: 4097, last: 4097, by: 1.000000000s }
            lost 3.000s–63.000s Loss { first: 4096, last: 4096, share: 500000 }
            stopped 4.000s–64.000s StopProxy(NodeId(0))
        "#]],
    );
}

#[test]
fn what_cannot_happen_draws_nothing_and_disturbs_nobody() {
    let minute = SimDuration::from_secs(60);
    let crash = || What::Crash(Targets::Nodes(nodes(3)));
    let random = || {
        fault(
            "random",
            When::Rate(600_000, SimDuration::ZERO, minute.times(10)),
            crash(),
        )
    };
    let never = vec![
        fault("a", When::Chance(0, SimDuration::ZERO, minute), crash()),
        fault("b", When::Rate(0, SimDuration::ZERO, minute), crash()),
        fault("c", at(1), What::Loss(Targets::Scheduler, 0)),
    ];
    assert_eq!(schedule(never.clone(), 1), []);
    let with = never.into_iter().chain([random()]).collect();
    for seed in 0..20 {
        let steps = schedule(vec![random()], seed);
        assert_eq!(steps, schedule(Vec::clone(&with), seed));
    }
}

#[test]
fn rates_are_kept_and_a_node_that_is_down_does_not_crash() {
    let hour = SimDuration::from_secs(3_600);
    // Six an hour, for a hundred hours.
    let rate = When::Rate(6_000, SimDuration::ZERO, hour.times(100));
    let restarts = fault("often", rate.clone(), What::Restart(Targets::Scheduler));
    let mut instant = restarts;
    instant.lasts = None;
    let count = schedule(vec![instant], 3).len();
    assert!((540..=660).contains(&count), "{count} in a hundred hours");

    let mut crashes = fault("crash", rate, What::Crash(Targets::Nodes(nodes(1))));
    crashes.lasts = Some(Dist::Constant(hour));
    let steps = schedule(vec![crashes], 3);
    assert!(steps.len() > 50);
    let overlaps = steps
        .windows(2)
        .filter(|two| two[0].until > Some(two[1].at));
    assert_eq!(overlaps.count(), 0);
}

#[test]
fn chances_and_picks_are_those_that_are_asked_for() {
    let minute = SimDuration::from_secs(60);
    let crash = What::Crash(Targets::Nodes(nodes(10)));
    let mut some = fault(
        "some",
        When::Chance(300_000, minute, minute.times(2)),
        crash,
    );
    some.pick = Some(Pick::Percent(25));
    let mut happened = 0;
    let mut hit = [0; 10];
    for seed in 0..400 {
        let steps = schedule(vec![some.clone()], seed);
        if steps.is_empty() {
            continue;
        }
        happened += 1;
        assert_eq!(steps.len(), 3, "a quarter of ten, rounded up");
        for step in steps {
            assert!((60..=120).contains(&(step.at.nanos() / 1_000_000_000)));
            if let Act::CrashNode(node) = step.act {
                hit[node.index()] += 1;
            }
        }
    }
    assert!((90..=150).contains(&happened), "{happened} of 400 at 30 %");
    assert!(hit.iter().all(|count| *count > 10), "{hit:?}");
}
