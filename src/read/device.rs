//! What is known of the devices that files lie on, learnt once for each: what they are, and whether direct reads are
//! taken.
//!
//! Reads no file of the tree; `disks` asks Linux.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use super::disks::{direct_align, kind_of};
use crate::limits;
use crate::root::OpenedFile;

/// What kind of device it is, as far as the choice of a reader goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(checksig_portable, allow(dead_code, reason = "nobody says which it is there"))]
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

#[cfg(test)]
impl Devices {
    /// Takes a device for one of this kind, whatever Linux says.
    pub(crate) fn pretend(&self, number: u64, kind: DeviceKind) {
        let device = Device { kind, direct_align: AtomicUsize::new(0) };
        self.met.lock().unwrap().push((number, Arc::new(device)));
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
        !self.is_remote()
    }

    /// Whether another machine or a program serves it.
    pub(super) fn is_remote(&self) -> bool {
        self.kind == DeviceKind::Remote
    }

    /// Notes that direct reads are not taken after all.
    pub(crate) fn refuse_direct(&self) {
        self.direct_align.store(0, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

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
}
