//! Measures and expectations over runs that are written by hand.

mod history;

use expect_test::{Expect, expect};
use wavetank_core::fact::traffic::Outcome;
use wavetank_core::fact::{Edge, Refusal};
use wavetank_core::text::known;
use wavetank_core::time::{SimDuration, SimTime};

use crate::engine::outcome::{Requests, StepOutcome};
use history::{History, compiled};

/// A run of a scenario with these sections: what happens before and after t = 0.
fn check(
    sections: &str,
    warm: impl FnOnce(&mut History),
    run: impl FnOnce(&mut History),
    expected: &Expect,
) {
    let mut history = History::new(sections);
    warm(&mut history);
    let mut history = history.begin(&["cut", "cut", "other"]);
    run(&mut history);
    expected.assert_eq(&history.show());
}

const TRAFFIC: &str = "
traffic:
  users: {to: service/web, open: {rate: 10/s}}
  robots: {to: service/web, open: {rate: 10/s}}
timeline:
- {kubectl: get pods}
- {name: rollout, kubectl: rollout status deployment/web}
faults:
  cut: {at: 1s, crash: node/node-1}
";

fn three_ready(history: &mut History) {
    for pod in 0..3 {
        history.pod(pod % 2).ready(pod, true);
    }
    history.wait(5_000);
}

fn requests(history: &mut History) {
    let mut robots = Requests {
        sent: 10,
        ..Requests::default()
    };
    robots.ended[Outcome::Ok as usize] = 9;
    robots.ended[Outcome::Reset as usize] = 1;
    let mut users = Requests {
        sent: 100,
        ..Requests::default()
    };
    users.ended[Outcome::Ok as usize] = 96;
    users.ended[Outcome::Refused as usize] = 3;
    users.ended[Outcome::ConnectTimeout as usize] = 1;
    history.requests = vec![users, robots];
    let step = |name: Option<&str>, began: u64, millis: u64| StepOutcome {
        name: name.map(Into::into),
        began: Some(SimTime::from_secs(began)),
        duration: Some(SimDuration::from_millis(millis)),
        exit: 1,
        printed: Vec::new(),
    };
    history.steps = vec![step(None, 6, 10), step(Some("rollout"), 6, 6_612)];
}

