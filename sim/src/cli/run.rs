//! `wavetank run`: one run, its log, and how it ended.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use clap::ValueEnum;
use wavetank_core::log::RecordingLevel;

use super::exit::{Failure, violated};
use super::input::{InputArgs, report};
use super::{shown, summary, terminal};
use crate::check::Checks;
use crate::engine::record::Recorder;
use crate::fault::choice::Choice;
use crate::fault::show;
use crate::measure::compile;
use crate::run::Job;
use crate::trial::Judges;

/// The arguments of `run`.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "\
Examples:
  wavetank run scenarios/rollout.yaml                    a scenario, once, under its own seed
  wavetank run scenarios/rollout.yaml --set preStop=0s --seed 7 --log run.wtl
  wavetank run my-manifests/ --nodes 5                   plain manifests on a default cluster
  helm template . | wavetank run -                       what a chart makes of them
  wavetank run scenarios/rollout.yaml --dry-run -o yaml  the scenario with everything filled in
  wavetank run scenarios/rollout.yaml --seed 7 --swarm   with the random faults of `wavetank check`")]
pub struct Args {
    #[command(flatten)]
    input: InputArgs,
    /// The seed of all draws [default: the scenario's, or 1]
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// Writes the run's log to FILE; `get`, `describe`, `explain` and others read it
    #[arg(long, value_name = "FILE")]
    log: Option<PathBuf>,
    /// What the log keeps: facts, or every delivery as well
    #[arg(long, value_enum, default_value_t = Level::Messages)]
    record: Level,
    /// Do not check invariants
    #[arg(long)]
    no_check: bool,
    /// Add the faults that `wavetank check --swarm` draws for this seed
    #[arg(long)]
    swarm: bool,
    /// Let only these steps of the fault schedule happen, by number: `0,3`, or `none`
    #[arg(long, value_name = "N,…", value_parser = numbers)]
    only_faults: Option<Numbers>,
    /// Print the effective scenario and run nothing
    #[arg(long)]
    dry_run: bool,
    /// Output: text, or json for programs (`yaml` with --dry-run)
    #[arg(short, long, value_enum, default_value_t = Output::Text)]
    output: Output,
}

/// Numbers of steps of a schedule.
#[derive(Clone, Debug)]
struct Numbers(Vec<usize>);

fn numbers(text: &str) -> Result<Numbers, String> {
    crate::fault::choice::numbers(text).map(Numbers)
}

/// What a log keeps.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
enum Level {
    /// Facts.
    Facts,
    /// Facts and deliveries.
    Messages,
}

/// How results are printed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub enum Output {
    /// For people.
    Text,
    /// For programs.
    Json,
    /// YAML, where there is something to print as YAML.
    Yaml,
}

