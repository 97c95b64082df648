//! Runs: the threads and the queues that join the stages.
//!
//! Knows nothing of argv, C, Python or text. The data flows as the modules are listed: the conductor plans and hands
//! batches to the queue; workers take files from it, read them or have the readers read them, and hash them; a digest
//! that is not the listed one is confirmed; records leave through the outbox in the order of the plan.

mod conduct;
mod confirm;
mod creation;
mod options;
mod outbox;
mod piece;
mod places;
mod queue;
mod readers;
mod records;
mod run;
mod shared;
mod worker;

pub use options::{CreateOptions, MANIFEST_NAME, Options};
pub use run::{Batch, Canceller, Progress, Run};

use std::path::Path;

use crate::error::Error;
use crate::report::Report;

/// Verifies the files below `root` against its manifest and waits for the report.
///
/// A file that does not match is an outcome in the report, not an error: ask [`Report::verdict`].
pub fn verify(root: impl AsRef<Path>, options: &Options) -> Result<Report, Error> {
    Run::verify(root.as_ref(), options)?.finish()
}

/// Writes a manifest of the regular files below `root` and waits for the report.
pub fn create(root: impl AsRef<Path>, options: &CreateOptions) -> Result<Report, Error> {
    Run::create(root.as_ref(), options)?.finish()
}
