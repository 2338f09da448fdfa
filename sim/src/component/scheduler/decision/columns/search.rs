//! Where in the list of nodes the search goes, and which of the best nodes is taken (S60–S62, S71–S73).

use std::ops::Range;

use super::group::{BLOCK, Blocks, Groups, NONE, UNFIT};
use super::score::Scored;
use crate::component::scheduler::decision::choose::heap_preorder;

/// So many of the best nodes are compared one by one; among more of them the heap is descended.
const MOST_COMPARED: usize = 12;

/// The places that a search visits: from its start to the end, then from the beginning.
#[derive(Clone, Debug)]
pub(super) struct Arc(pub(super) [Range<usize>; 2]);

impl Arc {
    /// The places in order.
    pub(super) fn places(&self) -> impl Iterator<Item = usize> + '_ {
        self.0.iter().flat_map(Clone::clone)
    }
}

/// The feasible nodes in the order of the list.
#[derive(Debug)]
pub(super) struct Ranks<'a> {
    words: &'a [u64],
    counts: &'a [u8],
    /// By block, how many are before it; made when first needed.
    prefix: Vec<u32>,
    total: u32,
    nodes: usize,
}

impl<'a> Ranks<'a> {
    pub(super) const fn new(blocks: &'a Blocks, total: u32, nodes: usize) -> Self {
        Self {
            words: blocks.words.as_slice(),
            counts: blocks.counts.as_slice(),
            prefix: Vec::new(),
            total,
            nodes,
        }
    }

    fn prefix(&mut self) -> &[u32] {
        if self.prefix.is_empty() {
            let mut sum = 0;
            self.prefix = self
                .counts
                .iter()
                .map(|count| {
                    let before = sum;
                    sum += u32::from(*count);
                    before
                })
                .collect();
        }
        &self.prefix
    }

    /// Whether every node is feasible: ranks are places then.
    const fn is_full(&self) -> bool {
        self.total as usize == self.nodes
    }

    /// How many come before a place.
    pub(super) fn before(&mut self, place: usize) -> u32 {
        if self.is_full() {
            return u32::try_from(place).expect("fewer nodes");
        }
        let block = place / BLOCK;
        let mask = (1_u64 << (place % BLOCK)) - 1;
        let word = self.words.get(block).copied().unwrap_or_default();
        let blocks = self.prefix().get(block).copied();
        blocks.unwrap_or(self.total) + (word & mask).count_ones()
    }

    /// The place that so many come before, around the end of the list.
    pub(super) fn select(&mut self, rank: u32) -> usize {
        let rank = if rank < self.total {
            rank
        } else {
            rank % self.total
        };
        if self.is_full() {
            return rank as usize;
        }
        let prefix = self.prefix();
        let block = prefix.partition_point(|before| *before <= rank) - 1;
        let mut left = rank - prefix[block];
        let mut word = self.words[block];
        while left > 0 {
            word &= word - 1;
            left -= 1;
        }
        block * BLOCK + word.trailing_zeros() as usize
    }
}

/// The best nodes: of some groups those with a certain base score.
#[derive(Debug)]
pub(super) struct Best<'a> {
    /// By place.
    pub(super) of: &'a [u16],
    /// By place.
    pub(super) base: &'a [i16],
    /// Group, base score, and the groups' blocks. [`NONE`] stands for every group.
    pub(super) winners: Vec<(u16, i16, &'a Blocks)>,
}

