//! Functions of targets as a run goes on: what each object contributes, and what it comes to.

use wavetank_core::fact::Fact;
use wavetank_core::id::{Kind, ObjId, OtherId, PodId, SetId, TextId};
use wavetank_core::label::Labels;
use wavetank_core::object::name::ObjectName;
use wavetank_core::object::node::NodeConditionType;
use wavetank_core::object::workload::Deployment;
use wavetank_core::state::Cluster;
use wavetank_core::text::known;

use super::field::Metadata;
use super::show::amount_text;
use super::target::{Ask, Base, Gather, TargetLeaf, WorkloadCondition};
use super::track::is_structural;
use crate::scenario::expr::Amount;
use crate::scenario::target::{Namespaces, Operator, Requirement};

/// The contribution of an object that does not fit.
const ABSENT: i64 = i64::MIN;

/// A function of a target, kept up to date object by object.
#[derive(Clone, Debug)]
pub(super) struct TargetTracker {
    leaf: TargetLeaf,
    fit: Fit,
    /// What each object contributes, by its number.
    parts: Vec<i64>,
    matched: u64,
    sum: i64,
    /// For [`Gather::Common`]: what the objects that fit have in common.
    common: Option<Amount>,
}

/// Which objects fit, with what is interned looked up once.
#[derive(Clone, Debug, Default)]
struct Fit {
    namespace: Option<TextId>,
    names: Vec<Option<ObjectName>>,
    /// Whether a label set fits, by its number: unknown, no, yes.
    sets: Vec<u8>,
}

impl TargetTracker {
    /// The tracker with the value that `leaf` has now.
    pub(super) fn new(leaf: TargetLeaf, cluster: &Cluster) -> Self {
        let fit = Fit {
            names: vec![None; leaf.objects.names.len()],
            ..Fit::default()
        };
        let mut tracker = Self {
            leaf,
            fit,
            parts: Vec::new(),
            matched: 0,
            sum: 0,
            common: None,
        };
        tracker.rebuild(cluster);
        tracker
    }

    fn rebuild(&mut self, cluster: &Cluster) {
        self.parts.clear();
        self.matched = 0;
        self.sum = 0;
        if self.leaf.gather == Gather::Common {
            self.common = self.common(cluster);
            return;
        }
        for index in self.candidates(cluster) {
            self.update(index, cluster);
        }
    }

    /// The objects that may fit, ascending: by name when names are given.
    fn candidates(&mut self, cluster: &Cluster) -> Vec<u32> {
        let kind = match self.leaf.base {
            Base::Pods | Base::PodsOf(_) => Kind::Pod,
            Base::Objects(kind) => kind,
        };
        let by_name = !self.leaf.objects.names.is_empty()
            && self.leaf.objects.namespaces != Namespaces::All
            && !matches!(self.leaf.base, Base::PodsOf(_));
        if by_name {
            let objects = &self.leaf.objects;
            let Some(namespace) = self.fit.namespace(&objects.namespaces, cluster) else {
                return Vec::new();
            };
            let names = objects.names.iter();
            let mut found: Vec<u32> = names
                .filter_map(|name| ObjectName::find(name, &cluster.definitions.texts))
                .filter_map(|name| cluster.store.find(kind, namespace, name))
                .map(|object| object.index)
                .collect();
            found.sort_unstable();
            return found;
        }
        let store = &cluster.store;
        let count = if is_other(kind) {
            store.others.len()
        } else {
            let tables = [
                (Kind::Pod, store.pods.len()),
                (Kind::Node, store.nodes.len()),
                (Kind::ReplicaSet, store.replica_sets.len()),
                (Kind::Deployment, store.deployments.len()),
                (Kind::Service, store.services.len()),
                (Kind::EndpointSlice, store.slices.len()),
            ];
            let mut all = tables.into_iter();
            all.find(|(known, _)| *known == kind)
                .map_or(0, |(_, count)| count)
        };
        (0..count)
            .filter(|index| {
                let index = *index;
                store.exists(ObjId { kind, index })
            })
            .collect()
    }

    /// A record was applied: whether the value changed.
    pub(super) fn observe(&mut self, fact: &Fact, cluster: &Cluster) -> bool {
        if !fact.is_write() {
            return false;
        }
        let Some(object) = fact.object() else {
            return false;
        };
        let before = (self.matched, self.sum);
        match (self.leaf.base, object.kind) {
            (Base::Pods | Base::PodsOf(_), Kind::Pod) => {
                if self.leaf.gather == Gather::Common {
                    return self.refresh(cluster);
                }
                self.update(object.index, cluster);
            }
            (Base::PodsOf(kind), other)
                if (other == kind || other == Kind::ReplicaSet) && is_structural(fact) =>
            {
                self.rebuild(cluster);
            }
            (Base::Objects(kind), other) if kind == other => {
                if self.leaf.gather == Gather::Common {
                    return self.refresh(cluster);
                }
                self.update(object.index, cluster);
            }
            _ => return false,
        }
        before != (self.matched, self.sum)
    }

