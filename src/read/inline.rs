//! Reads in the thread that hashes: what is in the page cache, leaving the rest to others, or, as its twins, anything.
//!
//! As the reader of the page cache it waits for no disk: it opens from cached directory entries only and reads with
//! RWF_NOWAIT, or plainly what Linux says is in memory. (A file system that asks somebody at every open, FUSE or NFS, can
//! still make it wait there; and so can a page that somebody else has begun to read, which counts as cached.)

use std::io;
use std::ops::ControlFlow;
use std::sync::Arc;

use super::buffers::{Buffer, BufferPool};
use super::device::AskedFirst;
use super::guess::{Confidence, Tries};
use super::inturn::{InTurn, Method, Progress, Width};
use super::manner::Manner;
use super::mapped::{NoWindow, Windows};
use super::segment::{Bytes, Event, Failure, PlannedFile, Segment};
use super::sequential::{Filled, Sequential};
use crate::limits;
use crate::readerkind::ReaderKind;
use crate::root::{Root, Siblings};

/// A source that reads files in the thread that drives it.
pub(crate) type Inline = InTurn<Copying>;

/// Reading by copying into buffers of a pool, and by maps where they may be had and are worth it.
pub(crate) struct Copying {
    root: Arc<Root>,
    siblings: Siblings,
    manner: Arc<Manner>,
    pool: BufferPool,
    how: How,
    maps: Maps,
    windows: Windows,
    /// Why something was copied that should have been mapped, until that has been told.
    reason: Option<NoWindow>,
    /// Opens from memory, and reads from memory of files of which Linux does not say whether they are there.
    opens: Tries,
    reads: Tries,
    confidence: Confidence,
    /// The device met last whose files are asked about before they are read.
    asked_first: Option<AskedFirst>,
}

/// Whether the reader may wait.
#[derive(Clone, Copy, PartialEq, Eq)]
enum How {
    /// Never: RWF_NOWAIT.
    Cached,
    /// As long as the device takes: pread, past the page cache where that is better.
    Waiting(ReaderKind),
    /// The same as second readings read: through the page cache wherever that will do.
    Plainly,
}

/// What is mapped rather than copied.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Maps {
    Nothing,
    /// Of long files what is in memory, whole places at a time.
    Resident,
    Everything,
}

/// A worker reads a segment of each of its files in turn and hashes them side by side: what has been read is still in
/// its cache when it is hashed.
const IN_A_WORKER: Width = Width { files: limits::WORKER_FILES_OPEN, segments: 1 };

impl Inline {
    /// Reads from the page cache and leaves the rest to others.
    pub(crate) fn cached(root: Arc<Root>, manner: Arc<Manner>, buffers: usize) -> io::Result<Inline> {
        let pool = BufferPool::new(limits::WORKER_BUFFER_BYTES, buffers)?;
        // What is mapped counts as memory of the process, so that nothing is where little is allowed.
        let maps = if buffers < limits::WORKER_BUFFERS { Maps::Nothing } else { Maps::Resident };
        Ok(InTurn::of(Copying::new(root, manner, pool, How::Cached, maps), IN_A_WORKER))
    }

    /// Reads from anywhere through maps, in the worker; by plain pread what cannot be mapped.
    pub(crate) fn mapped(root: Arc<Root>, manner: Arc<Manner>, buffers: usize) -> io::Result<Inline> {
        let pool = BufferPool::new(limits::WORKER_BUFFER_BYTES, buffers)?;
        Ok(InTurn::of(Copying::new(root, manner, pool, How::Waiting(ReaderKind::Pread), Maps::Everything), IN_A_WORKER))
    }

    /// Reads from anywhere, with plain pread, in the worker.
    pub(crate) fn waiting(root: Arc<Root>, manner: Arc<Manner>, buffers: usize) -> io::Result<Inline> {
        let pool = BufferPool::new(limits::WORKER_BUFFER_BYTES, buffers)?;
        Ok(InTurn::of(Copying::new(root, manner, pool, How::Waiting(ReaderKind::Pread), Maps::Nothing), IN_A_WORKER))
    }

