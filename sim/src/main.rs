//! The program `wavetank`.

use std::process::ExitCode;

use clap::{CommandFactory as _, Parser, Subcommand};
use wavetank_sim::cli::{self, ReadCommand, exit::Failure};

/// A deterministic, event-sourced model of Kubernetes: manifests and a sea state in, the exact history out.
#[derive(Debug, Parser)]
#[command(name = "wavetank", version, max_term_width = 100)]
#[command(after_help = "\
Examples:
  wavetank run scenarios/rollout.yaml --log run.wtl      one run, and its log
  wavetank sweep scenarios/rollout.yaml                  thousands of runs, and an answer
  wavetank check scenarios/*.yaml --swarm                does an invariant ever break?
  wavetank run manifests/ --nodes 5                      plain manifests on a default cluster
  wavetank get pods --log run.wtl --at 12s               what kubectl would have shown
  wavetank fit -f pod.yaml --cluster dump.json           would it fit on my cluster?")]
struct Program {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Play a scenario, or plain manifests on a default cluster
    Run(cli::run::Args),
    /// Play many variants of a scenario, and answer its question
    Sweep(cli::sweep::Args),
    /// Look for violated invariants under many seeds and random faults
    Check(cli::check::Args),
    /// Compare decisions of the model with recorded ones of real Kubernetes
    Conform(cli::conform::Args),
    /// Where would these pods go on my cluster, and how many more would fit?
    Fit(cli::fit::Args),
    #[command(flatten)]
    Read(ReadCommand),
    /// Measure large pod counts on this machine
    Bench(cli::bench::Args),
    /// Print the JSON Schema of scenarios, or of one field
    Schema(cli::schema::Args),
    /// Print completions for a shell
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
}

fn main() -> ExitCode {
    let program = Program::parse();
    let stdout = std::io::stdout();
    let mut out = std::io::BufWriter::new(stdout.lock());
    let result = match &program.command {
        Command::Run(args) => cli::run::run(args, &mut out),
        Command::Sweep(args) => cli::sweep::run(args, &mut out),
        Command::Bench(args) => cli::bench::run(args, &mut out),
        Command::Check(args) => cli::check::run(args, &mut out),
        Command::Conform(args) => cli::conform::run(args, &mut out),
        Command::Fit(args) => cli::fit::run(args, &mut out),
        Command::Schema(args) => cli::schema::run(args, &mut out),
        Command::Completions { shell } => {
            clap_complete::generate(*shell, &mut Program::command(), "wavetank", &mut out);
            Ok(ExitCode::SUCCESS)
        }
        Command::Read(command) => {
            let code = cli::finish(command.run(&mut out));
            return flush(out, code);
        }
    };
    let code = result.unwrap_or_else(Failure::exit);
    flush(out, code)
}

/// What could not be written is no success, unless the reader went away.
fn flush(mut out: impl std::io::Write, code: ExitCode) -> ExitCode {
    match out.flush() {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            Failure::user(format!("the output could not be written: {error}")).exit()
        }
        _ => code,
    }
}