    fn refresh(&mut self, cluster: &Cluster) -> bool {
        let now = self.common(cluster);
        if now == self.common {
            return false;
        }
        self.common = now;
        true
    }

    /// What all objects that fit have; none when there is none, or they differ.
    fn common(&mut self, cluster: &Cluster) -> Option<Amount> {
        let Ask::Field(field) = self.leaf.ask.clone() else {
            return None;
        };
        let mut common = None;
        for index in self.candidates(cluster) {
            if !self.fits(index, cluster) {
                continue;
            }
            let value = field.value(index, cluster)?;
            match &common {
                None => common = Some(value),
                Some(known) if *known == value => {}
                Some(_) => return None,
            }
        }
        common
    }

    /// Brings the contribution of one object up to date.
    fn update(&mut self, index: u32, cluster: &Cluster) {
        let now = match self.fits(index, cluster) {
            true => part(&self.leaf.ask, self.leaf.base, index, cluster),
            false => ABSENT,
        };
        let place = index as usize;
        if self.parts.len() <= place {
            if now == ABSENT {
                return;
            }
            self.parts.resize(place + 1, ABSENT);
        }
        let before = std::mem::replace(&mut self.parts[place], now);
        if before != ABSENT {
            self.matched -= 1;
            self.sum -= before;
        }
        if now != ABSENT {
            self.matched += 1;
            self.sum += now;
        }
    }

    fn fits(&mut self, index: u32, cluster: &Cluster) -> bool {
        let (kind, index) = match self.leaf.base {
            Base::Pods => (Kind::Pod, index),
            Base::Objects(kind) => (kind, index),
            Base::PodsOf(kind) => match workload(kind, PodId(index), cluster) {
                Some(owner) => (kind, owner.index),
                None => return false,
            },
        };
        if is_other(kind)
            && index < cluster.store.others.len()
            && cluster.store.other_kind(OtherId(index)) != kind
        {
            return false;
        }
        let Some(meta) = Metadata::of(kind, index, cluster) else {
            return false;
        };
        let is_named = self.fit.fits(&self.leaf, kind, &meta, cluster);
        is_named
            && self.leaf.fields.iter().all(|(field, equal, wanted)| {
                let value = field.value(index, cluster);
                let text = value.as_ref().map(amount_text).unwrap_or_default();
                (text == *wanted) == *equal
            })
    }

    /// The value now.
    #[allow(clippy::cast_precision_loss)]
    pub(super) fn value(&self) -> Option<Amount> {
        Some(match self.leaf.gather {
            Gather::Sum => Amount::Number(self.sum as f64),
            Gather::Count => Amount::Number(self.matched as f64),
            Gather::Any => Amount::Bool(self.matched > 0),
            Gather::All => {
                Amount::Bool(self.matched > 0 && u64::try_from(self.sum) == Ok(self.matched))
            }
            Gather::Common => return self.common.clone(),
        })
    }
}

impl Fit {
    fn namespace(&mut self, wanted: &Namespaces, cluster: &Cluster) -> Option<TextId> {
        match wanted {
            Namespaces::Default => Some(known::DEFAULT),
            Namespaces::All => None,
            Namespaces::Named(name) => {
                if self.namespace.is_none() {
                    self.namespace = cluster.definitions.texts.find(name);
                }
                self.namespace
            }
        }
    }

    fn fits(&mut self, leaf: &TargetLeaf, kind: Kind, meta: &Metadata, cluster: &Cluster) -> bool {
        let objects = &leaf.objects;
        if kind.is_namespaced()
            && objects.namespaces != Namespaces::All
            && self.namespace(&objects.namespaces, cluster) != Some(meta.namespace)
        {
            return false;
        }
        (objects.names.is_empty() || self.is_named(&objects.names, meta.name, cluster))
            && (objects.labels.is_empty()
                || self.is_labelled(&objects.labels, meta.labels, cluster))
    }

    fn is_named(&mut self, names: &[String], name: ObjectName, cluster: &Cluster) -> bool {
        let texts = &cluster.definitions.texts;
        let mut known = self.names.iter_mut().zip(names);
        known.any(|(known, text)| {
            if known.is_none() {
                *known = ObjectName::find(text, texts);
            }
            *known == Some(name)
        })
    }

