//! Strategy Recreate (C117).

use super::rollout::Rollout;

impl Rollout<'_, '_, '_> {
    /// One step: the old pods go, then the new ones come.
    pub(super) fn recreate(&mut self) {
        let mut has_scaled = false;
        for place in self.old_sets() {
            has_scaled |= self.scale_set(place, 0);
        }
        if has_scaled || self.old_pods_run() {
            return self.sync_status();
        }
        match self.new_set() {
            None => {
                if !self.create_set() {
                    return;
                }
            }
            Some(new) => {
                let replicas = self.replicas();
                self.scale_set(new, replicas);
            }
        }
        if self.is_complete() {
            self.clean_up();
        }
        self.sync_status();
    }

    /// Whether a pod of an old ReplicaSet may still run: a terminating one does, a terminal one does not.
    fn old_pods_run(&self) -> bool {
        self.old_sets().into_iter().any(|place| {
            let set = &self.sets[place];
            let runs = |id| {
                let mut pods = self.view.pods_of_owner(id);
                pods.any(|(_, pod)| !pod.phase.is_terminal())
            };
            set.status.replicas > 0 || set.id.is_some_and(|id| runs(id.into()))
        })
    }
}
