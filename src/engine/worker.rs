//! A worker: files in, segments through the lanes, outcomes out. The only place where bytes meet digests.
//!
//! Reads nothing itself and decides no pass: sources read, `verdict` judges.
//!
//! A worker begins a file only when it has a place for it, and hands every segment to a job that can be run at any
//! time. So every buffer that comes is hashed and goes back without waiting for another one, and no set of files can
//! bring the run to a stand.

mod alone;
mod gather;
mod judge;
mod sizes;
mod sources;

pub(super) use sources::inline;

use std::sync::Arc;
use std::sync::atomic::Ordering;

use crossbeam::channel::{never, select};

use self::alone::Outgrown;
use self::sizes::Sizes;
use super::confirm::Confirmers;
use super::ledger::Ledger;
use super::piece::{Home, Piece};
use super::places::{InProgress, Places};
use super::queue::{Next, WorkQueue};
use super::readers::{FromReader, Links, index_of, ticket};
use super::{counters::Brought, shared::Shared};
use crate::hash::{Done, Lanes};
use crate::limits;
use crate::read::{End, Event, PlannedFile, Proof, Segment, Source, Wait};
use crate::readerkind::Origin;
use crate::verdict::Outcome;

/// One worker thread.
pub(super) struct Worker {
    index: usize,
    shared: Arc<Shared>,
    queue: WorkQueue,
    lanes: Lanes<Piece>,
    /// The source that this thread drives itself; none where every file goes to the readers.
    inline: Option<Box<dyn Source + Send>>,
    /// Which inline source this is: the buffers of an earlier one are not the pool's of this.
    generation: u32,
    /// A second reading of some file gave another digest than the first.
    distrusts: bool,
    links: Links,
    /// The directory of a file that was kept apart from others: those beside it are left to the same readers unopened.
    remote_directory: Option<Vec<u8>>,
    /// Files for the readers that wait for others to go together with, and rounds since the first came.
    outgoing: Vec<PlannedFile>,
    rounds_held: u32,
    /// Steps before it is worth waiting for more to hash again.
    steps_ungathered: u32,
    files: Places,
    /// As many files as may be in progress: fewer than there is room for once descriptors have run out.
    files_max: usize,
    /// A huge file was begun in this round: no further file is, so that the other workers come by their share of them. Else
    /// the first to see sixteen of them, at the end of a run, takes all before anybody else has looked.
    began_huge: bool,
    /// Times that a descriptor was waited for since bytes last came.
    waits: u32,
    lacks_descriptor: bool,
    /// What shows that the run is not small, while its caller does it alone.
    outgrown: Outgrown,
    done: Vec<Done<Piece>>,
    /// Records in the ledger.
    records: usize,
    /// What its readers have brought since records were last handed on.
    brought: Brought,
    /// Bytes that have come since records were last handed on, and what sizes have been learnt.
    bytes_since: u64,
    sizes: Sizes,
}

impl Worker {
    pub(super) fn new(index: usize, shared: Arc<Shared>, queue: WorkQueue) -> std::io::Result<Worker> {
        let inline = sources::inline(&shared)?;
        Ok(Worker {
            index,
            queue,
            lanes: Lanes::new(shared.kernels().clone(), limits::FILES_PER_WORKER_MAX),
            inline,
            generation: 0,
            distrusts: false,
            links: Links::default(),
            remote_directory: None,
            outgoing: Vec::new(),
            rounds_held: 0,
            steps_ungathered: 0,
            files: Places::default(),
            files_max: shared.files_per_worker(),
            began_huge: false,
            waits: 0,
            lacks_descriptor: false,
            outgrown: Outgrown::default(),
            done: Vec::new(),
            records: 0,
            brought: Brought::default(),
            bytes_since: 0,
            sizes: Sizes::default(),
            shared,
        })
    }

    /// Works until there is nothing left, or the run is stopped; then accounts for what it has not judged.
    pub(super) fn run(mut self) {
        while !self.shared.stopping() && self.turn() {}
        self.leave();
        self.deliver();
        self.shared.counters.count_kernels(|kernel| self.lanes.hashed_bytes(kernel));
    }

