//! `wavetank diff`

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use super::NOT_SO;
use super::source::open;
use crate::report::diff::diff;
use crate::report::get::pretty;

/// Arguments of `wavetank diff`.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "Examples:
  wavetank diff before.wtl after.wtl
  wavetank diff one.wtl two.wtl -o json

Exit code 0 when the runs are equal, 1 when they differ.")]
pub struct Args {
    /// The first log
    pub first: PathBuf,
    /// The second log
    pub second: PathBuf,
    /// Read damaged logs up to the damage
    #[arg(long)]
    pub salvage: bool,
    /// json
    #[arg(short, long, value_parser = ["json"])]
    pub output: Option<String>,
}

/// Runs `wavetank diff`.
///
/// # Errors
///
/// When a log cannot be read.
pub fn run(args: &Args, output: &mut dyn Write) -> anyhow::Result<ExitCode> {
    let first = open(&args.first, args.salvage)?;
    let second = open(&args.second, args.salvage)?;
    let found = diff(first, second)?;
    let text = match args.output.as_deref() {
        Some("json") => pretty(&found.to_json()),
        Some(_) | None => found.print(),
    };
    output.write_all(text.as_bytes())?;
    Ok(if found.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(NOT_SO)
    })
}
