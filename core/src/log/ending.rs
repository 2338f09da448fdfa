//! Tells a crash from damage, where the valid part of a log ends.

use std::io::{Read, Seek, SeekFrom};

use super::block::{BLOCK_HEADER_BYTES, BLOCK_MAGIC, BlockHeader, Invalid};
use super::error::{Defect, Ending, LogError};
use super::footer::{END_MARK_BYTES, end_mark};

/// Bytes that the search for a later block holds at a time.
const SEARCH_BYTES: usize = 64 * 1024;

/// The ending of a log whose footer is at `offset` and agrees with the blocks.
pub(crate) fn after_footer<S: Read + Seek>(
    source: &mut S,
    offset: u64,
    footer_length: u64,
    file_length: u64,
) -> Result<Ending, LogError> {
    let mark_offset = offset + footer_length;
    let left = file_length - mark_offset;
    let expected = END_MARK_BYTES as u64;
    let mut mark = Vec::with_capacity(END_MARK_BYTES);
    source
        .seek(SeekFrom::Start(mark_offset))
        .map_err(LogError::Read)?;
    source
        .take(expected)
        .read_to_end(&mut mark)
        .map_err(LogError::Read)?;
    let offset = mark_offset;
    let whole = mark == end_mark(mark_offset - footer_length);
    Ok(match left {
        0 => Ending::TornTail {
            offset,
            defect: Defect::NoEndMark,
        },
        found if found < expected => {
            let defect = Defect::Cut { found, expected };
            Ending::TornTail { offset, defect }
        }
        _ if left > expected => {
            let defect = Defect::BytesAfterEnd {
                count: left - expected,
            };
            Ending::Damaged {
                offset: offset + expected,
                defect,
            }
        }
        _ if whole => Ending::Clean,
        _ => Ending::TornTail {
            offset,
            defect: Defect::EndMark,
        },
    })
}

/// The ending of a log that is not valid from `offset` on.
///
/// It is a torn tail when the invalid block reaches to the end of the file and no valid block
/// header follows; then a crash explains it. Everything else is damage.
pub(crate) fn at_invalid<S: Read + Seek>(
    source: &mut S,
    offset: u64,
    file_length: u64,
    invalid: Invalid,
) -> Result<Ending, LogError> {
    let Invalid { defect, end } = invalid;
    let reaches_end = end.is_none_or(|end| end >= file_length);
    if reaches_end && !valid_header_after(source, offset + 1, file_length)? {
        Ok(Ending::TornTail { offset, defect })
    } else {
        Ok(Ending::Damaged { offset, defect })
    }
}

/// Whether a block header with a right checksum begins at `offset` or later.
///
/// Only headers are looked at, so the time is linear in the bytes whatever they claim.
fn valid_header_after<S: Read + Seek>(
    source: &mut S,
    offset: u64,
    file_length: u64,
) -> Result<bool, LogError> {
    if offset >= file_length {
        return Ok(false);
    }
    source
        .seek(SeekFrom::Start(offset))
        .map_err(LogError::Read)?;
    let mut left = source.take(file_length - offset);
    let mut window = Vec::with_capacity(SEARCH_BYTES + BLOCK_HEADER_BYTES);
    loop {
        let before = window.len();
        (&mut left)
            .take(SEARCH_BYTES as u64)
            .read_to_end(&mut window)
            .map_err(LogError::Read)?;
        let found = window.windows(BLOCK_HEADER_BYTES).any(|bytes| {
            bytes.starts_with(&BLOCK_MAGIC)
                && bytes
                    .first_chunk()
                    .is_some_and(|bytes| BlockHeader::parse(bytes).is_ok())
        });
        if found || window.len() == before {
            return Ok(found);
        }
        let kept = window.len().saturating_sub(BLOCK_HEADER_BYTES - 1);
        window.drain(..kept);
    }
}
