//! What the plugins say about every node, kept for each pod shape and caught up from the journal of
//! changes: a decision then reads some numbers a group of nodes and a block of places, instead of asking
//! every plugin about every node.
//!
//! ```text
//! journal ──► local verdict and base score, by node ──┐
//!        └──► pods counted by domain (tallies) ──► groups of nodes that are alike beyond those
//!                                                     │
//!                verdict and normalised scores, by group ──► the best ──► the one first in the heap
//! ```

mod group;
mod plan;
mod preempt;
mod score;
mod search;
mod tally;
mod trial;

use wavetank_core::id::{NodeId, PodId};

use super::cycle::Cycle;
use super::fit_error::FitError;
use super::framework::Framework;
use super::node::NodeInfo;
use super::sample::target_count;
use super::shape::ShapeId;
use super::snapshot::Snapshot;
use super::verdict::{Histogram, Verdict};
use super::{Outcome, Request};
use crate::component::scheduler::plugin::{
    Plugin as _, balanced_allocation, image_locality, node_affinity::NodeAffinity,
    node_name::NodeName, node_ports::NodePorts, node_resources_fit::NodeResourcesFit,
    node_unschedulable::NodeUnschedulable, taint_toleration::TaintToleration,
};
use group::{Blocks, Groups, NONE};
use plan::Plan;
use score::{InGroup, Scored};
use search::{Arc, Best, Ranks};
use tally::Tallies;
use trial::Trial;

pub(super) use preempt::{Shortcut, Tries};

/// The columns of one shape, by place in the list of nodes.
#[derive(Clone, Debug, Default)]
pub struct Columns {
    /// The list that the places belong to.
    epoch: u32,
    /// How much of the journal is in here.
    cursor: u64,
    /// The version of the surroundings.
    version: u64,
    /// The verdict of the filters that read the node's object alone, as a number of `kinds`.
    fixed: Vec<u16>,
    /// The verdict of the filters that read the node alone.
    local: Vec<u16>,
    /// Untolerated soft taints.
    taints: Vec<i16>,
    /// Weights of preferences met; empty when the pod has none.
    preferences: Vec<i32>,
    /// Verdicts by number, and how many nodes have each; the first is that a node fits.
    kinds: Vec<(Verdict, u32)>,
    tallies: Tallies,
    groups: Groups,
    scratch: Scratch,
    /// What dry runs of a preemption came to.
    pub(in crate::component::scheduler::decision) tries: Tries,
}

/// Memory that decisions use again.
#[derive(Clone, Debug, Default)]
struct Scratch {
    coordinates: Vec<i32>,
    dirty: Vec<u32>,
    feasible: Blocks,
    totals: Vec<i16>,
}

impl Columns {
    /// Whether the columns say all that there is to say about pods of this shape.
    #[must_use]
    pub fn can_serve(framework: &Framework, snapshot: &Snapshot, shape: ShapeId) -> bool {
        let pod = snapshot.shape(shape);
        framework.is_default && !pod.nodes.names_nodes() && pod.claims.is_empty()
    }

    /// Brings the columns up to date. False when there are too many groups of nodes to tell apart.
    pub fn catch_up(&mut self, framework: &Framework, snapshot: &Snapshot, shape: ShapeId) -> bool {
        let nobody = PodId(u32::MAX); // no plugin asked here wants to know
        let cycle = Cycle::new(framework, snapshot, snapshot.shape(shape), nobody);
        if !self.follow(&cycle) {
            self.build(&cycle);
        }
        self.cursor = snapshot.journal().end();
        !self.groups.is_overfull
    }

