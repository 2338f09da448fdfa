//! Points of sweeps: ranges, axes of the command line.

use std::path::Path;

use expect_test::{Expect, expect};
use wavetank_sim::diagnostic::{Diagnostics, Sources, Span, Style};
use wavetank_sim::scenario::document::open;
use wavetank_sim::scenario::{parameters, sweep};

fn check(axes: &[&str], expected: &Expect) {
    let path =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scenarios_invalid/parts/good.yaml");
    let (mut sources, mut diagnostics) = (Sources::new(), Diagnostics::new());
    let document = open(&path, "good.yaml", &mut sources, &mut diagnostics).unwrap();
    let point = document.point(&[], &mut diagnostics).unwrap();
    let given: Vec<_> = axes
        .iter()
        .filter_map(|text| parameters::axis(text, &mut sources, &mut diagnostics))
        .collect();
    let plan = point.scenario.sweep.unwrap();
    let place = Span::start_of(document.file).into();
    let declared = &point.scenario.parameters;
    let points = sweep::points(&plan, &given, declared, &place, &mut diagnostics);
    let labels: Vec<String> = points.iter().map(sweep::label).collect();
    let text = format!(
        "{}\n{}",
        labels.join(", "),
        diagnostics.render(&sources, Style::Plain)
    );
    expected.assert_eq(&text);
}

#[test]
fn ranges_include_both_ends() {
    check(
        &[],
        &expect![[r#"
        wait=0s, wait=500ms, wait=1s, wait=1500ms, wait=2s, wait=2500ms, wait=3s, wait=3500ms, wait=4s, wait=4500ms, wait=5s
    "#]],
    );
    check(
        &["wait=0s..1s/250ms"],
        &expect![[r#"
        wait=0s, wait=250ms, wait=500ms, wait=750ms, wait=1s
    "#]],
    );
}

#[test]
fn axes_of_the_command_line() {
    check(
        &["wait=1s,2s", "traffic.users.open.rate=5/s,10/s"],
        &expect![[r#"
            wait=1s traffic.users.open.rate=5/s, wait=1s traffic.users.open.rate=10/s, wait=2s traffic.users.open.rate=5/s, wait=2s traffic.users.open.rate=10/s
        "#]],
    );
    check(
        &["wait=1s,2s", "cluster.zones=[a,b]"],
        &expect![[r#"
        wait=1s cluster.zones=[a, b], wait=2s cluster.zones=[a, b]
    "#]],
    );
}

#[test]
fn axes_with_mistakes() {
    check(
        &["waitt=1s,2s", "wait=5s..1s/1s"],
        &expect![[r#"
        waitt=1s, waitt=2s
        error[S021]: `waitt` is not a parameter
         --> --set:1:1
          |
        1 | waitt=1s,2s
          | ^^^^^ did you mean `wait`?
          |
          = help: a path into the document has a dot: traffic.users.open.rate=400/s
        error[S035]: a range goes from a smaller to a larger value of one unit
         --> --set:1:6  sweep.vary.wait
          |
        1 | wait=5s..1s/1s
          |      ^^
          |
          = help: write {from: 0s, to: 5s, step: 500ms} or points: 11
        2 errors, 0 warnings; nothing was run
    "#]],
    );
    check(
        &["wait=0s..1s"],
        &expect![[r#"

        error[S035]: a range needs `step` or `points`
         --> --set:1:6  sweep.vary.wait
          |
        1 | wait=0s..1s
          |      ^^
          |
          = help: write {from: 0s, to: 5s, step: 500ms} or points: 11
        1 error, 0 warnings; nothing was run
    "#]],
    );
}
