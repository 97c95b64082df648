//! Reads many files at once through io_uring: a window of files is opened, and their reads go to Linux in one call, in the
//! order of their places on the disk.
//!
//! Chooses which file is asked for next; what has come of one is `file`'s affair, the ring itself `ring`'s.

mod file;
mod inflight;
mod probe;
mod ring;

pub(crate) use probe::{Refused, probe, probe_deferred};

use std::collections::VecDeque;
use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use rustix::io::Errno;

use self::file::{Next, RingFile};
use self::inflight::{Owner, Read};
use self::ring::{Completed, Ring};
use super::buffers::{Buffer, Pools};
use super::held::Held;
use super::layout::{Place, place_of};
use super::manner::Manner;
use super::segment::{Bytes, Event, Failure, PlannedFile, Resume, Ticket};
use super::{ReaderRoom, Source, Wait};
use crate::limits;
use crate::root::Root;

/// A source with a ring of its own. It must be made, and driven, by one thread.
pub(crate) struct Uring {
    root: Arc<Root>,
    manner: Arc<Manner>,
    ring: Ring,
    pools: Pools,
    files: Vec<Option<RingFile>>,
    vacant: Vec<usize>,
    /// Files of the window that is being opened, and where they lie on the disk.
    window: Vec<(Place, usize)>,
    /// Files that wait for their first buffer: a small one, or a large one.
    small: VecDeque<usize>,
    parked: VecDeque<usize>,
    /// Long files that other readers may take as well.
    surplus: VecDeque<PlannedFile>,
    /// Files begun that could have one more read in flight, the one that waited longest first.
    hungry: VecDeque<usize>,
    /// Long files, begun or to be.
    long_files: usize,
    /// What there is to tell.
    events: VecDeque<Event>,
    /// Why the ring no longer works, if it does not.
    broken: Option<Errno>,
}

impl Uring {
    /// Sets up a ring for the calling thread.
    pub(crate) fn new(root: Arc<Root>, manner: Arc<Manner>, room: ReaderRoom) -> Result<io::Result<Uring>, Refused> {
        let ring = Ring::new(room.reads).map_err(Refused::Setup)?;
        Ok(Pools::new(room.small_buffers, room.large_buffers).map(|pools| Uring {
            root,
            manner,
            ring,
            pools,
            files: (0..limits::RING_FILES_MAX).map(|_| None).collect(),
            vacant: (0..limits::RING_FILES_MAX).rev().collect(),
            window: Vec::with_capacity(limits::WINDOW_FILES),
            small: VecDeque::with_capacity(limits::RING_FILES_MAX),
            parked: VecDeque::with_capacity(limits::RING_FILES_MAX),
            surplus: VecDeque::new(),
            hungry: VecDeque::with_capacity(limits::RING_FILES_MAX),
            long_files: 0,
            events: VecDeque::new(),
            broken: None,
        }))
    }

    fn file(&mut self, index: usize) -> &mut RingFile {
        self.files[index].as_mut().expect("only files in progress are asked for")
    }

    /// Closes the window: its files are asked for in the order of their places. Few long ones are read at a time.
    fn close_window(&mut self) {
        self.window.sort_unstable();
        for (_, index) in std::mem::take(&mut self.window) {
            let (is_small, is_long) = (self.file(index).is_small, self.file(index).is_long);
            if is_long && self.long_files >= limits::RING_LONG_FILES_MAX {
                let file = self.files[index].take().expect("it is in the window");
                self.vacant.push(index);
                self.surplus.push_back(file.leave());
                continue;
            }
            self.long_files += usize::from(is_long);
            if is_small { self.small.push_back(index) } else { self.parked.push_back(index) }
        }
    }

    /// Gives buffers to the files that wait for them: to those that have been begun first, then to new ones.
    fn feed(&mut self) {
        while let Some(index) = self.hungry.pop_front() {
            if !self.file(index).wants_more() {
                continue;
            }
            if !self.ask_for_all(index) {
                self.hungry.push_front(index);
                break;
            }
        }
        while let Some(index) = self.small.pop_front() {
            if !self.ask(index) {
                self.small.push_front(index);
                break;
            }
        }
        while let Some(index) = self.parked.pop_front() {
            if !self.ask(index) {
                self.parked.push_front(index);
                break;
            }
            if !self.ask_for_all(index) {
                self.hungry.push_back(index);
                break;
            }
        }
    }

    /// Asks for all pieces that a file may have in flight, one behind the other: Linux makes one long read of those that go
    /// to it together. False where there was no buffer, or no room in the ring.
    fn ask_for_all(&mut self, index: usize) -> bool {
        while self.file(index).may_ask() {
            if !self.ask(index) {
                return false;
            }
        }
        true
    }

    /// Asks for the next piece of a file, if there is a buffer for it and room in the ring.
    fn ask(&mut self, index: usize) -> bool {
        if !self.ring.has_room() {
            return false;
        }
        let file = self.files[index].as_mut().expect("only files in progress are asked for");
        let Some(buffer) = file.pool(&mut self.pools).take() else {
            return false;
        };
        // Where it is too early to ask, that is as if there were no buffer.
        if !self.manner.pace.take(file.wanted(buffer.capacity())) {
            file.pool(&mut self.pools).give(buffer);
            return false;
        }
        let piece = file.ask(buffer.capacity());
        self.read(index, piece, buffer, 0);
        true
    }