    /// Follows the journal. False when everything is to be made anew.
    fn follow(&mut self, cycle: &Cycle<'_>) -> bool {
        let snapshot = cycle.snapshot;
        let Some(changed) = snapshot.journal().since(self.cursor) else {
            return false;
        };
        if self.epoch != snapshot.epoch() || changed.len() > self.local.len() {
            return false;
        }
        if self.version != snapshot.around.version() {
            if self.tallies.plan != Plan::new(snapshot, cycle.pod) {
                return false;
            }
            self.version = snapshot.around.version();
        }
        if !self.tallies.learn_nominated(snapshot, cycle.pod) {
            return false;
        }
        for entry in changed {
            if let Some(place) = snapshot.place(entry.node)
                && (entry.all, entry.live) != (0, 0)
            {
                let change = (entry.all, entry.live);
                let tallies = &mut self.tallies;
                if !tallies.add_pod(snapshot, cycle.pod, entry.shape, place, change) {
                    return false;
                }
            }
        }
        for entry in changed {
            if let Some(place) = snapshot.place(entry.node) {
                if let Some(tried) = self.tries.get_mut(place) {
                    *tried = None;
                }
                let is_object = snapshot.object_changed(entry.node) > self.cursor;
                self.evaluate(cycle, entry.node, place, is_object);
            }
        }
        std::mem::swap(&mut self.scratch.dirty, &mut self.tallies.dirty);
        for at in 0..self.scratch.dirty.len() {
            self.regroup(self.scratch.dirty[at] as usize);
        }
        self.scratch.dirty.clear();
        true
    }

    fn build(&mut self, cycle: &Cycle<'_>) {
        let snapshot = cycle.snapshot;
        let nodes = snapshot.list();
        self.epoch = snapshot.epoch();
        self.version = snapshot.around.version();
        self.kinds.clear();
        self.tries.clear();
        // Every node is counted as fitting until it is evaluated.
        self.kinds.push((Verdict::FITS, snapshot.node_count()));
        self.fixed = vec![0; nodes.len()];
        self.local = vec![0; nodes.len()];
        self.taints = vec![0; nodes.len()];
        let has_preference = cycle.pod.nodes.has_preference();
        self.preferences = vec![0; if has_preference { nodes.len() } else { 0 }];
        self.tallies = Tallies::build(Plan::new(snapshot, cycle.pod), snapshot, cycle.pod);
        self.groups = Groups::new(nodes.len());
        for (place, node) in nodes.iter().enumerate() {
            self.evaluate_object(cycle, &snapshot.info(*node), place);
            self.evaluate(cycle, *node, place, false);
        }
    }

    /// Asks the plugins about one node again.
    fn evaluate(&mut self, cycle: &Cycle<'_>, node: NodeId, place: usize, is_object: bool) {
        let node = &cycle.snapshot.info(node);
        if is_object {
            self.tallies.set_node(place, node.row, cycle.pod);
            self.evaluate_object(cycle, node, place);
        }
        let mut kind = self.fixed[place];
        if kind == 0 {
            let ports = NodePorts.filter(cycle, node);
            let verdict = if ports.fits() {
                NodeResourcesFit.filter(cycle, node)
            } else {
                ports
            };
            kind = self.kind(verdict);
        }
        let before = std::mem::replace(&mut self.local[place], kind);
        self.kinds[usize::from(before)].1 -= 1;
        self.kinds[usize::from(kind)].1 += 1;
        if kind != 0 {
            self.groups.take(place);
            return;
        }
        self.put(place, base_score(cycle, node));
    }

    /// Puts a node into the group where it belongs.
    fn put(&mut self, place: usize, base: i16) {
        let mut coordinates = std::mem::take(&mut self.scratch.coordinates);
        self.tallies.coordinates(place, &mut coordinates);
        coordinates[0] = i32::from(self.taints[place]);
        coordinates[1] = self.preferences.get(place).copied().unwrap_or_default();
        self.groups.put(place, &coordinates, base);
        self.scratch.coordinates = coordinates;
    }

    /// The same for a node of which only the domains changed.
    fn regroup(&mut self, place: usize) {
        if self.groups.of[place] != NONE {
            self.put(place, self.groups.base[place]);
        }
    }

    /// Asks the plugins that read the node's object alone.
    fn evaluate_object(&mut self, cycle: &Cycle<'_>, node: &NodeInfo<'_>, place: usize) {
        let verdict = [
            NodeUnschedulable.filter(cycle, node),
            NodeName.filter(cycle, node),
            TaintToleration.filter(cycle, node),
            NodeAffinity.filter(cycle, node),
        ]
        .into_iter()
        .find(|verdict| !verdict.fits())
        .unwrap_or(Verdict::FITS);
        self.fixed[place] = self.kind(verdict);
        let taints = TaintToleration.score(cycle, node);
        self.taints[place] = i16::try_from(taints).unwrap_or(i16::MAX);
        if let Some(preference) = self.preferences.get_mut(place) {
            let sum = NodeAffinity.score(cycle, node);
            *preference = i32::try_from(sum).unwrap_or(i32::MAX);
        }
    }

