//! The frame of a block: 68 bytes of header and a payload, each with its checksum.
//!
//! The footer has the same frame. The header's own checksum lets recovery recognise a block
//! without reading its payload; the chain runs over headers, which contain the payload's checksum.

use std::io::{Read, Seek, SeekFrom};

use super::bytes::Fields;
use super::entry::EntryCursor;
use super::error::{Defect, LogError};
use super::footer::END_MARK_BYTES;
use crate::time::SimTime;

/// Bytes in the header of a block.
pub const BLOCK_HEADER_BYTES: usize = 68;

/// The longest payload that is written or read, in bytes. A longer one is damage.
pub const MAX_PAYLOAD_BYTES: usize = 4 * 1024 * 1024;

/// The codec of a payload that is stored as it is.
pub(crate) const CODEC_PLAIN: u8 = 0;

pub(crate) const BLOCK_MAGIC: [u8; 4] = *b"WTBK";

/// Bytes of the header that its checksum covers.
const COVERED_BYTES: usize = BLOCK_HEADER_BYTES - 4;

/// What a block holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BlockKind {
    Entries,
    Footer,
}

/// How many entries of each kind a block holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct BlockCounts {
    pub(crate) facts: u32,
    pub(crate) deliveries: u32,
    pub(crate) definitions: u32,
    pub(crate) checkpoints: u16,
}

impl BlockCounts {
    pub(crate) fn total(&self) -> u64 {
        u64::from(self.facts)
            + u64::from(self.deliveries)
            + u64::from(self.definitions)
            + u64::from(self.checkpoints)
    }
}

/// Where a block stands: what must be true before its first entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Link {
    /// The number of the next fact.
    pub(crate) next_seq: u64,
    /// The time of the last fact, or zero: entries count from it.
    pub(crate) last_fact_at: SimTime,
    /// The hash of the block before, or of the file's header.
    pub(crate) hash: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct BlockHeader {
    pub(crate) kind: BlockKind,
    pub(crate) codec: u8,
    pub(crate) counts: BlockCounts,
    /// Bytes of payload in the file.
    pub(crate) length: u32,
    pub(crate) payload_checksum: u32,
    pub(crate) link: Link,
    /// The time of the first entry; in a footer, of the last one.
    pub(crate) first_at: SimTime,
    /// The hash of this header, which the next block names.
    pub(crate) hash: u64,
}

impl BlockHeader {
    /// Writes the header of the plain payload `payload`, and returns its hash.
    pub(crate) fn write(
        target: &mut [u8; BLOCK_HEADER_BYTES],
        kind: BlockKind,
        counts: BlockCounts,
        link: &Link,
        first_at: SimTime,
        payload: &[u8],
    ) -> u64 {
        let length = u32::try_from(payload.len()).expect("a block's payload is at most 4 MiB");
        let mut at = 0;
        let mut put = |field: &[u8]| {
            target[at..at + field.len()].copy_from_slice(field);
            at += field.len();
        };
        put(&BLOCK_MAGIC);
        put(&[kind.to_byte(), CODEC_PLAIN]);
        put(&counts.checkpoints.to_le_bytes());
        put(&length.to_le_bytes());
        put(&length.to_le_bytes()); // after decompression
        put(&counts.facts.to_le_bytes());
        put(&counts.deliveries.to_le_bytes());
        put(&counts.definitions.to_le_bytes());
        put(&crc32c::crc32c(payload).to_le_bytes());
        put(&link.next_seq.to_le_bytes());
        put(&link.last_fact_at.nanos().to_le_bytes());
        put(&first_at.nanos().to_le_bytes());
        put(&link.hash.to_le_bytes());
        let checksum = crc32c::crc32c(&target[..COVERED_BYTES]);
        target[COVERED_BYTES..].copy_from_slice(&checksum.to_le_bytes());
        short_hash(target)
    }

    /// Reads a header, of which the checksum must be right and every field within its bounds.
    pub(crate) fn parse(bytes: &[u8; BLOCK_HEADER_BYTES]) -> Result<Self, Defect> {
        let mut fields = Fields(bytes);
        let magic: [u8; 4] = fields.array().unwrap_or_default();
        if magic != BLOCK_MAGIC {
            return Err(Defect::NotABlock { found: magic });
        }
        let expected = crc32c::crc32c(&bytes[..COVERED_BYTES]);
        let found = Fields(&bytes[COVERED_BYTES..]).u32().unwrap_or_default();
        if found != expected {
            return Err(Defect::HeaderChecksum { found, expected });
        }
        let short = Defect::HeaderInvalid {
            what: "it is too short",
        };
        let (header, kind, plain) = Self::parse_fields(&mut fields, bytes).ok_or(short)?;
        header.check(kind, plain)
    }

