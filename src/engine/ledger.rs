//! What one worker is answerable for: the files that it has begun or put off, and the records that it has not handed on.
//!
//! Kept outside of the worker's own thread, which may hang in a read: whoever gives the thread up takes what is here. Judges
//! nothing, and nothing waits under its lock but for other locks of that kind.

use std::collections::VecDeque;
use std::sync::{OnceLock, PoisonError};
use std::time::{Duration, Instant};

use crossbeam::utils::CachePadded;

use super::records::{not_checked, outcome_unlisted, record};
use super::shared::Shared;
use crate::digest::Digest;
use crate::limits;
use crate::plan::Planned;
use crate::read::Proof;
use crate::report::Record;
use crate::sync::{Mutex, MutexGuard};
use crate::verdict::Outcome;

/// The ledgers of a run, written for every file and so in cache lines of their own: that of its first worker, which a small
/// run has too, and those of the others once there may be any.
#[derive(Default)]
pub(super) struct Ledgers {
    first: CachePadded<Ledger>,
    others: OnceLock<Box<[CachePadded<Ledger>]>>,
}

impl Ledgers {
    /// Makes a ledger for each of so many workers. The first number stands.
    pub(super) fn make_room(&self, workers_max: usize) {
        self.others.get_or_init(|| (1..workers_max).map(|_| CachePadded::default()).collect());
    }

    /// The ledger of a worker.
    pub(super) fn of(&self, worker: usize) -> &Ledger {
        match worker.checked_sub(1) {
            None => &self.first,
            Some(other) => &self.others.get().expect("a run is equipped before it has more workers")[other],
        }
    }

    /// All of them.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Ledger> {
        let others = self.others.get().into_iter().flatten();
        std::iter::once(&self.first).chain(others).map(|ledger| &**ledger)
    }
}

/// The ledger of one worker.
#[derive(Default)]
pub(super) struct Ledger {
    accounts: Mutex<Accounts>,
}

/// What stands in it.
#[derive(Default)]
pub(super) struct Accounts {
    /// Files in progress, by their places.
    begun: Vec<Option<Planned>>,
    /// Files that could not be opened for a reason that may pass.
    deferred: VecDeque<Deferred>,
    records: Vec<(u64, Record)>,
    /// The last file could not be opened for want of a descriptor, and no other has given a byte since: when the last try began.
    lacks_since: Option<Instant>,
    /// The worker has been given up: it answers for nothing any more.
    closed: bool,
}

/// A file that is to be tried again.
struct Deferred {
    planned: Planned,
    tries: u32,
    /// Not before this moment, if there is one.
    due: Option<Instant>,
}

impl Ledger {
    /// Opens it. What stands in it is right between any two statements of its owner, who may have panicked.
    pub(super) fn open(&self) -> MutexGuard<'_, Accounts> {
        self.accounts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Gives the worker up: the records of everything that it was answerable for. What it says later is dropped.
    pub(super) fn give_up(&self) -> Vec<(u64, Record)> {
        let mut accounts = self.open();
        accounts.leave([]);
        accounts.closed = true;
        std::mem::take(&mut accounts.records)
    }
}

impl Accounts {
    pub(super) fn is_closed(&self) -> bool {
        self.closed
    }

    /// Whether any file in progress holds a descriptor, or may. Where the worker lacked one, another try to open a file is none
    /// yet, unless it takes so long that it must be the reading.
    pub(super) fn holds_descriptors(&self) -> bool {
        let is_reading = |since: Instant| since.elapsed() >= Duration::from_millis(limits::OPEN_MS_MAX);
        self.begun.iter().any(Option::is_some) && self.lacks_since.is_none_or(is_reading)
    }

    /// Notes that the worker lacks a descriptor, or that it has one.
    pub(super) fn lacks_descriptor(&mut self, lacks: bool) {
        self.lacks_since = lacks.then(Instant::now);
    }

    /// Takes a file on, in a place that no other has.
    pub(super) fn begin(&mut self, place: usize, planned: Planned) {
        if self.begun.len() <= place {
            self.begun.resize_with(place + 1, || None);
        }
        if self.lacks_since.is_some() {
            self.lacks_since = Some(Instant::now());
        }
        let before = self.begun[place].replace(planned);
        assert!(before.is_none(), "a place is one file's");
    }

    /// The file in a place, unless it is no longer this worker's.
    pub(super) fn file(&self, place: usize) -> Option<&Planned> {
        self.begun.get(place)?.as_ref()
    }

    /// The same, to note something of it.
    pub(super) fn file_mut(&mut self, place: usize) -> Option<&mut Planned> {
        self.begun.get_mut(place)?.as_mut()
    }

