//! The manifest that `create` writes: a temporary file beside the old one, which takes its place when all went well.
//!
//! Finds no digest; it is handed records, or entries that a caller has, in the order in which they are to stand.

use std::fs::{self, OpenOptions};
use std::io::{self, BufReader, BufWriter, Read};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use rustix::fs::OFlags;

use super::options::CreateOptions;
use super::whole::{PREFIX, RANDOM_BYTES, SUFFIX, WholeFile, absent_folder, folder};
use crate::digest::Digest;
use crate::error::Error;
use crate::limits;
use crate::manifest::{Entries, Format, Grammar, Item, name_of_file, write_entry};
use crate::plan::Leftovers;
use crate::report::{FileReport, Record};
use crate::verdict::Outcome;

/// A manifest in the making. Dropped without [`commit`](Creation::commit) it leaves nothing behind.
pub(super) struct Creation {
    format: Format,
    overwrites: bool,
    out: BufWriter<WholeFile>,
}

impl Creation {
    /// Begins the manifest that `options` ask for.
    ///
    /// What stands there already must be a regular file. Of a path that the caller names a link may lead to it, which is
    /// then written where the link leads; a link in the root's own manifest's place is the tree's and not the caller's.
    pub(super) fn begin(root: &Path, options: &CreateOptions) -> Result<Creation, Error> {
        let path = options.output.clone().unwrap_or_else(|| root.join(options.manifest_name()));
        Creation::begin_at(path, options.output.is_none(), options.format, options.overwrite)
    }

    /// Begins a manifest at a path, which is the root's own or one that the caller names.
    fn begin_at(path: PathBuf, is_own: bool, format: Format, overwrites: bool) -> Result<Creation, Error> {
        let old = if is_own { fs::symlink_metadata(&path) } else { fs::metadata(&path) };
        if !overwrites && old.is_ok_and(|old| old.is_file()) {
            return Err(exists(path));
        }
        match if is_own { WholeFile::begin_here(&path) } else { WholeFile::begin(&path) } {
            Ok(Ok(file)) if !overwrites && file.replaces() => Err(exists(path)),
            Ok(Ok(file)) => {
                let out = BufWriter::with_capacity(limits::CREATION_BUFFER_BYTES, file);
                Ok(Creation { format, overwrites, out })
            }
            Ok(Err(kind)) => Err(Error::ManifestNotRegular { path, kind }),
            Err(source) => Err(unwritable(path, source)),
        }
    }

    /// How its lines are written.
    pub(super) fn format(&self) -> Format {
        self.format
    }

    /// The names, below the root, of the manifest and of the temporary file, which are not to be listed.
    pub(super) fn own_names(&self, root: &Path) -> Result<Vec<Vec<u8>>, Error> {
        names_below(root, [self.out.get_ref().path(), self.out.get_ref().temporary()])
    }

    /// Where it stands until it is put in its place.
    pub(super) fn temporary(&self) -> &Path {
        self.out.get_ref().temporary()
    }

    /// What temporary files are called below the root, if that is where they are made: one of a run that was killed is
    /// nobody's data.
    pub(super) fn leftovers(&self, root: &Path) -> Result<Option<Leftovers>, Error> {
        let directory = names_below(root, [self.out.get_ref().path()])?.pop().map(|mut name| {
            name.truncate(name.iter().rposition(|&byte| byte == b'/').unwrap_or(0));
            name
        });
        Ok(directory.map(|directory| Leftovers { directory, prefix: PREFIX, between: RANDOM_BYTES, suffix: SUFFIX }))
    }

    /// Writes the lines of the files that have a digest.
    pub(super) fn write(&mut self, records: &[Record]) -> Result<(), Error> {
        for record in records {
            if let Record::File(FileReport { name, expected: Some(digest), outcome: Outcome::Match, .. }) = record {
                self.write_entry(digest, name).map_err(|source| self.unwritable(source))?;
            }
        }
        Ok(())
    }

    /// Writes one line; an error of the kind `InvalidInput` without a number says that no line can carry the name.
    fn write_entry(&mut self, digest: &Digest, name: &[u8]) -> io::Result<()> {
        write_entry(&mut self.out, self.format, digest, name_of_file(self.format, name))
    }

    /// Puts the manifest in its place.
    pub(super) fn commit(self) -> Result<(), Error> {
        let overwrites = self.overwrites;
        let path = self.out.get_ref().path().to_owned();
        let file = self.out.into_inner().map_err(io::IntoInnerError::into_error);
        file.and_then(WholeFile::commit).map_err(|source| match source.kind() {
            // Somebody else was faster.
            io::ErrorKind::AlreadyExists if !overwrites => exists(path),
            _ => unwritable(path, source),
        })
    }

    /// The error of a manifest that cannot be written.
    fn unwritable(&self, source: io::Error) -> Error {
        unwritable(self.out.get_ref().path().to_owned(), source)
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
        if let Err(source) = creation.write_entry(digest, name) {
            let is_refused = source.kind() == io::ErrorKind::InvalidInput && source.raw_os_error().is_none();
            return Err(if is_refused { Error::EntryRefused { index, source } } else { creation.unwritable(source) });
        }
    }
    creation.commit()
}

fn unwritable(path: PathBuf, source: io::Error) -> Error {
    let absent = absent_folder(&path, &source);
    Error::ManifestUnwritable { path, absent, source }
}

/// What stands there already is not to be replaced.
fn exists(path: PathBuf) -> Error {
    let is_manifest = begins_as_manifest(&path).ok();
    Error::ManifestExists { path, is_manifest }
}

/// Whether a file is empty, or the first that it says is an entry.
fn begins_as_manifest(path: &Path) -> io::Result<bool> {
    // It may have become a FIFO.
    let file = OpenOptions::new().read(true).custom_flags(OFlags::NONBLOCK.bits().cast_signed()).open(path)?;
    let size_bytes = file.metadata()?.len();
    let grammar = Grammar::Detect.for_manifest(path.file_name().unwrap_or_default().as_bytes());
    let head = BufReader::new(file.take(limits::MANIFEST_BUFFER_BYTES as u64));
    Ok(size_bytes == 0 || matches!(Entries::new(head, grammar).next().transpose()?, Some(Item::Entry(_))))
}

/// The names of those of these paths that are below the root, wherever links on the way to them lead.
pub(super) fn names_below<'a>(root: &Path, paths: impl IntoIterator<Item = &'a Path>) -> Result<Vec<Vec<u8>>, Error> {
    let unreadable = |source| Error::RootUnreadable { path: root.to_owned(), source };
    let root = root.canonicalize().map_err(unreadable)?;
    let mut names = Vec::new();
    for path in paths {
        let folder = folder(path).canonicalize().map_err(unreadable)?;
        if let (Ok(below), Some(name)) = (folder.strip_prefix(&root), path.file_name()) {
            names.push(below.join(name).into_os_string().into_vec());
        }
    }
    Ok(names)
}
