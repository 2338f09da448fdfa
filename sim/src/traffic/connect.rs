//! What a request meets: the servers behind the addresses of pods.

use wavetank_core::id::PodId;
use wavetank_core::time::{SimDuration, SimTime};

use crate::world::{Connection, World};

/// What traffic asks of the servers behind the addresses of pods.
///
/// An answer about an instant changes for two reasons: a step that was known before ([`Self::next_step`]), or
/// something new, which comes with a runtime fact of the pod or an edge of a fault at the same instant.
/// What has been stays answerable for as long as a request can be in flight.
pub trait Servers {
    /// What a new connection meets at an instant, now or before; `index` addresses the draw of the answer's
    /// time.
    fn connect(&self, pod: PodId, port: u16, path: &str, index: u64, at: SimTime) -> Connection;

    /// When the process that served a connection at `at` ends, as far as is known.
    fn cut_at(&self, pod: PodId, port: u16, at: SimTime) -> Option<SimTime>;

    /// When every new connection is served, until the next step or fact: the longest that an answer takes,
    /// and its status.
    fn certain(&self, pod: PodId, port: u16, path: &str, at: SimTime)
    -> Option<(SimDuration, u16)>;

    /// When an answer of [`Self::connect`] changes next by itself.
    fn next_step(&self, pod: PodId, at: SimTime) -> Option<SimTime>;
}

impl Servers for World {
    fn connect(&self, pod: PodId, port: u16, path: &str, index: u64, at: SimTime) -> Connection {
        Self::connect(self, pod, port, path, index, at)
    }

    fn cut_at(&self, pod: PodId, port: u16, at: SimTime) -> Option<SimTime> {
        Self::cut_at(self, pod, port, at)
    }

    fn certain(
        &self,
        pod: PodId,
        port: u16,
        path: &str,
        at: SimTime,
    ) -> Option<(SimDuration, u16)> {
        Self::certain(self, pod, port, path, at)
    }

    fn next_step(&self, pod: PodId, at: SimTime) -> Option<SimTime> {
        Self::next_step(self, pod, at)
    }
}