    /// The number of a verdict. There are few of them.
    fn kind(&mut self, verdict: Verdict) -> u16 {
        let place = self.kinds.iter().position(|kind| kind.0 == verdict);
        let place = place.unwrap_or_else(|| {
            self.kinds.push((verdict, 0));
            self.kinds.len() - 1
        });
        u16::try_from(place).expect("fewer different verdicts")
    }

    /// What the filters say about the nodes of a group.
    fn group_verdict(&self, number: u16) -> Verdict {
        let domains = InGroup {
            tallies: &self.tallies,
            coordinates: &self.groups.list[usize::from(number)].coordinates,
        };
        if self.tallies.tallies.is_empty() {
            return Verdict::FITS;
        }
        let asks_about_pods = self.tallies.asks_about_pods();
        self.tallies.verdict(&domains, asks_about_pods)
    }

    /// What the filters say about a node, nominations apart.
    fn verdict(&self, place: usize) -> Verdict {
        match self.groups.of[place] {
            NONE => self.kinds[usize::from(self.local[place])].0,
            number => self.group_verdict(number),
        }
    }

    /// What they say about nodes to which pods are nominated (S59).
    fn verdicts_beside_nominated(
        &self,
        snapshot: &Snapshot,
        request: &Request,
    ) -> Vec<(usize, Verdict)> {
        let pod = snapshot.shape(request.shape);
        let nodes = snapshot.around.nodes_with_nominations();
        let places = nodes.filter_map(|node| snapshot.place(node));
        let asked = places.filter(|place| self.fixed[*place] == 0).map(|place| {
            let trial = Trial::new(self, snapshot, pod, place);
            (place, trial.verdict_beside_nominated(request.pod))
        });
        asked.collect()
    }

    /// Chooses a node: the same as [`super::plain::decide`]. The columns must be up to date.
    pub fn decide(
        &mut self,
        snapshot: &Snapshot,
        request: &Request,
        next_start: &mut u32,
    ) -> Outcome {
        let special = self.verdicts_beside_nominated(snapshot, request);
        if let Some(node) = request.nominated
            && let Some(place) = snapshot.place(node)
        {
            let found = special.iter().find(|it| it.0 == place);
            let verdict = found.map_or_else(|| self.verdict(place), |it| it.1);
            if verdict.fits() {
                return Outcome::Chosen { node, feasible: 1 }; // S55
            }
        }
        // Those that do not fit beside a nominated pod are out of their groups meanwhile.
        let mut lifted = Vec::new();
        for (place, verdict) in &special {
            if !verdict.fits() && self.groups.of[*place] != NONE {
                let base = self.groups.base[*place];
                lifted.push((*place, self.groups.lift(*place), base));
            }
        }
        let mut outcome = self.decide_among(snapshot, request.percentage, next_start);
        for (place, number, base) in lifted {
            self.groups.insert(place, number, base);
        }
        if let Outcome::Unfit(error) = &mut outcome {
            **error = self.error(snapshot.node_count(), &special);
        }
        outcome
    }

    /// Chooses one of the nodes that are in groups.
    fn decide_among(
        &mut self,
        snapshot: &Snapshot,
        percentage: u32,
        next_start: &mut u32,
    ) -> Outcome {
        let count = snapshot.node_count();
        *next_start %= count;
        let numbers = self.groups.iter().map(|(number, _)| number);
        let fitting: Vec<u16> = numbers
            .filter(|number| self.group_verdict(*number).fits())
            .collect();
        let members = |number: &u16| self.groups.list[usize::from(*number)].members;
        let feasible: u32 = fitting.iter().map(members).sum();
        if feasible == 0 {
            // Everybody was visited, and the next search begins where this one did (S62).
            return Outcome::Unfit(Box::default());
        }
        let mut scratch = std::mem::take(&mut self.scratch);
        let place = self.choose(&fitting, feasible, percentage, next_start, &mut scratch);
        self.scratch = scratch;
        Outcome::Chosen {
            node: snapshot.list()[place],
            feasible: feasible.min(target_count(count, percentage)),
        }
    }

