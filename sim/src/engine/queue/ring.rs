//! A ring of buckets, each a short stretch of time whose entries are sorted only when it is reached.
//!
//! A bucket is a list of chunks of eight entries; only the first of them is not full. Chunks lie in
//! one vector and are used again, so that a bucket costs nothing while it is empty, and a crowded
//! one is read in runs of memory.

use wavetank_core::time::SimTime;

use super::Entry;

/// A bucket is 2^20 ns long: 1.05 ms.
const BUCKET_BITS: u32 = 20;
/// 65,536 buckets: 69 s.
const BUCKETS: u64 = 1 << 16;
/// Entries in a chunk.
const CHUNK: usize = 8;
/// No chunk, and no bucket.
const NONE: u32 = u32::MAX;
const NO_BUCKET: u64 = u64::MAX;

/// The bucket, counted from the beginning of the run, into which an instant falls.
#[inline]
pub(super) const fn bucket_of(at: SimTime) -> u64 {
    at.nanos() >> BUCKET_BITS
}

#[derive(Clone, Debug)]
pub(super) struct Ring<T> {
    /// For each bucket its first chunk and how many entries that holds. Empty until it is needed.
    heads: Vec<Head>,
    /// One bit for each bucket, set when it holds entries, and one for each word of those.
    occupied: [u64; 1024],
    summary: [u64; 16],
    /// Chunk `c` is `entries[c * CHUNK..][..CHUNK]`; what follows it in its bucket, or among the
    /// unused, is `follows[c]`.
    entries: Vec<Entry<T>>,
    follows: Vec<u32>,
    unused: u32,
    /// All entries are in buckets after `base` and less than [`BUCKETS`] after it.
    base: u64,
    /// The first bucket with entries.
    next: u64,
    len: usize,
}

#[derive(Clone, Copy, Debug)]
struct Head {
    chunk: u32,
    fill: u32,
}

const EMPTY: Head = Head {
    chunk: NONE,
    fill: 0,
};

impl<T: Copy> Ring<T> {
    pub(super) const fn new() -> Self {
        Self {
            heads: Vec::new(),
            occupied: [0; 1024],
            summary: [0; 16],
            entries: Vec::new(),
            follows: Vec::new(),
            unused: NONE,
            base: 0,
            next: NO_BUCKET,
            len: 0,
        }
    }

    #[inline]
    pub(super) const fn len(&self) -> usize {
        self.len
    }

    /// The first bucket with entries.
    #[inline]
    pub(super) const fn next(&self) -> Option<u64> {
        if self.next == NO_BUCKET {
            return None;
        }
        Some(self.next)
    }

    /// Whether a bucket may be pushed to: it is after the one that was opened last, and not too far.
    #[inline]
    pub(super) const fn covers(&self, bucket: u64) -> bool {
        bucket.wrapping_sub(self.base).wrapping_sub(1) < BUCKETS - 1
    }

    /// Moves the window forward: nothing before or in `bucket` will be pushed here any more.
    ///
    /// The caller knows that no entry is that early.
    #[inline]
    pub(super) fn move_to(&mut self, bucket: u64) {
        debug_assert!(bucket < self.next, "the window passed an entry");
        self.base = self.base.max(bucket);
    }

    /// Adds an entry to its bucket, which the ring covers.
    #[inline]
    pub(super) fn push(&mut self, entry: Entry<T>) {
        let bucket = bucket_of(entry.key.at);
        debug_assert!(self.covers(bucket), "the entry is outside the window");
        if self.heads.is_empty() {
            self.heads = vec![EMPTY; usize::try_from(BUCKETS).expect("65,536")];
        }
        let slot = slot_of(bucket);
        let Head { chunk, fill } = self.heads[slot];
        if !(fill as usize).is_multiple_of(CHUNK) {
            self.entries[chunk as usize * CHUNK + fill as usize] = entry;
            self.heads[slot].fill = fill + 1;
        } else {
            // The bucket is empty, or its first chunk is full (which counts as no fill left).
            let fresh = self.chunk(entry);
            self.follows[fresh as usize] = chunk;
            self.heads[slot] = Head {
                chunk: fresh,
                fill: 1,
            };
            self.occupied[slot / 64] |= 1 << (slot % 64);
            self.summary[slot / 4096] |= 1 << (slot / 64 % 64);
        }
        self.next = self.next.min(bucket);
        self.len += 1;
    }

