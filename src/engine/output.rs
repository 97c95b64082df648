//! A file for what a run finds, which must not be one of those that the run is about.
//!
//! Knows no form of output; a face writes it.

use std::fs;
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use super::whole::{WholeFile, folder};
use crate::error::Error;
use crate::relpath::RelPath;
use crate::report::Record;

/// A file that appears whole or not at all, for the findings of a run: it is written through its descriptor, beside the place
/// that it is put in by [`commit`](Output::commit). Dropped without that it leaves nothing behind.
#[derive(Debug)]
pub struct Output {
    path: PathBuf,
    file: WholeFile,
    /// Its name below the root, component by component, if it is there.
    below: Option<Vec<Vec<u8>>>,
    listed: bool,
}

impl Output {
    /// Begins a file at `path` for a run below `root` by `manifest`, which it must not be.
    ///
    /// What stands there already must be a regular file, or a link to one, which is then replaced where the link leads.
    pub fn begin(path: &Path, root: &Path, manifest: &Path) -> Result<Output, Error> {
        let unwritable = |source| Error::OutputUnwritable { path: path.to_owned(), source };
        let file = match WholeFile::begin(path).map_err(unwritable)? {
            Ok(file) => file,
            Err(kind) => return Err(Error::OutputNotRegular { path: path.to_owned(), kind }),
        };
        let place = place(file.path()).map_err(unwritable)?;
        let same_file = match (fs::metadata(&place), fs::metadata(manifest)) {
            (Ok(one), Ok(other)) => (one.dev(), one.ino()) == (other.dev(), other.ino()),
            _ => false,
        };
        if same_file || self::place(manifest).is_ok_and(|manifest| manifest == place) {
            return Err(Error::OutputIsInput { path: path.to_owned() });
        }
        let root = root.canonicalize().ok();
        let below = root.and_then(|root| place.strip_prefix(root).map(Path::to_owned).ok());
        let below = below.map(|name| name.iter().map(|part| part.as_bytes().to_vec()).collect());
        Ok(Output { path: path.to_owned(), file, below, listed: false })
    }

    /// Takes note of what the run is about: of a file that it lists, nothing may be made.
    pub fn note(&mut self, record: &Record) {
        let (Record::File(file), Some(below)) = (record, &self.below) else { return };
        let is_near = below.last().is_some_and(|last| file.name.ends_with(last));
        if is_near && RelPath::new(&file.name).is_ok_and(|name| name.components().eq(below.iter().map(Vec::as_slice))) {
            self.listed = true;
        }
    }

    /// The file as it was given.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Where it stands until it is put in its place: what is to be removed where a process ends without dropping this.
    pub fn temporary(&self) -> &Path {
        self.file.temporary()
    }

    /// Where it will stand and where it stands until then: what an audit of the tree that it is in must not take for unlisted.
    pub fn paths(&self) -> [PathBuf; 3] {
        [self.path.clone(), self.file.path().to_owned(), self.file.temporary().to_owned()]
    }

    /// Puts the file in its place, once its bytes are on the device.
    pub fn commit(self) -> Result<(), Error> {
        if self.listed {
            return Err(Error::OutputIsInput { path: self.path });
        }
        self.file.commit().map_err(|source| Error::OutputUnwritable { path: self.path, source })
    }
}

impl AsFd for Output {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.file.as_file().as_fd()
    }
}

/// The path of a file, which need not exist, by its directory's own.
fn place(path: &Path) -> io::Result<PathBuf> {
    let name = path.file_name().ok_or(io::ErrorKind::IsADirectory)?;
    Ok(folder(path).canonicalize()?.join(name))
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;
    use crate::report::FileReport;
    use crate::verdict::Outcome;

    fn write(output: &Output, text: &str) {
        output.file.as_file().write_all(text.as_bytes()).unwrap();
    }

    fn record(name: &str) -> Record {
        let name = name.as_bytes().to_vec();
        let outcome = Outcome::Match;
        Record::File(FileReport {
            line: 1,
            name,
            expected: None,
            outcome,
            size_bytes: None,
            reader: None,
            moved_from: None,
        })
    }

    fn names(root: &Path) -> Vec<String> {
        let mut names: Vec<String> =
            fs::read_dir(root).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn it_appears_whole_or_not_at_all() {
        let root = tempfile::tempdir().unwrap();
        let (path, manifest) = (root.path().join("found"), root.path().join("m"));
        fs::write(&path, "old").unwrap();
        let output = Output::begin(&path, root.path(), &manifest).unwrap();
        write(&output, "new");
        assert_eq!(fs::read(&path).unwrap(), b"old");
        assert_eq!(names(root.path()).len(), 2);
        drop(output);
        assert_eq!((names(root.path()), fs::read(&path).unwrap()), (vec!["found".to_owned()], b"old".to_vec()));
        let output = Output::begin(&path, root.path(), &manifest).unwrap();
        write(&output, "new");
        output.commit().unwrap();
        assert_eq!((names(root.path()), fs::read(&path).unwrap()), (vec!["found".to_owned()], b"new".to_vec()));
    }

    #[test]
    fn a_link_leads_to_what_is_replaced() {
        let root = tempfile::tempdir().unwrap();
        fs::write(root.path().join("real"), "old").unwrap();
        std::os::unix::fs::symlink("real", root.path().join("link")).unwrap();
        let output = Output::begin(&root.path().join("link"), root.path(), Path::new("m")).unwrap();
        write(&output, "new");
        output.commit().unwrap();
        assert!(root.path().join("link").is_symlink());
        assert_eq!(fs::read(root.path().join("real")).unwrap(), b"new");
    }

    #[test]
    fn what_the_run_is_about_is_not_replaced() {
        let root = tempfile::tempdir().unwrap();
        let at = |name: &str| root.path().join(name);
        let begin = |name: &str, manifest: &str| Output::begin(&at(name), root.path(), &at(manifest));
        fs::write(at("m"), "").unwrap();
        fs::hard_link(at("m"), at("m2")).unwrap();
        std::os::unix::fs::symlink("m", at("m3")).unwrap();
        for (name, manifest) in [("m", "m"), ("m2", "m"), ("m3", "m"), ("./m", "m"), ("m", "m3"), ("none", "./none")] {
            assert!(matches!(begin(name, manifest), Err(Error::OutputIsInput { .. })), "{name}");
        }
        assert!(matches!(begin(".", "m"), Err(Error::OutputNotRegular { .. })));
        assert!(matches!(begin("gone/x", "m"), Err(Error::OutputUnwritable { .. })));
        fs::create_dir(at("d")).unwrap();
        for (name, listed) in [("d/x", true), ("./d//x", true), ("dd/x", false), ("x", false), ("../d/x", false)] {
            let mut output = begin("d/x", "m").unwrap();
            output.note(&record(name));
            assert_eq!(output.commit().is_err(), listed, "{name}");
            let _ = fs::remove_file(at("d/x"));
        }
    }
}
