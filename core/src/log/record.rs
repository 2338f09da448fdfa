//! What the bodies of a log's entries mean: facts, definitions, deliveries.
//!
//! The number, the instant and the cause of a record are the container's; its body is who decided it,
//! and the fact.

use std::io::{Read, Seek, Write};

use thiserror::Error;

use super::codec::{decode, encode};
use super::{EntryKind, EntryRef, LogError, LogWriter, Reader, Summary};
use crate::delivery::Delivery;
use crate::fact::{Actor, Fact, Record};
use crate::object::definition::{Definition, Definitions};
use crate::state::Cluster;
use crate::state::check::ApplyError;
use crate::time::SimTime;

/// Writes the records of a run.
#[derive(Debug)]
pub struct RecordWriter<W> {
    log: LogWriter<W>,
    /// How many definitions the log has.
    defined: usize,
    buffer: Vec<u8>,
}

impl<W: Write> RecordWriter<W> {
    /// Writes records to `log`, which is empty.
    #[must_use]
    pub const fn new(log: LogWriter<W>) -> Self {
        Self {
            log,
            defined: 0,
            buffer: Vec::new(),
        }
    }

    /// Appends a record.
    ///
    /// # Errors
    ///
    /// When the sink fails, or the fact is longer than an entry can be.
    ///
    /// # Panics
    ///
    /// When it is not the next record, or goes back in time.
    pub fn record(&mut self, record: &Record) -> Result<(), LogError> {
        self.buffer.clear();
        encode(&(record.by, &record.fact), &mut self.buffer)?;
        let cause = cause_of(record.seq, record.cause);
        let seq = self.log.fact(record.at, cause, &self.buffer)?;
        assert_eq!(seq, record.seq, "records are logged one after the other");
        Ok(())
    }

    /// Appends a definition.
    ///
    /// # Errors
    ///
    /// When the sink fails, or the definition is longer than an entry can be.
    pub fn definition(&mut self, at: SimTime, definition: &Definition) -> Result<(), LogError> {
        self.buffer.clear();
        encode(definition, &mut self.buffer)?;
        self.defined += 1;
        self.log.definition(at, &self.buffer)
    }

    /// Appends the definitions that the log does not have yet. To be called before the record that
    /// refers to them; costs nothing when there is nothing new.
    ///
    /// # Errors
    ///
    /// When the sink fails, or a definition is longer than an entry can be.
    pub fn definitions(&mut self, at: SimTime, all: &Definitions) -> Result<(), LogError> {
        if all.len() > self.defined {
            for definition in all.since(self.defined) {
                self.definition(at, &definition)?;
            }
        }
        Ok(())
    }

    /// Appends a delivery, unless the header's level leaves deliveries out. `cause` is the number of the
    /// fact that led to it.
    ///
    /// # Errors
    ///
    /// When the sink fails.
    pub fn delivery(
        &mut self,
        at: SimTime,
        cause: Option<u64>,
        delivery: &Delivery,
    ) -> Result<(), LogError> {
        self.buffer.clear();
        encode(delivery, &mut self.buffer)?;
        self.log.delivery(at, cause, &self.buffer)
    }

    /// Appends the digest of `cluster`, to which everything so far was applied.
    ///
    /// # Errors
    ///
    /// When the sink fails.
    pub fn checkpoint(&mut self, cluster: &Cluster) -> Result<(), LogError> {
        self.log.checkpoint(state_digest(cluster))
    }

    /// The log below, for what it can do itself.
    pub const fn log(&mut self) -> &mut LogWriter<W> {
        &mut self.log
    }

    /// Writes the footer and the end mark, and returns the sink.
    ///
    /// # Errors
    ///
    /// When the sink fails.
    pub fn finish(self) -> Result<(W, Summary), LogError> {
        self.log.finish()
    }
}

/// The digest of a state, as checkpoints store it: the first 16 bytes of [`Cluster::digest`].
#[must_use]
pub fn state_digest(cluster: &Cluster) -> u128 {
    let digest = cluster.digest();
    let mut half = [0; 16];
    half.copy_from_slice(&digest[..16]);
    u128::from_le_bytes(half)
}

/// A record's cause, as the container has it: none when it is the record itself.
const fn cause_of(seq: u64, cause: u64) -> Option<u64> {
    if cause == seq { None } else { Some(cause) }
}

/// An entry of a log, decoded.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Entry {
    /// Something happened.
    Fact(Record),
    /// What an id stands for from here on.
    Definition(Definition),
    /// A message reached its receiver.
    Delivery {
        /// When.
        at: SimTime,
        /// The number of the fact that led to it.
        cause: Option<u64>,
        /// What it was.
        delivery: Delivery,
    },
    /// The digest of the state after all facts so far.
    Checkpoint {
        /// When.
        at: SimTime,
        /// See [`state_digest`].
        digest: u128,
    },
}

