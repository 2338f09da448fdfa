//! Random sequences that are consumed once, in order.

use rand_chacha::ChaCha8Rng;
use rand_core::{Rng, SeedableRng};
use serde::{Deserialize, Serialize};

use super::{Chance, scale_below};

/// Where the streams of sequences begin, above those of the purposes' keys.
const FIRST_STREAM: u64 = 1 << 32;

/// Which sequence. The list grows at the end only.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub enum SequenceName {
    /// The expansion of faults into a schedule.
    FaultSchedule,
    /// The generation of objects and clients.
    Workload,
    /// Uids, in the order of creation (C7).
    Uids,
    /// The choices of a search or a shrinking.
    Search,
}

/// A ChaCha8 stream with a name. It can be stored and taken up where it was.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(from = "Stored", into = "Stored")]
pub struct Sequence {
    root: [u8; 32],
    name: SequenceName,
    chacha: ChaCha8Rng,
}

/// What of a sequence is written down.
#[derive(Serialize, Deserialize)]
struct Stored {
    root: [u8; 32],
    name: SequenceName,
    position: u64,
}

impl Sequence {
    pub(super) fn new(root: [u8; 32], name: SequenceName) -> Self {
        let number = match name {
            SequenceName::FaultSchedule => 0,
            SequenceName::Workload => 1,
            SequenceName::Uids => 2,
            SequenceName::Search => 3,
        };
        let mut chacha = ChaCha8Rng::from_seed(root);
        chacha.set_stream(FIRST_STREAM + number);
        Self { root, name, chacha }
    }

    /// The next 64 uniform bits.
    #[inline]
    pub fn next_u64(&mut self) -> u64 {
        self.chacha.next_u64()
    }

    /// The next whole number below `bound`, each as likely.
    ///
    /// # Panics
    ///
    /// When `bound` is zero.
    pub fn below(&mut self, bound: u64) -> u64 {
        scale_below(bound, |_| self.chacha.next_u64())
    }

    /// Whether something of this chance happens next. Neither zero nor one consumes anything.
    pub fn chance(&mut self, chance: Chance) -> bool {
        chance.is_certain() || (!chance.is_zero() && chance.hits(self.next_u64()))
    }

    /// Puts `items` in a random order, each as likely.
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            let other = self.below(last as u64 + 1);
            items.swap(last, usize::try_from(other).expect("an index fits"));
        }
    }

    /// How many 32-bit words have been consumed.
    ///
    /// # Panics
    ///
    /// After 2^64 words.
    #[must_use]
    pub fn position(&self) -> u64 {
        u64::try_from(self.chacha.get_word_pos()).expect("a sequence is short")
    }

    /// Goes to a position that [`Sequence::position`] gave.
    pub fn seek(&mut self, position: u64) {
        self.chacha.set_word_pos(u128::from(position));
    }
}

impl From<Stored> for Sequence {
    fn from(stored: Stored) -> Self {
        let mut sequence = Self::new(stored.root, stored.name);
        sequence.seek(stored.position);
        sequence
    }
}

impl From<Sequence> for Stored {
    fn from(sequence: Sequence) -> Self {
        Self {
            root: sequence.root,
            name: sequence.name,
            position: sequence.position(),
        }
    }
}
