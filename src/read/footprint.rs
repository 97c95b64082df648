//! What of a file was in the page cache before it was read through it: where its bytes come from, and what the run brought
//! in, so that it can go again and what was there stays.
//!
//! Reads nothing of the file; has `advice` given on an open one.

use std::ops::Range;
use std::os::fd::BorrowedFd;
use std::time::Duration;

use super::advice;
use super::claims::Claim;
use super::residency::{Residency, absent_ranges, residency};
use crate::limits;
use crate::readerkind::Origin;

/// What of one file was cached before its first read.
#[derive(Debug)]
pub(super) struct Footprint {
    before: Before,
    /// What the reads bring in is to go again.
    removes: bool,
    /// Parts that were not cached and that a read brings in, in order.
    brought: Vec<Range<u64>>,
    /// What has been asked about.
    asked: Range<u64>,
    /// Says when what was brought in may go, where others read the file as well.
    claim: Option<Claim>,
    /// Bytes that Linux was told will be wanted, before any of them is read.
    announced: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Before {
    /// All was, but for what was brought.
    All,
    /// Nothing was cached: all of it goes.
    Nothing,
    /// Some was: each part is asked about long before it is read, and read without reading ahead; but pages that were cached
    /// may be marks at which reading ahead goes on all the same.
    Some,
    /// Linux does not say how much; it may say of parts, and they are asked about as well.
    Unknown,
}

impl Footprint {
    /// Looks at a file from this offset on.
    pub(super) fn of(file: BorrowedFd<'_>, size_bytes: u64, offset: u64, removes: bool) -> Footprint {
        Footprint::seen(file, cached_from(file, size_bytes, offset), offset, removes)
    }

    /// Of a file of which from this offset on so much is cached.
    pub(super) fn seen(file: BorrowedFd<'_>, cached: Option<Residency>, offset: u64, removes: bool) -> Footprint {
        let before = match cached {
            Some(Residency::All) => Before::All,
            // Nothing behind the offset, but what another reader has handed out before it was in the cache.
            Some(Residency::Nothing) if offset == 0 => Before::Nothing,
            Some(_) => Before::Some,
            None => Before::Unknown,
        };
        if removes && matches!(before, Before::Some | Before::Unknown) {
            advice::reads_at_random(file);
        }
        Footprint { before, removes, brought: Vec::new(), asked: 0..0, claim: None, announced: 0 }
    }

    /// The same where a claim says that nothing was cached.
    pub(super) fn with(self, claim: Option<Claim>) -> Footprint {
        let before = if claim.is_some() { Before::Nothing } else { self.before };
        Footprint { before, claim, ..self }
    }

    /// Looks at bytes that Linux has just begun to bring in, as the first of them was not there: what has not come was not
    /// there before; nor was what comes before that, as Linux brings in the first bytes first.
    pub(super) fn of_coming(file: BorrowedFd<'_>, offset: u64, bytes: u64, removes: bool) -> Footprint {
        let mut brought = absent_ranges(file, offset, bytes);
        match brought.first_mut() {
            Some(first) => first.start = offset,
            // All has come meanwhile, or Linux does not say.
            None if bytes > 0 => brought.push(offset..offset + bytes),
            None => {}
        }
        Footprint { before: Before::All, removes, brought, asked: 0..0, claim: None, announced: 0 }
    }

    /// Whether all that is read of it is in memory, as far as is known, and no page of it may come and stay.
    pub(super) fn is_from_memory(&self) -> bool {
        self.before == Before::All && self.brought.is_empty()
    }

    /// Whether what reads bring in is to go again.
    pub(super) fn removes(&self) -> bool {
        self.removes
    }

    /// Tells Linux that so many bytes, all of the file, will be wanted.
    pub(super) fn announce(&mut self, file: BorrowedFd<'_>, bytes: u64) {
        self.announced = bytes;
        advice::will_need(file);
    }

    /// To be called before bytes of the file are read through the page cache. Says where they come from: the device, if any
    /// of them does.
    pub(super) fn note(&mut self, file: BorrowedFd<'_>, offset: u64, bytes: u64) -> Origin {
        if bytes == 0 {
            return Origin::Cache;
        }
        self.announced = 0;
        // Of a name that is listed twice, what one reader found cached another has brought in, and removes.
        let has_gone = || matches!(residency(file, offset, bytes), Some(Residency::Some | Residency::Nothing));
        if self.is_from_memory() && has_gone() {
            *self = Footprint::seen(file, Some(Residency::Some), offset, self.removes);
        }
        if matches!(self.before, Before::Some | Before::Unknown) {
            self.ask(file, offset, bytes);
        }
        let end = offset + bytes;
        let first = self.brought.partition_point(|range| range.end <= offset);
        let brings = self.brought.get(first).is_some_and(|range| range.start < end);
        let is_silent = matches!(self.before, Before::Nothing | Before::Unknown);
        if brings || is_silent { Origin::Device } else { Origin::Cache }
    }

    /// Asks what of these bytes and of those behind them is cached, unless that has been asked.
    fn ask(&mut self, file: BorrowedFd<'_>, offset: u64, bytes: u64) {
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
            let gone = self.brought.drain(..keep);
            gone.filter(|_| self.removes).for_each(|range| advice::forget_range(file, range));
        }
    }

    /// Removes what reads have brought in, once.
    pub(super) fn restore(&mut self, file: BorrowedFd<'_>) {
        if !std::mem::take(&mut self.removes) {
            return;
        }
        let (before, announced) = (self.before, self.announced);
        let forget_all = || {
            advice::forget(file);
            // What was announced and never read may be on its way, and cannot go before it has come.
            let is_coming =
                || announced > 0 && residency(file, 0, announced).is_some_and(|left| left != Residency::Nothing);
            for _ in 0..limits::ANNOUNCED_WAIT_MS_MAX {
                if !is_coming() {
                    break;
                }
                std::thread::sleep(Duration::from_millis(1));
                advice::forget(file);
            }
        };
        match self.claim.take() {
            Some(claim) => claim.end(forget_all),
            None if before == Before::Nothing => forget_all(),
            None => {}
        }
        self.brought.drain(..).for_each(|range| advice::forget_range(file, range));
    }
}

/// How much of a file is cached from this offset on; all, where nothing is behind it.
pub(super) fn cached_from(file: BorrowedFd<'_>, size_bytes: u64, offset: u64) -> Option<Residency> {
    let remaining = size_bytes - offset;
    if remaining == 0 { Some(Residency::All) } else { residency(file, offset, remaining) }
}

#[cfg(test)]
mod tests;
