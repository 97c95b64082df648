//! The root: the directory that names are relative to, its policy, and the only opens and directory reads there are.
//!
//! Reads no file and judges none. A refusal is data for an outcome, never an error of the run.

mod components;
mod examine;
#[cfg_attr(checksig_portable, path = "root/portable.rs")]
mod lookup;
mod near;
mod policy;
mod siblings;
mod stamp;
mod streams;

pub(crate) use examine::{OPENAT2_INSTEAD, OPENAT2_REMEDY, probe_openat2};
pub(crate) use lookup::UNMARKED;
pub use policy::{Policy, UnknownPolicy};
pub(crate) use siblings::Siblings;
pub(crate) use stamp::{Stamp, stamp_of};

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use rustix::fs::{AtFlags, CWD, FileType, Mode, OFlags, Stat};
use rustix::io::Errno;

use self::components::{walk, walk_inside, walk_to_parent};
use self::lookup::{ResolveFlags, openat2};
use self::near::Near;
use self::streams::Streams;
use crate::filekind::FileKind;
use crate::limits;
use crate::relpath::RelPath;

/// A directory that names are relative to.
#[derive(Debug)]
pub(crate) struct Root {
    /// None: the current directory, as it is at each open.
    directory: Option<OwnedFd>,
    policy: Policy,
    /// Linux, or a sandbox, refuses openat2(2): names are walked component by component instead.
    walks: AtomicBool,
    /// Linux refused to leave a time of access as it was: reading leaves its mark.
    marks: AtomicBool,
    /// What is no regular file is read as well, and opened for it.
    streams: Option<Streams>,
    near: Near,
}

/// A regular file, open for reading, as it was when it was opened.
#[derive(Debug)]
pub(crate) struct OpenedFile {
    pub(crate) file: OwnedFd,
    pub(crate) stamp: Stamp,
}

/// Why a name was not opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// Nothing has the name.
    Missing,
    /// It is no regular file.
    NotRegular(FileKind),
    /// It leads out of the root.
    OutsideRoot,
    /// Linux said this.
    Errno(Errno),
}

/// One name in a directory.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct DirectoryEntry {
    pub(crate) name: Vec<u8>,
    pub(crate) kind: FileKind,
}

/// How files are opened: at once even if they are FIFOs, without becoming a terminal's owner, not for children.
const FILE: OFlags = OFlags::RDONLY.union(OFlags::CLOEXEC).union(OFlags::NONBLOCK).union(OFlags::NOCTTY);
const DIRECTORY: OFlags = OFlags::RDONLY.union(OFlags::CLOEXEC).union(OFlags::DIRECTORY);
/// A handle to name things by; on Linux it asks for no permission on the thing itself.
const HANDLE: OFlags = lookup::PATH.union(OFlags::CLOEXEC);

const INSIDE: ResolveFlags = ResolveFlags::BENEATH.union(ResolveFlags::NO_MAGICLINKS);
const BENEATH: ResolveFlags = INSIDE.union(ResolveFlags::NO_SYMLINKS);

impl Root {
    /// Opens the directory; the path is the caller's own, and links in it are followed.
    pub(crate) fn open_root(path: &Path, policy: Policy) -> Result<Root, Errno> {
        let directory = retry(|| rustix::fs::openat(CWD, path, HANDLE.union(OFlags::DIRECTORY), Mode::empty()))?;
        let (walks, marks) = (AtomicBool::new(!lookup::HAS_OPENAT2), AtomicBool::new(false));
        Ok(Root { directory: Some(directory), policy, walks, marks, streams: None, near: Near::default() })
    }

    /// The current directory as it is now, for names that may lead anywhere. Where it cannot be held open, as nobody
    /// but its owner may search it, absolute names can be opened all the same.
    pub(crate) fn current() -> Root {
        Root::open_root(Path::new("."), Policy::Free).unwrap_or(Root::wherever())
    }

    /// The current directory, whichever it is at each open.
    fn wherever() -> Root {
        let (walks, marks) = (AtomicBool::new(!lookup::HAS_OPENAT2), AtomicBool::new(false));
        Root { directory: None, policy: Policy::Free, walks, marks, streams: None, near: Near::default() }
    }

