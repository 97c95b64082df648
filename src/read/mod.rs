//! How a planned file becomes segments of bytes: one `Source` a reader, and the choice among them with its reason.
//!
//! What only Linux has is in modules of its own, for which those in `portable/` stand in where `checksig_portable` is set.
//! Sees no digest and no manifest, starts no thread: `engine` drives the sources, in workers or in reader threads.

#[cfg_attr(checksig_portable, path = "portable/advice.rs")]
mod advice;
mod at_hand;
mod blocking;
mod buffers;
mod claims;
mod device;
#[cfg_attr(checksig_portable, path = "portable/disks.rs")]
mod disks;
mod examine;
#[cfg(test)]
pub(crate) mod faulty;
mod footprint;
mod guard;
mod guess;
mod held;
mod inline;
mod inturn;
#[cfg(not(checksig_portable))]
mod layout;
mod manner;
mod mapped;
#[cfg_attr(checksig_portable, path = "portable/nowait.rs")]
mod nowait;
mod pace;
mod piece;
pub(crate) mod plain;
#[cfg_attr(checksig_portable, path = "portable/residency.rs")]
mod residency;
mod segment;
mod sequential;
pub(crate) mod stream;
#[cfg(test)]
mod tests;
#[cfg_attr(checksig_portable, path = "portable/uring.rs")]
mod uring;

pub(crate) use at_hand::read_at_hand;
pub(crate) use blocking::Blocking;
pub(crate) use buffers::{BufferPool, taken_bytes};
pub(crate) use device::Devices;
pub(crate) use disks::{HAS_DIRECT_READS, is_remote, kind_of, scheduler_of};
pub(crate) use examine::{FileFound, examine};
pub(crate) use inline::Inline;
pub(crate) use manner::{Apart, Manner};
pub(crate) use nowait::HAS_CACHED_READS;
pub(crate) use pace::Pace;
pub(crate) use residency::how_it_is_worse;
pub(crate) use segment::{Bytes, End, Event, Failure, PlannedFile, Proof, Segment, Ticket};
pub(crate) use uring::{Uring, probe, probe_deferred};

use std::time::Duration;

/// How long [`Source::poll`] may wait for a device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wait {
    /// Not at all.
    No,
    /// This long.
    Most(Duration),
}

/// What one reader thread may use.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ReaderRoom {
    pub(crate) small_buffers: usize,
    pub(crate) large_buffers: usize,
    /// Reads in flight at a time.
    #[cfg_attr(checksig_portable, allow(dead_code, reason = "only a ring has it"))]
    pub(crate) reads: u32,
}

/// A reader: files go in, their segments come out, their buffers come back. One thread drives it.
///
/// A source starts a file only when it has a buffer for it, and every started file keeps the right to one, so that no
/// file waits for a buffer that another file's waiting segments hold. Whoever takes segments must be able to release
/// their buffers without any further segment: `hash` can, since a job waits in no lane.
pub(crate) trait Source {
    /// Takes a file on; only where there is room.
    fn add(&mut self, file: PlannedFile);

    /// Whether another file can be taken on now.
    fn has_room(&self) -> bool;

    /// Files taken on whose end has not been told.
    fn in_progress(&self) -> usize;

    /// The next thing to tell.
    fn poll(&mut self, wait: Wait) -> Event;

    /// A file that has been opened and that another source of the same kind may read as well, so that the long ones are
    /// shared out.
    fn surplus(&mut self) -> Option<PlannedFile> {
        None
    }

    /// Whether what another source has to spare can be taken on now.
    fn has_room_for_surplus(&self) -> bool {
        false
    }

    /// Whether the next poll has something to tell without asking Linux.
    fn has_events(&self) -> bool {
        false
    }

    /// Takes back the memory of a segment of this file.
    fn release(&mut self, ticket: Ticket, bytes: Bytes);

    /// From now on it waits for what it would have left to another source, as there is none. What never leaves anything
    /// has nothing to change.
    fn wait_from_now_on(&mut self) {}

    /// It has no file in progress and will not be asked for some time: it is to hold no descriptor meanwhile.
    fn rest(&mut self) {}

    /// Buffers that have been handed out and not released.
    fn buffers_out(&self) -> usize;

    /// Something that it has found out and the report should say, once.
    fn take_reason(&mut self) -> Option<String> {
        None
    }

    /// Why the source no longer works, if it does not: it ends what it has in progress and has no more room.
    fn broken(&self) -> Option<String> {
        None
    }
}
