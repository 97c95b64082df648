//! One file read from its first byte to its proved end by one thread, a buffer at a time: what the readers without a
//! ring share.
//!
//! Does not choose files or keep buffers.

use std::os::fd::AsFd;

use rustix::io::{Errno, pread, retry_on_intr};

use super::buffers::Buffer;
use super::manner::{Manner, Way};
use super::mapped::{NoWindow, Window, Windows};
use super::nowait::read_cached;
use super::pace::charge;
use super::piece::{Answer, Piece};
use super::residency::{Residency, absent_ranges, is_cached, residency};
use super::segment::{Bytes, Event, Failure, PlannedFile, Proof, Resume, Segment};
use crate::limits;
use crate::readerkind::{Origin, ReaderKind};
use crate::root::{OpenedFile, Refusal, Root, stamp_of};

/// A file on its way.
pub(crate) struct Sequential {
    file: PlannedFile,
    opened: OpenedFile,
    offset: u64,
    /// How it is read by one who may wait; chosen before the first such read.
    way: Option<Way>,
    /// Some of it was mapped.
    mapped: bool,
    /// Where a window began that gave zeros in place of bytes of the file.
    faulted_at: Option<u64>,
    /// Where the last read from memory missed, if one did.
    missed_offset: u64,
}

/// What reading into a buffer came to.
pub(super) enum Filled {
    /// The next segment.
    Segment(Segment),
    /// It would have to wait; the buffer comes back.
    WouldWait(Buffer),
    /// The file cannot be read; the buffer comes back.
    Failed(Buffer, Failure),
}

impl Sequential {
    /// Opens the file, or goes on where another source left off.
    pub(super) fn open(mut file: PlannedFile, root: &Root) -> Result<Sequential, (PlannedFile, Failure)> {
        match file.resume.take().map(|resume| *resume) {
            Some(Resume { opened, offset, way }) => Ok(Sequential::at(offset, opened, file, way)),
            None => Sequential::from_open(root.open(&file.name), file),
        }
    }

    /// Takes what an open gave.
    pub(super) fn from_open(
        opened: Result<OpenedFile, Refusal>,
        file: PlannedFile,
    ) -> Result<Sequential, (PlannedFile, Failure)> {
        match opened {
            Ok(opened) => Ok(Sequential::at(0, opened, file, None)),
            Err(refusal) => Err((file, refusal.into())),
        }
    }

    fn at(offset: u64, opened: OpenedFile, file: PlannedFile, way: Option<Way>) -> Sequential {
        Sequential { file, opened, offset, way, mapped: false, faulted_at: None, missed_offset: 0 }
    }

    /// Bytes that have been handed out.
    pub(super) fn offset(&self) -> u64 {
        self.offset
    }

    /// Bytes that are still to be read.
    pub(super) fn remaining(&self) -> u64 {
        self.opened.stamp.size_bytes - self.offset
    }

    /// Bytes that the next segment counts for, in a buffer of this capacity.
    pub(super) fn wanted(&self, capacity: usize) -> u64 {
        self.charge(self.remaining().min(capacity as u64))
    }

    /// Bytes that a read of so many counts for.
    pub(super) fn charge(&self, bytes: u64) -> u64 {
        charge(bytes, self.way.as_ref().map_or(1, Way::align))
    }

    /// Whether any of it has been read.
    pub(super) fn is_begun(&self) -> bool {
        self.offset > 0
    }

    /// Whether Linux says that all the rest is in memory, or comes already; `None` where it does not say.
    pub(super) fn says_cached(&self) -> Option<bool> {
        let remaining = self.remaining();
        // An empty file has nothing to wait for.
        if remaining == 0 {
            return Some(true);
        }
        residency(self.opened.file.as_fd(), self.offset, remaining).map(|cached| cached == Residency::All)
    }

    /// Whether Linux says that the next so many bytes, one at least, are in memory, or come already.
    pub(super) fn is_cached(&self, bytes: usize) -> bool {
        is_cached(self.opened.file.as_fd(), self.offset, bytes as u64)
    }

    /// Whether Linux has the bytes of the next so large a segment in memory, all of them read in. Some Linuxes say that a
    /// read would have to wait also where a page is the mark at which reading ahead goes on. Such marks stay behind in files
    /// that were read in another order than from first to last.
    pub(super) fn is_in_memory(&self, segment_bytes: usize) -> bool {
        let bytes = self.remaining().min(segment_bytes as u64);
        let file = self.opened.file.as_fd();
        bytes > 0 && is_cached(file, self.offset, bytes) && absent_ranges(file, self.offset, bytes).is_empty()
    }

