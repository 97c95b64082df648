//! The reader threads and the queues between them and the workers: files go in, segments come out to the worker that
//! asked, buffers go back to the reader they came from.
//!
//! Started by the first file that needs them. What each thread does with a file is `read`'s affair.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crossbeam::channel::{Receiver, SendError, Sender, TryRecvError, bounded, never, select};

use super::shared::{Crew, Shared};
use crate::error::Error;
use crate::limits;
use crate::read::{Bytes, Event, Inline, PlannedFile, Source, Ticket, Uring, Wait, probe};
use crate::readerkind::{ReaderChoice, ReaderKind};

/// The reader threads of a run; none until a worker asks.
#[derive(Default)]
pub(super) struct Readers {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    crew: Crew,
    asked: bool,
    started: Option<Started>,
}

struct Started {
    files: Sender<PlannedFile>,
    events: Vec<Receiver<FromReader>>,
    returns: Arc<[Sender<Returned>]>,
}

/// The memory of a segment on its way home.
type Returned = (Ticket, Bytes);

/// What a reader says, and which reader.
pub(super) struct FromReader {
    pub(super) reader: usize,
    pub(super) event: Event,
}

/// One worker's ends of the queues. None of its sends waits: a worker has a bounded number of files with the readers,
/// and the queues have room for all of them and for all buffers.
pub(super) struct Link {
    files: Sender<PlannedFile>,
    pub(super) events: Receiver<FromReader>,
    returns: Arc<[Sender<Returned>]>,
}

/// The ticket of a worker's file: the readers find the way back by it.
pub(super) fn ticket(worker: usize, index: usize) -> Ticket {
    Ticket((worker as u64) << 32 | index as u64)
}

/// The index that a ticket was made with.
pub(super) fn index_of(ticket: Ticket) -> usize {
    ticket.0 as u32 as usize
}

fn worker_of(ticket: Ticket) -> usize {
    (ticket.0 >> 32) as usize
}

impl Link {
    /// Leaves a file to the readers.
    pub(super) fn read(&self, file: PlannedFile) -> Result<(), PlannedFile> {
        self.files.send(file).map_err(SendError::into_inner)
    }

    /// Gives a buffer back to its reader; one that has ended needs it no more.
    pub(super) fn release(&self, reader: usize, ticket: Ticket, bytes: Bytes) {
        let _ = self.returns[reader].send((ticket, bytes));
    }
}

impl Readers {
    /// Readers that cannot be started.
    #[cfg(test)]
    pub(super) fn refused() -> Readers {
        Readers { state: Mutex::new(State { asked: true, ..State::default() }) }
    }

    /// A worker's link to the readers, which are started now if they are not running; `None` where none can be.
    pub(super) fn link(shared: &Arc<Shared>, worker: usize) -> Option<Link> {
        let mut state = shared.readers.state.lock().unwrap_or_else(PoisonError::into_inner);
        if !state.asked {
            state.asked = true;
            state.started = start(shared, &state.crew);
        }
        let started = state.started.as_ref()?;
        Some(Link {
            files: started.files.clone(),
            events: started.events[worker].clone(),
            returns: Arc::clone(&started.returns),
        })
    }

    /// Ends the readers once the workers have gone.
    pub(super) fn finish(&self, shared: &Shared) {
        let mut crew = {
            let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
            state.started = None;
            std::mem::take(&mut state.crew)
        };
        crew.wait(shared);
    }
}

/// The ladder: a ring where it can be had, blocking threads where not. The reason goes into the report.
fn ladder(shared: &Shared) -> (ReaderKind, usize) {
    let few = shared.descriptors_max < limits::RING_DESCRIPTORS_MIN;
    match shared.choice {
        ReaderChoice::Forced(ReaderKind::Threads) => (ReaderKind::Threads, limits::BLOCKING_READERS),
        ReaderChoice::Auto if few => {
            shared.note_reason(format!(
                "reader threads: of {} open files none is to spare for a ring; raise the limit with ulimit -n",
                shared.descriptors_max
            ));
            (ReaderKind::Threads, limits::BLOCKING_READERS)
        }
        _ => match probe() {
            Ok(()) => (ReaderKind::Uring, if few { 1 } else { limits::RING_READERS }),
            Err(refused) => {
                shared.note_reason(format!("reader threads: {refused}"));
                (ReaderKind::Threads, limits::BLOCKING_READERS)
            }
        },
    }
}

fn start(shared: &Arc<Shared>, crew: &Crew) -> Option<Started> {
    let (kind, most) = ladder(shared);
    let buffers = limits::READER_MEMORY_BYTES / limits::READER_BUFFER_BYTES / most;
    let files_max = shared.workers_max * shared.files_per_worker;
    let (files, inbox) = bounded(files_max);
    // A worker's files can have every buffer on their way, and each file its end.
    let (senders, events): (Vec<_>, _) =
        (0..shared.workers_max).map(|_| bounded(most * buffers + shared.files_per_worker)).unzip();
    let mut returns = Vec::with_capacity(most);
    for reader in 0..most {
        let (give, returned) = bounded(buffers);
        let thread = Reader {
            index: reader,
            root: Arc::clone(&shared.root),
            inbox: inbox.clone(),
            returned,
            workers: senders.clone(),
            stop: Arc::clone(&shared.stop),
        };
        let own = Arc::clone(shared);
        if crew.spawn("checksig-reader", shared, move || thread.run(kind, buffers, &own)).is_err() {
            break;
        }
        returns.push(give);
    }
    (!returns.is_empty()).then(|| Started { files, events, returns: returns.into() })
}