    /// The directory and the number of the device that it lies on, if it is held open.
    pub(crate) fn device(&self) -> Option<(BorrowedFd<'_>, u64)> {
        let directory = self.directory.as_ref()?.as_fd();
        stamp_of(directory).ok().map(|stamp| (directory, stamp.device))
    }

    /// Opens a regular file for reading.
    pub(crate) fn open(&self, name: &[u8]) -> Result<OpenedFile, Refusal> {
        self.refuse_stdin(name)?;
        self.refuse_fifo(name, ResolveFlags::empty())?;
        match self.unmarked(FILE, |flags| self.open_with(name, flags, ResolveFlags::empty())) {
            Ok(file) => self.take_regular(name, file),
            Err(refusal) => Err(self.explain(name, refusal)),
        }
    }

    /// Whether anything in the root itself has this name, of one component; a link has it wherever it leads.
    pub(crate) fn holds(&self, name: &str) -> bool {
        let root = self.directory.as_ref().map_or(CWD, |directory| directory.as_fd());
        rustix::fs::statat(root, name, AtFlags::SYMLINK_NOFOLLOW).err() != Some(Errno::NOENT)
    }

    /// Opens a regular file if its name can be looked up in memory; `None` where a device may have to be waited for.
    pub(crate) fn open_cached(&self, name: &[u8]) -> Option<Result<OpenedFile, Refusal>> {
        if self.walks() {
            return None;
        }
        if let Err(refusal) = self.refuse_stdin(name) {
            return Some(Err(refusal));
        }
        match self.nearby(|resolve| self.refuse_fifo(name, resolve)) {
            Ok(()) => {}
            Err(fifo @ Refusal::NotRegular(_)) => return Some(Err(fifo)),
            // The full open decides.
            Err(_) => return None,
        }
        match self.nearby(|resolve| self.unmarked(FILE, |flags| self.open_with(name, flags, resolve))) {
            Ok(file) => Some(self.take_regular(name, file)),
            // EINVAL: older than Linux 5.12, which knows no cached lookups. Either way the full open decides.
            Err(Refusal::Errno(Errno::AGAIN | Errno::INTR | Errno::INVAL)) => None,
            // No openat2; below a root the walk has stood in for it by now.
            Err(Refusal::Errno(Errno::NOSYS | Errno::PERM)) if self.policy == Policy::Free => None,
            Err(refusal) => Some(Err(self.explain(name, refusal))),
        }
    }

    /// The state of a regular file, without opening it for reading.
    pub(crate) fn stamp(&self, name: &[u8]) -> Result<Stamp, Refusal> {
        if !lookup::HAS_OPENAT2 {
            return self.stamp_by_name(name);
        }
        let flags = match self.policy {
            Policy::Beneath => HANDLE.union(OFlags::NOFOLLOW),
            // The same file that an open gives.
            Policy::Inside | Policy::Free => HANDLE,
        };
        let handle = self.open_with(name, flags, ResolveFlags::empty())?;
        regular(handle).map(|opened| opened.stamp)
    }

    /// The same without a handle, which elsewhere than on Linux can be had only of what may be opened: by its name in an open
    /// directory.
    fn stamp_by_name(&self, name: &[u8]) -> Result<Stamp, Refusal> {
        let root = self.directory.as_ref().map_or(CWD, |directory| directory.as_fd());
        let stat = if self.policy == Policy::Free {
            rustix::fs::statat(root, name, AtFlags::empty())?
        } else if self.policy == Policy::Inside {
            rustix::fs::fstat(self.open_with(name, HANDLE, ResolveFlags::empty())?)?
        } else {
            let path = RelPath::new(name).map_err(|_| Refusal::OutsideRoot)?;
            let (parent, last) = walk_to_parent(root, &path)?;
            let parent = parent.as_ref().map_or(root, |directory| directory.as_fd());
            let stat = rustix::fs::statat(parent, last, AtFlags::SYMLINK_NOFOLLOW)?;
            if kind_of(&stat) == FileKind::Symlink {
                return Err(Errno::LOOP.into());
            }
            stat
        };
        regular_stamp(&stat)
    }

    /// The size of a regular file, if Linux can tell it from memory: a hint for the order of work and nothing else.
    pub(crate) fn size_hint(&self, name: &[u8]) -> Option<u64> {
        if self.walks() {
            return None;
        }
        let handle = self.open_with(name, HANDLE, ResolveFlags::CACHED).ok()?;
        regular(handle).ok().map(|opened| opened.stamp.size_bytes)
    }

