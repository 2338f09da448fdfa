//! What a watch event of a pod says, and what handlers ask for in return.

use wavetank_core::fact::Controller;
use wavetank_core::id::{ObjId, PodId};
use wavetank_core::object::pod::Pod;
use wavetank_core::state::table::Change;
use wavetank_core::time::SimTime;

use crate::message::ControllerTimer;

/// What handlers ask for: keys to be added to work queues, and timers.
#[derive(Clone, Debug, Default)]
pub(crate) struct Wakes {
    pub(super) now: Vec<(Controller, ObjId)>,
    pub(super) later: Vec<(Controller, ObjId, SimTime)>,
    pub(super) timers: Vec<(Controller, ControllerTimer, SimTime)>,
}

impl Wakes {
    /// Adds a key to a controller's work queue.
    pub(crate) fn now(&mut self, controller: Controller, key: impl Into<ObjId>) {
        self.now.push((controller, key.into()));
    }

    /// Adds a key at an instant.
    pub(crate) fn at(&mut self, controller: Controller, key: impl Into<ObjId>, at: SimTime) {
        self.later.push((controller, key.into(), at));
    }

    /// The timers that were set since the last time.
    #[cfg(test)]
    pub(crate) fn take_timers(&mut self) -> Vec<(ControllerTimer, SimTime)> {
        self.timers.drain(..).map(|it| (it.1, it.2)).collect()
    }

    /// The keys that were added since the last time.
    #[cfg(test)]
    pub(crate) fn take_keys(&mut self) -> Vec<ObjId> {
        self.now.drain(..).map(|it| it.1).collect()
    }

    /// Sets a timer of a controller.
    pub(crate) fn timer(&mut self, controller: Controller, timer: ControllerTimer, at: SimTime) {
        self.timers.push((controller, timer, at));
    }
}

/// A watch event of a pod, compared once for all controllers.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PodEvent<'a> {
    pub(crate) id: PodId,
    pub(crate) before: Option<&'a Pod>,
    pub(crate) after: Option<&'a Pod>,
    /// The deletion began with this event, or the pod was created with it begun.
    pub(crate) deletion_began: bool,
    /// It became active or ceased to be (C82).
    pub(crate) activity_changed: bool,
    /// It became Ready or ceased to be.
    pub(crate) readiness_changed: bool,
    /// Its phase is another.
    pub(crate) phase_changed: bool,
    /// Its address is another.
    pub(crate) ip_changed: bool,
    /// Its labels are others.
    pub(crate) labels_changed: bool,
    /// Its controlling owner is another.
    pub(crate) owner_changed: bool,
}

impl<'a> PodEvent<'a> {
    /// The event that a change of the store is to a watch.
    pub(crate) fn new(change: &Change<'a, Pod>) -> Self {
        let of = |field: fn(&Pod) -> bool| {
            change.before.map(field).unwrap_or(false) != change.after.map(field).unwrap_or(false)
        };
        Self {
            id: PodId(change.index),
            before: change.before,
            after: change.after,
            deletion_began: change.after.is_some_and(|pod| pod.deletion.is_some())
                && change.before.is_none_or(|pod| pod.deletion.is_none()),
            activity_changed: of(Pod::is_active),
            readiness_changed: of(Pod::is_ready),
            phase_changed: change.before.map(|pod| pod.phase) != change.after.map(|pod| pod.phase),
            ip_changed: change.before.map(|pod| pod.ip) != change.after.map(|pod| pod.ip),
            labels_changed: change.before.map(|pod| pod.labels)
                != change.after.map(|pod| pod.labels),
            owner_changed: change.before.and_then(|pod| pod.owner)
                != change.after.and_then(|pod| pod.owner),
        }
    }

    /// Whether the pod was created.
    pub(crate) const fn is_creation(&self) -> bool {
        self.before.is_none()
    }

    /// Whether the pod is gone.
    pub(crate) const fn is_removal(&self) -> bool {
        self.after.is_none()
    }

    /// The pod as it is now, or as it was last.
    pub(crate) fn pod(&self) -> &'a Pod {
        self.after
            .or(self.before)
            .expect("an event has a pod before or after it")
    }
}
