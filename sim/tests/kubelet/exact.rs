//! What is computed lazily is what would have been played out.

use proptest::prelude::*;
use wavetank_core::dist::Dist;
use wavetank_core::id::PodId;
use wavetank_core::object::template::{Handler, RestartPolicy};
use wavetank_core::time::SimDuration;
use wavetank_sim::message::call::Request;
use wavetank_sim::plan::Plan;
use wavetank_sim::plan::build::{PlanBuilder, http_probe};
use wavetank_sim::plan::image::{Image, OnTerm, Program};

use crate::support::*;

/// What varies from pod to pod.
#[derive(Clone, Debug)]
struct Shape {
    readiness: Option<u32>,
    liveness: Option<u32>,
    startup: Option<u32>,
    delay: u32,
    pre_stop: u32,
    listens_millis: u64,
    runs_millis: Option<u64>,
    on_term: u8,
    policy: u8,
    deleted: Option<u64>,
}

fn shapes() -> impl Strategy<Value = Shape> {
    let probes = (
        proptest::option::of(1..12_u32),
        proptest::option::of(1..12_u32),
        proptest::option::weighted(0.3, 1..6_u32),
        0..4_u32,
    );
    let rest = (
        0..3_u32,
        0..20_000_u64,
        proptest::option::weighted(0.4, 500..60_000_u64),
        0..4_u8,
        0..3_u8,
        proptest::option::of(1_000..90_000_u64),
    );
    (probes, rest).prop_map(|(probes, rest)| Shape {
        readiness: probes.0,
        liveness: probes.1,
        startup: probes.2,
        delay: probes.3,
        pre_stop: rest.0,
        listens_millis: rest.1,
        runs_millis: rest.2,
        on_term: rest.3,
        policy: rest.4,
        deleted: rest.5,
    })
}

/// A plan with a pod of each shape on one node, and the deletions.
fn plan(shapes: &[Shape]) -> (Plan, Vec<(u64, Request)>) {
    let mut builder = PlanBuilder::new("exact").nodes(1);
    let mut calls = Vec::new();
    for (number, shape) in shapes.iter().enumerate() {
        let name = format!("p{number}");
        builder = builder.pod(&name, |spec| {
            let container = &mut spec.containers[0];
            let probe = |period: u32| {
                let mut probe = http_probe(period);
                probe.initial_delay_seconds = shape.delay;
                probe
            };
            container.readiness = shape.readiness.map(probe);
            container.liveness = shape.liveness.map(probe);
            container.startup = shape.startup.map(probe);
            container.pre_stop = (shape.pre_stop > 0).then_some(Handler::Sleep(shape.pre_stop));
            spec.grace_seconds = 5;
            spec.restart_policy = [
                RestartPolicy::Always,
                RestartPolicy::OnFailure,
                RestartPolicy::Never,
            ][usize::from(shape.policy)];
        });
        let program = Program {
            listens_after: Dist::Constant(SimDuration::from_millis(shape.listens_millis)),
            runs: shape
                .runs_millis
                .map(|millis| Dist::Constant(SimDuration::from_millis(millis))),
            exit_code: i32::from(shape.policy),
            on_term: [
                OnTerm::Exit,
                OnTerm::Drain,
                OnTerm::Serve(SimDuration::from_secs(2)),
                OnTerm::Ignore,
            ][usize::from(shape.on_term)],
            ..Program::default()
        };
        let image = Image {
            bytes: 20 << 20,
            present: number % 2 == 0,
            program,
        };
        builder.plan().images.named.push((name.into(), image));
        let pod = PodId::from_index(number);
        if let Some(millis) = shape.deleted {
            calls.push((millis, Request::DeletePod(pod, None, None)));
        }
    }
    (bound(builder), calls)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn lazy_is_exact(shapes in proptest::collection::vec(shapes(), 1..5), seed in 0..1_000_u64) {
        let (mut plan, calls) = plan(&shapes);
        let (lazy, _) = play(plan.clone(), 100, seed, &calls);
        plan.exact = true;
        let (exact, engine) = play(plan, 100, seed, &calls);
        for pod in 0..shapes.len() {
            let pod = PodId::from_index(pod);
            let (lazy, exact) = (lines(&lazy, &engine, pod), lines(&exact, &engine, pod));
            let differs = lazy.lines().zip(exact.lines()).find(|(lazy, exact)| lazy != exact);
            prop_assert_eq!(differs, None, "lazy: {}", lazy);
        }
        prop_assert_eq!(lazy, exact);
    }
}

#[test]
fn a_healthy_pod_costs_nothing() {
    let plan = |seconds| {
        let builder = PlanBuilder::new("idle").nodes(1).pod("p", |spec| {
            spec.containers[0].readiness = Some(http_probe(1));
            spec.containers[0].liveness = Some(http_probe(1));
        });
        let (_, engine) = play(bound(builder), seconds, 1, &[]);
        engine.messages()
    };
    // What is left is the node controller's look at leases: one in about 50 s, whatever there is to see.
    let (short, long) = (plan(60), plan(3_000));
    assert!(long - short <= 3_000 / 48, "{} messages", long - short);
}
