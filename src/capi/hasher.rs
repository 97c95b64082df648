//! A message hashed as it comes, in the thread that hands it over.
//!
//! Reads no file and starts no thread; messages that are whole in memory go faster together: see `hashing`.

use std::ffi::c_void;

use super::boundary::{Out, array, borrow, borrow_mut, guard, guard_free, take};
use super::status::ChecksigStatus;
use crate::digest::Digest;
use crate::hash::Stream;

/// A message on its way to a digest. One thread at a time may use it; also a child after fork() has its own copy.
pub struct ChecksigHasher {
    stream: Stream,
}

/// Begins a message.
///
/// *out is the caller's, to be freed with checksig_hasher_free().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn checksig_hasher_new(out: *mut *mut ChecksigHasher) -> ChecksigStatus {
    guard(|| {
        // SAFETY: point 3 of the contract.
        let out = unsafe { Out::new(out, "out") }?;
        out.put_handle(ChecksigHasher { stream: Stream::default() });
        Ok(ChecksigStatus::Ok)
    })
}

/// Takes the next len bytes of the message, which are not kept. data may be NULL where len is 0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn checksig_hasher_update(
    hasher: *mut ChecksigHasher,
    data: *const c_void,
    len: usize,
) -> ChecksigStatus {
    guard(|| {
        // SAFETY: points 1 and 4 of the contract.
        let hasher = unsafe { borrow_mut(hasher, "hasher") }?;
        // SAFETY: point 2 of the contract: bytes are an array of them.
        hasher.stream.update(unsafe { array(data.cast::<u8>(), len, "data") }?);
        Ok(ChecksigStatus::Ok)
    })
}

/// Gives the digest of all the bytes taken so far: digest is room for 20 bytes.
///
/// The hasher stays as it is: more bytes may follow, and checksig_hasher_finish() then gives the digest of all of them.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn checksig_hasher_finish(hasher: *const ChecksigHasher, digest: *mut u8) -> ChecksigStatus {
    guard(|| {
        // SAFETY: points 1 and 4 of the contract.
        let hasher = unsafe { borrow(hasher, "hasher") }?;
        // SAFETY: point 3 of the contract: 20 bytes are an array of 20.
        let out = unsafe { Out::new(digest.cast::<[u8; Digest::BYTES]>(), "digest") }?;
        out.put(*hasher.stream.clone().finish().as_bytes());
        Ok(ChecksigStatus::Ok)
    })
}

/// Makes another hasher that has taken the same bytes.
///
/// *out is the caller's, to be freed with checksig_hasher_free(); neither knows of the other.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn checksig_hasher_copy(
    hasher: *const ChecksigHasher,
    out: *mut *mut ChecksigHasher,
) -> ChecksigStatus {
    guard(|| {
        // SAFETY: points 1 and 4 of the contract.
        let hasher = unsafe { borrow(hasher, "hasher") }?;
        // SAFETY: point 3 of the contract.
        let out = unsafe { Out::new(out, "out") }?;
        out.put_handle(ChecksigHasher { stream: hasher.stream.clone() });
        Ok(ChecksigStatus::Ok)
    })
}

/// Forgets the bytes taken so far, so that another message can begin.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn checksig_hasher_reset(hasher: *mut ChecksigHasher) -> ChecksigStatus {
    guard(|| {
        // SAFETY: points 1 and 4 of the contract.
        unsafe { borrow_mut(hasher, "hasher") }?.stream = Stream::default();
        Ok(ChecksigStatus::Ok)
    })
}

/// Frees a hasher; NULL is nothing to free.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn checksig_hasher_free(hasher: *mut ChecksigHasher) {
    // SAFETY: points 1 and 4 of the contract.
    guard_free(|| drop(unsafe { take(hasher) }));
}
