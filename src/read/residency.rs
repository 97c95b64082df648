//! Whether a part of a file is in the page cache, as Linux itself says.
//!
//! Reads nothing of the file.

use std::os::fd::{AsRawFd, BorrowedFd};

/// The number of the call: new calls have the same on every CPU but Alpha (`syscall.tbl` of Linux). The crate `libc` has it
/// for some only.
const CACHESTAT: libc::c_long = 451;

/// What `cachestat(2)` fills in: numbers of pages.
#[repr(C)]
#[derive(Default)]
struct CacheStat {
    cached: u64,
    dirty: u64,
    writeback: u64,
    evicted: u64,
    recently_evicted: u64,
}

/// The bytes that it is asked about.
#[repr(C)]
struct Range {
    offset: u64,
    bytes: u64,
}

/// Whether every page that these bytes, one at least, are in is cached. `false` also where Linux does not say: before 6.5,
/// and of files that this user neither owns nor may write to.
pub(super) fn is_cached(file: BorrowedFd<'_>, offset: u64, bytes: u64) -> bool {
    let page = rustix::param::page_size() as u64;
    let first = offset / page;
    let pages = (offset + bytes).div_ceil(page) - first;
    ask(file, &Range { offset: first * page, bytes: pages * page }).is_some_and(|stat| stat.cached >= pages)
}

#[allow(unsafe_code, reason = "libc has no function for this call")]
fn ask(file: BorrowedFd<'_>, range: &Range) -> Option<CacheStat> {
    let mut stat = CacheStat::default();
    // SAFETY: by its manual page the call reads one range and writes one stat, both of the layout given there and alive
    // here; the descriptor is borrowed and open.
    let result = unsafe { libc::syscall(CACHESTAT, file.as_raw_fd(), &raw const *range, &raw mut stat, 0_u32) };
    (result == 0).then_some(stat)
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::os::fd::AsFd;

    use super::*;

    #[test]
    fn what_was_just_written_is_cached_and_what_lies_behind_it_is_not() {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(&[7; 10_000]).unwrap();
        if ask(file.as_fd(), &Range { offset: 0, bytes: 4_096 }).is_none() {
            println!("NOT RUN: this Linux has no cachestat");
            return;
        }
        assert!(is_cached(file.as_fd(), 0, 10_000));
        assert!(is_cached(file.as_fd(), 9_999, 1));
        assert!(!is_cached(file.as_fd(), 0, 200_000));
        assert!(!is_cached(file.as_fd(), 100_000, 1));
    }
}
