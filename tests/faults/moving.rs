//! Files that are truncated, extended and replaced while runs go over them: no match of what no file ever was, no crash.
//!
//! Which content a run met is chance; what is asked is that every digest it tells is of one that there was.

use std::fs::{self, File};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use checksig::{Outcome, OutcomeKind, ReaderChoice, ReaderKind};

use crate::common::{Tree, bytes, files, hex_digest, options, readers};
use crate::loops;

const FILES: usize = 6;

/// What a name holds at one time: written at once by rename, or step by step in place.
struct Contents {
    right: Vec<u8>,
    other: Vec<u8>,
}

impl Contents {
    fn of(at: usize) -> Contents {
        // Of one segment, and of several.
        let length = [900, 70_000, 300_000][at % 3] + at;
        Contents { right: bytes(length, at as u64), other: bytes(length, 100 + at as u64) }
    }

    /// Every content that a whole reading may have met: no write happens in the middle of a file.
    fn digests(&self) -> Vec<String> {
        let half = &self.right[..self.right.len() / 2];
        let longer = [&self.right[..], b"more"].concat();
        // Where a truncated file is extended again, there are zeros for a while.
        let mut holes = self.right.clone();
        holes[self.right.len() / 2..].fill(0);
        [&self.right[..], &self.other, half, &longer, &holes].map(hex_digest).to_vec()
    }
}

/// Goes over the files until it is stopped.
fn move_about(root: &Path, stop: &AtomicBool) {
    let contents: Vec<_> = (0..FILES).map(Contents::of).collect();
    let mut round = 0;
    while !stop.load(Ordering::Relaxed) {
        let at = round % FILES;
        let path = root.join(format!("f{at}"));
        let Contents { right, other } = &contents[at];
        let open = || File::options().write(true).open(&path).unwrap();
        let put = |content: &[u8]| {
            let new = root.join("new");
            fs::write(&new, content).unwrap();
            fs::rename(&new, &path).unwrap();
        };
        match round / FILES % 4 {
            0 => open().set_len(right.len() as u64 / 2).unwrap(),
            1 => {
                let file = open();
                file.set_len(right.len() as u64 / 2).unwrap();
                file.set_len(right.len() as u64).unwrap();
            }
            2 => put(&[&right[..], b"more"].concat()),
            _ => put(other),
        }
        if round % 3 == 0 {
            std::thread::sleep(Duration::from_micros(200));
        }
        put(right);
        round += 1;
    }
}

#[test]
fn files_that_move_never_match_what_they_never_were() {
    use ReaderKind::{Mmap, Pread, Threads, Uring};
    readers(&[None, Some(Uring), Some(Threads), Some(Pread), Some(Mmap)]).into_iter().for_each(runs_over_moving_files);
}

fn runs_over_moving_files(reader: ReaderChoice) {
    let mut tree = Tree::new();
    for at in 0..FILES {
        tree.file(format!("f{at}"), &Contents::of(at).right);
    }
    tree.file("still", b"still").seal();
    let stop = Arc::new(AtomicBool::new(false));
    let writer = std::thread::spawn({
        let (root, stop) = (tree.path().to_owned(), Arc::clone(&stop));
        move || move_about(&root, &stop)
    });
    let (begun, mut runs, mut counts) = (Instant::now(), 0_u32, [0_u32; 4]);
    let digests: Vec<_> = (0..FILES).map(|at| Contents::of(at).digests()).collect();
    while begun.elapsed() < Duration::from_millis(600) * loops() {
        let (records, _) = tree.verify(&options(reader, 2));
        assert_eq!(files(&records).count(), FILES + 1, "{reader:?}");
        for (at, file) in files(&records).enumerate() {
            let kind = file.outcome.kind();
            if at == FILES {
                assert_eq!(kind, OutcomeKind::Match, "{reader:?}: nobody touched it");
                continue;
            }
            let was = |digest: &dyn ToString| digests[at].contains(&digest.to_string());
            // A match is of the listed content, which there was; a mismatch must be of one that there was, too.
            let right = match &file.outcome {
                Outcome::Match | Outcome::Changed | Outcome::Unstable { .. } => true,
                Outcome::Mismatch { actual } => was(actual),
                _ => false,
            };
            assert!(right, "{reader:?}: f{at}: {:?}", file.outcome);
            counts[[OutcomeKind::Match, OutcomeKind::Changed, OutcomeKind::Mismatch]
                .iter()
                .position(|told| *told == kind)
                .unwrap_or(3)] += 1;
        }
        runs += 1;
    }
    stop.store(true, Ordering::Relaxed);
    writer.join().unwrap();
    let [matches, changed, mismatches, unstable] = counts;
    println!("{reader:?}: {runs} runs: {matches} match, {changed} changed, {mismatches} mismatch, {unstable} unstable");
    assert!(runs > 0 && matches > 0);
}
