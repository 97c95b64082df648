//! Options as a handle: made with the defaults, changed one by one, copied by the run that they start.
//!
//! Takes names and paths in; `choices` says which options a verb has, and `resources` are those that all of them have.

use std::ffi::c_char;

use super::boundary::{Out, borrow_mut, bytes, guard, guard_free, path, take};
use super::choices::{Choices, bad_option};
use super::status::{ChecksigStatus, Failure};
use crate::manifest::Format;
use crate::plan::Exclude;

/// The choices for a run. One thread at a time may use them.
///
/// An option that the verb of a run does not have is refused by the function that starts the run, and not passed over:
/// CHECKSIG_STATUS_BAD_OPTION, and checksig_last_error() says which.
pub struct ChecksigOptions {
    pub(super) choices: Choices,
}

/// Makes options with the defaults: what the functions that start a run do when they are given NULL.
///
/// *out is the caller's, to be freed with checksig_options_free().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn checksig_options_new(out: *mut *mut ChecksigOptions) -> ChecksigStatus {
    guard(|| {
        // SAFETY: point 3 of the contract.
        let out = unsafe { Out::new(out, "out") }?;
        out.put_handle(ChecksigOptions { choices: Choices::default() });
        Ok(ChecksigStatus::Ok)
    })
}

/// Names the manifest that is read, relative to the current directory; without it, sha1sum.txt below the root or, where
/// that is not there, a bag's manifest-sha1.txt.
///
/// The bytes are copied. For checksig_run_start() and checksig_run_start_audit().
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
        handle.choices.manifest = Some(manifest.to_owned());
        Ok(ChecksigStatus::Ok)
    })
}

/// Chooses the format of the manifest: "gnu", "bsd", "openssl", "bagit", "zero", or "auto", the default.
///
/// One that is read by "auto" is of the format that its name and its beginning show; by another, every line of a
/// different format is malformed. One that is written is of the format "gnu" by "auto", and can be "gnu-binary" too,
/// which reads as "gnu" does. CHECKSIG_STATUS_BAD_OPTION says that there is no such format. For all but
/// checksig_run_start_files().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn checksig_options_set_format(
    options: *mut ChecksigOptions,
    format: *const c_char,
    format_len: usize,
) -> ChecksigStatus {
    guard(|| {
        // SAFETY: points 1 and 4 of the contract.
        let handle = unsafe { borrow_mut(options, "options") }?;
        // SAFETY: point 2 of the contract.
        handle.choices.format = format_named(unsafe { bytes(format, format_len, "format") }?)?;
        Ok(ChecksigStatus::Ok)
    })
}

/// Chooses which symbolic links are followed: "never", the default, or "inside": those that stay below the root.
///
/// CHECKSIG_STATUS_BAD_OPTION says that there is no such word. For all but checksig_run_start_files(), which follows
/// every link.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn checksig_options_set_follow(
    options: *mut ChecksigOptions,
    follow: *const c_char,
    follow_len: usize,
) -> ChecksigStatus {
    guard(|| {
        // SAFETY: points 1 and 4 of the contract.
        let handle = unsafe { borrow_mut(options, "options") }?;
        // SAFETY: point 2 of the contract.
        let word = unsafe { bytes(follow, follow_len, "follow") }?;
        handle.choices.policy = String::from_utf8_lossy(word).parse().map_err(|error| bad_option("follow", error))?;
        Ok(ChecksigStatus::Ok)
    })
}

/// Adds a pattern of names that an audit need not find listed, and that a new manifest does not list.
///
/// A pattern without a slash is that of the last component of a name, in whatever directory; one with a slash is that
/// of the whole name, from the root. * and ? match no slash, ** matches any number of components, and there are [a-z],
/// [!a-z] and {one,other}; a backslash takes the meaning from what follows. A slash at the beginning means the root's
/// own, a slash at the end directories only. A directory is excluded with all that it holds.
///
/// The bytes are copied; they must be UTF-8. CHECKSIG_STATUS_BAD_OPTION says that the pattern makes no sense, and
/// checksig_last_error() why. For checksig_run_start_audit() and checksig_run_start_create().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn checksig_options_add_exclude(
    options: *mut ChecksigOptions,
    glob: *const c_char,
    glob_len: usize,
) -> ChecksigStatus {
    guard(|| {
        // SAFETY: points 1 and 4 of the contract.
        let handle = unsafe { borrow_mut(options, "options") }?;
        // SAFETY: point 2 of the contract.
        let glob = unsafe { bytes(glob, glob_len, "glob") }?;
        let glob = std::str::from_utf8(glob).map_err(|error| bad_option("exclude", error))?;
        // By itself: all together they are built once, when a run starts.
        Exclude::new([glob]).map_err(|error| bad_option("exclude", error))?;
        handle.choices.exclude.push(glob.to_owned());
        Ok(ChecksigStatus::Ok)
    })
}

