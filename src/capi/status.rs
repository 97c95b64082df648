//! Statuses: what a function of the C face returns, what it remembers about a failure for its thread, and its version.
//!
//! Says why a call failed; what became of a file is an outcome and never a status.

use std::cell::RefCell;
use std::ffi::{CStr, CString, c_char};
use std::fmt;

use crate::engine::FileError;
use crate::error::Error;
use crate::shown::ShownText;
use crate::verdict::OutcomeKind;

/// What a call came to. Every value from 10 on is a failure, and checksig_last_error() says it in words.
///
/// What is wrong with a file is never the status of a run: it is an outcome, and the verdict of the report counts it.
/// Only checksig_file_digest(), which has one file and no run, says it with a status.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChecksigStatus {
    /// Done, and every output is written.
    Ok = 0,
    /// Nothing came in the time allowed; call again. No output is written.
    Waiting = 1,
    /// There is no more to come. No output is written.
    Finished = 2,
    /// An argument is NULL that must not be.
    NullArgument = 10,
    /// An argument has a value that it cannot have: a NUL byte in a path, an index that is too large, a name that no line of
    /// a manifest can carry.
    BadArgument = 11,
    /// An option has a value that it cannot have, or the run is of a kind that does not have the option.
    BadOption = 12,
    /// Nothing has the name of the root.
    RootNotFound = 20,
    /// The root is not a directory.
    RootNotDirectory = 21,
    /// The root cannot be opened.
    RootUnreadable = 22,
    /// Nothing has the name of the manifest.
    ManifestNotFound = 23,
    /// The manifest cannot be opened, or not be read to its end.
    ManifestUnreadable = 24,
    /// The manifest is a directory, a FIFO, a device or a socket.
    ManifestNotRegular = 25,
    /// The manifest was written to, truncated or replaced while it was read: what it lists is not known.
    ManifestChanged = 35,
    /// There is a file already, be it a manifest or not, where a manifest was to be written.
    ManifestExists = 36,
    /// The manifest cannot be written.
    ManifestUnwritable = 37,
    /// Nothing has the name of the file.
    FileNotFound = 26,
    /// The file is a directory, a FIFO, a device or a socket.
    FileNotRegular = 27,
    /// The file exists but could not be read whole.
    FileUnreadable = 28,
    /// The file was written to, truncated or grown while it was read.
    FileChanged = 29,
    /// The reader that was asked for by name cannot be had on this machine.
    ReaderUnavailable = 30,
    /// The kernel that was asked for by name cannot be had on this CPU.
    KernelUnavailable = 33,
    /// The system refused even one thread.
    NoThread = 31,
    /// This process has as many files open as it may, or the whole machine has.
    NoDescriptor = 34,
    /// The run was started before fork() and is used by the child.
    Forked = 32,
    /// checksig broke a promise to itself. Nothing that was not reported as a match may be taken for one.
    Internal = 40,
}

/// Why a call failed: its status, and what its thread can ask for afterwards.
#[derive(Clone, Debug)]
pub(super) struct Failure {
    pub(super) status: ChecksigStatus,
    pub(super) message: String,
    /// The `errno(3)` behind it, or 0.
    pub(super) error_number: i32,
}

impl Failure {
    pub(super) fn new(status: ChecksigStatus, message: impl Into<String>) -> Failure {
        Failure { status, message: message.into(), error_number: 0 }
    }

