//! A SHA-1 digest: the 20 bytes, their hexadecimal form, and their comparison.
//!
//! Computes nothing; see `hash` for that.

use std::fmt;
use std::str::FromStr;

/// The 20 bytes of a SHA-1 digest (FIPS 180-4, section 6.1).
///
/// ```
/// let digest: checksig::Digest = "da39a3ee5e6b4b0d3255bfef95601890afd80709".parse()?;
/// assert_eq!(digest.to_string(), "da39a3ee5e6b4b0d3255bfef95601890afd80709");
/// # Ok::<(), checksig::DigestError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Digest([u8; Digest::BYTES]);

/// Why a text is not a SHA-1 digest: it is not exactly 40 hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
#[error("not a SHA-1 digest: {0}")]
pub struct DigestError(hex::FromHexError);

impl Digest {
    /// Bytes in a digest.
    pub const BYTES: usize = 20;
    /// Hexadecimal digits in its text form.
    pub const HEX_DIGITS: usize = 2 * Digest::BYTES;

    /// Wraps the bytes of a digest, in the order in which its text form shows them.
    pub const fn from_bytes(bytes: [u8; Digest::BYTES]) -> Digest {
        Digest(bytes)
    }

    /// Reads exactly 40 hexadecimal digits of either case.
    pub fn from_hex(digits: &[u8]) -> Result<Digest, DigestError> {
        let mut bytes = [0; Digest::BYTES];
        hex::decode_to_slice(digits, &mut bytes).map_err(DigestError)?;
        Ok(Digest(bytes))
    }

    /// The bytes of the digest.
    pub const fn as_bytes(&self) -> &[u8; Digest::BYTES] {
        &self.0
    }

    /// The 40 lower-case hexadecimal digits.
    pub fn to_hex(&self) -> [u8; Digest::HEX_DIGITS] {
        let mut digits = [0; Digest::HEX_DIGITS];
        hex::encode_to_slice(self.0, &mut digits).expect("40 digits hold 20 bytes");
        digits
    }
}

impl FromStr for Digest {
    type Err = DigestError;

    fn from_str(text: &str) -> Result<Digest, DigestError> {
        Digest::from_hex(text.as_bytes())
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.pad(&hex::encode(self.0))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Digest({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hex_of_either_case_and_of_the_right_length_only() {
        let lower = "00ff10abcdef00112233445566778899aabbccdd";
        let digest: Digest = lower.parse().unwrap();
        assert_eq!(digest, lower.to_uppercase().parse().unwrap());
        assert_eq!(digest.to_hex(), lower.as_bytes());
        // One digit short, one long, one that is no digit.
        assert!(lower[1..].parse::<Digest>().is_err());
        assert!(format!("{lower}0").parse::<Digest>().is_err());
        assert!(lower.replace('f', "g").parse::<Digest>().is_err());
        assert!("".parse::<Digest>().is_err());
    }
}
