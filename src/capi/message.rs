//! What is wrong, in words: the text that C gets and that Python raises.
//!
//! Adds no judgement: it has words exactly where the verdict is not pass.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use crate::report::{Report, Verb};
use crate::shown::Quoted;
use crate::verdict::Verdict;

/// Lines of a message that name a malformed line or a failure. Twenty still fit a screen; the others are counted.
const LINES_MAX: usize = 20;

/// One line for each malformed line, then one for each failure; `None` where the verdict is pass.
pub(super) fn message(report: &Report, root: &Path) -> Option<String> {
    match report.verdict() {
        Verdict::Pass => return None,
        Verdict::Fail => {}
    }
    let below = |name: &[u8]| root.join(OsStr::from_bytes(name));
    let malformed =
        report.malformed.iter().map(|malformed| format!("{}: bad line: {}", malformed.line, Quoted(&malformed.text)));
    let failures = report.failures.iter().filter(|file| report.is_failure(file.outcome.kind())).map(|file| {
        let moved = file.moved_from.as_deref().map(|from| format!("; moved from {}", quoted(&below(from))));
        format!("{} - {}{}", quoted(&below(&file.name)), file.outcome, moved.unwrap_or_default())
    });
    let mut lines: Vec<String> = malformed.chain(failures).take(LINES_MAX).collect();
    let more = (report.malformed_lines + report.failed()).saturating_sub(lines.len() as u64);
    if more > 0 {
        lines.push(format!("… and {more} more"));
    }
    if report.cancelled {
        lines.push("cancelled before every file was checked".to_owned());
    }
    if lines.is_empty() {
        lines.push(match report.verb {
            Verb::Hash => "the list names no file, so nothing was read".to_owned(),
            Verb::Create => format!("{} - no regular file, so no manifest was written", quoted(root)),
            Verb::Verify | Verb::Audit => {
                let manifest = report.manifest.as_deref().unwrap_or(root);
                format!("{} - lists no file, so nothing was verified", quoted(manifest))
            }
        });
    }
    Some(lines.join("\n"))
}

fn quoted(path: &Path) -> Quoted<'_> {
    Quoted(path.as_os_str().as_bytes())
}

#[cfg(test)]
mod tests {

    use super::*;
    use crate::digest::Digest;
    use crate::hash::Kernels;
    use crate::manifest::{LineError, Malformed};
    use crate::report::{FileReport, Record};
    use crate::verdict::Outcome;

    fn report(records: &[Record]) -> Report {
        let mut report = Report::new(Verb::Verify, &Kernels::auto());
        report.manifest = Some("/tmp/logs/manifest-sha1.txt".into());
        records.iter().for_each(|record| report.add(record));
        report
    }

    fn file(name: &[u8], outcome: Outcome) -> Record {
        Record::File(FileReport::of(name, outcome))
    }

    fn malformed(line: u64, text: &[u8]) -> Record {
        Record::Malformed(Malformed { line, why: LineError::Form, text: text.to_vec() })
    }

    fn text(report: &Report) -> Option<String> {
        message(report, Path::new("/tmp/logs"))
    }

    const MISMATCH: Outcome = Outcome::Mismatch { actual: Digest::from_bytes([0; 20]) };

    #[test]
    fn malformed_lines_come_first_then_failures() {
        let found = report(&[
            file(b"httpd-08.log", MISMATCH),
            file(b"good", Outcome::Match),
            file(b"gone", Outcome::Missing),
            file(b"shut", Outcome::Unreadable { errno: libc::EACCES, offset: 0 }),
            malformed(3, b"what"),
        ]);
        let lines = "3: bad line: \"what\"\n\"/tmp/logs/httpd-08.log\" - mismatch\n\"/tmp/logs/gone\" - missing\n\
                     \"/tmp/logs/shut\" - unreadable: Permission denied";
        assert_eq!(text(&found).as_deref(), Some(lines));
    }

    #[test]
    fn a_name_cannot_forge_a_line_or_move_the_cursor() {
        for (name, shown) in [
            (&b"a\nb\x1b[2J"[..], r#""/tmp/logs/a\nb\x1b[2J" - missing"#),
            ("\u{202e}gpj.exe".as_bytes(), r#""/tmp/logs/\u{202e}gpj.exe" - missing"#),
            ("größe 大".as_bytes(), "\"/tmp/logs/größe 大\" - missing"),
            (b"\xff\"\\", r#""/tmp/logs/\xff\"\\" - missing"#),
            (b"\xc2\x9b31m", r#""/tmp/logs/\u{9b}31m" - missing"#),
        ] {
            assert_eq!(text(&report(&[file(name, Outcome::Missing)])).as_deref(), Some(shown));
        }
    }

    #[test]
    fn twenty_lines_and_the_number_of_the_others() {
        for (failures, last) in [(20, "\"/tmp/logs/x\" - mismatch"), (21, "… and 1 more"), (5_000, "… and 4980 more")]
        {
            let records = vec![file(b"x", MISMATCH); failures];
            let text = text(&report(&records)).unwrap();
            assert_eq!(text.lines().last(), Some(last));
            assert_eq!(text.lines().count(), failures.min(21));
        }
        let mixed: Vec<Record> = (0..30).flat_map(|line| [malformed(line, b"?"), file(b"x", MISMATCH)]).collect();
        let text = text(&report(&mixed)).unwrap();
        assert_eq!(text.matches("bad line").count(), 20);
        assert!(text.ends_with("… and 40 more"), "{text}");
    }

    #[test]
    fn there_are_words_exactly_where_the_verdict_is_not_pass() {
        let list = Report::new(Verb::Hash, &Kernels::auto());
        assert_eq!(text(&list).as_deref(), Some("the list names no file, so nothing was read"));
        let mut good = report(&[file(b"good", Outcome::Match)]);
        assert_eq!(text(&good), None);
        good.cancelled = true;
        assert_eq!(text(&good).as_deref(), Some("cancelled before every file was checked"));
        let empty = "\"/tmp/logs/manifest-sha1.txt\" - lists no file, so nothing was verified";
        assert_eq!(text(&report(&[])).as_deref(), Some(empty));
    }
}
