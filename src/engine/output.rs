//! A file for what a run finds, which must not be one of those that the run is about.
//!
//! Knows no form of output; a face writes it.

use std::ffi::OsStr;
use std::fs;
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use super::begin::OWN_MANIFESTS;
use super::whole::{WholeFile, absent_folder, folder};
use crate::error::Error;
use crate::relpath::RelPath;
use crate::report::{FileReport, Record, Report};
use crate::verdict::OutcomeKind;

/// A file that appears whole or not at all, for the findings of a run: it is written through its descriptor, beside the place
/// that it is put in by [`commit`](Output::commit). Dropped without that it leaves nothing behind.
#[derive(Debug)]
pub struct Output {
    path: PathBuf,
    file: WholeFile,
    /// Its name below the root, component by component, if it is there.
    below: Option<Vec<Vec<u8>>>,
    /// What stands in its place already.
    old: Option<Old>,
    root: PathBuf,
    listed: bool,
}

/// A file that is to be replaced, as it was at the start.
#[derive(Debug)]
struct Old {
    device: u64,
    inode: u64,
    size_bytes: u64,
}

impl Output {
    /// Begins a file at `path` for a run below `root` by `manifest`, which it must not be; without one, by the root's own, and it
    /// must be none of those that are looked for.
    ///
    /// What stands there already must be a regular file, or a link to one, which is then replaced where the link leads.
    pub fn begin(path: &Path, given_root: &Path, manifest: Option<&Path>) -> Result<Output, Error> {
        let unwritable = |source| self::unwritable(path.to_owned(), source);
        let file = match WholeFile::begin(path).map_err(unwritable)? {
            Ok(file) => file,
            Err(kind) => return Err(Error::OutputNotRegular { path: path.to_owned(), kind }),
        };
        let place = place(file.path()).map_err(unwritable)?;
        let old = fs::metadata(&place).ok();
        let old = old.map(|old| Old { device: old.dev(), inode: old.ino(), size_bytes: old.len() });
        let is_it = |manifest: &PathBuf| {
            let same_file = match (&old, fs::metadata(manifest)) {
                (Some(old), Ok(other)) => (old.device, old.inode) == (other.dev(), other.ino()),
                _ => false,
            };
            same_file || self::place(manifest).is_ok_and(|manifest| manifest == place)
        };
        let own = || OWN_MANIFESTS.iter().map(|name| given_root.join(name)).collect();
        if manifest.map_or_else(own, |manifest| vec![manifest.to_owned()]).iter().any(is_it) {
            return Err(Error::OutputIsInput { path: path.to_owned() });
        }
        let root = given_root.canonicalize().ok();
        let below = root.and_then(|root| place.strip_prefix(root).map(Path::to_owned).ok());
        let below = below.map(|name| name.iter().map(|part| part.as_bytes().to_vec()).collect());
        Ok(Output { path: path.to_owned(), file, below, old, root: given_root.to_owned(), listed: false })
    }

    /// Takes note of what the run is about: over a file that it lists nothing may be put, and that is an error at once. To be
    /// called with every record.
    pub fn note(&mut self, record: &Record) -> Result<(), Error> {
        let Record::File(file) = record else { return Ok(()) };
        // What is not listed has no line, and is nobody's loss: it is the caller's own file, most often.
        self.listed |= file.line > 0 && (self.has_its_name(file) || self.is_its_file(file));
        if self.listed { Err(Error::OutputIsInput { path: self.path.clone() }) } else { Ok(()) }
    }

    fn has_its_name(&self, file: &FileReport) -> bool {
        let Some(below) = &self.below else { return false };
        let is_near = below.last().is_some_and(|last| file.name.ends_with(last));
        is_near && RelPath::new(&file.name).is_ok_and(|name| name.components().eq(below.iter().map(Vec::as_slice)))
    }

    /// Whether it is what stands here by another name, as over a link or a second mount of its directory. Linux is asked only
    /// where the size is the same, or not known.
    fn is_its_file(&self, file: &FileReport) -> bool {
        let Some(old) = &self.old else { return false };
        let is_out_of_reach = matches!(file.outcome.kind(), OutcomeKind::Missing | OutcomeKind::OutsideRoot);
        if is_out_of_reach || file.size_bytes.is_some_and(|size_bytes| size_bytes != old.size_bytes) {
            return false;
        }
        let found = fs::metadata(self.root.join(OsStr::from_bytes(&file.name)));
        found.is_ok_and(|found| (found.dev(), found.ino()) == (old.device, old.inode))
    }

    /// Whether it may be put in its place after a run that gave this report, or none: what stands there is replaced only once
    /// every entry has been seen, since a later one might list it.
    pub fn may_be_put(&self, report: Option<&Report>) -> bool {
        self.old.is_none() || report.is_some_and(|report| !report.is_cut_short())
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

    /// Puts the file in its place, once its bytes are on the device, if it [may](Output::may_be_put) after such a run.
    pub fn commit(self, report: Option<&Report>) -> Result<(), Error> {
        if self.listed {
            return Err(Error::OutputIsInput { path: self.path });
        }
        if !self.may_be_put(report) {
            let source = io::Error::other("the run did not go to its end");
            return Err(unwritable(self.path, source));
        }
        self.file.commit().map_err(|source| unwritable(self.path, source))
    }
}

impl AsFd for Output {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.file.as_file().as_fd()
    }
}

