//! Small runs beside the same runs in threads: nothing that a caller is told may depend on who did the work.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::PathBuf;

use super::*;
use crate::digest::Digest;
use crate::engine::MANIFEST_NAME;
use crate::engine::crew::STARTED;
use crate::engine::means::{BOUNDS, Bounds};
use crate::hash::Stream;
use crate::manifest::Grammar;
use crate::read::HAS_CACHED_READS;
use crate::report::ReaderUse;
use crate::verdict::Outcome;

/// What shows that a run is not small: nothing but having to wait, or the first of anything. How fast this machine is just now
/// is not asked.
const SMALL: Option<Bounds> = Some(ENDLESS);
const NO_FILE: Option<Bounds> = Some(Bounds { files: 0, ..ENDLESS });
const NO_BYTE: Option<Bounds> = Some(Bounds { bytes: 0, ..ENDLESS });
const NO_TIME: Option<Bounds> = Some(Bounds { time: Duration::ZERO, ..ENDLESS });
const ENDLESS: Bounds = Bounds { files: 1 << 20, bytes: u64::MAX, time: Duration::from_secs(3_600) };

/// What a caller is told, but for times and for threads.
#[derive(Debug, PartialEq)]
struct Told {
    records: Vec<Record>,
    verdict: Verdict,
    failed: u64,
    malformed_lines: u64,
    bytes: u64,
    cancelled: bool,
    readers: Vec<ReaderUse>,
    reasons: Vec<String>,
    progress: Progress,
}

/// Takes a run to its end; what it told, and how many threads this one has started for it.
fn told(bounds: Option<Bounds>, start: &dyn Fn() -> Result<Run, Error>) -> (Told, usize) {
    BOUNDS.set(bounds);
    let before = STARTED.get();
    let mut run = start().expect("a run");
    BOUNDS.set(None);
    let mut records = Vec::new();
    loop {
        match run.next_batch(Duration::from_secs(10)) {
            Batch::Records(more) => records.extend(more),
            Batch::Waiting => {}
            Batch::Finished => break,
        }
    }
    let progress = run.progress();
    assert!(progress.is_done());
    let report = run.finish().expect("a report");
    assert!(report.workers > 0 || records.is_empty(), "{report:?}");
    assert!(report.counts.total() + report.malformed_lines == records.len() as u64);
    let told = Told {
        records,
        verdict: report.verdict(),
        failed: report.failed(),
        malformed_lines: report.malformed_lines,
        bytes: report.bytes,
        cancelled: report.cancelled,
        readers: report.readers,
        // What there is to say of the page cache is found out with the threads.
        reasons: report.reasons.into_iter().filter(|reason| !reason.starts_with("page cache:")).collect(),
        progress,
    };
    (told, STARTED.get() - before)
}

/// Does a run in every form, and sees that it tells the same; gives what it told.
fn in_every_form(start: &dyn Fn() -> Result<Run, Error>) -> Told {
    let (alone, started) = told(SMALL, start);
    if HAS_CACHED_READS {
        assert_eq!(started, 0, "a small run starts no thread");
    }
    for bounds in [NO_FILE, NO_BYTE, NO_TIME] {
        let (in_threads, started) = told(bounds, start);
        assert_eq!(in_threads, alone, "{bounds:?}");
        // Without a byte there is nothing that could be too many of them.
        assert!(started == 1 || bounds.is_some_and(|bounds| bounds.bytes == 0) && alone.bytes == 0, "{bounds:?}");
    }
    alone
}

fn line(name: &str, digest: Digest) -> String {
    format!("{digest}  {name}\n")
}

