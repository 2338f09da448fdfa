//! The scenarios of the repository, run again and again in one process: every digest is the committed one,
//! whatever looks on and however much is played out. `.ci/determinism` goes on with builds, processes and
//! threads.

use std::path::Path;
use std::sync::Arc;

use wavetank_core::log::RecordingLevel;
use wavetank_sim::check::Checks;
use wavetank_sim::diagnostic::Diagnostics;
use wavetank_sim::engine::record::Recorder;
use wavetank_sim::measure::compile;
use wavetank_sim::plan::load::{Input, Options};
use wavetank_sim::run::Job;

/// The scenario as the command line reads it.
fn job(path: &Path, exact: bool) -> Job {
    let mut input = Input::open(&[path.display().to_string()], None);
    let options = Options {
        exact,
        ..Options::default()
    };
    let loaded = input
        .plan(&[], &options)
        .expect("a scenario without mistakes");
    let scenario = loaded.scenario.expect("a scenario");
    Job {
        plan: Arc::new(loaded.plan),
        compiled: Arc::new(compile(&scenario, &mut Diagnostics::new())),
    }
}

#[test]
fn every_run_has_its_committed_digest() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("the package lies in the repository");
    let committed = std::fs::read_to_string(root.join("scenarios/digests.txt")).expect("digests");
    let log = Path::new(env!("CARGO_TARGET_TMPDIR")).join("digests.wtl");
    let mut runs = 0;
    for line in committed.lines() {
        let [path, seed, digest] = line.split(' ').collect::<Vec<_>>()[..] else {
            panic!("`{line}` is not PATH SEED DIGEST");
        };
        let seed = seed.parse().expect("a seed");
        let (lazy, exact) = (job(&root.join(path), false), job(&root.join(path), true));
        let found = [
            lazy.run(seed, Recorder::digest(), Checks::all()),
            lazy.run(seed, Recorder::digest(), Checks::none()),
            lazy.run(
                seed,
                Recorder::file(&log, RecordingLevel::Messages),
                Checks::all(),
            ),
            exact.run(seed, Recorder::digest(), Checks::all()),
        ];
        for (run, how) in found
            .iter()
            .zip(["", " unchecked", " with a log", " played out"])
        {
            assert_eq!(run.outcome.digest.to_string(), digest, "{path} {seed}{how}");
            runs += 1;
        }
    }
    assert!(
        runs >= 80,
        "there are ten scenarios at least, each under two seeds"
    );
}
