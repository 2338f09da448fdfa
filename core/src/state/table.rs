//! A versioned table: the newest value of every object of one kind, and the older values that some
//! view still needs.
//!
//! The ring of undo entries is at once the journal of the kind's writes, in the order of revisions: a
//! watch that moves from one revision to another walks it.

use std::collections::{BTreeMap, VecDeque};
use std::marker::PhantomData;

use crate::id::Rev;
use crate::time::SimTime;

/// Ids on one page; a page whose objects are all gone is given back.
const PAGE: usize = 256;

/// A versioned table of values `T` with ids `I`.
#[derive(Clone, Debug)]
pub struct Table<I, T> {
    pages: Vec<Option<Box<Page<T>>>>,
    len: u32,
    live: u32,
    ring: VecDeque<Undo<T>>,
    /// The number of the ring's first entry, counted from the beginning of the run.
    first: u64,
    id: PhantomData<I>,
}

#[derive(Clone, Debug)]
struct Page<T> {
    slots: Vec<Slot<T>>,
    /// Slots that are filled and not reclaimed.
    used: u32,
}

/// The newest version of an object.
#[derive(Clone, Debug)]
struct Slot<T> {
    rev: Rev,
    /// The number of the undo entry that holds the version before this one, plus 1.
    previous: u64,
    value: Option<T>,
}

/// A write that happened: what the object was before it.
#[derive(Clone, Debug)]
pub struct Undo<T> {
    /// The write's revision.
    pub rev: Rev,
    /// When it was committed.
    pub at: SimTime,
    /// The object's number.
    pub index: u32,
    /// The revision of the version before, if there was one.
    before_rev: Rev,
    /// The undo entry of the version before that one, plus 1.
    previous: u64,
    /// The value before; none when the write created the object.
    pub before: Option<T>,
}

/// A write as a watch sees it: the value before and the value after.
#[derive(Clone, Copy, Debug)]
pub struct Change<'a, T> {
    /// The write's revision.
    pub rev: Rev,
    /// The object's number.
    pub index: u32,
    /// The value before; none when the write created the object.
    pub before: Option<&'a T>,
    /// The value after; none when the write removed the object.
    pub after: Option<&'a T>,
}

impl<I, T> Default for Table<I, T> {
    fn default() -> Self {
        Self {
            pages: Vec::new(),
            len: 0,
            live: 0,
            ring: VecDeque::new(),
            first: 0,
            id: PhantomData,
        }
    }
}

impl<I, T: Clone> Table<I, T> {
    /// How many objects there have ever been: the next object's number.
    #[must_use]
    pub const fn len(&self) -> u32 {
        self.len
    }

    /// Whether there has never been one.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// How many objects there are now.
    #[must_use]
    pub const fn live(&self) -> u32 {
        self.live
    }

    fn slot(&self, index: u32) -> Option<&Slot<T>> {
        let index = index as usize;
        self.pages
            .get(index / PAGE)?
            .as_ref()?
            .slots
            .get(index % PAGE)
    }

    /// The newest value of an object that is there.
    #[must_use]
    pub fn newest(&self, index: u32) -> Option<&T> {
        self.slot(index)?.value.as_ref()
    }

    /// The revision of an object's newest write.
    #[must_use]
    pub fn rev(&self, index: u32) -> Option<Rev> {
        self.slot(index).map(|slot| slot.rev)
    }

    /// The value of an object as of `upto`, if it was there then.
    ///
    /// # Panics
    ///
    /// When the version is no longer kept: some cursor was not counted in `trim`.
    #[must_use]
    pub fn at(&self, index: u32, upto: Rev) -> Option<&T> {
        self.version(index, upto).1
    }

