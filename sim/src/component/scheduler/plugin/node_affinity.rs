//! NodeAffinity: node selector, required and preferred node affinity (S83–S88).

use std::borrow::Cow;

use wavetank_core::id::NodeId;
use wavetank_core::label::{Labels, Operator, Requirement, Selector};
use wavetank_core::object::scheduling::{NodeOperator, NodeRequirement, NodeTerm};
use wavetank_core::object::template::PodSpec;

use super::{Plugin, PluginId, PreFilter, normalize_by_maximum};
use crate::component::scheduler::decision::cycle::Cycle;
use crate::component::scheduler::decision::node::NodeInfo;
use crate::component::scheduler::decision::node::NodeRow;
use crate::component::scheduler::decision::shape::PodShape;
use crate::component::scheduler::decision::snapshot::Snapshot;
use crate::component::scheduler::decision::verdict::Verdict;
use crate::component::scheduler::event::ClusterEvent;

/// Rejects nodes that the pod does not ask for, and prefers those it prefers.
#[derive(Clone, Copy, Debug)]
pub struct NodeAffinity;

impl Plugin for NodeAffinity {
    fn id(&self) -> PluginId {
        PluginId::NodeAffinity
    }

    fn pre_filter(&self, cycle: &mut Cycle<'_>) -> PreFilter {
        cycle.pod.nodes.pre_filter.clone()
    }

    fn filter(&self, cycle: &Cycle<'_>, node: &NodeInfo<'_>) -> Verdict {
        if cycle.pod.nodes.requires(node.row) {
            Verdict::FITS
        } else {
            Verdict::unresolvable(self.id())
        }
    }

    fn reason(&self, _pod: &PodShape, _bit: u32) -> Cow<'static, str> {
        "node(s) didn't match Pod's node affinity/selector".into() // S87
    }

    fn pre_score(&self, cycle: &mut Cycle<'_>, _feasible: &[NodeId]) -> bool {
        cycle.pod.nodes.has_preference()
    }

    fn score(&self, cycle: &Cycle<'_>, node: &NodeInfo<'_>) -> i64 {
        cycle.pod.nodes.preference(node.row)
    }

    fn normalize(&self, _cycle: &Cycle<'_>, _feasible: &[NodeId], scores: &mut [i64]) {
        normalize_by_maximum(scores, false);
    }

    fn is_worth_requeuing(
        &self,
        event: &ClusterEvent<'_>,
        pod: &PodShape,
        _snapshot: &Snapshot,
    ) -> bool {
        match event {
            ClusterEvent::NodeAdded(node) => pod.nodes.requires(node),
            ClusterEvent::NodeChanged { before, after, .. } => {
                event.is_taint_update() // S36
                    || !pod.nodes.requires(before) && pod.nodes.requires(after)
            }
            ClusterEvent::PodAssigned(_)
            | ClusterEvent::PodLabels { .. }
            | ClusterEvent::PodGone(_)
            | ClusterEvent::NodeRemoved(_)
            | ClusterEvent::Storage(_)
            | ClusterEvent::OwnLabels
            | ClusterEvent::OwnScaleDown
            | ClusterEvent::OwnTolerations => false,
        }
    }
}

/// The nodes that a pod asks for and prefers, prepared for matching.
#[derive(Clone, Debug)]
pub struct NodeChoice {
    /// `nodeSelector`
    selector: Vec<(Box<str>, Box<str>)>,
    /// Any of them must match; none means no requirement.
    required: Option<Vec<Term>>,
    /// Weights and terms, less those without effect (S88).
    preferred: Vec<(i32, Term)>,
    /// Whether the pod lists preferences at all.
    has_preference: bool,
    /// What PreFilter says (S83).
    pub(super) pre_filter: PreFilter,
}

/// The node affinity of a volume, prepared: any term must match; none at all means everywhere.
#[derive(Clone, Debug)]
pub struct NodeTerms(Option<Vec<Term>>);

impl NodeTerms {
    /// Prepares terms.
    #[must_use]
    pub fn new(terms: Option<&[NodeTerm]>) -> Self {
        Self(terms.map(|terms| terms.iter().map(Term::new).collect()))
    }

    /// Whether a node with these labels is meant. Its name is not looked at.
    #[must_use]
    pub fn match_labels(&self, labels: &Labels) -> bool {
        let is_meant = |terms: &Vec<Term>| terms.iter().any(|term| term.matches("", labels));
        self.0.as_ref().is_none_or(is_meant)
    }
}

/// A node selector term, prepared.
#[derive(Clone, Debug)]
struct Term {
    /// The label requirements; none when one of them is not valid: such a term never matches (S84).
    labels: Option<Selector>,
    /// Names that a node must have or not have: whether it must, and the name (S86).
    names: Vec<(bool, Box<str>)>,
    /// The lists of names of `In` requirements on the name, for the subset (S83).
    lists: Vec<Vec<Box<str>>>,
    /// An empty term matches nothing.
    is_empty: bool,
}

