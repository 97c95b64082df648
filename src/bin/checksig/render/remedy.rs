//! What to do about what was found: a line for each kind of trouble that has a usual cause.
//!
//! For people, and never instead of the outcome itself.

use checksig::{OutcomeKind, Report};

/// The hints for a verification or an audit that did not pass, in the order of the outcomes; `follows` says whether it went
/// through links.
pub(super) fn remedies(report: &Report, follows: bool) -> impl Iterator<Item = &'static str> {
    let count = |kind| report.counts.of(kind);
    let listed = report.counts.total() - count(OutcomeKind::Unlisted);
    let nothing_there = count(OutcomeKind::Missing) > 0 && count(OutcomeKind::Missing) == listed;
    let hints = [
        (
            count(OutcomeKind::Mismatch) > 0,
            "mismatch: take the file from a copy that is sound; if the change was wanted, list the files anew",
        ),
        (
            nothing_there && report.moved == 0,
            "missing: none of the listed files is there; is ROOT the directory that the manifest was made for?",
        ),
        (
            count(OutcomeKind::Unreadable) > 0,
            if follows {
                "unreadable: run as a user who may read the files; symbolic links that lead in a circle lead nowhere"
            } else {
                "unreadable: run as a user who may read the files; a symbolic link on the way needs --follow inside"
            },
        ),
        (count(OutcomeKind::Changed) > 0, "changed: verify again when nothing writes to the files"),
        (count(OutcomeKind::Unstable) > 0, "unstable: memory, cable or disk is failing; test the memory first"),
        (
            count(OutcomeKind::OutsideRoot) > 0,
            if follows {
                "outside root: neither names nor symbolic links may lead out of ROOT, and no name may end with \"/\"; a \
                 directory further up may be the right ROOT"
            } else {
                "outside root: names must be relative to ROOT, without \"..\" or a \"/\" at the end; a directory further up \
                 may be the right ROOT"
            },
        ),
        (
            report.moved > 0,
            "moved: what is missing is there under another name; rename it back, or list the files anew; do not remove it",
        ),
        (
            count(OutcomeKind::Unlisted) > report.moved,
            "unlisted: remove it, exclude it by --exclude, or list the files anew if it belongs there",
        ),
    ];
    hints.into_iter().filter(|(applies, _)| *applies).map(|(_, hint)| hint)
}
