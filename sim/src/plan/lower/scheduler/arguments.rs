//! `pluginConfig` of a profile: the arguments of its plugins.

use std::collections::BTreeSet;

use super::affinity::added;
use super::plugins::Available;
use super::reader::{At, Reader};
use super::unknown_plugin;
use crate::component::scheduler::custom::PluginArguments;
use crate::component::scheduler::decision::framework::PreemptionArgs;
use crate::component::scheduler::plugin::allocation::{Resource, ScoringStrategy, Strategy};
use crate::component::scheduler::plugin::configured_fit::ConfiguredFit;
use crate::component::scheduler::plugin::inter_pod_affinity::InterPodAffinity;
use crate::component::scheduler::plugin::pod_topology_spread::PodTopologySpread;
use crate::component::scheduler::profile::{Arguments, built_in};
use crate::plan::lower::patches::to_json;
use wavetank_core::object::scheduling::SpreadConstraint;

/// Reads `pluginConfig` of the profile. Arguments of users' plugins are kept for when they are made.
pub(super) fn arguments(
    reader: &mut Reader<'_>,
    profile: &At<'_>,
    available: &mut Available<'_>,
) -> Arguments {
    let mut arguments = Arguments::default();
    let mut seen = BTreeSet::new();
    for entry in reader.items(profile, "pluginConfig") {
        if !reader.map(&entry, "an entry of `pluginConfig`", &["name", "args"]) {
            continue;
        }
        let help = "the plugin that `args` are for";
        let name = reader.needed(&entry, "name", "an entry of `pluginConfig`", help);
        let Some((name, at)) = name.zip(entry.get("name")) else {
            continue;
        };
        if !available.has(name) {
            let unknown = unknown_plugin(name, &at, &available.names());
            reader.diagnostics.push(unknown);
            continue;
        }
        if !seen.insert(name) {
            let message = format!("`{name}` has arguments twice");
            reader.wrong(
                message,
                &at,
                "kube-scheduler would not start; put them together",
            );
            continue;
        }
        let Some(args) = entry.get("args") else {
            continue;
        };
        if built_in(name).is_some() {
            of_kubernetes(reader, name, &args, &mut arguments);
        } else {
            let args = PluginArguments(to_json(args.node));
            available.arguments.insert(name.into(), args);
        }
    }
    arguments
}

fn of_kubernetes(reader: &mut Reader<'_>, name: &str, args: &At<'_>, arguments: &mut Arguments) {
    let fields: &[&str] = match name {
        "NodeResourcesFit" => &[
            "scoringStrategy",
            "ignoredResources",
            "ignoredResourceGroups",
        ],
        "NodeResourcesBalancedAllocation" => &["resources"],
        "PodTopologySpread" => &["defaultConstraints", "defaultingType"],
        "InterPodAffinity" => &[
            "hardPodAffinityWeight",
            "ignorePreferredTermsOfExistingPods",
        ],
        "NodeAffinity" => &["addedAffinity"],
        "DefaultPreemption" => &["minCandidateNodesPercentage", "minCandidateNodesAbsolute"],
        _ => {
            let why = "the model reads nothing of it";
            reader.no_effect(&format!("the arguments of `{name}`"), args, why);
            return;
        }
    };
    let known: Vec<&str> = ["apiVersion", "kind"]
        .iter()
        .chain(fields)
        .copied()
        .collect();
    if !reader.map(args, &format!("`{name}Args`"), &known) {
        return;
    }
    reader.word(args, "kind", &[&format!("{name}Args")]);
    match name {
        "NodeResourcesFit" => arguments.fit = fit(reader, args),
        "NodeResourcesBalancedAllocation" => {
            if let Some(resources) = balanced(reader, args) {
                arguments.balanced = resources;
            }
        }
        "PodTopologySpread" => arguments.spread = spread(reader, args),
        "InterPodAffinity" => arguments.inter_pod = inter_pod(reader, args),
        "NodeAffinity" => arguments.added_affinity = added(reader, args),
        _ => arguments.preemption = preemption(reader, args),
    }
}

