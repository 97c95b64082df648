//! The strict grammar: the four forms that `sha1sum`, the BSDs and OpenSSL write, and nothing looser.
//!
//! Must not grow leniency: what another tool takes belongs to that tool's grammar.

use crate::digest::Digest;

use super::digits::read_digits;
use super::error::LineError;
use super::line::{Parsed, explain, name_of};

/// Reads a line from column 0.
pub(super) fn parse(line: &[u8]) -> Result<Parsed<'_>, LineError> {
    let (escaped, text) = match line {
        [b'\\', text @ ..] => (true, text),
        text => (false, text),
    };
    if let Some(tagged) = text.strip_prefix(b"SHA1 (") {
        return parse_tagged(tagged, b" = ", escaped);
    }
    if let Some(tagged) = text.strip_prefix(b"SHA1(") {
        return parse_tagged(tagged, b"= ", escaped);
    }
    let Some((digits, b"  " | b" *", name)) = split_untagged(text) else {
        return Err(explain(text));
    };
    let digest = read_digits(digits).ok_or_else(|| explain(text))?;
    Ok((digest, name_of(name, escaped)?))
}

/// The digits, the two bytes behind them, and the rest.
fn split_untagged(text: &[u8]) -> Option<(&[u8; Digest::HEX_DIGITS], &[u8; 2], &[u8])> {
    let (digits, behind) = text.split_first_chunk()?;
    let (separator, name) = behind.split_first_chunk()?;
    Some((digits, separator, name))
}

/// Reads what stands behind the opening bracket. The name goes up to the last bracket, since it may hold others and
/// the digest none.
fn parse_tagged<'a>(text: &'a [u8], separator: &[u8], escaped: bool) -> Result<Parsed<'a>, LineError> {
    let closing = text.iter().rposition(|&byte| byte == b')').ok_or(LineError::Form)?;
    let digits = text[closing + 1..].strip_prefix(separator).ok_or(LineError::Form)?;
    let digest = Digest::from_hex(digits).map_err(|_| LineError::Digest)?;
    Ok((digest, name_of(&text[..closing], escaped)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEX: &str = "Da39a3ee5e6b4b0d3255bfef95601890afd80709";

    fn name_in(line: &str) -> Result<String, LineError> {
        let line = line.replace("HEX", HEX);
        let (digest, name) = parse(line.as_bytes())?;
        assert_eq!(digest, HEX.parse().unwrap());
        Ok(String::from_utf8(name.into_owned()).unwrap())
    }

    #[test]
    fn the_four_forms_plain_and_escaped() {
        for (line, name) in [
            ("HEX  a b", "a b"),
            ("HEX *a", "a"),
            ("SHA1 (a) = HEX", "a"),
            ("SHA1(a)= HEX", "a"),
            ("\\HEX  a\\\\\\n\\r", "a\\\n\r"),
            ("\\HEX *a", "a"),
            ("\\SHA1 (\\n) = HEX", "\n"),
            ("\\SHA1(\\n)= HEX", "\n"),
            // Blanks, stars, brackets and backslashes are letters of a name.
            ("HEX   a ", " a "),
            ("HEX   ", " "),
            ("HEX **", "*"),
            ("HEX  \\n", "\\n"),
            ("HEX  SHA1 (a) = HEX", &format!("SHA1 (a) = {HEX}")),
            ("SHA1 (a) = HEX) = HEX", &format!("a) = {HEX}")),
            ("SHA1 ()) = HEX", ")"),
            ("SHA1 (() = HEX", "("),
            ("SHA1 (\\n) = HEX", "\\n"),
        ] {
            assert_eq!(name_in(line).as_deref(), Ok(name), "{line:?}");
        }
    }

    #[test]
    fn what_is_nearly_one_of_them_is_malformed() {
        for (line, why) in [
            (" HEX  a", LineError::Form),
            ("HEX a", LineError::Form),
            ("HEX\t a", LineError::Form),
            ("HEX\ta", LineError::Form),
            ("HEX", LineError::NoName),
            ("HEX ", LineError::NoName),
            ("HEX  ", LineError::NoName),
            ("HEX *", LineError::NoName),
            ("HEX0  a", LineError::Digest),
            ("\\\\HEX  a", LineError::Digest),
            ("\\HEX  \\t", LineError::Escape),
            ("\\HEX  a\\", LineError::Escape),
            ("\\", LineError::Form),
            ("SHA1 (a) = HEX ", LineError::Digest),
            ("SHA1 (a) =  HEX", LineError::Digest),
            ("SHA1 (a) = HEX0", LineError::Digest),
            ("SHA1 (a) = ", LineError::Digest),
            ("SHA1 (a)= HEX", LineError::Form),
            ("SHA1(a) = HEX", LineError::Form),
            ("SHA1  (a) = HEX", LineError::Form),
            ("SHA1 (a", LineError::Form),
            ("SHA1 a", LineError::Form),
            ("sha1 (a) = HEX", LineError::Form),
            ("SHA1 () = HEX", LineError::NoName),
            ("\\SHA1 (\\) = HEX", LineError::Escape),
            ("SHA256 (a) = HEX", LineError::Algorithm),
        ] {
            assert_eq!(name_in(line), Err(why), "{line:?}");
        }
    }
}
