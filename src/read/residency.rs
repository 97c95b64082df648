//! Whether a part of a file is in the page cache, as Linux itself says.
//!
//! Reads nothing of the file.

use std::ops::Range;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd};

use memmap2::{Mmap, MmapOptions};
use rustix::fs::{Access, AtFlags, CWD, MemfdFlags, accessat, fstat, ftruncate, memfd_create};
use rustix::io::Errno;
use rustix::process::geteuid;

use crate::limits;

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
struct Asked {
    offset: u64,
    bytes: u64,
}

/// How much of a part of a file is cached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Residency {
    All,
    Some,
    Nothing,
}

/// Pages that mincore(2) is asked about at a time.
const PAGES_AT_A_TIME: u64 = 16_384;

/// How many of the pages that these bytes are in are cached. `None` where Linux does not say, as it does of files that this
/// user neither owns nor may write to.
pub(super) fn residency(file: BorrowedFd<'_>, offset: u64, bytes: u64) -> Option<Residency> {
    if bytes == 0 {
        // Linux would take that for all the rest of the file.
        return Some(Residency::All);
    }
    let pages = pages_of(offset, bytes);
    let asked = Asked { offset: pages.start * page_bytes(), bytes: (pages.end - pages.start) * page_bytes() };
    match ask(file, &asked) {
        Ok(stat) => Some(match stat.cached {
            0 => Residency::Nothing,
            cached if cached >= pages.end - pages.start => Residency::All,
            _ => Residency::Some,
        }),
        // Before Linux 6.5, and where a filter of system calls does not know this one. Of a file that is none of this user's
        // mincore says that all is there.
        Err(Errno::NOSYS | Errno::PERM) if is_told_the_truth(file) => residency_by_map(file, pages),
        Err(_) => None,
    }
}

/// The same as mincore(2) says it, which takes a map.
fn residency_by_map(file: BorrowedFd<'_>, pages: Range<u64>) -> Option<Residency> {
    let (mut present, mut absent) = (false, false);
    let mut states = Vec::new();
    for start in pages.clone().step_by(PAGES_AT_A_TIME as usize) {
        let count = PAGES_AT_A_TIME.min(pages.end - start);
        let options = MmapOptions::new().offset(start * page_bytes()).len((count * page_bytes()) as usize).to_owned();
        let map = untouched_map(&options, file).ok()?;
        states.resize(count as usize, 0);
        if !page_states(&map, &mut states) {
            return None;
        }
        present |= states.iter().any(|state| state & 1 == 1);
        absent |= states.iter().any(|state| state & 1 == 0);
        if present && absent {
            return Some(Residency::Some);
        }
    }
    Some(if absent { Residency::Nothing } else { Residency::All })
}

/// Whether mincore(2) tells this user which pages of a file are cached: its owner, and who may write to it.
fn is_told_the_truth(file: BorrowedFd<'_>) -> bool {
    let is_owner = || fstat(file).is_ok_and(|stat| stat.st_uid == geteuid().as_raw());
    let may_write = || {
        let path = format!("/proc/self/fd/{}", file.as_raw_fd());
        accessat(CWD, path, Access::WRITE_OK, AtFlags::EACCESS).is_ok()
    };
    is_owner() || may_write()
}

/// What is worse here than it could be, and why, where Linux refuses to say in the usual way what is cached.
pub(crate) fn how_it_is_worse() -> Option<String> {
    let file = memfd_create(c"checksig", MemfdFlags::CLOEXEC).ok()?;
    ftruncate(&file, page_bytes()).ok()?;
    let errno = ask(file.as_fd(), &Asked { offset: 0, bytes: page_bytes() }).err()?;
    let remedy = "Linux 6.5 or newer has cachestat, and a sandbox may allow it";
    Some(match residency_by_map(file.as_fd(), 0..1) {
        Some(_) => format!("page cache: mincore says what is in it, since cachestat is refused ({errno}); {remedy}"),
        None => format!(
            "page cache: nobody says what is in it, since cachestat ({errno}) and mincore are refused; what was read may \
             stay in it, and files in memory are not mapped; {remedy}"
        ),
    })
}

/// Whether Linux says of this file what of it is cached.
pub(super) fn probe(file: BorrowedFd<'_>) -> Result<(), Errno> {
    ask(file, &Asked { offset: 0, bytes: page_bytes() }).map(drop)
}

/// Whether every page that these bytes, one at least, are in is cached; `false` also where Linux does not say.
pub(super) fn is_cached(file: BorrowedFd<'_>, offset: u64, bytes: u64) -> bool {
    residency(file, offset, bytes) == Some(Residency::All)
}

