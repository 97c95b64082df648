//! The second reading of a file whose digest is not the listed one: by plain pread and the crate `sha1`, in threads
//! that are started when the first such file is met.
//!
//! A clean tree pays nothing for it.

use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crossbeam::channel::{Receiver, SendTimeoutError, Sender, bounded};

use super::crew::Crew;
use super::records::{outcome_again, record};
use super::shared::Shared;
use crate::digest::Digest;
use crate::hash::Stream;
use crate::limits;
use crate::plan::Planned;
use crate::read::{Failure, Proof, plain};
use crate::root::Stamp;
use crate::verdict::Outcome;

/// A file that was read whole and whose digest is not the listed one.
pub(super) struct Suspect {
    pub(super) planned: Planned,
    pub(super) first: Digest,
    pub(super) proof: Proof,
}

/// The threads that read suspects again; none until there is one, as many as there are workers at most.
#[derive(Default)]
pub(super) struct Confirmers {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    crew: Crew,
    threads: usize,
    queue: Option<(Sender<Suspect>, Receiver<Suspect>)>,
}

impl Confirmers {
    /// Hands a suspect to a thread, and reads it again itself where there is none to be had.
    pub(super) fn submit(shared: &Arc<Shared>, mut suspect: Suspect) {
        if shared.stopping() {
            return leave(shared, suspect);
        }
        let Some(queue) = shared.confirmers.queue(shared) else {
            return confirm(shared, suspect);
        };
        loop {
            match queue.send_timeout(suspect, Duration::from_millis(limits::LOOK_AROUND_MS)) {
                Ok(()) => return,
                Err(SendTimeoutError::Timeout(back)) if !shared.stopping() => suspect = back,
                Err(error) => return leave(shared, error.into_inner()),
            }
        }
    }

    /// Waits until all suspects have been judged.
    pub(super) fn finish(&self, shared: &Shared) {
        let (mut crew, queue) = {
            let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
            (std::mem::take(&mut state.crew), state.queue.take())
        };
        let Some((sender, left)) = queue else { return };
        drop(sender);
        crew.wait(shared);
        // Left over only where the run was stopped and a thread hangs.
        left.try_iter().for_each(|suspect| leave(shared, suspect));
    }

    /// The queue to the threads, after starting one more if there may be one more.
    fn queue(&self, shared: &Arc<Shared>) -> Option<Sender<Suspect>> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let (sender, receiver) = state.queue.get_or_insert_with(|| bounded(limits::SUSPECTS_MAX)).clone();
        if state.threads < shared.workers_max() {
            let own = Arc::clone(shared);
            let work = move || receiver.iter().for_each(|suspect| confirm(&own, suspect));
            if state.crew.spawn("checksig-confirm", shared, work).is_ok() {
                state.threads += 1;
            }
        }
        (state.threads > 0).then_some(sender)
    }
}

/// Reads a suspect again and says what became of it.
fn confirm(shared: &Shared, suspect: Suspect) {
    let mut stream = Stream::default();
    let read = shared.patiently(|| {
        plain::read(&shared.root, &suspect.planned.name, &shared.manner, |bytes| {
            stream.update(bytes);
            !shared.stopping()
        })
    });
    settle(shared, suspect, read, stream);
}

/// The same in the caller's own thread; gives the suspect back where somebody would have to be waited for.
pub(super) fn confirm_at_hand(shared: &Shared, suspect: Suspect) -> Option<Suspect> {
    let mut stream = Stream::default();
    let Some(opened) = shared.root.open_cached(&suspect.planned.name) else { return Some(suspect) };
    let read = opened.map_err(Failure::from).and_then(|opened| {
        plain::read_opened(&opened, &shared.manner, |bytes| {
            stream.update(bytes);
            !shared.stopping()
        })
    });
    if read.as_ref().is_err_and(Failure::may_pass) {
        return Some(suspect);
    }
    settle(shared, suspect, read, stream);
    None
}

