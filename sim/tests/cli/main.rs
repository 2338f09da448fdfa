//! The program as people use it: mistakes, manifests from the shelf, logs that are cut.

#![cfg(feature = "cli")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

mod check;
mod newcomers;

/// A directory of one test, empty at its beginning.
fn directory(name: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    drop(fs::remove_dir_all(&path));
    fs::create_dir_all(&path).expect("a directory for the test");
    path
}

fn wavetank(in_directory: &Path, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_wavetank"))
        .args(args)
        .current_dir(in_directory)
        .output()
        .expect("the program runs")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Runs `wavetank run FILE` on a file of this content: it must be refused with exit code 2, with all of
/// these words on the standard error, and with nothing on the standard output.
fn check_refused(name: &str, file: &str, content: &[u8], words: &[&str]) {
    let directory = directory(name);
    fs::write(directory.join(file), content).expect("the file is written");
    let output = wavetank(&directory, &["run", file, "--log", "run.wtl"]);
    let errors = text(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{errors}");
    for word in words {
        assert!(errors.contains(word), "no `{word}` in:\n{errors}");
    }
    assert!(!errors.contains("panicked"), "{errors}");
    assert_eq!(text(&output.stdout), "");
    assert!(!directory.join("run.wtl").exists(), "a log was written");
}

const DEPLOYMENT: &str = "\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - name: web
        image: web:1
        ports: [{containerPort: 80}]
";

#[test]
fn missing_things_are_named() {
    let directory = directory("missing");
    let output = wavetank(&directory, &["run", "nowhere.yaml"]);
    let errors = text(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{errors}");
    assert!(errors.contains("nowhere.yaml"), "{errors}");
    fs::create_dir(directory.join("empty")).expect("a directory");
    let output = wavetank(&directory, &["run", "empty"]);
    let errors = text(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{errors}");
    assert!(errors.contains("empty"), "{errors}");
}

#[test]
fn files_that_are_no_manifests_are_refused() {
    check_refused("empty-file", "a.yaml", b"", &["a.yaml"]);
    check_refused(
        "binary",
        "a.yaml",
        &[0, 159, 146, 150, 0, 1, 2],
        &["a.yaml", "text"],
    );
    check_refused(
        "tabs",
        "a.yaml",
        b"apiVersion: v1\nkind: Pod\n\tmetadata: {}\n",
        &["a.yaml:2", "tab"],
    );
}

#[test]
fn wrong_manifests_are_shown_with_their_places() {
    let deep = DEPLOYMENT.replace("containerPort: 80", "containerPort: eighty");
    check_refused(
        "deep",
        "web.yaml",
        deep.as_bytes(),
        &["web.yaml:13", "containerPort", "^"],
    );
    let negative = DEPLOYMENT.replace("replicas: 2", "replicas: -2");
    check_refused(
        "negative",
        "web.yaml",
        negative.as_bytes(),
        &["web.yaml:5", "replicas"],
    );
    let selector = DEPLOYMENT.replace("labels: {app: web}}", "labels: {app: shop}}");
    let selector = selector.replace(
        "metadata: {labels: {app: web}}",
        "metadata: {labels: {app: shop}}",
    );
    check_refused(
        "selector",
        "web.yaml",
        selector.as_bytes(),
        &["web.yaml", "selector"],
    );
    let twice = format!("{DEPLOYMENT}---\n{DEPLOYMENT}");
    check_refused(
        "twice",
        "web.yaml",
        twice.as_bytes(),
        &["defined twice", "web.yaml:17"],
    );
    let both = DEPLOYMENT
        .replace("replicas: 2", "replicas: two")
        .replace("containerPort: 80", "containerPort: eighty");
    check_refused(
        "both",
        "web.yaml",
        both.as_bytes(),
        &["two", "eighty", "2 errors"],
    );
}

#[test]
fn wrong_scenarios_are_shown_with_their_places() {
    let head = "apiVersion: wavetank/v1\nkind: Scenario\n";
    let node = format!("{head}manifests: []\ntimeline:\n- {{at: 1s, kubectl: cordon wroker-1}}\n");
    check_refused(
        "unknown-node",
        "s.yaml",
        node.as_bytes(),
        &["s.yaml:5", "wroker-1"],
    );
    let cycle = format!("{head}include: [s.yaml]\n");
    check_refused("cycle", "s.yaml", cycle.as_bytes(), &["S020", "s.yaml"]);
    let section = format!("{head}timelime: []\n");
    check_refused(
        "section",
        "s.yaml",
        section.as_bytes(),
        &["S001", "timeline"],
    );
}

#[test]
fn a_run_leaves_a_log_that_all_views_read() {
    let directory = directory("log");
    fs::write(directory.join("web.yaml"), DEPLOYMENT).expect("the file is written");
    let output = wavetank(&directory, &["run", "web.yaml", "--log", "run.wtl"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    assert!(
        text(&output.stdout).contains("2/2"),
        "{}",
        text(&output.stdout)
    );
    for args in [
        &["get", "pods", "--log", "run.wtl"][..],
        &["get", "deployments", "-o", "yaml", "--log", "run.wtl"],
        &["describe", "deployment/web", "--log", "run.wtl"],
        &["events", "--log", "run.wtl"],
        &["explain", "deployment/web", "--log", "run.wtl"],
        &["log", "stat", "run.wtl"],
        &["log", "verify", "run.wtl"],
    ] {
        let output = wavetank(&directory, args);
        assert_eq!(
            output.status.code(),
            Some(0),
            "{args:?}: {}",
            text(&output.stderr)
        );
        assert!(!output.stdout.is_empty(), "{args:?}");
    }
    cut_and_foreign_logs(&directory);
}

/// A log that was cut in the middle is told so, and read as far as it goes; another version is refused.
fn cut_and_foreign_logs(directory: &Path) {
    let whole = fs::read(directory.join("run.wtl")).expect("the log");
    fs::write(directory.join("cut.wtl"), &whole[..whole.len() / 2]).expect("a cut log");
    let output = wavetank(directory, &["get", "pods", "--log", "cut.wtl"]);
    assert!(matches!(output.status.code(), Some(0..=2)));
    assert!(
        text(&output.stderr).contains("cut.wtl"),
        "{}",
        text(&output.stderr)
    );
    let mut foreign = whole;
    foreign[8] = 99;
    fs::write(directory.join("foreign.wtl"), foreign).expect("a foreign log");
    let output = wavetank(directory, &["get", "pods", "--log", "foreign.wtl"]);
    let errors = text(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{errors}");
    assert!(errors.contains("99"), "{errors}");
}

#[test]
fn every_folder_of_the_shelf_runs() {
    let shelf = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/manifests");
    if !shelf.is_dir() {
        println!("skipped: there is no {}", shelf.display());
        return;
    }
    let mut folders: Vec<_> = fs::read_dir(&shelf)
        .expect("the shelf")
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.is_dir())
        .collect();
    folders.sort();
    assert!(!folders.is_empty());
    for folder in folders {
        let output = wavetank(&shelf, &["run", &folder.to_string_lossy(), "--nodes", "3"]);
        assert_eq!(
            output.status.code(),
            Some(0),
            "{}: {}",
            folder.display(),
            text(&output.stderr)
        );
        if folder.ends_with("online-boutique") {
            let shown = text(&output.stdout);
            assert!(shown.contains(", steady;"), "{shown}");
        }
    }
}
