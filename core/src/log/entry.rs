//! One entry: a head byte, a time, a cause, a length, a body.
//!
//! ```text
//! head    bits 0-1 kind: 0 fact, 1 delivery, 2 definition, 3 checkpoint
//!         bits 2-3 time: 0 that of the last fact, 1 later by microseconds, 2 later by nanoseconds
//!         bits 4-7 bytes in the body, 15 for 15 or more
//! time    varint, unless 0: how much later than the last fact
//! cause   varint, of facts and deliveries: the next fact's number less the cause's; 0 for none
//! length  varint, when the head says 15: bytes in the body less 15
//! body
//! ```
//!
//! All times count from the last *fact*, not from the last entry: so the bytes of a fact do not
//! depend on what stands between the facts, nor on where a block begins, and can be hashed as they are.

use super::block::{Link, MAX_PAYLOAD_BYTES};
use super::bytes::{Fields, MAX_VARINT_BYTES, put_varint};
use crate::time::{SimDuration, SimTime};

/// The longest body of an entry, in bytes.
pub const MAX_BODY_BYTES: usize = MAX_PAYLOAD_BYTES - MAX_PREFIX_BYTES;

/// The longest part of an entry that comes before the body: head, time, cause, length.
pub(crate) const MAX_PREFIX_BYTES: usize = 1 + 3 * MAX_VARINT_BYTES;

const TIME_SAME: u8 = 0;
const TIME_MICROS: u8 = 1;
const TIME_NANOS: u8 = 2;
/// The length in the head that says that a varint follows.
const LONG: u8 = 15;
const NANOS_PER_MICRO: u64 = 1_000;

/// What an entry is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum EntryKind {
    /// Something happened. Facts are numbered from 0 without gaps.
    Fact,
    /// A message reached its receiver. Kept at level `messages` only.
    Delivery,
    /// What an id stands for from here on.
    Definition,
    /// The digest of the state after all facts so far: 16 bytes, little-endian.
    Checkpoint,
}

/// An entry of a log, its body borrowed from the reader.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EntryRef<'a> {
    /// What the entry is.
    pub kind: EntryKind,
    /// The number of a fact; `None` for other kinds.
    pub seq: Option<u64>,
    /// When it happened. Never earlier than the entry before.
    pub at: SimTime,
    /// The number of the fact that led to it, smaller than that of any fact that follows.
    pub cause: Option<u64>,
    /// The content, encoded.
    pub body: &'a [u8],
}

/// Appends an entry that is `delta` later than the last fact. `cause` is a distance, 0 for none.
///
/// The body is at most [`MAX_BODY_BYTES`] long, which the callers see to.
#[inline]
pub(crate) fn encode_entry(
    bytes: &mut Vec<u8>,
    kind: EntryKind,
    delta: SimDuration,
    cause: u64,
    body: &[u8],
) {
    let mut prefix = [0_u8; MAX_PREFIX_BYTES];
    let mut end = 1;
    let nanos = delta.nanos();
    let time = if nanos == 0 {
        TIME_SAME
    } else if nanos.is_multiple_of(NANOS_PER_MICRO) {
        end = put_varint(&mut prefix, end, nanos / NANOS_PER_MICRO);
        TIME_MICROS
    } else {
        end = put_varint(&mut prefix, end, nanos);
        TIME_NANOS
    };
    if has_cause(kind) {
        end = put_varint(&mut prefix, end, cause);
    }
    let short = u8::try_from(body.len()).unwrap_or(u8::MAX).min(LONG);
    if short == LONG {
        end = put_varint(&mut prefix, end, body.len() as u64 - u64::from(LONG));
    }
    prefix[0] = kind.to_bits() | (time << 2) | (short << 4);
    // A copy of a fixed length and a cut are faster than a copy of a varying length.
    let begin = bytes.len();
    bytes.extend_from_slice(&prefix);
    bytes.truncate(begin + end);
    bytes.extend_from_slice(body);
}

/// Walks the entries of one payload.
#[derive(Clone, Debug, Default)]
pub(crate) struct EntryCursor {
    /// Where the next entry begins in the payload.
    pub(crate) position: usize,
    /// Entries decoded so far.
    pub(crate) count: u64,
    pub(crate) next_seq: u64,
    pub(crate) last_fact_at: SimTime,
    pub(crate) last_at: SimTime,
}

impl EntryCursor {
    /// What stands before the next block, given this one's hash.
    pub(crate) fn link(&self, hash: u64) -> Link {
        Link {
            next_seq: self.next_seq,
            last_fact_at: self.last_fact_at,
            hash,
        }
    }

    /// Decodes the next entry of `payload`; `None` at its end.
    #[inline]
    pub(crate) fn next<'a>(
        &mut self,
        payload: &'a [u8],
    ) -> Result<Option<EntryRef<'a>>, &'static str> {
        let mut fields = Fields(&payload[self.position..]);
        let Some(head) = fields.u8() else {
            return Ok(None);
        };
        let kind = EntryKind::from_bits(head);
        let delta = match head >> 2 & 3 {
            TIME_SAME => 0,
            TIME_MICROS => fields
                .varint()
                .and_then(|micros| micros.checked_mul(NANOS_PER_MICRO))
                .filter(|nanos| *nanos != 0)
                .ok_or("its time is not valid")?,
            TIME_NANOS => fields
                .varint()
                .filter(|nanos| !nanos.is_multiple_of(NANOS_PER_MICRO))
                .ok_or("its time is not valid")?,
            _ => return Err("its time has an unknown form"),
        };
        let at = (self.last_fact_at.nanos().checked_add(delta))
            .map(SimTime::from_nanos)
            .filter(|at| *at >= self.last_at)
            .ok_or("its time is before the entry before it, or after all time")?;
        let cause = if has_cause(kind) {
            match fields.varint().ok_or("its cause is not valid")? {
                0 => None,
                distance => Some(
                    (self.next_seq.checked_sub(distance)).ok_or("its cause is before fact 0")?,
                ),
            }
        } else {
            None
        };
        let mut length = usize::from(head >> 4);
        if length == usize::from(LONG) {
            length = (fields.varint())
                .and_then(|more| usize::try_from(more).ok()?.checked_add(usize::from(LONG)))
                .ok_or("its length is not valid")?;
        }
        let body = fields
            .take(length)
            .ok_or("its body passes the block's end")?;
        if kind == EntryKind::Checkpoint && body.len() != 16 {
            return Err("a state digest is 16 bytes");
        }
        let seq = (kind == EntryKind::Fact).then_some(self.next_seq);
        if seq.is_some() {
            // A block read by the index may lie about its numbers; a scan has checked them.
            self.next_seq = self.next_seq.wrapping_add(1);
            self.last_fact_at = at;
        }
        self.last_at = at;
        self.count += 1;
        self.position = payload.len() - fields.0.len();
        Ok(Some(EntryRef {
            kind,
            seq,
            at,
            cause,
            body,
        }))
    }
}

impl EntryKind {
    fn to_bits(self) -> u8 {
        match self {
            Self::Fact => 0,
            Self::Delivery => 1,
            Self::Definition => 2,
            Self::Checkpoint => 3,
        }
    }

    fn from_bits(head: u8) -> Self {
        match head & 3 {
            0 => Self::Fact,
            1 => Self::Delivery,
            2 => Self::Definition,
            _ => Self::Checkpoint,
        }
    }
}

fn has_cause(kind: EntryKind) -> bool {
    match kind {
        EntryKind::Fact | EntryKind::Delivery => true,
        EntryKind::Definition | EntryKind::Checkpoint => false,
    }
}
