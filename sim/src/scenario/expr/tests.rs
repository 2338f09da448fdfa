use expect_test::{Expect, expect};
use proptest::prelude::*;

use super::*;

struct Values;

impl Env for Values {
    fn name(&self, path: &[String]) -> Option<Amount> {
        match path[0].as_str() {
            "preStop" => Some(Amount::Duration(2_000_000_000)),
            "replicas" => Some(Amount::Number(5.0)),
            "hook" => Some(Amount::Bool(true)),
            "mode" => Some(Amount::Text("Fast".to_owned())),
            _ => None,
        }
    }
}

fn names() -> Names {
    Names {
        parameters: vec![
            ("preStop".into(), Unit::Duration),
            ("replicas".into(), Unit::Count),
            ("hook".into(), Unit::Bool),
            ("mode".into(), Unit::Text),
        ],
        measures: vec![("nodesUsed".into(), Unit::Count)],
        steps: vec!["first".into()],
        faults: vec!["zoneB".into()],
        traffic: vec!["users".into()],
    }
}

/// Shows the unit and the mistakes, each with the text that it is about.
fn check_units(scope: Scope, text: &str, expected: &Expect) {
    let part = |error: &ExprError| -> String {
        let all = text.chars().skip(error.start as usize);
        all.take(error.length as usize).collect()
    };
    let show = |error: &ExprError| {
        let help = error.help.as_deref().unwrap_or("");
        format!("[{}] {} {help}", part(error), error.message)
    };
    let shown = match parse(text) {
        Err(error) => show(&error),
        Ok(expr) => {
            let (unit, errors) = check(&expr, scope, &names(), text);
            let mut lines = vec![unit.to_string()];
            lines.extend(errors.iter().map(show));
            lines.join("\n")
        }
    };
    expected.assert_eq(&shown);
}

fn check_value(text: &str, expected: &Expect) {
    let value = parse(text).and_then(|expr| evaluate(&expr, &Values));
    let shown = match value {
        Ok(amount) => format!("{amount:?}"),
        Err(error) => error.message,
    };
    expected.assert_eq(&shown);
}

#[test]
fn values_of_parameters() {
    check_value("preStop > 0s", &expect!["Bool(true)"]);
    check_value("preStop + 10s", &expect!["Duration(12000000000)"]);
    check_value("preStop * 1.5 - 500ms", &expect!["Duration(2500000000)"]);
    check_value("max(preStop, 3s) / 1s", &expect!["Number(3.0)"]);
    check_value(
        "not hook or replicas == 5 and mode == Fast",
        &expect!["Bool(true)"],
    );
    check_value("10/s * 1m", &expect!["Number(600.0)"]);
    check_value("20% * replicas", &expect!["Number(1.0)"]);
    check_value("1s / (preStop - 2s)", &expect!["division by zero"]);
    check_value("2Gi - 1Gi == 1024Mi", &expect!["Bool(true)"]);
    check_value("-preStop < 0", &expect!["Bool(true)"]);
    check_value("1 - 2 - 3", &expect!["Number(-4.0)"]);
    check_value("preStop + replicas", &expect!["these cannot be added"]);
}

