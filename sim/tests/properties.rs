//! Random small clusters under random faults, with every check on: what holds for all of them.

use std::sync::{Arc, LazyLock};

use proptest::prelude::*;
use wavetank_core::dist::Dist;
use wavetank_core::draw::Key;
use wavetank_core::fact::Record;
use wavetank_core::id::NodeId;
use wavetank_core::object::template::{Handler, PodSpec};
use wavetank_core::state::Cluster;
use wavetank_core::time::SimDuration;
use wavetank_sim::check::{Checks, Violation, offline};
use wavetank_sim::engine::Engine;
use wavetank_sim::engine::record::Recorder;
use wavetank_sim::plan::Plan;
use wavetank_sim::plan::build::{PlanBuilder, http_probe};
use wavetank_sim::plan::fault::{FaultStep, Pick, PlannedFault, Targets, What, When};

/// What is drawn of a workload.
#[derive(Clone, Debug)]
struct Web {
    replicas: u32,
    probe: Option<u32>,
    grace: u32,
    pre_stop: Option<u32>,
    service: bool,
}

fn webs() -> impl Strategy<Value = Vec<Web>> {
    let web = (
        1..4_u32,
        proptest::option::of(1..5_u32),
        0..20_u32,
        proptest::option::of(0..5_u32),
        any::<bool>(),
    );
    let web = web.prop_map(|(replicas, probe, grace, pre_stop, service)| Web {
        replicas,
        probe,
        grace,
        pre_stop: pre_stop.map(|it| it.min(grace)),
        service,
    });
    proptest::collection::vec(web, 1..4)
}

fn targets(nodes: u32) -> impl Strategy<Value = Targets> {
    let all = move || (0..nodes).map(NodeId).collect::<Vec<_>>();
    prop_oneof![
        Just(Targets::Nodes(all())),
        Just(Targets::Kubelets(all())),
        Just(Targets::Proxies(all())),
        Just(Targets::Pods("default".into(), "app=web0".into())),
        Just(Targets::Scheduler),
        Just(Targets::Controllers),
        Just(Targets::ApiServer),
    ]
}

fn faults(nodes: u32) -> impl Strategy<Value = Vec<PlannedFault>> {
    let what = targets(nodes).prop_flat_map(|it| {
        let delay = What::Delay(it.clone(), SimDuration::from_millis(700));
        prop_oneof![
            Just(What::Crash(it.clone())),
            Just(What::Restart(it.clone())),
            Just(What::PauseApi),
            Just(What::HoldWatch(it.clone())),
            Just(delay),
            Just(What::Loss(it, 200_000)),
        ]
    });
    let minute = SimDuration::from_secs(60);
    let when = prop_oneof![
        (0..60_u64).prop_map(|second| When::At(Dist::Constant(SimDuration::from_secs(second)))),
        (0..1_000_000_u32).prop_map(move |ppm| When::Chance(ppm, SimDuration::ZERO, minute)),
        (0..100_000_u64).prop_map(move |rate| When::Rate(rate, SimDuration::ZERO, minute)),
    ];
    let pick = proptest::option::of(prop_oneof![
        (0..3_u32).prop_map(Pick::Count),
        (0..=100_u32).prop_map(Pick::Percent)
    ]);
    let fault = (what, when, proptest::option::of(1..20_u64), pick);
    proptest::collection::vec(fault, 0..4).prop_map(|faults| {
        let named = faults.into_iter().enumerate();
        let fault = |(index, (what, when, lasts, pick))| PlannedFault {
            name: format!("fault{index}").into(),
            when,
            lasts: Option::map(lasts, |it| Dist::Constant(SimDuration::from_secs(it))),
            what,
            pick,
        };
        named.map(fault).collect()
    })
}

/// What all plans have: making its samplers takes longer than a small run.
static BASE: LazyLock<PlanBuilder> = LazyLock::new(|| PlanBuilder::new("property"));

