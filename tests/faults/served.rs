//! Files of a server that goes wrong: errors in their middle, short answers, wrong bytes, no answer, more than was there.
//!
//! The server is `fuse.rs`; digests come from the crate `sha1` alone.

use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU32};
use std::time::{Duration, Instant};

use checksig::OutcomeKind::{Changed, Match, Mismatch, NotChecked, Unreadable, Unstable};
use checksig::{Batch, Outcome, OutcomeKind, ReaderChoice, ReaderKind, Record, Report, Run, Verdict};

use crate::common::{Tree, bytes, drain, files, hex_digest, is_root, not_run, options, outcomes, readers};
use crate::fuse::{Behaviour, Mount, Served};
use crate::loops;

const READERS: [Option<ReaderKind>; 4] =
    [None, Some(ReaderKind::Uring), Some(ReaderKind::Threads), Some(ReaderKind::Pread)];

/// Of several segments, and no whole number of pages.
const LENGTH: usize = 300_007;

fn served(name: &str, length: usize, behaviour: Behaviour, direct: bool) -> Served {
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

/// The outcomes of a run over such files, those that are to match checked.
fn outcomes_of(wrong: Vec<Served>, parallel: bool, reader: ReaderChoice) -> Option<Vec<(String, Outcome)>> {
    let (mount, tree) = mount(among_sound(wrong), parallel)?;
    let (records, report) = verify(mount.path(), &tree, reader);
    let outcomes: Vec<_> =
        files(&records).map(|file| (String::from_utf8_lossy(&file.name).into_owned(), file.outcome.clone())).collect();
    for (name, outcome) in &outcomes {
        assert!(!name.starts_with("sound") || *outcome == Outcome::Match, "{reader:?}: {name}: {outcome:?}");
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
            let Some(outcomes) = outcomes_of(wrong.into(), false, reader) else { return };
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
    let mut unstable = 0;
    for reader in readers(&READERS) {
        // Linux 6.18 can give a ring wrong bytes after a short answer past the page cache. A second reading then tells.
        let may_lie = matches!(reader, ReaderChoice::Auto | ReaderChoice::Forced(ReaderKind::Uring));
        for parallel in [false, true] {
            for _ in 0..loops() {
                let files = (0..8).map(|at| served(&format!("short-{at}"), LENGTH + at, Behaviour::Short, true));
                let Some(outcomes) = outcomes_of(files.collect(), parallel, reader) else { return };
                for (name, outcome) in outcomes {
                    match outcome {
                        Outcome::Match => {}
                        Outcome::Unstable { .. } if may_lie => unstable += 1,
                        _ => panic!("{reader:?}, parallel {parallel}: {name}: {outcome:?}"),
                    }
                }
            }
        }
    }
    println!("{unstable} files of short answers were given to the ring with wrong bytes, and all were found out");
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
            let Some(outcomes) = outcomes_of(vec![once, always], false, reader) else { return };
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
        for length in [100, LENGTH] {
            let grows = served("grows", length, Behaviour::Grows, true);
            let Some(outcomes) = outcomes_of(vec![grows], false, reader) else { return };
            assert_eq!(outcomes[0].1.kind(), Changed, "{reader:?}, {length}");
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
        assert_eq!(kinds.len(), 306, "{reader:?}");
        let kind = |wanted: &str| kinds.iter().find(|(name, _)| name == wanted).map(|(_, kind)| *kind);
        assert_eq!(kind("hangs"), Some(NotChecked), "{reader:?}");
        let others: Vec<OutcomeKind> = kinds.iter().map(|(_, kind)| *kind).filter(|kind| *kind != Match).collect();
        assert!(others.iter().all(|kind| *kind == NotChecked) && !kinds.iter().any(|(_, kind)| *kind == Unreadable));
        assert!(report.cancelled && report.verdict() == Verdict::Fail);
        println!("{reader:?}: {seen} of 305 others were told while one hung; {took:.1?} to end after cancelling");
    }
}
