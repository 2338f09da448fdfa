//! The footer: what a reader wants to know before it reads, all of it rebuildable from the blocks.

use std::io::{Read, Seek, SeekFrom};

use super::block::{BLOCK_HEADER_BYTES, BlockCounts, BlockHeader, BlockKind, Link, read_block};
use super::bytes::Fields;
use super::digest::Digest;
use super::error::{Defect, LogError};
use super::index::{BlockPosition, Checkpoint, Thinned, Totals};
use crate::time::SimTime;

/// The end mark, after the footer: its offset, a checksum of that, and a magic.
pub(crate) const END_MARK_BYTES: usize = 16;
const END_MAGIC: [u8; 4] = *b"WTND";

/// Bytes of a list's item: number, time, offset; or number, digest.
const ITEM_BYTES: usize = 24;

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
        for length in [self.blocks.items().len(), self.checkpoints.items().len()] {
            let length = u32::try_from(length).expect("the lists are bounded");
            bytes.extend_from_slice(&length.to_le_bytes());
        }
        for block in self.blocks.items() {
            for field in [block.first_seq, block.first_at.nanos(), block.offset] {
                bytes.extend_from_slice(&field.to_le_bytes());
            }
        }
        for checkpoint in self.checkpoints.items() {
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

/// The footer where the end mark says it is, and where that is; `None` when there is none.
pub(crate) fn stored_footer<S: Read + Seek>(
    source: &mut S,
) -> Result<Option<(u64, BlockHeader, Footer)>, LogError> {
    let file_length = source.seek(SeekFrom::End(0)).map_err(LogError::Read)?;
    let Some(mark_offset) = file_length.checked_sub(END_MARK_BYTES as u64) else {
        return Ok(None);
    };
    let mut mark = [0; END_MARK_BYTES];
    source
        .seek(SeekFrom::Start(mark_offset))
        .map_err(LogError::Read)?;
    source.read_exact(&mut mark).map_err(LogError::Read)?;
    let Some(offset) = footer_offset(&mark).filter(|offset| *offset < mark_offset) else {
        return Ok(None);
    };
    let mut payload = Vec::new();
    let Ok(block) = read_block(source, offset, mark_offset, &mut payload)? else {
        return Ok(None);
    };
    let at_end = offset + block.total_length() == mark_offset;
    let is_footer = block.kind == BlockKind::Footer && at_end;
    let footer = is_footer
        .then(|| Footer::parse(&block, &payload).ok())
        .flatten();
    Ok(footer.map(|footer| (offset, block, footer)))
}

/// Whether the index of `footer` points into the blocks, in order.
pub(crate) fn index_in_order(footer: &Footer, body_begin: u64, body_end: u64) -> bool {
    let blocks = footer.blocks.items();
    let inside = |block: &BlockPosition| (body_begin..body_end).contains(&block.offset);
    blocks.iter().all(inside)
        && blocks.is_sorted_by(|before, after| {
            before.offset < after.offset
                && before.first_seq <= after.first_seq
                && before.first_at <= after.first_at
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_footer_is_a_block() {
        let longest = 32 + 8 * 8 + 2 * 4 + 2 * super::super::MAX_INDEX_ENTRIES * ITEM_BYTES;
        assert!(longest <= super::super::MAX_PAYLOAD_BYTES);
    }
}
