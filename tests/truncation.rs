//! Maps and the signal that a truncated one raises: a fault of ours makes a file that changed, and every other signal goes
//! where it went before.
//!
//! A handler belongs to a process, so what installs one runs in a process of its own: this program again, asked by a
//! variable for one part.

mod common;

use std::ffi::{c_int, c_void};
use std::fs::{self, File};
use std::num::NonZeroUsize;
use std::os::unix::fs::FileExt;
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, ExitStatus};
use std::sync::atomic::{AtomicBool, Ordering};

use checksig::OutcomeKind::{Changed, Match};
use checksig::{Options, ReaderChoice, ReaderKind, Report, verify};
use common::{Tree, bytes, files};
use memmap2::Mmap;

const PART: &str = "CHECKSIG_TEST_PART";
/// Runs over a file that is truncated again and again, as often as `make faults` says.
const RUNS: usize = 16;
/// What a handler of the host's leaves the process with.
const HANDLED: i32 = 42;

/// Rounds of what depends on chance: few where nobody has asked for more.
fn loops() -> usize {
    std::env::var("CHECKSIG_FAULTS_LOOPS").map_or(1, |loops| loops.parse().expect("a number of rounds"))
}

fn options(reader: ReaderChoice) -> Options {
    let mut options = Options::default();
    options.resources.reader = reader;
    options.resources.workers = NonZeroUsize::new(2);
    options
}

const MMAP: ReaderChoice = ReaderChoice::Forced(ReaderKind::Mmap);

/// Long enough for `auto` to map some of it, if Linux says what is cached.
fn tree() -> Tree {
    let mut tree = Tree::new();
    tree.file("f", &bytes(8 << 20, 1)).seal();
    tree
}

/// A run that passes.
fn passed(tree: &Tree, reader: ReaderChoice) -> Report {
    let report = verify(tree.path(), &options(reader)).unwrap();
    assert!(report.failures.is_empty(), "{report:?}");
    report
}

fn readers_of(report: &Report) -> Vec<ReaderKind> {
    report.readers.iter().map(|used| used.kind).collect()
}

fn says_what_is_cached() -> bool {
    let file = File::open("Cargo.toml").unwrap();
    let (range, mut stat) = ([0_u64, 1], [0_u64; 5]);
    // SAFETY: by its manual page the call reads two such numbers and writes five.
    unsafe { libc::syscall(451, std::os::fd::AsRawFd::as_raw_fd(&file), range.as_ptr(), stat.as_mut_ptr(), 0) == 0 }
}

#[test]
fn truncations_under_maps_end_no_process_and_match_no_zeros() {
    // Whole pages, where the map raises signals, and a part of one, where it shows zeros and raises none.
    for cut in [64 << 10, 100] {
        truncate_under_maps(cut);
    }
}

/// Cuts so many bytes off a file and writes them again, while runs go over it.
fn truncate_under_maps(cut: usize) {
    // What is truncated in the last whole place of `auto`; its size is one of whole places, so that the last is mapped.
    let size = 4 << 20;
    let kept = size - cut;
    let content = bytes(size, 7);
    let mut with_zeros = content.clone();
    with_zeros[kept..].fill(0);
    let mut tree = Tree::new();
    // The file never holds the zeros that the second digest is of: a match is one of bytes that nobody has read.
    tree.file("sound", &content).file("zeros", &with_zeros).seal();
    let path = tree.at("zeros");
    fs::write(&path, &content).unwrap();
    let over = AtomicBool::new(false);
    let (mut truncations, mut changed, mut matched) = (0, 0, 0);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let both = [&path, &tree.at("sound")].map(|path| File::options().write(true).open(path).unwrap());
            while !over.load(Ordering::Relaxed) {
                let file = &both[truncations % 2];
                file.set_len(kept as u64).unwrap();
                // At moments that spread over the reading of a window.
                (0..truncations % 97 * 50).for_each(|_| std::hint::spin_loop());
                file.write_all_at(&content[kept..], kept as u64).unwrap();
                truncations += 1;
            }
        });
        for run in 0..RUNS * loops() {
            let reader = if run % 2 == 0 { MMAP } else { ReaderChoice::Auto };
            let (records, _) = tree.verify(&options(reader));
            for file in files(&records) {
                let kind = file.outcome.kind();
                assert!(kind != Match || file.name == b"sound", "{reader:?}: a match of zeros that are in no file");
                changed += usize::from(kind == Changed);
                matched += usize::from(kind == Match);
            }
        }
        over.store(true, Ordering::Relaxed);
    });
    println!("{cut} bytes cut off {truncations} times: {changed} files changed, {matched} match");
    // The files are whole again.
    let (records, _) = tree.verify(&options(MMAP));
    assert_eq!(files(&records).filter(|file| file.outcome.kind() == Match).count(), 1);
}