/// The parts of these bytes, in whole pages, that are not cached: none where Linux does not say, as it does of
/// files that this user neither owns nor may write to.
pub(super) fn absent_ranges(file: BorrowedFd<'_>, offset: u64, bytes: u64) -> Vec<Range<u64>> {
    if bytes == 0 {
        return Vec::new();
    }
    let pages = pages_of(offset, bytes);
    let options =
        MmapOptions::new().offset(pages.start * page_bytes()).len((bytes + offset % page_bytes()) as usize).to_owned();
    let Ok(map) = untouched_map(&options, file) else { return Vec::new() };
    let mut present = vec![0; (pages.end - pages.start) as usize];
    if !page_states(&map, &mut present) {
        return Vec::new();
    }
    let mut ranges: Vec<Range<u64>> = Vec::new();
    for (page, _) in pages.zip(present).filter(|(_, state)| state & 1 == 0) {
        let start = page * page_bytes();
        match ranges.last_mut() {
            Some(last) if last.end == start => last.end += page_bytes(),
            _ => ranges.push(start..start + page_bytes()),
        }
    }
    ranges
}

#[allow(
    unsafe_code,
    reason = "rustix reads the auxiliary vector for it, and does not survive what valgrind puts there"
)]
fn page_bytes() -> u64 {
    // SAFETY: the call takes a number and touches no memory.
    let bytes = unsafe { libc::sysconf(libc::_SC_PAGESIZE) };
    u64::try_from(bytes).unwrap_or(limits::PAGE_BYTES as u64)
}

fn pages_of(offset: u64, bytes: u64) -> Range<u64> {
    offset / page_bytes()..(offset + bytes).div_ceil(page_bytes())
}

#[allow(unsafe_code, reason = "libc has no function for this call")]
fn ask(file: BorrowedFd<'_>, asked: &Asked) -> Result<CacheStat, Errno> {
    let mut stat = CacheStat::default();
    // SAFETY: by its manual page the call reads one range and writes one stat, both of the layout given there and alive
    // here; the descriptor is borrowed and open.
    let result = unsafe { libc::syscall(CACHESTAT, file.as_raw_fd(), &raw const *asked, &raw mut stat, 0_u32) };
    if result == 0 {
        Ok(stat)
    } else {
        Err(Errno::from_io_error(&std::io::Error::last_os_error()).unwrap_or(Errno::NOSYS))
    }
}

#[allow(unsafe_code, reason = "mincore(2) asks about a map")]
fn untouched_map(options: &MmapOptions, file: BorrowedFd<'_>) -> std::io::Result<Mmap> {
    // SAFETY: nobody reads or writes through this map: it is only asked about, and goes at the end of the caller.
    unsafe { options.map(&file) }
}

#[allow(unsafe_code, reason = "no crate has mincore(2)")]
fn page_states(map: &Mmap, states: &mut [u8]) -> bool {
    debug_assert!(states.len() >= map.len().div_ceil(page_bytes() as usize));
    let start = map.as_ptr().cast_mut().cast();
    // SAFETY: the map is alive and begins at a page, since its offset in the file does; the call writes one byte for each of
    // its pages, for which there is room.
    unsafe { libc::mincore(start, map.len(), states.as_mut_ptr()) == 0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    #[test]
    fn what_was_just_written_is_cached_and_what_lies_behind_it_is_not() {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(&[7; 10_000]).unwrap();
        assert_eq!(absent_ranges(file.as_fd(), 0, 10_000), []);
        assert!(is_cached(file.as_fd(), 0, 10_000));
        assert!(is_cached(file.as_fd(), 9_999, 1));
        file.set_len(200_000).unwrap();
        assert_eq!(residency(file.as_fd(), 100_000, 0), Some(Residency::All), "no bytes, which are all there");
        assert_eq!(absent_ranges(file.as_fd(), 100_000, 0), []);
        assert_eq!(residency(file.as_fd(), 0, 200_000), Some(Residency::Some));
        assert_eq!(residency(file.as_fd(), 100_000, 1), Some(Residency::Nothing));
        assert_eq!(residency(file.as_fd(), 0, 0), Some(Residency::All));
    }

    #[test]
    fn mincore_says_the_same() {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(&[7; 10_000]).unwrap();
        let (pages, many) = (10_000_u64.div_ceil(page_bytes()), 3 * PAGES_AT_A_TIME + 1);
        assert_eq!(residency_by_map(file.as_fd(), 0..pages), Some(Residency::All));
        assert_eq!(residency_by_map(file.as_fd(), 0..pages + 1), Some(Residency::Some));
        assert_eq!(residency_by_map(file.as_fd(), 0..many), Some(Residency::Some));
        assert_eq!(residency_by_map(file.as_fd(), pages..many), Some(Residency::Nothing));
    }

    #[test]
    fn what_has_never_been_read_is_absent() {
        let file = tempfile::tempfile().unwrap();
        file.set_len(40_000).unwrap();
        if absent_ranges(file.as_fd(), 0, 40_000).is_empty() {
            println!("NOT RUN: the files of this temporary directory are always in memory");
            return;
        }
        let mut byte = [0];
        rustix::fs::fadvise(&file, 0, None, rustix::fs::Advice::Random).unwrap();
        rustix::io::pread(&file, &mut byte, 9_000).unwrap();
        let page = page_bytes();
        let end = 40_000_u64.next_multiple_of(page);
        assert_eq!(absent_ranges(file.as_fd(), 0, 40_000), [0..9_000 / page * page, (9_000 / page + 1) * page..end]);
        assert_eq!(absent_ranges(file.as_fd(), 9_000, 1), []);
    }
}
