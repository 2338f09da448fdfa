//! What the scheduler knows of a cluster beside nodes and what runs on them.

use std::collections::BTreeMap;

use wavetank_core::id::{NodeId, PodId};
use wavetank_core::label::{Labels, Selector};

use super::shape::{Owner, OwnerKind, PodShape, ShapeId};
use super::volumes::Volumes;

/// Namespaces, Services, controllers, budgets, nominations and volumes.
#[derive(Clone, Debug, Default)]
pub struct Surroundings {
    namespaces: BTreeMap<Box<str>, Labels>,
    /// Selectors of Services, by namespace and name.
    services: BTreeMap<(Box<str>, Box<str>), Selector>,
    controllers: BTreeMap<(Box<str>, Owner), Selector>,
    budgets: BTreeMap<(Box<str>, Box<str>), Budget>,
    /// By node, in the order of nomination (S33).
    nominated: BTreeMap<NodeId, Vec<Nominated>>,
    /// Volumes, and whatever has to do with them.
    pub volumes: Volumes,
    version: u64,
}

/// A PodDisruptionBudget.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Budget {
    /// `spec.selector`
    pub selector: Option<Selector>,
    /// `status.disruptionsAllowed`
    pub allowed: i32,
    /// `status.disruptedPods`
    pub disrupted: Vec<PodId>,
}

/// A pod of the queue with a node that it is to have (S33).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Nominated {
    /// The pod.
    pub pod: PodId,
    /// What it looks like.
    pub shape: ShapeId,
}

impl Surroundings {
    /// A namespace and its labels; none when it is gone.
    pub fn set_namespace(&mut self, name: &str, labels: Option<Labels>) {
        set(&mut self.namespaces, name.into(), labels);
        self.version += 1;
    }

    /// The selector of a Service; none when it has none or is gone.
    pub fn set_service(&mut self, namespace: &str, name: &str, selector: Option<Selector>) {
        let key = (namespace.into(), name.into());
        set(&mut self.services, key, selector);
        self.version += 1;
    }

    /// The selector of something that owns pods; none when it is gone.
    pub fn set_controller(
        &mut self,
        namespace: &str,
        kind: OwnerKind,
        name: &str,
        selector: Option<Selector>,
    ) {
        let name = name.into();
        let key = (namespace.into(), Owner { kind, name });
        set(&mut self.controllers, key, selector);
        self.version += 1;
    }

    /// A PodDisruptionBudget; none when it is gone.
    pub fn set_budget(&mut self, namespace: &str, name: &str, budget: Option<Budget>) {
        set(&mut self.budgets, (namespace.into(), name.into()), budget);
    }

    /// Nominates a pod that waits in the queue to a node, or to none. A pod that is nominated to the
    /// node already keeps its turn.
    pub fn nominate(&mut self, pod: PodId, shape: ShapeId, node: Option<NodeId>) {
        let before = self.nomination(pod);
        if before != node
            && let Some(before) = before
        {
            let list = self.nominated.entry(before).or_default();
            list.retain(|nominated| nominated.pod != pod);
            if list.is_empty() {
                self.nominated.remove(&before);
            }
        }
        let Some(node) = node else {
            return;
        };
        let list = self.nominated.entry(node).or_default();
        match list.iter_mut().find(|nominated| nominated.pod == pod) {
            Some(nominated) => nominated.shape = shape,
            None => list.push(Nominated { pod, shape }),
        }
    }

    /// Where a pod is nominated to.
    #[must_use]
    pub fn nomination(&self, pod: PodId) -> Option<NodeId> {
        let is_here = |list: &[Nominated]| list.iter().any(|nominated| nominated.pod == pod);
        let mut nodes = self.nominated.iter();
        nodes.find(|entry| is_here(entry.1)).map(|entry| *entry.0)
    }

    /// The pods that are nominated to a node.
    #[must_use]
    pub fn nominated(&self, node: NodeId) -> &[Nominated] {
        self.nominated.get(&node).map_or(&[], |list| list)
    }

    /// The nodes to which pods are nominated.
    pub fn nodes_with_nominations(&self) -> impl Iterator<Item = NodeId> + '_ {
        self.nominated.keys().copied()
    }

    /// The labels of a namespace, none when it is not known.
    #[must_use]
    pub fn namespace(&self, name: &str) -> Option<&Labels> {
        self.namespaces.get(name)
    }

    /// The namespaces and their labels, in order.
    pub fn namespaces(&self) -> impl Iterator<Item = (&str, &Labels)> {
        self.namespaces
            .iter()
            .map(|(name, labels)| (&**name, labels))
    }

    /// Forgets all budgets.
    pub fn clear_budgets(&mut self) {
        self.budgets.clear();
    }

    /// The budgets of a namespace, in the order of their names.
    pub fn budgets(&self, namespace: &str) -> impl Iterator<Item = &Budget> {
        in_namespace(&self.budgets, namespace).map(|entry| entry.1)
    }

    /// Whether there is any budget.
    #[must_use]
    pub fn has_budgets(&self) -> bool {
        !self.budgets.is_empty()
    }

    /// How often namespaces, Services or controllers changed: what was computed from them before is
    /// to be computed again when this is another number.
    #[must_use]
    pub const fn version(&self) -> u64 {
        self.version
    }

    /// The selector by which pods like this one are spread by default, if any: of all Services that
    /// select it, and of what owns it (S104).
    #[must_use]
    pub fn default_selector(&self, pod: &PodShape) -> Option<Selector> {
        let services = in_namespace(&self.services, &pod.namespace).map(|entry| entry.1);
        let services = services.filter(|selector| selector.matches(&pod.labels));
        let owner = pod.owner.as_ref().and_then(|owner| {
            let key = (pod.namespace.clone(), owner.clone());
            self.controllers.get(&key)
        });
        let requirements: Vec<_> = services
            .chain(owner)
            .flat_map(|selector| selector.requirements().iter().cloned())
            .collect();
        (!requirements.is_empty()).then(|| Selector::new(requirements))
    }
}

fn set<K: Ord, V>(map: &mut BTreeMap<K, V>, key: K, value: Option<V>) {
    match value {
        Some(value) => {
            map.insert(key, value);
        }
        None => {
            map.remove(&key);
        }
    }
}

fn in_namespace<'a, V>(
    map: &'a BTreeMap<(Box<str>, Box<str>), V>,
    namespace: &str,
) -> impl Iterator<Item = (&'a str, &'a V)> {
    let from = (Box::from(namespace), Box::from(""));
    let namespace: Box<str> = namespace.into();
    map.range(from..)
        .take_while(move |entry| entry.0.0 == namespace)
        .map(|(key, value)| (&*key.1, value))
}
