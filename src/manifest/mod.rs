//! A manifest as a stream of entries, and entries as lines of a manifest.
//!
//! Pure: takes bytes from a `BufRead` and gives data; opens nothing, and knows neither roots nor threads.
//! Memory stays the same whatever the length of the manifest or of a line.

mod error;
mod escape;
mod line;
mod write;

pub use error::LineError;
pub use line::Grammar;
pub use write::{Format, write_entry};

use std::io::{self, BufRead};

use crate::digest::Digest;

/// One line of a manifest that lists a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The number of the line, from 1.
    pub line: u64,
    /// The digest that the file is said to have.
    pub digest: Digest,
    /// The name of the file: bytes, unescaped, never empty, without NUL; nothing else is promised of it.
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
/// ```
/// use checksig::manifest::{Entries, Grammar, Item};
/// let text = b"# comment\nda39a3ee5e6b4b0d3255bfef95601890afd80709  empty.txt\nnonsense\n";
/// let items: Vec<Item> = Entries::new(&text[..], Grammar::Strict).collect::<Result<_, _>>()?;
/// assert!(matches!(&items[0], Item::Entry(entry) if entry.name == b"empty.txt" && entry.line == 2));
/// assert!(matches!(&items[1], Item::Malformed(malformed) if malformed.line == 3));
/// # Ok::<(), std::io::Error>(())
/// ```
pub struct Entries<R> {
    #[allow(dead_code)]
    input: R,
}

impl<R: BufRead> Entries<R> {
    /// Reads a manifest from its first byte.
    pub fn new(_input: R, _grammar: Grammar) -> Entries<R> {
        todo!()
    }
}

impl<R: BufRead> Iterator for Entries<R> {
    type Item = io::Result<Item>;

    fn next(&mut self) -> Option<io::Result<Item>> {
        todo!()
    }
}
