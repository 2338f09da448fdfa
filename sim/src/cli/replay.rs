//! `wavetank replay`: folds a log again, and says whether that gives what the run was.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context as _, bail};
use serde_json::{Value, json};
use wavetank_core::log::{Ending, Header, Reader, RecordingLevel, Until};

use super::input::{InputArgs, report};
use super::source::open;
use super::{NOT_SO, tell, terminal};
use crate::check::Checks;
use crate::engine::record::{MODEL_VERSION, Recorder};
use crate::fault::choice::Choice;
use crate::measure::Compiled;
use crate::plan::fault::FaultStep;
use crate::replay::{Options, Replayed, replay};
use crate::report::clock::Clock;
use crate::report::diff::{Difference, diff};
use crate::report::get::pretty;
use crate::report::log::{ending, fact_line};
use crate::report::names::Names;
use crate::run::Job;

/// Arguments of `wavetank replay`.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "\
Examples:
  wavetank replay run.wtl                                does folding the facts give the states of the run?
  wavetank replay run.wtl --at 12.3s                     only up to there
  wavetank replay run.wtl --against scenarios/rollout.yaml   and does the run give the same facts again?
  wavetank replay run.wtl --speed 10                     the facts, ten times as fast as they happened
  wavetank replay run.wtl -o json

A log says what its run was made from, but not the scenario itself: --against names the scenario, and the
log's own parameters and seed make the run again.

Exit code 0 when all agrees, 1 when a state, a fact or an invariant does not, 2 when the log cannot be read
or is cut, or the scenario is wrong.")]
pub struct Args {
    /// The log
    log: PathBuf,
    /// Up to this instant, counted from t = 0: 3m17.2s, 90s; negative for the warm-up [default: the end]
    #[arg(long, value_name = "T", allow_hyphen_values = true)]
    at: Option<String>,
    /// Make the run again from this scenario, or these manifests, and compare all facts
    #[arg(long, value_name = "SCENARIO", num_args = 1.., conflicts_with = "at")]
    against: Vec<String>,
    /// Print the facts, N times as fast as they happened; 0: as fast as possible
    #[arg(long, value_name = "N")]
    speed: Option<u32>,
    /// Do not judge invariants
    #[arg(long)]
    no_check: bool,
    /// Replay a cut or damaged log up to where it ends or is damaged
    #[arg(long)]
    salvage: bool,
    /// json
    #[arg(short, long, value_parser = ["json"])]
    output: Option<String>,
}

/// Runs `wavetank replay`.
///
/// # Errors
///
/// When the log cannot be read, or the scenario has mistakes.
pub fn run(args: &Args, output: &mut dyn Write) -> anyhow::Result<ExitCode> {
    let log = whole(&args.log, args.salvage)?;
    let clock = Clock::of(log.header());
    let until = match &args.at {
        Some(text) => Until::At(clock.parse(text).context("--at")?),
        None => Until::End,
    };
    let again = if args.against.is_empty() {
        None
    } else {
        Some(Again::new(&args.against, log.header())?)
    };
    let options = Options {
        until,
        judges: !args.no_check,
        faults: again.as_ref().map(|again| again.schedule.as_slice()),
    };
    let replayed = play(args, log, options, output)?;
    let difference = match &again {
        Some(again) => Some(again.compare(&args.log, args.salvage)?),
        None => None,
    };
    let told = Told {
        replayed: &replayed,
        difference: difference.as_ref(),
        clock,
        judges: !args.no_check,
    };
    let text = match (&args.output, args.speed) {
        (None, _) => told.print(),
        (Some(_), None) => pretty(&told.to_json()),
        // One object a line: the last is the summary.
        (Some(_), Some(_)) => format!("{}\n", told.to_json()),
    };
    output.write_all(text.as_bytes())?;
    Ok(if told.is_ok() {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(NOT_SO)
    })
}

/// Opens a log that is whole, or takes what there is of it.
fn whole(path: &Path, salvage: bool) -> anyhow::Result<Reader<File>> {
    let log = open(path, salvage)?;
    if !salvage && *log.ending() != Ending::Clean {
        bail!(
            "{} is not whole ({}); --salvage replays what there is",
            path.display(),
            ending(log.ending())
        );
    }
    let version = &log.header().model_version;
    if version != MODEL_VERSION {
        tell(&format!(
            "note: the log was made by {version}, and this is {MODEL_VERSION}"
        ));
    }
    Ok(log)
}

