//! Stands in for reads that must not wait in a build that has none.
//!
//! Reads nothing.

use std::os::fd::BorrowedFd;

use rustix::io::Errno;

/// Whether there are such reads.
pub(crate) const HAS_CACHED_READS: bool = false;

/// There are none.
pub(super) fn probe(_file: BorrowedFd<'_>) -> Result<(), Errno> {
    Err(Errno::NOSYS)
}

/// There are none.
pub(super) fn read_cached(_file: BorrowedFd<'_>, _target: &mut [u8], _offset: u64) -> Result<Option<usize>, Errno> {
    Err(Errno::NOSYS)
}

/// Whether this errno says so.
pub(super) fn knows_none(errno: Errno) -> bool {
    errno == Errno::NOSYS
}
