//! `KubeSchedulerConfiguration`: from its YAML to the settings of the scheduler.
//!
//! Fields have Kubernetes' names, defaults and limits. Plugins of users are known by a
//! [`SchedulerRegistry`].

mod affinity;
mod arguments;
mod plugins;
mod reader;

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use crate::component::scheduler::custom::SchedulerRegistry;
use crate::component::scheduler::plugin::Plugin;
use crate::component::scheduler::profile::framework::framework;
use crate::component::scheduler::profile::{
    DEFAULT_NAME, SchedulerProfile, add_schedulers, expand,
};
use crate::diagnostic::{Diagnostic, Diagnostics, FileId, Sources, Style};
use crate::manifest;
use crate::plan::settings::SchedulerSettings;
use crate::scenario::load::{documents, read_file};
use crate::scenario::node::{Entry, Node, Value};
use plugins::Available;
use reader::{At, Reader};
use wavetank_core::time::SimDuration;

/// The version that is read.
const VERSION: &str = "kubescheduler.config.k8s.io/v1";
/// The kind that is read.
pub(super) const KIND: &str = "KubeSchedulerConfiguration";

const FIELDS: [&str; 13] = [
    "apiVersion",
    "kind",
    "profiles",
    "percentageOfNodesToScore",
    "podInitialBackoffSeconds",
    "podMaxBackoffSeconds",
    "clientConnection",
    "extenders",
    "parallelism",
    "leaderElection",
    "enableProfiling",
    "enableContentionProfiling",
    "delayCacheUntilActive",
];
const PROFILE_FIELDS: [&str; 4] = [
    "schedulerName",
    "percentageOfNodesToScore",
    "plugins",
    "pluginConfig",
];

impl SchedulerSettings {
    /// The settings that a `KubeSchedulerConfiguration` and a registry of users' plugins and schedulers
    /// make.
    ///
    /// # Errors
    ///
    /// With all messages about the text, its places drawn.
    pub fn from_yaml(text: &str, registry: &SchedulerRegistry) -> Result<Self, String> {
        let mut sources = Sources::new();
        let mut diagnostics = Diagnostics::new();
        let file = sources.add("scheduler.yaml", text);
        let read = documents(file, &sources, &mut diagnostics);
        let empty = Node::empty_map(crate::diagnostic::Span::start_of(file));
        let node = read.first().map_or(&empty, |document| &document.node);
        let settings = settings(node, "", registry, &mut diagnostics);
        if diagnostics.has_errors() {
            return Err(diagnostics.render(&sources, Style::Plain));
        }
        Ok(settings)
    }

    /// The settings of a file with a `KubeSchedulerConfiguration`. What is wrong is added to the
    /// diagnostics.
    pub fn from_file(path: &str, sources: &mut Sources, diagnostics: &mut Diagnostics) -> Self {
        let Some(file) = read_file(Path::new(path), path, None, sources, diagnostics) else {
            return Self::default();
        };
        let read = documents(file, sources, diagnostics);
        match read.first() {
            Some(document) => {
                let registry = SchedulerRegistry::default();
                settings(&document.node, "", &registry, diagnostics)
            }
            None => Self::default(),
        }
    }

    /// The plugins for pods of this `schedulerName`; those of the first profile when there is none of
    /// that name.
    #[must_use]
    pub fn profile(&self, scheduler_name: &str) -> &SchedulerProfile {
        let mut profiles = self.profiles.iter();
        let found = profiles.find(|profile| *profile.name == *scheduler_name);
        found.unwrap_or(&self.profiles[0])
    }

    /// The default profile, and the schedulers of a registry.
    #[must_use]
    pub fn with(registry: &SchedulerRegistry) -> Self {
        let mut settings = Self::default();
        add_schedulers(&mut settings.profiles, registry, 0);
        settings
    }
}