/// Folds the log, prints its facts if that is wanted, and tells how fast it went.
#[allow(clippy::disallowed_types, clippy::disallowed_methods)] // wall time, for people only
fn play(
    args: &Args,
    log: Reader<File>,
    options: Options<'_>,
    output: &mut dyn Write,
) -> anyhow::Result<Replayed> {
    let clock = Clock::of(log.header());
    let mut names = Names::default();
    let mut pace = args
        .speed
        .map(|speed| terminal::Pace::new(speed, clock.zero));
    let mut written = Ok(());
    let started = std::time::Instant::now();
    let replayed = replay(log, options, |cluster, record| {
        let Some(pace) = &mut pace else {
            return true;
        };
        names.observe(record);
        if pace.must_wait(record.at) {
            written = output.flush();
            pace.wait();
        }
        let line = fact_line(&clock, cluster, &names, record, args.output.is_some());
        written = std::mem::replace(&mut written, Ok(())).and_then(|()| writeln!(output, "{line}"));
        written.is_ok()
    });
    let replayed = replayed.with_context(|| args.log.display().to_string())?;
    written?;
    if args.speed.is_none() {
        let records = replayed.facts + replayed.deliveries + replayed.definitions;
        let nanos = started.elapsed().as_nanos().max(1);
        let rate = u128::from(records) * 1_000_000_000 / nanos;
        tell(&format!("{records} records, {rate} a second"));
    }
    Ok(replayed)
}

/// The run of a log, to be made again.
struct Again {
    job: Job,
    seed: u64,
    schedule: Vec<FaultStep>,
}

impl Again {
    /// The run of this header, from a scenario.
    fn new(paths: &[String], header: &Header) -> anyhow::Result<Self> {
        if header.model_version != MODEL_VERSION {
            bail!(
                "the run was one of {}, and this is {MODEL_VERSION}: it cannot be made again",
                header.model_version
            );
        }
        let (input_args, choice) = arguments(paths, header)?;
        let failed = |failure: super::exit::Failure| anyhow::anyhow!("--against: {failure}");
        let mut input = input_args.open().map_err(failed)?;
        let given = input_args.overrides(&mut input);
        let loaded = input.plan(&given, &input_args.options());
        report(&input).map_err(failed)?;
        let Some(mut loaded) = loaded else {
            bail!("--against: the scenario has mistakes, reported above");
        };
        loaded.plan.parameters.extend(choice.parameters());
        let job = Job {
            plan: Arc::new(loaded.plan),
            compiled: Arc::new(Compiled::default()),
        };
        Ok(Self {
            schedule: job.schedule(header.seed, &choice),
            seed: header.seed,
            job,
        })
    }

    /// Makes the run, and compares it with its log.
    fn compare(&self, log: &Path, salvage: bool) -> anyhow::Result<Difference> {
        let name = format!("wavetank-replay-{}.wtl", std::process::id());
        let path = std::env::temp_dir().join(name);
        let recorder = Recorder::file(&path, RecordingLevel::Facts);
        let schedule = self.schedule.clone();
        let engine = self
            .job
            .engine_under(schedule, self.seed, recorder, Checks::none());
        let ended = engine.end();
        if let Some(failure) = ended.outcome.log_failure {
            bail!("the run's second log could not be written: {failure}");
        }
        let found = open(&path, false).and_then(|second| {
            let first = whole(log, salvage)?;
            Ok(diff(first, second)?)
        });
        std::fs::remove_file(&path)
            .with_context(|| format!("could not remove {}", path.display()))?;
        found
    }
}

