//! One file read from its first byte to its proved end by one thread, a buffer at a time: what the readers without a
//! ring share.
//!
//! Does not choose files or keep buffers.

use std::os::fd::BorrowedFd;

use rustix::io::{Errno, pread, retry_on_intr};

use super::buffers::Buffer;
use super::device::AskedFirst;
use super::held::Held;
use super::manner::{Manner, Way};
use super::mapped::{NoWindow, Window, Windows, is_as_it_was};
use super::nowait::{knows_none, read_cached};
use super::pace::charge;
use super::piece::{Answer, Piece};
use super::residency::{Residency, absent_ranges, is_cached, residency};
use super::segment::{Bytes, Event, Failure, PlannedFile, Proof, Resume, Segment};
use crate::limits;
use crate::readerkind::{Origin, ReaderKind};
use crate::root::{OpenedFile, Refusal, Root, Stamp, stamp_of};

/// A file on its way.
pub(crate) struct Sequential {
    file: PlannedFile,
    held: Held,
    offset: u64,
    /// Some of it was mapped, here or by a source before.
    was_mapped: bool,
    /// Some of it was mapped here.
    mapped: bool,
    /// Why what its windows gave does not count, if so.
    failure: Option<Failure>,
    /// Where the last read from memory missed, if one did.
    missed_offset: u64,
    /// Its file system, or this Linux, knows no reads that must not wait.
    knows_no_such_reads: bool,
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
            Some(Resume { held, offset, was_mapped }) => {
                Ok(Sequential { offset, was_mapped, ..Sequential::new(held, file) })
            }
            None => Sequential::from_open(root.open(&file.name), file),
        }
    }

    /// Takes what an open gave.
    pub(super) fn from_open(
        opened: Result<OpenedFile, Refusal>,
        file: PlannedFile,
    ) -> Result<Sequential, (PlannedFile, Failure)> {
        match opened {
            Ok(opened) => Ok(Sequential::new(Held::new(opened), file)),
            Err(refusal) => Err((file, refusal.into())),
        }
    }

    fn new(held: Held, file: PlannedFile) -> Sequential {
        Sequential {
            file,
            held,
            offset: 0,
            was_mapped: false,
            mapped: false,
            failure: None,
            missed_offset: 0,
            knows_no_such_reads: false,
        }
    }

    /// Whether readers of their own are to read it.
    pub(super) fn is_apart(&self, manner: &Manner) -> bool {
        manner.keeps_apart(self.held.fd(), self.held.stamp)
    }

    /// Bytes that have been handed out.
    pub(super) fn offset(&self) -> u64 {
        self.offset
    }

    /// Bytes that are still to be read.
    pub(super) fn remaining(&self) -> u64 {
        self.held.stamp.size_bytes - self.offset
    }

    /// Bytes that the next segment counts for, in a buffer of this capacity.
    pub(super) fn wanted(&self, capacity: usize) -> u64 {
        self.charge(self.next_bytes(capacity))
    }

    /// Bytes that a read of so many counts for.
    pub(super) fn charge(&self, bytes: u64) -> u64 {
        charge(bytes, self.held.way.as_ref().map_or(1, Way::align))
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
        residency(self.held.fd(), self.offset, remaining).map(|cached| cached == Residency::All)
    }

    /// Whether Linux says that the bytes of the next so large a segment are in memory, or come already.
    pub(super) fn is_cached(&self, segment_bytes: usize) -> bool {
        is_cached(self.held.fd(), self.offset, self.next_bytes(segment_bytes))
    }

    /// Whether Linux has the bytes of the next so large a segment in memory, all of them read in. Some Linuxes say that a
    /// read would have to wait also where a page is the mark at which reading ahead goes on. Such marks stay behind in files
    /// that were read in another order than from first to last.
    pub(super) fn is_in_memory(&self, segment_bytes: usize) -> bool {
        let (file, bytes) = (self.held.fd(), self.next_bytes(segment_bytes));
        bytes > 0 && is_cached(file, self.offset, bytes) && absent_ranges(file, self.offset, bytes).is_empty()
    }

    /// Bytes of the next segment in a buffer of this capacity.
    fn next_bytes(&self, capacity: usize) -> u64 {
        self.remaining().min(capacity as u64)
    }

    /// The device that it lies on, if a read has turned out that its files are to be asked about first.
    pub(super) fn asked_first(&self, manner: &Manner) -> Option<AskedFirst> {
        let (file, stamp) = (self.held.fd(), self.held.stamp);
        self.knows_no_such_reads
            .then(|| AskedFirst { device: stamp.device, is_memory: manner.devices.of(file, stamp).is_memory() })
    }

    /// Whether the next so large a segment is in memory, where it lies on this device.
    pub(super) fn is_there(&self, on: AskedFirst, segment_bytes: usize) -> Option<bool> {
        (self.held.stamp.device == on.device).then(|| {
            self.remaining() == 0
                || if on.is_memory { self.is_cached(segment_bytes) } else { self.is_in_memory(segment_bytes) }
        })
    }

    /// A read from memory missed, and Linux has begun to bring the rest of this short file in: it may come that way, and
    /// what was not there before goes again.
    pub(super) fn stay_with_the_cache(&mut self, manner: &Manner) {
        if let Ok(way) = manner.stay_with_the_cache(self.held.fd(), self.held.stamp, self.missed_offset) {
            self.held.way = Some(way);
        }
    }

    /// Fills the buffer, or as much of it as the file has bytes left, with what is in the page cache; plainly where that has
    /// been asked for, else without ever waiting.
    pub(super) fn fill_cached(&mut self, mut buffer: Buffer, may_wait: bool) -> Filled {
        let mut piece = Piece::at(self.offset, self.held.stamp.size_bytes, buffer.capacity(), 1);
        loop {
            let (target, offset) = (&mut buffer.target()[piece.range()], piece.read_offset());
            let file = self.held.fd();
            let read = if may_wait { pread(file, target, offset).map(Some) } else { read_cached(file, target, offset) };
            if !may_wait && says_wait(&read, piece.wanted) {
                self.missed_offset = piece.missing_offset();
                self.knows_no_such_reads = read.is_err();
                return Filled::WouldWait(buffer);
            }
            match read {
                Ok(count) => match piece.take(count.unwrap_or(0)) {
                    Answer::Whole if !may_wait && self.has_grown_unseen(&piece) => {
                        return Filled::Failed(buffer, Failure::Moved);
                    }
                    Answer::Whole => return self.filled(buffer, &piece, Origin::Cache),
                    Answer::More => {}
                    Answer::Moved => return Filled::Failed(buffer, Failure::Moved),
                },
                Err(Errno::INTR) => {}
                Err(errno) => {
                    let offset = piece.missing_offset();
                    return Filled::Failed(buffer, Failure::Unreadable { errno, offset });
                }
            }
        }
    }

    /// Whether there is more behind this last piece than a read that must not wait has seen: where the piece ends with a page,
    /// it stops there also if the file goes on with a page that is not in memory. (Where the size is not to be had, it may.)
    fn has_grown_unseen(&self, piece: &Piece) -> bool {
        let ends_with_page = (piece.offset + piece.wanted as u64).is_multiple_of(limits::PAGE_BYTES as u64);
        let size = || stamp_of(self.held.fd()).map(|stamp| stamp.size_bytes);
        piece.last && piece.wanted > 0 && ends_with_page && size() != Ok(self.held.stamp.size_bytes)
    }

    /// Chooses how the file is read from here on by one who may wait, unless that has been done.
    fn choose(&mut self, how: impl FnOnce(BorrowedFd<'_>, Stamp, u64) -> Result<Way, Errno>) -> Result<(), Failure> {
        if self.held.way.is_none() {
            let way = how(self.held.fd(), self.held.stamp, self.offset);
            self.held.way = Some(way.map_err(|errno| Failure::Unreadable { errno, offset: self.offset })?);
        }
        Ok(())
    }

    /// Chooses to read through the page cache.
    pub(super) fn choose_to_be_read_ahead(&mut self, manner: &Manner) -> Result<(), Failure> {
        self.choose(|file, stamp, _| manner.choose_to_be_read_ahead(file, stamp))
    }

    /// Chooses for a reader that opens files ahead, and tells Linux that this one will be wanted.
    pub(super) fn announce(&mut self, manner: &Manner) -> Result<(), Failure> {
        self.choose(|file, stamp, offset| manner.choose_ahead(file, stamp, offset))?;
        let stamp = self.held.stamp;
        // What Linux brings in ahead, nobody has counted.
        if manner.pace.is_limited() {
            return Ok(());
        }
        if let Some((way, file)) = self.held.way_and_fd() {
            way.announce(file, stamp);
        }
        Ok(())
    }

    /// Says where the next so many bytes come from, before they are read.
    fn note(&mut self, offset: u64, bytes: u64) -> Origin {
        self.held.way_and_fd().map_or(Origin::Cache, |(way, file)| way.note(file, offset, bytes))
    }

    /// Fills the buffer, or as much of it as the file has bytes left, however long that takes.
    pub(super) fn fill(&mut self, mut buffer: Buffer, manner: &Manner) -> Filled {
        if let Err(failure) = self.choose(|file, stamp, offset| manner.choose(file, stamp, offset)) {
            return Filled::Failed(buffer, failure);
        }
        let (stamp, offset) = (self.held.stamp, self.offset);
        let bytes = self.next_bytes(buffer.capacity());
        let mut origin = self.note(offset, bytes);
        if self.held.way.as_ref().is_some_and(Way::must_not_wait) {
            // Who reads the same file under another name, or twice, may have taken it out of memory since that was noted.
            buffer = match self.fill_cached(buffer, false) {
                Filled::WouldWait(buffer) => buffer,
                filled => return filled,
            };
            if !self.is_in_memory(buffer.capacity()) {
                self.stay_with_the_cache(manner);
                origin = self.note(offset, bytes);
            }
        }
        let Some((way, file)) = self.held.way_and_fd() else { unreachable!("it was chosen above") };
        let mut piece = Piece::at(offset, stamp.size_bytes, buffer.capacity(), way.align());
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
                    manner.give_way(device, file, stamp, offset, errno)
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
            origin = way.note(file, offset, piece.wanted as u64);
        }
        way.came(file, offset + piece.wanted as u64);
        self.filled(buffer, &piece, origin)
    }

    fn filled(&mut self, mut buffer: Buffer, piece: &Piece, origin: Origin) -> Filled {
        buffer.set_length(piece.wanted);
        self.offset += piece.wanted as u64;
        Filled::Segment(Segment {
            ticket: self.file.ticket,
            offset: piece.offset,
            file_bytes: self.held.stamp.size_bytes,
            bytes: Bytes::Buffer(buffer),
            origin,
            last: piece.last,
        })
    }

    /// Maps the next segment, of so many bytes.
    pub(super) fn map(&mut self, windows: &mut Windows, places_max: usize, length: usize) -> Result<Segment, NoWindow> {
        if !self.mapped {
            Windows::can_map(self.held.fd())?;
        }
        let origin = self.note(self.offset, length as u64);
        let window = windows.map(places_max, self.held.fd(), self.offset, length)?;
        let segment = Segment {
            ticket: self.file.ticket,
            offset: self.offset,
            file_bytes: self.held.stamp.size_bytes,
            bytes: Bytes::Map(window),
            origin,
            last: length as u64 == self.remaining(),
        };
        self.offset += length as u64;
        (self.mapped, self.was_mapped) = (true, true);
        Ok(segment)
    }

    /// Whether some of it was mapped, so that its end is not known before all its segments have been used.
    pub(super) fn is_mapped(&self) -> bool {
        self.mapped
    }

    /// Takes note of a window that has been used, the latest of this file. Where a page was not to be had, that is since the
    /// file was truncated, or since the device gives errors, which reading the page says again: once, as it may take long.
    pub(super) fn used(&mut self, window: &Window, manner: &Manner) {
        let Some(at) = window.fault() else { return };
        let offset = self.offset - window.length() as u64 + at as u64;
        if self.choose_to_be_read_ahead(manner).is_ok() {
            self.note(offset, 1);
        }
        let read = retry_on_intr(|| pread(self.held.fd(), &mut [0; 1], offset));
        let failure = read.map_or_else(|errno| Failure::Unreadable { errno, offset }, |_| Failure::Moved);
        self.failure.get_or_insert(failure);
    }

    /// Why what its windows gave does not count, if so.
    pub(super) fn failure(&self) -> Option<Failure> {
        self.failure
    }

    /// The end, after the last segment.
    pub(super) fn finish(self, reader: ReaderKind) -> Event {
        debug_assert_eq!(self.remaining(), 0);
        let stamp = self.held.stamp;
        let result = match self.failure() {
            Some(failure) => Err(failure),
            None if self.was_mapped => is_as_it_was(self.held.fd(), stamp),
            None => Ok(()),
        };
        let reader = if self.mapped { ReaderKind::Mmap } else { reader };
        self.file.end(result.map(|()| Proof { stamp, reader }))
    }

    /// The end, for a reason.
    pub(super) fn fail(self, failure: Failure) -> Event {
        self.file.end(Err(failure))
    }

    /// Leaves the rest to another source.
    pub(super) fn leave(self) -> PlannedFile {
        let Sequential { file, held, offset, was_mapped, .. } = self;
        file.resumed(Resume { held, offset, was_mapped })
    }
}

/// Whether the answer of a read that must not wait, for so many bytes and the end of the file behind them, is that it would
/// have to, or that nobody can tell. Some Linuxes give no bytes where they would.
fn says_wait(read: &Result<Option<usize>, Errno>, wanted: usize) -> bool {
    match read {
        Ok(None) => true,
        Ok(Some(count)) => *count == 0 && wanted > 0,
        Err(errno) => knows_none(*errno),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_bytes_where_there_should_be_some_say_that_the_read_would_have_to_wait() {
        assert!(says_wait(&Ok(None), 4_096) && says_wait(&Ok(Some(0)), 4_096) && says_wait(&Ok(None), 0));
        assert!(!says_wait(&Ok(Some(0)), 0), "an empty file has none");
        assert!(!says_wait(&Ok(Some(1)), 4_096) && !says_wait(&Err(Errno::IO), 4_096));
        assert!(says_wait(&Err(Errno::NOSYS), 4_096), "there are no such reads");
    }
}
