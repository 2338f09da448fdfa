//! InterPodAffinity: near to some pods, away from others (S119–S130).

use std::borrow::Cow;
use std::collections::BTreeMap;

use wavetank_core::id::NodeId;
use wavetank_core::label::{Labels, selects};
use wavetank_core::object::scheduling::PodTerm;

use super::{Plugin, PluginId, PreFilter};
use crate::component::scheduler::decision::cycle::Cycle;
use crate::component::scheduler::decision::node::{NodeInfo, NodeRow};
use crate::component::scheduler::decision::shape::PodShape;
use crate::component::scheduler::decision::snapshot::Snapshot;
use crate::component::scheduler::decision::verdict::Verdict;
use crate::component::scheduler::event::ClusterEvent;

/// Bits of the reasons.
const AFFINITY: u32 = 0;
const ANTI: u32 = 1;
const EXISTING: u32 = 2;

/// Rejects and scores nodes by the pods that run in the same domain.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct InterPodAffinity {
    /// `hardPodAffinityWeight`: what a required term of a running pod is worth (S129).
    pub hard_weight: i64,
    /// `ignorePreferredTermsOfExistingPods`
    pub ignores_preferred_of_running: bool,
}

impl Default for InterPodAffinity {
    fn default() -> Self {
        Self {
            hard_weight: 1,
            ignores_preferred_of_running: false,
        }
    }
}

/// Rejected for one of those reasons.
const fn rejected(bit: u32) -> Verdict {
    Verdict {
        reasons: 1 << bit,
        plugin: PluginId::InterPodAffinity,
        unresolvable: bit == AFFINITY, // S128
    }
}

/// A node far from the pods that the incoming one wants near.
pub const TOO_FAR: Verdict = rejected(AFFINITY);
/// A node near to pods that the incoming one avoids.
pub const TOO_NEAR: Verdict = rejected(ANTI);
/// A node near to pods that avoid the incoming one.
pub const AVOIDED: Verdict = rejected(EXISTING);

/// Pods by domain: label, value, number. A domain whose number falls to zero is left out.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Domains(BTreeMap<Box<str>, BTreeMap<Box<str>, i64>>);

impl Domains {
    fn add(&mut self, key: &str, node: &NodeRow, change: i64) {
        let Some(value) = node.labels.get(key) else {
            return; // S123
        };
        let values = self.0.entry(key.into()).or_default();
        let count = values.entry(value.into()).or_default();
        *count += change;
        if *count == 0 {
            values.remove(value);
            if values.is_empty() {
                self.0.remove(key);
            }
        }
    }

    /// The number in the node's domain.
    fn at(&self, key: &str, node: &NodeRow) -> i64 {
        let value = node.labels.get(key);
        let found = value.and_then(|value| self.0.get(key)?.get(value));
        found.copied().unwrap_or_default()
    }

    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// The required terms of a cycle, met with the pods that run (S123).
#[derive(Clone, Debug)]
pub struct PodRules {
    affinity_terms: Vec<OwnTerm>,
    anti_terms: Vec<OwnTerm>,
    /// Domains from which running pods keep the incoming one away.
    existing_anti: Domains,
    /// Domains with pods that match all affinity terms.
    affinity: Domains,
    /// Domains with pods that match an anti-affinity term.
    anti: Domains,
}

/// What domains are worth to the incoming pod, by label and value (S129). Sums of zero stay.
#[derive(Clone, Debug, Default)]
pub struct PodScores(BTreeMap<Box<str>, BTreeMap<Box<str>, i64>>);

/// A term of the incoming pod, the namespaces that it selects among those it names.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OwnTerm {
    term: PodTerm,
}

impl OwnTerm {
    /// A term of a pod of this namespace, in this cluster (S119, S120).
    #[must_use]
    pub fn new(term: &PodTerm, namespace: &str, snapshot: &Snapshot) -> Self {
        let mut term = term.clone();
        if let Some(selector) = &term.namespace_selector {
            let selected = snapshot.around.namespaces();
            let selected = selected.filter(|(_, labels)| selector.matches(labels));
            let names: Vec<Box<str>> = selected.map(|(name, _)| name.into()).collect();
            term.namespaces.extend(names);
        } else if term.namespaces.is_empty() {
            term.namespaces.push(namespace.into());
        }
        Self { term }
    }

