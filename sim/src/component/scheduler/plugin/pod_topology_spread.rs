//! PodTopologySpread: pods of a kind spread over zones, hosts, or whatever labels tell (S103–S118).

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use wavetank_core::id::NodeId;
use wavetank_core::label::{Selector, selects};
use wavetank_core::object::scheduling::SpreadConstraint;

use super::taint_toleration::is_tolerated;
use super::{Plugin, PluginId, PreFilter};
use crate::component::scheduler::decision::cycle::Cycle;
use crate::component::scheduler::decision::node::{NodeInfo, NodeRow};
use crate::component::scheduler::decision::shape::PodShape;
use crate::component::scheduler::decision::snapshot::Snapshot;
use crate::component::scheduler::decision::verdict::Verdict;
use crate::component::scheduler::event::ClusterEvent;

/// The label that tells hosts apart: its domains are counted by node (S113, S116).
pub const HOSTNAME: &str = "kubernetes.io/hostname";
/// The label of a zone.
const ZONE: &str = "topology.kubernetes.io/zone";
/// Bits of the reasons.
const SKEWED: u32 = 0;
const NO_LABEL: u32 = 1;

/// A node whose domain has too many pods.
pub const TOO_SKEWED: Verdict = Verdict {
    reasons: 1 << SKEWED,
    plugin: PluginId::PodTopologySpread,
    unresolvable: false,
};
/// A node in no domain.
pub const WITHOUT_LABEL: Verdict = Verdict {
    reasons: 1 << NO_LABEL,
    plugin: PluginId::PodTopologySpread,
    unresolvable: true,
};

/// Rejects nodes on which pods would be spread too unevenly, and prefers those that even them out.
#[derive(Clone, PartialEq, Debug)]
pub struct PodTopologySpread {
    /// The constraints of pods without any, their selectors left out (S103).
    pub defaults: Vec<SpreadConstraint>,
    /// Whether those are the system's own, under which a node needs no zone (S113).
    pub is_system: bool,
}

impl Default for PodTopologySpread {
    /// `defaultingType: System` (S103).
    fn default() -> Self {
        let soft = |key: &str, max_skew: i32| SpreadConstraint {
            max_skew,
            topology_key: key.into(),
            hard: false,
            selector: None,
            min_domains: None,
            honor_affinity: true,
            honor_taints: false,
        };
        Self {
            defaults: vec![soft(HOSTNAME, 3), soft(ZONE, 5)],
            is_system: true,
        }
    }
}

/// How a pod with hard constraints finds the cluster.
#[derive(Clone, Debug)]
pub struct HardSpread {
    constraints: Vec<SpreadConstraint>,
    /// By constraint, how many pods each value of its label has (S109).
    counts: Vec<BTreeMap<Box<str>, i64>>,
}

/// How a pod with soft constraints finds the cluster.
#[derive(Clone, Debug)]
pub struct SoftSpread {
    constraints: Vec<SpreadConstraint>,
    /// Feasible nodes that lack a label (S113).
    ignored: BTreeSet<NodeId>,
    /// By constraint, how many pods each value of its label has; nothing for hosts (S115).
    counts: Vec<BTreeMap<Box<str>, i64>>,
    /// By constraint (S114).
    weights: Vec<f64>,
}

impl PodTopologySpread {
    /// The hard or the soft constraints of a pod, with selectors, and whether they are its own (S103,
    /// S104).
    #[must_use]
    pub fn constraints(
        &self,
        pod: &PodShape,
        snapshot: &Snapshot,
        hard: bool,
    ) -> (Vec<SpreadConstraint>, bool) {
        let of_kind = |constraint: &&SpreadConstraint| constraint.hard == hard;
        let own = &pod.spec().spread;
        if !own.is_empty() {
            return (own.iter().filter(of_kind).cloned().collect(), true);
        }
        let mut defaults = self.defaults.iter().filter(of_kind).peekable();
        if defaults.peek().is_none() {
            return (Vec::new(), !self.is_system);
        }
        let selector = snapshot.around.default_selector(pod);
        let with_selector = |constraint: &SpreadConstraint| {
            Some(SpreadConstraint {
                selector: Some(selector.clone()?),
                ..constraint.clone()
            })
        };
        let constraints = defaults.filter_map(with_selector).collect();
        (constraints, !self.is_system)
    }
}

