//! The scheduler within the whole engine.

use std::sync::Arc;

use expect_test::{Expect, expect};
use wavetank_core::fact::event::EventNote;
use wavetank_core::fact::pod::{PodChange, StatusChange};
use wavetank_core::fact::{Actor, Fact, Record};
use wavetank_core::object::resources::Resources;
use wavetank_core::object::template::PodSpec;
use wavetank_core::state::Cluster;
use wavetank_core::time::SimDuration;
use wavetank_sim::check::Checks;
use wavetank_sim::component::scheduler::custom::SchedulerRegistry;
use wavetank_sim::engine::Engine;
use wavetank_sim::engine::record::Recorder;
use wavetank_sim::plan::build::PlanBuilder;
use wavetank_sim::plan::settings::SchedulerSettings;

/// What the scheduler does in the first minute of a plan, and what becomes of it; times left out.
fn check(builder: PlanBuilder, expected: &Expect) {
    let recorder = Recorder::memory();
    let mut builder = builder;
    builder.plan().span.until = Some(SimDuration::from_secs(60));
    let plan = Arc::new(builder.build());
    let mut engine = Engine::new(plan, 1, Vec::new(), recorder, Checks::none());
    while engine.step() {}
    let cluster = engine.cluster();
    let records = engine.recorder().kept.iter().flatten();
    let lines: Vec<String> = records.filter_map(|it| line(it, cluster)).collect();
    expected.assert_eq(&lines.join("\n"));
}

fn line(record: &Record, cluster: &Cluster) -> Option<String> {
    let texts = &cluster.definitions.texts;
    let pod = record.fact.object()?.try_into().ok()?;
    let name = cluster.store.pod_identity(pod).name.text(texts);
    let fact = &record.fact;
    if let Fact::Decided(it) = fact {
        let node = it.node.map(|node| node.0);
        let (feasible, next) = (it.feasible, it.next_start);
        return Some(format!("{name}: {node:?} of {feasible}, next {next}"));
    }
    if let Fact::PodChanged(_, PodChange::Bound(node, _)) = fact {
        return Some(format!("{name}: bound to {}", node.0));
    }
    if let Fact::PodChanged(_, PodChange::Status(changes)) = fact
        && record.by == Actor::Scheduler
        && let [_, StatusChange::ConditionMessage(_, text)] = changes[..]
    {
        return Some(format!("{name}: condition {}", texts.get(text)));
    }
    if let Fact::EventRecorded(_, EventNote::Scheduled(node)) = fact {
        return Some(format!("{name}: event Scheduled {}", node.0));
    }
    if let Fact::EventRecorded(_, EventNote::FailedScheduling(_)) = fact {
        return Some(format!("{name}: event FailedScheduling"));
    }
    None
}

fn cpu(spec: &mut PodSpec, cpu: i64) {
    spec.requests = Resources {
        cpu,
        memory: 128 << 20,
        ..Resources::default()
    };
    spec.nonzero = (cpu, 128 << 20);
}

#[test]
fn pods_go_where_there_is_room() {
    let plan = PlanBuilder::new("room")
        .nodes_of(2, 1_000, 1 << 30, 110)
        .pod("a", |spec| cpu(spec, 600))
        .pod("b", |spec| cpu(spec, 600))
        .pod("c", |spec| cpu(spec, 600))
        .pod("d", |spec| cpu(spec, 2_000));
    check(
        plan,
        &expect![[r#"
        a: Some(0) of 2, next 0
        b: Some(1) of 1, next 0
        a: bound to 0
        a: event Scheduled 0
        b: bound to 1
        b: event Scheduled 1
        c: None of 0, next 0
        c: event FailedScheduling
        c: condition 0/2 nodes are available: 2 Insufficient cpu. no new claims to deallocate, preemption: 0/2 nodes are available: 2 No preemption victims found for incoming pod.
        d: None of 0, next 0
        d: event FailedScheduling
        d: condition 0/2 nodes are available: 2 Insufficient cpu. no new claims to deallocate, preemption: 0/2 nodes are available: 2 Preemption is not helpful for scheduling."#]],
    );
}

#[test]
fn gated_pods_are_not_tried() {
    let plan = PlanBuilder::new("gated").nodes(1).pod("a", |spec| {
        spec.scheduling_gates = vec!["wait".into()];
    });
    check(plan, &expect![[r#""#]]);
}

#[test]
fn without_nodes_pods_are_tried_again_like_after_errors() {
    let plan = PlanBuilder::new("empty").pod("a", |_| ());
    check(
        plan,
        &expect![[r#"
        a: None of 0, next 0
        a: event FailedScheduling
        a: condition no nodes available to schedule pods
        a: None of 0, next 0
        a: event FailedScheduling
        a: None of 0, next 0
        a: event FailedScheduling
        a: None of 0, next 0
        a: event FailedScheduling
        a: None of 0, next 0
        a: event FailedScheduling
        a: None of 0, next 0
        a: event FailedScheduling
        a: None of 0, next 0
        a: event FailedScheduling
        a: None of 0, next 0
        a: event FailedScheduling"#]],
    );
}

#[test]
fn two_profiles_and_a_name_that_is_nobodys() {
    // "b" packs onto the node that "a" took; "c" waits for a scheduler that does not exist (S15).
    let named = |name: &'static str| move |spec: &mut PodSpec| spec.scheduler_name = name.into();
    let mut plan = PlanBuilder::new("profiles")
        .nodes(3)
        .pod("a", named("default-scheduler"))
        .pod("b", named("packer"))
        .pod("c", named("somebody-elses"))
        .pod("d", named("packer"));
    let yaml = "
profiles:
- schedulerName: default-scheduler
- schedulerName: packer
  plugins: {multiPoint: {disabled: [{name: NodeResourcesBalancedAllocation}]}}
  pluginConfig: [{name: NodeResourcesFit, args: {scoringStrategy: {type: MostAllocated}}}]
";
    let settings = SchedulerSettings::from_yaml(yaml, &SchedulerRegistry::new());
    plan.plan().settings.scheduler = settings.expect("a configuration");
    check(
        plan,
        &expect![[r#"
        a: Some(0) of 3, next 0
        b: Some(0) of 3, next 0
        b: bound to 0
        b: event Scheduled 0
        a: bound to 0
        a: event Scheduled 0
        d: Some(0) of 3, next 0
        d: bound to 0
        d: event Scheduled 0"#]],
    );
}

#[test]
fn the_back_off_is_configured() {
    // Errors back off: with 20 s between them there are three attempts in a minute.
    let mut plan = PlanBuilder::new("empty").pod("a", |_| ());
    let yaml = "{podInitialBackoffSeconds: 20, podMaxBackoffSeconds: 20}";
    let settings = SchedulerSettings::from_yaml(yaml, &SchedulerRegistry::new());
    plan.plan().settings.scheduler = settings.expect("a configuration");
    check(
        plan,
        &expect![[r#"
        a: None of 0, next 0
        a: event FailedScheduling
        a: condition no nodes available to schedule pods
        a: None of 0, next 0
        a: event FailedScheduling
        a: None of 0, next 0
        a: event FailedScheduling"#]],
    );
}
