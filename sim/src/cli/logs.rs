//! `wavetank logs`

use std::io::Write;
use std::process::ExitCode;

use anyhow::Context as _;
use wavetank_core::id::{Kind, PodId};

use super::source::Source;
use super::{NOT_SO, tell};
use crate::report::Loaded;
use crate::report::clock::Clock;
use crate::report::logs::{Lines, LogOptions};
use crate::report::select::{Item, QueryError, Resource, one};

/// Arguments of `wavetank logs`.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "Examples:
  wavetank logs web-6f8d-x2bqk --log run.wtl
  wavetank logs pod/web-1 -c sidecar --tail 20 --timestamps --log run.wtl
  wavetank logs web-1 --previous --log run.wtl --at 2m")]
pub struct Args {
    /// The pod: web-1 or pod/web-1
    pub pod: String,
    #[command(flatten)]
    source: Source,
    /// The namespace
    #[arg(short, long, default_value = "default")]
    pub namespace: String,
    /// The container [default: the first]
    #[arg(short, long)]
    pub container: Option<String>,
    /// All containers
    #[arg(long, conflicts_with = "container")]
    pub all_containers: bool,
    /// Pod and container before each line
    #[arg(long)]
    pub prefix: bool,
    /// What the container wrote before it was restarted
    #[arg(short, long)]
    pub previous: bool,
    /// At most so many of the last lines
    #[arg(long, value_name = "N")]
    pub tail: Option<usize>,
    /// The time before each line
    #[arg(long)]
    pub timestamps: bool,
    /// Only lines from this instant on, counted from t = 0
    #[arg(long, value_name = "T", allow_hyphen_values = true)]
    pub since: Option<String>,
}

/// Runs `wavetank logs`.
///
/// # Errors
///
/// When the arguments are wrong, or the log cannot be read.
pub fn run(args: &Args, output: &mut dyn Write) -> anyhow::Result<ExitCode> {
    let name = match args.pod.split_once('/') {
        None => &*args.pod,
        Some((kind, name)) if Resource::parse(kind)? == Resource::Object(Kind::Pod) => name,
        Some(_) => anyhow::bail!("logs are those of a pod: write pod/NAME or NAME"),
    };
    let loaded = args.source.load()?;
    let view = loaded.snapshot();
    let found = one(&view, Resource::Object(Kind::Pod), &args.namespace, name);
    let pod = match found {
        Ok(Item::Object(object)) => PodId(object.index),
        Ok(Item::Event(_) | Item::Endpoints(_)) => return Ok(ExitCode::from(NOT_SO)),
        Err(error @ QueryError::NotFound { .. }) => {
            tell(&format!("error: {error}"));
            return Ok(ExitCode::from(NOT_SO));
        }
        Err(error) => return Err(error.into()),
    };
    let mut lines = Lines::of(pod);
    let log = args.source.open()?;
    let clock = Clock::of(log.header());
    let at = Some(view.now);
    Loaded::load_with(log, at, |_, record| lines.observe(record))?;
    let options = LogOptions {
        container: args.container.clone(),
        all: args.all_containers,
        prefix: args.prefix,
        previous: args.previous,
        tail: args.tail,
        timestamps: args.timestamps,
        since: match &args.since {
            Some(text) => Some(clock.parse(text).context("--since")?),
            None => None,
        },
    };
    let text = lines.show(&view, &options)?;
    output.write_all(text.as_bytes())?;
    Ok(ExitCode::SUCCESS)
}
