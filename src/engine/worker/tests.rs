//! One worker by itself, where a run seldom brings it.

use std::collections::HashSet;
use std::path::Path;
use std::time::Duration;

use crossbeam::channel::{Receiver, Sender, unbounded};
use crossbeam::deque::Worker as Deque;

use super::*;
use crate::engine::outbox::Taken;
use crate::engine::queue::Work;
use crate::engine::readers::{Readers, Team};
use crate::engine::records::not_checked;
use crate::hash::{Kernels, Stream};
use crate::plan::Planned;
use crate::read::{Bytes, Failure, Inline, Ticket};
use crate::readerkind::{ReaderChoice, ReaderKind};
use crate::report::Record;
use crate::root::{Policy, Root};
use crate::verdict::OutcomeKind;

mod leased;

/// The reader of the page cache, in which one file is not cached, as it finds out after the first segment of another.
struct AllButOne {
    source: Inline,
    one: Option<PlannedFile>,
    began: bool,
    waits: bool,
}

impl Source for AllButOne {
    fn add(&mut self, file: PlannedFile) {
        if file.name == b"one" && !self.waits {
            self.one = Some(file);
        } else {
            self.source.add(file);
        }
    }

    fn has_room(&self) -> bool {
        self.source.has_room()
    }

    fn in_progress(&self) -> usize {
        self.source.in_progress() + usize::from(self.one.is_some())
    }

    fn poll(&mut self, wait: Wait) -> Event {
        if self.began
            && let Some(file) = self.one.take()
        {
            return Event::Elsewhere(file);
        }
        let event = self.source.poll(wait);
        self.began |= matches!(event, Event::Segment(_));
        event
    }

    fn release(&mut self, ticket: Ticket, bytes: Bytes) {
        self.source.release(ticket, bytes);
    }

    fn wait_from_now_on(&mut self) {
        self.waits = true;
        self.source.wait_from_now_on();
    }

    fn buffers_out(&self) -> usize {
        self.source.buffers_out()
    }
}

fn planned(tree: &Path, place: u64, name: &str, length: usize) -> Planned {
    let content = vec![place as u8; length];
    std::fs::write(tree.join(name), &content).unwrap();
    Planned {
        place,
        line: place + 1,
        name: name.as_bytes().to_vec(),
        expected: Some(Stream::digest(&content)),
        size_bytes: None,
        unlisted: false,
    }
}

#[test]
fn where_no_reader_can_be_started_the_files_that_were_begun_before_are_read_to_their_end() {
    let tree = tempfile::tempdir().unwrap();
    // Of several segments each, so that they are still in progress when the one turns out not to be cached.
    let length = 3 * limits::WORKER_BUFFER_BYTES;
    let names = ["before", "one", "after"];
    let batch = (0..).zip(names).map(|(place, name)| planned(tree.path(), place, name, length)).collect();
    let root = Root::open_root(tree.path(), Policy::Beneath).unwrap();
    let mut shared = Shared::with_workers(root, Kernels::auto(), ReaderChoice::Auto, 1, true);
    shared.readers = Readers::refused(&[Team::Usual]);
    let shared = Arc::new(shared);
    let (work, inbox) = unbounded();
    assert!(work.send(Work::Batch(batch)).is_ok());
    drop(work);
    let queue = WorkQueue::new(inbox, Deque::new_fifo(), Arc::new([]));
    let own = Arc::clone(&shared);
    let thread = std::thread::spawn(move || {
        let source = Inline::cached(Arc::clone(&own.root), Arc::clone(&own.manner), limits::WORKER_BUFFERS).unwrap();
        let mut worker = Worker::new(0, own, queue).unwrap();
        worker.inline = Some(Box::new(AllButOne { source, one: None, began: false, waits: false }));
        worker.run();
    });
    let mut records = Vec::new();
    while records.len() < names.len()
        && let Taken::Records(more) = shared.outbox.take(Duration::from_secs(20))
    {
        records.extend(more);
    }
    // Ends the thread also where it waits for what does not come.
    shared.cancel();
    thread.join().unwrap();
    let matches = |record: &Record| matches!(record, Record::File(file) if file.outcome == Outcome::Match);
    assert!(records.len() == names.len() && records.iter().all(matches), "{records:?}");
    assert_eq!(shared.reasons(), ["reader pread: no reader thread could be started"]);
}

#[test]
fn after_a_second_reading_that_did_not_agree_neither_the_reader_nor_the_kernel_is_used_again() {
    let tree = tempfile::tempdir().unwrap();
    for choice in
        [ReaderChoice::Auto, ReaderChoice::Forced(ReaderKind::Pread), ReaderChoice::Forced(ReaderKind::Threads)]
    {
        distrusts(tree.path(), choice);
    }
}

