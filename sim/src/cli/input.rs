//! What several commands read alike: scenarios or manifests, `--set`, `--params`.

use std::io::Read as _;

use clap::Args;
use wavetank_core::time::SimDuration;

use super::exit::Failure;
use crate::diagnostic::Style;
use crate::plan::load::{Input, NODES_MAX, Options};
use crate::scenario::parameters::{self, Override};
use crate::scenario::units;
use crate::sweep::worst::quoted;

/// The arguments that name a scenario and its parameters.
#[derive(Args, Clone, Debug)]
pub struct InputArgs {
    /// A scenario file, or manifests: files, directories, globs; `-` reads standard input
    #[arg(required = true, value_name = "FILE|DIR")]
    pub paths: Vec<String>,
    /// Sets a parameter, or a field of the scenario by its path
    #[arg(long = "set", value_name = "NAME=VALUE")]
    pub set: Vec<String>,
    /// Reads parameters from a YAML file of names and values
    #[arg(long, value_name = "FILE")]
    pub params: Vec<String>,
    /// How many nodes the default cluster has
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(..=i64::from(NODES_MAX)))]
    pub nodes: Option<u32>,
    /// When the run ends, after t = 0: `90s`, `10m`
    #[arg(long, value_name = "T", value_parser = duration)]
    pub until: Option<SimDuration>,
    /// Play out every tick instead of computing lazily; slower, and the same history
    #[arg(long)]
    pub exact: bool,
}

/// A duration as people write it.
///
/// # Errors
///
/// With what was expected.
pub fn duration(text: &str) -> Result<SimDuration, String> {
    units::duration(text)
        .map_err(|_| format!("`{text}` is not a duration such as 500ms, 90s, 1h30m"))
}

impl InputArgs {
    /// Reads what was named.
    ///
    /// # Errors
    ///
    /// When standard input cannot be read.
    pub fn open(&self) -> Result<Input, Failure> {
        let mut stdin = None;
        if self.paths.iter().any(|path| path == "-") {
            let mut text = String::new();
            std::io::stdin()
                .read_to_string(&mut text)
                .map_err(|error| {
                    Failure::user(format!("standard input cannot be read: {error}"))
                })?;
            stdin = Some(text);
        }
        Ok(Input::open(&self.paths, stdin))
    }

    /// The values that the command line gives to parameters, in growing precedence.
    pub fn overrides(&self, input: &mut Input) -> Vec<Override> {
        let mut given = Vec::new();
        let (sources, diagnostics) = input.shared();
        for file in &self.params {
            given.extend(parameters::params_file(
                std::path::Path::new(file),
                file,
                sources,
                diagnostics,
            ));
        }
        for text in &self.set {
            given.extend(parameters::set(text, sources, diagnostics));
        }
        given
    }

    /// The command that runs this once, under a seed: what is added to it goes to its end.
    #[must_use]
    pub fn command(&self, seed: u64) -> String {
        let paths: Vec<String> = self.paths.iter().map(|path| quoted(path)).collect();
        let mut command = format!("wavetank run {} --seed {seed}", paths.join(" "));
        let named = [("--params", &self.params), ("--set", &self.set)];
        for (name, values) in named {
            for value in values {
                command.push_str(&format!(" {name} {}", quoted(value)));
            }
        }
        if let Some(nodes) = self.nodes {
            command.push_str(&format!(" --nodes {nodes}"));
        }
        if let Some(until) = self.until {
            command.push_str(&format!(" --until {}", units::duration_text(until)));
        }
        if self.exact {
            command.push_str(" --exact");
        }
        command
    }

    /// What the command line says besides.
    #[must_use]
    pub fn options(&self) -> Options {
        Options {
            nodes: self.nodes,
            until: self.until,
            exact: self.exact,
            ..Options::default()
        }
    }
}

/// Prints what is to be said about the input, on standard error; fails when it has errors.
///
/// # Errors
///
/// When there are errors.
pub fn report(input: &Input) -> Result<(), Failure> {
    if input.diagnostics.is_empty() {
        return Ok(());
    }
    let style = if super::terminal::colours_on_stderr() {
        Style::Coloured
    } else {
        Style::Plain
    };
    super::tell(input.diagnostics.render(&input.sources, style).trim_end());
    if input.diagnostics.has_errors() {
        Err(Failure::reported())
    } else {
        Ok(())
    }
}
