//! The part of a pod's specification that only a scheduler reads.

use serde::{Deserialize, Serialize};

use crate::label::Selector;

/// `effect` of a taint or toleration.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub enum TaintEffect {
    /// `NoSchedule`
    NoSchedule,
    /// `PreferNoSchedule`
    PreferNoSchedule,
    /// `NoExecute`
    NoExecute,
}

/// A taint of a node.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct Taint {
    /// `key`
    pub key: Box<str>,
    /// `value`, empty when not given.
    pub value: Box<str>,
    /// `effect`
    pub effect: TaintEffect,
}

/// A toleration of a pod.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct Toleration {
    /// `key`; empty tolerates every key (with `exists`).
    pub key: Box<str>,
    /// Whether `operator` is `Exists`; otherwise `Equal`.
    pub exists: bool,
    /// `value`
    pub value: Box<str>,
    /// `effect`; none tolerates every effect.
    pub effect: Option<TaintEffect>,
    /// `tolerationSeconds`; none tolerates for ever. Negative counts as zero.
    pub seconds: Option<i64>,
}

impl Toleration {
    /// Whether this tolerates `taint` (S80).
    #[must_use]
    pub fn tolerates(&self, taint: &Taint) -> bool {
        if self.effect.is_some_and(|effect| effect != taint.effect) {
            return false;
        }
        if self.key.is_empty() {
            return self.exists;
        }
        self.key == taint.key && (self.exists || self.value == taint.value)
    }
}

/// `operator` of a node selector requirement.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[allow(missing_docs)] // Kubernetes' own operators
pub enum NodeOperator {
    In,
    NotIn,
    Exists,
    DoesNotExist,
    Gt,
    Lt,
}

/// One requirement of a node selector term.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct NodeRequirement {
    /// The label's key, or `metadata.name` in `matchFields`.
    pub key: Box<str>,
    /// `operator`
    pub operator: NodeOperator,
    /// `values`
    pub values: Vec<Box<str>>,
}

/// A node selector term: all requirements must hold; an empty term matches nothing (S86).
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
pub struct NodeTerm {
    /// `matchExpressions`
    pub expressions: Vec<NodeRequirement>,
    /// `matchFields`
    pub fields: Vec<NodeRequirement>,
}

/// A pod affinity or anti-affinity term.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct PodTerm {
    /// `labelSelector`, with matchLabelKeys already merged in (S7); none selects nothing.
    pub selector: Option<Selector>,
    /// `topologyKey`
    pub topology_key: Box<str>,
    /// `namespaces`; with no namespace selector and none named, the pod's own.
    pub namespaces: Vec<Box<str>>,
    /// `namespaceSelector`
    pub namespace_selector: Option<Selector>,
}

/// `affinity` of a pod.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
pub struct Affinity {
    /// `nodeAffinity.required…`: any term must match; none means no requirement.
    pub node_required: Option<Vec<NodeTerm>>,
    /// `nodeAffinity.preferred…`: weight and term.
    pub node_preferred: Vec<(i32, NodeTerm)>,
    /// `podAffinity.required…`
    pub pod_required: Vec<PodTerm>,
    /// `podAffinity.preferred…`
    pub pod_preferred: Vec<(i32, PodTerm)>,
    /// `podAntiAffinity.required…`
    pub anti_required: Vec<PodTerm>,
    /// `podAntiAffinity.preferred…`
    pub anti_preferred: Vec<(i32, PodTerm)>,
}

/// A topology spread constraint.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct SpreadConstraint {
    /// `maxSkew`, at least 1.
    pub max_skew: i32,
    /// `topologyKey`
    pub topology_key: Box<str>,
    /// Whether `whenUnsatisfiable` is `DoNotSchedule`; otherwise `ScheduleAnyway`.
    pub hard: bool,
    /// `labelSelector`, with matchLabelKeys already merged in (S7).
    pub selector: Option<Selector>,
    /// `minDomains`
    pub min_domains: Option<i32>,
    /// Whether `nodeAffinityPolicy` is `Honor` (the default).
    pub honor_affinity: bool,
    /// Whether `nodeTaintsPolicy` is `Honor` (not the default).
    pub honor_taints: bool,
}
