//! The outbox with threads in every order that shuttle can think of: nothing is lost, told twice or waited for in vain.

use std::sync::Arc;

use shuttle::sync::mpsc::channel;
use shuttle::thread;

use super::*;
use crate::manifest::{LineError, Malformed};
use crate::sync::in_many_orders;

const RECORDS: u64 = 5;

/// Of such a size that two fit the box and three do not.
fn record(line: u64) -> (u64, Record) {
    let text = vec![0; limits::OUTBOX_BYTES_MAX * 2 / 5];
    (line, Record::Malformed(Malformed { line, why: LineError::Form, text }))
}

fn lines(records: Vec<Record>) -> impl Iterator<Item = u64> {
    records.into_iter().map(|record| match record {
        Record::Malformed(malformed) => malformed.line,
        Record::File(_) => unreachable!("none was put"),
    })
}

/// Takes without an end until the box is closed.
fn take_all(outbox: &Outbox) -> Vec<u64> {
    let mut found = Vec::new();
    loop {
        match outbox.take(Duration::MAX) {
            Taken::Records(records) => found.extend(lines(records)),
            Taken::Nothing => panic!("a wait without an end came to one"),
            Taken::Closed => return found,
        }
    }
}

fn planner_workers_and_taker(ordered: bool) {
    let outbox = Arc::new(Outbox::new(ordered));
    let taker = {
        let outbox = Arc::clone(&outbox);
        thread::spawn(move || take_all(&outbox))
    };
    let workers: Vec<_> = (0..2)
        .map(|_| {
            let (sender, places) = channel::<u64>();
            let outbox = Arc::clone(&outbox);
            (sender, thread::spawn(move || places.iter().for_each(|place| outbox.put(&mut vec![record(place)]))))
        })
        .collect();
    for place in 0..RECORDS {
        assert!(outbox.reserve(cost_of(&record(place).1), Duration::MAX));
        workers[place as usize % 2].0.send(place).expect("a worker");
    }
    for (sender, worker) in workers {
        drop(sender);
        worker.join().expect("a worker");
    }
    outbox.close();
    let mut found = taker.join().expect("a taker");
    if !ordered {
        found.sort_unstable();
    }
    assert!(found.into_iter().eq(0..RECORDS));
}

#[test]
fn every_record_comes_once_and_in_order() {
    in_many_orders(|| planner_workers_and_taker(true));
}

#[test]
fn every_record_comes_once_in_any_order() {
    in_many_orders(|| planner_workers_and_taker(false));
}

#[test]
fn a_box_that_is_closed_on_its_workers_ends_all_waits() {
    in_many_orders(|| {
        let outbox = Arc::new(Outbox::new(true));
        let put = |places: [u64; 2]| {
            let outbox = Arc::clone(&outbox);
            thread::spawn(move || places.into_iter().for_each(|place| outbox.put(&mut vec![record(place)])))
        };
        let workers = [put([0, 2]), put([3, 1])];
        let closer = {
            let outbox = Arc::clone(&outbox);
            thread::spawn(move || outbox.close())
        };
        let found = take_all(&outbox);
        assert!(found.is_sorted() && found.windows(2).all(|pair| pair[0] < pair[1]), "{found:?}");
        closer.join().expect("a closer");
        workers.into_iter().for_each(|worker| worker.join().expect("a worker"));
        assert_eq!(outbox.take(Duration::MAX), Taken::Closed);
    });
}
