//! Runs: the threads and the queues that join the stages.
//!
//! Knows nothing of argv, C, Python or text. The data flows as the modules are listed: the conductor plans and hands
//! batches to the queue; workers take files from it, read them or have the readers read them, and hash them; a digest
//! that is not the listed one is confirmed; records leave through the outbox in the order of the plan.

mod asked;
mod audit;
mod begin;
mod conduct;
mod conducted;
mod confirm;
mod counters;
mod creation;
mod crew;
mod descriptors;
mod examine;
#[cfg(test)]
mod faults;
mod filled;
#[cfg_attr(checksig_portable, path = "portable/idle.rs")]
mod idle;
mod ledger;
mod listing;
mod means;
mod memory;
mod moves;
mod options;
mod outbox;
mod output;
mod piece;
mod places;
mod progress;
mod queue;
mod readers;
mod records;
mod run;
mod sha1sum;
mod share;
mod shared;
mod single;
mod softlimit;
mod streams;
mod watched;
mod whole;
mod worker;

pub use creation::write_manifest;
pub use examine::{
    CallFound, CpuFound, Examination, KernelFound, KernelStanding, LimitFound, PlaceFound, RunFound, Trouble, examine,
};
pub use listing::Listing;
pub use options::{CreateOptions, HashOptions, MANIFEST_NAME, Options, Resources};
pub use output::Output;
pub use progress::Progress;
pub use run::{Batch, Canceller, Run};
pub use sha1sum::OpenManifest;
pub use single::{FileError, file_digest};

use std::path::Path;
use std::time::Duration;

use crate::error::Error;
use crate::limits;
use crate::report::{FileReport, Record, Report};

/// Verifies the files below `root` against its manifest and waits for the report.
///
/// A file that does not match is an outcome in the report, not an error: ask [`Report::verdict`].
pub fn verify(root: impl AsRef<Path>, options: &Options) -> Result<Report, Error> {
    Run::verify(root.as_ref(), options)?.finish()
}

/// Verifies the files below `root` against its manifest, looks for what is there and not listed, and waits for the
/// report. What is unlisted is a failure; see [`Run::audit`].
///
/// ```
/// use checksig::{Exclude, Options, OutcomeKind, audit};
/// # let tree = tempfile::tempdir().unwrap();
/// # for name in ["empty", "new", "x.tmp"] { std::fs::write(tree.path().join(name), "").unwrap(); }
/// # std::fs::write(tree.path().join("sha1sum.txt"), "da39a3ee5e6b4b0d3255bfef95601890afd80709  empty\n").unwrap();
/// # let root = tree.path();
/// let mut options = Options::default();
/// options.exclude = Exclude::new(["*.tmp"])?;
/// let report = audit(root, &options)?;
/// assert_eq!((report.counts.of(OutcomeKind::Match), report.counts.of(OutcomeKind::Unlisted)), (1, 1));
/// assert_eq!(report.failures[0].name, b"new");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn audit(root: impl AsRef<Path>, options: &Options) -> Result<Report, Error> {
    Run::audit(root.as_ref(), options)?.finish()
}

/// Writes a manifest of the regular files below `root` and waits for the report.
pub fn create(root: impl AsRef<Path>, options: &CreateOptions) -> Result<Report, Error> {
    Run::create(root.as_ref(), options)?.finish()
}

/// Finds the digests of the files that a list names, in parallel, and waits for them: one report for each path, in the
/// order of the list, also for one that it names twice.
///
/// A path leads where Linux says, as for `sha1sum`: from the current directory, through symbolic links, also up. The
/// digest is [`FileReport::actual`]: it is there if, and only if, the outcome is [`Match`](crate::Outcome::Match), and
/// then every byte was read, as many as the file has, and nobody wrote to it meanwhile. What is not there, cannot be
/// read, changes meanwhile or is no regular file has its outcome; an empty path is missing, and one with a NUL byte is
/// unreadable (EINVAL). An empty list gives no reports.
///
/// An error says that nothing could be read at all. [`Run::hash`] gives the reports as they come, and can be cancelled.
///
/// ```
/// use checksig::{HashOptions, Outcome, hash_files};
/// # let folder = tempfile::tempdir().unwrap();
/// # let (here, gone) = (folder.path().join("here"), folder.path().join("gone"));
/// std::fs::write(&here, "abc")?;
/// let files = hash_files([&here, &gone], &HashOptions::default())?;
/// assert_eq!(files[0].actual().unwrap().to_string(), "a9993e364706816aba3e25717850c26c9cd0d89d");
/// assert_eq!(files[1].outcome, Outcome::Missing);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn hash_files(
    paths: impl IntoIterator<Item = impl AsRef<Path>>,
    options: &HashOptions,
) -> Result<Vec<FileReport>, Error> {
    let mut run = Run::hash(paths, &HashOptions { ordered: true, ..options.clone() })?;
    let mut files = Vec::new();
    loop {
        match run.next_batch(Duration::from_millis(limits::LOOK_AROUND_MS)) {
            Batch::Records(records) => files.extend(records.into_iter().filter_map(|record| match record {
                Record::File(file) => Some(file),
                Record::Malformed(_) => None,
            })),
            Batch::Waiting => {}
            Batch::Finished => return run.finish().map(|_| files),
        }
    }
}
