//! Strategy RollingUpdate (C106–C109).

use super::rollout::Rollout;

impl Rollout<'_, '_, '_> {
    /// One rolling step (C106).
    pub(super) fn roll(&mut self) {
        let is_created = self.new_set().is_none();
        if is_created && !self.create_set() {
            return;
        }
        let new = self.new_set().expect("it is there or was created");
        if !is_created && self.reconcile_new(new) {
            return self.sync_status();
        }
        if !self.reconcile_old(new) && self.is_complete() {
            self.clean_up();
        }
        self.sync_status();
    }

    /// Scales the new ReplicaSet. Returns whether it was.
    fn reconcile_new(&mut self, new: usize) -> bool {
        let replicas = self.replicas();
        if self.sets[new].replicas > replicas {
            return self.scale_set(new, replicas);
        }
        let size = self.new_size();
        self.scale_set(new, size)
    }

    /// Scales old ReplicaSets down as far as availability allows (C107). Returns whether any was.
    fn reconcile_old(&mut self, new: usize) -> bool {
        let old = self.old_sets();
        if old.iter().all(|place| self.sets[*place].replicas == 0) {
            return false;
        }
        let min_available = self.replicas() - self.max_unavailable();
        let new = &self.sets[new];
        let new_unavailable = i64::from(new.replicas) - i64::from(new.status.available);
        let most = i64::from(self.total()) - i64::from(min_available) - new_unavailable;
        let Ok(most) = u32::try_from(most) else {
            return false;
        };
        if most == 0 {
            return false;
        }
        let unhealthy = self.remove_unhealthy(&old, most);
        let healthy = self.remove_healthy(&old, min_available);
        unhealthy || healthy
    }

    fn remove_unhealthy(&mut self, old: &[usize], most: u32) -> bool {
        let mut left = most;
        for place in old {
            let set = self.sets[*place];
            let unhealthy = set.replicas.saturating_sub(set.status.available);
            let count = unhealthy.min(left);
            if count > 0 {
                self.scale_set(*place, set.replicas - count);
                left -= count;
            }
        }
        left < most
    }

    fn remove_healthy(&mut self, old: &[usize], min_available: u32) -> bool {
        let available: u32 = self.sets.iter().map(|set| set.status.available).sum();
        let mut left = available.saturating_sub(min_available);
        let before = left;
        for place in old {
            let replicas = self.sets[*place].replicas;
            let count = replicas.min(left);
            if count > 0 {
                self.scale_set(*place, replicas - count);
                left -= count;
            }
        }
        left < before
    }
}
