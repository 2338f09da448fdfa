//! A small sweep: the README's scenario at its first point, under thirty-two seeds, on one thread and on two.

use std::sync::Arc;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use wavetank_sim::check::Checks;
use wavetank_sim::diagnostic::Diagnostics;
use wavetank_sim::engine::record::Recorder;
use wavetank_sim::measure::compile;
use wavetank_sim::plan::load::{Input, Options};
use wavetank_sim::run::Job;
use wavetank_sim::sweep::execute::{execute, keys};

/// The scenario as it stands in the repository.
fn rollout() -> Job {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../scenarios/rollout.yaml");
    let mut input = Input::open(&[path.to_owned()], None);
    let options = Options::default();
    let loaded = input
        .plan(&[], &options)
        .expect("a scenario without mistakes");
    let scenario = loaded.scenario.expect("a scenario");
    Job {
        plan: Arc::new(loaded.plan),
        compiled: Arc::new(compile(&scenario, &mut Diagnostics::new())),
    }
}

fn sweeps(criterion: &mut Criterion) {
    let job = rollout();
    let seeds: Vec<u64> = (1..=32).collect();
    let keys = keys(1, &seeds);
    let mut group = criterion.benchmark_group("sweep");
    group.sample_size(10);
    group.throughput(Throughput::Elements(32));
    for jobs in [1, 2] {
        group.bench_function(format!("32 rollouts/{jobs} threads"), |bencher| {
            bencher.iter(|| {
                execute(&keys, jobs, |key| {
                    job.run(key.seed, Recorder::digest(), Checks::all())
                        .outcome
                        .digest
                })
                .expect("threads")
            });
        });
    }
    group.finish();
}

criterion_group!(benches, sweeps);
criterion_main!(benches);
