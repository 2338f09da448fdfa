//! Trials of a plan that is made by hand.

use std::fmt::Write as _;
use std::sync::Arc;

use expect_test::{Expect, expect};
use wavetank_core::draw::Key;
use wavetank_core::time::SimDuration;

use super::group::{digest, groups};
use super::*;
use crate::fault::show;
use crate::measure::Compiled;
use crate::plan::build::PlanBuilder;

fn job() -> Job {
    let mut builder = PlanBuilder::new("trial").nodes(3).service("web");
    builder = builder.deployment("web", 2, |_| {});
    builder.plan().span.until = Some(SimDuration::from_secs(60));
    Job {
        plan: Arc::new(builder.build()),
        compiled: Arc::new(Compiled::default()),
    }
}

fn swarming() -> Choice {
    Choice {
        swarm: true,
        only: None,
    }
}

/// The schedule of a swarm, one line a step.
fn check_swarm(seed: u64, expected: Expect) {
    let job = job();
    let mut text = String::new();
    for step in swarming().schedule(&job.plan, &Key::new(seed, &job.plan.digest)) {
        let _ = writeln!(text, "{}", show::line(&step, &job.plan));
    }
    expected.assert_eq(&text);
}

/// These schedules are a promise: a replay command of an earlier day names them.
#[test]
fn swarms_are_frozen() {
    check_swarm(
        1,
        expect![[r#"
        t=6.608s for 5.819s  nothing reaches kube-scheduler (swarm-scheduler-restart-1)
        t=6.608s for 5.819s  nothing reaches the watches of kube-scheduler (swarm-scheduler-restart-1)
        t=9.167s for 30.103s  kube-apiserver answers nothing (swarm-api-pause-1)
        t=12.427s  kube-scheduler starts anew (swarm-scheduler-restart-1)
        t=23.273s for 731ms  nothing reaches kube-scheduler (swarm-scheduler-restart-2)
        t=23.273s for 731ms  nothing reaches the watches of kube-scheduler (swarm-scheduler-restart-2)
        t=23.627s for 3.913s  570ms later: all for the watch of the kube-proxy of node-3 (swarm-delay-2)
        t=24.004s  kube-scheduler starts anew (swarm-scheduler-restart-2)
        t=25.042s for 1.62s  16ms later: all for the kubelet of node-2 (swarm-delay-1)
        t=25.042s for 1.62s  16ms later: all for the watch of the kubelet of node-2 (swarm-delay-1)
        t=25.796s for 11.136s  40ms later: all for the kubelet of node-3 (swarm-delay-3)
        t=25.796s for 11.136s  40ms later: all for the watch of the kubelet of node-3 (swarm-delay-3)
    "#]],
    );
    check_swarm(
        2,
        expect![[r#"
        t=3.948s  kube-scheduler starts anew (swarm-scheduler-restart-1)
        t=17.66s for 36.34s  node node-2 loses power (swarm-node-crash-2)
        t=18.827s for 35.173s  node node-3 loses power (swarm-node-crash-1)
    "#]],
    );
    check_swarm(
        3,
        expect![[r#"
        t=9.982s for 172ms  nothing reaches the watches of kube-controller-manager (swarm-watch-hold-1)
        t=27.844s for 2.693s  nothing reaches the watch of the kubelet of node-2 (swarm-watch-hold-2)
    "#]],
    );
}

#[test]
fn a_trial_is_the_runs_of_its_seeds() {
    let trial = Trial {
        job: job(),
        choice: swarming(),
        judges: Judges::default(),
    };
    let rows: Vec<Row> = (1..=8).map(|seed| trial.run(seed)).collect();
    assert_eq!(groups(&rows), []);
    for row in &rows {
        // The same run again, by its explicit schedule, on its own.
        let schedule = trial.job.schedule(row.seed, &trial.choice);
        let (recorder, checks) = (Recorder::digest(), Checks::none());
        let again = trial.job.engine_under(schedule, row.seed, recorder, checks);
        assert_eq!(row.digest, Some(again.end().outcome.digest));
    }
    let other: Vec<Row> = (9..=16).map(|seed| trial.run(seed)).collect();
    assert_ne!(digest(&rows), digest(&other));
}

fn row(seed: u64, broken: &[Broken]) -> Row {
    let finding = |broken: &Broken| Finding {
        broken: broken.clone(),
        place: None,
        text: format!("under {seed}"),
    };
    Row {
        seed,
        digest: None,
        facts: 0,
        faults: 0,
        findings: broken.iter().map(finding).collect(),
    }
}

#[test]
fn the_same_thing_is_one_group() {
    let (p1, model) = (Broken::Invariant("P-1"), Broken::Model);
    let rows = [
        row(7, std::slice::from_ref(&p1)),
        row(3, &[p1.clone(), model.clone()]),
        row(5, &[]),
    ];
    let found: Vec<_> = groups(&rows)
        .into_iter()
        .map(|group| {
            (
                group.finding.broken,
                group.seeds,
                group.first,
                group.finding.text,
            )
        })
        .collect();
    let under = "under 3".to_owned();
    assert_eq!(found, [(model, 1, 3, under.clone()), (p1, 2, 3, under)]);
}
