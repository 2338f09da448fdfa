//! Draws and samples: what one costs.

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use wavetank_core::dist::{Dist, Part, Sampler};
use wavetank_core::draw::{Chance, Key, Purpose, SequenceName};
use wavetank_core::time::SimDuration;

fn draws(c: &mut Criterion) {
    let key = Key::new(1, &[0; 32]);
    let mut index = 0u64;
    let mut next = move || {
        index += 1;
        index
    };
    c.bench_function("draw/key", |b| {
        b.iter(|| black_box(&key).draw(Purpose::ApiLatency, 5u64, next()));
    });
    let purpose = key.of(Purpose::ApiLatency);
    c.bench_function("draw/purpose-key", |b| {
        b.iter(|| black_box(purpose).draw(5u64, next()));
    });
    c.bench_function("draw/other", |b| {
        b.iter(|| black_box(&key).draw(Purpose::Other(3), 5u64, next()));
    });
    c.bench_function("draw/below", |b| {
        b.iter(|| black_box(purpose).below(5u64, next(), black_box(60)));
    });
    let chance = Chance::ratio(1, 5);
    c.bench_function("draw/chance", |b| {
        b.iter(|| black_box(purpose).chance(5u64, next(), black_box(chance)));
    });
    let mut sequence = key.sequence(SequenceName::Uids);
    c.bench_function("draw/sequence", |b| {
        b.iter(|| black_box(&mut sequence).next_u64());
    });
    c.bench_function("draw/new-key", |b| {
        b.iter(|| Key::new(next(), black_box(&[0; 32])));
    });
}

fn samples(c: &mut Criterion) {
    let milli = SimDuration::from_millis;
    let (p50, p99, max) = (milli(4), milli(40), milli(1_000));
    let lognormal = Dist::Lognormal { p50, p99, max };
    let uniform = Dist::Uniform { min: p50, max };
    let mixture = Dist::Mixture(vec![
        Part {
            weight: 9,
            dist: lognormal.clone(),
        },
        Part {
            weight: 1,
            dist: uniform.clone(),
        },
    ]);
    let purpose = Key::new(1, &[0; 32]).of(Purpose::ApiLatency);
    for (name, dist) in [
        ("uniform", uniform),
        ("lognormal", lognormal),
        ("pareto", Dist::Pareto { p50, p99, max }),
        ("mixture", mixture),
    ] {
        let sampler = Sampler::new(&dist);
        let mut index = 0;
        // Each includes the draw.
        c.bench_function(&format!("sample/dist/{name}"), |b| {
            b.iter(|| {
                index += 1;
                black_box(&dist).sample(purpose.draw(5u64, index))
            });
        });
        c.bench_function(&format!("sample/sampler/{name}"), |b| {
            b.iter(|| {
                index += 1;
                black_box(&sampler).sample(purpose.draw(5u64, index))
            });
        });
        c.bench_function(&format!("sample/new-sampler/{name}"), |b| {
            b.iter(|| Sampler::new(black_box(&dist)));
        });
    }
}

criterion_group!(benches, draws, samples);
criterion_main!(benches);
