//! Reads in the thread that hashes: what is in the page cache, leaving the rest to others, or, as its twin, anything.
//!
//! As the reader of the page cache it waits for no disk: it opens from cached directory entries only and reads with
//! RWF_NOWAIT, or plainly what Linux says is in memory. (A file system that asks somebody at every open, FUSE or NFS, can
//! still make it wait there; and so can a page that somebody else has begun to read, which counts as cached.)

use std::io;
use std::ops::ControlFlow;
use std::sync::Arc;

use super::buffers::{Buffer, BufferPool};
use super::guess::{Confidence, Tries};
use super::inturn::{InTurn, Method, Progress, Width};
use super::manner::Manner;
use super::segment::{Bytes, Event, PlannedFile};
use super::sequential::{Filled, Sequential};
use crate::limits;
use crate::readerkind::ReaderKind;
use crate::root::Root;

/// A source that copies files from the page cache, or, as its twin that waits, from anywhere.
pub(crate) type Inline = InTurn<Copying>;

/// Reading by copying into buffers of a pool.
pub(crate) struct Copying {
    root: Arc<Root>,
    manner: Arc<Manner>,
    pool: BufferPool,
    how: How,
    /// Opens from memory, and reads from memory of files of which Linux does not say whether they are there.
    opens: Tries,
    reads: Tries,
    confidence: Confidence,
}

/// Whether the reader may wait.
#[derive(Clone, Copy, PartialEq, Eq)]
enum How {
    /// Never: RWF_NOWAIT.
    Cached,
    /// As long as the device takes: plain pread.
    Waiting(ReaderKind),
}

/// A worker reads a segment of each of its files in turn and hashes them side by side: what has been read is still in
/// its cache when it is hashed.
const IN_A_WORKER: Width = Width { files: limits::WORKER_FILES_OPEN, segments: 1 };

impl Inline {
    /// Reads from the page cache and leaves the rest to others.
    pub(crate) fn cached(root: Arc<Root>, manner: Arc<Manner>, buffers: usize) -> io::Result<Inline> {
        let pool = BufferPool::new(limits::WORKER_BUFFER_BYTES, buffers)?;
        Ok(InTurn::of(Copying::new(root, manner, pool, How::Cached), IN_A_WORKER))
    }

    /// Reads from anywhere, with plain pread, in the worker.
    pub(crate) fn waiting(root: Arc<Root>, manner: Arc<Manner>, buffers: usize) -> io::Result<Inline> {
        let pool = BufferPool::new(limits::WORKER_BUFFER_BYTES, buffers)?;
        Ok(InTurn::of(Copying::new(root, manner, pool, How::Waiting(ReaderKind::Pread)), IN_A_WORKER))
    }
}

impl Copying {
    fn new(root: Arc<Root>, manner: Arc<Manner>, pool: BufferPool, how: How) -> Copying {
        let (opens, reads, confidence) = Default::default();
        Copying { root, manner, pool, how, opens, reads, confidence }
    }

    /// Reads the next segment if it is in memory. A read that must not wait makes Linux read ahead all the same where it
    /// misses (6.18 does), and the file would come from the device twice, and stay in the page cache. So a worker asks
    /// first, but of short files after a row of hits.
    fn read_cached(&mut self, reading: &mut Sequential, buffer: Buffer) -> Filled {
        let segment_bytes = self.pool.capacity();
        let is_short = !reading.is_begun() && reading.remaining() <= segment_bytes as u64;
        let believes = reading.is_begun() || !self.manner.is_neutral || is_short && self.confidence.is_there();
        let said = if believes { None } else { reading.says_cached() };
        let is_silent = !believes && said.is_none();
        if said == Some(false) || is_silent && !self.reads.is_worth_it() {
            self.confidence.tell(false);
            return Filled::WouldWait(buffer);
        }
        let filled = reading.fill_cached(buffer, false);
        let is_hit = !matches!(filled, Filled::WouldWait(_));
        let filled = match filled {
            Filled::WouldWait(buffer) if reading.is_in_memory(segment_bytes) => {
                // What comes at a second try was on its way; what does not is a mark.
                match reading.fill_cached(buffer, false) {
                    Filled::WouldWait(buffer) => reading.fill_cached(buffer, true),
                    filled => {
                        if is_short && said.is_none() {
                            reading.stay_with_the_cache(&self.manner);
                        }
                        filled
                    }
                }
            }
            Filled::WouldWait(buffer) => {
                if is_short {
                    reading.stay_with_the_cache(&self.manner);
                }
                Filled::WouldWait(buffer)
            }
            filled => filled,
        };
        if is_silent {
            self.reads.tell(is_hit);
        }
        self.confidence.tell(is_hit);
        filled
    }
}

impl Method for Copying {
    type Open = Sequential;

    fn open(&mut self, file: PlannedFile) -> ControlFlow<Event, Sequential> {
        let opened = if self.how != How::Cached || file.resume.is_some() {
            Sequential::open(file, &self.root)
        } else {
            let tried = if self.opens.is_worth_it() { Some(self.root.open_cached(&file.name)) } else { None };
            tried.iter().for_each(|tried| self.opens.tell(tried.is_some()));
            match tried.flatten() {
                Some(opened) => Sequential::from_open(opened, file),
                None => return ControlFlow::Break(Event::Elsewhere(file)),
            }
        };
        match opened {
            Ok(reading) => ControlFlow::Continue(reading),
            Err((file, failure)) => ControlFlow::Break(file.end(Err(failure))),
        }
    }

    fn read(&mut self, mut reading: Sequential) -> Progress<Sequential> {
        let Some(buffer) = self.pool.take() else {
            return Progress::Starved(reading);
        };
        let filled = match self.how {
            How::Waiting(_) => reading.fill(buffer, &self.manner),
            How::Cached => self.read_cached(&mut reading, buffer),
        };
        match filled {
            Filled::Segment(segment) => Progress::Segment(reading, segment),
            Filled::WouldWait(buffer) => {
                self.pool.give(buffer);
                Progress::Over(Event::Elsewhere(reading.leave()))
            }
            Filled::Failed(buffer, failure) => {
                self.pool.give(buffer);
                Progress::Over(reading.fail(failure))
            }
        }
    }

    fn finish(&mut self, reading: Sequential) -> Event {
        reading.finish(match self.how {
            How::Cached => ReaderKind::Cached,
            How::Waiting(reader) => reader,
        })
    }

    fn wait_from_now_on(&mut self) {
        if self.how == How::Cached {
            self.how = How::Waiting(ReaderKind::Pread);
        }
    }

    fn release(&mut self, bytes: Bytes) {
        if let Bytes::Buffer(buffer) = bytes {
            self.pool.give(buffer);
        }
    }

    fn available(&self) -> usize {
        self.pool.available()
    }

    fn out(&self) -> usize {
        self.pool.out()
    }
}
