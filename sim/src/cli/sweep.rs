//! `wavetank sweep`: many variants of a scenario under many seeds, a table, and an answer.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::process::ExitCode;
use std::sync::Arc;

use serde_json::json;

use super::exit::{Failure, violated};
use super::input::{InputArgs, report};
use super::run::Output;
use super::terminal;
use crate::check::Checks;
use crate::engine::record::Recorder;
use crate::measure::{Compiled, compile};
use crate::plan::load::Input;
use crate::run::Job;
use crate::scenario::parameters::{self, AxisText, Override};
use crate::scenario::schema::{Expect, Scenario, Seeds};
use crate::scenario::sweep::{Assignment, points};
use crate::sweep::answer::{Question, answer};
use crate::sweep::execute::{RunKey, execute, keys};
use crate::sweep::over_runs::{Sample, Verdict, judge};
use crate::sweep::summary::summarize;
use crate::sweep::{PointRow, RunRow, run_rows, table, worst};
use crate::trial::Judges;

/// How sure intervals are when nobody says.
const CONFIDENCE: f64 = 0.95;

/// The arguments of `sweep`.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "\
Examples:
  wavetank sweep scenarios/rollout.yaml
  wavetank sweep scenarios/rollout.yaml --seeds 1000 --jobs 4
  wavetank sweep scenarios/rollout.yaml --set preStop=0s..2s/250ms --set syncPeriod=1s
  wavetank sweep scenarios/rollout.yaml -o json > rollout.json")]
pub struct Args {
    #[command(flatten)]
    input: InputArgs,
    /// How many seeds each point is run under [default: the scenario's, or 30]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    seeds: Option<u32>,
    /// How many threads run [default: one a core]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1_024))]
    jobs: Option<u16>,
    /// Print all rows of the table
    #[arg(long)]
    all: bool,
    /// Do not check invariants
    #[arg(long)]
    no_check: bool,
    /// Output: text, or json for programs
    #[arg(short, long, value_enum, default_value_t = Output::Text)]
    output: Output,
}

/// A sweep that is ready to run.
struct Sweep {
    scenario: Scenario,
    points: Vec<PointRow>,
    jobs: Vec<Job>,
    seeds: Vec<u64>,
}

/// Runs the command.
///
/// # Errors
///
/// When the user has to change something.
pub fn run(args: &Args, out: &mut dyn Write) -> Result<ExitCode, Failure> {
    let mut input = args.input.open()?;
    let sweep = plan(args, &mut input);
    report(&input)?;
    let Some(sweep) = sweep else {
        return Err(Failure::reported());
    };
    let (rows, elapsed) = play(args, &sweep)?;
    print(args, &sweep, &rows, elapsed, out)
        .map_err(|error| Failure::user(format!("the output could not be written: {error}")))?;
    let violations = !sweep.violated(&rows).is_empty();
    let broken = sweep
        .over_runs(&rows)
        .iter()
        .any(|(_, verdict)| *verdict == Verdict::Fails);
    Ok(if violations || broken {
        violated()
    } else {
        ExitCode::SUCCESS
    })
}

/// Lowers every point. What is wrong is in the input's diagnostics.
fn plan(args: &Args, input: &mut Input) -> Option<Sweep> {
    let (fixed, axes) = overrides(args, input);
    let Some(document) = input.document().cloned() else {
        if !input.diagnostics.has_errors() {
            let found = crate::diagnostic::Diagnostic::error(
                "S035",
                "a sweep varies the parameters of a scenario, and none was named",
            );
            let help = "`wavetank run` plays plain manifests; see `wavetank schema` for scenarios";
            input.diagnostics.push(found.help(help));
        }
        return None;
    };
    let base = document.point(&fixed, &mut input.diagnostics)?.scenario;
    let assignments = match &base.sweep {
        Some(plan) => {
            let place = crate::diagnostic::Span::start_of(document.file).place("sweep");
            points(
                plan,
                &axes,
                &base.parameters,
                &place,
                &mut input.diagnostics,
            )
        }
        None => {
            let place = crate::diagnostic::Span::start_of(document.file).place("sweep");
            let plan = crate::scenario::schema::SweepPlan {
                vary: crate::scenario::schema::Map::default(),
                cases: Vec::new(),
                design: crate::scenario::schema::Design::Grid,
                keep: None,
                seeds: Seeds::Count(30),
                baseline: crate::scenario::schema::Map::default(),
                find: None,
            };
            points(
                &plan,
                &axes,
                &base.parameters,
                &place,
                &mut input.diagnostics,
            )
        }
    };
    let seeds = seeds(args, &base);
    let mut sweep = Sweep {
        points: Vec::new(),
        jobs: Vec::new(),
        seeds,
        scenario: base,
    };
    for assignment in &assignments {
        sweep
            .points
            .push(PointRow::of(assignment, &sweep.scenario.parameters));
        let job = job(args, input, &fixed, assignment)?;
        sweep.jobs.push(job);
    }
    Some(sweep)
}

