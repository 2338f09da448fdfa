//! Requests lost on a real cluster, and what the model of proxies predicts from the recorded slice writes
//! and exits: rules are the slices at the last completed sync, and each request draws a backend from them.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use wavetank_core::dist::{Dist, Sampler};
use wavetank_core::draw::Key;
use wavetank_core::id::{NodeId, Rev};
use wavetank_core::time::{SimDuration, SimTime};
use wavetank_sim::component::proxy::Proxies;
use wavetank_sim::network::DelayShape;
use wavetank_sim::plan::build::PlanBuilder;

/// Recordings begin some seconds before their load does.
const SHIFT_MS: f64 = 20_000.0;
/// Between the moments at which the proxy and the watching client of the recording saw one write.
const SKEW_MS: f64 = 3.0;
/// Requests a second.
const RATE: f64 = 200.0;
/// Each prediction is the mean over so many seeds: they differ in the durations of syncs.
const SEEDS: u64 = 8;

/// A pod of a recording, in milliseconds.
struct Pod {
    ready: f64,
    not_ready: f64,
    removed: f64,
    listens: f64,
    stops: f64,
}

struct Recording {
    pods: Vec<Pod>,
    /// When the proxy saw a write of a slice.
    slices: Vec<f64>,
    load_end: f64,
    lost: f64,
    min_sync: SimDuration,
    in_flight: f64,
}

fn time(ms: f64) -> SimTime {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a test's milliseconds"
    )]
    let micros = ((ms + SHIFT_MS) * 1_000.0) as u64;
    SimTime::ZERO + SimDuration::from_micros(micros)
}

fn load(path: &Path) -> Recording {
    let read = |name: &str| -> Value {
        let text = fs::read_to_string(path.join(name)).expect("a recording is complete");
        serde_json::from_str(&text).expect("JSON")
    };
    let (hops, case) = (read("hops.json"), read("config.json"));
    let never = f64::INFINITY;
    let drains = case["term"] == "drain";
    let pods: Vec<_> = hops["pods"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|pod| {
            let first = |names: &[&str]| names.iter().find_map(|name| pod[*name].as_f64());
            let stop = if drains { "srv_term" } else { "srv_exit" };
            Pod {
                ready: first(&["proxy_saw_ready", "slice_ready"]).unwrap_or(never),
                not_ready: first(&["proxy_saw_not_ready", "slice_not_ready"]).unwrap_or(never),
                removed: first(&["slice_removed"]).unwrap_or(never),
                listens: first(&["srv_listen"]).unwrap_or(-never),
                stops: first(&[stop, "srv_exit"]).unwrap_or(never),
            }
        })
        .collect();
    let slices = match hops["proxy_saw_slices"].as_array() {
        Some(seen) => seen.iter().map(|at| at.as_f64().expect("a time")).collect(),
        // The proxy's own log was not kept: the writes as the watching client saw them.
        None => written(&pods),
    };
    let min_sync = match case["min_sync"].as_str() {
        Some("100ms") => SimDuration::from_millis(100),
        Some("10s") => SimDuration::from_secs(10),
        Some(other) => panic!("an unknown period {other}"),
        None => SimDuration::from_secs(1),
    };
    let service_ms = case["service_ms"].as_f64().unwrap_or(5.0);
    Recording {
        pods,
        slices,
        load_end: hops["load_end"].as_f64().expect("a time"),
        lost: hops["lost_total"].as_f64().expect("a count"),
        min_sync,
        in_flight: if drains { 0.0 } else { service_ms },
    }
}

/// When slices were written, as far as pods tell.
fn written(pods: &[Pod]) -> Vec<f64> {
    let times = pods
        .iter()
        .flat_map(|pod| [pod.ready, pod.not_ready, pod.removed]);
    let mut times: Vec<f64> = times.filter(|at| at.is_finite()).collect();
    times.sort_by(f64::total_cmp);
    times
}

