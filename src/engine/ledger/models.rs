//! A worker and whoever gives it up, in every order: each file is accounted for once.

use std::sync::Arc;

use shuttle::thread;

use super::*;
use crate::engine::options::Resources;
use crate::engine::outbox::Taken;
use crate::hash::Kernels;
use crate::root::Root;
use crate::sync::in_many_orders;

const FILES: u64 = 4;

fn planned(place: u64) -> Planned {
    Planned { place, line: place + 1, name: vec![b'f'], expected: None, size_bytes: None, unlisted: false }
}

/// Goes over the files as a worker does: from the queue to the ledger and from there to an outcome, each under its lock.
fn work(shared: &Shared, queue: &Mutex<Vec<Planned>>) {
    let ledger = shared.ledgers.of(0);
    loop {
        let mut accounts = ledger.open();
        if accounts.is_closed() {
            return;
        }
        let Some(planned) = queue.lock().expect("a queue").pop() else { break };
        let place = planned.place as usize;
        accounts.begin(place, planned);
        drop(accounts);
        // The file is being read.
        thread::yield_now();
        let mut accounts = ledger.open();
        match place % 3 {
            0 => _ = accounts.settle(place, Outcome::Missing, None),
            1 => accounts.defer(place, 1, None),
            _ => {}
        }
        if place % 2 == 0 {
            accounts.deliver(shared);
        }
    }
    let mut accounts = ledger.open();
    if !accounts.is_closed() {
        accounts.leave([]);
        accounts.deliver(shared);
    }
}

#[test]
fn a_worker_that_is_given_up_at_any_moment_leaves_every_file_with_one_record() {
    in_many_orders(|| {
        let shared = Shared::new(Root::current(), Kernels::at_hand(), Resources::default(), false);
        let shared = Arc::new(shared);
        let queue = Arc::new(Mutex::new((0..FILES).map(planned).collect::<Vec<_>>()));
        let worker = {
            let (shared, queue) = (Arc::clone(&shared), Arc::clone(&queue));
            thread::spawn(move || work(&shared, &queue))
        };
        thread::yield_now();
        let mut left = shared.ledgers.of(0).give_up();
        left.extend(queue.lock().expect("a queue").drain(..).map(not_checked));
        shared.deliver(&mut left);
        worker.join().expect("a worker");
        shared.outbox.close();
        let mut places = Vec::new();
        while let Taken::Records(records) = shared.outbox.take(Duration::MAX) {
            places.extend(records.into_iter().map(|record| match record {
                Record::File(file) => file.line - 1,
                Record::Malformed(_) => unreachable!("there is no manifest"),
            }));
        }
        places.sort_unstable();
        assert!(places.iter().copied().eq(0..FILES), "{places:?}");
    });
}
