//! A file that a ring reads: which pieces have been asked for, which have come, and what can be told of them in order.
//!
//! Asks for nothing itself.

use std::collections::VecDeque;
use std::os::fd::OwnedFd;
use std::rc::Rc;

use rustix::io::Errno;

use crate::limits;
use crate::read::buffers::{Buffer, BufferPool, Pools};
use crate::read::held::Held;
use crate::read::manner::{Manner, Way};
use crate::read::mapped::is_as_it_was;
use crate::read::pace::{came_to, charge};
use crate::read::piece::{Answer, Piece};
use crate::read::segment::{Bytes, Event, Failure, PlannedFile, Proof, Resume, Segment};
use crate::readerkind::{Origin, ReaderKind};

/// A file in progress.
pub(super) struct RingFile {
    pub(super) file: PlannedFile,
    held: Held<Rc<OwnedFd>>,
    /// Some of what was handed out before was mapped.
    was_mapped: bool,
    /// Whether one small buffer holds all that is to be read of it.
    pub(super) is_small: bool,
    /// Whether it takes more than one large buffer.
    pub(super) is_long: bool,
    /// The first byte that no read has asked for.
    next_offset: u64,
    /// Whether the read of the last byte, or of the emptiness, has been asked for.
    asked_all: bool,
    /// The pieces asked for and not told yet, in order of their offset, the number of the first, and how many of them
    /// Linux has.
    pieces: VecDeque<Asked>,
    first_piece: u64,
    in_flight: usize,
    failure: Option<Failure>,
}

struct Asked {
    piece: Piece,
    /// Where its bytes come from.
    origin: Origin,
    filled: Option<Buffer>,
}

/// What one completion came to.
pub(super) enum Next {
    /// The piece is to be read again, or read on, into this buffer.
    Read(Buffer),
    /// There may be something to tell.
    Tell,
}

impl RingFile {
    /// A file for which a way has been chosen.
    pub(super) fn new(file: PlannedFile, Resume { held, offset, was_mapped }: Resume) -> RingFile {
        let remaining = held.stamp.size_bytes - offset;
        RingFile {
            file,
            held: held.kept(Rc::new),
            was_mapped,
            is_small: remaining <= limits::SMALL_BUFFER_BYTES as u64,
            is_long: remaining > limits::LARGE_BUFFER_BYTES as u64,
            next_offset: offset,
            asked_all: false,
            pieces: VecDeque::new(),
            first_piece: 0,
            in_flight: 0,
            failure: None,
        }
    }

    /// Its descriptor, for a read that Linux is to have.
    pub(super) fn descriptor(&self) -> Rc<OwnedFd> {
        Rc::clone(self.held.descriptor())
    }

