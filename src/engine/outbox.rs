//! Records on their way to the caller: in the order of the plan through a window bounded in bytes, or as they come.
//!
//! Waits and orders; knows nothing of how a record came about.

use std::collections::VecDeque;
use std::sync::PoisonError;
use std::time::{Duration, Instant};

use super::filled::Filled;
use crate::limits;
use crate::plan::cost_bytes;
use crate::report::Record;
use crate::sync::{Condvar, Mutex, MutexGuard};

/// The window between the threads that make records and the caller that takes them.
pub(super) struct Outbox {
    state: Mutex<State>,
    /// Something can be taken, or the box is closed.
    filled: Condvar,
    /// Room has come.
    emptied: Condvar,
    ordered: bool,
}

struct State {
    /// Records from `first_place` on; a gap is a file that is still being read.
    window: VecDeque<Option<Record>>,
    first_place: u64,
    /// How many records there are before the first gap.
    ready: usize,
    /// What the files planned and the records not yet taken cost together.
    bytes: usize,
    /// As many ready records as wake who waits to take some; more than there can be while nobody waits.
    wanted: usize,
    /// The planner waits for room.
    crowded: bool,
    closed: bool,
    /// Where records come in any order.
    filled: Filled,
}

/// What wakes nobody: a call of Linux for each delivery is more than the delivery itself.
const NOBODY: usize = usize::MAX;

const ONE_OUTCOME: &str = "a file has one outcome";

/// What [`Outbox::take`] found.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Taken {
    Records(Vec<Record>),
    Nothing,
    Closed,
}

impl Outbox {
    pub(super) fn new(ordered: bool) -> Outbox {
        let window = VecDeque::new();
        let state = State {
            window,
            first_place: 0,
            ready: 0,
            bytes: 0,
            wanted: NOBODY,
            crowded: false,
            closed: false,
            filled: Filled::default(),
        };
        Outbox { state: Mutex::new(state), filled: Condvar::new(), emptied: Condvar::new(), ordered }
    }

    /// Takes room for what will cost so much, or waits for it, `wait` at most. Whatever it costs fits an empty box.
    pub(super) fn reserve(&self, bytes: usize, wait: Duration) -> bool {
        let fits = |state: &State| state.bytes == 0 || state.bytes + bytes <= limits::OUTBOX_BYTES_MAX;
        let mut state = self.lock();
        if !fits(&state) {
            // Whoever gathers records gathers no longer.
            state.crowded = true;
            self.wake(&mut state);
            let crowded = self.emptied.wait_timeout_while(state, wait, |state| !fits(state));
            state = crowded.unwrap_or_else(PoisonError::into_inner).0;
            state.crowded = false;
            if !fits(&state) {
                return false;
            }
        }
        state.bytes += bytes;
        true
    }

    /// Puts records in; their room has been reserved.
    pub(super) fn put(&self, records: &mut Vec<(u64, Record)>) {
        if records.is_empty() {
            return;
        }
        let mut state = self.lock();
        if state.closed {
            // From a thread that was left behind: its files have been accounted for, or the run has been given up.
            return records.clear();
        }
        for (place, record) in records.drain(..) {
            if !self.ordered {
                assert!(state.filled.fill(place), "{ONE_OUTCOME}");
                state.window.push_back(Some(record));
                continue;
            }
            let at = (place - state.first_place) as usize;
            if state.window.len() <= at {
                state.window.resize_with(at + 1, || None);
            }
            let before = state.window[at].replace(record);
            assert!(before.is_none(), "{ONE_OUTCOME}");
        }
        state.count_ready();
        self.wake(&mut state);
    }

    /// Takes what is next, or waits for it, `wait` at most. Where something comes, it waits a little for more to come with it:
    /// a thread that is woken for every delivery costs more than all that it does with the records.
    pub(super) fn take(&self, wait: Duration) -> Taken {
        let began = Instant::now();
        let mut state = self.wait_for(self.lock(), 1, wait);
        if state.ready > 0 {
            let left = wait.saturating_sub(began.elapsed());
            let gathering = left.min(Duration::from_millis(limits::GATHER_MS_MAX));
            state = self.wait_for(state, limits::RECORDS_PER_BATCH, gathering);
        }
        let records = state.take(limits::RECORDS_PER_BATCH);
        if !records.is_empty() {
            if state.crowded {
                self.emptied.notify_all();
            }
            return Taken::Records(records);
        }
        if state.closed { Taken::Closed } else { Taken::Nothing }
    }

    /// Waits until so many records are ready, or no more are to be waited for.
    fn wait_for<'a>(&self, mut state: MutexGuard<'a, State>, records: usize, wait: Duration) -> MutexGuard<'a, State> {
        state.wanted = records;
        let waited = self.filled.wait_timeout_while(state, wait, |state| !state.has(records));
        let mut state = waited.unwrap_or_else(PoisonError::into_inner).0;
        state.wanted = NOBODY;
        state
    }

    /// Wakes who waits to take records, if there are as many as are waited for.
    fn wake(&self, state: &mut State) {
        if state.wanted != NOBODY && state.has(state.wanted) {
            state.wanted = NOBODY;
            self.filled.notify_all();
        }
    }

    /// Keeps everybody else from it, for a test of what must not happen meanwhile.
    #[cfg(test)]
    pub(super) fn hold(&self) -> impl Sized + use<'_> {
        self.lock()
    }

    /// Says that no record will come any more.
    pub(super) fn close(&self) {
        let mut state = self.lock();
        state.closed = true;
        // Nobody else waits, and each is a call of Linux.
        if state.crowded {
            self.emptied.notify_all();
        }
        self.wake(&mut state);
    }

    /// The state is right between any two statements here, so that a panic elsewhere under the lock spoils nothing.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Whether so many records are ready, or all that can be had.
    fn has(&self, records: usize) -> bool {
        self.ready >= records || self.closed || (self.crowded && self.ready > 0)
    }

    /// Counts the records before the first gap, from where the last count ended.
    fn count_ready(&mut self) {
        while self.window.get(self.ready).is_some_and(Option::is_some) {
            self.ready += 1;
        }
    }

    fn take(&mut self, most: usize) -> Vec<Record> {
        while self.closed && self.ready == 0 && !self.window.is_empty() {
            // In a closed box a gap is what a thread that broke has left.
            self.window.pop_front();
            self.first_place += 1;
            self.count_ready();
        }
        let count = self.ready.min(most);
        let ready = self.window.drain(..count).map(|record| record.expect("no gap was counted"));
        let records: Vec<Record> = ready.collect();
        self.ready -= count;
        self.first_place += count as u64;
        // A run that is being stopped hands records on without room for them.
        let bytes = records.iter().map(cost_of).sum();
        self.bytes = self.bytes.saturating_sub(bytes);
        records
    }
}

