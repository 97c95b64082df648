//! Advice to Linux about the page cache and one open file, by posix_fadvise(2), and about memory, by madvise(2).
//!
//! Reads nothing; that advice is not taken is no error.

use std::num::NonZeroU64;
use std::ops::Range;
use std::os::fd::BorrowedFd;

use memmap2::MmapMut;
use rustix::fs::{Advice, fadvise};

/// All of it will be read soon.
pub(super) fn will_need(file: BorrowedFd<'_>) {
    let _ = fadvise(file, 0, None, Advice::WillNeed);
}

/// What is asked for is wanted and nothing ahead of it.
pub(super) fn reads_at_random(file: BorrowedFd<'_>) {
    let _ = fadvise(file, 0, None, Advice::Random);
}

/// None of it need stay cached. Linux keeps what is dirty, mapped or in use by others.
pub(super) fn forget(file: BorrowedFd<'_>) {
    let _ = fadvise(file, 0, None, Advice::DontNeed);
}

/// The same of a part, which must not be empty.
pub(super) fn forget_range(file: BorrowedFd<'_>, range: Range<u64>) {
    let _ = fadvise(file, range.start, NonZeroU64::new(range.end - range.start), Advice::DontNeed);
}

/// Memory that is better in huge pages; ordinary ones will do where there are no others.
pub(super) fn wants_huge_pages(memory: &MmapMut, offset: usize, bytes: usize) {
    let _ = memory.advise_range(memmap2::Advice::HugePage, offset, bytes);
}
