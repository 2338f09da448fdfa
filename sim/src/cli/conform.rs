//! `wavetank conform scheduler`: recorded decisions of the real scheduler, made again and compared.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Subcommand;

use super::exit::{Failure, violated};
use super::run::Output;
use super::terminal;
use crate::conform::scheduler::{self, Options};
use crate::diagnostic::{Diagnostics, Sources, Style};

/// The arguments of `conform`.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "\
Examples:
  wavetank conform scheduler decisions.jsonl.zst
  wavetank conform scheduler *.jsonl --differences 20
  wavetank conform scheduler *.jsonl.zst -o json > conform.json")]
pub struct Args {
    #[command(subcommand)]
    component: Component,
}

/// The components whose decisions can be compared.
#[derive(Clone, Debug, Subcommand)]
enum Component {
    /// Decisions of kube-scheduler: which nodes fit, scores, messages, preemption
    Scheduler(SchedulerArgs),
}

/// The arguments of `conform scheduler`.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "\
Examples:
  wavetank conform scheduler decisions.jsonl.zst
  wavetank conform scheduler *.jsonl --differences 20
  wavetank conform scheduler *.jsonl.zst -o json > conform.json

A line is one decision (a cluster, a pod, and what the real scheduler said), or a sequence of pods that
arrive one after the other (`mode`, `pods`). The model decides anew, and every field is compared: verdict
and reasons by node, raw and final scores by plugin, totals, the best nodes, both messages, and all that
preemption weighs.

Exit code 0 when every line agrees, 1 when one does not, 2 for a file or line that cannot be read.")]
struct SchedulerArgs {
    /// Files of recorded decisions: .jsonl, or .jsonl.zst
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// How many differences are shown: of a line the first of each field
    #[arg(long, value_name = "N", default_value_t = 5)]
    differences: usize,
    /// How many threads run [default: one a core]
    #[arg(long, value_name = "N", default_value_t = 0, hide_default_value = true)]
    jobs: usize,
    /// Output: text, or json for programs
    #[arg(short, long, value_enum, default_value_t = Output::Text)]
    output: Output,
}

/// Runs the command.
///
/// # Errors
///
/// When the user has to change something.
pub fn run(args: &Args, out: &mut dyn Write) -> Result<ExitCode, Failure> {
    match &args.component {
        Component::Scheduler(args) => run_scheduler(args, out),
    }
}

fn run_scheduler(args: &SchedulerArgs, out: &mut dyn Write) -> Result<ExitCode, Failure> {
    if args.output == Output::Yaml {
        return Err(Failure::user("conform prints text or json"));
    }
    let files: Vec<&Path> = args.files.iter().map(PathBuf::as_path).collect();
    let bytes = files.iter().map(|file| scheduler::read::size(file)).sum();
    let bar = terminal::bar_of(bytes, "bytes");
    let options = Options {
        differences: args.differences,
        ..Options::default()
    };
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(args.jobs)
        .build();
    let pool =
        pool.map_err(|error| Failure::user(format!("the threads could not be started: {error}")))?;
    let result = pool.install(|| scheduler::run(&files, options, &|read| bar.set_position(read)));
    bar.finish_and_clear();
    let report = result.map_err(|mistakes| {
        let (mut sources, mut diagnostics) = (Sources::new(), Diagnostics::new());
        for mistake in &mistakes {
            mistake.tell(&mut sources, &mut diagnostics);
        }
        let style = if terminal::colours_on_stderr() {
            Style::Coloured
        } else {
            Style::Plain
        };
        super::tell(diagnostics.render(&sources, style).trim_end());
        Failure::reported()
    })?;
    let text = match args.output {
        Output::Json => format!("{:#}\n", report.to_json()),
        Output::Text | Output::Yaml => report.to_text(),
    };
    out.write_all(text.as_bytes())
        .map_err(|error| Failure::user(format!("the output could not be written: {error}")))?;
    Ok(match report.totals() {
        (_, 0) => ExitCode::SUCCESS,
        _ => violated(),
    })
}
