//! The whole: a scenario, or plain manifests, to a Plan.

use wavetank_core::object::definition::Definitions;
use wavetank_core::time::SimDuration;

use super::manifests::{self, Manifests};
use super::pod::Priorities;
use super::step::Lowering;
use super::{cluster, config, images, invariants, network, patches, traffic, unplayed};
use crate::diagnostic::{Diagnostic, Diagnostics, Place, Sources};
use crate::manifest::{Inputs, NodeCapacity, Wanted, hints};
use crate::network::profile::Network;
use crate::plan::load::Options;
use crate::plan::settings::{SchedulerSettings, Settings};
use crate::plan::{Plan, Span};
use crate::scenario::document::Document;
use crate::scenario::kubectl::{Drain, Kubectl};
use crate::scenario::schema::{Scenario, Step, Until, Verb, Warmup};

/// How many nodes a cluster has when nobody says.
const DEFAULT_NODES: u32 = 3;
/// How long a scenario may take when it does not say (SCENARIOS §2).
const DEFAULT_LIMIT: SimDuration = SimDuration::from_secs(600);
/// How long plain manifests may take to come to rest.
const MANIFESTS_LIMIT: SimDuration = SimDuration::from_secs(3_600);

/// A Plan, and what was accepted without effect.
#[derive(Debug)]
pub struct Lowered {
    /// The Plan.
    pub plan: Plan,
    /// Kinds that were accepted and have no effect, with their number.
    pub no_effect: Vec<(String, usize)>,
    /// Kinds that are stored and not simulated yet, with their number.
    pub not_simulated: Vec<(String, usize)>,
}

/// The Plan of plain manifests on a default cluster, or on the Nodes among them.
pub fn lower_manifests(
    inputs: &Inputs,
    name: &str,
    options: &Options,
    sources: &mut Sources,
    diagnostics: &mut Diagnostics,
) -> Option<Lowered> {
    let manifests = Manifests::read(inputs, sources, diagnostics);
    let mut definitions = Definitions::default();
    let own = cluster::manifest_nodes(&manifests, &mut definitions);
    let count = options
        .nodes
        .unwrap_or(if own.is_empty() { DEFAULT_NODES } else { 0 });
    let mut nodes = own;
    nodes.extend(cluster::default_nodes(count, &mut definitions));
    let span = Span {
        warm: false,
        until: options.until,
        limit: MANIFESTS_LIMIT,
    };
    let plan = Plan {
        name: name.into(),
        digest: [0; 32],
        parameters: Vec::new(),
        definitions,
        nodes,
        namespaces: Vec::new(),
        objects: Vec::new(),
        steps: Vec::new(),
        images: images::built_in(),
        traffic: Vec::new(),
        faults: Vec::new(),
        network: Network::lab(),
        settings: Settings {
            scheduler: manifests
                .scheduler(false, &options.schedulers, diagnostics)
                .unwrap_or_else(|| SchedulerSettings::with(&options.schedulers)),
            ..Settings::default()
        },
        span,
        exact: options.exact,
    };
    finish(plan, manifests, sources, diagnostics)
}

