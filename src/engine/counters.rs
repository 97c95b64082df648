//! The numbers of a run that grow while it goes on, written by every thread of it.
//!
//! Counts and adds up; decides nothing.

use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering};

use crate::hash::Kernel;
use crate::readerkind::{Origin, ReaderKind};
use crate::report::ReaderUse;

/// Numbers that grow while a run goes on.
#[derive(Default)]
pub(super) struct Counters {
    pub(super) files_planned: AtomicU64,
    pub(super) planned_all: AtomicBool,
    pub(super) files_done: AtomicU64,
    pub(super) files_failed: AtomicU64,
    pub(super) files_missing: AtomicU64,
    pub(super) bytes_done: AtomicU64,
    pub(super) files_sized: AtomicU64,
    pub(super) bytes_sized: AtomicU64,
    pub(super) manifest_bytes: AtomicU64,
    pub(super) excluded: AtomicU64,
    pub(super) formats: AtomicU8,
    /// Whether an audit has come to its second half, and names that it has met in the tree since.
    pub(super) walks: AtomicBool,
    pub(super) walked: AtomicU64,
    pub(super) workers: AtomicU64,
    by_kernel: [AtomicU64; Kernel::ALL.len()],
    by_reader: [[Total; Origin::ALL.len()]; ReaderKind::ALL.len()],
}

/// What one reader brought from one place.
#[derive(Default)]
struct Total {
    files: AtomicU64,
    bytes: AtomicU64,
}

/// What the readers of one worker have brought since it was last counted.
#[derive(Default)]
pub(super) struct Brought([[Sum; Origin::ALL.len()]; ReaderKind::ALL.len()]);

#[derive(Default)]
struct Sum {
    files: u64,
    bytes: u64,
}

impl Brought {
    /// Adds a file whose last byte this reader brought: one of the device if any byte of it had to come from there.
    pub(super) fn add(&mut self, reader: ReaderKind, bytes: u64, device_bytes: u64) {
        let [cache, device] = &mut self.0[reader as usize];
        cache.bytes += bytes - device_bytes;
        device.bytes += device_bytes;
        if device_bytes > 0 { device.files += 1 } else { cache.files += 1 }
    }
}

impl Counters {
    /// Counts files whose size has become known, and their bytes. Both may be numbers below 0 that have wrapped around.
    pub(super) fn learn_sizes(&self, (files, bytes): (u64, u64)) {
        if (files, bytes) != (0, 0) {
            self.files_sized.fetch_add(files, Ordering::Relaxed);
            self.bytes_sized.fetch_add(bytes, Ordering::Relaxed);
        }
    }

    /// Counts what the kernels have hashed of a worker's files.
    pub(super) fn count_kernels(&self, hashed_bytes: impl Fn(Kernel) -> u64) {
        for kernel in Kernel::ALL {
            self.by_kernel[kernel as usize].fetch_add(hashed_bytes(kernel), Ordering::Relaxed);
        }
    }

    /// The kernel that hashed the most, if any hashed anything.
    pub(super) fn kernel(&self) -> Option<Kernel> {
        let hashed = |kernel: &Kernel| self.by_kernel[*kernel as usize].load(Ordering::Relaxed);
        Kernel::ALL.into_iter().filter(|kernel| hashed(kernel) > 0).max_by_key(hashed)
    }

    /// Counts what a worker's readers have brought.
    pub(super) fn count_brought(&self, brought: &mut Brought) {
        for (total, brought) in self.by_reader.iter().flatten().zip(brought.0.iter_mut().flatten()) {
            if brought.files > 0 || brought.bytes > 0 {
                total.files.fetch_add(brought.files, Ordering::Relaxed);
                total.bytes.fetch_add(brought.bytes, Ordering::Relaxed);
                *brought = Sum::default();
            }
        }
    }

    /// What came by which reader, without those that brought nothing.
    pub(super) fn readers(&self) -> Vec<ReaderUse> {
        ReaderKind::ALL
            .into_iter()
            .map(|kind| {
                let of = |origin: Origin| {
                    let brought = &self.by_reader[kind as usize][origin as usize];
                    (brought.files.load(Ordering::Relaxed), brought.bytes.load(Ordering::Relaxed))
                };
                let ((files, bytes), (device_files, device_bytes)) = (of(Origin::Cache), of(Origin::Device));
                ReaderUse { kind, files: files + device_files, bytes: bytes + device_bytes, device_files, device_bytes }
            })
            .filter(|used| used.files > 0 || used.bytes > 0)
            .collect()
    }
}
