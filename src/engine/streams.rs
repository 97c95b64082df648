//! Files that no worker can read whole, as `sha1sum` reads them: streams, which come to an end when they do, and files that
//! moved while they were read or whose size says nothing, as in `/proc`.
//!
//! Done in the thread that takes the records, one at a time and in their order: a stream can be read only once, and what
//! it gives may hang on what was taken before.

use crate::digest::Digest;
use crate::filekind::FileKind;
use crate::hash::Stream;
use crate::read::{Failure, stream};
use crate::readerkind::ReaderKind;
use crate::report::{FileReport, Record};
use crate::root::{Root, stamp_of};
use crate::verdict::Outcome;

use super::records::outcome_of;

/// Whether the file of this record has to be read once more, here.
pub(super) fn is_unsettled(record: &Record) -> bool {
    match record {
        Record::File(file) => match &file.outcome {
            Outcome::NotRegular(kind) => !matches!(kind, FileKind::Directory | FileKind::Symlink | FileKind::Socket),
            Outcome::Changed => true,
            _ => false,
        },
        Record::Malformed(_) => false,
    }
}

/// Reads the file of a record to its end, however long that takes, unless the run is `stopping`, and says what became of it; gives
/// the bytes read.
pub(super) fn settle(root: &Root, record: &mut Record, stopping: &dyn Fn() -> bool) -> u64 {
    let Record::File(file) = record else { return 0 };
    match look(root, file, stopping) {
        Ok(None) => 0,
        Ok(Some((digest, bytes))) => {
            file.outcome = match file.expected {
                Some(expected) if expected != digest => Outcome::Mismatch { actual: digest },
                _ => Outcome::Match,
            };
            file.expected = file.expected.or(Some(digest));
            file.size_bytes = Some(bytes);
            file.reader = Some(ReaderKind::Pread);
            bytes
        }
        Err(failure) => {
            file.outcome = if stopping() { Outcome::NotChecked } else { outcome_of(failure) };
            0
        }
    }
}

/// The digest of all that came and how much it was; none where the outcome stands.
fn look(root: &Root, file: &FileReport, stopping: &dyn Fn() -> bool) -> Result<Option<(Digest, u64)>, Failure> {
    let moved = file.outcome == Outcome::Changed;
    let unreadable = |errno| Failure::Unreadable { errno, offset: 0 };
    let opened = root.open_stream(&file.name, stopping).map_err(unreadable)?;
    let before = stamp_of(&opened).map_err(unreadable)?;
    let mut hash = Stream::default();
    let bytes = stream::read_to_end(&opened, stopping, |piece| hash.update(piece))?;
    if moved {
        let still = stamp_of(&opened).map_err(unreadable)? == before;
        // A file that somebody writes to has no digest. One that was to have a certain digest is taken at its second reading
        // only if its size never said what it holds: else it has changed, whatever it is by now.
        if !still || (file.expected.is_some() && bytes == before.size_bytes) {
            return Ok(None);
        }
    }
    Ok(Some((hash.finish(), bytes)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::root::Policy;

    /// What becomes of a file of which this was said.
    fn settled(name: &str, expected: Option<Digest>, outcome: Outcome) -> FileReport {
        let tree = tempfile::tempdir().unwrap();
        std::fs::write(tree.path().join("file"), "text").unwrap();
        let root = Root::open_root(tree.path(), Policy::Free).unwrap().with_streams(None);
        let mut record = Record::File(FileReport { expected, ..FileReport::of(name.as_bytes(), outcome) });
        assert!(is_unsettled(&record));
        settle(&root, &mut record, &|| false);
        let Record::File(file) = record else { panic!("it was a file") };
        file
    }

    #[test]
    fn a_file_that_moved_has_a_digest_only_where_none_was_listed() {
        let digest = Stream::digest(b"text");
        let hashed = settled("file", None, Outcome::Changed);
        assert_eq!((hashed.outcome, hashed.expected, hashed.size_bytes), (Outcome::Match, Some(digest), Some(4)));
        assert_eq!(
            settled("file", Some(digest), Outcome::Changed).outcome,
            Outcome::Changed,
            "it is right by now only"
        );
        let gone = settled("gone", None, Outcome::Changed).outcome;
        assert_eq!(gone, Outcome::Unreadable { errno: libc::ENOENT, offset: 0 });
    }

    #[test]
    fn a_file_whose_size_says_nothing_is_read_to_its_end() {
        let path = "/proc/version";
        let Ok(text) = std::fs::read(path) else { return println!("NOT RUN: there is no {path}") };
        let digest = Stream::digest(&text);
        assert_eq!(settled(path, Some(digest), Outcome::Changed).outcome, Outcome::Match);
        let other = settled(path, Some(Stream::digest(b"")), Outcome::Changed).outcome;
        assert_eq!(other, Outcome::Mismatch { actual: digest });
    }

    #[test]
    fn a_device_is_read_and_standard_input_that_is_closed_is_not() {
        let device = settled("/dev/null", None, Outcome::NotRegular(FileKind::CharDevice));
        assert_eq!((device.outcome, device.expected), (Outcome::Match, Some(Stream::digest(b""))));
        let stdin = settled("-", None, Outcome::NotRegular(FileKind::Unknown)).outcome;
        assert_eq!(stdin, Outcome::Unreadable { errno: libc::EBADF, offset: 0 });
    }

    #[test]
    fn a_run_that_is_stopped_waits_for_no_stream() {
        let tree = tempfile::tempdir().unwrap();
        let (reader, writer) = std::io::pipe().unwrap();
        let mode = rustix::fs::Mode::RWXU;
        let fifo = rustix::fs::FileType::Fifo;
        rustix::fs::mknodat(rustix::fs::CWD, tree.path().join("fifo"), fifo, mode, 0).unwrap();
        let root = Root::open_root(tree.path(), Policy::Free).unwrap().with_streams(Some(reader.into()));
        for name in ["-", "fifo"] {
            let outcome = Outcome::NotRegular(FileKind::Fifo);
            let mut record = Record::File(FileReport::of(name.as_bytes(), outcome));
            // It goes on for the first looks, so that it has begun to wait.
            let looks = std::cell::Cell::new(0);
            let stopping = || looks.replace(looks.get() + 1) > 2;
            assert_eq!(settle(&root, &mut record, &stopping), 0);
            assert!(matches!(record, Record::File(file) if file.outcome == Outcome::NotChecked));
        }
        drop(writer);
    }

    #[test]
    fn what_cannot_be_read_at_all_is_left_as_it_is() {
        let file = |outcome| Record::File(FileReport::of(b"x", outcome));
        for outcome in [
            Outcome::Match,
            Outcome::Missing,
            Outcome::Unreadable { errno: libc::EIO, offset: 1 },
            Outcome::NotRegular(FileKind::Directory),
            Outcome::NotRegular(FileKind::Socket),
        ] {
            assert!(!is_unsettled(&file(outcome.clone())), "{outcome:?}");
        }
    }
}
