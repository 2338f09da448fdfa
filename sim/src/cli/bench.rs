//! `wavetank bench`: how fast large pod counts are on this machine.

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::ValueEnum;
use serde_json::json;
use wavetank_core::log::RecordingLevel;

use super::exit::Failure;
use super::terminal;
use crate::bench::{self, PODS_A_NODE, Size};
use crate::check::Checks;
use crate::engine::Ended;
use crate::engine::record::Recorder;

/// The arguments of `bench`.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "\
Examples:
  wavetank bench                                              bare pods on 1,000 nodes
  wavetank bench --workload schedule --nodes 5000 --pods 100000
  wavetank bench --workload live --nodes 1000 --pods 100000 -o json
  wavetank bench --record messages                            with a log of everything

The clients' rate limits are off and every image is on every node; all else is as in any run.
Figures are of one thread. Invariants are checked only with --check.")]
pub struct Args {
    /// What the cluster does
    #[arg(long, value_enum, default_value_t = Workload::Plain)]
    workload: Workload,
    /// How many nodes there are
    #[arg(long, value_name = "N", default_value_t = 1_000, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    nodes: u32,
    /// How many pods there are in all
    #[arg(long, value_name = "P", default_value_t = 10_000, value_parser = clap::value_parser!(u32).range(1..=100_000_000))]
    pods: u32,
    /// The seed of all draws
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// What is recorded, into a file that is removed afterwards
    #[arg(long, value_enum, default_value_t = Level::None)]
    record: Level,
    /// Check invariants
    #[arg(long)]
    check: bool,
    /// Play out every tick instead of computing lazily
    #[arg(long)]
    exact: bool,
    /// Output: text, or json for programs
    #[arg(short, long, value_enum, default_value_t = Output::Text)]
    output: Output,
}

/// What is measured.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
enum Workload {
    /// Bare pods without probes: created, started, ready, deleted, gone
    Plain,
    /// Bare pods created and bound; kubelets stand still
    Schedule,
    /// Pods of Deployments behind Services, with readiness probes: brought up, kept for a minute
    Live,
}

/// What is recorded.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
enum Level {
    /// The digest alone, as in sweeps
    None,
    /// Facts
    Facts,
    /// Facts and deliveries
    Messages,
}

/// How results are printed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
enum Output {
    /// For people
    Text,
    /// For programs
    Json,
}

/// Runs the command.
///
/// # Errors
///
/// When the user has to change something.
#[allow(clippy::disallowed_types, clippy::disallowed_methods)] // wall time is what is measured
pub fn run(args: &Args, out: &mut dyn Write) -> Result<ExitCode, Failure> {
    let size = Size {
        nodes: args.nodes,
        pods: args.pods,
        seed: args.seed,
        exact: args.exact,
    };
    if args.workload != Workload::Plain && !size.fits() {
        let least = args.pods.div_ceil(PODS_A_NODE);
        return Err(Failure::user(format!(
            "{} pods do not fit on {} nodes of {PODS_A_NODE} pods: give --nodes {least} or more",
            args.pods, args.nodes
        )));
    }
    let (recorder, log) = recorder(args.record);
    let checks = if args.check {
        Checks::all()
    } else {
        Checks::none()
    };
    let workload = match args.workload {
        Workload::Plain => bench::Workload::Plain,
        Workload::Schedule => bench::Workload::Schedule,
        Workload::Live => bench::Workload::Live,
    };
    let bar = terminal::bar_of(u64::from(args.pods), "pods");
    let started = std::time::Instant::now();
    let ended = bench::run(workload, size, recorder, checks, &mut |done| {
        bar.set_position(u64::from(done));
    });
    let wall = started.elapsed();
    bar.finish_and_clear();
    let log_bytes = log.as_ref().map(|path| {
        let bytes = std::fs::metadata(path).map_or(0, |it| it.len());
        let _gone = std::fs::remove_file(path);
        bytes
    });
    if let Some(failure) = &ended.outcome.log_failure {
        return Err(Failure::user(format!(
            "the log could not be written: {failure}"
        )));
    }
    let figures = Figures {
        args,
        ended: &ended,
        wall,
        log_bytes,
        peak: terminal::peak_memory(),
    };
    let written = match args.output {
        Output::Json => writeln!(out, "{:#}", figures.json()),
        Output::Text => write!(out, "{}", figures.text()),
    };
    written.map_err(|error| Failure::user(format!("the output could not be written: {error}")))?;
    Ok(if ended.outcome.violations.is_empty() {
        ExitCode::SUCCESS
    } else {
        super::exit::violated()
    })
}

