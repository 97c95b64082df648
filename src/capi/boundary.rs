//! The boundary: the one place where a panic is stopped, a pointer becomes a reference and an output is written.
//!
//! Knows no handle and no engine. The contract that the functions here rely on is in the module's own documentation.

use std::any::Any;
use std::ffi::{OsStr, c_char};
use std::fmt;
use std::mem::MaybeUninit;
use std::os::unix::ffi::OsStrExt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::ptr::NonNull;
use std::sync::{Mutex, MutexGuard};

use super::status::{ChecksigStatus, Failure, remember};

/// Runs the body of an exported function: a panic becomes a status, and a failure is kept for the thread.
///
/// What a body may leave half done when it panics sits behind [`lock`] or in a [`Changing`], which refuse it from then
/// on. Options are in neither: a body makes the new value first, and puts it in its place as the last thing that it does.
pub(super) fn guard(body: impl FnOnce() -> Result<ChecksigStatus, Failure>) -> ChecksigStatus {
    match catch(body) {
        Ok(status) => status,
        Err(failure) => {
            remember(&failure);
            failure.status
        }
    }
}

/// Like [`guard`], for what frees and so has no one to tell.
pub(super) fn guard_free(body: impl FnOnce()) {
    let _ = catch(|| {
        body();
        Ok(())
    });
}

/// A panic as a failure.
pub(super) fn catch<T>(body: impl FnOnce() -> Result<T, Failure>) -> Result<T, Failure> {
    catch_unwind(AssertUnwindSafe(body)).unwrap_or_else(|payload| Err(panicked(payload.as_ref())))
}

fn panicked(payload: &(dyn Any + Send)) -> Failure {
    let text = payload
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| payload.downcast_ref::<&str>().copied())
        .unwrap_or("no message");
    Failure::new(ChecksigStatus::Internal, format!("internal error: {text}; please report it"))
}

/// Locks what a handle holds; after a panic inside, the handle is of no more use.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> Result<MutexGuard<'_, T>, Failure> {
    mutex.lock().map_err(|_| half_done())
}

/// What one thread at a time changes step by step; after a panic in between, the handle is of no more use.
#[derive(Default)]
pub(super) struct Changing<T> {
    value: T,
    is_half_done: bool,
}

impl<T> Changing<T> {
    pub(super) fn new(value: T) -> Changing<T> {
        Changing { value, is_half_done: false }
    }

    /// The value, as whole changes left it.
    pub(super) fn get(&self) -> Result<&T, Failure> {
        if self.is_half_done { Err(half_done()) } else { Ok(&self.value) }
    }

    pub(super) fn change<R>(&mut self, change: impl FnOnce(&mut T) -> R) -> Result<R, Failure> {
        self.get()?;
        self.is_half_done = true;
        let result = change(&mut self.value);
        self.is_half_done = false;
        Ok(result)
    }
}

fn half_done() -> Failure {
    Failure::new(ChecksigStatus::Internal, "internal error: an earlier call on this handle panicked; free it")
}

/// A handle that may not be NULL.
///
/// # Safety
/// `handle` keeps points 1 and 4 of the contract, and `'a` ends with the exported function.
pub(super) unsafe fn borrow<'a, T>(handle: *const T, argument: &str) -> Result<&'a T, Failure> {
    // SAFETY: by points 1 and 4 of the contract it is NULL or a live `T` that nothing writes to or frees meanwhile.
    unsafe { handle.as_ref() }.ok_or_else(|| Failure::null(argument))
}

/// A handle that is changed and may not be NULL.
///
/// # Safety
/// As for [`borrow`], and no other thread uses it: only options, hashers and manifests are borrowed so, by point 4.
pub(super) unsafe fn borrow_mut<'a, T>(handle: *mut T, argument: &str) -> Result<&'a mut T, Failure> {
    // SAFETY: by points 1 and 4 of the contract it is NULL or a live `T` that only this thread uses.
    unsafe { handle.as_mut() }.ok_or_else(|| Failure::null(argument))
}

/// Takes a handle back to free it; NULL is nothing to free.
///
/// # Safety
/// `handle` keeps points 1 and 4 of the contract, and the caller forgets it.
pub(super) unsafe fn take<T>(handle: *mut T) -> Option<Box<T>> {
    if handle.is_null() {
        return None;
    }
    // SAFETY: by point 1 of the contract it came from `Out::put_handle`, which made it from a box, and was not freed.
    Some(unsafe { Box::from_raw(handle) })
}

/// The bytes of an argument, which may be none but not NULL.
///
/// # Safety
/// `data` and `len` keep point 2 of the contract, and `'a` ends with the exported function.
pub(super) unsafe fn bytes<'a>(
    data: *const c_char,
    len: usize,
    argument: impl fmt::Display,
) -> Result<&'a [u8], Failure> {
    if data.is_null() {
        return Err(Failure::null(argument));
    }
    check_size(len, 1, argument)?;
    // SAFETY: it is not NULL, `len` is no more than memory can hold, and the rest is point 2 of the contract.
    Ok(unsafe { std::slice::from_raw_parts(data.cast(), len) })
}

/// The elements of an array, which may be NULL where there are none.
///
/// # Safety
/// `first` and `count` keep point 5 of the contract, and `'a` ends with the exported function.
pub(super) unsafe fn array<'a, T>(first: *const T, count: usize, argument: &str) -> Result<&'a [T], Failure> {
    if count == 0 {
        return Ok(&[]);
    }
    if first.is_null() {
        return Err(Failure::null(argument));
    }
    check_size(count, size_of::<T>(), argument)?;
    // SAFETY: it is not NULL, all of it is no more than memory can hold, and the rest is point 5 of the contract.
    Ok(unsafe { std::slice::from_raw_parts(first, count) })
}

