//! Reads a log from end to end: how far it is valid, why it ends there, and what its footer should say.

use std::io::{Read, Seek, SeekFrom};

use super::block::{BlockHeader, BlockKind, Link, read_block, short_hash};
use super::digest::RunDigest;
use super::ending::{after_footer, at_invalid};
use super::entry::EntryKind;
use super::error::{Defect, Ending, LogError};
use super::footer::Footer;
use super::header::Header;
use super::index::{BlockPosition, Checkpoint, Thinned, Totals};
use crate::time::SimTime;

/// Computes the footer of a log from its blocks alone, as far as they are valid.
///
/// For a log with a clean ending, it is equal to the stored one.
///
/// # Errors
///
/// When the source fails, or does not begin with a header that this program reads.
pub fn rebuild_footer<S: Read + Seek>(mut source: S) -> Result<Footer, LogError> {
    scan(&mut source).map(|scan| scan.footer)
}

/// What a pass over a whole log found.
#[derive(Debug)]
pub(crate) struct Scan {
    pub(crate) header: Header,
    pub(crate) ending: Ending,
    /// What stands before the first block.
    pub(crate) first: Link,
    pub(crate) body_begin: u64,
    /// Where the valid blocks end.
    pub(crate) body_end: u64,
    /// What the footer should say.
    pub(crate) footer: Footer,
}

/// Reads all of `source`. Memory is bounded by the largest block.
pub(crate) fn scan<S: Read + Seek>(source: &mut S) -> Result<Scan, LogError> {
    let file_length = source.seek(SeekFrom::End(0)).map_err(LogError::Read)?;
    let (header, first, body_begin) = begin(source)?;
    let mut fold = Fold::new(&header, first);
    let mut payload = Vec::new();
    let mut offset = body_begin;
    let ending = loop {
        let block = match read_block(source, offset, file_length, &mut payload)? {
            Ok(block) => block,
            Err(invalid) => break at_invalid(source, offset, file_length, invalid)?,
        };
        let followed = fold.follow(&block);
        let checked = followed.and_then(|()| match block.kind {
            BlockKind::Entries => fold.block(&block, &payload, offset).map(|()| None),
            BlockKind::Footer => fold.agree(&block, &payload).map(Some),
        });
        match checked {
            Ok(None) => offset += block.total_length(),
            Ok(Some(())) => break after_footer(source, offset, block.total_length(), file_length)?,
            // The checksums are right, so no crash wrote this.
            Err(defect) => break Ending::Damaged { offset, defect },
        }
    };
    Ok(Scan {
        header,
        ending,
        first,
        body_begin,
        body_end: offset,
        footer: fold.footer(),
    })
}

/// Reads the header, and returns it with what stands before the first block and where that begins.
pub(crate) fn begin<S: Read + Seek>(source: &mut S) -> Result<(Header, Link, u64), LogError> {
    source.seek(SeekFrom::Start(0)).map_err(LogError::Read)?;
    let (header, bytes) = Header::read_raw(source)?;
    let link = Link {
        next_seq: 0,
        last_fact_at: SimTime::ZERO,
        hash: short_hash(&bytes),
    };
    Ok((header, link, bytes.len() as u64))
}

/// Everything that the blocks so far add up to.
struct Fold {
    link: Link,
    last_at: SimTime,
    totals: Totals,
    digest: RunDigest,
    blocks: Thinned<BlockPosition>,
    checkpoints: Thinned<Checkpoint>,
}

impl Fold {
    fn new(header: &Header, link: Link) -> Self {
        Self {
            link,
            last_at: SimTime::ZERO,
            totals: Totals::default(),
            digest: RunDigest::new(header),
            blocks: Thinned::new(),
            checkpoints: Thinned::new(),
        }
    }

    fn follow(&self, block: &BlockHeader) -> Result<(), Defect> {
        follows(block, &self.link, self.last_at)
    }

