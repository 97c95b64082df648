//! Records of files: what was planned and what became of it, put together.
//!
//! Judges nothing; names only how a failure of reading is called as an outcome.

use crate::digest::Digest;
use crate::filekind::FileKind;
use crate::plan::Planned;
use crate::read::{Failure, Proof};
use crate::report::{FileReport, Record};
use crate::verdict::Outcome;

/// The record of a planned file, in its place; `proof` where all of it was read.
pub(super) fn record(planned: Planned, outcome: Outcome, proof: Option<Proof>) -> (u64, Record) {
    let report = FileReport {
        line: planned.line,
        name: planned.name,
        expected: planned.expected,
        outcome,
        size_bytes: proof.map(|proof| proof.stamp.size_bytes),
        reader: proof.map(|proof| proof.reader),
        moved_from: None,
    };
    (planned.place, Record::File(report))
}

/// The record of a planned file that the run did not get to.
pub(super) fn not_checked(planned: Planned) -> (u64, Record) {
    record(planned, Outcome::NotChecked, None)
}

/// What becomes of an unlisted file that was to be read: whatever came of that, it was there.
pub(super) fn outcome_unlisted(of_reading: Outcome, digest: Option<Digest>) -> Outcome {
    match of_reading {
        Outcome::Match => Outcome::Unlisted { kind: FileKind::Regular, actual: digest },
        Outcome::NotChecked => Outcome::NotChecked,
        Outcome::NotRegular(kind) => Outcome::Unlisted { kind, actual: None },
        _ => Outcome::Unlisted { kind: FileKind::Regular, actual: None },
    }
}

/// What becomes of a file that could not be read whole.
pub(super) fn outcome_of(failure: Failure) -> Outcome {
    match failure {
        Failure::Missing => Outcome::Missing,
        Failure::NotRegular(kind) => Outcome::NotRegular(kind),
        Failure::OutsideRoot => Outcome::OutsideRoot,
        Failure::Moved => Outcome::Changed,
        Failure::Unreadable { errno, offset } => Outcome::Unreadable { errno: errno.raw_os_error(), offset },
    }
}

/// What becomes of a file that was there and whole a moment ago, and cannot be read again: gone or replaced, it changed.
pub(super) fn outcome_again(failure: Failure) -> Outcome {
    match failure {
        Failure::Unreadable { .. } => outcome_of(failure),
        Failure::Missing | Failure::NotRegular(_) | Failure::OutsideRoot | Failure::Moved => Outcome::Changed,
    }
}
