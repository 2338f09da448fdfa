//! Secondary indexes: supersets of the answer. Whoever reads one checks each object in its own view.

use rustc_hash::FxHashMap;

use crate::id::{Kind, NodeId, ObjId, ServiceId, SetId, TextId};
use crate::object::name::ObjectName;

/// Ids in ascending order; entries of objects that are gone are dropped now and then.
#[derive(Clone, Debug, Default)]
pub struct IdList {
    ids: Vec<u32>,
    dead: u32,
}

impl IdList {
    /// The ids, ascending; some may no longer belong here.
    #[must_use]
    pub fn ids(&self) -> &[u32] {
        &self.ids
    }

    pub(crate) fn insert(&mut self, id: u32) {
        if self.ids.last().is_none_or(|last| *last < id) {
            self.ids.push(id);
        } else if let Err(place) = self.ids.binary_search(&id) {
            self.ids.insert(place, id);
        }
    }

    /// Notes that one entry is dead, and drops the dead ones once they are many.
    pub(crate) fn bury(&mut self, is_alive: impl Fn(u32) -> bool) {
        self.dead += 1;
        if self.dead > 16 && self.dead as usize * 2 > self.ids.len() {
            self.ids.retain(|id| is_alive(*id));
            self.dead = 0;
        }
    }
}

/// All secondary indexes of a store.
#[derive(Clone, Debug, Default)]
pub struct Index {
    names: FxHashMap<(Kind, TextId, ObjectName), u32>,
    /// Pods by node.
    pub(crate) by_node: Vec<IdList>,
    /// Pods by controlling owner.
    pub(crate) by_owner: FxHashMap<ObjId, IdList>,
    /// Objects other than pods by controlling owner.
    pub(crate) owned: FxHashMap<ObjId, Vec<ObjId>>,
    /// Pods by namespace and interned label set.
    by_set: FxHashMap<(TextId, SetId), IdList>,
    /// The label sets of pods that a namespace has ever had, in the order of first use.
    sets: FxHashMap<TextId, Vec<SetId>>,
    /// Slices by Service.
    pub(crate) slices: Vec<IdList>,
}

impl Index {
    /// The number of the object with this name, if there is one now.
    #[must_use]
    pub fn named(&self, kind: Kind, namespace: TextId, name: ObjectName) -> Option<u32> {
        self.names.get(&(kind, namespace, name)).copied()
    }

    pub(crate) fn name(&mut self, kind: Kind, namespace: TextId, name: ObjectName, index: u32) {
        let before = self.names.insert((kind, namespace, name), index);
        assert!(before.is_none(), "two objects of one name"); // API-2
    }

    pub(crate) fn unname(&mut self, kind: Kind, namespace: TextId, name: ObjectName) {
        self.names.remove(&(kind, namespace, name));
    }

    /// The pods of a node, a superset.
    #[must_use]
    pub fn pods_of_node(&self, node: NodeId) -> &[u32] {
        self.by_node.get(node.index()).map_or(&[], IdList::ids)
    }

    pub(crate) fn on_node(&mut self, node: NodeId) -> &mut IdList {
        if self.by_node.len() <= node.index() {
            self.by_node.resize_with(node.index() + 1, IdList::default);
        }
        &mut self.by_node[node.index()]
    }

    /// The pods of an owner, a superset.
    #[must_use]
    pub fn pods_of_owner(&self, owner: ObjId) -> &[u32] {
        self.by_owner.get(&owner).map_or(&[], IdList::ids)
    }

    /// The objects other than pods of an owner, a superset.
    #[must_use]
    pub fn owned(&self, owner: ObjId) -> &[ObjId] {
        self.owned.get(&owner).map_or(&[], Vec::as_slice)
    }

    /// The label sets that pods of a namespace have ever had.
    #[must_use]
    pub fn sets(&self, namespace: TextId) -> &[SetId] {
        self.sets.get(&namespace).map_or(&[], Vec::as_slice)
    }

    /// The pods of a namespace with this label set, a superset.
    #[must_use]
    pub fn pods_of_set(&self, namespace: TextId, set: SetId) -> &[u32] {
        self.by_set.get(&(namespace, set)).map_or(&[], IdList::ids)
    }

    pub(crate) fn with_set(&mut self, namespace: TextId, set: SetId) -> &mut IdList {
        let sets = &mut self.sets;
        self.by_set.entry((namespace, set)).or_insert_with(|| {
            sets.entry(namespace).or_default().push(set);
            IdList::default()
        })
    }

    /// The slices of a Service, a superset.
    #[must_use]
    pub fn slices_of(&self, service: ServiceId) -> &[u32] {
        self.slices.get(service.index()).map_or(&[], IdList::ids)
    }

    pub(crate) fn of_service(&mut self, service: ServiceId) -> &mut IdList {
        if self.slices.len() <= service.index() {
            self.slices
                .resize_with(service.index() + 1, IdList::default);
        }
        &mut self.slices[service.index()]
    }

    pub(crate) fn reset(&mut self) {
        self.names.clear();
        self.by_node.clear();
        self.by_owner.clear();
        self.owned.clear();
        self.by_set.clear();
        self.sets.clear();
        self.slices.clear();
    }
}
