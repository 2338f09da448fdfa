//! What a footer lists: places of blocks, digests of states, and how much there is of everything.

use super::block::BlockCounts;
use super::entry::EntryKind;
use crate::time::SimTime;

/// The most entries that the sparse index and the list of state digests keep, each.
pub const MAX_INDEX_ENTRIES: usize = 16 * 1024;

/// A block's place, as the sparse index keeps it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BlockPosition {
    /// The number of the block's first fact, or of the next one when it has none.
    pub first_seq: u64,
    /// The time of the block's first entry.
    pub first_at: SimTime,
    /// Where the block begins, in bytes from the beginning of the file.
    pub offset: u64,
}

/// The digest of the state after the first `seq` facts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// How many facts the state comprises.
    pub seq: u64,
    /// The state's digest.
    pub digest: u128,
}

/// What a log contains. Bytes are those of whole entries, without block headers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Facts.
    pub facts: u64,
    /// Deliveries.
    pub deliveries: u64,
    /// Definitions.
    pub definitions: u64,
    /// State digests.
    pub checkpoints: u64,
    /// Blocks, without the footer.
    pub blocks: u64,
    /// Bytes that store facts.
    pub fact_bytes: u64,
    /// Bytes that store deliveries.
    pub delivery_bytes: u64,
    /// Bytes that store definitions.
    pub definition_bytes: u64,
}

impl Totals {
    #[inline]
    pub(crate) fn add(&mut self, kind: EntryKind, bytes: u64) {
        match kind {
            EntryKind::Fact => {
                self.facts += 1;
                self.fact_bytes += bytes;
            }
            EntryKind::Delivery => {
                self.deliveries += 1;
                self.delivery_bytes += bytes;
            }
            EntryKind::Definition => {
                self.definitions += 1;
                self.definition_bytes += bytes;
            }
            EntryKind::Checkpoint => self.checkpoints += 1,
        }
    }

    /// How many entries of each kind were added since `earlier`, in a block.
    pub(crate) fn since(&self, earlier: &Self) -> BlockCounts {
        const FITS: &str = "a block has fewer entries than bytes";
        BlockCounts {
            facts: u32::try_from(self.facts - earlier.facts).expect(FITS),
            deliveries: u32::try_from(self.deliveries - earlier.deliveries).expect(FITS),
            definitions: u32::try_from(self.definitions - earlier.definitions).expect(FITS),
            checkpoints: u16::try_from(self.checkpoints - earlier.checkpoints).expect(FITS),
        }
    }

    pub(crate) fn fields(&self) -> [u64; 8] {
        [
            self.facts,
            self.deliveries,
            self.definitions,
            self.checkpoints,
            self.blocks,
            self.fact_bytes,
            self.delivery_bytes,
            self.definition_bytes,
        ]
    }
}

/// A list of bounded length: of `n` items it keeps every `stride`-th, from the first on, where the
/// stride is the smallest power of two that keeps at most [`MAX_INDEX_ENTRIES`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Thinned<T> {
    kept: Vec<T>,
    stride: u64,
    count: u64,
    limit: usize,
}

impl<T: Copy> Thinned<T> {
    pub(crate) fn new() -> Self {
        Self::with_limit(MAX_INDEX_ENTRIES)
    }

    fn with_limit(limit: usize) -> Self {
        Self {
            kept: Vec::new(),
            stride: 1,
            count: 0,
            limit,
        }
    }

    pub(crate) fn push(&mut self, item: T) {
        if self.count.is_multiple_of(self.stride) {
            if self.kept.len() == self.limit {
                let mut index = 0;
                self.kept.retain(|_| {
                    index += 1;
                    index % 2 == 1
                });
                self.stride *= 2;
            }
            if self.count.is_multiple_of(self.stride) {
                self.kept.push(item);
            }
        }
        self.count += 1;
    }

    /// The list of `count` items of which `kept` were kept, if that is how many would have been.
    pub(crate) fn restore(kept: Vec<T>, count: u64) -> Option<Self> {
        let limit = MAX_INDEX_ENTRIES as u64;
        let mut stride = 1_u64;
        while count.div_ceil(stride) > limit {
            stride *= 2;
        }
        let right = kept.len() as u64 == count.div_ceil(stride);
        right.then_some(Self {
            kept,
            stride,
            count,
            limit: MAX_INDEX_ENTRIES,
        })
    }

    /// The items that are kept, in order.
    #[must_use]
    pub fn items(&self) -> &[T] {
        &self.kept
    }

    /// One in how many items is kept.
    #[must_use]
    pub fn stride(&self) -> u64 {
        self.stride
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thinned_list_depends_on_its_items_only() {
        for count in 0_u64..200 {
            let mut list = Thinned::with_limit(8);
            (0..count).for_each(|item| list.push(item));
            let mut stride = 1_usize;
            while count.div_ceil(stride as u64) > 8 {
                stride *= 2;
            }
            let expected: Vec<u64> = (0..count).step_by(stride).collect();
            assert_eq!(
                (list.items(), list.stride()),
                (&expected[..], stride as u64)
            );
        }
    }
}
