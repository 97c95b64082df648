//! Files that no worker can read whole, as `sha1sum` reads them: streams, which come to an end when they do, and files that
//! moved while they were read or whose size says nothing, as in `/proc`.
//!
//! Done in the thread that takes the records, one at a time and in their order: a stream can be read only once, and what
//! it gives may hang on what was taken before.

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

/// Reads the file of a record to its end, however long that takes, and says what became of it; gives the bytes read.
pub(super) fn settle(root: &Root, record: &mut Record) -> u64 {
    let Record::File(file) = record else { return 0 };
    match look(root, file) {
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
            file.outcome = outcome_of(failure);
            0
        }
    }
}

/// The digest of all that came and how much it was; none where the outcome stands.
fn look(root: &Root, file: &FileReport) -> Result<Option<(crate::digest::Digest, u64)>, Failure> {
    let moved = file.outcome == Outcome::Changed;
    let unreadable = |errno| Failure::Unreadable { errno, offset: 0 };
    let opened = root.open_stream(&file.name).map_err(unreadable)?;
    let before = stamp_of(&opened).map_err(unreadable)?;
    let mut hash = Stream::default();
    let bytes = stream::read_to_end(&opened, |piece| hash.update(piece))?;
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
