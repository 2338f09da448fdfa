//! What can go wrong with a log, and how a log can end.

use std::io;
use std::path::PathBuf;

use thiserror::Error;

use super::block::CODEC_PLAIN;
use super::header::FORMAT_VERSION;

/// Why a log could not be written, opened or read.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum LogError {
    /// The source of bytes failed.
    #[error("the log could not be read")]
    Read(#[source] io::Error),

    /// The sink of bytes failed. The writer accepts nothing more: what reached the sink is unknown.
    #[error("the log could not be written")]
    Write(#[source] io::Error),

    /// An operation on a file of the log failed.
    #[error("could not {action} {}", path.display())]
    File {
        /// What was tried, in the imperative.
        action: &'static str,
        /// The file or directory.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },

    /// The writer was used again after it had failed.
    #[error("the log was not continued, because an earlier write to it had failed")]
    Abandoned,

    /// The file does not begin as a log does.
    #[error("this is not a run log: it begins with {found:02x?}, not with \"WAVETANK\"")]
    NotALog {
        /// The first bytes, as many as there are of eight.
        found: Vec<u8>,
    },

    /// The format is newer (or older) than this program.
    #[error("the log has format {found}, and this program reads format {FORMAT_VERSION} only")]
    UnknownFormat {
        /// The format in the file.
        found: u16,
    },

    /// The header uses a feature that this program does not know.
    #[error("the log's header sets the flags {found:#04x}, and this program knows none")]
    UnknownFlags {
        /// The flags in the file.
        found: u8,
    },

    /// A block's payload is stored in a way that this program does not know.
    #[error(
        "the block at byte {offset} is stored with codec {found}, and this program reads codec \
         {CODEC_PLAIN} (plain) only"
    )]
    UnknownCodec {
        /// Where the block begins.
        offset: u64,
        /// The codec in the file.
        found: u8,
    },

    /// The file ends inside its header: nothing can be read.
    #[error("the log ends inside its header: {found} bytes of {expected}")]
    HeaderCut {
        /// Bytes in the file.
        found: u64,
        /// Bytes that the header needs.
        expected: u64,
    },

    /// The header's checksum does not agree with its bytes.
    #[error("the log's header is damaged: its checksum is {found:08x}, not {expected:08x}")]
    HeaderChecksum {
        /// The checksum in the file.
        found: u32,
        /// The checksum of the bytes in the file.
        expected: u32,
    },

    /// A field of the header is outside its bounds.
    #[error("the log's header is not valid: {what}")]
    HeaderInvalid {
        /// The field and its bound.
        what: &'static str,
    },

    /// An entry is longer than a log takes.
    #[error("an entry of {length} bytes does not fit in a log, which takes at most {limit}")]
    EntryTooLong {
        /// Bytes in the entry's body.
        length: usize,
        /// The most that is taken.
        limit: usize,
    },

    /// The log is damaged, and was not opened for salvage.
    #[error("the log is damaged at byte {offset}: {defect}")]
    Damaged {
        /// Where the valid part ends.
        offset: u64,
        /// What is wrong there.
        #[source]
        defect: Defect,
    },

    /// A value could not be encoded.
    #[error("a logged value could not be encoded: {message}")]
    Encode {
        /// What the codec said.
        message: String,
    },

    /// Bytes are not an encoded value of the expected type.
    #[error("a logged value could not be decoded: {message}")]
    Decode {
        /// What the codec said.
        message: String,
    },
}

/// How a log ends, and so what its valid prefix is worth.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ending {
    /// The end mark is there, and the totals and the digest agree with the blocks.
    Clean,
    /// Writing stopped at or after `offset`, as in a crash: nothing valid follows. The blocks before it
    /// are whole.
    TornTail {
        /// Where the valid part ends, in bytes from the beginning.
        offset: u64,
        /// What was found there.
        defect: Defect,
    },
    /// Bytes were changed, lost, repeated or moved: the blocks before `offset` are whole, and what
    /// follows cannot be trusted.
    Damaged {
        /// Where the valid part ends, in bytes from the beginning.
        offset: u64,
        /// What was found there.
        defect: Defect,
    },
}

/// What is wrong at the place where the valid part of a log ends.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Defect {
    /// The file ends between two blocks, without footer and end mark.
    #[error("the file ends without an end mark")]
    NoEndMark,
    /// The file ends inside a block.
    #[error("the file ends inside a block: {found} bytes of {expected}")]
    Cut {
        /// Bytes from the block's beginning to the end of the file.
        found: u64,
        /// Bytes that the block needs, as far as known.
        expected: u64,
    },
    /// There is no block here.
    #[error("a block begins with \"WTBK\", not with {found:02x?}")]
    NotABlock {
        /// The bytes in place of the magic.
        found: [u8; 4],
    },
    /// The block header's checksum does not agree with its bytes.
    #[error("the block header's checksum is {found:08x}, not {expected:08x}")]
    HeaderChecksum {
        /// The checksum in the file.
        found: u32,
        /// The checksum of the bytes in the file.
        expected: u32,
    },
    /// The payload's checksum does not agree with its bytes.
    #[error("the block's payload has checksum {expected:08x}, not {found:08x}")]
    PayloadChecksum {
        /// The checksum in the file.
        found: u32,
        /// The checksum of the bytes in the file.
        expected: u32,
    },
    /// A field of the block header is outside its bounds.
    #[error("the block header is not valid: {what}")]
    HeaderInvalid {
        /// The field and its bound.
        what: &'static str,
    },
    /// The block does not follow the one before it.
    #[error("the block does not follow the one before it: {what} is {found}, not {expected}")]
    ChainBroken {
        /// The field that disagrees.
        what: &'static str,
        /// Its value in the file.
        found: u64,
        /// The value after the blocks before it.
        expected: u64,
    },
    /// An entry of a block is not valid, although the block's checksum is right.
    #[error("entry {entry} of the block is not valid: {what}")]
    EntryInvalid {
        /// The entry, counted from 0.
        entry: u64,
        /// What is wrong with it.
        what: &'static str,
    },
    /// The footer does not agree with the blocks, although its checksum is right.
    #[error("the footer does not agree with the blocks: {what}")]
    FooterDisagrees {
        /// The field that disagrees.
        what: &'static str,
    },
    /// The footer is whole, and the end mark after it is not.
    #[error("the end mark is damaged")]
    EndMark,
    /// The log is complete, and the file goes on.
    #[error("{count} bytes follow the end mark")]
    BytesAfterEnd {
        /// How many.
        count: u64,
    },
}
