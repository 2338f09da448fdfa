//! Expectations: writes whose events have not been seen yet (C42).

use std::collections::BTreeSet;

use wavetank_core::id::PodId;
use wavetank_core::time::{SimDuration, SimTime};

/// How long an expectation is believed in (C42).
const TIMEOUT: SimDuration = SimDuration::from_secs(300);

/// What a ReplicaSet's writes should have led to.
#[derive(Clone, Debug, Default)]
pub(super) struct Expectations {
    creations: i64,
    deletions: BTreeSet<PodId>,
    set_at: Option<SimTime>,
}

impl Expectations {
    /// Whether pods may be created or deleted: everything expected was seen, or it was too long ago.
    pub(super) fn are_met(&self, now: SimTime) -> bool {
        match self.set_at {
            None => true,
            Some(at) => {
                (self.creations <= 0 && self.deletions.is_empty()) || now.since(at) > TIMEOUT
            }
        }
    }

    /// `count` creations are expected, and nothing else.
    pub(super) fn create(&mut self, count: usize, now: SimTime) {
        self.creations = i64::try_from(count).expect("a sync creates at most 500 pods");
        self.deletions.clear();
        self.set_at = Some(now);
    }

    /// The deletions of these pods are expected, and nothing else.
    pub(super) fn delete(&mut self, pods: &[PodId], now: SimTime) {
        self.creations = 0;
        self.deletions = pods.iter().copied().collect();
        self.set_at = Some(now);
    }

    /// A pod was created, or will not be.
    pub(super) fn created(&mut self) {
        self.creations -= 1;
    }

    /// The deletion of a pod began, or will not.
    pub(super) fn deleted(&mut self, pod: PodId) {
        self.deletions.remove(&pod);
    }
}
