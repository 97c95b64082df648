//! The conductor: plans, hands batches out, starts workers as there is work for them, and sees the run to its end.
//!
//! Reads no file and judges none. It runs in a thread of its own; a run that is not pulled waits here.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use crossbeam::channel::{Receiver, SendTimeoutError, Sender, bounded};
use crossbeam::deque::{Steal, Stealer, Worker as Deque};

use super::outbox::cost_of;
use super::queue::{Work, WorkQueue};
use super::records::{not_checked, outcome_again, record};
use super::shared::{Crew, Shared};
use super::worker::Worker;
use crate::error::Error;
use crate::filekind::FileKind;
use crate::limits;
use crate::plan::{Looked, Met, Planned, Planner, Pulled, cost_bytes};
use crate::report::Record;
use crate::shown::Shown;
use crate::verdict::Outcome;

const LOOK_AROUND: Duration = Duration::from_millis(limits::LOOK_AROUND_MS);

/// The conductor of one run.
pub(super) struct Conductor {
    shared: Arc<Shared>,
    planner: Planner,
    /// Makes an error of the manifest an error of the run.
    unreadable: Box<dyn Fn(std::io::Error) -> Error + Send>,
    work: Sender<Work>,
    inbox: Receiver<Work>,
    /// The deques of workers that have not been started.
    deques: Vec<Deque<Planned>>,
    stealers: Arc<[Stealer<Planned>]>,
    workers: Crew,
    started: usize,
    /// Room in the outbox that has been taken and not used yet.
    reserved: usize,
    /// Files met that were left behind.
    leftovers: u64,
    begun: Instant,
    /// Time spent on looking ahead.
    looking: Duration,
}

impl Conductor {
    pub(super) fn new(
        shared: Arc<Shared>,
        planner: Planner,
        unreadable: Box<dyn Fn(std::io::Error) -> Error + Send>,
    ) -> Conductor {
        let (work, inbox) = bounded(shared.workers_max * limits::BATCHES_PER_WORKER);
        let deques: Vec<_> = (0..shared.workers_max).map(|_| Deque::new_fifo()).collect();
        let stealers = deques.iter().map(Deque::stealer).collect();
        let workers = Crew::default();
        Conductor {
            shared,
            planner,
            unreadable,
            work,
            inbox,
            deques,
            stealers,
            workers,
            started: 0,
            reserved: 0,
            leftovers: 0,
            begun: Instant::now(),
            looking: Duration::ZERO,
        }
    }

    /// Sees the run to its end. Whatever happens, the outbox is closed and every planned file has a record.
    pub(super) fn run(mut self) {
        self.plan();
        if self.leftovers > limits::LEFTOVERS_TOLD {
            let others = self.leftovers - limits::LEFTOVERS_TOLD;
            self.shared
                .note_reason(format!("left behind: {others} more such files; none is listed, and all can be removed"));
        }
        let Conductor { shared, mut planner, work, inbox, mut workers, stealers, .. } = self;
        drop(work);
        workers.wait(&shared);
        shared.confirmers.finish(&shared);
        // Left over only where the run was stopped: what no worker took, or one that hangs had not begun.
        let mut left = std::iter::from_fn(|| shared.next_huge()).collect::<Vec<_>>();
        left.extend(inbox.try_iter().flat_map(|work| match work {
            Work::Batch(batch) => batch,
            Work::Huge => Vec::new(),
        }));
        while planner.waiting() > 0 {
            left.extend(planner.batch(1));
        }
        left.extend(stealers.iter().flat_map(all_of));
        let mut records = left.into_iter().map(not_checked).collect();
        shared.deliver(&mut records);
        // Readers say nothing of their own, and one that hangs is not to hold the records back.
        shared.outbox.close();
        shared.readers.finish(&shared);
    }

