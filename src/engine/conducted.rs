//! Who conducts a run: the thread that starts it as long as the work is small, else one of its own.
//!
//! Knows nothing of what a conductor does.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use crossbeam::channel::{Receiver, RecvTimeoutError, Sender, bounded};

use super::conduct::Conductor;
use super::crew;
use super::idle::give_way;
use super::means::Means;
use super::shared::Shared;
use crate::error::Error;
use crate::limits;
use crate::read::{HAS_CACHED_READS, is_remote};
use crate::readerkind::ReaderChoice;

/// Who conducts a run.
pub(super) enum Conducted {
    /// A thread, which closes the channel when it is through.
    Thread(JoinHandle<()>, Receiver<()>),
    /// Nobody any more: its caller has done it, or the thread has ended, or hangs and was left behind.
    Nobody,
}

impl Conducted {
    /// Begins to conduct a run, and does all of a small one: by a thread, if it cannot be small. That is one that reads from the page cache first and
    /// asks no other machine and no program for its names and bytes, since either may hang, and whose manifest is at hand.
    pub(super) fn begin(conductor: Conductor, shared: &Arc<Shared>, is_at_hand: bool) -> Result<Conducted, Error> {
        let resources = &shared.resources;
        let reads_cached = resources.reader == ReaderChoice::Auto && HAS_CACHED_READS && !resources.from_media;
        // The caller's thread keeps its priority, and does not wait for a rate.
        let is_held_back = resources.idle || resources.limit_rate_bytes.is_some();
        if is_at_hand && reads_cached && !is_held_back && !shared.root.begins_far(|directory| is_remote(directory)) {
            shared.root.keep_near(true);
            return Conducted::alone(conductor, shared);
        }
        Conducted::by_thread(conductor, shared)
    }

    fn by_thread(conductor: Conductor, shared: &Arc<Shared>) -> Result<Conducted, Error> {
        if shared.is_small() {
            shared.equip(Means::find_out(&shared.root, &shared.resources)?);
        }
        let own = Arc::clone(shared);
        let (token, gone) = bounded(0);
        let body = move || {
            let _token: Sender<()> = token;
            if own.resources.idle {
                // Before it has started any other.
                give_way().into_iter().for_each(|reason| own.note_reason(reason));
            }
            if catch_unwind(AssertUnwindSafe(|| conductor.run())).is_err() {
                give_up(&own);
            }
        };
        let thread = crew::start("checksig-run", body).map_err(Error::NoThread)?;
        Ok(Conducted::Thread(thread, gone))
    }

    /// Does a small run, in the thread that calls, and goes on by threads where it turns out not to be small.
    pub(super) fn alone(conductor: Conductor, shared: &Arc<Shared>) -> Result<Conducted, Error> {
        match catch_unwind(AssertUnwindSafe(|| conductor.run_alone())) {
            Ok(None) => Ok(Conducted::Nobody),
            Ok(Some(conductor)) => Conducted::by_thread(conductor, shared),
            Err(_) => {
                give_up(shared);
                Ok(Conducted::Nobody)
            }
        }
    }

    /// Waits for the conductor, or leaves it behind where the run is overdue and it hangs.
    pub(super) fn join(&mut self, shared: &Shared) {
        let Conducted::Thread(thread, gone) = std::mem::replace(self, Conducted::Nobody) else { return };
        let look_around = Duration::from_millis(limits::LOOK_AROUND_MS);
        while gone.recv_timeout(look_around) == Err(RecvTimeoutError::Timeout) {
            if shared.is_overdue_for(limits::CONDUCTOR_MS_MAX) {
                return;
            }
        }
        // It catches its own panics.
        let _ = thread.join();
    }
}

fn give_up(shared: &Shared) {
    shared.fail(Error::Internal("the conductor of the run panicked".to_owned()));
    shared.outbox.close();
}
