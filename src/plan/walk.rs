//! The files of a tree, in byte order of their names, for the verbs that look at the tree itself.
//!
//! Reads directories only, one at a time, through `root`; memory grows with the entries of the directories on the way
//! down, not with the tree.

use rustix::io::Errno;

use super::exclude::Exclude;
use crate::filekind::FileKind;
use crate::root::{DirectoryEntry, Refusal, Root};

/// Something met in the tree.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Met {
    /// A regular file; or, where links are followed, one to such a file, or one of which only reading can tell.
    File(Vec<u8>),
    /// Something else that is no directory.
    NotRegular(Vec<u8>, FileKind),
    /// A link to a directory, where links are followed. It is not entered: what is there lies below the root, and is met
    /// under its own name; so no link makes the walk longer.
    DirectoryLink(Vec<u8>),
    /// A file that a `create` which was killed left behind.
    Leftover(Vec<u8>),
    /// A directory that cannot be listed.
    Unreadable(Vec<u8>, Refusal),
    /// A directory that there was no descriptor for; it is tried again when the next thing is asked for.
    NoDescriptor(Errno),
}

impl Met {
    pub(crate) fn name(&self) -> &[u8] {
        match self {
            Met::File(name)
            | Met::NotRegular(name, _)
            | Met::DirectoryLink(name)
            | Met::Leftover(name)
            | Met::Unreadable(name, _) => name,
            Met::NoDescriptor(_) => b"",
        }
    }
}

/// A walk through a tree.
pub(crate) struct Walk {
    /// Names still to be looked at, the next last.
    pending: Vec<DirectoryEntry>,
    scope: Scope,
    excluded: u64,
}

/// What a walk looks for.
#[derive(Default)]
pub(crate) struct Scope {
    /// Names that are passed over.
    pub(crate) own: Vec<Vec<u8>>,
    /// Patterns of further ones.
    pub(crate) exclude: Exclude,
    /// Whether links are looked through, as the root's policy allows.
    pub(crate) follows: bool,
    /// The directory in which files may have been left behind, and what these are called.
    pub(crate) leftovers: Option<Leftovers>,
}

/// Names of files that are left behind where they are made: so many bytes between a beginning and an end.
pub(crate) struct Leftovers {
    pub(crate) directory: Vec<u8>,
    pub(crate) prefix: &'static str,
    pub(crate) between: usize,
    pub(crate) suffix: &'static str,
}

impl Leftovers {
    fn has(&self, name: &[u8]) -> bool {
        let below = match &self.directory[..] {
            b"" => Some(name),
            directory => name.strip_prefix(directory).and_then(|rest| rest.strip_prefix(b"/")),
        };
        let between = below
            .and_then(|name| name.strip_prefix(self.prefix.as_bytes()))
            .and_then(|rest| rest.strip_suffix(self.suffix.as_bytes()));
        between.is_some_and(|middle| middle.len() == self.between && middle.iter().all(u8::is_ascii_alphanumeric))
    }
}

impl Walk {
    /// A walk from the root down.
    pub(crate) fn new(scope: Scope) -> Walk {
        Walk { pending: vec![DirectoryEntry { name: Vec::new(), kind: FileKind::Directory }], scope, excluded: 0 }
    }

    /// Names met so far that a pattern excludes; of what an excluded directory holds none is met.
    pub(crate) fn excluded(&self) -> u64 {
        self.excluded
    }

    /// Whether there is nothing to say of it.
    fn passes_over(&self, entry: &DirectoryEntry) -> bool {
        self.is_own(entry) || self.is_excluded(entry)
    }

    fn is_own(&self, entry: &DirectoryEntry) -> bool {
        self.scope.own.contains(&entry.name)
    }

    fn is_excluded(&self, DirectoryEntry { name, kind }: &DirectoryEntry) -> bool {
        !name.is_empty() && self.scope.exclude.covers(name, *kind == FileKind::Directory)
    }

    /// Whether the next thing can be told without waiting for a directory's name to be looked up.
    pub(crate) fn is_at_hand(&self, root: &Root) -> bool {
        match self.pending.iter().rev().find(|entry| !self.passes_over(entry)) {
            Some(entry) if entry.kind == FileKind::Directory => root.is_at_hand(&entry.name),
            Some(entry) if entry.kind == FileKind::Symlink => !self.scope.follows,
            _ => true,
        }
    }