/// A tree with a file of every kind of outcome that is no accident of the moment.
fn tree() -> (tempfile::TempDir, Vec<&'static str>) {
    let tree = tempfile::tempdir().unwrap();
    let at = |name: &str| tree.path().join(name);
    fs::create_dir(at("d")).unwrap();
    let sound = ["empty", "short", "d/a", "d/b", "d/c", "d/d", "d/e", "d/f", "several segments"];
    let mut manifest = String::new();
    for (seed, name) in sound.into_iter().enumerate() {
        let length = if name == "several segments" { 300_000 } else { seed * 1_000 };
        let content = vec![seed as u8; length];
        fs::write(at(name), &content).unwrap();
        manifest += &line(name, Stream::digest(&content));
    }
    for damaged in ["damaged", "d/damaged", "long and damaged"] {
        fs::write(at(damaged), vec![7; if damaged.starts_with("long") { 150_000 } else { 10 }]).unwrap();
        manifest += &line(damaged, Stream::digest(b"as it was"));
    }
    symlink("short", at("link")).unwrap();
    // Linux notes that a link was followed when that is later than the link, by a clock of some milliseconds; until it has, it
    // has something to write.
    std::thread::sleep(Duration::from_millis(20));
    for other in ["missing", "d/missing", "no directory/f", "d", "link", "../outside", "/outside"] {
        // From then on Linux knows without its disk that it is not there, and that the link has been followed.
        let _ = fs::metadata(at(other));
        manifest += &line(other, Stream::digest(b""));
    }
    // Twice, once rightly; a comment, and lines that say nothing.
    manifest += &line("short", Stream::digest(&[1; 1_000]));
    manifest += &line("short", Stream::digest(b"another"));
    manifest += "# comment\n\nnonsense\n";
    manifest += &line("last", Stream::digest(b"last"));
    fs::write(at("last"), "last").unwrap();
    fs::write(at(MANIFEST_NAME), manifest).unwrap();
    (tree, sound.to_vec())
}

#[test]
fn every_kind_of_outcome_is_the_same_in_every_form() {
    let (tree, sound) = tree();
    for ordered in [true, false] {
        for (grammar, policy) in
            [(Grammar::Strict, Policy::Beneath), (Grammar::Gnu, Policy::Free), (Grammar::Strict, Policy::Free)]
        {
            let options = Options { ordered, grammar, policy, ..Options::default() };
            let told = if ordered {
                in_every_form(&|| Run::verify(tree.path(), &options))
            } else {
                told(SMALL, &|| Run::verify(tree.path(), &options)).0
            };
            let matches = |record: &&Record| matches!(record, Record::File(file) if file.outcome.is_match());
            assert_eq!(told.records.iter().filter(matches).count(), sound.len() + 2);
            assert_eq!((told.verdict, told.malformed_lines, told.reasons.len()), (Verdict::Fail, 1, 0));
            let kinds = [OutcomeKind::Mismatch, OutcomeKind::Missing, OutcomeKind::NotRegular];
            for kind in kinds {
                let is_kind = |record: &Record| matches!(record, Record::File(file) if file.outcome.kind() == kind);
                assert!(told.records.iter().any(is_kind), "{kind:?}");
            }
        }
    }
}

#[test]
fn a_name_that_linux_does_not_tell_about_from_memory_has_the_same_outcome_from_threads() {
    let (tree, _) = tree();
    fs::write(tree.path().join(MANIFEST_NAME), line("short/f", Stream::digest(b""))).unwrap();
    let start = || Run::verify(tree.path(), &Options::default());
    let [small, threads] = [SMALL, NO_FILE].map(|bounds| told(bounds, &start).0);
    assert_eq!((small.records.len(), &small), (1, &threads));
    assert!(matches!(&small.records[0], Record::File(file) if matches!(file.outcome, Outcome::Unreadable { .. })));
}

#[test]
fn a_list_and_a_new_manifest_are_the_same_in_every_form() {
    let (tree, _) = tree();
    let names = ["short", "several segments", "missing", "short", "d", "", "d/c"];
    let list: Vec<PathBuf> =
        names.iter().map(|name| if name.is_empty() { PathBuf::new() } else { tree.path().join(name) }).collect();
    let told = in_every_form(&|| Run::hash(&list, &HashOptions::default()));
    assert_eq!((told.records.len(), told.failed), (7, 3));

    let output = tree.path().join("new");
    let options = CreateOptions { output: Some(output.clone()), overwrite: true, ..CreateOptions::default() };
    // It is in the tree, and what is written does not list itself.
    let told = in_every_form(&|| Run::create(tree.path(), &options));
    assert_eq!((told.verdict, told.failed), (Verdict::Pass, 0));
    let text = fs::read_to_string(output).unwrap();
    assert!(text.contains("  d/damaged\n") && text.lines().count() == 14, "{text}");
}

#[test]
fn nothing_to_do_is_the_same_in_every_form() {
    let tree = tempfile::tempdir().unwrap();
    fs::write(tree.path().join(MANIFEST_NAME), "").unwrap();
    for bounds in [SMALL, NO_FILE, NO_TIME] {
        let (told, _) = told(bounds, &|| Run::verify(tree.path(), &Options::default()));
        assert_eq!((told.records.len(), told.verdict), (0, Verdict::Fail));
        let (told, _) = self::told(bounds, &|| Run::hash([""; 0], &HashOptions::default()));
        assert_eq!((told.records.len(), told.verdict), (0, Verdict::Fail));
    }
}

