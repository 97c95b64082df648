//! Runs as a handle: started on a root or on a list of files, asked for batches, watched, cancelled, and turned into a
//! report.
//!
//! Owns no thread of its own and calls nobody back: the engine works, and the caller pulls.

use std::ffi::{OsStr, c_char};
use std::mem;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::process;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::batch::ChecksigBatch;
use super::boundary::{Out, borrow, guard, guard_free, lock, path, take};
use super::hashing::{ChecksigBytes, elements};
use super::options::ChecksigOptions;
use super::report::{ChecksigReport, Found};
use super::status::{ChecksigStatus, Failure};
use crate::engine::{Batch, Canceller, HashOptions, Options, Progress, Run};

/// A verification, or the reading of a list of files, that is under way in threads of its own.
///
/// Any thread may use it, and several may at once: checksig_run_cancel() never waits; each of the others waits until
/// the call before it is through. Only the process that started it may use it; a child after fork() may only free it.
pub struct ChecksigRun {
    /// The process that started it: the threads are in no other.
    process: u32,
    canceller: Canceller,
    root: PathBuf,
    manifest: PathBuf,
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
    /// Bytes of the manifest gone through, and its size in bytes.
    pub manifest_bytes_done: u64,
    pub manifest_bytes: u64,
}

impl ChecksigRun {
    fn start(root: &Path, options: &Options) -> Result<ChecksigRun, Failure> {
        let run = Run::verify(root, options)?;
        let manifest = run.manifest().map(Path::to_owned).unwrap_or_default();
        Ok(ChecksigRun::new(run, root.to_owned(), manifest))
    }

    fn start_files(paths: &[&[u8]], options: &Options) -> Result<ChecksigRun, Failure> {
        if options.manifest.is_some() {
            return Err(Failure::new(ChecksigStatus::BadOption, "a list of files has no manifest"));
        }
        let mut choices = HashOptions::default();
        (choices.resources, choices.ordered) = (options.resources, options.ordered);
        let run = Run::hash(paths.iter().map(|path| OsStr::from_bytes(path)), &choices)?;
        Ok(ChecksigRun::new(run, PathBuf::new(), PathBuf::new()))
    }

    fn new(run: Run, root: PathBuf, manifest: PathBuf) -> ChecksigRun {
        ChecksigRun {
            process: process::id(),
            canceller: run.canceller(),
            root,
            manifest,
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
                Ok(report) => Ok(Arc::new(Found::new(report, &self.root, &self.manifest))),
                Err(error) => Err(error.into()),
            };
        }
        state.end.clone()
    }
}

/// Starts to verify the files below a root against its manifest, and returns while that goes on.
///
/// root is a path: bytes as Linux takes them, without NUL. options may be NULL for the defaults; they are copied.
/// *out is the caller's, to be freed with checksig_run_free(). Fails with one of the statuses from 10 on when the run
/// cannot be done at all: no root, no manifest, no such reader.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn checksig_run_start(
    root: *const c_char,
    root_len: usize,
    options: *const ChecksigOptions,
    out: *mut *mut ChecksigRun,
) -> ChecksigStatus {
    guard(|| {
        // SAFETY: point 2 of the contract.
        let root = unsafe { path(root, root_len, "root") }?;
        // SAFETY: points 1 and 4 of the contract.
        let options = unsafe { options.as_ref() }.map(|handle| handle.options.clone()).unwrap_or_default();
        // SAFETY: point 3 of the contract.
        let out = unsafe { Out::new(out, "out") }?;
        out.put_handle(ChecksigRun::start(root, &options)?);
        Ok(ChecksigStatus::Ok)
    })
}

/// Starts to find the digests of the files of a list, and returns while that goes on.
///
/// paths is an array of count paths, which are copied; it may be NULL where count is 0. There is one record for each,
/// in their order unless the options say otherwise, and the digest is its `actual`: not NULL where, and only where, the
/// outcome is CHECKSIG_OUTCOME_MATCH. A path leads where the system says: from the current directory as it is now, and
/// through symbolic links. What is wrong with a path is its outcome, also where it is empty or holds a NUL byte. A
/// list of no paths does not pass: nothing was read.
///
/// options may be NULL for the defaults; CHECKSIG_STATUS_BAD_OPTION where they name a manifest. *out is the caller's,
/// to be freed with checksig_run_free().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn checksig_run_start_files(
    paths: *const ChecksigBytes,
    count: usize,
    options: *const ChecksigOptions,
    out: *mut *mut ChecksigRun,
) -> ChecksigStatus {
    guard(|| {
        // SAFETY: point 5 of the contract.
        let paths = unsafe { elements(paths, count, "paths") }?;
        // SAFETY: points 1 and 4 of the contract.
        let options = unsafe { options.as_ref() }.map(|handle| handle.options.clone()).unwrap_or_default();
        // SAFETY: point 3 of the contract.
        let out = unsafe { Out::new(out, "out") }?;
        out.put_handle(ChecksigRun::start_files(&paths, &options)?);
        Ok(ChecksigStatus::Ok)
    })
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