    /// The revision and value of an object as of `upto`.
    ///
    /// # Panics
    ///
    /// When the version is no longer kept.
    #[must_use]
    pub fn version(&self, index: u32, upto: Rev) -> (Rev, Option<&T>) {
        let Some(slot) = self.slot(index) else {
            return (Rev::ZERO, None);
        };
        if slot.rev <= upto {
            return (slot.rev, slot.value.as_ref());
        }
        let mut number = slot.previous;
        loop {
            let undo = self.undo(number);
            if undo.before.is_none() || undo.before_rev <= upto {
                return (undo.before_rev, undo.before.as_ref());
            }
            number = undo.previous;
        }
    }

    fn undo(&self, number_plus_one: u64) -> &Undo<T> {
        let offset = (number_plus_one - 1)
            .checked_sub(self.first)
            .expect("a version that a view needs was trimmed");
        &self.ring[usize::try_from(offset).expect("the undo ring is longer than memory")]
    }

    /// Adds an object. Returns its number.
    ///
    /// # Panics
    ///
    /// After four billion objects.
    pub(crate) fn insert(&mut self, rev: Rev, at: SimTime, value: T) -> u32 {
        let index = self.len;
        self.len = index
            .checked_add(1)
            .expect("more than four billion objects of one kind");
        self.live += 1;
        let page = index as usize / PAGE;
        if page == self.pages.len() {
            self.pages.push(Some(Box::new(Page {
                slots: Vec::with_capacity(PAGE),
                used: 0,
            })));
        }
        let page = self.pages[page].as_mut().expect("the last page is in use");
        page.slots.push(Slot {
            rev,
            previous: 0,
            value: Some(value),
        });
        page.used += 1;
        let number = self.record(rev, at, index, Rev::ZERO, 0, None);
        self.slot_mut(index).previous = number;
        index
    }

    /// Writes an object: keeps the value before, then changes the newest in place.
    ///
    /// # Panics
    ///
    /// When the object is not there.
    pub(crate) fn update(
        &mut self,
        index: u32,
        rev: Rev,
        at: SimTime,
        change: impl FnOnce(&mut T),
    ) {
        let slot = self
            .slot(index)
            .expect("a write of an object that is not there");
        let (before_rev, previous, before) = (slot.rev, slot.previous, slot.value.clone());
        assert!(before.is_some(), "a write of an object that was removed");
        let number = self.record(rev, at, index, before_rev, previous, before);
        let slot = self.slot_mut(index);
        slot.rev = rev;
        slot.previous = number;
        change(slot.value.as_mut().expect("just seen"));
    }

    /// Removes an object: its value stays readable for older views.
    ///
    /// # Panics
    ///
    /// When the object is not there.
    pub(crate) fn remove(&mut self, index: u32, rev: Rev, at: SimTime) {
        let slot = self.slot_mut(index);
        let (before_rev, previous) = (slot.rev, slot.previous);
        let before = slot.value.take();
        assert!(before.is_some(), "an object was removed twice");
        slot.rev = rev;
        self.live -= 1;
        let number = self.record(rev, at, index, before_rev, previous, before);
        self.slot_mut(index).previous = number;
    }

    fn slot_mut(&mut self, index: u32) -> &mut Slot<T> {
        let index = index as usize;
        &mut self.pages[index / PAGE]
            .as_mut()
            .expect("a page of a live object")
            .slots[index % PAGE]
    }

    fn record(
        &mut self,
        rev: Rev,
        at: SimTime,
        index: u32,
        before_rev: Rev,
        previous: u64,
        before: Option<T>,
    ) -> u64 {
        self.ring.push_back(Undo {
            rev,
            at,
            index,
            before_rev,
            previous,
            before,
        });
        self.first + self.ring.len() as u64
    }

