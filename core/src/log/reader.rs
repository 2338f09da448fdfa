//! Reads the entries of a log, one block in memory at a time.

use std::fmt;
use std::io::{Read, Seek};

use super::block::{BlockHeader, BlockKind, Invalid, read_block, read_header};
use super::digest::Digest;
use super::entry::{EntryCursor, EntryRef};
use super::error::{Defect, Ending, LogError};
use super::footer::{Footer, index_in_order, stored_footer};
use super::header::Header;
use super::index::{BlockPosition, Checkpoint, Totals};
use super::recover::{Scan, begin, follows, scan};
use crate::time::SimTime;

/// A place in a log, to read from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Position {
    /// The fact with this number.
    Seq(u64),
    /// The first entry at this instant or later.
    At(SimTime),
}

/// Reads the entries of a log in order, from the beginning or from a block.
///
/// Open it with [`open`](Self::open), which verifies everything, or with
/// [`open_indexed`](Self::open_indexed), which is instant; then call [`next`](Self::next) until it
/// returns `None`. Blocks are verified again as they are read.
///
/// The source needs no buffer: it is read a block at a time.
pub struct Reader<S> {
    source: S,
    header: Header,
    ending: Ending,
    footer: Footer,
    /// The hash of the file's header.
    first_hash: u64,
    body_begin: u64,
    body_end: u64,
    /// The hash in the footer, when the blocks were not verified on opening.
    last_hash: Option<u64>,
    payload: Vec<u8>,
    cursor: EntryCursor,
    /// The block that `payload` holds.
    block_offset: u64,
    next_offset: u64,
    /// The hash of the block before the next one; unknown after a jump.
    previous_hash: Option<u64>,
}

impl<S: Read + Seek> Reader<S> {
    /// Opens a log and reads all of it once, to verify checksums, chain, entries, totals and run
    /// digest. A torn tail is left out, and [`ending`](Self::ending) tells.
    ///
    /// # Errors
    ///
    /// [`LogError::Damaged`] when bytes were changed, lost or moved; others when the source fails or
    /// the header is not one that this program reads.
    pub fn open(source: S) -> Result<Self, LogError> {
        let reader = Self::salvage(source)?;
        match &reader.ending {
            Ending::Clean | Ending::TornTail { .. } => Ok(reader),
            Ending::Damaged { offset, defect } => Err(LogError::Damaged {
                offset: *offset,
                defect: defect.clone(),
            }),
        }
    }

    /// Opens a log as [`open`](Self::open) does, and takes the blocks before the damage if it is
    /// damaged.
    ///
    /// # Errors
    ///
    /// When the source fails, or the header is not one that this program reads.
    pub fn salvage(mut source: S) -> Result<Self, LogError> {
        let scan = scan(&mut source)?;
        Ok(Self::new(source, scan, None))
    }

    /// Opens a log by its footer, without reading the blocks; or as [`open`](Self::open) does, when
    /// footer or end mark are not as they should be.
    ///
    /// Checksums and chain are verified as blocks are read, the run digest is taken on trust.
    ///
    /// # Errors
    ///
    /// As [`open`](Self::open).
    pub fn open_indexed(mut source: S) -> Result<Self, LogError> {
        let (header, first, body_begin) = begin(&mut source)?;
        match stored_footer(&mut source)? {
            Some((body_end, block, footer)) if index_in_order(&footer, body_begin, body_end) => {
                let ending = Ending::Clean;
                let scan = Scan {
                    header,
                    ending,
                    first,
                    body_begin,
                    body_end,
                    footer,
                };
                Ok(Self::new(source, scan, Some(block.link.hash)))
            }
            Some(_) | None => Self::open(source),
        }
    }

    fn new(source: S, scan: Scan, last_hash: Option<u64>) -> Self {
        Self {
            source,
            header: scan.header,
            ending: scan.ending,
            footer: scan.footer,
            first_hash: scan.first.hash,
            body_begin: scan.body_begin,
            body_end: scan.body_end,
            last_hash,
            payload: Vec::new(),
            cursor: EntryCursor::default(),
            block_offset: scan.body_begin,
            next_offset: scan.body_begin,
            previous_hash: Some(scan.first.hash),
        }
    }

    /// What the run was made from.
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// How the log ends.
    pub fn ending(&self) -> &Ending {
        &self.ending
    }

    /// The run digest, of the valid blocks if the log has no end.
    pub fn digest(&self) -> Digest {
        self.footer.digest
    }

    /// What the valid blocks contain.
    pub fn totals(&self) -> &Totals {
        &self.footer.totals
    }

    /// The time of the last entry, or zero.
    pub fn last_at(&self) -> SimTime {
        self.footer.last_at
    }

    /// The sparse index.
    pub fn blocks(&self) -> &[BlockPosition] {
        self.footer.blocks.items()
    }

    /// Digests of the state, for comparison with a fold.
    pub fn checkpoints(&self) -> &[Checkpoint] {
        self.footer.checkpoints.items()
    }

    /// Where the valid blocks end, in bytes from the beginning of the file.
    pub fn body_end(&self) -> u64 {
        self.body_end
    }

