//! What a file left in the page cache before it was read through it, so that what the run brought in can go again and
//! what was there stays.
//!
//! Reads nothing of the file; gives advice on an open one (posix_fadvise(2)).

use std::num::NonZeroU64;
use std::ops::Range;
use std::os::fd::BorrowedFd;

use rustix::fs::{Advice, fadvise};

use super::residency::{Residency, absent_ranges, residency};
use crate::limits;

/// What of one file was cached before its first read.
#[derive(Debug)]
pub(super) struct Footprint {
    before: Before,
    /// Parts that were not cached and that a read has brought in.
    brought: Vec<Range<u64>>,
}

#[derive(Debug)]
enum Before {
    /// Nothing of it is ours to remove.
    Untouched,
    /// Nothing was cached: all of it goes.
    Nothing,
    /// Some was, or Linux does not say how much: each part is asked about before it is read, and read without reading
    /// ahead, which would bring in parts that nobody has asked about.
    Some,
}

impl Footprint {
    /// Nothing is to be removed.
    pub(super) fn untouched() -> Footprint {
        Footprint { before: Before::Untouched, brought: Vec::new() }
    }

    /// Looks at a file from this offset on.
    pub(super) fn of(file: BorrowedFd<'_>, size_bytes: u64, offset: u64) -> Footprint {
        let before = match residency(file, offset, size_bytes - offset) {
            Some(Residency::All) => Before::Untouched,
            // Nothing behind the offset, but what another reader has handed out before it was in the cache.
            Some(Residency::Nothing) if offset == 0 => Before::Nothing,
            _ => {
                let _ = fadvise(file, 0, None, Advice::Random);
                Before::Some
            }
        };
        Footprint { before, brought: Vec::new() }
    }

    /// To be called before bytes of the file are read through the page cache.
    pub(super) fn note(&mut self, file: BorrowedFd<'_>, offset: u64, bytes: u64) {
        if !matches!(self.before, Before::Some) || bytes == 0 {
            return;
        }
        for absent in absent_ranges(file, offset, bytes) {
            match self.brought.last_mut() {
                Some(last) if last.end == absent.start => last.end = absent.end,
                _ => self.brought.push(absent),
            }
        }
    }

    /// Removes what reads have brought in so far, where that has become many parts, but for the parts from this offset on:
    /// they may be on their way.
    pub(super) fn forget_some(&mut self, file: BorrowedFd<'_>, offset: u64) {
        if self.brought.len() > limits::FOOTPRINT_RANGES_MAX {
            let keep = self.brought.partition_point(|range| range.end <= offset);
            self.brought.drain(..keep).for_each(|range| remove(file, range));
        }
    }

    /// Removes what reads have brought in.
    pub(super) fn restore(&mut self, file: BorrowedFd<'_>) {
        if matches!(self.before, Before::Nothing) {
            let _ = fadvise(file, 0, None, Advice::DontNeed);
        }
        self.brought.drain(..).for_each(|range| remove(file, range));
    }
}

/// Linux keeps what is dirty, mapped or in use by others.
fn remove(file: BorrowedFd<'_>, range: Range<u64>) {
    let _ = fadvise(file, range.start, NonZeroU64::new(range.end - range.start), Advice::DontNeed);
}
