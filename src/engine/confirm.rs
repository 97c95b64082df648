//! The second reading of a file whose digest is not the listed one: by plain pread and the crate `sha1`, in threads
//! that are started when the first such file is met.
//!
//! A clean tree pays nothing for it.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use crossbeam::channel::{Receiver, Sender, unbounded};

use super::crew::Crew;
use super::records::{outcome_again, record};
use super::shared::Shared;
use crate::digest::Digest;
use crate::hash::Stream;
use crate::limits;
use crate::plan::Planned;
use crate::read::{Failure, Proof, plain};
use crate::root::Stamp;
use crate::sync::{Condvar, Mutex, MutexGuard};
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
    /// Suspects that have no outcome, and those of them that are being read just now.
    waiting: AtomicUsize,
    reading: AtomicUsize,
    /// No thread could be started: workers must read suspects themselves.
    are_none: AtomicBool,
    /// A suspect has an outcome.
    judged: Condvar,
}

#[derive(Default)]
struct State {
    crew: Crew,
    threads: usize,
    /// Who is to be read next, by their places.
    queue: Option<(Sender<u64>, Receiver<u64>)>,
    /// Everybody who has no outcome: what is here when all threads have ended or been given up gets none.
    suspects: HashMap<u64, Suspect>,
}

impl Confirmers {
    /// Takes a suspect on. This never waits: whoever has begun files goes on with them.
    pub(super) fn submit(shared: &Arc<Shared>, suspect: Suspect) {
        let confirmers = &shared.confirmers;
        let mut state = confirmers.lock();
        let place = suspect.planned.place;
        state.suspects.insert(place, suspect);
        confirmers.waiting.store(state.suspects.len(), Ordering::Relaxed);
        // In a small run its caller reads it, or else `begin` follows.
        if !shared.is_small() {
            confirmers.ask(&mut state, shared, place);
        }
    }

    /// Leaves to threads what a small run has left unread.
    pub(super) fn begin(shared: &Arc<Shared>) {
        let confirmers = &shared.confirmers;
        let mut state = confirmers.lock();
        let places: Vec<_> = state.suspects.keys().copied().collect();
        places.into_iter().for_each(|place| confirmers.ask(&mut state, shared, place));
    }

    /// Has a suspect read by a thread, after starting one more if there may be one more.
    fn ask(&self, state: &mut State, shared: &Arc<Shared>, place: u64) {
        let (sender, receiver) = state.queue.get_or_insert_with(unbounded).clone();
        // Nobody looks for it before the state is unlocked.
        let _ = sender.send(place);
        if state.threads < shared.workers_max() && !shared.stopping() {
            let own = Arc::clone(shared);
            let work = move || receiver.iter().for_each(|place| confirm(&own, place));
            if state.crew.spawn("checksig-confirm", shared, work).is_ok() {
                state.threads += 1;
            }
            self.are_none.store(state.threads == 0, Ordering::Relaxed);
        }
    }

    /// Whether there are so many suspects that no further file is to be begun.
    pub(super) fn are_busy(&self) -> bool {
        let waiting = self.waiting.load(Ordering::Relaxed);
        waiting >= limits::SUSPECTS_MAX || waiting > 0 && self.are_none.load(Ordering::Relaxed)
    }

    /// Waits a while until they are less busy, or, where they are none, reads a suspect. To be called by who holds no
    /// descriptor, as the suspects need some.
    pub(super) fn relieve(shared: &Shared) {
        let confirmers = &shared.confirmers;
        let state = confirmers.lock();
        if !confirmers.are_none.load(Ordering::Relaxed) {
            let crowded = |state: &mut State| state.suspects.len() >= limits::SUSPECTS_MAX;
            let wait = Duration::from_millis(limits::LOOK_AROUND_MS);
            drop(confirmers.judged.wait_timeout_while(state, wait, crowded));
            return;
        }
        let receiver = state.queue.as_ref().map(|(_, receiver)| receiver.clone());
        drop(state);
        if let Some(place) = receiver.and_then(|receiver| receiver.try_recv().ok()) {
            confirm(shared, place);
        }
    }

    /// Whether any suspect is open.
    pub(super) fn are_reading(&self) -> bool {
        self.reading.load(Ordering::Relaxed) > 0
    }