#[test]
fn without_measures_there_are_columns_for_what_the_scenario_has() {
    check(
        TRAFFIC,
        three_ready,
        |history| {
            requests(history);
            history.wait(41_200);
        },
        &expect![[r#"
            lost = 5
            rollout = 6.612s
            duration = 41.2s"#]],
    );
    check(
        "about: nothing",
        three_ready,
        |_| (),
        &expect!["duration = 0s"],
    );
}

#[test]
fn requests_steps_and_the_run_are_known_at_the_end() {
    let measures = format!(
        "{TRAFFIC}
parameters: {{most: {{default: 4}}}}
measures:
  sent: requests.sent
  ok: requests.users.ok
  lost: requests.users.lost
  refused: requests.lost.refused
  inFlight: kills.inFlight
  share: requests.lost / requests.sent
  start: steps.rollout.start
  end: steps.rollout.end
  exit: steps.rollout.exit
  run: run.duration
  twice: 2 * lost
expect:
- requests.lost <= most
- requests.users.lost <= most and steps.rollout.exit == 1
- steps.rollout.duration < 5s or not steady
"
    );
    check(
        &measures,
        three_ready,
        |history| {
            requests(history);
            history.wait(10_000);
        },
        &expect![[r#"
            sent = 110
            ok = 96
            lost = 4
            refused = 3
            inFlight = 1
            share = 0.0455
            start = 1s
            end = 7.612s
            exit = 1
            run = 10s
            twice = 8
            VIOLATED  requests.lost <= most  (requests.lost was 5) at 15.000s
            holds  requests.users.lost <= most and steps.rollout.exit == 1  (steps.rollout.exit was 1) at 15.000s
            VIOLATED  steps.rollout.duration < 5s or not steady  (steps.rollout.duration was 6.612s, steady was true) at 15.000s"#]],
    );
    // The step never began.
    check(
        &measures,
        three_ready,
        |_| (),
        &expect![[r#"
        sent = 0
        ok = 0
        lost = 0
        refused = 0
        inFlight = 0
        share = —
        start = —
        end = —
        exit = —
        run = 0s
        twice = 0
        holds  requests.lost <= most  (requests.lost was 0) at 5.000s
        VIOLATED  requests.users.lost <= most and steps.rollout.exit == 1  (steps.rollout.exit has no value) at 5.000s
        VIOLATED  steps.rollout.duration < 5s or not steady  (steps.rollout.duration has no value, steady was true) at 5.000s"#]],
    );
}

#[test]
fn counts_begin_at_zero() {
    check(
        "
measures:
  created: pods.created
  restarted: pods.restarted
  evicted: pods.evicted
  preempted: pods.preempted
  oom: pods.oomKilled
  refused: evictions.refused
  writes: api.writes
  conflicts: api.conflicts
  p50: pods.toReady.p50
  p99: pods.toReady.p99
  mean: pods.toReady.mean
",
        |history| {
            three_ready(history);
            history
                .restarts(0, 2)
                .disrupted(0, known::EVICTION_BY_EVICTION_API);
        },
        |history| {
            history.restarts(0, 3).restarts(1, 2).out_of_memory(1);
            history.disrupted(1, known::EVICTION_BY_EVICTION_API);
            history.disrupted(1, known::DELETION_BY_TAINT_MANAGER);
            history.disrupted(2, known::PREEMPTION_BY_SCHEDULER);
            history
                .refused(0, Refusal::TooManyRequests)
                .refused(0, Refusal::Conflict);
            history.pod(0).pod(1).wait(1_000).ready(3, true);
            history
                .wait(500)
                .ready(4, true)
                .ready(4, false)
                .ready(4, true);
        },
        &expect![[r#"
            created = 2
            restarted = 3
            evicted = 1
            preempted = 1
            oom = 1
            refused = 1
            writes = 13
            conflicts = 1
            p50 = 1s
            p99 = 1.5s
            mean = 1.25s"#]],
    );
}

#[test]
fn targets_now() {
    check(
        "
measures:
  ready: ready(deployment/web)
  readyPods: ready(pods -l app=web)
  pods: count(pods)
  onNodeOne: count(pods --field-selector spec.nodeName=node-1)
  elsewhere: count(pods -n shop)
  restarts: sum(restarts(pods -l app in (web,api)))
  nodes: ready(nodes)
  zoneB: ready(nodes -l topology.kubernetes.io/zone=b)
  notReady: nodes.notReady
  used: nodes.used
  available: available(deployment/web)
  replicas: replicas(deployment/web)
  wanted: field(deployment/web, .spec.replicas)
  app: field(pods, .metadata.labels.app)
  phase: phase(pods)
  noPhase: phase(pod/nobody)
  exists: exists(pod/nobody)
  allReady: condition(pods -l app=web, Ready)
  rolledOut: rolledOut(deployment/web)
",
        three_ready,
        |history| {
            history
                .rollout(3, 3)
                .restarts(1, 4)
                .ready(2, false)
                .node_ready(1, false);
        },
        &expect![[r#"
            ready = 2
            readyPods = 2
            pods = 3
            onNodeOne = 2
            elsewhere = 0
            restarts = 4
            nodes = 1
            zoneB = 0
            notReady = 1
            used = 2
            available = 3
            replicas = 3
            wanted = 3
            app = web
            phase = Running
            noPhase = —
            exists = false
            allReady = false
            rolledOut = true"#]],
    );
}

#[test]
fn values_over_time_are_step_functions() {
    let measures = format!(
        "{TRAFFIC}
measures:
  min: min(ready(deployment/web))
  max: max(ready(deployment/web))
  mean: mean(ready(deployment/web))
  last: last(ready(deployment/web))
  integral: integral(ready(deployment/web))
  changes: changes(ready(deployment/web))
  held: duration(ready(deployment/web) >= 3)
  first: first(ready(deployment/web) < 3)
  never: first(ready(deployment/web) > 3)
  used: max(nodes.used)
  lost: max(requests.users.lost)
  ended: first(steps.rollout.exit == 2)
  took: max(steps.rollout.duration)
"
    );
    check(
        &measures,
        three_ready,
        |history| {
            history
                .step(1, Edge::Began)
                .wait(1_000)
                .ready(0, false)
                .wait(2_000)
                .deleting(1);
            history
                .lost(0, Outcome::Refused)
                .lost(1, Outcome::Refused);
            history
                .step(1, Edge::Ended(2))
                .wait(3_000)
                .ready(0, true)
                .wait(4_000);
        },
        &expect![[r#"
            min = 1
            max = 3
            mean = 1.8
            last = 2
            integral = 18s
            changes = 3
            held = 1s
            first = 1s
            never = —
            used = 2
            lost = 1
            ended = 3s
            took = 3s"#]],
    );
}

#[test]
fn delays_and_recoveries_count_from_an_instant() {
    let measures = format!(
        "{TRAFFIC}
measures:
  delay: delay(ready(deployment/web) < 3, faults.cut.start)
  soon: delay(ready(deployment/web) < 3, 7s)
  fromZero: delay(ready(deployment/web) == 3, 0s)
  never: delay(ready(deployment/web) == 0, faults.cut.start)
  recovery: recovery(ready(deployment/web) == 3, faults.cut.start)
  always: recovery(count(nodes) == 2, faults.cut.start)
  lost: recovery(ready(deployment/web) == 2, faults.cut.end)
  times: faults.cut.count
  end: faults.cut.end
  edge: delay(ready(deployment/web) == 3, steps.rollout.start)
expect:
- {{eventually: ready(deployment/web) == 3, within: 4s, since: faults.cut.start}}
- {{eventually: ready(deployment/web) == 2, within: 4s, since: faults.cut.start}}
- {{eventually: ready(deployment/web) == 2, within: 1s, since: 3s}}
- {{eventually: ready(deployment/web) == 0}}
"
    );
    check(
        &measures,
        three_ready,
        |history| {
            history
                .fault(2, Edge::Began)
                .wait(1_000)
                .fault(0, Edge::Began);
            history
                .wait(1_000)
                .ready(0, false)
                .wait(1_500)
                .ready(0, true);
            history
                .wait(500)
                .ready(1, false)
                .wait(1_000)
                .fault(0, Edge::Ended(0));
            history
                .fault(1, Edge::Began)
                .wait(1_000)
                .ready(1, true)
                .wait(1_000);
        },
        &expect![[r#"
            delay = 1s
            soon = —
            fromZero = 0s
            never = —
            recovery = 5s
            always = 0s
            lost = —
            times = 2
            end = 5s
            edge = —
            holds  eventually: ready(deployment/web) == 3, within: 4s, since: faults.cut.start  (it held after 0s) at 6.000s
            holds  eventually: ready(deployment/web) == 2, within: 4s, since: faults.cut.start  (it held after 1s) at 7.000s
            holds  eventually: ready(deployment/web) == 2, within: 1s, since: 3s  (it held after 0s) at 8.000s
            VIOLATED  eventually: ready(deployment/web) == 0  (it never held) at 12.000s"#]],
    );
}

#[test]
fn always_and_never_say_when_they_were_broken_first() {
    check(
        "
expect:
- {always: ready(deployment/web) >= 3}
- {always: ready(deployment/web) >= 2 and count(nodes) == 2}
- {never: ready(deployment/web) == 2}
- {never: ready(deployment/web) == 1}
- {always: requests.lost == 0}
",
        three_ready,
        |history| {
            history
                .wait(1_250)
                .ready(0, false)
                .wait(1_000)
                .ready(0, true);
            history.wait(1_000).ready(0, false).lost(0, Outcome::Cut);
        },
        &expect![[r#"
            duration = 3.25s
            VIOLATED  always: ready(deployment/web) >= 3  (ready(deployment/web) was 2) at 6.250s
            holds  always: ready(deployment/web) >= 2 and count(nodes) == 2
            VIOLATED  never: ready(deployment/web) == 2  (ready(deployment/web) was 2) at 6.250s
            holds  never: ready(deployment/web) == 1
            VIOLATED  always: requests.lost == 0  (requests.lost was 1) at 8.250s"#]],
    );
}

#[test]
fn pods_leave_with_their_owner() {
    check(
        "
measures:
  least: min(ready(deployment/web))
  ofSet: ready(replicaset/web-6f8d)
  pods: min(count(pods -l app=web))
",
        three_ready,
        |history| {
            history.removed(0).wait(1).orphaned().wait(1);
        },
        &expect![[r#"
            least = 0
            ofSet = 2
            pods = 2"#]],
    );
}

#[test]
fn what_functions_over_runs_need_is_measured_too() {
    check(
        "
measures: {used: nodes.used}
expect:
- {overRuns: share(requests.lost == 0) >= 0.98}
sweep:
  vary: {a: [1, 2]}
  seeds: {min: 2, max: 9, until: halfWidth(used) <= 0.2}
  find: {smallest: a, such: share(requests.lost == 0) >= 0.98 and p99(used) < 3}
",
        three_ready,
        |_| (),
        &expect![[r#"
            used = 2
            inner = true
            inner = 2
            inner = 2
            over runs  overRuns: share(requests.lost == 0) >= 0.98"#]],
    );
}

#[test]
fn what_cannot_be_measured_is_said() {
    let (_, _, said) = compiled(
        "measures:
  a: requests.latency.p99
  b: max(run.duration)
  c: max(mean(ready(deployment/web)))
  d: field(pod/web, .spec.containers)
  e: count(kubelets)
  f: f + 1
expect:
- {always: steady}
",
    );
    expect![[r#"
        error[S033]: `requests.latency.p99` is not there yet
         --> test.yaml:2:6  measures.a
          |
        2 |   a: requests.latency.p99
          |      ^^^^^^^^^^^^^^^^^^^^
          |
          = help: requests are counted: requests.sent, ok, lost, lost.CAUSE
        error[S033]: `run.duration` at every instant is not there yet
         --> test.yaml:3:6  measures.b
          |
        3 |   b: max(run.duration)
          |      ^^^^^^^^^^^^^^^^^
          |
          = help: its value is known at the end of a run
        error[S033]: `mean(ready(deployment/web))` at every instant is not there yet
         --> test.yaml:4:6  measures.c
          |
        4 |   c: max(mean(ready(deployment/web)))
          |      ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
          |
          = help: functions over time have their value at the end
        error[S033]: the field `.spec.containers` of a Pod is not there yet
         --> test.yaml:5:6  measures.d
          |
        5 |   d: field(pod/web, .spec.containers)
          |      ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
          |
          = help: pods, nodes, Deployments and ReplicaSets have counts, readiness, conditions and simple fields
        error[S033]: a component in an expression is not there yet
         --> test.yaml:6:6  measures.e
          |
        6 |   e: count(kubelets)
          |      ^^^^^^^^^^^^^^^
          |
          = help: pods, nodes, Deployments and ReplicaSets have counts, readiness, conditions and simple fields
        error[S029]: the measure `f` contains itself
         --> test.yaml:7:6  measures.f
          |
        7 |   f: f + 1
          |      ^^^^^
          |
          = help: write it out
        error[S033]: `steady` at every instant is not there yet
         --> test.yaml:9:12  expect[0].always
          |
        9 | - {always: steady}
          |            ^^^^^^
          |
          = help: its value is known at the end of a run
        7 errors, 0 warnings; nothing was run
    "#]].assert_eq(&said);
}

#[test]
fn an_unwatched_run_is_not_looked_at() {
    let mut history = History::new("measures: {lost: requests.lost}");
    three_ready(&mut history);
    // The warm-up never ended.
    expect![["lost = —"]].assert_eq(&history.show());
}