impl NodeChoice {
    /// Prepares what a specification says.
    #[must_use]
    pub fn new(spec: &PodSpec) -> Self {
        let affinity = &spec.affinity;
        let preferred = affinity.node_preferred.iter();
        let required: Option<Vec<_>> = affinity
            .node_required
            .as_ref()
            .map(|terms| terms.iter().map(Term::new).collect());
        Self {
            selector: spec.node_selector.clone(),
            pre_filter: pre_filter(&spec.node_selector, required.as_deref()),
            required,
            preferred: preferred
                .map(|(weight, term)| (*weight, Term::new(term)))
                .filter(|(weight, term)| *weight != 0 && !term.is_empty)
                .collect(),
            has_preference: !affinity.node_preferred.is_empty(),
        }
    }

    /// Whether the pod prefers some nodes (S64).
    #[must_use]
    pub const fn has_preference(&self) -> bool {
        self.has_preference
    }

    /// Whether the node meets selector and required affinity (S84).
    #[must_use]
    pub fn requires(&self, node: &NodeRow) -> bool {
        let labels = &node.labels;
        self.selector
            .iter()
            .all(|(key, value)| labels.get(key) == Some(&**value))
            && self.required.as_ref().is_none_or(|terms| {
                terms
                    .iter()
                    .any(|term| term.matches(&node.name, &node.labels))
            })
    }

    /// The sum of the weights of the preferences that the node meets (S88).
    #[must_use]
    pub fn preference(&self, node: &NodeRow) -> i64 {
        self.preferred
            .iter()
            .filter(|(_, term)| term.matches(&node.name, &node.labels))
            .map(|(weight, _)| i64::from(*weight))
            .sum()
    }

    /// Whether the pod names the only nodes in question, or names them in contradictory ways.
    #[must_use]
    pub const fn names_nodes(&self) -> bool {
        matches!(
            self.pre_filter,
            PreFilter::Subset(_) | PreFilter::Rejected(_)
        )
    }
}

/// Names the only nodes in question when every required term does (S83).
fn pre_filter(selector: &[(Box<str>, Box<str>)], required: Option<&[Term]>) -> PreFilter {
    let Some(terms) = required else {
        return if selector.is_empty() {
            PreFilter::Skip
        } else {
            PreFilter::Run
        };
    };
    if terms.is_empty() || terms.iter().any(|term| term.lists.is_empty()) {
        return PreFilter::Run;
    }
    let mut names: Vec<Box<str>> = Vec::new();
    for term in terms {
        let (first, others) = term.lists.split_first().expect("a list");
        let of_all = first
            .iter()
            .filter(|name| others.iter().all(|list| list.contains(name)));
        names.extend(of_all.cloned());
    }
    names.sort();
    names.dedup();
    if names.is_empty() {
        return PreFilter::Rejected("pod affinity terms conflict".into());
    }
    PreFilter::Subset(names)
}

impl Term {
    fn new(term: &NodeTerm) -> Self {
        let labels: Option<Vec<_>> = term.expressions.iter().map(prepared).collect();
        let names: Option<Vec<_>> = term.fields.iter().map(named).collect();
        let lists = term.fields.iter();
        Self {
            labels: labels.filter(|_| names.is_some()).map(Selector::new),
            names: names.unwrap_or_default(),
            lists: lists
                .filter(|it| &*it.key == "metadata.name" && it.operator == NodeOperator::In)
                .map(|it| it.values.clone())
                .collect(),
            is_empty: term.expressions.is_empty() && term.fields.is_empty(),
        }
    }

    fn matches(&self, name: &str, labels: &Labels) -> bool {
        !self.is_empty
            && self
                .labels
                .as_ref()
                .is_some_and(|selector| selector.matches(labels))
            && self
                .names
                .iter()
                .all(|(must, known)| (**known == *name) == *must)
    }
}

/// A label requirement, if it is valid (S85).
fn prepared(requirement: &NodeRequirement) -> Option<Requirement> {
    let operator = match requirement.operator {
        NodeOperator::In => Operator::In,
        NodeOperator::NotIn => Operator::NotIn,
        NodeOperator::Exists => Operator::Exists,
        NodeOperator::DoesNotExist => Operator::DoesNotExist,
        NodeOperator::Gt => Operator::Gt,
        NodeOperator::Lt => Operator::Lt,
    };
    let values = requirement.values.iter().map(|value| &**value);
    Requirement::new(&requirement.key, operator, values).ok()
}

/// A requirement on the node's name, if it is valid (S86).
fn named(requirement: &NodeRequirement) -> Option<(bool, Box<str>)> {
    let [name] = &requirement.values[..] else {
        return None;
    };
    let must = match requirement.operator {
        NodeOperator::In => true,
        NodeOperator::NotIn => false,
        NodeOperator::Exists | NodeOperator::DoesNotExist | NodeOperator::Gt | NodeOperator::Lt => {
            return None;
        }
    };
    (&*requirement.key == "metadata.name").then(|| (must, name.clone()))
}
