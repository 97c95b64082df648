//! What a run leaves to others: bytes a second that it does not exceed, and threads that come last in every queue.
//!
//! Times are bounds from below, which a busy machine cannot break. Priorities are those that Linux tells of the command's
//! threads.

mod common;

use std::num::{NonZeroU64, NonZeroUsize};
use std::path::Path;
use std::process::{Child as Process, Command, Stdio};
use std::time::{Duration, Instant};

use checksig::{Batch, CreateOptions, HashOptions, Options, ReaderChoice, ReaderKind, Resources, Run, Verdict, limits};
use common::child::Child;
use common::{Tree, bytes, drain};

const RATE: u64 = 4 << 20;
/// The longest file, which the last read may bring whole without waiting for it.
const LONGEST: usize = 700_000;

fn tree() -> Tree {
    let mut tree = Tree::on_disk();
    for at in 0..60_u64 {
        tree.file(format!("d{}/f{at}", at % 3), &bytes(at as usize * 700, at));
    }
    tree.file("long", &bytes(LONGEST, 99)).file("empty", b"").seal();
    tree
}

fn resources(reader: ReaderChoice, rate: u64) -> Resources {
    let mut resources = Resources::default();
    resources.reader = reader;
    resources.workers = NonZeroUsize::new(2);
    resources.limit_rate_bytes = NonZeroU64::new(rate);
    resources
}

/// Every reader that this machine has.
fn readers() -> impl Iterator<Item = ReaderChoice> {
    let forced = ReaderKind::ALL.into_iter().filter(|kind| *kind != ReaderKind::Cached).map(ReaderChoice::Forced);
    std::iter::once(ReaderChoice::Auto).chain(forced).filter(|reader| {
        let mut options = HashOptions::default();
        options.resources.reader = *reader;
        let started = Run::hash([""; 0], &options);
        started.as_ref().err().inspect(|error| println!("NOT RUN: {error}"));
        started.is_ok()
    })
}

/// What so many bytes take at least: what was saved before counts, and the last read is not waited for.
fn least(read: u64) -> Duration {
    Duration::from_secs_f64((read - LONGEST as u64) as f64 / RATE as f64) - Duration::from_millis(limits::PACE_SAVED_MS)
}

#[test]
fn no_reader_exceeds_the_rate_and_every_outcome_is_the_same() {
    let tree = tree();
    for reader in readers() {
        for from_media in [false, true] {
            let mut options = Options::default();
            options.resources = resources(reader, RATE);
            options.resources.from_media = from_media;
            let Ok(run) = Run::verify(tree.path(), &options) else {
                println!("NOT RUN: {reader:?} from the medium");
                continue;
            };
            let (_, report) = drain(run);
            // A temporary directory in memory has no medium.
            if from_media && report.verdict() != Verdict::Pass {
                println!("NOT RUN: {reader:?}: the medium cannot be read here");
                continue;
            }
            assert_eq!(report.verdict(), Verdict::Pass, "{reader:?}");
            assert!(report.bytes > 1_900_000);
            assert!(report.elapsed >= least(report.bytes), "{reader:?}, {from_media}: {:?}", report.elapsed);
        }
    }
}

#[test]
fn tiny_files_count_for_a_block_each() {
    const FILES: usize = 200;
    let mut tree = Tree::on_disk();
    for at in 0..FILES {
        tree.file(format!("f{at}"), b"x");
    }
    tree.seal();
    let least = Duration::from_secs_f64(((FILES - 1) * 4096) as f64 / f64::from(1 << 20));
    let least = least - Duration::from_millis(limits::PACE_SAVED_MS);
    for reader in readers() {
        for from_media in [false, true] {
            let mut options = Options::default();
            options.resources = resources(reader, 1 << 20);
            options.resources.from_media = from_media;
            let Ok(run) = Run::verify(tree.path(), &options) else { continue };
            let (_, report) = drain(run);
            if from_media && report.verdict() != Verdict::Pass {
                println!("NOT RUN: {reader:?}: the medium cannot be read here");
                continue;
            }
            assert_eq!(report.verdict(), Verdict::Pass, "{reader:?}");
            assert!(report.elapsed >= least, "{reader:?}, {from_media}: {:?}", report.elapsed);
        }
    }
}