/// How driving a source ended.
enum Driven {
    /// There is nothing more to read.
    Done,
    /// The source no longer works, for this reason, and has no file in progress.
    Broken(String),
}

/// One reader thread.
struct Reader {
    index: usize,
    root: Arc<crate::root::Root>,
    inbox: Receiver<PlannedFile>,
    returned: Receiver<Returned>,
    workers: Vec<Sender<FromReader>>,
    stop: Arc<AtomicBool>,
}

impl Reader {
    fn run(mut self, kind: ReaderKind, buffers: usize, shared: &Shared) {
        let mut source = self.source(kind, buffers, shared);
        // A ring that fails is given up once its files have ended, and blocking reads take its place.
        while let Ok(Driven::Broken(reason)) = source.as_mut().map(|source| self.drive(&mut **source)) {
            shared.note_reason(format!("reader threads: {reason}"));
            source = self.source(ReaderKind::Threads, buffers, shared);
        }
        if let Err(error) = source {
            shared.fail(Error::Internal(format!("no memory for a reader: {error}")));
        }
    }

    /// The source of this thread: a ring of its own, or, where Linux refuses just this one, blocking reads.
    fn source(&self, kind: ReaderKind, buffers: usize, shared: &Shared) -> std::io::Result<Box<dyn Source>> {
        if kind == ReaderKind::Uring {
            match Uring::new(Arc::clone(&self.root), buffers) {
                Ok(source) => return Ok(shared.driven(source?)),
                Err(refused) => shared.note_reason(format!("reader threads: {refused}")),
            }
        }
        Ok(shared.driven(Inline::threaded(Arc::clone(&self.root), buffers)?))
    }

    fn drive(&mut self, source: &mut dyn Source) -> Driven {
        let wait = Duration::from_millis(limits::RING_WAIT_MS_MAX);
        let mut no_more = false;
        while !self.stop.load(Ordering::Relaxed) {
            while source.has_room() && !no_more {
                match self.inbox.try_recv() {
                    Ok(file) => source.add(file),
                    Err(TryRecvError::Empty) => break,
                    Err(TryRecvError::Disconnected) => no_more = true,
                }
            }
            // After the files and before any of them is read: a ticket is used again once the buffers of its last file
            // are on their way, and one that came later would be taken for a buffer of the next.
            self.returned.try_iter().for_each(|(ticket, bytes)| source.release(ticket, bytes));
            if source.in_progress() == 0 {
                if let Some(reason) = source.broken() {
                    // The next source has a pool of its own: no buffer of this one may come back to it.
                    if source.buffers_out() == 0 {
                        return Driven::Broken(reason);
                    }
                    self.sleep(source, &mut no_more);
                    continue;
                }
                if no_more {
                    return Driven::Done;
                }
                self.sleep(source, &mut no_more);
                continue;
            }
            match source.poll(Wait::Most(wait)) {
                Event::Idle => {}
                Event::Starved => self.sleep(source, &mut no_more),
                event => self.send(event),
            }
        }
        Driven::Done
    }

    /// Waits for a file, if there is room for one, or for a buffer.
    fn sleep(&self, source: &mut dyn Source, no_more: &mut bool) {
        let none = never();
        let inbox = if source.has_room() && !*no_more { &self.inbox } else { &none };
        select! {
            recv(inbox) -> file => match file {
                Ok(file) => source.add(file),
                Err(_) => *no_more = true,
            },
            recv(self.returned) -> returned => if let Ok((ticket, bytes)) = returned {
                source.release(ticket, bytes);
            },
            default(Duration::from_millis(limits::LOOK_AROUND_MS)) => {}
        }
    }

    /// Sends an event to the worker whose file it is about.
    fn send(&self, event: Event) {
        let ticket = match &event {
            Event::Segment(segment) => segment.ticket,
            Event::End(end) => end.file.ticket,
            Event::Elsewhere(file) => file.ticket,
            Event::Starved | Event::Idle => unreachable!("nobody's event"),
        };
        // A worker that has gone wants nothing more.
        let _ = self.workers[worker_of(ticket)].send(FromReader { reader: self.index, event });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::read::Failure;
    use crate::root::{Policy, Root};

    /// Notes what is asked of it. When it is first asked for room, the buffer of a file that is over comes home, and then
    /// another file with the same ticket.
    struct Notes<'a> {
        notes: &'a mut Vec<&'static str>,
        outside: Option<(Sender<Returned>, Sender<PlannedFile>)>,
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
                files.send(PlannedFile::new(Ticket(0), b"next".to_vec())).unwrap();
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
        let root = Arc::new(Root::open_root(".".as_ref(), Policy::Beneath).unwrap());
        let stop = Arc::new(AtomicBool::new(false));
        let mut reader = Reader { index: 0, root, inbox, returned, workers: vec![sender], stop };
        let mut notes = Vec::new();
        let outside = Some((give, files));
        assert!(matches!(reader.drive(&mut Notes { notes: &mut notes, outside, file: None }), Driven::Done));
        assert_eq!(notes, ["file", "buffer", "poll"]);
        assert_eq!(events.len(), 1);
    }
}
