//! Tables and answers over rows that are written by hand.

use expect_test::{Expect, expect};

use super::answer::{Question, answer};
use super::over_runs::{Sample, Verdict, judge};
use super::run_rows::{csv, json_lines};
use super::summary::{Summary, summarize};
use super::worst::{replay, worst};
use super::{Label, PointRow, RunRow, table};
use crate::measure::Column;
use crate::scenario::expr::{Amount, Expr, Term, Unit, parse};

fn column(name: &str, unit: Unit, is_loss: bool) -> Column {
    Column {
        name: name.to_owned(),
        text: String::new(),
        unit,
        is_loss,
    }
}

fn columns() -> Vec<Column> {
    vec![
        column("lost", Unit::Count, true),
        column("rollout", Unit::Duration, false),
        column("share", Unit::Number, false),
        column("phase", Unit::Text, false),
    ]
}

fn label(name: &str, millis: u32) -> Label {
    Label {
        name: name.to_owned(),
        value: match millis {
            0 => "0s".to_owned(),
            _ => format!("{millis}ms"),
        },
        order: Some(f64::from(millis)),
    }
}

/// Sleeps of 0, 500 and 1000 ms with sync periods of 100 and 10000 ms.
fn points() -> Vec<PointRow> {
    let mut points = Vec::new();
    for sleep in [0, 500, 1_000] {
        for sync in [100, 10_000] {
            points.push(PointRow {
                case: None,
                labels: vec![label("preStop", sleep), label("syncPeriod", sync)],
            });
        }
    }
    points
}

fn row(point: u32, seed: u64, lost: u32) -> RunRow {
    let rollout = 6_600_000_000 + i128::from(seed) * 1_000_000 + i128::from(point) * 50_000_000;
    RunRow {
        point,
        seed,
        values: vec![
            Some(Amount::Number(f64::from(lost))),
            (seed != 4 || point != 3).then_some(Amount::Duration(rollout)),
            Some(Amount::Number(f64::from(lost) / 1_000.0)),
            Some(Amount::Text("Running".to_owned())),
        ],
        inner: vec![
            Some(Amount::Bool(lost == 0)),
            Some(Amount::Duration(rollout)),
        ],
        expectations: vec![Some(lost == 0), None],
        digest: format!("{point:02x}{seed:02x}"),
        violations: Vec::new(),
    }
}

/// 200 runs of each point; enough sleep loses nothing.
fn rows() -> Vec<RunRow> {
    let mut rows = Vec::new();
    for seed in (1..=200).rev() {
        let noise = u32::try_from(seed % 7).unwrap_or(0);
        for (point, lost) in [
            (0, 120 + noise),
            (1, 600 + 10 * noise),
            (2, 0),
            (3, 30),
            (4, 0),
        ] {
            rows.push(row(point, seed, lost));
        }
        rows.push(row(5, seed, u32::from(seed % 2 == 0)));
    }
    rows
}

fn summary(baseline: &[(String, String)]) -> Summary {
    summarize(&points(), &columns(), &rows(), baseline, 0.95)
}

fn check(text: &str, expected: &Expect) {
    expected.assert_eq(text);
}

