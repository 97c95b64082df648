//! One reader thread: takes files, lets its source read them, and tells the workers what came.
//!
//! Knows no reader but by its source.

use std::collections::VecDeque;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use crossbeam::channel::{Receiver, Sender, TryRecvError, never, select};

use super::{FromReader, Returned, Team, worker_of};
use crate::engine::shared::Shared;
use crate::error::Error;
use crate::limits;
use crate::read::{Blocking, BufferPool, Event, PlannedFile, ReaderRoom, Source, Uring, Wait};
use crate::readerkind::ReaderKind;

/// How driving a source ended.
enum Driven {
    /// There is nothing more to read.
    Done,
    /// The source no longer works, for this reason, and has no file in progress.
    Broken(String),
}

/// What a thread says of its reader before it reads anything: why it cannot be had, if so.
pub(super) type Ready = Result<(), String>;

/// A reader's ends of the queues.
pub(super) struct Queues {
    pub(super) inbox: Receiver<Vec<PlannedFile>>,
    /// Files that one reader has opened and any of them may read.
    pub(super) share: Sender<PlannedFile>,
    pub(super) shared_files: Receiver<PlannedFile>,
    pub(super) returned: Receiver<Returned>,
    pub(super) workers: Vec<Sender<FromReader>>,
}

/// One reader thread.
pub(super) struct Reader {
    team: Team,
    index: usize,
    shared: Arc<Shared>,
    queues: Queues,
    /// Files that came together and wait for room in the source.
    pending: VecDeque<PlannedFile>,
    /// Files are opened one by one, and each may hang: what came with them is left to others.
    one_by_one: bool,
    /// What has been told and not sent yet, for each worker.
    outgoing: Vec<Vec<Event>>,
}

impl Reader {
    pub(super) fn new(team: Team, index: usize, shared: Arc<Shared>, queues: Queues) -> Reader {
        let outgoing = queues.workers.iter().map(|_| Vec::new()).collect();
        Reader { team, index, shared, queues, pending: VecDeque::new(), one_by_one: false, outgoing }
    }

    /// Reads what comes by a reader of this kind, until nothing will come any more; says first whether it can be had. Where
    /// its pool is one of several, it is given here.
    pub(super) fn run(mut self, kind: ReaderKind, room: ReaderRoom, pool: Option<BufferPool>, ready: Sender<Ready>) {
        let mut source = match self.source(kind, room, pool) {
            Ok(Ok(source)) => source,
            Ok(Err(refused)) => {
                // Where this is one of several, the others are enough.
                self.shared.note_reason(format!("reader {kind}: not as many as wanted; {refused}"));
                let _ = ready.send(Err(refused));
                return;
            }
            Err(error) => return self.no_memory(&error),
        };
        let _ = ready.send(Ok(()));
        drop(ready);
        // A ring that fails is given up once its files have been left to others, and blocking reads take its place.
        while let Driven::Broken(reason) = self.drive(&mut *source) {
            self.shared.note_reason(format!("reader threads: {reason}"));
            drop(source);
            source = match self.blocking(room, None) {
                Ok(source) => source,
                Err(error) => return self.no_memory(&error),
            };
        }
    }

    /// The source of this thread; a ring of its own may be refused.
    fn source(
        &mut self,
        kind: ReaderKind,
        room: ReaderRoom,
        pool: Option<BufferPool>,
    ) -> io::Result<Result<Box<dyn Source>, String>> {
        if kind != ReaderKind::Uring {
            return self.blocking(room, pool).map(Ok);
        }
        match Uring::new(Arc::clone(&self.shared.root), Arc::clone(&self.shared.manner), room) {
            Ok(source) => Ok(Ok(self.shared.driven(source?))),
            Err(refused) => Ok(Err(refused.to_string())),
        }
    }

    fn blocking(&mut self, room: ReaderRoom, pool: Option<BufferPool>) -> io::Result<Box<dyn Source>> {
        self.one_by_one = true;
        let (root, manner) = (Arc::clone(&self.shared.root), Arc::clone(&self.shared.manner));
        let is_apart = self.team == Team::Remote;
        Ok(self.shared.driven(match pool {
            Some(pool) => Blocking::with(root, manner, pool, is_apart),
            None => Blocking::new(root, manner, room.large_buffers, is_apart)?,
        }))
    }

