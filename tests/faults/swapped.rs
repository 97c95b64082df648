//! Directories and files that change places with links out of the root while runs go over them: nothing outside is opened.
//!
//! What is opened outside inotify tells, whoever does it; and the bytes that stand there stand nowhere inside.

use std::collections::BTreeMap;
use std::fs;
use std::os::fd::OwnedFd;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use checksig::{CreateOptions, Options, Outcome, OutcomeKind, Policy, ReaderChoice, ReaderKind, Run, create};
use rustix::fs::{CWD, RenameFlags, inotify, renameat_with};
use rustix::io::Errno;

use crate::common::child::refuse_in_this_thread;
use crate::common::{drain, files, hex_digest, options, readers};
use crate::loops;

const FILES: usize = 12;

/// Lines of a run that its caller does alone, and of one that needs threads.
const LINES: [usize; 2] = [60, 440];

/// A root, and what is outside of it under the same names.
struct Place {
    base: tempfile::TempDir,
    opened_outside: OwnedFd,
}

impl Place {
    fn new() -> Place {
        let base = tempfile::tempdir().unwrap();
        let at = |name: &str| base.path().join(name);
        for directory in ["root/d", "root/x/y/d", "root/still", "outside/d"] {
            fs::create_dir_all(at(directory)).unwrap();
        }
        for file in 0..FILES {
            fs::write(at(&format!("outside/d/f{file}")), format!("outside {file}")).unwrap();
            for directory in ["d", "x/y/d", "still"] {
                fs::write(at(&format!("root/{directory}/f{file}")), format!("inside {file}")).unwrap();
            }
        }
        fs::write(at("outside/only"), "outside").unwrap();
        fs::write(at("root/g"), "inside 0").unwrap();
        // Links that say where from the top, and from where they stand.
        symlink(at("outside/d"), at("root/d-out")).unwrap();
        symlink("../../outside", at("root/x/y-out")).unwrap();
        symlink("../outside/d/f0", at("root/g-out")).unwrap();
        let opened_outside = inotify::init(inotify::CreateFlags::NONBLOCK | inotify::CreateFlags::CLOEXEC).unwrap();
        let place = Place { base, opened_outside };
        place.watch();
        for lines in LINES {
            fs::write(place.manifest(lines), place.lines(lines)).unwrap();
        }
        place
    }

    fn root(&self) -> PathBuf {
        self.base.path().join("root")
    }

    fn manifest(&self, lines: usize) -> PathBuf {
        self.base.path().join(format!("{lines}.txt"))
    }

    fn watch(&self) {
        for directory in ["outside", "outside/d"] {
            let path = self.base.path().join(directory);
            inotify::add_watch(&self.opened_outside, path, inotify::WatchFlags::OPEN | inotify::WatchFlags::ACCESS)
                .unwrap();
        }
    }

    /// Names in turn, each with the digest of what is inside and with that of what is outside: bait, that must not match.
    fn lines(&self, lines: usize) -> String {
        let file = |at: usize| (at / 8) % FILES;
        let line = |at: usize| {
            let (name, number) = match at % 4 {
                0 => (format!("d/f{}", file(at)), file(at)),
                1 => (format!("x/y/d/f{}", file(at)), file(at)),
                2 => ("g".to_owned(), 0),
                _ => (format!("still/f{}", file(at)), file(at)),
            };
            let side = ["inside", "outside"][at / 4 % 2];
            format!("{}  {name}\n", hex_digest(format!("{side} {number}").as_bytes()))
        };
        (0..lines).map(line).collect()
    }

    /// Whether anything outside was opened since the last time.
    fn was_left(&self) -> bool {
        match rustix::io::read(&self.opened_outside, &mut [0; 4096]) {
            Ok(_) => true,
            Err(Errno::AGAIN) => false,
            Err(errno) => panic!("{errno}"),
        }
    }

    /// Runs something while the directories and the file change places with their links; how often they did.
    fn while_swapping(&self, run: impl FnOnce()) -> u64 {
        let (stop, root) = (AtomicBool::new(false), self.root());
        let swap = |name: &str, link: &str| {
            renameat_with(CWD, root.join(name), CWD, root.join(link), RenameFlags::EXCHANGE).unwrap();
        };
        std::thread::scope(|scope| {
            let swapper = scope.spawn(|| {
                let mut swaps = 0;
                while !stop.load(Ordering::Relaxed) {
                    swap("d", "d-out");
                    swap("x/y", "x/y-out");
                    swap("g", "g-out");
                    swaps += 3;
                    // Now and then everything stands still for a moment, on either side.
                    if swaps % 7 == 0 {
                        std::thread::sleep(Duration::from_micros(swaps % 90));
                    }
                }
                swaps
            });
            run();
            stop.store(true, Ordering::Relaxed);
            swapper.join().unwrap()
        })
    }
}

/// How often what came of names that are being swapped.
type Counts = BTreeMap<String, u64>;

