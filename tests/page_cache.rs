//! What a run does to the page cache: by default nothing that lasts, whatever was cached before, by every reader.
//!
//! mincore(2) is the judge. The trees are below Cargo's directory for tests: where that is no real file system, nothing can
//! be removed from the page cache, and what did not run says so.

mod common;
#[path = "common/pages.rs"]
mod pages;

use std::num::NonZeroUsize;
use std::path::PathBuf;

use checksig::{
    CacheEffect, CreateOptions, Options, OutcomeKind, ReaderChoice, ReaderKind, Report, Run, create, file_digest,
};
use common::child::{CACHESTAT, Child};
use common::{Tree, bytes, hex_digest, outcomes};
use pages::{bring, bring_all, count_resident, evict, resident};

/// What is cached of a file before a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Before {
    Nothing,
    /// The first page of every three, and the last.
    Some,
    /// The first half, read from its beginning, with what Linux reads ahead.
    Beginning,
    All,
}

/// A tree of files that are cached in different ways.
struct Scene {
    tree: Tree,
    files: Vec<(PathBuf, Before)>,
}

const MIB: usize = 1 << 20;
/// One byte and one page; what one buffer of a worker holds and what needs several; more than one buffer of a reader; and
/// huge files.
const SIZES: [usize; 6] = [1, 4_096, 100_000, 300_000, 5 * MIB, 20 * MIB];

impl Scene {
    /// The sizes in every state, in two orders, behind a row of short files that are cached: after those a worker believes
    /// that what comes is cached as well. `None` where nothing can be removed from the page cache.
    fn new(wrong: bool) -> Option<Scene> {
        if cfg!(checksig_portable) {
            println!("NOT RUN: this build leaves the page cache to the operating system");
            return None;
        }
        let mut scene = Scene { tree: Tree::on_disk(), files: Vec::new() };
        for at in 0..80 {
            scene.add(&format!("hot/{at}"), 4_096, Before::All, false);
        }
        for (at, size) in SIZES.into_iter().enumerate() {
            for before in [Before::Nothing, Before::All, Before::Some, Before::Beginning] {
                if size > 4_096 || matches!(before, Before::Nothing | Before::All) {
                    scene.add(&format!("{before:?}/{at}"), size, before, wrong);
                }
            }
        }
        for at in 0..300 {
            let before = if at % 50 == 0 { Before::Nothing } else { Before::All };
            scene.add(&format!("rarely/{at}"), 10_000, before, false);
        }
        scene.tree.seal();
        let can = evict(&scene.files[0].0);
        if !can {
            println!("NOT RUN: nothing can be removed from the page cache in {}", scene.tree.path().display());
        }
        can.then_some(scene)
    }

    fn add(&mut self, name: &str, size: usize, before: Before, wrong: bool) {
        let content = bytes(size, self.files.len() as u64);
        self.tree.file(name, &content);
        let path = self.tree.at(name);
        if wrong {
            std::fs::write(&path, bytes(size, self.files.len() as u64 + 1_000)).unwrap();
        }
        self.files.push((path, before));
    }

    /// Brings every file into its state; others may be taking memory away or dropping what is cached meanwhile.
    fn set(&self) {
        while !self.try_to_set() {}
    }

    fn try_to_set(&self) -> bool {
        for (path, before) in &self.files {
            assert!(evict(path), "{path:?}");
            let pages = std::fs::metadata(path).unwrap().len().div_ceil(pages::page_bytes());
            match before {
                Before::Nothing => {}
                Before::Some => bring(path, (0..pages).filter(|page| page % 3 == 0 || page + 1 == pages)),
                Before::Beginning => {
                    let file = std::fs::File::open(path).unwrap();
                    let half = std::io::Read::take(&file, pages * pages::page_bytes() / 2);
                    std::io::copy(&mut std::io::BufReader::new(half), &mut std::io::sink()).unwrap();
                }
                Before::All => bring_all(path),
            }
        }
        // What Linux reads ahead comes by itself.
        std::thread::sleep(std::time::Duration::from_millis(50));
        self.files
            .iter()
            .zip(self.states())
            .all(|((_, before), pages)| *before != Before::All || !pages.contains(&false))
    }