impl Best<'_> {
    fn is(&self, place: usize) -> bool {
        let (of, base) = (self.of[place], self.base[place]);
        let mut winners = self.winners.iter();
        winners.any(|winner| winner.1 == base && (winner.0 == of || winner.0 == NONE))
    }

    /// Whether there may be one in a block: a block at an end of the arc has nodes beyond it, which may
    /// be better still.
    fn in_block(&self, block: usize) -> bool {
        let mut winners = self.winners.iter();
        winners.any(|winner| winner.2.tops[block] >= winner.1)
    }

    /// Whether there is one in a range of places.
    fn within(&self, range: Range<usize>) -> bool {
        let (first, last) = (range.start / BLOCK, range.end.div_ceil(BLOCK));
        (first..last)
            .filter(|block| self.in_block(*block))
            .any(|block| {
                let from = range.start.max(block * BLOCK);
                let to = range.end.min((block + 1) * BLOCK);
                (from..to).any(|place| self.is(place))
            })
    }

    /// The one that the scheduler takes: the first in the pre-order of the implicit heap over the
    /// feasible nodes as they are visited (S72). `feasible` of them are on the arc.
    pub(super) fn take(&self, ranks: &mut Ranks<'_>, arc: &Arc, feasible: u32) -> usize {
        let start = arc.0[0].start;
        let first = ranks.before(start);
        let root = ranks.select(first);
        if self.is(root) {
            return root;
        }
        let mut chosen = (u64::MAX, 0);
        let mut compared = 0;
        for range in &arc.0 {
            for block in range.start / BLOCK..range.end.div_ceil(BLOCK) {
                if !self.in_block(block) {
                    continue;
                }
                let from = range.start.max(block * BLOCK);
                for place in from..range.end.min((block + 1) * BLOCK) {
                    if !self.is(place) {
                        continue;
                    }
                    compared += 1;
                    let rank = (ranks.before(place) + ranks.total - first) % ranks.total;
                    chosen = chosen.min((heap_preorder(rank), place));
                }
                if compared > MOST_COMPARED {
                    return self.descend(ranks, first, feasible);
                }
            }
        }
        chosen.1
    }

    /// Goes from the root of the heap towards the first of the best.
    fn descend(&self, ranks: &mut Ranks<'_>, first: u32, feasible: u32) -> usize {
        let mut at = 0;
        loop {
            let place = ranks.select(first + at);
            if self.is(place) {
                return place;
            }
            let left = 2 * at + 1;
            at = match self.is_below(ranks, first, left, feasible) {
                true => left,
                false => left + 1,
            };
            assert!(at < feasible, "one of the best is below");
        }
    }

    /// Whether one of the best is at or below a place of the heap. The lowest layer is asked first:
    /// it is the widest.
    fn is_below(&self, ranks: &mut Ranks<'_>, first: u32, root: u32, feasible: u32) -> bool {
        let (mut layers, mut count) = ([(0, 0); u32::BITS as usize], 0);
        let (mut from, mut to) = (u64::from(root), u64::from(root));
        while from < u64::from(feasible) {
            layers[count] = (from, to.min(u64::from(feasible) - 1));
            count += 1;
            (from, to) = (2 * from + 1, 2 * to + 2);
        }
        layers[..count].iter().rev().any(|(from, to)| {
            let rank = |at: u64| first + u32::try_from(at).expect("below the number of nodes");
            let (from, to) = (ranks.select(rank(*from)), ranks.select(rank(*to)));
            if from <= to {
                self.within(from..to + 1)
            } else {
                self.within(from..self.of.len()) || self.within(0..to + 1)
            }
        })
    }
}

impl Groups {
    /// The places of some groups together.
    pub(super) fn unite(&self, numbers: &[u16], into: &mut Blocks) {
        into.clear(self.of.len().div_ceil(BLOCK));
        if self.is_blocked {
            for number in numbers {
                let blocks = &self.list[usize::from(*number)].blocks;
                let words = into.words.iter_mut().zip(&blocks.words);
                words.for_each(|(all, word)| *all |= word);
                let counts = into.counts.iter_mut().zip(&blocks.counts);
                counts.for_each(|(all, count)| *all += count);
            }
            return;
        }
        let mut fits = vec![false; self.list.len()];
        numbers
            .iter()
            .for_each(|number| fits[usize::from(*number)] = true);
        for (place, of) in self.of.iter().enumerate() {
            if *of != NONE && fits[usize::from(*of)] {
                into.insert(place, UNFIT);
            }
        }
    }

