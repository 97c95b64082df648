//! Files of a server that goes wrong: errors in their middle, short answers, wrong bytes, no answer, more than was there.
//!
//! The server is `fuse.rs`; digests come from the crate `sha1` alone.

use std::collections::HashSet;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU32};
use std::time::{Duration, Instant};

use checksig::OutcomeKind::{Changed, Match, Mismatch, NotChecked, Unstable};
use checksig::{Batch, Outcome, OutcomeKind, ReaderChoice, ReaderKind, Record, Report, Run, Verdict};

use crate::common::{Tree, bytes, drain, files, hex_digest, is_root, not_run, options, outcomes, readers};
use crate::fuse::{Behaviour, Mount, Served};
use crate::loops;

const READERS: [Option<ReaderKind>; 4] =
    [None, Some(ReaderKind::Uring), Some(ReaderKind::Threads), Some(ReaderKind::Pread)];

/// Of several segments, and no whole number of pages.
const LENGTH: usize = 300_007;

pub(crate) fn served(name: &str, length: usize, behaviour: Behaviour, direct: bool) -> Served {
    let seed = name.bytes().map(u64::from).sum();
    Served { name: name.to_owned(), content: bytes(length, seed), behaviour, direct, was_read: AtomicBool::new(false) }
}

/// Some sound files before and behind.
fn among_sound(mut wrong: Vec<Served>) -> Vec<Served> {
    let sizes = [0, 1, 4_096, 70_000];
    for (at, size) in sizes.into_iter().enumerate() {
        wrong.insert(at / 2, served(&format!("sound-{at}"), size, Behaviour::Sound, at % 2 == 1));
    }
    wrong.push(served("sound-last", 10, Behaviour::Sound, true));
    wrong
}

/// The mount, and a manifest that lists its files rightly; `None` where there is no FUSE.
fn mount(files: Vec<Served>, parallel: bool) -> Option<(Mount, Tree)> {
    let mut tree = Tree::new();
    for file in &files {
        tree.line(&file.name, &hex_digest(&file.content));
    }
    tree.seal();
    match Mount::new(files, parallel) {
        Ok(mount) => Some((mount, tree)),
        Err(error) => {
            not_run(&format!("no FUSE: {error}"));
            None
        }
    }
}

fn verify(root: &Path, tree: &Tree, reader: ReaderChoice) -> (Vec<Record>, Report) {
    let mut options = options(reader, 2);
    options.manifest = Some(tree.at("sha1sum.txt"));
    drain(Run::verify(root, &options).expect("a run"))
}

/// Whether the bytes of a direct file may be other than it has, and what may become of a sound one for it. Linux 6.18
/// asks again for what a short answer left out, in a read of a ring that is one request, and at the offset of the first
/// byte; and the answer to the last read of every file is short, as it asks for one byte more than there should be.
fn may_become(file: &Served, parallel: bool, reader: ReaderChoice) -> &'static [OutcomeKind] {
    // Where nobody asks for it, no ring reads what a program serves.
    let by_ring = reader == ReaderChoice::Forced(ReaderKind::Uring);
    let short = !parallel || matches!(file.behaviour, Behaviour::Short);
    if file.direct && by_ring && short { &[Match, Changed, Unstable] } else { &[Match] }
}

/// The outcomes of a run over such files, those that are sound checked.
fn outcomes_of(wrong: Vec<Served>, parallel: bool, reader: ReaderChoice) -> Option<Vec<(String, Outcome)>> {
    let served = among_sound(wrong);
    let sound: Vec<_> = served
        .iter()
        .map(|file| {
            let sound = matches!(file.behaviour, Behaviour::Sound | Behaviour::Short | Behaviour::Slow(_));
            sound.then(|| may_become(file, parallel, reader))
        })
        .collect();
    let (mount, tree) = mount(served, parallel)?;
    let (records, report) = verify(mount.path(), &tree, reader);
    let outcomes: Vec<_> =
        files(&records).map(|file| (String::from_utf8_lossy(&file.name).into_owned(), file.outcome.clone())).collect();
    assert_eq!(outcomes.len(), sound.len(), "{reader:?}");
    for ((name, outcome), may) in outcomes.iter().zip(sound) {
        let right = may.is_none_or(|may| may.contains(&outcome.kind()));
        assert!(right, "{reader:?}, parallel {parallel}: {name}: {outcome:?}");
    }
    let passes = outcomes.iter().all(|(_, outcome)| *outcome == Outcome::Match);
    assert_eq!(report.verdict() == Verdict::Pass, passes, "{reader:?}");
    Some(outcomes.into_iter().filter(|(name, _)| !name.starts_with("sound")).collect())
}

#[test]
fn an_error_in_the_middle_is_unreadable_with_its_errno_and_the_others_are_unharmed() {
    if !is_root() {
        return;
    }
    for reader in readers(&READERS) {
        for direct in [false, true] {
            let places = [0, 1, 65_536, 200_000, LENGTH as u64 - 1];
            let wrong = places.map(|at| served(&format!("eio-at-{at}"), LENGTH, Behaviour::EioAt(at), direct));
            let Some(outcomes) = outcomes_of(wrong.into(), true, reader) else { return };
            for ((name, outcome), at) in outcomes.into_iter().zip(places) {
                let Outcome::Unreadable { errno: libc::EIO, offset } = outcome else {
                    panic!("{reader:?}, direct {direct}: {name}: {outcome:?}");
                };
                assert!(offset <= at, "{reader:?}: {name}: {offset}");
            }
        }
    }
}