#[test]
fn auto_maps_long_files_that_are_cached() {
    if !says_what_is_cached() {
        return println!("NOT RUN: this Linux has no cachestat");
    }
    let report = passed(&tree(), ReaderChoice::Auto);
    assert_eq!((readers_of(&report), report.reasons.len()), (vec![ReaderKind::Mmap], 0), "{report:?}");
}

#[test]
fn a_handler_that_was_there_before_gets_what_is_not_ours() {
    for kind in ["info", "plain"] {
        assert_eq!(run_part(&format!("before {kind}")).code(), Some(HANDLED), "{kind}");
    }
    assert_eq!(run_part("before once").signal(), Some(libc::SIGBUS));
}

#[test]
fn a_handler_that_came_later_is_noticed_and_nothing_is_mapped() {
    assert_eq!(run_part("after").code(), Some(0));
}

#[test]
fn the_default_action_stays_what_it_was() {
    for how in ["default fault", "default sent", "ignored fault"] {
        assert_eq!(run_part(how).signal(), Some(libc::SIGBUS), "{how}");
    }
    assert_eq!(run_part("ignored sent").code(), Some(0));
}

#[test]
fn where_cachestat_does_not_say_what_is_cached_mincore_does_and_where_nobody_does_auto_copies() {
    for errno in ["EPERM", "ENOSYS"] {
        assert_eq!(run_part(&format!("cachestat {errno}")).code(), Some(0), "{errno}");
        assert_eq!(run_part(&format!("both {errno}")).code(), Some(0), "{errno}");
    }
}

#[test]
fn a_host_that_blocks_all_signals_is_not_ended_by_a_truncated_file() {
    assert_eq!(run_part("blocked").code(), Some(0));
}

#[test]
fn a_handler_put_back_without_its_flag_maps_nothing_and_takes_no_record_that_is_none() {
    assert_eq!(run_part("unflagged").code(), Some(HANDLED));
}

#[test]
fn where_there_is_no_room_for_maps_the_reason_says_so() {
    assert_eq!(run_part("narrow").code(), Some(0));
}

/// Runs one part in a process of its own.
fn run_part(part: &str) -> ExitStatus {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "a_part_in_a_process_of_its_own", "--nocapture", "--test-threads=1"]).env(PART, part);
    let output = command.output().unwrap();
    println!("{part}: {}\n{}", output.status, String::from_utf8_lossy(&output.stderr));
    output.status
}

