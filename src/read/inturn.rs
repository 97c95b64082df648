//! Several files read in turn by one thread, a segment of each at a time: what keeps the lanes of a worker filled.
//!
//! Chooses whose turn it is. How a file is opened and read is the affair of a `Method`.

use std::collections::VecDeque;
use std::ops::ControlFlow;

use super::segment::{Bytes, Event, PlannedFile, Segment, Ticket};
use super::{Source, Wait};

/// One way to read a file from its first byte to its last, a segment at a time.
pub(crate) trait Method {
    /// A file that has been opened.
    type Open;

    /// Opens a file, or tells at once what became of it.
    fn open(&mut self, file: PlannedFile) -> ControlFlow<Event, Self::Open>;

    /// Reads the next segment.
    fn read(&mut self, open: Self::Open) -> Progress<Self::Open>;

    /// Whether the end of this file can be told only when all its segments have come back.
    fn ends_with_release(&self, open: &Self::Open) -> bool;

    /// The end of a file whose last segment has been read, and has come back if that is asked for.
    fn finish(&mut self, open: Self::Open) -> Event;

    /// From now on reads what it would have left to another source.
    fn wait_from_now_on(&mut self) {}

    /// Is to hold no descriptor beside those of its files.
    fn rest(&mut self) {}

    /// Takes back the memory of a segment, of this file if it is still here.
    fn release(&mut self, bytes: Bytes, of: Option<&mut Self::Open>);

    /// Something that the report should say.
    fn take_reason(&mut self) -> Option<String> {
        None
    }

    /// Segments whose memory could be had now, if memory lasts.
    fn available(&self) -> usize;

    /// Segments whose memory has not come back.
    fn out(&self) -> usize;
}

/// What reading a segment came to.
pub(crate) enum Progress<O> {
    Segment(O, Segment),
    /// There was no memory for it.
    Starved(O),
    /// The file is over, or another source must go on.
    Over(Event),
}

/// How many files are read in turn, and how far ahead of those who take their segments.
#[derive(Clone, Copy)]
pub(super) struct Width {
    /// Files that are open at a time.
    pub(super) files: usize,
    /// Segments of one file that are out at a time.
    pub(super) segments: usize,
}

/// A source that reads files in turn.
pub(crate) struct InTurn<M: Method> {
    method: M,
    width: Width,
    /// Taken on and not opened yet: opening is work for `poll`.
    added: VecDeque<PlannedFile>,
    /// Who waited longest for its turn comes first.
    files: VecDeque<Open<M::Open>>,
    /// Their last segments are out; their ends are due.
    read: VecDeque<Open<M::Open>>,
}

/// A file that has been opened.
struct Open<O> {
    ticket: Ticket,
    open: O,
    /// Segments of it that are out.
    out: usize,
}

impl<M: Method> InTurn<M> {
    pub(super) fn of(method: M, width: Width) -> InTurn<M> {
        InTurn { method, width, added: VecDeque::new(), files: VecDeque::new(), read: VecDeque::new() }
    }

    fn begin(&mut self, file: PlannedFile) -> Event {
        let ticket = file.ticket;
        match self.method.open(file) {
            ControlFlow::Continue(open) => self.go_on(Open { ticket, open, out: 0 }),
            ControlFlow::Break(event) => event,
        }
    }

    fn go_on(&mut self, file: Open<M::Open>) -> Event {
        let Open { ticket, open, out } = file;
        match self.method.read(open) {
            Progress::Segment(open, segment) => {
                let queue = if segment.last { &mut self.read } else { &mut self.files };
                queue.push_back(Open { ticket, open, out: out + 1 });
                Event::Segment(segment)
            }
            Progress::Starved(open) => {
                self.files.push_front(Open { ticket, open, out });
                Event::Starved
            }
            Progress::Over(event) => event,
        }
    }

    /// The file whose turn it is: a buffer is for a file that has none out, before it is for one that is ahead.
    fn next(&mut self) -> Option<Open<M::Open>> {
        let may_go_on = |file: &Open<M::Open>| file.out < self.width.segments;
        let at = self
            .files
            .iter()
            .position(|file| file.out == 0)
            .or_else(|| (self.method.available() > 0).then(|| self.files.iter().position(may_go_on)).flatten());
        at.and_then(|at| self.files.remove(at))
    }
}

impl<M: Method> Source for InTurn<M> {
    fn add(&mut self, file: PlannedFile) {
        assert!(self.has_room(), "no more files at a time than there are turns");
        self.added.push_back(file);
    }

    fn has_room(&self) -> bool {
        self.in_progress() < self.width.files
    }

    fn in_progress(&self) -> usize {
        self.added.len() + self.files.len() + self.read.len()
    }

    fn poll(&mut self, _wait: Wait) -> Event {
        let is_due = |file: &Open<M::Open>| file.out == 0 || !self.method.ends_with_release(&file.open);
        if let Some(file) = self.read.iter().position(is_due).and_then(|at| self.read.remove(at)) {
            return self.method.finish(file.open);
        }
        if let Some(file) = self.next() {
            return self.go_on(file);
        }
        match self.added.pop_front() {
            Some(file) => self.begin(file),
            None if self.files.is_empty() && self.read.is_empty() => Event::Idle,
            None => Event::Starved,
        }
    }

    fn wait_from_now_on(&mut self) {
        self.method.wait_from_now_on();
    }

    fn rest(&mut self) {
        self.method.rest();
    }

    fn buffers_out(&self) -> usize {
        self.method.out()
    }

    fn release(&mut self, ticket: Ticket, bytes: Bytes) {
        let file = self.files.iter_mut().chain(&mut self.read).find(|file| file.ticket == ticket);
        let of = file.map(|file| {
            file.out -= 1;
            &mut file.open
        });
        self.method.release(bytes, of);
    }

    fn take_reason(&mut self) -> Option<String> {
        self.method.take_reason()
    }
}
