//! The 40 digits of an untagged line, read fast.
//!
//! Means exactly what `Digest::from_hex` means, and a test holds it to that; knows nothing of lines.

use crate::digest::Digest;

/// Reads 40 hexadecimal digits of either case.
///
/// `Digest::from_hex` asks about one digit at a time and takes 180 ns, more than the rest of a line; a table takes 24,
/// and so does arithmetic on eight digits at once, which is harder to read.
pub(super) fn read_digits(digits: &[u8; Digest::HEX_DIGITS]) -> Option<Digest> {
    let mut bytes = [0; Digest::BYTES];
    let mut all = 0;
    for (byte, &[high, low]) in bytes.iter_mut().zip(digits.as_chunks().0) {
        let (high, low) = (VALUES[usize::from(high)], VALUES[usize::from(low)]);
        all |= high | low;
        *byte = high << 4 | low & 0xf;
    }
    (all != NO_DIGIT).then(|| Digest::from_bytes(bytes))
}

/// What stands for a byte that is no digit: a value that shows through when values are or-ed.
const NO_DIGIT: u8 = 0xff;

/// The value of each byte as a hexadecimal digit.
static VALUES: [u8; 256] = {
    let mut values = [NO_DIGIT; 256];
    let mut value = 0;
    while value < 16 {
        let digit = b"0123456789abcdef"[value as usize];
        values[digit.to_ascii_lowercase() as usize] = value;
        values[digit.to_ascii_uppercase() as usize] = value;
        value += 1;
    }
    values
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_in_every_place_means_what_it_means_to_the_digest() {
        for place in 0..Digest::HEX_DIGITS {
            for byte in 0..=u8::MAX {
                let mut digits = *b"00ff10abcdef00112233445566778899AABBCCDD";
                digits[place] = byte;
                assert_eq!(read_digits(&digits), Digest::from_hex(&digits).ok(), "{byte} at {place}");
            }
        }
    }
}
