//! The scheduler's cache: nodes, what runs on them, and what changed since (S41–S50).

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;
use wavetank_core::id::{NodeId, PodId};

use super::cluster::Surroundings;
use super::node::{Amounts, NodeInfo, NodeRow, PlacedPod, PresentImage, Triple, count};
use super::order::NodeTree;
use super::shape::{PodShape, ShapeId};

/// A name of an image, and the nodes that have it (S50).
#[derive(Clone, Debug)]
struct ImageRecord {
    size: u64,
    nodes: u32,
}

/// The scheduler's cache.
///
/// Nodes are rows by [`NodeId`]. Whatever changes a row is noted in a journal, from which the columns of
/// each pod shape catch up; what changes the list of nodes begins a new epoch.
#[derive(Clone, Debug, Default)]
pub struct Snapshot {
    rows: Vec<NodeRow>,
    amounts: Vec<Amounts>,
    /// Whether the node object is known: pods of an unknown node count nowhere (S47).
    known: Vec<bool>,
    /// When the node object changed last, in journal entries.
    object_changed: Vec<u64>,
    tree: NodeTree,
    list: Vec<NodeId>,
    places: Vec<u32>,
    /// Whether nodes were added or removed since the list was made (S45).
    is_list_stale: bool,
    epoch: u32,
    journal: Journal,
    shapes: Vec<PodShape>,
    /// By shape, how many pods it has on nodes.
    placed: Vec<u32>,
    /// By priority, how many pods are on nodes.
    priorities: BTreeMap<i32, u32>,
    /// What is not on nodes: namespaces, Services, controllers, budgets, nominations.
    pub around: Surroundings,
    /// Looked up, never iterated.
    images: FxHashMap<Box<str>, ImageRecord>,
    /// How many nodes have images at all.
    nodes_with_images: u32,
    /// The journal's position up to which images were looked at.
    images_seen: u64,
}

/// A change of a node: of its object, or of its pods.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entry {
    pub(super) node: NodeId,
    /// The shape of the pod that came or went; without meaning when the numbers are zero.
    pub(super) shape: ShapeId,
    /// How many such pods there are more: 1, 0 or -1.
    pub(super) all: i8,
    /// The same of those that are not terminating.
    pub(super) live: i8,
}

impl Entry {
    const fn of(node: NodeId) -> Self {
        Self {
            node,
            shape: ShapeId(0),
            all: 0,
            live: 0,
        }
    }

    const fn pod(node: NodeId, placed: PlacedPod, change: i8) -> Self {
        Self {
            node,
            shape: placed.shape,
            all: change,
            live: if placed.terminating { 0 } else { change },
        }
    }
}

/// What changed, in order: whoever adds up the entries knows what is on the nodes.
#[derive(Clone, Debug, Default)]
pub(super) struct Journal {
    entries: Vec<Entry>,
    /// The position of the first entry.
    first: u64,
}

impl Journal {
    pub(super) fn end(&self) -> u64 {
        self.first + self.entries.len() as u64
    }

    /// What changed since `from`; none when so much was not kept.
    pub(super) fn since(&self, from: u64) -> Option<&[Entry]> {
        let skip = usize::try_from(from.checked_sub(self.first)?).ok()?;
        self.entries.get(skip..)
    }

    fn push(&mut self, entry: Entry, keep: usize) {
        self.entries.push(entry);
        if self.entries.len() > 2 * keep.max(64) {
            let drop = self.entries.len() / 2;
            self.entries.drain(..drop);
            self.first += drop as u64;
        }
    }
}

impl Snapshot {
    /// Adds a node, or replaces what is known of it. Of `node` the parts that come from pods are ignored.
    pub fn set_node(&mut self, id: NodeId, node: NodeRow) {
        self.make_room(id);
        let index = id.index();
        if self.known[index] {
            let before = std::mem::take(&mut self.rows[index].labels);
            self.tree.update(id, &before, &node.labels);
            self.forget_images(id);
        } else {
            self.known[index] = true;
            self.tree.add(id, &node.labels);
            self.is_list_stale = true;
        }
        let row = &mut self.rows[index];
        let amounts = &mut self.amounts[index];
        amounts.allocatable = Triple::of(&node.allocatable);
        amounts.allocatable_pods = node.allocatable.pods;
        *row = NodeRow {
            extended: std::mem::take(&mut row.extended),
            ports: std::mem::take(&mut row.ports),
            pods: std::mem::take(&mut row.pods),
            present: Vec::new(),
            ..node
        };
        self.remember_images(id);
        self.touch(id);
        self.object_changed[index] = self.journal.end();
    }

