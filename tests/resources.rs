//! What a run may use: queue depth, memory and descriptors are bounds that hold, with every reader, and runs pass within
//! them; and what the report says of its readers adds up.
//!
//! Threads and memory are those of the command, as /proc tells them.

mod common;
#[path = "common/watched.rs"]
mod watched;

use std::num::NonZeroUsize;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

use checksig::{Options, OutcomeKind, ReaderChoice, ReaderKind, ReaderUse, Run, Verdict, limits};
use common::{Tree, bytes, hex_digest};
use watched::{Watched, watch};

const READER: &str = "checksig-reader";
const MIB: u64 = 1 << 20;
const HAS_DIRECT_READS: bool = !cfg!(checksig_portable);

/// Small, middle and long files: 300 of a page or so, 40 of 100 000 bytes, 6 of some MiB.
fn tree() -> Tree {
    let mut tree = Tree::on_disk();
    for at in 0..346_u64 {
        let size = match at {
            0..300 => 3_000 + at as usize * 10,
            300..340 => 100_000 + at as usize,
            _ => (3 << 20) + at as usize * 77_777,
        };
        tree.file(format!("d{}/f{at}", at % 7), &bytes(size, at));
    }
    tree.seal();
    tree
}

fn can_have_a_ring() -> bool {
    let mut tree = Tree::new();
    tree.seal();
    let mut options = Options::default();
    options.resources.reader = ReaderChoice::Forced(ReaderKind::Uring);
    match Run::verify(tree.path(), &options) {
        Ok(_) => true,
        Err(error) => {
            println!("NOT RUN: {error}");
            false
        }
    }
}

/// The names of the readers that can be had here.
fn readers() -> Vec<&'static str> {
    if !HAS_DIRECT_READS {
        println!("NOT RUN: reads from the medium, which this build has not");
    }
    let ring = can_have_a_ring();
    ["auto", "pread", "mmap", "threads", "uring"].into_iter().filter(|name| ring || *name != "uring").collect()
}

fn verify(tree: &Path, arguments: &[&str]) -> Watched {
    let mut command = Command::new(env!("CARGO_BIN_EXE_checksig"));
    let watched = watch(command.arg("verify").arg(tree).args(["--quiet", "--workers", "2"]).args(arguments), READER);
    assert_eq!(watched.status, Some(0), "{arguments:?}: {}", watched.err);
    watched
}

#[test]
fn the_queue_depth_bounds_the_readers() {
    let tree = tree();
    for reader in readers() {
        for depth in [1, 2, 1_000] {
            let media: &[&str] =
                if matches!(reader, "mmap" | "pread") || !HAS_DIRECT_READS { &[] } else { &["--from-media"] };
            let depth_text = depth.to_string();
            let arguments = [&["--reader", reader, "--queue-depth", &depth_text], media].concat();
            let Watched { threads, .. } = verify(tree.path(), &arguments);
            let most = match reader {
                "pread" | "mmap" => 0,
                "uring" => limits::RING_READERS.min(depth),
                // There is a buffer for each.
                _ => depth.min(limits::READER_MEMORY_BYTES / limits::LARGE_BUFFER_BYTES),
            };
            assert!(threads <= most, "{arguments:?}: {threads}");
            assert!(threads > 0 || most == 0 || reader == "auto", "{arguments:?}: none was seen");
        }
    }
}

#[test]
fn the_least_memory_is_enough_and_more_is_not_taken() {
    let tree = tree();
    let mut empty = Tree::on_disk();
    empty.file("f", b"f").seal();
    for reader in readers().into_iter().filter(|reader| *reader != "mmap") {
        let of = |memory: u64, tree: &Tree| {
            verify(tree.path(), &["--reader", reader, "--memory", &memory.to_string()]).memory_bytes
        };
        // The program and its threads, without files to speak of.
        let floor = of(limits::MEMORY_BYTES_MIN, &empty);
        for memory in [limits::MEMORY_BYTES_MIN, 6 * MIB, 16 * MIB] {
            let used = of(memory, &tree).saturating_sub(floor);
            // What is no buffer: places, the outbox, stacks.
            assert!(used <= memory + 5 * MIB, "{reader}, {memory}: {used} bytes beside {floor}");
        }
    }
}

