//! From what people name on the command line to Plans: a scenario file, or plain manifests.

use std::path::Path;

use crate::component::scheduler::custom::SchedulerRegistry;
use crate::diagnostic::{Diagnostic, Diagnostics, Sources};
use crate::manifest::Inputs;
use crate::plan::Plan;
use crate::plan::lower::scenario::{Lowered, lower_manifests, lower_scenario, text_of};
use crate::scenario::document::{self, Document};
use crate::scenario::load::documents;
use crate::scenario::node::Value;
use crate::scenario::parameters::Override;
use crate::scenario::{load, schema};

/// Most nodes of a cluster.
pub const NODES_MAX: u32 = 1_000_000;
/// Most pods that one object may ask for.
pub const PODS_MAX: u32 = 2_000_000;

/// What was named: read once, lowered once for each point of a sweep.
#[derive(Debug)]
pub struct Input {
    /// Its name: that of the file or directory.
    pub name: String,
    /// Every text that was read: those that all points share, and those of the last point.
    pub sources: Sources,
    /// Those that all points share.
    base: Sources,
    /// Everything that is to be said about them so far.
    pub diagnostics: Diagnostics,
    what: What,
}

#[derive(Debug)]
enum What {
    /// A scenario file.
    Scenario(Box<Document>),
    /// Manifests without a scenario.
    Manifests(Inputs),
    /// Nothing that could be read.
    Nothing,
}

/// What the command line says about a run without a scenario.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// `--nodes N`: how many nodes the default cluster has.
    pub nodes: Option<u32>,
    /// `--until T`: when the run ends.
    pub until: Option<wavetank_core::time::SimDuration>,
    /// `--exact`: play out what could be computed lazily.
    pub exact: bool,
    /// Plugins and schedulers of one's own: only programs have them.
    pub schedulers: SchedulerRegistry,
}

/// A Plan with what only the end of a run needs.
#[derive(Debug)]
pub struct Loaded {
    /// The Plan.
    pub plan: Plan,
    /// The scenario, when there is one.
    pub scenario: Option<schema::Scenario>,
    /// Kinds that were accepted and have no effect, with their number.
    pub no_effect: Vec<(String, usize)>,
    /// Kinds that are stored and not simulated yet, with their number.
    pub not_simulated: Vec<(String, usize)>,
}

impl Input {
    /// Reads what `paths` name: one scenario file, or manifests (files, directories, globs, `-`).
    #[must_use]
    pub fn open(paths: &[String], stdin: Option<String>) -> Self {
        let mut sources = Sources::new();
        let mut diagnostics = Diagnostics::new();
        let name = name_of(paths);
        let what = match paths {
            [path] if is_scenario(Path::new(path)) => {
                match document::open(Path::new(path), path, &mut sources, &mut diagnostics) {
                    Some(document) => What::Scenario(Box::new(document)),
                    None => What::Nothing,
                }
            }
            _ => What::Manifests(Inputs {
                stdin,
                ..Inputs::of(paths.iter().cloned())
            }),
        };
        if let What::Manifests(_) = what
            && let Some(path) = paths
                .iter()
                .find(|path| paths.len() > 1 && is_scenario(Path::new(path)))
        {
            let message = format!("`{path}` is a scenario, and stands among other inputs");
            let help = "name the manifests in its `manifests:`, or run it alone";
            diagnostics.push(Diagnostic::error("S002", message).help(help));
        }
        Self {
            name,
            base: sources.clone(),
            sources,
            diagnostics,
            what,
        }
    }

    /// Adds texts that all points share, such as those of `--set`.
    pub fn shared(&mut self) -> (&mut Sources, &mut Diagnostics) {
        (&mut self.base, &mut self.diagnostics)
    }

    /// The document, when this is a scenario.
    #[must_use]
    pub fn document(&self) -> Option<&Document> {
        match &self.what {
            What::Scenario(document) => Some(document),
            What::Manifests(_) | What::Nothing => None,
        }
    }