/// Where records go, and the file that is to be removed.
fn recorder(level: Level) -> (Recorder, Option<PathBuf>) {
    let level = match level {
        Level::None => return (Recorder::digest(), None),
        Level::Facts => RecordingLevel::Facts,
        Level::Messages => RecordingLevel::Messages,
    };
    let name = format!("wavetank-bench-{}.wtl", std::process::id());
    let path = std::env::temp_dir().join(name);
    (Recorder::file(&path, level), Some(path))
}

/// What came out.
struct Figures<'a> {
    args: &'a Args,
    ended: &'a Ended,
    wall: Duration,
    log_bytes: Option<u64>,
    peak: Option<u64>,
}

impl Figures<'_> {
    /// So many a second of wall time.
    #[allow(clippy::cast_precision_loss)] // a rate for people
    fn rate(&self, count: u64) -> f64 {
        count as f64 / self.wall.as_secs_f64().max(1e-9)
    }

    #[allow(clippy::cast_precision_loss)] // figures for people
    fn json(&self) -> serde_json::Value {
        let outcome = &self.ended.outcome;
        json!({
            "workload": self.name(),
            "nodes": self.args.nodes,
            "pods": self.args.pods,
            "seed": self.args.seed,
            "pods_per_second": self.rate(self.args.pods.into()).round(),
            "messages_per_second": self.rate(outcome.messages).round(),
            "peak_rss_bytes": self.peak,
            "wall_seconds": self.wall.as_secs_f64(),
            "messages": outcome.messages,
            "facts": outcome.facts,
            "simulated_seconds": outcome.ended.since(outcome.zero).nanos() as f64 / 1e9,
            "log_bytes": self.log_bytes,
            "digest": outcome.digest.to_string(),
            "violations": outcome.violations.len(),
        })
    }

    fn name(&self) -> &'static str {
        match self.args.workload {
            Workload::Plain => "plain",
            Workload::Schedule => "schedule",
            Workload::Live => "live",
        }
    }

    #[allow(clippy::cast_precision_loss)] // figures for people
    fn text(&self) -> String {
        let outcome = &self.ended.outcome;
        let Args { nodes, pods, .. } = self.args;
        let mut text = format!(
            "{}: {pods} pods on {nodes} nodes, {:.1} simulated seconds in {:.2} s\n",
            self.name(),
            outcome.ended.since(outcome.zero).nanos() as f64 / 1e9,
            self.wall.as_secs_f64()
        );
        let mut line = |what: &str, figure: String| {
            text.push_str(&format!("  {what:<16}{figure}\n"));
        };
        line("pods/s", format!("{:.0}", self.rate((*pods).into())));
        line(
            "messages/s",
            format!(
                "{:.0}  ({:.1} a pod)",
                self.rate(outcome.messages),
                outcome.messages as f64 / f64::from(*pods)
            ),
        );
        line(
            "facts",
            format!(
                "{}  ({:.1} a pod)",
                outcome.facts,
                outcome.facts as f64 / f64::from(*pods)
            ),
        );
        if let Some(bytes) = self.log_bytes {
            line(
                "log",
                format!(
                    "{:.1} MB  ({:.1} bytes a fact)",
                    bytes as f64 / 1e6,
                    bytes as f64 / outcome.facts as f64
                ),
            );
        }
        if let Some(peak) = self.peak {
            line("peak memory", format!("{:.0} MB", peak as f64 / 1e6));
        }
        for violation in outcome.violations.iter().take(10) {
            line("VIOLATED", format!("{violation:?}"));
        }
        text
    }
}
