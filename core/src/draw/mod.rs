//! Randomness by address: a draw is a pure function of what it is for, whom it concerns, and which
//! one of theirs it is.
//!
//! Nothing here counts draws, so what is computed lazily draws the same as what is played out, and
//! a component that draws more disturbs nobody else. ChaCha8 makes one 128-bit key for each
//! [`Purpose`]; a draw mixes the address with that key and costs one to two nanoseconds.
//! Sequences that are consumed once and in order are [`Sequence`]s.
//!
//! **The mixer and the derivation of keys never change.** Every recorded run depends on them; the
//! golden vectors below are a promise. A better mixer would be a second one, under a new model
//! version.

mod chance;
mod purpose;
mod sequence;

pub use chance::Chance;
pub use purpose::Purpose;
pub use sequence::{Sequence, SequenceName};

use rand_chacha::ChaCha8Rng;
use rand_core::{Rng, SeedableRng};

/// The name under which blake3 derives the root of all draws.
const DERIVATION: &str = "wavetank draws, version 1";

/// Odd constants with about as many ones as zeros, so that identities made of two small numbers
/// spread before they meet a key.
const FIRST: u64 = 0x9e6c_63d0_a52f_71b5;
const SECOND: u64 = 0xc2b1_8d74_5e93_a60f;

/// The root of a run's randomness, with the key of every purpose.
///
/// Built once for a run; about 700 bytes.
#[derive(Clone, PartialEq, Eq)]
pub struct Key {
    root: [u8; 32],
    purposes: [PurposeKey; Purpose::LIST.len()],
    other: PurposeKey,
}

/// The key of one purpose: what a component keeps that draws often.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct PurposeKey {
    low: u64,
    high: u64,
}

/// Whom a draw concerns: an owner and ordinal, an object and its version, never a count of messages.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Identity(u64);

impl Key {
    /// The randomness of the run with this `seed` of the scenario with this digest.
    #[must_use]
    pub fn new(seed: u64, scenario: &[u8; 32]) -> Self {
        let mut hasher = blake3::Hasher::new_derive_key(DERIVATION);
        hasher.update(&seed.to_le_bytes());
        hasher.update(scenario);
        let root = *hasher.finalize().as_bytes();
        let mut chacha = ChaCha8Rng::from_seed(root);
        let mut key_of = |number: u16| {
            chacha.set_stream(u64::from(number));
            chacha.set_word_pos(0);
            PurposeKey {
                low: chacha.next_u64(),
                high: chacha.next_u64(),
            }
        };
        Self {
            root,
            purposes: Purpose::LIST.map(|purpose| key_of(purpose.number())),
            other: key_of(Purpose::OTHER),
        }
    }

    /// The key of one purpose.
    #[must_use]
    #[inline]
    pub fn of(&self, purpose: Purpose) -> PurposeKey {
        if let Purpose::Other(number) = purpose {
            let number = Identity::from(u32::from(number));
            return PurposeKey {
                low: self.other.draw(number, 0),
                high: self.other.draw(number, 1),
            };
        }
        self.purposes[usize::from(purpose.number())]
    }

    /// The draw with this address: 64 uniform bits.
    #[must_use]
    #[inline]
    pub fn draw(&self, purpose: Purpose, identity: impl Into<Identity>, index: u64) -> u64 {
        self.of(purpose).draw(identity, index)
    }

    /// A whole number below `bound`, each as likely.
    ///
    /// # Panics
    ///
    /// When `bound` is zero.
    #[must_use]
    #[inline]
    pub fn below(
        &self,
        purpose: Purpose,
        identity: impl Into<Identity>,
        index: u64,
        bound: u64,
    ) -> u64 {
        self.of(purpose).below(identity, index, bound)
    }

    /// Whether something of this chance happens. Neither zero nor one draws anything.
    #[must_use]
    #[inline]
    pub fn chance(
        &self,
        purpose: Purpose,
        identity: impl Into<Identity>,
        index: u64,
        chance: Chance,
    ) -> bool {
        chance.is_certain()
            || (!chance.is_zero() && chance.hits(self.draw(purpose, identity, index)))
    }