#[test]
fn a_row_a_point() {
    let summary = summary(&[]);
    let heading = table::heading("Which sleep loses no request?", &summary);
    let table = table::table(&points(), &summary);
    check(
        &format!("{heading}\n{}", table.text(5)),
        &expect![[r#"
        Which sleep loses no request?    6 points × 200 seeds = 1,200 runs
         preStop  syncPeriod │ lost: mean  p99  runs with loss  (95 %)       │ rollout: mean  without │ share: mean │ phase   │ expect ok
         0s       100ms      │ 123.0 ±0.3  126           100 %  (98.1 – 100) │     6.7s ±0.0        0 │ 12.3 % ±0.0 │ Running │       0 %
         0s       10000ms    │ 629.9 ±2.8  660           100 %  (98.1 – 100) │     6.8s ±0.0        0 │ 63.0 % ±0.3 │ Running │       0 %
         500ms    100ms      │        0.0    0             0 %  (0 – 1.9)    │     6.8s ±0.0        0 │       0.0 % │ Running │     100 %
         500ms    10000ms    │       30.0   30           100 %  (98.1 – 100) │     6.9s ±0.0        1 │       3.0 % │ Running │       0 %
         1000ms   100ms      │        0.0    0             0 %  (0 – 1.9)    │     6.9s ±0.0        0 │       0.0 % │ Running │     100 %
         … 1 more row: --all
    "#]],
    );
}

#[test]
fn points_are_compared_with_a_baseline() {
    let baseline = [("preStop".to_owned(), "0s".to_owned())];
    let summary = summary(&baseline);
    let table = table::table(&points(), &summary);
    let text = table.text(20);
    let last = text
        .lines()
        .map(|line| line.rsplit(" │ ").next().unwrap_or(""));
    check(
        &last.collect::<Vec<_>>().join("\n"),
        &expect![[r#"
        against the baseline (paired, 95 %)
        baseline
        baseline
        lost −123.0 ±0.3,  rollout +100ms,  share −12.3 % ±0.0
        lost −599.9 ±2.8,  rollout +100ms,  share −60.0 % ±0.3
        lost −123.0 ±0.3,  rollout +200ms,  share −12.3 % ±0.0
        lost −629.4 ±2.8,  rollout +200ms,  share −62.9 % ±0.3"#]],
    );
}

#[test]
fn the_summary_as_json() {
    let baseline = [("preStop".to_owned(), "0s".to_owned())];
    let json = table::json(&points(), &summary(&baseline));
    let shown = serde_json::to_string(&json["points"][3]).unwrap();
    check(
        &shown,
        &expect![[
            r#"{"point":3,"parameters":{"preStop":"500ms","syncPeriod":"10000ms"},"runs":200,"measures":{"lost":{"mean":30.0,"halfWidth":0.0,"runs":200,"min":30.0,"p50":30.0,"p50Low":30.0,"p50High":30.0,"p99":30.0,"p99Low":30.0,"max":30.0,"runsWithLoss":{"share":1.0,"low":0.9811546736227335,"high":1.0},"missing":0},"rollout_seconds":{"mean":6.850984924623115,"halfWidth":0.008054349192679035,"runs":199,"min":6.751,"p50":6.851,"p50Low":6.837,"p50High":6.865,"p99":6.949,"p99Low":6.945,"max":6.95,"missing":1},"share":{"mean":0.03,"halfWidth":0.0,"runs":200,"min":0.03,"p50":0.03,"p50Low":0.03,"p50High":0.03,"p99":0.03,"p99Low":0.03,"max":0.03,"missing":0},"phase":{"text":"Running","missing":0}},"expectOk":{"share":0.0,"low":0.0,"high":0.018845326377266575},"runsWithViolations":0,"paired":{"baseline":1,"differences":{"lost":{"mean":-599.9,"halfWidth":2.7782022094290175,"runs":200},"rollout_seconds":{"mean":0.1,"halfWidth":0.0,"runs":199},"share":{"mean":-0.5999,"halfWidth":0.002778202209429019,"runs":200},"phase":null}}}"#
        ]],
    );
}

#[test]
fn the_order_of_rows_does_not_matter() {
    let (points, columns) = (points(), columns());
    let mut rows = rows();
    let one = table::json(&points, &summarize(&points, &columns, &rows, &[], 0.95));
    let text = csv(&points, &columns, &rows);
    rows.sort_by_key(|row| (row.seed % 3, row.point));
    let other = table::json(&points, &summarize(&points, &columns, &rows, &[], 0.95));
    assert_eq!(one.to_string(), other.to_string());
    assert_eq!(text, csv(&points, &columns, &rows));
}

/// A condition, and what stands in the parentheses of its functions.
fn condition(text: &str) -> (Expr, Vec<Expr>) {
    let expr = parse(text).unwrap();
    let mut inner = Vec::new();
    expr.walk(&mut |node| {
        if let Term::Call(_, arguments) = &node.term {
            inner.extend(arguments.iter().cloned());
        }
    });
    (expr, inner)
}

#[test]
fn the_smallest_value_that_is_good_enough() {
    let check = |text: &str, smallest: bool, expected: &Expect| {
        let (such, inner) = condition(text);
        let question = Question {
            parameter: "preStop",
            smallest,
            such: &such,
            text,
            confidence: 0.95,
            inner: &inner,
            parameters: &[],
        };
        expected.assert_eq(&answer(&points(), &rows(), &question).line());
    };
    check(
        "share(requests.lost == 0) >= 0.98",
        true,
        &expect![
            "smallest preStop with share(requests.lost == 0) >= 0.98 at 95 %:  100ms → 500ms · 10000ms → none of those tried"
        ],
    );
    // 200 of 200 are not enough for this.
    check(
        "share(requests.lost == 0) >= 0.99",
        true,
        &expect![
            "smallest preStop with share(requests.lost == 0) >= 0.99 at 95 %:  100ms → none of those tried · 10000ms → none of those tried"
        ],
    );
    check(
        "share(requests.lost == 0) <= 0.6",
        false,
        &expect![
            "largest preStop with share(requests.lost == 0) <= 0.6 at 95 %:  100ms → 0s · 10000ms → 1000ms"
        ],
    );
}

#[test]
fn conditions_over_runs_are_judged_by_the_worse_end() {
    let rows = rows();
    let rows: Vec<&RunRow> = rows.iter().filter(|row| row.point == 5).collect();
    let check = |text: &str, expected: Verdict| {
        let (condition, mut inner) = condition(text);
        // The first is a condition, the second a duration.
        let is_duration = text.contains("(d)");
        inner.truncate(1);
        inner.insert(usize::from(!is_duration), parse("other").unwrap());
        let sample = Sample {
            inner: &inner,
            rows: &rows,
            parameters: &[("most".to_owned(), Amount::Number(0.6))],
            confidence: 0.95,
        };
        assert_eq!(judge(&condition, &sample), expected, "{text}");
    };
    check("share(ok) < most", Verdict::Holds);
    check("share(ok) >= 0.49", Verdict::Open);
    check("share(ok) > 0.6", Verdict::Fails);
    check("not share(ok) > 0.6 and 1 < 2", Verdict::Holds);
    check("share(ok) < 0.5 or 2 < 1", Verdict::Open);
    check("mean(d) < 7s", Verdict::Holds);
    check("p99(d) - 1s < 6s", Verdict::Fails);
    // Of 200 runs there is no upper end.
    check("p99(d) - 1s < 7s", Verdict::Open);
    check("max(d) <= 7050ms", Verdict::Holds);
    check("2 * halfWidth(d) <= 100ms", Verdict::Holds);
    check("mean(unknown) < 7s", Verdict::Open);
}

#[test]
fn the_worst_run_can_be_made_again() {
    let (points, columns) = (points(), columns());
    let check = |rows: &[RunRow], measure: Option<&str>, expected: &Expect| {
        let found = worst(&columns, rows, measure);
        let line = found.map(|row| replay("02 a.yaml", &points[row.point as usize], row.seed));
        expected.assert_eq(line.as_deref().unwrap_or("none"));
    };
    check(
        &rows(),
        None,
        &expect!["wavetank run '02 a.yaml' --seed 6 --set preStop=0s --set syncPeriod=10000ms"],
    );
    check(
        &rows(),
        Some("rollout"),
        &expect![
            "wavetank run '02 a.yaml' --seed 200 --set preStop=1000ms --set syncPeriod=10000ms"
        ],
    );
    let mut good = vec![row(0, 2, 0), row(2, 1, 0)];
    check(&good, None, &expect!["none"]);
    good[1].violations.push("P-17".to_owned());
    check(
        &good,
        None,
        &expect!["wavetank run '02 a.yaml' --seed 1 --set preStop=500ms --set syncPeriod=100ms"],
    );
}

#[test]
fn rows_as_text() {
    let mut points = points();
    points[0].case = Some("a, \"b\"".to_owned());
    let rows = [row(3, 4, 2), row(0, 1, 3)];
    check(
        &csv(&points, &columns(), &rows),
        &expect![[r#"
        point,case,preStop,syncPeriod,seed,lost,rollout_seconds,share,phase,ok,violations,digest
        0,"a, ""b""",0s,100ms,1,3,6.601,0.003,Running,false,,0001
        3,,500ms,10000ms,4,2,,0.002,Running,false,,0304
    "#]],
    );
    check(
        &json_lines(&points, &columns(), &rows),
        &expect![[r#"
        {"point":0,"seed":1,"case":"a, \"b\"","parameters":{"preStop":"0s","syncPeriod":"100ms"},"measures":{"lost":3,"rollout_seconds":6.601,"share":0.003,"phase":"Running"},"expectations":[false,null],"violations":[],"digest":"0001"}
        {"point":3,"seed":4,"parameters":{"preStop":"500ms","syncPeriod":"10000ms"},"measures":{"lost":2,"rollout_seconds":null,"share":0.002,"phase":"Running"},"expectations":[false,null],"violations":[],"digest":"0304"}
    "#]],
    );
}
