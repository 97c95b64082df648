//! Files that lie side by side, opened by their last name from the descriptor of their directory.
//!
//! Opens nothing that the whole name does not lead to, and refuses nothing: where an open fails, the whole name decides.
//!
//! A name of one component that is neither `..` nor a link cannot lead out of the directory that it is looked up in,
//! wherever that directory has gone. What the descriptor may be late about is where the directory is; so it is kept for
//! files in a row only, so many of them, and so long.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::time::{Duration, Instant};

use rustix::fs::OFlags;
use rustix::io::Errno;

use super::lookup::{ResolveFlags, openat2};
use super::{FILE, HANDLE, OpenedFile, Policy, Refusal, Root};
use crate::limits;
use crate::relpath::RelPath;

/// The directory that one thread opened its last file in.
#[derive(Debug, Default)]
pub(crate) struct Siblings {
    /// As the names spell it.
    name: Vec<u8>,
    /// How many files were opened in it one after another.
    in_a_row: usize,
    held: Option<Held>,
}

/// A directory that is kept open, and was below the root when that began.
#[derive(Debug)]
struct Held {
    directory: OwnedFd,
    since: Instant,
    files_left: usize,
}

/// One component, and that no link: nothing in it can lead anywhere else. RESOLVE_BENEATH would say the same at the cost of a
/// lock that all opens of the whole machine share.
const ONE_COMPONENT: ResolveFlags = ResolveFlags::NO_SYMLINKS.union(ResolveFlags::NO_MAGICLINKS);

impl Siblings {
    /// As [`Root::open_cached`], in fewer steps where the last files lay in the same directory.
    pub(crate) fn open_cached(&mut self, root: &Root, name: &[u8]) -> Option<Result<OpenedFile, Refusal>> {
        match self.open_beside(root, name) {
            Some(Ok(opened)) => return Some(Ok(opened)),
            Some(Err(Refusal::Errno(Errno::AGAIN))) if !root.near.is_kept() => {
                // A device would have to be waited for, so that what is held would grow old.
                self.let_go();
                return None;
            }
            // The directory may no longer be what the name leads to, or the descriptor be the one too many.
            Some(Err(_)) => self.let_go(),
            None => {}
        }
        let opened = root.open_cached(name);
        match opened {
            Some(Ok(_)) => self.in_a_row += 1,
            _ => self.let_go(),
        }
        opened
    }

    /// Opens the file from its directory's descriptor, if that is held or is to be held from now on.
    fn open_beside(&mut self, root: &Root, name: &[u8]) -> Option<Result<OpenedFile, Refusal>> {
        if root.walks() || root.looks_first() || !has_siblings(root, name) {
            return None;
        }
        let (directory, file) = match name.iter().rposition(|&byte| byte == b'/') {
            Some(slash) => (&name[..slash], &name[slash + 1..]),
            None => return Some(open_in(root.directory.as_ref()?.as_fd(), name, root, name)),
        };
        if directory != self.name {
            self.let_go();
            self.name.clear();
            self.name.extend_from_slice(directory);
        }
        self.held.take_if(|held| held.is_spent());
        if self.held.is_none() && self.in_a_row >= limits::SIBLINGS_MIN {
            let flags = HANDLE.union(OFlags::DIRECTORY);
            match root.open_with(directory, flags, root.near.cached()) {
                Ok(directory) => self.held = Some(Held::new(directory)),
                Err(refusal) => return Some(Err(refusal)),
            }
        }
        let held = self.held.as_mut()?;
        held.files_left -= 1;
        Some(open_in(held.directory.as_fd(), file, root, name))
    }

    /// Closes the directory, if one is held.
    pub(crate) fn let_go(&mut self) {
        self.held = None;
        self.in_a_row = 0;
    }
}

impl Held {
    fn new(directory: OwnedFd) -> Held {
        Held { directory, since: Instant::now(), files_left: limits::SIBLINGS_MAX }
    }

    fn is_spent(&self) -> bool {
        self.files_left == 0 || self.since.elapsed() >= Duration::from_millis(limits::SIBLINGS_MS_MAX)
    }
}

