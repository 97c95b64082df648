//! The manifest that `create` writes: a temporary file beside the old one, which takes its place when all went well.
//!
//! Finds no digest; it is handed records in the order in which they are to stand.

use std::io::{BufWriter, Write};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use crate::error::Error;
use crate::manifest::{Format, write_entry};
use crate::report::{FileReport, Record};
use crate::verdict::Outcome;

/// A manifest in the making. Dropped without [`commit`](Creation::commit) it leaves nothing behind.
pub(super) struct Creation {
    path: PathBuf,
    format: Format,
    out: BufWriter<NamedTempFile>,
}

impl Creation {
    /// Begins a manifest at `path`.
    pub(super) fn begin(path: PathBuf, format: Format) -> Result<Creation, Error> {
        let directory = match path.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        };
        // The umask takes from these what the user does not want.
        let permissions = std::fs::Permissions::from_mode(0o666);
        let file = tempfile::Builder::new().prefix(".checksig-").permissions(permissions).tempfile_in(directory);
        match file {
            Ok(file) => Ok(Creation { path, format, out: BufWriter::with_capacity(1 << 18, file) }),
            Err(source) => Err(Error::ManifestUnwritable { path, source }),
        }
    }

    /// The names, below the root, of the manifest and of the temporary file, which are not to be listed.
    pub(super) fn own_names(&self, root: &Path) -> Vec<Vec<u8>> {
        let Ok(root) = root.canonicalize() else {
            return Vec::new();
        };
        [self.path.as_path(), self.out.get_ref().path()]
            .into_iter()
            .filter_map(|path| {
                let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
                let full = parent.canonicalize().ok()?.join(path.file_name()?);
                Some(full.strip_prefix(&root).ok()?.as_os_str().as_bytes().to_vec())
            })
            .collect()
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
        let Creation { path, out, .. } = self;
        let put = || -> std::io::Result<()> {
            let mut file = out.into_inner().map_err(std::io::IntoInnerError::into_error)?;
            file.flush()?;
            file.as_file().sync_all()?;
            file.persist(&path).map_err(|error| error.error)?;
            Ok(())
        };
        put().map_err(|source| Error::ManifestUnwritable { path: path.clone(), source })
    }
}
