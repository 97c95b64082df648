//! Reads in the thread that hashes: what is in the page cache, leaving the rest to others, or, as its twin, anything.
//!
//! As the reader of the page cache it waits for no disk: it opens from cached directory entries only and reads with
//! RWF_NOWAIT only. (A file system that asks somebody at every open, FUSE or NFS, can still make it wait there.)

use std::io;
use std::sync::Arc;

use rustix::io::ReadWriteFlags;

use super::buffers::BufferPool;
use super::segment::{Bytes, Event, PlannedFile};
use super::sequential::{Filled, Sequential};
use super::{Source, Wait};
use crate::limits;
use crate::readerkind::ReaderKind;
use crate::root::Root;

/// A source that reads one file at a time from the page cache, or, as its twin that waits, from anywhere.
pub(crate) struct Inline {
    root: Arc<Root>,
    pool: BufferPool,
    how: How,
    current: Current,
}

/// Whether the reader may wait.
#[derive(Clone, Copy, PartialEq, Eq)]
enum How {
    /// Never: RWF_NOWAIT.
    Cached,
    /// As long as the device takes: plain pread.
    Waiting(ReaderKind),
}

enum Current {
    Nothing,
    /// Added and not opened yet: opening is work for `poll`.
    Added(PlannedFile),
    Reading(Sequential),
    /// Its last segment is out; its end is due.
    Read(Sequential),
}

impl Inline {
    /// Reads from the page cache and leaves the rest to others.
    pub(crate) fn cached(root: Arc<Root>) -> io::Result<Inline> {
        Inline::new(root, How::Cached, limits::WORKER_BUFFER_BYTES, limits::WORKER_BUFFERS)
    }

    /// Reads from anywhere, with plain pread, in the worker.
    pub(crate) fn waiting(root: Arc<Root>) -> io::Result<Inline> {
        Inline::new(root, How::Waiting(ReaderKind::Pread), limits::WORKER_BUFFER_BYTES, limits::WORKER_BUFFERS)
    }

    /// Reads from anywhere, with plain pread, in a reader thread with a share of the readers' memory.
    pub(crate) fn threaded(root: Arc<Root>, buffers: usize) -> io::Result<Inline> {
        Inline::new(root, How::Waiting(ReaderKind::Threads), limits::READER_BUFFER_BYTES, buffers)
    }

    fn new(root: Arc<Root>, how: How, buffer_bytes: usize, buffers: usize) -> io::Result<Inline> {
        Ok(Inline { root, pool: BufferPool::new(buffer_bytes, buffers)?, how, current: Current::Nothing })
    }

    /// Opens a file and begins to read it.
    fn begin(&mut self, file: PlannedFile) -> Event {
        let opened = if self.how != How::Cached || file.resume.is_some() {
            Sequential::open(file, &self.root)
        } else {
            match self.root.open_cached(&file.name) {
                Some(opened) => Sequential::from_open(opened, file),
                None => return Event::Elsewhere(file),
            }
        };
        match opened {
            Ok(reading) => self.read(reading),
            Err((file, failure)) => file.end(Err(failure)),
        }
    }

    fn read(&mut self, mut reading: Sequential) -> Event {
        let Some(buffer) = self.pool.take() else {
            self.current = Current::Reading(reading);
            return Event::Starved;
        };
        let flags = match self.how {
            How::Cached => ReadWriteFlags::NOWAIT,
            How::Waiting(_) => ReadWriteFlags::empty(),
        };
        match reading.fill(buffer, flags) {
            Filled::Segment(segment) => {
                self.current = if segment.last { Current::Read(reading) } else { Current::Reading(reading) };
                Event::Segment(segment)
            }
            Filled::WouldWait(buffer) => {
                self.pool.give(buffer);
                reading.leave()
            }
            Filled::Failed(buffer, failure) => {
                self.pool.give(buffer);
                reading.fail(failure)
            }
        }
    }
}

impl Source for Inline {
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
            Current::Added(file) => self.begin(file),
            Current::Reading(reading) => self.read(reading),
            Current::Read(reading) => {
                let reader = match self.how {
                    How::Cached => ReaderKind::Cached,
                    How::Waiting(reader) => reader,
                };
                reading.finish(reader)
            }
        }
    }

    fn buffers_out(&self) -> usize {
        self.pool.out()
    }

    fn release(&mut self, bytes: Bytes) {
        if let Bytes::Buffer(buffer) = bytes {
            self.pool.give(buffer);
        }
    }
}
