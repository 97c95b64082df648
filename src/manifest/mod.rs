//! A manifest as a stream of entries, and entries as lines of a manifest.
//!
//! Pure: takes bytes from a `BufRead` and gives data; opens nothing, and knows neither roots nor threads.
//! Memory stays the same whatever the length of the manifest or of a line.

mod bagit;
mod detect;
mod digits;
mod error;
mod escape;
mod format;
mod gnu;
mod line;
mod lines;
mod strict;
mod write;

pub use error::LineError;
pub use escape::escape_name;
pub use format::{BAGIT_MANIFEST_NAME, BAGIT_TAG_MANIFEST_NAME, Format, Formats, UnknownFormat};
pub use gnu::GnuMode;
pub use line::Grammar;
pub(crate) use write::name_of_file;
pub use write::{write_entry, write_entry_zero};

use std::io::{self, BufRead};
use std::iter::FusedIterator;

use crate::digest::Digest;
use crate::limits::{LINE_BYTES_MAX, LINE_SHOWN_BYTES_MAX};
use detect::Head;
use lines::Lines;

/// One line of a manifest that lists a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The number of the line, or of the record that ends with NUL, from 1.
    pub line: u64,
    /// The digest that the file is said to have.
    pub digest: Digest,
    /// The name of the file: bytes, unescaped, without NUL; nothing else is promised of it. Empty on a line `SHA1 () = …`
    /// alone, and in [`Grammar::Gnu`] alone.
    pub name: Vec<u8>,
}

/// One line of a manifest that does not parse.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Malformed {
    /// The number of the line, from 1.
    pub line: u64,
    /// What is wrong with it.
    pub why: LineError,
    /// The line as it stands, without its end; at most [`limits::LINE_SHOWN_BYTES_MAX`](crate::limits::LINE_SHOWN_BYTES_MAX)
    /// bytes of it.
    pub text: Vec<u8>,
}

/// What a line of a manifest says; comments and empty lines say nothing and are passed over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Item {
    /// The line lists a file.
    Entry(Entry),
    /// The line does not parse.
    Malformed(Malformed),
}

/// The items of a manifest, in order: an iterator that ends at the end of the bytes or at the first error of reading.
///
/// Every line that is neither empty nor a comment is one item. A manifest in UTF-16 is one malformed item in all, but to
/// [`Grammar::Gnu`]. Where records end with NUL, there are no comments and none may be empty: each is an item, and the last
/// must have its end.
///
/// ```
/// use checksig::manifest::{Entries, Grammar, Item};
/// let text = b"# comment\nda39a3ee5e6b4b0d3255bfef95601890afd80709  empty.txt\nnonsense\n";
/// let items: Vec<Item> = Entries::new(&text[..], Grammar::Strict).collect::<Result<_, _>>()?;
/// assert!(matches!(&items[0], Item::Entry(entry) if entry.name == b"empty.txt" && entry.line == 2));
/// assert!(matches!(&items[1], Item::Malformed(malformed) if malformed.line == 3));
/// # Ok::<(), std::io::Error>(())
/// ```
pub struct Entries<R> {
    lines: Lines<Head<R>>,
    /// What was asked for, until the first line; then what reads them.
    grammar: Grammar,
    mode: GnuMode,
    formats: Formats,
    /// The number of the line taken last.
    line: u64,
    ended: bool,
    /// What has been found ahead of its turn.
    ahead: Option<io::Result<Item>>,
}

impl<R: BufRead> Entries<R> {
    /// Reads a manifest from its first byte.
    pub fn new(input: R, grammar: Grammar) -> Entries<R> {
        // Room for the CR that may end a line of the greatest length, and for one byte that shows that a line is longer.
        let lines = Lines::new(Head::new(input), LINE_BYTES_MAX + 2);
        Entries {
            lines,
            grammar,
            mode: GnuMode::default(),
            formats: Formats::default(),
            line: 0,
            ended: false,
            ahead: None,
        }
    }

    /// Goes on in the mode in which the manifest before this one ended; of no consequence to [`Grammar::Strict`].
    pub fn with_mode(mut self, mode: GnuMode) -> Entries<R> {
        self.mode = mode;
        self
    }

    /// The mode to go on in with the next manifest.
    pub fn mode(&self) -> GnuMode {
        self.mode
    }

    /// Before the first line: finds out what ends a line, and so what reads it.
    fn begin(&mut self) -> io::Result<()> {
        if self.grammar == Grammar::Detect {
            let ends_with_nul = self.lines.input_mut().ends_with_nul()?;
            self.grammar = if ends_with_nul { Grammar::Only(Format::Zero) } else { Grammar::Strict };
        }
        if self.grammar == Grammar::Only(Format::Zero) {
            self.lines.end_with_nul();
        }
        Ok(())
    }

    /// What the manifest is read from. Its beginning may have been taken from it already, but not in [`Grammar::Gnu`].
    pub(crate) fn input(&self) -> &R {
        self.lines.input().behind()
    }