    /// Its topology key.
    #[must_use]
    pub fn key(&self) -> &str {
        &self.term.topology_key
    }

    /// Whether the term is about this pod. The selector of namespaces is asked once more, with no
    /// labels at all: one that wants none then selects everything (S122).
    #[must_use]
    pub fn matches(&self, pod: &PodShape) -> bool {
        let term = &self.term;
        (term.namespaces.contains(&pod.namespace)
            || selects(term.namespace_selector.as_ref(), &Labels::default()))
            && selects(term.selector.as_ref(), &pod.labels)
    }
}

/// Whether a term of `owner`, which runs, is about the incoming pod, whose namespace has these labels
/// (S119, S121).
#[must_use]
pub fn is_about(term: &PodTerm, owner: &PodShape, incoming: &PodShape, namespace: &Labels) -> bool {
    let is_own = term.namespaces.is_empty() && term.namespace_selector.is_none();
    let in_namespace = if is_own {
        owner.namespace == incoming.namespace
    } else {
        term.namespaces.contains(&incoming.namespace)
            || selects(term.namespace_selector.as_ref(), namespace)
    };
    in_namespace && selects(term.selector.as_ref(), &incoming.labels)
}

fn own_terms(terms: &[PodTerm], cycle: &Cycle<'_>) -> Vec<OwnTerm> {
    let own = |term| OwnTerm::new(term, &cycle.pod.namespace, cycle.snapshot);
    terms.iter().map(own).collect()
}

fn weighted_terms(terms: &[(i32, PodTerm)], cycle: &Cycle<'_>) -> Vec<(i64, OwnTerm)> {
    let own = |term| OwnTerm::new(term, &cycle.pod.namespace, cycle.snapshot);
    let weighted = terms
        .iter()
        .map(|(weight, term)| (i64::from(*weight), own(term)));
    weighted.collect()
}

/// The labels of the incoming pod's namespace, none when it is not known (S121).
fn namespace_labels(cycle: &Cycle<'_>) -> Labels {
    let known = cycle.snapshot.around.namespace(&cycle.pod.namespace);
    known.cloned().unwrap_or_default()
}

impl PodRules {
    /// Counts a running pod in, or with -1 out.
    fn count(
        &mut self,
        running: &PodShape,
        incoming: &PodShape,
        namespace: &Labels,
        node: &NodeRow,
        change: i64,
    ) {
        for term in &running.spec().affinity.anti_required {
            if is_about(term, running, incoming, namespace) {
                self.existing_anti.add(&term.topology_key, node, change);
            }
        }
        let matches = |own: &OwnTerm| own.matches(running);
        if !self.affinity_terms.is_empty() && self.affinity_terms.iter().all(matches) {
            for own in &self.affinity_terms {
                self.affinity.add(&own.term.topology_key, node, change);
            }
        }
        for own in self.anti_terms.iter().filter(|own| matches(own)) {
            self.anti.add(&own.term.topology_key, node, change);
        }
    }

    /// Whether the pods that the incoming one wants near are there (S125).
    fn is_near(&self, pod: &PodShape, node: &NodeRow) -> bool {
        let mut is_everywhere = true;
        for own in &self.affinity_terms {
            let key = &own.term.topology_key;
            if node.labels.get(key).is_none() {
                return false;
            }
            is_everywhere &= self.affinity.at(key, node) > 0;
        }
        // The first of a group that wants to be together.
        let is_first = || {
            let matches = |own: &OwnTerm| own.matches(pod);
            self.affinity.is_empty() && self.affinity_terms.iter().all(matches)
        };
        is_everywhere || is_first()
    }
}

impl Plugin for InterPodAffinity {
    fn id(&self) -> PluginId {
        PluginId::InterPodAffinity
    }

    fn is_local(&self) -> bool {
        false
    }

