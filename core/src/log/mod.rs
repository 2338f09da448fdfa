//! The log file: an append-only record of a run, in blocks that are checked and chained.
//!
//! ```text
//! file    := header block* footer end-mark
//! block   := block header (68 bytes) payload          checked by CRC-32C, chained by hash
//! payload := entry*                                   fact | delivery | definition | checkpoint
//! footer  := a block whose payload is totals, run digest, sparse index, state digests
//! ```
//!
//! The container treats the body of an entry as bytes; what they mean, and the fold over them, are the
//! business of `record` and `replay`. The format is described byte by byte in
//! `docs/src/log-format.md`; every integer in it is little-endian and of a fixed width, or a
//! LEB128 varint.
//!
//! Nothing here decides what is logged, reads a clock, or maps memory. Bytes that come from a file
//! are never trusted: they give an error or an [`Ending`], not a panic, and no allocation is larger
//! than [`MAX_PAYLOAD_BYTES`] for being asked for by a file.

mod block;
mod bytes;
pub mod codec;
mod digest;
mod ending;
mod entry;
mod error;
mod file;
mod footer;
mod header;
mod index;
mod reader;
mod record;
mod recover;
mod replay;
mod writer;

#[cfg(test)]
mod tests;

pub use block::{BLOCK_HEADER_BYTES, MAX_PAYLOAD_BYTES};
pub use digest::{Digest, NotADigest, RunDigest};
pub use entry::{EntryKind, EntryRef, MAX_BODY_BYTES};
pub use error::{Defect, Ending, LogError};
pub use file::{Disk, LogFile, SystemDisk};
pub use footer::Footer;
pub use header::{FORMAT_VERSION, Header, MAX_HEADER_BYTES, RecordingLevel};
pub use index::{BlockPosition, Checkpoint, MAX_INDEX_ENTRIES, Thinned, Totals};
pub use reader::{Position, Reader};
pub use record::{Entry, RecordError, RecordReader, RecordWriter, state_digest};
pub use recover::rebuild_footer;
pub use replay::{Replay, Until};
pub use writer::{DEFAULT_BLOCK_BYTES, LogWriter, Summary};
