//! Little-endian fields and varints, read without panics.

/// Reads fields off the front of a byte string; `None` when it is too short.
pub(crate) struct Fields<'a>(pub(crate) &'a [u8]);

impl<'a> Fields<'a> {
    pub(crate) fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(taken)
    }

    pub(crate) fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (taken, rest) = self.0.split_first_chunk::<N>()?;
        self.0 = rest;
        Some(*taken)
    }

    pub(crate) fn u8(&mut self) -> Option<u8> {
        self.array().map(|[byte]| byte)
    }

    pub(crate) fn u16(&mut self) -> Option<u16> {
        self.array().map(u16::from_le_bytes)
    }

    pub(crate) fn u32(&mut self) -> Option<u32> {
        self.array().map(u32::from_le_bytes)
    }

    pub(crate) fn u64(&mut self) -> Option<u64> {
        self.array().map(u64::from_le_bytes)
    }

    /// A LEB128 varint in its shortest form: each number has exactly one spelling.
    #[inline]
    pub(crate) fn varint(&mut self) -> Option<u64> {
        let mut value = 0_u64;
        for shift in (0..64).step_by(7) {
            let byte = self.u8()?;
            let bits = u64::from(byte & 0x7f);
            // The tenth byte holds one bit.
            if shift == 63 && byte > 1 {
                return None;
            }
            value |= bits << shift;
            if byte < 0x80 {
                let shortest = byte != 0 || shift == 0;
                return shortest.then_some(value);
            }
        }
        None
    }
}

/// The longest varint, in bytes.
pub(crate) const MAX_VARINT_BYTES: usize = 10;

/// Writes `value` at `target[at..]` as a LEB128 varint, and returns the position after it.
///
/// # Panics
///
/// When `target` has fewer than [`MAX_VARINT_BYTES`] bytes left and the number needs them.
#[inline]
pub(crate) fn put_varint(target: &mut [u8], mut at: usize, mut value: u64) -> usize {
    while value >= 0x80 {
        target[at] = (value & 0x7f) as u8 | 0x80;
        value >>= 7;
        at += 1;
    }
    target[at] = (value & 0x7f) as u8;
    at + 1
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(bytes: &[u8], expected: Option<u64>) {
        assert_eq!(Fields(bytes).varint(), expected, "{bytes:02x?}");
    }

    #[test]
    fn a_number_has_one_spelling() {
        check(&[0x00], Some(0));
        check(&[0x7f], Some(127));
        check(&[0x80, 0x01], Some(128));
        check(&[0x80, 0x00], None);
        check(&[0x80], None);
        check(
            &[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01],
            Some(u64::MAX),
        );
        check(
            &[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02],
            None,
        );
        check(&[0xff; 11], None);
    }

    proptest! {
        #[test]
        fn varints_return(value: u64, shift in 0_u32..64) {
            let value = value >> shift;
            let mut bytes = [0; MAX_VARINT_BYTES];
            let end = put_varint(&mut bytes, 0, value);
            prop_assert_eq!(Fields(&bytes[..end]).varint(), Some(value));
        }
    }
}
