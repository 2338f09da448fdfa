//! Pods counted by domain, kept up from the journal of changes (S107–S109, S115, S123, S129).
//!
//! An *axis* is a topology key and where each node lies on it; a *tally* is what is counted in the
//! domains of an axis: a sum over the pods of all nodes that count.

use rustc_hash::FxHashMap;

use super::plan::{Plan, Role};
use crate::component::scheduler::decision::node::NodeRow;
use crate::component::scheduler::decision::shape::{PodShape, ShapeId};
use crate::component::scheduler::decision::snapshot::Snapshot;
use crate::component::scheduler::plugin::pod_topology_spread::{HOSTNAME, has_keys, is_counted};

/// With more domains than this, nodes are told apart by what is counted in their domain, not by the
/// domain.
const MOST_COARSE: usize = 32;

/// A topology key.
#[derive(Clone, Debug)]
pub(super) struct Axis {
    key: Box<str>,
    /// Whether each node is a domain of its own, whatever the value (S116).
    by_node: bool,
    /// The domains by value; nodes without the label are in that of the empty value (S113). Looked up,
    /// never iterated.
    ids: FxHashMap<Box<str>, u32>,
    /// By place: the domain, and in the lowest bit whether the node has the label.
    codes: Vec<u32>,
    /// Whether groups of nodes are told apart by domain.
    pub(super) is_coarse: bool,
    /// The places of each domain, when they are not.
    members: Vec<Vec<u32>>,
    /// Where a group's coordinates have the code, or only its lowest bit.
    pub(super) slot: usize,
}

/// What is counted in the domains of an axis.
#[derive(Clone, Debug)]
pub(super) struct Tally {
    /// Its place among the tallies.
    pub(super) number: usize,
    pub(super) role: Role,
    pub(super) axis: usize,
    /// By domain; nothing when each node is one.
    pub(super) counts: Vec<i64>,
    /// The sum of those.
    pub(super) total: i64,
    /// By place: what the pods of the node come to.
    own: Vec<i32>,
    /// By place: whether the node counts.
    counted: Vec<bool>,
    /// For hard spread, how many nodes of each domain count.
    entries: Vec<u32>,
    /// The domains with any.
    pub(super) domains: usize,
    /// The least count of those, and how many have it.
    pub(super) least: i64,
    at_least: u32,
    /// Where a group's coordinates have the count, when they do not have the domain.
    pub(super) slot: usize,
}

/// What a pod of one shape adds to tallies.
type Effect = Box<[(u32, i32)]>;

/// The axes and tallies of a pod shape.
#[derive(Clone, Debug, Default)]
pub(super) struct Tallies {
    pub(super) plan: Plan,
    pub(super) axes: Vec<Axis>,
    pub(super) tallies: Vec<Tally>,
    /// By the shape of the running pod.
    effects: Vec<Option<Effect>>,
    /// Places whose domain's counts changed.
    pub(super) dirty: Vec<u32>,
    /// How many coordinates a group has.
    pub(super) width: usize,
}

/// Coordinates that every group has: untolerated soft taints, weights of preferences met.
pub(super) const COMMON: usize = 2;

impl Tallies {
    /// Everything counted anew.
    pub(super) fn build(plan: Plan, snapshot: &Snapshot, pod: &PodShape) -> Self {
        let mut tallies = Self {
            plan,
            ..Self::default()
        };
        tallies.prepare();
        let running: Vec<ShapeId> = snapshot.placed_shapes().collect();
        for shape in running {
            tallies.learn(snapshot, pod, shape);
        }
        tallies.learn_nominated(snapshot, pod);
        if tallies.axes.is_empty() {
            tallies.width = COMMON;
            return tallies;
        }
        let nodes = snapshot.list().len();
        for axis in &mut tallies.axes {
            axis.codes = vec![0; nodes];
        }
        for tally in &mut tallies.tallies {
            tally.own = vec![0; nodes];
            tally.counted = vec![false; nodes];
        }
        for (place, node) in snapshot.list().iter().enumerate() {
            let row = snapshot.node(*node);
            for placed in &row.pods {
                tallies.add_own(placed.shape, place, 1, i32::from(!placed.terminating));
            }
            tallies.set_node(place, row, pod);
        }
        tallies.lay_out();
        tallies
    }

