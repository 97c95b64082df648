//! Reads that must not wait: what is in the page cache, by preadv2(2) with RWF_NOWAIT.
//!
//! Waits for no disk; what would have to is an errno.

use std::io::IoSliceMut;
use std::os::fd::BorrowedFd;

use rustix::io::{Errno, ReadWriteFlags, preadv2};

/// Whether there are such reads.
pub(crate) const HAS_CACHED_READS: bool = true;

/// Whether this Linux and this file system know such reads.
pub(super) fn probe(file: BorrowedFd<'_>) -> Result<(), Errno> {
    match preadv2(file, &mut [IoSliceMut::new(&mut [0])], 0, ReadWriteFlags::NOWAIT) {
        Ok(_) | Err(Errno::AGAIN) => Ok(()),
        Err(errno) => Err(errno),
    }
}

/// Reads what is cached from this offset on; `None` where it would have to wait.
pub(super) fn read_cached(file: BorrowedFd<'_>, target: &mut [u8], offset: u64) -> Result<Option<usize>, Errno> {
    match preadv2(file, &mut [IoSliceMut::new(target)], offset, ReadWriteFlags::NOWAIT) {
        Err(Errno::AGAIN) => Ok(None),
        result => result.map(Some),
    }
}

/// Whether this errno of such a read says that the file system, or this Linux, knows none. EPERM is what a filter of system
/// calls says of one that it does not know; where it is the file's, whoever reads it plainly is told so as well.
pub(super) fn knows_none(errno: Errno) -> bool {
    matches!(errno, Errno::OPNOTSUPP | Errno::NOSYS | Errno::PERM)
}
