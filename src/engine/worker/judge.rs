//! What becomes of a file that was read, or could not be: its record, a second reading, or another try later.
//!
//! Reads and hashes nothing; that a file passes is decided by digests that are equal, here and nowhere else in a worker.

use std::time::Duration;

use super::Worker;
use crate::engine::confirm::Suspect;
use crate::engine::places::InProgress;
use crate::engine::records::{outcome_again, outcome_of, record};
use crate::limits;
use crate::plan::Planned;
use crate::read::Failure;
use crate::verdict::Outcome;

impl Worker {
    /// A file could not be read whole.
    pub(super) fn fail(&mut self, planned: Planned, failure: Failure) {
        if failure.may_pass() && self.deferrals < limits::PASSING_TRIES_MAX {
            if self.shared.is_small() {
                self.outgrown.waits = true;
                return self.deferred.push_back(planned);
            }
            // Too many files are open, ours or the host's, or somebody has to let go of this one first: fewer at a time,
            // and this one later.
            self.files_max = self.files.len().max(1);
            if self.files.len() == 0 {
                self.deferrals += 1;
                std::thread::sleep(Duration::from_millis(limits::LOOK_AROUND_MS));
            }
            return self.deferred.push_back(planned);
        }
        self.records.push(record(planned, outcome_of(failure), None));
    }

    /// Judges a file once both its digest and the proof that it was read whole are there.
    pub(super) fn judge(&mut self, place: usize) {
        let progress = self.files.get_mut(place);
        let (Some(digest), Some(proof)) = (progress.digest, progress.proof) else {
            return;
        };
        let InProgress { mut planned, bytes, device_bytes, .. } = self.files.remove(place);
        self.brought.add(proof.reader, bytes, device_bytes);
        // What was too many files a moment ago need not be now.
        self.files_max = (self.files_max + 1).min(self.shared.files_per_worker());
        match planned.expected {
            Some(expected) if expected == digest => {
                self.records.push(record(planned, Outcome::Match, Some(proof)));
            }
            Some(_) => self.suspect(Suspect { planned, first: digest, proof }),
            // Nothing says what the digest should be; that nobody wrote to the file meanwhile can be seen.
            None => {
                let shared = &self.shared;
                let stamp = shared.patiently(|| shared.root.stamp(&planned.name).map_err(Failure::from));
                let outcome = match stamp {
                    Ok(stamp) if stamp == proof.stamp => Outcome::Match,
                    Ok(_) => Outcome::Changed,
                    Err(failure) if failure.may_pass() && shared.stopping() => Outcome::NotChecked,
                    Err(failure) => outcome_again(failure),
                };
                planned.expected = outcome.is_match().then_some(digest);
                self.records.push(record(planned, outcome, Some(proof)));
            }
        }
    }
}
