//! What to do about what was found: a line for each kind of trouble that has a usual cause.
//!
//! For people, and never instead of the outcome itself.

use checksig::{OutcomeKind, Report};

/// The hints for a verification or an audit that did not pass, in the order of the outcomes.
pub(super) fn remedies(report: &Report) -> impl Iterator<Item = &'static str> {
    let count = |kind| report.counts.of(kind);
    let nothing_there = count(OutcomeKind::Missing) > 0 && count(OutcomeKind::Missing) == report.counts.total();
    let hints = [
        (
            count(OutcomeKind::Mismatch) > 0,
            "mismatch: take the file from a copy that is sound; if the change was wanted, list the files anew",
        ),
        (
            nothing_there,
            "missing: none of the listed files is there; is ROOT the directory that the manifest was made for?",
        ),
        (
            count(OutcomeKind::Unreadable) > 0,
            "unreadable: run as a user who may read the files; a symbolic link on the way needs --follow inside",
        ),
        (count(OutcomeKind::Changed) > 0, "changed: verify again when nothing writes to the files"),
        (count(OutcomeKind::Unstable) > 0, "unstable: memory, cable or disk is failing; test the memory first"),
        (
            count(OutcomeKind::OutsideRoot) > 0,
            "outside root: names must be relative to ROOT, without \"..\"; a directory further up may be the right ROOT",
        ),
        (
            count(OutcomeKind::Unlisted) > 0,
            "unlisted: remove it, exclude it by --exclude, or list the files anew if it belongs there",
        ),
    ];
    hints.into_iter().filter(|(applies, _)| *applies).map(|(_, hint)| hint)
}