    /// Reads from anywhere as second readings do, in the worker: by pread through the page cache, without maps and without
    /// O_DIRECT, unless all is to come from the medium.
    pub(crate) fn plain(root: Arc<Root>, manner: Arc<Manner>, buffers: usize) -> io::Result<Inline> {
        let pool = BufferPool::new(limits::WORKER_BUFFER_BYTES, buffers)?;
        Ok(InTurn::of(Copying::new(root, manner, pool, How::Plainly, Maps::Nothing), IN_A_WORKER))
    }
}

impl Copying {
    fn new(root: Arc<Root>, manner: Arc<Manner>, pool: BufferPool, how: How, maps: Maps) -> Copying {
        let (siblings, windows) = (Siblings::default(), Windows::default());
        let (opens, reads, confidence) = Default::default();
        Copying {
            root,
            siblings,
            manner,
            pool,
            how,
            maps,
            windows,
            reason: None,
            opens,
            reads,
            confidence,
            asked_first: None,
        }
    }

    /// Maps the next segment, if it is to be mapped and Linux and the guard let it.
    fn map(&mut self, reading: &mut Sequential) -> Option<Segment> {
        let length = self.bytes_to_map(reading)?;
        let places_max = match self.maps {
            Maps::Resident => limits::MAP_WINDOWS_WHOLE,
            _ => limits::MAP_PLACES,
        };
        if self.maps == Maps::Everything {
            // What a fault brings in has to be known of before.
            reading.choose_to_be_read_ahead(&self.manner).ok()?;
        }
        match reading.map(&mut self.windows, places_max, length) {
            Ok(segment) => Some(segment),
            Err(NoWindow::InUse) => None,
            Err(refused) => {
                self.reason = Some(refused);
                None
            }
        }
    }

    /// How many of the next bytes are to be mapped; `None` where they are to be copied.
    fn bytes_to_map(&self, reading: &Sequential) -> Option<usize> {
        let in_place = (reading.offset() % limits::MAP_PLACE_BYTES as u64) as usize;
        match self.maps {
            Maps::Nothing => None,
            Maps::Resident => {
                let is_whole = in_place == 0 && reading.remaining() >= limits::MAP_PLACE_BYTES as u64;
                // However long a file is, the first step with it is a short one: it fills one lane, and others are begun
                // between the steps.
                let may_map = is_whole && reading.offset() > 0 && self.windows.live() < limits::MAP_WINDOWS_WHOLE;
                (may_map && reading.is_cached(limits::MAP_PLACE_BYTES)).then_some(limits::MAP_PLACE_BYTES)
            }
            Maps::Everything => {
                let most = match (reading.offset(), self.windows.live()) {
                    (0, _) => limits::WORKER_BUFFER_BYTES,
                    (_, 0) => limits::MAP_PLACE_BYTES,
                    _ => limits::MAP_WINDOW_BYTES,
                };
                let length = reading.remaining().min((most - in_place % most) as u64) as usize;
                (length > 0).then_some(length)
            }
        }
    }

    /// Before a file is over and what was brought in of it goes: Linux keeps what is mapped.
    fn let_go(&self) {
        if self.maps == Maps::Everything {
            self.windows.take_back();
        }
    }

    fn fail(&self, reading: Sequential, failure: Failure) -> Progress<Sequential> {
        self.let_go();
        Progress::Over(reading.fail(failure))
    }