/// Says what a second reading proves.
fn settle(shared: &Shared, suspect: Suspect, read: Result<Option<Stamp>, Failure>, stream: Stream) {
    let outcome = match read {
        Ok(None) => return leave(shared, suspect),
        Ok(Some(stamp)) if stamp != suspect.proof.stamp => Outcome::Changed,
        Ok(Some(_)) => {
            let second = stream.finish();
            if second == suspect.first {
                Outcome::Mismatch { actual: second }
            } else {
                shared.distrust.store(true, Ordering::Relaxed);
                let (reader, kernel) = (suspect.proof.reader, shared.kernels().widest());
                shared.note_reason(format!(
                    "reader pread, kernel sha1-crate: with the reader {reader} and the kernel {kernel} a file had another \
                     digest than at a second reading; neither is used any more"
                ));
                Outcome::Unstable { first: suspect.first, second }
            }
        }
        Err(failure) if failure.may_pass() && shared.stopping() => Outcome::NotChecked,
        Err(failure) => outcome_again(failure),
    };
    deliver(shared, suspect, outcome);
}

/// The run ended before the second reading: there is no proof against the file, and none for it.
fn leave(shared: &Shared, suspect: Suspect) {
    deliver(shared, suspect, Outcome::NotChecked);
}

fn deliver(shared: &Shared, suspect: Suspect, outcome: Outcome) {
    shared.deliver(&mut vec![record(suspect.planned, outcome, Some(suspect.proof))]);
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::engine::outbox::Taken;
    use crate::hash::Kernels;
    use crate::readerkind::{ReaderChoice, ReaderKind};
    use crate::report::Record;
    use crate::root::{Policy, Root};

    const CONTENT: &[u8] = b"what is there";

    /// What becomes of a file that a reader took for one of digest `first`, after `meanwhile` has been at it.
    fn outcome(first: Digest, meanwhile: impl Fn(&Path, &Shared)) -> (Outcome, bool) {
        let tree = tempfile::tempdir().unwrap();
        std::fs::write(tree.path().join("f"), CONTENT).unwrap();
        let root = Root::open_root(tree.path(), Policy::Beneath).unwrap();
        let stamp = root.open(b"f").unwrap().stamp;
        let shared = Shared::with_workers(root, Kernels::auto(), ReaderChoice::Auto, 1, true);
        let shared = Arc::new(shared);
        meanwhile(&tree.path().join("f"), &shared);
        let planned = Planned { place: 0, line: 1, name: b"f".to_vec(), expected: Some(Stream::digest(b"listed")) };
        let proof = Proof { stamp, reader: ReaderKind::Uring };
        Confirmers::submit(&shared, Suspect { planned, first, proof });
        shared.confirmers.finish(&shared);
        let Taken::Records(records) = shared.outbox.take(Duration::ZERO) else { panic!("one record") };
        let [Record::File(file)] = &records[..] else { panic!("{records:?}") };
        (file.outcome.clone(), shared.distrust.load(Ordering::Relaxed))
    }

    #[test]
    fn a_second_reading_that_agrees_makes_a_mismatch() {
        let actual = Stream::digest(CONTENT);
        assert_eq!(outcome(actual, |_, _| {}), (Outcome::Mismatch { actual }, false));
    }

    #[test]
    fn a_second_reading_that_does_not_agree_makes_the_file_unstable_and_the_reader_distrusted() {
        // Even where the second reading is the listed one: something gave wrong bytes.
        let (first, second) = (Stream::digest(b"wrong bytes"), Stream::digest(CONTENT));
        assert_eq!(outcome(first, |_, _| {}), (Outcome::Unstable { first, second }, true));
    }

    #[test]
    fn a_file_that_is_another_by_now_has_changed() {
        let first = Stream::digest(CONTENT);
        let written = |path: &Path, _: &Shared| std::fs::write(path, b"more than was there").unwrap();
        assert_eq!(outcome(first, written).0, Outcome::Changed);
        let removed = |path: &Path, _: &Shared| std::fs::remove_file(path).unwrap();
        assert_eq!(outcome(first, removed).0, Outcome::Changed);
        let replaced = |path: &Path, _: &Shared| {
            std::fs::remove_file(path).unwrap();
            std::fs::create_dir(path).unwrap();
        };
        assert_eq!(outcome(first, replaced).0, Outcome::Changed);
    }

    #[test]
    fn a_run_that_is_stopped_judges_nobody() {
        let stop = |_: &Path, shared: &Shared| shared.cancel();
        assert_eq!(outcome(Stream::digest(CONTENT), stop), (Outcome::NotChecked, false));
    }
}
