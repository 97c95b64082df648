//! The N-th fault: whole runs whose sources go wrong once, or from some moment on, at every moment there is.
//!
//! What each fault does is `read::faulty`'s affair; here stands what a run must make of it. No file that a fault has not hit
//! has another outcome for it, and every run ends; that none which it has hit passes is shown in `sound`.

mod sound;

use std::collections::HashMap;
use std::io::{BufRead, Cursor};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustix::io::Errno;

use super::conduct::Conductor;
use super::conducted::Conducted;
use super::means::Bounds;
use super::outbox::Taken;
use super::shared::Shared;
use crate::error::Error;
use crate::hash::{Kernels, Stream};
use crate::limits;
use crate::manifest::{Entries, Grammar};
use crate::plan::{Planner, Stock};
use crate::read::faulty::{Fault, Script, Struck};
use crate::read::{HAS_CACHED_READS, probe};
use crate::readerkind::{ReaderChoice, ReaderKind};
use crate::report::Record;
use crate::root::{Policy, Root};
use crate::verdict::{Outcome, OutcomeKind};

/// A run of these files takes some milliseconds, and 2 s where opens are tried again.
const PATIENCE: Duration = Duration::from_secs(30);

/// Of so many points one is tried where time is short, and each with the variable below.
const STRIDE: u64 = 4;
const EVERY_POINT: &str = "CHECKSIG_FAULTS_ALL";

/// A manifest of files at the edges of buffers, several segments long, damaged and missing; and what each is without a
/// fault.
struct Listed {
    tree: tempfile::TempDir,
    manifest: Vec<u8>,
    sound: HashMap<Vec<u8>, OutcomeKind>,
}

impl Listed {
    /// With damaged and missing ones.
    fn new(window: bool) -> Listed {
        let mut listed = Listed::sound(window);
        let worker = limits::WORKER_BUFFER_BYTES;
        listed.file("damaged", &vec![1; 2 * worker], &vec![2; 2 * worker], OutcomeKind::Mismatch);
        // Once it has been looked for, Linux has in memory that it is not there.
        assert!(!listed.tree.path().join("missing").exists());
        listed.line("missing", b"", OutcomeKind::Missing);
        listed.file("last", b"last", b"last", OutcomeKind::Match);
        listed
    }

    /// All as they should be.
    fn sound(window: bool) -> Listed {
        let (reader, worker) = (limits::LARGE_BUFFER_BYTES, limits::WORKER_BUFFER_BYTES);
        let mut sizes = vec![0, 1, 4_096, 0, reader, worker + 1, 3 * worker + 7, 100];
        if window {
            // Of several windows of a map, where segments are that long.
            sizes.push(limits::MAP_WINDOW_BYTES + 5);
        }
        let mut listed = Listed { tree: tempfile::tempdir().unwrap(), manifest: Vec::new(), sound: HashMap::new() };
        for (at, size) in sizes.into_iter().enumerate() {
            let content: Vec<u8> = (0..size).map(|byte| (byte / 251 + at * 3 + byte) as u8).collect();
            listed.file(&format!("f{at}"), &content, &content, OutcomeKind::Match);
        }
        listed
    }

    fn file(&mut self, name: &str, content: &[u8], listed: &[u8], sound: OutcomeKind) {
        std::fs::write(self.tree.path().join(name), content).unwrap();
        self.line(name, listed, sound);
    }

    fn line(&mut self, name: &str, content: &[u8], sound: OutcomeKind) {
        self.manifest.extend_from_slice(format!("{}  {name}\n", Stream::digest(content)).as_bytes());
        self.sound.insert(name.as_bytes().to_vec(), sound);
    }
}

/// Who does a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    /// Threads, of which these read.
    Threads(ReaderChoice),
    /// Its caller, as long as he can.
    Small,
}

/// The state of a run with a script, and what it is to go through.
fn prepare(tree: &Path, manifest: &[u8], form: Form, script: &Arc<Script>) -> (Arc<Shared>, Stock) {
    let root = Root::open_root(tree, Policy::Beneath).unwrap();
    let mut shared = match form {
        Form::Threads(choice) => Shared::with_workers(root, Kernels::auto(), choice, 2, true),
        Form::Small => Shared::new(root, Kernels::at_hand(), ReaderChoice::Auto.into(), true),
    };
    // However long it takes: only what has to wait is too much.
    shared.small = Bounds { files: usize::MAX - 1, bytes: u64::MAX, time: PATIENCE };
    shared.script = Some(Arc::clone(script));
    let entries = Entries::new(Box::new(Cursor::new(manifest.to_vec())) as Box<dyn BufRead + Send>, Grammar::Strict);
    (Arc::new(shared), Stock::Manifest(entries))
}

