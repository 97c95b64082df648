//! Which readers a run has for what is not cached: their kind, their number, and what each may use. The reason for any but
//! the first choice goes into the report.
//!
//! Starts none.

use super::Team;
use crate::engine::shared::Shared;
use crate::limits;
use crate::read::{ReaderRoom, probe};
use crate::readerkind::{DeviceKind, ReaderChoice, ReaderKind};

/// A rung of the ladder.
pub(in crate::engine) struct Rung {
    pub(in crate::engine) kind: ReaderKind,
    pub(in crate::engine) readers: usize,
    /// Files that go to one reader together.
    pub(super) files_at_a_time: usize,
    pub(in crate::engine) room: ReaderRoom,
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
    let most = shared.resources.queue_depth.map_or(limits::REMOTE_READERS, usize::from).min(limits::REMOTE_READERS);
    let readers = most.min(memory / limits::LARGE_BUFFER_BYTES).max(1);
    let room = ReaderRoom { small_buffers: 0, large_buffers: memory / readers / limits::LARGE_BUFFER_BYTES, reads: 1 };
    Rung { kind: ReaderKind::Threads, readers, files_at_a_time: 1, room }
}

/// A ring where it can be had and fits the device, blocking threads where not.
pub(in crate::engine) fn ladder(shared: &Shared) -> Rung {
    let kind = kind(shared);
    let depth = shared.resources.queue_depth.map_or(usize::MAX, usize::from);
    let (memory, _) = shared.reader_memory();
    let usual = match (kind, shared.means().device) {
        // The arm can be in one place only.
        (_, DeviceKind::Rotating) => 1,
        (ReaderKind::Uring, _) if few_descriptors(shared) => 1,
        (ReaderKind::Uring, _) => limits::RING_READERS,
        // What is waited for is the way to another machine and back.
        (_, DeviceKind::Remote) => limits::REMOTE_READERS,
        (_, DeviceKind::Local) => limits::BLOCKING_READERS,
    };
    if kind == ReaderKind::Uring {
        let readers = usual.min(depth).min(memory / limits::RING_MEMORY_BYTES_MIN).max(1);
        let reads = depth.div_ceil(readers).min(limits::RING_ENTRIES as usize) as u32;
        let share = memory / readers;
        let small_buffers = limits::RING_SMALL_BUFFERS.min(share / 4 / limits::SMALL_BUFFER_BYTES);
        let large_buffers = (share - small_buffers * limits::SMALL_BUFFER_BYTES) / limits::LARGE_BUFFER_BYTES;
        let room = ReaderRoom { small_buffers, large_buffers, reads };
        return Rung { kind, readers, files_at_a_time: limits::WINDOW_FILES, room };
    }
    // Each has one read in flight: the depth is their number.
    let readers =
        shared.resources.queue_depth.map_or(usual, usize::from).min(memory / limits::LARGE_BUFFER_BYTES).max(1);
    let room = ReaderRoom { small_buffers: 0, large_buffers: memory / readers / limits::LARGE_BUFFER_BYTES, reads: 1 };
    let files_at_a_time =
        if shared.means().device == DeviceKind::Remote { 1 } else { limits::BLOCKING_FILES_AT_A_TIME };
    Rung { kind, readers, files_at_a_time, room }
}

fn kind(shared: &Shared) -> ReaderKind {
    let reason = match shared.resources.reader {
        ReaderChoice::Forced(ReaderKind::Threads) => return ReaderKind::Threads,
        ReaderChoice::Forced(ReaderKind::Uring) => None,
        _ if few_descriptors(shared) => {
            let (why, remedy) = want_of_descriptors(shared);
            Some(format!("{why}; {remedy}"))
        }
        _ if shared.means().device == DeviceKind::Remote => Some(
            "the root is on a network file system or FUSE, where a read waits for another machine or a program, and an open \
             as well"
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