#[test]
fn memory_that_feeds_few_workers_makes_them_few_and_every_file_is_read() {
    let tree = tree();
    for reader in readers() {
        for workers in [11, 32, limits::WORKERS_MAX] {
            let mut options = Options::default();
            options.resources.reader = reader.parse().unwrap();
            options.resources.workers = NonZeroUsize::new(workers);
            options.resources.memory_bytes = Some(limits::MEMORY_BYTES_MIN);
            options.resources.from_media = HAS_DIRECT_READS && reader != "mmap";
            let (_, report) = tree.verify(&options);
            assert_eq!(report.counts.of(OutcomeKind::Match), 346, "{reader}, {workers} workers");
            let least = usize::try_from(limits::MEMORY_BYTES_MIN).unwrap() / limits::WORKER_BUFFER_BYTES / 3;
            assert!(report.workers <= least, "{reader}: {} workers", report.workers);
            let says_why =
                report.reasons.iter().any(|reason| reason.starts_with(&format!("workers 10 of {workers}: ")));
            assert!(says_why, "{reader}, {workers} workers: {:?}", report.reasons);
        }
    }
}

#[test]
fn what_the_readers_brought_adds_up() {
    let mut tree = tree();
    tree.line("gone", &hex_digest(b"")).seal();
    for reader in readers() {
        for from_media in [false, true].into_iter().filter(|from_media| HAS_DIRECT_READS || !from_media) {
            for depth in [None, NonZeroUsize::new(1), NonZeroUsize::new(3)] {
                let mut options = Options::default();
                options.resources.reader = reader.parse().unwrap();
                options.resources.workers = NonZeroUsize::new(2);
                options.resources.queue_depth = depth;
                options.resources.from_media = from_media;
                options.resources.memory_bytes = depth.map(|_| limits::MEMORY_BYTES_MIN);
                if from_media && reader == "mmap" {
                    continue;
                }
                let (_, report) = tree.verify(&options);
                let sum = |of: fn(&ReaderUse) -> u64| report.readers.iter().map(of).sum::<u64>();
                let (files, bytes) = (sum(|used| used.files), sum(|used| used.bytes));
                let (device_files, device_bytes) = (sum(|used| used.device_files), sum(|used| used.device_bytes));
                assert_eq!((files, bytes), (346, report.bytes), "{options:?}: {:?}", report.readers);
                assert_eq!(report.counts.of(OutcomeKind::Match), 346);
                assert!(device_files <= files && device_bytes <= bytes);
                let fits = |used: &ReaderUse| {
                    used.device_files <= used.files
                        && used.device_bytes <= used.bytes
                        && (used.device_files == 0) == (used.device_bytes == 0)
                };
                assert!(report.readers.iter().all(fits), "{:?}", report.readers);
                if from_media && can_read_directly(tree.path()) {
                    assert_eq!((device_files, device_bytes), (files, bytes), "{options:?}");
                }
                assert_eq!(report.verdict(), Verdict::Fail, "one is gone");
            }
        }
    }
}

/// tmpfs reads from memory also where direct reads are asked for; what matters here is that it is a real file system.
fn can_read_directly(place: &Path) -> bool {
    let file = std::fs::File::open(place).unwrap();
    const TMPFS: u64 = 0x0102_1994;
    #[allow(clippy::unnecessary_cast, reason = "the type of the number differs between machines")]
    let is_real = rustix::fs::fstatfs(&file).is_ok_and(|statfs| statfs.f_type as u64 != TMPFS);
    if !is_real {
        println!("NOT RUN: reads from the medium in {}", place.display());
    }
    is_real
}

