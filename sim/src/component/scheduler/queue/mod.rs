//! The scheduling queue: who is tried next, and who waits for what (S12–S35).

pub mod clock;

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use rustc_hash::FxHashMap;
use wavetank_core::id::{NodeId, PodId, TextId};
use wavetank_core::time::{SimDuration, SimTime, Stamp};

use super::decision::shape::ShapeId;
use super::decision::verdict::Rejectors;
use clock::WallClock;

/// How long a pod may wait in the unschedulable pool (S26).
const LONGEST_WAIT: SimDuration = SimDuration::from_secs(300);
/// How often that is looked at (S26).
const FLUSH_PERIOD: SimDuration = SimDuration::from_secs(30);

/// The scheduling queue.
///
/// It holds what waits to be scheduled, and the pods whose binding is under way. Work is done when
/// something happens, never because a pod waits: the flushes of S23 and S26 are timers that are set only
/// while somebody waits for them.
#[derive(Clone, Debug, Default)]
pub struct Queue {
    /// The wall's clock.
    pub wall: WallClock,
    /// When the process started: the flushes' phase.
    started: SimTime,
    /// Looked up, never iterated.
    entries: FxHashMap<PodId, Entry>,
    active: BTreeSet<Turn>,
    back_off: BTreeSet<(u64, Turn)>,
    error_back_off: BTreeSet<(u64, Turn)>,
    /// The unschedulable pods, by who rejected them and what they look like (S189).
    pool: BTreeMap<(Rejectors, ShapeId), BTreeSet<PodId>>,
    /// The unschedulable pods by the time they have been waiting since.
    waiting: BTreeSet<(SimTime, PodId)>,
    arrivals: u32,
}

/// Whose turn it is: higher priority first, then the earlier time, then the earlier arrival (S13).
type Turn = (Reverse<i32>, SimTime, u32, PodId);

/// What the queue knows of a pod.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    /// What it looks like.
    pub shape: ShapeId,
    /// How often it was tried (S17).
    pub attempts: u32,
    /// What its condition says, as far as the scheduler wrote it: reason, message, since when.
    pub told: Option<(TextId, TextId, Stamp)>,
    /// What its `status.nominatedNodeName` says, as far as the scheduler wrote or saw it.
    pub nominated: Option<NodeId>,
    place: Place,
    priority: i32,
    /// When it entered, or failed last (S14).
    timestamp: SimTime,
    arrival: u32,
    /// `UnschedulableCount` and `ConsecutiveErrorsCount` (S19).
    failures: u32,
    errors: u32,
    rejectors: Rejectors,
}

/// Where a pod is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Place {
    Active,
    /// In a back-off queue, until the end of this second; whether in that of errors.
    BackOff(u64, bool),
    Unschedulable,
    /// Kept out by a scheduling gate (S24).
    Gated,
    /// In a cycle, or being bound.
    InFlight,
}

impl Entry {
    const fn turn(&self, pod: PodId) -> Turn {
        (Reverse(self.priority), self.timestamp, self.arrival, pod)
    }

    /// The failures that count for the back-off (S21).
    const fn count(&self) -> u32 {
        if self.errors > 0 {
            self.errors
        } else {
            self.failures
        }
    }
}

impl Queue {
    /// An empty queue of a process that starts at `now`.
    #[must_use]
    pub fn new(wall: WallClock, now: SimTime) -> Self {
        Self {
            wall,
            started: now,
            ..Self::default()
        }
    }

    /// What the queue knows of a pod.
    #[must_use]
    pub fn get(&self, pod: PodId) -> Option<&Entry> {
        self.entries.get(&pod)
    }

    /// Remembers what the scheduler wrote into a pod's condition.
    pub fn tell(&mut self, pod: PodId, told: Option<(TextId, TextId, Stamp)>) {
        if let Some(entry) = self.entries.get_mut(&pod) {
            entry.told = told;
        }
    }

    /// Remembers where a pod's status nominates it to.
    pub fn tell_nomination(&mut self, pod: PodId, node: Option<NodeId>) {
        if let Some(entry) = self.entries.get_mut(&pod) {
            entry.nominated = node;
        }
    }

