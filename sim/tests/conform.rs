//! Recorded decisions of the real kube-scheduler: one line of eight of each file, as many as a debug build
//! compares in seconds. `wavetank conform scheduler` compares all of them.

use std::path::Path;

use wavetank_sim::conform::scheduler::{Options, run};

/// Compares a file of the shelf, if it is there.
fn check(name: &str) {
    let path = format!("../../shared/goldens/scheduler/{name}");
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    #[allow(clippy::print_stderr)] // why there is nothing to compare
    if !path.exists() {
        eprintln!("skipped: there is no {}", path.display());
        return;
    }
    let options = Options {
        one_of: 8,
        ..Options::default()
    };
    let report = run(&[&path], options, &|_| ()).expect("a readable file");
    let (passed, failed) = report.totals();
    assert!(passed > 0 && failed == 0, "{}", report.to_text());
}

#[test]
fn decisions_are_those_of_the_real_scheduler() {
    check("corpus-a.jsonl.zst");
}

#[test]
fn sequences_are_those_of_the_real_scheduler() {
    check("sequences-a.jsonl.zst");
}
