//! What the scheduler's informers bring: nodes and pods come, change and go (S15, S27, S38–S40).

use wavetank_core::id::{NodeId, PodId};
use wavetank_core::object::node::Node;
use wavetank_core::object::pod::Pod;
use wavetank_core::object::spec::Spec;
use wavetank_core::state::view::View;
use wavetank_core::time::SimTime;

use super::Scheduler;
use super::decision::node::NodeRow;
use super::decision::shape::{PodShape, ShapeId};
use super::event::ClusterEvent;
use super::surroundings::placed;
use crate::engine::context::Context;

impl Scheduler {
    /// A node was added, changed or removed.
    pub(super) fn node_changed(
        &mut self,
        id: NodeId,
        after: Option<&Node>,
        view: View<'_>,
        ctx: &mut Context<'_>,
    ) {
        let known = self.snapshot.is_known(id);
        let Some(after) = after else {
            if known {
                // S38: the event is sent before the cache forgets the node.
                let before = self.snapshot.node(id).clone();
                self.wake(&ClusterEvent::NodeRemoved(&before), ctx.now);
                self.snapshot.remove_node(id);
            }
            return;
        };
        let after = row(after, view);
        if !known {
            self.snapshot.set_node(id, after.clone());
            self.wake(&ClusterEvent::NodeAdded(&after), ctx.now);
            return;
        }
        let before = self.snapshot.node(id);
        if is_same(before, &after) {
            return; // heartbeats and conditions mean nothing here (S29, S78)
        }
        let before = before.clone();
        self.snapshot.set_node(id, after.clone());
        let event = ClusterEvent::NodeChanged {
            before: &before,
            after: &after,
        };
        self.wake(&event, ctx.now);
    }

    /// A pod was added, changed or removed.
    pub(super) fn pod_changed(
        &mut self,
        id: PodId,
        before: Option<&Pod>,
        after: Option<&Pod>,
        view: View<'_>,
        ctx: &mut Context<'_>,
    ) {
        // S10: a pod that has ended is gone for the scheduler.
        let before = before.filter(|pod| !pod.phase.is_terminal());
        let after = after.filter(|pod| !pod.phase.is_terminal());
        match (before.and_then(|pod| pod.node), after) {
            (Some(node), None) => {
                let shape = before.map(|pod| self.shape(id, pod, view));
                self.snapshot.remove_pod(node, id);
                self.unstarted.remove(&id);
                self.victim_seen_going(id);
                if let Some(shape) = shape {
                    self.pod_gone(shape, ctx.now);
                }
            }
            (None, None) => self.unbound_pod_gone(id, ctx.now),
            (Some(_), Some(pod)) => self.bound_pod_changed(id, before, pod, view, ctx.now),
            (None, Some(pod)) => match pod.node {
                Some(node) => self.pod_bound(id, pod, node, view, ctx),
                None => self.unbound_pod_changed(id, before, pod, view, ctx),
            },
        }
    }

    /// The binding of a pod is seen, by whomever it was made (S38, S46).
    fn pod_bound(
        &mut self,
        id: PodId,
        pod: &Pod,
        node: NodeId,
        view: View<'_>,
        ctx: &mut Context<'_>,
    ) {
        let shape = self.shape(id, pod, view);
        let assumed = self.assumed.remove(&id);
        let placed = placed(id, pod, shape);
        if assumed == Some(node) {
            self.snapshot.change_pod(node, placed);
        } else {
            if let Some(other) = assumed {
                self.snapshot.remove_pod(other, id);
            }
            self.snapshot.add_pod(node, placed);
        }
        if placed.started.is_none() {
            self.unstarted.insert(id);
        }
        self.pre_binding.remove(&id);
        self.snapshot.around.nominate(id, shape, None);
        self.queue.remove(id);
        self.wake_by_pod(shape, ctx.now, |pod| ClusterEvent::PodAssigned(pod));
    }

    /// Labels or specification of a bound pod may have changed, or it is being deleted.
    fn bound_pod_changed(
        &mut self,
        id: PodId,
        before: Option<&Pod>,
        pod: &Pod,
        view: View<'_>,
        now: SimTime,
    ) {
        let Some(node) = pod.node else {
            return;
        };
        if pod.deletion.is_some() {
            self.victim_seen_going(id);
        }
        let shape = self.shape(id, pod, view);
        let old = before.map(|before| self.shape(id, before, view));
        if old == Some(shape) {
            self.snapshot.change_pod(node, placed(id, pod, shape));
            return;
        }
        self.snapshot.remove_pod(node, id);
        self.snapshot.add_pod(node, placed(id, pod, shape));
        if let Some(old) = old
            && before.is_some_and(|before| before.labels != pod.labels)
        {
            let before = self.snapshot.shape(old).clone();
            let after = self.snapshot.shape(shape).clone();
            let event = ClusterEvent::PodLabels {
                before: &before,
                after: &after,
            };
            self.wake(&event, now);
        }
    }