/// Runs the command.
///
/// # Errors
///
/// When the user has to change something.
#[allow(clippy::too_many_lines)] // one list, in the order in which it is read
pub fn run(args: &Args, out: &mut dyn Write) -> Result<ExitCode, Failure> {
    let mut input = args.input.open()?;
    let given = args.input.overrides(&mut input);
    if args.dry_run {
        return dry_run(&mut input, &given, out);
    }
    let loaded = input.plan(&given, &args.input.options());
    let mut compiled = crate::measure::Compiled::default();
    let mut seed = 1;
    if let Some(scenario) = loaded.as_ref().and_then(|loaded| loaded.scenario.as_ref()) {
        compiled = compile(scenario, &mut input.diagnostics);
        seed = scenario.run.seed;
    }
    report(&input)?;
    let Some(mut loaded) = loaded else {
        return Err(Failure::reported());
    };
    let seed = args.seed.unwrap_or(seed);
    let level = match args.record {
        Level::Facts => RecordingLevel::Facts,
        Level::Messages => RecordingLevel::Messages,
    };
    let recorder = match &args.log {
        Some(path) => {
            can_be_written(path)?;
            Recorder::file(path, level)
        }
        None => shown::recorder(&loaded.plan),
    };
    let judges = Judges::of(loaded.scenario.as_ref(), true);
    let checks = if args.no_check {
        Checks::none()
    } else {
        judges.checks()
    };
    let choice = args.choice();
    loaded.plan.parameters.extend(choice.parameters());
    let job = Job {
        plan: Arc::new(loaded.plan),
        compiled: Arc::new(compiled),
    };
    let spinner = terminal::spinner();
    let schedule = job.schedule(seed, &choice);
    let mut engine = job.engine_under(schedule, seed, recorder, checks);
    while engine.step() {
        if engine.messages().is_multiple_of(8_192) {
            spinner.set_message(format!(
                "t = {}  {} messages",
                engine.now(),
                engine.messages()
            ));
        }
    }
    spinner.finish_and_clear();
    let ended = engine.end();
    if let Some(failure) = &ended.outcome.log_failure {
        return Err(Failure::user(format!(
            "the log could not be written: {failure}"
        )));
    }
    let summary = summary::Summary {
        job: &job,
        ended: &ended,
        shown: &shown::shown(&ended, args.log.as_deref())?,
        no_effect: &loaded.no_effect,
        not_simulated: &loaded.not_simulated,
        command: &format!("{}{}", args.input.command(seed), choice.arguments()),
        log: args.log.as_deref(),
        schedule: args.swarm.then(|| drawn(&job, seed)),
    };
    let written = match args.output {
        Output::Json => writeln!(out, "{:#}", summary.to_json()),
        Output::Text | Output::Yaml => write!(out, "{}", summary.text()),
    };
    written.map_err(|error| Failure::user(format!("the output could not be written: {error}")))?;
    let mut violations = ended.outcome.violations.iter();
    let failed = violations.any(|violation| judges.demands(violation.id))
        || !ended.measured.is_ok()
        || ended.outcome.failed_steps(&job.plan).next().is_some();
    Ok(if failed {
        violated()
    } else {
        ExitCode::SUCCESS
    })
}

/// Refuses a place for the log before the run rather than after it.
fn can_be_written(path: &Path) -> Result<(), Failure> {
    let refuse = |why: &str| {
        let path = path.display();
        Err(Failure::user(format!("--log {path}: {why}")))
    };
    if path.is_dir() {
        return refuse("this is a directory: name a file in it, such as run.wtl");
    }
    if path.exists() && !path.is_file() {
        return refuse(
            "this is a device or a pipe, and a log is a file that is put there at the end",
        );
    }
    let directory = path.parent().filter(|it| !it.as_os_str().is_empty());
    if path.file_name().is_none() || directory.is_some_and(|it| !it.is_dir()) {
        return refuse("there is no such directory");
    }
    Ok(())
}

impl Args {
    /// Which faults the run has.
    fn choice(&self) -> Choice {
        Choice {
            swarm: self.swarm,
            only: self.only_faults.clone().map(|numbers| numbers.0),
        }
    }
}

/// The whole schedule of a run with a swarm, one line a step, from number 0 on.
fn drawn(job: &Job, seed: u64) -> Vec<String> {
    let choice = Choice {
        swarm: true,
        only: None,
    };
    let steps = job.schedule(seed, &choice);
    steps
        .iter()
        .map(|step| show::line(step, &job.plan))
        .collect()
}

fn dry_run(
    input: &mut crate::plan::load::Input,
    given: &[crate::scenario::parameters::Override],
    out: &mut dyn Write,
) -> Result<ExitCode, Failure> {
    let Some(document) = input.document().cloned() else {
        return Err(Failure::user(
            "--dry-run shows a scenario, and no scenario was named",
        ));
    };
    let point = document.point(given, &mut input.diagnostics);
    report(input)?;
    let Some(point) = point else {
        return Err(Failure::reported());
    };
    write!(out, "{}", crate::scenario::print::to_yaml(&point.effective))
        .map_err(|error| Failure::user(format!("the output could not be written: {error}")))?;
    Ok(ExitCode::SUCCESS)
}
