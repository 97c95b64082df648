//! A run in progress.

use std::path::Path;
use std::time::Duration;

use super::options::{CreateOptions, Options};
use crate::error::Error;
use crate::report::{Record, Report};

/// What [`Run::next_batch`] brought.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Batch {
    /// Records, at least one.
    Records(Vec<Record>),
    /// Nothing came in the time allowed; the run goes on.
    Waiting,
    /// The run is over and every record has been handed out.
    Finished,
}

/// How far a run has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Progress {
    /// Files with an outcome so far.
    pub files_done: u64,
    /// Files with any outcome but match so far.
    pub files_failed: u64,
    /// Bytes hashed so far.
    pub bytes_done: u64,
    /// Files known so far; the number of all once `planned_all` is true.
    pub files_planned: u64,
    /// Whether the manifest, or the tree, has been gone through to its end.
    pub planned_all: bool,
    /// Bytes of the manifest gone through, and its size in bytes: what an estimate of the time left can use before
    /// every file is known. Both 0 in `create`.
    pub manifest_bytes: (u64, u64),
}

/// A verification, or a creation, that is under way in threads of its own.
///
/// Dropping it cancels it and waits until its threads are gone.
pub struct Run {}

/// Cancels a run from another thread.
#[derive(Clone)]
pub struct Canceller {}

impl Canceller {
    /// Asks the run to stop: it finishes soon, and what it has not judged is `NotChecked`.
    pub fn cancel(&self) {
        todo!()
    }
}

impl Run {
    /// Starts to verify the files below `root` against a manifest.
    pub fn verify(_root: &Path, _options: &Options) -> Result<Run, Error> {
        todo!()
    }

    /// Starts to write a manifest of the regular files below `root`.
    ///
    /// Records are: `Match` for each file listed; `NotRegular` for what is left out, which does not count against the
    /// run; any other outcome for a file that could not be listed, and then no manifest is written and the old one stays.
    pub fn create(_root: &Path, _options: &CreateOptions) -> Result<Run, Error> {
        todo!()
    }

    /// Waits for records, `wait` at most.
    ///
    /// A caller must take the records for the run to go on: those not yet taken are bounded.
    pub fn next_batch(&mut self, _wait: Duration) -> Batch {
        todo!()
    }

    /// How far the run has come.
    pub fn progress(&self) -> Progress {
        todo!()
    }

    /// Something that can cancel the run from another thread.
    pub fn canceller(&self) -> Canceller {
        todo!()
    }

    /// Takes and drops what records are left, waits for the end, and gives the report.
    pub fn finish(self) -> Result<Report, Error> {
        todo!()
    }
}
