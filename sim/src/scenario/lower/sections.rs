//! Sections at the top.

use super::read::At;
use super::steps::step;
use super::world::{image, network, program, traffic};
use crate::scenario::expr::{self, Amount, Scope};
use crate::scenario::kubectl::Taint;
use crate::scenario::node::Node;
use crate::scenario::parameters::{ParameterEnv, Parameters};
use crate::scenario::schema::{
    Axis, Case, Cluster, Design, Expect, Instant, Invariants, JsonOp, Map, NodeGroup, Nodes, Patch,
    PatchChange, RecordLevel, Report, RunSpec, Scenario, Search, Seeds, Spanned, Swarm, SweepPlan,
    Text, Until, Warmup,
};
use crate::scenario::units;

pub(super) fn scenario(root: &At<'_>, parameters: &Parameters) -> Scenario {
    let applies = |at: &At<'_>| holds(at, parameters);
    let steps = root.items("timeline");
    let steps = steps.iter().filter(|at| applies(at));
    let mut faults = Map::default();
    if let Some(section) = root.get("faults") {
        for (name, fault) in section.entries(|at| applies(at).then(|| step(at))) {
            if let Some(mut fault) = fault {
                fault.name.get_or_insert_with(|| Spanned {
                    value: name.clone(),
                    place: fault.place.clone(),
                });
                faults.insert(name, fault);
            }
        }
    }
    let patches = root.items("patches");
    let expect = root.items("expect");
    Scenario {
        requires: root.get("requires").map(|at| at.text()),
        about: root.get("about").map(|at| at.text()),
        parameters: parameters.clone(),
        cluster: root
            .get("cluster")
            .map(|at| cluster(&at))
            .unwrap_or_default(),
        manifests: texts(root, "manifests"),
        patches: patches.iter().filter(|at| applies(at)).map(patch).collect(),
        images: root.map("images", image),
        containers: root.map("containers", program),
        network: root
            .get("network")
            .map(|at| network(&at))
            .unwrap_or_default(),
        traffic: root.map("traffic", traffic),
        timeline: steps.map(step).collect(),
        faults,
        swarm: root.get("swarm").map(|at| Swarm {
            add: texts(&at, "add"),
            intensity: at.get("intensity").map(|at| at.text()),
            heal: at.get("heal").map(|at| at.duration()),
        }),
        run: run(root),
        measures: root.map("measures", |at| at.expression(Scope::Run)),
        expect: expect
            .iter()
            .filter(|at| applies(at))
            .map(expectation)
            .collect(),
        invariants: root
            .get("invariants")
            .map(|at| invariants(&at))
            .unwrap_or_default(),
        sweep: root.get("sweep").map(|at| sweep(&at)),
        report: report(root),
    }
}

/// Whether the `if` of a patch, step, fault or expectation holds.
fn holds(at: &At<'_>, parameters: &Parameters) -> bool {
    let Some(condition) = at.get("if") else {
        return true;
    };
    let value = expr::parse(condition.str())
        .and_then(|parsed| expr::evaluate(&parsed, &ParameterEnv(parameters)));
    value != Ok(Amount::Bool(false))
}

pub(super) fn texts(at: &At<'_>, key: &str) -> Vec<Text> {
    at.items(key).iter().map(At::text).collect()
}

fn cluster(at: &At<'_>) -> Cluster {
    let nodes = at.get("nodes").map(|nodes| {
        if nodes.node.is_scalar() {
            Nodes::Count(nodes.spanned(nodes.number()))
        } else {
            Nodes::Groups(nodes.entries(node_group))
        }
    });
    Cluster {
        kubernetes: at.get("kubernetes").map(|at| at.text()),
        from: at.get("from").map(|at| at.text()),
        zones: texts(at, "zones"),
        nodes,
        config: at.map("config", At::document),
        feature_gates: at.map("featureGates", At::truth),
    }
}