    fn no_memory(&self, error: &io::Error) {
        self.shared.fail(Error::Internal(format!("no memory for a reader: {error}")));
    }

    fn drive(&mut self, source: &mut dyn Source) -> Driven {
        let wait = Duration::from_millis(limits::RING_WAIT_MS_MAX);
        let mut no_more = false;
        while !self.shared.stopping() {
            no_more |= self.take_files(source);
            // After the files and before any of them is read: a ticket is used again once the buffers of its last file
            // are on their way, and one that came later would be taken for a buffer of the next.
            self.queues.returned.try_iter().for_each(|(ticket, bytes)| source.release(ticket, bytes));
            if source.in_progress() == 0 {
                if let Some(reason) = source.broken() {
                    // The next source has a pool of its own: no buffer of this one may come back to it.
                    if source.buffers_out() == 0 {
                        return Driven::Broken(reason);
                    }
                } else if no_more && self.pending.is_empty() {
                    return Driven::Done;
                }
                self.sleep(source, &mut no_more);
                continue;
            }
            // Files may come opened, and the first of them may hang.
            self.share(source);
            match source.poll(Wait::Most(wait)) {
                Event::Idle => {}
                Event::Starved => self.sleep(source, &mut no_more),
                event => self.tell(event),
            }
            self.share(source);
            if !source.has_events() {
                self.send();
            }
        }
        Driven::Done
    }

    /// Leaves what the source has to spare to other readers.
    fn share(&self, source: &mut dyn Source) {
        while let Some(file) = source.surplus() {
            // There is room for all files in progress, and this reader keeps the queue open itself.
            let _ = self.queues.share.send(file);
        }
    }

    /// Gives the source what it has room for; true when no more will come.
    fn take_files(&mut self, source: &mut dyn Source) -> bool {
        let no_more = self.fill(source);
        if self.one_by_one {
            for file in self.pending.drain(..) {
                // There is room for all files in progress, and this reader keeps the queue open itself.
                let _ = self.queues.share.send(file);
            }
        }
        no_more
    }

    /// What others share comes first.
    fn fill(&mut self, source: &mut dyn Source) -> bool {
        while source.has_room_for_surplus() {
            let Ok(file) = self.queues.shared_files.try_recv() else { break };
            source.add(file);
        }
        while source.has_room() {
            if let Some(file) = self.pending.pop_front() {
                source.add(file);
                continue;
            }
            match self.queues.inbox.try_recv() {
                Ok(files) => self.pending.extend(files),
                Err(TryRecvError::Empty) => return false,
                Err(TryRecvError::Disconnected) => return self.queues.shared_files.is_empty(),
            }
        }
        false
    }

    /// Waits for files, if there is room for any, or for a buffer.
    fn sleep(&mut self, source: &mut dyn Source, no_more: &mut bool) {
        self.send();
        let (no_files, none_shared) = (never(), never());
        let takes_files = source.has_room() && !*no_more;
        let inbox = if takes_files && self.pending.is_empty() { &self.queues.inbox } else { &no_files };
        let shared_files = if source.has_room_for_surplus() { &self.queues.shared_files } else { &none_shared };
        let wait = if takes_files && !self.pending.is_empty() { Duration::ZERO } else { self.shared.look_around() };
        select! {
            recv(inbox) -> files => match files {
                Ok(files) => self.pending.extend(files),
                Err(_) => *no_more = self.queues.shared_files.is_empty(),
            },
            recv(shared_files) -> file => if let Ok(file) = file {
                source.add(file);
            },
            recv(self.queues.returned) -> returned => if let Ok((ticket, bytes)) = returned {
                source.release(ticket, bytes);
            },
            default(wait) => {}
        }
    }

    /// Keeps an event for the worker whose file it is about.
    fn tell(&mut self, event: Event) {
        let ticket = match &event {
            Event::Segment(segment) => segment.ticket,
            Event::End(end) => end.file.ticket,
            Event::Elsewhere(file) => file.ticket,
            Event::Starved | Event::Idle => unreachable!("nobody's event"),
        };
        self.outgoing[worker_of(ticket)].push(event);
    }

