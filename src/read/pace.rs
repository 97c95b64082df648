//! How many bytes a second a run may read: one account for all its readers, from which each read is paid before it is made.
//!
//! Waits for nobody: whoever is refused waits in his own way, and asks again.

use std::num::NonZeroU64;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use super::segment::Failure;
use crate::limits;

const SECOND_NS: u128 = 1_000_000_000;

/// Who was refused, and asks how long to wait, is no later than this.
const JUST_NOW: Duration = Duration::from_millis(1);

/// Bytes that a read counts for: a device gives whole blocks, and one at least.
pub(super) fn charge(bytes: u64, align: usize) -> u64 {
    bytes.max(limits::PAGE_BYTES as u64).next_multiple_of(align as u64)
}

/// Bytes that a read from this offset on came to where it failed: one that was not made, nothing.
pub(super) fn came_to(failure: Failure, offset: u64, taken: u64) -> u64 {
    match failure {
        Failure::Unreadable { offset: missing, .. } if missing == offset => 0,
        Failure::Unreadable { offset: missing, .. } => charge(missing - offset, 1),
        // All of it was read, and found to be another.
        _ => taken,
    }
}

/// The account. A read is made when all before it have been paid off, and is then paid for with time: so it may be longer
/// than what a second allows, and no rate is too small for any buffer.
#[derive(Debug)]
pub(crate) struct Pace {
    /// `None`: as fast as it goes.
    limit: Option<Limit>,
}

#[derive(Debug)]
struct Limit {
    bytes_per_second: NonZeroU64,
    begun: Instant,
    /// When all that was taken will have been paid off, in nanoseconds after `begun`.
    paid_at_ns: AtomicU64,
}

impl Pace {
    /// An account that so many bytes a second flow into; without a number nothing is counted.
    pub(crate) fn new(bytes_per_second: Option<NonZeroU64>) -> Pace {
        let limit = bytes_per_second.map(|bytes_per_second| Limit {
            bytes_per_second,
            begun: Instant::now(),
            paid_at_ns: AtomicU64::new(0),
        });
        Pace { limit }
    }

    /// Whether reads are counted at all.
    pub(crate) fn is_limited(&self) -> bool {
        self.limit.is_some()
    }

    /// Pays for a read of so many bytes; false where it is too early for it.
    pub(crate) fn take(&self, bytes: u64) -> bool {
        self.limit.as_ref().is_none_or(|limit| limit.take(bytes, limit.begun.elapsed()))
    }

    /// Corrects what was taken for a read to what it came to: less where it was not made, more where it was longer.
    pub(crate) fn settle(&self, taken: u64, came_to: u64) {
        if let Some(limit) = self.limit.as_ref().filter(|_| taken != came_to) {
            let cost = limit.cost_ns(taken.abs_diff(came_to));
            let settled =
                |paid: u64| Some(if came_to > taken { paid.saturating_add(cost) } else { paid.saturating_sub(cost) });
            let _ = limit.paid_at_ns.fetch_update(Ordering::Relaxed, Ordering::Relaxed, settled);
        }
    }

    /// How long it is worth to wait for the next read to be allowed, up to so long; where nothing stands in its way, so long.
    pub(crate) fn pause(&self, longest: Duration) -> Duration {
        self.limit.as_ref().map_or(longest, |limit| limit.pause(longest, limit.begun.elapsed()))
    }
}

impl Limit {
    fn take(&self, bytes: u64, now: Duration) -> bool {
        let now = now.as_nanos() as u64;
        let cost = self.cost_ns(bytes);
        // Who comes late has not lost what flowed in meanwhile, up to a bound.
        let earliest = now.saturating_sub(limits::PACE_SAVED_MS * 1_000_000);
        let paid = |paid: u64| (paid <= now).then(|| paid.max(earliest).saturating_add(cost));
        self.paid_at_ns.fetch_update(Ordering::Relaxed, Ordering::Relaxed, paid).is_ok()
    }