    /// The axes and tallies that there are whatever runs.
    fn prepare(&mut self) {
        let plan = self.plan.clone();
        for (place, constraint) in plan.hard.iter().enumerate() {
            self.tally(Role::Hard(place), &constraint.topology_key);
        }
        for (place, constraint) in plan.soft.iter().enumerate() {
            self.tally(Role::Soft(place), &constraint.topology_key);
        }
        for own in &plan.affinity {
            self.tally(Role::Affinity, own.key());
        }
        for own in &plan.anti {
            self.tally(Role::Anti, own.key());
        }
    }

    /// The tally of this role on the axis of this key, made if there is none.
    fn tally(&mut self, role: Role, key: &str) -> usize {
        let by_node = matches!(role, Role::Soft(_)) && key == HOSTNAME;
        let mut axes = self.axes.iter();
        let axis = axes.position(|axis| &*axis.key == key && axis.by_node == by_node);
        let axis = axis.unwrap_or_else(|| {
            self.axes.push(Axis {
                key: key.into(),
                by_node,
                ids: FxHashMap::default(),
                codes: Vec::new(),
                is_coarse: true,
                members: Vec::new(),
                slot: 0,
            });
            self.axes.len() - 1
        });
        let mut tallies = self.tallies.iter();
        let found = tallies.position(|tally| (tally.role, tally.axis) == (role, axis));
        found.unwrap_or_else(|| {
            self.tallies.push(Tally {
                number: self.tallies.len(),
                role,
                axis,
                counts: Vec::new(),
                total: 0,
                own: Vec::new(),
                counted: Vec::new(),
                entries: Vec::new(),
                domains: 0,
                least: 0,
                at_least: 0,
                slot: 0,
            });
            self.tallies.len() - 1
        })
    }

    /// Finds out what pods of a shape add. False when that needs a tally that there was not.
    fn learn(&mut self, snapshot: &Snapshot, pod: &PodShape, shape: ShapeId) -> bool {
        if self.effects.len() <= shape.index() {
            self.effects.resize(shape.index() + 1, None);
        }
        if self.effects[shape.index()].is_some() {
            return true;
        }
        let before = self.tallies.len();
        let mut added: Vec<(Role, Box<str>, i64)> = Vec::new();
        self.plan
            .effect(pod, snapshot.shape(shape), |role, key, amount| {
                added.push((role, key.into(), amount));
            });
        let effect = added.into_iter().map(|(role, key, amount)| {
            let tally = u32::try_from(self.tally(role, &key)).expect("few tallies");
            (tally, i32::try_from(amount).expect("a weight"))
        });
        let effect: Effect = effect.collect();
        self.effects[shape.index()] = Some(effect);
        self.tallies.len() == before
    }

    /// The same for the pods that are nominated to nodes.
    pub(super) fn learn_nominated(&mut self, snapshot: &Snapshot, pod: &PodShape) -> bool {
        let around = &snapshot.around;
        let mut is_known = true;
        for node in around.nodes_with_nominations() {
            for nominated in around.nominated(node) {
                is_known &= self.learn(snapshot, pod, nominated.shape);
            }
        }
        is_known
    }

    /// What a pod of this shape adds to tallies. It must have been learnt.
    pub(super) fn effect(&self, shape: ShapeId) -> &[(u32, i32)] {
        let effect = self.effects.get(shape.index());
        effect.and_then(|it| it.as_deref()).unwrap_or_default()
    }

    /// Adds pods to what a node has, without telling its domains.
    fn add_own(&mut self, shape: ShapeId, place: usize, all: i32, live: i32) {
        let Some(Some(effect)) = self.effects.get(shape.index()) else {
            return;
        };
        for (tally, amount) in effect {
            let tally = &mut self.tallies[*tally as usize];
            tally.own[place] += amount * tally.role.pick(all, live);
        }
    }

    /// Pods came to or went from a node. False when everything is to be counted anew.
    pub(super) fn add_pod(
        &mut self,
        snapshot: &Snapshot,
        pod: &PodShape,
        shape: ShapeId,
        place: usize,
        (all, live): (i8, i8),
    ) -> bool {
        if !self.learn(snapshot, pod, shape) {
            return false;
        }
        let effect = self.effects[shape.index()].take().expect("just learnt");
        for (number, amount) in &effect {
            let tally = &mut self.tallies[*number as usize];
            let change = amount * tally.role.pick(i32::from(all), i32::from(live));
            if change != 0 {
                tally.own[place] += change;
                if tally.counted[place] {
                    let axis = &self.axes[tally.axis];
                    tally.shift(axis, place, i64::from(change), 0, &mut self.dirty);
                }
            }
        }
        self.effects[shape.index()] = Some(effect);
        true
    }

