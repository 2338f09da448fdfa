//! The status manager: what was accepted is merged and sent, one write at a time (K135–K141).

use wavetank_core::draw::Purpose;
use wavetank_core::fact::Actor;
use wavetank_core::fact::pod::{ContainerChange, StatusChange};
use wavetank_core::object::condition::Truth;
use wavetank_core::object::definition::EMPTY_SET;
use wavetank_core::object::pod::{Pod, PodConditionType};
use wavetank_core::time::{SimDuration, SimTime};

use super::row::State;
use super::{Desk, timer};
use crate::message::call::{Caller, Request};

/// The number of the call that removes a pod's object.
pub(super) const DELETE: u32 = u32::MAX;
/// How often the status manager looks for differences (K137).
const RECONCILE: SimDuration = SimDuration::from_secs(10);

impl Desk<'_, '_> {
    /// Notes a change that is to be sent, in the place of an earlier one of the same field.
    pub(super) fn note(&mut self, change: StatusChange) {
        let unsent = &mut self.row.unsent;
        if let Some(known) = unsent.iter_mut().find(|known| is_same(known, &change)) {
            *known = change;
        } else {
            unsent.push(change);
        }
    }

    /// Sends what was accepted and not sent, unless a write is under way: then it goes with the next
    /// one (K137).
    pub(super) fn publish(&mut self) {
        if self.row.is_gone {
            self.row.unsent.clear();
        }
        if self.row.unsent.is_empty() || self.row.is_writing || self.row.waits_to_write {
            return;
        }
        let now = self.now() + self.lag;
        if now < self.row.writes_until {
            self.row.waits_to_write = true;
            let at = self.row.writes_until;
            return self.wake(at, timer::WRITE, 0, 0, 0);
        }
        self.send();
    }

    fn send(&mut self) {
        let sampler = &self.latencies().status;
        let writes = self.row.writes;
        let takes = self.sample(sampler, Purpose::StatusPatch, 0, writes);
        let delay = self.lag + takes;
        let changes = self.row.unsent.as_slice().into();
        self.row.unsent.clear();
        self.row.writes += 1;
        let (node, pod) = (self.row.node, self.row.pod);
        let request = Request::PodStatus(pod, changes);
        if self.waits_for_answers() {
            self.row.is_writing = true;
            let caller = Caller::Kubelet(node, pod, writes);
            self.ctx.call_after(caller, request, delay);
        } else {
            self.row.writes_until = self.now() + delay + self.settings.write_max;
            let caller = Caller::Nobody(Actor::Kubelet(node));
            self.ctx.call_after(caller, request, delay);
        }
    }

    /// Whether the answer to a status write matters: another one is likely to follow soon.
    fn waits_for_answers(&self) -> bool {
        self.settings.always_waits
            || !self.row.probes.is_empty()
            || self.row.state == State::Finished
            || self.row.containers.len() > 1
    }

    /// A status write was answered.
    pub(super) fn on_written(&mut self) {
        self.row.is_writing = false;
        self.publish();
        self.finalize();
    }

    /// Nobody knows what became of a status write: what it said goes with the next full pass, and what has
    /// come since as well (K137).
    pub(super) fn on_lost(&mut self, number: u32, changes: &[StatusChange]) {
        // What an earlier process wrote says nothing to this one, which went by what the API showed.
        if !self.row.is_writing || number + 1 != self.row.writes {
            return;
        }
        self.row.is_writing = false;
        let since = std::mem::replace(&mut self.row.unsent, changes.to_vec());
        for change in since {
            self.note(change);
        }
        self.try_again();
    }

    /// Nobody knows whether the object was removed: it is tried again (K141).
    pub(super) fn on_removal_lost(&mut self) {
        if self.row.is_removing {
            self.row.is_removing = false;
            self.try_again();
        }
    }

    /// Goes on with the next full pass (K137).
    fn try_again(&mut self) {
        self.row.waits_to_write = true;
        let at = self.next_pass();
        self.wake(at, timer::WRITE, 0, 0, 0);
    }

    /// When the status manager's next full pass is.
    fn next_pass(&self) -> SimTime {
        let start = self.node.clock.start;
        let passed = self.now().since(start).nanos() / RECONCILE.nanos();
        start + RECONCILE.times(passed + 1)
    }

