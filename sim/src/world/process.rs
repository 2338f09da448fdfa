//! Processes of containers: when they listen, what a signal does to them, when they end.

use wavetank_core::time::SimTime;

/// The number of a container's entry in the [`super::catalog::Catalog`].
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Kind(pub(crate) u32);

/// One process 1 of a container, as a step function of time.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Process {
    /// The container's number.
    pub(crate) container: u8,
    /// What runs.
    pub(crate) kind: Kind,
    /// When it began.
    pub(crate) started: SimTime,
    /// From when its ports accept connections.
    pub(crate) listens: SimTime,
    /// Until when they do, as far as is known.
    pub(crate) stops: SimTime,
    /// When it ended, or will end as far as is known.
    pub(crate) ended: SimTime,
    /// When connections in flight are cut, if they are and it is known.
    pub(crate) cut: Option<SimTime>,
}

impl Process {
    /// Whether its ports accept connections.
    pub(crate) fn listens_at(&self, at: SimTime) -> bool {
        self.listens <= at && at < self.stops && at < self.ended
    }

    /// It ends now; what is in flight is cut unless it had answered everything.
    pub(crate) fn end(&mut self, at: SimTime, cuts: bool) {
        self.ended = at;
        self.stops = self.stops.min(at);
        if cuts {
            self.cut = Some(at);
        }
    }
}
