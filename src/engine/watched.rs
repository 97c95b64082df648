//! A manifest that is being read: where it is read from, and the proof that it was read whole.
//!
//! Reads no line.

use std::fs::File;
use std::io::{BufRead, BufReader, Cursor};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::error::Error;
use crate::limits;
use crate::root::{OpenedFile, Stamp, stamp_of};

/// A manifest that is being read, and how it was when that began.
pub(super) struct Watched {
    file: Arc<File>,
    stamp: Stamp,
    path: PathBuf,
    /// Whether it is read as a bag's because of its name alone.
    pub(super) is_bag_by_name: bool,
}

impl Watched {
    /// Begins to read a manifest, of which all bytes may be at hand.
    pub(super) fn open(
        manifest: OpenedFile,
        at_hand: Option<Vec<u8>>,
        path: &Path,
    ) -> (Box<dyn BufRead + Send>, Watched) {
        let file = Arc::new(File::from(manifest.file));
        let watched =
            Watched { file: Arc::clone(&file), stamp: manifest.stamp, path: path.to_owned(), is_bag_by_name: false };
        let reader: Box<dyn BufRead + Send> = match at_hand {
            Some(bytes) => Box::new(Cursor::new(bytes)),
            None => Box::new(BufReader::with_capacity(limits::MANIFEST_BUFFER_BYTES, file)),
        };
        (reader, watched)
    }

    /// Bytes that it had when it was opened.
    pub(super) fn size_bytes(&self) -> u64 {
        self.stamp.size_bytes
    }

    /// What messages name it by.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// A manifest needs a proof of its end as much as a file does: lines that went missing while it was read would be
    /// files that nobody checked. To be asked by who has read it to its end, so many bytes; or, of one that is UTF-16, has
    /// given it up at its start.
    pub(super) fn check(&self, bytes_read: u64, is_given_up: bool) -> Result<(), Error> {
        let whole = bytes_read == self.stamp.size_bytes || is_given_up;
        match stamp_of(&self.file) {
            Ok(stamp) if stamp == self.stamp && whole => Ok(()),
            _ => Err(Error::ManifestChanged { path: self.path.clone() }),
        }
    }
}
