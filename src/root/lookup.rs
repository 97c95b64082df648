//! What only Linux has for opening and listing: openat2(2), handles that ask for no permission (O_PATH), and names read from
//! a directory by the bufferful.
//!
//! Decides nothing: the root says what may be opened.

use std::mem::MaybeUninit;
use std::os::fd::{BorrowedFd, OwnedFd};

use rustix::fs::{AtFlags, FileType, Mode, OFlags, RawDir};
use rustix::io::Errno;

pub(super) use rustix::fs::ResolveFlags;

use crate::limits;

/// Whether names can be looked up in one call, unless Linux or a sandbox refuses it.
pub(super) const HAS_OPENAT2: bool = true;

/// How a file is opened whose time of access is to stay as it is.
pub(crate) const UNMARKED: OFlags = OFlags::NOATIME;

/// How a thing is opened to name it by; it asks for no permission on the thing itself.
pub(super) const PATH: OFlags = OFlags::PATH;

/// How the state of a thing in a directory is asked for without mounting anything.
pub(super) const NO_AUTOMOUNT: AtFlags = AtFlags::NO_AUTOMOUNT;

/// Opens a name.
pub(super) fn openat2(
    directory: BorrowedFd<'_>,
    name: &[u8],
    flags: OFlags,
    resolve: ResolveFlags,
) -> Result<OwnedFd, Errno> {
    rustix::fs::openat2(directory, name, flags, Mode::empty(), resolve)
}

/// Tells every name in a directory, `.` and `..` too, and its kind, as far as the directory says.
pub(super) fn list<E: From<Errno>>(
    directory: &OwnedFd,
    mut each: impl FnMut(&[u8], FileType) -> Result<(), E>,
) -> Result<(), E> {
    let mut buffer = [MaybeUninit::uninit(); limits::DIRECTORY_BUFFER_BYTES];
    let mut listing = RawDir::new(directory, &mut buffer);
    while let Some(entry) = listing.next() {
        match entry {
            Err(Errno::INTR) => {}
            Err(errno) => return Err(errno.into()),
            Ok(entry) => each(entry.file_name().to_bytes(), entry.file_type())?,
        }
    }
    Ok(())
}