#[test]
fn create_and_lists_keep_to_the_rate() {
    let tree = tree();
    let mut create = CreateOptions::default();
    create.resources = resources(ReaderChoice::Auto, RATE);
    create.output = Some(tree.at("new"));
    let report = checksig::create(tree.path(), &create).unwrap();
    assert!(report.bytes > 1_900_000 && report.elapsed >= least(report.bytes), "{:?}", report.elapsed);
    let mut hash = HashOptions::default();
    hash.resources = create.resources;
    let begun = Instant::now();
    let files = checksig::hash_files([tree.at("long"), tree.at("long"), tree.at("long")], &hash).unwrap();
    assert!(files.iter().all(|file| file.outcome.is_match()));
    assert!(begun.elapsed() >= least(3 * LONGEST as u64));
}

#[test]
fn second_readings_are_counted() {
    let mut tree = Tree::new();
    tree.file("first", &bytes(LONGEST, 1)).file("second", &bytes(LONGEST, 2)).seal();
    for name in ["first", "second"] {
        std::fs::write(tree.at(name), bytes(LONGEST, 3)).unwrap();
    }
    let mut options = Options::default();
    options.resources = resources(ReaderChoice::Auto, RATE);
    let (_, report) = tree.verify(&options);
    assert_eq!((report.failures.len(), report.bytes), (2, 2 * LONGEST as u64));
    assert!(report.elapsed >= least(4 * LONGEST as u64), "{:?}", report.elapsed);
}

#[test]
fn a_run_that_may_read_next_to_nothing_ends_within_a_second_when_it_is_cancelled() {
    let tree = tree();
    for reader in readers() {
        let mut options = Options::default();
        options.resources = resources(reader, 1);
        let mut run = Run::verify(tree.path(), &options).unwrap();
        while run.progress().files_planned < 60 {
            assert!(run.next_batch(Duration::from_millis(10)) != Batch::Finished);
        }
        std::thread::sleep(Duration::from_millis(100));
        run.canceller().cancel();
        let begun = Instant::now();
        let report = run.finish().unwrap();
        assert!(report.cancelled, "{reader:?}");
        assert!(begun.elapsed() < Duration::from_secs(1), "{reader:?}: {:?}", begun.elapsed());
    }
}

/// The policy, the nice value and the I/O class of a thread.
type Standing = (u32, i64, i32);

/// `SCHED_IDLE`, and the idle class of `linux/ioprio.h`.
const IDLE_POLICY: u32 = libc::SCHED_IDLE as u32;
const IDLE_CLASS: i32 = 3;

/// The threads of a process with their names, and how they stand.
fn standings(process: &Process) -> Vec<(String, Standing)> {
    let tasks = std::fs::read_dir(format!("/proc/{}/task", process.id())).unwrap();
    let standing = |task: std::fs::DirEntry| {
        let stat = std::fs::read_to_string(task.path().join("stat")).ok()?;
        let (name, rest) = stat[stat.find('(')? + 1..].rsplit_once(')')?;
        let fields: Vec<&str> = rest.split_whitespace().collect();
        // proc_pid_stat(5): nice is the 19th, the policy the 41st; the first of these fields is the third.
        let (nice, policy) = (fields[16].parse().ok()?, fields[38].parse().ok()?);
        Some((name.to_owned(), (policy, nice, io_class(task.file_name().to_str()?.parse().ok()?))))
    };
    tasks.flatten().filter_map(standing).collect()
}

