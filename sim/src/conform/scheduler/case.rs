//! The lines of a file of recorded decisions.

use std::collections::BTreeMap;

use k8s_openapi::api::apps::v1::ReplicaSet;
use k8s_openapi::api::core::v1::{Namespace, Node, Pod, Service};
use k8s_openapi::api::policy::v1::PodDisruptionBudget;
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};

/// One line.
#[derive(Clone, Debug)]
pub enum Line {
    /// A pod meets a cluster.
    Case(Box<Case>),
    /// Pods arrive one after the other.
    Sequence(Box<Sequence>),
}

/// Why a line is none.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Damage {
    /// What is wrong.
    pub message: String,
    /// The byte of the line where it was noticed, from 1; 0 when it is about the whole line.
    pub column: usize,
}

impl Damage {
    /// Something wrong with what a line says.
    #[must_use]
    pub fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            column: 0,
        }
    }
}

/// A decision: a cluster, a pod that came, and what the real scheduler made of it.
#[derive(Clone, Debug, Deserialize)]
pub struct Case {
    /// Its name.
    #[serde(rename = "case", default)]
    pub name: String,
    /// What its generator was after.
    #[serde(default)]
    pub theme: String,
    /// The namespaces.
    #[serde(default, deserialize_with = "nullable")]
    pub namespaces: Vec<Namespace>,
    /// The nodes.
    #[serde(default, deserialize_with = "nullable")]
    pub nodes: Vec<Node>,
    /// The pods that run, and those that wait with a nominated node.
    #[serde(default, deserialize_with = "nullable")]
    pub pods: Vec<Pod>,
    /// The disruption budgets.
    #[serde(default, deserialize_with = "nullable")]
    pub pdbs: Vec<PodDisruptionBudget>,
    /// The Services.
    #[serde(default, deserialize_with = "nullable")]
    pub services: Vec<Service>,
    /// The ReplicaSets.
    #[serde(default, deserialize_with = "nullable")]
    pub replicasets: Vec<ReplicaSet>,
    /// The incoming pod.
    pub pod: Pod,
    /// What was decided.
    pub result: Decision,
}

/// Pods that arrive in order, each placement feeding the next.
#[derive(Clone, Debug, Deserialize)]
pub struct Sequence {
    /// Its name.
    #[serde(rename = "case", default)]
    pub name: String,
    /// What its generator was after.
    pub mode: String,
    /// The namespaces.
    #[serde(default, deserialize_with = "nullable")]
    pub namespaces: Vec<Namespace>,
    /// The nodes; nothing runs on them.
    #[serde(default, deserialize_with = "nullable")]
    pub nodes: Vec<Node>,
    /// The pods in the order of their arrival.
    pub pods: Vec<Pod>,
    /// The disruption budgets.
    #[serde(default, deserialize_with = "nullable")]
    pub pdbs: Vec<PodDisruptionBudget>,
    /// The Services.
    #[serde(default, deserialize_with = "nullable")]
    pub services: Vec<Service>,
    /// The ReplicaSets.
    #[serde(default, deserialize_with = "nullable")]
    pub replicasets: Vec<ReplicaSet>,
    /// One step a pod.
    pub result: Vec<Step>,
}

/// Numbers by node.
pub type ByNode = BTreeMap<String, i64>;

/// Everything about one decision, recorded or found.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Decision {
    /// PreEnqueue refused the pod; nothing else was computed.
    pub gated: Option<Refusal>,
    /// PreFilter rejected the pod for all nodes.
    pub prefilter: Option<Refusal>,
    /// The plugins that had nothing to say.
    pub skipped: Option<Skipped>,
    /// Node by node: nothing when the pod fits, or the first filter that rejected it.
    #[serde(deserialize_with = "nullable")]
    pub feasible: BTreeMap<String, Option<Refusal>>,
    /// Final scores by plugin and node: normalised and weighed.
    #[serde(deserialize_with = "nullable")]
    pub scores: BTreeMap<String, ByNode>,
    /// Raw scores by plugin and node.
    #[serde(deserialize_with = "nullable")]
    pub raw: BTreeMap<String, ByNode>,
    /// The sum of the final scores by node.
    #[serde(deserialize_with = "nullable")]
    pub total: ByNode,
    /// All nodes with the largest total, by name.
    #[serde(deserialize_with = "nullable")]
    pub best: Vec<String>,
    /// The text of the FitError before PostFilter.
    pub fit_error: Option<String>,
    /// The text after PostFilter: that of Event and condition.
    pub failure_message: Option<String>,
    /// What PostFilter said when preemption found no candidate.
    pub postfilter: Option<Refusal>,
    /// What preemption found.
    pub preemption: Option<Preempted>,
}

