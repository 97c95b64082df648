//! The starts of runs, one function a verb.
//!
//! Hands root and options to the engine; what becomes of the run is `run`.

use std::ffi::{OsStr, c_char};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use super::boundary::{Out, guard, path};
use super::choices::Choices;
use super::hashing::{ChecksigBytes, elements};
use super::options::ChecksigOptions;
use super::run::ChecksigRun;
use super::status::{ChecksigStatus, Failure};
use crate::engine::Run;

/// Starts to verify the files below a root against its manifest, and returns while that goes on.
///
/// root is a path: bytes as Linux takes them, without NUL. options may be NULL for the defaults; they are copied.
/// *out is the caller's, to be freed with checksig_run_free(). Fails with one of the statuses from 10 on when the run
/// cannot be done at all: no root, no manifest, no such reader. Any thread may call it, and several may at once.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn checksig_run_start(
    root: *const c_char,
    root_len: usize,
    options: *const ChecksigOptions,
    out: *mut *mut ChecksigRun,
) -> ChecksigStatus {
    guard(|| {
        let begin = |root: &Path, choices: Choices| Ok(Run::verify(root, &choices.for_verify()?)?);
        // SAFETY: points 1 to 4 of the contract.
        unsafe { start(root, root_len, options, out, begin) }
    })
}

/// Starts to verify the files below a root against its manifest, and to look for what is there and not listed.
///
/// root and options as for checksig_run_start(). *out is the caller's, to be freed with checksig_run_free(). Fails, and
/// may be called by any thread, as checksig_run_start().
///
/// Behind the records of the manifest's lines there is one for everything that has no entry, with
/// CHECKSIG_OUTCOME_UNLISTED, in byte order of the names: regular files, links, FIFOs, sockets and devices. Directories
/// need no entry, nor does the manifest itself, nor what checksig_options_add_exclude() and checksig_options_add_own()
/// name. Where entries are missing, unlisted files are read, and those that have such an entry's digest name it in
/// `moved_from`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn checksig_run_start_audit(
    root: *const c_char,
    root_len: usize,
    options: *const ChecksigOptions,
    out: *mut *mut ChecksigRun,
) -> ChecksigStatus {
    guard(|| {
        let begin = |root: &Path, choices: Choices| Ok(Run::audit(root, &choices.for_audit()?)?);
        // SAFETY: points 1 to 4 of the contract.
        unsafe { start(root, root_len, options, out, begin) }
    })
}

/// Starts to write a manifest of the regular files below a root, in byte order of their names, and returns while that
/// goes on.
///
/// root and options as for checksig_run_start(). *out is the caller's, to be freed with checksig_run_free(). Any thread
/// may call it, and several may at once. There is a record for each file that is listed, with its digest
/// and CHECKSIG_OUTCOME_MATCH; one with CHECKSIG_OUTCOME_NOT_REGULAR for what is left out, which does not count against
/// the run; and one with another outcome for a file that could not be listed. The manifest is written beside its place
/// and put there by checksig_run_report(), if the verdict is pass; with any other verdict, and by checksig_run_free()
/// before that, nothing is written and the old one stays. A tree without regular files gives no manifest. Fails at once
/// with CHECKSIG_STATUS_MANIFEST_EXISTS where a file is there already and checksig_options_set_overwrite() does not say
/// that it may be replaced.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn checksig_run_start_create(
    root: *const c_char,
    root_len: usize,
    options: *const ChecksigOptions,
    out: *mut *mut ChecksigRun,
) -> ChecksigStatus {
    guard(|| {
        let begin = |root: &Path, choices: Choices| Ok(Run::create(root, &choices.for_create()?)?);
        // SAFETY: points 1 to 4 of the contract.
        unsafe { start(root, root_len, options, out, begin) }
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
/// options may be NULL for the defaults; CHECKSIG_STATUS_BAD_OPTION where they say something of a manifest or a tree.
/// *out is the caller's, to be freed with checksig_run_free(). Any thread may call it, and several may at once.
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
        let choices = unsafe { chosen(options) };
        // SAFETY: point 3 of the contract.
        let out = unsafe { Out::new(out, "out") }?;
        let run = Run::hash(paths.into_iter().map(OsStr::from_bytes), &choices.for_files()?)?;
        out.put_handle(ChecksigRun::new(run, PathBuf::new()));
        Ok(ChecksigStatus::Ok)
    })
}

/// Starts a run on a root, where `begin` gives it.
///
/// # Safety
/// The arguments keep points 1 to 4 of the contract.
unsafe fn start(
    root: *const c_char,
    root_len: usize,
    options: *const ChecksigOptions,
    out: *mut *mut ChecksigRun,
    begin: impl FnOnce(&Path, Choices) -> Result<Run, Failure>,
) -> Result<ChecksigStatus, Failure> {
    // SAFETY: point 2 of the contract.
    let root = unsafe { path(root, root_len, "root") }?;
    // SAFETY: points 1 and 4 of the contract.
    let choices = unsafe { chosen(options) };
    // SAFETY: point 3 of the contract.
    let out = unsafe { Out::new(out, "out") }?;
    out.put_handle(ChecksigRun::new(begin(root, choices)?, root.to_owned()));
    Ok(ChecksigStatus::Ok)
}

/// What the options choose; the defaults without any.
///
/// # Safety
/// `options` keeps points 1 and 4 of the contract.
unsafe fn chosen(options: *const ChecksigOptions) -> Choices {
    // SAFETY: by points 1 and 4 of the contract it is NULL or live options that nothing changes meanwhile.
    unsafe { options.as_ref() }.map(|handle| handle.choices.clone()).unwrap_or_default()
}
