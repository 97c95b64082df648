//! A message hashed as it comes, in the thread that hands it over.
//!
//! Reads no file and starts no thread; messages that are whole in memory go faster together: see `hashing`.

use std::ffi::c_void;

use super::boundary::{Changing, Out, array, borrow, borrow_mut, guard, guard_free, take};
use super::status::ChecksigStatus;
use crate::digest::Digest;
use crate::hash::Stream;

/// A message on its way to a digest. One thread at a time may use it; also a child after fork() has its own copy.
pub struct ChecksigHasher {
    stream: Changing<Stream>,
}

/// Begins a message.
///
/// *out is the caller's, to be freed with checksig_hasher_free().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn checksig_hasher_new(out: *mut *mut ChecksigHasher) -> ChecksigStatus {
    guard(|| {
        // SAFETY: point 3 of the contract.
        let out = unsafe { Out::new(out, "out") }?;
        out.put_handle(ChecksigHasher { stream: Changing::default() });
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
        let data = unsafe { array(data.cast::<u8>(), len, "data") }?;
        hasher.stream.change(|stream| stream.update(data))?;
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
        out.put(*hasher.stream.get()?.clone().finish().as_bytes());
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
        out.put_handle(ChecksigHasher { stream: Changing::new(hasher.stream.get()?.clone()) });
        Ok(ChecksigStatus::Ok)
    })
}

/// Forgets the bytes taken so far, so that another message can begin.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn checksig_hasher_reset(hasher: *mut ChecksigHasher) -> ChecksigStatus {
    guard(|| {
        // SAFETY: points 1 and 4 of the contract.
        unsafe { borrow_mut(hasher, "hasher") }?.stream.change(|stream| *stream = Stream::default())?;
        Ok(ChecksigStatus::Ok)
    })
}

/// Frees a hasher; NULL is nothing to free.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn checksig_hasher_free(hasher: *mut ChecksigHasher) {
    // SAFETY: points 1 and 4 of the contract.
    guard_free(|| drop(unsafe { take(hasher) }));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::capi::boundary::catch;

    /// Stands for a fault in the kernels, whose panics end where they are called from here.
    #[test]
    fn a_hasher_that_a_panic_went_through_says_so_and_can_be_freed() {
        let (mut hasher, mut copy) = (std::ptr::null_mut(), std::ptr::null_mut());
        // SAFETY: a place for the handle.
        assert_eq!(unsafe { checksig_hasher_new(&raw mut hasher) }, ChecksigStatus::Ok);
        // SAFETY: it was made just now and is not freed yet.
        let panicked = catch(|| unsafe { &mut (*hasher).stream }.change(|_| panic!("a fault")));
        assert_eq!(panicked.unwrap_err().status, ChecksigStatus::Internal);
        let mut digest = [0xab; Digest::BYTES];
        // SAFETY: the hasher is not freed yet, and three bytes are lent; so for the next ones, with their outputs.
        let updated = unsafe { checksig_hasher_update(hasher, c"abc".as_ptr().cast(), 3) };
        // SAFETY: as above.
        let finished = unsafe { checksig_hasher_finish(hasher, digest.as_mut_ptr()) };
        // SAFETY: as above.
        let copied = unsafe { checksig_hasher_copy(hasher, &raw mut copy) };
        // SAFETY: as above.
        let reset = unsafe { checksig_hasher_reset(hasher) };
        assert_eq!([updated, finished, copied, reset], [ChecksigStatus::Internal; 4]);
        assert!(copy.is_null() && digest == [0xab; Digest::BYTES], "no output is written");
        // SAFETY: it is used no more.
        unsafe { checksig_hasher_free(hasher) };
    }
}