fn unwritable(path: PathBuf, source: io::Error) -> Error {
    let absent = absent_folder(&path, &source);
    Error::OutputUnwritable { path, absent, source }
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
    use crate::engine::{Options, verify};
    use crate::verdict::Outcome;

    fn write(output: &Output, text: &str) {
        output.file.as_file().write_all(text.as_bytes()).unwrap();
    }

    fn record(name: &str) -> Record {
        Record::File(FileReport::of(name.as_bytes(), Outcome::Match))
    }

    /// The report of a run that went to its end, and of one that did not.
    fn reports() -> (Report, Report) {
        let root = tempfile::tempdir().unwrap();
        fs::write(root.path().join("sha1sum.txt"), "").unwrap();
        let whole = verify(root.path(), &Options::default()).unwrap();
        let mut cut = whole.clone();
        cut.cancelled = true;
        (whole, cut)
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
        let output = Output::begin(&path, root.path(), Some(&manifest)).unwrap();
        write(&output, "new");
        assert_eq!(fs::read(&path).unwrap(), b"old");
        assert_eq!(names(root.path()).len(), 2);
        drop(output);
        assert_eq!((names(root.path()), fs::read(&path).unwrap()), (vec!["found".to_owned()], b"old".to_vec()));
        let output = Output::begin(&path, root.path(), Some(&manifest)).unwrap();
        write(&output, "new");
        output.commit(Some(&reports().0)).unwrap();
        assert_eq!((names(root.path()), fs::read(&path).unwrap()), (vec!["found".to_owned()], b"new".to_vec()));
    }

    #[test]
    fn a_link_leads_to_what_is_replaced() {
        let root = tempfile::tempdir().unwrap();
        fs::write(root.path().join("real"), "old").unwrap();
        std::os::unix::fs::symlink("real", root.path().join("link")).unwrap();
        let output = Output::begin(&root.path().join("link"), root.path(), Some(Path::new("m"))).unwrap();
        write(&output, "new");
        output.commit(Some(&reports().0)).unwrap();
        assert!(root.path().join("link").is_symlink());
        assert_eq!(fs::read(root.path().join("real")).unwrap(), b"new");
    }

    #[test]
    fn what_the_run_is_about_is_not_replaced() {
        let root = tempfile::tempdir().unwrap();
        let at = |name: &str| root.path().join(name);
        let begin = |name: &str, manifest: &str| Output::begin(&at(name), root.path(), Some(&at(manifest)));
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
            assert_eq!(output.note(&record(name)).is_err(), listed, "{name}");
            assert_eq!(output.commit(None).is_err(), listed, "{name}");
            let _ = fs::remove_file(at("d/x"));
        }
    }

    /// A second mount looks like that, and a link that is followed.
    #[test]
    fn nor_by_another_path_to_it() {
        let root = tempfile::tempdir().unwrap();
        let at = |name: &str| root.path().join(name);
        for directory in ["tree", "elsewhere"] {
            fs::create_dir(at(directory)).unwrap();
        }
        fs::write(at("elsewhere/x"), "old").unwrap();
        fs::write(at("tree/other"), "old").unwrap();
        std::os::unix::fs::symlink("../elsewhere", at("tree/link")).unwrap();
        for (name, size_bytes, listed) in [
            ("link/x", Some(3), true),
            ("link/x", None, true),
            ("link/x", Some(4), false),
            ("other", Some(3), false),
            ("gone", None, false),
        ] {
            let mut output = Output::begin(&at("elsewhere/x"), &at("tree"), Some(&at("m"))).unwrap();
            let Record::File(mut file) = record(name) else { unreachable!() };
            file.size_bytes = size_bytes;
            assert_eq!(output.note(&Record::File(file.clone())).is_err(), listed, "{name}");
            assert_eq!(output.commit(Some(&reports().0)).is_err(), listed, "{name}");
            fs::write(at("elsewhere/x"), "old").unwrap();
            // What is unlisted may be replaced.
            let mut output = Output::begin(&at("elsewhere/x"), &at("tree"), Some(&at("m"))).unwrap();
            file.line = 0;
            output.note(&Record::File(file)).unwrap();
        }
    }

    #[test]
    fn what_stands_there_is_not_replaced_before_every_entry_was_seen() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("x");
        let (whole, cut) = reports();
        for (report, put) in [(None, false), (Some(&cut), false), (Some(&whole), true)] {
            for stands in [true, false] {
                let _ = fs::remove_file(&path);
                if stands {
                    fs::write(&path, "old").unwrap();
                }
                let output = Output::begin(&path, root.path(), Some(Path::new("m"))).unwrap();
                write(&output, "new");
                assert_eq!(output.may_be_put(report), put || !stands);
                assert_eq!(output.commit(report).is_ok(), put || !stands);
                assert_eq!(fs::read(&path).unwrap(), if put || !stands { b"new" } else { b"old" });
            }
        }
    }
}
