//! Files of which nothing was cached and that this run is reading through the page cache just now: who opens one of them once
//! more, under this name or another, finds pages that are not to stay.
//!
//! Reads nothing and removes nothing itself.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError};

use super::residency::Residency;
use crate::root::Stamp;
use crate::sync::{Mutex, MutexGuard};

/// Those of one run, by device and inode, and how many read each.
#[derive(Debug, Default)]
pub(super) struct Claims(Mutex<HashMap<(u64, u64), usize>>);

/// One who reads such a file.
#[derive(Debug)]
pub(super) struct Claim {
    claims: Arc<Claims>,
    file: (u64, u64),
    has_left: bool,
}

impl Claims {
    /// Looks how much of a file is cached from this offset on; and of one of which nothing was before this run came to it,
    /// gives the right to say when it may go again.
    pub(super) fn look(
        self: &Arc<Claims>,
        stamp: Stamp,
        offset: u64,
        look: impl FnOnce() -> Option<Residency>,
    ) -> (Option<Residency>, Option<Claim>) {
        let file = (stamp.device, stamp.inode);
        // Whoever is the last to leave removes it under the lock: nobody takes what is about to go for what was there.
        let mut files = self.lock();
        let is_claimed = files.contains_key(&file);
        let cached = if is_claimed { Some(Residency::Nothing) } else { look() };
        if !(is_claimed || cached == Some(Residency::Nothing) && offset == 0) {
            return (cached, None);
        }
        *files.entry(file).or_default() += 1;
        (cached, Some(Claim { claims: Arc::clone(self), file, has_left: false }))
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<(u64, u64), usize>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Claim {
    /// This one no longer reads the file; the last one removes it.
    pub(super) fn end(mut self, remove: impl FnOnce()) {
        self.leave(remove);
    }

    /// Counts this reader out, once, under the lock that says whether it is the last: of two that leave together one removes.
    fn leave(&mut self, remove: impl FnOnce()) {
        if std::mem::replace(&mut self.has_left, true) {
            return;
        }
        let mut files = self.claims.lock();
        match files.get_mut(&self.file) {
            Some(readers) if *readers > 1 => *readers -= 1,
            _ => {
                remove();
                files.remove(&self.file);
            }
        }
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        self.leave(|| {});
    }
}

#[cfg(all(test, checksig_shuttle))]
mod models;

#[cfg(test)]
mod tests {
    use std::sync::Barrier;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;
    use crate::root::stamp_of;

    #[test]
    fn who_comes_second_finds_nothing_and_who_leaves_last_removes() {
        let stamp = stamp_of(tempfile::tempfile().unwrap()).unwrap();
        let claims = Arc::new(Claims::default());
        let look = |offset, cached| claims.look(stamp, offset, || Some(cached));
        assert!(matches!(look(0, Residency::All), (Some(Residency::All), None)));
        assert!(look(4_096, Residency::Nothing).1.is_none(), "what was handed out before may have been cached");
        let (_, first) = look(0, Residency::Nothing);
        let (cached, second) = look(4_096, Residency::All);
        assert_eq!(cached, Some(Residency::Nothing), "the first has brought it in");
        let mut removed = 0;
        first.unwrap().end(|| removed += 1);
        assert!(look(0, Residency::All).1.is_some(), "the second still reads");
        second.unwrap().end(|| removed += 1);
        assert_eq!(removed, 1);
        assert!(look(0, Residency::All).1.is_none(), "it is there on its own account");
    }

    #[test]
    fn of_any_number_that_leave_together_one_removes() {
        let stamp = stamp_of(tempfile::tempfile().unwrap()).unwrap();
        let claims = Arc::new(Claims::default());
        for _ in 0..2_000 {
            let readers: Vec<_> = (0..4).filter_map(|_| claims.look(stamp, 0, || Some(Residency::Nothing)).1).collect();
            let (removed, ready) = (AtomicUsize::new(0), Barrier::new(readers.len()));
            std::thread::scope(|scope| {
                for reader in readers {
                    scope.spawn(|| {
                        ready.wait();
                        reader.end(|| _ = removed.fetch_add(1, Ordering::Relaxed));
                    });
                }
            });
            assert_eq!(removed.load(Ordering::Relaxed), 1);
        }
    }
}