    /// Waits until all suspects have been judged.
    pub(super) fn finish(&self, shared: &Shared) {
        let mut crew = {
            let mut state = self.lock();
            state.queue = None;
            std::mem::take(&mut state.crew)
        };
        crew.wait(shared);
        // Left over only where the run was stopped, and a thread may hang: there is no proof against the file, and none for
        // it.
        let mut state = self.lock();
        let left = state.suspects.drain().map(|(_, suspect)| suspect);
        let mut records = left.map(|Suspect { planned, proof, .. }| record(planned, Outcome::NotChecked, Some(proof)));
        shared.deliver(&mut records.by_ref().collect());
    }

    /// Hands the record of a suspect on, unless somebody else has: its thread may have been given up.
    fn settle(&self, shared: &Shared, place: u64, outcome: Outcome) {
        let mut state = self.lock();
        if let Some(Suspect { planned, proof, .. }) = state.suspects.remove(&place) {
            shared.deliver(&mut vec![record(planned, outcome, Some(proof))]);
        }
        self.waiting.store(state.suspects.len(), Ordering::Relaxed);
        self.judged.notify_all();
    }

    /// A suspect's name, and what is known of it.
    fn look_up(&self, place: u64) -> Option<(Vec<u8>, Digest, Proof)> {
        let state = self.lock();
        let Suspect { planned, first, proof } = state.suspects.get(&place)?;
        Some((planned.name.clone(), *first, *proof))
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Reads a suspect again and says what became of it; a run that is being stopped says it for all together.
fn confirm(shared: &Shared, place: u64) {
    let Some((name, first, proof)) = shared.confirmers.look_up(place) else { return };
    let mut stream = Stream::default();
    let read = shared.patiently(|| {
        shared.confirmers.reading.fetch_add(1, Ordering::Relaxed);
        let read = plain::read(&shared.root, &name, &shared.manner, |bytes| {
            stream.update(bytes);
            !shared.stopping()
        });
        shared.confirmers.reading.fetch_sub(1, Ordering::Relaxed);
        read
    });
    settle(shared, place, (first, proof), read, stream);
}

/// The same in the caller's own thread; false, and it waits still, where somebody would have to be waited for.
pub(super) fn confirm_at_hand(shared: &Shared, place: u64) -> bool {
    let Some((name, first, proof)) = shared.confirmers.look_up(place) else { return true };
    let mut stream = Stream::default();
    let Some(opened) = shared.root.open_cached(&name) else { return false };
    let read = opened.map_err(Failure::from).and_then(|opened| {
        plain::read_opened(&opened, &shared.manner, |bytes| {
            stream.update(bytes);
            !shared.stopping()
        })
    });
    if read.as_ref().is_err_and(Failure::may_pass) {
        return false;
    }
    settle(shared, place, (first, proof), read, stream);
    true
}

/// Says what a second reading proves.
fn settle(
    shared: &Shared,
    place: u64,
    (first, proof): (Digest, Proof),
    read: Result<Option<Stamp>, Failure>,
    stream: Stream,
) {
    let outcome = match read {
        Ok(None) => return,
        Ok(Some(stamp)) if stamp != proof.stamp => Outcome::Changed,
        Ok(Some(_)) => {
            let second = stream.finish();
            if second == first {
                Outcome::Mismatch { actual: second }
            } else {
                shared.distrust.store(true, Ordering::Relaxed);
                let (reader, kernel) = (proof.reader, shared.kernels().widest());
                shared.note_reason(format!(
                    "reader pread, kernel sha1-crate: with the reader {reader} and the kernel {kernel} a file had another \
                     digest than at a second reading; neither is used any more"
                ));
                Outcome::Unstable { first, second }
            }
        }
        Err(failure) if failure.may_pass() && shared.stopping() => return,
        Err(failure) => outcome_again(failure),
    };
    shared.confirmers.settle(shared, place, outcome);
}

#[cfg(all(test, checksig_shuttle))]
mod models;

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
        let planned = Planned {
            place: 0,
            line: 1,
            name: b"f".to_vec(),
            expected: Some(Stream::digest(b"listed")),
            size_bytes: None,
            unlisted: false,
        };
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
