//! A run of little work: its caller's own thread plans, reads and hashes, with the conductor and the worker that threads
//! would have, so that none is started for it.
//!
//! Has no rules of its own about files: it only sees when the work is not small after all. Then both go to threads as they
//! stand, with every file that they have begun.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use super::{Conductor, no_memory};
use crate::engine::queue::WorkQueue;
use crate::engine::worker::Worker;
use crate::limits;
use crate::plan::Pulled;

impl Conductor {
    /// Sees a small run to its end in the thread that calls. Gives itself back, to be run by threads, as soon as the run
    /// turns out not to be small.
    pub(in crate::engine) fn run_alone(mut self) -> Option<Conductor> {
        let bounds = self.shared.small;
        let is_late = |conductor: &Conductor| conductor.begun.elapsed() > bounds.time;
        self.begun = Instant::now();
        let mut items = 0;
        while !self.planner.ended() && !self.shared.stopping() {
            items += 1;
            if items > bounds.files + 1 || is_late(&self) || !self.planner.is_at_hand() || !self.pull_at_hand() {
                return Some(self);
            }
        }
        if self.planner.waiting() > 0 && !self.shared.stopping() {
            let queue = WorkQueue::alone(self.planner.batch(1));
            let mut worker = match Worker::new(0, Arc::clone(&self.shared), queue) {
                Ok(worker) => worker,
                Err(error) => {
                    self.shared.fail(no_memory(&error));
                    self.conclude();
                    return None;
                }
            };
            self.shared.counters.workers.store(1, Ordering::Relaxed);
            self.plan();
            while !self.shared.stopping() && worker.turn() {
                if worker.has_outgrown() || is_late(&self) {
                    self.planner.put_back(worker.put_back());
                    self.own = Some(worker);
                    return Some(self);
                }
            }
            worker.run();
        }
        self.plan();
        self.conclude();
        None
    }

    /// Goes one item further in the plan without waiting; false where there is no descriptor for that, or no room for what has
    /// come.
    fn pull_at_hand(&mut self) -> bool {
        let bytes = match self.planner.pull() {
            Err(error) => {
                self.shared.fail((self.unreadable)(error));
                return true;
            }
            // It is pulled again by a thread, which can wait.
            Ok(Pulled::NoDescriptor(_)) => return false,
            Ok(pulled) => self.held.insert(pulled).cost_bytes(),
        };
        let piece = bytes.max(limits::OUTBOX_PIECE_BYTES);
        if self.reserved < bytes {
            if !self.shared.outbox.reserve(piece, Duration::ZERO) {
                return false;
            }
            self.reserved += piece;
        }
        if let Some(pulled) = self.held.take() {
            self.take_in(pulled);
        }
        true
    }
}