    /// Moves a pod to the active queue, wherever it waits (S35).
    pub fn activate(&mut self, pod: PodId) {
        let waits =
            |entry: &Entry| matches!(entry.place, Place::Unschedulable | Place::BackOff(..));
        if self.entries.get(&pod).is_some_and(waits) {
            self.take(pod);
            self.put(pod, Place::Active);
        }
    }

    /// A pod that waits to be scheduled was seen for the first time (S16).
    pub fn add(&mut self, pod: PodId, shape: ShapeId, priority: i32, gated: bool, now: SimTime) {
        let entry = Entry {
            shape,
            attempts: 0,
            told: None,
            nominated: None,
            place: Place::Gated,
            priority,
            timestamp: now,
            arrival: self.arrivals,
            failures: 0,
            errors: 0,
            rejectors: Rejectors::NONE,
        };
        self.arrivals += 1;
        self.entries.insert(pod, entry);
        if !gated {
            self.put(pod, Place::Active);
        }
    }

    /// A pod was changed: what it looks like now, and whether gates keep it out.
    pub fn update(&mut self, pod: PodId, shape: ShapeId, priority: i32, gated: bool) {
        let Some(place) = self.take(pod) else {
            return;
        };
        let entry = self.entries.get_mut(&pod).expect("just taken");
        entry.shape = shape;
        entry.priority = priority;
        let place = if place == Place::Gated && !gated {
            Place::Active // S28: the gates are gone
        } else {
            place
        };
        self.put(pod, place);
    }

    /// Forgets a pod: it is gone, or somebody bound it. Returns whether it was known.
    pub fn remove(&mut self, pod: PodId) -> bool {
        self.take(pod);
        self.entries.remove(&pod).is_some()
    }

    /// Takes the next pod: the head of the active queue, or else of the back-off queue, however long it
    /// would still have to wait (S17, S18).
    pub fn pop(&mut self) -> Option<PodId> {
        let turn = match self.active.pop_first() {
            Some(turn) => turn,
            None => self.back_off.pop_first()?.1,
        };
        let pod = turn.3;
        let entry = self.entries.get_mut(&pod).expect("it was queued");
        entry.attempts += 1;
        entry.place = Place::InFlight;
        Some(pod)
    }

    /// A pod in flight comes back: no node fits, as these plugins said, or, without any, there was an
    /// error (S19, S20, S31).
    pub fn fail(&mut self, pod: PodId, rejectors: Rejectors, now: SimTime) {
        let Some(entry) = self.entries.get_mut(&pod) else {
            return;
        };
        entry.rejectors = rejectors;
        entry.timestamp = now;
        if rejectors.is_empty() {
            entry.errors += 1;
            self.requeue(pod, now);
        } else {
            entry.failures += 1;
            entry.errors = 0;
            self.put(pod, Place::Unschedulable);
        }
    }

    /// Puts a pod into the back-off queue while it backs off, and else into the active one (S20, S23).
    fn requeue(&mut self, pod: PodId, now: SimTime) {
        let entry = &self.entries[&pod];
        let expiry = self.wall.expiry(entry.timestamp, entry.count());
        let backs_off = entry.count() > 0 && expiry >= self.wall.second(now); // S22
        let place = if backs_off {
            Place::BackOff(expiry, entry.rejectors.is_empty())
        } else {
            Place::Active
        };
        self.put(pod, place);
    }

    /// Moves the unschedulable pods for which something happened that is worth another attempt (S30,
    /// S32), by groups of pods that were rejected by the same plugins and look alike. Those that are
    /// blocked stay (S24).
    pub fn wake(
        &mut self,
        is_worth: impl Fn(Rejectors, ShapeId) -> bool,
        is_blocked: impl Fn(PodId) -> bool,
        now: SimTime,
    ) {
        if self.pool.is_empty() {
            return;
        }
        let groups: Vec<_> = self
            .pool
            .keys()
            .copied()
            .filter(|(rejectors, shape)| is_worth(*rejectors, *shape))
            .collect();
        for group in groups {
            for pod in self.pool.remove(&group).into_iter().flatten() {
                let timestamp = self.entries[&pod].timestamp;
                self.waiting.remove(&(timestamp, pod));
                if is_blocked(pod) {
                    self.put(pod, Place::Unschedulable);
                } else {
                    self.requeue(pod, now);
                }
            }
        }
    }