/// The command line that made the run of a log.
fn arguments(paths: &[String], header: &Header) -> anyhow::Result<(InputArgs, Choice)> {
    let mut choice = Choice::default();
    let mut args = InputArgs {
        paths: paths.to_vec(),
        set: Vec::new(),
        params: Vec::new(),
        nodes: None,
        until: None,
        exact: false,
    };
    for (name, value) in &header.parameters {
        let wrong = |what: String| anyhow::anyhow!("the log's parameter {name}: {what}");
        if choice.take(name, value).map_err(wrong)? {
            continue;
        }
        match name.as_str() {
            "--nodes" => args.nodes = Some(value.parse().context("the log's parameter --nodes")?),
            "--until" => args.until = Some(super::input::duration(value).map_err(wrong)?),
            _ => args.set.push(format!("{name}={value}")),
        }
    }
    Ok((args, choice))
}

/// What is said about a replay.
struct Told<'a> {
    replayed: &'a Replayed,
    difference: Option<&'a Difference>,
    clock: Clock,
    judges: bool,
}

impl Told<'_> {
    fn is_ok(&self) -> bool {
        self.replayed.is_ok() && self.difference.is_none_or(Difference::is_empty)
    }

    /// Whether the states agree; none when nothing was there to compare with.
    const fn agree(&self) -> Option<bool> {
        match (&self.replayed.disagreement, self.replayed.agreed) {
            (Some(_), _) => Some(false),
            (None, 0) => None,
            (None, _) => Some(true),
        }
    }

    /// For people.
    fn print(&self) -> String {
        let (replayed, header) = (self.replayed, &self.replayed.header);
        let mut lines = vec![
            format!(
                "scenario     {} ({})",
                header.scenario_name, header.scenario
            ),
            format!("model        {}", header.model_version),
            format!("seed         {}", header.seed),
        ];
        for (name, value) in &header.parameters {
            lines.push(format!("parameter    {name}={value}"));
        }
        lines.push(format!(
            "applied      {} facts, {} deliveries, {} definitions, up to t={}",
            replayed.facts,
            replayed.deliveries,
            replayed.definitions,
            self.clock.since_zero(replayed.at)
        ));
        lines.push(format!("checkpoints  {} agree", replayed.agreed));
        lines.push(format!("state        {:032x}", replayed.state));
        lines.push(format!("digest       {}", replayed.digest));
        for violation in &replayed.violations {
            lines.push(format!(
                "VIOLATED {} at t={} (record {}): {}",
                violation.id,
                self.clock.since_zero(violation.at),
                violation.seq,
                violation.message
            ));
        }
        if self.judges && replayed.violations.is_empty() {
            lines.push("invariants   hold, as far as facts show".to_owned());
        }
        lines.push(match (&replayed.disagreement, self.agree()) {
            (Some(found), _) => format!("DIFFERENT: {found}"),
            (None, Some(_)) => "live and replayed agree".to_owned(),
            (None, None) => {
                "there is no checkpoint up to here: live and replayed were not compared".to_owned()
            }
        });
        let mut text = lines.join("\n");
        text.push('\n');
        if let Some(difference) = self.difference {
            text.push_str(if difference.is_empty() {
                "made again: "
            } else {
                "MADE AGAIN, AND DIFFERENT (log → now):\n"
            });
            text.push_str(&difference.print());
        }
        text
    }

    /// For programs.
    fn to_json(&self) -> Value {
        let (replayed, header) = (self.replayed, &self.replayed.header);
        let parameters: serde_json::Map<String, Value> = header
            .parameters
            .iter()
            .map(|(name, value)| (name.clone(), json!(value)))
            .collect();
        let violations = replayed.violations.iter().map(|it| {
            json!({"id": it.id, "seq": it.seq, "atNanos": it.at.nanos(), "message": it.message})
        });
        json!({
            "ok": self.is_ok(),
            "scenario": header.scenario_name,
            "scenarioDigest": header.scenario.to_string(),
            "modelVersion": header.model_version,
            "seed": header.seed,
            "parameters": parameters,
            "facts": replayed.facts,
            "deliveries": replayed.deliveries,
            "definitions": replayed.definitions,
            "untilNanos": replayed.at.nanos(),
            "ending": ending(&replayed.ending),
            "checkpointsAgree": replayed.agreed,
            "agree": self.agree(),
            "disagreement": replayed.disagreement.as_ref().map(ToString::to_string),
            "stateDigest": format!("{:032x}", replayed.state),
            "digest": replayed.digest,
            "violations": violations.collect::<Vec<_>>(),
            "again": self.difference.map(Difference::to_json),
        })
    }
}
