//! Files that somebody has to let go of before they can be opened: they hold up no other.
//!
//! Leases nothing; a source plays it.

use std::collections::HashMap;
use std::sync::Mutex;
use std::time::Instant;

use super::*;

/// A source in which files that somebody holds a lease on, by their names, cannot be opened; it counts the tries.
struct Leased {
    files: Vec<PlannedFile>,
    tries: HashMap<Vec<u8>, u32>,
    order: Arc<Mutex<Vec<Vec<u8>>>>,
}

impl Source for Leased {
    fn add(&mut self, file: PlannedFile) {
        self.files.push(file);
    }

    fn has_room(&self) -> bool {
        self.files.len() < 8
    }

    fn in_progress(&self) -> usize {
        self.files.len()
    }

    fn poll(&mut self, _wait: Wait) -> Event {
        let Some(file) = self.files.pop() else { return Event::Idle };
        if !file.name.starts_with(b"leased") {
            self.order.lock().unwrap().push(file.name.clone());
            return file.end(Err(Failure::Missing));
        }
        let tries = self.tries.entry(file.name.clone()).or_default();
        *tries += 1;
        // The first is let go of in time.
        if file.name == b"leased 0" && *tries == 3 {
            return file.end(Err(Failure::Missing));
        }
        if *tries > limits::PASSING_TRIES_MAX {
            self.order.lock().unwrap().push(file.name.clone());
        }
        file.end(Err(Failure::Unreadable { errno: rustix::io::Errno::AGAIN, offset: 0 }))
    }

    fn release(&mut self, _ticket: Ticket, _bytes: Bytes) {}

    fn buffers_out(&self) -> usize {
        0
    }
}

#[test]
fn files_that_somebody_has_to_let_go_of_hold_up_no_other_and_wait_side_by_side() {
    let tree = tempfile::tempdir().unwrap();
    let (leased, others) = (6, 200);
    let name = |at: u64| if at < leased { format!("leased {at}") } else { format!("f{at}") };
    let batch = (0..leased + others).map(|at| planned(tree.path(), at, &name(at), 10)).collect();
    let root = Root::open_root(tree.path(), Policy::Beneath).unwrap();
    let shared = Arc::new(Shared::with_workers(root, Kernels::auto(), ReaderChoice::Auto, 1, true));
    let (work, inbox) = unbounded();
    assert!(work.send(Work::Batch(batch)).is_ok());
    drop(work);
    let queue = WorkQueue::new(inbox, Deque::new_fifo(), Arc::new([]));
    let mut worker = Worker::new(0, Arc::clone(&shared), queue).unwrap();
    let (files_max, order) = (worker.files_max, Arc::default());
    worker.inline = Some(Box::new(Leased { files: Vec::new(), tries: HashMap::new(), order: Arc::clone(&order) }));
    let begun = Instant::now();
    while worker.turn() {
        assert_eq!(worker.files_max, files_max, "it is no want of descriptors");
    }
    let patience = Duration::from_millis(limits::LOOK_AROUND_MS * u64::from(limits::PASSING_TRIES_MAX));
    assert!(begun.elapsed() >= patience && begun.elapsed() < 3 * patience, "{:?}", begun.elapsed());
    let order = order.lock().unwrap();
    assert!(order[..others as usize].iter().all(|name| name.starts_with(b"f")), "what is leased comes last: {order:?}");
    worker.deliver();
    let Taken::Records(records) = shared.outbox.take(Duration::ZERO) else { panic!("records") };
    let unreadable =
        |record: &&Record| matches!(record, Record::File(file) if file.outcome.kind() == OutcomeKind::Unreadable);
    assert_eq!(records.len() as u64, leased + others);
    assert_eq!(records.iter().filter(unreadable).count() as u64, leased - 1);
}