#[test]
fn units_of_expressions() {
    check_units(Scope::Run, "requests.lost == 0", &expect!["a condition"]);
    check_units(
        Scope::Run,
        "requests.lost <= 5s",
        &expect![[r#"
        a condition
        [5s] `requests.lost` is a count, `5s` a duration "#]],
    );
    check_units(
        Scope::Run,
        "requests.users.lost / requests.sent",
        &expect!["a number"],
    );
    check_units(
        Scope::Run,
        "max(steps.first.duration, preStop)",
        &expect!["a duration"],
    );
    check_units(
        Scope::Run,
        "recovery(ready(deployment/shop) == 600, faults.zoneB.start)",
        &expect!["a duration"],
    );
    check_units(
        Scope::Run,
        "max(count(pods -l app=shop --field-selector status.phase=Pending))",
        &expect!["a count"],
    );
    check_units(
        Scope::Run,
        "sum(restarts(pods -l env in (a,b)))",
        &expect!["a count"],
    );
    check_units(
        Scope::Run,
        "phase(pod/a) == Running",
        &expect!["a condition"],
    );
    check_units(
        Scope::Run,
        "condition(deployment/web, Available) and field(pod/a, .status.podIP) == \"10.0.0.1\"",
        &expect!["a condition"],
    );
    check_units(
        Scope::Runs,
        "share(requests.lost == 0) >= 0.98",
        &expect!["a condition"],
    );
    check_units(
        Scope::Runs,
        "halfWidth(nodesUsed) <= 0.2",
        &expect!["a condition"],
    );
    check_units(
        Scope::Run,
        "integral(nodes.notReady)",
        &expect!["a duration"],
    );
}

#[test]
fn mistakes_in_expressions() {
    check_units(
        Scope::Run,
        "requests.losst == 0",
        &expect![[r#"
        a condition
        [requests.losst] nothing is called `requests.losst` did you mean `requests.lost`?"#]],
    );
    check_units(
        Scope::Run,
        "requests.usres.lost == 0",
        &expect![[r#"
        a condition
        [requests.usres.lost] nothing is called `requests.usres` did you mean `requests.users.lost`?"#]],
    );
    check_units(
        Scope::Run,
        "steps.frist.duration + 1",
        &expect![[r#"
        a number
        [steps.frist.duration] nothing is called `steps.frist` did you mean `steps.first.duration`?"#]],
    );
    check_units(
        Scope::Run,
        "share(requests.lost == 0)",
        &expect![[r#"
        a number
        [share(requests.lost == 0)] `share` is a function over runs use it in sweep.find, sweep.seeds.until or overRuns"#]],
    );
    check_units(
        Scope::Parameters,
        "ready(deployment/web) > 0",
        &expect![[r#"
        a condition
        [ready(deployment/web)] only parameters are known before the run "#]],
    );
    check_units(
        Scope::Parameters,
        "preStopp > 0s",
        &expect![[r#"
        a condition
        [preStopp] `preStopp` is not a parameter did you mean `preStop`?"#]],
    );
    check_units(
        Scope::Run,
        "$preStop > 0s",
        &expect![
            "[$] `$` cannot stand in an expression expressions name parameters bare: preStop, not $preStop"
        ],
    );
}

#[test]
fn mistakes_in_the_text() {
    check_units(
        Scope::Run,
        "preStop = 0s",
        &expect!["[=] `=` compares nothing write `==`"],
    );
    check_units(
        Scope::Run,
        "1 < 2 < 3",
        &expect!["[<] comparisons cannot be chained write: a < b and b < c"],
    );
    check_units(
        Scope::Run,
        "ready(deplyoment/web) == 1",
        &expect!["[deplyoment/web] there is no kind `deplyoment` did you mean `deployment/web`?"],
    );
    check_units(
        Scope::Run,
        "redy(deployment/web) == 1",
        &expect!["[redy] there is no function `redy` did you mean `ready`?"],
    );
    check_units(
        Scope::Run,
        "recovery(ready(deployment/web) == 1)",
        &expect!["[recovery] `recovery` takes two arguments "],
    );
    check_units(
        Scope::Run,
        "1 +",
        &expect!["[] a value is wanted here, but the expression ends "],
    );
    check_units(
        Scope::Run,
        "5x == 1",
        &expect![
            "[5x] `5x` is not a number with a unit numbers are written 5, 20ms, 1h30m, 20%, 200/s, 2Gi"
        ],
    );
    check_units(
        Scope::Run,
        "(1",
        &expect!["[] `)` is wanted here, but the expression ends "],
    );
    check_units(
        Scope::Run,
        "",
        &expect!["[] a value is wanted here, but the expression ends "],
    );
    check_units(
        Scope::Run,
        "preStop and hook",
        &expect![[r#"
        a condition
        [preStop] `and` needs a condition, and `preStop` is a duration "#]],
    );
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused(text in "\\PC{0,60}") {
        if let Ok(expr) = parse(&text) {
            let _ = check(&expr, Scope::Run, &names(), &text).1.len();
            let _ = evaluate(&expr, &Values).is_ok();
        }
    }

    #[test]
    fn pieces_of_expressions_never_panic(
        pieces in proptest::collection::vec(proptest::sample::select(vec![
            "(", ")", "not ", "-", "max(", "ready(", "pods -l a in (b", ",", " and ", "==", "5s",
            "requests", ".lost", "p99(", " ", "20%", "/s", "1e9", "hook", "'", "field(", "é",
        ]), 0..24)
    ) {
        let text = pieces.concat();
        if let Ok(expr) = parse(&text) {
            let _ = check(&expr, Scope::Runs, &names(), &text).1.len();
            let _ = evaluate(&expr, &Values).is_ok();
        }
    }
}