/// Whether the last component of a name can be looked up by itself: one that is neither `..` nor standard input, in a directory
/// that may be named.
fn has_siblings(root: &Root, name: &[u8]) -> bool {
    match root.policy {
        Policy::Beneath => RelPath::new(name).is_ok(),
        // A directory on the way may be a link, and whether it stays inside is known for whole names alone.
        Policy::Inside => false,
        Policy::Free => {
            let last = name.rsplit(|&byte| byte == b'/').next().unwrap_or(name);
            let at_top = name.len() == last.len() + 1;
            !matches!(last, b"" | b"." | b"..") && !at_top && root.refuse_stdin(name).is_ok()
        }
    }
}

/// Opens one component of a name, if it is a regular file that Linux can look up in memory.
fn open_in(directory: BorrowedFd<'_>, file: &[u8], root: &Root, name: &[u8]) -> Result<OpenedFile, Refusal> {
    let resolve = root.near.cached().union(ONE_COMPONENT);
    let open = |flags| openat2(directory, file, flags, resolve).map_err(Refusal::from);
    root.take_regular(name, root.unmarked(FILE, open)?)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;
    use std::path::Path;

    use super::*;
    use crate::filekind::FileKind;

    const FILES: usize = 2 * limits::SIBLINGS_MIN;

    /// A directory `d` with files, each with its name and this text in it.
    fn fill(at: &Path, text: &str) {
        fs::create_dir(at.join("d")).unwrap();
        for file in 0..FILES {
            fs::write(at.join(format!("d/f{file}")), format!("{text} {file}")).unwrap();
        }
    }

    fn name(file: usize) -> Vec<u8> {
        format!("d/f{file}").into_bytes()
    }

    /// A root over such a directory, which is held; `None`, and said so, where Linux has no opens from memory.
    fn holding(text: &str) -> Option<(tempfile::TempDir, Root, Siblings)> {
        let tree = tempfile::tempdir().unwrap();
        fill(tree.path(), text);
        let root = Root::open_root(tree.path(), Policy::Beneath).unwrap();
        let mut siblings = Siblings::default();
        for file in 0..FILES {
            if siblings.open_cached(&root, &name(file)).is_none() {
                println!("not run: names that were written just now cannot be looked up in memory");
                return None;
            }
        }
        assert!(siblings.held.is_some(), "the directory of so many files is kept open");
        Some((tree, root, siblings))
    }

    fn text(opened: OpenedFile) -> String {
        std::io::read_to_string(fs::File::from(opened.file)).unwrap()
    }

    fn open(siblings: &mut Siblings, root: &Root, file: usize) -> Result<String, Refusal> {
        // Where Linux cannot tell from memory, readers open the whole name.
        siblings.open_cached(root, &name(file)).unwrap_or_else(|| root.open(&name(file))).map(text)
    }

    fn wait() {
        std::thread::sleep(Duration::from_millis(limits::SIBLINGS_MS_MAX));
    }

    #[test]
    fn a_directory_that_a_link_takes_the_place_of_leads_nowhere() {
        let Some((tree, root, mut siblings)) = holding("inside") else { return };
        let outside = tempfile::tempdir().unwrap();
        fill(outside.path(), "outside");
        fs::rename(tree.path().join("d"), tree.path().join("moved")).unwrap();
        symlink(outside.path().join("d"), tree.path().join("d")).unwrap();
        for file in 0..FILES {
            let opened = open(&mut siblings, &root, file);
            assert!(opened == Ok(format!("inside {file}")) || opened == Err(Refusal::Errno(Errno::LOOP)), "{opened:?}");
        }
        wait();
        for file in 0..FILES {
            assert_eq!(open(&mut siblings, &root, file), Err(Refusal::Errno(Errno::LOOP)));
        }
    }

    #[test]
    fn a_directory_that_was_moved_out_of_the_root_is_left_in_time() {
        for spent in
            [|_: &mut Siblings| wait(), |siblings: &mut Siblings| siblings.held.as_mut().unwrap().files_left = 0]
        {
            let Some((tree, root, mut siblings)) = holding("inside") else { return };
            let outside = tempfile::tempdir().unwrap();
            fs::rename(tree.path().join("d"), outside.path().join("d")).unwrap();
            spent(&mut siblings);
            assert_eq!(open(&mut siblings, &root, 0), Err(Refusal::Missing));
            assert!(siblings.held.is_none());
        }
    }

    #[test]
    fn a_directory_that_was_made_anew_is_found() {
        let Some((tree, root, mut siblings)) = holding("old") else { return };
        fs::remove_dir_all(tree.path().join("d")).unwrap();
        fill(tree.path(), "new");
        for file in 0..FILES {
            assert_eq!(open(&mut siblings, &root, file), Ok(format!("new {file}")));
        }
    }

    #[test]
    fn names_that_may_lead_anywhere_lead_where_they_say() {
        let Some((tree, _, _)) = holding("inside") else { return };
        let outside = tempfile::tempdir().unwrap();
        fill(outside.path(), "outside");
        symlink(outside.path(), tree.path().join("link")).unwrap();
        symlink("f1", tree.path().join("d/f-link")).unwrap();
        fs::write(tree.path().join("-"), "no input").unwrap();
        let root = Root::open_root(tree.path(), Policy::Free).unwrap().with_streams(None);
        let mut siblings = Siblings::default();
        let mut read = |name: &str| {
            let opened = siblings.open_cached(&root, name.as_bytes()).unwrap_or_else(|| root.open(name.as_bytes()));
            opened.map(text)
        };
        let absolute = outside.path().join("d").display().to_string();
        for (directory, text) in
            [("d", "inside"), ("link/d", "outside"), ("d/../d", "inside"), (&absolute[..], "outside")]
        {
            for file in 0..FILES {
                assert_eq!(read(&format!("{directory}/f{file}")), Ok(format!("{text} {file}")), "{directory}");
            }
            assert_eq!(read(&format!("{directory}/..")), Err(Refusal::NotRegular(FileKind::Directory)));
            assert_eq!(read(&format!("{directory}/none")), Err(Refusal::Missing));
        }
        assert_eq!(read("d/f-link"), Ok("inside 1".to_owned()));
        assert_eq!(read("-"), Err(Refusal::NotRegular(FileKind::Unknown)), "standard input, not the file");
        assert_eq!(read("./-"), Ok("no input".to_owned()));
    }

    #[test]
    fn whatever_is_no_file_fares_as_by_its_whole_name() {
        let Some((tree, root, mut siblings)) = holding("inside") else { return };
        fs::create_dir(tree.path().join("d/d")).unwrap();
        symlink("f0", tree.path().join("d/link")).unwrap();
        symlink("/etc/passwd", tree.path().join("link")).unwrap();
        rustix::fs::mknodat(
            rustix::fs::CWD,
            tree.path().join("d/fifo"),
            super::super::FileType::Fifo,
            rustix::fs::Mode::RWXU,
            0,
        )
        .unwrap();
        for (name, refusal) in [
            ("d/d", Refusal::NotRegular(FileKind::Directory)),
            ("d/.", Refusal::NotRegular(FileKind::Directory)),
            ("d/fifo", Refusal::NotRegular(FileKind::Fifo)),
            ("d/link", Refusal::Errno(Errno::LOOP)),
            ("d/none", Refusal::Missing),
            ("d/../d/f0", Refusal::OutsideRoot),
            ("d/", Refusal::OutsideRoot),
            ("..", Refusal::OutsideRoot),
            (".", Refusal::NotRegular(FileKind::Directory)),
            ("link", Refusal::Errno(Errno::LOOP)),
            ("none", Refusal::Missing),
            ("/etc/passwd", Refusal::OutsideRoot),
        ] {
            for file in 0..FILES {
                assert_eq!(open(&mut siblings, &root, file), Ok(format!("inside {file}")));
            }
            assert!(siblings.held.is_some());
            let opened = siblings.open_cached(&root, name.as_bytes()).unwrap_or_else(|| root.open(name.as_bytes()));
            assert_eq!(opened.err(), Some(refusal), "{name}");
        }
    }
}
