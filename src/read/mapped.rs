//! Windows onto files: parts of them mapped into one range of addresses, where their bytes are hashed without being
//! copied.
//!
//! Maps nothing without the guard, and chooses no files: `inline` does.
//!
//! The range has places of the size of a huge page, and a window lies in its place as its bytes lie in the file, so that
//! Linux can map a huge page of its cache in one piece. To take a map back Linux has to tell every CPU that runs a thread of
//! the process; so windows that have been used are taken back together, when there is no place for another.

use std::os::fd::BorrowedFd;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use memmap2::{MmapOptions, MmapRaw};
use rustix::fs::fstatfs;
use rustix::io::Errno;
use rustix::mm::{MapFlags, ProtFlags, mmap, mmap_anonymous};

use super::guard::{Guard, RANGE_BYTES, stands};
use super::segment::Failure;
use crate::limits;
use crate::root::{Stamp, stamp_of};

/// The windows of one source.
#[derive(Default)]
pub(super) struct Windows {
    /// None before the first window.
    range: Option<Arc<Range>>,
}

/// The addresses that they are mapped to.
struct Range {
    /// Dropped before the memory, since the addresses may be somebody else's afterwards.
    guard: Guard,
    /// More than the range by one place, in which the range begins on a whole place.
    memory: MmapRaw,
    /// Places whose window is no longer in use and still mapped, a bit each.
    used: AtomicU64,
}

/// Some bytes of a file, mapped. They change when somebody writes to the file, and where it was truncated they are zeros.
pub(crate) struct Window {
    range: Arc<Range>,
    place: usize,
    /// Where in its place it begins.
    start: usize,
    length: usize,
}

/// Why there is no window.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum NoWindow {
    #[error("as many windows are in use as there may be")]
    InUse,
    #[error(
        "no maps, since a handler of SIGBUS was installed after ours and a file truncated under a map would end the \
         process; install it before the first run"
    )]
    Unguarded,
    #[error("no maps, since the runs of this process have as many as there may be; run fewer at a time")]
    NoRange,
    #[error("some files are not mapped, since Linux refuses it ({0}); nothing needs to be done")]
    Refused(Errno),
}

/// The type of this file system (`linux/magic.h`).
const HUGETLBFS: u64 = 0x9584_58f6;

const _: () = assert!(limits::MAP_PLACES < u64::BITS as usize, "a bit each");

impl Windows {
    /// Whether files like this one may be mapped. Of hugetlbfs Linux maps whole huge pages, whatever is asked for.
    pub(super) fn can_map(file: BorrowedFd<'_>) -> Result<(), NoWindow> {
        match fstatfs(file) {
            Ok(stat) if stat.f_type as u64 & 0xffff_ffff != HUGETLBFS => Ok(()),
            Ok(_) => Err(NoWindow::Refused(Errno::INVAL)),
            Err(errno) => Err(NoWindow::Refused(errno)),
        }
    }

    /// Maps some bytes of a file that can be mapped: from the beginning of a page on, one byte at least, and nothing beyond
    /// the next multiple of a place. What is not in the page cache is waited for where it is touched.
    /// `places_max` windows are mapped at a time.
    pub(super) fn map(
        &mut self,
        places_max: usize,
        file: BorrowedFd<'_>,
        offset: u64,
        length: usize,
    ) -> Result<Window, NoWindow> {
        let start = (offset % limits::MAP_PLACE_BYTES as u64) as usize;
        assert!(length > 0 && start + length <= limits::MAP_PLACE_BYTES, "a window fits its place");
        if !stands() {
            return Err(NoWindow::Unguarded);
        }
        let range = match &self.range {
            Some(range) => range,
            None => self.range.insert(Arc::new(Range::new()?)),
        };
        let place = range.vacant(places_max).ok_or(NoWindow::InUse)?;
        range.map(place, start, length, file, offset).map_err(NoWindow::Refused)?;
        range.guard.begin(place);
        Ok(Window { range: Arc::clone(range), place, start, length })
    }

    /// Windows that are in use.
    pub(super) fn live(&self) -> usize {
        self.range.as_ref().map_or(0, |range| range.guard.live().count_ones() as usize)
    }

    /// Takes back what has been used.
    pub(super) fn take_back(&self) {
        self.range.iter().for_each(|range| range.take_back());
    }

    /// Takes back what has been used, if no window is in use: what is mapped keeps its file, also one without a name.
    pub(super) fn rest(&self) {
        if let Some(range) = &self.range
            && range.guard.live() == 0
        {
            range.take_back();
        }
    }
}

impl Window {
    /// Whether it gave zeros in place of bytes that could not be had. To be asked when the bytes have been used.
    pub(super) fn has_faulted(&self) -> bool {
        self.range.guard.has_faulted(self.place)
    }

