//! A file that appears whole or not at all: written under another name beside its place, and renamed.
//!
//! Knows nothing of what is written.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{FileTypeExt, MetadataExt, OpenOptionsExt, PermissionsExt};
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
    /// What stood there when it was begun, as Linux tells files apart: nothing else is replaced.
    stood: Option<(u64, u64)>,
    file: NamedTempFile,
}

impl WholeFile {
    /// Begins a file at `path`; or says what stands there that must not be replaced.
    ///
    /// What stands there already must be a regular file, or a link to one, which is then written where the link leads.
    pub(super) fn begin(path: &Path) -> io::Result<Result<WholeFile, FileKind>> {
        if !fs::symlink_metadata(path).is_ok_and(|old| old.is_symlink()) {
            return WholeFile::begin_here(path);
        }
        match fs::metadata(path) {
            // Asked of the link, as what /dev/stdout leads to may have no path.
            Ok(old) if !old.is_file() => Ok(Err(kind_of(old.file_type()))),
            _ => WholeFile::begin_here(&path.canonicalize()?),
        }
    }

    /// The same through no link: what has the name must be a regular file itself.
    pub(super) fn begin_here(path: &Path) -> io::Result<Result<WholeFile, FileKind>> {
        // The umask takes from these what the user does not want.
        let mut mode = 0o666;
        let mut stood = None;
        match fs::symlink_metadata(path) {
            Ok(old) if old.is_file() => {
                stood = Some(identity(&old));
                mode = old.permissions().mode() & 0o777;
            }
            Ok(old) => return Ok(Err(kind_of(old.file_type()))),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                // Linux makes no file of such a name, which would be known only once all has been read.
                let bytes = path.as_os_str().as_bytes();
                if bytes.ends_with(b"/") || bytes.ends_with(b"/.") || path.file_name().is_none() && !bytes.is_empty() {
                    return Ok(Err(FileKind::Directory));
                }
                if bytes.is_empty() {
                    return Err(error);
                }
            }
            Err(error) => return Err(error),
        }
        // Opened here, as an error of `tempfile` has lost its number.
        let open = |path: &Path| OpenOptions::new().read(true).write(true).create_new(true).mode(mode).open(path);
        let mut builder = tempfile::Builder::new();
        let file = builder.prefix(PREFIX).rand_bytes(RANDOM_BYTES).suffix(SUFFIX).make_in(folder(path), open)?;
        Ok(Ok(WholeFile { path: path.to_owned(), stood, file }))
    }

    /// Whether something stood there when it was begun.
    pub(super) fn replaces(&self) -> bool {
        self.stood.is_some()
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

    /// Puts the file in its place, once its bytes are on the device, unless something else came to stand there meanwhile:
    /// that stays.
    pub(super) fn commit(self) -> io::Result<()> {
        self.file.as_file().sync_all()?;
        let stands = match fs::symlink_metadata(&self.path) {
            Ok(stands) => Some(identity(&stands)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(error),
        };
        let put = match stands {
            None => self.file.persist_noclobber(&self.path),
            Some(_) if stands == self.stood => self.file.persist(&self.path),
            Some(_) => return Err(taken()),
        };
        match put {
            Ok(_) => Ok(()),
            Err(error) if error.error.kind() == io::ErrorKind::AlreadyExists => Err(taken()),
            Err(error) => Err(error.error),
        }
    }
}

/// How Linux tells files apart.
fn identity(file: &fs::Metadata) -> (u64, u64) {
    (file.dev(), file.ino())
}

/// Somebody else was faster.
fn taken() -> io::Error {
    io::Error::new(io::ErrorKind::AlreadyExists, "something else was put there meanwhile, and stays")
}

/// The directory that a file at this path was to be in, where there is none: that it is not there is then what the error says.
pub(super) fn absent_folder(path: &Path, error: &io::Error) -> Option<PathBuf> {
    let folder = folder(path);
    let is_absent = error.kind() == io::ErrorKind::NotFound && matches!(folder.try_exists(), Ok(false));
    is_absent.then(|| folder.to_owned())
}

impl Write for WholeFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.as_file().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.as_file().flush()
    }
}

/// The directory that a path is in.
pub(super) fn folder(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

fn kind_of(kind: fs::FileType) -> FileKind {
    if kind.is_symlink() {
        FileKind::Symlink
    } else if kind.is_dir() {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_to_stand_there_meanwhile_stays() {
        let folder = tempfile::tempdir().unwrap();
        let (path, other) = (folder.path().join("f"), folder.path().join("other"));
        let put = |what: &str| match what {
            "file" => fs::write(&path, "theirs").unwrap(),
            "link" => std::os::unix::fs::symlink("other", &path).unwrap(),
            "fifo" => drop(std::os::unix::net::UnixListener::bind(&path).unwrap()),
            "directory" => fs::create_dir(&path).unwrap(),
            _ => {}
        };
        for stood in [false, true] {
            for what in ["file", "link", "fifo", "directory", "nothing"] {
                let _ = fs::remove_file(&path).or_else(|_| fs::remove_dir(&path));
                if stood {
                    fs::write(&path, "old").unwrap();
                }
                let mut file = WholeFile::begin(&path).unwrap().unwrap();
                assert_eq!(file.replaces(), stood);
                file.write_all(b"new").unwrap();
                if stood {
                    // Kept, so that its number is not given to what comes.
                    fs::rename(&path, &other).unwrap();
                }
                put(what);
                let before = fs::symlink_metadata(&path).map(|there| identity(&there)).ok();
                let result = file.commit().map_err(|error| error.kind());
                let after = fs::symlink_metadata(&path).map(|there| identity(&there)).ok();
                if what == "nothing" {
                    assert_eq!((result, fs::read(&path).unwrap()), (Ok(()), b"new".to_vec()));
                } else {
                    assert_eq!((result, after), (Err(io::ErrorKind::AlreadyExists), before), "{what}, {stood}");
                }
                assert!(!stood || fs::read(&other).unwrap() == b"old");
            }
        }
    }

    #[test]
    fn an_error_keeps_its_number() {
        let folder = tempfile::tempdir().unwrap();
        let refused = WholeFile::begin(&folder.path().join("none/f")).unwrap_err();
        assert_eq!(refused.raw_os_error(), Some(libc::ENOENT));
        // A file that can be written to no further, as on a device that is full.
        let mut file = WholeFile::begin(&folder.path().join("f")).unwrap().unwrap();
        file.file = NamedTempFile::from_parts(File::open(file.temporary()).unwrap(), file.file.into_temp_path());
        assert_eq!(file.write(b"x").unwrap_err().raw_os_error(), Some(libc::EBADF));
    }

    #[test]
    fn a_name_that_only_a_directory_can_have_is_refused_at_once() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("there")).unwrap();
        for name in ["new/", "new/.", "new//", "there", "there/", "there/.", "there/.."] {
            let begun = WholeFile::begin(&folder.path().join(name));
            assert!(matches!(begun, Ok(Err(FileKind::Directory))), "{name}: {begun:?}");
        }
        assert!(WholeFile::begin(Path::new("")).is_err());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing is made");
    }
}
