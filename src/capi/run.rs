//! Runs as a handle: asked for batches, watched, cancelled, and turned into a report; `start` makes them.
//!
//! Owns no thread of its own and calls nobody back: the engine works, and the caller pulls.

use std::mem;
use std::path::PathBuf;
use std::process;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::batch::ChecksigBatch;
use super::boundary::{Out, borrow, guard, guard_free, lock, take};
use super::report::{ChecksigReport, Found};
use super::status::{ChecksigStatus, Failure};
use crate::engine::{Batch, Canceller, Progress, Run};

/// A verification, an audit, a creation, or the reading of a list of files, that is under way in threads of its own.
///
/// Any thread may use it, and several may at once: checksig_run_cancel() never waits; each of the others waits until
/// the call before it is through. Only the process that started it may use it; a child after fork() may only free it.
pub struct ChecksigRun {
    /// The process that started it: the threads are in no other.
    process: u32,
    canceller: Canceller,
    root: PathBuf,
    state: Mutex<State>,
}

struct State {
    /// Here until the report is asked for.
    run: Option<Run>,
    /// Where the run stood when it was.
    progress: Progress,
    end: Result<Arc<Found>, Failure>,
}

/// How far a run has come.
#[repr(C)]
pub struct ChecksigProgress {
    /// Files with an outcome so far, and those of them that failed.
    pub files_done: u64,
    pub files_failed: u64,
    /// Bytes hashed so far.
    pub bytes_done: u64,
    /// Files known so far: all of them once planned_all is true.
    pub files_planned: u64,
    pub planned_all: bool,
    /// Bytes of the manifest gone through, and its size in bytes; both 0 where none is read.
    pub manifest_bytes_done: u64,
    pub manifest_bytes: u64,
    /// How many files and bytes there will have been, estimated from the manifest gone through and the sizes learnt so
    /// far; -1 where nothing tells yet.
    pub files_expected: i64,
    pub bytes_expected: i64,
    /// The part of the work that is done, from 0 to 1; -1 where the whole of it cannot be told yet.
    pub fraction_done: f64,
    /// Names that an audit has met in the tree since the entries of its manifest were all judged; -1 before that, and of
    /// every other run.
    pub names_walked: i64,
}

impl ChecksigRun {
    /// A run on a root, as messages name it.
    pub(super) fn new(run: Run, root: PathBuf) -> ChecksigRun {
        ChecksigRun {
            process: process::id(),
            canceller: run.canceller(),
            root,
            state: Mutex::new(State {
                run: Some(run),
                progress: Progress::default(),
                end: Err(Failure::new(ChecksigStatus::Internal, "internal error: the run has no end yet")),
            }),
        }
    }

    fn is_forked(&self) -> bool {
        self.process != process::id()
    }

    /// Refuses a child of the process that started the run: a lock that was held at fork() stays held there for ever.
    fn check_process(&self) -> Result<(), Failure> {
        if !self.is_forked() {
            return Ok(());
        }
        let message = format!(
            "this run belongs to process {}, which started it, and its threads are not in process {}; \
             start a run after fork()",
            self.process,
            process::id(),
        );
        Err(Failure::new(ChecksigStatus::Forked, message))
    }

    /// Waits for the end of the run; the second time it is there already.
    fn finish(&self) -> Result<Arc<Found>, Failure> {
        let mut state = lock(&self.state)?;
        if let Some(run) = state.run.take() {
            state.progress = run.progress();
            state.end = match run.finish() {
                Ok(report) => Ok(Arc::new(Found::new(report, &self.root))),
                Err(error) => Err(error.into()),
            };
        }
        state.end.clone()
    }
}

/// Waits for records, timeout_ms milliseconds at most, and hands out those that are there.
///
/// CHECKSIG_STATUS_OK: *out is a batch, the caller's, to be freed with checksig_batch_free(); it outlives the run.
/// CHECKSIG_STATUS_WAITING: nothing came in time. CHECKSIG_STATUS_FINISHED: every record has been handed out; ask for
/// the report. Records must be taken, here or by checksig_run_report(), for the run to go on: those that wait to be
/// taken are bounded.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn checksig_run_next_batch(
    run: *const ChecksigRun,
    timeout_ms: u32,
    out: *mut *mut ChecksigBatch,
) -> ChecksigStatus {
    guard(|| {
        // SAFETY: points 1 and 4 of the contract.
        let run = unsafe { borrow(run, "run") }?;
        // SAFETY: point 3 of the contract.
        let out = unsafe { Out::new(out, "out") }?;
        run.check_process()?;
        let mut state = lock(&run.state)?;
        let Some(going) = &mut state.run else {
            return Ok(ChecksigStatus::Finished);
        };
        match going.next_batch(Duration::from_millis(timeout_ms.into())) {
            Batch::Records(records) => out.put_handle(ChecksigBatch::new(records)),
            Batch::Waiting => return Ok(ChecksigStatus::Waiting),
            Batch::Finished => return Ok(ChecksigStatus::Finished),
        }
        Ok(ChecksigStatus::Ok)
    })
}

