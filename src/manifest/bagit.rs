//! The lines of a bag's manifests (RFC 8493, section 2.1.3): a digest, blanks, and a name in which CR, LF and `%` are
//! percent-encoded, and nothing else is.
//!
//! Knows nothing of bags: which files a bag must have is no matter of one manifest.

use std::borrow::Cow;

use crate::digest::Digest;

use super::digits::read_digits;
use super::error::LineError;
use super::line::{Parsed, explain, is_blank, skip_blanks};

/// Reads a line from column 0.
pub(super) fn parse(line: &[u8]) -> Result<Parsed<'_>, LineError> {
    let Some((digits, behind)) = line.split_first_chunk::<{ Digest::HEX_DIGITS }>() else {
        return Err(explain(line));
    };
    let digest = read_digits(digits).ok_or_else(|| explain(line))?;
    if !behind.first().is_some_and(|&byte| is_blank(byte)) {
        return Err(explain(line));
    }
    match skip_blanks(behind) {
        [] => Err(LineError::NoName),
        name => Ok((digest, decode_name(name))),
    }
}

/// The name with CR, LF and `%` as `%0D`, `%0A` and `%25`; borrowed when it holds none of them. `None` where it begins
/// with a blank, which would be taken for one of those that part it from the digest.
pub(super) fn encode_name(name: &[u8]) -> Option<Cow<'_, [u8]>> {
    if name.first().is_some_and(|&byte| is_blank(byte)) {
        return None;
    }
    if !name.iter().any(|&byte| code_of(byte).is_some()) {
        return Some(Cow::Borrowed(name));
    }
    let mut encoded = Vec::with_capacity(name.len() + 2);
    for &byte in name {
        match code_of(byte) {
            Some(code) => encoded.extend_from_slice(code),
            None => encoded.push(byte),
        }
    }
    Some(Cow::Owned(encoded))
}

/// The name behind an encoded one. A `%` that begins none of the three codes, in either case of its digits, is a letter:
/// tools that are older than the RFC encode no `%`, and nobody may encode anything else.
fn decode_name(encoded: &[u8]) -> Cow<'_, [u8]> {
    if !encoded.contains(&b'%') {
        return Cow::Borrowed(encoded);
    }
    let mut name = Vec::with_capacity(encoded.len());
    let mut rest = encoded;
    while let [byte, behind @ ..] = rest {
        let code = rest.get(..3).and_then(|code| [b'\r', b'\n', b'%'].into_iter().find(|&byte| is_code(code, byte)));
        name.push(code.unwrap_or(*byte));
        rest = if code.is_some() { &rest[3..] } else { behind };
    }
    Cow::Owned(name)
}

fn is_code(text: &[u8], byte: u8) -> bool {
    code_of(byte).is_some_and(|code| text.eq_ignore_ascii_case(code))
}

fn code_of(byte: u8) -> Option<&'static [u8]> {
    match byte {
        b'\r' => Some(b"%0D"),
        b'\n' => Some(b"%0A"),
        b'%' => Some(b"%25"),
        _ => None,
    }
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
    fn blanks_part_digest_and_name_and_three_codes_are_decoded_once() {
        for (line, name) in [
            ("HEX  data/a b ", "data/a b "),
            ("HEX data/a", "data/a"),
            ("HEX \t\t data/a", "data/a"),
            ("HEX\t*a", "*a"),
            ("HEX  a\\b\\n", "a\\b\\n"),
            ("HEX  %0A%0D%25", "\n\r%"),
            ("HEX  %0a%0d", "\n\r"),
            ("HEX  %250A", "%0A"),
            ("HEX  %%0A%2", "%\n%2"),
            ("HEX  100%", "100%"),
            ("HEX  %20%2F%00%5C", "%20%2F%00%5C"),
        ] {
            assert_eq!(name_in(line).as_deref(), Ok(name), "{line:?}");
        }
    }

    #[test]
    fn what_is_no_line_of_a_bag_is_malformed() {
        for (line, why) in [
            ("HEX", LineError::NoName),
            ("HEX \t", LineError::NoName),
            ("HEXdata/a", LineError::Form),
            ("HEX0 data/a", LineError::Digest),
            (" HEX data/a", LineError::Form),
            ("\\HEX  a", LineError::Digest),
            ("SHA256 (a) = 00", LineError::Algorithm),
        ] {
            assert_eq!(name_in(line), Err(why), "{line:?}");
        }
    }

    #[test]
    fn names_go_there_and_back() {
        for name in [&b"data/a"[..], b"*", b"100%\n\r%25%0A", b"\\", b"a \t", b"\xff\x1b: OK"] {
            let encoded = encode_name(name).unwrap();
            assert!(!encoded.contains(&b'\n') && !encoded.contains(&b'\r'));
            assert_eq!(*decode_name(&encoded), *name);
        }
        for name in [&b" a"[..], b"\ta", b" "] {
            assert_eq!(encode_name(name), None, "{name:?}");
        }
    }
}