    /// What a name leads to, by the policy.
    pub(crate) fn kind_behind(&self, name: &[u8]) -> Result<FileKind, Refusal> {
        let handle = self.open_with(name, HANDLE, ResolveFlags::empty())?;
        Ok(kind_of(&rustix::fs::fstat(&handle)?))
    }

    /// Whether names are walked component by component, because Linux or a sandbox refuses openat2.
    pub(crate) fn walks(&self) -> bool {
        self.walks.load(Ordering::Relaxed)
    }

    /// The same where there is openat2 to be had: something refused it.
    pub(crate) fn was_refused_openat2(&self) -> bool {
        lookup::HAS_OPENAT2 && self.walks()
    }

    /// Whether reading changes times of access, because Linux has refused to leave one as it was.
    pub(crate) fn leaves_marks(&self) -> bool {
        UNMARKED.is_empty() || self.marks.load(Ordering::Relaxed)
    }

    /// The names in a directory, in no order; an empty name is the root. `.` and `..` are left out. No link leads to it,
    /// whatever the policy: nothing is listed twice.
    pub(crate) fn read_directory(&self, name: &[u8]) -> Result<Vec<DirectoryEntry>, Refusal> {
        let mut entries = Vec::new();
        self.read_some_of_directory(name, usize::MAX, &mut entries).map(|()| entries)
    }

    /// The same, for no more entries than `most`: with one more it is refused, and those that were read stand in `entries`.
    pub(crate) fn read_some_of_directory(
        &self,
        name: &[u8],
        most: usize,
        entries: &mut Vec<DirectoryEntry>,
    ) -> Result<(), Refusal> {
        let name = if name.is_empty() { b"." } else { name };
        let directory = self.unmarked(DIRECTORY, |flags| self.open_with(name, flags, ResolveFlags::NO_SYMLINKS))?;
        lookup::list(&directory, |name, kind| {
            if name == b"." || name == b".." {
                return Ok(());
            }
            if entries.len() == most {
                return Err(Refusal::Errno(Errno::OVERFLOW));
            }
            let kind = match kind {
                // Some file systems leave it to stat(2).
                FileType::Unknown => {
                    match rustix::fs::statat(&directory, name, AtFlags::SYMLINK_NOFOLLOW | lookup::NO_AUTOMOUNT) {
                        Ok(stat) => kind_of(&stat),
                        // Gone since the directory was read.
                        Err(Errno::NOENT) => return Ok(()),
                        Err(errno) => return Err(Refusal::Errno(errno)),
                    }
                }
                known => kind_of_type(known),
            };
            entries.push(DirectoryEntry { name: name.to_vec(), kind });
            Ok(())
        })
    }

    /// Opens a name by the policy.
    fn open_with(&self, name: &[u8], flags: OFlags, resolve: ResolveFlags) -> Result<OwnedFd, Refusal> {
        let directory = self.directory.as_ref().map_or(CWD, |directory| directory.as_fd());
        if self.policy == Policy::Free {
            let opened = if resolve.is_empty() {
                retry(|| rustix::fs::openat(directory, name, flags, Mode::empty()))
            } else {
                openat2(directory, name, flags, resolve)
            };
            return opened.map_err(Refusal::from);
        }
        let path = RelPath::new(name).map_err(|_| Refusal::OutsideRoot)?;
        let follows = self.policy == Policy::Inside && !resolve.contains(ResolveFlags::NO_SYMLINKS);
        let walk = if follows { walk_inside } else { walk };
        if self.walks() {
            return walk(directory, &path, flags).map_err(Refusal::from);
        }
        let confined = if follows { INSIDE } else { BENEATH };
        let call = || openat2(directory, name, flags, confined.union(resolve));
        // From memory or not at all: there EAGAIN is the answer and not an interruption.
        let opened = if resolve.contains(ResolveFlags::CACHED) { call() } else { retry(call) };
        match opened {
            // ENOSYS: older than Linux 5.6. EPERM: a sandbox that does not know the call; Linux itself gives it for
            // no open of ours but one with O_NOATIME, which is repeated without; and one file is no proof, so the walk is
            // tried and remembered only if it fares better.
            Err(Errno::PERM) if flags.contains(UNMARKED) => Err(Refusal::Errno(Errno::PERM)),
            Err(errno @ (Errno::NOSYS | Errno::PERM)) => {
                let walked = walk(directory, &path, flags);
                if errno == Errno::NOSYS || walked.is_ok() {
                    self.walks.store(true, Ordering::Relaxed);
                }
                walked.map_err(Refusal::from)
            }
            opened => opened.map_err(Refusal::from),
        }
    }