fn distrusts(tree: &Path, choice: ReaderChoice) {
    let batch = (0..9).map(|place| planned(tree, place, &format!("f{place}"), 10_000)).collect();
    let root = Root::open_root(tree, Policy::Beneath).unwrap();
    let shared = Arc::new(Shared::with_workers(root, Kernels::auto(), choice, 1, true));
    shared.distrust.store(true, Ordering::Relaxed);
    let (work, inbox) = unbounded();
    assert!(work.send(Work::Batch(batch)).is_ok());
    drop(work);
    let queue = WorkQueue::new(inbox, Deque::new_fifo(), Arc::new([]));
    let mut worker = Worker::new(0, Arc::clone(&shared), queue).unwrap();
    let width = worker.lanes.width();
    while worker.turn() {}
    assert_eq!(worker.lanes.width(), 1, "of {width} before");
    assert_eq!(worker.generation, 1, "{choice:?}: also a source that read by pread is no longer used");
    worker.deliver();
    let Taken::Records(records) = shared.outbox.take(Duration::ZERO) else { panic!("records") };
    assert_eq!(records.len(), 9);
    for record in records {
        let Record::File(file) = record else { panic!("{record:?}") };
        assert_eq!((file.outcome, file.reader), (Outcome::Match, Some(ReaderKind::Pread)));
    }
}

/// A source whose files hang: nobody hears of them before something comes through the channel.
struct Hangs {
    files: Vec<PlannedFile>,
    hanging: Sender<()>,
    go_on: Receiver<()>,
}

impl Source for Hangs {
    fn add(&mut self, file: PlannedFile) {
        self.files.push(file);
    }

    fn has_room(&self) -> bool {
        self.files.len() < 3
    }

    fn in_progress(&self) -> usize {
        self.files.len()
    }

    fn poll(&mut self, _wait: Wait) -> Event {
        if let Some(at) = self.files.iter().position(|file| file.name == b"f0") {
            return self.files.remove(at).end(Err(Failure::Missing));
        }
        if self.has_room() {
            return Event::Idle;
        }
        self.hanging.send(()).unwrap();
        // It is never sent anything: this ends when the other end goes.
        let _ = self.go_on.recv();
        self.files.remove(0).end(Err(Failure::Missing))
    }

    fn release(&mut self, _ticket: Ticket, _bytes: Bytes) {}

    fn buffers_out(&self) -> usize {
        0
    }
}

#[test]
fn a_worker_that_hangs_is_given_up_and_each_of_its_files_has_one_outcome() {
    let tree = tempfile::tempdir().unwrap();
    let batch: Vec<_> = (0..9).map(|place| planned(tree.path(), place, &format!("f{place}"), 10)).collect();
    let root = Root::open_root(tree.path(), Policy::Beneath).unwrap();
    let shared = Arc::new(Shared::with_workers(root, Kernels::auto(), ReaderChoice::Auto, 1, true));
    let (work, inbox) = unbounded();
    assert!(work.send(Work::Batch(batch)).is_ok());
    drop(work);
    let deque = Deque::new_fifo();
    let stealer = deque.stealer();
    let ((hanging, hangs), (goes_on, go_on)) = (unbounded(), unbounded());
    let own = Arc::clone(&shared);
    let queue = WorkQueue::new(inbox, deque, Arc::new([]));
    let thread = std::thread::spawn(move || {
        let mut worker = Worker::new(0, own, queue).unwrap();
        worker.inline = Some(Box::new(Hangs { files: Vec::new(), hanging, go_on }));
        worker.run();
    });
    hangs.recv().unwrap();
    shared.cancel();
    let mut records = shared.ledgers.of(0).give_up();
    let begun = records.len();
    records.extend(std::iter::from_fn(|| stealer.steal().success()).map(not_checked));
    drop(goes_on);
    thread.join().unwrap();
    assert!(shared.ledgers.of(0).give_up().is_empty());
    assert_eq!(shared.outbox.take(Duration::ZERO), Taken::Nothing, "what it says later is dropped");
    records.sort_unstable_by_key(|(place, _)| *place);
    let places: Vec<_> = records.iter().map(|(place, _)| *place).collect();
    assert_eq!((begun, places), (4, (0..9).collect()), "one with an outcome, and three that hang");
    let kinds: Vec<_> = records
        .iter()
        .map(|(_, record)| match record {
            Record::File(file) => file.outcome.kind(),
            Record::Malformed(malformed) => panic!("{malformed:?}"),
        })
        .collect();
    assert_eq!(kinds, [vec![OutcomeKind::Missing], vec![OutcomeKind::NotChecked; 8]].concat());
}

/// A source that gives a segment of each file and then fails it, and sees to it that no buffer is on its way when the next file
/// with its ticket is added.
#[derive(Default)]
struct FailsLate {
    files: Vec<(PlannedFile, bool)>,
    out: HashSet<Ticket>,
}