    fn states(&self) -> Vec<Vec<bool>> {
        self.files.iter().map(|(path, _)| resident(path)).collect()
    }

    /// Runs something and says which files are cached otherwise than before. Linux may take memory away at any time: where
    /// pages that were cached have gone it is done again.
    fn traces(&self, run: impl Fn()) -> Vec<String> {
        let mut traces = Vec::new();
        for _ in 0..3 {
            self.set();
            let before = self.states();
            run();
            std::thread::sleep(std::time::Duration::from_millis(20));
            let after = self.states();
            let count = |pages: &[bool]| pages.iter().filter(|&&is_resident| is_resident).count();
            let changed =
                self.files.iter().zip(before.iter().zip(&after)).filter(|(_, (before, after))| before != after);
            traces = changed
                .clone()
                .map(|((path, state), (before, after))| {
                    let name = path.strip_prefix(self.tree.path()).unwrap().display();
                    format!("{name} ({state:?}): {} of {} pages, were {}", count(after), after.len(), count(before))
                })
                .collect();
            let lost = |(_, (before, after)): (_, (&Vec<bool>, &Vec<bool>))| {
                before.iter().zip(after.iter()).any(|(before, after)| *before && !after)
            };
            if !changed.clone().any(lost) {
                break;
            }
        }
        traces
    }

    fn bytes(&self) -> u64 {
        self.files.iter().map(|(path, _)| std::fs::metadata(path).unwrap().len()).sum()
    }
}

/// Every reader that can be had here.
fn readers() -> Vec<ReaderChoice> {
    let mut readers = vec![ReaderChoice::Auto];
    for kind in [ReaderKind::Mmap, ReaderKind::Pread, ReaderKind::Threads, ReaderKind::Uring] {
        let mut tree = Tree::new();
        tree.seal();
        match Run::verify(tree.path(), &options(ReaderChoice::Forced(kind))) {
            Ok(_) => readers.push(ReaderChoice::Forced(kind)),
            Err(error) => println!("NOT RUN: {error}"),
        }
    }
    readers
}

fn options(reader: ReaderChoice) -> Options {
    let mut options = Options::default();
    options.resources.reader = reader;
    options.resources.workers = NonZeroUsize::new(2);
    options
}

fn verify(scene: &Scene, options: &Options) -> Report {
    let (records, report) = scene.tree.verify(options);
    let wrong: Vec<_> = outcomes(&records).into_iter().filter(|(_, kind)| *kind != OutcomeKind::Match).collect();
    assert!(wrong.is_empty(), "{options:?}: {wrong:?}");
    if let ReaderChoice::Forced(kind) = options.resources.reader {
        assert!(report.readers.iter().all(|used| used.kind == kind), "{options:?}: {:?}", report.readers);
    }
    report
}

#[test]
fn a_run_leaves_the_page_cache_as_it_was() {
    let Some(scene) = Scene::new(false) else { return };
    for reader in readers() {
        let traces = scene.traces(|| drop(verify(&scene, &options(reader))));
        assert!(traces.is_empty(), "{reader:?}:\n{}", traces.join("\n"));
    }
}

#[test]
fn so_do_second_readings_and_files_of_which_the_digest_is_wrong() {
    let Some(scene) = Scene::new(true) else { return };
    for reader in readers() {
        let traces = scene.traces(|| {
            let (records, _) = scene.tree.verify(&options(reader));
            let wrong = outcomes(&records).into_iter().filter(|(_, kind)| *kind == OutcomeKind::Mismatch).count();
            assert_eq!(wrong, 4 + 4 * 4, "{reader:?}");
        });
        assert!(traces.is_empty(), "{reader:?}:\n{}", traces.join("\n"));
    }
}

#[test]
fn so_does_the_digest_of_a_single_file() {
    let Some(scene) = Scene::new(false) else { return };
    let content = |path: &PathBuf| hex_digest(&std::fs::read(path).unwrap());
    let expected: Vec<_> = scene.files.iter().map(|(path, _)| content(path)).collect();
    let traces = scene.traces(|| {
        for ((path, _), expected) in scene.files.iter().zip(&expected) {
            assert_eq!(file_digest(path).unwrap().to_string(), *expected, "{path:?}");
        }
    });
    assert!(traces.is_empty(), "{}", traces.join("\n"));
}

