//! How many pods of which state a ReplicaSet has, kept from event to event.

use wavetank_core::id::{ReplicaSetId, SetId};
use wavetank_core::object::pod::Pod;
use wavetank_core::object::workload::ReplicaSet;
use wavetank_core::state::view::View;

use super::spec_of;

/// Counts of owned pods (C82, C97).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Counts {
    /// Neither terminal nor being deleted.
    pub(super) active: u32,
    /// Active ones that carry the template's labels.
    pub(super) labeled: u32,
    /// Active ones that are Ready.
    pub(super) ready: u32,
    /// Being deleted and not terminal.
    pub(super) terminating: u32,
    /// The template's labels.
    labels: SetId,
}

impl Counts {
    /// The counts as of a view: what is otherwise kept.
    pub(super) fn of(id: ReplicaSetId, set: &ReplicaSet, view: View<'_>) -> Self {
        let template = spec_of(view, set).template;
        let mut counts = Self {
            labels: view.definitions().get_template(template).labels,
            ..Self::default()
        };
        for (_, pod) in view.pods_of_owner(id.into()) {
            counts.enter(pod, view);
        }
        counts
    }

    /// A pod is as this.
    pub(super) fn enter(&mut self, pod: &Pod, view: View<'_>) {
        let (active, ready, labeled, terminating) = self.states(pod, view);
        self.active += u32::from(active);
        self.ready += u32::from(ready);
        self.labeled += u32::from(labeled);
        self.terminating += u32::from(terminating);
    }

    /// A pod is no longer as this.
    pub(super) fn leave(&mut self, pod: &Pod, view: View<'_>) {
        let (active, ready, labeled, terminating) = self.states(pod, view);
        self.active -= u32::from(active);
        self.ready -= u32::from(ready);
        self.labeled -= u32::from(labeled);
        self.terminating -= u32::from(terminating);
    }

    fn states(&self, pod: &Pod, view: View<'_>) -> (bool, bool, bool, bool) {
        let active = pod.is_active();
        let terminating = pod.deletion.is_some() && !pod.phase.is_terminal();
        let labeled = active && self.is_labeled(pod.labels, view);
        (active, active && pod.is_ready(), labeled, terminating)
    }

    fn is_labeled(&self, labels: SetId, view: View<'_>) -> bool {
        if labels == self.labels {
            return true;
        }
        let own = view.definitions().get_set(labels);
        let mut needed = view.definitions().get_set(self.labels).iter();
        needed.all(|(key, value)| own.get(key) == Some(value))
    }
}