impl Plugin for PodTopologySpread {
    fn id(&self) -> PluginId {
        PluginId::PodTopologySpread
    }

    fn is_local(&self) -> bool {
        false
    }

    fn pre_filter(&self, cycle: &mut Cycle<'_>) -> PreFilter {
        let (constraints, _) = self.constraints(cycle.pod, cycle.snapshot, true);
        if constraints.is_empty() {
            return PreFilter::Skip;
        }
        let mut counts = vec![BTreeMap::new(); constraints.len()];
        for id in cycle.snapshot.list() {
            let node = cycle.snapshot.node(*id);
            for (constraint, counts) in constraints.iter().zip(&mut counts) {
                if has_keys(&constraints, node) && is_counted(constraint, cycle.pod, node) {
                    let value = node.labels.get(&constraint.topology_key).unwrap_or("");
                    *counts.entry(value.into()).or_default() +=
                        pods_on(node, constraint.selector.as_ref(), cycle);
                }
            }
        }
        cycle.state.hard_spread = Some(HardSpread {
            constraints,
            counts,
        });
        PreFilter::Run
    }

    /// A pod more or less in a dry run: unlike the count, it takes terminating pods for others, and the
    /// empty selector for one that selects (S111).
    fn change_pods(&self, cycle: &mut Cycle<'_>, pod: &PodShape, node: &NodeInfo<'_>, change: i64) {
        let Some(spread) = &mut cycle.state.hard_spread else {
            return;
        };
        if pod.namespace != cycle.pod.namespace || !has_keys(&spread.constraints, node.row) {
            return;
        }
        for (constraint, counts) in spread.constraints.iter().zip(&mut spread.counts) {
            if is_counted(constraint, cycle.pod, node.row)
                && selects(constraint.selector.as_ref(), &pod.labels)
            {
                let value = node.row.labels.get(&constraint.topology_key).unwrap_or("");
                *counts.entry(value.into()).or_default() += change;
            }
        }
    }

    fn filter(&self, cycle: &Cycle<'_>, node: &NodeInfo<'_>) -> Verdict {
        let Some(spread) = &cycle.state.hard_spread else {
            return Verdict::FITS;
        };
        for (constraint, counts) in spread.constraints.iter().zip(&spread.counts) {
            let Some(value) = node.row.labels.get(&constraint.topology_key) else {
                return WITHOUT_LABEL;
            };
            // S110
            let least = least(counts, constraint.min_domains);
            let itself = selects(constraint.selector.as_ref(), &cycle.pod.labels);
            let there = counts.get(value).copied().unwrap_or_default();
            if there + i64::from(itself) - least > i64::from(constraint.max_skew) {
                return TOO_SKEWED;
            }
        }
        Verdict::FITS
    }