    /// Takes all entries of the next bucket, and sorts them, the least at the end.
    pub(super) fn open(&mut self, sorted: &mut Vec<Entry<T>>) {
        debug_assert!(sorted.is_empty(), "the last bucket is not used up");
        let slot = slot_of(self.next);
        let Head { mut chunk, fill } = self.heads[slot];
        let mut fill = fill as usize;
        while chunk != NONE {
            let first = chunk as usize * CHUNK;
            sorted.extend_from_slice(&self.entries[first..first + fill]);
            let following = self.follows[chunk as usize];
            self.follows[chunk as usize] = self.unused;
            self.unused = chunk;
            chunk = following;
            fill = CHUNK;
        }
        self.len -= sorted.len();
        sorted.sort_unstable_by_key(|entry| std::cmp::Reverse(entry.key.packed()));
        self.empty(slot);
        self.base = self.next;
        self.next = self.next_after(self.base);
    }

    /// Removes everything, keeps the memory, and begins anew at bucket zero.
    pub(super) fn clear(&mut self) {
        while self.next != NO_BUCKET {
            self.empty(slot_of(self.next));
            self.next = self.next_after(self.next);
        }
        self.entries.clear();
        self.follows.clear();
        self.unused = NONE;
        self.base = 0;
        self.len = 0;
    }

    /// A chunk that begins with `entry`: an unused one, or a new one.
    #[inline]
    fn chunk(&mut self, entry: Entry<T>) -> u32 {
        if self.unused != NONE {
            let chunk = self.unused;
            self.unused = self.follows[chunk as usize];
            self.entries[chunk as usize * CHUNK] = entry;
            return chunk;
        }
        let chunk = u32::try_from(self.follows.len()).expect("2^35 entries are pending");
        self.entries.extend_from_slice(&[entry; CHUNK]);
        self.follows.push(NONE);
        chunk
    }

    fn empty(&mut self, slot: usize) {
        self.heads[slot] = EMPTY;
        let word = slot / 64;
        self.occupied[word] &= !(1 << (slot % 64));
        if self.occupied[word] == 0 {
            self.summary[word / 64] &= !(1 << (word % 64));
        }
    }

    /// The first occupied bucket after `bucket`, once around the ring.
    fn next_after(&self, bucket: u64) -> u64 {
        let from = slot_of(bucket + 1);
        let slot = self.first_slot(from).or_else(|| self.first_slot(0));
        slot.map_or(NO_BUCKET, |slot| {
            let distance = (slot as u64).wrapping_sub(from as u64) % BUCKETS;
            bucket + 1 + distance
        })
    }

    /// The first occupied slot from `from` to the end of the ring.
    fn first_slot(&self, from: usize) -> Option<usize> {
        let word = from / 64;
        let rest = self.occupied[word] & u64::MAX << (from % 64);
        if rest != 0 {
            return Some(word * 64 + rest.trailing_zeros() as usize);
        }
        let word = word + 1;
        for (place, &summary) in self.summary.iter().enumerate().skip(word / 64) {
            let rest = if place == word / 64 {
                summary & u64::MAX << (word % 64)
            } else {
                summary
            };
            if rest != 0 {
                let word = place * 64 + rest.trailing_zeros() as usize;
                return Some(word * 64 + self.occupied[word].trailing_zeros() as usize);
            }
        }
        None
    }
}

#[inline]
fn slot_of(bucket: u64) -> usize {
    usize::try_from(bucket % BUCKETS).expect("65,536 slots")
}