/// A user who may lock no memory at all, as a ring needed before Linux 5.12, and who owns none of the files.
#[test]
#[allow(unsafe_code, reason = "a limit is set between fork and exec")]
fn without_memory_to_lock_every_file_is_read_all_the_same() {
    if !rustix::process::geteuid().is_root() {
        println!("NOT RUN: only root can become a user who owns none of the files");
        return;
    }
    let place = tempfile::tempdir().unwrap();
    std::fs::set_permissions(place.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
    let program = place.path().join("checksig");
    let copied = Command::new("cp").arg(env!("CARGO_BIN_EXE_checksig")).arg(&program).status();
    assert!(copied.is_ok_and(|status| status.success()), "cp");
    let mut tree = Tree::new();
    for at in 0..300_u64 {
        tree.file(format!("d{}/f{at}", at % 7), &bytes(at as usize * 1_000, at));
    }
    tree.seal();
    std::fs::set_permissions(tree.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
    for reader in ["auto", "threads", "uring"] {
        let mut command = Command::new(&program);
        command.arg("verify").arg(tree.path()).args(["--quiet", "--reader", reader]).uid(65_534).gid(65_534);
        let forbid = || {
            let limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
            // SAFETY: the limit lives through the call.
            match unsafe { libc::setrlimit(libc::RLIMIT_MEMLOCK, &raw const limit) } {
                0 => Ok(()),
                _ => Err(std::io::Error::last_os_error()),
            }
        };
        // SAFETY: the closure makes one system call and allocates nothing.
        unsafe { command.pre_exec(forbid) };
        let output = command.output().expect("the command runs");
        let err = String::from_utf8_lossy(&output.stderr);
        match output.status.code() {
            Some(2) if reader == "uring" => println!("NOT RUN: {err}"),
            code => assert_eq!(code, Some(0), "{reader}: {err}"),
        }
    }
}

#[test]
fn a_long_manifest_takes_no_memory_that_grows_with_it() {
    let memory = watched_manifest(200_000);
    println!("peak memory with a manifest of 200 000 lines: {:.1} MiB", memory as f64 / MIB as f64);
    assert!(memory <= 64 * MIB, "{memory} bytes");
}

/// The peak memory of a run of two workers over a manifest of so many lines, all of the same few files.
fn watched_manifest(lines: usize) -> u64 {
    let tree = watched::few_files_of_many_lines(Path::new(env!("CARGO_TARGET_TMPDIR")), lines, hex_digest);
    verify(tree.path(), &[]).memory_bytes
}

#[test]
fn an_audit_keeps_sixteen_bytes_a_name_and_a_bounded_number_of_missing_ones() {
    let audit = |tree: &Path| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_checksig"));
        watch(command.arg("audit").arg(tree).args(["--quiet", "--json", "--workers", "2"]), READER)
    };
    // Many lines of a few names: no more than those of a few lines.
    let few = watched::few_files_of_many_lines(Path::new(env!("CARGO_TARGET_TMPDIR")), 1_000, hex_digest);
    let many = watched::few_files_of_many_lines(Path::new(env!("CARGO_TARGET_TMPDIR")), 100_000, hex_digest);
    let [few, many] = [few, many].map(|tree| audit(tree.path()));
    assert_eq!((few.status, many.status), (Some(0), Some(0)), "{} {}", few.err, many.err);
    let floor = few.memory_bytes + 2 * limits::OUTBOX_BYTES_MAX as u64;
    assert!(many.memory_bytes <= floor, "{} beside {}", many.memory_bytes, few.memory_bytes);
    // Many names, all of which are missing.
    const NAMES: u64 = 100_000;
    let mut tree = Tree::on_disk();
    let digest = hex_digest(b"x");
    for at in 0..NAMES {
        tree.line(format!("d/a-name-of-some-length-{at}"), &digest);
    }
    std::fs::write(tree.seal().at("unlisted"), "x").unwrap();
    let missing = audit(tree.path());
    assert_eq!(missing.status, Some(1), "{}", missing.err);
    // Twice the hashes, as they may just have grown, and what the moves keep.
    let most = floor + 2 * 16 * NAMES + 2 * limits::MOVES_BYTES_MAX as u64;
    assert!(missing.memory_bytes <= most, "{} beside {}", missing.memory_bytes, few.memory_bytes);
    let report = checksig::audit(tree.path(), &Options::default()).unwrap();
    assert_eq!((report.moved, report.counts.of(OutcomeKind::Missing)), (1, NAMES));
    assert!(report.reasons.iter().any(|reason| reason.starts_with("moved files: so many")), "{:?}", report.reasons);
}

/// Heaps of the C library take 64 MiB of addresses a thread where nobody keeps them from it.
#[test]
fn any_limit_on_addresses_from_64_mib_on_is_enough() {
    let tree = tree();
    for kib in [65_536, 110_000, 150_000, 400_000, 800_000] {
        for from in ["", "--from-media"] {
            if !from.is_empty() && !HAS_DIRECT_READS {
                continue;
            }
            let line = format!("ulimit -v {kib}; exec \"$0\" verify --quiet {from} .");
            let mut shell = Command::new("sh");
            let shell = shell.args(["-c", &line, env!("CARGO_BIN_EXE_checksig")]).current_dir(tree.path());
            let ran = shell.output().unwrap();
            assert_eq!(ran.status.code(), Some(0), "{kib} KiB {from}: {}", String::from_utf8_lossy(&ran.stderr));
        }
    }
}
