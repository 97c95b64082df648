//! The conductor: plans, hands batches out, starts workers as there is work for them, and sees the run to its end.
//!
//! Reads no file and judges none. It runs in a thread of its own; a run that is not pulled waits here.

mod alone;

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use crossbeam::channel::{Receiver, SendTimeoutError, Sender, bounded};
use crossbeam::deque::{Steal, Stealer, Worker as Deque};

use super::crew::Crew;
use super::ledger::Ledger;
use super::outbox::cost_of;
use super::queue::{Work, WorkQueue};
use super::records::{not_checked, outcome_again, record};
use super::shared::Shared;
use super::worker::Worker;
use crate::error::Error;
use crate::filekind::FileKind;
use crate::limits;
use crate::plan::{Looked, Met, Planned, Planner, Pulled, cost_bytes};
use crate::report::Record;
use crate::shown::Shown;
use crate::verdict::Outcome;

const LOOK_AROUND: Duration = Duration::from_millis(limits::LOOK_AROUND_MS);

/// Makes an error of reading what is gone through an error of the run.
pub(super) type Unreadable = Box<dyn Fn(std::io::Error) -> Error + Send>;

/// The conductor of one run.
pub(super) struct Conductor {
    shared: Arc<Shared>,
    planner: Planner,
    /// Makes an error of the manifest an error of the run.
    unreadable: Unreadable,
    /// None before there is work to hand out.
    hands: Option<Hands>,
    /// Gone one item further, for which the outbox had no room at once.
    held: Option<Pulled>,
    /// The worker of the caller's own thread, to be the first among others.
    own: Option<Worker>,
    workers: Crew,
    started: usize,
    /// Room in the outbox that has been taken and not used yet.
    reserved: usize,
    /// Times that a descriptor for a directory was waited for in vain.
    waits: u32,
    /// Files met that were left behind.
    leftovers: u64,
    begun: Instant,
    /// Time spent on looking ahead.
    looking: Duration,
}

/// The ends of the queue to the workers.
struct Hands {
    work: Sender<Work>,
    inbox: Receiver<Work>,
    /// The deques of workers that have not been started.
    deques: Vec<Deque<Planned>>,
    stealers: Arc<[Stealer<Planned>]>,
}

impl Hands {
    fn new(workers_max: usize) -> Hands {
        let (work, inbox) = bounded(workers_max * limits::BATCHES_PER_WORKER);
        let deques: Vec<_> = (0..workers_max).map(|_| Deque::new_fifo()).collect();
        let stealers = deques.iter().map(Deque::stealer).collect();
        Hands { work, inbox, deques, stealers }
    }
}

impl Conductor {
    pub(super) fn new(shared: Arc<Shared>, planner: Planner, unreadable: Unreadable) -> Conductor {
        Conductor {
            shared,
            planner,
            unreadable,
            hands: None,
            held: None,
            own: None,
            workers: Crew::default(),
            started: 0,
            reserved: 0,
            waits: 0,
            leftovers: 0,
            begun: Instant::now(),
            looking: Duration::ZERO,
        }
    }

    /// Sees the run to its end by threads. Whatever happens, the outbox is closed and every planned file has a record.
    pub(super) fn run(mut self) {
        if let Some(pulled) = self.held.take() {
            self.take_in(pulled);
        }
        if self.own.is_some() {
            self.start_worker();
        }
        self.plan();
        self.conclude();
    }

