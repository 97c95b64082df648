//! The files of a tree, in byte order of their names, for the verbs that look at the tree itself.
//!
//! Reads directories only, one at a time, through `root`; memory grows with the entries of the directories on the way
//! down, not with the tree.

use rustix::io::Errno;

use crate::filekind::FileKind;
use crate::root::{DirectoryEntry, Refusal, Root};

/// Something met in the tree.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Met {
    /// A regular file.
    File(Vec<u8>),
    /// Something else that is no directory.
    NotRegular(Vec<u8>, FileKind),
    /// A directory that cannot be listed.
    Unreadable(Vec<u8>, Refusal),
    /// A directory that there was no descriptor for; it is tried again when the next thing is asked for.
    NoDescriptor(Errno),
}

impl Met {
    pub(crate) fn name(&self) -> &[u8] {
        match self {
            Met::File(name) | Met::NotRegular(name, _) | Met::Unreadable(name, _) => name,
            Met::NoDescriptor(_) => b"",
        }
    }
}

/// A walk through a tree.
pub(crate) struct Walk {
    /// Names still to be looked at, the next last.
    pending: Vec<DirectoryEntry>,
    /// Names that are passed over.
    excluded: Vec<Vec<u8>>,
}

impl Walk {
    /// A walk from the root down that passes over some names.
    pub(crate) fn new(excluded: Vec<Vec<u8>>) -> Walk {
        Walk { pending: vec![DirectoryEntry { name: Vec::new(), kind: FileKind::Directory }], excluded }
    }

    /// Whether the next thing can be told without waiting for a directory's name to be looked up.
    pub(crate) fn is_at_hand(&self, root: &Root) -> bool {
        match self.pending.iter().rev().find(|entry| !self.excluded.contains(&entry.name)) {
            Some(entry) if entry.kind == FileKind::Directory => root.is_at_hand(&entry.name),
            _ => true,
        }
    }

    /// The next thing in byte order of full names: `a-b` before `a/c` before `ab`, as `LC_ALL=C sort` has them.
    pub(crate) fn next(&mut self, root: &Root) -> Option<Met> {
        while let Some(DirectoryEntry { name, kind }) = self.pending.pop() {
            if self.excluded.contains(&name) {
                continue;
            }
            match kind {
                FileKind::Regular => return Some(Met::File(name)),
                FileKind::Directory => match root.read_directory(&name) {
                    Ok(entries) => self.descend(&name, entries),
                    Err(Refusal::Errno(errno @ (Errno::MFILE | Errno::NFILE))) => {
                        self.pending.push(DirectoryEntry { name, kind });
                        return Some(Met::NoDescriptor(errno));
                    }
                    Err(refusal) => return Some(Met::Unreadable(name, refusal)),
                },
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
        let mut walk = Walk::new(vec![b"a/excluded".to_vec()]);
        let met: Vec<_> = std::iter::from_fn(|| walk.next(&root)).collect();
        let mut expected: Vec<_> = files
            .into_iter()
            .filter(|name| *name != "a/excluded")
            .map(|name| Met::File(name.as_bytes().to_vec()))
            .collect();
        expected.push(Met::NotRegular(b"link".to_vec(), FileKind::Symlink));
        assert_eq!(met, expected);
    }
}
