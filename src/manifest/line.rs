//! One line of a manifest: which grammar reads it, and why a line that none reads is malformed.
//!
//! Sees a line or record at a time, without its end; what goes from one line to the next is `GnuMode` and nothing else.

use std::borrow::Cow;

use crate::digest::Digest;

use super::error::LineError;
use super::escape::unescape_name;
use super::format::Format;
use super::gnu::{self, GnuMode};
use super::strict;

/// Which lines are entries.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Grammar {
    /// checksig's own verbs: the lines of [`Strict`](Grammar::Strict), or records that end with NUL where the first does
    /// and is followed by another or by nothing. Of a bag's manifest the name must be asked as well:
    /// [`for_manifest`](Grammar::for_manifest).
    #[default]
    Detect,
    /// `DIGEST  NAME`, `DIGEST *NAME`, `SHA1 (NAME) = DIGEST` and OpenSSL's `SHA1(NAME)= DIGEST`, side by side, each from
    /// column 0 with exactly these blanks; with a `\` before it, the name is escaped.
    Strict,
    /// Entries of this format and no other.
    Only(Format),
    /// What GNU `sha1sum -c` takes, for its drop-in alone: blanks and TABs around, and names behind a single blank.
    ///
    /// A name that holds a NUL byte is malformed here as well, where `sha1sum` opens another file.
    Gnu,
}

impl Grammar {
    /// What the lines of a manifest that is read so are called: the name of their format, or `mixed` where the three forms of
    /// lines stand side by side. Before the first line that is found out it is `auto`.
    pub const fn name(self) -> &'static str {
        match self {
            Grammar::Detect => "auto",
            Grammar::Strict => "mixed",
            Grammar::Only(format) => format.name(),
            Grammar::Gnu => "sha1sum",
        }
    }
}

/// A line that is an entry.
pub(super) type Parsed<'a> = (Digest, Cow<'a, [u8]>);

/// Reads a line that is neither empty nor a comment.
pub(super) fn parse<'a>(line: &'a [u8], grammar: Grammar, mode: &mut GnuMode) -> Result<Parsed<'a>, LineError> {
    let (digest, name) = match grammar {
        Grammar::Detect | Grammar::Strict => strict::parse(line),
        Grammar::Only(format) => strict::parse_only(line, format),
        Grammar::Gnu => gnu::parse(line, mode),
    }?;
    // A NUL would end the name early in every call to Linux.
    debug_assert!(!name.is_empty() || grammar == Grammar::Gnu);
    if name.contains(&0) { Err(LineError::Nul) } else { Ok((digest, name)) }
}

/// The name that stands on the line, where `escaped` says whether the line began with `\`.
pub(super) fn name_of(text: &[u8], escaped: bool) -> Result<Cow<'_, [u8]>, LineError> {
    match (text, escaped) {
        ([], _) => Err(LineError::NoName),
        (text, false) => Ok(Cow::Borrowed(text)),
        (text, true) => unescape_name(text).ok_or(LineError::Escape),
    }
}

pub(super) fn is_blank(byte: u8) -> bool {
    byte == b' ' || byte == b'\t'
}

pub(super) fn skip_blanks(text: &[u8]) -> &[u8] {
    &text[text.iter().take_while(|&&byte| is_blank(byte)).count()..]
}

/// Says what is wrong with a line that neither begins with the SHA-1 tag nor is an untagged entry. A courtesy to
/// whoever repairs the manifest: nothing is decided by it but words.
#[cold]
pub(super) fn explain(line: &[u8]) -> LineError {
    let (word, behind) = line.split_at(line.iter().position(|&byte| is_blank(byte)).unwrap_or(line.len()));
    if Digest::from_hex(word).is_ok() {
        return if skip_blanks(behind).is_empty() || behind == b" *" { LineError::NoName } else { LineError::Form };
    }
    if has_other_tag(line) {
        return LineError::Algorithm;
    }
    if word.eq_ignore_ascii_case(b"SHA1") {
        return LineError::Form;
    }
    // 8 digits are a CRC-32, the shortest digest in use; 40 bytes are a digest with a wrong letter in it.
    let looks_like_digest = word.len() >= 8 && word.iter().all(u8::is_ascii_hexdigit);
    let stands_like_digest = !word.is_empty() && behind.len() > 2 && matches!(&behind[..2], b"  " | b" *");
    if looks_like_digest || stands_like_digest || word.len() == Digest::HEX_DIGITS {
        return LineError::Digest;
    }
    LineError::Form
}

/// Whether the line is `TAG (NAME) = …`, its blanks aside, where the tag is not a wrong spelling of `SHA1`.
fn has_other_tag(line: &[u8]) -> bool {
    let is_tag = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_/".contains(byte);
    let (tag, rest) = line.split_at(line.iter().take_while(|byte| is_tag(byte)).count());
    let closing = rest.iter().rposition(|&byte| byte == b')');
    !tag.is_empty()
        && !tag.eq_ignore_ascii_case(b"SHA1")
        && !tag.eq_ignore_ascii_case(b"SHA-1")
        && (rest.starts_with(b"(") || rest.starts_with(b" ("))
        && closing.is_some_and(|at| skip_blanks(&rest[at + 1..]).starts_with(b"="))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_that_is_no_entry_says_why() {
        let sha1 = "ab".repeat(20);
        for (line, why) in [
            ("MD5 (f) = d41d8cd98f00b204e9800998ecf8427e", LineError::Algorithm),
            ("SHA256 (f) = 00", LineError::Algorithm),
            ("SHA2-256(f)= 00", LineError::Algorithm),
            ("SHA512/256 (a) b) = 00", LineError::Algorithm),
            ("sha1 (f) = 00", LineError::Form),
            ("SHA1  (f) = 00", LineError::Form),
            ("SHA256 f", LineError::Form),
            ("SHA256 (f", LineError::Form),
            ("SHA256 (f) 00", LineError::Form),
            // Lengths of CRC-32, MD5 and SHA-256, and of SHA-1 less and plus a digit.
            (&format!("{} f", "a".repeat(8)), LineError::Digest),
            (&format!("{}  f", "a".repeat(32)), LineError::Digest),
            (&format!("{} *f", "a".repeat(64)), LineError::Digest),
            (&format!("{}  f", "a".repeat(39)), LineError::Digest),
            (&format!("{}  f", "a".repeat(41)), LineError::Digest),
            (&format!("{}g f", "a".repeat(39)), LineError::Digest),
            ("not-a-digest  f", LineError::Digest),
            (&sha1, LineError::NoName),
            (&format!("{sha1} "), LineError::NoName),
            (&format!("{sha1}  "), LineError::NoName),
            (&format!("{sha1} *"), LineError::NoName),
            (&format!("{sha1} f"), LineError::Form),
            ("a f", LineError::Form),
            ("just words", LineError::Form),
            (" ", LineError::Form),
            ("\t  ", LineError::Form),
            ("(f) = 00", LineError::Form),
        ] {
            assert_eq!(explain(line.as_bytes()), why, "{line:?}");
        }
    }
}