    /// The next thing in byte order of full names: `a-b` before `a/c` before `ab`, as `LC_ALL=C sort` has them.
    pub(crate) fn next(&mut self, root: &Root) -> Option<Met> {
        while let Some(entry) = self.pending.pop() {
            if self.is_own(&entry) {
                continue;
            }
            if self.is_excluded(&entry) {
                self.excluded += 1;
                continue;
            }
            let DirectoryEntry { name, kind } = entry;
            match kind {
                FileKind::Regular if self.scope.leftovers.as_ref().is_some_and(|left| left.has(&name)) => {
                    return Some(Met::Leftover(name));
                }
                FileKind::Regular => return Some(Met::File(name)),
                FileKind::Directory => match root.read_directory(&name) {
                    Ok(entries) => self.descend(&name, entries),
                    Err(Refusal::Errno(errno @ (Errno::MFILE | Errno::NFILE))) => {
                        self.pending.push(DirectoryEntry { name, kind });
                        return Some(Met::NoDescriptor(errno));
                    }
                    Err(refusal) => return Some(Met::Unreadable(name, refusal)),
                },
                FileKind::Symlink if self.scope.follows => {
                    let behind = root.kind_behind(&name);
                    return Some(through(name, behind));
                }
                kind => return Some(Met::NotRegular(name, kind)),
            }
        }
        None
    }

    fn descend(&mut self, directory: &[u8], mut entries: Vec<DirectoryEntry>) {
        // A directory stands where its files will: behind its name and the slash that follows.
        let key = |entry: &DirectoryEntry| {
            let slash = if entry.kind == FileKind::Directory { &b"/"[..] } else { b"" };
            [&entry.name, slash].concat()
        };
        entries.sort_by_cached_key(key);
        self.pending.extend(entries.into_iter().rev().map(|mut entry| {
            if !directory.is_empty() {
                entry.name = [directory, b"/", &entry.name].concat();
            }
            entry
        }));
    }
}

/// What a link is met as, by what it leads to.
fn through(name: Vec<u8>, behind: Result<FileKind, Refusal>) -> Met {
    match behind {
        Ok(FileKind::Regular) => Met::File(name),
        Ok(FileKind::Directory) => Met::DirectoryLink(name),
        // It leads to no file, or not inside: nobody can list it. ENOTDIR is that of "file/x", where nothing can be.
        Ok(_) | Err(Refusal::Missing | Refusal::OutsideRoot | Refusal::NotRegular(_)) => {
            Met::NotRegular(name, FileKind::Symlink)
        }
        Err(Refusal::Errno(Errno::LOOP | Errno::NOTDIR)) => Met::NotRegular(name, FileKind::Symlink),
        // No descriptor left, no permission, a device that fails: there may be a file, and it is not passed over.
        Err(Refusal::Errno(_)) => Met::File(name),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::root::Policy;

    #[test]
    fn files_come_in_byte_order_of_their_full_names_and_the_rest_is_told() {
        let tree = tempfile::tempdir().unwrap();
        for directory in ["a", "a/deep/er", "ab", "empty"] {
            fs::create_dir_all(tree.path().join(directory)).unwrap();
        }
        let files = ["a-b", "a/c", "a/deep/er/x", "a/deep/z", "a/excluded", "ab/c", "b"];
        for name in files {
            fs::write(tree.path().join(name), name).unwrap();
        }
        std::os::unix::fs::symlink("b", tree.path().join("link")).unwrap();
        let root = Root::open_root(tree.path(), Policy::Beneath).unwrap();
        let mut walk = Walk::new(Scope { own: vec![b"a/excluded".to_vec()], ..Scope::default() });
        let met: Vec<_> = std::iter::from_fn(|| walk.next(&root)).collect();
        let mut expected: Vec<_> = files
            .into_iter()
            .filter(|name| *name != "a/excluded")
            .map(|name| Met::File(name.as_bytes().to_vec()))
            .collect();
        expected.push(Met::NotRegular(b"link".to_vec(), FileKind::Symlink));
        assert_eq!(met, expected);
    }

    #[test]
    fn a_link_is_left_out_only_if_it_surely_leads_to_no_file() {
        let met = |behind| through(b"link".to_vec(), behind);
        let name = || b"link".to_vec();
        for refusal in [Refusal::Missing, Refusal::OutsideRoot, Errno::LOOP.into(), Errno::NOTDIR.into()] {
            assert_eq!(met(Err(refusal)), Met::NotRegular(name(), FileKind::Symlink), "{refusal:?}");
        }
        for errno in [Errno::MFILE, Errno::NFILE, Errno::IO, Errno::ACCESS, Errno::NOMEM, Errno::AGAIN, Errno::STALE] {
            assert_eq!(met(Err(errno.into())), Met::File(name()), "{errno}");
        }
        assert_eq!(met(Ok(FileKind::Regular)), Met::File(name()));
        assert_eq!(met(Ok(FileKind::Directory)), Met::DirectoryLink(name()));
        assert_eq!(met(Ok(FileKind::Fifo)), Met::NotRegular(name(), FileKind::Symlink));
    }
}
