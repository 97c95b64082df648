//! What a run tells of itself while it goes on, and that it adds up in the end, whatever reads the files.
//!
//! The estimate itself is arithmetic, and tested where it stands.

mod common;

use std::time::Duration;

use checksig::{Batch, CreateOptions, Options, ReaderKind, Run};
use common::{Tree, bytes, hex_digest, make_fifo, options, readers};

/// Takes the records and looks at the progress as it grows; the last of it.
fn watch(mut run: Run) -> checksig::Progress {
    let mut last = run.progress();
    loop {
        let batch = run.next_batch(Duration::from_millis(5));
        let progress = run.progress();
        assert!(progress.bytes_done >= last.bytes_done && progress.files_done >= last.files_done, "{progress:?}");
        assert!(progress.fraction_done().is_none_or(|done| (0.0..=1.0).contains(&done)), "{progress:?}");
        last = progress;
        if batch == Batch::Finished {
            return last;
        }
    }
}

#[test]
fn every_size_is_learnt_once_and_none_is_left_over() {
    let mut tree = Tree::on_disk();
    let huge = bytes(20 << 20, 1);
    for nth in 0..100u64 {
        tree.file(format!("{nth:03}"), &bytes(nth as usize * 1000, nth));
    }
    tree.file("huge", &huge);
    tree.line("missing", &hex_digest(b"")).line("fifo", &hex_digest(b"")).line("../x", &hex_digest(b""));
    tree.line("000", &hex_digest(b"not so")).line("huge", &hex_digest(b"not so either")).raw(b"nonsense\n").seal();
    make_fifo(&tree.at("fifo"));
    let sizes = (0..100).map(|nth| nth * 1000).sum::<u64>() + 2 * huge.len() as u64;
    for reader in readers(&[None, Some(ReaderKind::Pread), Some(ReaderKind::Threads), Some(ReaderKind::Uring)]) {
        let end = watch(Run::verify(tree.path(), &options(reader, 2)).unwrap());
        assert_eq!(
            (end.files_planned, end.files_sized, end.files_done, end.files_failed),
            (106, 106, 106, 5),
            "{reader:?}"
        );
        assert_eq!((end.bytes_sized, end.bytes_done), (sizes, sizes), "{reader:?}");
        assert_eq!((end.bytes_expected(), end.fraction_done()), (Some(sizes), Some(1.0)));
    }
    std::fs::remove_file(tree.at("sha1sum.txt")).unwrap();
    let end = watch(Run::create(tree.path(), &CreateOptions::default()).unwrap());
    assert_eq!((end.files_planned, end.files_sized), (102, 102), "the FIFO too");
    assert_eq!((end.bytes_sized, end.bytes_done), (sizes - huge.len() as u64, sizes - huge.len() as u64));
}

#[test]
fn a_long_file_is_known_to_be_long_at_once() {
    let mut tree = Tree::new();
    std::fs::File::create(tree.at("long")).unwrap().set_len(1 << 40).unwrap();
    tree.line("long", &hex_digest(b"")).seal();
    let mut run = Run::verify(tree.path(), &Options::default()).unwrap();
    while run.progress().bytes_expected().is_none() {
        assert_eq!(run.next_batch(Duration::from_millis(5)), Batch::Waiting);
    }
    let progress = run.progress();
    assert_eq!((progress.files_planned, progress.bytes_expected()), (1, Some(1 << 40)), "{progress:?}");
    assert!(progress.fraction_done().is_some_and(|done| done < 0.1), "{progress:?}");
    run.canceller().cancel();
}

#[test]
fn an_audit_behind_its_entries_counts_names_and_guesses_nothing() {
    let mut tree = Tree::new();
    tree.file("listed", b"x").seal();
    // More records than wait to be taken.
    let count = 40_000;
    for nth in 0..count {
        std::fs::File::create(tree.at(format!("{nth:0>200}"))).unwrap();
    }
    let mut run = Run::audit(tree.path(), &Options::default()).unwrap();
    assert_eq!(run.progress().walked.unwrap_or(0), 0);
    let begun = std::time::Instant::now();
    while run.progress().walked.is_none_or(|walked| walked < 1000) {
        assert!(begun.elapsed() < Duration::from_secs(60), "{:?}", run.progress());
        std::thread::sleep(Duration::from_millis(5));
    }
    let progress = run.progress();
    assert!(!progress.planned_all && progress.walked < Some(count), "nobody takes its records: {progress:?}");
    assert_eq!((progress.files_expected(), progress.fraction_done()), (None, None), "{progress:?}");
    while run.next_batch(Duration::from_millis(5)) != Batch::Finished {}
    let progress = run.progress();
    assert_eq!((progress.walked, progress.fraction_done()), (Some(count + 1), Some(1.0)), "{progress:?}");
    assert_eq!(watch(Run::verify(tree.path(), &Options::default()).unwrap()).walked, None);
}
