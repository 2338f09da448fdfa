//! The work queue of a controller: keys that are dirty, keys that are being worked on (C36–C38).

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use wavetank_core::id::ObjId;
use wavetank_core::time::{SimDuration, SimTime};

use crate::client::limiter::TokenBucket;

/// A work queue with its workers.
#[derive(Clone, Debug)]
pub struct WorkQueue {
    /// Keys waiting for a worker, in order.
    waiting: VecDeque<ObjId>,
    /// Keys that need work: waiting, or to be added again when their worker is done.
    dirty: BTreeSet<ObjId>,
    /// Keys that a worker holds.
    processing: BTreeSet<ObjId>,
    /// Workers that have nothing to do.
    idle: u32,
    workers: u32,
    /// Failures in a row, by key.
    failures: BTreeMap<ObjId, u32>,
    /// When each delayed key is due; only an earlier time replaces an entry (C37).
    delayed: BTreeMap<ObjId, SimTime>,
    base: SimDuration,
    longest: SimDuration,
    bucket: TokenBucket,
}

impl WorkQueue {
    /// A queue with `workers` workers and the default limiter: 5 ms doubling to 1000 s, and 10 a second
    /// after a burst of 100 (C38).
    #[must_use]
    pub fn new(workers: u32) -> Self {
        Self::with_limits(
            workers,
            SimDuration::from_millis(5),
            SimDuration::from_secs(1_000),
        )
    }

    /// A queue with another back-off: `base` doubling to `longest`.
    #[must_use]
    pub fn with_limits(workers: u32, base: SimDuration, longest: SimDuration) -> Self {
        Self {
            waiting: VecDeque::new(),
            dirty: BTreeSet::new(),
            processing: BTreeSet::new(),
            idle: workers,
            workers,
            failures: BTreeMap::new(),
            delayed: BTreeMap::new(),
            base,
            longest,
            bucket: TokenBucket::new(10, 100),
        }
    }

    /// Adds a key (C36). Returns whether a worker takes it at once: the caller then starts a sync.
    pub fn add(&mut self, key: ObjId) -> bool {
        if !self.dirty.insert(key) {
            return false;
        }
        if self.processing.contains(&key) {
            return false;
        }
        self.waiting.push_back(key);
        self.take_worker()
    }

    fn take_worker(&mut self) -> bool {
        if self.idle == 0 {
            return false;
        }
        self.idle -= 1;
        true
    }

    /// A worker takes the next key. None when another worker was faster: the worker is idle again.
    pub fn take(&mut self) -> Option<ObjId> {
        let Some(key) = self.waiting.pop_front() else {
            self.idle += 1;
            return None;
        };
        self.dirty.remove(&key);
        self.processing.insert(key);
        Some(key)
    }

    /// A worker is done with a key. Returns whether it goes on with another key at once.
    pub fn done(&mut self, key: ObjId) -> bool {
        self.processing.remove(&key);
        if self.dirty.contains(&key) {
            self.waiting.push_back(key);
        }
        if self.waiting.is_empty() {
            self.idle += 1;
            return false;
        }
        true
    }

    /// Forgets the failures of a key.
    pub fn forget(&mut self, key: ObjId) {
        self.failures.remove(&key);
    }

    /// How often a key failed in a row.
    #[must_use]
    pub fn failures(&self, key: ObjId) -> u32 {
        self.failures.get(&key).copied().unwrap_or(0)
    }

    /// Notes a failure of a key, and returns how long to wait before it is added again (C38).
    pub fn failed(&mut self, key: ObjId, now: SimTime) -> SimDuration {
        let failures = self.failures.entry(key).or_insert(0);
        let wait = self
            .base
            .times(1_u64.checked_shl(*failures).unwrap_or(u64::MAX));
        *failures += 1;
        wait.min(self.longest).max(self.bucket.take(now).since(now))
    }

    /// Notes that a key is to be added at `at`. Returns whether a timer is needed: not when the key is to
    /// be added earlier already (C37).
    pub fn add_at(&mut self, key: ObjId, at: SimTime) -> bool {
        match self.delayed.get(&key) {
            Some(due) if *due <= at => false,
            _ => {
                self.delayed.insert(key, at);
                true
            }
        }
    }

    /// A timer of a key went off. Returns whether the key is to be added now.
    pub fn due(&mut self, key: ObjId, now: SimTime) -> bool {
        match self.delayed.get(&key) {
            Some(due) if *due <= now => {
                self.delayed.remove(&key);
                true
            }
            _ => false,
        }
    }

    /// Forgets everything, as a restart of the process does.
    pub fn reset(&mut self) {
        *self = Self {
            bucket: TokenBucket::new(10, 100),
            ..Self::with_limits(self.workers, self.base, self.longest)
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wavetank_core::id::ReplicaSetId;

    fn key(number: u32) -> ObjId {
        ReplicaSetId(number).into()
    }

    #[test]
    fn a_key_is_never_worked_on_twice_at_once() {
        let mut queue = WorkQueue::new(2);
        assert!(queue.add(key(1)));
        assert!(!queue.add(key(1)), "already waiting");
        assert_eq!(queue.take(), Some(key(1)));
        assert!(!queue.add(key(1)), "being worked on");
        assert!(queue.add(key(2)));
        assert_eq!(queue.take(), Some(key(2)));
        assert!(!queue.add(key(3)), "no worker is left");
        assert!(queue.done(key(2)));
        assert_eq!(queue.take(), Some(key(3)));
        assert!(queue.done(key(1)), "it was added meanwhile");
        assert_eq!(queue.take(), Some(key(1)));
        assert!(!queue.done(key(1)));
    }

    #[test]
    fn failures_back_off_and_early_timers_win() {
        let mut queue = WorkQueue::new(1);
        let now = SimTime::from_secs(1);
        let waits: Vec<_> = (0..4)
            .map(|_| queue.failed(key(1), now).nanos() / 1_000_000)
            .collect();
        assert_eq!(waits, [5, 10, 20, 40]);
        queue.forget(key(1));
        assert_eq!(queue.failed(key(1), now), SimDuration::from_millis(5));

        assert!(queue.add_at(key(2), SimTime::from_secs(5)));
        assert!(!queue.add_at(key(2), SimTime::from_secs(6)));
        assert!(queue.add_at(key(2), SimTime::from_secs(4)));
        assert!(queue.due(key(2), SimTime::from_secs(4)));
        assert!(!queue.due(key(2), SimTime::from_secs(5)), "once is enough");
    }
}
