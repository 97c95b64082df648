//! Digests without a run: of many messages in memory, and of one file.
//!
//! Starts no thread and has no options; for a list of files there are runs.

use std::ffi::{c_char, c_void};
use std::fmt;

use super::boundary::{Out, Outs, array, bytes, guard, path};
use super::status::{ChecksigStatus, Failure};
use crate::digest::Digest;
use crate::engine::file_digest;
use crate::hash::hash_many;

/// Bytes that the caller lends to a function: a message, or a path. data may be NULL where len is 0.
#[repr(C)]
pub struct ChecksigBytes {
    pub data: *const c_void,
    pub len: usize,
}

/// The bytes of each element of an array.
///
/// # Safety
/// `first` and `count` keep point 5 of the contract, and `'a` ends with the exported function.
pub(super) unsafe fn elements<'a>(
    first: *const ChecksigBytes,
    count: usize,
    argument: &str,
) -> Result<Vec<&'a [u8]>, Failure> {
    // SAFETY: this function asks of its caller what `array` asks.
    let elements = unsafe { array(first, count, argument) }?;
    let bytes_of = |(index, bytes)| {
        // SAFETY: this function asks of its caller what `element` asks, for every element.
        unsafe { element(bytes, format_args!("{argument}[{index}]")) }
    };
    elements.iter().enumerate().map(bytes_of).collect()
}

/// The bytes of one element, which may be none.
///
/// # Safety
/// The element keeps point 5 of the contract, and `'a` ends with the exported function.
pub(super) unsafe fn element<'a>(element: &ChecksigBytes, argument: impl fmt::Display) -> Result<&'a [u8], Failure> {
    match element.len {
        0 => Ok(&[]),
        // SAFETY: this function asks of its caller what `bytes` asks.
        len => unsafe { bytes(element.data.cast(), len, argument) },
    }
}

/// Hashes messages that are in memory, many at a time, and waits for their digests.
///
/// messages is an array of count messages, each of any length, 0 included. digests is room for count * 20 bytes: the
/// digest of the first message, then of the second, and so on. Where count is 0 both may be NULL. It works in the
/// calling thread and copies no message; any number of threads may call it at once, also in a child after fork().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn checksig_hash_many(
    messages: *const ChecksigBytes,
    count: usize,
    digests: *mut u8,
) -> ChecksigStatus {
    guard(|| {
        // SAFETY: point 5 of the contract.
        let messages = unsafe { elements(messages, count, "messages") }?;
        // SAFETY: point 5 of the contract: count * 20 bytes are count arrays of 20.
        let digests = unsafe { Outs::new(digests.cast::<[u8; Digest::BYTES]>(), count, "digests") }?;
        digests.put(hash_many(&messages).iter().map(|digest| *digest.as_bytes()));
        Ok(ChecksigStatus::Ok)
    })
}

/// Reads one file and gives the 20 bytes of its digest, in the calling thread.
///
/// path leads where the system says: from the current directory, and through symbolic links. digest is room for 20
/// bytes. It is written only if all of the file was read and nobody wrote to it meanwhile; otherwise the status is
/// CHECKSIG_STATUS_FILE_NOT_FOUND, _NOT_REGULAR, _UNREADABLE or _CHANGED. Only regular files are read.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn checksig_file_digest(path: *const c_char, path_len: usize, digest: *mut u8) -> ChecksigStatus {
    guard(|| {
        // SAFETY: point 2 of the contract.
        let file = unsafe { self::path(path, path_len, "path") }?;
        // SAFETY: point 3 of the contract: 20 bytes are an array of 20.
        let out = unsafe { Out::new(digest.cast::<[u8; Digest::BYTES]>(), "digest") }?;
        out.put(*file_digest(file)?.as_bytes());
        Ok(ChecksigStatus::Ok)
    })
}
