//! Stands in for the advice about the page cache in a build that gives none.
//!
//! Does nothing.

use std::ops::Range;
use std::os::fd::BorrowedFd;

use memmap2::MmapMut;

pub(super) fn will_need(_file: BorrowedFd<'_>) {}

pub(super) fn reads_at_random(_file: BorrowedFd<'_>) {}

pub(super) fn forget(_file: BorrowedFd<'_>) {}

pub(super) fn forget_range(_file: BorrowedFd<'_>, _range: Range<u64>) {}

pub(super) fn wants_huge_pages(_memory: &MmapMut, _offset: usize, _bytes: usize) {}
