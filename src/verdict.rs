//! What became of each file (`Outcome`) and of the whole run (`Verdict`), and the one place that decides pass.
//!
//! Reads nothing and counts nothing: it is handed evidence and judges it.

use std::fmt;

use crate::digest::Digest;
use crate::filekind::FileKind;

/// What became of one file, with the evidence. Only [`Outcome::Match`] is a success; a caller that meets an outcome
/// it does not know must take it for a failure.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Outcome {
    /// Every byte was read, and the digest is the listed one; where nothing lists one, it is the file's.
    Match,
    /// Two readings, by two different ways, agree on a digest that is not the listed one.
    Mismatch {
        /// The digest of the bytes that are there.
        actual: Digest,
    },
    /// Nothing has the name.
    Missing,
    /// It exists but could not be read whole.
    Unreadable {
        /// The error number of Linux (`errno(3)`).
        errno: i32,
        /// Bytes of the file that had been read when it happened.
        offset: u64,
    },
    /// The file was written to, replaced, truncated or grown while it was read, so that no digest is its own.
    Changed,
    /// Two readings of a file that nobody changed gave different bytes: memory, cable or disk is at fault.
    Unstable {
        /// The digest of the first reading.
        first: Digest,
        /// The digest of the second.
        second: Digest,
    },
    /// The name is not a regular file's; it was not read.
    NotRegular(FileKind),
    /// The name leads out of the root; nothing was opened.
    OutsideRoot,
    /// It is there and the manifest does not list it (`audit` only).
    Unlisted {
        /// What it is.
        kind: FileKind,
        /// Its digest, where that was asked for: a missing entry may have been moved here.
        actual: Option<Digest>,
    },
    /// The run ended before the file was judged.
    NotChecked,
}

/// An [`Outcome`] without its evidence: to count, to name, to cross a language boundary.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[allow(missing_docs, reason = "each is the outcome of the same name")]
#[non_exhaustive]
pub enum OutcomeKind {
    Match,
    Mismatch,
    Missing,
    Unreadable,
    Changed,
    Unstable,
    NotRegular,
    OutsideRoot,
    Unlisted,
    NotChecked,
}

impl OutcomeKind {
    /// Every kind, in the order in which tables and summaries show them.
    pub const ALL: [OutcomeKind; 10] = [
        OutcomeKind::Match,
        OutcomeKind::Mismatch,
        OutcomeKind::Missing,
        OutcomeKind::Unreadable,
        OutcomeKind::Changed,
        OutcomeKind::Unstable,
        OutcomeKind::NotRegular,
        OutcomeKind::OutsideRoot,
        OutcomeKind::Unlisted,
        OutcomeKind::NotChecked,
    ];

    /// The name in JSON and in Python: lower case, words joined by `_`.
    pub const fn name(self) -> &'static str {
        match self {
            OutcomeKind::Match => "match",
            OutcomeKind::Mismatch => "mismatch",
            OutcomeKind::Missing => "missing",
            OutcomeKind::Unreadable => "unreadable",
            OutcomeKind::Changed => "changed",
            OutcomeKind::Unstable => "unstable",
            OutcomeKind::NotRegular => "not_regular",
            OutcomeKind::OutsideRoot => "outside_root",
            OutcomeKind::Unlisted => "unlisted",
            OutcomeKind::NotChecked => "not_checked",
        }
    }
}

impl Outcome {
    /// The outcome without its evidence.
    pub const fn kind(&self) -> OutcomeKind {
        match self {
            Outcome::Match => OutcomeKind::Match,
            Outcome::Mismatch { .. } => OutcomeKind::Mismatch,
            Outcome::Missing => OutcomeKind::Missing,
            Outcome::Unreadable { .. } => OutcomeKind::Unreadable,
            Outcome::Changed => OutcomeKind::Changed,
            Outcome::Unstable { .. } => OutcomeKind::Unstable,
            Outcome::NotRegular(_) => OutcomeKind::NotRegular,
            Outcome::OutsideRoot => OutcomeKind::OutsideRoot,
            Outcome::Unlisted { .. } => OutcomeKind::Unlisted,
            Outcome::NotChecked => OutcomeKind::NotChecked,
        }
    }

    /// Whether the file holds the listed bytes.
    pub const fn is_match(&self) -> bool {
        matches!(self, Outcome::Match)
    }

    /// The digest of the bytes that were read, where there is one and it is not the listed one.
    pub const fn actual(&self) -> Option<Digest> {
        match self {
            Outcome::Mismatch { actual } => Some(*actual),
            Outcome::Unstable { first, .. } => Some(*first),
            Outcome::Unlisted { actual, .. } => *actual,
            _ => None,
        }
    }

    /// The error number of Linux (`errno(3)`) that says the same, where there is one.
    pub const fn errno(&self) -> Option<i32> {
        match self {
            Outcome::Missing => Some(libc::ENOENT),
            Outcome::Unreadable { errno, .. } => Some(*errno),
            Outcome::NotRegular(FileKind::Directory) => Some(libc::EISDIR),
            _ => None,
        }
    }
}