    /// A pod without a node was added or changed (S15, S16, S27).
    fn unbound_pod_changed(
        &mut self,
        id: PodId,
        before: Option<&Pod>,
        pod: &Pod,
        view: View<'_>,
        ctx: &mut Context<'_>,
    ) {
        let spec = view.pod_spec(pod);
        if !self.profiles.knows(&spec.scheduler_name) {
            return; // S15
        }
        if pod.deletion.is_some()
            && let Some(shape) = self.forget(id)
        {
            self.pod_gone(shape, ctx.now); // S40
        }
        if self.assumed.contains_key(&id) {
            return; // it has its node, whatever its status says
        }
        let gated = !spec.scheduling_gates.is_empty();
        let shape = self.shape(id, pod, view);
        if self.queue.get(id).is_none() {
            self.queue.add(id, shape, spec.priority, gated, ctx.now);
            if pod.nominated.is_some() {
                self.nominated_by_others(id, shape, pod.nominated); // S16
            }
            return;
        }
        let Some(before) = before else {
            return;
        };
        if before.nominated != pod.nominated {
            self.nominated_by_others(id, shape, pod.nominated);
            if before.nominated.is_some() {
                self.nomination_gone(shape, ctx.now);
            }
        }
        if (before.labels, before.template) == (pod.labels, pod.template) {
            return; // only its status changed: a generic update wakes nobody (S28)
        }
        self.queue.update(id, shape, spec.priority, gated);
        let old = view.pod_spec(before);
        let mut events = Vec::new();
        if before.labels != pod.labels {
            events.push(ClusterEvent::OwnLabels);
        }
        if is_less(spec, old) {
            events.push(ClusterEvent::OwnScaleDown);
        }
        if old.tolerations.len() != spec.tolerations.len() {
            events.push(ClusterEvent::OwnTolerations);
        }
        for event in events {
            let snapshot = &self.snapshot;
            let profiles = &self.profiles;
            let is_worth = |rejectors, shape| profiles.is_worth(rejectors, shape, &event, snapshot);
            self.queue.wake_one(id, is_worth, ctx.now);
        }
    }

    /// Somebody wrote where a pod is to go, which may have been the scheduler itself (S33, S169).
    fn nominated_by_others(&mut self, id: PodId, shape: ShapeId, node: Option<NodeId>) {
        self.queue.tell_nomination(id, node);
        self.snapshot.around.nominate(id, shape, node);
    }

    /// A nomination ended: room for pods that are no more important (S39).
    fn nomination_gone(&mut self, shape: ShapeId, now: SimTime) {
        let snapshot = &self.snapshot;
        let profiles = &self.profiles;
        let gone = snapshot.shape(shape);
        let event = ClusterEvent::PodGone(gone);
        let is_worth = |rejectors, shape| {
            snapshot.shape(shape).priority() <= gone.priority()
                && profiles.is_worth(rejectors, shape, &event, snapshot)
        };
        let preemptions = &self.preemptions;
        self.queue
            .wake(is_worth, |pod| preemptions.blocks(pod), now);
    }

    /// A pod without a node is gone; it may have been assumed (S40).
    fn unbound_pod_gone(&mut self, id: PodId, now: SimTime) {
        if let Some(shape) = self.forget(id) {
            self.pod_gone(shape, now);
        }
        let shape = self.queue.get(id).map(|entry| entry.shape);
        if let Some(shape) = shape
            && self.snapshot.around.nomination(id).is_some()
        {
            self.snapshot.around.nominate(id, shape, None);
            self.nomination_gone(shape, now);
        }
        self.queue.remove(id);
    }

    /// A pod that counted on a node is gone.
    pub(super) fn pod_gone(&mut self, shape: ShapeId, now: SimTime) {
        self.wake_by_pod(shape, now, |pod| ClusterEvent::PodGone(pod));
    }

    fn wake_by_pod(
        &mut self,
        shape: ShapeId,
        now: SimTime,
        event: for<'a> fn(&'a PodShape) -> ClusterEvent<'a>,
    ) {
        let snapshot = &self.snapshot;
        let event = event(snapshot.shape(shape));
        let profiles = &self.profiles;
        let is_worth = |rejectors, shape| profiles.is_worth(rejectors, shape, &event, snapshot);
        let preemptions = &self.preemptions;
        self.queue
            .wake(is_worth, |pod| preemptions.blocks(pod), now);
    }

    pub(super) fn wake(&mut self, event: &ClusterEvent<'_>, now: SimTime) {
        let snapshot = &self.snapshot;
        let profiles = &self.profiles;
        let is_worth = |rejectors, shape| profiles.is_worth(rejectors, shape, event, snapshot);
        let preemptions = &self.preemptions;
        self.queue
            .wake(is_worth, |pod| preemptions.blocks(pod), now);
    }
}

/// What the scheduler reads of a node.
pub(super) fn row(node: &Node, view: View<'_>) -> NodeRow {
    let definitions = view.definitions();
    let mut row = NodeRow {
        name: node.meta.name.text(&definitions.texts).into(),
        labels: definitions.get_set(node.labels()).clone(),
        taints: node.taints.clone(),
        unschedulable: node.unschedulable,
        ..NodeRow::default()
    };
    if let Spec::Node(spec) = &definitions.get_spec(node.spec).spec {
        row.allocatable = spec.allocatable.clone();
        row.images = spec.images.clone();
    }
    row
}

/// Whether nothing changed that the scheduler reads.
fn is_same(before: &NodeRow, after: &NodeRow) -> bool {
    before.labels == after.labels
        && before.taints == after.taints
        && before.unschedulable == after.unschedulable
        && before.allocatable == after.allocatable
        && before.images == after.images
}

/// Whether a request was lowered or removed (S28).
fn is_less(
    spec: &wavetank_core::object::template::PodSpec,
    old: &wavetank_core::object::template::PodSpec,
) -> bool {
    let (new, old) = (&spec.requests, &old.requests);
    new.cpu < old.cpu
        || new.memory < old.memory
        || new.storage < old.storage
        || old
            .extended
            .iter()
            .any(|(name, amount)| new.extended(name) < *amount)
}