/// What a record costs, as it was reserved.
pub(super) fn cost_of(record: &Record) -> usize {
    match record {
        Record::File(file) => cost_bytes(file.name.len()),
        Record::Malformed(malformed) => cost_bytes(malformed.text.len()),
    }
}

#[cfg(all(test, checksig_shuttle))]
mod models;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest::{LineError, Malformed};

    const NOW: Duration = Duration::ZERO;

    fn record(line: u64) -> (u64, Record) {
        (line, Record::Malformed(Malformed { line, why: LineError::Form, text: vec![b'x'; 100] }))
    }

    fn lines(taken: Taken) -> Vec<u64> {
        let Taken::Records(records) = taken else { panic!("{taken:?}") };
        let line = |record| match record {
            Record::Malformed(malformed) => malformed.line,
            Record::File(_) => unreachable!("none was put"),
        };
        records.into_iter().map(line).collect()
    }

    #[test]
    fn records_come_in_order_whatever_order_they_are_put_in() {
        let outbox = Outbox::new(true);
        for place in [2, 1, 4] {
            assert!(outbox.reserve(cost_of(&record(place).1), NOW));
            outbox.put(&mut vec![record(place)]);
        }
        assert_eq!(outbox.take(NOW), Taken::Nothing);
        assert!(outbox.reserve(cost_of(&record(0).1), NOW));
        outbox.put(&mut vec![record(0)]);
        assert_eq!(lines(outbox.take(NOW)), [0, 1, 2]);
        outbox.close();
        assert_eq!(lines(outbox.take(NOW)), [4], "a closed box holds nothing back");
        assert_eq!(outbox.take(NOW), Taken::Closed);
    }

    #[test]
    fn unordered_records_come_as_they_are_put() {
        let outbox = Outbox::new(false);
        for place in [2, 0] {
            assert!(outbox.reserve(cost_of(&record(place).1), NOW));
            outbox.put(&mut vec![record(place)]);
        }
        assert_eq!(lines(outbox.take(NOW)), [2, 0]);
    }

    #[test]
    #[should_panic = "a file has one outcome"]
    fn an_unordered_box_takes_one_record_for_each_place() {
        let outbox = Outbox::new(false);
        outbox.put(&mut vec![record(1), record(0)]);
        outbox.put(&mut vec![record(2), record(1)]);
    }

    #[test]
    fn a_closed_box_takes_nothing_more() {
        let outbox = Outbox::new(true);
        outbox.put(&mut vec![record(1)]);
        outbox.close();
        assert_eq!(lines(outbox.take(Duration::MAX)), [1]);
        let mut late = vec![record(0)];
        outbox.put(&mut late);
        assert!(late.is_empty());
        assert_eq!(outbox.take(Duration::MAX), Taken::Closed);
    }

    #[test]
    fn a_full_box_takes_no_more_until_something_is_taken() {
        let outbox = Outbox::new(true);
        assert!(outbox.reserve(2 * limits::OUTBOX_BYTES_MAX, NOW), "anything fits an empty box");
        assert!(!outbox.reserve(1, NOW));
        let outbox = Outbox::new(true);
        let cost = cost_of(&record(0).1);
        let mut places = 0;
        while outbox.reserve(cost, NOW) {
            outbox.put(&mut vec![record(places)]);
            places += 1;
        }
        assert_eq!(places as usize, limits::OUTBOX_BYTES_MAX / cost);
        assert!(!lines(outbox.take(NOW)).is_empty());
        assert!(outbox.reserve(cost, NOW));
    }

    #[test]
    fn who_waits_gets_what_is_there_when_the_box_is_closed_or_the_planner_needs_room() {
        let outbox = Outbox::new(true);
        outbox.put(&mut vec![record(0), record(2)]);
        assert!(!outbox.lock().has(2), "a record behind a gap is not ready");
        outbox.put(&mut vec![record(1)]);
        assert!(outbox.lock().has(3) && !outbox.lock().has(4));
        outbox.lock().crowded = true;
        assert!(outbox.lock().has(4));
        std::thread::scope(|scope| {
            outbox.lock().crowded = false;
            let taker = scope.spawn(|| [lines(outbox.take(Duration::MAX)), lines(outbox.take(Duration::MAX))].concat());
            while !outbox.lock().window.is_empty() {
                std::thread::yield_now();
            }
            outbox.put(&mut vec![record(3)]);
            outbox.close();
            assert_eq!(taker.join().unwrap(), [0, 1, 2, 3]);
        });
    }
}
