//! What keeps a file that is truncated under a map from ending the process: a table of the ranges that hold maps, and a
//! handler of SIGBUS that gives zeros in their place and takes note of it.
//!
//! Maps nothing by itself and reads nothing: `mapped` does, and must ask about every window after its last byte was used.
//!
//! This is state of the whole process, since a handler is. A range is one worker's, with room for a fixed number of
//! windows; it is noted here once, and each window in it by a bit, so that the way of every window takes no lock and
//! looks for no place. The handler walks the table and touches nothing else: it takes no lock and no memory.

mod signal;

use std::sync::atomic::{AtomicU32, AtomicU64, AtomicUsize, Ordering};

use crate::limits;

pub(super) use signal::{let_through, stands};

/// Bytes of the address space that one range takes.
pub(super) const RANGE_BYTES: usize = limits::MAP_PLACES * limits::MAP_PLACE_BYTES;

/// The ranges of all runs of this process.
static TABLE: [Entry; limits::GUARDED_RANGES_MAX] = [const { Entry::vacant() }; limits::GUARDED_RANGES_MAX];

struct Entry {
    /// Where the range begins; 0 where there is none.
    start: AtomicUsize,
    /// Windows that may be read, a bit each.
    live: AtomicU64,
    /// Windows that gave zeros in place of bytes of the file, a bit each.
    faulted: AtomicU64,
    /// Where in its window the first such byte was, of each of those.
    faults: [AtomicU32; limits::MAP_PLACES],
}

const _: () = assert!(limits::MAP_PLACE_BYTES <= u32::MAX as usize, "what `faults` can tell");

/// A range in the table, for as long as this value lives.
#[derive(Debug)]
pub(super) struct Guard(usize);

impl Entry {
    const fn vacant() -> Entry {
        let faults = [const { AtomicU32::new(0) }; limits::MAP_PLACES];
        Entry { start: AtomicUsize::new(0), live: AtomicU64::new(0), faulted: AtomicU64::new(0), faults }
    }
}

impl Guard {
    /// Notes the range of `RANGE_BYTES` that begins at an address; `None` where the table is full.
    pub(super) fn over(start: usize) -> Option<Guard> {
        let claim = |entry: &Entry| entry.start.compare_exchange(0, start, Ordering::AcqRel, Ordering::Relaxed).is_ok();
        TABLE.iter().position(claim).map(Guard)
    }

    /// From now on a fault in the window of this number is ours. To be said before the window is touched.
    pub(super) fn begin(&self, window: usize) {
        self.entry().faulted.fetch_and(!(1 << window), Ordering::AcqRel);
        self.entry().live.fetch_or(1 << window, Ordering::AcqRel);
    }

    /// Where in the window the first byte was that could not be had and that it gave a zero in place of, if there was one.
    pub(super) fn fault(&self, window: usize) -> Option<usize> {
        let entry = self.entry();
        let has_faulted = entry.faulted.load(Ordering::Acquire) & 1 << window != 0;
        has_faulted.then(|| entry.faults[window].load(Ordering::Relaxed) as usize)
    }

    /// Nobody touches the window any more.
    pub(super) fn end(&self, window: usize) {
        self.entry().live.fetch_and(!(1 << window), Ordering::AcqRel);
    }

    /// Windows that have begun and not ended, a bit each.
    pub(super) fn live(&self) -> u64 {
        self.entry().live.load(Ordering::Acquire)
    }

    fn entry(&self) -> &'static Entry {
        &TABLE[self.0]
    }
}

impl Drop for Guard {
    /// Before the range goes back to Linux: afterwards its addresses may be somebody else's.
    fn drop(&mut self) {
        let Entry { start, live, faulted, .. } = self.entry();
        live.store(0, Ordering::Release);
        faulted.store(0, Ordering::Release);
        start.store(0, Ordering::Release);
    }
}

/// For the handler: whether the address lies in a live window, which is marked as faulted; and where it begins.
///
/// The thread that has the fault is reading the window, and so nobody can end it or begin it anew meanwhile.
fn note_fault(address: usize) -> Option<usize> {
    for entry in &TABLE {
        let start = entry.start.load(Ordering::Acquire);
        let offset = address.wrapping_sub(start);
        if start == 0 || offset >= RANGE_BYTES {
            continue;
        }
        let window = offset / limits::MAP_PLACE_BYTES;
        if entry.live.load(Ordering::Acquire) & 1 << window != 0 {
            // All of it is zeros from the first fault on.
            entry.faults[window].store((offset % limits::MAP_PLACE_BYTES) as u32, Ordering::Relaxed);
            entry.faulted.fetch_or(1 << window, Ordering::AcqRel);
            return Some(start + window * limits::MAP_PLACE_BYTES);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_is_noted_in_the_live_window_that_it_lies_in_and_nowhere_else() {
        // No memory is touched: addresses that Linux gives to nobody will do.
        let start = 1_usize << 63;
        let guard = Guard::over(start).unwrap();
        let last = limits::MAP_PLACES - 1;
        guard.begin(0);
        guard.begin(last);
        let window = limits::MAP_PLACE_BYTES;
        assert_eq!(note_fault(start - 1), None);
        assert_eq!(note_fault(start + RANGE_BYTES), None);
        assert_eq!(note_fault(start + window), None, "not live");
        assert_eq!((guard.fault(0), guard.fault(last)), (None, None));
        assert_eq!(note_fault(start + RANGE_BYTES - 1), Some(start + last * window));
        assert_eq!((guard.fault(0), guard.fault(last)), (None, Some(window - 1)));
        guard.end(last);
        assert_eq!(note_fault(start + last * window), None, "no longer live");
        guard.begin(last);
        assert_eq!(guard.fault(last), None, "begun anew");
        assert_eq!(note_fault(start), Some(start));
        drop(guard);
        assert_eq!(note_fault(start), None);
        let guard = Guard::over(start).unwrap();
        assert_eq!((guard.live(), guard.fault(0)), (0, None), "nothing is left of the range before");
    }
}
