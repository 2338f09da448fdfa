//! The program as people use it: mistakes, manifests from the shelf, logs that are cut.

#![cfg(feature = "cli")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

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

/// Runs a line in a directory: the exit code must be this, and all of these words are to be printed, on
/// either output.
fn check_line(directory: &Path, line: &str, code: i32, words: &[&str]) -> String {
    let args: Vec<&str> = line.split_whitespace().collect();
    let output = wavetank(directory, &args);
    let printed = format!("{}{}", text(&output.stdout), text(&output.stderr));
    assert_eq!(output.status.code(), Some(code), "{line}: {printed}");
    for word in words {
        assert!(printed.contains(word), "{line}: no `{word}` in:\n{printed}");
    }
    text(&output.stdout)
}

/// A directory with manifests and two scenarios over them: one that holds, one that does not.
fn with_scenarios(name: &str) -> PathBuf {
    let directory = directory(name);
    let head = "apiVersion: wavetank/v1\nkind: Scenario\nmanifests: [web.yaml]\n";
    let files = [
        ("web.yaml", DEPLOYMENT.to_owned()),
        (
            "good.yaml",
            format!("{head}expect:\n- ready(deployment/web) == 2\n"),
        ),
        (
            "bad.yaml",
            format!("{head}expect:\n- ready(deployment/web) == 3\n"),
        ),
    ];
    for (file, content) in files {
        fs::write(directory.join(file), content).expect("the file is written");
    }
    directory
}

#[test]
fn check_tells_what_broke_and_how_to_see_it() {
    let directory = with_scenarios("check");
    let good = "good: 4 seeds, 0 violations, 0 unmet expectations";
    check_line(
        &directory,
        "check good.yaml web.yaml --seeds 4",
        0,
        &[good, "web:"],
    );
    let words = [
        "UNMET ready(deployment/web) == 3",
        "under 3 of 3 seeds; seed 5",
        "good:",
    ];
    check_line(
        &directory,
        "check bad.yaml good.yaml --seeds 3 --from 5",
        1,
        &words,
    );
    let replay = "wavetank run bad.yaml --seed 5";
    check_line(
        &directory,
        "check bad.yaml --seeds 1 --from 5",
        1,
        &[replay],
    );
    check_line(
        &directory,
        "run bad.yaml --seed 5",
        1,
        &["VIOLATED ready(deployment/web) == 3"],
    );
    let none = "0 of 0 faults break it: wavetank run bad.yaml --seed 1 --only-faults none";
    check_line(&directory, "check bad.yaml --seeds 1 --shrink", 1, &[none]);
    check_line(&directory, "check nowhere.yaml", 2, &["nowhere.yaml"]);
    check_line(
        &directory,
        "check good.yaml --set nothing=1",
        2,
        &["nothing"],
    );
    check_line(&directory, "check good.yaml -o yaml", 2, &["text or json"]);
}

#[test]
fn a_swarm_is_the_same_in_check_and_run() {
    let directory = with_scenarios("swarm");
    // Expectations are not judged: nobody promised them under these faults.
    let one = check_line(
        &directory,
        "check bad.yaml --swarm --seeds 6 --jobs 1",
        0,
        &[],
    );
    let two = check_line(
        &directory,
        "check bad.yaml --swarm --seeds 6 --jobs 2",
        0,
        &[],
    );
    assert_eq!(one, two);
    let line = "run web.yaml --seed 3 --swarm --log run.wtl";
    check_line(&directory, line, 0, &["fault 0", "swarm-"]);
    let line = "replay run.wtl --against web.yaml";
    check_line(
        &directory,
        line,
        0,
        &["parameter    --swarm=true", "made again: all"],
    );
    let line = "run web.yaml --seed 3 --swarm --only-faults 0 --log one.wtl -o json";
    check_line(&directory, line, 0, &["--swarm --only-faults 0"]);
    check_line(
        &directory,
        "replay one.wtl --against web.yaml",
        0,
        &["made again: all"],
    );
    check_line(
        &directory,
        "run good.yaml --only-faults x",
        2,
        &["`x` is not a list"],
    );
}

#[test]
fn a_replay_agrees_with_its_run() {
    let directory = with_scenarios("replay");
    let line = "run good.yaml --seed 7 --log run.wtl";
    check_line(&directory, line, 0, &["steady"]);
    let words = [
        "seed         7",
        "checkpoints  ",
        "live and replayed agree",
        "records, ",
    ];
    check_line(&directory, "replay run.wtl", 0, &words);
    check_line(
        &directory,
        "replay run.wtl --at 1s -o json",
        0,
        &["\"ok\": true"],
    );
    let lines = check_line(&directory, "replay run.wtl --speed 0 --no-check", 0, &[]);
    let facts = check_line(&directory, "log cat run.wtl", 0, &[]);
    assert!(lines.starts_with(&facts), "{lines}");
    check_line(
        &directory,
        "replay run.wtl --against good.yaml",
        0,
        &["made again: all"],
    );
    let words = [
        "scenario digest",
        "MADE AGAIN, AND DIFFERENT",
        "they part at",
    ];
    check_line(&directory, "replay run.wtl --against bad.yaml", 1, &words);
    check_line(&directory, "replay run.wtl --at 5x", 2, &["5x"]);
    check_line(&directory, "replay nowhere.wtl", 2, &["nowhere.wtl"]);
    check_line(&directory, "replay web.yaml", 2, &["not a run log"]);
    logs_that_are_not_whole(&directory);
}

/// Cut, damaged and foreign logs are told apart, and refused.
fn logs_that_are_not_whole(directory: &Path) {
    let whole = fs::read(directory.join("run.wtl")).expect("the log");
    let write = |name: &str, bytes: &[u8]| {
        fs::write(directory.join(name), bytes).expect("a log");
    };
    write("cut.wtl", &whole[..whole.len() - 20]);
    let words = ["cut.wtl is not whole", "--salvage"];
    check_line(directory, "replay cut.wtl", 2, &words);
    check_line(directory, "replay cut.wtl --salvage", 0, &["agree"]);
    let mut damaged = whole.clone();
    damaged[whole.len() / 2] ^= 1;
    write("damaged.wtl", &damaged);
    check_line(
        directory,
        "replay damaged.wtl",
        2,
        &["damaged", "--salvage"],
    );
    let mut foreign = whole;
    foreign[8] = 99;
    write("foreign.wtl", &foreign);
    check_line(
        directory,
        "replay foreign.wtl",
        2,
        &["format 99", "another version"],
    );
}