/// Plugins that had nothing to say about the pod.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Skipped {
    /// In PreFilter, by name.
    #[serde(deserialize_with = "nullable")]
    pub filter: Vec<String>,
    /// In PreScore, by name.
    #[serde(deserialize_with = "nullable")]
    pub score: Vec<String>,
}

/// A plugin said no.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Refusal {
    /// Who; nobody when the node is not among those that PreFilter named.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub plugin: Option<String>,
    /// `Unschedulable`, or `UnschedulableAndUnresolvable` when preemption cannot help.
    pub code: String,
    /// Why.
    #[serde(deserialize_with = "nullable")]
    pub reasons: Vec<String>,
}

/// What preemption found.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Preempted {
    /// Every node where it would help.
    #[serde(deserialize_with = "nullable")]
    pub candidates: BTreeMap<String, Victims>,
    /// Those that are still tied after all rules, by name.
    #[serde(deserialize_with = "nullable")]
    pub equally_best: Vec<String>,
    /// The first of them.
    pub nominated: String,
    /// Who would go there.
    #[serde(deserialize_with = "nullable")]
    pub victims: Vec<String>,
    /// How many of them a disruption budget protects.
    pub num_pdb_violations: i64,
    /// The rule that left one node, or `tie`.
    pub deciding_rule: String,
}

/// What preemption costs on one node.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Victims {
    /// `namespace/name`, the most important first.
    #[serde(deserialize_with = "nullable")]
    pub victims: Vec<String>,
    /// How many of them a disruption budget protects.
    pub num_pdb_violations: i64,
}

/// What became of one pod of a sequence.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Step {
    /// `namespace/name`
    pub pod: String,
    /// Where it was placed.
    pub node: Option<String>,
    /// How many nodes fitted in the last attempt.
    pub feasible: usize,
    /// The total of the chosen node, when more than one fitted.
    pub score: Option<i64>,
    /// How many nodes share it.
    pub ties: Option<usize>,
    /// Why it was not placed.
    pub message: Option<String>,
    /// Where preemption made room.
    pub nominated: Option<String>,
    /// Who had to go for that.
    #[serde(deserialize_with = "nullable")]
    pub victims: Vec<String>,
    /// What the first attempt said, before preemption.
    pub first_attempt_message: Option<String>,
}

/// Takes `null` for nothing.
fn nullable<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: serde::Deserializer<'de>,
    T: Deserialize<'de> + Default,
{
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

/// What tells the two kinds of lines apart.
#[derive(Deserialize)]
struct Kind {
    pod: Option<IgnoredAny>,
    mode: Option<IgnoredAny>,
}

/// Reads a line.
///
/// # Errors
///
/// When it is not one of the two kinds, or damaged.
pub fn parse(text: &str) -> Result<Line, Damage> {
    let kind: Kind = serde_json::from_str(text).map_err(damage)?;
    match (kind.pod, kind.mode) {
        (Some(_), None) => Ok(Line::Case(serde_json::from_str(text).map_err(damage)?)),
        (None, Some(_)) => Ok(Line::Sequence(serde_json::from_str(text).map_err(damage)?)),
        _ => Err(Damage::new(
            "neither a decision (with `pod`) nor a sequence (with `mode` and `pods`)",
        )),
    }
}

/// What is wrong, without the place: that is told elsewhere.
fn damage(error: serde_json::Error) -> Damage {
    let text = error.to_string();
    let message = text.rfind(" at line ").map_or(&*text, |at| &text[..at]);
    Damage {
        message: message.to_owned(),
        column: error.column(),
    }
}