    /// Goes through the plan: batches first, and the look ahead while every worker has enough.
    fn plan(&mut self) {
        while !self.shared.stopping() {
            let enough = self.planner.waiting() >= limits::BATCH_FILES || self.planner.ended();
            if enough && self.planner.waiting() > 0 && !self.work.is_full() {
                let batch = self.planner.batch(self.shared.workers_max);
                self.send(Work::Batch(batch));
            } else if self.planner.rests() && self.planner.waiting() == 0 {
                self.wait_for_outcomes();
                let missing = self.shared.counters.files_missing.load(Ordering::Relaxed);
                self.planner.go_on(missing > 0);
            } else if self.planner.ended() && self.planner.waiting() == 0 {
                self.shared.counters.planned_all.store(true, Ordering::Relaxed);
                return;
            } else if !self.planner.ended() && self.planner.waiting() < limits::LOOK_AHEAD_FILES {
                self.pull();
            } else {
                self.look_ahead();
            }
        }
    }

    /// Goes one item further in the plan.
    fn pull(&mut self) {
        let pulled = match self.planner.pull() {
            Ok(pulled) => pulled,
            Err(error) => return self.shared.fail((self.unreadable)(error)),
        };
        self.shared.counters.manifest_bytes.store(self.planner.manifest_bytes(), Ordering::Relaxed);
        match pulled {
            Pulled::File(planned) => {
                self.shared.counters.files_planned.fetch_add(1, Ordering::Relaxed);
                self.reserve(cost_bytes(planned.name.len()));
                self.planner.admit(planned);
            }
            Pulled::Malformed { place, malformed } => self.settle((place, Record::Malformed(malformed))),
            Pulled::Left { place, met } => {
                self.shared.counters.files_planned.fetch_add(1, Ordering::Relaxed);
                self.shared.counters.learn_sizes((1, 0));
                self.settle(left(place, met));
            }
            Pulled::Unlisted { place, name, kind } => {
                self.shared.counters.files_planned.fetch_add(1, Ordering::Relaxed);
                let planned = Planned { place, line: 0, name, expected: None, size_bytes: None, unlisted: true };
                self.shared.counters.learn_sizes((1, 0));
                self.settle(record(planned, Outcome::Unlisted { kind, actual: None }, None));
            }
            Pulled::Leftover { name } => self.note_leftover(&name),
            Pulled::Passed | Pulled::End => {}
        }
    }

    fn note_leftover(&mut self, name: &[u8]) {
        self.leftovers += 1;
        if self.leftovers <= limits::LEFTOVERS_TOLD {
            self.shared.note_reason(format!(
                "{}: what a create that was killed left behind; it is not listed, and can be removed",
                Shown(name)
            ));
        }
    }

    /// Waits until everything that was planned has its outcome: what comes next depends on it. Looks seldom where it has
    /// waited long, so that little is lost either way.
    fn wait_for_outcomes(&self) {
        let counters = &self.shared.counters;
        let planned = counters.files_planned.load(Ordering::Relaxed);
        let mut slice = Duration::from_micros(100);
        while counters.files_done.load(Ordering::Acquire) < planned && !self.shared.stopping() {
            std::thread::sleep(slice);
            slice = (slice + slice / 8).min(LOOK_AROUND);
        }
    }

    /// Hands a record on that needs no worker.
    fn settle(&mut self, record: (u64, Record)) {
        self.reserve(cost_of(&record.1));
        self.shared.deliver(&mut vec![record]);
    }

    /// Takes room in the outbox, in pieces worth a lock, and waits for it where there is none. What waits for a batch
    /// goes out first: its records may be what fills the box.
    fn reserve(&mut self, bytes: usize) {
        let piece = bytes.max(limits::OUTBOX_PIECE_BYTES);
        while self.reserved < bytes && !self.shared.stopping() {
            let waits = self.planner.waiting() > 0;
            if self.shared.outbox.reserve(piece, if waits { Duration::ZERO } else { LOOK_AROUND }) {
                self.reserved += piece;
            } else if waits {
                let batch = self.planner.batch(self.shared.workers_max);
                self.send(Work::Batch(batch));
            }
        }
        self.reserved = self.reserved.saturating_sub(bytes);
    }

