//! The command line: one file a subcommand. Results go to the standard output, everything else to the
//! standard error.

pub mod bench;
pub mod check;
pub mod conform;
pub mod describe;
pub mod diff;
pub mod events;
pub mod exit;
pub mod explain;
pub mod fit;
pub mod get;
pub mod input;
pub mod log;
pub mod logs;
pub mod replay;
pub mod run;
pub mod schema;
pub mod shown;
pub mod source;
pub mod summary;
pub mod sweep;
pub mod terminal;
mod unsettled;

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
    /// Fold a log again, and compare it with its run
    Replay(replay::Args),
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
            Self::Replay(args) => replay::run(args, output),
            Self::Log(args) => log::run(args, output),
        }
    }
}

/// The exit code of a subcommand; its error, if any, is told on the standard error.
pub fn finish(result: anyhow::Result<ExitCode>) -> ExitCode {
    match result {
        Ok(_) if source::was_cut() => ExitCode::from(MISTAKE),
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

/// Writes a line to the standard error. If that is closed or full, there is nobody left to tell.
pub fn tell(line: &str) {
    drop(writeln!(std::io::stderr().lock(), "{line}"));
}

#[cfg(test)]
mod tests {
    use clap::{CommandFactory as _, Parser};
    use wavetank_core::log::{Digest, Header, LogFile, RecordingLevel};
    use wavetank_core::time::SimTime;

    use super::*;

    #[derive(Debug, Parser)]
    struct Program {
        #[command(subcommand)]
        command: ReadCommand,
    }

    /// Runs a line over an empty log; `LOG` stands for its path.
    fn check(line: &str, expected: Result<&str, &str>) {
        let directory = std::env::temp_dir().join(format!("wavetank-cli-{}", std::process::id()));
        std::fs::create_dir_all(&directory).unwrap();
        let path = directory.join(format!("{:x}.wtl", line.len()));
        let header = Header {
            model_version: "0.1.0".into(),
            scenario: Digest::of(b""),
            scenario_name: "empty".into(),
            parameters: Vec::new(),
            seed: 1,
            level: RecordingLevel::Facts,
            clock_phase: 0,
            zero: SimTime::from_secs(1),
            epoch_seconds: 1_767_225_600,
        };
        if path.exists() {
            std::fs::remove_file(&path).unwrap(); // left by an earlier process of this number
        }
        LogFile::create(&path, &header).unwrap().finish().unwrap();
        let line = line.replace("LOG", &path.display().to_string());
        let words = ["wavetank"].into_iter().chain(line.split_whitespace());
        let mut output = Vec::new();
        let result = Program::try_parse_from(words)
            .map_err(|error| error.to_string())
            .and_then(|program| {
                let result = program.command.run(&mut output);
                result.map_err(|error| chain(&error).replace(&path.display().to_string(), "LOG"))
            });
        let found = result.map(|_| String::from_utf8(output).unwrap());
        assert_eq!(found.as_deref().map_err(|error| &**error), expected);
        std::fs::remove_file(&path).unwrap();
    }

    #[test]
    fn arguments_are_consistent() {
        Program::command().debug_assert();
    }

    #[test]
    fn mistakes_are_told() {
        check("get pods --log LOG", Ok(""));
        check(
            "get pots --log LOG",
            Err(
                "the server doesn't have a resource type \"pots\": try pods, nodes, deployments, …",
            ),
        );
        check(
            "get pods --at 5x --log LOG",
            Err(
                "--at: `5x` is not a time: write it as 3m17.2s, 90s, 1h2m or 250ms, counted from \
                 t = 0, and with a minus for the warm-up",
            ),
        );
        check(
            "get pods --at -3s --log LOG",
            Err("--at: -3s is before the run, which began at t=-1.000s"),
        );
        check("explain pod/web --log LOG", Ok(""));
        check(
            "explain web --log LOG",
            Err("`web` is not KIND/NAME, request/SOURCE/NUMBER or seq/NUMBER"),
        );
        check(
            "logs deploy/web --log LOG",
            Err("logs are those of a pod: write pod/NAME or NAME"),
        );
        check("diff LOG LOG", Ok("all 0 facts are equal\n"));
        let cannot =
            "the run was one of 0.1.0, and this is wavetank 0.1.0: it cannot be made again";
        check("replay LOG --against s.yaml", Err(cannot));
        check(
            "replay LOG --at 5x",
            Err(
                "--at: `5x` is not a time: write it as 3m17.2s, 90s, 1h2m or 250ms, counted from \
                 t = 0, and with a minus for the warm-up",
            ),
        );
    }
}