    /// The Plan of one point: with these values of parameters, in growing precedence. What is wrong is
    /// added to the diagnostics; with an error there is no Plan.
    pub fn plan(&mut self, given: &[Override], options: &Options) -> Option<Loaded> {
        let mut diagnostics = std::mem::take(&mut self.diagnostics);
        // Each point reads its files anew, in the same order: places of one are places of another.
        self.sources = self.base.clone();
        if let (What::Manifests(_), Some(first)) = (&self.what, given.first()) {
            let message = format!(
                "`{}` is set, and plain manifests have no parameters",
                first.key
            );
            let help = "parameters are declared by a scenario: `wavetank run scenario.yaml --set NAME=VALUE`";
            diagnostics.push(Diagnostic::error("S021", message).help(help));
        }
        let lowered = match &self.what {
            What::Scenario(document) => document.point(given, &mut diagnostics).and_then(|point| {
                let scenario = point.scenario;
                let lowered = lower_scenario(
                    &scenario,
                    document,
                    &self.name,
                    options,
                    &mut self.sources,
                    &mut diagnostics,
                );
                lowered.map(|lowered| (lowered, Some(scenario)))
            }),
            What::Manifests(inputs) => lower_manifests(
                inputs,
                &self.name,
                options,
                &mut self.sources,
                &mut diagnostics,
            )
            .map(|lowered| (lowered, None)),
            What::Nothing => None,
        };
        let failed = diagnostics.has_errors();
        self.diagnostics = diagnostics;
        let (
            Lowered {
                mut plan,
                no_effect,
                not_simulated,
            },
            scenario,
        ) = lowered?;
        plan.parameters.extend(beside_parameters(given, options));
        (!failed).then_some(Loaded {
            plan,
            scenario,
            no_effect,
            not_simulated,
        })
    }
}

/// What changes a run without being a declared parameter, for the header of its log.
fn beside_parameters(given: &[Override], options: &Options) -> Vec<(Box<str>, Box<str>)> {
    let paths = given.iter().filter(|set| set.is_path());
    let mut list: Vec<(Box<str>, Box<str>)> = paths
        .map(|set| (set.key.as_str().into(), text_of(&set.node).into()))
        .collect();
    if let Some(nodes) = options.nodes {
        list.push(("--nodes".into(), nodes.to_string().into()));
    }
    if let Some(until) = options.until {
        list.push((
            "--until".into(),
            crate::scenario::units::duration_text(until).into(),
        ));
    }
    list
}

/// The name of a run: that of its file, without directory and extension.
fn name_of(paths: &[String]) -> String {
    let path = paths.first().map_or(Path::new("nothing"), Path::new);
    let stem = path
        .file_stem()
        .map(|stem| stem.to_string_lossy().into_owned());
    stem.unwrap_or_else(|| "manifests".to_owned())
}

/// Whether a file is a scenario: its first document says so. What cannot be read is not.
#[allow(clippy::wildcard_enum_match_arm)] // what is not named has no part in this
#[must_use]
pub fn is_scenario(path: &Path) -> bool {
    if !path.is_file() {
        return false;
    }
    let mut sources = Sources::new();
    let mut ignored = Diagnostics::new();
    let name = path.to_string_lossy();
    let Some(file) = load::read_file(path, &name, None, &mut sources, &mut ignored) else {
        // A scenario that cannot be read is told so by the scenario's reader.
        return true;
    };
    let text = sources.text(file);
    // Cheap first: large manifests are not parsed twice.
    if !text.contains("wavetank/v") && !text.contains("kind: Scenario") {
        return false;
    }
    // What begins as a scenario is one, even if the rest cannot be read.
    let mut lines = text
        .lines()
        .filter(|line| !line.starts_with('#') && *line != "---");
    if lines
        .find(|line| !line.trim().is_empty())
        .is_some_and(|line| line.starts_with("apiVersion: wavetank/"))
    {
        return true;
    }
    let documents = documents(file, &sources, &mut ignored);
    documents.iter().any(|document| match &document.node.value {
        Value::Map(entries) => entries.iter().any(|entry| {
            (entry.key == "apiVersion"
                && entry
                    .value
                    .text()
                    .is_some_and(|text| text.starts_with("wavetank/")))
                || (entry.key == "kind" && entry.value.text() == Some("Scenario"))
        }),
        _ => false,
    })
}
