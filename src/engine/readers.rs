//! The reader threads and the queues between them and the workers: files go in, segments come out to the worker that
//! asked, buffers go back to the reader they came from.
//!
//! Started by the first file that needs them. Which readers they are is `ladder`'s affair, what each of them does `thread`'s.

mod ladder;
mod thread;

use std::sync::{Arc, Mutex, PoisonError};

use crossbeam::channel::{Receiver, SendError, Sender, bounded};

use self::ladder::{Rung, ladder};
use self::thread::{Queues, Reader};
use super::crew::Crew;
use super::shared::Shared;
use crate::read::{Bytes, Event, PlannedFile, Ticket};

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
    files: Sender<Vec<PlannedFile>>,
    files_at_a_time: usize,
    events: Vec<Receiver<FromReader>>,
    returns: Arc<[Sender<Returned>]>,
}

/// The memory of a segment on its way home.
type Returned = (Ticket, Bytes);

/// What a reader says to one worker, in its order, and which reader.
pub(super) struct FromReader {
    pub(super) reader: usize,
    pub(super) events: Vec<Event>,
}

/// One worker's ends of the queues. None of its sends waits: a worker has a bounded number of files with the readers,
/// and the queues have room for all of them and for all buffers.
pub(super) struct Link {
    files: Sender<Vec<PlannedFile>>,
    /// Files that are sent together, in the order of the plan: neighbours there are mostly neighbours on the disk, and are
    /// read best by one reader.
    pub(super) files_at_a_time: usize,
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
    /// Leaves files to the readers.
    pub(super) fn read(&self, files: Vec<PlannedFile>) -> Result<(), Vec<PlannedFile>> {
        self.files.send(files).map_err(SendError::into_inner)
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
            files_at_a_time: started.files_at_a_time,
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

/// Starts as many readers as the ladder says, or as Linux gives threads for.
fn start(shared: &Arc<Shared>, crew: &Crew) -> Option<Started> {
    let Rung { kind, readers: most, files_at_a_time, room } = ladder(shared);
    let buffers = room.small_buffers + room.large_buffers;
    let files_max = shared.workers_max() * shared.files_per_worker();
    let (files, inbox) = bounded(files_max);
    // Room for all files in progress: no reader waits to share one.
    let (share, shared_files) = bounded(files_max);
    // A worker's files can have every buffer on their way, and each file its end.
    let (senders, events): (Vec<_>, _) =
        (0..shared.workers_max()).map(|_| bounded(most * buffers + shared.files_per_worker())).unzip();
    let mut returns = Vec::with_capacity(most);
    for reader in 0..most {
        let (give, returned) = bounded(buffers);
        let thread = Reader::new(
            reader,
            Arc::clone(shared),
            Queues {
                inbox: inbox.clone(),
                share: share.clone(),
                shared_files: shared_files.clone(),
                returned,
                workers: senders.clone(),
            },
        );
        if crew.spawn("checksig-reader", shared, move || thread.run(kind, room)).is_err() {
            break;
        }
        returns.push(give);
    }
    (!returns.is_empty()).then(|| Started { files, files_at_a_time, events, returns: returns.into() })
}
