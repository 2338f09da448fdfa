//! A small sweep: one workload under several schedulers and seeds.

use std::fmt::Write as _;
use std::sync::Arc;

use wavetank_core::object::template::PodSpec;
use wavetank_core::state::view::View;
use wavetank_core::time::SimDuration;
use wavetank_sim::check::Checks;
use wavetank_sim::engine::Engine;
use wavetank_sim::engine::record::Recorder;
use wavetank_sim::plan::Plan;
use wavetank_sim::plan::build::PlanBuilder;
use wavetank_sim::plan::settings::SchedulerSettings;

/// The seeds of each point.
const SEEDS: std::ops::RangeInclusive<u64> = 1..=5;

/// Eight nodes of 4 CPUs; sixteen small pods, then six that need nearly a node each.
fn plan(scheduler: SchedulerSettings, name: &str) -> Plan {
    let wants = |cpu: i64| {
        move |spec: &mut PodSpec| {
            spec.scheduler_name = name.into();
            spec.requests.cpu = cpu;
            spec.containers[0].requests.cpu = cpu;
            spec.nonzero.0 = cpu;
        }
    };
    let mut builder = PlanBuilder::new("packing")
        .nodes(8)
        .deployment("small", 16, wants(500))
        .deployment("large", 6, wants(3_500));
    builder.plan().settings.scheduler = scheduler;
    builder.plan().span.until = Some(SimDuration::from_secs(120));
    builder.build()
}

/// A point of the sweep: what it is called, the scheduler's settings, and the `schedulerName` of the pods.
pub(crate) type Point<'a> = (&'a str, SchedulerSettings, &'a str);

/// Runs every point under every seed: how many nodes have pods, how many pods wait, and how full the
/// fullest node is, on average.
pub(crate) fn table(points: Vec<Point<'_>>) -> String {
    let mut table = format!(
        "{:<34} {:>10} {:>12} {:>17}\n",
        "scheduler", "nodes used", "pods pending", "most pods a node"
    );
    for (label, scheduler, name) in points {
        let plan = Arc::new(plan(scheduler, name));
        let (mut used, mut pending, mut most) = (0, 0, 0);
        for seed in SEEDS {
            let recorder = Recorder::nothing();
            let engine = Engine::new(plan.clone(), seed, Vec::new(), recorder, Checks::none());
            let ended = engine.end();
            let view = View::latest(&ended.cluster);
            let nodes = view.nodes();
            let counts: Vec<usize> = nodes.map(|(id, _)| view.pods_of_node(id).count()).collect();
            used += counts.iter().filter(|count| **count > 0).count();
            pending += view.pods().filter(|(_, pod)| pod.node.is_none()).count();
            most += counts.iter().max().copied().unwrap_or_default();
        }
        let mean = |sum: usize| {
            let tenths = sum * 10 / SEEDS.count();
            format!("{}.{}", tenths / 10, tenths % 10)
        };
        let (used, pending, most) = (mean(used), mean(pending), mean(most));
        let _ = writeln!(table, "{label:<34} {used:>10} {pending:>12} {most:>17}");
    }
    table
}
