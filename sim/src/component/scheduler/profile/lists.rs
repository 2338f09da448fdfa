//! Which plugins a profile has at each extension point, and with which weights.
//!
//! As in kube-scheduler this happens twice: what a profile says is merged with the default profile, which
//! has everything under `multiPoint`; then `multiPoint` is expanded to the points.

use std::collections::BTreeMap;

use super::point::{BUILT_IN, Point};

/// `enabled` and `disabled` of one extension point, or of `multiPoint`.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct PluginSet {
    /// Names and weights; 0 is unset.
    pub enabled: Vec<(Box<str>, i64)>,
    /// Names; `*` is all that is there by default.
    pub disabled: Vec<Box<str>>,
}

/// `plugins` of a profile.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct PluginSets {
    /// `multiPoint`
    pub multi_point: PluginSet,
    /// The others.
    pub points: BTreeMap<Point, PluginSet>,
}

/// The plugins of each extension point, in the order in which they are asked.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Lists {
    points: BTreeMap<Point, Vec<Box<str>>>,
    weights: BTreeMap<Box<str>, i64>,
}

impl PluginSet {
    fn disables(&self, name: &str) -> bool {
        self.disabled.iter().any(|it| **it == *name)
    }

    fn enables(&self, name: &str) -> bool {
        self.enabled.iter().any(|(it, _)| **it == *name)
    }
}

impl Lists {
    /// The plugins of an extension point.
    #[must_use]
    pub fn at(&self, point: Point) -> &[Box<str>] {
        self.points.get(&point).map_or(&[], Vec::as_slice)
    }

    /// Whether a plugin is asked at an extension point.
    #[must_use]
    pub fn has(&self, point: Point, name: &str) -> bool {
        self.at(point).iter().any(|it| **it == *name)
    }

    /// The weight of a score.
    #[must_use]
    pub fn weight(&self, name: &str) -> i64 {
        self.weights.get(name).copied().unwrap_or(1)
    }
}

/// What a profile has that says this: everything that is not mentioned is as in the default profile (S1).
/// `points_of` says where a plugin can be asked.
#[must_use]
pub fn expand(sets: &PluginSets, points_of: &dyn Fn(&str) -> Vec<Point>) -> Lists {
    let multi_point = merged(&sets.multi_point);
    let nothing = PluginSet::default();
    let mut lists = Lists::default();
    for point in Point::ALL {
        let set = sets.points.get(&point).unwrap_or(&nothing);
        let list = at_point(set, &multi_point, point, points_of);
        lists.points.insert(point, list);
    }
    // The weight that is given at the point itself precedes that of `multiPoint`.
    let own = sets.points.get(&Point::Score);
    let own = own.into_iter().flat_map(|set| &set.enabled);
    for (name, weight) in own.chain(&multi_point) {
        let weight = if *weight == 0 { 1 } else { *weight };
        lists.weights.entry(name.clone()).or_insert(weight);
    }
    lists
}

/// `multiPoint` with the defaults: those that are not disabled, in their order, with the weight of the
/// profile where it names them; then what else the profile enables.
fn merged(own: &PluginSet) -> Vec<(Box<str>, i64)> {
    let mut merged: Vec<(Box<str>, i64)> = Vec::new();
    if !own.disables("*") {
        for plugin in BUILT_IN {
            if own.disables(plugin.name) {
                continue; // if it is enabled as well, it comes at the end
            }
            let given = own.enabled.iter().find(|(name, _)| **name == *plugin.name);
            let default = (plugin.name.into(), plugin.weight);
            merged.push(given.cloned().unwrap_or(default));
        }
    }
    for (name, weight) in &own.enabled {
        if !merged.iter().any(|(it, _)| it == name) {
            merged.push((name.clone(), *weight));
        }
    }
    merged
}

/// The plugins of one point: first those of `multiPoint` that the point names itself, in its own order,
/// then the others of `multiPoint`, then what only the point names.
fn at_point(
    set: &PluginSet,
    multi_point: &[(Box<str>, i64)],
    point: Point,
    points_of: &dyn Fn(&str) -> Vec<Point>,
) -> Vec<Box<str>> {
    let own = set.enabled.iter().map(|(name, _)| name);
    if set.disables("*") {
        return own.cloned().collect();
    }
    let multi_point: Vec<&Box<str>> = multi_point
        .iter()
        .map(|(name, _)| name)
        .filter(|name| !set.disables(name) && points_of(name).contains(&point))
        .collect();
    let overridden = own.clone().filter(|name| multi_point.contains(name));
    let others = multi_point.iter().copied();
    let others = others.filter(|name| !set.enables(name));
    let alone = own.clone().filter(|name| !multi_point.contains(name));
    overridden.chain(others).chain(alone).cloned().collect()
}
