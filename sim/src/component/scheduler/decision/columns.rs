//! What the plugins say about every node, kept for each pod shape and caught up from the journal of
//! changed nodes: a decision then reads a few columns instead of asking every plugin about every node.
//!
//! Only for pods about which every plugin's answer depends on the node alone; see
//! [`Columns::can_serve`].

use wavetank_core::id::{NodeId, PodId};

use super::choose::heap_preorder;
use super::cycle::Cycle;
use super::fit_error::FitError;
use super::framework::Framework;
use super::node::NodeInfo;
use super::sample::target_count;
use super::shape::ShapeId;
use super::snapshot::Snapshot;
use super::verdict::{Histogram, Verdict};
use super::{Outcome, Profile};
use crate::component::scheduler::plugin::{
    Plugin as _, balanced_allocation, image_locality, node_affinity::NodeAffinity,
    node_name::NodeName, node_ports::NodePorts, node_resources_fit::NodeResourcesFit,
    node_unschedulable::NodeUnschedulable, normalized, taint_toleration::TaintToleration,
};

/// The score of a node that does not fit: below all others.
const UNFIT: i16 = i16::MIN;

/// The columns of one shape, by place in the list of nodes.
#[derive(Clone, Debug, Default)]
pub struct Columns {
    /// The list that the places belong to.
    epoch: u32,
    /// How much of the journal is in here.
    cursor: u64,
    /// The verdict of the filters that read the node's object alone, as a number of `kinds`.
    fixed: Vec<u16>,
    /// The verdict of all filters.
    verdicts: Vec<u16>,
    /// The scores that need no normalisation, or [`UNFIT`].
    base: Vec<i16>,
    /// Untolerated soft taints.
    taints: Vec<i16>,
    /// Weights of preferences met; empty when the pod has none.
    preferences: Vec<i32>,
    /// A bit a place: whether the node fits.
    feasible: Vec<u64>,
    /// How many nodes fit.
    feasible_count: u32,
    /// How many nodes have untolerated soft taints.
    tainted: u32,
    /// Verdicts by number, and how many nodes have each; the first is that a node fits.
    kinds: Vec<(Verdict, u32)>,
}

impl Columns {
    /// Whether the columns say all that there is to say about pods of this shape.
    #[must_use]
    pub fn can_serve(framework: &Framework, snapshot: &Snapshot, shape: ShapeId) -> bool {
        let pod = snapshot.shape(shape);
        framework.is_default
            && !pod.nodes.names_nodes()
            && pod.spec().spread.is_empty()
            && snapshot.around.default_selector(pod).is_none()
            && !pod.has_pod_terms()
            && snapshot.pods_with_terms() == 0
            && snapshot.around.nodes_with_nominations().next().is_none()
    }

    /// Brings the columns up to date.
    pub fn catch_up(&mut self, framework: &Framework, snapshot: &Snapshot, shape: ShapeId) {
        let nobody = PodId(u32::MAX); // no plugin asked here wants to know
        let cycle = Cycle::new(framework, snapshot, snapshot.shape(shape), nobody);
        let journal = snapshot.journal();
        let changed = journal.since(self.cursor);
        match changed {
            Some(changed) if self.epoch == snapshot.epoch() && changed.len() <= self.base.len() => {
                for node in changed {
                    if let Some(place) = snapshot.place(*node) {
                        let object = snapshot.object_changed(*node) > self.cursor;
                        self.evaluate(&cycle, *node, place, object);
                    }
                }
            }
            Some(_) | None => self.build(&cycle),
        }
        self.cursor = journal.end();
    }

    fn build(&mut self, cycle: &Cycle<'_>) {
        let nodes = cycle.snapshot.list();
        self.epoch = cycle.snapshot.epoch();
        self.kinds.clear();
        let count = cycle.snapshot.node_count();
        // Every node is counted as fitting until it is evaluated.
        self.kinds.push((Verdict::FITS, count));
        self.fixed = vec![0; nodes.len()];
        self.verdicts = vec![0; nodes.len()];
        self.base = vec![0; nodes.len()];
        self.taints = vec![0; nodes.len()];
        let preferences = if cycle.pod.nodes.has_preference() {
            nodes.len()
        } else {
            0
        };
        self.preferences = vec![0; preferences];
        self.feasible = vec![0; nodes.len().div_ceil(64)];
        self.feasible_count = 0;
        self.tainted = 0;
        for (place, node) in nodes.iter().enumerate() {
            self.evaluate(cycle, *node, place, true);
        }
    }

