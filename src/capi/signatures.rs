//! The face of two functions: a directory in, a text out or none.
//!
//! Has no options; for those, and for more than a text, there are runs.

use std::ffi::{CStr, CString, OsStr, c_char};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::ptr;

use super::boundary::{catch, guard_free};
use super::report::Found;
use super::status::{Failure, c_text, remember};
use crate::engine::{Options, verify};

/// Verifies every file that sha1sum.txt below a directory lists, in parallel, and waits for the end.
///
/// root is a NUL-terminated path. Returns NULL when every file matches; else, and also when the check could not be
/// made, a NUL-terminated text that says what is wrong: see checksig_report_message(). The text is the caller's, to be
/// freed with checksig_string_free(). Any thread may call it, and several may at once.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn checksig_check_signatures(root: *const c_char) -> *mut c_char {
    let checked = catch(|| {
        if root.is_null() {
            return Err(Failure::null("root"));
        }
        // SAFETY: it is not NULL, and by its documentation it ends with a NUL; the rest is point 2 of the contract.
        let root = unsafe { CStr::from_ptr(root) };
        check(Path::new(OsStr::from_bytes(root.to_bytes())))
    });
    match checked {
        Ok(None) => ptr::null_mut(),
        Ok(Some(text)) => text.into_raw(),
        Err(failure) => {
            remember(&failure);
            c_text(&failure.message).into_raw()
        }
    }
}

fn check(root: &Path) -> Result<Option<CString>, Failure> {
    let found = Found::new(verify(root, &Options::default())?, root);
    Ok(found.message().map(c_text))
}

/// Frees a text that checksig_check_signatures() gave; NULL is nothing to free.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn checksig_string_free(text: *mut c_char) {
    guard_free(|| {
        if !text.is_null() {
            // SAFETY: by its documentation it came from `CString::into_raw` and was not freed since.
            drop(unsafe { CString::from_raw(text) });
        }
    });
}
