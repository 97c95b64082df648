//! Windows onto files: parts of them mapped into one range of addresses, where their bytes are hashed without being
//! copied.
//!
//! Maps nothing without the guard, and chooses no files: `inline` does.
//!
//! The range has places of the size of a huge page, and a window lies in its place as its bytes lie in the file, so that
//! Linux can map a huge page of its cache in one piece. To take a map back Linux has to tell every CPU that runs a thread of
//! the process; so windows that have been used are taken back together, when there is no place for another.

use std::ffi::c_void;
use std::io;
use std::os::fd::BorrowedFd;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use memmap2::{MmapOptions, MmapRaw};
use rustix::fs::fstatfs;
use rustix::io::Errno;
use rustix::mm::{MapFlags, ProtFlags, mmap, mmap_anonymous, munmap};

use super::guard::{Guard, RANGE_BYTES, let_through, stands};
use super::segment::Failure;
use crate::limits;
use crate::root::{Stamp, stamp_of};

/// The windows of one source.
#[derive(Default)]
pub(super) struct Windows {
    /// None before the first window.
    range: Option<Arc<Range>>,
    /// Why there is none and will not be.
    refused: Option<NoWindow>,
}

/// The addresses that they are mapped to.
struct Range {
    /// Dropped before the memory, since the addresses may be somebody else's afterwards.
    guard: Guard,
    /// More than the range by one place, in which the range begins on a whole place.
    /// `None` only while it is being dropped.
    memory: Option<MmapRaw>,
    /// Places whose window is no longer in use and still mapped, a bit each.
    used: AtomicU64,
    /// Places that may hold memory of somebody else, a bit each: see [`Range::put_back`].
    lost: AtomicU64,
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
    #[error("no maps, since Linux gives this process no room for them ({0}); allow it more addresses (ulimit -v)")]
    NoAddresses(Errno),
    #[error("some files are not mapped, since Linux refuses it ({0}); nothing needs to be done")]
    Refused(Errno),
}

/// The type of this file system (`linux/magic.h`).
const HUGETLBFS: u64 = 0x9584_58f6;

const _: () = assert!(limits::MAP_PLACES < u64::BITS as usize, "a bit each");

