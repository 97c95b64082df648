//! Which readers a run has for what is not cached: their kind, their number, and what each may use. The reason for any but
//! the first choice goes into the report.
//!
//! Starts none.

use super::Team;
use crate::engine::memory::{LARGE, SMALL};
use crate::engine::shared::Shared;
use crate::limits;
use crate::read::{ReaderRoom, probe};
use crate::readerkind::{DeviceKind, ReaderChoice, ReaderKind};

/// A rung of the ladder.
pub(in crate::engine) struct Rung {
    pub(in crate::engine) kind: ReaderKind,
    pub(in crate::engine) readers: usize,
    /// Files that go to one reader together.
    pub(in crate::engine) files_at_a_time: usize,
    /// What each of them may use.
    pub(in crate::engine) room: ReaderRoom,
    /// Reads beside those, one for each of the first so many readers.
    pub(in crate::engine) reads_left: usize,
}

impl Rung {
    /// Reads of all its readers that may be in flight together: each needs a buffer.
    pub(in crate::engine) fn reads(&self) -> usize {
        let buffers = self.room.small_buffers + self.room.large_buffers;
        (0..self.readers).map(|reader| (self.room_of(reader).reads as usize).min(buffers)).sum()
    }

    /// What the reader of this number may use.
    pub(super) fn room_of(&self, reader: usize) -> ReaderRoom {
        ReaderRoom { reads: self.room.reads + u32::from(reader < self.reads_left), ..self.room }
    }
}

/// The rung of a team.
pub(super) fn rung(shared: &Shared, team: Team) -> Rung {
    match team {
        Team::Usual => ladder(shared),
        Team::Remote => remote(shared),
    }
}

/// Blocking threads for files that another machine or a program serves below a root on a disk, each for one file.
fn remote(shared: &Shared) -> Rung {
    shared.note_reason(
        "reader threads: some files are on a network file system or FUSE, where a read waits for another machine or a \
         program, and an open as well; they have readers of their own"
            .to_owned(),
    );
    let (_, memory) = shared.reader_memory();
    let depth = shared.resources.queue_depth.map_or(limits::REMOTE_READERS, usize::from);
    threads(memory, depth.min(limits::REMOTE_READERS), 1)
}

/// A ring where it can be had and fits the device, blocking threads where not.
pub(in crate::engine) fn ladder(shared: &Shared) -> Rung {
    let kind = kind(shared);
    let depth = shared.resources.queue_depth.map(usize::from);
    let (memory, _) = shared.reader_memory();
    match (kind, shared.means().device) {
        // The arm can be in one place only.
        (ReaderKind::Uring, DeviceKind::Rotating) => rings(memory, depth, 1),
        (ReaderKind::Uring, _) if few_descriptors(shared) => rings(memory, depth, 1),
        (ReaderKind::Uring, _) => rings(memory, depth, limits::RING_READERS),
        _ => blocking(shared),
    }
}

/// Blocking threads for all files: what there is where no ring is to be had.
pub(super) fn blocking(shared: &Shared) -> Rung {
    let (memory, _) = shared.reader_memory();
    let (usual, files_at_a_time) = match shared.means().device {
        DeviceKind::Rotating => (1, limits::BLOCKING_FILES_AT_A_TIME),
        // What is waited for is the way to another machine and back.
        DeviceKind::Remote => (limits::REMOTE_READERS, 1),
        DeviceKind::Local => (limits::BLOCKING_READERS, limits::BLOCKING_FILES_AT_A_TIME),
    };
    threads(memory, shared.resources.queue_depth.map_or(usual, usize::from), files_at_a_time)
}

/// Rings for so many reads together, each for two at least, so that one that hangs holds up no other.
fn rings(memory: usize, depth: Option<usize>, usual: usize) -> Rung {
    let of_depth = depth.map_or(usual, |depth| depth / limits::RING_READS_MIN);
    let readers = usual.min(of_depth).min(memory / limits::RING_MEMORY_BYTES_MIN).max(1);
    let share = memory / readers;
    let small_buffers = limits::RING_SMALL_BUFFERS.min(share / 4 / SMALL).max(1);
    let large_buffers = (share.saturating_sub(small_buffers * SMALL) / LARGE).max(1);
    let reads = depth.unwrap_or(readers * limits::RING_ENTRIES as usize);
    let room = ReaderRoom { small_buffers, large_buffers, reads: (reads / readers) as u32 };
    let kind = ReaderKind::Uring;
    Rung { kind, readers, files_at_a_time: limits::WINDOW_FILES, room, reads_left: reads % readers }
}

/// So many blocking threads, as far as memory allows. Each has one read in flight: the depth is their number.
fn threads(memory: usize, most: usize, files_at_a_time: usize) -> Rung {
    let readers = most.min(memory / LARGE).max(1);
    let room = ReaderRoom { small_buffers: 0, large_buffers: (memory / readers / LARGE).max(1), reads: 1 };
    Rung { kind: ReaderKind::Threads, readers, files_at_a_time, room, reads_left: 0 }
}

