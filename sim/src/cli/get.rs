//! `wavetank get`

use std::io::Write;
use std::process::ExitCode;

use anyhow::Context as _;

use super::source::{Namespace, Source};
use super::{NOT_SO, tell};
use crate::report::get::{Output, Request, get};
use crate::report::select::{Query, parse_fields, parse_words};

/// Arguments of `wavetank get`.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "Examples:
  wavetank get pods --log run.wtl
  wavetank get pods --log run.wtl --at 3m17.2s -o wide
  wavetank get deploy/web svc/web --log run.wtl -o yaml
  wavetank get pods -A -l app=web --field-selector status.phase=Running --log run.wtl
  wavetank get events --sort-by .lastTimestamp --log run.wtl
  wavetank get pods -o jsonpath='{.items[*].metadata.name}' --log run.wtl")]
pub struct Args {
    /// Kinds and names: pods; po,svc; pod web-1; deploy/web; all
    #[arg(required = true, value_name = "KIND [NAME]…")]
    pub words: Vec<String>,
    #[command(flatten)]
    source: Source,
    #[command(flatten)]
    namespace: Namespace,
    /// Only objects with these labels: app=web,tier in (a,b),!canary
    #[arg(short = 'l', long, value_name = "SELECTOR")]
    pub selector: Option<String>,
    /// Only objects with these fields: status.phase=Running,spec.nodeName!=node-1
    #[arg(long, value_name = "FIELDS")]
    pub field_selector: Option<String>,
    /// wide, json, yaml, name, jsonpath=TEMPLATE or custom-columns=HEADING:PATH,…
    #[arg(short, long, value_name = "FORMAT")]
    pub output: Option<String>,
    /// Labels that get columns of their own
    #[arg(short = 'L', long, value_name = "KEYS", value_delimiter = ',')]
    pub label_columns: Vec<String>,
    /// All labels in the last column
    #[arg(long)]
    pub show_labels: bool,
    /// No line of headings
    #[arg(long)]
    pub no_headers: bool,
    /// Sort by a field: .metadata.creationTimestamp
    #[arg(long, value_name = "PATH")]
    pub sort_by: Option<String>,
}

/// Runs `wavetank get`.
///
/// # Errors
///
/// When the arguments are wrong, or the log cannot be read.
pub fn run(args: &Args, output: &mut dyn Write) -> anyhow::Result<ExitCode> {
    let labels = args.selector.as_deref().unwrap_or("").parse();
    let request = Request {
        query: Query {
            wanted: parse_words(&args.words)?,
            namespace: args.namespace.chosen(),
            labels: labels.context("-l")?,
            fields: parse_fields(args.field_selector.as_deref().unwrap_or(""))?,
        },
        output: match &args.output {
            Some(text) => text.parse()?,
            None => Output::Table,
        },
        label_columns: args.label_columns.clone(),
        show_labels: args.show_labels,
        no_headings: args.no_headers,
        sort_by: args.sort_by.clone(),
    };
    let loaded = args.source.load()?;
    let answer = get(&loaded.snapshot(), &request)?;
    output.write_all(answer.text.as_bytes())?;
    if let Some(remark) = &answer.remark {
        tell(remark);
    }
    for missing in &answer.missing {
        tell(&format!("Error from server (NotFound): {missing}"));
    }
    Ok(if answer.missing.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(NOT_SO)
    })
}
