//! `wavetank explain`

use std::io::Write;
use std::process::ExitCode;

use anyhow::bail;
use wavetank_core::id::Kind;
use wavetank_core::log::RecordError;

use super::source::Source;
use super::{NOT_SO, tell};
use crate::diagnostic::{Diagnostics, Sources, Style};
use crate::plan::settings::SchedulerSettings;
use crate::report::explain::{ExplainError, Subject, explain};
use crate::report::get::pretty;
use crate::report::scheduling::scheduling;
use crate::report::select::Resource;

/// Arguments of `wavetank explain`.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "Examples:
  wavetank explain pod/web-6f8d-x2bqk --log run.wtl
  wavetank explain request/users/417 --log run.wtl
  wavetank explain pod/web-6f8d-x2bqk --scheduling --log run.wtl    why this node?
  wavetank explain seq/20114 --log run.wtl -o json")]
pub struct Args {
    /// KIND/NAME, request/SOURCE/NUMBER, or seq/NUMBER
    pub subject: String,
    #[command(flatten)]
    source: Source,
    /// The namespace [default: any]
    #[arg(short, long)]
    pub namespace: Option<String>,
    /// Why the scheduler put a pod where it did: what each filter and each score said of each node
    #[arg(long)]
    pub scheduling: bool,
    /// With --scheduling: the KubeSchedulerConfiguration that the run had
    #[arg(long, value_name = "FILE", requires = "scheduling")]
    pub scheduler_config: Option<String>,
    /// With --scheduling: every node, and not only the first 20
    #[arg(long, requires = "scheduling")]
    pub all: bool,
    /// json
    #[arg(short, long, value_parser = ["json"])]
    pub output: Option<String>,
}

/// Runs `wavetank explain`.
///
/// # Errors
///
/// When the arguments are wrong, or the log cannot be read.
pub fn run(args: &Args, output: &mut dyn Write) -> anyhow::Result<ExitCode> {
    let subject = subject(args)?;
    let first = args.source.open()?;
    let at = args.source.instant(&first)?;
    let mut opened = Some(first);
    let open = || -> Result<_, RecordError> {
        match opened.take() {
            Some(log) => Ok(log),
            None => {
                let file = std::fs::File::open(&args.source.log)
                    .map_err(wavetank_core::log::LogError::Read)?;
                Ok(wavetank_core::log::Reader::salvage(file)?)
            }
        }
    };
    let as_json = args.output.as_deref() == Some("json");
    let text = if args.scheduling {
        let Subject::Object(Kind::Pod, namespace, name) = &subject else {
            bail!("only pods are scheduled: wavetank explain pod/NAME --scheduling");
        };
        let settings = configured(args.scheduler_config.as_deref())?;
        scheduling(open, namespace.as_deref(), name, at, &settings).map(|it| match as_json {
            true => pretty(&it.to_json()),
            false => it.print(args.all),
        })
    } else {
        explain(open, &subject, at).map(|it| match as_json {
            true => pretty(&it.to_json()),
            false => it.print(),
        })
    };
    let text = match text {
        Ok(text) => text,
        Err(ExplainError::Log(error)) => return Err(error.into()),
        Err(error) => {
            tell(&format!("error: {error}"));
            return Ok(ExitCode::from(NOT_SO));
        }
    };
    output.write_all(text.as_bytes())?;
    Ok(ExitCode::SUCCESS)
}

/// The settings of a configuration; the default ones without it.
fn configured(path: Option<&str>) -> anyhow::Result<SchedulerSettings> {
    let Some(path) = path else {
        return Ok(SchedulerSettings::default());
    };
    let (mut sources, mut diagnostics) = (Sources::new(), Diagnostics::new());
    let settings = SchedulerSettings::from_file(path, &mut sources, &mut diagnostics);
    if !diagnostics.is_empty() {
        tell(diagnostics.render(&sources, Style::Plain).trim_end());
    }
    if diagnostics.has_errors() {
        bail!("{path} has mistakes, reported above");
    }
    Ok(settings)
}

fn subject(args: &Args) -> anyhow::Result<Subject> {
    let parts: Vec<_> = args.subject.split('/').collect();
    Ok(match parts[..] {
        ["request", client, number] => match number.parse() {
            Ok(number) => Subject::Request(client.to_owned(), number),
            Err(_) => bail!("a request has a number: request/{client}/417"),
        },
        ["seq", number] => match number.parse() {
            Ok(number) => Subject::Record(number),
            Err(_) => bail!("a record has a number: seq/20114"),
        },
        [kind, name] => match Resource::parse(kind)? {
            Resource::Object(kind) => {
                Subject::Object(kind, args.namespace.clone(), name.to_owned())
            }
            Resource::Event | Resource::Endpoints => {
                bail!("{kind} cannot be explained: ask for the object itself")
            }
        },
        _ => bail!(
            "`{}` is not KIND/NAME, request/SOURCE/NUMBER or seq/NUMBER",
            args.subject
        ),
    })
}