    /// A read from memory missed, and Linux has begun to bring the rest of this short file in: it may come that way, and
    /// what was not there before goes again.
    pub(super) fn stay_with_the_cache(&mut self, manner: &Manner) {
        self.way = manner.stay_with_the_cache(&self.opened, self.missed_offset).ok();
    }

    /// Fills the buffer, or as much of it as the file has bytes left, with what is in the page cache; plainly where that has
    /// been asked for, else without ever waiting.
    pub(super) fn fill_cached(&mut self, mut buffer: Buffer, may_wait: bool) -> Filled {
        let mut piece = Piece::at(self.offset, self.opened.stamp.size_bytes, buffer.capacity(), 1);
        loop {
            let (target, offset) = (&mut buffer.target()[piece.range()], piece.read_offset());
            let file = self.opened.file.as_fd();
            let read = if may_wait { pread(file, target, offset).map(Some) } else { read_cached(file, target, offset) };
            let would_wait = match read {
                Ok(None) => true,
                // Some Linuxes say so where they would have to wait.
                Ok(Some(0)) if piece.wanted > 0 && !may_wait => true,
                Ok(Some(count)) => match piece.take(count) {
                    Answer::Whole => return self.filled(buffer, &piece, Origin::Cache),
                    Answer::More => false,
                    Answer::Moved => return Filled::Failed(buffer, Failure::Moved),
                },
                Err(Errno::INTR) => false,
                Err(errno) => {
                    let offset = piece.missing_offset();
                    return Filled::Failed(buffer, Failure::Unreadable { errno, offset });
                }
            };
            if would_wait {
                self.missed_offset = piece.missing_offset();
                return Filled::WouldWait(buffer);
            }
        }
    }

    /// Chooses how the file is read from here on by one who may wait, unless that has been done.
    fn choose(&mut self, how: impl FnOnce(&OpenedFile, u64) -> Result<Way, Errno>) -> Result<&mut Way, Failure> {
        let way = match self.way.take() {
            Some(way) => Ok(way),
            None => how(&self.opened, self.offset),
        };
        Ok(self.way.insert(way.map_err(|errno| Failure::Unreadable { errno, offset: self.offset })?))
    }

    /// Chooses to read through the page cache.
    pub(super) fn choose_plainly(&mut self, manner: &Manner) -> Result<(), Failure> {
        self.choose(|opened, _| manner.choose_for_one(opened)).map(drop)
    }

    /// Chooses for a reader that opens files ahead, and tells Linux that this one will be wanted.
    pub(super) fn announce(&mut self, manner: &Manner) -> Result<(), Failure> {
        self.choose(|opened, offset| manner.choose_ahead(opened, offset))?;
        // What Linux brings in ahead, nobody has counted.
        if let Some(way) = self.way.as_ref().filter(|_| !manner.pace.is_limited()) {
            way.announce(&self.opened);
        }
        Ok(())
    }

    /// Fills the buffer, or as much of it as the file has bytes left, however long that takes.
    pub(super) fn fill(&mut self, mut buffer: Buffer, manner: &Manner) -> Filled {
        if let Err(failure) = self.choose(|opened, offset| manner.choose(opened, offset)) {
            return Filled::Failed(buffer, failure);
        }
        let way = self.way.as_mut().expect("it was chosen just now");
        let (file, stamp, offset) = (self.opened.file.as_fd(), self.opened.stamp, self.offset);
        let mut piece = Piece::at(offset, stamp.size_bytes, buffer.capacity(), way.align());
        way.note(file, offset, piece.wanted as u64);
        loop {
            let errno = match pread(file, &mut buffer.target()[piece.range()], piece.read_offset()) {
                Ok(count) => match piece.take(count) {
                    Answer::Whole => break,
                    Answer::More => continue,
                    Answer::Moved => return Filled::Failed(buffer, Failure::Moved),
                },
                Err(Errno::INTR) => continue,
                Err(errno) => errno,
            };
            let gave_way = match way {
                Way::Direct { device, .. } if matches!(errno, Errno::INVAL | Errno::OPNOTSUPP) => {
                    device.refuse_direct();
                    manner.read_plainly(file, stamp, offset, errno)
                }
                _ => Err(errno),
            };
            match gave_way {
                Ok(plain) => *way = plain,
                Err(errno) => {
                    let offset = piece.missing_offset();
                    return Filled::Failed(buffer, Failure::Unreadable { errno, offset });
                }
            }
            piece.read_plainly();
            way.note(file, offset, piece.wanted as u64);
        }
        way.came(file, offset + piece.wanted as u64);
        let origin = way.origin();
        self.filled(buffer, &piece, origin)
    }

