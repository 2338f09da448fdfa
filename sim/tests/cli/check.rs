//! `wavetank check` and `wavetank replay`, as people use them.

use std::fs;
use std::path::{Path, PathBuf};

use super::*;

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