    /// Takes a file out, for somebody else to answer for.
    pub(super) fn hand_over(&mut self, place: usize) -> Option<Planned> {
        self.begun.get_mut(place)?.take()
    }

    /// Says what became of a file; true where that is a record more.
    pub(super) fn settle(&mut self, place: usize, outcome: Outcome, proof: Option<Proof>) -> bool {
        let settled = self.hand_over(place).map(|planned| {
            let outcome = if planned.unlisted { outcome_unlisted(outcome, None) } else { outcome };
            record(planned, outcome, proof)
        });
        let is_more = settled.is_some();
        self.records.extend(settled);
        is_more
    }

    /// The same for a file of which the digest was to be found.
    pub(super) fn settle_found(&mut self, place: usize, found: Digest, proof: Proof) -> bool {
        let settled = self.hand_over(place).map(|mut planned| {
            if planned.unlisted {
                return record(planned, outcome_unlisted(Outcome::Match, Some(found)), Some(proof));
            }
            planned.expected = Some(found);
            record(planned, Outcome::Match, Some(proof))
        });
        let is_more = settled.is_some();
        self.records.extend(settled);
        is_more
    }

    /// Puts off a file that has been tried so often, for a moment if it is the file that has to wait.
    pub(super) fn defer(&mut self, place: usize, tries: u32, wait: Option<Duration>) {
        let due = wait.map(|wait| Instant::now() + wait);
        let planned = self.hand_over(place);
        self.deferred.extend(planned.map(|planned| Deferred { planned, tries, due }));
    }

    /// The file that was put off first of those whose moment has come, and how often it has been tried.
    pub(super) fn next_deferred(&mut self) -> Option<(Planned, u32)> {
        if self.deferred.is_empty() {
            return None;
        }
        let now = Instant::now();
        let at = self.deferred.iter().position(|deferred| deferred.due.is_none_or(|due| due <= now))?;
        self.deferred.remove(at).map(|Deferred { planned, tries, .. }| (planned, tries))
    }

    pub(super) fn has_deferred(&self) -> bool {
        !self.deferred.is_empty()
    }

    /// Hands the records on: under the lock, so that they are either here or with the caller of the run.
    pub(super) fn deliver(&mut self, shared: &Shared) {
        shared.deliver(&mut self.records);
    }

    /// Accounts for every file that has no outcome, and for some more that nobody has begun.
    pub(super) fn leave(&mut self, more: impl IntoIterator<Item = Planned>) {
        let begun = self.begun.drain(..).flatten();
        self.records
            .extend(begun.chain(self.deferred.drain(..).map(|deferred| deferred.planned)).chain(more).map(not_checked));
    }
}

#[cfg(all(test, checksig_shuttle))]
mod models;

#[cfg(test)]
mod tests {
    use super::*;

    fn planned(place: u64) -> Planned {
        Planned { place, line: place + 1, name: vec![b'f'], expected: None, size_bytes: None, unlisted: false }
    }

    #[test]
    fn who_lacks_a_descriptor_holds_none_by_trying() {
        let ledger = Ledger::default();
        let mut accounts = ledger.open();
        assert!(!accounts.holds_descriptors());
        accounts.begin(0, planned(0));
        assert!(accounts.holds_descriptors());
        accounts.lacks_descriptor(true);
        accounts.defer(0, 0, None);
        accounts.begin(0, planned(0));
        assert!(!accounts.holds_descriptors());
        let since = accounts.lacks_since.unwrap();
        accounts.lacks_since = since.checked_sub(Duration::from_millis(limits::OPEN_MS_MAX));
        assert!(accounts.holds_descriptors(), "it is being read");
        accounts.lacks_descriptor(false);
        assert!(accounts.holds_descriptors());
    }

    #[test]
    fn who_gives_a_worker_up_gets_every_file_once_and_what_it_says_later_is_dropped() {
        let ledger = Ledger::default();
        for place in 0..4 {
            ledger.open().begin(place as usize, planned(place));
        }
        assert!(ledger.open().settle(1, Outcome::Missing, None));
        ledger.open().defer(2, 0, Some(Duration::MAX / 4));
        assert!(ledger.open().hand_over(3).is_some());
        let mut places: Vec<_> = ledger.give_up().into_iter().map(|(place, _)| place).collect();
        places.sort_unstable();
        assert_eq!(places, [0, 1, 2], "the fourth is somebody else's");
        assert!(ledger.open().is_closed() && !ledger.open().settle(0, Outcome::Missing, None));
        assert!(ledger.give_up().is_empty());
    }
}
