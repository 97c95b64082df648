//! The reader threads and the queues between them and the workers: files go in, segments come out to the worker that
//! asked, buffers go back to the reader they came from.
//!
//! Started by the first file that needs them. Which readers they are is `ladder`'s affair, what each of them does `thread`'s.

pub(super) mod ladder;
mod thread;

use std::sync::{Arc, Mutex, PoisonError};

use crossbeam::channel::{Receiver, SendError, Sender, bounded, never, unbounded};

use self::ladder::{Rung, blocking, rung};
use self::thread::{Queues, Reader};
use super::asked::fewer_reads;
use super::crew::Crew;
use super::shared::Shared;
use crate::error::Error;
use crate::read::{Blocking, Bytes, Event, PlannedFile, Ticket};
use crate::readerkind::{ReaderChoice, ReaderKind};

/// The reader threads of a run; none until a worker asks.
#[derive(Default)]
pub(super) struct Readers {
    state: Mutex<State>,
}

/// Readers that share their files and buffers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Team {
    /// Those that the ladder chose for the device of the root.
    Usual,
    /// Those of files that another machine or a program serves, below a root on a disk.
    Remote,
}

impl Team {
    const ALL: [Team; 2] = [Team::Usual, Team::Remote];
}

#[derive(Default)]
struct State {
    crew: Crew,
    /// What the readers say to each worker. These queues have no room of their own: what is in them is a buffer, or the
    /// end of a file, and both are counted.
    events: Vec<(Sender<FromReader>, Receiver<FromReader>)>,
    teams: [Asked; Team::ALL.len()],
}

#[derive(Default)]
struct Asked {
    asked: bool,
    started: Option<Started>,
}

struct Started {
    files: Sender<Vec<PlannedFile>>,
    files_at_a_time: usize,
    returns: Arc<[Sender<Returned>]>,
}

/// The memory of a segment on its way home.
type Returned = (Ticket, Bytes);

/// What a reader says to one worker, in its order, and which reader.
pub(super) struct FromReader {
    pub(super) team: Team,
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
    returns: Arc<[Sender<Returned>]>,
}

/// The links of a worker to the teams that it has left files to, and what comes back from all of them.
pub(super) struct Links {
    links: [Option<Link>; Team::ALL.len()],
    pub(super) events: Receiver<FromReader>,
}

impl Default for Links {
    fn default() -> Links {
        Links { links: Default::default(), events: never() }
    }
}

impl Links {
    /// The link to a team, whose readers are started now if they are not running; `None` where none can be.
    pub(super) fn to(&mut self, shared: &Arc<Shared>, worker: usize, team: Team) -> Option<&Link> {
        let link = &mut self.links[team as usize];
        if link.is_none() {
            *link = Readers::link(shared, worker, team).map(|(link, events)| {
                self.events = events;
                link
            });
        }
        link.as_ref()
    }

    /// Whether any files were left to readers.
    pub(super) fn are_any(&self) -> bool {
        self.links.iter().any(Option::is_some)
    }

    /// Gives a buffer back to its reader; one that has ended needs it no more.
    pub(super) fn release(&self, team: Team, reader: usize, ticket: Ticket, bytes: Bytes) {
        if let Some(link) = &self.links[team as usize] {
            let _ = link.returns[reader].send((ticket, bytes));
        }
    }
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
}

impl Readers {
    /// Readers of these teams cannot be started.
    #[cfg(test)]
    pub(super) fn refused(teams: &[Team]) -> Readers {
        let mut state = State::default();
        teams.iter().for_each(|&team| state.teams[team as usize].asked = true);
        Readers { state: Mutex::new(state) }
    }