    /// Forgets the versions that no view at `keep` or later needs, and calls `gone` with the number and
    /// last value of each object whose removal is thereby past.
    pub(crate) fn trim(&mut self, keep: Rev, mut gone: impl FnMut(u32, &T)) {
        while let Some(front) = self.ring.front() {
            if front.rev > keep {
                return;
            }
            let undo = self.ring.pop_front().expect("just seen");
            self.first += 1;
            let page = undo.index as usize / PAGE;
            let is_last = self
                .slot(undo.index)
                .is_some_and(|slot| slot.rev == undo.rev && slot.value.is_none());
            if is_last {
                if let Some(last) = &undo.before {
                    gone(undo.index, last);
                }
                let used = self.pages[page].as_mut().map_or(1, |page| {
                    page.used -= 1;
                    page.used
                });
                // The last page may still grow.
                if used == 0 && (page + 1) * PAGE <= self.len as usize {
                    self.pages[page] = None;
                }
            }
        }
    }

    /// The writes after `from`, up to and including `upto`, in order.
    ///
    /// # Panics
    ///
    /// When writes after `from` are no longer kept.
    pub fn changes(&self, from: Rev, upto: Rev) -> impl Iterator<Item = Change<'_, T>> + '_ {
        self.ring
            .range(self.first_after(from)..)
            .take_while(move |undo| undo.rev <= upto)
            .map(|undo| Change {
                rev: undo.rev,
                index: undo.index,
                before: undo.before.as_ref(),
                after: self.at(undo.index, undo.rev),
            })
    }