    fn pause(&self, longest: Duration, now: Duration) -> Duration {
        let paid_at = Duration::from_nanos(self.paid_at_ns.load(Ordering::Relaxed));
        match paid_at.checked_sub(now) {
            Some(left) => left.min(longest),
            // It was too early, and no longer is. For longer than a moment nobody would wait for this account.
            None if now - paid_at < JUST_NOW => Duration::ZERO,
            None => longest,
        }
    }

    fn cost_ns(&self, bytes: u64) -> u64 {
        let cost = u128::from(bytes) * SECOND_NS / u128::from(self.bytes_per_second.get());
        u64::try_from(cost).unwrap_or(u64::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limit(bytes_per_second: u64) -> Limit {
        let bytes_per_second = NonZeroU64::new(bytes_per_second).unwrap();
        Limit { bytes_per_second, begun: Instant::now(), paid_at_ns: AtomicU64::new(0) }
    }

    const MS: Duration = Duration::from_millis(1);

    #[test]
    fn a_read_waits_until_those_before_it_are_paid_off() {
        let limit = limit(1_000_000);
        assert!(limit.take(256_000, Duration::ZERO), "the first is for whoever comes");
        assert!(!limit.take(1, 255 * MS), "256 ms");
        assert!(!limit.take(0, 255 * MS), "an empty file waits like any other");
        assert!(limit.take(1, 256 * MS));
    }

    #[test]
    fn what_flowed_in_while_nobody_read_is_saved_up_to_a_bound() {
        let limit = limit(1_000);
        let late = 60_000 * MS;
        let saved = limits::PACE_SAVED_MS;
        // Of a minute, as many milliseconds of bytes as are saved, and the one that goes into debt.
        let taken = (0..1_000).take_while(|_| limit.take(1, late)).count() as u64;
        assert_eq!(taken, saved + 1);
    }

    #[test]
    fn who_asks_just_after_it_was_paid_off_does_not_wait() {
        let limit = limit(1_000);
        assert!(limit.take(256, Duration::from_secs(0)));
        for (now, pause) in [(200, 50), (250, 6), (256, 0), (258, 50)] {
            assert_eq!(limit.pause(50 * MS, now * MS), pause * MS, "{now} ms");
        }
        assert_eq!(limit.pause(50 * MS, 256 * MS + MS / 2), Duration::ZERO);
    }

    #[test]
    fn a_read_counts_for_whole_blocks_and_a_failed_one_for_what_it_brought() {
        for (bytes, align, counts) in [(0, 1, 4096), (1, 512, 4096), (4097, 1, 4097), (4097, 512, 4608)] {
            assert_eq!(charge(bytes, align), counts, "{bytes} {align}");
        }
        let unreadable = |offset| Failure::Unreadable { errno: rustix::io::Errno::IO, offset };
        assert_eq!(came_to(unreadable(8192), 8192, 65_536), 0);
        assert_eq!(came_to(unreadable(8193), 8192, 65_536), 4096);
        assert_eq!(came_to(Failure::Moved, 8192, 65_536), 65_536);
    }

    #[test]
    fn no_rate_and_no_size_is_too_much_for_the_arithmetic() {
        for (rate, bytes) in [(1, u64::MAX), (u64::MAX, u64::MAX), (u64::MAX, 1), (1, 0)] {
            let limit = limit(rate);
            assert!(limit.take(bytes, MS));
            // Paid off within the millisecond that has passed, or not.
            assert_eq!(limit.take(bytes, MS), u128::from(bytes) * 1_000 <= u128::from(rate), "{rate} {bytes}");
        }
    }

    #[test]
    fn what_was_not_read_is_given_back_and_what_was_read_beyond_is_paid() {
        let pace = Pace::new(NonZeroU64::new(1));
        assert!(pace.take(3_600));
        assert!(!pace.take(1));
        pace.settle(3_600, 0);
        assert!(pace.take(0), "nothing of it was read");
        pace.settle(0, 3_600);
        assert!(!pace.take(0), "an hour's worth was");
        assert_eq!(pace.pause(MS), MS);
        let free = Pace::new(None);
        assert!(free.take(u64::MAX) && free.take(u64::MAX) && !free.is_limited());
    }
}
