//! Work on its way from the planner to the workers: batches through a bounded channel, and what one worker has not
//! begun can be taken by another.
//!
//! Hands files out; does nothing with them.

use std::sync::Arc;

use crossbeam::channel::{Receiver, TryRecvError, never};
use crossbeam::deque::{Steal, Stealer, Worker as Deque};

use super::shared::Shared;
use crate::plan::Planned;

/// What the planner sends.
pub(super) enum Work {
    /// Files to read, in the order of the plan.
    Batch(Vec<Planned>),
    /// A huge file is to be had from the heap; this wakes a worker that waits.
    Huge,
}

/// One worker's end of the queue.
pub(super) struct WorkQueue {
    pub(super) inbox: Receiver<Work>,
    own: Deque<Planned>,
    others: Arc<[Stealer<Planned>]>,
    /// The planner is done and the channel is empty.
    over: bool,
}

/// What there is to do.
pub(super) enum Next {
    File(Planned),
    /// Nothing now, but more may come.
    Later,
    /// Nothing, and nothing will come.
    Never,
}

impl WorkQueue {
    pub(super) fn new(inbox: Receiver<Work>, own: Deque<Planned>, others: Arc<[Stealer<Planned>]>) -> WorkQueue {
        WorkQueue { inbox, own, others, over: false }
    }

    /// A queue of these files only, for who works alone.
    pub(super) fn alone(files: Vec<Planned>) -> WorkQueue {
        let mut queue = WorkQueue { inbox: never(), own: Deque::new_fifo(), others: Arc::new([]), over: true };
        queue.accept(Work::Batch(files));
        queue
    }

    /// The next file: a huge one first, then this worker's own, then a new batch, then another worker's.
    pub(super) fn next(&mut self, shared: &Shared) -> Next {
        if let Some(planned) = shared.next_huge() {
            return Next::File(planned);
        }
        if let Some(planned) = self.own.pop() {
            return Next::File(planned);
        }
        while !self.over {
            match self.inbox.try_recv() {
                Ok(work) => {
                    self.accept(work);
                    if let Some(planned) = shared.next_huge().or_else(|| self.own.pop()) {
                        return Next::File(planned);
                    }
                }
                Err(TryRecvError::Empty) => break,
                Err(TryRecvError::Disconnected) => self.over = true,
            }
        }
        match self.steal() {
            Some(planned) => Next::File(planned),
            None if self.over => Next::Never,
            None => Next::Later,
        }
    }

    /// Takes in what was received from the inbox.
    pub(super) fn accept(&mut self, work: Work) {
        match work {
            Work::Batch(batch) => batch.into_iter().for_each(|planned| self.own.push(planned)),
            Work::Huge => {}
        }
    }

    /// Whether anything may still come through the inbox.
    pub(super) fn is_open(&self) -> bool {
        !self.over
    }

    /// Notes that the planner has gone.
    pub(super) fn close(&mut self) {
        self.over = true;
    }

    /// Files that only this worker can still account for.
    pub(super) fn drain(&mut self) -> impl Iterator<Item = Planned> + '_ {
        std::iter::from_fn(|| self.own.pop())
    }

    /// Half of what another worker has not begun.
    fn steal(&self) -> Option<Planned> {
        for other in self.others.iter() {
            loop {
                match other.steal_batch_and_pop(&self.own) {
                    Steal::Success(planned) => return Some(planned),
                    Steal::Empty => break,
                    Steal::Retry => {}
                }
            }
        }
        None
    }
}
