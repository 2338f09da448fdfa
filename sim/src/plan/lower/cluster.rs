//! The nodes of a cluster.

use wavetank_core::fact::object::NewNode;
use wavetank_core::label::Labels;
use wavetank_core::object::definition::Definitions;
use wavetank_core::object::node::NodeSpec;
use wavetank_core::object::resources::Resources;
use wavetank_core::object::scheduling::Taint;
use wavetank_core::object::spec::{Spec, SpecDefinition};

use super::manifests::Manifests;
use super::node;
use super::scenario::not_yet;
use super::scheduling::effect;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::manifest::Object;
use crate::plan::load::NODES_MAX;
use crate::scenario::schema::{Cluster, NodeGroup, Nodes, Resources as Given, Text};

/// What a node has when nobody says: 4 CPUs, 16 GiB, 110 pods (SCENARIOS §2).
pub(super) fn default_capacity() -> Resources {
    Resources {
        cpu: 4_000,
        memory: 16 << 30,
        storage: 100 << 30,
        pods: 110,
        extended: Vec::new(),
    }
}

/// The Nodes among the manifests.
#[allow(clippy::wildcard_enum_match_arm)] // what is not named has no part in this
pub(super) fn manifest_nodes(manifests: &Manifests, definitions: &mut Definitions) -> Vec<NewNode> {
    let nodes = manifests
        .objects
        .iter()
        .filter_map(|imported| match &imported.object {
            Object::Node(node) => Some((node, &imported.json)),
            _ => None,
        });
    nodes
        .map(|(given, json)| node::node(given, json, definitions))
        .collect()
}

/// So many nodes `node-1…` with the default capacity.
pub(super) fn default_nodes(count: u32, definitions: &mut Definitions) -> Vec<NewNode> {
    let capacity = default_capacity();
    let group = Group {
        name: "node",
        count,
        allocatable: capacity.clone(),
        capacity,
        zones: &[],
        labels: Labels::default(),
        taints: Vec::new(),
    };
    group.nodes(0, definitions)
}

/// The nodes that a scenario describes: by default three, unless Nodes are among the manifests.
/// `asked` is `--nodes`, which replaces a bare number.
pub(super) fn nodes(
    cluster: &Cluster,
    is_empty: bool,
    asked: Option<u32>,
    definitions: &mut Definitions,
    diagnostics: &mut Diagnostics,
) -> Vec<NewNode> {
    if let Some(from) = &cluster.from {
        diagnostics.push(not_yet("`cluster.from`", &from.place));
    }
    let zones: Vec<&str> = cluster
        .zones
        .iter()
        .map(|zone| zone.value.as_str())
        .collect();
    let numbered = |count: u32, definitions: &mut Definitions| {
        let capacity = default_capacity();
        let group = Group {
            name: "node",
            count,
            allocatable: capacity.clone(),
            capacity,
            zones: &zones,
            labels: Labels::default(),
            taints: Vec::new(),
        };
        group.nodes(0, definitions)
    };
    if too_many(cluster, diagnostics) {
        return Vec::new();
    }
    match &cluster.nodes {
        None => numbered(asked.unwrap_or(if is_empty { 3 } else { 0 }), definitions),
        Some(Nodes::Count(count)) => numbered(asked.unwrap_or(count.value), definitions),
        Some(Nodes::Groups(groups)) => {
            let mut nodes = Vec::new();
            for (name, group) in groups {
                let group = lower_group(name, group, &zones, diagnostics);
                nodes.extend(group.nodes(nodes.len(), definitions));
            }
            nodes
        }
    }
}

/// Whether a scenario asks for more nodes than there may be.
fn too_many(cluster: &Cluster, diagnostics: &mut Diagnostics) -> bool {
    let counts = match &cluster.nodes {
        None => Vec::new(),
        Some(Nodes::Count(count)) => vec![count],
        Some(Nodes::Groups(groups)) => groups.iter().map(|(_, group)| &group.count).collect(),
    };
    let mut total = 0_u64;
    for count in counts {
        total += u64::from(count.value);
        if total > u64::from(NODES_MAX) {
            let message =
                format!("{total} nodes are more than {NODES_MAX}, the most a cluster has");
            diagnostics.push(Diagnostic::error("S027", message).at(count.place.clone()));
            return true;
        }
    }
    false
}

