//! Threads of a run: started with no more stack than they need, and waited for no longer than a run is waited for.
//!
//! Does none of their work.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread::{Builder, JoinHandle};
use std::time::Duration;

use crossbeam::channel::{Receiver, RecvTimeoutError, Sender, bounded};

use super::shared::Shared;
use crate::error::Error;
use crate::limits;

#[cfg(test)]
thread_local! {
    /// Threads that this one has started.
    pub(super) static STARTED: std::cell::Cell<usize> = const { std::cell::Cell::new(0) };
}

/// Starts a thread with the stack that threads of runs have.
pub(super) fn start(name: &str, body: impl FnOnce() + Send + 'static) -> std::io::Result<JoinHandle<()>> {
    #[cfg(test)]
    STARTED.set(STARTED.get() + 1);
    Builder::new().name(name.to_owned()).stack_size(limits::THREAD_STACK_BYTES).spawn(body)
}

/// Threads of a run that have not ended. They are waited for by what they drop, so that the wait can be given up.
pub(super) struct Crew {
    token: Option<Sender<()>>,
    gone: Receiver<()>,
}

impl Default for Crew {
    fn default() -> Crew {
        let (token, gone) = bounded(1);
        Crew { token: Some(token), gone }
    }
}

impl Crew {
    /// Starts a thread of the run. A panic in it ends the run with an error, not the process.
    pub(super) fn spawn(
        &self,
        name: &str,
        shared: &Arc<Shared>,
        work: impl FnOnce() + Send + 'static,
    ) -> std::io::Result<()> {
        let token = self.token.clone();
        let shared = Arc::clone(shared);
        let body = move || {
            if catch_unwind(AssertUnwindSafe(work)).is_err() {
                shared.fail(Error::Internal("a thread of the run panicked".to_owned()));
            }
            drop(shared);
            drop(token);
        };
        start(name, body).map(drop)
    }

    /// Waits until every thread has ended, or until the run is overdue: a thread may hang in a read that no signal ends.
    /// Such a thread is left behind with what it holds.
    pub(super) fn wait(&mut self, shared: &Shared) {
        self.token = None;
        while self.gone.recv_timeout(Duration::from_millis(limits::LOOK_AROUND_MS)) == Err(RecvTimeoutError::Timeout) {
            if shared.is_overdue_for(limits::STOP_MS_MAX) {
                return;
            }
        }
    }
}