    /// Every worker has enough to do: looks at the sizes of some files behind, and gives the huge ones out first. Where
    /// that has had its share of the time, or there is nothing to look at, waits to send the next batch instead.
    fn look_ahead(&mut self) {
        let now = Instant::now();
        if self.looking * limits::LOOKING_SHARE <= now - self.begun {
            let found = self.look_at_some();
            self.looking += now.elapsed();
            if found {
                return;
            }
        }
        let batch = self.planner.batch(self.shared.workers_max);
        self.send(Work::Batch(batch));
    }

    /// Looks at some files; false where all that wait have been looked at.
    fn look_at_some(&mut self) -> bool {
        for looked in 0..limits::LOOKS_AT_A_TIME {
            match self.planner.look_ahead() {
                Looked::Huge { bytes, planned } => {
                    self.shared.counters.learn_sizes((1, bytes));
                    self.send_huge(bytes, planned);
                }
                Looked::Ordinary(size) => {
                    self.shared.counters.learn_sizes((u64::from(size.is_some()), size.unwrap_or(0)));
                }
                Looked::AtAll => return looked > 0,
            }
        }
        true
    }

    fn send_huge(&mut self, bytes: u64, planned: Planned) {
        match self.shared.keep_huge(bytes, planned) {
            Ok(()) => self.send(Work::Huge),
            Err(planned) => self.send(Work::Batch(vec![planned])),
        }
    }

    /// Sends work, or waits until it can; starts a worker for it if there may be one more.
    fn send(&mut self, mut work: Work) {
        if !self.start_worker() {
            return self.give_up(work);
        }
        loop {
            match self.work.send_timeout(work, LOOK_AROUND) {
                Ok(()) => return,
                Err(SendTimeoutError::Timeout(back)) if !self.shared.stopping() => work = back,
                Err(error) => return self.give_up(error.into_inner()),
            }
        }
    }

    /// Starts one more worker, if there may be one more; false where there is none at all.
    fn start_worker(&mut self) -> bool {
        let Some(deque) = self.deques.pop() else {
            return true;
        };
        let queue = WorkQueue::new(self.inbox.clone(), deque, Arc::clone(&self.stealers));
        let own = Arc::clone(&self.shared);
        let index = self.started;
        let work = move || match Worker::new(index, Arc::clone(&own), queue) {
            Ok(worker) => worker.run(),
            Err(error) => own.fail(Error::Internal(format!("no memory for a worker: {error}"))),
        };
        match self.workers.spawn("checksig-worker", &self.shared, work) {
            Ok(()) => {
                self.started += 1;
                self.shared.counters.workers.store(self.started as u64, Ordering::Relaxed);
                true
            }
            Err(_) if self.started > 0 => {
                // As many as Linux allows.
                self.deques.clear();
                true
            }
            Err(error) => {
                self.shared.fail(Error::NoThread(error));
                false
            }
        }
    }

    /// The run is being stopped: accounts for work that no worker will take.
    fn give_up(&self, work: Work) {
        if let Work::Batch(batch) = work {
            let mut records = batch.into_iter().map(not_checked).collect();
            self.shared.deliver(&mut records);
        }
    }
}

/// Everything that is left in a worker's deque.
fn all_of(deque: &Stealer<Planned>) -> Vec<Planned> {
    let mut all = Vec::new();
    loop {
        match deque.steal() {
            Steal::Success(planned) => all.push(planned),
            Steal::Retry => {}
            Steal::Empty => return all,
        }
    }
}

/// What is said of something in the tree that is not to be read.
fn left(place: u64, met: Met) -> (u64, Record) {
    let (name, outcome) = match met {
        Met::File(name) | Met::Leftover(name) => (name, Outcome::NotChecked),
        Met::NotRegular(name, kind) => (name, Outcome::NotRegular(kind)),
        Met::DirectoryLink(name) => (name, Outcome::NotRegular(FileKind::Symlink)),
        // It was a directory a moment ago.
        Met::Unreadable(name, refusal) => (name, outcome_again(refusal.into())),
    };
    let name = if name.is_empty() { b".".to_vec() } else { name };
    record(Planned { place, line: 0, name, expected: None, size_bytes: None, unlisted: false }, outcome, None)
}
