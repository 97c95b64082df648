//! Options as a handle: made with the defaults, changed one by one, copied by the run that they start.
//!
//! Checks only what the engine's types cannot hold; what an option means is the engine's matter.

use std::ffi::c_char;
use std::num::NonZeroUsize;

use super::boundary::{Out, borrow_mut, bytes, guard, guard_free, path, take};
use super::status::{ChecksigStatus, Failure};
use crate::engine::Options;

/// The choices for a run. One thread at a time may use them.
pub struct ChecksigOptions {
    pub(super) options: Options,
}

/// Makes options with the defaults: what checksig_run_start() does when it is given NULL.
///
/// *out is the caller's, to be freed with checksig_options_free().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn checksig_options_new(out: *mut *mut ChecksigOptions) -> ChecksigStatus {
    guard(|| {
        // SAFETY: point 3 of the contract.
        let out = unsafe { Out::new(out, "out") }?;
        out.put_handle(ChecksigOptions { options: Options::default() });
        Ok(ChecksigStatus::Ok)
    })
}

/// Names the manifest, relative to the current directory; without it, sha1sum.txt below the root.
///
/// The bytes are copied.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn checksig_options_set_manifest(
    options: *mut ChecksigOptions,
    manifest: *const c_char,
    manifest_len: usize,
) -> ChecksigStatus {
    guard(|| {
        // SAFETY: points 1 and 4 of the contract.
        let handle = unsafe { borrow_mut(options, "options") }?;
        // SAFETY: point 2 of the contract.
        let manifest = unsafe { path(manifest, manifest_len, "manifest") }?;
        handle.options.manifest = Some(manifest.to_owned());
        Ok(ChecksigStatus::Ok)
    })
}

/// Sets the number of threads that hash; 0, the default, means as many as CPU affinity and the cgroup's quota allow.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn checksig_options_set_workers(options: *mut ChecksigOptions, workers: u32) -> ChecksigStatus {
    guard(|| {
        // SAFETY: points 1 and 4 of the contract.
        let handle = unsafe { borrow_mut(options, "options") }?;
        let workers = usize::try_from(workers)
            .map_err(|_| Failure::new(ChecksigStatus::BadOption, "workers: more than this machine can count"))?;
        handle.options.resources.workers = NonZeroUsize::new(workers);
        Ok(ChecksigStatus::Ok)
    })
}

/// Chooses how files are read: "auto", the default, or one reader for every file: "uring", "threads", "mmap", "pread".
///
/// CHECKSIG_STATUS_BAD_OPTION says that there is no such reader. Whether this machine has it is seen by
/// checksig_run_start().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn checksig_options_set_reader(
    options: *mut ChecksigOptions,
    reader: *const c_char,
    reader_len: usize,
) -> ChecksigStatus {
    guard(|| {
        // SAFETY: points 1 and 4 of the contract.
        let handle = unsafe { borrow_mut(options, "options") }?;
        // SAFETY: point 2 of the contract.
        let name = unsafe { bytes(reader, reader_len, "reader") }?;
        handle.options.resources.reader = String::from_utf8_lossy(name).parse().map_err(crate::error::Error::from)?;
        Ok(ChecksigStatus::Ok)
    })
}

/// Chooses how files are hashed: "auto", the default, which measures, or one SHA-1 kernel for every file, such as
/// "avx512", "avx2", "sha-ni-x2" or "sha1-crate".
///
/// CHECKSIG_STATUS_BAD_OPTION says that there is no such kernel, and checksig_last_error() which there are. Whether this
/// CPU can run it is seen by checksig_run_start(): CHECKSIG_STATUS_KERNEL_UNAVAILABLE.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn checksig_options_set_kernel(
    options: *mut ChecksigOptions,
    kernel: *const c_char,
    kernel_len: usize,
) -> ChecksigStatus {
    guard(|| {
        // SAFETY: points 1 and 4 of the contract.
        let handle = unsafe { borrow_mut(options, "options") }?;
        // SAFETY: point 2 of the contract.
        let name = unsafe { bytes(kernel, kernel_len, "kernel") }?;
        handle.options.resources.kernel = String::from_utf8_lossy(name).parse().map_err(crate::error::Error::from)?;
        Ok(ChecksigStatus::Ok)
    })
}

/// Chooses whether records come in the order of the manifest: 1, the default, or 0: as they are found.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn checksig_options_set_ordered(options: *mut ChecksigOptions, ordered: u32) -> ChecksigStatus {
    guard(|| {
        // SAFETY: points 1 and 4 of the contract.
        let handle = unsafe { borrow_mut(options, "options") }?;
        handle.options.ordered = match ordered {
            0 => false,
            1 => true,
            _ => return Err(Failure::new(ChecksigStatus::BadOption, format!("ordered is 0 or 1, not {ordered}"))),
        };
        Ok(ChecksigStatus::Ok)
    })
}

/// Frees options; NULL is nothing to free. Runs that were started with them go on.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn checksig_options_free(options: *mut ChecksigOptions) {
    // SAFETY: points 1 and 4 of the contract.
    guard_free(|| drop(unsafe { take(options) }));
}
