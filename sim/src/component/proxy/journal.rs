//! The journal of Service and slice writes that all proxies share: one entry a write, whatever the number
//! of nodes.

use std::collections::VecDeque;

use wavetank_core::id::Rev;
use wavetank_core::time::{SimDuration, SimTime};

/// A committed write that changes what proxies have to program.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Entry {
    /// When it was committed.
    pub(super) at: SimTime,
    /// Its revision.
    pub(super) rev: Rev,
    /// How many endpoints were changed by it and all entries before it, modulo 2^32.
    pub(super) endpoints: u32,
}

/// The entries that some proxy may still have to read, by number from the beginning of the run.
#[derive(Clone, Debug)]
pub(super) struct Journal {
    entries: VecDeque<Entry>,
    /// How many entries were forgotten.
    first: u32,
    /// What the last of them was.
    before: Entry,
    /// Numbers of entries before which every proxy was at rest.
    rests: VecDeque<u32>,
    /// How long after an entry every proxy is at rest, if nothing follows and nothing is held back.
    settle: SimDuration,
    /// How far back it may be asked.
    keep: SimDuration,
}

impl Journal {
    /// An empty journal of proxies that are at rest `settle` after a change; questions reach back `keep`.
    pub(super) const fn new(settle: SimDuration, keep: SimDuration) -> Self {
        Self {
            entries: VecDeque::new(),
            first: 0,
            before: Entry {
                at: SimTime::ZERO,
                rev: Rev::ZERO,
                endpoints: 0,
            },
            rests: VecDeque::new(),
            settle,
            keep,
        }
    }

    /// Adds a write. `held` is when the last hold of any proxy ends that has begun by now.
    pub(super) fn push(&mut self, rev: Rev, at: SimTime, endpoints: u32, held: SimTime) {
        let last = self.entries.back().copied();
        let rests = last.is_none_or(|last| at.since(last.at.max(held)) > self.settle);
        let total = last.map_or(self.before.endpoints, |last| last.endpoints);
        if rests {
            self.rests.push_back(self.end());
        }
        self.entries.push_back(Entry {
            at,
            rev,
            endpoints: total.wrapping_add(endpoints),
        });
        if rests {
            self.forget(at);
        }
    }

    /// Drops what lies before a rest so long ago that nobody asks about the time before it.
    fn forget(&mut self, now: SimTime) {
        while let Some(&second) = self.rests.get(1)
            && self.get(second).at + self.keep < now
        {
            while self.first < second {
                self.before = self.entries.pop_front().expect("entries before a rest");
                self.first += 1;
            }
            let _ = self.rests.pop_front();
        }
    }

    /// The number of the first entry that is kept.
    pub(super) const fn first(&self) -> u32 {
        self.first
    }

    /// The number of the next entry.
    pub(super) fn end(&self) -> u32 {
        self.first + u32::try_from(self.entries.len()).expect("a journal fits into memory")
    }

    /// The entry with this number.
    ///
    /// # Panics
    ///
    /// When there is none, or it was forgotten.
    pub(super) fn get(&self, number: u32) -> Entry {
        let offset = number
            .checked_sub(self.first)
            .expect("a journal entry that a proxy needs was forgotten");
        self.entries[offset as usize]
    }

    /// The revision of rules made from the first `count` entries.
    pub(super) fn rev(&self, count: u32) -> Rev {
        if count == self.first {
            self.before.rev
        } else {
            self.get(count - 1).rev
        }
    }

    /// How many endpoints the entries from `from` to before `upto` change.
    pub(super) fn endpoints(&self, from: u32, upto: u32) -> u32 {
        let total = |count: u32| {
            if count <= self.first {
                self.before.endpoints
            } else {
                self.get(count - 1).endpoints
            }
        };
        total(upto).wrapping_sub(total(from))
    }

    /// How many entries had been committed at `at`, that instant included.
    pub(super) fn committed_by(&self, at: SimTime) -> u32 {
        let count = self.entries.partition_point(|entry| entry.at <= at);
        self.first + u32::try_from(count).expect("a journal fits into memory")
    }

    /// The last entry, committed by `at`, before which every proxy was at rest.
    pub(super) fn rest_by(&self, at: SimTime) -> Option<u32> {
        let rests = self.rests.iter().rev();
        rests.copied().find(|number| self.get(*number).at <= at)
    }

    /// How long after a change every proxy is at rest.
    pub(super) const fn settle(&self) -> SimDuration {
        self.settle
    }
}
