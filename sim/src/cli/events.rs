//! `wavetank events`

use std::io::Write;
use std::process::ExitCode;

use serde_json::Value;

use super::source::{Namespace, Source};
use super::tell;
use crate::report::events::table;
use crate::report::get::pretty;
use crate::report::object::{list, yaml};
use crate::report::select::{QueryError, Resource};

/// Arguments of `wavetank events`.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "Examples:
  wavetank events --log run.wtl
  wavetank events --for pod/web-1 --log run.wtl --at 30s
  wavetank events --types Warning -A -o json --log run.wtl")]
pub struct Args {
    #[command(flatten)]
    source: Source,
    #[command(flatten)]
    namespace: Namespace,
    /// Only Events about this object: pod/web-1
    #[arg(long = "for", value_name = "KIND/NAME")]
    pub about: Option<String>,
    /// Only Events of these types: Normal, Warning
    #[arg(long, value_delimiter = ',')]
    pub types: Vec<String>,
    /// wide, json or yaml
    #[arg(short, long, value_parser = ["wide", "json", "yaml"])]
    pub output: Option<String>,
}

/// Runs `wavetank events`.
///
/// # Errors
///
/// When the arguments are wrong, or the log cannot be read.
pub fn run(args: &Args, output: &mut dyn Write) -> anyhow::Result<ExitCode> {
    let about = match &args.about {
        None => None,
        Some(text) => {
            let (kind, name) = text
                .split_once('/')
                .ok_or_else(|| QueryError::UnknownResource(text.clone()))?;
            Some((Resource::parse(kind)?.kind_name(), name))
        }
    };
    let loaded = args.source.load()?;
    let view = loaded.snapshot();
    let namespace = args.namespace.chosen();
    let mut events = view.events.at(view.now);
    events.retain(|event| {
        let object = event.object;
        let place = match view.namespace(object) {
            "" => "default",
            place => place,
        };
        let is_meant = about
            .is_none_or(|(kind, name)| object.kind.name() == kind && view.name(object) == name);
        let is_of_type = args.types.is_empty()
            || args
                .types
                .iter()
                .any(|wanted| wanted.eq_ignore_ascii_case(event.kind()));
        is_meant && is_of_type && namespace.as_deref().is_none_or(|only| only == place)
    });
    if events.is_empty() {
        tell("No events found.");
        return Ok(ExitCode::SUCCESS);
    }
    let values = || -> Value { list(events.iter().map(|event| event.to_json(&view)).collect()) };
    let text = match args.output.as_deref() {
        Some("json") => pretty(&values()),
        Some("yaml") => yaml::print(&values()),
        wide => table(&view, &events, namespace.is_none(), wide == Some("wide")).print(),
    };
    output.write_all(text.as_bytes())?;
    Ok(ExitCode::SUCCESS)
}