    /// The next entry, or `None` after the last.
    ///
    /// # Errors
    ///
    /// When the source fails, or a block is not what it was when the log was opened. Do not go on
    /// after an error.
    #[expect(
        clippy::should_implement_trait,
        reason = "the entry borrows from the reader"
    )]
    #[inline]
    pub fn next(&mut self) -> Result<Option<EntryRef<'_>>, LogError> {
        if !self.fill()? {
            return Ok(None);
        }
        let (offset, entry) = (self.block_offset, self.cursor.count);
        let found = self.cursor.next(&self.payload);
        found.map_err(|what| damaged(offset, Defect::EntryInvalid { entry, what }))
    }

    /// Goes back to the first entry.
    pub fn rewind(&mut self) {
        self.jump(self.body_begin);
        self.cursor = EntryCursor::default();
        self.previous_hash = Some(self.first_hash);
    }

    /// Goes to the beginning of the block that holds `position`; entries before it may come first.
    ///
    /// # Errors
    ///
    /// When the source fails, or a block is damaged.
    pub fn seek_to_block(&mut self, position: Position) -> Result<(), LogError> {
        // The first entry at an instant may be in the block before the one that begins then.
        let is_before = |first_seq: u64, first_at: SimTime| match position {
            Position::Seq(seq) => first_seq <= seq,
            Position::At(at) => first_at < at,
        };
        let blocks = self.footer.blocks.items();
        let after = blocks.partition_point(|block| is_before(block.first_seq, block.first_at));
        let Some(block) = after.checked_sub(1).and_then(|index| blocks.get(index)) else {
            self.rewind();
            return Ok(());
        };
        // The index may be sparse: walk over block headers.
        let (mut offset, mut next) = (block.offset, block.offset);
        while next < self.body_end {
            let header = valid(next, read_header(&mut self.source, next, self.body_end)?)?;
            let indexed = (header.link.next_seq, header.first_at);
            if next == block.offset && indexed != (block.first_seq, block.first_at) {
                return Err(damaged(next, Defect::FooterDisagrees { what: "the index" }));
            }
            if !is_before(header.link.next_seq, header.first_at) {
                break;
            }
            offset = next;
            next += header.total_length();
        }
        self.jump(offset);
        Ok(())
    }

    /// Goes to `position`: [`next`](Self::next) returns it, or what comes first after it.
    ///
    /// # Errors
    ///
    /// When the source fails, or a block is damaged.
    pub fn seek(&mut self, position: Position) -> Result<(), LogError> {
        self.seek_to_block(position)?;
        while self.fill()? {
            let mut ahead = self.cursor.clone();
            let found = ahead.next(&self.payload);
            let reached = match found.map_err(|what| self.entry_invalid(what))? {
                None => false,
                Some(entry) => match position {
                    Position::Seq(seq) => entry.seq.is_some_and(|found| found >= seq),
                    Position::At(at) => entry.at >= at,
                },
            };
            if reached {
                break;
            }
            self.cursor = ahead;
        }
        Ok(())
    }

    /// Makes sure that the cursor is before an entry; false at the end.
    #[inline]
    fn fill(&mut self) -> Result<bool, LogError> {
        while self.cursor.position == self.payload.len() {
            if !self.load_next()? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn jump(&mut self, offset: u64) {
        self.payload.clear();
        self.cursor.position = 0;
        self.next_offset = offset;
        self.previous_hash = None;
    }

    /// Loads the next block; false when there is none.
    #[cold]
    fn load_next(&mut self) -> Result<bool, LogError> {
        let offset = self.next_offset;
        if offset >= self.body_end {
            let last = self.last_hash.zip(self.previous_hash);
            return match last {
                Some((stored, found)) if stored != found => {
                    let what = "the hash of the last block";
                    Err(damaged(offset, Defect::FooterDisagrees { what }))
                }
                Some(_) | None => Ok(false),
            };
        }
        let found = read_block(&mut self.source, offset, self.body_end, &mut self.payload);
        let block = match found.and_then(|found| valid(offset, found)) {
            Ok(block) => block,
            Err(error) => {
                self.jump(offset);
                return Err(error);
            }
        };
        if let Some(hash) = self.previous_hash {
            let link = self.cursor.link(hash);
            if let Err(defect) = follows(&block, &link, self.cursor.last_at) {
                self.jump(offset);
                return Err(damaged(offset, defect));
            }
        }
        if block.kind == BlockKind::Footer {
            self.jump(offset);
            let what = "it is a footer, and not at the end";
            return Err(damaged(offset, Defect::HeaderInvalid { what }));
        }
        self.cursor = block.cursor();
        self.block_offset = offset;
        self.next_offset = offset + block.total_length();
        self.previous_hash = Some(block.hash);
        Ok(true)
    }

    fn entry_invalid(&self, what: &'static str) -> LogError {
        let entry = self.cursor.count;
        damaged(self.block_offset, Defect::EntryInvalid { entry, what })
    }
}

impl<S> fmt::Debug for Reader<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reader")
            .field("header", &self.header)
            .field("ending", &self.ending)
            .field("totals", &self.footer.totals)
            .field("next_offset", &self.next_offset)
            .finish_non_exhaustive()
    }
}

fn damaged(offset: u64, defect: Defect) -> LogError {
    LogError::Damaged { offset, defect }
}

fn valid(offset: u64, found: Result<BlockHeader, Invalid>) -> Result<BlockHeader, LogError> {
    found.map_err(|invalid| damaged(offset, invalid.defect))
}
