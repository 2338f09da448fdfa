//! `wavetank log stat|cat|verify`

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::Subcommand;

use super::NOT_SO;
use super::source::open;
use crate::report::clock::Clock;
use crate::report::get::pretty;
use crate::report::log::{CatOptions, cat, stat, verify};

/// Arguments of `wavetank log`.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "Examples:
  wavetank log stat run.wtl
  wavetank log cat run.wtl --from 10s --to 12s
  wavetank log verify run.wtl")]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Clone, Debug, Subcommand)]
enum Command {
    /// Count what the log contains
    Stat(Plain),
    /// Print the records, one a line
    Cat(CatArgs),
    /// Check everything: checksums, chain, records against the state, digests
    Verify(Plain),
}

#[derive(Clone, Debug, clap::Args)]
struct Plain {
    /// The log
    file: PathBuf,
    /// Read a damaged log up to the damage
    #[arg(long)]
    salvage: bool,
    /// json
    #[arg(short, long, value_parser = ["json"])]
    output: Option<String>,
}

#[derive(Clone, Debug, clap::Args)]
struct CatArgs {
    #[command(flatten)]
    plain: Plain,
    /// From this instant on, counted from t = 0
    #[arg(long, value_name = "T", allow_hyphen_values = true)]
    from: Option<String>,
    /// Up to this instant
    #[arg(long, value_name = "T", allow_hyphen_values = true)]
    to: Option<String>,
    /// Deliveries as well, if the log has them
    #[arg(long)]
    deliveries: bool,
}

/// Runs `wavetank log`.
///
/// # Errors
///
/// When the log cannot be read.
pub fn run(args: &Args, output: &mut dyn Write) -> anyhow::Result<ExitCode> {
    match &args.command {
        Command::Stat(plain) => {
            let found = stat(open(&plain.file, plain.salvage)?)?;
            let text = if plain.output.is_some() {
                pretty(&found.to_json())
            } else {
                found.print()
            };
            output.write_all(text.as_bytes())?;
            Ok(ExitCode::SUCCESS)
        }
        Command::Cat(args) => run_cat(args, output),
        Command::Verify(plain) => {
            let found = verify(open(&plain.file, plain.salvage)?)
                .with_context(|| plain.file.display().to_string())?;
            let text = if plain.output.is_some() {
                pretty(&found.to_json())
            } else {
                found.print()
            };
            output.write_all(text.as_bytes())?;
            Ok(if found.is_whole() {
                ExitCode::SUCCESS
            } else {
                ExitCode::from(NOT_SO)
            })
        }
    }
}

fn run_cat(args: &CatArgs, output: &mut dyn Write) -> anyhow::Result<ExitCode> {
    let log = open(&args.plain.file, args.plain.salvage)?;
    let clock = Clock::of(log.header());
    let instant = |text: &Option<String>| text.as_deref().map(|it| clock.parse(it)).transpose();
    let options = CatOptions {
        from: instant(&args.from).context("--from")?,
        to: instant(&args.to).context("--to")?,
        deliveries: args.deliveries,
        json: args.plain.output.is_some(),
    };
    let mut written = Ok(());
    cat(log, options, |line| {
        written = writeln!(output, "{line}");
        written.is_ok()
    })?;
    written?;
    Ok(ExitCode::SUCCESS)
}