    /// Moves one unschedulable pod for a change of its own (S27).
    pub fn wake_one(
        &mut self,
        pod: PodId,
        is_worth: impl Fn(Rejectors, ShapeId) -> bool,
        now: SimTime,
    ) {
        let Some(entry) = self.entries.get(&pod) else {
            return;
        };
        if entry.place == Place::Unschedulable && is_worth(entry.rejectors, entry.shape) {
            self.take(pod);
            self.requeue(pod, now);
        }
    }

    /// A whole second begins: who no longer backs off becomes active (S23).
    pub fn release(&mut self, now: SimTime) {
        let second = self.wall.second(now);
        for errors in [false, true] {
            loop {
                let queue = if errors {
                    &self.error_back_off
                } else {
                    &self.back_off
                };
                let Some((expiry, turn)) = queue.first().copied() else {
                    break;
                };
                if expiry >= second {
                    break;
                }
                self.take(turn.3);
                self.put(turn.3, Place::Active);
            }
        }
    }

    /// When [`Self::release`] has something to do next.
    #[must_use]
    pub fn next_release(&self) -> Option<SimTime> {
        let first = self.back_off.first().into_iter();
        let first = first
            .chain(self.error_back_off.first())
            .map(|it| it.0)
            .min()?;
        Some(self.wall.instant(first + 1))
    }

    /// Moves the pods that have been unschedulable for more than five minutes (S26).
    pub fn flush(&mut self, now: SimTime) {
        while let Some((since, pod)) = self.waiting.first().copied() {
            if now.since(since) <= LONGEST_WAIT {
                break;
            }
            self.take(pod);
            self.requeue(pod, now);
        }
    }

    /// When [`Self::flush`] has something to do next: at one of its ticks, every 30 s from the start.
    #[must_use]
    pub fn next_flush(&self) -> Option<SimTime> {
        let (since, _) = self.waiting.first()?;
        let period = FLUSH_PERIOD.nanos();
        let passed = since.since(self.started) + LONGEST_WAIT;
        let ticks = passed.nanos() / period + 1; // strictly more than five minutes
        Some(self.started + SimDuration::from_nanos(ticks * period))
    }

    fn put(&mut self, pod: PodId, place: Place) {
        let entry = self.entries.get_mut(&pod).expect("a pod of the queue");
        entry.place = place;
        let turn = entry.turn(pod);
        match place {
            Place::Active => {
                self.active.insert(turn);
            }
            Place::BackOff(expiry, false) => {
                self.back_off.insert((expiry, turn));
            }
            Place::BackOff(expiry, true) => {
                self.error_back_off.insert((expiry, turn));
            }
            Place::Unschedulable => {
                self.waiting.insert((entry.timestamp, pod));
                let group = (entry.rejectors, entry.shape);
                self.pool.entry(group).or_default().insert(pod);
            }
            Place::Gated | Place::InFlight => {}
        }
    }

    /// Takes a pod from where it is. It stays known.
    fn take(&mut self, pod: PodId) -> Option<Place> {
        let entry = self.entries.get(&pod)?;
        let turn = entry.turn(pod);
        match entry.place {
            Place::Active => {
                self.active.remove(&turn);
            }
            Place::BackOff(expiry, false) => {
                self.back_off.remove(&(expiry, turn));
            }
            Place::BackOff(expiry, true) => {
                self.error_back_off.remove(&(expiry, turn));
            }
            Place::Unschedulable => {
                self.waiting.remove(&(entry.timestamp, pod));
                let group = (entry.rejectors, entry.shape);
                if let Some(pods) = self.pool.get_mut(&group) {
                    pods.remove(&pod);
                    if pods.is_empty() {
                        self.pool.remove(&group);
                    }
                }
            }
            Place::Gated | Place::InFlight => {}
        }
        Some(entry.place)
    }
}