/// A plan and a seed.
fn plans() -> impl Strategy<Value = (Arc<Plan>, u64)> {
    let parts =
        (1..5_u32).prop_flat_map(|nodes| (Just(nodes), webs(), faults(nodes), any::<u64>()));
    parts.prop_map(|(nodes, webs, faults, seed)| {
        let mut builder = BASE.clone().nodes(nodes as usize);
        for (index, web) in webs.into_iter().enumerate() {
            let name = format!("web{index}");
            if web.service {
                builder = builder.service(&name);
            }
            builder = builder.deployment(&name, web.replicas, |spec: &mut PodSpec| {
                spec.grace_seconds = web.grace;
                spec.containers[0].readiness = web.probe.map(http_probe);
                spec.containers[0].pre_stop = web.pre_stop.map(Handler::Sleep);
            });
        }
        builder.plan().faults = faults;
        builder.plan().span.until = Some(SimDuration::from_secs(120));
        (Arc::new(builder.build()), seed)
    })
}

/// A run: its records, the cluster at its end, and what was found.
struct Run {
    records: Vec<Record>,
    cluster: Cluster,
    violations: Vec<Violation>,
}

fn schedule(plan: &Plan, seed: u64) -> Vec<FaultStep> {
    wavetank_sim::fault::expand(plan, &Key::new(seed, &plan.digest))
}

fn run(plan: &Arc<Plan>, seed: u64, checks: Checks) -> Run {
    let recorder = Recorder::memory();
    let faults = schedule(plan, seed);
    let mut engine = Engine::new(Arc::clone(plan), seed, faults, recorder, checks);
    while engine.step() {}
    Run {
        records: engine.recorder().kept.clone().unwrap_or_default(),
        cluster: engine.cluster().clone(),
        violations: engine.run().violations,
    }
}

/// A cluster with everything that a run defined, and nothing in it.
fn empty(run: &Run) -> Cluster {
    Cluster::new(run.cluster.definitions.clone())
}

fn fold(start: Cluster, records: &[Record]) -> Cluster {
    let mut cluster = start;
    for record in records {
        cluster.apply(record);
    }
    cluster
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, max_shrink_iters: 256, ..ProptestConfig::default() })]

    /// Every invariant holds, and folding the encoded facts gives the live state at every hundredth (LOG-2).
    #[test]
    fn no_invariant_is_violated((plan, seed) in plans()) {
        let checks = Checks::all().folding(Cluster::new(plan.definitions.clone()), 100);
        let run = run(&plan, seed, checks);
        prop_assert_eq!(&run.violations, &[]);
        // The same from the stored facts alone, with and without the schedule.
        for faults in [Some(&*schedule(&plan, seed)), None] {
            let known = offline::Known { phase: None, faults };
            prop_assert_eq!(offline::check(empty(&run), &run.records, known, Checks::all()), []);
        }
    }

    /// Two runs are one; who looks on changes nothing (LOG-4).
    #[test]
    fn a_seed_is_a_run((plan, seed) in plans()) {
        let first = run(&plan, seed, Checks::all());
        for checks in [Checks::all(), Checks::none(), Checks::except(&["P-1"])] {
            let again = run(&plan, seed, checks);
            prop_assert_eq!(&first.records, &again.records);
            prop_assert_eq!(first.cluster.digest(), again.cluster.digest());
        }
    }

    /// A state and the facts after it give what all facts give (LOG-3).
    #[test]
    fn any_prefix_can_be_taken_up((plan, seed) in plans(), share in 0..=100_usize) {
        let run = run(&plan, seed, Checks::none());
        let (before, after) = run.records.split_at(run.records.len() * share / 100);
        let middle = fold(empty(&run), before);
        let digest = middle.digest();
        let end = fold(middle.clone(), after);
        prop_assert_eq!(middle.digest(), digest);
        prop_assert_eq!(end.digest(), run.cluster.digest());
    }

    /// Faults that cannot happen change nothing (RNG-1).
    #[test]
    fn impossible_faults_change_nothing((plan, seed) in plans()) {
        let mut more = Plan::clone(&plan);
        let never = |name: &str, when, what| PlannedFault { name: name.into(), when, lasts: None, what, pick: None };
        let minute = SimDuration::from_secs(60);
        let restart = || What::Restart(Targets::Scheduler);
        more.faults.insert(0, never("a", When::Chance(0, SimDuration::ZERO, minute), restart()));
        more.faults.push(never("b", When::Rate(0, SimDuration::ZERO, minute), restart()));
        let at = || When::At(Dist::ZERO);
        more.faults.push(never("c", at(), What::Loss(Targets::ApiServer, 0)));
        let (with, without) = (run(&Arc::new(more), seed, Checks::none()), run(&plan, seed, Checks::none()));
        prop_assert_eq!(with.records, without.records);
    }
}
