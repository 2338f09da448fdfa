//! Nodes in groups: those of one group differ in nothing but their base score, so that whatever is
//! normalised is computed once a group.
//!
//! Places of the list come in blocks of 64. A group knows its members as bits, and the best base score
//! and the number of members of each block: a change costs one block, a search one number a block.

use rustc_hash::FxHashMap;

/// The group of a node that does not fit.
pub(super) const NONE: u16 = u16::MAX;
/// The score of a node that does not fit: below all others.
pub(super) const UNFIT: i16 = i16::MIN;
/// With more groups than this, blocks are not kept up: a search then looks at every node.
const MOST_BLOCKED: usize = 64;
/// So many places are one block.
pub(super) const BLOCK: usize = 64;

/// The nodes that fit, as far as the node alone tells.
#[derive(Clone, Debug, Default)]
pub(super) struct Groups {
    /// Looked up, never iterated.
    index: FxHashMap<Box<[i32]>, u16>,
    pub(super) list: Vec<Group>,
    /// Numbers of groups without members.
    free: Vec<u16>,
    /// By place.
    pub(super) of: Vec<u16>,
    /// By place: the sum of the scores that need no normalisation, or [`UNFIT`].
    pub(super) base: Vec<i16>,
    /// The nodes of all groups, without their scores.
    pub(super) all: Blocks,
    /// Whether blocks are kept up.
    pub(super) is_blocked: bool,
    /// Whether there are more groups than can be numbered.
    pub(super) is_overfull: bool,
}

/// One group.
#[derive(Clone, Debug, Default)]
pub(super) struct Group {
    /// What its nodes have in common.
    pub(super) coordinates: Box<[i32]>,
    /// How many there are.
    pub(super) members: u32,
    /// The members by block.
    pub(super) blocks: Blocks,
}

/// A set of places, with the best score of each block.
#[derive(Clone, Debug, Default)]
pub(super) struct Blocks {
    pub(super) words: Vec<u64>,
    pub(super) counts: Vec<u8>,
    pub(super) tops: Vec<i16>,
}

impl Blocks {
    pub(super) fn new(blocks: usize) -> Self {
        Self {
            words: vec![0; blocks],
            counts: vec![0; blocks],
            tops: vec![UNFIT; blocks],
        }
    }

    /// Forgets everything.
    pub(super) fn clear(&mut self, blocks: usize) {
        self.words.clear();
        self.words.resize(blocks, 0);
        self.counts.clear();
        self.counts.resize(blocks, 0);
        self.tops.clear();
        self.tops.resize(blocks, UNFIT);
    }

    /// Adds a place with this score.
    pub(super) fn insert(&mut self, place: usize, score: i16) {
        let block = place / BLOCK;
        self.words[block] |= 1 << (place % BLOCK);
        self.counts[block] += 1;
        self.tops[block] = self.tops[block].max(score);
    }

    /// Takes a place out. The best score of its block stays.
    fn remove(&mut self, place: usize) {
        self.words[place / BLOCK] &= !(1 << (place % BLOCK));
        self.counts[place / BLOCK] -= 1;
    }
}

impl Groups {
    /// No node fits yet.
    pub(super) fn new(nodes: usize) -> Self {
        Self {
            of: vec![NONE; nodes],
            base: vec![UNFIT; nodes],
            all: Blocks::new(nodes.div_ceil(BLOCK)),
            is_blocked: true,
            ..Self::default()
        }
    }

    fn blocks(&self) -> usize {
        self.of.len().div_ceil(BLOCK)
    }

    /// How many groups have members.
    pub(super) fn used(&self) -> usize {
        self.list.len() - self.free.len()
    }

    /// Puts a node into the group of these coordinates, with this base score.
    pub(super) fn put(&mut self, place: usize, coordinates: &[i32], base: i16) {
        let before = self.of[place];
        if before != NONE && *self.list[usize::from(before)].coordinates == *coordinates {
            self.rescore(place, base);
            return;
        }
        self.take(place);
        let number = match self.index.get(coordinates) {
            Some(number) => *number,
            None => self.found(coordinates),
        };
        if number == NONE {
            return;
        }
        self.insert(place, number, base);
    }

    /// A group for these coordinates.
    fn found(&mut self, coordinates: &[i32]) -> u16 {
        let number = self.free.pop().unwrap_or_else(|| {
            self.list.push(Group::default());
            u16::try_from(self.list.len() - 1).unwrap_or(NONE)
        });
        if number == NONE {
            self.is_overfull = true;
            return NONE;
        }
        self.index.insert(coordinates.into(), number);
        if self.is_blocked && self.used() > MOST_BLOCKED {
            self.is_blocked = false;
            self.list
                .iter_mut()
                .for_each(|group| group.blocks = Blocks::default());
        }
        let blocks = if self.is_blocked { self.blocks() } else { 0 };
        let group = &mut self.list[usize::from(number)];
        group.coordinates = coordinates.into();
        group.members = 0;
        group.blocks.clear(blocks);
        number
    }

    /// Puts a node that is in no group into one.
    pub(super) fn insert(&mut self, place: usize, number: u16, base: i16) {
        self.of[place] = number;
        self.base[place] = base;
        let group = &mut self.list[usize::from(number)];
        group.members += 1;
        self.all.insert(place, UNFIT);
        if self.is_blocked {
            group.blocks.insert(place, base);
        }
    }

    /// Takes a node out of its group, and tells which that was. The group stays even if it empties:
    /// see [`Self::sweep`].
    pub(super) fn lift(&mut self, place: usize) -> u16 {
        let number = std::mem::replace(&mut self.of[place], NONE);
        if number == NONE {
            return NONE;
        }
        let base = std::mem::replace(&mut self.base[place], UNFIT);
        let group = &mut self.list[usize::from(number)];
        group.members -= 1;
        self.all.remove(place);
        if self.is_blocked {
            let block = place / BLOCK;
            group.blocks.remove(place);
            if base == group.blocks.tops[block] {
                self.renew_top(block, number);
            }
        }
        number
    }

    /// Takes a node out of its group.
    pub(super) fn take(&mut self, place: usize) {
        let number = self.lift(place);
        if number != NONE && self.list[usize::from(number)].members == 0 {
            self.index
                .remove(&self.list[usize::from(number)].coordinates);
            self.free.push(number);
        }
    }

    fn rescore(&mut self, place: usize, base: i16) {
        let before = std::mem::replace(&mut self.base[place], base);
        if !self.is_blocked || before == base {
            return;
        }
        let (block, number) = (place / BLOCK, self.of[place]);
        let top = &mut self.list[usize::from(number)].blocks.tops[block];
        if base >= *top {
            *top = base;
        } else if before == *top {
            self.renew_top(block, number);
        }
    }

    fn renew_top(&mut self, block: usize, number: u16) {
        let from = block * BLOCK;
        let to = (from + BLOCK).min(self.of.len());
        let members = self.of[from..to].iter().zip(&self.base[from..to]);
        let scores = members.map(|(of, base)| if *of == number { *base } else { UNFIT });
        let top = scores.fold(UNFIT, i16::max);
        self.list[usize::from(number)].blocks.tops[block] = top;
    }

    /// The groups with members.
    pub(super) fn iter(&self) -> impl Iterator<Item = (u16, &Group)> + '_ {
        let groups = self.list.iter().enumerate();
        groups
            .filter(|(_, group)| group.members > 0)
            .map(|(number, group)| {
                let number = u16::try_from(number).expect("fewer groups");
                (number, group)
            })
    }
}
