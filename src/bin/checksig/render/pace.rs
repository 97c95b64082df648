//! How fast a run goes now, and how long it will take by that: what had been done at times of the last seconds.
//!
//! Draws nothing, and estimates nothing: the library does. The mean since the start would be wrong for minutes where the cached files of a tree come first.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use checksig::Progress;

/// What counts as now: long enough that the numbers can be read, short enough that they follow a change.
const WINDOW: Duration = Duration::from_secs(10);

/// The time between two samples, at least.
const STEP: Duration = Duration::from_millis(500);

/// What a run had done at some times of the last seconds, oldest first.
pub(crate) struct Pace {
    started: Instant,
    samples: VecDeque<Sample>,
}

#[derive(Clone, Copy)]
struct Sample {
    at: Instant,
    progress: Progress,
}

impl Pace {
    /// Of a run that starts now.
    pub(crate) fn new(now: Instant) -> Pace {
        let start = Sample { at: now, progress: Progress::default() };
        Pace { started: now, samples: VecDeque::from([start]) }
    }

    /// The time since the start.
    pub(crate) fn elapsed(&self, now: Instant) -> Duration {
        now - self.started
    }

    /// Notes how far the run has come.
    pub(crate) fn note(&mut self, progress: &Progress, now: Instant) {
        if self.samples.back().is_some_and(|last| now - last.at < STEP) {
            return;
        }
        self.samples.push_back(Sample { at: now, progress: *progress });
        // One that is older than the window stays, lest there be none.
        while self.samples.len() > 2 && now - self.samples[1].at >= WINDOW {
            self.samples.pop_front();
        }
    }

    /// Bytes that have come of late, and the time that they took.
    pub(crate) fn recent(&self, progress: &Progress, now: Instant) -> (u64, Duration) {
        let since = self.samples[0];
        (progress.bytes_done.saturating_sub(since.progress.bytes_done), now - since.at)
    }

    /// How long the rest will take if it goes as of late; none where that cannot be told, or nothing has moved.
    pub(crate) fn left(&self, progress: &Progress, now: Instant) -> Option<Duration> {
        let since = &self.samples[0];
        progress.time_left(&since.progress, now - since.at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A run of a million bytes in a thousand files.
    fn at(bytes_done: u64, files_done: u64) -> Progress {
        let mut progress = Progress::default();
        (progress.bytes_done, progress.bytes_sized) = (bytes_done, 1_000_000);
        (progress.files_done, progress.files_planned, progress.files_sized) = (files_done, 1000, 1000);
        progress.planned_all = true;
        progress
    }

    #[test]
    fn the_rest_takes_what_the_last_seconds_took() {
        let start = Instant::now();
        let after = |seconds: u64| start + Duration::from_secs(seconds);
        let mut pace = Pace::new(start);
        pace.note(&at(100_000, 1), after(1));
        assert_eq!(pace.left(&at(100_000, 1), after(1)), Some(Duration::from_secs(9)));
        assert_eq!(pace.recent(&at(100_000, 1), after(1)), (100_000, Duration::from_secs(1)));
        // From then on it is slower, and soon nothing else counts.
        for second in 2..=30 {
            pace.note(&at(100_000 + second * 1000, 1), after(second));
        }
        let (bytes, time) = pace.recent(&at(130_000, 1), after(30));
        assert_eq!(bytes / time.as_secs(), 1000);
        assert_eq!(pace.left(&at(130_000, 1), after(30)), Some(Duration::from_secs(870)));
        assert!(pace.samples.len() < 25);
    }

    #[test]
    fn what_stands_still_has_no_end() {
        let start = Instant::now();
        let mut pace = Pace::new(start);
        pace.note(&at(0, 0), start + Duration::from_secs(1));
        assert_eq!(pace.left(&at(0, 0), start + Duration::from_secs(1)), None);
        assert_eq!(pace.left(&Progress::default(), start + Duration::from_secs(1)), None);
    }

    #[test]
    fn empty_files_are_counted() {
        let start = Instant::now();
        let mut quarter = at(0, 250);
        quarter.bytes_sized = 0;
        assert_eq!(Pace::new(start).left(&quarter, start + Duration::from_secs(1)), Some(Duration::from_secs(3)));
    }
}