    /// The sequence of this name, at its beginning.
    #[must_use]
    pub fn sequence(&self, name: SequenceName) -> Sequence {
        Sequence::new(self.root, name)
    }
}

impl PurposeKey {
    /// The draw with this address: 64 uniform bits.
    #[must_use]
    #[inline]
    pub fn draw(self, identity: impl Into<Identity>, index: u64) -> u64 {
        mix(self, identity.into().0, index)
    }

    /// The upper half of the draw with this address.
    #[must_use]
    #[inline]
    pub fn unit_u32(self, identity: impl Into<Identity>, index: u64) -> u32 {
        upper_half(self.draw(identity, index))
    }

    /// A whole number below `bound`, each as likely.
    ///
    /// # Panics
    ///
    /// When `bound` is zero.
    #[must_use]
    #[inline]
    pub fn below(self, identity: impl Into<Identity>, index: u64, bound: u64) -> u64 {
        let mut draw = self.draw(identity, index);
        scale_below(bound, |attempt| {
            if attempt > 0 {
                // A refused draw is the identity of the next, so the address stays one address.
                draw = mix(self, draw, u64::from(attempt));
            }
            draw
        })
    }

    /// Whether something of this chance happens. Neither zero nor one draws anything.
    #[must_use]
    #[inline]
    pub fn chance(self, identity: impl Into<Identity>, index: u64, chance: Chance) -> bool {
        chance.is_certain() || (!chance.is_zero() && chance.hits(self.draw(identity, index)))
    }
}

impl From<u64> for Identity {
    #[inline]
    fn from(identity: u64) -> Self {
        Self(identity)
    }
}

impl From<u32> for Identity {
    #[inline]
    fn from(identity: u32) -> Self {
        Self(u64::from(identity))
    }
}

impl From<(u32, u32)> for Identity {
    /// Both numbers, side by side: different pairs are different identities.
    #[inline]
    fn from((owner, ordinal): (u32, u32)) -> Self {
        Self(u64::from(owner) << 32 | u64::from(ordinal))
    }
}

impl From<(u64, u64)> for Identity {
    /// A hash of both numbers: different pairs are different identities but for one in 2^64.
    #[inline]
    fn from((owner, ordinal): (u64, u64)) -> Self {
        let key = PurposeKey {
            low: FIRST,
            high: SECOND,
        };
        Self(mix(key, owner, ordinal))
    }
}

/// The frozen mixer: two multiplications of 64 × 64 bits, the second folded.
///
/// Every bit of the key, the identity and the index changes half of the result's bits.
#[inline]
fn mix(key: PurposeKey, identity: u64, index: u64) -> u64 {
    let wide = u128::from(identity ^ key.low) * u128::from(index ^ key.high);
    let (low, high) = halves(wide);
    let (low, high) = halves(u128::from(low ^ key.high) * u128::from(high ^ key.low));
    low ^ high
}

#[inline]
#[expect(
    clippy::cast_possible_truncation,
    reason = "the halves are what is asked for"
)]
const fn halves(wide: u128) -> (u64, u64) {
    (wide as u64, (wide >> 64) as u64)
}

#[inline]
const fn upper_half(draw: u64) -> u32 {
    (draw >> 32) as u32
}

/// Multiply-shift with rejection: unbiased below `bound`, as a rule from one draw.
///
/// `draws` gives the draw of an attempt, counted from 0. After 64 attempts, which each fail with a
/// chance below one half, the last is taken.
#[inline]
fn scale_below(bound: u64, mut draws: impl FnMut(u32) -> u64) -> u64 {
    assert!(bound > 0, "there is no number below zero to draw");
    let mut attempt = 0;
    loop {
        let (low, high) = halves(u128::from(draws(attempt)) * u128::from(bound));
        // The division is worth making only where a refusal is possible at all.
        if low >= bound || low >= bound.wrapping_neg() % bound || attempt == 64 {
            return high;
        }
        attempt += 1;
    }
}

#[cfg(test)]
mod tests;

impl std::fmt::Debug for Key {
    /// Keys are long and say nothing to a reader.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Key")
    }
}

impl std::fmt::Debug for PurposeKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PurposeKey")
    }
}
