//! Scaling events and pauses: sizes change in proportion (C111).

use super::rollout::Rollout;
use wavetank_core::object::spec::Strategy;

impl Rollout<'_, '_, '_> {
    /// Brings the sizes of the ReplicaSets to the Deployment's, without rolling.
    pub(super) fn scale(&mut self) {
        let active: Vec<usize> = (0..self.sets.len())
            .filter(|place| self.sets[*place].replicas > 0)
            .collect();
        let replicas = self.replicas();
        let only = match active.as_slice() {
            [] => self.new_set().or_else(|| self.sets.len().checked_sub(1)),
            [only] => Some(*only),
            _ => None,
        };
        if let Some(only) = only {
            self.scale_set(only, replicas);
        } else if self.is_saturated() {
            for place in self.old_sets() {
                self.scale_set(place, 0);
            }
        } else if !active.is_empty() && self.spec.strategy != Strategy::Recreate {
            self.scale_in_proportion(active);
        }
    }

    /// Whether the new ReplicaSet has everything that the Deployment asks for.
    fn is_saturated(&self) -> bool {
        self.new_set().is_some_and(|new| {
            let set = &self.sets[new];
            let wanted = self.replicas();
            set.replicas == wanted && set.desired == wanted && set.status.available == wanted
        })
    }

    fn scale_in_proportion(&mut self, mut active: Vec<usize>) {
        let replicas = self.replicas();
        let allowed = if replicas > 0 {
            replicas + self.surge()
        } else {
            0
        };
        let total: u32 = active.iter().map(|place| self.sets[*place].replicas).sum();
        let add = i64::from(allowed) - i64::from(total);
        active.sort_by(|a, b| {
            let by_age = if add > 0 { b.cmp(a) } else { a.cmp(b) };
            let sizes = (self.sets[*a].replicas, self.sets[*b].replicas);
            sizes.1.cmp(&sizes.0).then(by_age)
        });
        let mut sizes = Vec::with_capacity(active.len());
        let mut added = 0;
        for place in &active {
            let share = self.share(*place, add, added);
            added += share;
            sizes.push(i64::from(self.sets[*place].replicas) + share);
        }
        if add != 0 {
            sizes[0] = (sizes[0] + add - added).max(0);
        }
        for (place, size) in active.into_iter().zip(sizes) {
            let size = u32::try_from(size.max(0)).expect("sizes are below four billion");
            self.resize(place, size);
        }
    }

    /// How many pods a ReplicaSet gains or loses of the `add`, of which `added` are given out.
    fn share(&self, place: usize, add: i64, added: i64) -> i64 {
        let set = &self.sets[place];
        let size = i64::from(set.replicas);
        if set.replicas == 0 || add == 0 || add == added {
            return 0;
        }
        let fraction = if self.replicas() == 0 {
            -size
        } else {
            let before = match set.maximum {
                0 => self.status.replicas.max(1),
                maximum => maximum,
            };
            let wanted = size * i64::from(self.replicas() + self.surge());
            let before = i64::from(before);
            // Rounded to the nearest, halves up.
            (2 * wanted + before) / (2 * before) - size
        };
        let left = add - added;
        if add > 0 {
            fraction.min(left)
        } else {
            fraction.max(left)
        }
    }
}
