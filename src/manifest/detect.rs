//! Which format a manifest has, where nobody says so.
//!
//! Looks at names and at the head of a manifest, and reads no entry. It need not be right for what no tool writes, but
//! no answer may let a manifest pass that its own format would not: every other format takes its lines for malformed,
//! or for files of the same names.
//!
//! The lines of `sha1sum`, the BSDs and OpenSSL tell themselves apart, one by one. What is to be found out is whether
//! records end with NUL, which the first of them shows, and whether names are percent-encoded, which only the name of
//! the manifest can say.

use std::io::{self, BufRead, ErrorKind, Read};

use super::format::{BAGIT_MANIFEST_NAME, BAGIT_TAG_MANIFEST_NAME, Format};
use super::line::Grammar;
use super::strict;
use crate::digest::Digest;
use crate::limits::LINE_BYTES_MAX;

impl Grammar {
    /// The grammar for a manifest of this file name: [`Detect`](Grammar::Detect) reads `manifest-sha1.txt` and
    /// `tagmanifest-sha1.txt` as a bag's; any other grammar was chosen, and stays.
    pub fn for_manifest(self, file_name: &[u8]) -> Grammar {
        let is_bagit = [BAGIT_MANIFEST_NAME, BAGIT_TAG_MANIFEST_NAME].iter().any(|name| name.as_bytes() == file_name);
        if self == Grammar::Detect && is_bagit { Grammar::Only(Format::Bagit) } else { self }
    }
}

/// A manifest of which the head has been looked at, and is still to be read.
pub(super) struct Head<R> {
    head: Vec<u8>,
    /// How much of the head has been read.
    at: usize,
    input: R,
}

impl<R: BufRead> Head<R> {
    pub(super) fn new(input: R) -> Head<R> {
        Head { head: Vec::new(), at: 0, input }
    }

    /// What it is read from behind its head.
    pub(super) fn behind(&self) -> &R {
        &self.input
    }

    /// Looks as far as is needed to see whether records end with NUL. Asked before anything is read.
    pub(super) fn ends_with_nul(&mut self) -> io::Result<bool> {
        loop {
            let buffer = match self.input.fill_buf() {
                Ok(buffer) => buffer,
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            };
            let taken = buffer.len().min(HEAD_BYTES_MAX - self.head.len());
            self.head.extend_from_slice(&buffer[..taken]);
            self.input.consume(taken);
            if let Some(found) = ends_with_nul(&self.head, taken == 0) {
                return Ok(found);
            }
        }
    }
}

impl<R: BufRead> Read for Head<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let read = self.fill_buf()?.read(out)?;
        self.consume(read);
        Ok(read)
    }
}

impl<R: BufRead> BufRead for Head<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.at < self.head.len() {
            return Ok(&self.head[self.at..]);
        }
        // Nobody goes back.
        self.head = Vec::new();
        self.at = 0;
        self.input.fill_buf()
    }

    fn consume(&mut self, bytes: usize) {
        if self.head.is_empty() { self.input.consume(bytes) } else { self.at += bytes }
    }
}

/// Bytes of the greatest head that is looked at: the longest record, its end, and the beginning of the next.
const HEAD_BYTES_MAX: usize = LINE_BYTES_MAX + 1 + NEXT_BYTES;

/// Bytes of an untagged record before its name.
const NEXT_BYTES: usize = Digest::HEX_DIGITS + 2;

/// Whether records end with NUL; `None` where more has to be seen, which there is not if this is all.
///
/// They do if a whole entry stands before the first NUL, and behind it either nothing or the beginning of another. So a
/// NUL in the name of an ordinary line is what it is, and no file of the name before it is opened.
fn ends_with_nul(head: &[u8], is_all: bool) -> Option<bool> {
    let more = |needed: bool| if needed && !is_all && head.len() < HEAD_BYTES_MAX { None } else { Some(false) };
    let Some(end) = head.iter().position(|&byte| byte == 0) else {
        return more(head.len() <= LINE_BYTES_MAX);
    };
    if strict::parse_record(&head[..end]).is_err() {
        return Some(false);
    }
    match &head[end + 1..] {
        [] if is_all => Some(true),
        next if begins_record(next) => Some(true),
        next => more(next.len() < NEXT_BYTES),
    }
}

fn begins_record(next: &[u8]) -> bool {
    if next.starts_with(strict::TAG) {
        return true;
    }
    let Some((digits, separator)) = next.split_first_chunk::<{ Digest::HEX_DIGITS }>() else { return false };
    digits.iter().all(u8::is_ascii_hexdigit) && (separator.starts_with(b"  ") || separator.starts_with(b" *"))
}

#[cfg(test)]
mod tests {
    use std::io::BufReader;

    use super::*;

    const HEX: &str = "da39a3ee5e6b4b0d3255bfef95601890afd80709";

    fn detects_nul(text: &str) -> bool {
        let text = text.replace("HEX", HEX);
        let found: Vec<bool> = [1, 7, 100_000]
            .map(|capacity| {
                let mut head = Head::new(BufReader::with_capacity(capacity, text.as_bytes()));
                let found = head.ends_with_nul().unwrap();
                let mut read = Vec::new();
                head.read_to_end(&mut read).unwrap();
                assert_eq!(read, text.as_bytes(), "what was looked at is still read");
                found
            })
            .to_vec();
        assert!(found.windows(2).all(|pair| pair[0] == pair[1]), "{found:?}");
        found[0]
    }

    #[test]
    fn records_that_end_with_nul_are_told_by_the_first_and_the_next() {
        let longest = format!("HEX  {}\0", "x".repeat(LINE_BYTES_MAX - 42));
        for text in [
            "HEX  a\0",
            "HEX *a\0HEX  b\0",
            "HEX  a\nb\0HEX *",
            "SHA1 (a) = HEX\0SHA1 (",
            &format!("{longest}HEX  b\0"),
        ] {
            assert!(detects_nul(text), "{text:?}");
        }
    }

    #[test]
    fn a_nul_elsewhere_is_no_end_of_a_record() {
        let long = format!("HEX  {}", "x".repeat(2 * HEAD_BYTES_MAX));
        for text in [
            "",
            "\0",
            "HEX  a\n",
            "HEX  a",
            "HEX  a\0b\n",
            "HEX  a\0\n",
            "HEX  a\0\0",
            "HEX  a\0HEX b\0",
            "HEX  a\0HEX",
            "# HEX  a\0HEX  b\0",
            "\\HEX  a\0HEX  b\0",
            "HE\0X  a\0",
            &long,
            &format!("{long}\0HEX  a\0"),
        ] {
            assert!(!detects_nul(text), "{text:?}");
        }
    }

    #[test]
    fn an_error_is_told() {
        struct Broken;
        impl Read for Broken {
            fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
                Err(ErrorKind::PermissionDenied.into())
            }
        }
        let error = Head::new(BufReader::new(Broken)).ends_with_nul().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::PermissionDenied);
    }

    #[test]
    fn the_name_of_a_bags_manifest_says_its_format() {
        for name in ["manifest-sha1.txt", "tagmanifest-sha1.txt"] {
            assert_eq!(Grammar::Detect.for_manifest(name.as_bytes()), Grammar::Only(Format::Bagit));
            assert_eq!(Grammar::Strict.for_manifest(name.as_bytes()), Grammar::Strict);
        }
        for name in ["sha1sum.txt", "Manifest-sha1.txt", "manifest-sha1.txt~", "manifest-md5.txt"] {
            assert_eq!(Grammar::Detect.for_manifest(name.as_bytes()), Grammar::Detect);
        }
    }
}
