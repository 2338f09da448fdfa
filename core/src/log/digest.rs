//! The run digest: one number that names everything that happened in a run.

use std::fmt;
use std::str::FromStr;

use super::bytes::{MAX_VARINT_BYTES, put_varint};
use super::entry::{EntryKind, encode_entry};
use super::header::Header;
use crate::time::SimTime;

/// Bytes gathered before they are hashed: enough for BLAKE3 to use its widest instructions.
const BUFFER_BYTES: usize = 64 * 1024;

const DEFINITIONS_CONTEXT: &str = "wavetank run digest 1: identity and definitions";
const FACTS_CONTEXT: &str = "wavetank run digest 1: facts";
const RUN_CONTEXT: &str = "wavetank run digest 1: run";

/// A BLAKE3 hash, printed as 64 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest(pub [u8; 32]);

impl Digest {
    /// The BLAKE3 hash of `bytes`.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        Self(blake3::hash(bytes).into())
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A text that is not a digest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a digest is 64 hexadecimal digits")]
pub struct NotADigest;

impl FromStr for Digest {
    type Err = NotADigest;

    fn from_str(text: &str) -> Result<Self, NotADigest> {
        let hash = blake3::Hash::from_hex(text).map_err(|_| NotADigest)?;
        Ok(Self(hash.into()))
    }
}

/// Computes the digest of a run as it happens, with or without a file.
///
/// The digest covers the header's identity (seed, epoch, clock phase, scenario digest, model version,
/// parameters), the definitions in order, and the facts in order, each with its time, cause and body.
/// It covers neither deliveries nor checkpoints, nor the recording level, nor where blocks begin; so it
/// is the same at every recording level, provided that the same definitions are made at every level.
///
/// Give it the header, then every definition and fact in order, and [`finish`](Self::finish).
#[derive(Clone)]
pub struct RunDigest {
    definitions: blake3::Hasher,
    facts: blake3::Hasher,
    /// Encoded facts that are not hashed yet.
    buffer: Vec<u8>,
    fact_count: u64,
    last_fact_at: SimTime,
}

impl RunDigest {
    /// The digest of a run with `header` in which nothing has happened yet.
    #[must_use]
    pub fn new(header: &Header) -> Self {
        let mut identity = Vec::with_capacity(256);
        header.identity(&mut identity);
        let mut definitions = blake3::Hasher::new_derive_key(DEFINITIONS_CONTEXT);
        definitions.update(&(identity.len() as u64).to_le_bytes());
        definitions.update(&identity);
        Self {
            definitions,
            facts: blake3::Hasher::new_derive_key(FACTS_CONTEXT),
            buffer: Vec::with_capacity(BUFFER_BYTES + 1024),
            fact_count: 0,
            last_fact_at: SimTime::ZERO,
        }
    }

    /// Adds a definition.
    pub fn definition(&mut self, body: &[u8]) {
        let mut length = [0; MAX_VARINT_BYTES];
        let end = put_varint(&mut length, 0, body.len() as u64);
        self.definitions.update(&length[..end]);
        self.definitions.update(body);
    }

    /// Adds a fact, and returns its sequence number.
    ///
    /// # Panics
    ///
    /// When `at` is before the fact before it, or `cause` is not an earlier fact.
    #[inline]
    pub fn fact(&mut self, at: SimTime, cause: Option<u64>, body: &[u8]) -> u64 {
        let seq = self.fact_count;
        let distance = cause_distance(seq, cause);
        let delta = at - self.last_fact_at;
        encode_entry(&mut self.buffer, EntryKind::Fact, delta, distance, body);
        self.last_fact_at = at;
        self.fact_count += 1;
        if self.buffer.len() >= BUFFER_BYTES {
            self.facts.update(&self.buffer);
            self.buffer.clear();
        }
        seq
    }

    /// Adds `count` facts in the encoding of [`encode_entry`], which is what the digest is made of.
    #[inline]
    pub(crate) fn encoded_facts(&mut self, count: u64, last_at: SimTime, bytes: &[u8]) {
        self.fact_count += count;
        self.last_fact_at = last_at;
        if self.buffer.len() + bytes.len() < BUFFER_BYTES {
            self.buffer.extend_from_slice(bytes);
        } else {
            self.facts.update(&self.buffer);
            self.facts.update(bytes);
            self.buffer.clear();
        }
    }

    /// The number of facts so far, which is the sequence number of the next one.
    #[must_use]
    pub fn next_seq(&self) -> u64 {
        self.fact_count
    }

    /// The digest of what was added so far.
    #[must_use]
    pub fn finish(&self) -> Digest {
        let mut facts = self.facts.clone();
        facts.update(&self.buffer);
        let mut run = blake3::Hasher::new_derive_key(RUN_CONTEXT);
        run.update(self.definitions.finalize().as_bytes());
        run.update(facts.finalize().as_bytes());
        run.update(&self.fact_count.to_le_bytes());
        Digest(run.finalize().into())
    }
}

impl fmt::Debug for RunDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RunDigest")
            .field("fact_count", &self.fact_count)
            .field("last_fact_at", &self.last_fact_at)
            .finish_non_exhaustive()
    }
}

/// How far back the cause of entry `seq` is; 0 for none.
#[inline]
pub(crate) fn cause_distance(seq: u64, cause: Option<u64>) -> u64 {
    match cause {
        None => 0,
        Some(cause) => match seq.checked_sub(cause) {
            Some(distance @ 1..) => distance,
            Some(0) | None => panic!("fact {cause} cannot be a cause before fact {seq} happens"),
        },
    }
}