#[test]
fn a_run_is_small_up_to_its_bounds_and_not_beyond() {
    if !HAS_CACHED_READS {
        println!("NOT RUN: there are no small runs here");
        return;
    }
    let tree = tempfile::tempdir().unwrap();
    let started_for = |files: usize, bytes: u64| {
        let mut manifest = String::new();
        for file in 0..files {
            let content = vec![file as u8; if file == 0 { bytes as usize } else { 0 }];
            fs::write(tree.path().join(format!("f{file}")), &content).unwrap();
            manifest += &line(&format!("f{file}"), Stream::digest(&content));
        }
        fs::write(tree.path().join(MANIFEST_NAME), manifest).unwrap();
        let bounds = Bounds { time: ENDLESS.time, ..Bounds::default() };
        let (told, started) = told(Some(bounds), &|| Run::verify(tree.path(), &Options::default()));
        assert_eq!((told.verdict, told.records.len(), told.bytes), (Verdict::Pass, files, bytes));
        started
    };
    assert_eq!(started_for(limits::SMALL_FILES_MAX, 0), 0);
    assert_eq!(started_for(limits::SMALL_FILES_MAX + 1, 0), 1);
    assert_eq!(started_for(1, limits::SMALL_BYTES_MAX), 0);
    assert_eq!(started_for(1, limits::SMALL_BYTES_MAX + 1), 1);
    assert_eq!(started_for(2_000, 30_000_000), 1);
}

#[test]
fn a_small_run_that_is_cancelled_too_late_is_whole_and_one_that_is_dropped_leaves_nothing() {
    let (tree, _) = tree();
    let output = tree.path().join("new");
    let before = STARTED.get();
    BOUNDS.set(SMALL);
    let run = Run::verify(tree.path(), &Options::default()).unwrap();
    run.canceller().cancel();
    let report = run.finish().unwrap();
    let is_alone = STARTED.get() == before;
    assert!(report.cancelled || report.counts.total() > 0, "what was done is told");
    let create = || {
        let options = CreateOptions { output: Some(output.clone()), overwrite: true, ..CreateOptions::default() };
        Run::create(tree.path(), &options).unwrap()
    };
    drop(create());
    BOUNDS.set(None);
    let is_left = |entry: fs::DirEntry| entry.file_name().as_bytes().starts_with(b".checksig-");
    assert!(!output.exists() && !fs::read_dir(tree.path()).unwrap().any(|entry| is_left(entry.unwrap())));
    assert_eq!(is_alone, HAS_CACHED_READS);
}

#[test]
fn a_manifest_that_changes_before_the_report_of_a_small_run_is_an_error() {
    let (tree, _) = tree();
    let run = Run::verify(tree.path(), &Options::default()).unwrap();
    fs::write(tree.path().join(MANIFEST_NAME), "another").unwrap();
    assert!(matches!(run.finish(), Err(Error::ManifestChanged { .. })));
}

#[test]
fn what_has_changed_when_a_small_run_reads_it_again_has_changed() {
    let tree = tempfile::tempdir().unwrap();
    let path = tree.path().join("f");
    fs::write(&path, "content").unwrap();
    let shared = share(Root::open_root(tree.path(), Policy::Beneath).unwrap(), Default::default(), true).unwrap();
    let stamp = shared.root.open(b"f").unwrap().stamp;
    fs::write(&path, "another content").unwrap();
    let suspect = crate::engine::confirm::Suspect {
        planned: crate::plan::Planned {
            place: 0,
            line: 1,
            name: b"f".to_vec(),
            expected: Some(Stream::digest(b"listed")),
            size_bytes: None,
            unlisted: false,
        },
        first: Stream::digest(b"content"),
        proof: crate::read::Proof { stamp, reader: crate::readerkind::ReaderKind::Cached },
    };
    crate::engine::confirm::Confirmers::submit(&shared, suspect);
    if !crate::engine::confirm::confirm_at_hand(&shared, 0) {
        println!("NOT RUN: this Linux has no opens from memory");
        return;
    }
    let Taken::Records(records) = shared.outbox.take(Duration::ZERO) else { panic!("a record") };
    assert!(matches!(&records[..], [Record::File(file)] if file.outcome == Outcome::Changed), "{records:?}");
}