/// A run of its own with a script: its records, and why it was given up, if it was; `None` where it does not end.
fn run(tree: &Path, manifest: &[u8], form: Form, script: &Arc<Script>) -> Option<(Vec<Record>, Option<Error>)> {
    let (shared, stock) = prepare(tree, manifest, form, script);
    let planner = Planner::new(Arc::clone(&shared.root), stock);
    let unreadable = Box::new(|error: std::io::Error| Error::Internal(error.to_string()));
    let conductor = Conductor::new(Arc::clone(&shared), planner, unreadable);
    let own = Arc::clone(&shared);
    let thread = std::thread::spawn(move || match form {
        Form::Threads(_) => conductor.run(),
        Form::Small => Conducted::alone(conductor, &own).unwrap().join(&own),
    });
    let begun = Instant::now();
    let mut records = Vec::new();
    loop {
        match shared.outbox.take(Duration::from_secs(1)) {
            Taken::Records(more) => records.extend(more),
            Taken::Nothing if begun.elapsed() < PATIENCE => {}
            Taken::Nothing => {
                shared.cancel();
                return None;
            }
            Taken::Closed => break,
        }
    }
    thread.join().unwrap();
    assert!(form != Form::Small || shared.is_small() || !script.struck().is_empty(), "threads for nothing");
    let error = shared.take_fault();
    Some((records, error))
}

/// What a file that was struck must come to; `None` for what it is without a fault.
fn expected(fault: Fault, for_ever: bool, struck: &Struck) -> Option<Outcome> {
    let unreadable = |errno: Errno, offset| Some(Outcome::Unreadable { errno: errno.raw_os_error(), offset });
    match fault {
        Fault::OpenFails(Errno::MFILE) => {
            debug_assert!(!for_ever, "that ends the run");
            None
        }
        Fault::OpenFails(errno) => unreadable(errno, 0),
        Fault::ReadFails(errno) => unreadable(errno, struck.offset),
        Fault::Moves => Some(Outcome::Changed),
        // Read on by others.
        Fault::Breaks => None,
        // Unstable, with digests that only the file knows.
        Fault::Flips | Fault::Leaves | Fault::Delays | Fault::Overtaken | Fault::EndsLate => None,
    }
}

fn check(listed: &Listed, records: &[Record], script: &Script, fault: Fault, for_ever: bool) -> Result<(), String> {
    let struck = script.struck();
    if records.len() != listed.sound.len() {
        return Err(format!("{} records of {}", records.len(), listed.sound.len()));
    }
    let mut seen: HashMap<&[u8], &Outcome> = HashMap::new();
    for record in records {
        let Record::File(file) = record else { return Err(format!("{record:?}")) };
        if seen.insert(&file.name, &file.outcome).is_some() {
            return Err(format!("two outcomes: {file:?}"));
        }
    }
    for (name, &sound) in &listed.sound {
        let outcome = seen.get(&name[..]).ok_or("no outcome")?;
        let hit = struck.iter().find(|hit| hit.name == *name);
        let wanted = hit.and_then(|hit| expected(fault, for_ever, hit));
        let kind = if hit.is_some() && fault == Fault::Flips { OutcomeKind::Unstable } else { sound };
        if wanted.as_ref().map_or(outcome.kind() != kind, |wanted| wanted != *outcome) {
            let name = String::from_utf8_lossy(name);
            return Err(format!("{name}: {outcome:?}, {sound:?} without a fault, struck: {hit:?}"));
        }
    }
    Ok(())
}

