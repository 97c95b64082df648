//! Reads files through maps of the page cache, a window at a time, in the thread that hashes them.
//!
//! Must not be chosen by itself: a file that is truncated under a map raises SIGBUS, which ends the process, so this
//! reader runs only where it was asked for by name.

use std::sync::Arc;

use memmap2::{Mmap, MmapOptions};
use rustix::io::Errno;

use super::segment::{Bytes, Event, Failure, PlannedFile, Proof, Segment};
use super::{Source, Wait};
use crate::limits;
use crate::readerkind::ReaderKind;
use crate::root::{OpenedFile, Root, stamp_of};

/// A source that maps one file at a time.
pub(crate) struct Mapped {
    root: Arc<Root>,
    current: Current,
    /// Windows that have been handed out and not released.
    windows: usize,
}

enum Current {
    Nothing,
    Added(PlannedFile),
    Reading { file: PlannedFile, opened: OpenedFile, offset: u64 },
    Read { file: PlannedFile, opened: OpenedFile },
}

impl Mapped {
    pub(crate) fn new(root: Arc<Root>) -> Mapped {
        Mapped { root, current: Current::Nothing, windows: 0 }
    }

    fn read(&mut self, file: PlannedFile, opened: OpenedFile, offset: u64) -> Event {
        if self.windows == limits::MAP_WINDOWS_MAX {
            self.current = Current::Reading { file, opened, offset };
            return Event::Starved;
        }
        // What is beyond the end of the file must not be touched: the window ends where the file ends now.
        match stamp_of(&opened.file) {
            Ok(stamp) if stamp.size_bytes == opened.stamp.size_bytes => {}
            Ok(_) => return file.end(Err(Failure::Moved)),
            Err(errno) => return file.end(Err(Failure::Unreadable { errno, offset })),
        }
        let remaining = opened.stamp.size_bytes - offset;
        let window = remaining.min(limits::MAP_WINDOW_BYTES);
        let bytes = match map(&opened, offset, window as usize) {
            Ok(bytes) => bytes,
            Err(errno) => return file.end(Err(Failure::Unreadable { errno, offset })),
        };
        let last = window == remaining;
        let segment = Segment { ticket: file.ticket, offset, bytes, last };
        self.windows += 1;
        self.current = if last {
            Current::Read { file, opened }
        } else {
            Current::Reading { file, opened, offset: offset + window }
        };
        Event::Segment(segment)
    }
}

fn map(opened: &OpenedFile, offset: u64, length: usize) -> Result<Bytes, Errno> {
    if length == 0 {
        // Linux maps no empty range.
        return Ok(Bytes::Nothing);
    }
    let options = MmapOptions::new().offset(offset).len(length).to_owned();
    map_range(options, opened).map(Bytes::Map).map_err(|error| Errno::from_io_error(&error).unwrap_or(Errno::IO))
}

#[allow(unsafe_code, reason = "a map of a file")]
fn map_range(options: MmapOptions, opened: &OpenedFile) -> std::io::Result<Mmap> {
    // SAFETY: the map is shared with whoever writes to the file, so its bytes may change while they are hashed. They
    // are only folded into a digest by code that is right for any bytes and takes no decision from them; a digest of
    // changed bytes is judged by a second reading. Truncation raises SIGBUS, which this module's header speaks of.
    unsafe { options.map(&opened.file) }
}

impl Source for Mapped {
    fn add(&mut self, file: PlannedFile) {
        assert!(self.has_room(), "one file at a time");
        self.current = Current::Added(file);
    }

    fn has_room(&self) -> bool {
        matches!(self.current, Current::Nothing)
    }

    fn in_progress(&self) -> usize {
        usize::from(!self.has_room())
    }

    fn poll(&mut self, _wait: Wait) -> Event {
        match std::mem::replace(&mut self.current, Current::Nothing) {
            Current::Nothing => Event::Idle,
            Current::Added(file) => match self.root.open(&file.name) {
                Ok(opened) => self.read(file, opened, 0),
                Err(refusal) => file.end(Err(refusal.into())),
            },
            Current::Reading { file, opened, offset } => self.read(file, opened, offset),
            Current::Read { file, opened } => match stamp_of(&opened.file) {
                Ok(stamp) if stamp.size_bytes == opened.stamp.size_bytes => {
                    file.end(Ok(Proof { stamp: opened.stamp, reader: ReaderKind::Mmap }))
                }
                Ok(_) => file.end(Err(Failure::Moved)),
                Err(errno) => file.end(Err(Failure::Unreadable { errno, offset: opened.stamp.size_bytes })),
            },
        }
    }

    fn buffers_out(&self) -> usize {
        self.windows
    }

    fn release(&mut self, _bytes: Bytes) {
        self.windows -= 1;
    }
}