    fn parse_fields(
        fields: &mut Fields<'_>,
        bytes: &[u8; BLOCK_HEADER_BYTES],
    ) -> Option<(Self, u8, u32)> {
        let (kind, codec, checkpoints) = (fields.u8()?, fields.u8()?, fields.u16()?);
        let (length, plain) = (fields.u32()?, fields.u32()?);
        let counts = BlockCounts {
            facts: fields.u32()?,
            deliveries: fields.u32()?,
            definitions: fields.u32()?,
            checkpoints,
        };
        let payload_checksum = fields.u32()?;
        let (next_seq, last_fact_at) = (fields.u64()?, SimTime::from_nanos(fields.u64()?));
        let first_at = SimTime::from_nanos(fields.u64()?);
        let link = Link {
            next_seq,
            last_fact_at,
            hash: fields.u64()?,
        };
        let header = Self {
            kind: BlockKind::Entries,
            codec,
            counts,
            length,
            payload_checksum,
            link,
            first_at,
            hash: short_hash(bytes),
        };
        Some((header, kind, plain))
    }

    fn check(mut self, kind: u8, plain: u32) -> Result<Self, Defect> {
        let invalid = |what| Err(Defect::HeaderInvalid { what });
        self.kind = match kind {
            0 => BlockKind::Entries,
            1 => BlockKind::Footer,
            _ => return invalid("its kind is unknown"),
        };
        let total = self.counts.total();
        if self.length.max(plain) as usize > MAX_PAYLOAD_BYTES {
            invalid("its payload is longer than 4 MiB")
        } else if self.codec == CODEC_PLAIN && self.length != plain {
            invalid("its plain payload has two lengths")
        } else if total > u64::from(plain) {
            invalid("it counts more entries than its payload has bytes")
        } else if (total == 0) != (self.kind == BlockKind::Footer) {
            invalid("it counts no entries, or is a footer and counts some")
        } else if self.first_at < self.link.last_fact_at {
            invalid("its first time is before the last fact")
        } else if self
            .link
            .next_seq
            .checked_add(u64::from(self.counts.facts))
            .is_none()
        {
            invalid("its facts have no numbers")
        } else {
            Ok(self)
        }
    }

    /// Bytes of header and payload.
    pub(crate) fn total_length(&self) -> u64 {
        BLOCK_HEADER_BYTES as u64 + u64::from(self.length)
    }

    /// A cursor before the first entry.
    pub(crate) fn cursor(&self) -> EntryCursor {
        EntryCursor {
            position: 0,
            count: 0,
            next_seq: self.link.next_seq,
            last_fact_at: self.link.last_fact_at,
            last_at: self.first_at,
        }
    }
}

impl BlockKind {
    fn to_byte(self) -> u8 {
        match self {
            Self::Entries => 0,
            Self::Footer => 1,
        }
    }
}

/// The first eight bytes of BLAKE3: the chain detects blocks that were lost, repeated or moved.
pub(crate) fn short_hash(bytes: &[u8]) -> u64 {
    let hash = blake3::hash(bytes);
    Fields(hash.as_bytes()).u64().unwrap_or_default()
}

/// A part of the file that is not a valid block.
#[derive(Debug)]
pub(crate) struct Invalid {
    pub(crate) defect: Defect,
    /// Where the block, and the end mark after a footer, would end, when its header is right.
    pub(crate) end: Option<u64>,
}

/// Reads the header of the block at `offset`.
pub(crate) fn read_header<S: Read + Seek>(
    source: &mut S,
    offset: u64,
    file_length: u64,
) -> Result<Result<BlockHeader, Invalid>, LogError> {
    let left = file_length.saturating_sub(offset);
    let expected = BLOCK_HEADER_BYTES as u64;
    if left < expected {
        let defect = match left {
            0 => Defect::NoEndMark,
            found => Defect::Cut { found, expected },
        };
        return Ok(Err(Invalid { defect, end: None }));
    }
    let mut bytes = [0; BLOCK_HEADER_BYTES];
    source
        .seek(SeekFrom::Start(offset))
        .map_err(LogError::Read)?;
    source.read_exact(&mut bytes).map_err(LogError::Read)?;
    match BlockHeader::parse(&bytes) {
        Ok(header) if header.codec != CODEC_PLAIN => {
            let found = header.codec;
            Err(LogError::UnknownCodec { offset, found })
        }
        Ok(header) => Ok(Ok(header)),
        Err(defect) => Ok(Err(Invalid { defect, end: None })),
    }
}

/// Reads the block at `offset`, its payload into `payload`, and verifies both checksums.
pub(crate) fn read_block<S: Read + Seek>(
    source: &mut S,
    offset: u64,
    file_length: u64,
    payload: &mut Vec<u8>,
) -> Result<Result<BlockHeader, Invalid>, LogError> {
    let header = match read_header(source, offset, file_length)? {
        Ok(header) => header,
        Err(invalid) => return Ok(Err(invalid)),
    };
    let left = file_length - offset;
    let expected = header.total_length();
    let end_mark = match header.kind {
        BlockKind::Entries => 0,
        BlockKind::Footer => END_MARK_BYTES as u64,
    };
    let end = Some(offset + expected + end_mark);
    if left < expected {
        let defect = Defect::Cut {
            found: left,
            expected,
        };
        return Ok(Err(Invalid { defect, end }));
    }
    payload.resize(header.length as usize, 0);
    source.read_exact(payload).map_err(LogError::Read)?;
    let checksum = crc32c::crc32c(payload);
    if checksum != header.payload_checksum {
        let defect = Defect::PayloadChecksum {
            found: header.payload_checksum,
            expected: checksum,
        };
        return Ok(Err(Invalid { defect, end }));
    }
    Ok(Ok(header))
}
