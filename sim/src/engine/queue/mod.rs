//! What is still to come, in the one order that laziness cannot disturb.
//!
//! ```text
//!            push ──► near, few, or far? ──yes──► heap (4-ary) ─────────┐
//!                          │ no                                         ├─► least key ──► pop
//!                          ▼                                            │
//!                     ring of 65,536 buckets of 1.05 ms ──► open bucket ┘
//!                       (chunks of 8 entries, unsorted)      (sorted)
//! ```
//!
//! Every entry may lie in the heap at any time, and a pop takes the lesser of the heap's and the open
//! bucket's first. So the order is that of the keys whatever went where, and *where* is decided for
//! speed only: the ring takes what lies between the open bucket and 69 s after it, once the heap holds
//! enough to be worth relieving.
//!
//! Nothing is allocated in the steady state, and nothing is hashed.

mod heap;
mod ring;

use wavetank_core::time::SimTime;

use heap::Heap;
use ring::{Ring, bucket_of};

/// The place of a message in the run's order: by instant, then lane, then number.
///
/// A lane is an ordered stream or a timer's owner, ranked by the plan; `n` counts within the lane.
/// So the order of two messages never depends on what else was sent (`docs/src/decisions/0002`).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Key {
    /// When it is due.
    pub at: SimTime,
    /// The rank of its stream.
    pub lane: u32,
    /// Its number within the stream.
    pub n: u32,
}

impl Key {
    /// The key as one number with the same order, which compares without branches.
    #[inline]
    const fn packed(self) -> u128 {
        (self.at.nanos() as u128) << 64 | (self.lane as u128) << 32 | self.n as u128
    }
}

/// One thing to come.
#[derive(Clone, Copy, Debug)]
struct Entry<T> {
    key: Key,
    item: T,
}

/// While the heap holds fewer than this, it takes everything: so few cost least there. With 100
/// pending, the ring already takes a third less time.
const HEAP_ENOUGH: usize = 16;

/// The most that an item may occupy, in bytes.
const ITEM_BYTES_MAX: usize = 24;

/// A priority queue of messages, for simulated time: pops in the order of the keys.
///
/// Keys that are equal pop in an order that is not specified (but always the same): callers number
/// their lanes so that there are none. Memory: 0.5 MiB for the ring, once the heap has overflowed
/// for the first time, and about 45 bytes more for each entry.
#[derive(Clone, Debug)]
pub struct Queue<T> {
    heap: Heap<T>,
    ring: Ring<T>,
    /// The entries of the bucket that was opened last, the least at the end.
    open: Vec<Entry<T>>,
}

impl<T: Copy> Default for Queue<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T: Copy> Queue<T> {
    /// An empty queue.
    #[must_use]
    pub fn new() -> Self {
        const {
            assert!(
                size_of::<T>() <= ITEM_BYTES_MAX,
                "a queued item is too large"
            );
        }
        Self {
            heap: Heap::new(),
            ring: Ring::new(),
            open: Vec::new(),
        }
    }

    /// Adds an item. It may be due before what was popped last, and is then popped next.
    #[inline]
    pub fn push(&mut self, key: Key, item: T) {
        let entry = Entry { key, item };
        if self.heap.len() < HEAP_ENOUGH || !self.ring.covers(bucket_of(key.at)) {
            self.heap.push(entry);
        } else {
            self.ring.push(entry);
        }
    }

    /// Removes the item with the least key.
    #[inline]
    pub fn pop(&mut self) -> Option<(Key, T)> {
        let entry = if self.heap_is_next()? {
            let entry = self.heap.pop()?;
            if self.open.is_empty() {
                // Nothing in the ring is due before this, so its window may move up to here.
                self.ring.move_to(bucket_of(entry.key.at));
            }
            entry
        } else {
            self.open.pop()?
        };
        Some((entry.key, entry.item))
    }

    /// The key of the next item. May sort a bucket, and therefore needs the queue to itself.
    #[inline]
    pub fn peek(&mut self) -> Option<Key> {
        if self.heap_is_next()? {
            self.heap.first().map(|entry| entry.key)
        } else {
            self.open.last().map(|entry| entry.key)
        }
    }

    /// When the next item is due. May sort a bucket, as [`Queue::peek`].
    #[inline]
    pub fn peek_at(&mut self) -> Option<SimTime> {
        self.peek().map(|key| key.at)
    }

    /// How many items there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.heap.len() + self.open.len() + self.ring.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Removes everything and begins anew at zero, but keeps the memory.
    ///
    /// Costs time in proportion to the buckets in use, not to all buckets.
    pub fn reset(&mut self) {
        self.heap.clear();
        self.ring.clear();
        self.open.clear();
    }

    /// Whether the least entry is the heap's; `None` when there is none at all.
    ///
    /// Opens a bucket when the least entry may be in it. Buckets are not opened before their time:
    /// pushes behind an open bucket go to the heap, which is the slower place.
    #[inline]
    fn heap_is_next(&mut self) -> Option<bool> {
        if self.open.is_empty()
            && let Some(next) = self.ring.next()
            && self
                .heap
                .first()
                .is_none_or(|first| bucket_of(first.key.at) >= next)
        {
            self.ring.open(&mut self.open);
        }
        match (self.heap.first(), self.open.last()) {
            (Some(heap), Some(open)) => Some(heap.key.packed() < open.key.packed()),
            (Some(_), None) => Some(true),
            (None, Some(_)) => Some(false),
            (None, None) => None,
        }
    }
}

#[cfg(test)]
mod tests;
