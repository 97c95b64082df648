//! The lines of a manifest as they stand, without a run.
//!
//! Looks at none of the files that they list.

use std::io::BufRead;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use super::begin::manifest_refused;
use super::watched::Watched;
use crate::error::Error;
use crate::manifest::{Entries, Formats, Grammar, Item, LineError};
use crate::root::open_anywhere;

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
    entries: Entries<Box<dyn BufRead + Send>>,
    manifest: Watched,
    is_given_up: bool,
    ended: bool,
}

impl Listing {
    /// Opens a manifest, wherever it is.
    pub fn open(path: impl AsRef<Path>, grammar: Grammar) -> Result<Listing, Error> {
        let path = path.as_ref();
        let opened = open_anywhere(path).map_err(|refusal| manifest_refused(refusal, path.to_owned()))?;
        let (reader, manifest) = Watched::open(opened, None, path);
        let entries = Entries::new(reader, grammar.for_manifest(path.file_name().unwrap_or_default().as_bytes()));
        Ok(Listing { entries, manifest, is_given_up: false, ended: false })
    }

    /// The formats of the entries so far.
    pub fn formats(&self) -> Formats {
        self.entries.formats()
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
            Some(Err(source)) => Some(Err(Error::ManifestUnreadable { path: self.manifest.path().to_owned(), source })),
            None => self.manifest.check(self.entries.bytes_read(), self.is_given_up).err().map(Err),
        };
        self.ended = true;
        item
    }
}
