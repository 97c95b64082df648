//! Manifests without a run: their lines as they stand, and new ones from entries that the caller has.
//!
//! Looks at none of the files that they list.

use std::fs::File;
use std::io::{self, BufReader};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::begin::manifest_refused;
use super::creation::Creation;
use crate::digest::Digest;
use crate::error::Error;
use crate::limits;
use crate::manifest::{Entries, Format, Formats, Grammar, Item, LineError, name_of_file};
use crate::root::{Stamp, open_anywhere, stamp_of};

/// The lines of a manifest that stands on the disk: an iterator that ends at its end, or at the first error.
///
/// Only a regular file is read. Where it was written to, truncated or replaced meanwhile, the last item is an error:
/// nobody knows then what it lists.
///
/// ```
/// use checksig::{Listing, manifest::{Grammar, Item}};
/// # let folder = tempfile::tempdir().unwrap();
/// # let path = folder.path().join("sha1sum.txt");
/// std::fs::write(&path, "da39a3ee5e6b4b0d3255bfef95601890afd80709  empty\n")?;
/// for item in Listing::open(&path, Grammar::Detect)? {
///     if let Item::Entry(entry) = item? {
///         println!("{} {}", entry.digest, String::from_utf8_lossy(&entry.name));
///     }
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Listing {
    entries: Entries<BufReader<Arc<File>>>,
    file: Arc<File>,
    stamp: Stamp,
    path: PathBuf,
    is_given_up: bool,
    ended: bool,
}

impl Listing {
    /// Opens a manifest, wherever it is.
    pub fn open(path: impl AsRef<Path>, grammar: Grammar) -> Result<Listing, Error> {
        let path = path.as_ref().to_owned();
        let opened = open_anywhere(&path).map_err(|refusal| manifest_refused(refusal, path.clone()))?;
        let file = Arc::new(File::from(opened.file));
        let reader = BufReader::with_capacity(limits::MANIFEST_BUFFER_BYTES, Arc::clone(&file));
        let entries = Entries::new(reader, grammar.for_manifest(path.file_name().unwrap_or_default().as_bytes()));
        Ok(Listing { entries, file, stamp: opened.stamp, path, is_given_up: false, ended: false })
    }

    /// The formats of the entries so far.
    pub fn formats(&self) -> Formats {
        self.entries.formats()
    }

    /// A manifest needs a proof of its end as much as a file does.
    fn check(&self) -> Result<(), Error> {
        // One that is UTF-16 is given up at its start.
        let whole = self.entries.bytes_read() == self.stamp.size_bytes || self.is_given_up;
        match stamp_of(&self.file) {
            Ok(stamp) if stamp == self.stamp && whole => Ok(()),
            _ => Err(Error::ManifestChanged { path: self.path.clone() }),
        }
    }
}

impl Iterator for Listing {
    type Item = Result<Item, Error>;

    fn next(&mut self) -> Option<Result<Item, Error>> {
        if self.ended {
            return None;
        }
        let item = match self.entries.next() {
            Some(Ok(item)) => {
                self.is_given_up |= matches!(&item, Item::Malformed(line) if line.why == LineError::Utf16);
                return Some(Ok(item));
            }
            Some(Err(source)) => Some(Err(Error::ManifestUnreadable { path: self.path.clone(), source })),
            None => self.check().err().map(Err),
        };
        self.ended = true;
        item
    }
}

/// Writes a manifest of entries that the caller has, in their order: beside its place first, and then in it.
///
/// What stands there stays unless `overwrites`, and must be a regular file or a link to one. An entry that no line of
/// this format can carry is an error, and then nothing is written. The name `-` is written `./-`, as
/// [`create`](crate::create) writes it, since to `sha1sum` and the like that is standard input; in a bag it is a name as
/// any other.
pub fn write_manifest<'a>(
    path: impl AsRef<Path>,
    format: Format,
    entries: impl IntoIterator<Item = (&'a Digest, &'a [u8])>,
    overwrites: bool,
) -> Result<(), Error> {
    let mut creation = Creation::begin_at(path.as_ref().to_owned(), false, format, overwrites)?;
    for (index, (digest, name)) in entries.into_iter().enumerate() {
        if let Err(source) = creation.write_entry(digest, name_of_file(format, name)) {
            let is_refused = source.kind() == io::ErrorKind::InvalidInput && source.raw_os_error().is_none();
            return Err(if is_refused { Error::EntryRefused { index, source } } else { creation.unwritable(source) });
        }
    }
    creation.commit()
}
