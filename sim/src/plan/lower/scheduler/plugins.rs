//! `plugins` of a profile: what is enabled and disabled where.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::reader::{At, Reader};
use super::{refused, unknown_plugin};
use crate::component::scheduler::custom::{MadePlugin, PluginArguments, SchedulerRegistry};
use crate::component::scheduler::plugin::Plugin;
use crate::component::scheduler::profile::{
    BUILT_IN, Lists, PluginSet, PluginSets, Point, built_in,
};

/// In Kubernetes' binary, but behind gates that are off (S166).
const GATED: [&str; 1] = ["GangScheduling"];

/// The plugins that a profile can enable: those of Kubernetes, and those of users, which are made with the
/// profile's arguments when they are asked for.
pub(super) struct Available<'r> {
    registry: &'r SchedulerRegistry,
    /// Arguments of users' plugins, by name.
    pub(super) arguments: BTreeMap<Box<str>, PluginArguments>,
    made: BTreeMap<Box<str>, MadePlugin>,
}

impl<'r> Available<'r> {
    pub(super) const fn new(registry: &'r SchedulerRegistry) -> Self {
        Self {
            registry,
            arguments: BTreeMap::new(),
            made: BTreeMap::new(),
        }
    }

    /// Whether there is a plugin of this name.
    pub(super) fn has(&self, name: &str) -> bool {
        built_in(name).is_some() || self.registry.has(name) || GATED.contains(&name)
    }

    /// The names of all plugins.
    pub(super) fn names(&self) -> Vec<&str> {
        let built_in = BUILT_IN.iter().map(|plugin| plugin.name);
        built_in.chain(self.registry.names()).collect()
    }

    /// Where a plugin can be asked; none before it was made.
    pub(super) fn points(&self, name: &str) -> Option<Vec<Point>> {
        if let Some(plugin) = built_in(name) {
            return Some(plugin.points.to_vec());
        }
        let made = self.made.get(name)?;
        let filters = [Point::PreFilter, Point::Filter];
        let filters = filters.into_iter().filter(|_| made.filters);
        let scores = [Point::PreScore, Point::Score];
        let scores = scores.into_iter().filter(|_| made.scores);
        Some(filters.chain(scores).collect())
    }

    /// A plugin of a user that was made.
    pub(super) fn made(&self, name: &str) -> Option<Arc<dyn Plugin>> {
        self.made.get(name).map(|made| made.plugin.clone())
    }

    /// Makes a plugin of a user; what it says against its arguments is told once.
    fn make(&mut self, reader: &mut Reader<'_>, name: &str, at: &At<'_>) {
        if self.made.contains_key(name) {
            return;
        }
        let none = PluginArguments::default();
        let arguments = self.arguments.get(name).unwrap_or(&none);
        match self.registry.make(name, arguments) {
            Some(Ok(made)) => {
                self.made.insert(name.into(), made);
            }
            Some(Err(why)) => reader.diagnostics.push(refused(name, &why, at)),
            None => {}
        }
    }
}

/// Reads `plugins` of the profile.
pub(super) fn sets(
    reader: &mut Reader<'_>,
    profile: &At<'_>,
    available: &mut Available<'_>,
) -> PluginSets {
    let mut sets = PluginSets::default();
    let Some(at) = profile.get("plugins") else {
        return sets;
    };
    let mut known = vec!["multiPoint"];
    known.extend(Point::ALL.map(Point::field));
    if !reader.map(&at, "`plugins`", &known) {
        return sets;
    }
    if let Some(at) = at.get("multiPoint") {
        sets.multi_point = set(reader, &at, None, available);
    }
    for point in Point::ALL {
        if let Some(at) = at.get(point.field()) {
            let set = set(reader, &at, Some(point), available);
            sets.points.insert(point, set);
        }
    }
    sets
}