    /// The groups of which nodes are on the arc.
    pub(super) fn tops(&self, numbers: &[u16], arc: &Arc, counts_members: bool) -> Vec<Scored> {
        if self.is_blocked {
            let tops = numbers.iter().map(|number| {
                let blocks = &self.list[usize::from(*number)].blocks;
                let members = if counts_members {
                    members(blocks, arc)
                } else {
                    0
                };
                Scored::new(*number, top(self, *number, arc), members)
            });
            return tops.filter(|it| it.top > UNFIT).collect();
        }
        let mut fits = vec![u32::MAX; self.list.len()];
        for (at, number) in (0..).zip(numbers) {
            fits[usize::from(*number)] = at;
        }
        let mut scored: Vec<Scored> = numbers
            .iter()
            .map(|number| Scored::new(*number, UNFIT, 0))
            .collect();
        for place in arc.places() {
            let of = self.of[place];
            if of != NONE
                && let Some(it) = scored.get_mut(fits[usize::from(of)] as usize)
            {
                it.top = it.top.max(self.base[place]);
                it.members += 1;
            }
        }
        scored.retain(|it| it.top > UNFIT);
        scored
    }

    /// The totals of the scored nodes, by place, when blocks are not kept up.
    pub(super) fn totals(&self, scored: &[Scored], arc: &Arc, totals: &mut Vec<i16>) -> Blocks {
        let mut extras = vec![None; self.list.len()];
        for it in scored {
            extras[usize::from(it.group)] = Some(it.extra);
        }
        totals.clear();
        totals.resize(self.of.len(), UNFIT);
        let mut blocks = Blocks::new(self.of.len().div_ceil(BLOCK));
        for place in arc.places() {
            let of = self.of[place];
            if of != NONE
                && let Some(extra) = extras[usize::from(of)]
            {
                let total = i64::from(self.base[place]) + extra;
                totals[place] = i16::try_from(total).expect("at most 1,200");
                blocks.insert(place, totals[place]);
            }
        }
        blocks
    }
}

/// The best base score of a group's nodes on the arc, [`UNFIT`] if it has none there.
fn top(groups: &Groups, number: u16, arc: &Arc) -> i16 {
    let (of, base) = (&groups.of, &groups.base);
    let blocks = &groups.list[usize::from(number)].blocks;
    let mut most = UNFIT;
    for range in &arc.0 {
        let (first, last) = (range.start.div_ceil(BLOCK), range.end / BLOCK);
        let partly = |places: Range<usize>| {
            let places = of[places.clone()].iter().zip(&base[places]);
            let scores = places.map(|(of, base)| if *of == number { *base } else { UNFIT });
            scores.fold(UNFIT, i16::max)
        };
        if first >= last {
            most = most.max(partly(range.clone()));
            continue;
        }
        most = most.max(partly(range.start..first * BLOCK));
        let tops = blocks.tops[first..last].iter().copied();
        most = most.max(tops.fold(UNFIT, i16::max));
        most = most.max(partly(last * BLOCK..range.end));
    }
    most
}

/// How many of a group's nodes are on the arc.
fn members(blocks: &Blocks, arc: &Arc) -> u32 {
    let word = |block: usize, from: usize, to: usize| {
        let upto = |end: usize| if end == BLOCK { !0_u64 } else { (1 << end) - 1 };
        (blocks.words[block] & upto(to) & !upto(from)).count_ones()
    };
    let mut sum = 0;
    for range in &arc.0 {
        for block in range.start / BLOCK..range.end.div_ceil(BLOCK) {
            let from = range.start.saturating_sub(block * BLOCK);
            let to = (range.end - block * BLOCK).min(BLOCK);
            sum += match (from, to) {
                (0, BLOCK) => u32::from(blocks.counts[block]),
                _ => word(block, from, to),
            };
        }
    }
    sum
}
