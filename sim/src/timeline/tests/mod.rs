//! Command lines against the engine: what they write, what they print, how they end.

mod change;
mod create;
mod delete;
mod drain;
mod node;
mod rollout;
mod steps;

use std::fmt::Write as _;
use std::sync::Arc;

use expect_test::Expect;
use wavetank_core::fact::{Actor, Fact, Record};
use wavetank_core::time::SimDuration;

use crate::check::Checks;
use crate::engine::Engine;
use crate::engine::outcome::{Printed, StepOutcome};
use crate::engine::record::Recorder;
use crate::plan::Plan;
use crate::plan::build::PlanBuilder;
use crate::plan::step::StepTime;

/// A small cluster: two nodes, a Deployment `web` of two replicas, a pod `lonely`.
fn cluster() -> PlanBuilder {
    PlanBuilder::new("timeline")
        .nodes(2)
        .deployment("web", 2, |_| ())
        .pod("lonely", |_| ())
}

/// Right after what was before.
fn next() -> StepTime {
    StepTime::After(None, SimDuration::ZERO)
}

/// Runs the plan for a minute: what the user's steps wrote, with whole seconds, and what each printed.
fn play(mut plan: Plan) -> (Vec<Record>, Vec<StepOutcome>) {
    plan.span.until = Some(SimDuration::from_secs(60));
    let recorder = Recorder::memory();
    let plan = Arc::new(plan);
    let mut engine = Engine::new(plan, 1, Vec::new(), recorder, Checks::none());
    while engine.step() {}
    let facts = engine.recorder().kept.clone().unwrap_or_default();
    (facts, engine.run().steps)
}

/// Runs lines one after the other, a second after t = 0, and compares what they print and write.
fn check_in(plan: PlanBuilder, lines: &[&str], expected: &Expect) {
    let at = StepTime::After(None, SimDuration::from_secs(1));
    let mut plan = plan;
    for (index, line) in lines.iter().enumerate() {
        let when = if index == 0 { at.clone() } else { next() };
        plan = plan.kubectl(when, &[line]);
    }
    let (facts, steps) = play(plan.build());
    let mut text = String::new();
    for (step, line) in steps.iter().zip(lines) {
        writeln!(text, "$ {line}").expect("a text");
        for printed in &step.printed {
            match printed {
                Printed::Text(line) => writeln!(text, "{line}").expect("a text"),
                Printed::View { line, .. } => writeln!(text, "<{line}>").expect("a text"),
            }
        }
        if step.exit != 0 || step.duration.is_none() {
            let end = step.duration.map_or("runs on", |_| "exit");
            writeln!(text, "[{end} {}]", step.exit).expect("a text");
        }
    }
    for record in facts.iter().filter(|record| record.by == Actor::User) {
        if record.fact.is_write() {
            writeln!(text, "{}", shown(&record.fact)).expect("a text");
        }
    }
    expected.assert_eq(&text);
}

/// A write, without the numbers of what is interned.
#[allow(clippy::wildcard_enum_match_arm)] // what is not named has no part in this
fn shown(fact: &Fact) -> String {
    match fact {
        Fact::PodCreated(id, _) => format!("{id:?} created"),
        Fact::DeploymentCreated(id, new) => {
            format!("{id:?} created, replicas {}", new.replicas)
        }
        Fact::ServiceCreated(id, new) => format!("{id:?} created, {}", new.cluster_ip),
        Fact::OtherCreated(id, new) => format!("{id:?} created, {}", new.kind),
        other => {
            let text = format!("{other:?}");
            let short = ["SetId", "SpecId", "TemplateId", "Stamp"]
                .iter()
                .fold(text, |text, id| without_number(&text, id));
            short.replace("Changed", "")
        }
    }
}

/// `SpecId(7)` as `SpecId`.
fn without_number(text: &str, id: &str) -> String {
    let mut found = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(&format!("{id}(")) {
        found.push_str(before);
        found.push_str(id);
        rest = after.split_once(')').map_or("", |(_, rest)| rest);
    }
    found + rest
}

/// As [`check_in`], in the small cluster.
fn check(lines: &[&str], expected: &Expect) {
    check_in(cluster(), lines, expected);
}
