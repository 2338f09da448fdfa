//! `wavetank sweep`.

use std::io::Write;
use std::process::ExitCode;

use super::exit::Failure;
use super::input::InputArgs;

/// The arguments of `sweep`.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    input: InputArgs,
}

/// Runs the command.
pub fn run(_args: &Args, _out: &mut dyn Write) -> Result<ExitCode, Failure> {
    Err(Failure::user("not built yet"))
}