    /// Everything has been planned and handed out, or the run is being stopped: waits for the workers, and accounts for what
    /// they have left.
    fn conclude(self) {
        if self.leftovers > limits::LEFTOVERS_TOLD {
            let others = self.leftovers - limits::LEFTOVERS_TOLD;
            self.shared
                .note_reason(format!("left behind: {others} more such files; none is listed, and all can be removed"));
        }
        let Conductor { shared, mut planner, hands, mut workers, .. } = self;
        let handed = hands.map(|Hands { work, inbox, stealers, .. }| {
            drop(work);
            (inbox, stealers)
        });
        workers.wait(&shared);
        // One that hangs in a read has been given up; nothing stands in the ledgers of the others.
        let mut records = shared.ledgers.iter().flat_map(Ledger::give_up).collect();
        shared.deliver(&mut records);
        shared.confirmers.finish(&shared);
        // Left over only where the run was stopped: what no worker took.
        let mut left = std::iter::from_fn(|| shared.next_huge()).collect::<Vec<_>>();
        if let Some((inbox, stealers)) = handed {
            left.extend(inbox.try_iter().flat_map(|work| match work {
                Work::Batch(batch) => batch,
                Work::Huge => Vec::new(),
            }));
            left.extend(stealers.iter().flat_map(all_of));
        }
        while planner.waiting() > 0 {
            left.extend(planner.batch(1));
        }
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
            let enough = enough || (self.planner.waiting() > 0 && self.planner.would_wait());
            if enough && self.planner.waiting() > 0 && !self.is_full() {
                let batch = self.planner.batch(self.shared.workers_max());
                self.send(Work::Batch(batch));
            } else if self.planner.rests() && self.planner.waiting() == 0 {
                self.wait_for_outcomes();
                let missing = self.shared.counters.files_missing.load(Ordering::Relaxed);
                self.planner.go_on(missing > 0);
                self.shared.counters.walks.store(true, Ordering::Relaxed);
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

    /// Whether every worker has enough to do.
    fn is_full(&self) -> bool {
        self.hands.as_ref().is_some_and(|hands| hands.work.is_full())
    }

    /// Goes one item further in the plan.
    fn pull(&mut self) {
        match self.planner.pull() {
            Ok(pulled) => self.take_in(pulled),
            Err(error) => self.shared.fail((self.unreadable)(error)),
        }
    }

    fn take_in(&mut self, pulled: Pulled) {
        let counters = &self.shared.counters;
        counters.manifest_bytes.store(self.planner.manifest_bytes(), Ordering::Relaxed);
        counters.excluded.store(self.planner.excluded(), Ordering::Relaxed);
        counters.formats.store(self.planner.formats().bits(), Ordering::Relaxed);
        let is_name = !matches!(pulled, Pulled::Rest | Pulled::NoDescriptor(_) | Pulled::End);
        if is_name && counters.walks.load(Ordering::Relaxed) {
            counters.walked.fetch_add(1, Ordering::Relaxed);
        }
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
            // Those that wait for a batch are no use to anybody here.
            Pulled::NoDescriptor(_) if self.planner.waiting() > 0 => {
                let batch = self.planner.batch(self.shared.workers_max());
                self.send(Work::Batch(batch));
            }
            Pulled::NoDescriptor(errno) => return self.shared.wait_for_descriptor(errno, &mut self.waits),
            Pulled::Passed | Pulled::Rest | Pulled::End => {}
        }
        self.waits = 0;
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
                let batch = self.planner.batch(self.shared.workers_max());
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
        let batch = self.planner.batch(self.shared.workers_max());
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
            match self.hands().work.send_timeout(work, LOOK_AROUND) {
                Ok(()) => return,
                Err(SendTimeoutError::Timeout(back)) if !self.shared.stopping() => work = back,
                Err(error) => return self.give_up(error.into_inner()),
            }
        }
    }

    fn hands(&mut self) -> &mut Hands {
        let workers_max = self.shared.workers_max();
        self.hands.get_or_insert_with(|| Hands::new(workers_max))
    }

    /// Starts one more worker, if there may be one more; false where there is none at all.
    fn start_worker(&mut self) -> bool {
        let hands = self.hands();
        let Some(deque) = hands.deques.pop() else {
            return true;
        };
        let queue = WorkQueue::new(hands.inbox.clone(), deque, Arc::clone(&hands.stealers));
        let own = Arc::clone(&self.shared);
        let (index, begun) = (self.started, self.own.take());
        let worker = move |own: Arc<Shared>| match begun {
            Some(worker) => Ok(worker.among_others(queue)),
            None => Worker::new(index, own, queue),
        };
        let work = move || match worker(Arc::clone(&own)) {
            Ok(worker) => worker.run(),
            Err(error) => own.fail(no_memory(&error)),
        };
        match self.workers.spawn("checksig-worker", &self.shared, work) {
            Ok(()) => {
                self.started += 1;
                self.shared.counters.workers.store(self.started as u64, Ordering::Relaxed);
                true
            }
            Err(error) if self.started > 0 => {
                // As many as Linux allows.
                self.hands().deques.clear();
                let (started, most) = (self.started, self.shared.workers_max());
                self.shared.note_reason(format!("workers {started} of {most}: Linux starts no more threads: {error}"));
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

fn no_memory(error: &std::io::Error) -> Error {
    Error::Internal(format!("no memory for a worker: {error}"))
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
        Met::NoDescriptor(_) => unreachable!("the planner says so by itself"),
    };
    let name = if name.is_empty() { b".".to_vec() } else { name };
    record(Planned { place, line: 0, name, expected: None, size_bytes: None, unlisted: false }, outcome, None)
}
