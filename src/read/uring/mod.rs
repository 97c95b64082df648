//! Reads many files at once through io_uring: a window of files is opened, and their reads go to Linux in one call.
//!
//! Puts the pieces of each file back in order; the ring itself is `ring`'s affair.

mod inflight;
mod probe;
mod ring;

pub(crate) use probe::{Refused, probe};

use std::collections::VecDeque;
use std::io;
use std::os::fd::OwnedFd;
use std::rc::Rc;
use std::sync::Arc;

use rustix::fs::OFlags;
use rustix::io::Errno;

use self::inflight::{Owner, Read};
use self::ring::{Completed, Ring};
use super::buffers::{Buffer, BufferPool};
use super::segment::{Bytes, Event, Failure, PlannedFile, Proof, Resume, Segment, Ticket};
use super::{Source, Wait};
use crate::limits;
use crate::readerkind::ReaderKind;
use crate::root::{Root, Stamp};

/// A source with a ring of its own. It must be made, and driven, by one thread.
pub(crate) struct Uring {
    root: Arc<Root>,
    ring: Ring,
    pool: BufferPool,
    files: Vec<Option<RingFile>>,
    vacant: Vec<usize>,
    /// Files that could have one more read in flight, the one that waited longest first.
    hungry: VecDeque<usize>,
    /// What there is to tell.
    events: VecDeque<Event>,
    /// Why the ring no longer works, if it does not.
    broken: Option<Errno>,
}

/// A file in progress.
struct RingFile {
    file: PlannedFile,
    descriptor: Rc<OwnedFd>,
    stamp: Stamp,
    /// The first byte that no read has asked for.
    next_offset: u64,
    /// Whether the read of the last byte, or of the emptiness, has been asked for.
    asked_all: bool,
    /// The pieces asked for and not told yet, in order of their offset, the number of the first, and how many of them
    /// Linux has.
    pieces: VecDeque<Piece>,
    first_piece: u64,
    in_flight: usize,
    failure: Option<Failure>,
    is_hungry: bool,
}

/// What one buffer of a file is for.
struct Piece {
    offset: u64,
    wanted: usize,
    got: usize,
    last: bool,
    filled: Option<Buffer>,
}

impl Uring {
    /// Sets up a ring for the calling thread, with `buffers` buffers.
    pub(crate) fn new(root: Arc<Root>, buffers: usize) -> Result<io::Result<Uring>, Refused> {
        let ring = Ring::new().map_err(Refused::Setup)?;
        Ok(BufferPool::new(limits::READER_BUFFER_BYTES, buffers).map(|pool| Uring {
            root,
            ring,
            pool,
            files: (0..limits::RING_FILES_MAX).map(|_| None).collect(),
            vacant: (0..limits::RING_FILES_MAX).rev().collect(),
            hungry: VecDeque::with_capacity(limits::RING_FILES_MAX),
            events: VecDeque::new(),
            broken: None,
        }))
    }

    /// Asks for the next piece of a file, in this buffer.
    fn ask(&mut self, index: usize, buffer: Buffer) {
        let capacity = self.pool.capacity() as u64;
        let file = self.files[index].as_mut().expect("only files in progress are asked for");
        let remaining = file.stamp.size_bytes - file.next_offset;
        let last = remaining <= capacity;
        let wanted = remaining.min(capacity) as usize;
        let piece = file.first_piece + file.pieces.len() as u64;
        let offset = file.next_offset;
        file.pieces.push_back(Piece { offset, wanted, got: 0, last, filled: None });
        file.next_offset += wanted as u64;
        file.asked_all = last;
        file.in_flight += 1;
        let descriptor = Rc::clone(&file.descriptor);
        // One byte more than the file should have: if it comes, the file grew.
        let range = 0..wanted + usize::from(last);
        let owner = Owner { file: index, piece };
        self.ring.read(Read { buffer, file: descriptor, range, offset, tries: 0, owner });
    }

    /// Puts a file in the queue for another read, if it may have one.
    fn queue(&mut self, index: usize) {
        let file = self.files[index].as_mut().expect("only files in progress are queued");
        let wants = !file.asked_all && file.failure.is_none() && file.pieces.len() < limits::RING_READS_PER_FILE_MAX;
        if wants && !file.is_hungry {
            file.is_hungry = true;
            self.hungry.push_back(index);
        }
    }

    /// Gives buffers to the files that wait for them, in turn.
    fn feed(&mut self) {
        while let Some(&index) = self.hungry.front() {
            if !self.ring.has_room() {
                return;
            }
            let Some(buffer) = self.pool.take() else {
                return;
            };
            self.hungry.pop_front();
            self.files[index].as_mut().expect("hungry files are in progress").is_hungry = false;
            self.ask(index, buffer);
            self.queue(index);
        }
    }

    /// Takes in one completion: goes on with a short read, or fills the piece, or fails the file.
    fn complete(&mut self, Completed { mut read, result }: Completed) {
        let index = read.owner.file;
        let file = self.files[index].as_mut().expect("a file stays until its reads are through");
        let piece = &mut file.pieces[(read.owner.piece - file.first_piece) as usize];
        match result {
            Err(Errno::INTR | Errno::AGAIN) if read.tries < limits::RING_TRIES_MAX => {
                read.tries += 1;
                return self.ring.read(read);
            }
            Ok(count) if count > 0 && piece.got + count < piece.wanted => {
                piece.got += count;
                read.range.start += count;
                read.offset += count as u64;
                return self.ring.read(read);
            }
            Ok(count) if piece.got + count == piece.wanted => {
                read.buffer.set_length(piece.wanted);
                piece.filled = Some(read.buffer);
            }
            Ok(_) => {
                // Nothing where there should be something, or one byte more than there should be.
                file.failure.get_or_insert(Failure::Moved);
                self.pool.give(read.buffer);
            }
            Err(errno) => {
                let offset = piece.offset + piece.got as u64;
                file.failure.get_or_insert(Failure::Unreadable { errno, offset });
                self.pool.give(read.buffer);
            }
        }
        file.in_flight -= 1;
        self.tell(index);
    }