/// No test by itself: what `run_part` runs.
#[test]
fn a_part_in_a_process_of_its_own() {
    let Ok(part) = std::env::var(PART) else { return };
    let tree = tree();
    match part.split_once(' ').unwrap_or((&part, "")) {
        ("before", kind) => {
            match kind {
                "info" => install(with_info as *const () as usize, libc::SA_SIGINFO),
                "plain" => install(plain as *const () as usize, 0),
                _ => install(once as *const () as usize, libc::SA_RESETHAND),
            }
            assert_eq!(readers_of(&passed(&tree, MMAP)), [ReaderKind::Mmap]);
            fault(&tree);
        }
        ("after", _) => {
            assert_eq!(readers_of(&passed(&tree, MMAP)), [ReaderKind::Mmap]);
            install(with_info as *const () as usize, libc::SA_SIGINFO);
            let said = "no maps, since a handler of SIGBUS was installed after ours";
            let report = passed(&tree, MMAP);
            assert_eq!(readers_of(&report), [ReaderKind::Pread]);
            assert!(report.reasons.iter().any(|reason| reason.contains(said)), "{report:?}");
            let report = passed(&tree, ReaderChoice::Auto);
            assert_eq!(readers_of(&report), [ReaderKind::Cached]);
            assert_eq!(report.reasons.iter().any(|reason| reason.contains(said)), says_what_is_cached(), "{report:?}");
        }
        ("blocked", _) => {
            block_all_signals();
            let changed = truncate_again_and_again(&tree);
            // Files that lose their bytes while they are read, in which case the map is what says so.
            assert!(changed > 0, "no run met a truncated file");
        }
        ("unflagged", _) => {
            install(plain as *const () as usize, 0);
            assert_eq!(readers_of(&passed(&tree, MMAP)), [ReaderKind::Mmap]);
            // SAFETY: the first call takes our handler out, and the second puts it back, as signal(3) does.
            let ours = unsafe { libc::signal(libc::SIGBUS, libc::SIG_DFL) };
            // SAFETY: as before.
            assert_ne!(unsafe { libc::signal(libc::SIGBUS, ours) }, libc::SIG_ERR);
            let report = passed(&tree, MMAP);
            assert_eq!(readers_of(&report), [ReaderKind::Pread], "{report:?}");
            // It still hands on.
            fault(&tree);
        }
        ("narrow", _) => {
            // What a run has beside: the stacks of its threads, buffers, and what they allocate.
            let used = rustix::process::getrlimit(rustix::process::Resource::As);
            let limit = |current| rustix::process::Rlimit { current, ..used };
            let addresses = fs::read_to_string("/proc/self/statm").unwrap();
            let pages: u64 = addresses.split(' ').next().unwrap().parse().unwrap();
            let wide = pages * rustix::param::page_size() as u64 + (36 << 20);
            rustix::process::setrlimit(rustix::process::Resource::As, limit(Some(wide))).unwrap();
            let report = passed(&tree, MMAP);
            assert_eq!(readers_of(&report), [ReaderKind::Pread], "{report:?}");
            let said = |reason: &String| reason.contains("no room for them") && reason.contains("ulimit -v");
            assert!(report.reasons.iter().any(said), "{report:?}");
        }
        (action, how) if action == "default" || action == "ignored" => {
            install(if action == "default" { libc::SIG_DFL } else { libc::SIG_IGN }, 0);
            assert_eq!(readers_of(&passed(&tree, MMAP)), [ReaderKind::Mmap]);
            match how {
                // SAFETY: the call takes a number.
                "sent" => drop(unsafe { libc::raise(libc::SIGBUS) }),
                _ => fault(&tree),
            }
        }
        (refused, errno) => {
            let errno = if errno == "EPERM" { libc::EPERM } else { libc::ENOSYS };
            refuse(CACHESTAT, errno);
            if refused == "both" {
                refuse(libc::SYS_mincore as u32, errno);
            }
            assert!(!says_what_is_cached());
            let report = passed(&tree, ReaderChoice::Auto);
            assert_eq!(readers_of(&report).contains(&ReaderKind::Mmap), refused == "cachestat", "{report:?}");
            assert!(report.reasons.iter().any(|reason| reason.starts_with("page cache: ")), "{report:?}");
            assert_eq!(readers_of(&passed(&tree, MMAP)), [ReaderKind::Mmap]);
        }
    }
}

fn block_all_signals() {
    let mut all = std::mem::MaybeUninit::uninit();
    // SAFETY: the call writes a set.
    assert_eq!(unsafe { libc::sigfillset(all.as_mut_ptr()) }, 0);
    // SAFETY: the set was written just now.
    assert_eq!(unsafe { libc::pthread_sigmask(libc::SIG_BLOCK, all.as_ptr(), std::ptr::null_mut()) }, 0);
}