#[allow(unsafe_code, reason = "libc has no function for this call")]
fn io_class(thread: i32) -> i32 {
    // SAFETY: the call takes plain numbers; 1 says that the second is a thread's.
    (unsafe { libc::syscall(libc::SYS_ioprio_get, 1, thread) } >> 13) as i32
}

/// Runs the command slowly enough to be looked at, until `done` has seen what it wants.
fn look_at(arguments: &[&str], tree: &Path, done: impl Fn(&[(String, Standing)]) -> bool) -> Vec<(String, Standing)> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_checksig"));
    command.arg("verify").arg(tree).args(["--limit-rate", "100K", "--workers", "2"]).args(arguments);
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let begun = Instant::now();
    let mut seen = standings(&child);
    while !done(&seen) && begun.elapsed() < Duration::from_secs(30) {
        std::thread::sleep(Duration::from_millis(5));
        seen = standings(&child);
    }
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(done(&seen), "{arguments:?}: {seen:?}");
    seen
}

/// `checksig-confirm`, as Linux cuts a name.
const CONFIRM: &str = "checksig-confir";

#[test]
fn idle_is_every_thread_of_the_run_and_no_other() {
    if cfg!(checksig_portable) {
        println!("NOT RUN: this build changes no priorities");
        return;
    }
    let tree = tree();
    // Files that are not what is listed are read a second time; there are many, so that one is soon through.
    (0..60).step_by(3).for_each(|at| std::fs::write(tree.at(format!("d0/f{at}")), b"x").unwrap());
    let is_of_the_run = |name: &str| ["checksig-run", "checksig-worker", "checksig-reader", CONFIRM].contains(&name);
    for reader in readers() {
        let ReaderChoice::Forced(reader) = reader else { continue };
        let wanted: &[&str] = match reader {
            ReaderKind::Threads | ReaderKind::Uring => &["checksig-run", "checksig-worker", "checksig-reader", CONFIRM],
            _ => &["checksig-run", "checksig-worker", CONFIRM],
        };
        for idle in [true, false] {
            let arguments: &[&str] = if idle { &["--idle"] } else { &[] };
            // A thread has its name a moment before it has begun.
            let stands =
                |(_, (policy, _, class)): &(String, Standing)| !idle || (*policy, *class) == (IDLE_POLICY, IDLE_CLASS);
            let seen = look_at(&[arguments, &["--reader", reader.name()]].concat(), tree.path(), |seen| {
                let ours: Vec<_> = seen.iter().filter(|(name, _)| is_of_the_run(name)).collect();
                wanted.iter().all(|name| ours.iter().any(|(other, _)| other == name)) && ours.into_iter().all(stands)
            });
            for (name, (policy, nice, class)) in &seen {
                let is_idle = (*policy, *class) == (IDLE_POLICY, IDLE_CLASS);
                assert_eq!(is_idle, idle && is_of_the_run(name), "{reader}: {name}: {policy} {nice} {class}");
            }
            assert!(seen.iter().any(|(name, _)| !is_of_the_run(name)), "the caller's own thread: {seen:?}");
        }
    }
}

#[test]
fn what_is_refused_of_idle_is_in_the_report_and_the_run_goes_on() {
    if cfg!(checksig_portable) {
        println!("NOT RUN: this build changes no priorities");
        return;
    }
    let tree = tree();
    let command = Child::verify(env!("CARGO_BIN_EXE_checksig"), tree.path());
    for (call, name) in [(libc::SYS_ioprio_set, "ioprio_set"), (libc::SYS_sched_setscheduler, "sched_setscheduler")] {
        let ran = command.clone().with(&["--idle", "--json", "--quiet"]).without(&[call], libc::EPERM).run();
        let json = String::from_utf8_lossy(&ran.stdout).into_owned();
        assert_eq!(ran.status.code(), Some(0), "{json}");
        assert!(json.contains(&format!("\"idle: {name}: ")) && json.contains("seccomp profile"), "{json}");
    }
}