/// Tells how far the run has come.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn checksig_run_progress(run: *const ChecksigRun, out: *mut ChecksigProgress) -> ChecksigStatus {
    guard(|| {
        // SAFETY: points 1 and 4 of the contract.
        let run = unsafe { borrow(run, "run") }?;
        // SAFETY: point 3 of the contract.
        let out = unsafe { Out::new(out, "out") }?;
        run.check_process()?;
        let state = lock(&run.state)?;
        let progress = state.run.as_ref().map_or(state.progress, Run::progress);
        out.put(ChecksigProgress {
            files_done: progress.files_done,
            files_failed: progress.files_failed,
            bytes_done: progress.bytes_done,
            files_planned: progress.files_planned,
            planned_all: progress.planned_all,
            manifest_bytes_done: progress.manifest_bytes.0,
            manifest_bytes: progress.manifest_bytes.1,
            files_expected: or_minus_one(progress.files_expected()),
            bytes_expected: or_minus_one(progress.bytes_expected()),
            fraction_done: progress.fraction_done().unwrap_or(-1.0),
            names_walked: or_minus_one(progress.walked),
        });
        Ok(ChecksigStatus::Ok)
    })
}

/// Asks the run to stop, and returns at once: it finishes soon, and what it has not judged is
/// CHECKSIG_OUTCOME_NOT_CHECKED. A cancelled run does not pass.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn checksig_run_cancel(run: *const ChecksigRun) -> ChecksigStatus {
    guard(|| {
        // SAFETY: points 1 and 4 of the contract.
        let run = unsafe { borrow(run, "run") }?;
        run.check_process()?;
        run.canceller.cancel();
        Ok(ChecksigStatus::Ok)
    })
}

/// Drops the records that were not taken, waits for the end of the run, and gives its report.
///
/// *out is the caller's, to be freed with checksig_report_free(); it outlives the run. A second call gives the same
/// again. Fails when the run could not be done to its end: the manifest could not be read whole.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn checksig_run_report(run: *const ChecksigRun, out: *mut *mut ChecksigReport) -> ChecksigStatus {
    guard(|| {
        // SAFETY: points 1 and 4 of the contract.
        let run = unsafe { borrow(run, "run") }?;
        // SAFETY: point 3 of the contract.
        let out = unsafe { Out::new(out, "out") }?;
        run.check_process()?;
        out.put_handle(ChecksigReport::new(run.finish()?));
        Ok(ChecksigStatus::Ok)
    })
}

/// Frees a run; NULL is nothing to free. One that is under way is cancelled, and its threads are waited for.
///
/// In a child after fork() it returns at once and the memory stays taken: the threads to wait for are not there.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn checksig_run_free(run: *mut ChecksigRun) {
    guard_free(|| {
        // SAFETY: points 1 and 4 of the contract.
        let Some(run) = (unsafe { take(run) }) else { return };
        if run.is_forked() {
            mem::forget(run);
        }
    });
}

fn or_minus_one(number: Option<u64>) -> i64 {
    number.map_or(-1, |number| number.try_into().unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::capi::boundary::catch;
    use crate::capi::start::checksig_run_start;

    /// Stands for a fault in the engine, whose panics end where it is called from here.
    #[test]
    fn a_run_that_a_panic_went_through_says_so_and_can_be_freed() {
        let tree = tempfile::tempdir().unwrap();
        std::fs::write(tree.path().join("sha1sum.txt"), "").unwrap();
        let root = tree.path().to_str().unwrap();
        let mut run = std::ptr::null_mut();
        // SAFETY: a root of so many bytes, no options, and a place for the handle.
        let started = unsafe { checksig_run_start(root.as_ptr().cast(), root.len(), std::ptr::null(), &raw mut run) };
        assert_eq!(started, ChecksigStatus::Ok);
        let panicked = catch::<()>(|| {
            // SAFETY: it was made just now and is not freed yet.
            let _held = lock(unsafe { &(*run).state })?;
            panic!("a fault")
        });
        assert_eq!(panicked.unwrap_err().status, ChecksigStatus::Internal);
        let (mut batch, mut report) = (std::ptr::null_mut(), std::ptr::null_mut());
        let mut progress = mem::MaybeUninit::uninit();
        // SAFETY: the run is not freed yet, and the output has its place; so for the next two.
        let taken = unsafe { checksig_run_next_batch(run, 0, &raw mut batch) };
        // SAFETY: as above.
        let told = unsafe { checksig_run_progress(run, progress.as_mut_ptr()) };
        // SAFETY: as above.
        let ended = unsafe { checksig_run_report(run, &raw mut report) };
        assert_eq!([taken, told, ended], [ChecksigStatus::Internal; 3]);
        assert!(batch.is_null() && report.is_null(), "no output is written");
        // SAFETY: the run is not freed yet.
        assert_eq!(unsafe { checksig_run_cancel(run) }, ChecksigStatus::Ok);
        // SAFETY: it is used no more.
        unsafe { checksig_run_free(run) };
    }
}