/// A group of like nodes.
struct Group<'a> {
    name: &'a str,
    count: u32,
    capacity: Resources,
    allocatable: Resources,
    zones: &'a [&'a str],
    labels: Labels,
    taints: Vec<Taint>,
}

fn lower_group<'a>(
    name: &'a str,
    group: &'a NodeGroup,
    zones: &'a [&'a str],
    diagnostics: &mut Diagnostics,
) -> Group<'a> {
    if let Some(ready_after) = &group.ready_after {
        diagnostics.push(not_yet("`readyAfter` of a node group", &ready_after.place));
    }
    let mut capacity = default_capacity();
    amounts(&group.capacity, &mut capacity);
    let mut reserved = Resources::default();
    amounts(&group.reserved, &mut reserved);
    let mut allocatable = capacity.clone();
    allocatable.cpu -= reserved.cpu;
    allocatable.memory -= reserved.memory;
    allocatable.storage -= reserved.storage;
    let taints = group.taints.iter().filter_map(|taint| {
        let text = &taint.value;
        let lowered = effect(&text.effect);
        if lowered.is_none() {
            let message = format!("`{}` is not an effect of a taint", text.effect);
            let help = "effects are NoSchedule, PreferNoSchedule and NoExecute";
            diagnostics.push(
                Diagnostic::error("S027", message)
                    .at(taint.place.clone())
                    .help(help),
            );
        }
        Some(Taint {
            key: text.key.as_str().into(),
            value: text.value.as_str().into(),
            effect: lowered?,
        })
    });
    let taints = taints.collect();
    let labels = group
        .labels
        .iter()
        .map(|(key, value)| (key.as_str(), value.value.as_str()));
    let own: &[Text] = &group.zones;
    if let Some(zone) = own.first() {
        // Zones of one group: the label is the group's own.
        let labels: Labels = labels.chain([(ZONE, zone.value.as_str())]).collect();
        return Group {
            name,
            count: group.count.value,
            capacity,
            allocatable,
            zones: &[],
            labels,
            taints,
        };
    }
    let labels = labels.collect();
    Group {
        name,
        count: group.count.value,
        capacity,
        allocatable,
        zones,
        labels,
        taints,
    }
}

const ZONE: &str = "topology.kubernetes.io/zone";

fn amounts(given: &Given, into: &mut Resources) {
    for (name, quantity) in given {
        let milli = quantity.value.milli;
        let whole = milli.div_euclid(1_000) + i64::from(milli.rem_euclid(1_000) != 0);
        match name.as_str() {
            "cpu" => into.cpu = milli,
            "memory" => into.memory = whole,
            "ephemeral-storage" => into.storage = whole,
            "pods" => into.pods = whole,
            other => into.extended.push((other.into(), whole)),
        }
    }
    into.extended.sort();
}

impl Group<'_> {
    /// The group's nodes, `NAME-1…`; `before` nodes come before them, for the turn of the zones.
    fn nodes(&self, before: usize, definitions: &mut Definitions) -> Vec<NewNode> {
        let spec = NodeSpec {
            capacity: self.capacity.clone(),
            allocatable: self.allocatable.clone(),
            images: Vec::new(),
        };
        let spec = SpecDefinition {
            spec: Spec::Node(spec),
            manifest: "".into(),
        };
        let spec = definitions.spec(spec);
        (0..self.count as usize)
            .map(|index| {
                let name = format!("{}-{}", self.name, index + 1);
                let mut labels = node::registered(self.labels.clone(), &name);
                if !self.zones.is_empty() {
                    labels = labels.with(ZONE, self.zones[(before + index) % self.zones.len()]);
                }
                let meta = node::meta(&name, labels, Labels::default(), definitions);
                NewNode {
                    meta,
                    spec,
                    taints: self.taints.clone(),
                    unschedulable: false,
                    conditions: node::healthy(),
                }
            })
            .collect()
    }
}