    fn is_labelled(&mut self, wanted: &[Requirement], set: SetId, cluster: &Cluster) -> bool {
        if self.sets.len() <= set.index() {
            self.sets.resize(set.index() + 1, 0);
        }
        if self.sets[set.index()] == 0 {
            let labels = cluster.definitions.get_set(set);
            let holds = wanted.iter().all(|wanted| holds(wanted, labels));
            self.sets[set.index()] = 1 + u8::from(holds);
        }
        self.sets[set.index()] == 2
    }
}

fn holds(wanted: &Requirement, labels: &Labels) -> bool {
    let value = labels.get(&wanted.key);
    let is_listed = value.is_some_and(|value| wanted.values.iter().any(|known| known == value));
    match wanted.operator {
        Operator::In => is_listed,
        Operator::NotIn => !is_listed,
        Operator::Exists => value.is_some(),
        Operator::DoesNotExist => value.is_none(),
    }
}

/// The workload of this kind that a pod belongs to, directly or through its ReplicaSet.
fn workload(kind: Kind, pod: PodId, cluster: &Cluster) -> Option<ObjId> {
    let owner = cluster.store.pods.newest(pod.0)?.owner?;
    if owner.kind == kind {
        return Some(owner);
    }
    let above = cluster.store.meta(owner)?.owner?;
    (owner.kind == Kind::ReplicaSet && above.kind == kind).then_some(above)
}

const fn is_other(kind: Kind) -> bool {
    !matches!(
        kind,
        Kind::Pod
            | Kind::Node
            | Kind::ReplicaSet
            | Kind::Deployment
            | Kind::Service
            | Kind::EndpointSlice
    )
}

/// What an object that fits contributes.
fn part(ask: &Ask, base: Base, index: u32, cluster: &Cluster) -> i64 {
    let store = &cluster.store;
    let pod = || store.pods.newest(index);
    let node = || store.nodes.newest(index);
    let deployment = || store.deployments.newest(index);
    let replica_set = || store.replica_sets.newest(index);
    let of_deployment = base == Base::Objects(Kind::Deployment);
    let is_ready_node =
        || node().is_some_and(|node| node.condition(NodeConditionType::Ready).status.is_true());
    match ask {
        Ask::Nothing | Ask::Field(_) => 0,
        Ask::Ready if base == Base::Objects(Kind::Node) => i64::from(is_ready_node()),
        Ask::Ready => i64::from(pod().is_some_and(|pod| pod.is_active() && pod.is_ready())),
        Ask::NotReady => i64::from(!is_ready_node()),
        Ask::Restarts => {
            let containers = store.containers(PodId(index)).iter();
            containers
                .map(|container| i64::from(container.restarts))
                .sum()
        }
        Ask::Available if of_deployment => {
            deployment().map_or(0, |it| i64::from(it.status.available))
        }
        Ask::Available => replica_set().map_or(0, |it| i64::from(it.status.available)),
        Ask::Updated => deployment().map_or(0, |it| i64::from(it.status.updated)),
        Ask::Replicas if of_deployment => {
            deployment().map_or(0, |it| i64::from(it.status.replicas))
        }
        Ask::Replicas => replica_set().map_or(0, |it| i64::from(it.status.replicas)),
        Ask::PodCondition(kind) => {
            i64::from(pod().is_some_and(|pod| pod.condition(*kind).status.is_true()))
        }
        Ask::NodeCondition(kind) => {
            i64::from(node().is_some_and(|node| node.condition(*kind).status.is_true()))
        }
        Ask::WorkloadCondition(kind) => {
            let condition = match kind {
                WorkloadCondition::Progressing => deployment().map(|it| it.status.progressing),
                WorkloadCondition::Available => deployment().map(|it| it.status.availability),
                WorkloadCondition::ReplicaFailure if of_deployment => {
                    deployment().map(|it| it.status.failure)
                }
                WorkloadCondition::ReplicaFailure => replica_set().map(|it| it.status.failure),
            };
            i64::from(condition.is_some_and(|condition| condition.status.is_true()))
        }
        Ask::RolledOut => i64::from(deployment().is_some_and(is_rolled_out)),
    }
}

/// Whether a rollout has finished, as `kubectl rollout status` decides.
fn is_rolled_out(it: &Deployment) -> bool {
    let status = &it.status;
    status.observed_generation >= it.meta.generation
        && status.progressing.reason != known::PROGRESS_DEADLINE_EXCEEDED
        && status.updated >= it.replicas
        && status.replicas <= status.updated
        && status.available >= status.updated
}
