//! Why a run took less than it was asked to take: one reason for each thing, in words for its report.
//!
//! Chooses nothing: what is taken, others have decided by then.

use super::means::Means;
use super::options::Resources;
use super::readers::Team;
use super::readers::ladder::Rung;
use crate::limits;
use crate::readerkind::{ReaderChoice, ReaderKind};

const FED: &str = "the memory of all buffers feeds no more; --memory bounds it, and a limit on addresses (ulimit -v)";

/// Workers, after the run, where there may be no more of them. Each is started when there is work for it: where there was no
/// more work, nothing was refused.
pub(super) fn fewer_workers(resources: &Resources, workers: usize) -> Option<String> {
    let asked = resources.workers?.get();
    let is_bound = workers == limits::WORKERS_MAX && asked > workers;
    is_bound.then(|| format!("workers {workers} of {asked}: a run has no more"))
}

/// The queue depth, before the run, of a reader that has none.
pub(super) fn no_queue_depth(resources: &Resources) -> Option<String> {
    let asked = resources.queue_depth?;
    match resources.reader {
        ReaderChoice::Forced(kind @ (ReaderKind::Pread | ReaderKind::Mmap)) => Some(format!(
            "queue depth {asked}: without effect, as with the reader {kind} each worker waits for one read"
        )),
        _ => None,
    }
}

/// Reads in flight, once it is known which readers there will be.
pub(super) fn fewer_reads(resources: &Resources, team: Team, rung: &Rung) -> Option<String> {
    let asked = resources.queue_depth?.get();
    let reads = rung.reads();
    if reads >= asked {
        return None;
    }
    Some(match team {
        Team::Remote if reads == limits::REMOTE_READERS => {
            format!(
                "queue depth {reads} of {asked}: files on a network file system or FUSE have no more readers of their own"
            )
        }
        _ => format!("queue depth {reads} of {asked}: {FED}"),
    })
}

/// Memory of all buffers, where the addresses of the process leave less of it, and workers, where that feeds fewer.
pub(super) fn less_memory(resources: &Resources, means: &Means) -> Vec<String> {
    let mib = |bytes: u64| bytes as f64 / f64::from(1 << 20);
    let mut reasons = Vec::new();
    if let (Some(asked), Some(bytes)) = (resources.memory_bytes, means.memory_bytes)
        && bytes < asked
    {
        let (bytes, asked) = (mib(bytes), mib(asked));
        reasons.push(format!(
            "memory {bytes:.1} of {asked:.1} MiB: the limit on addresses (ulimit -v) leaves no more for buffers"
        ));
    }
    let (workers, wanted) = (means.workers_max, means.workers_wanted);
    if workers < wanted {
        reasons.push(format!("workers {workers} of {wanted}: {FED}"));
    }
    reasons
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroUsize;

    use super::*;
    use crate::read::ReaderRoom;

    #[test]
    fn fewer_workers_have_one_reason() {
        let reason = |asked, workers| {
            let resources = Resources { workers: NonZeroUsize::new(asked), ..Resources::default() };
            fewer_workers(&resources, workers).unwrap_or_default()
        };
        assert_eq!([reason(4, 4), reason(0, 1), reason(1024, limits::WORKERS_MAX)], [""; 3]);
        // Where memory or Linux allowed no more, that has been told; where there was no work for more, nothing was refused.
        assert_eq!([reason(4, 2), reason(4, 3)], [""; 2]);
        assert_eq!(reason(9999, limits::WORKERS_MAX), "workers 1024 of 9999: a run has no more");
    }

    #[test]
    fn so_has_a_queue_depth_that_is_not_to_be_had() {
        let reason = |depth, team, readers, large_buffers, reads| {
            let resources = Resources { queue_depth: NonZeroUsize::new(depth), ..Resources::default() };
            let room = ReaderRoom { small_buffers: 0, large_buffers, reads };
            let rung = Rung { kind: ReaderKind::Threads, readers, files_at_a_time: 1, room, reads_left: 1 };
            fewer_reads(&resources, team, &rung).unwrap_or_default()
        };
        assert_eq!([reason(0, Team::Usual, 1, 1, 1), reason(5, Team::Usual, 2, 3, 2)], [""; 2]);
        assert!(reason(5, Team::Usual, 2, 2, 2).starts_with("queue depth 4 of 5: the memory"));
        let most = limits::REMOTE_READERS;
        assert!(reason(most + 1, Team::Remote, most, 1, 1).contains(&format!("{most} of {}: files on a", most + 1)));
        for (reader, has_none) in [(ReaderKind::Pread, true), (ReaderKind::Mmap, true), (ReaderKind::Threads, false)] {
            let reader = ReaderChoice::Forced(reader);
            let resources = Resources { queue_depth: NonZeroUsize::new(1), reader, ..Resources::default() };
            assert_eq!(no_queue_depth(&resources).is_some(), has_none, "{reader:?}");
        }
    }
}
