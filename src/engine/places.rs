//! The files that one worker has in progress, each in a place of its own.
//!
//! Keeps them; judges none.

use crate::digest::Digest;
use crate::hash::Job;
use crate::read::Proof;

/// How far a file has come that has been begun and has no outcome yet; what it is stands in the worker's ledger.
pub(super) struct InProgress {
    pub(super) job: Job,
    /// Bytes of it that have come.
    pub(super) bytes: u64,
    /// Bytes of those that came from the device.
    pub(super) device_bytes: u64,
    pub(super) digest: Option<Digest>,
    pub(super) proof: Option<Proof>,
    /// Tries of it before this one.
    pub(super) tries: u32,
}

/// Places, as many as were ever taken together; whoever begins files bounds them.
#[derive(Default)]
pub(super) struct Places {
    files: Vec<Option<InProgress>>,
    vacant: Vec<usize>,
    /// The place of each job's file. A job may be over, and begun anew for another file, while the end of its file is
    /// still on its way; so a place is not the index of a job.
    by_job: Vec<usize>,
}

impl Places {
    /// Files in progress.
    pub(super) fn len(&self) -> usize {
        self.files.len() - self.vacant.len()
    }

    /// Gives a file a place that has been tried so often.
    pub(super) fn insert(&mut self, job: Job, tries: u32) -> usize {
        let place = self.vacant.pop().unwrap_or_else(|| {
            self.files.push(None);
            self.files.len() - 1
        });
        if self.by_job.len() <= job.index() {
            self.by_job.resize(job.index() + 1, 0);
        }
        self.by_job[job.index()] = place;
        self.files[place] = Some(InProgress { job, bytes: 0, device_bytes: 0, digest: None, proof: None, tries });
        place
    }

    /// The file in a place.
    pub(super) fn get_mut(&mut self, place: usize) -> &mut InProgress {
        self.files[place].as_mut().expect("what comes is for files in progress")
    }

    /// The place of the file whose job this is.
    pub(super) fn of_job(&self, job: Job) -> usize {
        self.by_job[job.index()]
    }

    /// Takes a file out.
    pub(super) fn remove(&mut self, place: usize) -> InProgress {
        self.vacant.push(place);
        self.files[place].take().expect("only files in progress are taken out")
    }
}
