//! A file system that a program serves, mounted below a root on a disk: its files have readers of their own, and the others those of
//! the disk.
//!
//! The server is `fuse.rs`; digests come from the crate `sha1` alone.

use std::collections::HashMap;
use std::fs;
use std::time::{Duration, Instant};

use checksig::OutcomeKind::{Match, NotChecked, Unreadable};
use checksig::{Batch, FileReport, ReaderChoice, ReaderKind, Record, Run, Verdict};

use crate::common::{Tree, bytes, drain, files, hex_digest, is_root, not_run, options, outcomes, readers};
use crate::fuse::{Behaviour, Mount, Served};
use crate::pages::evict;
use crate::served::served;

/// Names of the files on the disk begin so, and those of the files that are served with the other.
const ON_DISK: &str = "disk/";
const SERVED: &str = "mnt/";

const FILES_ON_DISK: usize = 60;

/// A tree of cold files and the files that are served, in turn; nothing where they cannot be.
fn tree(served: Vec<Served>) -> Option<(Tree, Mount)> {
    if !is_root() {
        return None;
    }
    let mut tree = Tree::on_disk();
    fs::create_dir(tree.at("mnt")).unwrap();
    let mut others = served.iter();
    for at in 0..FILES_ON_DISK.max(served.len()) {
        if at < FILES_ON_DISK {
            let name = format!("{ON_DISK}{at}");
            tree.file(&name, &bytes(at * at * 251, at as u64));
            evict(&tree.at(&name));
        }
        if let Some(file) = others.next() {
            tree.line(format!("{SERVED}{}", file.name), &hex_digest(&file.content));
        }
    }
    tree.seal();
    match Mount::at(&tree.at("mnt"), served, false) {
        Ok(mount) => Some((tree, mount)),
        Err(error) => {
            not_run(&format!("no FUSE: {error}"));
            None
        }
    }
}

fn of<'a>(records: &'a [Record], place: &'a str) -> impl Iterator<Item = &'a FileReport> {
    files(records).filter(move |file| file.name.starts_with(place.as_bytes()))
}

#[test]
fn what_is_served_below_a_disk_is_read_by_threads_and_the_rest_as_before() {
    let mut wrong: Vec<_> = (0..40)
        .map(|at| {
            let behaviour = if at % 2 == 0 { Behaviour::Short } else { Behaviour::Sound };
            // Through the page cache a short answer is the end of a file.
            served(&format!("sound-{at}"), 1 + at * 9_001, behaviour, at % 4 != 1)
        })
        .collect();
    wrong.push(served("eio", 300_000, Behaviour::EioAt(70_000), true));
    let (of_sound, bytes_of_sound) = (40, wrong[..40].iter().map(|file| file.content.len() as u64).sum::<u64>());
    let Some((tree, mount)) = tree(wrong) else { return };
    let (records, report) = tree.verify(&options(ReaderChoice::Auto, 2));
    assert_eq!(records.len(), FILES_ON_DISK + 41);
    for file in files(&records) {
        let kind = if file.name.ends_with(b"eio") { Unreadable } else { Match };
        assert_eq!(file.outcome.kind(), kind, "{file:?}");
    }
    let by_threads = |file: &FileReport| file.reader == Some(ReaderKind::Threads);
    assert_eq!(of(&records, SERVED).filter(|file| by_threads(file)).count(), of_sound, "{records:?}");
    let used: HashMap<_, _> = report.readers.iter().map(|used| (used.kind, used)).collect();
    if readers(&[Some(ReaderKind::Uring)]).is_empty() {
        assert_eq!(report.counts.of(Match), FILES_ON_DISK as u64 + 40);
    } else {
        assert_eq!(of(&records, ON_DISK).filter(|file| by_threads(file)).count(), 0, "{records:?}");
        assert_eq!((used[&ReaderKind::Threads].files, used[&ReaderKind::Threads].bytes), (40, bytes_of_sound));
        if evict(&tree.at(format!("{ON_DISK}59"))) {
            assert!(used[&ReaderKind::Uring].files > 0, "{:?}", report.readers);
        } else {
            not_run("nothing can be removed from the page cache here, so that no ring was needed");
        }
    }
    let reasons = report.reasons.join("\n");
    assert!(reasons.contains("some files are on a network file system or FUSE"), "{reasons}");
    drop(mount);
}

#[test]
fn what_hangs_below_a_disk_holds_up_nothing_else() {
    let mut wrong = vec![served("hangs", 300_000, Behaviour::Hang, true)];
    wrong.extend((0..40).map(|at| served(&format!("sound-{at}"), at * 5_003, Behaviour::Sound, at % 2 == 0)));
    let Some((tree, mount)) = tree(wrong) else { return };
    let mut options = options(ReaderChoice::Auto, 2);
    options.ordered = false;
    let mut run = Run::verify(tree.path(), &options).expect("a run");
    let (mut records, begun) = (Vec::new(), Instant::now());
    while records.len() < FILES_ON_DISK + 40 && begun.elapsed() < Duration::from_secs(20) {
        if let Batch::Records(more) = run.next_batch(Duration::from_millis(100)) {
            records.extend(more);
        }
    }
    assert_eq!(records.len(), FILES_ON_DISK + 40, "all but the one that hangs");
    assert!(outcomes(&records).iter().all(|(_, kind)| *kind == Match), "{records:?}");
    run.canceller().cancel();
    let (rest, report) = drain(run);
    let rest: Vec<_> = outcomes(&rest);
    assert_eq!(rest, [(format!("{SERVED}hangs"), NotChecked)]);
    assert!(report.cancelled && report.verdict() == Verdict::Fail);
    drop(mount);
}