fn job(args: &Args, input: &mut Input, fixed: &[Override], assignment: &Assignment) -> Option<Job> {
    let given = [fixed, &assignment.values].concat();
    let loaded = input.plan(&given, &args.input.options())?;
    let compiled = loaded
        .scenario
        .as_ref()
        .map_or_else(Compiled::default, |scenario| {
            compile(scenario, &mut input.diagnostics)
        });
    Some(Job {
        plan: Arc::new(loaded.plan),
        compiled: Arc::new(compiled),
    })
}

/// `--params` and `--set`: single values are fixed, lists and ranges are axes.
#[allow(clippy::wildcard_enum_match_arm)] // what is not named has no part in this
fn overrides(
    args: &Args,
    input: &mut Input,
) -> (
    Vec<Override>,
    Vec<(String, crate::diagnostic::Span, AxisText)>,
) {
    let (sources, diagnostics) = input.shared();
    let mut fixed = Vec::new();
    let mut axes = Vec::new();
    for file in &args.input.params {
        let path = std::path::Path::new(file);
        fixed.extend(parameters::params_file(path, file, sources, diagnostics));
    }
    for text in &args.input.set {
        let Some((key, key_span, axis)) = parameters::axis(text, sources, diagnostics) else {
            continue;
        };
        match axis {
            // One value fixes an axis of the file as well.
            AxisText::List(values) if values.len() == 1 => {
                let node = values.into_iter().next().expect("one value");
                if !key.contains('.') {
                    axes.push((key.clone(), key_span, AxisText::List(vec![node.clone()])));
                }
                fixed.push(Override {
                    key,
                    key_span,
                    node,
                });
            }
            axis => axes.push((key, key_span, axis)),
        }
    }
    (fixed, axes)
}

fn seeds(args: &Args, scenario: &Scenario) -> Vec<u64> {
    let given = scenario.sweep.as_ref().map(|sweep| &sweep.seeds);
    let (from, count) = match (args.seeds, given) {
        (Some(count), Some(Seeds::Range { from, .. })) => (*from, count),
        (Some(count), _) => (1, count),
        (None, Some(Seeds::Count(count))) => (1, *count),
        (None, Some(Seeds::Range { from, count })) => (*from, *count),
        // Stopping early is not there yet: the most that was asked for is run.
        (None, Some(Seeds::Sequential { max, .. })) => (1, *max),
        (None, None) => (1, 30),
    };
    (from..from + u64::from(count)).collect()
}

/// Runs everything, with a progress bar. Returns the rows, and how long it took for people to read.
#[allow(clippy::disallowed_types, clippy::disallowed_methods)] // wall time, for people only
fn play(args: &Args, sweep: &Sweep) -> Result<(Vec<RunRow>, std::time::Duration), Failure> {
    let keys = keys(sweep.jobs.len(), &sweep.seeds);
    let bar = terminal::bar(keys.len() as u64);
    let started = std::time::Instant::now();
    let rows = execute(&keys, args.jobs.map_or(0, usize::from), |key| {
        let row = sweep.row(key, args.no_check);
        bar.inc(1);
        row
    })
    .map_err(|error| Failure::user(format!("the threads could not be started: {error}")))?;
    bar.finish_and_clear();
    Ok((rows, started.elapsed()))
}

impl Sweep {
    fn row(&self, key: RunKey, no_check: bool) -> RunRow {
        let checks = if no_check {
            Checks::none()
        } else {
            self.judges().checks()
        };
        let ended = self.jobs[key.point].run(key.seed, Recorder::digest(), checks);
        let violations = ended.outcome.violations.iter();
        RunRow {
            point: u32::try_from(key.point).expect("points are few"),
            seed: key.seed,
            values: ended
                .measured
                .values
                .into_iter()
                .map(|(_, value)| value)
                .collect(),
            inner: ended.measured.inner,
            expectations: ended
                .measured
                .expectations
                .iter()
                .map(|it| it.holds)
                .collect(),
            digest: ended.outcome.digest.to_string(),
            violations: violations
                .map(|violation| violation.id.to_owned())
                .collect(),
        }
    }

    fn judges(&self) -> Judges {
        Judges::of(Some(&self.scenario), true)
    }