/// The outcome in words for people: `mismatch`, `unreadable: Permission denied`, `not a regular file: a directory`.
impl fmt::Display for Outcome {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Outcome::Unreadable { errno, offset } => {
                write!(out, "unreadable: {}", errno_text(*errno))?;
                if *offset > 0 {
                    write!(out, " at byte {offset}")?;
                }
                Ok(())
            }
            Outcome::Changed => out.write_str("changed while it was read"),
            Outcome::Unstable { first, second } => write!(out, "unstable: read as {first}, then as {second}"),
            Outcome::NotRegular(kind) => write!(out, "not a regular file: {kind}"),
            Outcome::OutsideRoot => out.write_str("outside the root"),
            Outcome::NotChecked => out.write_str("not checked"),
            Outcome::Unlisted { kind: FileKind::Regular, .. } => out.write_str("unlisted"),
            Outcome::Unlisted { kind, .. } => write!(out, "unlisted: {kind}"),
            Outcome::Match | Outcome::Mismatch { .. } | Outcome::Missing => out.write_str(self.kind().name()),
        }
    }
}

/// The words of `strerror(3)` for an error number, without the number; of a link they would count too many.
fn errno_text(errno: i32) -> String {
    if errno == libc::ELOOP {
        return "a symbolic link is in the path that is not followed, or that leads back to itself".to_owned();
    }
    let text = std::io::Error::from_raw_os_error(errno).to_string();
    match text.rfind(" (os error ") {
        Some(end) => text[..end].to_owned(),
        None => text,
    }
}

/// What became of a run: whether the tree holds the bytes that its manifest says, or every file has its digest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// Something was checked, all of it matches, and nothing was left out.
    Pass,
    /// Anything else.
    Fail,
}

/// What a run has to show for itself when it is judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Evidence {
    /// Files whose every byte was read and whose digest is right: the listed one, or, where none is listed, a new one.
    pub proved: u64,
    /// Files with any other outcome that counts against the run.
    pub failed: u64,
    /// Lines of the manifest that do not parse.
    pub malformed: u64,
    /// Whether the manifest, the tree or the list was gone through to its end and nothing was cancelled.
    pub complete: bool,
}

/// Decides pass: only on positive evidence, and only when nothing speaks against it.
pub const fn judge(evidence: Evidence) -> Verdict {
    if evidence.proved > 0 && evidence.failed == 0 && evidence.malformed == 0 && evidence.complete {
        Verdict::Pass
    } else {
        Verdict::Fail
    }
}

/// What a manifest has to show for itself when it is judged as `sha1sum --check` judges it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct GnuEvidence {
    /// Files that match.
    pub matched: u64,
    /// Files whose bytes are not the listed ones, or did not keep still.
    pub mismatched: u64,
    /// Files that could not be read, without missing ones that are to be ignored.
    pub unreadable: u64,
    /// Lines that do not parse.
    pub malformed: u64,
    /// Those of them that GNU may take for an entry and we cannot.
    pub refused: u64,
    /// Whether the manifest was gone through to its end and nothing was cancelled.
    pub complete: bool,
}

/// Decides as `sha1sum --check` does. Malformed lines count only where `strict`; a line that GNU may take for an entry and we cannot
/// is a file that nobody checked, and counts always.
pub const fn judge_gnu(evidence: GnuEvidence, strict: bool) -> Verdict {
    let GnuEvidence { matched, mismatched, unreadable, malformed, refused, complete } = evidence;
    let lines_pass = refused == 0 && (malformed == 0 || !strict);
    if matched > 0 && mismatched == 0 && unreadable == 0 && lines_pass && complete {
        Verdict::Pass
    } else {
        Verdict::Fail
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_verdict_of_gnu_forgives_malformed_lines_that_it_sees_as_we_do() {
        let good = GnuEvidence { matched: 1, complete: true, ..GnuEvidence::default() };
        for strict in [false, true] {
            assert_eq!(judge_gnu(good, strict), Verdict::Pass);
            for bad in [
                GnuEvidence { matched: 0, ..good },
                GnuEvidence { mismatched: 1, ..good },
                GnuEvidence { unreadable: 1, ..good },
                GnuEvidence { malformed: 1, refused: 1, ..good },
                GnuEvidence { complete: false, ..good },
            ] {
                assert_eq!(judge_gnu(bad, strict), Verdict::Fail, "{bad:?}");
            }
        }
        let malformed = GnuEvidence { malformed: 1, ..good };
        assert_eq!([judge_gnu(malformed, false), judge_gnu(malformed, true)], [Verdict::Pass, Verdict::Fail]);
    }

    #[test]
    fn pass_needs_positive_evidence_and_nothing_against_it() {
        let good = Evidence { proved: 1, failed: 0, malformed: 0, complete: true };
        assert_eq!(judge(good), Verdict::Pass);
        assert_eq!(judge(Evidence { proved: 0, ..good }), Verdict::Fail);
        assert_eq!(judge(Evidence { failed: 1, ..good }), Verdict::Fail);
        assert_eq!(judge(Evidence { malformed: 1, ..good }), Verdict::Fail);
        assert_eq!(judge(Evidence { complete: false, ..good }), Verdict::Fail);
    }

    #[test]
    fn outcomes_in_words() {
        let digest = Digest::from_bytes([0xab; 20]);
        for (outcome, text) in [
            (Outcome::Mismatch { actual: digest }, "mismatch"),
            (Outcome::Missing, "missing"),
            (Outcome::Unreadable { errno: libc::EACCES, offset: 0 }, "unreadable: Permission denied"),
            (Outcome::Unreadable { errno: libc::EIO, offset: 4096 }, "unreadable: Input/output error at byte 4096"),
            (Outcome::NotRegular(FileKind::Fifo), "not a regular file: a FIFO"),
            (Outcome::Unlisted { kind: FileKind::Regular, actual: Some(digest) }, "unlisted"),
            (Outcome::Unlisted { kind: FileKind::Symlink, actual: None }, "unlisted: a symbolic link"),
        ] {
            assert_eq!(outcome.to_string(), text);
        }
    }
}