/// Reads a configuration. `path` is the way to it in its file.
pub(super) fn settings(
    node: &Node,
    path: &str,
    registry: &SchedulerRegistry,
    diagnostics: &mut Diagnostics,
) -> SchedulerSettings {
    let mut settings = SchedulerSettings::default();
    let reader = &mut Reader { diagnostics };
    let at = At::new(node, path.to_owned());
    if !reader.map(&at, "a KubeSchedulerConfiguration", &FIELDS) {
        return settings;
    }
    version(reader, &at);
    let percentage = reader.number(&at, "percentageOfNodesToScore", 0..=100);
    let percentage = percentage.and_then(|it| u32::try_from(it).ok());
    back_off(reader, &at, &mut settings);
    if let Some(client) = at.get("clientConnection") {
        connection(reader, &client, &mut settings);
    }
    if let Some(extenders) = at.get("extenders")
        && !extenders.node.items().is_empty()
    {
        let why = "calls to extenders are not played; what they decide can be a plugin: see the book, Scheduler plugins";
        reader.no_effect("`extenders`", &extenders, why);
    }
    let listed = reader.items(&at, "profiles");
    if !listed.is_empty() {
        settings.profiles.clear();
    }
    let mut names = BTreeSet::new();
    for given in &listed {
        let alone = listed.len() == 1;
        let profile = profile(reader, given, alone, percentage.unwrap_or(0), registry);
        if !names.insert(profile.name.clone()) {
            let message = format!("there are two profiles `{}`", profile.name);
            let at = given.get("schedulerName").unwrap_or_else(|| given.clone());
            reader.wrong(
                message,
                &at,
                "each profile has a `schedulerName` of its own",
            );
        }
        settings.profiles.push(profile);
    }
    if listed.is_empty() {
        settings.profiles[0].percentage = percentage.unwrap_or(0);
    }
    add_schedulers(&mut settings.profiles, registry, percentage.unwrap_or(0));
    settings
}

fn version(reader: &mut Reader<'_>, at: &At<'_>) {
    if let Some(version) = reader.text(at, "apiVersion")
        && version != VERSION
        && let Some(at) = at.get("apiVersion")
    {
        let message = format!("`{version}` is not read; Kubernetes 1.36 has `{VERSION}` alone");
        reader.wrong(message, &at, "most fields are the same in v1");
    }
    reader.word(at, "kind", &[KIND]);
}

/// S3, S21
fn back_off(reader: &mut Reader<'_>, at: &At<'_>, settings: &mut SchedulerSettings) {
    const INITIAL: &str = "podInitialBackoffSeconds";
    const MAXIMUM: &str = "podMaxBackoffSeconds";
    let most = 1_000_000_000;
    let seconds = |number: i64| SimDuration::from_secs(number.unsigned_abs());
    if let Some(initial) = reader.number(at, INITIAL, 1..=most) {
        settings.back_off.initial = seconds(initial);
    }
    if let Some(maximum) = reader.number(at, MAXIMUM, 1..=most) {
        settings.back_off.maximum = seconds(maximum);
    }
    if settings.back_off.maximum < settings.back_off.initial
        && let Some(at) = at.get(MAXIMUM).or_else(|| at.get(INITIAL))
    {
        let message = format!("`{MAXIMUM}` is less than `{INITIAL}`");
        reader.wrong(message, &at, "without a value they are 10 and 1");
    }
}

fn connection(reader: &mut Reader<'_>, client: &At<'_>, settings: &mut SchedulerSettings) {
    const CLIENT: [&str; 5] = [
        "qps",
        "burst",
        "kubeconfig",
        "contentType",
        "acceptContentTypes",
    ];
    if !reader.map(client, "a client connection", &CLIENT) {
        return;
    }
    // A fraction is allowed there, and cut off here.
    if let Some(qps) = client.get("qps")
        && let Value::Float(value) = qps.node.value
        && (0.0..1e9).contains(&value)
    {
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // within limits
        let whole = value as u64;
        settings.api_qps = whole.max(1);
    } else if let Some(qps) = reader.number(client, "qps", 0..=1_000_000_000) {
        settings.api_qps = qps.unsigned_abs();
    }
    if let Some(burst) = reader.number(client, "burst", 0..=1_000_000_000) {
        settings.api_burst = burst.unsigned_abs();
    }
}

