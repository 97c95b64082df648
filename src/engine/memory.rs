//! How the memory of all buffers is shared out: what workers get of it, and what is left to readers.
//!
//! Numbers only; takes no memory.

use crate::limits;
use crate::read::taken_bytes;

/// Bytes that one buffer of a worker takes, and one of a reader.
const WORKER: usize = taken_bytes(limits::WORKER_BUFFER_BYTES);
pub(super) const LARGE: usize = taken_bytes(limits::LARGE_BUFFER_BYTES);
pub(super) const SMALL: usize = taken_bytes(limits::SMALL_BUFFER_BYTES);

/// Workers have a third of the memory, where it is limited.
const SHARE_OF_WORKERS: usize = 3;

const _: () =
    assert!(limits::MEMORY_BYTES_MIN as usize / SHARE_OF_WORKERS >= WORKER, "the least memory feeds a worker");
const _: () = assert!(
    limits::MEMORY_BYTES_MIN as usize - limits::MEMORY_BYTES_MIN as usize / SHARE_OF_WORKERS
        >= limits::REMOTE_MEMORY_SHARE * LARGE,
    "and readers of both kinds beside it"
);

/// Workers that the memory feeds.
pub(super) fn workers_max(memory_bytes: Option<u64>) -> usize {
    memory_bytes.map_or(usize::MAX, |bytes| (bytes as usize / SHARE_OF_WORKERS / WORKER).max(1))
}

/// Buffers of each of so many workers.
pub(super) fn worker_buffers(memory_bytes: Option<u64>, workers: usize) -> usize {
    let share = |bytes: u64| bytes as usize / SHARE_OF_WORKERS / workers / WORKER;
    memory_bytes.map_or(limits::WORKER_BUFFERS, |bytes| share(bytes).clamp(1, limits::WORKER_BUFFERS))
}

/// Bytes of the buffers of all readers beside so many workers, and of those of readers for files that are kept apart.
pub(super) fn of_readers(memory_bytes: Option<u64>, workers: usize, may_keep_apart: bool) -> (usize, usize) {
    let Some(bytes) = memory_bytes else {
        return (limits::READER_MEMORY_BYTES, limits::REMOTE_MEMORY_BYTES);
    };
    let left = (bytes as usize).saturating_sub(workers * worker_buffers(memory_bytes, workers) * WORKER);
    let apart = match may_keep_apart {
        true => (left / limits::REMOTE_MEMORY_SHARE).min(limits::REMOTE_MEMORY_BYTES),
        false => 0,
    };
    (left - apart, apart)
}

/// Bytes that so many workers' buffers take.
#[cfg(test)]
pub(super) fn of_workers(memory_bytes: Option<u64>, workers: usize) -> usize {
    workers * worker_buffers(memory_bytes, workers) * WORKER
}
