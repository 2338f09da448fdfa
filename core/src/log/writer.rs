//! Appends entries to a sink, block by block.

use std::fmt;
use std::io::Write;

use super::block::{
    BLOCK_HEADER_BYTES, BlockHeader, BlockKind, Link, MAX_PAYLOAD_BYTES, short_hash,
};
use super::digest::{Digest, RunDigest, cause_distance};
use super::entry::{EntryKind, MAX_BODY_BYTES, MAX_PREFIX_BYTES, encode_entry};
use super::error::LogError;
use super::footer::Footer;
use super::header::{Header, RecordingLevel};
use super::index::{BlockPosition, Checkpoint, Thinned, Totals};
use crate::time::SimTime;

/// The payload at which a block is closed, in bytes.
pub const DEFAULT_BLOCK_BYTES: usize = 64 * 1024;

/// The largest payload at which a block may be closed: its counts must fit in the header.
const MAX_BLOCK_BYTES: usize = 1024 * 1024;

/// What was written, as [`LogWriter::finish`] returns it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Summary {
    /// The run digest.
    pub digest: Digest,
    /// What the log contains.
    pub totals: Totals,
    /// Bytes in the file.
    pub bytes: u64,
}

/// Appends entries to a sink.
///
/// Entries are gathered in a block, which goes to the sink in one write when it is full. A sink that
/// fails ends the log: the writer then answers everything with [`LogError::Abandoned`], and no write
/// is tried a second time, because nobody knows what the first one left behind.
///
/// Times never run backwards, and a cause is always an earlier fact: the methods panic otherwise,
/// as that is a bug in the model.
pub struct LogWriter<W> {
    sink: W,
    level: RecordingLevel,
    block_bytes: usize,
    /// Room for a block header, and the entries of the open block.
    block: Vec<u8>,
    /// Where in `block` the facts begin that are not in the digest yet: they are hashed together.
    run_begin: usize,
    /// What stands before the open block.
    link: Link,
    first_at: SimTime,
    last_fact_at: SimTime,
    last_at: SimTime,
    totals: Totals,
    /// The totals before the open block.
    closed: Totals,
    digest: RunDigest,
    blocks: Thinned<BlockPosition>,
    checkpoints: Thinned<Checkpoint>,
    /// Bytes that the sink took.
    offset: u64,
    failed: bool,
}

impl<W: Write> LogWriter<W> {
    /// Begins a log in `sink`, which is empty, and writes the header.
    ///
    /// # Errors
    ///
    /// When a field of the header is outside its bounds, or the sink fails.
    pub fn create(sink: W, header: &Header) -> Result<Self, LogError> {
        Self::with_block_bytes(sink, header, DEFAULT_BLOCK_BYTES)
    }

    /// Begins a log whose blocks are closed at `block_bytes` of payload, between 1 byte and 1 MiB.
    ///
    /// The size of blocks changes the file, and neither its entries nor the run digest.
    ///
    /// # Errors
    ///
    /// When a field of the header is outside its bounds, or the sink fails.
    pub fn with_block_bytes(
        sink: W,
        header: &Header,
        block_bytes: usize,
    ) -> Result<Self, LogError> {
        let bytes = header.to_bytes()?;
        let block_bytes = block_bytes.clamp(1, MAX_BLOCK_BYTES);
        let mut block = Vec::with_capacity(BLOCK_HEADER_BYTES + block_bytes + 1024);
        block.resize(BLOCK_HEADER_BYTES, 0);
        let mut writer = Self {
            sink,
            level: header.level,
            block_bytes,
            block,
            run_begin: BLOCK_HEADER_BYTES,
            link: Link {
                next_seq: 0,
                last_fact_at: SimTime::ZERO,
                hash: short_hash(&bytes),
            },
            first_at: SimTime::ZERO,
            last_fact_at: SimTime::ZERO,
            last_at: SimTime::ZERO,
            totals: Totals::default(),
            closed: Totals::default(),
            digest: RunDigest::new(header),
            blocks: Thinned::new(),
            checkpoints: Thinned::new(),
            offset: 0,
            failed: false,
        };
        writer.send(&bytes)?;
        Ok(writer)
    }

