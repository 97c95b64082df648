//! How the files of a server are read: through the page cache, and by maps where it lets Linux map them; and that it is told.
//!
//! The server is `fuse.rs`; all that it does is right.

use std::sync::atomic::AtomicBool;

use checksig::{ReaderChoice, ReaderKind, Report, Run, Verdict};

use crate::common::{Tree, bytes, drain, hex_digest, not_run, options, readers};
use crate::fuse::{Behaviour, Mount, Served};

/// Longer than what comes through the page cache in any case.
const LENGTH: usize = 300_007;

/// A run of one worker over sound files; `None` where there is no FUSE.
fn report(files: &[(String, bool)], reader: ReaderChoice) -> Option<Report> {
    let mut tree = Tree::new();
    let serve = |(name, direct): &(String, bool)| {
        let content = bytes(LENGTH, name.len() as u64);
        tree.line(name, &hex_digest(&content));
        Served {
            name: name.clone(),
            content,
            behaviour: Behaviour::Sound,
            direct: *direct,
            was_read: AtomicBool::new(false),
        }
    };
    let served = files.iter().map(serve).collect();
    tree.seal();
    let mount = match Mount::new(served, true) {
        Ok(mount) => mount,
        Err(error) => {
            not_run(&format!("no FUSE: {error}"));
            return None;
        }
    };
    let mut options = options(reader, 1);
    options.manifest = Some(tree.at("sha1sum.txt"));
    let (_, report) = drain(Run::verify(mount.path(), &options).unwrap());
    assert_eq!(report.verdict(), Verdict::Pass, "{report:?}");
    Some(report)
}

#[test]
fn why_a_device_is_read_through_the_page_cache_is_told_once() {
    for reader in readers(&[None, Some(ReaderKind::Uring), Some(ReaderKind::Threads), Some(ReaderKind::Pread)]) {
        let Some(report) = report(&[("a".to_owned(), false), ("b".to_owned(), false)], reader) else { return };
        let said = "comes through the page cache, since it is served by another machine or a program";
        let count = report.reasons.iter().filter(|reason| reason.contains(said)).count();
        assert_eq!(count, 1, "{reader:?}: {:?}", report.reasons);
    }
}

#[test]
fn files_that_a_server_does_not_let_be_mapped_cost_the_others_no_place() {
    // More than there are places for windows.
    let mut files: Vec<_> = (0..40).map(|at| (format!("direct-{at}"), true)).collect();
    files.push(("last".to_owned(), false));
    let Some(report) = report(&files, ReaderChoice::Forced(ReaderKind::Mmap)) else { return };
    assert!(report.reasons.iter().any(|reason| reason.contains("some files are not mapped")), "{:?}", report.reasons);
    let mapped = report.readers.iter().find(|used| used.kind == ReaderKind::Mmap).map(|used| used.files);
    assert_eq!(mapped, Some(1), "{report:?}");
}