    /// Removes a node; pods that are still on it count nowhere (S47).
    pub fn remove_node(&mut self, id: NodeId) {
        if !self.is_known(id) {
            return;
        }
        self.forget_images(id);
        self.known[id.index()] = false;
        let labels = std::mem::take(&mut self.rows[id.index()].labels);
        self.tree.remove(id, &labels);
        self.is_list_stale = true;
        self.touch(id);
    }

    /// Adds a shape. Equal ones are not looked for.
    pub fn add_shape(&mut self, shape: PodShape) -> ShapeId {
        let id = ShapeId(u32::try_from(self.shapes.len()).expect("fewer shapes"));
        self.shapes.push(shape);
        self.placed.push(0);
        id
    }

    /// Puts a pod on a node (S43).
    pub fn add_pod(&mut self, node: NodeId, pod: PlacedPod) {
        self.make_room(node);
        self.rows[node.index()].pods.push(pod);
        self.count(node, pod.shape, 1);
        self.note(Entry::pod(node, pod, 1));
    }

    /// Replaces what is known of a pod that is on a node. Its shape stays.
    pub fn change_pod(&mut self, node: NodeId, pod: PlacedPod) {
        let mut pods = self.rows[node.index()].pods.iter_mut();
        if let Some(placed) = pods.find(|placed| placed.pod == pod.pod) {
            let before = *placed;
            *placed = PlacedPod {
                shape: placed.shape,
                ..pod
            };
            if before != *placed {
                let change = i8::from(before.terminating) - i8::from(pod.terminating);
                let shape = before.shape;
                self.note(Entry {
                    shape,
                    live: change,
                    ..Entry::of(node)
                });
            }
        }
    }

    /// Takes a pod from a node. The last of the node's list takes its place (S41).
    pub fn remove_pod(&mut self, node: NodeId, pod: PodId) {
        let pods = &mut self.rows[node.index()].pods;
        let Some(place) = pods.iter().position(|placed| placed.pod == pod) else {
            return;
        };
        let placed = pods.swap_remove(place);
        self.count(node, placed.shape, -1);
        self.note(Entry::pod(node, placed, -1));
    }

    fn count(&mut self, node: NodeId, shape: ShapeId, sign: i64) {
        let row = &mut self.rows[node.index()];
        let amounts = &mut self.amounts[node.index()];
        let pod = &self.shapes[shape.index()];
        count(row, amounts, pod, sign);
        let (placed, priority) = (&mut self.placed[shape.index()], pod.priority());
        let same = self.priorities.entry(priority).or_default();
        if sign > 0 {
            *placed += 1;
            *same += 1;
        } else {
            *placed -= 1;
            *same -= 1;
            if *same == 0 {
                self.priorities.remove(&priority);
            }
        }
    }

    /// What happens at the beginning of a cycle: the list is made anew if nodes came or went (S45), and
    /// changed nodes look at their images (S133).
    pub fn refresh(&mut self) {
        if self.is_list_stale {
            self.is_list_stale = false;
            self.epoch += 1;
            self.list = self.tree.list();
            self.places = vec![u32::MAX; self.rows.len()];
            for (place, node) in self.list.iter().enumerate() {
                self.places[node.index()] = u32::try_from(place).expect("fewer nodes");
            }
        }
        if self.nodes_with_images > 0 {
            self.look_at_images();
        }
        self.images_seen = self.journal.end();
    }

    fn look_at_images(&mut self) {
        let everything: Vec<Entry>;
        let changed = match self.journal.since(self.images_seen) {
            Some(changed) => changed,
            None => {
                everything = self.list.iter().map(|id| Entry::of(*id)).collect();
                &everything
            }
        };
        for Entry { node: id, .. } in changed {
            let row = &mut self.rows[id.index()];
            if row.images.is_empty() || !self.known[id.index()] {
                continue;
            }
            let images = &self.images;
            row.present = row
                .images
                .iter()
                .map(|(name, _)| PresentImage {
                    name: name.clone(),
                    size: images[name].size,
                    nodes: images[name].nodes,
                })
                .collect();
        }
    }

