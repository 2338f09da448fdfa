//! The encoding of entry bodies: the only file that names bincode.
//!
//! The configuration is part of the log's format and never changes: little-endian, varint integers,
//! as bincode 2 calls `standard()`. Logged types are plain structs and enums without serde
//! attributes other than `derive`; enums grow only at the end.

use bincode::config::{Configuration, Limit, LittleEndian, Varint};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::entry::MAX_BODY_BYTES;
use super::error::LogError;

/// The codec charges an integer with its full width, up to sixteen times the bytes that it takes, so
/// that a smaller limit would refuse some bodies that fit in an entry.
const LIMIT: usize = 16 * MAX_BODY_BYTES;

type Format = Configuration<LittleEndian, Varint, Limit<LIMIT>>;

const FORMAT: Format = bincode::config::standard().with_limit::<LIMIT>();

/// Appends the encoding of `value` to `bytes`. Reuse the buffer: nothing else is allocated.
///
/// # Errors
///
/// [`LogError::Encode`] when the type has a shape that the codec cannot write; `bytes` then ends in
/// the middle of the value.
pub fn encode<T: Serialize>(value: &T, bytes: &mut Vec<u8>) -> Result<(), LogError> {
    bincode::serde::encode_into_writer(value, Appender(bytes), FORMAT).map_err(|error| {
        LogError::Encode {
            message: error.to_string(),
        }
    })
}

/// Decodes a value from the front of `bytes`, and returns it with the number of bytes it took.
///
/// # Errors
///
/// [`LogError::Decode`] when the bytes are not a value of this type, or claim more content
/// than sixteen times [`MAX_BODY_BYTES`]: a length is checked before anything is allocated for it.
pub fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<(T, usize), LogError> {
    bincode::serde::decode_from_slice(bytes, FORMAT).map_err(|error| LogError::Decode {
        message: error.to_string(),
    })
}

/// Appends without the detour over `std::io::Write`.
struct Appender<'a>(&'a mut Vec<u8>);

impl bincode::enc::write::Writer for Appender<'_> {
    #[inline]
    fn write(&mut self, bytes: &[u8]) -> Result<(), bincode::error::EncodeError> {
        self.0.extend_from_slice(bytes);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Debug;

    use expect_test::{Expect, expect};
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    enum Sample {
        Small { at: u64, pod: u32 },
        Text(String),
        List(Vec<u64>),
    }

    fn check(value: &Sample, expected: Expect) {
        let mut bytes = Vec::new();
        encode(value, &mut bytes).unwrap();
        expected.assert_eq(&format!("{bytes:02x?}"));
        let (decoded, length): (Sample, usize) = decode(&bytes).unwrap();
        assert_eq!((&decoded, length), (value, bytes.len()));
    }

    fn check_error<T: Debug + DeserializeOwned>(bytes: &[u8], expected: Expect) {
        expected.assert_eq(&decode::<T>(bytes).unwrap_err().to_string());
    }

    /// These bytes are a promise: logs hold them.
    #[test]
    fn the_encoding_is_frozen() {
        check(
            &Sample::Small { at: 300, pod: 7 },
            expect!["[00, fb, 2c, 01, 07]"],
        );
        check(
            &Sample::Text("pod".to_owned()),
            expect!["[01, 03, 70, 6f, 64]"],
        );
        check(
            &Sample::List(vec![250, 251, 1 << 40]),
            expect!["[02, 03, fa, fb, fb, 00, fd, 00, 00, 00, 00, 00, 01, 00, 00]"],
        );
    }

    #[test]
    fn a_giant_length_is_an_error() {
        const LENGTH: [u8; 9] = [0xfd, 0, 0, 0, 0, 0, 0, 0, 0x10]; // 2^60
        let with_variant = |variant: u8| [&[variant][..], &LENGTH].concat();
        check_error::<Sample>(
            &with_variant(1),
            expect!["a logged value could not be decoded: LimitExceeded"],
        );
        check_error::<Sample>(
            &with_variant(2),
            expect!["a logged value could not be decoded: UnexpectedEnd { additional: 1 }"],
        );
        check_error::<Vec<u8>>(
            &LENGTH,
            expect!["a logged value could not be decoded: UnexpectedEnd { additional: 1 }"],
        );
        check_error::<Sample>(
            &[9],
            expect![[
                r#"a logged value could not be decoded: OtherString("invalid value: integer `9`, expected variant index 0 <= i < 3")"#
            ]],
        );
        check_error::<Sample>(
            &[],
            expect!["a logged value could not be decoded: UnexpectedEnd { additional: 1 }"],
        );
    }
}