    /// Tells the pieces of a file that are next in order, and its end.
    fn tell(&mut self, index: usize) {
        let file = self.files[index].as_mut().expect("only files in progress are told");
        let ticket = file.file.ticket;
        let mut ended = None;
        if let Some(failure) = file.failure {
            for piece in &mut file.pieces {
                if let Some(buffer) = piece.filled.take() {
                    self.pool.give(buffer);
                }
            }
            if file.in_flight == 0 {
                ended = Some(Err(failure));
            }
        } else {
            while let Some(buffer) = file.pieces.front_mut().and_then(|piece| piece.filled.take()) {
                let piece = file.pieces.pop_front().expect("the piece that was filled");
                file.first_piece += 1;
                let (offset, last) = (piece.offset, piece.last);
                self.events.push_back(Event::Segment(Segment {
                    ticket,
                    offset,
                    file_bytes: file.stamp.size_bytes,
                    bytes: Bytes::Buffer(buffer),
                    last,
                }));
                if last {
                    ended = Some(Ok(Proof { stamp: file.stamp, reader: ReaderKind::Uring }));
                }
            }
        }
        match ended {
            None => self.queue(index),
            Some(result) => {
                let file = self.files[index].take().expect("it was there above");
                if file.is_hungry {
                    self.hungry.retain(|&other| other != index);
                }
                self.vacant.push(index);
                self.events.push_back(file.file.end(result));
            }
        }
    }

    /// The ring no longer works: its files are unreadable by it. What Linux may still write to stays in the ring's table
    /// until the ring is dropped.
    fn give_up(&mut self, errno: Errno) {
        self.broken = Some(errno);
        for index in 0..self.files.len() {
            if let Some(mut file) = self.files[index].take() {
                file.pieces
                    .iter_mut()
                    .filter_map(|piece| piece.filled.take())
                    .for_each(|buffer| self.pool.give(buffer));
                let offset = file.pieces.front().map_or(file.next_offset, |piece| piece.offset);
                self.vacant.push(index);
                self.events.push_back(file.file.end(Err(Failure::Unreadable { errno, offset })));
            }
        }
        self.hungry.clear();
    }
}

impl Source for Uring {
    fn add(&mut self, mut file: PlannedFile) {
        let (opened, offset) = match file.resume.take() {
            Some(Resume { opened, offset }) => (opened, offset),
            None => match self.root.open(&file.name) {
                Ok(opened) => (opened, 0),
                Err(refusal) => return self.events.push_back(file.end(Err(refusal.into()))),
            },
        };
        // Some Linuxes end a ring's read of a file that was opened not to wait with EAGAIN, again and again.
        let _ = rustix::fs::fcntl_setfl(&opened.file, OFlags::empty());
        let index = self.vacant.pop().expect("only where there is room");
        self.files[index] = Some(RingFile {
            file,
            descriptor: Rc::new(opened.file),
            stamp: opened.stamp,
            next_offset: offset,
            asked_all: false,
            pieces: VecDeque::new(),
            first_piece: 0,
            in_flight: 0,
            failure: None,
            is_hungry: false,
        });
        // Where memory does not last, the file waits for a buffer like any other.
        if let Some(buffer) = self.pool.take() {
            self.ask(index, buffer);
        }
        self.queue(index);
    }

    /// Files that wait for a buffer come before new ones.
    fn has_room(&self) -> bool {
        let can_ask = self.ring.has_room() && self.pool.available() > self.hungry.len();
        self.broken.is_none() && !self.vacant.is_empty() && can_ask
    }

    fn in_progress(&self) -> usize {
        self.files.len() - self.vacant.len() + self.events.len()
    }

    fn poll(&mut self, wait: Wait) -> Event {
        if let Some(event) = self.events.pop_front() {
            return event;
        }
        self.feed();
        if self.broken.is_some() || self.ring.in_flight() == 0 {
            return if self.hungry.is_empty() { Event::Idle } else { Event::Starved };
        }
        // Half of what is in flight makes a window worth a call; the time limit frees the rest from a slow file.
        let (wanted, limit) = match wait {
            Wait::No => (0, std::time::Duration::ZERO),
            Wait::Most(limit) => (self.ring.in_flight().div_ceil(2), limit),
        };
        if let Err(errno) = self.ring.enter(wanted, limit) {
            self.give_up(errno);
        } else {
            while let Some(completed) = self.ring.completed() {
                self.complete(completed);
            }
        }
        self.events.pop_front().unwrap_or(Event::Idle)
    }

    /// Those that Linux has do not count: a ring that is given up keeps them.
    fn buffers_out(&self) -> usize {
        self.pool.out() - self.ring.in_flight()
    }

    fn release(&mut self, _ticket: Ticket, bytes: Bytes) {
        if let Bytes::Buffer(buffer) = bytes {
            self.pool.give(buffer);
        }
    }

    fn broken(&self) -> Option<String> {
        self.broken.map(|errno| format!("io_uring_enter: {errno}"))
    }
}
