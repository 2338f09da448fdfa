//! What plugins of users compute once a cycle.

use std::any::{Any, TypeId};
use std::fmt::{self, Debug};
use std::sync::Arc;

/// Values of users' plugins in a cycle: one of each type, so that a plugin that keeps a type of its own
/// there meets nobody else's.
///
/// A cycle is cloned where a decision is tried out (nominated pods, preemption); the values are shared
/// until one of the clones [changes](Self::change) them.
#[derive(Clone, Default)]
pub struct OwnState(Vec<(TypeId, Arc<dyn Any + Send + Sync>)>);

impl OwnState {
    /// Keeps a value, in the place of an earlier one of its type.
    pub fn set<T: Any + Send + Sync>(&mut self, value: T) {
        let id = TypeId::of::<T>();
        self.0.retain(|entry| entry.0 != id);
        self.0.push((id, Arc::new(value)));
    }

    /// The value of a type.
    #[must_use]
    pub fn get<T: Any + Send + Sync>(&self) -> Option<&T> {
        let found = self.0.iter().find(|entry| entry.0 == TypeId::of::<T>())?;
        found.1.downcast_ref()
    }

    /// Changes the value of a type, if there is one; clones of the cycle keep what they have.
    pub fn change<T: Any + Clone + Send + Sync>(&mut self, change: impl FnOnce(&mut T)) {
        if let Some(mut value) = self.get::<T>().cloned() {
            change(&mut value);
            self.set(value);
        }
    }
}

impl Debug for OwnState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "OwnState of {} plugins", self.0.len())
    }
}
