//! What a report means to `sha1sum --check`: its counts, and its verdict.
//!
//! Adds up; `verdict` decides.

use super::Report;
use crate::manifest::{LineError, Malformed};
use crate::verdict::{GnuEvidence, OutcomeKind, Verdict, judge_gnu};

/// What `sha1sum --check` tells of one manifest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct GnuFindings {
    /// Lines that list a file.
    pub entries: u64,
    /// The other counts.
    pub evidence: GnuEvidence,
    /// Whether all is well with the manifest.
    pub verdict: Verdict,
}

impl Report {
    /// What `sha1sum --check` tells of the manifest, with `--strict` and with `--ignore-missing` or without.
    pub fn as_gnu(&self, strict: bool, ignore_missing: bool) -> GnuFindings {
        let of = |kind| self.counts.of(kind);
        let matched = of(OutcomeKind::Match);
        let mismatched = of(OutcomeKind::Mismatch) + of(OutcomeKind::Changed) + of(OutcomeKind::Unstable);
        let ignored = if ignore_missing { of(OutcomeKind::Missing) } else { 0 };
        let evidence = GnuEvidence {
            matched,
            mismatched,
            unreadable: self.counts.failed() - mismatched - ignored,
            malformed: self.malformed_lines,
            refused: self.refused_lines,
            complete: !self.cancelled,
        };
        GnuFindings { entries: self.counts.total(), evidence, verdict: judge_gnu(evidence, strict) }
    }
}

/// Whether GNU may take the line for an entry, and we cannot.
pub(super) fn is_refused(malformed: &Malformed) -> bool {
    matches!(malformed.why, LineError::Nul | LineError::TooLong)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::filekind::FileKind;
    use crate::hash::Kernels;
    use crate::report::{FileReport, Record, Verb};
    use crate::verdict::Outcome;

    fn report(outcomes: &[Outcome], lines: &[LineError]) -> Report {
        let mut report = Report::new(Verb::Verify, &Kernels::plain());
        for outcome in outcomes.iter().cloned() {
            report.add(&Record::File(FileReport::of(b"x", outcome)));
        }
        for &why in lines {
            report.add(&Record::Malformed(Malformed { line: 1, why, text: Vec::new() }));
        }
        report
    }

    #[test]
    fn every_outcome_but_a_match_fails_and_a_missing_file_may_be_ignored() {
        for (outcome, counts) in [
            (Outcome::Changed, (1, 0)),
            (Outcome::Missing, (0, 1)),
            (Outcome::Unreadable { errno: 5, offset: 0 }, (0, 1)),
            (Outcome::NotRegular(FileKind::Directory), (0, 1)),
            (Outcome::NotChecked, (0, 1)),
        ] {
            let report = report(&[Outcome::Match, outcome.clone()], &[]);
            let found = report.as_gnu(false, false);
            assert_eq!((found.evidence.mismatched, found.evidence.unreadable), counts, "{outcome:?}");
            assert_eq!((found.entries, found.verdict), (2, Verdict::Fail));
            let ignoring = report.as_gnu(false, true).verdict;
            assert_eq!(ignoring == Verdict::Pass, outcome == Outcome::Missing, "{outcome:?}");
        }
        assert_eq!(report(&[Outcome::Missing], &[]).as_gnu(false, true).verdict, Verdict::Fail, "nothing was verified");
    }

    #[test]
    fn lines_that_gnu_may_take_for_entries_fail_without_strict() {
        for (why, passes) in [(LineError::Form, true), (LineError::Nul, false), (LineError::TooLong, false)] {
            let report = report(&[Outcome::Match], &[why]);
            assert_eq!(report.as_gnu(false, false).verdict == Verdict::Pass, passes, "{why:?}");
            assert_eq!(report.as_gnu(true, false).verdict, Verdict::Fail);
        }
    }
}