    /// A status write that nobody answers is over.
    pub(super) fn on_write(&mut self) {
        self.row.waits_to_write = false;
        self.publish();
        self.finalize();
    }

    /// Removes the object of a pod that is being deleted, once everything has been said (K141).
    pub(super) fn finalize(&mut self) {
        let row = &mut *self.row;
        let is_said = row.unsent.is_empty() && !row.is_writing && !row.waits_to_write;
        let is_done = row.state == State::Finished && row.deletion_grace.is_some();
        if !is_done || row.is_gone || row.is_removing || !is_said {
            return;
        }
        row.is_removing = true;
        let (node, pod) = (row.node, row.pod);
        let request = Request::DeletePod(pod, Some(0), None);
        self.ctx.call(Caller::Kubelet(node, pod, DELETE), request);
    }

    /// Whether finalizers keep the object.
    pub(super) fn has_finalizers(&self) -> bool {
        self.view
            .pod(self.row.pod)
            .is_some_and(|pod| pod.finalizers != EMPTY_SET)
    }

    /// Somebody else wrote a condition that is the kubelet's: its next full pass puts that right (K137).
    pub(super) fn look_for_differences(&mut self, object: &Pod) {
        if object.started.is_none() || self.row.is_writing || self.row.status.started.is_none() {
            return;
        }
        if self.differs(object) {
            let at = self.next_pass();
            self.wake(at, timer::RECONCILE, 0, 0, 0);
        }
    }

    /// The status manager's full pass.
    pub(super) fn on_reconcile(&mut self) {
        let Some(object) = self.view.pod(self.row.pod) else {
            return;
        };
        if !self.row.unsent.is_empty() || self.row.is_writing || !self.differs(object) {
            return;
        }
        for kind in [PodConditionType::ContainersReady, PodConditionType::Ready] {
            let own = self.row.status.conditions[kind as usize];
            let change = StatusChange::Condition(kind, own.status, own.reason, own.changed);
            self.note(change);
            self.note(StatusChange::ConditionMessage(kind, own.message));
        }
        self.publish();
    }

    fn differs(&self, object: &Pod) -> bool {
        [PodConditionType::ContainersReady, PodConditionType::Ready]
            .into_iter()
            .any(|kind| {
                let own = self.row.status.conditions[kind as usize].status;
                own != Truth::Absent && own != object.condition(kind).status
            })
    }

    /// Takes over what the API shows of a pod: at first sight, and after a restart (K181).
    pub(super) fn adopt_status(&mut self, object: &Pod) {
        let status = &mut self.row.status;
        status.phase = object.phase;
        status.reason = object.reason;
        status.message = object.message;
        status.ip = object.ip;
        status.started = object.started;
        status.observed_generation = object.observed_generation;
        status.conditions.copy_from_slice(&object.conditions[..5]);
        let known = self.view.containers(self.row.pod);
        for (row, status) in self.row.containers.iter_mut().zip(known) {
            row.status = *status;
        }
        self.row.unsent.clear();
        self.row.is_writing = false;
        self.row.is_removing = false;
        self.row.waits_to_write = false;
        self.row.writes_until = SimTime::ZERO;
    }
}

/// Whether two changes are of the same field.
fn is_same(one: &StatusChange, other: &StatusChange) -> bool {
    use std::mem::discriminant;

    match (one, other) {
        (StatusChange::Condition(a, ..), StatusChange::Condition(b, ..))
        | (StatusChange::ConditionMessage(a, _), StatusChange::ConditionMessage(b, _)) => a == b,
        (StatusChange::Gate(a, _), StatusChange::Gate(b, _)) => a == b,
        (StatusChange::Container(a, one), StatusChange::Container(b, other)) => {
            // States and messages keep their order: a later state makes an earlier message void.
            let is_flag = matches!(
                other,
                ContainerChange::Restarts(_)
                    | ContainerChange::Ready(_)
                    | ContainerChange::Started(_)
                    | ContainerChange::Attempt(_)
            );
            a == b && is_flag && discriminant(one) == discriminant(other)
        }
        _ => discriminant(one) == discriminant(other),
    }
}
