//! The huge files that were found ahead: taken before all others, the largest first, and shared fairly.
//!
//! Knows neither lanes nor readers; what is huge was decided by the plan.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::limits;
use crate::plan::{LargestFirst, Planned};

/// Huge files that wait, and how many each worker has in progress.
pub(super) struct HugeFiles {
    waiting: Mutex<LargestFirst<Planned>>,
    /// How many wait; so that a look at an empty heap takes no lock.
    count: AtomicUsize,
    in_progress: Box<[AtomicUsize]>,
}

/// A huge file in progress. As long as it lives the file counts as its worker's.
pub(super) struct Claim {
    files: Arc<HugeFiles>,
    worker: usize,
}

impl HugeFiles {
    pub(super) fn new(workers: usize) -> HugeFiles {
        HugeFiles {
            waiting: Mutex::new(LargestFirst::new(limits::HUGE_FILES_MAX)),
            count: AtomicUsize::new(0),
            in_progress: (0..workers).map(|_| AtomicUsize::new(0)).collect(),
        }
    }

    /// Takes a file in, or gives it back where there is no room.
    pub(super) fn push(&self, bytes: u64, planned: Planned) -> Result<(), Planned> {
        let pushed = self.lock().push(bytes, planned);
        if pushed.is_ok() {
            self.count.fetch_add(1, Ordering::Relaxed);
        }
        pushed
    }

    /// The largest file, for a worker that has not got its share of them.
    ///
    /// Without shares the first worker would take as many as it has lanes, and the others would stand idle at the end of
    /// the run. A worker that has none may always take one: nothing is left lying for the sake of fairness.
    pub(super) fn take(self: &Arc<HugeFiles>, worker: usize) -> Option<(Planned, Claim)> {
        let waiting = self.count.load(Ordering::Relaxed);
        let own = self.in_progress[worker].load(Ordering::Relaxed);
        if waiting == 0 {
            return None;
        }
        let total: usize = waiting + self.in_progress.iter().map(|count| count.load(Ordering::Relaxed)).sum::<usize>();
        if own >= total.div_ceil(self.in_progress.len()) {
            return None;
        }
        let planned = self.pop()?;
        self.in_progress[worker].fetch_add(1, Ordering::Relaxed);
        Some((planned, Claim { files: Arc::clone(self), worker }))
    }

    /// Any file that waits, for whoever has to account for it.
    pub(super) fn pop(&self) -> Option<Planned> {
        let planned = self.lock().pop()?;
        self.count.fetch_sub(1, Ordering::Relaxed);
        Some(planned)
    }

    fn lock(&self) -> MutexGuard<'_, LargestFirst<Planned>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        self.files.in_progress[self.worker].fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(files: usize, workers: usize) -> Arc<HugeFiles> {
        let huge = Arc::new(HugeFiles::new(workers));
        for place in 0..files as u64 {
            let planned = Planned { place, line: 0, name: b"f".to_vec(), expected: None };
            assert_eq!(huge.push(1_000 + place, planned), Ok(()));
        }
        huge
    }

    fn take_all(huge: &Arc<HugeFiles>, worker: usize) -> Vec<(Planned, Claim)> {
        std::iter::from_fn(|| huge.take(worker)).collect()
    }

    #[test]
    fn a_worker_leaves_the_others_their_share() {
        let huge = with(16, 2);
        let first = take_all(&huge, 0);
        assert_eq!(first.len(), 8);
        assert_eq!(first[0].0.place, 15, "the largest first");
        let second = take_all(&huge, 1);
        assert_eq!(second.len(), 8);
        assert!(huge.take(0).is_none() && huge.take(1).is_none());
    }

    #[test]
    fn nothing_is_left_lying_where_the_others_take_none() {
        let huge = with(9, 4);
        let mut seen = 0;
        loop {
            let taken = take_all(&huge, 2);
            if taken.is_empty() {
                break;
            }
            seen += taken.len();
        }
        assert_eq!(seen, 9);
        assert!(huge.pop().is_none());
    }
}
