//! Stands in for what only Linux has for opening and listing: names are walked component by component, and directories
//! are opened as anyone may.
//!
//! Decides nothing: the root says what may be opened.

use std::os::fd::{BorrowedFd, OwnedFd};

use rustix::fs::{AtFlags, Dir, FileType, OFlags};
use rustix::io::Errno;

/// Whether names can be looked up in one call.
pub(super) const HAS_OPENAT2: bool = false;

/// There is no flag that keeps the time of access.
pub(crate) const UNMARKED: OFlags = OFlags::empty();

/// Nothing: a thing is opened as it is, without waiting for it.
pub(super) const PATH: OFlags = OFlags::NONBLOCK.union(OFlags::NOCTTY);

/// Nothing.
pub(super) const NO_AUTOMOUNT: AtFlags = AtFlags::empty();

/// Where a lookup may lead, for a call that is not there.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct ResolveFlags(u8);

impl ResolveFlags {
    pub(super) const BENEATH: ResolveFlags = ResolveFlags(1);
    pub(super) const NO_SYMLINKS: ResolveFlags = ResolveFlags(2);
    pub(super) const NO_MAGICLINKS: ResolveFlags = ResolveFlags(4);
    pub(super) const CACHED: ResolveFlags = ResolveFlags(8);
    pub(super) const NO_XDEV: ResolveFlags = ResolveFlags(16);

    pub(super) const fn empty() -> ResolveFlags {
        ResolveFlags(0)
    }

    pub(super) const fn union(self, other: ResolveFlags) -> ResolveFlags {
        ResolveFlags(self.0 | other.0)
    }

    pub(super) const fn is_empty(self) -> bool {
        self.0 == 0
    }

    pub(super) const fn contains(self, other: ResolveFlags) -> bool {
        self.0 & other.0 == other.0
    }
}

/// Refuses, as a system does that has no such call.
pub(super) fn openat2(
    _directory: BorrowedFd<'_>,
    _name: &[u8],
    _flags: OFlags,
    _resolve: ResolveFlags,
) -> Result<OwnedFd, Errno> {
    Err(Errno::NOSYS)
}

/// Nobody says which mounts there are.
pub(super) fn has_far_mounts() -> bool {
    true
}

/// Tells every name in a directory, `.` and `..` too, and its kind, as far as the directory says.
pub(super) fn list<E: From<Errno>>(
    directory: &OwnedFd,
    mut each: impl FnMut(&[u8], FileType) -> Result<(), E>,
) -> Result<(), E> {
    for entry in Dir::read_from(directory)? {
        match entry {
            Err(Errno::INTR) => {}
            Err(errno) => return Err(errno.into()),
            Ok(entry) => each(entry.file_name().to_bytes(), entry.file_type())?,
        }
    }
    Ok(())
}