/// Why the records of a log could not be read or applied.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum RecordError {
    /// The log itself could not be read.
    #[error(transparent)]
    Log(#[from] LogError),

    /// The body of an entry is not what its kind says.
    #[error("the {what} at record {next_seq} cannot be read, although its block is whole")]
    Body {
        /// What the entry should be.
        what: &'static str,
        /// The fact's number; of other entries, that of the next fact.
        next_seq: u64,
        /// What the codec said.
        #[source]
        source: LogError,
    },

    /// More bytes follow a value in its entry.
    #[error("the {what} at record {next_seq} is followed by {count} bytes that nobody wrote")]
    Trailing {
        /// What the entry is.
        what: &'static str,
        /// The fact's number; of other entries, that of the next fact.
        next_seq: u64,
        /// How many bytes.
        count: usize,
    },

    /// A record contradicts what came before it: no run wrote it.
    #[error("record {seq} contradicts the state: {source}")]
    Contradiction {
        /// The number of the record.
        seq: u64,
        /// What does not fit.
        source: ApplyError,
    },

    /// A definition is not valid, or is there already: no run wrote it.
    #[error("definition {number} is not valid: {what}")]
    Definition {
        /// Its number, from 0.
        number: usize,
        /// What is wrong.
        what: String,
    },

    /// The state after the facts is not the one of the run.
    #[error(
        "before record {next_seq} the state has digest {found:032x}, and the run had {expected:032x}"
    )]
    StateDiffers {
        /// The fact's number; of other entries, that of the next fact.
        next_seq: u64,
        /// The digest of the state that was built from the facts.
        found: u128,
        /// The digest in the log.
        expected: u128,
    },
}

/// Reads a log's entries, decoded.
#[derive(Debug)]
pub struct RecordReader<S> {
    log: Reader<S>,
    /// The number of the fact after the last one read.
    next_seq: u64,
}

impl<S: Read + Seek> RecordReader<S> {
    /// Reads the entries of `log` from where it is.
    #[must_use]
    pub const fn new(log: Reader<S>) -> Self {
        Self { log, next_seq: 0 }
    }

    /// The log below.
    pub const fn log(&mut self) -> &mut Reader<S> {
        &mut self.log
    }

    /// What the log says about its run.
    #[must_use]
    pub fn header(&self) -> &super::Header {
        self.log.header()
    }

    /// The log below, to look at.
    #[must_use]
    pub const fn source(&self) -> &Reader<S> {
        &self.log
    }

    /// The next entry, or `None` after the last.
    ///
    /// # Errors
    ///
    /// When the log cannot be read, or an entry's body is not what its kind says.
    #[expect(
        clippy::should_implement_trait,
        reason = "an iterator of results would hide that reading ends at the first error"
    )]
    pub fn next(&mut self) -> Result<Option<Entry>, RecordError> {
        let Some(entry) = self.log.next()? else {
            return Ok(None);
        };
        if let Some(seq) = entry.seq {
            self.next_seq = seq + 1;
        }
        decode_entry(&entry, self.next_seq).map(Some)
    }
}

/// Decodes the body of an entry.
fn decode_entry(entry: &EntryRef<'_>, next_seq: u64) -> Result<Entry, RecordError> {
    Ok(match entry.kind {
        EntryKind::Fact => {
            let seq = entry.seq.unwrap_or_default();
            let (by, fact): (Actor, Fact) = body("fact", seq, entry.body)?;
            Entry::Fact(Record {
                seq,
                at: entry.at,
                cause: entry.cause.unwrap_or(seq),
                by,
                fact,
            })
        }
        EntryKind::Definition => Entry::Definition(body("definition", next_seq, entry.body)?),
        EntryKind::Delivery => Entry::Delivery {
            at: entry.at,
            cause: entry.cause,
            delivery: body("delivery", next_seq, entry.body)?,
        },
        EntryKind::Checkpoint => {
            let mut digest = [0; 16];
            digest.copy_from_slice(&entry.body[..16]); // the container checks the length
            Entry::Checkpoint {
                at: entry.at,
                digest: u128::from_le_bytes(digest),
            }
        }
    })
}

fn body<T: serde::de::DeserializeOwned>(
    what: &'static str,
    next_seq: u64,
    bytes: &[u8],
) -> Result<T, RecordError> {
    let (value, length) = decode(bytes).map_err(|source| RecordError::Body {
        what,
        next_seq,
        source,
    })?;
    if length == bytes.len() {
        Ok(value)
    } else {
        Err(RecordError::Trailing {
            what,
            next_seq,
            count: bytes.len() - length,
        })
    }
}