    /// Searches, scores, and takes the best (S60–S73). Some node fits.
    fn choose(
        &self,
        fitting: &[u16],
        feasible: u32,
        percentage: u32,
        next_start: &mut u32,
        scratch: &mut Scratch,
    ) -> usize {
        let groups = &self.groups;
        let nodes = groups.of.len();
        let Scratch {
            feasible: all,
            totals,
            ..
        } = scratch;
        let places = match fitting {
            _ if fitting.len() == groups.used() => &groups.all,
            [number] if groups.is_blocked => &groups.list[usize::from(*number)].blocks,
            _ => {
                groups.unite(fitting, all);
                &*all
            }
        };
        let mut ranks = Ranks::new(places, feasible, nodes);
        let start = *next_start as usize;
        let target = target_count(u32::try_from(nodes).expect("fewer nodes"), percentage);
        let mut arc = Arc([start..nodes, 0..start]);
        if feasible > target {
            let rank = ranks.before(start) + target;
            let end = ranks.select(rank);
            *next_start = u32::try_from(end).expect("below the number of nodes"); // S62
            arc = if end > start {
                Arc([start..end, 0..0])
            } else {
                Arc([start..nodes, 0..end])
            };
        }
        let feasible = feasible.min(target);
        let mut scored = groups.tops(fitting, &arc, self.tallies.counts_members());
        if feasible == 1 {
            let first = ranks.before(start);
            return ranks.select(first); // S57
        }
        if let [only] = &scored[..]
            && groups.is_blocked
        {
            let blocks = &groups.list[usize::from(only.group)].blocks;
            let best = Best {
                of: &groups.of,
                base: &groups.base,
                winners: vec![(only.group, only.top, blocks)],
            };
            return best.take(&mut ranks, &arc, feasible);
        }
        self.tallies.score(&groups.list, &mut scored, feasible);
        let total = |it: &Scored| i64::from(it.top) + it.extra;
        let most = scored.iter().map(total).max().expect("some node fits");
        if groups.is_blocked {
            let winners = scored.iter().filter(|it| total(it) == most);
            let winners = winners.map(|it| {
                let blocks = &groups.list[usize::from(it.group)].blocks;
                (it.group, it.top, blocks)
            });
            let best = Best {
                of: &groups.of,
                base: &groups.base,
                winners: winners.collect(),
            };
            return best.take(&mut ranks, &arc, feasible);
        }
        let blocks = groups.totals(&scored, &arc, totals);
        let most = i16::try_from(most).expect("at most 1,200");
        let best = Best {
            of: &groups.of,
            base: totals,
            winners: vec![(NONE, most, &blocks)],
        };
        best.take(&mut ranks, &arc, feasible)
    }

    /// Why no node fits, with what is said about some nodes otherwise.
    fn error(&self, nodes: u32, special: &[(usize, Verdict)]) -> FitError {
        let mut verdicts = Histogram::default();
        for (verdict, nodes) in self.kinds.iter().skip(1).filter(|kind| kind.1 > 0) {
            verdicts.add_many(*verdict, *nodes);
        }
        for (number, group) in self.groups.iter() {
            verdicts.add_many(self.group_verdict(number), group.members);
        }
        for (place, verdict) in special {
            verdicts.remove(self.verdict(*place));
            verdicts.add(*verdict);
        }
        let mut error = FitError {
            nodes,
            verdicts,
            ..FitError::default()
        };
        for (verdict, _) in error.verdicts.iter() {
            error.rejectors.insert(verdict.plugin);
        }
        error
    }
}

/// The weighted scores that need no normalisation: resources, balance, images.
fn base_score(cycle: &Cycle<'_>, node: &NodeInfo<'_>) -> i16 {
    let pod = cycle.pod;
    let mut score = NodeResourcesFit.score(cycle, node);
    if balanced_allocation::applies(pod) {
        score += balanced_allocation::change_of_balance(pod, node.amounts);
    }
    score += image_locality::locality(pod, node.row, cycle.snapshot);
    i16::try_from(score).expect("at most 300")
}