    pub(super) fn null(argument: impl fmt::Display) -> Failure {
        Failure::new(ChecksigStatus::NullArgument, format!("argument {argument} is NULL"))
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Failure {
        let (status, error_number) = match &error {
            Error::RootNotFound { .. } => (ChecksigStatus::RootNotFound, Some(libc::ENOENT)),
            Error::RootNotDirectory { .. } => (ChecksigStatus::RootNotDirectory, Some(libc::ENOTDIR)),
            Error::RootUnreadable { source, .. } => (ChecksigStatus::RootUnreadable, source.raw_os_error()),
            Error::ManifestNotFound { .. } => (ChecksigStatus::ManifestNotFound, Some(libc::ENOENT)),
            Error::ManifestNotRegular { .. } => (ChecksigStatus::ManifestNotRegular, None),
            Error::ManifestChanged { .. } => (ChecksigStatus::ManifestChanged, None),
            Error::ManifestExists { .. } => (ChecksigStatus::ManifestExists, Some(libc::EEXIST)),
            Error::ManifestUnwritable { source, .. } => (ChecksigStatus::ManifestUnwritable, source.raw_os_error()),
            Error::EntryRefused { .. } => (ChecksigStatus::BadArgument, None),
            Error::ManifestUnreadable { source, .. } => (ChecksigStatus::ManifestUnreadable, source.raw_os_error()),
            Error::ReaderUnavailable { .. } => (ChecksigStatus::ReaderUnavailable, None),
            Error::UnknownReader(_)
            | Error::UnknownKernel(_)
            | Error::UnknownCacheEffect(_)
            | Error::MemoryTooSmall { .. }
            | Error::QueueDepthTooLarge { .. }
            | Error::AuditNotConfined
            | Error::NotFromMedia { .. } => (ChecksigStatus::BadOption, None),
            Error::KernelUnavailable(_) => (ChecksigStatus::KernelUnavailable, None),
            Error::NoThread(source) => (ChecksigStatus::NoThread, source.raw_os_error()),
            Error::NoDescriptor { source, .. } => (ChecksigStatus::NoDescriptor, source.raw_os_error()),
            // What is found is never written to a file here.
            Error::OutputNotRegular { .. }
            | Error::OutputIsInput { .. }
            | Error::OutputUnwritable { .. }
            | Error::Internal(_) => (ChecksigStatus::Internal, None),
        };
        Failure { status, message: error.to_string(), error_number: error_number.unwrap_or(0) }
    }
}

impl From<FileError> for Failure {
    fn from(error: FileError) -> Failure {
        let status = match error.outcome.kind() {
            OutcomeKind::Missing => ChecksigStatus::FileNotFound,
            OutcomeKind::NotRegular => ChecksigStatus::FileNotRegular,
            OutcomeKind::Changed => ChecksigStatus::FileChanged,
            // The others need a root, a manifest or a run.
            _ => ChecksigStatus::FileUnreadable,
        };
        Failure { status, message: error.to_string(), error_number: error.outcome.errno().unwrap_or(0) }
    }
}

thread_local! {
    static LAST: RefCell<(CString, i32)> = RefCell::default();
}

/// Keeps a failure for `checksig_last_error` of this thread.
pub(super) fn remember(failure: &Failure) {
    // A thread that is ending has no memory left to keep it in.
    let _ = LAST.try_with(|last| *last.borrow_mut() = (c_text(&failure.message), failure.error_number));
}

/// The text for a C string: no control character that a terminal would obey, and so no NUL.
pub(super) fn c_text(text: &str) -> CString {
    CString::new(ShownText(text).to_string()).unwrap_or_default()
}

const VERSION: &CStr = match CStr::from_bytes_with_nul(concat!(env!("CARGO_PKG_VERSION"), "\0").as_bytes()) {
    Ok(version) => version,
    Err(_) => panic!("a version holds no NUL"),
};

/// The version of the library, such as "0.1.0": a NUL-terminated string that lives as long as the program.
///
/// Any thread may call it; it cannot fail.
#[unsafe(no_mangle)]
pub extern "C" fn checksig_version() -> *const c_char {
    VERSION.as_ptr()
}

/// Why the last failed call of this thread failed, in words for people: a NUL-terminated string, empty before the
/// first failure.
///
/// It belongs to the library, and is valid until the thread's next call of any function of the library.
#[unsafe(no_mangle)]
pub extern "C" fn checksig_last_error() -> *const c_char {
    LAST.try_with(|last| last.borrow().0.as_ptr()).unwrap_or(c"".as_ptr())
}

/// The errno(3) value behind the last failed call of this thread, such as EACCES, or 0 where there is none.
#[unsafe(no_mangle)]
pub extern "C" fn checksig_last_error_number() -> i32 {
    LAST.try_with(|last| last.borrow().1).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_c_text_keeps_letters_and_shows_what_a_terminal_would_obey() {
        assert_eq!(c_text("größe \"x\" it's \\ok"), c"größe \"x\" it's \\ok".to_owned());
        assert_eq!(c_text("a\0b\x1b[31m\u{202e}"), c"a\\x00b\\x1b[31m\\u{202e}".to_owned());
    }
}
