//! Opens from memory that keep to the mounts which no other machine and no program serves, for a thread that must not wait
//! for either.
//!
//! Opens nothing itself.

use std::sync::atomic::{AtomicBool, Ordering};

use rustix::fs::OFlags;
use rustix::io::Errno;

use super::lookup::{ResolveFlags, has_far_mounts};
use super::{HANDLE, Policy, Refusal, Root};

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

    /// Whether they keep to it.
    pub(super) fn is_kept(&self) -> bool {
        self.0.load(Ordering::Relaxed)
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
        let flags = HANDLE.union(OFlags::DIRECTORY);
        !self.walks() && self.nearby(|resolve| self.open_with(name, flags, resolve)).is_ok()
    }

    /// Opens from memory. Where that leads to another mount, which Linux says by the same errno as that a name is not in
    /// memory, it is done all the same, and from now on, if there is no mount that somebody else serves.
    pub(super) fn nearby<T>(&self, open: impl Fn(ResolveFlags) -> Result<T, Refusal>) -> Result<T, Refusal> {
        let opened = open(self.near.cached());
        let may_have_left = matches!(opened, Err(Refusal::Errno(Errno::AGAIN) | Refusal::OutsideRoot));
        if !may_have_left || !self.near.is_kept() {
            return opened;
        }
        if has_far_mounts() {
            return Err(Errno::AGAIN.into());
        }
        self.keep_near(false);
        open(self.near.cached())
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
