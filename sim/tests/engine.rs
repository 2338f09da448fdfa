//! The engine, driven by small plans.

use std::sync::Arc;

use wavetank_sim::check::Checks;
use wavetank_sim::engine::Engine;
use wavetank_sim::engine::record::Recorder;
use wavetank_sim::plan::build::{PlanBuilder, http_probe};

/// What a run of a plan writes, one line a fact.
fn timeline(builder: PlanBuilder, seed: u64) -> Vec<String> {
    let recorder = Recorder::memory();
    let mut engine = Engine::new(
        Arc::new(builder.build()),
        seed,
        Vec::new(),
        recorder,
        Checks::none(),
    );
    while engine.step() {}
    engine
        .recorder()
        .kept
        .iter()
        .flatten()
        .map(|record| format!("{} {:?} {:?}", record.at, record.by, record.fact))
        .collect()
}

#[test]
fn manifests_are_applied_one_after_the_other() {
    let plan = PlanBuilder::new("apply")
        .nodes(2)
        .service("web")
        .deployment("web", 2, |_| ());
    let lines = timeline(plan, 1);
    let created: Vec<_> = lines
        .iter()
        .filter(|line| line.contains("Created"))
        .filter_map(|line| line.split_whitespace().nth(2)?.split('(').next())
        .take(4)
        .collect();
    assert_eq!(
        created,
        [
            "NodeCreated",
            "NodeCreated",
            "ServiceCreated",
            "DeploymentCreated"
        ]
    );
}

#[test]
fn a_deployment_behind_a_service_comes_up() {
    let plan = PlanBuilder::new("up")
        .nodes(2)
        .service("web")
        .deployment("web", 2, |spec| {
            spec.containers[0].readiness = Some(http_probe(1));
        });
    let lines = timeline(plan, 1);
    for line in &lines {
        println!("{line}");
    }
    let ready = lines
        .iter()
        .filter(|line| line.contains("Ready, True"))
        .count();
    assert_eq!(ready, 2);
}
