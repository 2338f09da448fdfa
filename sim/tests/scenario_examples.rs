//! The ten examples of the format are read without a word, and survive printing.

use std::path::{Path, PathBuf};

use wavetank_sim::diagnostic::{Diagnostics, Sources, Style};
use wavetank_sim::scenario::document::{Document, Point, open};
use wavetank_sim::scenario::print::to_yaml;
use wavetank_sim::scenario::schema::{Map, Scenario};
use wavetank_sim::scenario::{json_schema, parameters, sweep};

#[allow(clippy::print_stdout)]
fn examples() -> Vec<PathBuf> {
    let directory =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/scenario-format/examples");
    let Ok(found) = std::fs::read_dir(&directory) else {
        println!("skipped: {} is not there", directory.display());
        return Vec::new();
    };
    let mut paths: Vec<PathBuf> = found.filter_map(|entry| Some(entry.ok()?.path())).collect();
    paths.retain(|path| {
        path.extension()
            .is_some_and(|extension| extension == "yaml")
    });
    paths.sort();
    paths
}

fn read(path: &Path, set: &[&str]) -> (Document, Point) {
    let mut sources = Sources::new();
    let mut diagnostics = Diagnostics::new();
    let name = path.file_name().unwrap().to_string_lossy();
    let document = open(path, &name, &mut sources, &mut diagnostics);
    let given: Vec<_> = set
        .iter()
        .filter_map(|text| parameters::set(text, &mut sources, &mut diagnostics))
        .collect();
    let point = document
        .as_ref()
        .and_then(|document| document.point(&given, &mut diagnostics));
    let text = diagnostics.render(&sources, Style::Plain);
    assert!(diagnostics.is_empty(), "{text}");
    (document.unwrap(), point.unwrap())
}

#[test]
fn examples_are_read_without_a_word() {
    for path in examples() {
        let (_, point) = read(&path, &[]);
        let scenario: &Scenario = &point.scenario;
        assert!(scenario.cluster.from.is_some() || !scenario.manifests.is_empty());
    }
}

#[test]
fn the_effective_scenario_means_the_same() {
    let directory = std::env::temp_dir().join(format!("wavetank-print-{}", std::process::id()));
    std::fs::create_dir_all(&directory).unwrap();
    for path in examples() {
        let (_, point) = read(&path, &[]);
        let text = to_yaml(&point.effective);
        let copy = directory.join(path.file_name().unwrap());
        std::fs::write(&copy, &text).unwrap();
        let (_, again) = read(&copy, &[]);
        assert_eq!(to_yaml(&again.effective), text, "{}", path.display());
        assert_eq!(again.scenario.timeline.len(), point.scenario.timeline.len());
    }
    std::fs::remove_dir_all(&directory).unwrap();
}

#[test]
fn points_of_the_rollout_example() {
    let Some(path) = examples()
        .into_iter()
        .find(|path| path.ends_with("02-rollout.yaml"))
    else {
        return;
    };
    let (document, point) = read(&path, &[]);
    let plan = point.scenario.sweep.as_ref().unwrap();
    let place = wavetank_sim::diagnostic::Span::start_of(document.file).into();
    let mut diagnostics = Diagnostics::new();
    let declared = &point.scenario.parameters;
    let points = sweep::points(plan, &[], declared, &place, &mut diagnostics);
    assert!(diagnostics.is_empty());
    assert_eq!(points.len(), 18);
    assert_eq!(sweep::label(&points[0]), "preStop=0s syncPeriod=100ms");
    assert_eq!(sweep::label(&points[1]), "preStop=0s syncPeriod=1s");
    assert_eq!(sweep::label(&points[17]), "preStop=5s syncPeriod=10s");
    // Without the hook the patch is left out.
    assert_eq!(
        document
            .point(&points[0].values, &mut diagnostics)
            .unwrap()
            .scenario
            .patches,
        []
    );
    let hooked = document.point(&points[4].values, &mut diagnostics).unwrap();
    assert_eq!(hooked.scenario.patches.len(), 1);
    assert!(to_yaml(&hooked.effective).contains("command: [sleep, \"0.5\"]"));
    assert_eq!(hooked.scenario.traffic, point.scenario.traffic);
    let _: &Map<_> = &hooked.scenario.traffic;
}

#[test]
fn the_schema_names_every_section() {
    let schema = json_schema::schema_json(None).unwrap();
    let text = schema.to_string();
    for section in ["timeline", "faults", "onTerm", "minSyncPeriod"] {
        assert_eq!(
            text.contains(&format!("\"{section}\"")),
            section != "minSyncPeriod"
        );
    }
    let open = json_schema::schema_json(Some("traffic.open")).unwrap();
    assert_eq!(open["description"], "requests come at a rate");
    assert_eq!(json_schema::schema_json(Some("traffic.nothing")), None);
}