    fn pre_filter(&self, cycle: &mut Cycle<'_>) -> PreFilter {
        let affinity = &cycle.pod.spec().affinity;
        let mut rules = PodRules {
            affinity_terms: own_terms(&affinity.pod_required, cycle),
            anti_terms: own_terms(&affinity.anti_required, cycle),
            existing_anti: Domains::default(),
            affinity: Domains::default(),
            anti: Domains::default(),
        };
        let namespace = namespace_labels(cycle);
        for id in cycle.snapshot.list() {
            let node = cycle.snapshot.node(*id);
            for placed in &node.pods {
                let running = cycle.snapshot.shape(placed.shape);
                rules.count(running, cycle.pod, &namespace, node, 1);
            }
        }
        if rules.existing_anti.is_empty()
            && rules.affinity_terms.is_empty()
            && rules.anti_terms.is_empty()
        {
            return PreFilter::Skip;
        }
        cycle.state.pod_rules = Some(rules);
        PreFilter::Run
    }

    fn change_pods(&self, cycle: &mut Cycle<'_>, pod: &PodShape, node: &NodeInfo<'_>, change: i64) {
        let namespace = namespace_labels(cycle);
        if let Some(rules) = &mut cycle.state.pod_rules {
            rules.count(pod, cycle.pod, &namespace, node.row, change);
        }
    }

    /// Affinity, then anti-affinity, then that of the pods that run (S124–S128).
    fn filter(&self, cycle: &Cycle<'_>, node: &NodeInfo<'_>) -> Verdict {
        let Some(rules) = &cycle.state.pod_rules else {
            return Verdict::FITS;
        };
        if !rules.is_near(cycle.pod, node.row) {
            return TOO_FAR;
        }
        let mut anti = rules.anti_terms.iter();
        if anti.any(|own| rules.anti.at(&own.term.topology_key, node.row) > 0) {
            return TOO_NEAR;
        }
        let mut keys = rules.existing_anti.0.keys();
        if keys.any(|key| rules.existing_anti.at(key, node.row) > 0) {
            return AVOIDED;
        }
        Verdict::FITS
    }

