//! Entries as lines.
//!
//! Writes what the grammars read back byte for byte; chooses neither names nor their order.

use std::borrow::Cow;
use std::io::{self, Write};

use crate::digest::Digest;
use crate::shown::Quoted;

use super::bagit::encode_name;
use super::escape::escape_name;
use super::format::Format;

/// Writes one entry, its end included.
///
/// Refuses a name that the format cannot carry with `InvalidInput`: one that is empty or holds a NUL byte in any format,
/// and one that begins with a blank in [`Format::Bagit`].
pub fn write_entry(out: &mut impl Write, format: Format, digest: &Digest, name: &[u8]) -> io::Result<()> {
    check_name(name)?;
    let (before, name) = match format {
        Format::Gnu | Format::GnuBinary | Format::Bsd | Format::OpenSsl => match escape_name(name) {
            escaped @ Cow::Owned(_) => (&b"\\"[..], escaped),
            plain @ Cow::Borrowed(_) => (&b""[..], plain),
        },
        Format::Bagit => (&b""[..], encode_name(name).ok_or_else(|| begins_with_blank(name))?),
        Format::Zero => (&b""[..], Cow::Borrowed(name)),
    };
    out.write_all(before)?;
    write_parts(out, format, digest, &name, if format == Format::Zero { b"\0" } else { b"\n" })
}

/// The name by which a manifest of this format lists a file below its root: `./-` for `-`, since to `sha1sum` and the like that is
/// standard input. In a bag it is a name as any other.
pub(crate) fn name_of_file(format: Format, name: &[u8]) -> &[u8] {
    if name == b"-" && format != Format::Bagit { b"./-" } else { name }
}

/// Writes one line that ends with NUL, as `sha1sum --zero` does: the name stands as it is. Refuses one that is empty or holds
/// a NUL byte with `InvalidInput`.
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
        Format::Gnu | Format::Bagit | Format::Zero => [&digits, b"  ", name, b"", end],
        Format::GnuBinary => [&digits, b" *", name, b"", end],
        Format::Bsd => [b"SHA1 (", name, b") = ", &digits, end],
        Format::OpenSsl => [b"SHA1(", name, b")= ", &digits, end],
    };
    parts.iter().try_for_each(|part| out.write_all(part))
}

fn begins_with_blank(name: &[u8]) -> io::Error {
    let complaint = format!(
        "the name {} begins with a blank, which no manifest of a bag can carry; the other formats can",
        Quoted(name)
    );
    io::Error::new(io::ErrorKind::InvalidInput, complaint)
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
    fn lines_of_other_tools() {
        let hex = "ab".repeat(20);
        assert_eq!(line(Format::OpenSsl, b"a b"), format!("SHA1(a b)= {hex}\n").as_bytes());
        assert_eq!(line(Format::OpenSsl, b"a\nb"), format!("\\SHA1(a\\nb)= {hex}\n").as_bytes());
        assert_eq!(line(Format::Bagit, b"data/1%\n\\"), format!("{hex}  data/1%25%0A\\\n").as_bytes());
        assert_eq!(line(Format::Zero, b"a\n\\b\r"), format!("{hex}  a\n\\b\r\0").as_bytes());
    }

    #[test]
    fn a_file_is_never_listed_by_the_name_of_standard_input() {
        for format in Format::ALL {
            let dash: &[u8] = if format == Format::Bagit { b"-" } else { b"./-" };
            assert_eq!(name_of_file(format, b"-"), dash, "{format:?}");
            for name in [&b"--"[..], b"a", b"a/-", b"-a"] {
                assert_eq!(name_of_file(format, name), name, "{format:?}");
            }
        }
    }

    #[test]
    fn a_line_that_ends_with_nul_has_no_escapes() {
        let hex = "ab".repeat(20);
        for (format, expected) in [
            (Format::Gnu, format!("{hex}  a\\\nb\0")),
            (Format::GnuBinary, format!("{hex} *a\\\nb\0")),
            (Format::Bsd, format!("SHA1 (a\\\nb) = {hex}\0")),
            (Format::OpenSsl, format!("SHA1(a\\\nb)= {hex}\0")),
        ] {
            let mut out = Vec::new();
            write_entry_zero(&mut out, format, &Digest::from_bytes([0xab; 20]), b"a\\\nb").unwrap();
            assert_eq!(out, expected.as_bytes());
        }
        assert!(write_entry_zero(&mut Vec::new(), Format::Gnu, &Digest::from_bytes([0; 20]), b"").is_err());
    }

    #[test]
    fn names_that_no_line_can_carry_are_refused() {
        let any = Format::ALL.into_iter().flat_map(|format| [(format, &b""[..]), (format, b"a\0b")]);
        for (format, name) in any.chain([(Format::Bagit, &b" a"[..]), (Format::Bagit, b"\ta")]) {
            let mut out = Vec::new();
            let refused = write_entry(&mut out, format, &Digest::from_bytes([0; 20]), name).unwrap_err();
            assert_eq!(refused.kind(), io::ErrorKind::InvalidInput);
            assert_eq!(out, b"", "half a line is worse than none");
        }
    }
}
