//! Which team reads what, where some files are on a device that another machine or a program serves.
//!
//! The device is none, and only taken for one; `tests/faults/served.rs` has a real one, below a root on a disk.

use std::io::Cursor;
use std::time::Duration;

use super::*;
use crate::engine::conduct::Conductor;
use crate::engine::outbox::Taken;
use crate::error::Error;
use crate::hash::{Kernels, Stream};
use crate::manifest::{Entries, Grammar};
use crate::plan::{Planner, Stock};
use crate::read::probe;
use crate::readerkind::DeviceKind;
use crate::readerkind::{ReaderChoice, ReaderKind};
use crate::report::Record;
use crate::root::{Policy, Root};
use crate::verdict::Outcome;

const FILES: usize = 200;

/// A run over a tree whose device is taken for a remote one, and not for that of the root: which readers read its files, and why.
/// What is cached goes to the readers as well.
fn run(readers: Readers) -> (Vec<(ReaderKind, u64)>, Vec<String>) {
    let tree = tempfile::tempdir().unwrap();
    let mut manifest = String::new();
    for at in 0..FILES {
        let content = vec![at as u8; at * 4_999];
        std::fs::create_dir_all(tree.path().join(format!("d{}", at % 3))).unwrap();
        std::fs::write(tree.path().join(format!("d{}/f{at}", at % 3)), &content).unwrap();
        manifest += &format!("{}  d{}/f{at}\n", Stream::digest(&content), at % 3);
    }
    let root = Root::open_root(tree.path(), Policy::Beneath).unwrap();
    let (_, device) = root.device().unwrap();
    let mut shared = Shared::with_workers(root, Kernels::auto(), ReaderChoice::Auto, 2, true);
    let manner = Arc::get_mut(&mut shared.manner).unwrap();
    manner.forget_root();
    manner.devices.pretend(device, DeviceKind::Remote);
    // So that workers have no readers of their own.
    shared.resources.from_media = true;
    shared.readers = readers;
    let shared = Arc::new(shared);
    let entries = Entries::new(Box::new(Cursor::new(manifest)) as Box<dyn std::io::BufRead + Send>, Grammar::Strict);
    let planner = Planner::new(Arc::clone(&shared.root), Stock::Manifest(entries));
    let unreadable = Box::new(|error: std::io::Error| Error::Internal(error.to_string()));
    let conductor = Conductor::new(Arc::clone(&shared), planner, unreadable);
    let thread = std::thread::spawn(move || conductor.run());
    let mut records = Vec::new();
    while let Taken::Records(more) = shared.outbox.take(Duration::from_secs(20)) {
        records.extend(more);
    }
    thread.join().unwrap();
    assert_eq!(records.len(), FILES);
    let matches = |record: &Record| matches!(record, Record::File(file) if file.outcome == Outcome::Match);
    assert!(records.iter().all(matches), "{records:?}");
    (shared.counters.readers().into_iter().map(|used| (used.kind, used.files)).collect(), shared.reasons())
}

fn is_kept_apart(reasons: &[String]) -> bool {
    reasons.iter().any(|reason| reason.contains("they have readers of their own"))
}

#[test]
fn files_that_are_served_below_a_disk_have_readers_of_their_own() {
    let (readers, reasons) = run(Readers::default());
    assert_eq!(readers, [(ReaderKind::Threads, FILES as u64)]);
    assert!(is_kept_apart(&reasons), "{reasons:?}");
}

#[test]
fn where_those_cannot_be_started_the_usual_ones_read_them() {
    let (readers, reasons) = run(Readers::refused(&[Team::Remote]));
    let usual = if probe().is_ok() { ReaderKind::Uring } else { ReaderKind::Threads };
    assert_eq!(readers, [(usual, FILES as u64)], "{reasons:?}");
    let (readers, reasons) = run(Readers::refused(&Team::ALL));
    assert_eq!(readers, [(ReaderKind::Pread, FILES as u64)], "{reasons:?}");
}