    /// What a list at `upto` shows to somebody who knew `from`: each object that differs once, in the order
    /// of their numbers; what came and went in between is not seen (C32).
    ///
    /// # Panics
    ///
    /// When writes after `from` are no longer kept.
    #[must_use]
    pub fn difference(&self, from: Rev, upto: Rev) -> Vec<Change<'_, T>> {
        let mut newest = BTreeMap::new();
        for undo in self.ring.range(self.first_after(from)..) {
            if undo.rev <= upto {
                let _ = newest.insert(undo.index, undo.rev);
            }
        }
        let changes = newest.into_iter().map(|(index, rev)| Change {
            rev,
            index,
            before: self.at(index, from),
            after: self.at(index, upto),
        });
        changes
            .filter(|change| change.before.is_some() || change.after.is_some())
            .collect()
    }

    /// Where in the ring the writes after `from` begin. Whoever asks has seen all but the last few writes:
    /// looking back from the end in growing steps touches little more than those.
    fn first_after(&self, from: Rev) -> usize {
        let mut end = self.ring.len();
        let mut step = 1;
        while end > 0 {
            let begin = end.saturating_sub(step);
            if self.ring[begin].rev <= from {
                let (mut low, mut high) = (begin + 1, end);
                while low < high {
                    let middle = low + (high - low) / 2;
                    if self.ring[middle].rev <= from {
                        low = middle + 1;
                    } else {
                        high = middle;
                    }
                }
                return low;
            }
            end = begin;
            step *= 2;
        }
        0
    }

    /// The oldest revision from which [`Self::changes`] can be asked: the window of C23.
    #[must_use]
    pub fn oldest(&self) -> Option<Rev> {
        self.ring.front().map(|undo| undo.rev)
    }

    /// The last write of this kind that was committed at or before `at`; [`Rev::ZERO`] when it is no
    /// longer kept or there is none.
    #[must_use]
    pub fn last_by(&self, at: SimTime) -> Rev {
        let end = self.ring.partition_point(|undo| undo.at <= at);
        end.checked_sub(1)
            .map_or(Rev::ZERO, |index| self.ring[index].rev)
    }

    /// The numbers of the objects of which something is kept, and some others near them, ascending:
    /// pages of objects that are gone cost nothing.
    fn kept_indexes(&self) -> impl Iterator<Item = u32> + '_ {
        let pages = self.pages.iter().enumerate();
        pages
            .filter(|(_, page)| page.is_some())
            .flat_map(|(number, _)| number * PAGE..(number + 1) * PAGE)
            .map_while(|index| u32::try_from(index).ok())
            .take_while(|index| *index < self.len)
    }

    /// The numbers of the objects that are there now, ascending.
    pub fn live_indexes(&self) -> impl Iterator<Item = u32> + '_ {
        self.kept_indexes()
            .filter(|index| self.newest(*index).is_some())
    }

    /// The numbers of the objects that were there as of `upto`, ascending, with their values.
    pub fn iter_at(&self, upto: Rev) -> impl Iterator<Item = (u32, &T)> + '_ {
        self.kept_indexes()
            .filter_map(move |index| Some((index, self.at(index, upto)?)))
    }

    /// Forgets everything, keeping capacity.
    pub(crate) fn reset(&mut self) {
        self.pages.clear();
        self.len = 0;
        self.live = 0;
        self.ring.clear();
        self.first = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rev(number: u32) -> Rev {
        Rev(number)
    }

    #[test]
    fn a_list_shows_what_differs() {
        let mut table: Table<(), &str> = Table::default();
        let at = SimTime::ZERO;
        let kept = table.insert(rev(1), at, "k1");
        let lost = table.insert(rev(2), at, "l2");
        table.update(kept, rev(3), at, |value| *value = "k3");
        let brief = table.insert(rev(4), at, "b4");
        table.update(kept, rev(5), at, |value| *value = "k5");
        table.remove(brief, rev(6), at);
        table.remove(lost, rev(7), at);
        let new = table.insert(rev(8), at, "n8");

        let seen = |from, upto| -> Vec<_> {
            let difference = table.difference(rev(from), rev(upto)).into_iter();
            difference
                .map(|it| (it.index, it.rev.0, it.before.copied(), it.after.copied()))
                .collect()
        };
        assert_eq!(
            seen(2, 8),
            [
                (kept, 5, Some("k1"), Some("k5")),
                (lost, 7, Some("l2"), None),
                (new, 8, None, Some("n8")),
            ]
        );
        assert_eq!(seen(4, 5), [(kept, 5, Some("k3"), Some("k5"))]);
        assert_eq!(seen(8, 8), []);
    }

    #[test]
    fn every_version_stays_readable_until_it_is_trimmed() {
        let mut table: Table<(), &str> = Table::default();
        let at = SimTime::ZERO;
        let a = table.insert(rev(1), at, "a1");
        let b = table.insert(rev(2), at, "b2");
        table.update(a, rev(3), at, |value| *value = "a3");
        table.remove(b, rev(4), at);
        table.update(a, rev(5), at, |value| *value = "a5");

        let seen: Vec<_> = (0..=5)
            .map(|n| (table.at(a, rev(n)), table.at(b, rev(n))))
            .collect();
        assert_eq!(
            seen,
            [
                (None, None),
                (Some(&"a1"), None),
                (Some(&"a1"), Some(&"b2")),
                (Some(&"a3"), Some(&"b2")),
                (Some(&"a3"), None),
                (Some(&"a5"), None),
            ]
        );
        let changes: Vec<_> = table
            .changes(rev(2), rev(4))
            .map(|change| (change.index, change.before.copied(), change.after.copied()))
            .collect();
        assert_eq!(
            changes,
            [(a, Some("a1"), Some("a3")), (b, Some("b2"), None)]
        );

        let mut gone = Vec::new();
        table.trim(rev(4), |index, last| gone.push((index, *last)));
        assert_eq!(gone, [(b, "b2")]);
        assert_eq!(
            (table.at(a, rev(4)), table.at(b, rev(4))),
            (Some(&"a3"), None)
        );
        assert_eq!((table.live(), table.len()), (1, 2));
    }

    #[test]
    fn pages_of_removed_objects_are_given_back() {
        let mut table: Table<(), u32> = Table::default();
        for n in 0..1_000 {
            let index = table.insert(rev(2 * n + 1), SimTime::ZERO, n);
            table.remove(index, rev(2 * n + 2), SimTime::ZERO);
        }
        table.trim(Rev::LATEST, |_, _| ());
        assert_eq!(table.pages.iter().filter(|page| page.is_some()).count(), 1);
    }
}
