//! `wavetank describe`

use std::io::Write;
use std::process::ExitCode;

use super::source::{Namespace, Source};
use super::{NOT_SO, tell};
use crate::report::describe::describe_all;
use crate::report::select::{Query, parse_words};

/// Arguments of `wavetank describe`.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "Examples:
  wavetank describe pod web-6f8d-x2bqk --log run.wtl --at 12s
  wavetank describe deploy/web node/node-1 --log run.wtl
  wavetank describe nodes --log run.wtl")]
pub struct Args {
    /// Kinds and names: pod web-1; deploy/web; nodes
    #[arg(required = true, value_name = "KIND [NAME]…")]
    pub words: Vec<String>,
    #[command(flatten)]
    source: Source,
    #[command(flatten)]
    namespace: Namespace,
    /// Only objects with these labels
    #[arg(short = 'l', long, value_name = "SELECTOR")]
    pub selector: Option<String>,
}

/// Runs `wavetank describe`.
///
/// # Errors
///
/// When the arguments are wrong, or the log cannot be read.
pub fn run(args: &Args, output: &mut dyn Write) -> anyhow::Result<ExitCode> {
    let query = Query {
        wanted: parse_words(&args.words)?,
        namespace: args.namespace.chosen(),
        labels: args.selector.as_deref().unwrap_or("").parse()?,
        fields: Vec::new(),
    };
    let loaded = args.source.load()?;
    let view = loaded.snapshot();
    let (text, missing) = describe_all(&view, &query)?;
    output.write_all(text.as_bytes())?;
    for missing in &missing {
        tell(&format!("Error from server (NotFound): {missing}"));
    }
    if text.is_empty() && missing.is_empty() {
        tell("No resources found");
    }
    Ok(if missing.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(NOT_SO)
    })
}
