//! One file read from its first byte to its proved end by one thread, a buffer at a time: what the readers without a
//! ring share.
//!
//! Does not choose files or keep buffers.

use std::os::fd::AsFd;

use rustix::io::{Errno, ReadWriteFlags, pread, preadv2, retry_on_intr};

use super::buffers::Buffer;
use super::mapped::{NoWindow, Window, Windows};
use super::residency::is_cached;
use super::segment::{Bytes, Event, Failure, PlannedFile, Proof, Resume, Segment};
use crate::limits;
use crate::readerkind::ReaderKind;
use crate::root::{OpenedFile, Refusal, Root, stamp_of};

/// A file on its way.
pub(crate) struct Sequential {
    file: PlannedFile,
    opened: OpenedFile,
    offset: u64,
    /// Some of it was mapped.
    mapped: bool,
    /// Where a window began that gave zeros in place of bytes of the file.
    faulted_at: Option<u64>,
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
        match file.resume.take() {
            Some(Resume { opened, offset }) => Ok(Sequential::at(offset, opened, file)),
            None => Sequential::from_open(root.open(&file.name), file),
        }
    }

    /// Takes what an open gave.
    pub(super) fn from_open(
        opened: Result<OpenedFile, Refusal>,
        file: PlannedFile,
    ) -> Result<Sequential, (PlannedFile, Failure)> {
        match opened {
            Ok(opened) => Ok(Sequential::at(0, opened, file)),
            Err(refusal) => Err((file, refusal.into())),
        }
    }

    fn at(offset: u64, opened: OpenedFile, file: PlannedFile) -> Sequential {
        Sequential { file, opened, offset, mapped: false, faulted_at: None }
    }

    /// Bytes that have been handed out.
    pub(super) fn offset(&self) -> u64 {
        self.offset
    }

    /// Bytes that are still to be read.
    pub(super) fn remaining(&self) -> u64 {
        self.opened.stamp.size_bytes - self.offset
    }

    /// Whether Linux has the bytes of the next so large a segment in memory. It says that a read would have to wait also
    /// where a page is the mark at which reading ahead goes on (Linux 5.9 and later: RWF_NOWAIT starts no reading ahead).
    /// Such marks stay behind in files that were read in another order than from first to last.
    pub(super) fn is_cached(&self, segment_bytes: usize) -> bool {
        let bytes = self.remaining().min(segment_bytes as u64);
        bytes > 0 && is_cached(self.opened.file.as_fd(), self.offset, bytes)
    }

    /// Fills the buffer, or as much of it as the file has bytes left.
    pub(super) fn fill(&mut self, mut buffer: Buffer, flags: ReadWriteFlags) -> Filled {
        let capacity = buffer.target().len() - 1;
        let last = self.remaining() <= capacity as u64;
        let wanted = if last { self.remaining() as usize } else { capacity };
        // One byte more than the file should have: if it comes, the file grew.
        let asked = if last { wanted + 1 } else { wanted };
        let mut got = 0;
        while got < wanted || (last && got == 0) {
            let target = &mut buffer.target()[got..asked];
            let offset = self.offset + got as u64;
            let read = if flags.is_empty() {
                pread(&self.opened.file, target, offset)
            } else {
                preadv2(&self.opened.file, &mut [std::io::IoSliceMut::new(target)], offset, flags)
            };
            match read {
                // Some Linuxes say so where they would have to wait.
                Ok(0) if got < wanted && flags.contains(ReadWriteFlags::NOWAIT) => return Filled::WouldWait(buffer),
                Ok(0) => break,
                Ok(count) => got += count,
                Err(Errno::INTR) => {}
                Err(Errno::AGAIN | Errno::OPNOTSUPP | Errno::NOSYS) if flags.contains(ReadWriteFlags::NOWAIT) => {
                    return Filled::WouldWait(buffer);
                }
                Err(errno) => {
                    return Filled::Failed(buffer, Failure::Unreadable { errno, offset });
                }
            }
        }
        if got != wanted {
            return Filled::Failed(buffer, Failure::Moved);
        }
        buffer.set_length(wanted);
        let segment = Segment {
            ticket: self.file.ticket,
            offset: self.offset,
            file_bytes: self.opened.stamp.size_bytes,
            bytes: Bytes::Buffer(buffer),
            last,
        };
        self.offset += wanted as u64;
        Filled::Segment(segment)
    }

    /// Maps the next segment, of so many bytes.
    pub(super) fn map(&mut self, windows: &mut Windows, places_max: usize, length: usize) -> Result<Segment, NoWindow> {
        if !self.mapped {
            Windows::can_map(self.opened.file.as_fd())?;
        }
        let window = windows.map(places_max, self.opened.file.as_fd(), self.offset, length)?;
        let segment = Segment {
            ticket: self.file.ticket,
            offset: self.offset,
            file_bytes: self.opened.stamp.size_bytes,
            bytes: Bytes::Map(window),
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
    pub(super) fn finish(self, reader: ReaderKind) -> Event {
        debug_assert_eq!(self.remaining(), 0);
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
    pub(super) fn fail(self, failure: Failure) -> Event {
        self.file.end(Err(failure))
    }

    /// Leaves the rest to another source.
    pub(super) fn leave(mut self) -> Event {
        self.file.resume = Some(Resume { opened: self.opened, offset: self.offset });
        Event::Elsewhere(self.file)
    }
}