/// The Plan of a scenario at one point.
#[allow(clippy::too_many_lines)] // one list, in the order in which it is read
pub fn lower_scenario(
    scenario: &Scenario,
    document: &Document,
    name: &str,
    options: &Options,
    sources: &mut Sources,
    diagnostics: &mut Diagnostics,
) -> Option<Lowered> {
    let mut manifests = Manifests::of_scenario(scenario, document, sources, diagnostics);
    patches::apply(&mut manifests, &scenario.patches, diagnostics);
    let priorities = manifests::priorities(&manifests);
    let mut definitions = Definitions::default();
    let mut nodes = cluster::manifest_nodes(&manifests, &mut definitions);
    nodes.extend(cluster::nodes(
        &scenario.cluster,
        nodes.is_empty(),
        options.nodes,
        &mut definitions,
        diagnostics,
    ));
    let registry = &options.schedulers;
    let mut settings =
        config::settings(&scenario.cluster, document, registry, sources, diagnostics);
    let named = scenario.cluster.config.contains_key("kube-scheduler");
    if let Some(read) = manifests.scheduler(named, registry, diagnostics) {
        settings.scheduler = read;
    }
    let network = network::network(&scenario.network, diagnostics);
    let until = match &scenario.run.until {
        Until::At(until) => Some(until.value),
        Until::Steady => None,
        Until::When(expression) => {
            diagnostics.push(not_yet("`run.until` with a condition", &expression.place));
            None
        }
    };
    let warm = match &scenario.run.warmup {
        Warmup::None => false,
        Warmup::Steady => true,
        Warmup::When(expression) => {
            diagnostics.push(not_yet("`run.warmup` with a condition", &expression.place));
            true
        }
    };
    let parameters = scenario.parameters.iter();
    let plan = Plan {
        name: name.into(),
        digest: [0; 32],
        parameters: parameters
            .map(|(name, it)| (name.as_str().into(), text_of(&it.node).into()))
            .collect(),
        definitions,
        nodes,
        namespaces: Vec::new(),
        objects: Vec::new(),
        steps: Vec::new(),
        images: images::images(scenario, diagnostics),
        traffic: traffic::sources(scenario, &manifests, diagnostics),
        faults: Vec::new(),
        network,
        settings,
        span: Span {
            warm,
            until: options.until.or(until),
            limit: scenario
                .run
                .limit
                .as_ref()
                .map_or(DEFAULT_LIMIT, |limit| limit.value),
        },
        exact: options.exact,
    };
    invariants::known_ids(scenario, diagnostics);
    unplayed::sections(scenario, document, diagnostics);
    let mut lowered = finish(plan, manifests, sources, diagnostics);
    if let Some(lowered) = &mut lowered {
        steps(
            scenario,
            document,
            &priorities,
            &mut lowered.plan,
            sources,
            diagnostics,
        );
        // Files that only the timeline names belong to the scenario as well.
        lowered.plan.digest = digest(sources);
    }
    lowered.filter(|_| !diagnostics.has_errors())
}

/// The timeline and the faults.
fn steps(
    scenario: &Scenario,
    document: &Document,
    priorities: &Priorities,
    plan: &mut Plan,
    sources: &mut Sources,
    diagnostics: &mut Diagnostics,
) {
    let mut read = |paths: &[String], _: bool, place: &Place| {
        let inputs = Inputs {
            base: document.directory(place).to_owned(),
            paths: paths
                .iter()
                .map(|path| Wanted {
                    path: path.clone(),
                    place: Some(place.clone()),
                })
                .collect(),
            stdin: None,
        };
        let mut found = Diagnostics::new();
        let mut files = Manifests::read(&inputs, sources, &mut found);
        patches::apply_to_files(&mut files, &scenario.patches, &mut found);
        if found.has_errors() {
            return Err(found.into_iter().collect());
        }
        Ok(files
            .objects
            .into_iter()
            .map(|imported| imported.object)
            .collect())
    };
    let mut lowering = Lowering {
        definitions: &mut plan.definitions,
        priorities,
        nodes: &plan.nodes,
        span: plan.span,
        read: &mut read,
        diagnostics,
    };
    let (steps, mut faults) = super::step::steps(&scenario.timeline, &mut lowering);
    unknown_nodes(&scenario.timeline, &mut lowering);
    faults.extend(super::fault::faults(&scenario.faults, &mut lowering));
    plan.steps = steps;
    plan.faults = faults;
}

