//! What a file left in the page cache before it was read through it, so that what the run brought in can go again and
//! what was there stays.
//!
//! Reads nothing of the file; has `advice` given on an open one.

use std::iter;
use std::ops::Range;
use std::os::fd::BorrowedFd;

use super::advice;
use super::residency::{Residency, absent_ranges, residency};
use crate::limits;

/// What of one file was cached before its first read.
#[derive(Debug)]
pub(super) struct Footprint {
    before: Before,
    /// Parts that were not cached and that a read has brought in.
    brought: Vec<Range<u64>>,
    /// What has been asked about.
    asked: Range<u64>,
}

#[derive(Debug)]
enum Before {
    /// Nothing of it is ours to remove.
    Untouched,
    /// Nothing was cached: all of it goes.
    Nothing,
    /// Some was, or Linux does not say how much: each part is asked about long before it is read, and read without reading
    /// ahead; but pages that were cached may be marks at which reading ahead goes on all the same.
    Some,
}

impl Footprint {
    /// Nothing is to be removed.
    pub(super) fn untouched() -> Footprint {
        Footprint { before: Before::Untouched, brought: Vec::new(), asked: 0..0 }
    }

    /// Looks at a file from this offset on.
    pub(super) fn of(file: BorrowedFd<'_>, size_bytes: u64, offset: u64) -> Footprint {
        let before = match residency(file, offset, size_bytes - offset) {
            Some(Residency::All) => Before::Untouched,
            // Nothing behind the offset, but what another reader has handed out before it was in the cache.
            Some(Residency::Nothing) if offset == 0 => Before::Nothing,
            _ => {
                advice::reads_at_random(file);
                Before::Some
            }
        };
        Footprint { before, brought: Vec::new(), asked: 0..0 }
    }

    /// Looks at bytes that Linux has just begun to bring in, as the first of them was not there: what has not come was not
    /// there before. Where all has come meanwhile, or Linux does not say, nothing is taken to have been there.
    pub(super) fn of_coming(file: BorrowedFd<'_>, offset: u64, bytes: u64) -> Footprint {
        let absent = absent_ranges(file, offset, bytes);
        let brought = if absent.is_empty() { iter::once(offset..offset + bytes).collect() } else { absent };
        Footprint { before: Before::Untouched, brought, asked: 0..0 }
    }

    /// To be called before bytes of the file are read through the page cache.
    pub(super) fn note(&mut self, file: BorrowedFd<'_>, offset: u64, bytes: u64) {
        if !matches!(self.before, Before::Some) || bytes == 0 {
            return;
        }
        if self.asked.is_empty() {
            self.asked = offset..offset;
        }
        // Where reads of several parts were on their way and are now repeated, the first need not come first.
        if offset < self.asked.start {
            self.brought.splice(..0, absent_ranges(file, offset, self.asked.start - offset));
            self.asked.start = offset;
        }
        let end = offset + bytes;
        if end + limits::FOOTPRINT_AHEAD_BYTES > self.asked.end {
            let until = end + 2 * limits::FOOTPRINT_AHEAD_BYTES;
            self.brought.extend(absent_ranges(file, self.asked.end, until - self.asked.end));
            self.asked.end = until;
        }
    }

    /// Removes what reads have brought in so far, where that has become many parts, but for the parts from this offset on:
    /// they may be on their way.
    pub(super) fn forget_some(&mut self, file: BorrowedFd<'_>, offset: u64) {
        if self.brought.len() > limits::FOOTPRINT_RANGES_MAX {
            let keep = self.brought.partition_point(|range| range.end <= offset);
            self.brought.drain(..keep).for_each(|range| advice::forget_range(file, range));
        }
    }

    /// Removes what reads have brought in.
    pub(super) fn restore(&mut self, file: BorrowedFd<'_>) {
        if matches!(self.before, Before::Nothing) {
            advice::forget(file);
        }
        self.brought.drain(..).for_each(|range| advice::forget_range(file, range));
    }
}
