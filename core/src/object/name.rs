//! Names of objects, with the five characters that the API server appends kept as a number.

use std::fmt::Write as _;

use serde::{Deserialize, Serialize};

use crate::id::TextId;
use crate::text::Texts;

/// The 27 symbols of generated names (C10).
const ALPHABET: &[u8; 27] = b"bcdfghjklmnpqrstvwxz2456789";
/// How many different suffixes there are: 27 to the fifth.
pub const SUFFIXES: u32 = 27 * 27 * 27 * 27 * 27;
/// The suffix of a name that has none.
const NONE: u32 = 0;

/// A name: an interned beginning, and perhaps a generated suffix of five characters (C10).
///
/// A name that somebody typed and that merely looks generated is kept in the same form, so that equal
/// names are equal values.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize,
)]
pub struct ObjectName {
    /// The beginning, with its last dash when a suffix follows.
    pub base: TextId,
    /// One more than the suffix's number, or 0 when there is none.
    suffix: u32,
}

impl ObjectName {
    /// The name `text`.
    pub fn new(text: &str, texts: &mut Texts) -> Self {
        Self::with(text, |part| texts.intern(part))
    }

    /// The name `text`, its beginning interned by `intern`.
    pub fn with(text: &str, intern: impl FnOnce(&str) -> TextId) -> Self {
        match split(text) {
            Some((base, number)) => Self {
                base: intern(base),
                suffix: number + 1,
            },
            None => Self {
                base: intern(text),
                suffix: NONE,
            },
        }
    }

    /// The name `text`, if all its parts are interned already.
    #[must_use]
    pub fn find(text: &str, texts: &Texts) -> Option<Self> {
        match split(text) {
            Some((base, number)) => Some(Self {
                base: texts.find(base)?,
                suffix: number + 1,
            }),
            None => Some(Self {
                base: texts.find(text)?,
                suffix: NONE,
            }),
        }
    }

    /// `generateName`: `base` (which ends in a dash) and the suffix with this number.
    ///
    /// # Panics
    ///
    /// When `number` is not below [`SUFFIXES`].
    #[must_use]
    pub fn generated(base: TextId, number: u32) -> Self {
        assert!(number < SUFFIXES, "a name suffix has five characters");
        Self {
            base,
            suffix: number + 1,
        }
    }

    /// The name as people read it.
    #[must_use]
    pub fn text(self, texts: &Texts) -> String {
        let mut text = String::from(texts.get(self.base));
        if let Some(number) = self.suffix.checked_sub(1) {
            let mut rest = number;
            let mut symbols = [0_u8; 5];
            for symbol in symbols.iter_mut().rev() {
                *symbol = ALPHABET[(rest % 27) as usize];
                rest /= 27;
            }
            for symbol in symbols {
                let _ = write!(text, "{}", char::from(symbol));
            }
        }
        text
    }
}

/// Splits `base-xxxxx` when the end could have been generated.
fn split(text: &str) -> Option<(&str, u32)> {
    let at = text.len().checked_sub(5)?;
    let (base, end) = (text.get(..at)?, text.get(at..)?);
    if !base.ends_with('-') || base.len() < 2 {
        return None;
    }
    let mut number = 0_u32;
    for byte in end.bytes() {
        let digit = ALPHABET.iter().position(|symbol| *symbol == byte)?;
        number = number * 27 + u32::try_from(digit).ok()?;
    }
    Some((base, number))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, has_suffix: bool) {
        let mut texts = Texts::default();
        let name = ObjectName::new(text, &mut texts);
        assert_eq!(name.text(&texts), text);
        assert_eq!(name.suffix != NONE, has_suffix, "{text}");
        assert_eq!(ObjectName::find(text, &texts), Some(name));
    }

    #[test]
    fn names_keep_their_text() {
        check("web", false);
        check("web-6f8d-x2bqk", true);
        check("web-6f8d-xabcd", false); // `a` is not in the alphabet
        check("-x2bqk", false);
        check("kube-dns", false);
    }

    #[test]
    fn a_generated_name_equals_the_typed_one() {
        let mut texts = Texts::default();
        let base = texts.intern("web-");
        let name = ObjectName::generated(base, 1_234_567);
        assert_eq!(ObjectName::new(&name.text(&texts), &mut texts), name);
    }
}
