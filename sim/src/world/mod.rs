//! The world that kubelets talk to: images and registries, container processes, addresses.

use wavetank_core::draw::Key;
use wavetank_core::id::PodId;
use wavetank_core::time::{SimDuration, SimTime};

use crate::plan::Plan;

/// The world of a run.
#[derive(Debug)]
pub struct World {}

/// What happens to a new connection to a pod's address (C229).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Connection {
    /// A process listens: how long its answer takes, and its HTTP status.
    Served {
        /// From the request's arrival to its answer.
        time: SimDuration,
        /// The status of the answer.
        status: u16,
    },
    /// The address answers, but nothing listens.
    Refused,
    /// Nobody answers the address.
    Silent,
}

impl World {
    /// A world in which nothing runs.
    #[must_use]
    pub fn new(_plan: &Plan, _key: &Key) -> Self {
        Self {}
    }

    /// What a new connection to a port of a pod meets at this instant; `index` addresses the draw of the
    /// answer's time.
    #[must_use]
    pub fn connect(
        &self,
        _pod: PodId,
        _port: u16,
        _path: &str,
        _index: u64,
        _at: SimTime,
    ) -> Connection {
        Connection::Silent
    }

    /// When the processes of a pod that were alive at `at` ended, or will end as far as is known: what is
    /// in flight then is cut. None when that is not known yet.
    #[must_use]
    pub fn cut_at(&self, _pod: PodId, _port: u16, _at: SimTime) -> Option<SimTime> {
        None
    }

    /// A number that changes whenever an answer of [`Self::connect`] for this pod can change.
    #[must_use]
    pub fn epoch(&self, _pod: PodId) -> u32 {
        0
    }

    /// When every new connection to a port of a pod is served, until the next step or runtime fact: the
    /// longest that an answer takes, and its status.
    #[must_use]
    pub fn certain(
        &self,
        _pod: PodId,
        _port: u16,
        _path: &str,
        _at: SimTime,
    ) -> Option<(SimDuration, u16)> {
        None
    }

    /// What happens next at this pod's address without anybody's doing.
    #[must_use]
    pub fn next_step(&self, _pod: PodId, _at: SimTime) -> Option<SimTime> {
        None
    }
}
