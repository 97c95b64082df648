//! Values as JSON: bytes, digests, counts, and strings that are safe to show.
//!
//! Knows no line; `line` puts these together.

use std::borrow::Cow;
use std::io::{self, Write};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use checksig::hash::KernelUse;
use checksig::{Counts, Digest, ReaderUse, is_deceptive};
use serde::{Serialize, Serializer};
use serde_json::ser::{CharEscape, CompactFormatter, Formatter};

/// Appends a value and the end of the line.
pub(super) fn append(lines: &mut Vec<u8>, value: &impl Serialize) {
    let mut serializer = serde_json::Serializer::with_formatter(&mut *lines, Harmless);
    value.serialize(&mut serializer).expect("our types have string keys, and a vector takes whatever it is given");
    lines.push(b'\n');
}

/// Bytes as text; what is not UTF-8 becomes U+FFFD, and [`as_base64`] keeps it.
pub(super) fn as_text(bytes: &[u8]) -> Cow<'_, str> {
    String::from_utf8_lossy(bytes)
}

/// The very bytes in base64 (RFC 4648, section 4), where they are not UTF-8.
pub(super) fn as_base64(bytes: &[u8]) -> Option<String> {
    std::str::from_utf8(bytes).is_err().then(|| BASE64_STANDARD.encode(bytes))
}

/// A digest as 40 lower-case hexadecimal digits.
pub(super) fn hex<S: Serializer>(digest: &Option<Digest>, serializer: S) -> Result<S::Ok, S::Error> {
    let Some(digest) = digest else { return serializer.serialize_none() };
    serializer.serialize_str(std::str::from_utf8(&digest.to_hex()).expect("hexadecimal digits are ASCII"))
}

/// An object with a number for each outcome, by its name.
pub(super) fn counts<S: Serializer>(counts: &Counts, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map(counts.iter().map(|(kind, count)| (kind.name(), count)))
}

/// An array with an object for each reader.
pub(super) fn readers<S: Serializer>(readers: &[ReaderUse], serializer: S) -> Result<S::Ok, S::Error> {
    #[derive(Serialize)]
    struct Used {
        reader: &'static str,
        files: u64,
        bytes: u64,
        device_files: u64,
        device_bytes: u64,
    }
    let used = |used: &ReaderUse| Used {
        reader: used.kind.name(),
        files: used.files,
        bytes: used.bytes,
        device_files: used.device_files,
        device_bytes: used.device_bytes,
    };
    serializer.collect_seq(readers.iter().map(used))
}

/// An array with an object for each kernel.
pub(super) fn kernels<S: Serializer>(kernels: &[KernelUse], serializer: S) -> Result<S::Ok, S::Error> {
    #[derive(Serialize)]
    struct Used {
        name: &'static str,
        from: usize,
    }
    let used = |used: &KernelUse| Used { name: used.kernel.name(), from: used.lanes_from };
    serializer.collect_seq(kernels.iter().map(used))
}

/// Writes strings so that they do no harm on a terminal either: JSON itself asks only for the controls below 0x20 to be
/// escaped, and C1 controls or bidirectional overrides would go through.
struct Harmless;

impl Formatter for Harmless {
    fn write_string_fragment<W: ?Sized + Write>(&mut self, out: &mut W, fragment: &str) -> io::Result<()> {
        if fragment.bytes().all(|byte| byte < 0x7f) {
            return out.write_all(fragment.as_bytes());
        }
        let mut rest = fragment;
        while let Some((at, character)) = rest.char_indices().find(|(_, character)| is_deceptive(*character)) {
            out.write_all(&rest.as_bytes()[..at])?;
            for unit in character.encode_utf16(&mut [0; 2]) {
                write!(out, "\\u{unit:04x}")?;
            }
            rest = &rest[at + character.len_utf8()..];
        }
        out.write_all(rest.as_bytes())
    }

    fn write_char_escape<W: ?Sized + Write>(&mut self, out: &mut W, escape: CharEscape) -> io::Result<()> {
        CompactFormatter.write_char_escape(out, escape)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(value: &str) -> String {
        let mut lines = Vec::new();
        append(&mut lines, &value);
        String::from_utf8(lines).expect("JSON is UTF-8")
    }

    #[test]
    fn strings_are_harmless_and_mean_the_same() {
        let name = "a\x1b[31m\x7f\u{9b}\u{202e}\"\\\n\u{e0041} ü 写";
        let text = line(name);
        assert_eq!(text, "\"a\\u001b[31m\\u007f\\u009b\\u202e\\\"\\\\\\n\\udb40\\udc41 ü 写\"\n");
        assert_eq!(serde_json::from_str::<String>(&text).expect("valid JSON"), name);
    }

    #[test]
    fn bytes_that_are_no_text_are_kept() {
        assert_eq!(as_base64("über".as_bytes()), None);
        assert_eq!(as_text(b"a\xffb"), "a\u{fffd}b");
        assert_eq!(as_base64(b"a\xffb").as_deref(), Some("Yf9i"));
    }
}