    /// The node's object changed: it may lie elsewhere, or count where it did not.
    pub(super) fn set_node(&mut self, place: usize, row: &NodeRow, pod: &PodShape) {
        for tally in &mut self.tallies {
            if std::mem::replace(&mut tally.counted[place], false) {
                let (axis, own) = (&self.axes[tally.axis], i64::from(tally.own[place]));
                tally.shift(axis, place, -own, -1, &mut self.dirty);
            }
        }
        for axis in &mut self.axes {
            axis.set(place, row);
        }
        let plan = &self.plan;
        for tally in &mut self.tallies {
            let axis = &self.axes[tally.axis];
            let counted = match tally.role {
                Role::Hard(number) => {
                    has_keys(&plan.hard, row) && is_counted(&plan.hard[number], pod, row)
                }
                Role::Soft(_) if axis.by_node => true,
                Role::Soft(number) => {
                    (!plan.needs_all || has_keys(&plan.soft, row))
                        && is_counted(&plan.soft[number], pod, row)
                }
                Role::Affinity | Role::Anti | Role::Existing | Role::Score => axis.has(place),
            };
            if counted {
                tally.counted[place] = true;
                let own = i64::from(tally.own[place]);
                tally.shift(axis, place, own, 1, &mut self.dirty);
            }
        }
    }

    /// Decides by what groups of nodes are told apart.
    fn lay_out(&mut self) {
        self.dirty.clear();
        let mut slot = COMMON;
        let mut next = || {
            slot += 1;
            slot - 1
        };
        for (number, axis) in self.axes.iter_mut().enumerate() {
            // The number of domains with a feasible node is a weight there (S113).
            let is_soft = |it: &Tally| it.axis == number && matches!(it.role, Role::Soft(_));
            axis.is_coarse = !axis.by_node
                && (axis.ids.len() <= MOST_COARSE || self.tallies.iter().any(is_soft));
            axis.slot = next();
            if axis.is_coarse {
                continue;
            }
            if !axis.by_node {
                axis.members = vec![Vec::new(); axis.ids.len()];
                for (place, code) in axis.codes.iter().enumerate() {
                    let place = u32::try_from(place).expect("fewer nodes");
                    axis.members[(code >> 1) as usize].push(place);
                }
            }
            for tally in self.tallies.iter_mut().filter(|it| it.axis == number) {
                tally.slot = next();
            }
        }
        self.width = slot;
    }

    /// The coordinates of a node on the axes.
    pub(super) fn coordinates(&self, place: usize, into: &mut Vec<i32>) {
        into.resize(self.width, 0);
        for axis in &self.axes {
            let code = axis.codes[place];
            let code = if axis.is_coarse { code } else { code & 1 };
            into[axis.slot] = i32::try_from(code).expect("fewer domains");
        }
        for tally in &self.tallies {
            let axis = &self.axes[tally.axis];
            if !axis.is_coarse {
                into[tally.slot] = match tally.role {
                    Role::Affinity | Role::Anti | Role::Existing => {
                        i32::from(self.at(tally, place) > 0)
                    }
                    Role::Hard(_) | Role::Soft(_) | Role::Score => {
                        i32::try_from(self.at(tally, place)).unwrap_or(i32::MAX)
                    }
                };
            }
        }
    }

    /// What is counted in a node's domain.
    pub(super) fn at(&self, tally: &Tally, place: usize) -> i64 {
        let axis = &self.axes[tally.axis];
        if axis.by_node {
            return i64::from(tally.own[place]);
        }
        let count = tally.counts.get((axis.codes[place] >> 1) as usize);
        count.copied().unwrap_or_default()
    }

    /// Whether the node has the label of a tally's axis.
    pub(super) fn has(&self, tally: &Tally, place: usize) -> bool {
        self.axes[tally.axis].has(place)
    }
}

