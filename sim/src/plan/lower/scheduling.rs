//! The part of a pod's specification that a scheduler reads.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1 as k8s;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelector;
use wavetank_core::label::{Operator, Requirement, Selector};
use wavetank_core::object::scheduling::{
    Affinity, NodeOperator, NodeRequirement, NodeTerm, PodTerm, SpreadConstraint, Taint,
    TaintEffect, Toleration,
};

use super::mapping::{selector, text};

/// The effect of a taint or toleration; none when it is not given.
pub(super) fn effect(effect: &str) -> Option<TaintEffect> {
    match effect {
        "NoSchedule" => Some(TaintEffect::NoSchedule),
        "PreferNoSchedule" => Some(TaintEffect::PreferNoSchedule),
        "NoExecute" => Some(TaintEffect::NoExecute),
        _ => None,
    }
}

/// The taints of a node.
pub(crate) fn taints(taints: Option<&Vec<k8s::Taint>>) -> Vec<Taint> {
    taints
        .into_iter()
        .flatten()
        .filter_map(|taint| {
            Some(Taint {
                key: taint.key.as_str().into(),
                value: text(taint.value.as_ref()),
                effect: effect(&taint.effect)?,
            })
        })
        .collect()
}

/// The tolerations of a pod as they are written.
pub(super) fn written(given: Option<&Vec<k8s::Toleration>>) -> Vec<Toleration> {
    given
        .into_iter()
        .flatten()
        .map(|toleration| Toleration {
            key: text(toleration.key.as_ref()),
            exists: toleration.operator.as_deref() == Some("Exists"),
            value: text(toleration.value.as_ref()),
            effect: toleration.effect.as_deref().and_then(effect),
            seconds: toleration.toleration_seconds,
        })
        .collect()
}

/// The tolerations of a pod, with those that admission adds (C74).
pub(super) fn tolerations(given: Option<&Vec<k8s::Toleration>>) -> Vec<Toleration> {
    let mut tolerations = written(given);
    for key in [
        "node.kubernetes.io/not-ready",
        "node.kubernetes.io/unreachable",
    ] {
        let is_tolerated = |toleration: &Toleration| {
            (toleration.key.is_empty() || *toleration.key == *key)
                && toleration
                    .effect
                    .is_none_or(|effect| effect == TaintEffect::NoExecute)
        };
        if !tolerations.iter().any(is_tolerated) {
            tolerations.push(Toleration {
                key: key.into(),
                exists: true,
                value: "".into(),
                effect: Some(TaintEffect::NoExecute),
                seconds: Some(300),
            });
        }
    }
    tolerations
}

/// The affinity of a pod with these labels.
pub(super) fn affinity(
    affinity: Option<&k8s::Affinity>,
    labels: &BTreeMap<String, String>,
) -> Affinity {
    let mut lowered = Affinity::default();
    let Some(affinity) = affinity else {
        return lowered;
    };
    if let Some(node) = &affinity.node_affinity {
        let required = node
            .required_during_scheduling_ignored_during_execution
            .as_ref();
        lowered.node_required =
            required.map(|selector| selector.node_selector_terms.iter().map(node_term).collect());
        let preferred = node
            .preferred_during_scheduling_ignored_during_execution
            .iter()
            .flatten();
        lowered.node_preferred = preferred
            .map(|term| (term.weight, node_term(&term.preference)))
            .collect();
    }
    let terms = |list: &Option<Vec<k8s::PodAffinityTerm>>| -> Vec<PodTerm> {
        list.iter()
            .flatten()
            .map(|term| pod_term(term, labels))
            .collect()
    };
    let weighted = |list: &Option<Vec<k8s::WeightedPodAffinityTerm>>| -> Vec<(i32, PodTerm)> {
        list.iter()
            .flatten()
            .map(|term| (term.weight, pod_term(&term.pod_affinity_term, labels)))
            .collect()
    };
    if let Some(pod) = &affinity.pod_affinity {
        lowered.pod_required = terms(&pod.required_during_scheduling_ignored_during_execution);
        lowered.pod_preferred = weighted(&pod.preferred_during_scheduling_ignored_during_execution);
    }
    if let Some(pod) = &affinity.pod_anti_affinity {
        lowered.anti_required = terms(&pod.required_during_scheduling_ignored_during_execution);
        lowered.anti_preferred =
            weighted(&pod.preferred_during_scheduling_ignored_during_execution);
    }
    lowered
}