    /// Sends what has been told: together, as each message may have to wake a thread.
    fn send(&mut self) {
        for (worker, events) in
            self.queues.workers.iter().zip(&mut self.outgoing).filter(|(_, events)| !events.is_empty())
        {
            // A worker that has gone wants nothing more.
            let from = FromReader { team: self.team, reader: self.index, events: std::mem::take(events) };
            let _ = worker.send(from);
        }
    }
}

#[cfg(test)]
mod tests {
    use crossbeam::channel::bounded;

    use super::*;
    use crate::hash::Kernels;
    use crate::read::{Bytes, Failure, Ticket};
    use crate::readerkind::ReaderChoice;
    use crate::root::{Policy, Root};

    /// Notes what is asked of it. When it is first asked for room, the buffer of a file that is over comes home, and then
    /// another file with the same ticket.
    struct Notes<'a> {
        notes: &'a mut Vec<&'static str>,
        outside: Option<(Sender<Returned>, Sender<Vec<PlannedFile>>)>,
        file: Option<PlannedFile>,
    }

    impl Source for Notes<'_> {
        fn add(&mut self, file: PlannedFile) {
            self.notes.push("file");
            self.file = Some(file);
        }

        fn has_room(&self) -> bool {
            if let Some((give, files)) = &self.outside
                && give.is_empty()
                && self.notes.is_empty()
            {
                give.send((Ticket(0), Bytes::Nothing)).unwrap();
                files.send(vec![PlannedFile::new(Ticket(0), b"next".to_vec())]).unwrap();
            }
            self.file.is_none()
        }

        fn in_progress(&self) -> usize {
            usize::from(self.file.is_some())
        }

        fn poll(&mut self, _wait: Wait) -> Event {
            self.notes.push("poll");
            self.outside = None;
            self.file.take().expect("it is polled for a file").end(Err(Failure::Missing))
        }

        fn release(&mut self, _ticket: Ticket, _bytes: Bytes) {
            self.notes.push("buffer");
        }

        fn buffers_out(&self) -> usize {
            0
        }
    }

    #[test]
    fn a_buffer_is_home_before_the_next_file_with_its_ticket_is_read() {
        let (files, inbox) = bounded(1);
        let (give, returned) = bounded(1);
        let (sender, events) = bounded(1);
        let root = Root::open_root(".".as_ref(), Policy::Beneath).unwrap();
        let shared = Arc::new(Shared::with_workers(root, Kernels::auto(), ReaderChoice::Auto, 1, true));
        let (share, shared_files) = bounded(1);
        let queues = Queues { inbox, share, shared_files, returned, workers: vec![sender] };
        let mut reader = Reader::new(Team::Usual, 0, shared, queues);
        let mut notes = Vec::new();
        let outside = Some((give, files));
        let mut source = Notes { notes: &mut notes, outside, file: None };
        assert!(matches!(reader.drive(&mut source), Driven::Done));
        assert_eq!(notes, ["file", "buffer", "poll"]);
        assert_eq!(events.len(), 1);
    }

    #[test]
    fn what_came_with_a_file_that_may_hang_is_left_to_others() {
        let (files, inbox) = bounded(1);
        let (sender, _events) = bounded(1);
        let root = Root::open_root(".".as_ref(), Policy::Beneath).unwrap();
        let shared = Arc::new(Shared::with_workers(root, Kernels::auto(), ReaderChoice::Auto, 1, true));
        let (share, shared_files) = bounded(3);
        let queues =
            Queues { inbox, share, shared_files: shared_files.clone(), returned: never(), workers: vec![sender] };
        let mut reader = Reader::new(Team::Usual, 0, shared, queues);
        let room = ReaderRoom { small_buffers: 0, large_buffers: 1, reads: 1 };
        let mut source = reader.blocking(room, None).unwrap();
        files.send((0..3).map(|at| PlannedFile::new(Ticket(at), b"f".to_vec())).collect()).unwrap();
        assert!(!reader.take_files(&mut *source));
        assert_eq!((source.in_progress(), shared_files.len(), reader.pending.len()), (1, 2, 0));
    }
}
