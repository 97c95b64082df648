//! The manifest that `create` writes: a temporary file beside the old one, which takes its place when all went well.
//!
//! Finds no digest; it is handed records in the order in which they are to stand.

use std::fs::{self, Permissions};
use std::io::{self, BufWriter, Write};
use std::os::unix::ffi::OsStringExt;
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use crate::error::Error;
use crate::filekind::FileKind;
use crate::limits;
use crate::manifest::{Format, write_entry};
use crate::plan::Leftovers;
use crate::report::{FileReport, Record};
use crate::verdict::Outcome;

/// A manifest in the making. Dropped without [`commit`](Creation::commit) it leaves nothing behind.
pub(super) struct Creation {
    path: PathBuf,
    format: Format,
    overwrites: bool,
    out: BufWriter<NamedTempFile>,
}

impl Creation {
    /// Begins a manifest at `path`.
    ///
    /// What stands there already must be a regular file, or a link to one, which is then written where the link leads.
    pub(super) fn begin(path: PathBuf, format: Format, overwrites: bool) -> Result<Creation, Error> {
        match Creation::open(&path, overwrites) {
            Ok(Place::Free(path, file)) => {
                let out = BufWriter::with_capacity(limits::CREATION_BUFFER_BYTES, file);
                Ok(Creation { path, format, overwrites, out })
            }
            Ok(Place::Taken) => Err(Error::ManifestExists { path }),
            Ok(Place::NotRegular(kind)) => Err(Error::ManifestNotRegular { path, kind }),
            Err(source) => Err(Error::ManifestUnwritable { path, source }),
        }
    }

    /// Looks at where the manifest will stand, and makes the temporary file beside it.
    fn open(path: &Path, overwrites: bool) -> io::Result<Place> {
        // The umask takes from these what the user does not want.
        let mut permissions = Permissions::from_mode(0o666);
        let mut path = path.to_owned();
        match fs::symlink_metadata(&path) {
            Ok(_) => {
                path = path.canonicalize()?;
                let old = fs::metadata(&path)?;
                if !old.is_file() {
                    return Ok(Place::NotRegular(kind_of(old.file_type())));
                }
                if !overwrites {
                    return Ok(Place::Taken);
                }
                permissions = Permissions::from_mode(old.permissions().mode() & 0o777);
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
        let mut builder = tempfile::Builder::new();
        builder.prefix(PREFIX).rand_bytes(RANDOM_BYTES).suffix(SUFFIX).permissions(permissions);
        let file = builder.tempfile_in(folder(&path))?;
        Ok(Place::Free(path, file))
    }

    /// The names, below the root, of the manifest and of the temporary file, which are not to be listed.
    pub(super) fn own_names(&self, root: &Path) -> Result<Vec<Vec<u8>>, Error> {
        names_below(root, [self.path.as_path(), self.out.get_ref().path()])
    }

    /// What temporary files are called below the root, if that is where they are made: one of a run that was killed is
    /// nobody's data.
    pub(super) fn leftovers(&self, root: &Path) -> Result<Option<Leftovers>, Error> {
        let directory = names_below(root, [self.path.as_path()])?.pop().map(|mut name| {
            name.truncate(name.iter().rposition(|&byte| byte == b'/').unwrap_or(0));
            name
        });
        Ok(directory.map(|directory| Leftovers { directory, prefix: PREFIX, between: RANDOM_BYTES, suffix: SUFFIX }))
    }

    /// Writes the lines of the files that have a digest.
    pub(super) fn write(&mut self, records: &[Record]) -> Result<(), Error> {
        for record in records {
            if let Record::File(FileReport { name, expected: Some(digest), outcome: Outcome::Match, .. }) = record {
                write_entry(&mut self.out, self.format, digest, name)
                    .map_err(|source| Error::ManifestUnwritable { path: self.path.clone(), source })?;
            }
        }
        Ok(())
    }

    /// Puts the manifest in its place.
    pub(super) fn commit(self) -> Result<(), Error> {
        let Creation { path, overwrites, out, .. } = self;
        let put = || -> io::Result<()> {
            let mut file = out.into_inner().map_err(io::IntoInnerError::into_error)?;
            file.flush()?;
            file.as_file().sync_all()?;
            let put = if overwrites { file.persist(&path) } else { file.persist_noclobber(&path) };
            put.map_err(|error| error.error)?;
            Ok(())
        };
        put().map_err(|source| match source.kind() {
            // Somebody else was faster.
            io::ErrorKind::AlreadyExists if !overwrites => Error::ManifestExists { path: path.clone() },
            _ => Error::ManifestUnwritable { path: path.clone(), source },
        })
    }
}

/// What stands where a manifest is to be.
enum Place {
    /// Nothing that is in the way: where that is, and the temporary file beside it.
    Free(PathBuf, NamedTempFile),
    /// A manifest that is not to be replaced.
    Taken,
    /// No manifest.
    NotRegular(FileKind),
}

/// The names of temporary files: what they begin with, how many letters and digits follow, and what they end with.
const PREFIX: &str = ".checksig-";
const RANDOM_BYTES: usize = 6;
const SUFFIX: &str = ".tmp";

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

/// The directory that a path is in.
fn folder(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

fn kind_of(kind: fs::FileType) -> FileKind {
    if kind.is_dir() {
        FileKind::Directory
    } else if kind.is_fifo() {
        FileKind::Fifo
    } else if kind.is_socket() {
        FileKind::Socket
    } else if kind.is_char_device() {
        FileKind::CharDevice
    } else if kind.is_block_device() {
        FileKind::BlockDevice
    } else {
        FileKind::Unknown
    }
}