    fn read(&mut self, index: usize, number: u64, buffer: Buffer, tries: u32) {
        let file = self.files[index].as_ref().expect("only files in progress are read");
        let piece = file.piece(number);
        let (range, offset) = (piece.range(), piece.read_offset());
        let owner = Owner { file: index, piece: number };
        self.ring.read(Read { buffer, file: file.descriptor(), range, offset, tries, owner });
    }

    /// Takes in one completion: goes on with a short read, or fills the piece, or fails the file.
    fn complete(&mut self, Completed { read: Read { buffer, tries, owner, .. }, result }: Completed) {
        if let Err(Errno::INTR | Errno::AGAIN) = result
            && tries < limits::RING_TRIES_MAX
        {
            return self.read(owner.file, owner.piece, buffer, tries + 1);
        }
        let file = self.files[owner.file].as_mut().expect("a file stays until its reads are through");
        match file.take(owner.piece, buffer, result, &self.manner, &mut self.pools) {
            Next::Read(buffer) => self.read(owner.file, owner.piece, buffer, tries),
            Next::Tell => self.tell(owner.file),
        }
    }

    /// Tells what can be told of a file, and its end.
    fn tell(&mut self, index: usize) {
        let file = self.files[index].as_mut().expect("only files in progress are told");
        let could_ask = file.wants_more();
        match file.tell(&mut self.events, &mut self.pools) {
            None => {
                if file.wants_more() && !could_ask {
                    self.hungry.push_back(index);
                }
            }
            Some(result) => {
                self.hungry.retain(|&other| other != index);
                let file = self.files[index].take().expect("it was there above");
                self.long_files -= usize::from(file.is_long);
                self.vacant.push(index);
                self.events.push_back(file.end(result));
            }
        }
    }

    /// The ring no longer works: its files are left to other readers, from the first byte on that was not told. What Linux may
    /// still write to stays in the ring's table until the ring is dropped.
    fn give_up(&mut self, errno: Errno) {
        self.broken = Some(errno);
        for index in 0..self.files.len() {
            if let Some(mut file) = self.files[index].take() {
                file.drop_filled(&mut self.pools);
                self.vacant.push(index);
                self.events.push_back(file.give_up());
            }
        }
        self.window.clear();
        self.small.clear();
        self.parked.clear();
        self.hungry.clear();
        self.long_files = 0;
    }

    fn is_starved(&self) -> bool {
        !(self.hungry.is_empty() && self.small.is_empty() && self.parked.is_empty())
    }
}

impl Source for Uring {
    fn add(&mut self, mut file: PlannedFile) {
        let mut begun = match file.resume.take().map(|resume| *resume) {
            Some(begun) => begun,
            None => match self.root.open(&file.name) {
                Ok(opened) => {
                    let begun = Resume { held: Held::new(opened), offset: 0, was_mapped: false };
                    if self.manner.keeps_apart(begun.held.fd(), begun.held.stamp) {
                        return self.events.push_back(Event::Elsewhere(file.resumed(begun)));
                    }
                    begun
                }
                Err(refusal) => return self.events.push_back(file.end(Err(refusal.into()))),
            },
        };
        let (held, offset) = (&mut begun.held, begun.offset);
        if held.way.is_none() {
            match self.manner.choose(held.fd(), held.stamp, offset) {
                Ok(way) => held.way = Some(way),
                Err(errno) => return self.events.push_back(file.end(Err(Failure::Unreadable { errno, offset }))),
            }
        }
        let place = place_of(held.fd(), &held.stamp, self.manner.by_block.load(Ordering::Relaxed));
        let index = self.vacant.pop().expect("only where there is room");
        self.files[index] = Some(RingFile::new(file, begun));
        self.window.push((place, index));
    }

    /// Files that wait for a buffer come before new ones.
    fn has_room(&self) -> bool {
        let none_waits = self.small.is_empty() && self.parked.is_empty();
        self.broken.is_none() && none_waits && !self.vacant.is_empty() && self.window.len() < limits::WINDOW_FILES
    }

    fn in_progress(&self) -> usize {
        self.files.len() - self.vacant.len() + self.surplus.len() + self.events.len()
    }

    fn poll(&mut self, wait: Wait) -> Event {
        if let Some(event) = self.events.pop_front() {
            return event;
        }
        self.close_window();
        self.feed();
        if self.broken.is_some() || self.ring.in_flight() == 0 {
            return if self.is_starved() { Event::Starved } else { Event::Idle };
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

    fn surplus(&mut self) -> Option<PlannedFile> {
        self.surplus.pop_front()
    }

    fn has_room_for_surplus(&self) -> bool {
        self.broken.is_none()
            && !self.vacant.is_empty()
            && self.long_files + self.window.len() < limits::RING_LONG_FILES_MAX
    }

    fn has_events(&self) -> bool {
        !self.events.is_empty()
    }

    /// Those that Linux has do not count: a ring that is given up keeps them.
    fn buffers_out(&self) -> usize {
        self.pools.out() - self.ring.in_flight()
    }

    fn release(&mut self, _ticket: Ticket, bytes: Bytes) {
        if let Bytes::Buffer(buffer) = bytes {
            self.pools.give(buffer);
        }
    }

    fn broken(&self) -> Option<String> {
        self.broken.map(|errno| format!("io_uring_enter: {errno}"))
    }
}

#[cfg(test)]
mod tests;