    /// Reads once, if there is nothing in memory, so that it waits only where that read would; and says whether
    /// [`next`](Iterator::next) now answers without reading. None where a line has come that is longer than any entry, and
    /// not to its end. For [`Grammar::Gnu`], as the others may have to look at more before their first line.
    pub(crate) fn read_once(&mut self) -> Option<bool> {
        if self.ahead.is_none() && !self.ended {
            if !self.lines.read_once()? {
                return Some(false);
            }
            self.ahead = self.next_line();
        }
        Some(self.has_next())
    }

    /// Whether [`next`](Iterator::next) answers without reading.
    pub(crate) fn has_next(&self) -> bool {
        self.ahead.is_some() || self.ended
    }

    /// What the next line says, if it says anything.
    fn next_line(&mut self) -> Option<io::Result<Item>> {
        if self.line == 0
            && let Err(error) = self.begin()
        {
            self.ended = true;
            return Some(Err(error));
        }
        self.line += 1;
        let (line, grammar, mode, formats) = (self.line, self.grammar, &mut self.mode, &mut self.formats);
        let look = |text: &[u8], has_end| match grammar {
            Grammar::Only(Format::Zero) => Some(record(text, line, has_end, formats)),
            grammar => item(text, line, grammar, mode, formats),
        };
        match self.lines.next_line(look) {
            Ok(Some(item)) => {
                self.ended = matches!(item, Some(Item::Malformed(Malformed { why: LineError::Utf16, .. })));
                item.map(Ok)
            }
            Ok(None) => {
                self.ended = true;
                None
            }
            Err(error) => {
                self.ended = true;
                Some(Err(error))
            }
        }
    }

    /// The formats of the entries so far: of those that differ in writing only, the first. None of [`Grammar::Gnu`], which does not
    /// tell them apart.
    pub fn formats(&self) -> Formats {
        self.formats
    }

    /// Bytes of the manifest that the items so far account for.
    pub fn bytes_read(&self) -> u64 {
        self.lines.bytes_read()
    }
}

impl<R: BufRead> Iterator for Entries<R> {
    type Item = io::Result<Item>;

    fn next(&mut self) -> Option<io::Result<Item>> {
        let mut found = self.ahead.take();
        while found.is_none() && !self.ended {
            found = self.next_line();
        }
        found
    }
}

impl<R: BufRead> FusedIterator for Entries<R> {}

/// What a line, taken without its LF, says; `None` for a comment or an empty line.
fn item(text: &[u8], line: u64, grammar: Grammar, mode: &mut GnuMode, formats: &mut Formats) -> Option<Item> {
    if text.starts_with(b"#") {
        return None;
    }
    let text = text.strip_suffix(b"\r").unwrap_or(text);
    if text.is_empty() {
        return None;
    }
    let started = check_start(text, line, grammar);
    if started == Err(LineError::TooLong) && grammar == Grammar::Gnu {
        // The beginning that is kept of it fixes the mode, as all of it does for GNU.
        let _ = line::parse(text, grammar, mode);
    }
    let parsed = started.and_then(|()| line::parse(text, grammar, mode));
    Some(as_item(text, line, parsed, formats))
}

/// What a record, taken without its NUL, says. Each must say something: a tail of NULs is what a crash leaves behind.
fn record(text: &[u8], line: u64, has_end: bool, formats: &mut Formats) -> Item {
    let whole = if has_end { Ok(()) } else { Err(LineError::Unended) };
    let format = Grammar::Only(Format::Zero);
    let parsed = check_start(text, line, format).and(whole);
    let parsed = parsed.and_then(|()| line::parse(text, format, &mut GnuMode::default()));
    as_item(text, line, parsed, formats)
}

fn as_item(
    text: &[u8],
    line: u64,
    parsed: Result<(Option<Format>, line::Parsed<'_>), LineError>,
    formats: &mut Formats,
) -> Item {
    match parsed {
        Ok((format, (digest, name))) => {
            format.into_iter().for_each(|format| formats.add(format));
            Item::Entry(Entry { line, digest, name: name.into_owned() })
        }
        Err(why) => {
            let shown = text.len().min(LINE_SHOWN_BYTES_MAX);
            Item::Malformed(Malformed { line, why, text: text[..shown].to_vec() })
        }
    }
}

/// Refuses a line for its encoding or its length, whatever it says.
fn check_start(text: &[u8], line: u64, grammar: Grammar) -> Result<(), LineError> {
    let first = line == 1 && grammar != Grammar::Gnu;
    if first && text.starts_with(b"\xef\xbb\xbf") {
        return Err(LineError::ByteOrderMark);
    }
    if first && is_utf16(text) {
        return Err(LineError::Utf16);
    }
    if text.len() > LINE_BYTES_MAX { Err(LineError::TooLong) } else { Ok(()) }
}

/// Whether the text of a manifest begins in UTF-16: with a byte order mark, or with four letters of ASCII, as every entry does.
fn is_utf16(text: &[u8]) -> bool {
    let (marks, mut pairs) = ([[0xff, 0xfe], [0xfe, 0xff]], text.chunks_exact(2));
    let every = |nul: usize| pairs.clone().take(4).all(|pair| pair[nul] == 0 && pair[1 - nul] != 0);
    let ascii = text.len() >= 8 && (every(0) || every(1));
    ascii || pairs.next().is_some_and(|pair| marks.iter().any(|mark| mark == pair))
}

#[cfg(test)]
mod tests;