fn node_group(at: &At<'_>) -> NodeGroup {
    let limits = at.items("autoscale");
    let autoscale = match limits.as_slice() {
        [min, max, ..] => Some((min.number(), max.number())),
        _ => None,
    };
    let count = at.get("count").map(|at| at.spanned(at.number()));
    NodeGroup {
        count: count.unwrap_or_else(|| at.spanned(0)),
        capacity: at.map("capacity", At::quantity),
        reserved: at.map("reserved", At::quantity),
        zones: texts(at, "zones"),
        labels: at.map("labels", At::text),
        taints: at.items("taints").iter().map(taint).collect(),
        config: at.map("config", At::document),
        autoscale,
        ready_after: at.get("readyAfter").map(|at| at.dist()),
    }
}

fn taint(at: &At<'_>) -> Spanned<Taint> {
    let (left, effect) = at.str().split_once(':').unwrap_or((at.str(), "NoSchedule"));
    let (key, value) = left.split_once('=').unwrap_or((left, ""));
    at.spanned(Taint {
        key: key.to_owned(),
        value: value.to_owned(),
        effect: effect.to_owned(),
    })
}

fn patch(at: &At<'_>) -> Patch {
    let change = if let Some(merge) = at.get("merge") {
        PatchChange::Merge(merge.node.clone())
    } else if at.get("json").is_some() {
        PatchChange::Json(at.items("json").iter().map(json_op).collect())
    } else {
        PatchChange::Remove
    };
    Patch {
        to: at.get("to").map_or_else(|| at.target(), |to| to.target()),
        change,
    }
}

fn json_op(at: &At<'_>) -> JsonOp {
    let text = |key: &str| at.get(key).map(|at| at.text());
    JsonOp {
        op: text("op").unwrap_or_else(|| at.text()),
        path: text("path").unwrap_or_else(|| at.text()),
        from: text("from"),
        value: at.node.get("value").cloned(),
    }
}

fn run(root: &At<'_>) -> RunSpec {
    let section = root.get("run");
    let get = |key: &str| section.as_ref().and_then(|at| at.get(key));
    let warmup = match get("warmup") {
        None => Warmup::None,
        Some(at) if at.is("none") => Warmup::None,
        Some(at) if at.is("steady") => Warmup::Steady,
        Some(at) => Warmup::When(at.expression(Scope::Now)),
    };
    let until = match get("until") {
        None => Until::Steady,
        Some(at) if at.is("steady") => Until::Steady,
        Some(at) if units::duration(at.str()).is_ok() => Until::At(at.duration()),
        Some(at) => Until::When(at.expression(Scope::Now)),
    };
    let record = get("record").map(|at| {
        at.spanned(match at.str() {
            "none" => RecordLevel::None,
            "messages" => RecordLevel::Messages,
            _ => RecordLevel::Facts,
        })
    });
    RunSpec {
        warmup,
        until,
        limit: get("limit").map(|at| at.duration()),
        seed: get("seed").map_or(1, |at| at.number()),
        record,
    }
}

fn expectation(at: &At<'_>) -> Expect {
    let condition = |key: &str, scope: Scope| at.get(key).map(|at| at.expression(scope));
    if let Some(always) = condition("always", Scope::Now) {
        return Expect::Always(always);
    }
    if let Some(never) = condition("never", Scope::Now) {
        return Expect::Never(never);
    }
    if let Some(condition) = condition("eventually", Scope::Now) {
        let since = at.get("since").map(|at| match units::duration(at.str()) {
            Ok(_) => Instant::At(at.duration()),
            Err(_) => Instant::Of(at.expression(Scope::Run)),
        });
        return Expect::Eventually {
            condition,
            within: at.get("within").map(|at| at.duration()),
            since,
        };
    }
    if let Some(condition) = condition("overRuns", Scope::Runs) {
        let confidence = at.get("confidence").map(|at| at.percent());
        return Expect::OverRuns {
            condition,
            confidence,
        };
    }
    if let Some(invariant) = at.get("violates") {
        return Expect::Violates(invariant.text());
    }
    let holds = condition("holds", Scope::Run);
    Expect::Holds(holds.unwrap_or_else(|| at.expression(Scope::Run)))
}

