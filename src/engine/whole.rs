//! A file that appears whole or not at all: written under another name beside its place, and renamed.
//!
//! Knows nothing of what is written.

use std::fs::{self, File, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use crate::filekind::FileKind;

/// The names of temporary files: what they begin with, how many letters and digits follow, and what they end with.
pub(super) const PREFIX: &str = ".checksig-";
pub(super) const RANDOM_BYTES: usize = 6;
pub(super) const SUFFIX: &str = ".tmp";

/// A file in the making. Dropped without [`commit`](WholeFile::commit) it leaves nothing behind.
#[derive(Debug)]
pub(super) struct WholeFile {
    path: PathBuf,
    file: NamedTempFile,
}

impl WholeFile {
    /// Begins a file at `path`; or says what stands there that must not be replaced.
    ///
    /// What stands there already must be a regular file, or a link to one, which is then written where the link leads.
    pub(super) fn begin(path: &Path) -> io::Result<Result<WholeFile, FileKind>> {
        // The umask takes from these what the user does not want.
        let mut permissions = Permissions::from_mode(0o666);
        let mut path = path.to_owned();
        match fs::symlink_metadata(&path) {
            Ok(_) => {
                path = path.canonicalize()?;
                let old = fs::metadata(&path)?;
                if !old.is_file() {
                    return Ok(Err(kind_of(old.file_type())));
                }
                permissions = Permissions::from_mode(old.permissions().mode() & 0o777);
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
        let mut builder = tempfile::Builder::new();
        builder.prefix(PREFIX).rand_bytes(RANDOM_BYTES).suffix(SUFFIX).permissions(permissions);
        let file = builder.tempfile_in(folder(&path))?;
        Ok(Ok(WholeFile { path, file }))
    }

    /// Where it will stand, as far as links have been followed.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Where it stands until then.
    pub(super) fn temporary(&self) -> &Path {
        self.file.path()
    }

    /// What is written to.
    pub(super) fn as_file(&self) -> &File {
        self.file.as_file()
    }

    /// Puts the file in its place, once its bytes are on the device.
    pub(super) fn commit(self) -> io::Result<()> {
        self.file.as_file().sync_all()?;
        self.file.persist(&self.path).map_err(|error| error.error)?;
        Ok(())
    }

    /// The same, where nothing may stand in its place by now.
    pub(super) fn commit_new(self) -> io::Result<()> {
        self.file.as_file().sync_all()?;
        self.file.persist_noclobber(&self.path).map_err(|error| error.error)?;
        Ok(())
    }
}

impl Write for WholeFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// The directory that a path is in.
pub(super) fn folder(path: &Path) -> &Path {
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
