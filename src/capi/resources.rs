//! The options that say how files are read and hashed, and what a run may use: the same for every verb.
//!
//! Checks only what the engine's types cannot hold; what an option means is the engine's matter.

use std::ffi::c_char;
use std::num::{NonZeroU64, NonZeroUsize};
use std::str::FromStr;

use super::boundary::{borrow_mut, bytes, guard};
use super::choices::bad_option;
use super::options::{ChecksigOptions, truth};
use super::status::{ChecksigStatus, Failure};
use crate::error::Error;

/// Sets the number of threads that hash; 0, the default, means as many as CPU affinity and the cgroup's quota allow.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn checksig_options_set_workers(options: *mut ChecksigOptions, workers: u32) -> ChecksigStatus {
    guard(|| {
        // SAFETY: points 1 and 4 of the contract.
        let handle = unsafe { borrow_mut(options, "options") }?;
        let workers =
            usize::try_from(workers).map_err(|_| bad_option("workers", "more than this machine can count"))?;
        handle.choices.resources.workers = NonZeroUsize::new(workers);
        Ok(ChecksigStatus::Ok)
    })
}

/// Chooses how files are read: "auto", the default, or one reader for every file: "uring", "threads", "mmap", "pread".
///
/// CHECKSIG_STATUS_BAD_OPTION says that there is no such reader. Whether this machine has it is seen by the
/// function that starts a run: CHECKSIG_STATUS_READER_UNAVAILABLE.
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
        handle.choices.resources.reader = named(name)?;
        Ok(ChecksigStatus::Ok)
    })
}

/// Chooses how files are hashed: "auto", the default, which measures, or one SHA-1 kernel for every file, such as
/// "avx512", "avx2", "sha-ni-x2" or "sha1-crate".
///
/// CHECKSIG_STATUS_BAD_OPTION says that there is no such kernel, and checksig_last_error() which there are. Whether this
/// CPU can run it is seen by the function that starts a run: CHECKSIG_STATUS_KERNEL_UNAVAILABLE.
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
        handle.choices.resources.kernel = named(name)?;
        Ok(ChecksigStatus::Ok)
    })
}

/// Sets how many reads are in flight on the device at a time, over all readers; with the reader threads it is the number
/// of threads, and the readers "pread" and "mmap" take no notice of it. 0, the default, means that it is chosen for the
/// device; with more than 4096 a run does not start.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn checksig_options_set_queue_depth(
    options: *mut ChecksigOptions,
    queue_depth: u32,
) -> ChecksigStatus {
    guard(|| {
        // SAFETY: points 1 and 4 of the contract.
        let handle = unsafe { borrow_mut(options, "options") }?;
        // What this machine cannot count is more than the most that a run can have.
        handle.choices.resources.queue_depth = NonZeroUsize::new(usize::try_from(queue_depth).unwrap_or(usize::MAX));
        Ok(ChecksigStatus::Ok)
    })
}

/// Sets how many bytes all buffers of the run may take, those of workers and those of readers; 0, the default, means 51
/// MiB and 8 MiB for each worker, at most.
///
/// Less than 4 MiB is refused by every function that starts a run: CHECKSIG_STATUS_BAD_OPTION.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn checksig_options_set_memory(options: *mut ChecksigOptions, bytes: u64) -> ChecksigStatus {
    guard(|| {
        // SAFETY: points 1 and 4 of the contract.
        let handle = unsafe { borrow_mut(options, "options") }?;
        handle.choices.resources.memory_bytes = (bytes > 0).then_some(bytes);
        Ok(ChecksigStatus::Ok)
    })
}

/// Chooses whether every byte is read from the device itself, past the page cache (O_DIRECT): 1, or 0, the default: what
/// is in the page cache is taken from there, which says nothing about the medium.
///
/// The reader "mmap" cannot do it: every function that starts a run refuses the two together with
/// CHECKSIG_STATUS_BAD_OPTION.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn checksig_options_set_from_media(
    options: *mut ChecksigOptions,
    from_media: u32,
) -> ChecksigStatus {
    guard(|| {
        // SAFETY: points 1 and 4 of the contract.
        let handle = unsafe { borrow_mut(options, "options") }?;
        handle.choices.resources.from_media = truth(from_media, "from_media")?;
        Ok(ChecksigStatus::Ok)
    })
}

/// Chooses what becomes of the page cache: "neutral", the default: what the run brought in goes again, and what was there
/// stays; or "keep": what was read stays cached.
///
/// CHECKSIG_STATUS_BAD_OPTION says that there is no such effect.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn checksig_options_set_cache(
    options: *mut ChecksigOptions,
    cache: *const c_char,
    cache_len: usize,
) -> ChecksigStatus {
    guard(|| {
        // SAFETY: points 1 and 4 of the contract.
        let handle = unsafe { borrow_mut(options, "options") }?;
        // SAFETY: point 2 of the contract.
        let name = unsafe { bytes(cache, cache_len, "cache") }?;
        handle.choices.resources.cache = named(name)?;
        Ok(ChecksigStatus::Ok)
    })
}

/// Sets how many bytes a second the run reads at most, over all readers, from devices and from the page cache; second readings
/// count. 0, the default, means as many as can be had.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn checksig_options_set_limit_rate(options: *mut ChecksigOptions, bytes: u64) -> ChecksigStatus {
    guard(|| {
        // SAFETY: points 1 and 4 of the contract.
        let handle = unsafe { borrow_mut(options, "options") }?;
        handle.choices.resources.limit_rate_bytes = NonZeroU64::new(bytes);
        Ok(ChecksigStatus::Ok)
    })
}

/// Chooses whether the threads of the run, and no others of this process, give way to everybody else, for the CPU and for the
/// disk: 1, or 0, the default. Where Linux refuses it the run goes on, and a reason in its report says so.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn checksig_options_set_idle(options: *mut ChecksigOptions, idle: u32) -> ChecksigStatus {
    guard(|| {
        // SAFETY: points 1 and 4 of the contract.
        let handle = unsafe { borrow_mut(options, "options") }?;
        handle.choices.resources.idle = truth(idle, "idle")?;
        Ok(ChecksigStatus::Ok)
    })
}

/// What has this name, if anything has.
fn named<T: FromStr>(name: &[u8]) -> Result<T, Failure>
where
    Error: From<T::Err>,
{
    Ok(String::from_utf8_lossy(name).parse().map_err(Error::from)?)
}