fn kind(shared: &Shared) -> ReaderKind {
    let reason = match shared.resources.reader {
        ReaderChoice::Forced(ReaderKind::Threads) => return ReaderKind::Threads,
        // It was to be had when the run began; where it no longer is, no other takes its place.
        ReaderChoice::Forced(ReaderKind::Uring) => return ReaderKind::Uring,
        _ if few_descriptors(shared) => {
            let (why, remedy) = want_of_descriptors(shared);
            Some(format!("{why}; {remedy}"))
        }
        _ if shared.means().device == DeviceKind::Remote => Some(
            "the root is on a network file system or FUSE, or Linux does not say on what: there a read may wait for another \
             machine or a program, and an open as well"
                .to_owned(),
        ),
        _ => None,
    };
    match reason.map_or_else(|| probe().map_err(|refused| refused.to_string()), Err) {
        Ok(()) => ReaderKind::Uring,
        Err(reason) => {
            shared.note_reason(format!("reader threads: {reason}"));
            ReaderKind::Threads
        }
    }
}

/// What it means that there are few descriptors, and the remedy.
pub(in crate::engine) fn want_of_descriptors(shared: &Shared) -> (String, &'static str) {
    let most = shared.means().descriptors_max;
    (format!("of {most} open files none is to spare for a ring"), "raise the limit with ulimit -n")
}

pub(in crate::engine) fn few_descriptors(shared: &Shared) -> bool {
    shared.means().descriptors_max < limits::RING_DESCRIPTORS_MIN
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::memory;

    const KIB: usize = 1024;

    #[test]
    fn whatever_is_asked_for_the_buffers_are_within_the_memory_and_the_reads_within_the_depth() {
        let memories = [4 * KIB * KIB, 5 * KIB * KIB + 1, 6 * KIB * KIB, 16 * KIB * KIB, 64 * KIB * KIB, 1 << 33];
        let depths = [1, 2, 3, 7, 8, 9, 15, 17, 63, 100, 128, 1_000, limits::QUEUE_DEPTH_MAX];
        for memory in memories.map(Some).into_iter().chain([None]) {
            let bytes = memory.map(|memory| memory as u64);
            for wanted in [1, 2, 3, 8, 10, 11, 32, 100, limits::WORKERS_MAX] {
                let workers = wanted.min(memory::workers_max(bytes));
                for (depth, apart) in
                    depths.map(Some).into_iter().chain([None]).flat_map(|depth| [(depth, false), (depth, true)])
                {
                    let case = format!("{memory:?} bytes, {wanted} workers, depth {depth:?}, apart {apart}");
                    let (usual, remote) = memory::of_readers(bytes, workers, apart);
                    let mut all = vec![
                        (rings(usual, depth, 1), usual),
                        (rings(usual, depth, limits::RING_READERS), usual),
                        (threads(usual, depth.unwrap_or(limits::BLOCKING_READERS), 4), usual),
                    ];
                    if apart || memory.is_none() {
                        all.push((threads(remote, depth.unwrap_or(limits::REMOTE_READERS), 1), remote));
                    }
                    for (rung, of_them) in all {
                        let rooms: Vec<_> = (0..rung.readers).map(|reader| rung.room_of(reader)).collect();
                        let reads: usize = rooms.iter().map(|room| room.reads as usize).sum();
                        assert!(rung.readers > 0 && rooms.iter().all(|room| room.reads > 0), "{case}");
                        assert!(depth.is_none_or(|depth| reads <= depth), "{case}: {reads} reads");
                        let is_ring = rung.kind == ReaderKind::Uring;

                        assert!(!is_ring || depth.is_none_or(|depth| reads == depth), "{case}: {reads} reads");
                        let taken = |room: &ReaderRoom| room.small_buffers * SMALL + room.large_buffers * LARGE;
                        assert!(rooms.iter().all(|room| room.large_buffers > 0), "{case}");
                        assert!(!is_ring || rooms.iter().all(|room| room.small_buffers > 0), "{case}");
                        assert!(rooms.iter().map(taken).sum::<usize>() <= of_them, "{case}");
                    }
                    let workers_take = memory::of_workers(bytes, workers);
                    assert!(memory.is_none_or(|memory| workers_take + usual + remote <= memory), "{case}");
                }
            }
        }
    }

    #[test]
    fn a_ring_has_two_reads_at_least_and_the_depth_is_shared_out_to_the_last_read() {
        let memory = limits::READER_MEMORY_BYTES;
        let reads = |depth| {
            let rung = rings(memory, Some(depth), limits::RING_READERS);
            (0..rung.readers).map(|reader| rung.room_of(reader).reads).collect::<Vec<_>>()
        };
        assert_eq!(reads(1), [1]);
        assert_eq!(reads(2), [2]);
        assert_eq!(reads(9), [3, 2, 2, 2]);
        assert_eq!(reads(100), [13, 13, 13, 13, 12, 12, 12, 12]);
    }
}