    fn remember_images(&mut self, id: NodeId) {
        let row = &self.rows[id.index()];
        self.nodes_with_images += u32::from(!row.images.is_empty());
        for (name, size) in &row.images {
            let record = self.images.entry(name.clone()).or_insert(ImageRecord {
                size: *size,
                nodes: 0,
            });
            record.nodes += 1;
        }
    }

    fn forget_images(&mut self, id: NodeId) {
        let row = &self.rows[id.index()];
        self.nodes_with_images -= u32::from(!row.images.is_empty());
        for (name, _) in &row.images {
            if let Some(record) = self.images.get_mut(name) {
                record.nodes -= 1;
                if record.nodes == 0 {
                    self.images.remove(name);
                }
            }
        }
    }

    fn touch(&mut self, node: NodeId) {
        self.note(Entry::of(node));
    }

    fn note(&mut self, entry: Entry) {
        self.journal.push(entry, self.rows.len());
    }

    fn make_room(&mut self, id: NodeId) {
        let len = id.index() + 1;
        if self.rows.len() < len {
            self.rows.resize_with(len, NodeRow::default);
            self.amounts.resize(len, Amounts::default());
            self.known.resize(len, false);
            self.object_changed.resize(len, 0);
        }
    }

    /// Whether the node is known.
    #[must_use]
    pub fn is_known(&self, id: NodeId) -> bool {
        self.known.get(id.index()).is_some_and(|known| *known)
    }

    /// What is known of a node beside its amounts.
    ///
    /// # Panics
    ///
    /// When the node was never there.
    #[must_use]
    pub fn node(&self, id: NodeId) -> &NodeRow {
        &self.rows[id.index()]
    }

    /// A node as plugins see it.
    ///
    /// # Panics
    ///
    /// When the node was never there.
    #[must_use]
    pub fn info(&self, id: NodeId) -> NodeInfo<'_> {
        NodeInfo {
            id,
            row: self.node(id),
            amounts: self.amounts(id),
        }
    }

    /// The amounts of a node.
    ///
    /// # Panics
    ///
    /// When the node was never there.
    #[must_use]
    pub fn amounts(&self, id: NodeId) -> &Amounts {
        &self.amounts[id.index()]
    }

    /// A shape.
    ///
    /// # Panics
    ///
    /// When there is none of that number.
    #[must_use]
    pub fn shape(&self, id: ShapeId) -> &PodShape {
        &self.shapes[id.index()]
    }

    /// The nodes in the order in which they are visited, as of the last [`Self::refresh`].
    #[must_use]
    pub fn list(&self) -> &[NodeId] {
        &self.list
    }

    /// The place of a node in the list.
    #[must_use]
    pub fn place(&self, id: NodeId) -> Option<usize> {
        let place = *self.places.get(id.index())?;
        (place != u32::MAX).then_some(place as usize)
    }

    /// How many pods of this shape are on nodes.
    pub(super) fn placed(&self, shape: ShapeId) -> u32 {
        self.placed[shape.index()]
    }

    /// The shapes of which pods are on nodes.
    pub(super) fn placed_shapes(&self) -> impl Iterator<Item = ShapeId> + '_ {
        let shapes = (0..self.placed.len()).map(|index| {
            let number = u32::try_from(index).expect("fewer shapes");
            ShapeId(number)
        });
        shapes.filter(|shape| self.placed(*shape) > 0)
    }

    /// The lowest priority of a pod on a node.
    #[must_use]
    pub fn lowest_priority(&self) -> Option<i32> {
        self.priorities.first_key_value().map(|entry| *entry.0)
    }

    /// How many nodes the list has.
    #[must_use]
    pub fn node_count(&self) -> u32 {
        u32::try_from(self.list.len()).expect("fewer nodes")
    }

    /// How often the list was made.
    #[must_use]
    pub const fn epoch(&self) -> u32 {
        self.epoch
    }

    pub(super) const fn journal(&self) -> &Journal {
        &self.journal
    }

    /// The journal's position after the last change of the node's own object.
    pub(super) fn object_changed(&self, id: NodeId) -> u64 {
        self.object_changed[id.index()]
    }
}