fn set(
    reader: &mut Reader<'_>,
    at: &At<'_>,
    point: Option<Point>,
    available: &mut Available<'_>,
) -> PluginSet {
    let mut set = PluginSet::default();
    if !reader.map(at, "an extension point", &["enabled", "disabled"]) {
        return set;
    }
    for plugin in reader.items(at, "disabled") {
        if let Some(name) = entry(reader, &plugin, available, true) {
            set.disabled.push(name.into());
        }
    }
    for plugin in reader.items(at, "enabled") {
        let Some(name) = entry(reader, &plugin, available, false) else {
            continue;
        };
        if GATED.contains(&name) {
            let why =
                "scheduling of groups is alpha in 1.36, its gates are off, and it is not played";
            reader.no_effect(&format!("`{name}`"), &plugin, why);
            continue;
        }
        if set.enabled.iter().any(|(it, _)| **it == *name) {
            let message = format!("`{name}` is enabled twice here");
            reader.wrong(
                message,
                &plugin,
                "kube-scheduler would not start; remove one of them",
            );
            continue;
        }
        available.make(reader, name, &plugin);
        let points = available.points(name);
        if let (Some(point), Some(points)) = (point, points)
            && !points.contains(&point)
        {
            reader
                .diagnostics
                .push(misplaced(name, point, &points, &plugin));
            continue;
        }
        let weight = reader.number(&plugin, "weight", 0..=i64::from(i32::MAX));
        set.enabled.push((name.into(), weight.unwrap_or(0)));
    }
    set
}

/// The name of a plugin that exists, or `*`.
fn entry<'a>(
    reader: &mut Reader<'_>,
    at: &At<'a>,
    available: &Available<'_>,
    all: bool,
) -> Option<&'a str> {
    if !reader.map(at, "a plugin", &["name", "weight"]) {
        return None;
    }
    let help = "as in `- name: NodeResourcesFit`";
    let name = reader.needed(at, "name", "a plugin", help)?;
    if name == "*" && all || available.has(name) {
        return Some(name);
    }
    let at = at.get("name")?;
    if name == "*" {
        let help = "`*` stands below `disabled`; what is enabled is named";
        reader.wrong("not everything can be enabled".to_owned(), &at, help);
    } else {
        let unknown = unknown_plugin(name, &at, &available.names());
        reader.diagnostics.push(unknown);
    }
    None
}

fn misplaced(
    name: &str,
    point: Point,
    points: &[Point],
    at: &At<'_>,
) -> crate::diagnostic::Diagnostic {
    let fields: Vec<&str> = points.iter().map(|point| point.field()).collect();
    let message = format!("`{name}` does nothing at `{}`", point.field());
    crate::diagnostic::Diagnostic::error("S038", message)
        .at(at.place())
        .help(format!("it can be enabled at {}", fields.join(", ")))
}

/// What a profile cannot do without, and what cannot be taken apart.
pub(super) fn check(reader: &mut Reader<'_>, profile: &At<'_>, lists: &Lists) {
    let at = profile.get("plugins").unwrap_or_else(|| profile.clone());
    for (point, name) in [
        (Point::QueueSort, "PrioritySort"),
        (Point::Bind, "DefaultBinder"),
    ] {
        if lists.at(point).is_empty() {
            let message = format!("no plugin is left at `{}`", point.field());
            let help = format!("kube-scheduler would not start; enable `{name}` there");
            reader.wrong(message, &at, &help);
        }
    }
    for (before, point) in [
        (Point::PreFilter, Point::Filter),
        (Point::PreScore, Point::Score),
    ] {
        for name in lists.at(point) {
            let prepares = built_in(name).is_some_and(|it| it.points.contains(&before));
            if prepares && !lists.has(before, name) {
                let (before, point) = (before.field(), point.field());
                let message = format!("`{name}` is asked at `{point}` and not at `{before}`");
                let help = format!("disable it at both: it has nothing to go by at `{point}`");
                reader.wrong(message, &at, &help);
            }
        }
    }
}
