//! Replay: the state of a cluster from its log, up to a record or an instant.

use std::io::{Read, Seek};

use super::record::{Entry, RecordError, RecordReader, state_digest};
use super::{Header, Reader};
use crate::fact::Record;
use crate::id::Rev;
use crate::state::Cluster;
use crate::time::SimTime;

/// Where a replay stops.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Until {
    /// At the end of the log.
    End,
    /// Before the record with this number.
    Seq(u64),
    /// After everything that happened at this instant or before.
    At(SimTime),
}

/// Older versions of objects are dropped after this many writes, so that memory follows the objects
/// and not the log.
const TRIM_EVERY: u32 = 1 << 16;
/// How many of the last writes an observer can look back on at least.
const KEEP: u32 = 1 << 10;

/// Folds a log into a cluster. Nothing in the log is trusted: a record that contradicts the state is an
/// error, and the state stays as it was before it.
#[derive(Debug)]
pub struct Replay<S> {
    entries: RecordReader<S>,
    cluster: Cluster,
    /// The entry that was read and is beyond the last stop.
    ahead: Option<Entry>,
    /// Whether states are compared with the log's checkpoints.
    checks_digests: bool,
    /// Checkpoints that agreed.
    agreed: u64,
}

impl<S: Read + Seek> Replay<S> {
    /// Begins at the beginning of `log`.
    #[must_use]
    pub fn new(mut log: Reader<S>) -> Self {
        log.rewind();
        Self {
            entries: RecordReader::new(log),
            cluster: Cluster::default(),
            ahead: None,
            checks_digests: false,
            agreed: 0,
        }
    }

    /// Compares the state with every checkpoint of the log on the way. Costs a walk over all objects
    /// each time.
    #[must_use]
    pub const fn checking(mut self) -> Self {
        self.checks_digests = true;
        self
    }

    /// What the log says about its run.
    #[must_use]
    pub fn header(&self) -> &Header {
        self.entries.header()
    }

    /// The log below, to look at.
    #[must_use]
    pub const fn log(&self) -> &Reader<S> {
        self.entries.source()
    }

    /// The state so far.
    #[must_use]
    pub const fn cluster(&self) -> &Cluster {
        &self.cluster
    }

    /// How many checkpoints agreed with the state, of a [`checking`](Self::checking) replay.
    #[must_use]
    pub const fn agreed(&self) -> u64 {
        self.agreed
    }

    /// The state so far, taken out.
    #[must_use]
    pub fn into_cluster(self) -> Cluster {
        self.cluster
    }

    /// Replays up to `until`.
    ///
    /// # Errors
    ///
    /// When the log cannot be read, or a record contradicts the state.
    pub fn to(&mut self, until: Until) -> Result<&Cluster, RecordError> {
        self.each(until, |_, _| ())?;
        Ok(&self.cluster)
    }

    /// Replays up to `until`, and calls `observe` after each record, with the state that it led to.
    ///
    /// # Errors
    ///
    /// When the log cannot be read, or a record contradicts the state.
    pub fn each(
        &mut self,
        until: Until,
        mut observe: impl FnMut(&Cluster, &Record),
    ) -> Result<(), RecordError> {
        while let Some(entry) = self.step(until)? {
            if let Entry::Fact(record) = &entry {
                observe(&self.cluster, record);
            }
        }
        Ok(())
    }

    /// Reads and applies the next entry, unless it is beyond `until`.
    ///
    /// # Errors
    ///
    /// When the log cannot be read, or the entry contradicts the state. Do not go on after an error.
    pub fn step(&mut self, until: Until) -> Result<Option<Entry>, RecordError> {
        let Some(entry) = self.peek()? else {
            return Ok(None);
        };
        let is_beyond = match (until, entry) {
            (Until::End, _) => false,
            (Until::Seq(seq), Entry::Fact(record)) => record.seq >= seq,
            (Until::Seq(_), _) => false,
            (Until::At(at), Entry::Fact(record)) => record.at > at,
            (Until::At(at), Entry::Delivery { at: found, .. }) => *found > at,
            (Until::At(_), Entry::Definition(_) | Entry::Checkpoint { .. }) => false,
        };
        if is_beyond {
            return Ok(None);
        }
        let Some(entry) = self.ahead.take() else {
            return Ok(None);
        };
        self.apply(&entry)?;
        Ok(Some(entry))
    }

    /// The next entry, not applied yet.
    ///
    /// # Errors
    ///
    /// When the log cannot be read.
    pub fn peek(&mut self) -> Result<Option<&Entry>, RecordError> {
        if self.ahead.is_none() {
            self.ahead = self.entries.next()?;
        }
        Ok(self.ahead.as_ref())
    }

    fn apply(&mut self, entry: &Entry) -> Result<(), RecordError> {
        match entry {
            Entry::Fact(record) => {
                let checked = self.cluster.check(record);
                checked.map_err(|source| RecordError::Contradiction {
                    seq: record.seq,
                    source,
                })?;
                self.cluster.apply(record);
                let rev = self.cluster.store.rev.0;
                if record.fact.is_write() && rev.is_multiple_of(TRIM_EVERY) {
                    self.cluster.store.trim(Rev(rev - KEEP));
                }
            }
            Entry::Definition(definition) => {
                let number = self.cluster.definitions.len();
                let invalid = |what: String| RecordError::Definition { number, what };
                let checked = self.cluster.check_definition(definition);
                checked.map_err(|error| invalid(error.to_string()))?;
                if !self.cluster.definitions.define(definition.clone()) {
                    return Err(invalid("it is there already".to_owned()));
                }
            }
            Entry::Checkpoint { digest, .. } => {
                if self.checks_digests {
                    let found = state_digest(&self.cluster);
                    if found != *digest {
                        return Err(RecordError::StateDiffers {
                            next_seq: self.cluster.next_seq,
                            found,
                            expected: *digest,
                        });
                    }
                    self.agreed += 1;
                }
            }
            Entry::Delivery { .. } => {}
        }
        Ok(())
    }
}
