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

/// Whether any mount is served by another machine or a program, or mounts one when it is entered; so also where Linux does
/// not say. Asks none of them.
pub(super) fn has_far_mounts() -> bool {
    std::fs::read_to_string("/proc/self/mountinfo").map_or(true, |mounts| mounts.lines().any(is_far))
}

/// Whether a line of `proc_pid_mountinfo(5)` is of such a file system: the names of those whose numbers `read/disks.rs` has.
fn is_far(line: &str) -> bool {
    const FAR: [&str; 16] = [
        "nfs", "nfs4", "cifs", "smb3", "smbfs", "fuse", "fuseblk", "virtiofs", "9p", "ceph", "afs", "lustre", "gpfs",
        "autofs", "coda", "orangefs",
    ];
    // Behind a field of one hyphen; FUSE names the kind of its program behind a point.
    let kind = line.split_once(" - ").and_then(|(_, rest)| rest.split([' ', '.']).next());
    kind.is_none_or(|kind| FAR.contains(&kind))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mount_is_far_by_the_name_of_its_file_system() {
        let line = |kind: &str| format!("36 35 98:0 /a\\040b /mnt rw,noatime master:1 - {kind} /dev/root rw");
        for far in ["fuse", "fuse.sshfs", "fuseblk", "nfs4", "9p", "autofs", "virtiofs"] {
            assert!(is_far(&line(far)), "{far}");
        }
        for near in ["ext4", "xfs", "btrfs", "tmpfs", "overlay", "proc", "fusectl"] {
            assert!(!is_far(&line(near)), "{near}");
        }
        assert!(is_far("no such line"), "what is not understood is far");
    }
}
