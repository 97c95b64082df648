//! The state of a file, by which one that was written to meanwhile is known.
//!
//! Opens nothing.

use std::os::fd::AsFd;

use rustix::fs::Stat;
use rustix::io::Errno;

/// What tells one state of a file from another without reading it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stamp {
    pub(crate) device: u64,
    pub(crate) inode: u64,
    pub(crate) size_bytes: u64,
    modified: (i64, i64),
    changed: (i64, i64),
}

/// The state of an open file.
pub(crate) fn stamp_of(file: impl AsFd) -> Result<Stamp, Errno> {
    rustix::fs::fstat(file).map(|stat| Stamp::new(&stat))
}

impl Stamp {
    #[allow(clippy::unnecessary_cast, reason = "the types of stat's members differ between machines")]
    pub(super) fn new(stat: &Stat) -> Stamp {
        Stamp {
            device: stat.st_dev as u64,
            inode: stat.st_ino as u64,
            size_bytes: stat.st_size as u64,
            modified: (stat.st_mtime as i64, stat.st_mtime_nsec as i64),
            changed: (stat.st_ctime as i64, stat.st_ctime_nsec as i64),
        }
    }
}
