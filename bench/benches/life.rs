//! Pods' lives: created, started, ready, deleted, gone, from the engine's first message to its last.

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use wavetank_sim::bench::{Size, Workload, run};
use wavetank_sim::check::Checks;
use wavetank_sim::engine::record::Recorder;

fn lives(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("life");
    group.sample_size(10);
    for (name, workload, nodes, pods) in [
        ("plain/1 node", Workload::Plain, 1, 50),
        ("plain/100 nodes", Workload::Plain, 100, 5_000),
        ("schedule/100 nodes", Workload::Schedule, 100, 5_000),
        ("live/100 nodes", Workload::Live, 100, 5_000),
    ] {
        let size = Size {
            nodes,
            pods,
            seed: 1,
            exact: false,
        };
        group.throughput(Throughput::Elements(pods.into()));
        group.bench_function(name, |bencher| {
            bencher.iter_batched(
                Recorder::digest,
                |recorder| run(workload, size, recorder, Checks::none(), &mut |_| ()),
                BatchSize::PerIteration,
            );
        });
    }
    group.finish();
}

criterion_group!(benches, lives);
criterion_main!(benches);
