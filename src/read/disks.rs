//! What Linux says about the device that a file lies on, by statx(2), statfs(2) and sysfs: whether it turns, is far away, and takes
//! direct reads.
//!
//! Reads no file of the tree and remembers nothing.

use std::fs;
use std::os::fd::AsFd;
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, OFlags, StatxFlags};

use crate::limits;
use crate::readerkind::DeviceKind;

/// Whether there are direct reads, where a device takes them.
pub(crate) const HAS_DIRECT_READS: bool = true;

/// How a file is opened whose reads go past the page cache.
pub(super) const DIRECT: OFlags = OFlags::DIRECT;

/// The kind of the device that an open file or directory lies on.
pub(crate) fn kind_of(file: impl AsFd, number: u64) -> DeviceKind {
    match () {
        () if is_remote(file) => DeviceKind::Remote,
        () if is_rotating(number) => DeviceKind::Rotating,
        () => DeviceKind::Local,
    }
}

/// Whether another machine or a program serves the file system that an open file or directory lies on, or may: Linux does not
/// say what it is.
pub(crate) fn is_remote(file: impl AsFd) -> bool {
    #[allow(clippy::unnecessary_cast, reason = "the type of the number differs between machines")]
    let remote = |statfs: rustix::fs::StatFs| REMOTE.contains(&(statfs.f_type as u32));
    // Linux's own file systems all answer; a program may not.
    rustix::fs::fstatfs(file).map_or(true, remote)
}

/// How Linux names a device, as `lsblk` has it.
pub(super) fn name_of(number: u64) -> String {
    format!("{}:{}", rustix::fs::major(number), rustix::fs::minor(number))
}

/// Whether the file system of an open file keeps everything in memory: there is no device, though direct reads may be taken.
pub(super) fn is_memory(file: impl AsFd) -> bool {
    #[allow(clippy::unnecessary_cast, reason = "the type of the number differs between machines")]
    rustix::fs::fstatfs(file).is_ok_and(|statfs| IN_MEMORY.contains(&(statfs.f_type as u32)))
}

/// The numbers of file systems in memory (`linux/magic.h`).
const IN_MEMORY: [u32; 3] = [
    0x0102_1994, // tmpfs
    0x8584_58f6, // ramfs
    0x9584_58f6, // hugetlbfs
];

/// The numbers of file systems that ask another machine or a program (`linux/magic.h` and the sources of each).
const REMOTE: [u32; 11] = [
    0x6969,      // NFS
    0xff53_4d42, // CIFS
    0xfe53_4d42, // SMB2
    0x517b,      // SMB
    0x6573_5546, // FUSE
    0x0102_1997, // 9P
    0x00c3_6400, // Ceph
    0x6b41_4653, // AFS (kAFS)
    0x5346_414f, // AFS (OpenAFS)
    0x0bd0_0bd0, // Lustre
    0x4750_4653, // GPFS
];

/// Whether a block device says that it turns. Every virtio disk says so unless its host says otherwise, whatever it is made
/// of, so that one is not believed.
fn is_rotating(number: u64) -> bool {
    let Some(place) = block_device(number) else {
        return false;
    };
    let is_virtual = |part: &std::ffi::OsStr| part.as_encoded_bytes().starts_with(b"virtio");
    !place.iter().any(is_virtual) && queue_says(&place, "rotational").is_some_and(|text| text.starts_with('1'))
}

/// The scheduler of the queue of a block device, if it has one.
pub(crate) fn scheduler_of(number: u64) -> Option<String> {
    let text = queue_says(&block_device(number)?, "scheduler")?;
    // All that there are, and the one in use in brackets; where there is but one it stands alone.
    let (_, rest) = text.split_once('[').unwrap_or(("", &text));
    Some(rest.split([']', '\n']).next().unwrap_or(rest).to_owned())
}

/// Where sysfs has a block device.
fn block_device(number: u64) -> Option<PathBuf> {
    let (major, minor) = (rustix::fs::major(number), rustix::fs::minor(number));
    fs::canonicalize(format!("/sys/dev/block/{major}:{minor}")).ok()
}

/// What sysfs says of the queue of a block device. A partition has none of its own.
fn queue_says(place: &Path, what: &str) -> Option<String> {
    let read = |folder: &Path| fs::read_to_string(folder.join("queue").join(what)).ok();
    read(place).or_else(|| place.parent().and_then(read))
}

/// What Linux says that the offsets and lengths of direct reads of a file must be multiples of; 0: they are not taken, or
/// want memory that is aligned to more than our buffers are. Before 6.1 it does not say, and then a page will do wherever
/// they are taken.
pub(super) fn direct_align(file: impl AsFd) -> usize {
    let (memory, offset) = said_align(file).unwrap_or((limits::BUFFER_STAGGER_BYTES, limits::PAGE_BYTES));
    let will_do =
        offset.is_power_of_two() && offset <= limits::DIRECT_ALIGN_MAX && memory <= limits::BUFFER_STAGGER_BYTES;
    if will_do { offset } else { 0 }
}

/// What statx(2) says of the memory and the offsets of direct reads, if it says anything.
fn said_align(file: impl AsFd) -> Option<(usize, usize)> {
    let statx = rustix::fs::statx(file, c"", AtFlags::EMPTY_PATH, StatxFlags::DIOALIGN).ok()?;
    let says = statx.stx_mask & StatxFlags::DIOALIGN.bits() != 0;
    says.then_some((statx.stx_dio_mem_align as usize, statx.stx_dio_offset_align as usize))
}

/// Whether Linux says of a file how direct reads of it must be aligned.
pub(super) fn says_direct_align(file: impl AsFd) -> bool {
    said_align(file).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_no_disk_does_not_turn() {
        let proc = fs::File::open("/proc/self/status").unwrap();
        assert_eq!(kind_of(&proc, crate::root::stamp_of(&proc).unwrap().device), DeviceKind::Local);
    }
}
