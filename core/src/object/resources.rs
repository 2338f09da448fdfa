//! Amounts of resources: integers of the smallest unit.

use serde::{Deserialize, Serialize};

/// Requests, limits or capacities.
///
/// CPU is in millicores, memory and ephemeral storage in bytes, `pods` and extended resources are
/// counts. Extended resources are sorted by name.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
pub struct Resources {
    /// `cpu`, in millicores.
    pub cpu: i64,
    /// `memory`, in bytes.
    pub memory: i64,
    /// `ephemeral-storage`, in bytes.
    pub storage: i64,
    /// `pods`, a count (capacities only).
    pub pods: i64,
    /// Everything else that the scheduler counts (S42): name and amount, sorted by name.
    pub extended: Vec<(Box<str>, i64)>,
}

impl Resources {
    /// The amount of an extended resource, zero when it is not there.
    #[must_use]
    pub fn extended(&self, name: &str) -> i64 {
        self.extended
            .binary_search_by(|(key, _)| key.as_ref().cmp(name))
            .map_or(0, |index| self.extended[index].1)
    }

    /// Adds `other` to this, resource by resource.
    pub fn add(&mut self, other: &Self) {
        self.cpu += other.cpu;
        self.memory += other.memory;
        self.storage += other.storage;
        self.pods += other.pods;
        for (name, amount) in &other.extended {
            match self.extended.binary_search_by(|(key, _)| key.cmp(name)) {
                Ok(index) => self.extended[index].1 += amount,
                Err(index) => self.extended.insert(index, (name.clone(), *amount)),
            }
        }
    }

    /// Raises each amount of this to that of `other` where it is larger.
    pub fn raise(&mut self, other: &Self) {
        self.cpu = self.cpu.max(other.cpu);
        self.memory = self.memory.max(other.memory);
        self.storage = self.storage.max(other.storage);
        self.pods = self.pods.max(other.pods);
        for (name, amount) in &other.extended {
            match self.extended.binary_search_by(|(key, _)| key.cmp(name)) {
                Ok(index) => {
                    self.extended[index].1 = self.extended[index].1.max(*amount);
                }
                Err(index) => self.extended.insert(index, (name.clone(), *amount)),
            }
        }
    }
}