pub(super) fn node_term(term: &k8s::NodeSelectorTerm) -> NodeTerm {
    NodeTerm {
        expressions: requirements(term.match_expressions.as_ref()),
        fields: requirements(term.match_fields.as_ref()),
    }
}

fn requirements(list: Option<&Vec<k8s::NodeSelectorRequirement>>) -> Vec<NodeRequirement> {
    list.into_iter()
        .flatten()
        .filter_map(|requirement| {
            let operator = match requirement.operator.as_str() {
                "In" => NodeOperator::In,
                "NotIn" => NodeOperator::NotIn,
                "Exists" => NodeOperator::Exists,
                "DoesNotExist" => NodeOperator::DoesNotExist,
                "Gt" => NodeOperator::Gt,
                "Lt" => NodeOperator::Lt,
                _ => return None,
            };
            let values = requirement.values.iter().flatten();
            Some(NodeRequirement {
                key: requirement.key.as_str().into(),
                operator,
                values: values.map(|value| value.as_str().into()).collect(),
            })
        })
        .collect()
}

fn pod_term(term: &k8s::PodAffinityTerm, labels: &BTreeMap<String, String>) -> PodTerm {
    let mut merged = term.label_selector.as_ref().map(selector);
    if let Some(merged) = &mut merged {
        let matching = keys(term.match_label_keys.as_ref(), labels, Operator::In);
        let mismatching = keys(term.mismatch_label_keys.as_ref(), labels, Operator::NotIn);
        extend(merged, matching.chain(mismatching)); // S7
    }
    PodTerm {
        selector: merged,
        topology_key: term.topology_key.as_str().into(),
        namespaces: term
            .namespaces
            .iter()
            .flatten()
            .map(|name| name.as_str().into())
            .collect(),
        namespace_selector: term.namespace_selector.as_ref().map(selector),
    }
}

/// Requirements that the values of these keys in the pod's own labels make (S7).
fn keys<'a>(
    keys: Option<&'a Vec<String>>,
    labels: &'a BTreeMap<String, String>,
    operator: Operator,
) -> impl Iterator<Item = Requirement> + 'a {
    keys.into_iter().flatten().filter_map(move |key| {
        let value = labels.get(key)?;
        Requirement::new(key, operator, vec![value.as_str()]).ok()
    })
}

fn extend(selector: &mut Selector, more: impl Iterator<Item = Requirement>) {
    let all = selector
        .requirements()
        .iter()
        .cloned()
        .chain(more)
        .collect();
    *selector = Selector::new(all);
}

/// The topology spread constraints of a pod with these labels.
pub(super) fn spread(
    constraints: Option<&Vec<k8s::TopologySpreadConstraint>>,
    labels: &BTreeMap<String, String>,
    all_labels: fn(&LabelSelector) -> Selector,
) -> Vec<SpreadConstraint> {
    constraints
        .into_iter()
        .flatten()
        .map(|constraint| {
            let mut selector = constraint.label_selector.as_ref().map(all_labels);
            if let Some(selector) = &mut selector {
                let matching = keys(constraint.match_label_keys.as_ref(), labels, Operator::In);
                extend(selector, matching); // S7, S106
            }
            SpreadConstraint {
                max_skew: constraint.max_skew,
                topology_key: constraint.topology_key.as_str().into(),
                hard: constraint.when_unsatisfiable == "DoNotSchedule",
                selector,
                min_domains: constraint.min_domains,
                honor_affinity: constraint.node_affinity_policy.as_deref() != Some("Ignore"),
                honor_taints: constraint.node_taints_policy.as_deref() == Some("Honor"),
            }
        })
        .collect()
}
