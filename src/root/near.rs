//! Opens from memory that keep to the mounts which no other machine and no program serves, for a thread that must not wait
//! for either.
//!
//! Opens nothing itself.

use std::sync::atomic::{AtomicBool, Ordering};

use rustix::fs::OFlags;

use super::lookup::{ResolveFlags, has_far_mounts};
use super::{HANDLE, Policy, Root};

/// Whether opens from memory keep to the mount that they begin on.
///
/// Linux asks whoever serves a file system at every open of a file, also where it has the name in memory. Which file systems
/// there are it says without asking anybody, but in a text that takes longer to read than a few files; so names are first
/// opened without leaving the mount, and the text is read when the first leads to another.
#[derive(Debug, Default)]
pub(super) struct Near(AtomicBool);

impl Near {
    /// How names are looked up in memory.
    pub(super) fn cached(&self) -> ResolveFlags {
        if self.is_kept() { ResolveFlags::CACHED.union(ResolveFlags::NO_XDEV) } else { ResolveFlags::CACHED }
    }

    pub(super) fn is_kept(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    /// A name leads to another mount: whether it may be opened all the same, and all others from now on.
    pub(super) fn may_leave(&self) -> bool {
        let may = !has_far_mounts();
        if may {
            self.0.store(false, Ordering::Relaxed);
        }
        may
    }
}

impl Root {
    /// From now on opens from memory do, or do not, give a file that somebody else may have to be asked for.
    pub(crate) fn keep_near(&self, near: bool) {
        self.near.0.store(near, Ordering::Relaxed);
    }

    /// Whether a directory can be opened without waiting for a device or for anybody; an empty name is the root.
    pub(crate) fn is_at_hand(&self, directory: &[u8]) -> bool {
        let name = if directory.is_empty() { b"." } else { directory };
        !self.walks() && self.open_with(name, HANDLE.union(OFlags::DIRECTORY), self.near.cached()).is_ok()
    }

    /// Whether the root, and `/` where names may begin there, is served by another machine or a program, as far as `is_far`
    /// says of a directory.
    pub(crate) fn begins_far(&self, is_far: impl Fn(std::os::fd::BorrowedFd<'_>) -> bool) -> bool {
        use std::os::fd::AsFd;
        let Some(directory) = &self.directory else { return true };
        let slash = || rustix::fs::open("/", HANDLE.union(OFlags::DIRECTORY), rustix::fs::Mode::empty());
        is_far(directory.as_fd()) || self.policy == Policy::Free && !slash().is_ok_and(|slash| !is_far(slash.as_fd()))
    }
}

#[cfg(all(test, not(checksig_portable)))]
mod tests {
    use super::*;

    #[test]
    fn a_file_of_another_mount_is_at_hand_only_where_nobody_else_serves_any() {
        // /proc is a mount of its own wherever there are tests.
        let root = Root::open_root("/".as_ref(), Policy::Free).unwrap();
        let open = || root.open_cached(b"/proc/self/status").is_some_and(|opened| opened.is_ok());
        if !open() {
            println!("NOT RUN: this Linux has no opens from memory");
            return;
        }
        root.keep_near(true);
        assert_eq!(open(), !has_far_mounts());
        root.keep_near(false);
        assert!(open());
    }
}