    /// A worker's link to a team, and what all of them say to it.
    fn link(shared: &Arc<Shared>, worker: usize, team: Team) -> Option<(Link, Receiver<FromReader>)> {
        let mut state = shared.readers.state.lock().unwrap_or_else(PoisonError::into_inner);
        if state.events.is_empty() {
            state.events = (0..shared.workers_max()).map(|_| unbounded()).collect();
        }
        if !state.teams[team as usize].asked {
            let workers: Vec<_> = state.events.iter().map(|(sender, _)| sender.clone()).collect();
            state.teams[team as usize] = Asked { asked: true, started: start(shared, &state.crew, team, &workers) };
        }
        let started = state.teams[team as usize].started.as_ref()?;
        let link = Link {
            files: started.files.clone(),
            files_at_a_time: started.files_at_a_time,
            returns: Arc::clone(&started.returns),
        };
        Some((link, state.events[worker].1.clone()))
    }

    /// Ends the readers once the workers have gone.
    pub(super) fn finish(&self, shared: &Shared) {
        let mut crew = {
            let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
            state.teams = Default::default();
            std::mem::take(&mut state.crew)
        };
        crew.wait(shared);
    }
}

/// Starts as many readers of a team as the ladder says, or as Linux gives threads and rings for.
fn start(shared: &Arc<Shared>, crew: &Crew, team: Team, workers: &[Sender<FromReader>]) -> Option<Started> {
    let reason = match climb(shared, crew, team, workers, &rung(shared, team)) {
        Ok(started) => return started,
        Err((kind, reason)) if shared.resources.reader == ReaderChoice::Forced(kind) => {
            shared.fail(Error::ReaderUnavailable { kind, reason });
            return None;
        }
        Err((_, reason)) => reason,
    };
    shared.note_reason(format!("reader threads: {reason}"));
    climb(shared, crew, team, workers, &blocking(shared)).ok().flatten()
}

/// Starts the readers of a rung. Where there is none of them, gives their kind and the reason; nothing where no thread could
/// be started.
fn climb(
    shared: &Arc<Shared>,
    crew: &Crew,
    team: Team,
    workers: &[Sender<FromReader>],
    rung: &Rung,
) -> Result<Option<Started>, (ReaderKind, String)> {
    let &Rung { kind, readers: most, files_at_a_time, room, .. } = rung;
    let (ready, answers) = bounded(most);
    let buffers = room.small_buffers + room.large_buffers;
    let files_max = shared.workers_max() * shared.files_per_worker();
    let (files, inbox) = bounded(files_max);
    // Room for all files in progress: no reader waits to share one.
    let (share, shared_files) = bounded(files_max);
    let mut returns = Vec::with_capacity(most);
    // The buffers of one ring fill huge pages by themselves; those of blocking readers do so together.
    let pools = match kind {
        ReaderKind::Threads => Blocking::pools(room.large_buffers, most),
        _ => Ok(Vec::new()),
    };
    let pools = pools.unwrap_or_else(|error| {
        shared.note_reason(format!("reader {kind}: each has buffers of its own, in small pages: {error}"));
        Vec::new()
    });
    let mut pools = pools.into_iter();
    for reader in 0..most {
        let (give, returned) = bounded(buffers);
        let queues = Queues {
            inbox: inbox.clone(),
            share: share.clone(),
            shared_files: shared_files.clone(),
            returned,
            workers: workers.to_vec(),
        };
        let thread = Reader::new(team, reader, Arc::clone(shared), queues);
        let (room, pool) = (rung.room_of(reader), pools.next());
        let ready = ready.clone();
        if let Err(error) = crew.spawn("checksig-reader", shared, move || thread.run(kind, room, pool, ready)) {
            shared.note_reason(format!("reader {kind}: {reader} of {most} threads: Linux starts no more: {error}"));
            break;
        }
        returns.push(give);
    }
    drop(ready);
    let started = (!returns.is_empty()).then(|| Started { files, files_at_a_time, returns: returns.into() });
    // The first that can be had is enough to begin with. Fewer than were asked for are better than some of each kind.
    let mut refused = None;
    while let Ok(ready) = answers.recv() {
        match ready {
            Ok(()) => {
                fewer_reads(&shared.resources, team, rung).into_iter().for_each(|reason| shared.note_reason(reason));
                return Ok(started);
            }
            Err(reason) => refused = Some(reason),
        }
    }
    refused.map_or(Ok(None), |reason| Err((kind, reason)))
}

#[cfg(test)]
mod tests;
