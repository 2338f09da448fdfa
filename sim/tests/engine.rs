//! The engine, driven by small plans.

use std::sync::Arc;

use wavetank_core::dist::Dist;
use wavetank_core::draw::Key;
use wavetank_core::fact::Actor;
use wavetank_core::id::{PodId, SliceId};
use wavetank_core::text::known;
use wavetank_core::time::{SimDuration, SimTime};
use wavetank_sim::check::Checks;
use wavetank_sim::engine::Engine;
use wavetank_sim::engine::record::Recorder;
use wavetank_sim::message::call::{CreatePod, NewName, Request};
use wavetank_sim::plan::build::{PlanBuilder, http_probe};
use wavetank_sim::plan::fault::{PlannedFault, Targets, What, When};

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

/// The controllers hear nothing for `seconds`, while pods of a Service come and go, ten in each half minute:
/// how many watches listed anew afterwards, and whether the Service has what is there.
fn check_held(seconds: u64, relists: u32) {
    let mut builder = PlanBuilder::new("held").nodes(3).service("web");
    let template = builder.template("web", |_| ());
    let plan = builder.plan();
    let constant = |seconds| Dist::Constant(SimDuration::from_secs(seconds));
    plan.images.default.present = true;
    plan.span.until = Some(SimDuration::from_secs(600));
    plan.faults.push(PlannedFault {
        name: "held".into(),
        when: When::At(constant(10)),
        lasts: Some(constant(seconds)),
        what: What::HoldWatch(Targets::Controllers),
        pick: None,
    });
    let base = plan.definitions.text("web-");
    let pod = Request::CreatePod(Box::new(CreatePod {
        namespace: known::DEFAULT,
        name: NewName::Generate(base),
        template,
        owner: None,
        node: None,
    }));
    let faults = wavetank_sim::fault::expand(plan, &Key::new(1, &plan.digest));
    let plan = Arc::new(builder.build());
    let mut engine = Engine::new(plan, 1, faults, Recorder::nothing(), Checks::all());
    for half in 0..12 {
        engine.run_until(SimTime::from_secs(30 * half));
        for _ in 0..10 {
            engine.request(Actor::User, pod.clone());
        }
        // Half of those of the last half minute go again.
        for old in (10 * half).saturating_sub(10)..(10 * half).saturating_sub(5) {
            let old = PodId(u32::try_from(old).expect("few pods"));
            engine.request(Actor::User, Request::DeletePod(old, None, None));
        }
    }
    engine.run_until(SimTime::from_secs(500));
    assert_eq!(engine.relists(), relists);
    let store = &engine.cluster().store;
    let slice = store.slices.newest(SliceId(0).0).expect("a slice");
    let mut listed: Vec<_> = slice.endpoints.iter().map(|it| it.pod.0).collect();
    listed.sort_unstable();
    let live: Vec<_> = store.pods.live_indexes().collect();
    assert_eq!(listed, live);
    assert_eq!(engine.run().violations, []);
}

#[test]
fn a_short_silence_loses_no_event() {
    check_held(60, 0);
}

#[test]
fn a_long_silence_ends_in_a_list() {
    check_held(330, 1);
}