    /// Adds a block: all of its entries, or none when one of them is not valid.
    fn block(&mut self, block: &BlockHeader, payload: &[u8], offset: u64) -> Result<(), Defect> {
        let (link, last_at) = check_entries(block, payload)?;
        let counts = block.counts;
        self.blocks.push(BlockPosition {
            first_seq: block.link.next_seq,
            first_at: block.first_at,
            offset,
        });
        self.totals.blocks += 1;
        if counts.total() == u64::from(counts.facts) {
            // Nothing stands between the facts: they are hashed as they are.
            self.totals.facts += counts.total();
            self.totals.fact_bytes += payload.len() as u64;
            self.digest
                .encoded_facts(counts.total(), link.last_fact_at, payload);
        } else {
            self.mixed_block(block, payload);
        }
        self.link = link;
        self.last_at = last_at;
        Ok(())
    }

    fn mixed_block(&mut self, block: &BlockHeader, payload: &[u8]) {
        let mut cursor = block.cursor();
        let mut begin = 0;
        while let Ok(Some(entry)) = cursor.next(payload) {
            let bytes = &payload[begin..cursor.position];
            self.totals.add(entry.kind, bytes.len() as u64);
            match entry.kind {
                EntryKind::Fact => self.digest.encoded_facts(1, entry.at, bytes),
                EntryKind::Delivery => (),
                EntryKind::Definition => self.digest.definition(entry.body),
                EntryKind::Checkpoint => self.checkpoints.push(Checkpoint {
                    seq: self.totals.facts,
                    digest: u128::from_le_bytes(entry.body.try_into().unwrap_or_default()),
                }),
            }
            begin = cursor.position;
        }
    }

    /// Compares a stored footer with the blocks.
    fn agree(&self, block: &BlockHeader, payload: &[u8]) -> Result<(), Defect> {
        let stored = Footer::parse(block, payload)?;
        match self.footer().difference(&stored) {
            Some(what) => Err(Defect::FooterDisagrees { what }),
            None => Ok(()),
        }
    }

    fn footer(&self) -> Footer {
        Footer {
            digest: self.digest.finish(),
            totals: self.totals,
            last_at: self.last_at,
            blocks: self.blocks.clone(),
            checkpoints: self.checkpoints.clone(),
        }
    }
}

/// Whether `block` stands where `link` and `last_at` say.
pub(crate) fn follows(block: &BlockHeader, link: &Link, last_at: SimTime) -> Result<(), Defect> {
    let broken = |what, found, expected| {
        Err(Defect::ChainBroken {
            what,
            found,
            expected,
        })
    };
    let (found, time) = (&block.link, |at: SimTime| at.nanos());
    if found.hash != link.hash {
        broken("the hash of the block before", found.hash, link.hash)
    } else if found.next_seq != link.next_seq {
        broken(
            "the number of the first fact",
            found.next_seq,
            link.next_seq,
        )
    } else if found.last_fact_at != link.last_fact_at {
        let (found, expected) = (time(found.last_fact_at), time(link.last_fact_at));
        broken("the time of the last fact", found, expected)
    } else if block.first_at < last_at {
        broken("the first time", time(block.first_at), time(last_at))
    } else {
        Ok(())
    }
}

/// Decodes all entries of a block, and returns what stands after it.
fn check_entries(block: &BlockHeader, payload: &[u8]) -> Result<(Link, SimTime), Defect> {
    let mut cursor = block.cursor();
    let mut totals = Totals::default();
    loop {
        let begin = cursor.position;
        match cursor.next(payload) {
            Ok(None) => break,
            Ok(Some(entry)) if begin == 0 && entry.at != block.first_at => {
                let what = "its time is not the block's first time";
                return Err(Defect::EntryInvalid { entry: 0, what });
            }
            Ok(Some(entry)) => totals.add(entry.kind, 0),
            Err(what) => {
                let entry = cursor.count;
                return Err(Defect::EntryInvalid { entry, what });
            }
        }
    }
    let counts = &block.counts;
    let counted = [
        u64::from(counts.facts),
        u64::from(counts.deliveries),
        u64::from(counts.definitions),
        u64::from(counts.checkpoints),
    ];
    let found = [
        totals.facts,
        totals.deliveries,
        totals.definitions,
        totals.checkpoints,
    ];
    if counted != found {
        let what = "the block's counts are not those of its entries";
        return Err(Defect::EntryInvalid {
            entry: cursor.count,
            what,
        });
    }
    Ok((cursor.link(block.hash), cursor.last_at))
}
