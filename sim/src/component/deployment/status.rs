//! The status of a Deployment: counts, conditions, the progress deadline (C112–C114).

use wavetank_core::id::TextId;
use wavetank_core::object::condition::{Condition, Truth};
use wavetank_core::object::workload::DeploymentStatus;
use wavetank_core::text::known;
use wavetank_core::time::{SimDuration, Stamp};

use super::rollout::Rollout;

/// A condition that begins now.
pub(super) const fn condition(
    status: Truth,
    reason: TextId,
    message: TextId,
    now: Stamp,
) -> Condition {
    Condition {
        status,
        reason,
        message,
        changed: now,
        updated: now,
    }
}

/// Sets a condition: nothing happens if status and reason are the same, and the transition time stays
/// if the status is.
pub(super) fn set(current: &mut Condition, new: Condition) {
    if (current.status, current.reason) == (new.status, new.reason) {
        return;
    }
    let changed = if current.status == new.status {
        current.changed
    } else {
        new.changed
    };
    *current = Condition { changed, ..new };
}

impl Rollout<'_, '_, '_> {
    /// Whether the stored status says that the rollout is complete (C112).
    pub(super) fn is_complete(&self) -> bool {
        self.completes(&self.deployment.status)
    }

    fn completes(&self, status: &DeploymentStatus) -> bool {
        let wanted = self.replicas();
        status.updated == wanted
            && status.replicas == wanted
            && status.available == wanted
            && status.observed_generation >= self.deployment.meta.generation
    }

    /// The status of a paused, scaled or dying Deployment: without progress (C111).
    pub(super) fn sync_status_only(&mut self) {
        let status = self.calculate();
        self.write_if_changed(status);
    }

    /// The status of a rollout, with its progress (C113).
    pub(super) fn sync_status(&mut self) {
        let mut status = self.calculate();
        let current = self.status.progressing;
        let was_complete =
            status.replicas == status.updated && current.reason == known::NEW_REPLICA_SET_AVAILABLE;
        if !was_complete {
            self.note_progress(&mut status);
        }
        let mut failure = self.sets.iter().map(|set| set.status.failure);
        status.failure = failure
            .rfind(|condition| condition.status != Truth::Absent)
            .unwrap_or_default();
        if self.write_if_changed(status) {
            return;
        }
        self.look_again(&status);
    }

    fn note_progress(&mut self, status: &mut DeploymentStatus) {
        let (old, now) = (self.status, self.ctx.stamp());
        let current = old.progressing;
        if self.completes(status) {
            let message = self.message("has successfully progressed.");
            let reason = known::NEW_REPLICA_SET_AVAILABLE;
            set(
                &mut status.progressing,
                condition(Truth::True, reason, message, now),
            );
        } else if progresses(&old, status) {
            let message = self.message("is progressing.");
            let reason = known::REPLICA_SET_UPDATED;
            let mut new = condition(Truth::True, reason, message, now);
            if current.status.is_true() {
                new.changed = current.changed;
            }
            status.progressing = new;
        } else if self.has_timed_out(&current) {
            let message = self.message("has timed out progressing.");
            let reason = known::PROGRESS_DEADLINE_EXCEEDED;
            set(
                &mut status.progressing,
                condition(Truth::False, reason, message, now),
            );
        }
    }

    fn message(&mut self, what: &str) -> TextId {
        let texts = &self.view.definitions().texts;
        let new = self.new_set().and_then(|place| self.sets[place].id);
        let set = new.and_then(|id| self.view.replica_set(id));
        let text = match set {
            Some(set) => format!("ReplicaSet \"{}\" {what}", set.meta.name.text(texts)),
            None => format!(
                "Deployment \"{}\" {what}",
                self.deployment.meta.name.text(texts)
            ),
        };
        self.ctx.text(&text)
    }

    /// Whether the last progress is longer ago than the deadline (C113).
    fn has_timed_out(&self, current: &Condition) -> bool {
        if current.status == Truth::Absent || current.reason == known::NEW_REPLICA_SET_AVAILABLE {
            return false;
        }
        if current.reason == known::PROGRESS_DEADLINE_EXCEEDED {
            return true;
        }
        let deadline = self.spec.progress_deadline_seconds;
        current.updated.plus(deadline).instant(self.ctx.phase) < self.ctx.now
    }

    /// A rollout that is stuck looks again after its deadline (C113).
    fn look_again(&mut self, status: &DeploymentStatus) {
        let current = status.progressing;
        if current.status == Truth::Absent
            || self.completes(status)
            || current.reason == known::PROGRESS_DEADLINE_EXCEEDED
        {
            return;
        }
        let deadline = self.spec.progress_deadline_seconds;
        let at = current.updated.plus(deadline).instant(self.ctx.phase);
        let second = SimDuration::from_secs(1);
        if at < self.ctx.now + second {
            // In place of rate-limited looks every few milliseconds: the first one after the deadline.
            self.script
                .again(at.max(self.ctx.now) + SimDuration::from_millis(5));
        } else {
            self.script.again(at + second);
        }
    }

    /// Counts and the condition Available (C114), from the ReplicaSets as they were listed.
    fn calculate(&mut self) -> DeploymentStatus {
        let sum = |field: fn(&super::set::Set) -> u32| self.sets.iter().map(field).sum::<u32>();
        let available = sum(|set| set.status.available);
        let mut status = DeploymentStatus {
            observed_generation: self.deployment.meta.generation,
            replicas: sum(|set| set.status.replicas),
            updated: self
                .new_set()
                .map_or(0, |place| self.sets[place].status.replicas),
            ready: sum(|set| set.status.ready),
            available,
            unavailable: sum(|set| set.listed).saturating_sub(available),
            terminating: sum(|set| set.status.terminating),
            ..self.status
        };
        let is_enough = available >= self.replicas() - self.max_unavailable();
        let (reason, message) = if is_enough {
            (
                known::MINIMUM_REPLICAS_AVAILABLE,
                "Deployment has minimum availability.",
            )
        } else {
            (
                known::MINIMUM_REPLICAS_UNAVAILABLE,
                "Deployment does not have minimum availability.",
            )
        };
        let truth = Truth::of(is_enough);
        if (status.availability.status, status.availability.reason) != (truth, reason) {
            let message = self.ctx.text(message);
            let now = self.ctx.stamp();
            set(
                &mut status.availability,
                condition(truth, reason, message, now),
            );
        }
        status
    }

    /// Writes the status unless it is what is stored. Returns whether it was written.
    fn write_if_changed(&mut self, status: DeploymentStatus) -> bool {
        let is_changed = status != self.status;
        if is_changed {
            self.write_status(status);
        }
        is_changed
    }
}

/// Whether a status is further on than the one before (C113).
const fn progresses(old: &DeploymentStatus, new: &DeploymentStatus) -> bool {
    let old_replicas = old.replicas.saturating_sub(old.updated);
    let new_replicas = new.replicas.saturating_sub(new.updated);
    new.updated > old.updated
        || new_replicas < old_replicas
        || new.ready > old.ready
        || new.available > old.available
}