impl Windows {
    /// Whether this file may be mapped. Of hugetlbfs Linux maps whole huge pages, whatever is asked for. What its file system
    /// refuses, as FUSE does past the page cache, is found out at an address that Linux chooses: up to 6.11 such a refusal at
    /// an address of ours comes after what was there has gone.
    pub(super) fn can_map(file: BorrowedFd<'_>) -> Result<(), NoWindow> {
        let stat = fstatfs(file).map_err(NoWindow::Refused)?;
        if stat.f_type as u64 & 0xffff_ffff == HUGETLBFS {
            return Err(NoWindow::Refused(Errno::INVAL));
        }
        let tried = MmapOptions::new().len(1).map_raw_read_only(&file);
        tried.map(drop).map_err(|error| NoWindow::Refused(errno_of(&error)))
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
        let range = match (&self.range, self.refused) {
            (Some(range), _) => range,
            (None, Some(refused)) => return Err(refused),
            (None, None) => {
                let range = Range::new().inspect_err(|refused| self.refused = Some(*refused))?;
                self.range.insert(Arc::new(range))
            }
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
    /// Which of its bytes was the first that could not be had and that it gave a zero in place of, if there was one. To be asked
    /// when the bytes have been used.
    pub(super) fn fault(&self) -> Option<usize> {
        // Some CPUs say no more than the page; a window begins with one.
        self.range.guard.fault(self.place).map(|offset| offset.saturating_sub(self.start))
    }

    pub(super) fn length(&self) -> usize {
        self.length
    }

    #[allow(unsafe_code, reason = "the bytes of a map")]
    pub(super) fn as_slice(&self) -> &[u8] {
        // The map is shared with whoever writes to the file, so its bytes may change while they are hashed: they are only
        // folded into a digest, by code that is right for any bytes and takes no decision from them. Pages that the file no
        // longer has raise SIGBUS, which this thread lets through since `Range::new`, and which came to our handler when the
        // window was mapped (`stands`); that puts zeros in their place, for the window is in the guard's table. Where a host
        // has taken the signal since, its handler decides, and the process ends rather than goes on with what is not there.
        let first = self.range.at(self.place).wrapping_add(self.start);
        // SAFETY: `Windows::map` has mapped so many bytes there, and its place is neither vacant nor used while this window
        // lives, so that nothing else is put there.
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
        if !let_through() {
            return Err(NoWindow::Unguarded);
        }
        let memory = options.map_anon().map_err(|error| NoWindow::NoAddresses(errno_of(&error)))?;
        let memory = MmapRaw::from(memory);
        let guard = Guard::over(first_place(&memory).addr()).ok_or(NoWindow::NoRange)?;
        Ok(Range { guard, memory: Some(memory), used: AtomicU64::new(0), lost: AtomicU64::new(0) })
    }

    fn at(&self, place: usize) -> *const u8 {
        let memory = self.memory.as_ref().expect("a range has its memory until it is dropped");
        first_place(memory).wrapping_add(place * limits::MAP_PLACE_BYTES)
    }

    #[allow(unsafe_code, reason = "a map at a given address")]
    fn map(&self, place: usize, start: usize, length: usize, file: BorrowedFd<'_>, offset: u64) -> Result<(), Errno> {
        let address = self.at(place).wrapping_add(start).cast_mut().cast();
        let flags = MapFlags::SHARED | MapFlags::FIXED;
        // SAFETY: the bytes lie inside one place of the range, which `vacant` gave: it holds no window whose bytes somebody
        // could be reading, and it has been ours since `new` mapped it, for whatever failed in it since has put it back or
        // lost it (`put_back`), and what is lost is never vacant. On hugetlbfs, where Linux would map more, `can_map` says no.
        let mapped = unsafe { mmap(address, length, ProtFlags::READ, flags, file, offset) };
        if mapped.is_err() {
            self.put_back(place, 1, start..start + length);
        }
        mapped.map(drop)
    }

    /// After a call that failed to replace what was in these bytes of so many places: up to Linux 6.11 it may have taken away
    /// what was there, and then another thread's map may lie there by now. What can be had again is; where that is not known,
    /// the places are lost: nothing is put there or taken away from there ever again. Gives whether they are ours.
    #[allow(unsafe_code, reason = "a map at a given address, if nothing is there")]
    fn put_back(&self, place: usize, count: usize, bytes: std::ops::Range<usize>) -> bool {
        let address: *mut c_void = self.at(place).wrapping_add(bytes.start).cast_mut().cast();
        let length = bytes.len().next_multiple_of(limits::PAGE_BYTES);
        let flags = MapFlags::PRIVATE;
        // SAFETY: without MAP_FIXED the call replaces nothing: the address is a wish, which Linux grants where it is free.
        let got = unsafe { mmap_anonymous(address, length, ProtFlags::empty(), flags) };
        if got == Ok(address) {
            return true;
        }
        self.lost.fetch_or(((1 << count) - 1) << place, Ordering::AcqRel);
        if let Ok(elsewhere) = got {
            // SAFETY: it was mapped just now and nobody else knows of it.
            let _ = unsafe { munmap(elsewhere, length) };
        }
        false
    }

    /// A place below `places_max` with no window: the lowest, so that places which are used up together lie side by side.
    fn vacant(&self, places_max: usize) -> Option<usize> {
        let lowest = || {
            let lost = self.lost.load(Ordering::Acquire);
            let taken = self.guard.live() | self.used.load(Ordering::Acquire) | lost;
            Some(taken.trailing_ones() as usize).filter(|place| *place < places_max)
        };
        lowest().or_else(|| {
            self.take_back();
            lowest()
        })
    }

    /// Takes back all windows that have been used, neighbours in one call. Where Linux refuses, they are put back or lost.
    fn take_back(&self) {
        let used = self.used.load(Ordering::Acquire) & !self.lost.load(Ordering::Acquire);
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
        // What nobody may touch is not counted as memory, so that it can always be had.
        let flags = MapFlags::PRIVATE | MapFlags::FIXED;
        let (address, bytes) = (self.at(place).cast_mut().cast(), count * limits::MAP_PLACE_BYTES);
        // SAFETY: the places are inside the range and not lost, so that they have been ours since `new`; their windows were
        // dropped, after which nobody has their bytes.
        let cleared = unsafe { mmap_anonymous(address, bytes, ProtFlags::empty(), flags) };
        cleared.is_ok() || self.put_back(place, count, 0..bytes)
    }
}

impl Drop for Range {
    /// Linux has the addresses back, but where some may be somebody else's: then it keeps them all.
    fn drop(&mut self) {
        if self.lost.load(Ordering::Acquire) != 0 {
            self.take_back();
            std::mem::forget(self.memory.take());
        }
    }
}

fn errno_of(error: &io::Error) -> Errno {
    Errno::from_io_error(error).unwrap_or(Errno::INVAL)
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

#[cfg(test)]
mod tests;