/// Nodes that command lines name and that nobody has: told before the run rather than by a step that fails.
fn unknown_nodes(timeline: &[Step], lowering: &mut Lowering<'_>) {
    for step in timeline {
        let Verb::Kubectl(lines) = &step.verb else {
            continue;
        };
        for line in lines {
            let (Kubectl::Cordon(what)
            | Kubectl::Uncordon(what)
            | Kubectl::Taint { what, .. }
            | Kubectl::Drain(Drain { what, .. })) = &line.command
            else {
                continue;
            };
            for name in what
                .resources
                .iter()
                .filter_map(|resource| resource.name.as_deref())
            {
                if lowering.node_named(name).is_some() || step.may_fail {
                    continue;
                }
                let texts = &lowering.definitions.texts;
                let names: Vec<String> = lowering
                    .nodes
                    .iter()
                    .map(|node| node.meta.name.text(texts))
                    .collect();
                let near = crate::diagnostic::nearest(name, names.iter().map(String::as_str));
                let found = Diagnostic::error("S031", format!("there is no node `{name}`"))
                    .at(line.place.clone())
                    .did_you_mean(near)
                    .help("with `mayFail: true` the step may meet a node that is not there");
                lowering.diagnostics.push(found);
            }
        }
    }
}

/// Puts the manifests into the Plan, compares them with each other, and computes the digest.
fn finish(
    mut plan: Plan,
    manifests: Manifests,
    sources: &Sources,
    diagnostics: &mut Diagnostics,
) -> Option<Lowered> {
    let capacities = offered(&plan);
    let listens = |container: &k8s_openapi::api::core::v1::Container| {
        let image = plan.images.find(container.image.as_deref().unwrap_or(""));
        !plan.images.containers.is_empty()
            || !image.program.ports.is_empty()
            || !image.program.usual_ports.is_empty()
    };
    diagnostics.extend(hints(&manifests.objects, &capacities, &listens));
    diagnostics.extend(unplayed::scripts(&manifests.objects));
    manifests::lower(&manifests, &mut plan, diagnostics);
    plan.digest = digest(sources);
    (!diagnostics.has_errors()).then_some(Lowered {
        plan,
        no_effect: manifests.no_effect,
        not_simulated: manifests.not_simulated,
    })
}

/// What the nodes offer, for the hints.
fn offered(plan: &Plan) -> Vec<NodeCapacity> {
    plan.nodes
        .iter()
        .map(|node| {
            let spec = plan.definitions.get_spec(node.spec);
            let wavetank_core::object::spec::Spec::Node(it) = &spec.spec else {
                return NodeCapacity::default();
            };
            let mut allocatable: crate::manifest::Amounts = [
                ("cpu".to_owned(), it.allocatable.cpu),
                ("memory".to_owned(), it.allocatable.memory),
                ("ephemeral-storage".to_owned(), it.allocatable.storage),
                ("pods".to_owned(), it.allocatable.pods),
            ]
            .into();
            let extended = it.allocatable.extended.iter();
            allocatable.extend(extended.map(|(name, amount)| (name.to_string(), *amount)));
            let labels = plan.definitions.get_set(node.meta.labels).iter();
            NodeCapacity {
                name: node.meta.name.text(&plan.definitions.texts),
                labels: labels
                    .map(|(key, value)| (key.to_owned(), value.to_owned()))
                    .collect(),
                allocatable,
            }
        })
        .collect()
}

/// The digest over every file that was read: what the draws of a run are keyed with, besides its seed.
///
/// Names of files do not count: the same scenario in another directory is the same scenario. Parameters
/// do not count either: two variants of a scenario under one seed see the same weather.
fn digest(sources: &Sources) -> [u8; 32] {
    let mut hasher = blake3::Hasher::new();
    for (_, text) in sources.iter().filter(|(name, _)| !name.starts_with("--")) {
        hasher.update(&(text.len() as u64).to_le_bytes());
        hasher.update(text.as_bytes());
    }
    *hasher.finalize().as_bytes()
}

/// A value of a parameter as people write it.
pub(crate) fn text_of(node: &crate::scenario::node::Node) -> String {
    node.text().map_or_else(
        || crate::scenario::print::to_yaml(node).trim().to_owned(),
        str::to_owned,
    )
}

/// That something of the format is read, but not played yet.
pub(super) fn not_yet(what: &str, place: &crate::diagnostic::Place) -> Diagnostic {
    Diagnostic::error("S033", format!("{what} is not there yet")).at(place.clone())
}
