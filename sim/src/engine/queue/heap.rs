//! A heap with four children a node: half as deep as a binary one, and a node's children together.

use super::Entry;

const CHILDREN: usize = 4;

#[derive(Clone, Debug)]
pub(super) struct Heap<T> {
    /// No entry is less than its parent, at `(place - 1) / CHILDREN`.
    entries: Vec<Entry<T>>,
}

impl<T: Copy> Heap<T> {
    pub(super) const fn new() -> Self {
        Self {
            entries: Vec::new(),
        }
    }

    #[inline]
    pub(super) const fn len(&self) -> usize {
        self.entries.len()
    }

    #[inline]
    pub(super) fn first(&self) -> Option<&Entry<T>> {
        self.entries.first()
    }

    pub(super) fn clear(&mut self) {
        self.entries.clear();
    }

    #[inline]
    pub(super) fn push(&mut self, entry: Entry<T>) {
        let mut hole = self.entries.len();
        self.entries.push(entry);
        let key = entry.key.packed();
        while hole > 0 {
            let parent = (hole - 1) / CHILDREN;
            if self.entries[parent].key.packed() <= key {
                break;
            }
            self.entries[hole] = self.entries[parent];
            hole = parent;
        }
        self.entries[hole] = entry;
    }

    #[inline]
    pub(super) fn pop(&mut self) -> Option<Entry<T>> {
        let last = self.entries.pop()?;
        let Some(&first) = self.entries.first() else {
            return Some(last);
        };
        self.sink(last);
        Some(first)
    }

    /// Puts `entry` in the place of the first and lets it sink to its level.
    #[inline]
    fn sink(&mut self, entry: Entry<T>) {
        let key = entry.key.packed();
        let length = self.entries.len();
        let mut hole = 0;
        loop {
            let child = hole * CHILDREN + 1;
            if child >= length {
                break;
            }
            let children = &self.entries[child..length.min(child + CHILDREN)];
            let (mut least, mut least_key) = (0, children[0].key.packed());
            for (place, other) in children.iter().enumerate().skip(1) {
                let other_key = other.key.packed();
                // Written as a choice of values, so that it compiles without a branch.
                let less = other_key < least_key;
                least = if less { place } else { least };
                least_key = if less { other_key } else { least_key };
            }
            if key <= least_key {
                break;
            }
            self.entries[hole] = children[least];
            hole = child + least;
        }
        self.entries[hole] = entry;
    }
}