    /// Appends a fact, and returns its sequence number.
    ///
    /// # Errors
    ///
    /// When the body is too long, or the sink fails.
    ///
    /// # Panics
    ///
    /// When `at` is before the last entry, or `cause` is not an earlier fact.
    #[inline]
    pub fn fact(&mut self, at: SimTime, cause: Option<u64>, body: &[u8]) -> Result<u64, LogError> {
        let seq = self.totals.facts;
        self.entry(EntryKind::Fact, at, cause, body)?;
        self.last_fact_at = at;
        self.close_when_full()?;
        Ok(seq)
    }

    /// Appends a delivery, unless the header's level leaves deliveries out.
    ///
    /// # Errors
    ///
    /// When the body is too long, or the sink fails.
    ///
    /// # Panics
    ///
    /// When `at` is before the last entry, or `cause` is not an earlier fact.
    #[inline]
    pub fn delivery(
        &mut self,
        at: SimTime,
        cause: Option<u64>,
        body: &[u8],
    ) -> Result<(), LogError> {
        if self.level < RecordingLevel::Messages {
            return Ok(());
        }
        self.entry(EntryKind::Delivery, at, cause, body)?;
        self.close_when_full()
    }

    /// Appends a definition. Its time is not part of the run digest, its body is.
    ///
    /// # Errors
    ///
    /// When the body is too long, or the sink fails.
    ///
    /// # Panics
    ///
    /// When `at` is before the last entry.
    pub fn definition(&mut self, at: SimTime, body: &[u8]) -> Result<(), LogError> {
        self.entry(EntryKind::Definition, at, None, body)?;
        self.digest.definition(body);
        self.close_when_full()
    }

    /// Records the digest of the state after all facts so far.
    ///
    /// # Errors
    ///
    /// When the sink fails.
    pub fn checkpoint(&mut self, state_digest: u128) -> Result<(), LogError> {
        let body = state_digest.to_le_bytes();
        self.entry(EntryKind::Checkpoint, self.last_at, None, &body)?;
        self.checkpoints.push(Checkpoint {
            seq: self.totals.facts,
            digest: state_digest,
        });
        self.close_when_full()
    }

    /// The number of facts so far, which is the sequence number of the next one.
    #[must_use]
    pub fn next_seq(&self) -> u64 {
        self.totals.facts
    }

    /// The digest of what was appended so far.
    #[must_use]
    pub fn digest(&self) -> Digest {
        let mut digest = self.digest.clone();
        let count = self.totals.facts - digest.next_seq();
        digest.encoded_facts(count, self.last_fact_at, &self.block[self.run_begin..]);
        digest.finish()
    }

    /// Closes the open block, and passes everything on to the sink.
    ///
    /// The boundary stays in the file: a log that is to have the same bytes every time is flushed
    /// at the same places every time.
    ///
    /// # Errors
    ///
    /// When the sink fails.
    pub fn flush(&mut self) -> Result<(), LogError> {
        self.close_block()?;
        let flushed = self.sink.flush();
        self.note(flushed)
    }

    /// Writes the footer and the end mark, and returns the sink.
    ///
    /// # Errors
    ///
    /// When the sink fails: what it holds is then a log without an end.
    pub fn finish(mut self) -> Result<(W, Summary), LogError> {
        let summary = self.end()?;
        Ok((self.sink, summary))
    }

    /// Writes the footer and the end mark. The writer takes nothing more.
    pub(crate) fn end(&mut self) -> Result<Summary, LogError> {
        self.close_block()?;
        let footer = Footer {
            digest: self.digest.finish(),
            totals: self.totals,
            last_at: self.last_at,
            blocks: self.blocks.clone(),
            checkpoints: self.checkpoints.clone(),
        };
        let bytes = footer.to_bytes(&self.link, self.offset);
        self.send(&bytes)?;
        self.flush()?;
        self.failed = true;
        Ok(Summary {
            digest: footer.digest,
            totals: footer.totals,
            bytes: self.offset,
        })
    }

