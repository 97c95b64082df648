//! What Linux and a file system allow of one file: each way to read it that there is, tried once.
//!
//! Reads some bytes of the file and keeps none.

use std::os::fd::AsFd;

use rustix::io::Errno;

use super::disks::says_direct_align;
use super::manner::Manner;
use super::segment::Failure;
use super::{nowait, plain, residency};
use crate::root::OpenedFile;

/// What came of each.
#[derive(Debug)]
pub(crate) struct FileFound {
    /// Reads that must not wait.
    pub(crate) nowait: Result<(), Errno>,
    /// What of it is in memory.
    pub(crate) cachestat: Result<(), Errno>,
    /// Whether it is said how direct reads must be aligned.
    pub(crate) says_align: bool,
    /// Direct reads: what they must be aligned to, in bytes.
    pub(crate) direct: Result<usize, Errno>,
    /// Whether they are what a run would take for it.
    pub(crate) is_better_direct: bool,
}

/// Tries them on a file that has a byte at least.
pub(crate) fn examine(opened: &OpenedFile) -> FileFound {
    let file = opened.file.as_fd();
    let found = FileFound {
        nowait: nowait::probe(file),
        cachestat: residency::probe(file),
        says_align: says_direct_align(file),
        direct: Err(Errno::OPNOTSUPP),
        is_better_direct: false,
    };
    let manner = Manner { from_media: true, ..Manner::default() };
    // As a run would read it from the medium, and no further than the first piece.
    let read = plain::read_opened(opened, &manner, |_| false);
    let device = manner.devices.of(opened.file.as_fd(), opened.stamp);
    let direct = match (read, device.direct_align()) {
        (Ok(_), Some(align)) => Ok(align),
        (Err(Failure::Unreadable { errno, .. }), _) => Err(errno),
        _ => Err(Errno::OPNOTSUPP),
    };
    FileFound { is_better_direct: direct.is_ok() && device.direct_align().is_some(), direct, ..found }
}
