//! Which objects select a pod: remembered for each label set, since sets are few where pods are many.

use rustc_hash::FxHashMap;
use wavetank_core::id::{SetId, TextId};

/// For each namespace and label set, the numbers of the objects whose selectors match.
#[derive(Clone, Debug, Default)]
pub(crate) struct Selected {
    known: FxHashMap<(TextId, SetId), Vec<u32>>,
}

impl Selected {
    /// The objects that select pods of this namespace with this label set; `find` is asked when that is
    /// not known yet.
    pub(crate) fn of(
        &mut self,
        namespace: TextId,
        set: SetId,
        find: impl FnOnce() -> Vec<u32>,
    ) -> &[u32] {
        self.known.entry((namespace, set)).or_insert_with(find)
    }

    /// Forgets everything: a selector came, went, or changed.
    pub(crate) fn clear(&mut self) {
        self.known.clear();
    }
}