fn invariants(at: &At<'_>) -> Invariants {
    Invariants {
        skip: at.map("skip", At::text),
        enforce: texts(at, "enforce"),
        continue_after_violation: at.get("onViolation").is_some_and(|at| at.is("continue")),
    }
}

fn report(root: &At<'_>) -> Report {
    let section = root.get("report");
    let text = |key: &str| {
        section
            .as_ref()
            .and_then(|at| at.get(key))
            .map(|at| at.text())
    };
    let html = section.as_ref().and_then(|at| at.get("html"));
    Report {
        title: text("title"),
        question: text("question"),
        worst: text("worst"),
        plots: section
            .as_ref()
            .map(|at| texts(at, "plots"))
            .unwrap_or_default(),
        html: html.is_none_or(|at| at.truth()),
    }
}

fn sweep(at: &At<'_>) -> SweepPlan {
    let clone = |at: &At<'_>| -> Node { at.node.clone() };
    let case = |at: &At<'_>| {
        let mut values = at.entries(clone);
        values.shift_remove("name");
        Case {
            name: at.get("name").map(|at| at.text()),
            values,
        }
    };
    SweepPlan {
        vary: at.map("vary", axis),
        cases: at.items("cases").iter().map(case).collect(),
        design: at.get("design").map_or(Design::Grid, |at| design(&at)),
        keep: at.get("where").map(|at| at.expression(Scope::Parameters)),
        seeds: at.get("seeds").map_or(Seeds::Count(30), |at| seeds(&at)),
        baseline: at.map("baseline", clone),
        find: at.get("find").and_then(|at| search(&at)),
    }
}

fn axis(at: &At<'_>) -> Axis {
    if let Some(random) = at.get("random") {
        return Axis::Random(random.dist().value);
    }
    let Some(from) = at.get("from") else {
        return Axis::List(at.node.items().to_vec());
    };
    Axis::Range {
        from: from.node.clone(),
        to: at.get("to").map_or(from.node, |to| to.node).clone(),
        step: at.get("step").map(|at| at.node.clone()),
        points: at.get("points").map(|at| at.number()),
        logarithmic: at.get("scale").is_some_and(|at| at.is("log")),
    }
}

fn design(at: &At<'_>) -> Design {
    let number = |design: &str, key: &str| {
        let found = at.get(design)?;
        Some(found.get(key).map_or(1, |at| at.number()))
    };
    if let Some(points) = number("lhs", "points") {
        return Design::Lhs { points };
    }
    if let Some(points) = number("sobol", "points") {
        return Design::Sobol { points };
    }
    if let Some(paths) = number("morris", "paths") {
        return Design::Morris { paths };
    }
    if at.is("zip") {
        Design::Zip
    } else {
        Design::Grid
    }
}

fn seeds(at: &At<'_>) -> Seeds {
    let number = |key: &str, default: u32| at.get(key).map_or(default, |at| at.number());
    if let Some(until) = at.get("until") {
        return Seeds::Sequential {
            min: number("min", 10),
            max: number("max", 1000),
            until: until.expression(Scope::Runs),
        };
    }
    match at.get("from") {
        Some(from) => Seeds::Range {
            from: from.number(),
            count: number("count", 30),
        },
        None => Seeds::Count(at.number()),
    }
}

fn search(at: &At<'_>) -> Option<Search> {
    let smallest = at.get("smallest");
    let parameter = smallest.as_ref().map(At::text);
    let parameter = parameter.or_else(|| at.get("largest").map(|at| at.text()))?;
    Some(Search {
        parameter,
        smallest: smallest.is_some(),
        such: at.get("such")?.expression(Scope::Runs),
        confidence: at.get("confidence").map(|at| at.percent()),
    })
}
