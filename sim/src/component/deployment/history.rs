//! Old ReplicaSets beyond the limit of history (C115).

use super::rollout::Rollout;
use crate::message::call::{Propagation, Request};

impl Rollout<'_, '_, '_> {
    /// Deletes the oldest revisions that have no pods.
    pub(super) fn clean_up(&mut self) {
        let limit = self.spec.revision_history_limit as usize;
        let mut old = self.old_sets();
        old.retain(|place| !self.sets[*place].is_deleting);
        let Some(count) = old.len().checked_sub(limit).filter(|count| *count > 0) else {
            return;
        };
        old.sort_by_key(|place| self.sets[*place].revision);
        for place in old.into_iter().take(count) {
            let set = &self.sets[place];
            let is_empty = set.status.replicas == 0 && set.replicas == 0;
            if let Some(id) = set.id
                && is_empty
                && set.generation <= set.status.observed_generation
            {
                self.script
                    .write(Request::Delete(id.into(), Propagation::Background));
            }
        }
    }
}