/// Verifies until so many names have been looked up.
fn verify(place: &Place, options: &Options, counts: &mut Counts) -> u64 {
    let mut checks = 0;
    for lines in LINES {
        let mut options = options.clone();
        options.manifest = Some(place.manifest(lines));
        let (records, _) = drain(Run::verify(&place.root(), &options).unwrap());
        assert_eq!(files(&records).count(), lines);
        checks += lines as u64;
        for file in files(&records) {
            let number: usize = file.name.rsplit(|&byte| byte == b'f').next().map_or(0, |digits| {
                std::str::from_utf8(digits).ok().and_then(|digits| digits.parse().ok()).unwrap_or(0)
            });
            let inside = hex_digest(format!("inside {number}").as_bytes());
            let is_listed_rightly = file.expected.unwrap().to_string() == inside;
            let kind = file.outcome.kind();
            assert!(kind != OutcomeKind::Match || is_listed_rightly, "what is outside was read: {file:?}");
            assert!(file.outcome.actual().is_none_or(|actual| actual.to_string() == inside), "{file:?}");
            if file.name.starts_with(b"still/") {
                let still = if is_listed_rightly { OutcomeKind::Match } else { OutcomeKind::Mismatch };
                assert_eq!(kind, still, "{file:?}");
                continue;
            }
            let told = match &file.outcome {
                Outcome::Unreadable { errno, offset: 0 } => format!("errno {errno}"),
                Outcome::Unreadable { .. } | Outcome::NotChecked | Outcome::Unlisted { .. } => panic!("{file:?}"),
                outcome => outcome.kind().name().to_owned(),
            };
            *counts.entry(told).or_default() += 1;
        }
    }
    checks
}

/// Audits and lists the tree: neither must go through a link that was a directory a moment ago.
fn go_through_the_tree(place: &Place, options: &Options) {
    let mut options = options.clone();
    options.manifest = Some(place.manifest(LINES[0]));
    let (records, _) = drain(Run::audit(&place.root(), &options).unwrap());
    assert!(files(&records).all(|file| !file.name.ends_with(b"only")));
    let mut creation = CreateOptions::default();
    creation.output = Some(place.base.path().join("made.txt"));
    (creation.overwrite, creation.follow_inside) = (true, options.policy == Policy::Inside);
    // A tree that moves may have no manifest; one that it has is of what is inside.
    if create(place.root(), &creation).is_ok() {
        let made = fs::read_to_string(place.base.path().join("made.txt")).unwrap_or_default();
        for number in 0..FILES {
            assert!(!made.contains(&hex_digest(format!("outside {number}").as_bytes())), "{made}");
        }
        assert!(!made.contains("only"), "{made}");
    }
}

fn nothing_outside_is_opened(way: &str) {
    let place = Place::new();
    let (mut counts, mut checks) = (Counts::new(), 0);
    let wanted =
        [None, Some(ReaderKind::Pread), Some(ReaderKind::Threads), Some(ReaderKind::Mmap), Some(ReaderKind::Uring)];
    let choices = readers(&wanted);
    let swaps = place.while_swapping(|| {
        for &reader in &choices {
            for policy in [Policy::Beneath, Policy::Inside] {
                let mut options = options(reader, 2);
                options.policy = policy;
                for _ in 0..loops() {
                    checks += verify(&place, &options, &mut counts);
                    assert!(!place.was_left(), "{way}, {reader:?}, {policy:?}: verify has left the root");
                    go_through_the_tree(&place, &options);
                    assert!(!place.was_left(), "{way}, {reader:?}, {policy:?}: audit or create has left the root");
                }
            }
        }
    });
    println!("{way}: {checks} checks during {swaps} swaps: {counts:?}");
    let told = |name: &str| counts.get(name).copied().unwrap_or(0);
    assert!(told("match") > 0 && told("mismatch") > 0, "some were inside: {counts:?}");
    // What the walk says of a name while that changes is still about links and directories, or that nothing can be told.
    let known = [libc::ELOOP, libc::ENOTDIR, libc::EAGAIN].map(|errno| format!("errno {errno}"));
    assert!(counts.keys().all(|told| !told.starts_with("errno") || known.contains(told)), "{counts:?}");
    assert!(refused(&counts) > 0, "some were links: {counts:?}");
}

/// What was refused, by an error number or as outside.
fn refused(counts: &Counts) -> u64 {
    counts.iter().filter(|(told, _)| told.starts_with("errno") || *told == "outside_root").map(|(_, count)| count).sum()
}

#[test]
fn by_openat2_nothing_outside_is_opened() {
    nothing_outside_is_opened("openat2");
}

#[test]
fn by_the_walk_nothing_outside_is_opened() {
    for errno in [libc::ENOSYS, libc::EPERM] {
        // The threads of a run have the filter of the thread that starts it.
        let walk = move || {
            refuse_in_this_thread(&[libc::SYS_openat2], errno).unwrap();
            nothing_outside_is_opened(&format!("without openat2 (errno {errno})"));
        };
        std::thread::spawn(walk).join().unwrap();
    }
}

#[test]
fn what_is_opened_outside_would_be_seen() {
    let place = Place::new();
    assert!(!place.was_left());
    let mut options = options(ReaderChoice::Auto, 1);
    options.policy = Policy::Free;
    options.manifest = Some(place.manifest(LINES[1]));
    let root: &Path = &place.root();
    let mut matches = 0;
    place.while_swapping(|| {
        for _ in 0..20 {
            let (records, _) = drain(Run::verify(root, &options).unwrap());
            matches += files(&records).filter(|file| file.outcome.is_match()).count();
        }
    });
    assert!(matches > 0 && place.was_left(), "links that may lead out are followed out");
}
