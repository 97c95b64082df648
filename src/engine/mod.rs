//! Runs: the threads and the queues that join the stages.

mod options;
mod run;

pub use options::{CreateOptions, MANIFEST_NAME, Options};
pub use run::{Batch, Canceller, Progress, Run};

use std::path::Path;

use crate::error::Error;
use crate::report::Report;

/// Verifies the files below `root` against its manifest and waits for the report.
pub fn verify(root: impl AsRef<Path>, options: &Options) -> Result<Report, Error> {
    Run::verify(root.as_ref(), options)?.finish()
}

/// Writes a manifest of the regular files below `root` and waits for the report.
pub fn create(root: impl AsRef<Path>, options: &CreateOptions) -> Result<Report, Error> {
    Run::create(root.as_ref(), options)?.finish()
}