impl Role {
    /// Spreading counts pods that are not terminating (S108), everything else counts all (S123).
    const fn pick(self, all: i32, live: i32) -> i32 {
        match self {
            Self::Hard(_) | Self::Soft(_) => live,
            Self::Affinity | Self::Anti | Self::Existing | Self::Score => all,
        }
    }
}

impl Axis {
    const fn domain(&self, code: u32) -> usize {
        (code >> 1) as usize
    }

    fn has(&self, place: usize) -> bool {
        self.codes[place] & 1 == 1
    }

    /// Puts a node where its label says.
    fn set(&mut self, place: usize, row: &NodeRow) {
        let value = row.labels.get(&self.key);
        let has = u32::from(value.is_some());
        let number = u32::try_from(place).expect("fewer nodes");
        if self.by_node {
            self.codes[place] = number << 1 | has;
            return;
        }
        let value = value.unwrap_or_default();
        let domain = match self.ids.get(value) {
            Some(domain) => *domain,
            None => {
                let domain = u32::try_from(self.ids.len()).expect("fewer domains");
                self.ids.insert(value.into(), domain);
                domain
            }
        };
        let before = self.codes[place];
        self.codes[place] = domain << 1 | has;
        if !self.is_coarse && before >> 1 != domain {
            let domain = domain as usize;
            self.members
                .resize(self.members.len().max(domain + 1), Vec::new());
            self.members[(before >> 1) as usize].retain(|member| *member != number);
            self.members[domain].push(number);
        }
    }
}

impl Tally {
    /// Changes the count of a node's domain, and how many nodes count there.
    fn shift(&mut self, axis: &Axis, place: usize, change: i64, nodes: i8, dirty: &mut Vec<u32>) {
        if axis.by_node {
            return;
        }
        let domain = axis.domain(axis.codes[place]);
        if self.counts.len() <= domain {
            self.counts.resize(domain + 1, 0);
            self.entries.resize(domain + 1, 0);
        }
        let (count, entries) = (self.counts[domain], self.entries[domain]);
        self.counts[domain] += change;
        self.total += change;
        if matches!(self.role, Role::Hard(_)) {
            self.entries[domain] = entries.checked_add_signed(nodes.into()).expect("counted");
            let before = (entries > 0).then_some(count);
            let after = (self.entries[domain] > 0).then_some(self.counts[domain]);
            self.update_least(before, after);
        }
        if !axis.is_coarse
            && let Some(members) = axis.members.get(domain)
        {
            dirty.extend_from_slice(members);
        }
    }

    /// A domain that had this count, if it counted, has that one.
    fn update_least(&mut self, before: Option<i64>, after: Option<i64>) {
        if before == after {
            return;
        }
        if before.is_some() {
            self.domains -= 1;
            self.at_least -= u32::from(before == Some(self.least));
        }
        if let Some(after) = after {
            if self.domains == 0 || after < self.least {
                self.least = after;
                self.at_least = 1;
            } else if after == self.least {
                self.at_least += 1;
            }
            self.domains += 1;
        }
        if self.at_least == 0 && self.domains > 0 {
            let least = self.others(None).min().expect("a domain");
            self.least = least;
            let at_least = self.others(None).filter(|count| *count == least).count();
            self.at_least = u32::try_from(at_least).expect("fewer domains");
        }
        if self.domains == 0 {
            self.least = 0;
        }
    }

    /// The counts of the domains with nodes that count, less one of them.
    fn others(&self, except: Option<usize>) -> impl Iterator<Item = i64> + '_ {
        let domains = self.counts.iter().zip(&self.entries).enumerate();
        domains
            .filter(move |(domain, entry)| *entry.1 > 0 && Some(*domain) != except)
            .map(|(_, entry)| *entry.0)
    }

    /// The least count if the domain of a node had `change` more (S112).
    pub(super) fn least_with(&self, tallies: &Tallies, place: usize, change: i64) -> i64 {
        let axis = &tallies.axes[self.axis];
        let domain = axis.domain(axis.codes[place]);
        if change == 0 || !self.counted[place] {
            return self.least;
        }
        let now = self.counts[domain];
        if now + change <= self.least {
            return now + change;
        }
        if now > self.least || self.at_least > 1 {
            return self.least;
        }
        let others = self.others(Some(domain)).min();
        others.map_or(now + change, |others| others.min(now + change))
    }

    /// Whether a node's pods count.
    pub(super) fn counts(&self, place: usize) -> bool {
        self.counted[place]
    }
}