    /// Reads the next segment if it is in memory. A read that must not wait makes Linux read ahead all the same where it
    /// misses (6.18 does), and the file would come from the device twice, and stay in the page cache. So a worker asks
    /// first, but of short files after a row of hits.
    fn read_cached(&mut self, reading: &mut Sequential, buffer: Buffer) -> Filled {
        let segment_bytes = self.pool.capacity();
        if let Some(is_there) = self.asked_first.and_then(|asked| reading.is_there(asked, segment_bytes)) {
            return if is_there { reading.fill_cached(buffer, true) } else { Filled::WouldWait(buffer) };
        }
        let is_short = !reading.is_begun() && reading.remaining() <= segment_bytes as u64;
        let believes = reading.is_begun() || is_short && self.confidence.is_there();
        let said = if believes { None } else { reading.says_cached() };
        let is_silent = !believes && said.is_none();
        if said == Some(false) || is_silent && !self.reads.is_worth_it() {
            self.confidence.tell(false);
            return Filled::WouldWait(buffer);
        }
        let filled = reading.fill_cached(buffer, false);
        if let Some(device) = reading.asked_first(&self.manner) {
            self.asked_first = Some(device);
        }
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

    /// Reads the next segment, which has been paid for.
    fn read_on(&mut self, mut reading: Sequential) -> Progress<Sequential> {
        if let Some(segment) = self.map(&mut reading) {
            return Progress::Segment(reading, segment);
        }
        let Some(buffer) = self.pool.take() else {
            return Progress::Starved(reading);
        };
        let filled = match self.how {
            How::Waiting(_) => reading.fill(buffer, &self.manner),
            How::Plainly => match reading.choose_to_be_read_ahead(&self.manner) {
                Ok(()) => reading.fill(buffer, &self.manner),
                Err(failure) => Filled::Failed(buffer, failure),
            },
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
                self.fail(reading, failure)
            }
        }
    }
}

impl Method for Copying {
    type Open = Sequential;

    fn open(&mut self, file: PlannedFile) -> ControlFlow<Event, Sequential> {
        let opened = if self.how != How::Cached || file.resume.is_some() {
            Sequential::open(file, &self.root)
        } else {
            let tried =
                if self.opens.is_worth_it() { Some(self.siblings.open_cached(&self.root, &file.name)) } else { None };
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

    fn read(&mut self, reading: Sequential) -> Progress<Sequential> {
        // Its segments before this one have all come back, as long as a file has one out at a time.
        if let Some(failure) = reading.failure() {
            return self.fail(reading, failure);
        }
        let wanted = reading.wanted(self.pool.capacity());
        if !self.manner.pace.take(wanted) {
            return Progress::Starved(reading);
        }
        let progress = self.read_on(reading);
        let came = match &progress {
            Progress::Segment(reading, segment) => reading.charge(segment.bytes.as_slice().len() as u64),
            _ => 0,
        };
        self.manner.pace.settle(wanted, came);
        progress
    }

    fn ends_with_release(&self, reading: &Sequential) -> bool {
        reading.is_mapped()
    }

    fn finish(&mut self, reading: Sequential) -> Event {
        self.let_go();
        // An empty file has nothing to map; it was read as this reader reads it.
        let is_empty_map = self.maps == Maps::Everything && reading.offset() == 0;
        reading.finish(match self.how {
            _ if is_empty_map => ReaderKind::Mmap,
            How::Cached => ReaderKind::Cached,
            How::Waiting(reader) => reader,
            How::Plainly => ReaderKind::Pread,
        })
    }

    fn wait_from_now_on(&mut self) {
        if self.how == How::Cached {
            self.how = How::Waiting(ReaderKind::Pread);
            // A window and O_DIRECT on the same descriptor do not go together: why a page was not to be had is asked by
            // reading one byte.
            self.maps = Maps::Nothing;
        }
    }

    fn rest(&mut self) {
        self.siblings.let_go();
    }

    fn release(&mut self, bytes: Bytes, of: Option<&mut Sequential>) {
        match bytes {
            Bytes::Buffer(buffer) => self.pool.give(buffer),
            Bytes::Map(window) => {
                // A file that is no longer here has failed.
                of.into_iter().for_each(|reading| reading.used(&window, &self.manner));
                drop(window);
                self.windows.rest();
            }
            #[cfg(test)]
            Bytes::Nothing => {}
        }
    }

    fn take_reason(&mut self) -> Option<String> {
        let refused = self.reason.take()?;
        Some(match self.how {
            How::Cached => format!("reader cached: {refused}"),
            How::Waiting(reader) => format!("reader {reader}: {refused}"),
            How::Plainly => format!("reader {}: {refused}", ReaderKind::Pread),
        })
    }

    fn available(&self) -> usize {
        self.pool.available()
    }

    fn out(&self) -> usize {
        self.pool.out() + self.windows.live()
    }
}

#[cfg(all(test, not(checksig_portable)))]
mod tests;