impl Source for FailsLate {
    fn add(&mut self, file: PlannedFile) {
        assert!(!self.out.contains(&file.ticket), "a buffer of the last file with this ticket is home");
        self.files.push((file, false));
    }

    fn has_room(&self) -> bool {
        self.files.is_empty()
    }

    fn in_progress(&self) -> usize {
        self.files.len()
    }

    fn poll(&mut self, _wait: Wait) -> Event {
        let Some((file, was_told)) = self.files.pop() else { return Event::Idle };
        if was_told {
            return file.end(Err(Failure::Moved));
        }
        let ticket = file.ticket;
        self.files.push((file, true));
        self.out.insert(ticket);
        let (bytes, origin) = (Bytes::Nothing, Origin::Cache);
        Event::Segment(Segment { ticket, offset: 0, file_bytes: 10, bytes, origin, last: false })
    }

    fn release(&mut self, ticket: Ticket, _bytes: Bytes) {
        assert!(self.out.remove(&ticket), "no buffer comes twice");
    }

    fn buffers_out(&self) -> usize {
        self.out.len()
    }
}

#[test]
fn the_buffers_of_a_file_that_fails_are_home_before_another_has_its_ticket() {
    let tree = tempfile::tempdir().unwrap();
    let batch = (0..5).map(|place| planned(tree.path(), place, &format!("f{place}"), 10)).collect();
    let root = Root::open_root(tree.path(), Policy::Beneath).unwrap();
    let shared = Arc::new(Shared::with_workers(root, Kernels::auto(), ReaderChoice::Auto, 1, true));
    let (work, inbox) = unbounded();
    assert!(work.send(Work::Batch(batch)).is_ok());
    drop(work);
    let queue = WorkQueue::new(inbox, Deque::new_fifo(), Arc::new([]));
    let mut worker = Worker::new(0, Arc::clone(&shared), queue).unwrap();
    worker.inline = Some(Box::new(FailsLate::default()));
    while worker.turn() {}
    worker.deliver();
    let Taken::Records(records) = shared.outbox.take(Duration::ZERO) else { panic!("records") };
    let changed = |record: &Record| matches!(record, Record::File(file) if file.outcome == Outcome::Changed);
    assert!(records.len() == 5 && records.iter().all(changed), "{records:?}");
}

#[test]
fn files_that_are_left_to_readers_which_a_cancelled_run_has_ended_are_accounted_for() {
    let tree = tempfile::tempdir().unwrap();
    let files = 64;
    let batch = (0..files).map(|place| planned(tree.path(), place, &format!("f{place}"), 10)).collect();
    let root = Root::open_root(tree.path(), Policy::Beneath).unwrap();
    let choice = ReaderChoice::Forced(ReaderKind::Threads);
    let shared = Arc::new(Shared::with_workers(root, Kernels::auto(), choice, 1, true));
    let (work, inbox) = unbounded();
    assert!(work.send(Work::Batch(batch)).is_ok());
    drop(work);
    let queue = WorkQueue::new(inbox, Deque::new_fifo(), Arc::new([]));
    let mut worker = Worker::new(0, Arc::clone(&shared), queue).unwrap();
    assert!(worker.links.to(&shared, 0, Team::Usual).is_some());
    // The worker has looked whether the run is being stopped, and then it is, and the readers look first.
    shared.cancel();
    shared.readers.finish(&shared);
    for _ in 0..files {
        assert!(matches!(worker.begin_next(), Begun::Yes));
    }
    worker.send_files();
    worker.run();
    let Taken::Records(records) = shared.outbox.take(Duration::ZERO) else { panic!("records") };
    let not_checked = |record: &Record| matches!(record, Record::File(file) if file.outcome == Outcome::NotChecked);
    assert!(records.len() == files as usize && records.iter().all(not_checked), "{records:?}");
    assert_eq!((shared.reasons(), shared.take_fault().is_none()), (Vec::new(), true));
}

#[test]
fn a_file_counts_as_done_once_its_record_is_out() {
    let shared = Shared::with_workers(Root::current(), Kernels::auto(), ReaderChoice::Auto, 1, false);
    let planned = Planned { place: 0, line: 1, name: b"f".to_vec(), expected: None, size_bytes: None, unlisted: false };
    let mut records = vec![crate::engine::records::record(planned, Outcome::Missing, None)];
    let held = shared.outbox.hold();
    std::thread::scope(|scope| {
        let delivery = scope.spawn(|| shared.deliver(&mut records));
        std::thread::sleep(std::time::Duration::from_millis(100));
        assert_eq!(shared.counters.files_done.load(Ordering::Acquire), 0, "nobody can take it yet");
        drop(held);
        delivery.join().unwrap();
    });
    assert_eq!(shared.counters.files_done.load(Ordering::Acquire), 1);
    assert_eq!(shared.counters.files_missing.load(Ordering::Relaxed), 1);
}
