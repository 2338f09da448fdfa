//! The footer: what a reader wants to know before it reads, all of it rebuildable from the blocks.

use super::block::{BLOCK_HEADER_BYTES, BlockCounts, BlockHeader, BlockKind, Link};
use super::bytes::Fields;
use super::digest::Digest;
use super::entry::EntryKind;
use super::error::Defect;
use crate::time::SimTime;

/// The most entries that the sparse index and the list of state digests keep, each.
pub const MAX_INDEX_ENTRIES: usize = 16 * 1024;

/// The end mark, after the footer: its offset, a checksum of that, and a magic.
pub(crate) const END_MARK_BYTES: usize = 16;
const END_MAGIC: [u8; 4] = *b"WTND";

/// Bytes of a list's item: number, time, offset; or number, digest.
const ITEM_BYTES: usize = 24;

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

    fn fields(&self) -> [u64; 8] {
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
    fn restore(kept: Vec<T>, count: u64) -> Option<Self> {
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

/// The footer of a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Footer {
    /// The run digest.
    pub digest: Digest,
    /// What the log contains.
    pub totals: Totals,
    /// The time of the last entry, or zero.
    pub last_at: SimTime,
    /// The sparse index.
    pub blocks: Thinned<BlockPosition>,
    /// Digests of the state.
    pub checkpoints: Thinned<Checkpoint>,
}

impl Footer {
    /// The footer's block and the end mark, for a file in which it begins at `offset`.
    pub(crate) fn to_bytes(&self, link: &Link, offset: u64) -> Vec<u8> {
        let mut bytes = vec![0; BLOCK_HEADER_BYTES];
        bytes.extend_from_slice(&self.digest.0);
        for field in self.totals.fields() {
            bytes.extend_from_slice(&field.to_le_bytes());
        }
        for length in [self.blocks.kept.len(), self.checkpoints.kept.len()] {
            let length = u32::try_from(length).expect("the lists are bounded");
            bytes.extend_from_slice(&length.to_le_bytes());
        }
        for block in &self.blocks.kept {
            for field in [block.first_seq, block.first_at.nanos(), block.offset] {
                bytes.extend_from_slice(&field.to_le_bytes());
            }
        }
        for checkpoint in &self.checkpoints.kept {
            bytes.extend_from_slice(&checkpoint.seq.to_le_bytes());
            bytes.extend_from_slice(&checkpoint.digest.to_le_bytes());
        }
        if let Some((header, payload)) = bytes.split_first_chunk_mut() {
            let counts = BlockCounts::default();
            BlockHeader::write(
                header,
                BlockKind::Footer,
                counts,
                link,
                self.last_at,
                payload,
            );
        }
        bytes.extend_from_slice(&end_mark(offset));
        bytes
    }

    /// Reads the payload of a footer.
    pub(crate) fn parse(header: &BlockHeader, payload: &[u8]) -> Result<Self, Defect> {
        let footer = Self::parse_fields(header, &mut Fields(payload));
        let footer = footer.ok_or(Defect::FooterDisagrees {
            what: "its lists' lengths",
        })?;
        if footer.totals.facts != header.link.next_seq {
            return Err(Defect::FooterDisagrees {
                what: "the number of facts",
            });
        }
        Ok(footer)
    }

    fn parse_fields(header: &BlockHeader, fields: &mut Fields<'_>) -> Option<Self> {
        let digest = Digest(fields.array()?);
        let totals = Totals {
            facts: fields.u64()?,
            deliveries: fields.u64()?,
            definitions: fields.u64()?,
            checkpoints: fields.u64()?,
            blocks: fields.u64()?,
            fact_bytes: fields.u64()?,
            delivery_bytes: fields.u64()?,
            definition_bytes: fields.u64()?,
        };
        let (blocks, checkpoints) = (fields.u32()? as usize, fields.u32()? as usize);
        if fields.0.len() != blocks.checked_add(checkpoints)?.checked_mul(ITEM_BYTES)? {
            return None;
        }
        let block = |fields: &mut Fields<'_>| {
            Some(BlockPosition {
                first_seq: fields.u64()?,
                first_at: SimTime::from_nanos(fields.u64()?),
                offset: fields.u64()?,
            })
        };
        let checkpoint = |fields: &mut Fields<'_>| {
            let seq = fields.u64()?;
            let digest = u128::from_le_bytes(fields.array()?);
            Some(Checkpoint { seq, digest })
        };
        let blocks: Option<Vec<_>> = (0..blocks).map(|_| block(fields)).collect();
        let checkpoints: Option<Vec<_>> = (0..checkpoints).map(|_| checkpoint(fields)).collect();
        Some(Self {
            digest,
            totals,
            last_at: header.first_at,
            blocks: Thinned::restore(blocks?, totals.blocks)?,
            checkpoints: Thinned::restore(checkpoints?, totals.checkpoints)?,
        })
    }

    /// The first field in which this footer, rebuilt from the blocks, differs from the stored one.
    pub(crate) fn difference(&self, stored: &Self) -> Option<&'static str> {
        [
            ("the run digest", self.digest == stored.digest),
            ("the totals", self.totals == stored.totals),
            ("the last time", self.last_at == stored.last_at),
            ("the index", self.blocks == stored.blocks),
            ("the state digests", self.checkpoints == stored.checkpoints),
        ]
        .into_iter()
        .find_map(|(what, equal)| (!equal).then_some(what))
    }
}

/// The end mark after a footer at `offset`.
pub(crate) fn end_mark(offset: u64) -> [u8; END_MARK_BYTES] {
    let mut mark = [0; END_MARK_BYTES];
    mark[..8].copy_from_slice(&offset.to_le_bytes());
    let checksum = crc32c::crc32c(&mark[..8]);
    mark[8..12].copy_from_slice(&checksum.to_le_bytes());
    mark[12..].copy_from_slice(&END_MAGIC);
    mark
}

/// The offset of the footer, if `mark` is an end mark.
pub(crate) fn footer_offset(mark: &[u8; END_MARK_BYTES]) -> Option<u64> {
    let offset = Fields(mark).u64()?;
    (end_mark(offset) == *mark).then_some(offset)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thinned_list_depends_on_its_items_only() {
        for count in 0_u64..200 {
            let mut list = Thinned::with_limit(8);
            (0..count).for_each(|item| list.push(item));
            let mut stride = 1;
            while count.div_ceil(stride) > 8 {
                stride *= 2;
            }
            let expected: Vec<u64> = (0..count).step_by(stride as usize).collect();
            assert_eq!((list.items(), list.stride()), (&expected[..], stride));
        }
    }

    #[test]
    fn the_longest_footer_is_a_block() {
        let longest = 32 + 8 * 8 + 2 * 4 + 2 * MAX_INDEX_ENTRIES * ITEM_BYTES;
        assert!(longest <= super::super::MAX_PAYLOAD_BYTES);
    }
}