/// The share of the backends of a revision that do not accept a connection at `now`, and how many there are.
fn dead_share(recording: &Recording, rev: Rev, now: f64) -> f64 {
    let Some(seen) = rev.0.checked_sub(1).map(|n| recording.slices[n as usize]) else {
        return 0.0;
    };
    let seen = seen + SKEW_MS;
    let is_listed = |pod: &&Pod| pod.ready <= seen && seen < pod.removed;
    let listed = || recording.pods.iter().filter(is_listed);
    let mut backends: Vec<&Pod> = listed().filter(|pod| seen < pod.not_ready).collect();
    if backends.is_empty() {
        backends = listed().collect();
    }
    if backends.is_empty() {
        return 1.0;
    }
    let accepts = |pod: &&&Pod| pod.listens <= now && now + recording.in_flight < pod.stops;
    let alive = backends.iter().filter(accepts).count();
    1.0 - f64::from(u32::try_from(alive).unwrap())
        / f64::from(u32::try_from(backends.len()).unwrap())
}

/// How many requests the model expects to be lost.
fn predict(recording: &Recording, builder: &PlanBuilder, seed: u64) -> f64 {
    let mut plan = builder.clone();
    plan.plan().settings.proxy.min_sync_period = recording.min_sync;
    let plan = plan.build();
    let mut proxies = Proxies::new(&plan, &Key::new(seed, &[0; 32]));
    let mut writes = (1..).zip(&recording.slices).peekable();
    let (mut now, mut lost) = (0.0, 0.0);
    while now < recording.load_end {
        // A journal is written as time goes on: it forgets what is long past.
        while let Some((rev, at)) = writes.next_if(|(_, at)| **at <= now) {
            drop(proxies.committed(Rev(rev), time(*at), 0));
        }
        let rev = proxies.rules(NodeId(0), time(now));
        lost += dead_share(recording, rev, now);
        now += 1_000.0 / RATE;
    }
    lost
}

#[test]
fn recorded_losses_are_predicted() {
    let shelf = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../shared/goldens/traffic");
    if !shelf.is_dir() {
        #[allow(clippy::print_stderr)] // why there is nothing to compare
        {
            eprintln!("skipped: no recordings at {}", shelf.display());
        }
        return;
    }
    // The times are those of the arrival: no further delay.
    let mut builder = PlanBuilder::new("recorded").nodes(1);
    let none = Sampler::new(&Dist::Constant(SimDuration::ZERO));
    builder.plan().network.proxy_watch = DelayShape::new(none);
    let mut table = String::new();
    let mut wrong = Vec::new();
    for case in [
        "ru-p0-exit",
        "ru-p0-drain",
        "ru-p05-drain",
        "ru-p1-exit",
        "ru-p2-drain",
        "ru-p5-exit",
        "ru50-p0-exit",
        "mrs2-p0-exit",
        "only1-del",
        "scale62-p0-exit",
        "del1-p0-exit",
        "ms100ms-p0-exit",
        "ms10s-p0-drain",
        "nft-p0-exit",
        "pod-p0-drain",
    ] {
        let mut runs = 0.0;
        let (mut observed, mut predicted) = (0.0, 0.0);
        for run in 1..=3 {
            let path = shelf.join(case).join(format!("r{run}"));
            if !path.is_dir() {
                continue;
            }
            let recording = load(&path);
            runs += 1.0;
            observed += recording.lost;
            let seeds = 0..SEEDS;
            let sum: f64 = seeds.map(|seed| predict(&recording, &builder, seed)).sum();
            predicted += sum / f64::from(u32::try_from(SEEDS).unwrap());
        }
        let (observed, predicted) = (observed / runs, predicted / runs);
        table += &format!("{case} {observed:.1} {predicted:.1}\n");
        if (observed - predicted).abs() > 5.0 + 0.15 * observed {
            wrong.push(case);
        }
    }
    assert!(wrong.is_empty(), "{wrong:?} of\n{table}");
}