    /// One round: takes what has come, begins what can be begun, hashes what is there. False when all is done.
    pub(super) fn turn(&mut self) -> bool {
        let came = self.take_events();
        self.began_huge = false;
        let mut begun = false;
        let mut later = true;
        // Keep the lanes full; what is ready beyond them only waits.
        while self.lanes.have_room()
            && !self.began_huge
            && !self.has_outgrown()
            && self.records < limits::RECORDS_PER_DELIVERY
        {
            if self.shared.stopping() {
                return true;
            }
            if self.poll_inline() {
                begun = true;
                continue;
            }
            match self.begin_next() {
                Begun::Yes => begun = true,
                Begun::NotNow => break,
                Begun::Never => {
                    later = false;
                    break;
                }
            }
        }
        if self.has_outgrown() {
            return true;
        }
        // Cold files go out in full windows, unless that makes them wait.
        self.rounds_held += u32::from(!self.outgoing.is_empty());
        if !begun || self.rounds_held >= limits::ROUNDS_HELD_MAX {
            self.send_files();
        }
        if !begun && self.gather() {
            return true;
        }
        let hashed = self.lanes.step(&mut self.done);
        self.take_done();
        if self.records >= limits::RECORDS_PER_DELIVERY || self.bytes_since >= limits::BYTES_PER_DELIVERY {
            self.deliver();
        }
        if came || begun || hashed {
            return true;
        }
        self.deliver();
        if !later && self.files.len() == 0 && !self.ledger().open().has_deferred() {
            return false;
        }
        self.wait();
        true
    }

    /// Takes what the readers have sent.
    fn take_events(&mut self) -> bool {
        let mut came = false;
        while let Ok(from) = self.links.events.try_recv() {
            self.handle_all(from);
            came = true;
        }
        came
    }

    /// Lets the inline source go on with its file; false when it has none, or waits for a buffer.
    fn poll_inline(&mut self) -> bool {
        let Some(source) = &mut self.inline else {
            return false;
        };
        if source.in_progress() == 0 {
            return false;
        }
        let event = source.poll(Wait::No);
        source.take_reason().into_iter().for_each(|reason| self.shared.note_reason(reason));
        match event {
            Event::Idle | Event::Starved => false,
            event => {
                self.handle(event, Home::Inline(self.generation));
                true
            }
        }
    }

    /// Begins the next file, if there is one and a place for it.
    fn begin_next(&mut self) -> Begun {
        if self.files.len() >= self.files_max {
            return Begun::NotNow;
        }
        if self.shared.distrust.load(Ordering::Relaxed) && !self.distrusts {
            // What is in progress ends by what it was begun with, and is judged like all else.
            if self.files.len() > 0 {
                return Begun::NotNow;
            }
            self.distrust();
        }
        if self.inline.as_ref().is_some_and(|source| !source.has_room()) {
            return Begun::NotNow;
        }
        if self.shared.confirmers.are_busy() {
            if self.files.len() > 0 {
                return Begun::NotNow;
            }
            self.deliver();
            self.rest();
            Confirmers::relieve(&self.shared);
            // To be asked again at once.
            return Begun::Yes;
        }
        // Under the lock from the queue to the ledger: somebody is answerable for it at any time.
        let mut accounts = self.shared.ledgers.of(self.index).open();
        if accounts.is_closed() {
            return Begun::Never;
        }
        let (planned, tries) = match accounts.next_deferred() {
            Some(deferred) => deferred,
            None => match self.queue.next(&self.shared) {
                Next::File(planned) => (planned, 0),
                Next::Later => return Begun::NotNow,
                Next::Never => return Begun::Never,
            },
        };
        let job = self.lanes.begin().expect("there are as many jobs as places");
        let place = self.files.insert(job, tries);
        let file = PlannedFile::new(ticket(self.index, place), planned.name.clone());
        accounts.begin(place, planned);
        drop(accounts);
        match &mut self.inline {
            Some(source) => source.add(file),
            None => self.send_to_readers(file),
        }
        Begun::Yes
    }

    fn handle_all(&mut self, FromReader { team, reader, events }: FromReader) {
        events.into_iter().for_each(|event| self.handle(event, Home::Reader(team, reader)));
    }

    fn handle(&mut self, event: Event, home: Home) {
        match event {
            Event::Segment(segment) => self.take_segment(segment, home),
            Event::End(end) => self.take_end(end),
            Event::Elsewhere(file) => self.send_to_readers(file),
            Event::Starved | Event::Idle => {}
        }
    }