    fn reason(&self, _pod: &PodShape, bit: u32) -> Cow<'static, str> {
        match bit {
            SKEWED => "node(s) didn't match pod topology spread constraints".into(),
            _ => "node(s) didn't match pod topology spread constraints (missing required label)"
                .into(),
        }
    }

    fn pre_score(&self, cycle: &mut Cycle<'_>, feasible: &[NodeId]) -> bool {
        let (constraints, needs_all) = self.constraints(cycle.pod, cycle.snapshot, false);
        if constraints.is_empty() {
            return false; // S64
        }
        cycle.state.soft_spread = Some(SoftSpread::new(constraints, needs_all, cycle, feasible));
        true
    }

    fn score(&self, cycle: &Cycle<'_>, node: &NodeInfo<'_>) -> i64 {
        let Some(spread) = &cycle.state.soft_spread else {
            return 0;
        };
        if spread.ignored.contains(&node.id) {
            return 0;
        }
        let mut sum = 0.0;
        for (place, constraint) in spread.constraints.iter().enumerate() {
            let key = &*constraint.topology_key;
            let Some(value) = node.row.labels.get(key) else {
                continue;
            };
            let count = if key == HOSTNAME {
                pods_on(node.row, constraint.selector.as_ref(), cycle)
            } else {
                spread.counts[place].get(value).copied().unwrap_or_default()
            };
            sum += term(count, spread.weights[place], constraint.max_skew);
        }
        rounded(sum)
    }

    fn normalize(&self, cycle: &Cycle<'_>, feasible: &[NodeId], scores: &mut [i64]) {
        let Some(spread) = &cycle.state.soft_spread else {
            return;
        };
        // S118
        let counted = |entry: &(&NodeId, &i64)| !spread.ignored.contains(entry.0);
        let counted = feasible.iter().zip(&*scores).filter(counted);
        let (least, most) = counted.fold((i64::MAX, 0), |(least, most), (_, score)| {
            (least.min(*score), most.max(*score))
        });
        for (node, score) in feasible.iter().zip(scores) {
            *score = if spread.ignored.contains(node) {
                0
            } else {
                normalized(*score, least, most)
            };
        }
    }

    fn is_worth_requeuing(
        &self,
        event: &ClusterEvent<'_>,
        pod: &PodShape,
        _snapshot: &Snapshot,
    ) -> bool {
        let hard = || {
            pod.spec()
                .spread
                .iter()
                .filter(|constraint| constraint.hard)
        };
        match event {
            ClusterEvent::PodAssigned(other) | ClusterEvent::PodGone(other) => {
                let selects = |it: &SpreadConstraint| selects(it.selector.as_ref(), &other.labels);
                other.namespace == pod.namespace && hard().any(selects)
            }
            ClusterEvent::PodLabels { before, after } => {
                let selects = |it: &SpreadConstraint, pod: &PodShape| {
                    selects(it.selector.as_ref(), &pod.labels)
                };
                after.namespace == pod.namespace
                    && hard().any(|it| selects(it, before) != selects(it, after))
            }
            ClusterEvent::NodeAdded(node) | ClusterEvent::NodeRemoved(node) => {
                hard().all(|it| node.labels.get(&it.topology_key).is_some())
            }
            ClusterEvent::NodeChanged { before, after, .. } => {
                let has_keys =
                    |node: &NodeRow| hard().all(|it| node.labels.get(&it.topology_key).is_some());
                let (had, has) = (has_keys(before), has_keys(after));
                let is_moved = || {
                    let value = |node: &NodeRow, key: &str| node.labels.get(key).map(str::to_owned);
                    hard()
                        .any(|it| value(before, &it.topology_key) != value(after, &it.topology_key))
                };
                had != has || has && (is_moved() || before.taints != after.taints)
            }
            ClusterEvent::OwnLabels => true,
            ClusterEvent::OwnTolerations => hard().any(|it| it.honor_taints),
            ClusterEvent::Storage(_) | ClusterEvent::OwnScaleDown => false,
        }
    }
}

