//! Entries as lines.
//!
//! Writes what both grammars read back byte for byte; chooses neither names nor their order.

use std::borrow::Cow;
use std::io::{self, Write};

use crate::digest::Digest;

use super::escape::escape_name;

/// How an entry is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Format {
    /// `DIGEST  NAME`, as `sha1sum` writes it.
    #[default]
    Gnu,
    /// `DIGEST *NAME`, as `sha1sum --binary` writes it.
    GnuBinary,
    /// `SHA1 (NAME) = DIGEST`, as `sha1sum --tag` and the BSDs write it.
    Bsd,
}

/// Writes one line, its end included.
///
/// Refuses an empty name and one with a NUL byte with `InvalidInput`: no line can carry them.
pub fn write_entry(out: &mut impl Write, format: Format, digest: &Digest, name: &[u8]) -> io::Result<()> {
    if name.is_empty() || name.contains(&0) {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "a name must have bytes, and none of them NUL"));
    }
    let escaped = escape_name(name);
    if let Cow::Owned(_) = escaped {
        out.write_all(b"\\")?;
    }
    let digits = digest.to_hex();
    let parts: [&[u8]; 4] = match format {
        Format::Gnu => [&digits, b"  ", &escaped, b"\n"],
        Format::GnuBinary => [&digits, b" *", &escaped, b"\n"],
        Format::Bsd => [b"SHA1 (", &escaped, b") = ", &digits],
    };
    for part in parts {
        out.write_all(part)?;
    }
    if format == Format::Bsd { out.write_all(b"\n") } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(format: Format, name: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        write_entry(&mut out, format, &Digest::from_bytes([0xab; 20]), name).unwrap();
        out
    }

    // The expected lines are what coreutils 9.1 writes for these names.
    #[test]
    fn lines_are_those_of_sha1sum() {
        let hex = "ab".repeat(20);
        assert_eq!(line(Format::Gnu, b"a b"), format!("{hex}  a b\n").as_bytes());
        assert_eq!(line(Format::GnuBinary, b"a b"), format!("{hex} *a b\n").as_bytes());
        assert_eq!(line(Format::Bsd, b"a b"), format!("SHA1 (a b) = {hex}\n").as_bytes());
        assert_eq!(line(Format::Gnu, b"a\\b"), format!("\\{hex}  a\\\\b\n").as_bytes());
        assert_eq!(line(Format::GnuBinary, b"c\rd"), format!("\\{hex} *c\\rd\n").as_bytes());
        assert_eq!(line(Format::Bsd, b"e\nf"), format!("\\SHA1 (e\\nf) = {hex}\n").as_bytes());
    }

    #[test]
    fn names_that_no_line_can_carry_are_refused() {
        for name in [&b""[..], b"a\0b"] {
            let mut out = Vec::new();
            let refused = write_entry(&mut out, Format::Gnu, &Digest::from_bytes([0; 20]), name).unwrap_err();
            assert_eq!(refused.kind(), io::ErrorKind::InvalidInput);
            assert_eq!(out, b"", "half a line is worse than none");
        }
    }
}