#[test]
fn answers_that_are_too_short_are_asked_for_again() {
    if !is_root() {
        return;
    }
    let (mut files, mut lied) = (0, 0);
    for reader in readers(&READERS) {
        for parallel in [false, true] {
            for _ in 0..loops() {
                let short = (0..8).map(|at| served(&format!("short-{at}"), LENGTH + at, Behaviour::Short, true));
                let Some(outcomes) = outcomes_of(short.collect(), parallel, reader) else { return };
                files += outcomes.len();
                lied += outcomes.iter().filter(|(_, outcome)| *outcome != Outcome::Match).count();
            }
        }
    }
    println!("of {files} files of short answers {lied} came to a ring with wrong bytes; none of those matched");
}

#[test]
fn wrong_bytes_are_a_mismatch_only_where_two_readings_agree_on_them() {
    if !is_root() {
        return;
    }
    for reader in readers(&READERS) {
        for at in [0, 70_000, LENGTH as u64 - 1] {
            let once = served("once", LENGTH, Behaviour::WrongAt(at, AtomicU32::new(1)), true);
            let always = served("always", LENGTH, Behaviour::WrongAt(at, AtomicU32::new(u32::MAX)), true);
            let Some(outcomes) = outcomes_of(vec![once, always], true, reader) else { return };
            let kinds: Vec<_> = outcomes.iter().map(|(_, outcome)| outcome.kind()).collect();
            assert_eq!(kinds, [Unstable, Mismatch], "{reader:?}, at {at}: {outcomes:?}");
        }
    }
}

#[test]
fn a_file_that_has_more_than_it_said_has_changed() {
    if !is_root() {
        return;
    }
    for reader in readers(&READERS) {
        for (length, parallel) in [(100, false), (100, true), (LENGTH, false), (LENGTH, true)] {
            let grows = served("grows", length, Behaviour::Grows, true);
            let Some(outcomes) = outcomes_of(vec![grows], parallel, reader) else { return };
            assert_eq!(outcomes[0].1.kind(), Changed, "{reader:?}, {length}, parallel {parallel}");
        }
    }
}

#[test]
fn slow_files_are_read_to_their_end() {
    if !is_root() {
        return;
    }
    for reader in readers(&READERS) {
        let slow = (0..3)
            .map(|at| served(&format!("slow-{at}"), 140_000, Behaviour::Slow(Duration::from_millis(15)), at % 2 == 0));
        let Some(outcomes) = outcomes_of(slow.collect(), true, reader) else { return };
        assert!(outcomes.iter().all(|(_, outcome)| *outcome == Outcome::Match), "{reader:?}: {outcomes:?}");
    }
}

#[test]
fn a_file_that_hangs_holds_up_no_other_and_no_cancelling() {
    if !is_root() {
        return;
    }
    for reader in readers(&READERS) {
        // A worker that reads by itself hangs, with what it has begun.
        let holds_up = reader == ReaderChoice::Forced(ReaderKind::Pread);
        let mut wrong = vec![served("hangs", LENGTH, Behaviour::Hang, true)];
        wrong.extend((0..300).map(|at| served(&format!("sound+{at}"), 1 + at * 50, Behaviour::Sound, true)));
        let Some((mount, tree)) = mount(among_sound(wrong), true) else { return };
        let mut options = options(reader, 2);
        options.manifest = Some(tree.at("sha1sum.txt"));
        options.ordered = false;
        let mut run = Run::verify(mount.path(), &options).expect("a run");
        let (mut records, begun) = (Vec::new(), Instant::now());
        while records.len() < 305 && begun.elapsed() < Duration::from_secs(if holds_up { 1 } else { 10 }) {
            match run.next_batch(Duration::from_millis(100)) {
                Batch::Records(more) => records.extend(more),
                Batch::Waiting => {}
                Batch::Finished => panic!("{reader:?}: a run with a file that hangs has not finished"),
            }
        }
        let seen = records.len();
        assert!(holds_up || seen == 305, "{reader:?}: {seen} of 305 while one hangs");
        assert!(outcomes(&records).iter().all(|(_, kind)| *kind == Match), "{reader:?}");
        let cancelled = Instant::now();
        run.canceller().cancel();
        let (rest, report) = drain(run);
        let took = cancelled.elapsed();
        assert!(took < Duration::from_millis(2_500), "{reader:?}: {took:?} after it was cancelled");
        records.extend(rest);
        let kinds = outcomes(&records);
        let names: HashSet<_> = kinds.iter().map(|(name, _)| name).collect();
        assert_eq!(names.len(), kinds.len(), "{reader:?}: one outcome each");
        assert_eq!(kinds.len(), 306, "{reader:?}");
        for (name, kind) in &kinds {
            assert!(*kind == NotChecked || *kind == Match && name != "hangs", "{reader:?}: {name}: {kind:?}");
        }
        assert!(report.cancelled && report.verdict() == Verdict::Fail);
        println!("{reader:?}: {seen} of 305 others were told while one hung; {took:.1?} to end after cancelling");
    }
}
