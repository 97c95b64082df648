//! What is known of the devices that files lie on, learnt once for each: what they are, and whether direct reads are
//! taken.
//!
//! Reads no file of the tree; asks Linux by statx(2), statfs(2) and sysfs.

use std::fs;
use std::os::fd::AsFd;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use rustix::fs::{AtFlags, StatxFlags};

use crate::limits;
use crate::root::OpenedFile;

/// What kind of device it is, as far as the choice of a reader goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DeviceKind {
    /// A disk of this machine, or what Linux says nothing more about: many reads at a time.
    Local,
    /// One disk that turns: in the order of its surface.
    Rotating,
    /// Another machine, or a program: FUSE and network file systems. Each read may hang, and an open as well.
    Remote,
}

/// One device.
#[derive(Debug)]
pub(crate) struct Device {
    kind: DeviceKind,
    /// What direct reads must be aligned to; 0 where they are not taken.
    direct_align: AtomicUsize,
}

/// The devices that a run has met.
#[derive(Debug, Default)]
pub(crate) struct Devices {
    met: Mutex<Vec<(u64, Arc<Device>)>>,
}

impl Devices {
    /// The device that a file lies on.
    pub(crate) fn of(&self, opened: &OpenedFile) -> Arc<Device> {
        let number = opened.stamp.device;
        let mut met = self.met.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, device)) = met.iter().find(|(other, _)| *other == number) {
            return Arc::clone(device);
        }
        let kind = kind_of(&opened.file, number);
        let device = Arc::new(Device { kind, direct_align: AtomicUsize::new(direct_align(&opened.file)) });
        if met.len() < limits::DEVICES_MAX {
            met.push((number, Arc::clone(&device)));
        }
        device
    }
}

impl Device {
    /// What direct reads must be aligned to, in bytes; `None` where they are not taken.
    pub(crate) fn direct_align(&self) -> Option<usize> {
        Some(self.direct_align.load(Ordering::Relaxed)).filter(|&align| align > 0)
    }

    /// Whether reading past the page cache is worth it where nobody asked for it: another machine or a program may answer less
    /// than it was asked for, and is asked for less by whole sectors.
    pub(super) fn is_better_direct(&self) -> bool {
        self.kind != DeviceKind::Remote
    }

    /// Notes that direct reads are not taken after all.
    pub(crate) fn refuse_direct(&self) {
        self.direct_align.store(0, Ordering::Relaxed);
    }
}

/// The kind of the device that an open file or directory lies on.
pub(crate) fn kind_of(file: impl AsFd, number: u64) -> DeviceKind {
    match rustix::fs::fstatfs(&file) {
        #[allow(clippy::unnecessary_cast, reason = "the type of the number differs between machines")]
        Ok(statfs) if REMOTE.contains(&(statfs.f_type as u32)) => DeviceKind::Remote,
        // Linux's own file systems all answer; a program may not.
        Err(_) => DeviceKind::Remote,
        _ if is_rotating(number) => DeviceKind::Rotating,
        _ => DeviceKind::Local,
    }
}

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
    let (major, minor) = (rustix::fs::major(number), rustix::fs::minor(number));
    let Ok(place) = fs::canonicalize(format!("/sys/dev/block/{major}:{minor}")) else {
        return false;
    };
    let is_virtual = |part: &std::ffi::OsStr| part.as_encoded_bytes().starts_with(b"virtio");
    let says = |folder: &Path| fs::read(folder.join("queue/rotational")).is_ok_and(|text| text.starts_with(b"1"));
    // A partition has no queue of its own.
    !place.iter().any(is_virtual) && (says(&place) || place.parent().is_some_and(says))
}

/// What Linux says that the offsets and lengths of direct reads of a file must be multiples of; 0: they are not taken, or
/// want memory that is aligned to more than our buffers are. Before 6.1 it does not say, and then a page will do wherever
/// they are taken.
fn direct_align(file: impl AsFd) -> usize {
    let (memory, offset) = match rustix::fs::statx(file, c"", AtFlags::EMPTY_PATH, StatxFlags::DIOALIGN) {
        Ok(statx) if statx.stx_mask & StatxFlags::DIOALIGN.bits() != 0 => {
            (statx.stx_dio_mem_align as usize, statx.stx_dio_offset_align as usize)
        }
        _ => (limits::BUFFER_STAGGER_BYTES, limits::PAGE_BYTES),
    };
    let will_do =
        offset.is_power_of_two() && offset <= limits::DIRECT_ALIGN_MAX && memory <= limits::BUFFER_STAGGER_BYTES;
    if will_do { offset } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::root::{Policy, Root};

    #[test]
    fn a_device_is_asked_once_and_remembers_what_it_refused() {
        let tree = tempfile::tempdir().unwrap();
        fs::write(tree.path().join("f"), "f").unwrap();
        let opened = Root::open_root(tree.path(), Policy::Beneath).unwrap().open(b"f").unwrap();
        let devices = Devices::default();
        let device = devices.of(&opened);
        device.refuse_direct();
        assert_eq!(devices.of(&opened).direct_align(), None);
        assert!(Arc::ptr_eq(&device, &devices.of(&opened)));
    }

    #[test]
    fn what_has_no_disk_does_not_turn() {
        let proc = fs::File::open("/proc/self/status").unwrap();
        assert_eq!(kind_of(&proc, crate::root::stamp_of(&proc).unwrap().device), DeviceKind::Local);
    }
}