    fn reason(&self, _pod: &PodShape, bit: u32) -> Cow<'static, str> {
        match bit {
            AFFINITY => "node(s) didn't match pod affinity rules".into(),
            ANTI => "node(s) didn't match pod anti-affinity rules".into(),
            _ => "node(s) didn't satisfy existing pods anti-affinity rules".into(),
        }
    }

    fn pre_score(&self, cycle: &mut Cycle<'_>, _feasible: &[NodeId]) -> bool {
        let affinity = &cycle.pod.spec().affinity;
        let preferred = weighted_terms(&affinity.pod_preferred, cycle);
        let avoided = weighted_terms(&affinity.anti_preferred, cycle);
        let namespace = namespace_labels(cycle);
        let mut scores = PodScores::default();
        for id in cycle.snapshot.list() {
            let node = cycle.snapshot.node(*id);
            for placed in &node.pods {
                let running = cycle.snapshot.shape(placed.shape);
                for (weight, own) in preferred.iter().filter(|it| it.1.matches(running)) {
                    scores.add(&own.term.topology_key, node, *weight);
                }
                for (weight, own) in avoided.iter().filter(|it| it.1.matches(running)) {
                    scores.add(&own.term.topology_key, node, -*weight);
                }
                self.symmetric(running, cycle.pod, &namespace, |key, weight| {
                    scores.add(key, node, weight);
                });
            }
        }
        let is_touched = !scores.0.is_empty();
        cycle.state.pod_scores = Some(scores);
        is_touched // S64
    }

    /// The sum over the node's domains (S130).
    fn score(&self, cycle: &Cycle<'_>, node: &NodeInfo<'_>) -> i64 {
        let scores = cycle.state.pod_scores.iter().flat_map(|scores| &scores.0);
        scores
            .filter_map(|(key, values)| values.get(node.row.labels.get(key)?))
            .sum()
    }

    fn normalize(&self, _cycle: &Cycle<'_>, _feasible: &[NodeId], scores: &mut [i64]) {
        let least = scores.iter().copied().min().unwrap_or_default();
        let most = scores.iter().copied().max().unwrap_or_default();
        for score in scores {
            *score = normalized(*score, least, most);
        }
    }

    fn is_worth_requeuing(
        &self,
        event: &ClusterEvent<'_>,
        pod: &PodShape,
        snapshot: &Snapshot,
    ) -> bool {
        let affinity = &pod.spec().affinity;
        let own = |terms: &[PodTerm]| -> Vec<OwnTerm> {
            let own = |term| OwnTerm::new(term, &pod.namespace, snapshot);
            terms.iter().map(own).collect()
        };
        let matches_all = |terms: &[PodTerm], other: &PodShape| {
            !terms.is_empty() && own(terms).iter().all(|own| own.matches(other))
        };
        match event {
            ClusterEvent::PodAssigned(other) => matches_all(&affinity.pod_required, other),
            ClusterEvent::PodGone(other) => {
                let theirs = &other.spec().affinity.anti_required;
                let labels = snapshot.around.namespace(&pod.namespace);
                let labels = labels.cloned().unwrap_or_default();
                let about = |term: &PodTerm| is_about(term, other, pod, &labels);
                matches_all(&affinity.anti_required, other)
                    || !theirs.is_empty() && theirs.iter().all(about)
            }
            ClusterEvent::PodLabels { before, after } => {
                let near = |other| matches_all(&affinity.pod_required, other);
                let far = |other| matches_all(&affinity.anti_required, other);
                !near(before) && near(after) || far(before) && !far(after)
            }
            ClusterEvent::NodeAdded(node) => {
                let has = |term: &PodTerm| node.labels.get(&term.topology_key).is_some();
                !affinity.anti_required.is_empty() || affinity.pod_required.iter().any(has)
            }
            ClusterEvent::NodeChanged { before, after, .. } => {
                let values = |term: &PodTerm| {
                    let key = &*term.topology_key;
                    (before.labels.get(key), after.labels.get(key))
                };
                let gained = |term: &PodTerm| {
                    let (before, after) = values(term);
                    after.is_some() && before != after
                };
                let lost = |term: &PodTerm| {
                    let (before, after) = values(term);
                    before.is_some() && before != after
                };
                event.is_taint_update() // S36
                    || affinity.pod_required.iter().any(gained)
                    || affinity.anti_required.iter().any(lost)
            }
            ClusterEvent::OwnLabels => true,
            ClusterEvent::NodeRemoved(_)
            | ClusterEvent::Storage(_)
            | ClusterEvent::OwnScaleDown
            | ClusterEvent::OwnTolerations => false,
        }
    }
}

impl InterPodAffinity {
    /// What the terms of a running pod make its domains worth to the incoming pod (S129).
    pub fn symmetric(
        &self,
        running: &PodShape,
        incoming: &PodShape,
        namespace: &Labels,
        mut add: impl FnMut(&str, i64),
    ) {
        let affinity = &running.spec().affinity;
        let about = |term: &PodTerm| is_about(term, running, incoming, namespace);
        if self.hard_weight > 0 {
            for term in affinity.pod_required.iter().filter(|term| about(term)) {
                add(&term.topology_key, self.hard_weight);
            }
        }
        if self.ignores_preferred_of_running {
            return;
        }
        for (weight, term) in affinity.pod_preferred.iter().filter(|it| about(&it.1)) {
            add(&term.topology_key, i64::from(*weight));
        }
        for (weight, term) in affinity.anti_preferred.iter().filter(|it| about(&it.1)) {
            add(&term.topology_key, -i64::from(*weight));
        }
    }
}

impl PodScores {
    fn add(&mut self, key: &str, node: &NodeRow, weight: i64) {
        if let Some(value) = node.labels.get(key) {
            let values = self.0.entry(key.into()).or_default();
            *values.entry(value.into()).or_default() += weight;
        }
    }
}

/// A raw score between the least and the most, in doubles, the division first (S130).
#[must_use]
#[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation)] // doubles are the rule
pub fn normalized(score: i64, least: i64, most: i64) -> i64 {
    if most == least {
        return 0;
    }
    (100.0 * ((score - least) as f64 / (most - least) as f64)) as i64
}
