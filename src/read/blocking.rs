//! Reads in a thread of its own with pread, which waits: one file at a time, from its first byte to its last, and some more
//! opened ahead, so that Linux brings them in meanwhile.
//!
//! What it has opened ahead any other such thread may read: a file that hangs holds up nothing but itself.

use std::collections::VecDeque;
use std::io;
use std::sync::Arc;

use super::buffers::BufferPool;
use super::manner::Manner;
use super::pace::came_to;
use super::segment::{Bytes, Event, PlannedFile, Ticket};
use super::sequential::{Filled, Sequential};
use super::{Source, Wait};
use crate::limits;
use crate::readerkind::ReaderKind;
use crate::root::Root;

/// A source that waits in open and pread.
pub(crate) struct Blocking {
    root: Arc<Root>,
    manner: Arc<Manner>,
    pool: BufferPool,
    apart: bool,
    /// Taken on and not opened.
    added: VecDeque<PlannedFile>,
    /// Opened, for whoever comes to it first.
    opened: VecDeque<PlannedFile>,
    /// The file that is being read, and whether its last segment is out.
    reading: Option<(Sequential, bool)>,
}

impl Blocking {
    /// A source with this many buffers of its own; `apart` reads the files that others leave to readers of their own, and
    /// leaves theirs to them.
    pub(crate) fn new(root: Arc<Root>, manner: Arc<Manner>, buffers: usize, apart: bool) -> io::Result<Blocking> {
        Ok(Blocking::with(root, manner, BufferPool::new(limits::LARGE_BUFFER_BYTES, buffers.max(1))?, apart))
    }

    /// The same with one of several pools; see [`Blocking::pools`].
    pub(crate) fn with(root: Arc<Root>, manner: Arc<Manner>, pool: BufferPool, apart: bool) -> Blocking {
        Blocking { root, manner, pool, apart, added: VecDeque::new(), opened: VecDeque::new(), reading: None }
    }

    /// Pools for so many sources together, of this many buffers each.
    pub(crate) fn pools(buffers: usize, sources: usize) -> io::Result<Vec<BufferPool>> {
        BufferPool::side_by_side(limits::LARGE_BUFFER_BYTES, buffers.max(1), sources)
    }

    /// Opens the next file, or tells at once what became of it.
    fn open_next(&mut self) -> Option<Event> {
        let file = self.added.pop_front()?;
        match Sequential::open(file, &self.root) {
            Err((file, failure)) => Some(file.end(Err(failure))),
            Ok(reading) if reading.is_apart(&self.manner) != self.apart => Some(Event::Elsewhere(reading.leave())),
            Ok(mut reading) => match reading.announce(&self.manner) {
                Err(failure) => Some(reading.fail(failure)),
                Ok(()) => {
                    self.opened.push_back(reading.leave());
                    None
                }
            },
        }
    }

    fn read_on(&mut self, mut reading: Sequential) -> Event {
        let wanted = reading.wanted(self.pool.capacity());
        // Where it is too early to read on, that is as if there were no buffer.
        let may_read = self.pool.available() > 0 && self.manner.pace.take(wanted);
        let Some(buffer) = may_read.then(|| self.pool.take()).flatten() else {
            self.reading = Some((reading, false));
            return Event::Starved;
        };
        let offset = reading.offset();
        match reading.fill(buffer, &self.manner) {
            Filled::Segment(segment) => {
                let came = reading.charge(segment.bytes.as_slice().len() as u64);
                self.manner.pace.settle(wanted, came);
                self.reading = Some((reading, segment.last));
                Event::Segment(segment)
            }
            Filled::WouldWait(_) => unreachable!("a plain read waits"),
            Filled::Failed(buffer, failure) => {
                self.pool.give(buffer);
                self.manner.pace.settle(wanted, came_to(failure, offset, wanted));
                reading.fail(failure)
            }
        }
    }
}

impl Source for Blocking {
    fn add(&mut self, file: PlannedFile) {
        if file.is_open() { self.opened.push_back(file) } else { self.added.push_back(file) }
    }

    /// One name at a time, and none beside a file that is being read: an open may hang, and so may a read, and nobody else
    /// would come to what waits behind it.
    fn has_room(&self) -> bool {
        self.reading.is_none() && self.added.is_empty() && self.opened.len() < limits::OPENED_AHEAD_PER_READER
    }

    fn in_progress(&self) -> usize {
        self.added.len() + self.opened.len() + usize::from(self.reading.is_some())
    }

    fn poll(&mut self, _wait: Wait) -> Event {
        match self.reading.take() {
            Some((reading, true)) => return reading.finish(ReaderKind::Threads),
            Some((reading, false)) => return self.read_on(reading),
            None => {}
        }
        if !self.added.is_empty() {
            return self.open_next().unwrap_or(Event::Idle);
        }
        let Some(file) = self.opened.pop_front() else { return Event::Idle };
        match Sequential::open(file, &self.root) {
            Ok(reading) => self.read_on(reading),
            Err((file, failure)) => file.end(Err(failure)),
        }
    }

    /// All but the one that it will read itself.
    fn surplus(&mut self) -> Option<PlannedFile> {
        let keeps = usize::from(self.reading.is_none());
        if self.opened.len() > keeps { self.opened.pop_back() } else { None }
    }

    fn has_room_for_surplus(&self) -> bool {
        self.in_progress() == 0
    }

    fn buffers_out(&self) -> usize {
        self.pool.out()
    }

    fn release(&mut self, _ticket: Ticket, bytes: Bytes) {
        if let Bytes::Buffer(buffer) = bytes {
            self.pool.give(buffer);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::root::Policy;

    #[test]
    fn nothing_waits_behind_an_open_or_a_read_that_may_hang() {
        let tree = tempfile::tempdir().unwrap();
        std::fs::write(tree.path().join("f"), vec![7; 2 * limits::LARGE_BUFFER_BYTES]).unwrap();
        let root = Arc::new(Root::open_root(tree.path(), Policy::Beneath).unwrap());
        let mut source = Blocking::new(root, Arc::default(), 2, false).unwrap();
        source.add(PlannedFile::new(Ticket(0), b"f".to_vec()));
        assert!(!source.has_room(), "one that is to be opened is enough");
        assert!(matches!(source.poll(Wait::No), Event::Idle));
        assert!(source.has_room(), "what has been opened others may read");
        let Event::Segment(_held) = source.poll(Wait::No) else { panic!("the first segment") };
        assert!(!source.has_room(), "it is being read");
    }
}
