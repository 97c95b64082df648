//! What a run has to go by once it has threads of its own, and what it may take before it has any.
//!
//! To find these things out takes longer than a few small files: reading the quota of the control group, asking sysfs about
//! the disk, measuring the kernels. So a run is begun without, and gets them when its work turns out not to be small.

use std::time::Duration;

use super::descriptors::descriptors_max;
use super::memory;
use super::options::Resources;
use super::softlimit::{Limited, soft_limit};
use crate::hash::{KernelChoice, KernelUnavailable, Kernels};
use crate::limits;
use crate::read::kind_of;
use crate::readerkind::DeviceKind;
use crate::root::Root;

/// What the threads of a run go by.
pub(super) struct Means {
    /// The kernels that were asked for, or those that are the fastest.
    pub(super) kernels: Kernels,
    /// What the root lies on.
    pub(super) device: DeviceKind,
    /// Workers that there may be, those that there would be if memory allowed it, and files that each may have in progress.
    pub(super) workers_max: usize,
    pub(super) workers_wanted: usize,
    pub(super) files_per_worker: usize,
    /// Descriptors that this process may have.
    pub(super) descriptors_max: u64,
    /// Bytes of all buffers, if they are limited: as was asked for, and no more than a part of the address space that this
    /// process may have.
    pub(super) memory_bytes: Option<u64>,
}

impl Means {
    /// Asks Linux, and measures the kernels where that has not been done.
    pub(super) fn find_out(root: &Root, resources: &Resources) -> Result<Means, KernelUnavailable> {
        Ok(Means::with(root, resources, Kernels::choose(resources.kernel)?, resources.workers_at_most()))
    }

    /// The same, where kernels and workers are known.
    pub(super) fn with(root: &Root, resources: &Resources, kernels: Kernels, workers_wanted: usize) -> Means {
        let descriptors_max = descriptors_max();
        let addresses = soft_limit(Limited::Addresses).ok().flatten().map(buffers_in);
        let memory_bytes = resources.memory_bytes.into_iter().chain(addresses).min();
        let workers_max = workers_wanted.min(memory::workers_max(memory_bytes));
        Means {
            kernels,
            device: root.device().map_or(DeviceKind::Local, |(directory, number)| kind_of(directory, number)),
            workers_max,
            workers_wanted,
            files_per_worker: limits::files_per_worker(workers_max, descriptors_max),
            descriptors_max,
            memory_bytes,
        }
    }
}

/// Bytes of buffers that a process with so large an address space is to have: stacks, maps and whatever else there is need
/// theirs, and huge pages begin at multiples of their size.
fn buffers_in(address_bytes: u64) -> u64 {
    (address_bytes / limits::ADDRESSES_PER_BUFFER_BYTE).max(limits::MEMORY_BYTES_MIN)
}

/// The kernels of a run that has no threads yet: those that were asked for, or what is at hand.
pub(super) fn first_kernels(choice: KernelChoice) -> Result<Kernels, KernelUnavailable> {
    match choice {
        KernelChoice::Auto => Ok(Kernels::at_hand()),
        forced => Kernels::choose(forced),
    }
}

/// What a run may take while its caller does it alone; beyond any of these it gets threads.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bounds {
    /// Lines of the manifest, names of the list, or things in the tree.
    pub(super) files: usize,
    /// Bytes of the files that have been begun.
    pub(super) bytes: u64,
    /// From its first step on: whatever takes longer than it should is not to hold its caller up.
    pub(super) time: Duration,
}

#[cfg(test)]
thread_local! {
    /// What runs that are begun by this thread may take, where a test says so.
    pub(super) static BOUNDS: std::cell::Cell<Option<Bounds>> = const { std::cell::Cell::new(None) };
}

impl Default for Bounds {
    fn default() -> Bounds {
        #[cfg(test)]
        if let Some(bounds) = BOUNDS.get() {
            return bounds;
        }
        Bounds {
            files: limits::SMALL_FILES_MAX,
            bytes: limits::SMALL_BYTES_MAX,
            time: Duration::from_millis(limits::SMALL_MS_MAX),
        }
    }
}
