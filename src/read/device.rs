//! What is known of the devices that files lie on, learnt once for each: what they are, and whether direct reads are
//! taken.
//!
//! Reads no file of the tree; `disks` asks Linux.

use std::os::fd::BorrowedFd;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use rustix::io::Errno;

use super::claims::Claims;
use super::disks::{HAS_DIRECT_READS, direct_align, is_memory, kind_of, name_of};
use crate::limits;
use crate::readerkind::DeviceKind;
use crate::root::Stamp;

/// One device.
#[derive(Debug)]
pub(crate) struct Device {
    kind: DeviceKind,
    is_memory: bool,
    /// What direct reads must be aligned to; 0 where they are not taken, or not worth it. It is what the first file says, and
    /// others may differ: a hint for where the page cache will do.
    direct_align: AtomicUsize,
    /// Why they are not.
    refused: OnceLock<NoDirect>,
    /// A file came through the page cache for it.
    was_missed: AtomicBool,
}

/// Why cold files of a device come through the page cache.
#[derive(Debug, thiserror::Error)]
enum NoDirect {
    #[error("it is served by another machine or a program, which may answer direct reads in part")]
    Remote,
    #[error("Linux says that it takes no direct reads that suit our buffers")]
    Unsuited,
    #[error("Linux refuses direct reads ({0})")]
    Refused(Errno),
}

/// The devices that a run has met.
#[derive(Debug, Default)]
pub(crate) struct Devices {
    met: Mutex<Vec<(u64, Arc<Device>)>>,
    /// Files on them that are being read through the page cache.
    pub(super) claims: Arc<Claims>,
}

impl Devices {
    /// The device that a file lies on.
    pub(super) fn of(&self, file: BorrowedFd<'_>, stamp: Stamp) -> Arc<Device> {
        let number = stamp.device;
        let mut met = self.met.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, device)) = met.iter().find(|(other, _)| *other == number) {
            return Arc::clone(device);
        }
        // Another machine or a program may answer less than it was asked for, and then is asked for less by whole sectors.
        let kind = kind_of(file, number);
        let (align, why) = match kind {
            DeviceKind::Remote => (0, NoDirect::Remote),
            _ => (direct_align(file), NoDirect::Unsuited),
        };
        let refused = if align == 0 { OnceLock::from(why) } else { OnceLock::new() };
        let device = Arc::new(Device {
            kind,
            is_memory: is_memory(file),
            direct_align: AtomicUsize::new(align),
            refused,
            was_missed: AtomicBool::new(false),
        });
        if met.len() < limits::DEVICES_MAX {
            met.push((number, Arc::clone(&device)));
        }
        device
    }

    /// What the report should say: a line for each device of which files came through the page cache that would not have.
    pub(super) fn reasons(&self) -> Vec<String> {
        let met = self.met.lock().unwrap_or_else(PoisonError::into_inner);
        let missed = met.iter().filter(|(_, device)| device.was_missed.load(Ordering::Relaxed));
        missed
            .filter_map(|(number, device)| {
                let (name, why) = (name_of(*number), device.refused.get()?);
                Some(format!("device {name}: what is not cached comes through the page cache, since {why}"))
            })
            .collect()
    }
}

/// A device of whose files no read is to be had that must not wait: they are read plainly once Linux says that they are in
/// memory. (One file to which such reads are forbidden makes its device one of these; that costs a question a file.)
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct AskedFirst {
    pub(super) device: u64,
    /// There is nothing behind its memory that a page could have to come from.
    pub(super) is_memory: bool,
}

#[cfg(test)]
impl Devices {
    /// Takes a device for one of this kind, whatever Linux says.
    pub(crate) fn pretend(&self, number: u64, kind: DeviceKind) {
        let device = Device {
            kind,
            is_memory: false,
            direct_align: AtomicUsize::new(0),
            refused: OnceLock::from(NoDirect::Remote),
            was_missed: AtomicBool::new(false),
        };
        self.met.lock().unwrap().push((number, Arc::new(device)));
    }
}

impl Device {
    /// Whether its files are nowhere but in memory (tmpfs).
    pub(super) fn is_memory(&self) -> bool {
        self.is_memory
    }

    /// What direct reads must be aligned to, in bytes; `None` where they are not taken, or not worth it where nobody has asked
    /// for them.
    pub(crate) fn direct_align(&self) -> Option<usize> {
        Some(self.direct_align.load(Ordering::Relaxed)).filter(|&align| align > 0)
    }

    /// Whether another machine or a program serves it.
    pub(super) fn is_remote(&self) -> bool {
        self.kind == DeviceKind::Remote
    }

    /// Notes that direct reads are not taken after all.
    pub(super) fn refuse_direct(&self, errno: Errno) {
        self.direct_align.store(0, Ordering::Relaxed);
        self.refused.get_or_init(|| NoDirect::Refused(errno));
    }

    /// Notes that a file came through the page cache which would have come past it.
    pub(super) fn tell_if_refused(&self) {
        // A build without such reads misses none.
        self.was_missed.store(HAS_DIRECT_READS, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use std::os::fd::AsFd;

    use crate::root::{OpenedFile, Policy, Root};

    #[test]
    fn a_device_is_asked_once_and_remembers_what_it_refused() {
        let tree = tempfile::tempdir().unwrap();
        fs::write(tree.path().join("f"), "f").unwrap();
        let opened = Root::open_root(tree.path(), Policy::Beneath).unwrap().open(b"f").unwrap();
        let devices = Devices::default();
        let of = |opened: &OpenedFile| devices.of(opened.file.as_fd(), opened.stamp);
        let device = of(&opened);
        device.refuse_direct(Errno::INVAL);
        assert_eq!(of(&opened).direct_align(), None);
        assert!(Arc::ptr_eq(&device, &of(&opened)));
        assert_eq!(devices.reasons(), [""; 0], "nothing was missed");
        device.tell_if_refused();
        let reasons = devices.reasons();
        assert_eq!(reasons.len(), usize::from(HAS_DIRECT_READS));
        let is_told = |reason: &String| reason.starts_with("device ") && reason.contains("page cache, since");
        assert!(reasons.iter().all(is_told), "{reasons:?}");
    }
}
