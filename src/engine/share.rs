//! The state of a new run, made from what its caller chose.
//!
//! Starts nothing: it only sees that the run can have what it was asked to use.

use std::num::NonZeroUsize;
use std::sync::Arc;

use super::options::Resources;
use super::shared::Shared;
use crate::error::Error;
use crate::hash::{KernelChoice, Kernels};
use crate::limits;
use crate::read::probe;
use crate::readerkind::{ReaderChoice, ReaderKind};
use crate::root::Root;

const QUEUE_DEPTH_MAX: NonZeroUsize = NonZeroUsize::new(limits::QUEUE_DEPTH_MAX).unwrap();

/// The state of a new run, after seeing that it can have what it was asked to use. What it may use is within the limits
/// from here on.
pub(super) fn share(root: Root, mut resources: Resources, ordered: bool) -> Result<Arc<Shared>, Error> {
    check(&resources)?;
    resources.queue_depth = resources.queue_depth.map(|depth| depth.min(QUEUE_DEPTH_MAX));
    let kernels = Kernels::choose(resources.kernel)?;
    if kernels.are_wrong() {
        return Err(Error::Internal("no SHA-1 kernel gives the right digest on this CPU".to_owned()));
    }
    // Both CPU affinity and the cgroup's CPU quota are in this number.
    let workers = resources.workers.or_else(|| std::thread::available_parallelism().ok()).map_or(1, NonZeroUsize::get);
    let shared = Shared::new(root, kernels, resources, workers.min(limits::WORKERS_MAX), ordered);
    for wrong in shared.kernels.wrong() {
        shared.note_reason(format!(
            "kernel {wrong}: left out, since it gave a wrong digest on this CPU; if another machine has no such complaint, \
             this CPU or its memory is failing"
        ));
    }
    if let ReaderChoice::Forced(kind) = shared.resources.reader {
        shared.note_reason(format!("reader {kind}: asked for by name"));
    }
    if let KernelChoice::Forced(kernel) = shared.resources.kernel {
        shared.note_reason(format!("kernel {kernel}: asked for by name"));
    }
    Ok(Arc::new(shared))
}

/// Refuses what cannot be had, or not together.
fn check(resources: &Resources) -> Result<(), Error> {
    if let Some(bytes) = resources.memory_bytes.filter(|bytes| *bytes < limits::MEMORY_BYTES_MIN) {
        return Err(Error::MemoryTooSmall { bytes });
    }
    match resources.reader {
        ReaderChoice::Forced(kind @ (ReaderKind::Cached | ReaderKind::Mmap)) if resources.from_media => {
            Err(Error::NotFromMedia { kind })
        }
        ReaderChoice::Forced(kind @ ReaderKind::Uring) => {
            probe().map_err(|refused| Error::ReaderUnavailable { kind, reason: refused.to_string() })
        }
        _ => Ok(()),
    }
}
