//! How fast entries are appended to a log and read back, with small facts as a run makes them.

use std::hint::black_box;
use std::io::{Cursor, sink};

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use wavetank_core::log::{
    Digest, Header, LogWriter, Position, Reader, RecordingLevel, RunDigest, codec,
};
use wavetank_core::time::SimTime;

const FACTS: u64 = 200_000;

/// A fact of the usual size: five to nine bytes when encoded.
type Body = (u8, u32, u32);

fn header() -> Header {
    Header {
        model_version: "bench".to_owned(),
        scenario: Digest::of(b""),
        scenario_name: String::new(),
        parameters: Vec::new(),
        seed: 1,
        level: RecordingLevel::Facts,
        clock_phase: 0,
        zero: SimTime::ZERO,
        epoch_seconds: 0,
    }
}

/// Times, causes and bodies in the proportions of a busy cluster: one fact in three shares its
/// instant with the one before, causes are recent.
fn facts() -> Vec<(SimTime, Option<u64>, Body)> {
    let mut state = 1_u64;
    let mut nanos = 0;
    let fact = |seq: u64| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        let drawn = state >> 33;
        if !drawn.is_multiple_of(3) {
            nanos += drawn % 40_000 * 1_000;
        }
        let pod = u32::try_from(drawn % 150_000).unwrap_or_default();
        let cause = seq.checked_sub(1 + drawn % 200);
        (SimTime::from_nanos(nanos), cause, (1, pod, pod % 5_000))
    };
    (0..FACTS).map(fact).collect()
}

fn write(facts: &[(SimTime, Option<u64>, Body)]) -> Vec<u8> {
    let mut writer = LogWriter::create(Vec::new(), &header()).expect("memory takes everything");
    let mut body = Vec::new();
    for (at, cause, fact) in facts {
        body.clear();
        codec::encode(fact, &mut body).expect("a tuple can be encoded");
        writer
            .fact(*at, *cause, &body)
            .expect("memory takes everything");
    }
    writer.finish().expect("memory takes everything").0
}

fn append(criterion: &mut Criterion) {
    let facts = facts();
    let mut group = criterion.benchmark_group("log append");
    group.throughput(Throughput::Elements(FACTS));
    group.bench_function("body encoded, to a sink", |bencher| {
        bencher.iter(|| {
            let mut writer = LogWriter::create(sink(), &header()).expect("a sink takes everything");
            let mut body = Vec::new();
            for (at, cause, fact) in &facts {
                body.clear();
                codec::encode(fact, &mut body).expect("a tuple can be encoded");
                writer
                    .fact(*at, *cause, &body)
                    .expect("a sink takes everything");
            }
            writer.finish().expect("a sink takes everything").1
        });
    });
    group.bench_function("body given, to a sink", |bencher| {
        bencher.iter(|| {
            let mut writer = LogWriter::create(sink(), &header()).expect("a sink takes everything");
            for (at, cause, _) in &facts {
                let body = black_box([1, 0xfb, 0x10, 0x27, 0xfb, 0x01, 0x02]);
                writer
                    .fact(*at, *cause, &body)
                    .expect("a sink takes everything");
            }
            writer.finish().expect("a sink takes everything").1
        });
    });
    group.bench_function("digest only", |bencher| {
        bencher.iter(|| {
            let mut digest = RunDigest::new(&header());
            let mut body = Vec::new();
            for (at, cause, fact) in &facts {
                body.clear();
                codec::encode(fact, &mut body).expect("a tuple can be encoded");
                digest.fact(*at, *cause, &body);
            }
            digest.finish()
        });
    });
    group.finish();
}

fn read(criterion: &mut Criterion) {
    let bytes = write(&facts());
    let open = |bytes| Reader::open_indexed(Cursor::new(bytes)).expect("the log is whole");
    let mut group = criterion.benchmark_group("log read");
    group.throughput(Throughput::Elements(FACTS));
    group.bench_function("entries", |bencher| {
        bencher.iter(|| {
            let mut reader = open(&bytes);
            let mut sum = 0;
            while let Some(entry) = reader.next().expect("the log is whole") {
                sum += entry.body.len();
            }
            sum
        });
    });
    group.bench_function("entries, bodies decoded", |bencher| {
        bencher.iter(|| {
            let mut reader = open(&bytes);
            let mut sum = 0;
            while let Some(entry) = reader.next().expect("the log is whole") {
                let ((_, pod, _), _): (Body, _) = codec::decode(entry.body).expect("a fact");
                sum += u64::from(pod);
            }
            sum
        });
    });
    group.bench_function("open with full verification", |bencher| {
        bencher.iter(|| {
            Reader::open(Cursor::new(&bytes))
                .expect("the log is whole")
                .digest()
        });
    });
    group.finish();

    criterion.bench_function("log seek to a fact", |bencher| {
        let mut seq = 0;
        bencher.iter_batched_ref(
            || open(&bytes),
            |reader| {
                seq = (seq + 77_777) % FACTS;
                reader.seek(Position::Seq(seq)).expect("the log is whole");
            },
            BatchSize::SmallInput,
        );
    });
}

criterion_group!(benches, append, read);
criterion_main!(benches);