    #[allow(unsafe_code, reason = "the bytes of a map")]
    pub(super) fn as_slice(&self) -> &[u8] {
        // The map is shared with whoever writes to the file, so its bytes may change while they are hashed: they are only
        // folded into a digest, by code that is right for any bytes and takes no decision from them.
        let first = self.range.at(self.place).wrapping_add(self.start);
        // SAFETY: `Windows::map` has mapped so many bytes there, and nothing else is put there while this window lives. It
        // is in the guard's table, so that a read of a page that the file no longer has gives zeros.
        unsafe { std::slice::from_raw_parts(first, self.length) }
    }
}

impl Drop for Window {
    fn drop(&mut self) {
        self.range.used.fetch_or(1 << self.place, Ordering::AcqRel);
        self.range.guard.end(self.place);
    }
}

impl Range {
    fn new() -> Result<Range, NoWindow> {
        let options = MmapOptions::new().len(RANGE_BYTES + limits::MAP_PLACE_BYTES).no_reserve_swap().to_owned();
        let memory = MmapRaw::from(options.map_anon().map_err(|_| NoWindow::NoRange)?);
        let guard = Guard::over(first_place(&memory).addr()).ok_or(NoWindow::NoRange)?;
        Ok(Range { guard, memory, used: AtomicU64::new(0) })
    }

    fn at(&self, place: usize) -> *const u8 {
        first_place(&self.memory).wrapping_add(place * limits::MAP_PLACE_BYTES)
    }

    #[allow(unsafe_code, reason = "a map at a given address")]
    fn map(&self, place: usize, start: usize, length: usize, file: BorrowedFd<'_>, offset: u64) -> Result<(), Errno> {
        let address = self.at(place).wrapping_add(start).cast_mut().cast();
        let flags = MapFlags::SHARED | MapFlags::FIXED;
        // SAFETY: the bytes lie inside one place of the range, which is ours and has no window whose bytes somebody could
        // be reading; on hugetlbfs, where Linux would map more than that, `can_map` says no.
        let mapped = unsafe { mmap(address, length, ProtFlags::READ, flags, file, offset) };
        mapped.map(drop)
    }

    /// A place below `places_max` with no window: the lowest, so that places which are used up together lie side by side.
    fn vacant(&self, places_max: usize) -> Option<usize> {
        let lowest = || {
            let taken = self.guard.live() | self.used.load(Ordering::Acquire);
            Some(taken.trailing_ones() as usize).filter(|place| *place < places_max)
        };
        lowest().or_else(|| {
            self.take_back();
            lowest()
        })
    }

    /// Takes back all windows that have been used, neighbours in one call. Where Linux refuses, they stay used.
    fn take_back(&self) {
        let used = self.used.load(Ordering::Acquire);
        let mut place = 0;
        while place < limits::MAP_PLACES {
            let count = (used >> place).trailing_ones() as usize;
            if count > 0 && self.clear(place, count) {
                self.used.fetch_and(!(((1 << count) - 1) << place), Ordering::AcqRel);
            }
            place += count + 1;
        }
    }

    #[allow(unsafe_code, reason = "a map at a given address")]
    fn clear(&self, place: usize, count: usize) -> bool {
        let flags = MapFlags::PRIVATE | MapFlags::FIXED | MapFlags::NORESERVE;
        let (address, bytes) = (self.at(place).cast_mut().cast(), count * limits::MAP_PLACE_BYTES);
        // SAFETY: the places are inside the range, which is ours, and their windows were dropped.
        unsafe { mmap_anonymous(address, bytes, ProtFlags::empty(), flags) }.is_ok()
    }
}

/// To be asked of a file of which anything was mapped, after its last byte: whether nobody has touched it since it was
/// opened. A file that is cut in the middle of a page raises no signal: its map shows zeros up to the end of that page, and by
/// now the bytes may be back, as many as before. So its times count as well as its size. They tell changes apart as finely as the
/// file system writes them: before Linux 6.13 by a tick of its clock, 1 to 10 ms, and on some file systems by a second or two.
pub(super) fn is_as_it_was(file: BorrowedFd<'_>, stamp: Stamp) -> Result<(), Failure> {
    match stamp_of(file) {
        Ok(after) if after == stamp => Ok(()),
        Ok(_) => Err(Failure::Moved),
        Err(errno) => Err(Failure::Unreadable { errno, offset: stamp.size_bytes }),
    }
}

fn first_place(memory: &MmapRaw) -> *const u8 {
    let start: *const u8 = memory.as_ptr();
    start.wrapping_add(start.addr().next_multiple_of(limits::MAP_PLACE_BYTES) - start.addr())
}