/// One profile. Whatever is wrong is told, and left as it is by default.
fn profile(
    reader: &mut Reader<'_>,
    at: &At<'_>,
    alone: bool,
    percentage: u32,
    registry: &SchedulerRegistry,
) -> SchedulerProfile {
    if !reader.map(at, "a profile", &PROFILE_FIELDS) {
        return SchedulerProfile::default();
    }
    let name = match at.get("schedulerName") {
        None if alone => DEFAULT_NAME,
        _ => {
            let help = "what pods have in `spec.schedulerName`; it may be left out of a profile that is the only one";
            reader
                .needed(at, "schedulerName", "a profile", help)
                .unwrap_or(DEFAULT_NAME)
        }
    };
    let own = reader.number(at, "percentageOfNodesToScore", 0..=100);
    let own = own.and_then(|it| u32::try_from(it).ok());
    let mut profile = SchedulerProfile::named(name, own.unwrap_or(percentage));
    let mut available = Available::new(registry);
    let arguments = arguments::arguments(reader, at, &mut available);
    let sets = plugins::sets(reader, at, &mut available);
    let lists = expand(&sets, &|name| available.points(name).unwrap_or_default());
    plugins::check(reader, at, &lists);
    let user = |name: &str| -> Option<Arc<dyn Plugin>> { available.made(name) };
    profile.framework = framework(&lists, &arguments, &user);
    profile
}

/// Two configurations where there can be one.
pub(super) fn twice(again: &Node) -> Diagnostic {
    let message = "a second KubeSchedulerConfiguration; a cluster has one scheduler";
    Diagnostic::error("S038", message)
        .at(again.span.place(String::new()))
        .help("list several `profiles` in one configuration")
}

/// Whether a name is one of a plugin that is known nowhere, with what it may have been meant to be.
fn unknown_plugin(name: &str, at: &At<'_>, known: &[&str]) -> Diagnostic {
    let found = Diagnostic::error("S038", format!("there is no plugin `{name}`"))
        .at(at.place())
        .did_you_mean(crate::diagnostic::nearest(name, known.iter().copied()));
    found.help("plugins of one's own are registered by a program: see the book, Scheduler plugins")
}

/// A mistake that a plugin of a user found in its arguments.
fn refused(name: &str, why: &str, at: &At<'_>) -> Diagnostic {
    let message = format!("`{name}` refuses its arguments: {why}");
    Diagnostic::error("S038", message)
        .at(at.place())
        .help("they stand below `pluginConfig`")
}

/// A document that was read as a manifest, as the tree that is read here.
pub(super) fn tree(file: FileId, given: &manifest::Node) -> Node {
    let value = match &given.kind {
        manifest::Kind::Null => Value::Null,
        manifest::Kind::Bool(value) => Value::Bool(*value),
        // What is larger is out of every range as well.
        manifest::Kind::Int(value) => Value::Int(i64::try_from(*value).unwrap_or(i64::MAX)),
        manifest::Kind::Float(value) => Value::Float(*value),
        manifest::Kind::Text(text) => Value::String(text.clone()),
        manifest::Kind::List(items) => {
            Value::Seq(items.iter().map(|item| tree(file, item)).collect())
        }
        manifest::Kind::Map(entries) => Value::Map(
            entries
                .iter()
                .map(|(key, value)| Entry {
                    key: key.text.clone(),
                    key_span: key.extent.of(file),
                    key_is_text: true,
                    value: tree(file, value),
                })
                .collect(),
        ),
    };
    let mut node = Node::new(value, given.extent.of(file));
    node.written = given.describe().into();
    node
}
