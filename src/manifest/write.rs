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
    check_name(name)?;
    let escaped = escape_name(name);
    if let Cow::Owned(_) = escaped {
        out.write_all(b"\\")?;
    }
    write_parts(out, format, digest, &escaped, b"\n")
}

/// Writes one line that ends with NUL, as `sha1sum --zero` does: the name needs no escapes. Refuses what [`write_entry`] refuses.
pub fn write_entry_zero(out: &mut impl Write, format: Format, digest: &Digest, name: &[u8]) -> io::Result<()> {
    check_name(name)?;
    write_parts(out, format, digest, name, b"\0")
}

fn check_name(name: &[u8]) -> io::Result<()> {
    if name.is_empty() || name.contains(&0) {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "a name must have bytes, and none of them NUL"));
    }
    Ok(())
}

fn write_parts(out: &mut impl Write, format: Format, digest: &Digest, name: &[u8], end: &[u8]) -> io::Result<()> {
    let digits = digest.to_hex();
    let parts: [&[u8]; 5] = match format {
        Format::Gnu => [&digits, b"  ", name, b"", end],
        Format::GnuBinary => [&digits, b" *", name, b"", end],
        Format::Bsd => [b"SHA1 (", name, b") = ", &digits, end],
    };
    parts.iter().try_for_each(|part| out.write_all(part))
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
    fn a_line_that_ends_with_nul_has_no_escapes() {
        let hex = "ab".repeat(20);
        for (format, expected) in [
            (Format::Gnu, format!("{hex}  a\\\nb\0")),
            (Format::GnuBinary, format!("{hex} *a\\\nb\0")),
            (Format::Bsd, format!("SHA1 (a\\\nb) = {hex}\0")),
        ] {
            let mut out = Vec::new();
            write_entry_zero(&mut out, format, &Digest::from_bytes([0xab; 20]), b"a\\\nb").unwrap();
            assert_eq!(out, expected.as_bytes());
        }
        assert!(write_entry_zero(&mut Vec::new(), Format::Gnu, &Digest::from_bytes([0; 20]), b"").is_err());
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