/// Adds a file that the caller itself writes below the root meanwhile, relative to the current directory, so that an
/// audit need not find it listed. Where it is listed, it is verified all the same.
///
/// The bytes are copied. For checksig_run_start_audit().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn checksig_options_add_own(
    options: *mut ChecksigOptions,
    own: *const c_char,
    own_len: usize,
) -> ChecksigStatus {
    guard(|| {
        // SAFETY: points 1 and 4 of the contract.
        let handle = unsafe { borrow_mut(options, "options") }?;
        // SAFETY: point 2 of the contract.
        let own = unsafe { path(own, own_len, "own") }?;
        handle.choices.own.push(own.to_owned());
        Ok(ChecksigStatus::Ok)
    })
}

/// Names the manifest that is written, relative to the current directory; without it, sha1sum.txt below the root, or
/// manifest-sha1.txt for the format "bagit".
///
/// The bytes are copied. For checksig_run_start_create().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn checksig_options_set_output(
    options: *mut ChecksigOptions,
    output: *const c_char,
    output_len: usize,
) -> ChecksigStatus {
    guard(|| {
        // SAFETY: points 1 and 4 of the contract.
        let handle = unsafe { borrow_mut(options, "options") }?;
        // SAFETY: point 2 of the contract.
        let output = unsafe { path(output, output_len, "output") }?;
        handle.choices.output = Some(output.to_owned());
        Ok(ChecksigStatus::Ok)
    })
}

/// Chooses whether a file that is there already, be it a manifest or not, is replaced: 1, or 0, the default: it stays,
/// and no run starts.
///
/// For checksig_run_start_create().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn checksig_options_set_overwrite(
    options: *mut ChecksigOptions,
    overwrite: u32,
) -> ChecksigStatus {
    guard(|| {
        // SAFETY: points 1 and 4 of the contract.
        let handle = unsafe { borrow_mut(options, "options") }?;
        handle.choices.overwrite = truth(overwrite, "overwrite")?;
        Ok(ChecksigStatus::Ok)
    })
}

/// Chooses whether records come in the order of the manifest or of the list: 1, the default, or 0: as they are found.
///
/// For all but checksig_run_start_create(), which writes in the order of names.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn checksig_options_set_ordered(options: *mut ChecksigOptions, ordered: u32) -> ChecksigStatus {
    guard(|| {
        // SAFETY: points 1 and 4 of the contract.
        let handle = unsafe { borrow_mut(options, "options") }?;
        handle.choices.unordered = !truth(ordered, "ordered")?;
        Ok(ChecksigStatus::Ok)
    })
}

/// Frees options; NULL is nothing to free. Runs that were started with them go on.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn checksig_options_free(options: *mut ChecksigOptions) {
    // SAFETY: points 1 and 4 of the contract.
    guard_free(|| drop(unsafe { take(options) }));
}

/// The format of this name; none for "auto".
pub(super) fn format_named(name: &[u8]) -> Result<Option<Format>, Failure> {
    match &*String::from_utf8_lossy(name) {
        "auto" => Ok(None),
        name => name.parse().map(Some).map_err(|error| bad_option("format", format_args!("{error}, and auto"))),
    }
}

/// An integer of C as a truth value.
pub(super) fn truth(value: u32, option: &str) -> Result<bool, Failure> {
    match value {
        0 => Ok(false),
        1 => Ok(true),
        _ => Err(Failure::new(ChecksigStatus::BadOption, format!("{option} is 0 or 1, not {value}"))),
    }
}
