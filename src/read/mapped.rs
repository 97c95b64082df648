//! Reads files through maps of the page cache, a window at a time, in the thread that hashes them.
//!
//! Must not be chosen by itself: a file that is truncated under a map raises SIGBUS, which ends the process, so this
//! reader runs only where it was asked for by name.

use std::ops::ControlFlow;
use std::sync::Arc;

use memmap2::{Mmap, MmapOptions};
use rustix::io::{Errno, pread, retry_on_intr};

use super::inturn::{InTurn, Method, Progress, Width};
use super::segment::{Bytes, Event, Failure, PlannedFile, Proof, Segment};
use crate::limits;
use crate::readerkind::{Origin, ReaderKind};
use crate::root::{OpenedFile, Root, stamp_of};

/// A source that maps files.
pub(crate) type Mapped = InTurn<Mapping>;

/// Reading by mapping a window after the other.
pub(crate) struct Mapping {
    root: Arc<Root>,
    /// Windows that have been handed out and not released.
    windows: usize,
}

/// A file on its way.
pub(crate) struct MappedFile {
    file: PlannedFile,
    opened: OpenedFile,
    offset: u64,
}

impl Mapped {
    pub(crate) fn new(root: Arc<Root>) -> Mapped {
        InTurn::of(Mapping { root, windows: 0 }, Width { files: limits::WORKER_FILES_OPEN, segments: 1 })
    }
}

impl Method for Mapping {
    type Open = MappedFile;

    fn open(&mut self, file: PlannedFile) -> ControlFlow<Event, MappedFile> {
        match self.root.open(&file.name) {
            Ok(opened) => ControlFlow::Continue(MappedFile { file, opened, offset: 0 }),
            Err(refusal) => ControlFlow::Break(file.end(Err(refusal.into()))),
        }
    }

    fn read(&mut self, mut open: MappedFile) -> Progress<MappedFile> {
        if self.available() == 0 {
            return Progress::Starved(open);
        }
        // What is beyond the end of the file must not be touched: the window ends where the file ends now.
        if let Err(failure) = has_its_size(&open) {
            return Progress::Over(open.file.end(Err(failure)));
        }
        let remaining = open.opened.stamp.size_bytes - open.offset;
        let window = remaining.min(limits::MAP_WINDOW_BYTES);
        let bytes = match map(&open.opened, open.offset, window as usize) {
            Ok(bytes) => bytes,
            Err(failure) => return Progress::Over(open.file.end(Err(failure))),
        };
        self.windows += 1;
        let segment = Segment {
            ticket: open.file.ticket,
            offset: open.offset,
            file_bytes: open.opened.stamp.size_bytes,
            bytes,
            origin: Origin::Cache,
            last: window == remaining,
        };
        open.offset += window;
        Progress::Segment(open, segment)
    }

    fn finish(&mut self, open: MappedFile) -> Event {
        let result = has_its_size(&open);
        let stamp = open.opened.stamp;
        open.file.end(result.map(|()| Proof { stamp, reader: ReaderKind::Mmap }))
    }

    fn release(&mut self, _bytes: Bytes) {
        self.windows -= 1;
    }

    fn available(&self) -> usize {
        limits::MAP_WINDOWS_MAX - self.windows
    }

    fn out(&self) -> usize {
        self.windows
    }
}

/// Whether the file is as long as it was when it was opened.
fn has_its_size(open: &MappedFile) -> Result<(), Failure> {
    match stamp_of(&open.opened.file) {
        Ok(stamp) if stamp.size_bytes == open.opened.stamp.size_bytes => Ok(()),
        Ok(_) => Err(Failure::Moved),
        Err(errno) => Err(Failure::Unreadable { errno, offset: open.offset }),
    }
}

fn map(opened: &OpenedFile, offset: u64, length: usize) -> Result<Bytes, Failure> {
    let unreadable = |errno| Failure::Unreadable { errno, offset };
    if length == 0 {
        // Linux maps no empty range; and an empty file is read all the same, as one of /proc only says that it is empty.
        return match retry_on_intr(|| pread(&opened.file, &mut [0; 1], offset)) {
            Ok(0) => Ok(Bytes::Nothing),
            Ok(_) => Err(Failure::Moved),
            Err(errno) => Err(unreadable(errno)),
        };
    }
    let options = MmapOptions::new().offset(offset).len(length).to_owned();
    let mapped = map_range(options, opened).map_err(|error| Errno::from_io_error(&error).unwrap_or(Errno::IO));
    mapped.map(Bytes::Map).map_err(unreadable)
}

#[allow(unsafe_code, reason = "a map of a file")]
fn map_range(options: MmapOptions, opened: &OpenedFile) -> std::io::Result<Mmap> {
    // SAFETY: the map is shared with whoever writes to the file, so its bytes may change while they are hashed. They
    // are only folded into a digest by code that is right for any bytes and takes no decision from them; a digest of
    // changed bytes is judged by a second reading. Truncation raises SIGBUS, which this module's header speaks of.
    unsafe { options.map(&opened.file) }
}