    /// Asks the plugins about one node again.
    fn evaluate(&mut self, cycle: &Cycle<'_>, node: NodeId, place: usize, object: bool) {
        let node = &cycle.snapshot.info(node);
        if object {
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
        let before = self.verdicts[place];
        self.verdicts[place] = kind;
        self.kinds[usize::from(before)].1 -= 1;
        self.kinds[usize::from(kind)].1 += 1;
        let (word, bit) = (place / 64, 1_u64 << (place % 64));
        self.feasible_count -= u32::from(self.feasible[word] & bit != 0);
        self.feasible[word] &= !bit;
        if kind != 0 {
            self.base[place] = UNFIT;
            return;
        }
        self.feasible[word] |= bit;
        self.feasible_count += 1;
        self.base[place] = base_score(cycle, node);
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
        self.tainted -= u32::from(self.taints[place] != 0);
        self.taints[place] = i16::try_from(taints).unwrap_or(i16::MAX);
        self.tainted += u32::from(self.taints[place] != 0);
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

    /// Chooses a node: the same as [`super::plain::decide`]. The columns must be up to date.
    pub fn decide(&self, profile: &mut Profile, snapshot: &Snapshot) -> Outcome {
        let count = snapshot.node_count();
        if self.feasible_count == 0 {
            // Everybody was visited, and the next search begins where this one did (S62).
            profile.next_start %= count;
            return Outcome::Unfit(Box::new(self.error(count)));
        }
        let start = (profile.next_start % count) as usize;
        let target = target_count(count, profile.percentage);
        let arc = if self.feasible_count <= target {
            [start..count as usize, 0..start]
        } else {
            let end = self.nth_feasible(start, target);
            profile.next_start = u32::try_from(end).expect("below the number of nodes"); // S62
            if end > start {
                [start..end, 0..0]
            } else {
                [start..count as usize, 0..end]
            }
        };
        profile.next_start %= count;
        let place = if self.tainted == 0 && self.preferences.is_empty() {
            self.best_by_base(arc)
        } else {
            self.best_by_total(arc)
        };
        Outcome::Chosen {
            node: snapshot.list()[place],
            feasible: self.feasible_count.min(target),
        }
    }

    /// The place of the feasible node that has `nth` others before it, from `start` on and around.
    fn nth_feasible(&self, start: usize, nth: u32) -> usize {
        let words = self.feasible.len();
        let mut left = nth;
        // The first word counts from `start` on, and comes again at the end with what is before it.
        let mut mask = !0_u64 << (start % 64);
        for step in 0..=words {
            let at = (start / 64 + step) % words;
            let mut word = self.feasible[at] & mask;
            mask = !0;
            let here = word.count_ones();
            if left < here {
                for _ in 0..left {
                    word &= word - 1;
                }
                return at * 64 + word.trailing_zeros() as usize;
            }
            left -= here;
        }
        unreachable!("there are more feasible nodes than that")
    }

    /// The best place when no plugin normalises: the same constant for everybody.
    fn best_by_base(&self, arc: [std::ops::Range<usize>; 2]) -> usize {
        let most = |range: &std::ops::Range<usize>| {
            let base = &self.base[range.clone()];
            base.iter().copied().fold(UNFIT, i16::max)
        };
        let best = most(&arc[0]).max(most(&arc[1]));
        let mut rank = 0;
        let mut chosen = (u64::MAX, 0);
        for place in arc.into_iter().flatten() {
            let base = self.base[place];
            if base == best {
                let key = heap_preorder(rank);
                if key < chosen.0 {
                    chosen = (key, place);
                    if rank == 0 {
                        break; // the root of the heap
                    }
                }
            }
            rank += u32::from(base != UNFIT);
        }
        chosen.1
    }

    /// The best place, with soft taints and preferences normalised over the feasible nodes (S66).
    fn best_by_total(&self, arc: [std::ops::Range<usize>; 2]) -> usize {
        let feasible = || {
            let places = arc.clone().into_iter().flatten();
            places.filter(|place| self.base[*place] != UNFIT)
        };
        let taint = |place: usize| i64::from(self.taints[place]);
        let preference =
            |place: usize| i64::from(self.preferences.get(place).copied().unwrap_or_default());
        let most_taints = feasible().map(taint).max().unwrap_or_default();
        let most_preferred = feasible().map(preference).max().unwrap_or_default().max(0);
        let mut chosen = (i64::MIN, u64::MAX, 0);
        for (rank, place) in feasible().enumerate() {
            let total = i64::from(self.base[place])
                + 3 * normalized(taint(place), most_taints, true)
                + 2 * normalized(preference(place), most_preferred, false);
            if total < chosen.0 {
                continue;
            }
            let key = heap_preorder(u32::try_from(rank).expect("fewer nodes"));
            if total > chosen.0 || key < chosen.1 {
                chosen = (total, key, place);
            }
        }
        chosen.2
    }

    fn error(&self, nodes: u32) -> FitError {
        let verdicts = self.kinds.iter().skip(1).copied();
        let mut error = FitError {
            nodes,
            verdicts: Histogram::from_iter(verdicts.filter(|kind| kind.1 > 0)),
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
