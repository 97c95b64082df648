//! The page cache and runs that do not go straight: cancelled in the middle, over names that are listed more than once,
//! over files in memory only; and where reports say that bytes came from.
//!
//! `page_cache.rs` has the runs that go to their end.

mod common;
#[path = "common/pages.rs"]
mod pages;

use std::path::{Path, PathBuf};
use std::time::Duration;

use checksig::{Batch, CacheEffect, Options, OutcomeKind, ReaderChoice, ReaderKind, Report, Run, Verdict};
use common::{Tree, bytes, files, hex_digest, options, outcomes, readers};
use pages::{bring, bring_all, count_resident, evict};

const MIB: usize = 1 << 20;

/// Files of this size, none of them cached, listed so many times each. `None` where nothing can be removed from the page
/// cache.
fn cold_files(count: usize, size: usize, listed: usize) -> Option<(Tree, Vec<PathBuf>)> {
    if cfg!(checksig_portable) {
        println!("NOT RUN: this build leaves the page cache to the operating system");
        return None;
    }
    let mut tree = Tree::on_disk();
    let names: Vec<_> = (0..count).map(|at| format!("f{at}")).collect();
    for (at, name) in names.iter().enumerate() {
        tree.file(name, &bytes(size, at as u64));
        for _ in 1..listed {
            tree.line(name, &hex_digest(&bytes(size, at as u64)));
        }
    }
    tree.seal();
    let paths: Vec<_> = names.iter().map(|name| tree.at(name)).collect();
    if !paths.iter().all(|path| evict(path)) {
        println!("NOT RUN: nothing can be removed from the page cache in {}", tree.path().display());
        return None;
    }
    Some((tree, paths))
}

fn resident_pages(paths: &[PathBuf]) -> usize {
    paths.iter().map(|path| count_resident(path)).sum()
}

#[test]
fn a_cancelled_run_leaves_nothing_behind() {
    let Some((tree, paths)) = cold_files(400, 200_000, 1) else { return };
    let kinds =
        [None, Some(ReaderKind::Threads), Some(ReaderKind::Uring), Some(ReaderKind::Pread), Some(ReaderKind::Mmap)];
    for reader in readers(&kinds) {
        let mut stopped = 0;
        for milliseconds in [2, 5, 10, 20] {
            assert!(paths.iter().all(|path| evict(path)));
            let mut run = Run::verify(tree.path(), &options(reader, 2)).unwrap();
            std::thread::sleep(Duration::from_millis(milliseconds));
            run.canceller().cancel();
            while !matches!(run.next_batch(Duration::from_secs(10)), Batch::Finished) {}
            stopped += usize::from(run.finish().unwrap().verdict() != Verdict::Pass);
            // A thread of the run may be letting go of the last files.
            let looks = (0..20).map(|_| {
                std::thread::sleep(Duration::from_millis(10));
                resident_pages(&paths)
            });
            let left = looks.into_iter().find(|left| *left == 0).map_or_else(|| resident_pages(&paths), |_| 0);
            assert_eq!(left, 0, "{reader:?}, after {milliseconds} ms");
        }
        println!("{reader:?}: {stopped} of 4 runs were stopped");
    }
}

#[test]
fn names_that_are_listed_four_times_leave_nothing_behind() {
    let Some((tree, paths)) = cold_files(200, 200_000, 4) else { return };
    for reader in readers(&[None, Some(ReaderKind::Threads), Some(ReaderKind::Uring), Some(ReaderKind::Pread)]) {
        assert!(paths.iter().all(|path| evict(path)));
        let (records, _) = tree.verify(&options(reader, 2));
        assert!(files(&records).all(|file| file.outcome.kind() == OutcomeKind::Match));
        std::thread::sleep(Duration::from_millis(20));
        let left = resident_pages(&paths);
        assert_eq!(left, 0, "{reader:?}: of {} pages", paths.len() * 200_000_usize.div_ceil(4_096));
    }
}

/// Device bytes and all bytes of a run that passes.
fn brought(tree: &Tree, options: &Options) -> (u64, u64) {
    let (_, report) = tree.verify(options);
    let of = |report: &Report| report.readers.iter().map(|used| used.device_bytes).sum();
    assert_eq!(report.verdict(), Verdict::Pass, "{report:?}");
    (of(&report), report.bytes)
}

#[test]
fn reports_say_where_bytes_were_whatever_reads_them_and_stays() {
    let Some((tree, paths)) = cold_files(2, 8 * MIB, 1) else { return };
    let kinds =
        [None, Some(ReaderKind::Threads), Some(ReaderKind::Uring), Some(ReaderKind::Pread), Some(ReaderKind::Mmap)];
    let all = 2 * 8 * MIB as u64;
    for reader in readers(&kinds) {
        for cache in [CacheEffect::Neutral, CacheEffect::Keep] {
            let mut options = options(reader, 1);
            options.resources.cache = cache;
            let what = format!("{reader:?}, {cache}");
            paths.iter().for_each(|path| bring_all(path));
            assert_eq!(brought(&tree, &options), (0, all), "{what}: all was in memory");
            assert!(paths.iter().all(|path| evict(path)));
            assert_eq!(brought(&tree, &options), (all, all), "{what}: nothing was");
            // Seven of eight MiB of one file; a direct read is one of the device all the same.
            assert!(paths.iter().all(|path| evict(path)));
            bring(&paths[0], 0..7 * MIB as u64 / pages::page_bytes());
            let (device, _) = brought(&tree, &options);
            let least = 9 * MIB as u64;
            let goes_past = cache == CacheEffect::Neutral && !matches!(reader, ReaderChoice::Forced(ReaderKind::Mmap));
            // A window or a buffer counts as a whole.
            let most = if goes_past { all } else { least + MIB as u64 };
            assert!((least..=most).contains(&device), "{what}: {device} bytes of the device");
        }
    }
}

#[test]
fn what_is_in_memory_only_does_not_come_from_the_medium() {
    let place = Path::new("/dev/shm");
    let Ok(folder) = tempfile::tempdir_in(place) else { return println!("NOT RUN: no {}", place.display()) };
    let type_of = rustix::fs::statfs(folder.path()).unwrap().f_type;
    if type_of != 0x0102_1994 || cfg!(checksig_portable) {
        return println!("NOT RUN: {} is no tmpfs, or this build reads from no medium", place.display());
    }
    std::fs::write(folder.path().join("f"), "abc").unwrap();
    std::fs::write(folder.path().join("sha1sum.txt"), format!("{}  f\n", hex_digest(b"abc"))).unwrap();
    for reader in readers(&[None, Some(ReaderKind::Threads), Some(ReaderKind::Uring), Some(ReaderKind::Pread)]) {
        let mut options = options(reader, 1);
        options.resources.from_media = true;
        let (records, report) = common::drain(Run::verify(folder.path(), &options).unwrap());
        assert_eq!(outcomes(&records), [("f".to_owned(), OutcomeKind::Unreadable)], "{reader:?}");
        assert_eq!(report.verdict(), Verdict::Fail);
    }
}
