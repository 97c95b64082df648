//! What can be found out about opening: whether openat2 may be called, and what it means if not.
//!
//! Opens nothing but the current directory.

use rustix::fs::CWD;
use rustix::io::Errno;

use super::lookup::openat2;
use super::{BENEATH, HANDLE, retry};

/// What takes the place of openat2 where it is refused.
pub(crate) const OPENAT2_INSTEAD: &str = "names are walked component by component, which is slower";

/// What somebody can do about it.
pub(crate) const OPENAT2_REMEDY: &str = "Linux 5.6 or newer has it, and a sandbox may allow it";

/// Whether openat2(2) may be called.
pub(crate) fn probe_openat2() -> Result<(), Errno> {
    match retry(|| openat2(CWD, b".", HANDLE, BENEATH)) {
        Err(errno @ (Errno::NOSYS | Errno::PERM)) => Err(errno),
        _ => Ok(()),
    }
}