/// `NodeResourcesFitArgs`
fn fit(reader: &mut Reader<'_>, args: &At<'_>) -> ConfiguredFit {
    let mut fit = ConfiguredFit {
        scoring: ScoringStrategy::default(),
        ignored: texts(reader, args, "ignoredResources"),
        ignored_groups: texts(reader, args, "ignoredResourceGroups"),
    };
    if let Some((place, group)) = fit
        .ignored_groups
        .iter()
        .enumerate()
        .find(|it| it.1.contains('/'))
    {
        let message = format!("`{group}` is no group: a group has no `/`");
        let help = "of `example.com/gpu` the group is `example.com`";
        let at = reader
            .items(args, "ignoredResourceGroups")
            .swap_remove(place);
        reader.wrong(message, &at, help);
    }
    let Some(strategy) = args.get("scoringStrategy") else {
        return fit;
    };
    let known = ["type", "resources", "requestedToCapacityRatio"];
    if !reader.map(&strategy, "a scoring strategy", &known) {
        return fit;
    }
    let types = [
        "LeastAllocated",
        "MostAllocated",
        "RequestedToCapacityRatio",
    ];
    let kind = reader.word(&strategy, "type", &types).unwrap_or(types[0]);
    let ratio = strategy.get("requestedToCapacityRatio");
    fit.scoring.strategy = match (kind, ratio) {
        ("RequestedToCapacityRatio", Some(ratio)) => shape(reader, &ratio),
        ("RequestedToCapacityRatio", None) => {
            let message = "`RequestedToCapacityRatio` needs `requestedToCapacityRatio`".to_owned();
            let help = "requestedToCapacityRatio: {shape: [{utilization: 0, score: 0}, {utilization: 100, score: 10}]}";
            reader.wrong(message, &strategy, help);
            Strategy::LeastAllocated
        }
        (kind, ratio) => {
            if let Some(ratio) = ratio {
                let message = format!("`{kind}` has no `requestedToCapacityRatio`");
                reader.wrong(message, &ratio, "type: RequestedToCapacityRatio");
            }
            match kind {
                "MostAllocated" => Strategy::MostAllocated,
                _ => Strategy::LeastAllocated,
            }
        }
    };
    let resources = reader.items(&strategy, "resources");
    let resources = resources.iter().filter_map(|at| resource(reader, at, 100));
    let resources: Vec<_> = resources.collect();
    if !resources.is_empty() {
        fit.scoring.resources = resources;
    }
    fit
}

/// `shape`: points whose utilization grows, scores of 0 to 10.
fn shape(reader: &mut Reader<'_>, ratio: &At<'_>) -> Strategy {
    let mut points: Vec<(i64, i64)> = Vec::new();
    if reader.map(ratio, "`requestedToCapacityRatio`", &["shape"]) {
        for point in reader.items(ratio, "shape") {
            if !reader.map(&point, "a point", &["utilization", "score"]) {
                continue;
            }
            let utilization = reader.number(&point, "utilization", 0..=100).unwrap_or(0);
            let score = reader.number(&point, "score", 0..=10).unwrap_or(0);
            if points.last().is_some_and(|last| last.0 >= utilization) {
                let message = "the utilization of the points does not grow".to_owned();
                let at = point.get("utilization").unwrap_or(point);
                reader.wrong(
                    message,
                    &at,
                    "list them from 0 to 100, each utilization once",
                );
                continue;
            }
            points.push((utilization, score * 10)); // of 100, as all scores
        }
        if ratio
            .get("shape")
            .is_none_or(|at| at.node.items().is_empty())
        {
            let help = "shape: [{utilization: 0, score: 0}, {utilization: 100, score: 10}]";
            reader.wrong("a shape has at least one point".to_owned(), ratio, help);
        }
    }
    Strategy::RequestedToCapacityRatio(points)
}

/// A resource and its weight; 0 and nothing are 1.
fn resource(reader: &mut Reader<'_>, at: &At<'_>, most: i64) -> Option<(Resource, i64)> {
    if !reader.map(at, "a resource", &["name", "weight"]) {
        return None;
    }
    let name = reader.needed(
        at,
        "name",
        "a resource",
        "`cpu`, `memory`, `example.com/gpu` …",
    )?;
    let weight = reader.number(at, "weight", 0..=most).unwrap_or(1).max(1);
    Some((Resource::named(name), weight))
}

/// `NodeResourcesBalancedAllocationArgs.resources`, if there are any.
fn balanced(reader: &mut Reader<'_>, args: &At<'_>) -> Option<Vec<Resource>> {
    let mut resources = Vec::new();
    for at in reader.items(args, "resources") {
        let Some((found, _)) = resource(reader, &at, 1) else {
            continue;
        };
        if resources.contains(&found) {
            let message = "this resource stands there twice".to_owned();
            reader.wrong(message, &at, "all resources of the balance count the same");
            continue;
        }
        resources.push(found);
    }
    (!resources.is_empty()).then_some(resources)
}