/// Refuses what is more than memory can hold.
fn check_size(count: usize, element_bytes: usize, argument: impl fmt::Display) -> Result<(), Failure> {
    match count.checked_mul(element_bytes).map(isize::try_from) {
        Some(Ok(_)) => Ok(()),
        _ => Err(Failure::new(ChecksigStatus::BadArgument, format!("argument {argument}: {count} is no length"))),
    }
}

/// The bytes of an argument as a path.
///
/// # Safety
/// As for [`bytes`].
pub(super) unsafe fn path<'a>(data: *const c_char, len: usize, argument: &str) -> Result<&'a Path, Failure> {
    // SAFETY: this function asks of its caller what `bytes` asks.
    let bytes = unsafe { bytes(data, len, argument) }?;
    if bytes.contains(&0) {
        let message = format!("argument {argument}: a path cannot hold a NUL byte");
        return Err(Failure::new(ChecksigStatus::BadArgument, message));
    }
    Ok(Path::new(OsStr::from_bytes(bytes)))
}

/// An output that is known to be there before any work is done for it.
pub(super) struct Out<T>(NonNull<T>);

impl<T> Out<T> {
    /// # Safety
    /// `place` keeps point 3 of the contract until the exported function returns.
    pub(super) unsafe fn new(place: *mut T, argument: &str) -> Result<Out<T>, Failure> {
        NonNull::new(place).map(Out).ok_or_else(|| Failure::null(argument))
    }

    /// Writes the output. What was there before is not read and not dropped: it may be uninitialised.
    pub(super) fn put(self, value: T) {
        // SAFETY: `new` was promised point 3 of the contract for this place.
        unsafe { self.0.write(value) }
    }
}

impl<T> Out<*mut T> {
    /// Writes a new handle; from here on the caller owns it.
    pub(super) fn put_handle(self, value: T) {
        self.put(Box::into_raw(Box::new(value)));
    }
}

/// An array of outputs that is known to be there before any work is done for it.
pub(super) struct Outs<'a, T>(&'a mut [MaybeUninit<T>]);

impl<T> Outs<'_, T> {
    /// # Safety
    /// `first` and `count` keep point 5 of the contract until the exported function returns.
    pub(super) unsafe fn new(first: *mut T, count: usize, argument: &str) -> Result<Self, Failure> {
        if count == 0 {
            return Ok(Outs(&mut []));
        }
        if first.is_null() {
            return Err(Failure::null(argument));
        }
        check_size(count, size_of::<T>(), argument)?;
        // SAFETY: it is not NULL, all of it is no more than memory can hold, what is there need not be initialised,
        // and the rest is point 5 of the contract.
        Ok(Outs(unsafe { std::slice::from_raw_parts_mut(first.cast(), count) }))
    }

    /// Writes the outputs, one for each place.
    pub(super) fn put(self, values: impl ExactSizeIterator<Item = T>) {
        assert_eq!(values.len(), self.0.len(), "a value for each place");
        for (place, value) in self.0.iter_mut().zip(values) {
            place.write(value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_becomes_a_status() {
        assert_eq!(guard(|| Ok(ChecksigStatus::Waiting)), ChecksigStatus::Waiting);
        assert_eq!(guard(|| panic!("one {}", 1)), ChecksigStatus::Internal);
        guard_free(|| panic!("two"));
        let failure = catch::<()>(|| panic!("three")).unwrap_err();
        assert_eq!(failure.message, "internal error: three; please report it");
    }

    #[test]
    fn a_lock_that_saw_a_panic_is_refused() {
        let mutex = Mutex::new(());
        let _ = catch::<()>(|| {
            let _held = lock(&mutex)?;
            panic!("half done")
        });
        assert_eq!(lock(&mutex).unwrap_err().status, ChecksigStatus::Internal);
    }

    #[test]
    fn arguments_that_cannot_be_are_refused() {
        // SAFETY: NULL is the case under test, and the others are bytes of literals.
        let refused = |data, len| unsafe { path(data, len, "root") }.unwrap_err().status;
        assert_eq!(refused(std::ptr::null(), 0), ChecksigStatus::NullArgument);
        assert_eq!(refused(c"a".as_ptr(), usize::MAX), ChecksigStatus::BadArgument);
        assert_eq!(refused(c"a".as_ptr(), 2), ChecksigStatus::BadArgument, "the NUL is the second byte");
        // SAFETY: the two bytes of a literal.
        assert_eq!(unsafe { path(c"ab".as_ptr(), 2, "root") }.unwrap(), Path::new("ab"));
    }

    #[test]
    fn an_array_of_nothing_may_be_null_and_no_other() {
        static ONE: u64 = 1;
        // SAFETY: NULL is the case under test.
        let elements = |count| unsafe { array::<u64>(std::ptr::null(), count, "paths") }.map(<[u64]>::len);
        assert_eq!(elements(0).unwrap(), 0);
        assert_eq!(elements(1).unwrap_err().status, ChecksigStatus::NullArgument);
        // SAFETY: what is more than memory can hold is refused before anything is read.
        let too_many = unsafe { array(&raw const ONE, usize::MAX / 8, "paths") };
        assert_eq!(too_many.unwrap_err().message, format!("argument paths: {} is no length", usize::MAX / 8));
        // SAFETY: NULL is the case under test.
        let outputs = |count| unsafe { Outs::<u64>::new(std::ptr::null_mut(), count, "digests") };
        outputs(0).unwrap_or_else(|_| panic!("no outputs")).put([].into_iter());
        assert_eq!(outputs(1).err().map(|failure| failure.status), Some(ChecksigStatus::NullArgument));
    }
}