    /// Opens what is to be read so that its time of access stays as it is: reading is not to write to the disk that is
    /// looked at, and costs less so. Linux allows that to the owner of a file only. One refusal means that the next are
    /// likely, since most trees have one owner; so from then on nothing below the root is asked twice.
    fn unmarked(&self, flags: OFlags, open: impl Fn(OFlags) -> Result<OwnedFd, Refusal>) -> Result<OwnedFd, Refusal> {
        if self.marks.load(Ordering::Relaxed) {
            return open(flags);
        }
        match open(flags.union(UNMARKED)) {
            Err(Refusal::Errno(Errno::PERM)) => {
                let walked = self.walks();
                let opened = open(flags);
                // Where the walk came in between, it was openat2 that was refused.
                if opened.is_ok() && walked == self.walks() {
                    self.marks.store(true, Ordering::Relaxed);
                }
                opened
            }
            opened => opened,
        }
    }

    /// Says that a socket or a device without a driver is no regular file, where the open could only say an errno: ENXIO, or
    /// elsewhere EOPNOTSUPP.
    fn explain(&self, name: &[u8], refusal: Refusal) -> Refusal {
        if !matches!(refusal, Refusal::Errno(Errno::NXIO | Errno::NODEV | Errno::OPNOTSUPP)) {
            return refusal;
        }
        match self.stamp(name) {
            Err(not_regular @ Refusal::NotRegular(_)) => not_regular,
            _ => refusal,
        }
    }
}

/// Opens a file that the caller named, a manifest say: anywhere, through links, if it is a regular file.
pub(crate) fn open_anywhere(path: &Path) -> Result<OpenedFile, Refusal> {
    Root::wherever().open(path.as_os_str().as_bytes())
}

/// Repeats a call that a signal or a rename got in the way of: EAGAIN is what openat2 gives when it cannot tell, in a
/// tree that is being renamed, that a name stays below the root.
fn retry<T>(mut call: impl FnMut() -> Result<T, Errno>) -> Result<T, Errno> {
    let mut tries_left = limits::OPEN_TRIES_MAX;
    loop {
        match call() {
            Err(Errno::INTR | Errno::AGAIN) if tries_left > 1 => tries_left -= 1,
            result => return result,
        }
    }
}

fn regular(file: OwnedFd) -> Result<OpenedFile, Refusal> {
    let stat = rustix::fs::fstat(&file)?;
    regular_stamp(&stat).map(|stamp| OpenedFile { stamp, file })
}

fn regular_stamp(stat: &Stat) -> Result<Stamp, Refusal> {
    match kind_of(stat) {
        FileKind::Regular => Ok(Stamp::new(stat)),
        kind => Err(Refusal::NotRegular(kind)),
    }
}

impl From<Errno> for Refusal {
    fn from(errno: Errno) -> Refusal {
        match errno {
            Errno::NOENT => Refusal::Missing,
            Errno::XDEV => Refusal::OutsideRoot,
            errno => Refusal::Errno(errno),
        }
    }
}

fn kind_of(stat: &Stat) -> FileKind {
    kind_of_type(FileType::from_raw_mode(stat.st_mode))
}

fn kind_of_type(kind: FileType) -> FileKind {
    match kind {
        FileType::RegularFile => FileKind::Regular,
        FileType::Directory => FileKind::Directory,
        FileType::Symlink => FileKind::Symlink,
        FileType::Fifo => FileKind::Fifo,
        FileType::Socket => FileKind::Socket,
        FileType::CharacterDevice => FileKind::CharDevice,
        FileType::BlockDevice => FileKind::BlockDevice,
        _ => FileKind::Unknown,
    }
}

#[cfg(test)]
mod tests;