/// Tries a fault at its points; how many runs that took, and how many were struck.
fn sweep(listed: &Listed, form: Form, fault: Fault, stride: u64) -> (u64, u64) {
    let (mut runs, mut struck) = (0, 0);
    let mut at = |first: u64, for_ever: bool| {
        let script = Arc::new(Script::new(fault, first, for_ever));
        let case = format!("{form:?}, {fault:?} at {first}, for ever: {for_ever}");
        let records = run(listed.tree.path(), &listed.manifest, form, &script);
        let (records, error) = records.unwrap_or_else(|| panic!("{case}: the run does not end"));
        if matches!(error, Some(Error::NoDescriptor { .. })) && fault == Fault::OpenFails(Errno::MFILE) && for_ever {
            // Nothing can be said of the files; each has its one outcome all the same.
            let unread = |record: &Record| matches!(record, Record::File(file) if !matches!(file.outcome, Outcome::Unreadable { .. }));
            assert!(records.len() == listed.sound.len() && records.iter().all(unread), "{case}: {records:?}");
            runs += 1;
            struck += 1;
            return script.points();
        }
        assert!(error.is_none(), "{case}: {error:?}");
        let is_lasting = fault == Fault::OpenFails(Errno::MFILE) && for_ever && !script.struck().is_empty();
        assert!(!is_lasting, "{case}: no file is unreadable for want of a descriptor");
        check(listed, &records, &script, fault, for_ever).unwrap_or_else(|wrong| panic!("{case}: {wrong}"));
        runs += 1;
        struck += u64::from(!script.struck().is_empty());
        script.points()
    };
    let points = at(u64::MAX, false);
    assert!(points > 0, "{form:?}, {fault:?}: no point at all");
    // Where every source that takes the place of a broken one breaks as well, nothing is ever read.
    let lasts: &[bool] = if fault == Fault::Breaks { &[false] } else { &[false, true] };
    for &for_ever in lasts {
        for first in (0..points).step_by(stride as usize) {
            at(first, for_ever);
        }
    }
    (runs, struck)
}

/// The faults that a source can have.
fn faults_of(form: Form) -> Vec<Fault> {
    let mut faults = vec![
        Fault::OpenFails(Errno::IO),
        Fault::OpenFails(Errno::ACCESS),
        Fault::OpenFails(Errno::STALE),
        Fault::OpenFails(Errno::MFILE),
        Fault::ReadFails(Errno::IO),
        Fault::ReadFails(Errno::STALE),
        Fault::Moves,
        Fault::Flips,
        Fault::Delays,
        Fault::Overtaken,
        Fault::EndsLate,
    ];
    match form {
        Form::Small | Form::Threads(ReaderChoice::Auto) => faults.push(Fault::Leaves),
        Form::Threads(ReaderChoice::Forced(ReaderKind::Threads | ReaderKind::Uring)) => faults.push(Fault::Breaks),
        Form::Threads(ReaderChoice::Forced(_)) => {}
    }
    faults
}

/// Sweeps one source with every fault that it can have.
fn sweep_all(name: &str, form: Form) {
    let every = std::env::var_os(EVERY_POINT).is_some();
    let listed = Listed::new(form == Form::Threads(ReaderChoice::Forced(ReaderKind::Mmap)));
    let faults = faults_of(form);
    let (mut runs, mut struck) = (0, 0);
    for fault in faults {
        // Those wait: 2 s for descriptors, or some milliseconds at each point.
        let slow = matches!(fault, Fault::OpenFails(Errno::MFILE) | Fault::Delays | Fault::EndsLate);
        let stride = if every {
            1
        } else if slow {
            3 * STRIDE
        } else {
            STRIDE
        };
        let (more, hit) = sweep(&listed, form, fault, stride);
        runs += more;
        struck += hit;
    }
    println!(
        "{name}: {runs} runs, a fault in {struck}, none of which changed the outcome of another file{}",
        if every { "" } else { "; a part of the points" }
    );
    sound::sweep_all(name, form, every);
}

#[test]
fn the_reader_of_the_page_cache_at_every_point() {
    sweep_all("cached", Form::Threads(ReaderChoice::Auto));
}

#[test]
fn a_run_that_its_caller_does_alone_at_every_point() {
    if !HAS_CACHED_READS {
        println!("NOT RUN: there are no small runs here");
        return;
    }
    sweep_all("small", Form::Small);
}

#[test]
fn plain_pread_at_every_point() {
    sweep_all("pread", Form::Threads(ReaderChoice::Forced(ReaderKind::Pread)));
}

#[test]
fn maps_at_every_point() {
    sweep_all("mmap", Form::Threads(ReaderChoice::Forced(ReaderKind::Mmap)));
}

#[test]
fn reader_threads_at_every_point() {
    sweep_all("threads", Form::Threads(ReaderChoice::Forced(ReaderKind::Threads)));
}

#[test]
fn the_ring_at_every_point() {
    match probe() {
        Ok(()) => sweep_all("uring", Form::Threads(ReaderChoice::Forced(ReaderKind::Uring))),
        Err(refused) => println!("NOT RUN: {refused}"),
    }
}
