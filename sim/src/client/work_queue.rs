//! The work queue of a controller: keys that are dirty, keys that are being worked on (C36–C38).

use std::collections::VecDeque;

use rustc_hash::FxHashMap;
use wavetank_core::id::ObjId;
use wavetank_core::time::{SimDuration, SimTime};

use crate::client::limiter::TokenBucket;

/// A work queue with its workers.
#[derive(Clone, Debug)]
pub struct WorkQueue {
    /// Keys waiting for a worker, in order.
    waiting: VecDeque<ObjId>,
    keys: FxHashMap<ObjId, KeyState>,
    /// Workers that have nothing to do.
    idle: u32,
    workers: u32,
    base: SimDuration,
    longest: SimDuration,
    bucket: TokenBucket,
}

/// What is known of a key.
#[derive(Clone, Copy, Default, Debug)]
struct KeyState {
    /// It needs work: waiting, or to be added again when its worker is done.
    dirty: bool,
    /// A worker holds it.
    processing: bool,
    /// Failures in a row.
    failures: u32,
    /// How often a worker took it.
    taken: u32,
    /// When it is to be added; only an earlier time replaces this (C37).
    due: Option<SimTime>,
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
            keys: FxHashMap::default(),
            idle: workers,
            workers,
            base,
            longest,
            bucket: TokenBucket::new(10, 100),
        }
    }

    /// Adds a key (C36). Returns whether a worker takes it at once: the caller then starts a sync.
    pub fn add(&mut self, key: ObjId) -> bool {
        let state = self.keys.entry(key).or_default();
        if std::mem::replace(&mut state.dirty, true) || state.processing {
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
        let state = self.keys.entry(key).or_default();
        state.dirty = false;
        state.processing = true;
        state.taken = state.taken.wrapping_add(1);
        Some(key)
    }

    /// A worker is done with a key. Returns whether it goes on with another key at once.
    pub fn done(&mut self, key: ObjId) -> bool {
        if let Some(state) = self.keys.get_mut(&key) {
            state.processing = false;
            if state.dirty {
                self.waiting.push_back(key);
            }
        }
        if self.waiting.is_empty() {
            self.idle += 1;
            return false;
        }
        true
    }

    /// How often a worker took a key: the index of the draws of its next sync.
    #[must_use]
    pub fn taken(&self, key: ObjId) -> u32 {
        self.keys.get(&key).map_or(0, |state| state.taken)
    }

    /// Forgets the failures of a key.
    pub fn forget(&mut self, key: ObjId) {
        if let Some(state) = self.keys.get_mut(&key) {
            state.failures = 0;
        }
    }

    /// Forgets everything about a key whose object is gone, unless it is to be worked on again.
    pub fn remove(&mut self, key: ObjId) {
        if let Some(state) = self.keys.get(&key)
            && !state.dirty
            && !state.processing
        {
            self.keys.remove(&key);
        }
    }

    /// How often a key failed in a row.
    #[must_use]
    pub fn failures(&self, key: ObjId) -> u32 {
        self.keys.get(&key).map_or(0, |state| state.failures)
    }

    /// Notes a failure of a key, and returns how long to wait before it is added again (C38).
    pub fn failed(&mut self, key: ObjId, now: SimTime) -> SimDuration {
        let state = self.keys.entry(key).or_default();
        let factor = 1_u64.checked_shl(state.failures).unwrap_or(u64::MAX);
        let wait = SimDuration::from_nanos(self.base.nanos().saturating_mul(factor));
        state.failures = state.failures.saturating_add(1);
        wait.min(self.longest).max(self.bucket.take(now).since(now))
    }

    /// Notes that a key is to be added at `at`. Returns whether a timer is needed: not when the key is to
    /// be added earlier already (C37).
    pub fn add_at(&mut self, key: ObjId, at: SimTime) -> bool {
        let state = self.keys.entry(key).or_default();
        if state.due.is_some_and(|due| due <= at) {
            return false;
        }
        state.due = Some(at);
        true
    }

    /// A timer of a key went off. Returns whether the key is to be added now.
    pub fn due(&mut self, key: ObjId, now: SimTime) -> bool {
        match self.keys.get_mut(&key) {
            Some(state) if state.due.is_some_and(|due| due <= now) => {
                state.due = None;
                true
            }
            _ => false,
        }
    }

    /// Forgets everything, as a restart of the process does.
    pub fn reset(&mut self) {
        *self = Self::with_limits(self.workers, self.base, self.longest);
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
        assert_eq!(queue.taken(key(1)), 2);
        queue.remove(key(1));
        assert_eq!(queue.taken(key(1)), 0);
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