    pub(crate) fn sink(&self) -> &W {
        &self.sink
    }

    /// Appends an entry to the open block.
    #[inline]
    fn entry(
        &mut self,
        kind: EntryKind,
        at: SimTime,
        cause: Option<u64>,
        body: &[u8],
    ) -> Result<(), LogError> {
        if self.failed {
            return Err(LogError::Abandoned);
        }
        assert!(
            at >= self.last_at,
            "an entry at {at:?} cannot follow one at {:?}",
            self.last_at
        );
        let cause = cause_distance(self.totals.facts, cause);
        if self.block.len() + MAX_PREFIX_BYTES + body.len() > MAX_PAYLOAD_BYTES {
            self.make_room(body.len())?;
        }
        if kind != EntryKind::Fact {
            self.hash_run();
        }
        let begin = self.block.len();
        if begin == BLOCK_HEADER_BYTES {
            self.first_at = at;
        }
        encode_entry(&mut self.block, kind, at - self.last_fact_at, cause, body);
        self.last_at = at;
        self.totals.add(kind, (self.block.len() - begin) as u64);
        if kind != EntryKind::Fact {
            self.run_begin = self.block.len();
        }
        Ok(())
    }

    /// Adds the facts at the end of the open block to the digest.
    fn hash_run(&mut self) {
        let count = self.totals.facts - self.digest.next_seq();
        let run = &self.block[self.run_begin..];
        self.digest.encoded_facts(count, self.last_fact_at, run);
        self.run_begin = self.block.len();
    }

    #[cold]
    fn make_room(&mut self, length: usize) -> Result<(), LogError> {
        if length > MAX_BODY_BYTES {
            return Err(LogError::EntryTooLong {
                length,
                limit: MAX_BODY_BYTES,
            });
        }
        self.close_block()
    }

    #[inline]
    fn close_when_full(&mut self) -> Result<(), LogError> {
        if self.block.len() - BLOCK_HEADER_BYTES >= self.block_bytes {
            self.close_block()?;
        }
        Ok(())
    }

    fn close_block(&mut self) -> Result<(), LogError> {
        self.hash_run();
        let counts = self.totals.since(&self.closed);
        if counts.total() > 0
            && let Some((header, payload)) = self.block.split_first_chunk_mut()
        {
            let kind = BlockKind::Entries;
            let hash = BlockHeader::write(header, kind, counts, &self.link, self.first_at, payload);
            self.blocks.push(BlockPosition {
                first_seq: self.link.next_seq,
                first_at: self.first_at,
                offset: self.offset,
            });
            self.link = Link {
                next_seq: self.totals.facts,
                last_fact_at: self.last_fact_at,
                hash,
            };
            self.totals.blocks += 1;
            self.closed = self.totals;
            let mut block = std::mem::take(&mut self.block);
            let sent = self.send(&block);
            block.truncate(BLOCK_HEADER_BYTES);
            self.run_begin = BLOCK_HEADER_BYTES;
            self.block = block;
            sent?;
        }
        Ok(())
    }

    fn send(&mut self, bytes: &[u8]) -> Result<(), LogError> {
        if self.failed {
            return Err(LogError::Abandoned);
        }
        // Interrupted and short writes are continued; every other failure is final.
        let written = self.sink.write_all(bytes);
        self.note(written)?;
        self.offset += bytes.len() as u64;
        Ok(())
    }

    fn note(&mut self, outcome: std::io::Result<()>) -> Result<(), LogError> {
        outcome.map_err(|error| {
            self.failed = true;
            LogError::Write(error)
        })
    }
}

impl<W> fmt::Debug for LogWriter<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LogWriter")
            .field("totals", &self.totals)
            .field("last_at", &self.last_at)
            .field("offset", &self.offset)
            .field("failed", &self.failed)
            .finish_non_exhaustive()
    }
}