    /// The pool that its buffers are from.
    pub(super) fn pool<'a>(&self, pools: &'a mut Pools) -> &'a mut BufferPool {
        if self.is_small { &mut pools.small } else { &mut pools.large }
    }

    /// Whether another piece may be asked for.
    pub(super) fn may_ask(&self) -> bool {
        !self.asked_all && self.failure.is_none() && self.pieces.len() < limits::RING_PIECES_PER_FILE_MAX
    }

    /// Whether so many may be that it is worth it: Linux makes one long read of neighbours that come to it together.
    pub(super) fn wants_more(&self) -> bool {
        self.may_ask() && self.pieces.len() + limits::RING_PIECES_TOGETHER <= limits::RING_PIECES_PER_FILE_MAX
    }

    /// Bytes that the next piece counts for, with a buffer of this capacity.
    pub(super) fn wanted(&self, capacity: usize) -> u64 {
        charge((self.held.stamp.size_bytes - self.next_offset).min(capacity as u64), self.align())
    }

    /// What its reads are aligned to.
    fn align(&self) -> usize {
        self.held.way.as_ref().map_or(1, Way::align)
    }

    /// The next piece, for a buffer of this capacity; gives its number.
    pub(super) fn ask(&mut self, capacity: usize) -> u64 {
        let size_bytes = self.held.stamp.size_bytes;
        let (way, descriptor) = self.held.way_and_fd().expect("it was chosen before");
        let piece = Piece::at(self.next_offset, size_bytes, capacity, way.align());
        let origin = way.note(descriptor, piece.offset, piece.wanted as u64);
        self.next_offset += piece.wanted as u64;
        self.asked_all = piece.last;
        self.pieces.push_back(Asked { piece, origin, filled: None });
        self.in_flight += 1;
        self.first_piece + self.pieces.len() as u64 - 1
    }

    /// A piece that has been asked for.
    pub(super) fn piece(&self, number: u64) -> &Piece {
        &self.pieces[(number - self.first_piece) as usize].piece
    }

    /// Takes in what a read of a piece brought.
    pub(super) fn take(
        &mut self,
        number: u64,
        mut buffer: Buffer,
        result: Result<usize, Errno>,
        manner: &Manner,
        pools: &mut Pools,
    ) -> Next {
        let asked = &mut self.pieces[(number - self.first_piece) as usize];
        let failure = match result.map(|count| asked.piece.take(count)) {
            Ok(Answer::More) => return Next::Read(buffer),
            Ok(Answer::Whole) => {
                buffer.set_length(asked.piece.wanted);
                asked.filled = Some(buffer);
                self.in_flight -= 1;
                return Next::Tell;
            }
            Ok(Answer::Moved) => Failure::Moved,
            Err(errno) => {
                let offset = asked.piece.missing_offset();
                match self.give_way(number, errno, manner) {
                    Ok(()) => return Next::Read(buffer),
                    Err(errno) => Failure::Unreadable { errno, offset },
                }
            }
        };
        pools.give(buffer);
        self.in_flight -= 1;
        let piece = self.piece(number);
        let taken = charge(piece.wanted as u64, self.align());
        manner.pace.settle(taken, came_to(failure, piece.offset, taken));
        self.fail(failure);
        Next::Tell
    }

    /// Of several reads that fail, in whatever order they come back, the first in the file is the one that is told.
    fn fail(&mut self, failure: Failure) {
        let comes_first = match (self.failure, failure) {
            (None, _) => true,
            (Some(Failure::Unreadable { offset: told, .. }), Failure::Unreadable { offset, .. }) => offset < told,
            _ => false,
        };
        if comes_first {
            self.failure = Some(failure);
        }
    }

    /// A read gave this errno: if it was a direct one that the device does not take, and a plain one will do, the piece is to
    /// be read plainly.
    fn give_way(&mut self, number: u64, errno: Errno, manner: &Manner) -> Result<(), Errno> {
        let asked = &mut self.pieces[(number - self.first_piece) as usize];
        if !asked.piece.is_direct() || !matches!(errno, Errno::INVAL | Errno::OPNOTSUPP) {
            return Err(errno);
        }
        asked.piece.read_plainly();
        let (offset, bytes, stamp) = (asked.piece.offset, asked.piece.wanted as u64, self.held.stamp);
        let (way, descriptor) = self.held.way_and_fd().expect("it was chosen before");
        if let Way::Direct { device, .. } = way {
            *way = manner.give_way(device, descriptor, stamp, offset, errno)?;
        }
        asked.origin = way.note(descriptor, offset, bytes);
        Ok(())
    }

    /// Tells the pieces that are next in order. Gives how the file ended, if it has.
    pub(super) fn tell(&mut self, events: &mut VecDeque<Event>, pools: &mut Pools) -> Option<Result<Proof, Failure>> {
        if let Some(failure) = self.failure {
            self.drop_filled(pools);
            return (self.in_flight == 0).then_some(Err(failure));
        }
        let mut last = false;
        while let Some(buffer) = self.pieces.front_mut().and_then(|asked| asked.filled.take()) {
            let Asked { piece, origin, .. } = self.pieces.pop_front().expect("the piece that was filled");
            self.first_piece += 1;
            last = piece.last;
            if let Some((way, descriptor)) = self.held.way_and_fd() {
                way.came(descriptor, piece.offset + piece.wanted as u64);
            }
            events.push_back(Event::Segment(Segment {
                ticket: self.file.ticket,
                offset: piece.offset,
                file_bytes: self.held.stamp.size_bytes,
                bytes: Bytes::Buffer(buffer),
                origin,
                last,
            }));
        }
        last.then(|| self.proof())
    }

    /// What the end of its bytes proves.
    fn proof(&self) -> Result<Proof, Failure> {
        if self.was_mapped {
            is_as_it_was(self.held.fd(), self.held.stamp)?;
        }
        Ok(Proof { stamp: self.held.stamp, reader: ReaderKind::Uring })
    }

    /// Gives the buffers back whose bytes nobody will be told.
    pub(super) fn drop_filled(&mut self, pools: &mut Pools) {
        self.pieces.iter_mut().filter_map(|asked| asked.filled.take()).for_each(|buffer| pools.give(buffer));
    }

    /// The first byte that has not been told.
    pub(super) fn untold_offset(&self) -> u64 {
        self.pieces.front().map_or(self.next_offset, |asked| asked.piece.offset)
    }

    /// Leaves it to another source before anything of it has been asked for.
    pub(super) fn leave(self) -> PlannedFile {
        let RingFile { file, held, was_mapped, next_offset: offset, .. } = self;
        let held = held.kept(|shared| Rc::try_unwrap(shared).expect("no read of it is in flight"));
        file.resumed(Resume { held, offset, was_mapped })
    }

    /// Leaves it to another source after its ring has broken: what has not been told is read again.
    pub(super) fn give_up(self) -> Event {
        if let Some(failure) = self.failure {
            return self.end(Err(failure));
        }
        let offset = self.untold_offset();
        // A read that is in flight keeps its own.
        match self.descriptor().try_clone() {
            Ok(descriptor) => {
                let RingFile { file, held, was_mapped, .. } = self;
                let held = held.kept(|_| descriptor);
                Event::Elsewhere(file.resumed(Resume { held, offset, was_mapped }))
            }
            Err(error) => {
                let errno = Errno::from_io_error(&error).unwrap_or(Errno::IO);
                // As if it had not been opened: it is read from its first byte on.
                self.end(Err(Failure::Unreadable { errno, offset: 0 }))
            }
        }
    }

    /// The end of it.
    pub(super) fn end(self, result: Result<Proof, Failure>) -> Event {
        self.file.end(result)
    }
}