impl SoftSpread {
    fn new(
        constraints: Vec<SpreadConstraint>,
        needs_all: bool,
        cycle: &Cycle<'_>,
        feasible: &[NodeId],
    ) -> Self {
        let mut ignored = BTreeSet::new();
        let mut counts = vec![BTreeMap::<Box<str>, i64>::new(); constraints.len()];
        for id in feasible {
            let node = cycle.snapshot.node(*id);
            if needs_all && !has_keys(&constraints, node) {
                ignored.insert(*id);
                continue;
            }
            for (constraint, counts) in constraints.iter().zip(&mut counts) {
                if &*constraint.topology_key != HOSTNAME {
                    let value = node.labels.get(&constraint.topology_key).unwrap_or("");
                    counts.entry(value.into()).or_default();
                }
            }
        }
        // S113, S114
        let size = |place: usize| {
            if &*constraints[place].topology_key == HOSTNAME {
                feasible.len() - ignored.len()
            } else {
                counts[place].len()
            }
        };
        let weights = (0..constraints.len())
            .map(|place| weight(size(place)))
            .collect();
        // S115
        for id in cycle.snapshot.list() {
            let node = cycle.snapshot.node(*id);
            if needs_all && !has_keys(&constraints, node) {
                continue;
            }
            for (constraint, counts) in constraints.iter().zip(&mut counts) {
                let value = node.labels.get(&constraint.topology_key).unwrap_or("");
                if let Some(count) = counts.get_mut(value)
                    && is_counted(constraint, cycle.pod, node)
                {
                    *count += pods_on(node, constraint.selector.as_ref(), cycle);
                }
            }
        }
        Self {
            constraints,
            ignored,
            counts,
            weights,
        }
    }
}

/// Whether a node has the labels of all constraints.
#[must_use]
pub fn has_keys(constraints: &[SpreadConstraint], node: &NodeRow) -> bool {
    let has = |it: &SpreadConstraint| node.labels.get(&it.topology_key).is_some();
    constraints.iter().all(has)
}

/// Whether the pods of a node count, as far as the constraint's policies go (S107).
#[must_use]
pub fn is_counted(constraint: &SpreadConstraint, pod: &PodShape, node: &NodeRow) -> bool {
    (!constraint.honor_affinity || pod.nodes.requires(node))
        && (!constraint.honor_taints || is_tolerated(pod, &node.taints))
}

/// How many pods of the incoming pod's namespace a selector selects on a node: none if it is empty
/// (S108).
fn pods_on(node: &NodeRow, selector: Option<&Selector>, cycle: &Cycle<'_>) -> i64 {
    let Some(selector) = selector.filter(|selector| !selector.is_empty()) else {
        return 0;
    };
    let pods = node.pods.iter().filter(|placed| {
        let shape = cycle.snapshot.shape(placed.shape);
        !placed.terminating
            && shape.namespace == cycle.pod.namespace
            && selector.matches(&shape.labels)
    });
    i64::try_from(pods.count()).expect("a number of pods")
}

/// The fewest pods that a domain has; none when there are fewer domains than asked for (S110).
fn least(counts: &BTreeMap<Box<str>, i64>, min_domains: Option<i32>) -> i64 {
    let wanted = usize::try_from(min_domains.unwrap_or(1)).unwrap_or_default();
    if counts.len() < wanted {
        return 0;
    }
    counts.values().copied().min().unwrap_or_default()
}

/// How much a pod more in one of `size` domains counts (S114).
#[must_use]
#[allow(clippy::cast_precision_loss)] // a number of nodes
pub fn weight(size: usize) -> f64 {
    libm::log((size + 2) as f64)
}

/// What one constraint adds to a node's raw score (S116).
#[must_use]
#[allow(clippy::cast_precision_loss)] // a number of pods
pub fn term(count: i64, weight: f64, max_skew: i32) -> f64 {
    count as f64 * weight + f64::from(max_skew - 1)
}

/// The raw score of a node: halves away from zero (S116).
#[must_use]
#[allow(clippy::cast_possible_truncation)] // far below the limits
pub fn rounded(sum: f64) -> i64 {
    libm::round(sum) as i64
}

/// A raw score between the least and the most of the nodes that count: few pods score high (S118).
#[must_use]
pub const fn normalized(score: i64, least: i64, most: i64) -> i64 {
    if most == 0 {
        100
    } else {
        100 * (most + least - score) / most
    }
}
