//! Every kind of mistake with its message: `scenarios_invalid/NNN-name.yaml` beside `.stderr`.
//!
//! `UPDATE_EXPECT=1 cargo test` writes the messages anew.

use std::fs;
use std::path::{Path, PathBuf};

use proptest::prelude::*;
use wavetank_sim::diagnostic::{Diagnostics, Sources, Style};
use wavetank_sim::scenario::document::open;
use wavetank_sim::scenario::parameters::{self, Override};

fn messages(path: &Path, set: &[&str]) -> String {
    let mut sources = Sources::new();
    let mut diagnostics = Diagnostics::new();
    let name = path.file_name().unwrap().to_string_lossy();
    let document = open(path, &name, &mut sources, &mut diagnostics);
    let given: Vec<Override> = set
        .iter()
        .filter_map(|text| parameters::set(text, &mut sources, &mut diagnostics))
        .collect();
    if let Some(document) = document {
        document.point(&given, &mut diagnostics);
    }
    diagnostics.render(&sources, Style::Plain)
}

fn directory() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scenarios_invalid")
}

#[test]
fn every_mistake_has_its_message() {
    let mut paths: Vec<PathBuf> = fs::read_dir(directory())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "yaml")
        })
        .collect();
    paths.sort();
    assert!(paths.len() > 20);
    for path in paths {
        let text = messages(&path, &[]);
        assert!(
            text.contains("nothing was run") || text.contains("warning"),
            "{}",
            path.display()
        );
        expect_test::expect_file![path.with_extension("stderr")].assert_eq(&text);
    }
}

#[test]
fn a_missing_scenario_is_named() {
    let path = Path::new("nowhere/at-all.yaml");
    expect_test::expect![[r#"
        error[S026]: cannot read `at-all.yaml`: there is no such file
        1 error, 0 warnings; nothing was run
    "#]]
    .assert_eq(&messages(path, &[]));
}

#[test]
fn overrides_have_places_too() {
    let path = directory().join("parts/good.yaml");
    let set = [
        "waitt=5s",
        "wait=5",
        "traffic.users.open.rate=fast",
        "timeline.nothing.at=5s",
        "faults.x.crash=node/a",
        "nonsense",
        "cluster.nodes.worker.count=4",
    ];
    expect_test::expect![[r#"
        error[S021]: `waitt` is not a parameter
         --> --set:1:1
          |
        1 | waitt=5s
          | ^^^^^ did you mean `wait`?
          |
          = help: a path into the document has a dot: traffic.users.open.rate=400/s
        error[S003]: a duration needs a unit
         --> --set:1:6
          |
        1 | wait=5
          |      ^ `5s`, `5ms` or `5m`?
        error[S003]: `fast` is not a rate
         --> --set:1:25  traffic.users.open.rate
          |
        1 | traffic.users.open.rate=fast
          |                         ^^^^
          |
          = help: write it like 200/s, 6/h, 20Mi/s
        error[S034]: `timeline.nothing.at`: no element is named `nothing`
         --> --set:1:1
          |
        1 | timeline.nothing.at=5s
          | ^^^^^^^^^^^^^^^^^^^
          |
          = help: of lists, only steps of the timeline have paths, by their `name`
        error[S034]: `--set nonsense` is not NAME=VALUE
         --> --set:1:1
          |
        1 | nonsense
          | ^^^^^^^^
          |
          = help: --set preStop=2s
        5 errors, 0 warnings; nothing was run
    "#]]
    .assert_eq(&messages(&path, &set));
    assert_eq!(messages(&path, &["wait=7s", "timeline.first.at=9s"]), "");
}

const SEED_TEXT: &str = include_str!("scenarios_invalid/parts/good.yaml");

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn edited_scenarios_never_panic(
        edits in proptest::collection::vec((any::<usize>(), 0_usize..6, "\\PC{0,8}|[\\[\\]{}:,&*#$\n -]{1,6}"), 1..6)
    ) {
        let mut characters: Vec<char> = SEED_TEXT.chars().collect();
        for (at, remove, insert) in edits {
            let at = at % (characters.len() + 1);
            let end = (at + remove).min(characters.len());
            characters.splice(at..end, insert.chars());
        }
        let text: String = characters.into_iter().collect();
        read_text(text.as_bytes());
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        read_text(&bytes);
    }
}

fn read_text(bytes: &[u8]) {
    let path = std::env::temp_dir().join(format!("wavetank-edit-{}.yaml", std::process::id()));
    let path = path
        .with_extension(format!("{:?}.yaml", std::thread::current().id()).replace(['(', ')'], ""));
    fs::write(&path, bytes).unwrap();
    let text = messages(&path, &["wait=3s"]);
    fs::remove_file(&path).unwrap();
    assert!(text.is_empty() || text.ends_with('\n'));
}
