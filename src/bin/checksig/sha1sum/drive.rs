//! Takes the records of a run one after another, and stops at once where their lines cannot be written.
//!
//! Says nothing itself.

use std::mem::ManuallyDrop;
use std::time::Duration;

use checksig::{Batch, Record, Run};

use super::output::{Broken, Output};

/// How long to wait for records; nothing is done between two waits.
const SLICE: Duration = Duration::from_secs(1);

/// Hands every record of the run to `each`, and gives the run back once it is over. Where lines cannot be written the process ends
/// next, and the run is left to end with it: whoever drops one waits for its threads, and one of them may be waiting for
/// the next line of a manifest.
pub(super) fn to_its_end(
    run: Run,
    output: &mut Output,
    mut each: impl FnMut(&Record, &mut Output),
) -> Result<Run, Broken> {
    let mut run = ManuallyDrop::new(run);
    loop {
        match run.next_batch(SLICE) {
            Batch::Records(records) => {
                for record in &records {
                    each(record, output);
                    output.record_ends()?;
                }
                output.finish()?;
            }
            Batch::Waiting => {}
            Batch::Finished => return Ok(ManuallyDrop::into_inner(run)),
        }
    }
}
