//! `wavetank schema`: the JSON Schema of scenarios.

use std::io::Write;
use std::process::ExitCode;

use super::exit::Failure;
use crate::scenario::json_schema::schema_json;

/// The arguments of `schema`.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "\
Examples:
  wavetank schema > wavetank.schema.json     for an editor
  wavetank schema traffic.open               one field")]
pub struct Args {
    /// The field: `traffic.open`
    field: Option<String>,
}

/// Runs the command.
///
/// # Errors
///
/// When there is no such field.
pub fn run(args: &Args, out: &mut dyn Write) -> Result<ExitCode, Failure> {
    let Some(schema) = schema_json(args.field.as_deref()) else {
        let field = args.field.as_deref().unwrap_or_default();
        return Err(Failure::user(format!(
            "scenarios have no field `{field}`; `wavetank schema` prints them all"
        )));
    };
    writeln!(out, "{schema:#}")
        .map_err(|error| Failure::user(format!("the output could not be written: {error}")))?;
    Ok(ExitCode::SUCCESS)
}