    fn filled(&mut self, mut buffer: Buffer, piece: &Piece, origin: Origin) -> Filled {
        buffer.set_length(piece.wanted);
        self.offset += piece.wanted as u64;
        Filled::Segment(Segment {
            ticket: self.file.ticket,
            offset: piece.offset,
            file_bytes: self.opened.stamp.size_bytes,
            bytes: Bytes::Buffer(buffer),
            origin,
            last: piece.last,
        })
    }

    /// Maps the next segment, of so many bytes.
    pub(super) fn map(&mut self, windows: &mut Windows, places_max: usize, length: usize) -> Result<Segment, NoWindow> {
        if !self.mapped {
            Windows::can_map(self.opened.file.as_fd())?;
        }
        if let Some(way) = &mut self.way {
            way.note(self.opened.file.as_fd(), self.offset, length as u64);
        }
        let window = windows.map(places_max, self.opened.file.as_fd(), self.offset, length)?;
        let segment = Segment {
            ticket: self.file.ticket,
            offset: self.offset,
            file_bytes: self.opened.stamp.size_bytes,
            bytes: Bytes::Map(window),
            origin: self.way.as_ref().map_or(Origin::Cache, Way::origin),
            last: length as u64 == self.remaining(),
        };
        self.offset += length as u64;
        self.mapped = true;
        Ok(segment)
    }

    /// Whether some of it was mapped, so that its end is not known before all its segments have been used.
    pub(super) fn is_mapped(&self) -> bool {
        self.mapped
    }

    /// Takes note of a window that has been used, the latest of this file.
    pub(super) fn used(&mut self, window: &Window) {
        if window.has_faulted() {
            self.faulted_at = Some(self.offset - window.as_slice().len() as u64);
        }
    }

    /// Why what its windows gave does not count, if so: a page was not to be had since the file was truncated, or since
    /// the device gives errors, which reading says again.
    pub(super) fn failure(&self) -> Option<Failure> {
        let start = self.faulted_at?;
        let pages = (start..self.offset).step_by(limits::PAGE_BYTES);
        let refused = |offset| {
            let read = retry_on_intr(|| pread(&self.opened.file, &mut [0; 1], offset));
            read.err().map(|errno| Failure::Unreadable { errno, offset })
        };
        Some(pages.into_iter().find_map(refused).unwrap_or(Failure::Moved))
    }

    /// The end, after the last segment.
    pub(super) fn finish(mut self, reader: ReaderKind) -> Event {
        debug_assert_eq!(self.remaining(), 0);
        self.restore();
        if !self.mapped {
            return self.file.end(Ok(Proof { stamp: self.opened.stamp, reader }));
        }
        // No read has asked for one byte more: the size says whether there is one.
        let result = match (self.failure(), stamp_of(&self.opened.file)) {
            (Some(failure), _) => Err(failure),
            (None, Ok(stamp)) if stamp.size_bytes == self.opened.stamp.size_bytes => {
                Ok(Proof { stamp: self.opened.stamp, reader: ReaderKind::Mmap })
            }
            (None, Ok(_)) => Err(Failure::Moved),
            (None, Err(errno)) => Err(Failure::Unreadable { errno, offset: self.offset }),
        };
        self.file.end(result)
    }

    /// The end, for a reason.
    pub(super) fn fail(mut self, failure: Failure) -> Event {
        self.restore();
        self.file.end(Err(failure))
    }

    /// Leaves the rest to another source.
    pub(super) fn leave(self) -> PlannedFile {
        let Sequential { file, opened, offset, way, .. } = self;
        file.resumed(Resume { opened, offset, way })
    }

    fn restore(&mut self) {
        if let Some(way) = &mut self.way {
            way.leave(self.opened.file.as_fd());
        }
    }
}
