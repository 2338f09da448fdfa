use std::fmt::Write as _;

use expect_test::{Expect, expect};
use wavetank_core::dist::Dist;
use wavetank_core::fact::Fact;
use wavetank_core::fact::object::NodeChange;
use wavetank_core::id::StepId;
use wavetank_core::time::SimDuration;

use super::{check_in, cluster, play};
use crate::plan::build::PlanBuilder;
use crate::plan::step::{Repeat, StepAction, StepTime};

const fn seconds(count: u64) -> SimDuration {
    SimDuration::from_secs(count)
}

fn at(count: u64) -> StepTime {
    StepTime::At(Dist::Constant(seconds(count)))
}

/// When each step begins and ends, in the order of the facts.
fn check_times(plan: PlanBuilder, expected: &Expect) {
    let (facts, _) = play(plan.build());
    let mut text = String::new();
    for record in &facts {
        if let Fact::Step(step, edge) = record.fact {
            let second = record.at.nanos() / 100_000_000;
            writeln!(text, "{}.{} {} {edge:?}", second / 10, second % 10, step.0).expect("a text");
        }
    }
    expected.assert_eq(&text);
}

#[test]
fn steps_come_at_times_and_after_each_other() {
    let plan = cluster()
        .kubectl(
            at(5),
            &["wait --for=condition=Ready pod/lonely --timeout=10s"],
        )
        .kubectl(StepTime::After(None, seconds(2)), &["get pods"])
        .kubectl(at(7), &["get pods"])
        .kubectl(
            StepTime::After(Some(StepId(0)), seconds(1)),
            &["cordon node-1", "uncordon node-1"],
        );
    check_times(
        plan,
        &expect![[r#"
        5.0 0 Began
        5.0 0 Ended(0)
        6.0 3 Began
        6.0 3 Ended(0)
        7.0 2 Began
        7.0 2 Ended(0)
        7.0 1 Began
        7.0 1 Ended(0)
    "#]],
    );
}

#[test]
fn a_failing_line_ends_its_step_unless_it_may_fail() {
    let mut plan = cluster()
        .kubectl(at(1), &["cordon nobody", "cordon node-1"])
        .kubectl(at(2), &["cordon nobody", "cordon node-2"]);
    plan.plan().steps[1].may_fail = true;
    check_times(
        plan.clone(),
        &expect![[r#"
        1.0 0 Began
        1.0 0 Ended(1)
        2.0 1 Began
        2.0 1 Ended(1)
    "#]],
    );
    let (facts, _) = play(plan.build());
    let cordoned = facts
        .iter()
        .filter(|record| {
            matches!(
                record.fact,
                Fact::NodeChanged(_, NodeChange::Unschedulable(true))
            )
        })
        .count();
    assert_eq!(cordoned, 1);
}

#[test]
fn a_step_comes_again() {
    let mut plan = cluster()
        .kubectl(at(3), &["get pods"])
        .kubectl(
            at(4),
            &["wait --for=condition=Ready pod/lonely --timeout=3s"],
        )
        .kubectl(StepTime::After(None, seconds(1)), &["get nodes"]);
    plan.plan().steps[0].repeat = Some(Repeat {
        every: Dist::Constant(seconds(20)),
        times: None,
    });
    plan.plan().steps[1].repeat = Some(Repeat {
        every: Dist::Constant(seconds(2)),
        times: Some(2),
    });
    check_times(
        plan,
        &expect![[r#"
        3.0 0 Began
        3.0 0 Ended(0)
        4.0 1 Began
        4.0 1 Ended(0)
        6.0 1 Began
        6.0 1 Ended(0)
        7.0 2 Began
        7.0 2 Ended(0)
        23.0 0 Began
        23.0 0 Ended(0)
        43.0 0 Began
        43.0 0 Ended(0)
    "#]],
    );
}

#[test]
fn stop_ends_the_run() {
    let mut plan = cluster()
        .kubectl(at(1), &["get pods"])
        .kubectl(at(3), &["get pods"]);
    plan.plan().steps[0].action = StepAction::Stop("enough".into());
    check_times(
        plan,
        &expect![[r#"
        1.0 0 Began
        1.0 0 Ended(0)
    "#]],
    );
}

#[test]
fn commands_run_in_containers_that_run() {
    check_in(
        cluster(),
        &[
            "exec lonely -- true",
            "wait --for=condition=Ready pod/lonely",
            "exec lonely -- echo hello there",
            "exec lonely -- false",
            "exec deployment/web -c nothing -- true",
            "exec lonely -- touch /tmp/x",
        ],
        &expect![[r#"
            $ exec lonely -- true
            error: unable to upgrade connection: container not found ("lonely")
            [exit 1]
            $ wait --for=condition=Ready pod/lonely
            pod/lonely condition met
            $ exec lonely -- echo hello there
            hello there
            $ exec lonely -- false
            command terminated with exit code 1
            [exit 1]
            $ exec deployment/web -c nothing -- true
            Error from server (BadRequest): container nothing is not valid for pod web-85779b676-ldm5g
            [exit 1]
            $ exec lonely -- touch /tmp/x
            note: `touch /tmp/x` is not played yet: it changes nothing and ends well
        "#]],
    );
}
