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

    /// Runs a command in a container, as `kubectl exec` does, and returns its exit code; 0 for what the
    /// world does not play.
    pub fn exec(&mut self, _pod: PodId, _container: u8, _command: &[&str], _at: SimTime) -> i32 {
        0
    }

    /// A number that changes whenever an answer of [`Self::connect`] for this pod can change.
    #[must_use]
    pub fn epoch(&self, _pod: PodId) -> u32 {
        0
    }
}
