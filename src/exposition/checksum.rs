//! The checksum and the length that end a gzip member.

use crc32fast::Hasher;

/// The CRC-32 and the length of a text.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Checksum {
    crc: u32,
    length: u64,
}

impl Checksum {
    /// Appends text.
    pub(super) fn update(&mut self, text: &[u8]) {
        let mut hasher = self.hasher();
        hasher.update(text);
        *self = Self { crc: hasher.finalize(), length: self.length + text.len() as u64 };
    }

    /// Appends a text of which only the checksum is known.
    pub(super) fn append(&mut self, next: Self) {
        let mut hasher = self.hasher();
        hasher.combine(&next.hasher());
        *self = Self { crc: hasher.finalize(), length: self.length + next.length };
    }

    /// The length of the text in bytes.
    pub(super) fn length(self) -> u64 {
        self.length
    }

    /// The end of a gzip member: the CRC, and the length modulo 2^32.
    pub(super) fn trailer(self) -> [u8; 8] {
        (u64::from(self.crc) | self.length << 32).to_le_bytes()
    }

    fn hasher(self) -> Hasher {
        Hasher::new_with_initial_len(self.crc, self.length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Checksum {
        let mut checksum = Checksum::default();
        checksum.update(text.as_bytes());
        checksum
    }

    #[test]
    fn the_trailer_is_the_crc_and_the_length() {
        // The check value of CRC-32 in every catalogue of CRCs.
        assert_eq!(of("123456789").trailer(), [0x26, 0x39, 0xf4, 0xcb, 9, 0, 0, 0]);
        assert_eq!(of("").trailer(), [0; 8]);
        let long = Checksum { crc: 0, length: (1 << 32) + 5 };
        assert_eq!(long.trailer(), [0, 0, 0, 0, 5, 0, 0, 0]);
    }

    #[test]
    fn appended_texts_have_the_checksum_of_one() {
        for (first, second) in [("", ""), ("1234", ""), ("", "56789"), ("1234", "56789")] {
            let mut checksum = of(first);
            checksum.append(of(second));
            assert_eq!(checksum.trailer(), of(&[first, second].concat()).trailer());
            let mut checksum = of(first);
            checksum.update(second.as_bytes());
            assert_eq!(checksum.length(), (first.len() + second.len()) as u64);
            assert_eq!(checksum.trailer(), of(&[first, second].concat()).trailer());
        }
    }
}
