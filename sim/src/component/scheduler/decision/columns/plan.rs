//! What a pod says about other pods, and what those say about it, as the plugins read it.

use wavetank_core::label::{Labels, selects};
use wavetank_core::object::scheduling::{PodTerm, SpreadConstraint};

use crate::component::scheduler::decision::shape::PodShape;
use crate::component::scheduler::decision::snapshot::Snapshot;
use crate::component::scheduler::plugin::inter_pod_affinity::{
    InterPodAffinity, OwnTerm, is_about,
};
use crate::component::scheduler::plugin::pod_topology_spread::PodTopologySpread;

/// The rules of a pod shape about other pods, in the surroundings as of some version of them.
#[derive(Clone, PartialEq, Debug, Default)]
pub(super) struct Plan {
    /// Hard spread constraints (S103).
    pub(super) hard: Vec<SpreadConstraint>,
    /// Soft ones, or the defaults.
    pub(super) soft: Vec<SpreadConstraint>,
    /// Whether nodes without all labels of the soft ones are left out (S113).
    pub(super) needs_all: bool,
    pub(super) affinity: Vec<OwnTerm>,
    pub(super) anti: Vec<OwnTerm>,
    /// Preferred terms and their weights, negative for those to avoid.
    pub(super) preferred: Vec<(i64, OwnTerm)>,
    /// The labels of the pod's namespace (S121).
    namespace: Labels,
    /// Whether the pod matches all its own affinity terms (S125).
    pub(super) matches_itself: bool,
    /// By hard constraint, 1 if it selects the pod itself (S110).
    pub(super) itself: Vec<i64>,
}

/// What counts towards what.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Role {
    /// Pods that a hard constraint, by number, selects.
    Hard(usize),
    /// Pods that a soft one selects.
    Soft(usize),
    /// Pods that match all affinity terms.
    Affinity,
    /// Pods that match an anti-affinity term.
    Anti,
    /// Pods with an anti-affinity term about the incoming one.
    Existing,
    /// What pods are worth to the incoming one (S129).
    Score,
}

impl Plan {
    pub(super) fn new(snapshot: &Snapshot, pod: &PodShape) -> Self {
        let spread = PodTopologySpread::default();
        let (hard, _) = spread.constraints(pod, snapshot, true);
        let (soft, needs_all) = spread.constraints(pod, snapshot, false);
        let affinity = &pod.spec().affinity;
        let own = |term: &PodTerm| OwnTerm::new(term, &pod.namespace, snapshot);
        let weighted = |terms: &[(i32, PodTerm)], sign: i64| -> Vec<_> {
            let weighted = terms.iter();
            weighted
                .map(|(weight, term)| (sign * i64::from(*weight), own(term)))
                .collect()
        };
        let mut preferred = weighted(&affinity.pod_preferred, 1);
        preferred.extend(weighted(&affinity.anti_preferred, -1));
        let required: Vec<OwnTerm> = affinity.pod_required.iter().map(own).collect();
        let namespace = snapshot.around.namespace(&pod.namespace);
        let selects = |it: &SpreadConstraint| selects(it.selector.as_ref(), &pod.labels);
        Self {
            itself: hard.iter().map(|it| i64::from(selects(it))).collect(),
            hard,
            soft,
            needs_all,
            matches_itself: required.iter().all(|own| own.matches(pod)),
            affinity: required,
            anti: affinity.anti_required.iter().map(own).collect(),
            preferred,
            namespace: namespace.cloned().unwrap_or_default(),
        }
    }

    /// Tells what a running pod counts towards: a role, the key of the domain, and how much.
    pub(super) fn effect(
        &self,
        incoming: &PodShape,
        running: &PodShape,
        mut add: impl FnMut(Role, &str, i64),
    ) {
        if running.namespace == incoming.namespace {
            let hard = self.hard.iter().enumerate();
            let hard = hard.map(|(place, it)| (Role::Hard(place), it));
            let soft = self.soft.iter().enumerate();
            let soft = soft.map(|(place, it)| (Role::Soft(place), it));
            for (role, constraint) in hard.chain(soft) {
                // S108: an empty selector counts nobody.
                let selector = constraint.selector.as_ref().filter(|it| !it.is_empty());
                if selector.is_some_and(|it| it.matches(&running.labels)) {
                    add(role, &constraint.topology_key, 1);
                }
            }
        }
        // S123
        let about = |term: &PodTerm| is_about(term, running, incoming, &self.namespace);
        let theirs = &running.spec().affinity.anti_required;
        for term in theirs.iter().filter(|term| about(term)) {
            add(Role::Existing, &term.topology_key, 1);
        }
        let matches = |own: &OwnTerm| own.matches(running);
        if !self.affinity.is_empty() && self.affinity.iter().all(matches) {
            for own in &self.affinity {
                add(Role::Affinity, own.key(), 1);
            }
        }
        for own in self.anti.iter().filter(|own| matches(own)) {
            add(Role::Anti, own.key(), 1);
        }
        // S129
        for (weight, own) in self.preferred.iter().filter(|it| matches(&it.1)) {
            add(Role::Score, own.key(), *weight);
        }
        InterPodAffinity::default().symmetric(running, incoming, &self.namespace, |key, weight| {
            add(Role::Score, key, weight);
        });
    }

    /// Whether a pod more or less on a node changes a hard constraint's count in a dry run (S111).
    pub(super) fn changes(&self, place: usize, incoming: &PodShape, other: &PodShape) -> bool {
        other.namespace == incoming.namespace
            && selects(self.hard[place].selector.as_ref(), &other.labels)
    }
}
