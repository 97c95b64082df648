//! What becomes of a file that was read, or could not be: its record, a second reading, or another try later.
//!
//! Reads and hashes nothing; that a file passes is decided by digests that are equal, here and nowhere else in a worker.

use std::time::Duration;

use super::Worker;
use crate::digest::Digest;
use crate::engine::confirm::{Confirmers, Suspect};
use crate::engine::places::InProgress;
use crate::engine::records::{outcome_again, outcome_of};
use crate::limits;
use crate::read::{Failure, Proof};
use crate::verdict::Outcome;

impl Worker {
    /// A file could not be read whole, but only so far, after so many tries before this one.
    pub(super) fn fail(&mut self, place: usize, read_bytes: u64, failure: Failure, tries: u32) {
        let passes = failure.lacked_descriptor().is_some() || tries < limits::PASSING_TRIES_MAX;
        if failure.may_pass() && passes {
            // Too many files are open, ours or the host's, or somebody has to let go of this one first.
            return self.put_off(place, failure, tries);
        }
        if let Some(planned) = self.shared.ledgers.of(self.index).open().file_mut(place) {
            self.sizes.end(planned, read_bytes);
        }
        self.settle(place, outcome_of(failure), None);
    }

    /// This one later, and where descriptors are lacking from now on fewer at a time; or by threads, where the caller would
    /// have to wait. A file that somebody has to let go of holds up no other.
    fn put_off(&mut self, place: usize, failure: Failure, tries: u32) {
        let lacked = failure.lacked_descriptor();
        let (tries, wait) = match lacked {
            Some(_) => (tries, None),
            None => (tries + 1, Some(Duration::from_millis(limits::LOOK_AROUND_MS))),
        };
        self.ledger().open().defer(place, tries, wait);
        if self.shared.is_small() {
            self.outgrown.waits = true;
            return;
        }
        let Some(errno) = lacked else { return };
        self.files_max = self.files.len().max(1);
        if self.files.len() > 0 {
            return;
        }
        self.rest();
        self.ledger().open().lacks_descriptor(true);
        self.lacks_descriptor = true;
        self.shared.wait_for_descriptor(errno, &mut self.waits);
    }

    /// Judges a file once both its digest and the proof that it was read whole are there.
    pub(super) fn judge(&mut self, place: usize) {
        let progress = self.files.get_mut(place);
        let (Some(digest), Some(proof)) = (progress.digest, progress.proof) else {
            return;
        };
        let InProgress { bytes, device_bytes, tries, .. } = self.files.remove(place);
        // What was too many files a moment ago need not be now.
        self.files_max = (self.files_max + 1).min(self.shared.files_per_worker());
        let mut suspect = None;
        let mut accounts = self.shared.ledgers.of(self.index).open();
        match accounts.file(place).map(|planned| planned.expected) {
            Some(Some(expected)) if expected == digest => {
                self.records += usize::from(accounts.settle(place, Outcome::Match, Some(proof)));
            }
            Some(Some(_)) => {
                // Under the lock: somebody is answerable for it at any time.
                if let Some(planned) = accounts.hand_over(place) {
                    suspect = Some(planned.place);
                    Confirmers::submit(&self.shared, Suspect { planned, first: digest, proof });
                }
            }
            Some(None) => {
                drop(accounts);
                return self.find(place, digest, proof, (bytes, device_bytes), tries);
            }
            // This thread was given up.
            None => return,
        }
        drop(accounts);
        self.brought.add(proof.reader, bytes, device_bytes);
        suspect.into_iter().for_each(|suspect| self.confirm_at_hand(suspect));
    }

    /// Nothing says what the digest should be; that nobody wrote to the file meanwhile can be seen.
    fn find(&mut self, place: usize, digest: Digest, proof: Proof, (bytes, device_bytes): (u64, u64), tries: u32) {
        let Some(name) = self.ledger().open().file(place).map(|planned| planned.name.clone()) else { return };
        let shared = &self.shared;
        let stamp = shared.patiently(|| match shared.root.stamp(&name).map_err(Failure::from) {
            // This thread may hold descriptors itself, and must not wait for one; the caller's waits for nothing.
            Err(failure) if failure.lacked_descriptor().is_some() => Ok(Err(failure)),
            Err(failure) if failure.may_pass() && shared.is_small() => Ok(Err(failure)),
            stamp => stamp.map(Ok),
        });
        let outcome = match stamp {
            Ok(Err(failure)) => return self.put_off(place, failure, tries),
            Ok(Ok(stamp)) if stamp == proof.stamp => {
                self.brought.add(proof.reader, bytes, device_bytes);
                let is_more = self.ledger().open().settle_found(place, digest, proof);
                self.records += usize::from(is_more);
                return;
            }
            Ok(Ok(_)) => Outcome::Changed,
            Err(failure) if failure.may_pass() && shared.stopping() => Outcome::NotChecked,
            Err(failure) => outcome_again(failure),
        };
        self.brought.add(proof.reader, bytes, device_bytes);
        self.settle(place, outcome, Some(proof));
    }
}