#[test]
fn so_does_create() {
    let Some(scene) = Scene::new(false) else { return };
    for reader in readers() {
        let traces = scene.traces(|| {
            let mut create_options = CreateOptions::default();
            create_options.output = Some(scene.tree.at("new.txt"));
            create_options.resources = options(reader).resources;
            create(scene.tree.path(), &create_options).unwrap();
            std::fs::remove_file(scene.tree.at("new.txt")).unwrap();
        });
        assert!(traces.is_empty(), "{reader:?}:\n{}", traces.join("\n"));
    }
}

#[test]
fn a_run_that_is_to_keep_what_it_reads_keeps_it() {
    let Some(scene) = Scene::new(false) else { return };
    for reader in readers() {
        let mut options = options(reader);
        options.resources.cache = CacheEffect::Keep;
        let missing = || {
            scene.set();
            verify(&scene, &options);
            let states = scene.states();
            let files = scene.files.iter().zip(&states).filter(|(_, pages)| pages.contains(&false));
            files.map(|(file, _)| file.clone()).collect::<Vec<_>>()
        };
        // Linux, or somebody who drops what is cached, may take some of it away at any time.
        let least = (0..3).map(|_| missing()).find(Vec::is_empty);
        assert!(least.is_some(), "{reader:?}: {:?}", missing());
    }
}

#[test]
fn a_run_from_the_medium_asks_the_device_for_every_byte_and_touches_no_page() {
    let Some(scene) = Scene::new(false) else { return };
    // Maps give what the page cache holds.
    for reader in readers().into_iter().filter(|reader| *reader != ReaderChoice::Forced(ReaderKind::Mmap)) {
        let mut options = options(reader);
        options.resources.from_media = true;
        let traces = scene.traces(|| {
            let report = verify(&scene, &options);
            let sum = |of: fn(&checksig::ReaderUse) -> u64| report.readers.iter().map(of).sum::<u64>();
            assert_eq!((sum(|used| used.device_bytes), report.bytes), (scene.bytes(), scene.bytes()), "{reader:?}");
            assert_eq!(sum(|used| used.device_files), scene.files.len() as u64, "{reader:?}");
        });
        assert!(traces.is_empty(), "{reader:?}:\n{}", traces.join("\n"));
    }
}

#[test]
fn a_run_leaves_the_page_cache_as_it_was_where_linux_has_no_cachestat() {
    let Some(scene) = Scene::new(false) else { return };
    let command = |reader: &str| {
        let arguments = ["--reader", reader, "--workers", "2", "--json"];
        Child::verify(env!("CARGO_BIN_EXE_checksig"), scene.tree.path()).with(&arguments)
    };
    for errno in [libc::ENOSYS, libc::EPERM] {
        for reader in readers() {
            let name = if let ReaderChoice::Forced(kind) = reader { kind.to_string() } else { "auto".to_owned() };
            let traces = scene.traces(|| {
                let output = command(&name).without(&[CACHESTAT], errno).run();
                let json = String::from_utf8_lossy(&output.stdout).into_owned();
                assert_eq!(output.status.code(), Some(0), "{output:?}");
                assert!(json.contains("mincore says what is in it"), "{json}");
            });
            assert!(traces.is_empty(), "{reader:?}, errno {errno}:\n{}", traces.join("\n"));
        }
    }
    let output = command("auto").without(&[CACHESTAT, libc::SYS_mincore], libc::EPERM).run();
    let json = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.code() == Some(0) && json.contains("nobody says what is in it"), "{json}");
}

#[test]
fn the_judge_can_tell() {
    let mut tree = Tree::on_disk();
    tree.file("f", &bytes(MIB, 1));
    let path = tree.at("f");
    if !evict(&path) {
        println!("NOT RUN: nothing can be removed from the page cache in {}", tree.path().display());
        return;
    }
    bring(&path, [3, 200]);
    assert_eq!(count_resident(&path), 2);
    bring_all(&path);
    assert_eq!(count_resident(&path) as u64, MIB as u64 / pages::page_bytes());
}
