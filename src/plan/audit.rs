//! The two halves of an audit's plan: the entries of a manifest, and then what is in the tree and not among them.
//!
//! Between the halves it rests: whether an unlisted file is worth reading depends on what became of the entries.

use std::io;

use rustix::io::Errno;

use super::walk::{Met, Walk};
use super::{ManifestEntries, listed::Listed};
use crate::filekind::FileKind;
use crate::manifest::{Grammar, Item};
use crate::root::Root;

/// What an audit comes to.
pub(crate) enum Audited {
    /// A line of the manifest.
    Line(Item),
    /// Every line has been gone through: nothing more comes until it is [told to go on](Audit::go_on).
    Rest,
    /// A regular file that is not listed, and is to be read.
    Unlisted(Vec<u8>),
    /// Something that is not listed, and is not to be read.
    Left(Vec<u8>, FileKind),
    /// A directory that cannot be listed.
    Unreadable(Met),
    /// There was no descriptor to go further with; to be asked for again.
    NoDescriptor(Errno),
    /// Something in the tree that there is nothing to say of.
    Passed,
}

/// The plan of an audit.
pub(crate) struct Audit {
    entries: ManifestEntries,
    listed: Listed,
    walk: Walk,
    turn: Turn,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Turn {
    Entries,
    Rest,
    Tree { reads: bool },
}

impl Audit {
    pub(crate) fn new(entries: ManifestEntries, walk: Walk) -> Audit {
        Audit { entries, listed: Listed::new(), walk, turn: Turn::Entries }
    }

    pub(crate) fn manifest_bytes(&self) -> u64 {
        self.entries.bytes_read()
    }

    pub(crate) fn grammar(&self) -> Grammar {
        self.entries.grammar()
    }

    pub(crate) fn excluded(&self) -> u64 {
        self.walk.excluded()
    }

    /// Whether it waits to be told to go on.
    pub(crate) fn rests(&self) -> bool {
        self.turn == Turn::Rest
    }

    /// Goes on with the tree; `reads` says whether unlisted files are to be read.
    pub(crate) fn go_on(&mut self, reads: bool) {
        self.turn = Turn::Tree { reads };
    }

    /// One item further; `None` at the end.
    pub(crate) fn next(&mut self, root: &Root) -> io::Result<Option<Audited>> {
        let reads = match self.turn {
            Turn::Entries => return self.next_line().map(Some),
            Turn::Rest => return Ok(Some(Audited::Rest)),
            Turn::Tree { reads } => reads,
        };
        Ok(self.walk.next(root).map(|met| match met {
            Met::File(name) | Met::NotRegular(name, _) | Met::DirectoryLink(name) | Met::Leftover(name)
                if self.listed.contains(&name) =>
            {
                Audited::Passed
            }
            Met::File(name) if reads => Audited::Unlisted(name),
            Met::File(name) | Met::Leftover(name) => Audited::Left(name, FileKind::Regular),
            Met::NotRegular(name, kind) => Audited::Left(name, kind),
            Met::NoDescriptor(errno) => Audited::NoDescriptor(errno),
            Met::DirectoryLink(name) => Audited::Left(name, FileKind::Symlink),
            unreadable @ Met::Unreadable(..) => Audited::Unreadable(unreadable),
        }))
    }

    fn next_line(&mut self) -> io::Result<Audited> {
        match self.entries.next().transpose()? {
            Some(item) => {
                if let Item::Entry(entry) = &item {
                    self.listed.insert(&entry.name);
                }
                Ok(Audited::Line(item))
            }
            None => {
                self.listed.seal();
                self.turn = Turn::Rest;
                Ok(Audited::Rest)
            }
        }
    }
}