/// `PodTopologySpreadArgs`
fn spread(reader: &mut Reader<'_>, args: &At<'_>) -> PodTopologySpread {
    let types = ["System", "List"];
    let kind = reader
        .word(args, "defaultingType", &types)
        .unwrap_or(types[0]);
    let listed = reader.items(args, "defaultConstraints");
    if kind == "System" {
        if let Some(first) = listed.first() {
            let message = "the system's own constraints take no others".to_owned();
            reader.wrong(message, first, "add `defaultingType: List`");
        }
        return PodTopologySpread::default();
    }
    let mut defaults: Vec<SpreadConstraint> = Vec::new();
    for at in &listed {
        let Some(found) = constraint(reader, at) else {
            continue;
        };
        let is_same = |it: &SpreadConstraint| {
            (it.hard, &it.topology_key) == (found.hard, &found.topology_key)
        };
        if defaults.iter().any(is_same) {
            let message = format!("there are two such constraints on `{}`", found.topology_key);
            let help = "each topologyKey stands there once for each whenUnsatisfiable";
            reader.wrong(message, at, help);
            continue;
        }
        defaults.push(found);
    }
    PodTopologySpread {
        defaults,
        is_system: false,
    }
}

fn constraint(reader: &mut Reader<'_>, at: &At<'_>) -> Option<SpreadConstraint> {
    let known = [
        "maxSkew",
        "topologyKey",
        "whenUnsatisfiable",
        "minDomains",
        "nodeAffinityPolicy",
        "nodeTaintsPolicy",
        "matchLabelKeys",
        "labelSelector",
    ];
    if !reader.map(at, "a constraint", &known) {
        return None;
    }
    if let Some(selector) = at.get("labelSelector") {
        let message = "a default constraint has no selector of its own".to_owned();
        let help = "it comes from the Services, ReplicaSets and StatefulSets of each pod";
        reader.wrong(message, &selector, help);
    }
    if let Some(keys) = at.get("matchLabelKeys") {
        reader.no_effect(
            "`matchLabelKeys`",
            &keys,
            "default constraints have no selector to add to",
        );
    }
    let of = "a constraint";
    let key = reader.needed(
        at,
        "topologyKey",
        of,
        "such as `topology.kubernetes.io/zone`",
    );
    let skew = reader.number(at, "maxSkew", 1..=i64::from(i32::MAX));
    if at.get("maxSkew").is_none() {
        let help = "how many pods more a domain may have than the emptiest";
        let found = crate::scenario::diagnostics::missing_field("maxSkew", at.place(), of, help);
        reader.diagnostics.push(found);
    }
    let actions = ["DoNotSchedule", "ScheduleAnyway"];
    let help = "`DoNotSchedule` or `ScheduleAnyway`";
    reader.needed(at, "whenUnsatisfiable", of, help)?;
    let action = reader.word(at, "whenUnsatisfiable", &actions);
    let domains = reader.number(at, "minDomains", 1..=i64::from(i32::MAX));
    let policies = ["Honor", "Ignore"];
    let affinity = reader.word(at, "nodeAffinityPolicy", &policies);
    let taints = reader.word(at, "nodeTaintsPolicy", &policies);
    Some(SpreadConstraint {
        max_skew: i32::try_from(skew?).ok()?,
        topology_key: key?.into(),
        hard: action? == actions[0],
        selector: None,
        min_domains: domains.and_then(|it| i32::try_from(it).ok()),
        honor_affinity: affinity != Some("Ignore"),
        honor_taints: taints == Some("Honor"),
    })
}

/// `InterPodAffinityArgs`
fn inter_pod(reader: &mut Reader<'_>, args: &At<'_>) -> InterPodAffinity {
    let default = InterPodAffinity::default();
    let weight = reader.number(args, "hardPodAffinityWeight", 0..=100);
    let ignores = reader.flag(args, "ignorePreferredTermsOfExistingPods");
    InterPodAffinity {
        hard_weight: weight.unwrap_or(default.hard_weight),
        ignores_preferred_of_running: ignores.unwrap_or_default(),
    }
}

/// `DefaultPreemptionArgs`
fn preemption(reader: &mut Reader<'_>, args: &At<'_>) -> PreemptionArgs {
    let default = PreemptionArgs::default();
    let percentage = reader.number(args, "minCandidateNodesPercentage", 0..=100);
    let absolute = reader.number(args, "minCandidateNodesAbsolute", 0..=i64::from(i32::MAX));
    let whole = |given: Option<i64>, default: u32| {
        given
            .and_then(|it| u32::try_from(it).ok())
            .unwrap_or(default)
    };
    let found = PreemptionArgs {
        percentage: whole(percentage, default.percentage),
        absolute: whole(absolute, default.absolute),
    };
    if (found.percentage, found.absolute) == (0, 0) {
        let message = "no candidate would be looked for".to_owned();
        let help = "one of minCandidateNodesPercentage and minCandidateNodesAbsolute is not 0";
        reader.wrong(message, args, help);
    }
    found
}

fn texts(reader: &mut Reader<'_>, at: &At<'_>, name: &str) -> Vec<Box<str>> {
    let items = reader.items(at, name);
    items
        .iter()
        .filter_map(|item| reader.as_text(item))
        .map(Into::into)
        .collect()
}