/// Runs over a file that has no bytes for as long as a run takes, and then has them again. Gives how often it changed.
fn truncate_again_and_again(tree: &Tree) -> usize {
    let file = File::options().write(true).open(tree.at("f")).unwrap();
    let size = file.metadata().unwrap().len();
    let over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !over.load(Ordering::Relaxed) {
                file.set_len(0).unwrap();
                std::thread::sleep(std::time::Duration::from_micros(300));
                file.set_len(size).unwrap();
                std::thread::sleep(std::time::Duration::from_micros(900));
            }
        });
        let mut changed = 0;
        for _ in 0..60 {
            let (records, _) = tree.verify(&options(MMAP));
            changed += files(&records).filter(|file| file.outcome.kind() == Changed).count();
        }
        over.store(true, Ordering::Relaxed);
        changed
    })
}

/// A fault in a map that is not the library's.
fn fault(tree: &Tree) {
    let file = File::options().read(true).write(true).open(tree.at("f")).unwrap();
    // SAFETY: what is truncated below is read on purpose.
    let map = unsafe { Mmap::map(&file) }.unwrap();
    file.set_len(0).unwrap();
    panic!("{} was read", std::hint::black_box(&map)[map.len() / 2]);
}

fn install(handler: usize, flags: c_int) {
    // SAFETY: zeros are a value of the struct.
    let mut action: libc::sigaction = unsafe { std::mem::zeroed() };
    (action.sa_sigaction, action.sa_flags) = (handler, flags);
    // SAFETY: the struct is alive, and the handlers below end the process at once.
    assert_eq!(unsafe { libc::sigaction(libc::SIGBUS, &raw const action, std::ptr::null_mut()) }, 0);
}

extern "C" fn with_info(signal: c_int, info: *mut libc::siginfo_t, context: *mut c_void) {
    // SAFETY: a handler with SA_SIGINFO is given a record.
    let info = unsafe { &*info };
    let right = (signal, info.si_signo, info.si_code) == (libc::SIGBUS, libc::SIGBUS, libc::BUS_ADRERR);
    let right = right && !context.is_null();
    leave(if right { HANDLED } else { 1 });
}

/// Comes back the first time, to an instruction that faults again; the second time is the default action's.
extern "C" fn once(_: c_int) {
    static CALLED: AtomicBool = AtomicBool::new(false);
    if CALLED.swap(true, Ordering::Relaxed) {
        leave(1);
    }
}

extern "C" fn plain(signal: c_int) {
    leave(if signal == libc::SIGBUS { HANDLED } else { 1 });
}

fn leave(status: i32) {
    // SAFETY: the call may be made in a handler and does not return.
    unsafe { libc::_exit(status) }
}

/// From now on this thread, and those that it starts, have no cachestat.
/// The number of cachestat(2), the same on every system but alpha.
const CACHESTAT: u32 = 451;

fn refuse(call: u32, errno: c_int) {
    const LOAD: u16 = (libc::BPF_LD | libc::BPF_W | libc::BPF_ABS) as u16;
    const IS: u16 = (libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K) as u16;
    const RETURN: u16 = (libc::BPF_RET | libc::BPF_K) as u16;
    let mut steps = [
        libc::sock_filter { code: LOAD, jt: 0, jf: 0, k: 0 },
        libc::sock_filter { code: IS, jt: 0, jf: 1, k: call },
        libc::sock_filter { code: RETURN, jt: 0, jf: 0, k: libc::SECCOMP_RET_ERRNO | errno as u32 },
        libc::sock_filter { code: RETURN, jt: 0, jf: 0, k: libc::SECCOMP_RET_ALLOW },
    ];
    let program = libc::sock_fprog { len: steps.len() as u16, filter: steps.as_mut_ptr() };
    // SAFETY: numbers only.
    assert_eq!(unsafe { libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) }, 0);
    // SAFETY: the program is alive while Linux copies it.
    assert_eq!(unsafe { libc::prctl(libc::PR_SET_SECCOMP, libc::SECCOMP_MODE_FILTER, &raw const program) }, 0);
}
