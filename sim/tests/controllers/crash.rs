//! Crashes between any two writes: a script is played to some point and never further, and the
//! controllers that start again bring the cluster to the same state.

use wavetank_core::fact::object::DeploymentChange;
use wavetank_core::fact::{Actor, Fact};
use wavetank_core::id::{DeploymentId, SpecId};
use wavetank_core::object::spec::Strategy;
use wavetank_core::time::{SimDuration, SimTime};
use wavetank_sim::plan::Plan;
use wavetank_sim::plan::build::PlanBuilder;
use wavetank_sim::plan::fault::{Act, FaultStep};

use crate::harness::{Bench, Kubelets, constant, next_version, summary};

const KUBELETS: Kubelets = Kubelets {
    ready_after: Some(SimDuration::from_secs(1)),
    gone_after: SimDuration::from_secs(1),
};

/// A Deployment of four pods behind a Service, and its next version.
fn plan(edit: fn(&mut wavetank_core::object::spec::DeploymentSpec)) -> (Plan, SpecId) {
    let mut plan = PlanBuilder::new("crash")
        .nodes(3)
        .service("web")
        .deployment("web", 4, |_| ())
        .build();
    // Between the commit of a write and its answer there is time to crash.
    plan.network = constant(SimDuration::from_millis(10), SimDuration::from_millis(7));
    let answer = constant(SimDuration::from_millis(1), SimDuration::ZERO).api_write;
    plan.network.api_reply = answer;
    plan.settings.controllers.api_qps = 0;
    plan.span.until = Some(SimDuration::from_secs(3_000));
    let next = next_version(&mut plan, edit);
    (plan, next)
}

/// Creates the Deployment, rolls it out, scales it; the controllers crash at `crash`.
fn run(plan: &Plan, next: SpecId, crash: Option<SimTime>) -> Bench {
    let faults = crash.map(|at| FaultStep {
        name: "crash".into(),
        at,
        until: None,
        act: Act::RestartControllers,
    });
    let mut bench = Bench::with_faults(plan.clone(), KUBELETS, faults.into_iter().collect());
    let web = DeploymentId(0);
    bench.until(SimTime::from_secs(5));
    bench.change(Fact::DeploymentChanged(web, DeploymentChange::Spec(next)));
    bench.until(SimTime::from_secs(7));
    bench.change(Fact::DeploymentChanged(web, DeploymentChange::Scaled(6)));
    bench.until(SimTime::from_secs(60));
    bench
}

/// Crashes after every write of a controller: each run ends as the one without a crash.
fn check(edit: fn(&mut wavetank_core::object::spec::DeploymentSpec)) {
    let (plan, next) = plan(edit);
    let calm = run(&plan, next, None);
    let expected = summary(calm.cluster());
    let writes = calm
        .records()
        .iter()
        .filter(|record| matches!(record.by, Actor::Controller(_)) && record.fact.is_write());
    let crashes: Vec<SimTime> = writes
        .map(|record| record.at + SimDuration::from_micros(1))
        .collect();
    assert!(crashes.len() > 40, "{} writes", crashes.len());
    for at in crashes {
        let crashed = run(&plan, next, Some(at));
        assert_eq!(summary(crashed.cluster()), expected, "crash at {at:?}");
    }
}

#[test]
fn a_crash_after_any_write_of_a_rolling_update_changes_nothing_in_the_end() {
    check(|_| ());
}

#[test]
fn a_crash_after_any_write_of_a_recreation_changes_nothing_in_the_end() {
    check(|spec| spec.strategy = Strategy::Recreate);
}