    fn take_segment(&mut self, Segment { ticket, offset, file_bytes, bytes, origin, last }: Segment, home: Home) {
        let file = self.files.get_mut(index_of(ticket));
        assert_eq!(offset, file.bytes, "the bytes of a file come in order");
        if offset == 0 {
            self.lanes.announce(file.job, file_bytes);
            if let Some(planned) = self.shared.ledgers.of(self.index).open().file_mut(index_of(ticket)) {
                self.sizes.begin(planned, file_bytes);
            }
            self.outgrown.mind(file_bytes, &self.shared);
            self.began_huge |= file_bytes >= limits::HUGE_FILE_BYTES;
        }
        let length = bytes.as_slice().len() as u64;
        file.bytes += length;
        file.device_bytes += if origin == Origin::Device { length } else { 0 };
        self.bytes_since += length;
        self.waits = 0;
        if std::mem::take(&mut self.lacks_descriptor) {
            self.shared.ledgers.of(self.index).open().lacks_descriptor(false);
        }
        self.lanes.submit(file.job, Piece { ticket, bytes, home }, last);
    }

    fn take_end(&mut self, End { file, result }: End) {
        let place = index_of(file.ticket);
        let progress = self.files.get_mut(place);
        match result {
            Ok(proof) => {
                assert_eq!(progress.bytes, proof.stamp.size_bytes, "a proof covers every byte");
                progress.proof = Some(proof);
                self.judge(place);
            }
            Err(failure) => {
                // A reader may find out about a file after its last byte; then its job is over, and perhaps another's.
                if progress.digest.is_none() {
                    self.lanes.abandon(progress.job, &mut self.done);
                    // Its buffers go home before its ticket may be another file's.
                    self.take_done();
                }
                let InProgress { bytes, tries, .. } = self.files.remove(place);
                self.fail(place, bytes, failure, tries);
            }
        }
    }

    /// Takes what the lanes have handed back: buffers go home, digests are judged.
    fn take_done(&mut self) {
        let mut done = std::mem::take(&mut self.done);
        for done in done.drain(..) {
            match done {
                Done::Buffer(_, piece) => self.release(piece),
                Done::Digest(job, digest) => {
                    let place = self.files.of_job(job);
                    self.files.get_mut(place).digest = Some(digest);
                    self.judge(place);
                }
            }
        }
        self.done = done;
    }

    fn release(&mut self, Piece { ticket, bytes, home }: Piece) {
        match (home, &mut self.inline) {
            (Home::Inline(generation), Some(source)) if generation == self.generation => {
                source.release(ticket, bytes);
            }
            (Home::Reader(team, reader), _) => self.links.release(team, reader, ticket, bytes),
            // Its source has been given up.
            _ => {}
        }
    }

    /// Hands on what has been gathered.
    fn deliver(&mut self) {
        self.shared.counters.count_brought(&mut self.brought);
        let bytes = std::mem::take(&mut self.bytes_since);
        self.shared.counters.learn_sizes(self.sizes.take());
        self.shared.counters.bytes_done.fetch_add(bytes, Ordering::Relaxed);
        self.ledger().open().deliver(&self.shared);
        self.records = 0;
    }

    fn ledger(&self) -> &Ledger {
        self.shared.ledgers.of(self.index)
    }

    /// Says what became of a file.
    fn settle(&mut self, place: usize, outcome: Outcome, proof: Option<Proof>) {
        let is_more = self.ledger().open().settle(place, outcome, proof);
        self.records += usize::from(is_more);
    }

    /// Holds no descriptor while it has no file in progress.
    fn rest(&mut self) {
        self.inline.iter_mut().for_each(|source| source.rest());
    }

    /// Sleeps until there may be something to do.
    fn wait(&mut self) {
        if self.files.len() == 0 {
            self.rest();
        }
        let no_work = never();
        let takes_work = self.queue.is_open() && self.files.len() < self.files_max;
        let work = if takes_work { &self.queue.inbox } else { &no_work };
        let (mut from, mut received) = (None, None);
        select! {
            recv(self.links.events) -> event => from = event.ok(),
            recv(work) -> work => received = Some(work),
            default(self.shared.look_around()) => {}
        }
        if let Some(from) = from {
            self.handle_all(from);
        }
        match received {
            Some(Ok(work)) => self.queue.accept(work),
            Some(Err(_)) => self.queue.close(),
            None => {}
        }
    }

    /// Accounts for every file that this worker knows of and has not judged; one that was given up knows of none.
    fn leave(&mut self) {
        let mut accounts = self.shared.ledgers.of(self.index).open();
        if !accounts.is_closed() {
            accounts.leave(self.queue.drain());
        }
    }
}

/// What came of trying to begin a file.
enum Begun {
    Yes,
    NotNow,
    Never,
}

#[cfg(test)]
mod tests;
