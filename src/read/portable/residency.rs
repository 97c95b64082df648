//! Stands in for what Linux says about the page cache in a build that asks no operating system about it.
//!
//! Knows nothing, and says so.

use std::ops::Range;
use std::os::fd::BorrowedFd;

use rustix::io::Errno;

/// How much of a part of a file is cached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(dead_code, reason = "nobody says any of it here")]
pub(super) enum Residency {
    All,
    Some,
    Nothing,
}

/// Nobody says.
pub(super) fn probe(_file: BorrowedFd<'_>) -> Result<(), Errno> {
    Err(Errno::NOSYS)
}

/// Nobody says.
pub(super) fn residency(_file: BorrowedFd<'_>, _offset: u64, _bytes: u64) -> Option<Residency> {
    None
}

/// It is no worse than anywhere else.
pub(crate) fn how_it_is_worse() -> Option<String> {
    None
}

/// Nobody says so.
pub(super) fn is_cached(_file: BorrowedFd<'_>, _offset: u64, _bytes: u64) -> bool {
    false
}

/// Nobody names any.
pub(super) fn absent_ranges(_file: BorrowedFd<'_>, _offset: u64, _bytes: u64) -> Vec<Range<u64>> {
    Vec::new()
}