    /// The invariants that broke and must not: in how many runs, and the first of them.
    fn violated<'r>(&self, rows: &'r [RunRow]) -> BTreeMap<&'r str, (usize, &'r RunRow)> {
        let judges = self.judges();
        let mut found = BTreeMap::new();
        for row in run_rows::in_order(rows) {
            let ids: BTreeSet<&str> = row.violations.iter().map(String::as_str).collect();
            for id in ids.into_iter().filter(|id| judges.demands(id)) {
                found.entry(id).or_insert((0, row)).0 += 1;
            }
        }
        found
    }

    /// Expectations over runs, judged at each point.
    fn over_runs(&self, rows: &[RunRow]) -> Vec<(String, Verdict)> {
        let ordered = run_rows::in_order(rows);
        let mut verdicts = Vec::new();
        for expect in &self.scenario.expect {
            let Expect::OverRuns {
                condition,
                confidence,
            } = expect
            else {
                continue;
            };
            #[allow(clippy::cast_precision_loss)] // millionths
            let confidence = confidence
                .as_ref()
                .map_or(CONFIDENCE, |it| it.value.millionths as f64 / 1_000_000.0);
            for group in ordered.chunk_by(|one, other| one.point == other.point) {
                let job = &self.jobs[group[0].point as usize];
                let parameters = self.values();
                let sample = Sample {
                    inner: &job.compiled.inner,
                    rows: group,
                    parameters: &parameters,
                    confidence,
                };
                verdicts.push((condition.text.clone(), judge(&condition.expr, &sample)));
            }
        }
        verdicts
    }

    fn values(&self) -> Vec<(String, crate::scenario::expr::Amount)> {
        let parameters = self.scenario.parameters.iter();
        parameters
            .map(|(name, it)| (name.clone(), it.amount.clone()))
            .collect()
    }
}

#[allow(clippy::too_many_lines)] // one list, in the order in which it is read
fn print(
    args: &Args,
    sweep: &Sweep,
    rows: &[RunRow],
    elapsed: std::time::Duration,
    out: &mut dyn Write,
) -> std::io::Result<()> {
    let columns = sweep
        .jobs
        .first()
        .map_or(&[][..], |job| &job.compiled.columns);
    let baseline: Vec<(String, String)> = sweep
        .scenario
        .sweep
        .iter()
        .flat_map(|plan| &plan.baseline)
        .map(|(name, node)| (name.clone(), node.text().unwrap_or_default().to_owned()))
        .collect();
    let summary = summarize(&sweep.points, columns, rows, &baseline, CONFIDENCE);
    let scenario = args.input.paths.join(" ");
    let worst_run = worst::worst(columns, rows, None);
    let replay =
        worst_run.map(|row| worst::replay(&scenario, &sweep.points[row.point as usize], row.seed));
    let find = sweep
        .scenario
        .sweep
        .as_ref()
        .and_then(|plan| plan.find.as_ref());
    let inner = sweep
        .jobs
        .first()
        .map_or(&[][..], |job| &job.compiled.inner);
    let values = sweep.values();
    let found = find.map(|search| {
        #[allow(clippy::cast_precision_loss)] // millionths
        let confidence = search
            .confidence
            .as_ref()
            .map_or(CONFIDENCE, |it| it.value.millionths as f64 / 1_000_000.0);
        let question = Question {
            parameter: &search.parameter.value,
            smallest: search.smallest,
            such: &search.such.expr,
            text: &search.such.text,
            confidence,
            inner,
            parameters: &values,
        };
        answer(&sweep.points, rows, &question)
    });
    if args.output == Output::Json {
        let value = json!({
            "scenario": scenario,
            "about": sweep.scenario.about.as_ref().map(|about| &about.value),
            "seeds": sweep.seeds.len(),
            "points": table::json(&sweep.points, &summary),
            "answer": found.as_ref().map(crate::sweep::answer::Answer::json),
            "worst": replay,
            "digests": rows.iter().map(|row| json!([row.point, row.seed, row.digest]))
                .collect::<Vec<_>>(),
        });
        return writeln!(out, "{value:#}");
    }
    let about = sweep
        .scenario
        .about
        .as_ref()
        .map_or("", |about| about.value.as_str());
    let seconds = format!("{:.1} s", elapsed.as_secs_f64());
    writeln!(out, "{}, {seconds}", table::heading(about, &summary))?;
    let most = if args.all {
        usize::MAX
    } else {
        table::ROWS_SHOWN
    };
    write!(out, "{}", table::table(&sweep.points, &summary).text(most))?;
    if let Some(found) = &found {
        writeln!(out, "\nAnswer  {}", found.line())?;
    }
    for (id, (runs, row)) in sweep.violated(rows) {
        let point = &sweep.points[row.point as usize];
        let replay = worst::replay(&scenario, point, row.seed);
        writeln!(out, "VIOLATED {id} in {runs} runs: {replay}")?;
    }
    for (text, verdict) in sweep.over_runs(rows) {
        if verdict == Verdict::Fails {
            writeln!(out, "VIOLATED over runs: {text}")?;
        }
    }
    if let Some(replay) = replay {
        writeln!(out, "Worst   {replay} --log worst.wtl")?;
    }
    Ok(())
}
