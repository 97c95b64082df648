//! The state of a new run, made from what its caller chose.
//!
//! Starts nothing: it only sees that the run can have what it was asked to use.

use std::sync::Arc;

use super::asked::no_queue_depth;
use super::means::first_kernels;
use super::options::Resources;
use super::shared::Shared;
use crate::error::Error;
use crate::hash::KernelChoice;
use crate::limits;
use crate::read::{HAS_DIRECT_READS, probe};
use crate::readerkind::{ReaderChoice, ReaderKind};
use crate::root::Root;

/// The state of a new run, after seeing that it can have what it was asked to use.
pub(super) fn share(root: Root, resources: Resources, ordered: bool) -> Result<Arc<Shared>, Error> {
    check(&resources)?;
    let kernels = first_kernels(resources.kernel)?;
    if kernels.are_wrong() {
        return Err(Error::Internal("no SHA-1 kernel gives the right digest on this CPU".to_owned()));
    }
    let shared = Shared::new(root, kernels, resources, ordered);
    shared.note_wrong(shared.kernels());
    if let ReaderChoice::Forced(kind) = shared.resources.reader {
        shared.note_reason(format!("reader {kind}: asked for by name"));
    }
    if let KernelChoice::Forced(kernel) = shared.resources.kernel {
        shared.note_reason(format!("kernel {kernel}: asked for by name"));
    }
    no_queue_depth(&shared.resources).into_iter().for_each(|reason| shared.note_reason(reason));
    Ok(Arc::new(shared))
}

/// Refuses what cannot be had, or not together.
fn check(resources: &Resources) -> Result<(), Error> {
    if let Some(bytes) = resources.memory_bytes.filter(|bytes| *bytes < limits::MEMORY_BYTES_MIN) {
        return Err(Error::MemoryTooSmall { bytes });
    }
    if let Some(depth) = resources.queue_depth.filter(|depth| depth.get() > limits::QUEUE_DEPTH_MAX) {
        return Err(Error::QueueDepthTooLarge { depth: depth.get() });
    }
    match resources.reader {
        ReaderChoice::Forced(kind @ (ReaderKind::Cached | ReaderKind::Mmap)) if resources.from_media => {
            Err(Error::NotFromMedia { kind })
        }
        reader if resources.from_media && !HAS_DIRECT_READS => {
            let kind = if let ReaderChoice::Forced(kind) = reader { kind } else { ReaderKind::Pread };
            let reason = "this build cannot read past the page cache, and so not from the device itself".to_owned();
            Err(Error::ReaderUnavailable { kind, reason })
        }
        ReaderChoice::Forced(kind @ ReaderKind::Uring) => {
            probe().map_err(|refused| Error::ReaderUnavailable { kind, reason: refused.to_string() })
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroUsize;

    use super::*;
    use crate::engine::means::Means;

    #[test]
    fn what_a_run_may_use_is_within_the_limits() {
        let shared = |resources| share(Root::current(), resources, true);
        let most = shared(Resources { workers: NonZeroUsize::new(usize::MAX), ..Resources::default() }).unwrap();
        most.equip(Means::find_out(&most.root, &most.resources).unwrap());
        assert_eq!(most.workers_max(), limits::WORKERS_MAX);
        let depth = |depth| shared(Resources { queue_depth: NonZeroUsize::new(depth), ..Resources::default() });
        assert!(depth(limits::QUEUE_DEPTH_MAX).is_ok());
        let too_large = depth(limits::QUEUE_DEPTH_MAX + 1).map(drop);
        assert!(matches!(too_large, Err(Error::QueueDepthTooLarge { depth }) if depth == limits::QUEUE_DEPTH_MAX + 1));
        let memory = |bytes| shared(Resources { memory_bytes: Some(bytes), ..Resources::default() });
        assert!(memory(limits::MEMORY_BYTES_MIN).is_ok());
        let too_small = memory(limits::MEMORY_BYTES_MIN - 1).map(drop);
        assert!(matches!(too_small, Err(Error::MemoryTooSmall { bytes }) if bytes == limits::MEMORY_BYTES_MIN - 1));
    }

    #[test]
    fn a_reader_of_the_page_cache_is_no_reader_of_the_medium() {
        for kind in ReaderKind::ALL {
            let resources = Resources { reader: ReaderChoice::Forced(kind), from_media: true, ..Resources::default() };
            let reads_the_cache = matches!(kind, ReaderKind::Cached | ReaderKind::Mmap);
            let refused = matches!(check(&resources), Err(Error::NotFromMedia { kind: refused }) if refused == kind);
            assert_eq!(refused, reads_the_cache, "{kind}");
        }
    }
}
