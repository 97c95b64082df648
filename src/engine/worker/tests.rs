//! One worker by itself, where a run seldom brings it.

use std::path::Path;

use crossbeam::channel::unbounded;
use crossbeam::deque::Worker as Deque;

use super::*;
use crate::engine::outbox::Taken;
use crate::engine::queue::Work;
use crate::engine::readers::Readers;
use crate::hash::{Kernels, Stream};
use crate::read::{Bytes, Inline, Ticket};
use crate::root::{Policy, Root};
use crate::verdict::Outcome;

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
    let mut shared = Shared::new(root, Kernels::auto(), ReaderChoice::Auto, 1, true);
    shared.readers = Readers::refused();
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
    let batch = (0..9).map(|place| planned(tree.path(), place, &format!("f{place}"), 10_000)).collect();
    let root = Root::open_root(tree.path(), Policy::Beneath).unwrap();
    let shared = Arc::new(Shared::new(root, Kernels::auto(), ReaderChoice::Auto, 1, true));
    shared.distrust.store(true, Ordering::Relaxed);
    let (work, inbox) = unbounded();
    assert!(work.send(Work::Batch(batch)).is_ok());
    drop(work);
    let queue = WorkQueue::new(inbox, Deque::new_fifo(), Arc::new([]));
    let mut worker = Worker::new(0, Arc::clone(&shared), queue).unwrap();
    let width = worker.lanes.width();
    while worker.turn() {}
    assert_eq!(worker.lanes.width(), 1, "of {width} before");
    worker.deliver();
    let Taken::Records(records) = shared.outbox.take(Duration::ZERO) else { panic!("records") };
    assert_eq!(records.len(), 9);
    for record in records {
        let Record::File(file) = record else { panic!("{record:?}") };
        assert_eq!((file.outcome, file.reader), (Outcome::Match, Some(ReaderKind::Pread)));
    }
}

#[test]
fn a_file_counts_as_done_once_its_record_is_out() {
    let shared = Shared::new(Root::current(), Kernels::auto(), ReaderChoice::Auto, 1, false);
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
