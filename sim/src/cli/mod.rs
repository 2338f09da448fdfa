//! The command line: one file a subcommand. Results go to the standard output, everything else to the
//! standard error.

pub mod describe;
pub mod diff;
pub mod events;
pub mod exit;
pub mod explain;
pub mod get;
pub mod input;
pub mod log;
pub mod logs;
pub mod run;
pub mod schema;
pub mod source;
pub mod summary;
pub mod sweep;
pub mod terminal;

use std::io::{ErrorKind, Write};
use std::process::ExitCode;

use clap::Subcommand;

/// The exit code of a user's mistake: a wrong argument, a log that cannot be read.
pub const MISTAKE: u8 = 2;
/// The exit code when what was asked for is not there, or not as it should be.
pub const NOT_SO: u8 = 1;

/// The subcommands that read logs.
#[derive(Debug, Subcommand)]
pub enum ReadCommand {
    /// List objects as `kubectl get` does, at any instant of a run
    Get(get::Args),
    /// Show one object in detail, with its Events
    Describe(describe::Args),
    /// List Kubernetes Events, the latest last
    Events(events::Args),
    /// Print what a container wrote
    Logs(logs::Args),
    /// Tell what happened to an object or a request, step by step, and why
    Explain(explain::Args),
    /// Find where two logs part, and what followed
    Diff(diff::Args),
    /// Look at a log as such
    Log(log::Args),
}

impl ReadCommand {
    /// Runs the subcommand, with results to `output`.
    ///
    /// # Errors
    ///
    /// When the user made a mistake, or a file cannot be read.
    pub fn run(&self, output: &mut dyn Write) -> anyhow::Result<ExitCode> {
        match self {
            Self::Get(args) => get::run(args, output),
            Self::Describe(args) => describe::run(args, output),
            Self::Events(args) => events::run(args, output),
            Self::Logs(args) => logs::run(args, output),
            Self::Explain(args) => explain::run(args, output),
            Self::Diff(args) => diff::run(args, output),
            Self::Log(args) => log::run(args, output),
        }
    }
}

/// The exit code of a subcommand; its error, if any, is told on the standard error.
pub fn finish(result: anyhow::Result<ExitCode>) -> ExitCode {
    match result {
        Ok(code) => code,
        Err(error) if is_closed(&error) => ExitCode::SUCCESS,
        Err(error) => {
            tell(&format!("error: {}", chain(&error)));
            ExitCode::from(MISTAKE)
        }
    }
}

/// An error with its causes, unless a message already contains that of its cause.
fn chain(error: &anyhow::Error) -> String {
    let mut text = String::new();
    for cause in error.chain() {
        let cause = cause.to_string();
        if text.is_empty() {
            text = cause;
        } else if !text.contains(&cause) {
            text.push_str(": ");
            text.push_str(&cause);
        }
    }
    text
}

/// Whether the reader of the output went away: `wavetank get pods | head`.
fn is_closed(error: &anyhow::Error) -> bool {
    error
        .downcast_ref::<std::io::Error>()
        .is_some_and(|error| error.kind() == ErrorKind::BrokenPipe)
}

/// Writes a line to the standard error.
#[expect(clippy::print_stderr, reason = "this is the place where it is written")]
pub fn tell(line: &str) {
    eprintln!("{line}");
}
